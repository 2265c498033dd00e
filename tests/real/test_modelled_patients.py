"""What modelling patients does to the mean in every shipped study, as methods.md says it."""

from __future__ import annotations

import pytest
from methods_page import methods_table, numbers

from impact import read_study, run_study
from impact.bundled import study_paths

SAID = methods_table("region", "greatest difference, treatment")


@pytest.mark.parametrize("name", sorted(study_paths()))
def test_the_table_gives_the_greatest_difference(name: str) -> None:
    study = read_study(name)
    summary = run_study(study).summary
    mean, plain = summary["mean_extra_moved"], summary["mean_extra_residents"]
    row = summary.loc[(mean - plain).abs().idxmax()]
    treatment, ours, residents = SAID[study.region]
    assert treatment == row["intervention"]
    assert numbers(ours) == [round(row["mean_extra_moved"], 1)]
    assert numbers(residents) == [round(row["mean_extra_residents"], 1)]
    # patients of the whole region, of whom some must move
    counted = summary[summary["patients_kind"] == "modelled"]
    assert (counted["patients_moved"] > 0.0).all()
    assert (counted["patients_moved"] < counted["demand"]).all()
