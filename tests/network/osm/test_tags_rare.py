"""Tags that few roads have, each with what it means for a car."""

from __future__ import annotations

import pytest

from impact.network.osm.tag_tables import read_osm_tables
from impact.network.osm.tags import WayKind, classify, node_event, off_peak, parse_limit

TABLES = read_osm_tables()
STREET = {"highway": "residential"}


def kind(**tags: str) -> WayKind:
    found = classify({**STREET, **{key.replace("__", ":"): tags[key] for key in tags}}, TABLES)
    assert isinstance(found, WayKind), found
    return found


@pytest.mark.parametrize(
    ("tags", "directions"),
    [
        ({"access__backward": "no"}, (True, False)),
        ({"motorcar__forward": "no"}, (False, True)),
        # the more specific tag decides
        ({"access__backward": "no", "motorcar__backward": "yes"}, (True, True)),
        ({"vehicle__backward": "yes", "motor_vehicle__backward": "private"}, (True, False)),
        ({"motor_vehicle__forward__conditional": "no @ (Mo-Fr 07:00-19:00)"}, (False, True)),
        ({"motor_vehicle__forward__conditional": "no @ (22:00-06:00)"}, (True, True)),
        ({"oneway__conditional": "yes @ (06:00-20:00)"}, (True, False)),
        ({"oneway": "yes", "oneway__conditional": "no @ (09:00-17:00)"}, (True, True)),
        ({"oneway": "yes", "oneway__conditional": "no @ (19:00-06:00)"}, (True, False)),
        ({"oneway": "yes", "oneway__motorcar": "no"}, (True, True)),
    ],
)
def test_directions(tags: dict[str, str], directions: tuple[bool, bool]) -> None:
    found = kind(**tags)
    assert (found.forward, found.backward) == directions


@pytest.mark.parametrize(
    ("tags", "limits"),
    [
        ({"maxspeed__both": "40"}, (40.0, 40.0)),
        ({"maxspeed": "100", "maxspeed__motorcar": "80"}, (80.0, 80.0)),
        ({"maxspeed__forward": "60", "maxspeed__both": "50"}, (60.0, 50.0)),
        ({"maxspeed": "80; 60 @ (22:00-06:00)"}, (80.0, 80.0)),
        ({"maxspeed": "130; 100 @ (06:00-19:00)"}, (100.0, 100.0)),
        ({"maxspeed": "30 @ (22:00-06:00)"}, (None, None)),
        ({"maxspeed": "BE-VLG:rural"}, (70.0, 70.0)),
        ({"maxspeed": "BE-WAL:rural"}, (90.0, 90.0)),
        ({"source__maxspeed": "BE-BRU:rural"}, (70.0, 70.0)),
    ],
)
def test_limits(tags: dict[str, str], limits: tuple[float | None, float | None]) -> None:
    assert kind(**tags).limit == limits


def test_codes_of_regions_go_by_their_country() -> None:
    assert parse_limit("BE-VLG:zone30", TABLES.limits) == 30.0
    assert parse_limit("GB-SCT:20", TABLES.limits) == 20.0


@pytest.mark.parametrize(
    ("condition", "covers"),
    [
        ("Mo,Tu,We,Th,Fr 07:00-19:00", True),
        ("Mo-We,Th-Fr 07:00-19:00", True),
        ("Sa-Th 07:00-19:00", False),
        ("Mo-Fr,PH 07:00-19:00", True),
        ("Sa-Fr", True),
        ("Mo,We,Fr 07:00-19:00", False),
        ("Sa,Su,PH", False),
        ("Mo-Fr 07:00-10:00,14:00-19:00", False),
        ("Mo-Fr 06:00-16:00,18:00-20:00", True),
        ("Mo-Fr 07:00-19:00 AND weight>3.5", False),
    ],
)
def test_lists_of_days(condition: str, covers: bool) -> None:  # noqa: FBT001 (a table)
    assert (off_peak(f"no @ ({condition})") == "no") == covers


@pytest.mark.parametrize(
    ("tag", "value", "passes"),
    [
        ("maxheight", "1.5", False),
        ("maxheight", "1,5 m", False),
        ("maxheight", "2.1", True),
        ("maxheight", "default", True),
        ("maxwidth", "1.6 m", False),
        ("maxwidth", "2", True),
        ("maxwidth", "6'6\"", True),
        ("smoothness", "impassable", False),
        ("smoothness", "horrible", True),
    ],
)
def test_roads_on_which_no_car_fits(
    tag: str,
    value: str,
    passes: bool,  # noqa: FBT001 (a table)
) -> None:
    found = classify({**STREET, tag: value}, TABLES)
    assert isinstance(found, WayKind) == passes
    if not passes:
        assert found == f"{tag}={value}"


@pytest.mark.parametrize(
    ("tags", "blocked"),
    [
        ({"barrier": "coupure"}, False),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "locked": "yes"}, True),
        ({"barrier": "gate", "motor_vehicle:conditional": "no @ (Mo-Fr 07:00-19:00)"}, True),
        ({"barrier": "gate", "motor_vehicle:conditional": "no @ (22:00-06:00)"}, False),
        ({"barrier": "bollard", "motor_vehicle:conditional": "yes @ (06:00-20:00)"}, False),
        ({"barrier": "width_restrictor", "maxwidth": "1.5"}, True),
        ({"barrier": "width_restrictor", "maxwidth": "2.2"}, False),
        ({"barrier": "height_restrictor", "maxheight": "1.2"}, True),
    ],
)
def test_barriers(tags: dict[str, str], blocked: bool) -> None:  # noqa: FBT001 (a table)
    found = node_event(tags, TABLES)
    assert (found is not None and found[2]) == blocked
