"""One choice per treatment: by hand, and against trying every combination."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.optimise.conditions import Condition, ConditionWriter
from impact.optimise.portfolio import (
    Portfolio,
    Treatment,
    evaluate,
    solve_portfolio,
    weights_of,
)

PLACES = ("Aa", "Bee")
SITES = ("Noord", "Oost", "Zuid")
OWNERS = {"Noord": "Groep N", "Oost": "Groep O", "Zuid": "Groep Z"}

# minutes from two villages to three hospitals; ten patients in Aa, thirty in Bee
MINUTES = np.array([[5.0, 20.0, 40.0], [30.0, 10.0, 15.0]])
PATIENTS = np.array([10.0, 30.0])


def treatment(name: str, norm: float = np.nan, unit: str = "patients") -> Treatment:
    """One of three hospitals stops, everybody goes to the nearest that is left."""
    stops = tuple((site,) for site in SITES)
    left = ~np.eye(3, dtype=bool)
    gained, volume, before, stranded = evaluate(
        MINUTES, PATIENTS, PATIENTS, np.array([0, 1]), 2, before=np.ones(3, bool), usable=left
    )
    assert not stranded.any()
    return Treatment(
        name=name,
        unit=unit,
        norm=norm,
        locations=SITES,
        stops=stops,
        opens=((), (), ()),
        performs=left,
        volume=volume,
        performed=np.ones(3, bool),
        volume_before=before,
        minutes=gained,
        demand=PATIENTS,
    )


def portfolio(*treatments: Treatment) -> Portfolio:
    """Weighted as a study would."""
    return Portfolio(treatments, weights_of(treatments, "patients"), PLACES)


def solved(
    asked: Portfolio, *conditions: Condition, objective: str = "travel"
) -> tuple[tuple[int, ...], float]:
    """Choice and value under these conditions."""
    writer = ConditionWriter(asked, OWNERS)
    written = [writer.write(each) for each in conditions]
    allowed = np.logical_and.reduce([each.allowed for each in written] or [np.ones(1, bool)])
    allowed = np.broadcast_to(allowed, int(asked.starts[-1]))
    rows = [row for each in written for row in each.rows]
    found = solve_portfolio(asked, rows, allowed=allowed, objective=objective)
    return found.choice, found.value


def test_the_figures_by_hand() -> None:
    """North stops: ten patients 15 minutes longer; east stops: thirty 5 longer; south: nobody."""
    one = treatment("long")
    assert one.minutes.tolist() == [[150.0, 0.0], [0.0, 150.0], [0.0, 0.0]]
    assert one.volume.tolist() == [[0.0, 40.0, 0.0], [10.0, 0.0, 30.0], [10.0, 30.0, 0.0]]
    assert one.volume_before.tolist() == [10.0, 30.0, 0.0]


def test_without_conditions_it_is_the_sum_of_the_single_optima() -> None:
    """Nobody lives nearest to the south: it stops twice, at no cost."""
    assert solved(portfolio(treatment("long"), treatment("maag"))) == ((2, 2), 0.0)


def test_a_provider_that_is_kept_costs_minutes() -> None:
    """South keeps one of two: north or east gives, 150 of 80 patients' minutes."""
    both = portfolio(treatment("long"), treatment("maag"))
    choice, value = solved(both, Condition("keeps", "Zuid", ("long",)))
    assert choice[0] in {0, 1}
    assert choice[1] == 2
    assert value == pytest.approx(150.0 / 80.0)


def test_who_loses_one_gets_another() -> None:
    """Nobody may lose both; who loses one keeps the other."""
    both = portfolio(treatment("long"), treatment("maag"))
    choice, value = solved(both, Condition("loses_at_most", value=1.0))
    assert sorted(choice) in ([0, 2], [1, 2])
    assert value == pytest.approx(150.0 / 80.0)


def test_who_loses_gets_back() -> None:
    """East stops with one; to get one back it must grow by a tenth: north stops with the other."""
    both = portfolio(treatment("long"), treatment("maag"))
    lock = Condition("stops", "Oost", ("long",))
    back = Condition("gets_back", "Groep O", (), 1.0, 1.0)
    assert solved(both, lock)[0] == (1, 2)
    assert solved(both, lock, back)[0] == (1, 0)


def test_shares_are_over_all_treatments() -> None:
    """East has 30 of 40 twice; it keeps half at least where it loses one."""
    both = portfolio(treatment("long"), treatment("maag"))
    lock = Condition("stops", "Oost", ("long",))
    kept = Condition("keeps_share", "Groep O", (), 0.5)
    assert solved(both, lock, kept)[0] == (1, 2)
    more = Condition("keeps_share", "Groep O", (), 0.6)
    assert solved(both, lock, more)[0] == (1, 0)


def test_nobody_gets_more_than_a_share() -> None:
    """With the south stopped the east has 30 of 40; with itself stopped the south has 30."""
    one = portfolio(treatment("long"))
    assert solved(one, Condition("at_most_share", "", (), 0.7))[0] == ()
    assert solved(one, Condition("at_most_share", "Groep O", (), 0.7))[0] == (1,)


def test_one_site_for_both() -> None:
    """What the south loses of one, it loses of the other."""
    both = portfolio(treatment("long"), treatment("maag"))
    lock = Condition("stops", "Noord", ("maag",))
    bundle = Condition("same_site", "", ("long", "maag"))
    assert solved(both, lock)[0] == (2, 0)
    assert solved(both, lock, bundle)[0] == (0, 0)
    assert solved(both, lock, Condition("needs", "", ("maag", "long")))[0] == (0, 0)


def test_a_norm_with_a_margin_and_why_it_cannot_be() -> None:
    """The best that the lowest provider can have is ten: eleven is out of reach, and said."""
    asked = portfolio(treatment("long", norm=10.0))
    assert solved(asked, Condition("norm", value=1.0))[0] == (2,)
    written = ConditionWriter(asked, OWNERS).write(Condition("norm", value=1.1))
    assert not written.allowed.any()
    [(key, fields)] = written.reasons
    assert key == "norm"
    assert fields == {"treatment": "long", "most": 10.0, "norm": pytest.approx(11.0)}


def test_a_share_that_cannot_be_is_said_with_numbers() -> None:
    """South never has more than 30 of its 0 today: it has no share; north cannot grow."""
    asked = portfolio(treatment("long"))
    written = ConditionWriter(asked, OWNERS).write(Condition("keeps_share", "Groep N", (), 1.0))
    assert written.reasons == ()
    written = ConditionWriter(asked, OWNERS).write(Condition("at_most_share", "Groep O", (), 0.0))
    assert written.reasons == ()
    lost = ConditionWriter(asked, OWNERS).write(Condition("municipality", value=-1.0))
    assert [fields["organisation"] for _, fields in lost.reasons] == ["Aa", "Bee"]


def test_the_worst_municipality() -> None:
    """With the south locked, north stopping costs Aa 15, east stopping costs Bee 5."""
    one = portfolio(treatment("long"))
    lock = Condition("keeps", "Zuid", ("long",))
    assert solved(one, lock, objective="worst") == ((1,), pytest.approx(5.0))


def test_residents_and_patients_are_not_added_up() -> None:
    """Where one counts residents, every treatment weighs the same."""
    mixed = portfolio(treatment("long"), treatment("maag", unit="residents"))
    assert mixed.weights.tolist() == [1 / 40, 1 / 40]
    assert mixed.total == pytest.approx(2.0)


@st.composite
def portfolios(draw: st.DrawFn) -> Portfolio:
    """Two or three treatments with a few candidates over three hospitals."""
    out = []
    for number in range(draw(st.integers(2, 3))):
        count = draw(st.integers(1, 4))
        whole = st.integers(0, 20)
        performs = np.array(
            draw(st.lists(st.tuples(*[st.booleans()] * 3), min_size=count, max_size=count))
        )
        gained = np.array(
            draw(st.lists(st.tuples(whole, whole), min_size=count, max_size=count)), float
        )
        volume = np.array(
            draw(st.lists(st.tuples(whole, whole, whole), min_size=count, max_size=count)), float
        )
        before = np.array(draw(st.tuples(whole, whole, whole)), float)
        out.append(
            Treatment(
                name=f"t{number}",
                unit="patients",
                norm=float(draw(st.integers(1, 5))),
                locations=SITES,
                stops=((),) * count,
                opens=((),) * count,
                performs=performs.reshape(count, 3),
                volume=np.where(performs.reshape(count, 3), volume, 0.0),
                performed=np.array(draw(st.tuples(*[st.booleans()] * 3))),
                volume_before=before,
                minutes=gained,
                demand=np.array([10.0, 20.0]),
            )
        )
    return portfolio(*out)


CONDITIONS = st.one_of(
    st.builds(Condition, st.just("norm"), value=st.sampled_from([1.0, 2.0])),
    st.builds(
        Condition, st.just("keeps_share"), st.sampled_from(["", "Groep N"]), value=st.just(0.5)
    ),
    st.builds(Condition, st.just("at_most_share"), value=st.sampled_from([0.5, 0.8])),
    st.builds(Condition, st.just("loses_at_most"), value=st.sampled_from([0.0, 1.0])),
    st.builds(
        Condition, st.just("gets_back"), value=st.just(1.0), back=st.sampled_from([1.0, 2.0])
    ),
    st.builds(Condition, st.just("same_site"), treatments=st.just(("t0", "t1"))),
    st.builds(Condition, st.just("needs"), treatments=st.just(("t0", "t1"))),
    st.builds(Condition, st.just("municipality"), value=st.sampled_from([0.4, 1.0])),
)


def meets(asked: Portfolio, choice: tuple[int, ...], condition: Condition) -> bool:  # noqa: PLR0911
    """Judge one combination by the plain words of a condition."""
    picked = list(zip(asked.treatments, choice, strict=True))
    if condition.kind == "municipality":
        total = sum(each.demand for each, _ in picked)
        return bool((sum(e.minutes[c] for e, c in picked) / total <= condition.value + 1e-9).all())
    if condition.kind == "norm":
        return all(
            (e.volume[c][e.performs[c]] >= e.norm * condition.value - 1e-9).all() for e, c in picked
        )
    if condition.kind in {"same_site", "needs"}:
        (first, a), (second, b) = picked[:2]
        if condition.kind == "needs":
            return bool((~first.performs[a] | second.performs[b]).all())
        return bool((first.performs[a] == second.performs[b]).all())
    names = [condition.organisation] if condition.organisation else sorted(OWNERS.values())
    everything = sum(e.volume_before.sum() for e, _ in picked)
    for name in names:
        k = [OWNERS[site] for site in SITES].index(name)
        before = sum(e.volume_before[k] for e, _ in picked)
        after = sum(e.volume[c][k] for e, c in picked)
        lost = sum(e.performed[k] and not e.performs[c][k] for e, c in picked)
        got = sum(
            bool(
                e.performs[c][k]
                and (not e.performed[k] or e.volume[c][k] >= 1.1 * e.volume_before[k])
            )
            for e, c in picked
        )
        if condition.kind == "keeps_share" and before and after < condition.value * before - 1e-6:
            return False
        share = condition.value * everything + 1e-6
        if condition.kind == "at_most_share" and everything and after > share:
            return False
        if condition.kind == "loses_at_most" and lost > condition.value:
            return False
        if condition.kind == "gets_back" and lost >= condition.value and got < condition.back:
            return False
    return True


@given(portfolios(), st.lists(CONDITIONS, max_size=2), st.sampled_from(["travel", "worst"]))
def test_it_is_what_trying_everything_gives(
    asked: Portfolio, conditions: list[Condition], objective: str
) -> None:
    """Every combination, judged by the words of the conditions, gives the same best value."""
    fitting = [
        asked.values(choice)[objective]
        for choice in product(*(range(len(each.stops)) for each in asked.treatments))
        if all(meets(asked, choice, each) for each in conditions)
    ]
    choice, value = solved(asked, *conditions, objective=objective)
    assert bool(choice) == bool(fitting)
    if fitting:
        assert value == pytest.approx(min(fitting), abs=1e-6)
        assert all(meets(asked, choice, each) for each in conditions)


@given(portfolios(), st.lists(CONDITIONS, min_size=1, max_size=2))
def test_a_condition_never_shortens_travel(asked: Portfolio, conditions: list[Condition]) -> None:
    """With one more condition nobody travels less, and without any it is the sum of the best."""
    free = solved(asked)[1]
    best = sum(float(each.minutes.sum(axis=1).min()) for each in asked.treatments)
    assert free == pytest.approx(best / asked.total)
    choice, value = solved(asked, *conditions)
    assert not choice or value >= free - 1e-9


@given(portfolios(), CONDITIONS)
def test_the_order_of_treatments_changes_nothing(asked: Portfolio, condition: Condition) -> None:
    """Read backwards, the same value."""
    turned = portfolio(*reversed(asked.treatments))
    one, other = solved(asked, condition), solved(turned, condition)
    assert bool(one[0]) == bool(other[0])
    assert not one[0] or one[1] == pytest.approx(other[1])
