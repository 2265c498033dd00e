from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matrices import INF, matrix

from impact.study.model import Intervention
from impact.sweep.figures import sweep_arrays
from impact.sweep.openings import openings

#   A ---10--- p ---14--- N      q: A 30, N 7, M 25      r: only N, in 9
TIMES = matrix("A M N", {"p": [10, 18, 14], "q": [30, 25, 7], "r": [INF, INF, 9]})
ASKED = Intervention("x", ("A",), may_open=("M", "N"))


def test_what_opening_saves_by_hand() -> None:
    rows = openings(sweep_arrays(ASKED, TIMES, np.array([4.0, 2.0, 1.0])), ASKED.may_open)
    assert rows[["kind", "step", "location"]].to_numpy().tolist() == [
        ["alone", 1, "M"],
        ["alone", 1, "N"],
        ["next best", 1, "N"],
        ["next best", 2, "M"],
    ]
    m, n, _, rest = rows.to_dict("records")
    # M: q drives 25 instead of 30
    assert (m["drawn"], m["minutes_saved"], m["mean_saved_drawn"]) == (2.0, 10.0, 5.0)
    assert m["mean_saved_all"] == pytest.approx(10 / 6)
    assert (m["within_20_before"], m["within_20_after"], m["within_30_after"]) == (4.0, 4.0, 6.0)
    # N: q drives 7 instead of 30; r had no route, which is no saving of minutes
    assert (n["drawn"], n["minutes_saved"], n["newly_reached"]) == (3.0, 46.0, 1.0)
    assert (n["within_15_before"], n["within_15_after"]) == (4.0, 7.0)
    # once N is open M saves nothing
    assert (rest["drawn"], rest["minutes_saved"], rest["newly_reached"]) == (0.0, 0.0, 0.0)
    assert np.isnan(rest["mean_saved_drawn"])


def test_within_includes_the_limit() -> None:
    times = matrix("A N", {"p": [30, 15]})
    asked = Intervention("x", ("A",), may_open=("N",))
    first = openings(sweep_arrays(asked, times, np.array([2.0])), ("N",)).iloc[0]
    assert (first["within_30_before"], first["within_15_after"]) == (2.0, 2.0)


def test_what_saves_as_much_comes_by_name_whatever_the_study_lists_first() -> None:
    # M, N and L save p, q and r five minutes each: nothing but the name decides
    rows = {"p": [20, 30, 15, 30], "q": [20, 30, 30, 15], "r": [20, 15, 30, 30]}
    times = matrix("A L M N", rows)
    for listed in (("M", "N", "L"), ("N", "L", "M"), ("L", "M", "N")):
        asked = Intervention("x", ("A",), may_open=listed)
        table = openings(sweep_arrays(asked, times, np.ones(3)), listed)
        order = table.loc[table["kind"] == "next best", "location"].tolist()
        assert order == ["L", "M", "N"], listed
    # minutes that differ by less than the order of summation are a tie as well
    close = matrix("A M N", {"p": [20, 15 + 1e-12, 30], "q": [20, 30, 15]})
    asked = Intervention("x", ("A",), may_open=("N", "M"))
    table = openings(sweep_arrays(asked, close, np.ones(2)), asked.may_open)
    assert table.loc[table["kind"] == "next best", "location"].tolist() == ["M", "N"]


def test_nothing_may_open() -> None:
    asked = Intervention("x", ("A",))
    assert openings(sweep_arrays(asked, TIMES, np.ones(3)), ()).empty


minutes = st.lists(st.integers(1, 60).map(float), min_size=4, max_size=4)


@settings(deadline=None, max_examples=40)
@given(st.lists(minutes, min_size=1, max_size=5))
def test_the_greedy_order_saves_less_and_less(rows: list[list[float]]) -> None:
    times = matrix("A L M N", {f"p{number}": row for number, row in enumerate(rows)})
    asked = Intervention("x", ("A",), may_open=("L", "M", "N"))
    demand = np.arange(1.0, len(rows) + 1.0)
    table = openings(sweep_arrays(asked, times, demand), asked.may_open)
    steps = table[table["kind"] == "next best"]
    saved = steps["minutes_saved"].to_numpy()
    assert (np.diff(saved) <= 1e-9).all()
    assert saved[0] == table.loc[table["kind"] == "alone", "minutes_saved"].max()
    # all together: everybody to the nearest of all four
    best = np.array(rows).min(axis=1)
    assert saved.sum() == pytest.approx(((np.array(rows)[:, 0] - best) * demand).sum())
