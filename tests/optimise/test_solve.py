"""The best redistribution, held against every redistribution that there is.

minutes   A    B    C     demand
1         5   10   30         60     open A: 60 at A        open A, B: 60 at A, 90 at B
2        20    6   15         50     open B: everybody      open B, C: 110 at B, 40 at C
3        30   12    8         40     best of one: B         best of two: A, B
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from impact.messages import in_words, translations
from impact.optimise.all_sets import AllSets
from impact.optimise.model import steps_of
from impact.optimise.problem import Problem, contradictions, fixed_by_volume, most_volume
from impact.optimise.query import OBJECTIVES
from impact.optimise.solve import Answer, optimise, plain_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

MINUTES = np.array([[5.0, 10.0, 30.0], [20.0, 6.0, 15.0], [30.0, 12.0, 8.0]])
DEMAND = np.array([60.0, 50.0, 40.0])


def problem(minutes: NDArray[np.float64] = MINUTES, **settings: Any) -> Problem:  # noqa: ANN401
    count = minutes.shape[1]
    base: dict[str, Any] = {
        "names": tuple("ABCDEFGH"[:count]),
        "minutes": minutes,
        "demand": DEMAND,
        "counted": np.ones(count, dtype=bool),
        "open": np.zeros(count, dtype=bool),
        "closed": np.zeros(count, dtype=bool),
        "least": 0,
        "most": count,
        "minimum": 0.0,
        "capacity": np.full(count, np.inf),
        "group": np.arange(len(minutes)),
    }
    return Problem(**(base | settings))


def test_on_paper() -> None:
    one = optimise(problem(least=1, most=1))
    assert (one.status, one.open) == ("optimal", ("B",))
    assert one.value == pytest.approx((60 * 10 + 50 * 6 + 40 * 12) / 150)
    two = optimise(problem(least=2, most=2))
    assert two.open == ("A", "B")
    assert two.value == pytest.approx((60 * 5 + 50 * 6 + 40 * 12) / 150)
    assert (two.gap, two.bound) == (0.0, pytest.approx(two.value))
    # all three have 60, 50 and 40; with at least 50 each, C closes
    assert optimise(problem()).open == ("A", "B", "C")
    assert optimise(problem(minimum=50.0)).open == ("A", "B")
    # with at least 70 each nobody can be beside another: A has 60 at most unless it is alone
    assert optimise(problem(minimum=70.0)).open == ("B",)


def test_one_of_todays_providers_stays() -> None:
    """Of one location B is the best; where B only may open, A or C must stay: A, in every way."""
    asked = problem(least=1, most=1, todays=np.array([True, False, True]))
    every = AllSets.of(asked)
    assert every is not None
    ways = [
        optimise(asked),
        every.best(asked),
        optimise(replace(asked, minimum=50.0)),
        optimise(replace(asked, minimum=50.0), most_nodes=0),
    ]
    assert [each.open for each in ways] == [("A",)] * 4
    assert optimise(replace(asked, todays=None)).open == ("B",)
    closed = replace(asked, closed=np.array([True, False, True]))
    assert optimise(closed).reasons == ("all of today's providers must stop; one at least stays",)
    assert every.best(closed).status == "infeasible"


def test_nobody_is_sent_past_an_open_door_to_fill_a_quota() -> None:
    # a p-median that may assign freely would open A, B and C, and send ten of 2 to C
    free = optimise(problem(minimum=45.0))
    assert free.open == ("A", "B")
    assert free.value > plain_value(problem(), np.array([True, True, True]))


def test_the_three_objectives_differ() -> None:
    minutes = np.array([[0.0, 20.0], [50.0, 40.0], [0.0, 20.0]])
    demand = np.array([10.0, 5.0, 10.0])
    one = problem(minutes, demand=demand, least=1, most=1)
    assert optimise(one).open == ("A",)
    assert optimise(replace(one, objective="worst")).open == ("B",)
    beyond = optimise(replace(one, objective="beyond"))
    assert (beyond.open, beyond.value) == (("B",), 0.0)
    # exactly at the limit is not beyond it; then both are equal and the minutes decide
    at_limit = optimise(replace(one, objective="beyond", limit=50.0))
    assert (at_limit.open, at_limit.value) == (("A",), 0.0)


def test_locks_hold() -> None:
    on, off = np.array([False, False, True]), np.array([False, True, False])
    assert optimise(problem(least=1, most=1, open=on)).open == ("C",)
    assert optimise(problem(least=2, most=2, closed=off)).open == ("A", "C")


def test_what_is_open_elsewhere_takes_its_share_and_is_not_counted() -> None:
    counted, on = np.array([True, True, False]), np.array([False, False, True])
    found = optimise(problem(least=1, most=1, counted=counted, open=on))
    # C takes 3, and would take 2 as well if A were open
    assert found.open == ("B",)
    assert found.value == pytest.approx((60 * 10 + 50 * 6 + 40 * 8) / 150)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"least": 3, "most": 3, "minimum": 60.0}, "3 locations x 60 need 180 patients; the reg"),
        (
            {"minutes": np.full((3, 3), np.inf)},
            "nobody has a route to a location that may be open: 150 pat",
        ),
        ({"least": 4, "most": 4}, "locations asked for: 4; only 3 may be open"),
        (
            {"most": 1, "open": np.array([True, True, False])},
            "locations that must stay: 2; at most 1",
        ),
        (
            {"minimum": 70.0, "open": np.array([True, True, True])},
            "C must stay, but even if everything else that may close did, it would have 40 of the",
        ),
        ({"capacity": np.array([50.0, 40.0, 30.0])}, "the 3 largest capacities add to 120; the re"),
        (
            {"open": np.array([True, False, False]), "closed": np.array([True, False, False])},
            "A must be open and must be closed",
        ),
    ],
)
def test_contradictions_are_said_with_numbers_before_the_solver_starts(
    asked: dict[str, Any], reason: str
) -> None:
    found = optimise(problem(unit="patients", **asked))
    assert (found.status, found.open, found.seconds) == ("infeasible", (), 0.0)
    assert any(each.startswith(reason) for each in found.reasons), found.reasons
    # a wording without a translation stays as it is
    assert not any(in_words(each, translations("nl")) == each for each in found.reasons)


def test_what_only_the_solver_sees_comes_with_what_would_fit() -> None:
    # two of 70 add to 140 of 150, and each could have 70 if it were alone
    found = optimise(problem(least=2, most=2, minimum=70.0))
    assert found.status == "infeasible"
    (reason,) = found.reasons
    assert reason == (
        "no 2 open locations each have 70 residents when everybody goes to the nearest; "
        "the most that the smallest of them can have is 60 (A, B)"
    )
    full = optimise(problem(least=1, most=1, capacity=np.array([100.0, 140.0, 149.0])))
    assert full.status == "infeasible"


def test_who_can_go_nowhere_else_keeps_a_way() -> None:
    minutes = np.array([[5.0, 10.0], [np.inf, 90.0], [np.inf, np.inf]])
    found = optimise(problem(minutes, least=1, most=1))
    # A is nearer for the many, and would leave 2 without a route; 3 has none whatever is done
    assert found.open == ("B",)
    assert found.value == pytest.approx((60 * 10 + 50 * 90) / 110)
    lost = optimise(problem(minutes, minimum=200.0))
    assert lost.status == "infeasible"


def test_equal_minutes_go_to_the_first_by_name() -> None:
    minutes = np.array([[10.0, 10.0, 50.0], [50.0, 50.0, 10.0], [50.0, 50.0, 10.0]])
    # A and B are equally near; with both open all of 1 goes to A, and B has nobody
    found = optimise(problem(minutes, least=3, most=3, minimum=1.0))
    assert found.status == "infeasible"
    assert optimise(problem(minutes, least=2, most=2, minimum=1.0)).open in {
        ("A", "C"),
        ("B", "C"),
    }


def test_reductions_make_the_model_small() -> None:
    rng = np.random.default_rng(4)
    where, sites = rng.random((300, 2)), rng.random((12, 2))
    minutes = np.hypot(*(where[:, None, :] - sites[None, :, :]).T).T * 100
    big = problem(minutes[:, :8], demand=np.ones(300), group=np.zeros(300, dtype=np.int64))
    every = steps_of(big).sets
    few = steps_of(replace(big, least=5)).sets
    assert few < every < 300 * 8
    # whoever is nearer to one that stays never goes on
    stay = np.zeros(8, dtype=bool)
    stay[0] = True
    assert steps_of(replace(big, open=stay)).sets < every
    # demand may be anything, the model stays the same
    assert steps_of(replace(big, demand=rng.random(300) + 0.1)).sets == every


def test_volume_decides_some_locations_beforehand() -> None:
    stay = np.array([False, True, False])
    fixed = problem(open=stay, minimum=45.0)
    assert most_volume(fixed).tolist() == [60.0, 150.0, 40.0]
    assert fixed_by_volume(fixed).closed.tolist() == [False, False, True]


@st.composite
def instances(draw: st.DrawFn) -> Problem:
    points, count = draw(st.integers(1, 7)), draw(st.integers(1, 5))
    cell = st.one_of(st.integers(1, 12).map(float), st.just(np.inf))
    minutes = np.array(
        draw(st.lists(st.lists(cell, min_size=count, max_size=count), min_size=points))
    )
    points = len(minutes)
    demand = np.array(draw(st.lists(st.integers(0, 9), min_size=points, max_size=points)), float)
    lock = draw(st.lists(st.sampled_from("ffffsx"), min_size=count, max_size=count))
    least = draw(st.integers(0, count))
    outside = draw(st.booleans()) and count > 2
    counted = np.ones(count, dtype=bool)
    counted[-1] = not outside
    is_open = np.array([each == "s" for each in lock]) | ~counted
    volume = draw(st.none() | st.lists(st.integers(0, 9), min_size=points, max_size=points))
    capacity = draw(st.lists(st.sampled_from([np.inf, np.inf, 12.0, 25.0]), min_size=count))
    return problem(
        minutes,
        demand=demand,
        counted=counted,
        open=is_open,
        closed=np.array([each == "x" for each in lock]) & counted,
        least=least,
        most=draw(st.integers(least, count)),
        minimum=float(draw(st.sampled_from([0, 0, 3, 8]))),
        capacity=np.where(counted, np.array(capacity[:count]), np.inf),
        group=np.array(draw(st.lists(st.integers(0, 2), min_size=points, max_size=points))),
        objective=draw(st.sampled_from(OBJECTIVES)),
        limit=6.0,
        volume=None if volume is None else np.where(demand > 0.0, volume, 0.0),
    )


def every_value(asked: Problem) -> dict[tuple[str, ...], float]:
    """Value of every redistribution that is allowed, by the plain definition."""
    out = {}
    places = np.flatnonzero(asked.counted)
    for size in range(len(places) + 1):
        for chosen in combinations(places.tolist(), size):
            is_open = ~asked.counted
            is_open[list(chosen)] = True
            minutes = np.where(is_open, asked.minutes, np.inf)
            served = np.isfinite(minutes).any(axis=1)
            volume = np.zeros(len(is_open))
            for row in np.flatnonzero(served):
                volume[minutes[row].argmin()] += asked.brings[row]
            mine = is_open & asked.counted
            if (
                (asked.open & ~is_open).any()
                or (asked.closed & is_open).any()
                or not asked.least <= size <= asked.most
                or (asked.has_route & ~served).any()
                or (volume[mine] < asked.minimum).any()
                or (volume[mine] > asked.capacity[mine]).any()
            ):
                continue
            out[tuple(asked.names[h] for h in chosen)] = plain_value(asked, is_open)
    return out


@settings(max_examples=120, deadline=None)
@given(instances(), st.sampled_from([0, 0, 3, 1000]))
def test_it_equals_the_best_of_all_there_are(asked: Problem, most_nodes: int) -> None:
    assume(asked.has_route.any())
    known = every_value(asked)
    found = optimise(asked, most_nodes=most_nodes)
    if not known:
        assert found.status == "infeasible"
        assert found.reasons
        return
    assert found.status == "optimal", found.reasons
    best = min(known.values())
    assert found.value == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert known[found.open] == pytest.approx(best, rel=1e-6, abs=1e-6)
    # of equals by another objective, the least minutes
    ties = [name for name, value in known.items() if value <= best + 1e-9]
    plain = replace(asked, objective="minutes")
    mean = {name: plain_value(plain, np.isin(asked.names, name) | ~asked.counted) for name in ties}
    assert mean[found.open] == pytest.approx(min(mean.values()), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("most_nodes", [0, 3, 1000])
def test_of_equals_the_second_program_never_takes_the_slower(most_nodes: int) -> None:
    # nobody is beyond six minutes from B with A or with C; with C they drive less
    minutes = np.full((8, 4), np.inf)
    minutes[2], minutes[5], minutes[6, 1] = (2.0, np.inf, 1.0, 7.0), (2.0, np.inf, 1.0, 2.0), 1.0
    asked = Problem(
        names=("A", "B", "C", "D"),
        minutes=minutes,
        demand=np.array([0.0, 0.0, 1.0, 0.0, 0.0, 3.0, 4.0, 0.0]),
        counted=np.ones(4, dtype=bool),
        open=np.zeros(4, dtype=bool),
        closed=np.zeros(4, dtype=bool),
        least=0,
        most=2,
        minimum=3.0,
        capacity=np.full(4, np.inf),
        group=np.zeros(8, dtype=np.int64),
        objective="beyond",
        limit=6.0,
    )
    found = optimise(asked, most_nodes=most_nodes)
    assert (found.status, found.open, found.value) == ("optimal", ("B", "C"), 0.0)


@settings(max_examples=60, deadline=None)
@given(instances())
def test_a_contradiction_is_never_claimed_where_something_fits(asked: Problem) -> None:
    assume(asked.has_route.any())
    if any(contradictions(asked)):
        assert not every_value(asked)


def test_what_was_met_in_time_comes_with_its_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    late = Answer(None, np.nan, np.nan, np.nan, in_time=False)
    monkeypatch.setattr("impact.optimise.solve.solve", lambda *_, **__: late)
    # three sets are enough to meet one that fits, and too few to prove that none is better
    found = optimise(problem(minimum=45.0), most_nodes=3)
    assert found.status == "time limit"
    assert found.open
    everything = plain_value(problem(), np.ones(3, dtype=bool))
    assert found.bound == pytest.approx(everything)
    assert found.gap == pytest.approx((found.value - found.bound) / found.value)
    nothing = optimise(problem(minimum=45.0), most_nodes=0, time_limit=1.0)
    assert (nothing.status, nothing.open) == ("time limit", ())
    assert nothing.reasons == ("nothing was found in 1 seconds",)
