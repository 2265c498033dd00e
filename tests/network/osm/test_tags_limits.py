from __future__ import annotations

import pytest

from impact.network.osm.tag_tables import read_osm_tables
from impact.network.osm.tags import NO_LIMIT_KMH, parse_limit, setting_of

CODES = read_osm_tables().limits


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50.0),
        ("50 km/h", 50.0),
        ("30 mph", 48.28),
        ("30mph", 48.28),
        ("NL:urban", 50.0),
        ("NL:rural", 80.0),
        ("DE:rural", 100.0),
        ("NL:motorway", 100.0),
        ("NL:zone30", 30.0),
        ("DE:zone:30", 30.0),
        ("DE:30", 30.0),
        ("FL:zone:30", 30.0),
        ("none", NO_LIMIT_KMH),
        ("DE:motorway", NO_LIMIT_KMH),
        ("walk", 7.0),
        ("NL:living_street", 15.0),
        ("50;70", 50.0),
        ("100;130", 100.0),
        ("70|50", 50.0),
        ("['30', '50']", 30.0),
        ("50; signals", 50.0),
    ],
)
def test_every_form_of_a_limit(text: str, kmh: float) -> None:
    assert parse_limit(text, CODES) == pytest.approx(kmh, abs=0.01)


@pytest.mark.parametrize("text", ["signals", "variable", "nan", "", "fast", "0", "1000", "sign"])
def test_what_is_no_limit(text: str) -> None:
    assert parse_limit(text, CODES) is None


@pytest.mark.parametrize(
    ("text", "setting"),
    [("NL:urban", 1), ("DE:rural", 0), ("NL:motorway", 0), ("sign", None), ("50", None)],
)
def test_built_up_by_tag(text: str, setting: int | None) -> None:
    assert setting_of(text) == setting
