"""Notes: said once, in plain words, and only where there is reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matrices import matrix

from impact.model.inputs import long_trips, outpatient_notes, outside_notes
from impact.study.model import Intervention, Study


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
