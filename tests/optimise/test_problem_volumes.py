"""What counts as volume: registered counts follow the residents of their hospital.

minutes   A    B    C     residents    registered: A 30, B 90, C none
1         5   10   30          60      30 x 60/60  = 30
2        20    6   15          90      90 x 90/120 = 67.5
3        30   12   13          30      90 x 30/120 = 22.5
4        40   20    4          18      none: (30 + 90) / (60 + 120) x 18 = 12
"""

from __future__ import annotations

import numpy as np
import pytest

from impact.errors import InputError
from impact.optimise.problem import volume_of

NAMES = ("A", "B", "C")
MINUTES = np.array([[5.0, 10, 30], [20, 6, 15], [30, 12, 13], [40, 20, 4]])
RESIDENTS = np.array([60.0, 90, 30, 18])


def test_counts_are_divided_as_residents_are_and_missing_ones_are_scaled() -> None:
    found = volume_of(
        NAMES,
        MINUTES,
        RESIDENTS,
        before=NAMES,
        unit="residents",
        registered={"A": 30.0, "B": 90.0},
        about=("study.toml", "x"),
    )
    assert found.brings.tolist() == pytest.approx([30, 67.5, 22.5, 12])
    assert (found.unit, found.kind) == ("patients", "registered and modelled")
    assert found.scaled == pytest.approx({"C": 12.0})
    assert str(found.note("x")).endswith("without a count, and scaled to their residents: C")


def test_without_counts_demand_is_the_volume() -> None:
    found = volume_of(
        NAMES,
        MINUTES,
        RESIDENTS,
        before=NAMES,
        unit="residents",
        registered=None,
        about=("study.toml", "x"),
    )
    assert found.brings is RESIDENTS
    assert (found.unit, found.kind) == ("residents", "")


def test_patients_whom_no_postcode_explains_are_refused() -> None:
    with pytest.raises(InputError, match=r"D: 7'?, expected counts of providers that somebody"):
        volume_of(
            (*NAMES, "D"),
            np.column_stack([MINUTES, np.full(4, 99.0)]),
            RESIDENTS,
            before=(*NAMES, "D"),
            unit="residents",
            registered={"A": 30.0, "D": 7.0},
            about=("study.toml", "x"),
        )
