from __future__ import annotations

import pytest

from impact.network.osm.tag_tables import read_osm_tables
from impact.network.osm.tags import EVENTS, WayKind, classify, node_event

TABLES = read_osm_tables()


def kind(**tags: str) -> WayKind:
    found = classify({key.replace("__", ":"): each for key, each in tags.items()}, TABLES)
    assert isinstance(found, WayKind)
    return found


@pytest.mark.parametrize(
    ("tags", "directions"),
    [
        ({}, (True, True)),
        ({"oneway": "yes"}, (True, False)),
        ({"oneway": "-1"}, (False, True)),
        ({"oneway": "no", "junction": "roundabout"}, (True, True)),
        ({"junction": "roundabout"}, (True, False)),
        ({"highway": "motorway"}, (True, False)),
        ({"highway": "motorway", "oneway": "no"}, (True, True)),
        ({"oneway": "alternating"}, (True, True)),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, (True, True)),
        ({"motor_vehicle:backward": "no"}, (True, False)),
    ],
)
def test_directions(tags: dict[str, str], directions: tuple[bool, bool]) -> None:
    found = classify({"highway": "residential", **tags}, TABLES)
    assert isinstance(found, WayKind)
    assert (found.forward, found.backward) == directions


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"highway": "footway"}, "highway=footway"),
        ({"highway": "construction", "construction": "primary"}, "highway=construction"),
        ({"highway": "residential", "access": "private"}, "access=private"),
        ({"highway": "residential", "access": "yes", "motor_vehicle": "no"}, "motor_vehicle=no"),
        ({"highway": "residential", "oneway": "reversible"}, "oneway=reversible"),
        ({"highway": "track"}, "highway=track"),
        ({"highway": "service", "service": "driveway"}, "service=driveway"),
        ({"highway": "service", "service": "emergency_access"}, "service=emergency_access"),
        ({"highway": "pedestrian", "area": "yes", "motorcar": "yes"}, "area=yes"),
        (
            {"highway": "residential", "access": "a value nobody knows"},
            "access=a value nobody knows",
        ),
    ],
)
def test_where_no_car_may_drive(tags: dict[str, str], reason: str) -> None:
    assert classify(tags, TABLES) == reason


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "service"},
        {"highway": "service", "access": "customers"},
        {"highway": "service", "service": "driveway", "access": "destination"},
        {"highway": "track", "motor_vehicle": "yes"},
        {"highway": "residential", "access": "no", "motorcar": "yes"},
        {"highway": "residential", "access": "private;destination"},
    ],
)
def test_hospital_entrances_stay_reachable(tags: dict[str, str]) -> None:
    assert isinstance(classify(tags, TABLES), WayKind)


def test_limits_by_direction_and_their_sources() -> None:
    found = kind(highway="secondary", maxspeed="80", maxspeed__backward="60")
    assert (found.limit, found.source) == ((80.0, 60.0), (0, 0))
    day = kind(highway="motorway", maxspeed="130", maxspeed__conditional="100 @ (06:00-19:00)")
    assert (day.limit[0], day.source[0]) == (100.0, 1)
    implicit = kind(highway="secondary", source__maxspeed="NL:rural")
    assert (implicit.limit[0], implicit.source[0], implicit.setting) == (80.0, 2, 0)
    assert kind(highway="secondary").source == (3, 3)


def test_a_list_of_classes_counts_as_the_lowest() -> None:
    assert kind(highway="['tertiary', 'secondary_link']").road_class == "tertiary"
    assert classify({"highway": "['nonsense', 1"}, TABLES) == "highway=['nonsense', 1"


@pytest.mark.parametrize(
    ("tags", "event", "blocked"),
    [
        ({"highway": "traffic_signals"}, "signals", False),
        ({"highway": "crossing", "crossing": "traffic_signals"}, "signals_crossing", False),
        ({"highway": "crossing"}, "crossing", False),
        ({"barrier": "bollard"}, "", True),
        ({"barrier": "gate"}, "barrier", False),
        ({"barrier": "gate", "access": "private"}, "barrier", True),
        ({"railway": "level_crossing"}, "level_crossing", False),
        ({"traffic_calming": "table"}, "calming", False),
    ],
)
def test_what_stands_on_the_road(tags: dict[str, str], event: str, blocked: bool) -> None:  # noqa: FBT001
    assert node_event(tags, TABLES) == (EVENTS.index(event), 0, blocked)


@pytest.mark.parametrize(
    "tags",
    [{"barrier": "kerb"}, {"highway": "bus_stop"}, {"barrier": "bollard", "motorcar": "yes"}],
)
def test_what_does_not_matter(tags: dict[str, str]) -> None:
    assert node_event(tags, TABLES) is None


def test_signals_for_one_direction() -> None:
    tags = {"highway": "traffic_signals", "traffic_signals:direction": "backward"}
    assert node_event(tags, TABLES) == (EVENTS.index("signals"), 2, False)
