"""What must hold of the shipped speeds of streets, whatever they were fitted to."""

from __future__ import annotations

import numpy as np
import pytest

from impact.network.osm.tag_tables import SETTINGS, read_osm_tables

ORDER = (
    "motorway",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
    "living_street",
)
TABLES = read_osm_tables()
UNSIGNED, SHARE, CAP = range(3)


@pytest.mark.parametrize("profile", sorted(TABLES.profiles))
def test_a_higher_class_is_never_slower(profile: str) -> None:
    kmh = TABLES.speed[profile][[TABLES.classes.index(each) for each in ORDER], :, UNSIGNED]
    assert (np.diff(kmh, axis=0) <= 0.0).all()


@pytest.mark.parametrize("profile", sorted(TABLES.profiles))
def test_no_class_is_faster_where_more_is_built(profile: str) -> None:
    assert SETTINGS == ("rural", "urban", "dense")
    assert (np.diff(TABLES.speed[profile][:, :, UNSIGNED], axis=1) <= 0.0).all()
    assert (np.diff(TABLES.speed["dal"][:, :, CAP], axis=1) <= 0.0).all()


@pytest.mark.parametrize("place", [UNSIGNED, SHARE, CAP], ids=["unsigned", "share", "cap"])
def test_the_peak_is_slower_and_free_flow_faster(place: int) -> None:
    free, off_peak, peak = (TABLES.speed[each][:, :, place] for each in ("vrij", "dal", "spits"))
    assert (peak < off_peak).all()
    assert (off_peak < free).all()


def test_delays_grow_with_traffic_and_with_the_rank_of_the_other_road() -> None:
    free, off_peak, peak = (TABLES.delay[each] for each in ("vrij", "dal", "spits"))
    for event, minutes in off_peak.items():
        assert free[event] <= minutes <= peak[event]
    steps = [off_peak[each] for each in ("priority", "equal", "minor", "side")]
    assert steps == sorted(steps)


def test_only_off_peak_is_called_calibrated() -> None:
    status = {name: each.status for name, each in TABLES.profiles.items()}
    assert status == {"vrij": "assumption", "dal": "calibrated", "spits": "assumption"}
    assert len({each.fixed_minutes for each in TABLES.profiles.values()}) == 1


def test_what_is_driven_without_a_sign_stays_below_the_cap() -> None:
    for each in TABLES.speed.values():
        assert (each[:, :, UNSIGNED] <= each[:, :, CAP]).all()
