from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from impact import read_hospitals, read_main_roads, read_postcodes
from impact.evidence.validate import band_agreement, public_facts
from impact.roads.speeds import read_profiles

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def load_script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def bands(*names: str) -> np.ndarray[Any, np.dtype[np.object_]]:
    return np.array(names, dtype=object)


def test_limits_belong_to_the_lower_band() -> None:
    minutes = np.array([25.0, 25.001, 30.0, 30.001])
    found = band_agreement(minutes, bands("<=25", "25-30", "25-30", ">30"))
    assert found.same == 1.0


def test_close_is_within_the_tolerance_of_the_limit_that_was_missed() -> None:
    minutes = np.array([27.0, 27.1, 22.9, 23.0, 28.0, 27.9])
    known = bands("<=25", "<=25", "25-30", "25-30", ">30", ">30")
    assert band_agreement(minutes, known).same == 0.0
    assert band_agreement(minutes, known).close == pytest.approx(3 / 6)
    assert band_agreement(minutes, known, tolerance=2.2).close == 1.0


def test_recall_is_per_known_band() -> None:
    minutes = np.array([10.0, 20.0, 40.0, 28.0, 50.0])
    found = band_agreement(minutes, bands("<=25", "<=25", "<=25", "25-30", ">30"))
    assert found.recall == {"<=25": pytest.approx(2 / 3), "25-30": 1.0, ">30": 1.0}


def test_near_pairs_are_judged_apart() -> None:
    minutes = np.array([10.0, 40.0, 40.0])
    found = band_agreement(
        minutes, bands("<=25", "<=25", ">30"), crow_km=np.array([5.0, 29.9, 30.0])
    )
    assert found.same_near == pytest.approx(0.5)


def test_the_shipped_roads_agree_with_the_driving_bands(
    shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = load_script("calibration")
    found = script.calibration(shared_data)
    with capsys.disabled():
        print(f"\n{script.describe(found)}")  # noqa: T201
    assert found.pairs == 44_312
    assert found.same >= 0.93
    assert found.close >= 0.975
    # figures of docs/methods.md: a drift must be noticed
    assert found.same == pytest.approx(0.946, abs=0.0006)
    assert found.close == pytest.approx(0.984, abs=0.0006)
    assert found.same_near == pytest.approx(0.843, abs=0.0006)
    assert found.recall["<=25"] == pytest.approx(0.916, abs=0.0006)
    assert found.recall["25-30"] == pytest.approx(0.625, abs=0.0006)
    assert found.recall[">30"] == pytest.approx(0.980, abs=0.0006)


def test_every_public_trip_and_national_mean_holds() -> None:
    facts = public_facts(read_main_roads(), read_postcodes(), read_hospitals())
    assert facts["kind"].value_counts().to_dict() == {"trip": 3, "national": 2}
    assert facts.loc[~facts["holds"], "fact"].tolist() == []
    ours = dict(zip(facts["fact"], facts["ours"].round(1), strict=True))
    assert ours == {
        "all residents -> nearest hospital excluding outpatient clinics: mean road km": 7.5,
        "all residents -> nearest hospital including outpatient clinics: mean road km": 4.9,
        "Groningen Grote Markt -> Maastricht Vrijthof: car minutes": 230.3,
        "Groningen Grote Markt -> Maastricht Vrijthof: road km": 343.2,
        "Hoogeveen (residential) -> Emmen hospital (Treant Scheper): car minutes": 31.1,
    }


def test_a_fact_that_does_not_hold_is_said_so() -> None:
    slow = read_main_roads(profile="spits")
    facts = public_facts(slow, read_postcodes(), read_hospitals())
    assert not facts["holds"].all()


def test_the_speeds_are_few_and_sensible() -> None:
    folder = ROOT / "data" / "roads"
    profiles = read_profiles(folder / "speeds.csv", folder / "profiles.csv")
    assert set(profiles) == {"vrij", "dal", "spits"}
    for profile in profiles.values():
        assert len(profile.speeds) == 5
        for _, rural, urban in profile.speeds:
            assert 20.0 <= urban <= rural <= 110.0
    for free, usual, peak in zip(
        *(profiles[name].speeds for name in ("vrij", "dal", "spits")), strict=True
    ):
        assert free[1] > usual[1] > peak[1]
        assert free[2] > usual[2] > peak[2]
