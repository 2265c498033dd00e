"""What holds on a working day outside the peak."""

from __future__ import annotations

import pytest

from impact.network.osm.tag_tables import read_osm_tables
from impact.network.osm.tags import SOURCES, WayKind, classify, off_peak

TABLES = read_osm_tables()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100 @ (06:00-19:00)", "100"),
        ("100 @ 06:00-19:00", "100"),
        ("130 @ (19:00-06:00)", None),
        ("30 @ (22:00-06:00)", None),
        ("no @ (18:00-16:00)", "no"),
        ("80 @ wet", None),
        ("60 @ (weight>7.5)", None),
        ("no @ (7:30-19:00 AND weight>7.5)", None),
        ("80 @ wet; 100 @ (Mo-Fr 06:00-19:00)", "100"),
        ("no @ (Mo-Fr 00:00-24:00)", "no"),
        ("no @ (24/7)", "no"),
        ("no @ (Sa,Su 00:00-24:00)", None),
        ("no @ (Mo-Fr 07:00-09:30,15:30-18:00)", None),
        ("yes @ (Mo-Fr 16:00-11:00;Sa 00:00-11:00)", None),
        ("no @ (2016 Apr 25 - 2016 Sep 26)", None),
        ("", None),
    ],
)
def test_a_condition_counts_if_it_covers_the_hours_between_the_peaks(
    text: str, value: str | None
) -> None:
    assert off_peak(text) == value


def test_access_by_the_clock() -> None:
    street = {"highway": "residential", "motor_vehicle:conditional": "no @ (Mo-Fr 07:00-19:00)"}
    assert classify(street, TABLES) == "motor_vehicle:conditional=no"
    # the more specific tag decides, by the clock or not
    assert isinstance(classify({**street, "motorcar": "yes"}, TABLES), WayKind)
    opened = {"highway": "residential", "access": "no", "access:conditional": "yes @ (06:00-20:00)"}
    assert isinstance(classify(opened, TABLES), WayKind)


def test_other_times_are_counted() -> None:
    street = {"highway": "residential", "access:conditional": "no @ (22:00-06:00)"}
    found = classify(street, TABLES)
    assert isinstance(found, WayKind)
    assert found.conditional
    plain = classify({"highway": "residential"}, TABLES)
    assert isinstance(plain, WayKind)
    assert not plain.conditional


def test_a_limit_by_the_clock() -> None:
    road = {"highway": "motorway", "maxspeed": "130", "maxspeed:conditional": "100 @ (06:00-19:00)"}
    found = classify(road, TABLES)
    assert isinstance(found, WayKind)
    assert (found.limit[0], SOURCES[found.source[0]]) == (100.0, "by day")
