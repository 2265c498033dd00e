"""Trips home and in the peak, of every postcode at once, are those of one trip at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from three_towns import with_roads, write_files

from impact.analysis.run import run_study
from impact.model.inputs import load_roads, timed, with_overrides
from impact.model.ways import PEAK
from impact.study.read import read_study
from impact.tables.places import read_hospitals, read_postcodes
from impact.times.back import back_minutes
from impact.times.matrix import travel_times

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result


@pytest.mark.parametrize("roads", ["main", "bundled"])
def test_the_way_home_is_that_of_a_matrix_from_the_hospitals(roads: str) -> None:
    network = load_roads(with_overrides(read_study("noordoost"), roads=roads))
    places = read_hospitals().iloc[::40]
    homes = read_postcodes().iloc[::500]
    found = back_minutes(network, homes, places, engine="scipy")
    expected = travel_times(network, places, homes, engine="scipy").minutes.T
    assert np.abs(found - expected).max() < 1e-9
    there = travel_times(network, homes, places, engine="scipy").minutes
    # the main roads are as fast either way
    assert (np.abs(found - there).max() > 0.5) == (roads == "bundled")


def test_along_one_street_the_way_home_keeps_its_direction() -> None:
    network = load_roads(read_study("noordoost"))
    places = read_hospitals().iloc[::10]
    # a home some metres from each hospital joins the same street
    homes = places.assign(lat=places["lat"] + 1e-4)
    found = back_minutes(network, homes, places, engine="scipy")
    expected = travel_times(network, places, homes, engine="scipy").minutes.T
    assert np.abs(found - expected).max() < 1e-9


def test_a_run_holds_both_and_a_matrix_of_ones_own_neither(
    noordoost_result: Result, tmp_path: Path
) -> None:
    result = noordoost_result
    assert result.back is not None
    assert result.peak is not None
    assert result.back.origins == result.peak.origins == result.times.origins
    network = load_roads(result.study)
    here, there = result.postcodes.loc[["9203"]], result.hospitals.loc[["UMC Groningen"]]
    peak = travel_times(timed(network, PEAK), here, there, engine="scipy").minutes[0, 0]
    row = result.times.origins.index("9203")
    column = result.times.destinations.index("UMC Groningen")
    assert result.peak.minutes[row, column] == pytest.approx(peak, abs=1e-9)
    own = run_study(read_study(write_files(tmp_path)))
    assert (own.back, own.peak) == (None, None)


def test_a_study_about_the_peak_has_no_other_peak(tmp_path: Path) -> None:
    study = with_overrides(read_study(with_roads(tmp_path)), profile=PEAK)
    result = run_study(study, use_cache=False)
    assert result.peak is None
    assert result.back is not None
    assert run_study(study, use_cache=False, tables=False).back is None
