"""Candidates from the cache are those that are computed anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from three_towns import write_files

from impact.analysis import swept
from impact.analysis.swept import swept_candidates
from impact.model.inputs import load_inputs
from impact.study.read import read_study
from impact.sweep.means import sweep_means

if TYPE_CHECKING:
    from pathlib import Path


def test_kept_candidates_are_those_of_a_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPACT_CACHE", str(tmp_path / "cache"))
    study = read_study(write_files(tmp_path))
    inputs = load_inputs(study, engine="scipy")
    (intervention,) = study.interventions
    expected = sweep_means(intervention, inputs.times, inputs.demand.weights[intervention.name])

    for _ in range(2):
        found = swept_candidates(study, inputs)[intervention.name]
        pd.testing.assert_frame_equal(found, expected)

    monkeypatch.setattr(swept, "sweep_means", None)
    swept_candidates(study, inputs)  # nothing is computed again
    slower = replace(inputs, times=replace(inputs.times, minutes=inputs.times.minutes + 1.0))
    for asked, use_cache in ((slower, True), (inputs, False)):
        with pytest.raises(TypeError):
            swept_candidates(study, asked, use_cache=use_cache)
