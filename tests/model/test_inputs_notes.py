"""Notes: said once, in plain words, and only where there is reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matrices import matrix

from impact.model.inputs import long_trips, outpatient_notes, same_point_notes
from impact.study.model import Intervention, Study
from impact.study.register import outside_notes


def test_ten_hours_are_believed_and_more_is_doubted() -> None:
    assert long_trips(matrix("A", {"p": [600]})) == []
    assert long_trips(matrix("A", {"p": [np.inf]})) == []
    (note,) = long_trips(matrix("A B", {"p": [600.5, 3], "q": [1800, np.inf]}))
    assert str(note) == (
        "2 travel times are longer than 600 minutes (the longest is 1,800): are they minutes?"
    )


@pytest.mark.parametrize(("named", "count"), [((), 1), (("D",), 0)])
def test_a_list_of_the_users_own_is_not_doubted(named: tuple[str, ...], count: int) -> None:
    study = Study("t", "here", (Intervention("x", ("A",), outside=named),))
    assert len(outside_notes(study, {"x": ("D",)})) == count


def test_outpatient_clinics_are_named() -> None:
    hospitals = pd.DataFrame({"status": ["open", "outpatient"]}, index=["A", "B"])
    (note,) = outpatient_notes(hospitals)
    assert str(note).startswith("B is listed as an outpatient clinic")


def test_two_hospitals_on_one_point_are_named() -> None:
    places = {"lat": [52.0, 53.0, 52.0], "lon": [5.0, 6.0, 5.0]}
    hospitals = pd.DataFrame(places, index=["Zuid", "Elders", "Noord"])
    hospitals.attrs["source"] = "own.csv"
    (note,) = same_point_notes(hospitals)
    assert str(note) == (
        "own.csv: on one point, so that nobody goes from one to another: Noord, Zuid"
    )
    assert same_point_notes(hospitals.loc[["Elders", "Noord"]]) == []
