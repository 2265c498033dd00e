"""Speeds stand in tables, few and sensible."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import roads

from impact.errors import InputError
from impact.network.main_roads import bundled_profiles, read_main_roads
from impact.network.speeds import SpeedProfile, choose_profile, read_profiles

if TYPE_CHECKING:
    from pathlib import Path

SPEEDS = """\
profile,class,rural_kmh,urban_kmh,source
slow,main,50,25,us
slow,local,40,20,us
quick,local,80,40,us
"""
PROFILES = "profile,fixed_minutes,status,source\nslow,5,calibrated,us\nquick,0,assumption,us\n"


def read(folder: Path, speeds: str = SPEEDS, profiles: str = PROFILES) -> dict[str, SpeedProfile]:
    (folder / "speeds.csv").write_text(speeds, encoding="utf-8")
    (folder / "profiles.csv").write_text(profiles, encoding="utf-8")
    return read_profiles(folder / "speeds.csv", folder / "profiles.csv")


def test_tables_become_profiles(tmp_path: Path) -> None:
    profiles = read(tmp_path)

    assert list(profiles) == ["slow", "quick"]
    assert profiles["slow"] == SpeedProfile(
        "slow", (("local", 40.0, 20.0), ("main", 50.0, 25.0)), 5.0, "calibrated", "us"
    )


@pytest.mark.parametrize(
    ("speeds", "profiles", "fault"),
    [
        (SPEEDS.replace("50,25", "500,25"), PROFILES, "speeds.csv, row 2, rural_kmh: found '500'"),
        (SPEEDS.replace("50,25", "50,0"), PROFILES, "speeds.csv, row 2, urban_kmh: found '0'"),
        (
            SPEEDS.replace("50,25", "fast,25"),
            PROFILES,
            "speeds.csv, row 2, rural_kmh: found 'fast'",
        ),
        (SPEEDS, PROFILES.replace("5", "-5"), "profiles.csv, row 2, fixed_minutes: found '-5'"),
        (SPEEDS, PROFILES + "slow,1,,\n", "profiles.csv, row 4, profile: found 'slow'"),
        (SPEEDS + "slow,main,60,30,us\n", PROFILES, "speeds.csv, row 5, profile, class: found"),
        (SPEEDS, PROFILES + "none,1,,\n", "profiles.csv, profile: found 'none', expected speeds"),
        (SPEEDS.replace("rural_kmh", "kmh"), PROFILES, "speeds.csv, header, rural_kmh: expected"),
    ],
)
def test_fault_is_told(tmp_path: Path, speeds: str, profiles: str, fault: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, speeds, profiles)

    assert str(caught.value).startswith(fault)


@given(st.floats(0, 1))
def test_speed_lies_between_rural_and_urban(urban: float) -> None:
    profile = SpeedProfile("toy", (("local", 80.0, 30.0),))

    assert profile.kmh("local", np.array([urban]))[0] == pytest.approx(80 - 50 * urban)


def test_unknown_class_suggests_the_nearest() -> None:
    profile = SpeedProfile("toy", (("local", 80.0, 30.0),))

    with pytest.raises(InputError, match=r"class: found 'locl'.*nearest known: 'local'"):
        profile.kmh("locl", np.zeros(1))


def test_minutes_are_length_over_speed_and_ferries_keep_theirs() -> None:
    #  A -- 30 km --- B ~~ 45 min ~~ C
    network = roads("A > B 30", "B ~ C 45")
    half = replace(network, edge_urban=np.array([0.5, 0.0, 0.0]))
    profile = SpeedProfile("toy", (("local", 80.0, 40.0),))

    assert half.with_profile(profile).minutes.tolist() == [30.0, 45.0, 45.0]


def test_access_legs_drive_at_the_local_speed() -> None:
    profile = SpeedProfile("toy", (("local", 60.0, 30.0), ("main", 120.0, 120.0)))

    minutes = profile.access_minutes(np.array([1.0, 1.0]), np.array([0.0, 1.0]))

    assert minutes.tolist() == [1.0, 2.0]


def test_profile_is_chosen_by_name() -> None:
    assert choose_profile(bundled_profiles(), "dal").name == "dal"
    with pytest.raises(InputError, match=r"profile: found 'dall', expected one of .*: 'dal'"):
        choose_profile(bundled_profiles(), "dall")


def test_shipped_profiles_are_ordered_and_sensible() -> None:
    profiles = bundled_profiles()
    assert set(profiles) == {"vrij", "dal", "spits"}
    for profile in profiles.values():
        assert len(profile.speeds) <= 10
        assert all(10 <= kmh <= 130 for _, *pair in profile.speeds for kmh in pair)
        assert all(rural >= urban for _, rural, urban in profile.speeds)
        assert profile.status in {"calibrated", "assumption"}
        assert profile.source

    network = read_main_roads()
    free, usual, peak = (
        network.with_profile(profiles[name]).minutes.sum() for name in ("vrij", "dal", "spits")
    )
    assert free < usual < peak
