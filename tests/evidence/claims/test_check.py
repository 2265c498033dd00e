"""Claims on a line of towns, by hand.

```
   A ---- 10 ---- 1001 (400) ... 1002 (100) ---- 5 ---- B ---- 30 ---- C
```

1001 is 10 from A, 25 from B, 55 from C; 1002 is 40 from A, 5 from B, 35 from C. When A stops, the
400 residents of 1001 go to B: 15 minutes more. When B stops, the 100 of 1002 go to C: 30 more.
"""

from __future__ import annotations

import numpy as np
import pytest

from impact.evidence.claims.claim import Change
from impact.evidence.claims.figures import (
    Flows,
    choice_against_number,
    flows_of_rows,
    nearest_flows,
)
from impact.evidence.claims.judge import (
    ClaimTest,
    claim_definitions,
    part_verdict,
    range_definitions,
    verdict,
)
from impact.evidence.published.rows import Matrix, rule_of
from impact.evidence.published.world import Assumptions
from impact.model.allocation_rule import EVERYBODY_NEAREST
from impact.study.model import Intervention

MATRIX = Matrix(
    ("A", "B", "C"),
    (),
    np.array([[10.0, 25.0, 55.0], [40.0, 5.0, 35.0]]),
    np.empty((2, 0)),
    np.array([400.0, 100.0]),
)


def _flows(change: Change, setting: Assumptions | None = None) -> Flows:
    rule = rule_of(MATRIX, setting or Assumptions())
    rows = MATRIX.flows(rule, stops=change.stops, moves_to=change.moves_to)
    return flows_of_rows(rows, MATRIX.times.origins)


def test_who_must_go_elsewhere_goes_to_the_nearest_that_is_left() -> None:
    found = _flows(Change(("A",)))
    assert (found.moved, found.mean("moved"), found.mean("all")) == (400.0, 15.0, 12.0)
    extra, place = found.greatest()
    assert (extra, found.row[place]) == (15.0, 0)
    assert found.within(25.0, "moved") == 1.0
    assert found.within(24.0, "all") == pytest.approx(0.2)  # only 1002 stays below
    assert found.extra_of(np.array([1])) == 0.0


def test_a_named_recipient_takes_its_share() -> None:
    change = Change(("A",), {"A": {"B": 0.5, "C": 0.5}})
    found = _flows(change)
    assert found.mean("moved") == pytest.approx((15.0 + 45.0) / 2)
    assert found.greatest()[0] == 45.0
    assert found.demand.sum() == pytest.approx(500.0)


def test_who_passes_the_nearest_is_spread_over_what_is_left() -> None:
    setting = Assumptions(baseline="huff", beta=0.1)
    found = _flows(Change(("A",)), setting)
    share = np.exp(-0.1 * MATRIX.minutes)
    share /= share.sum(axis=1)[:, None]
    assert found.moved == pytest.approx(400 * share[0, 0] + 100 * share[1, 0])
    assert found.demand.sum() == pytest.approx(500.0)
    # of 1001 nobody is at A any more, which is 10 minutes away
    assert not ((found.row == 0) & (found.late == 10.0)).any()


def test_nobody_moves_where_nothing_stops() -> None:
    found = _flows(Change())
    assert np.isnan(found.mean("moved"))
    assert found.mean("all") == 0.0
    assert found.greatest()[1] == -1


def test_the_choice_against_the_number() -> None:
    one = Intervention("x", ("A", "B", "C"), stop_count=1)
    spread, number = choice_against_number(one, MATRIX, EVERYBODY_NEAREST)
    # means over 500: A stops 12, B stops 6, C stops 0; two stop: AB 27 (1001 +45, 1002 +30 -> 42),
    every = {"A": 12.0, "B": 6.0, "C": 0.0}
    assert spread == 12.0 == max(every.values()) - min(every.values())
    two = [(400 * 45 + 100 * 30) / 500, (400 * 15) / 500, (100 * 35) / 500]
    assert number == pytest.approx(max(6.0, float(np.median(two)) - 6.0))


def test_without_a_choice_there_is_nothing_to_compare() -> None:
    all_of_them = Intervention("x", ("A", "B", "C"), stop_count=3)
    assert np.isnan(choice_against_number(all_of_them, MATRIX, EVERYBODY_NEAREST)).all()


@pytest.mark.parametrize(
    ("test", "claimed", "figure", "expected"),
    [
        ("at_most", 30.0, (20.0, 18.0, 22.0), "supported"),
        ("at_most", 21.0, (20.0, 18.0, 22.0), "partly"),
        ("at_most", 10.0, (20.0, 18.0, 22.0), "not supported"),
        ("at_least", 0.9, (0.8, 0.7, 0.95), "partly"),
        ("about", 22.4, (20.0, 18.0, 22.0), "supported"),
        ("about", 22.6, (20.0, 18.0, 22.0), "not supported"),
        # exactly at the edge counts as equal
        ("about", 22.5, (20.0, 18.0, 22.0), "supported"),
        ("about", 17.5, (20.0, 18.0, 22.0), "supported"),
        ("about", 17.25, (20.0, 18.0, 22.0), "not supported"),
        ("at_most", 22.0, (20.0, 18.0, 22.0), "supported"),
        ("at_least", 18.0, (20.0, 18.0, 22.0), "supported"),
        ("below", 0.0, (-2.0, -3.0, -1.0), "supported"),
        ("below", 0.0, (-2.0, -3.0, 0.0), "partly"),
        ("at_most", 10.0, (np.nan, np.nan, np.nan), "cannot be decided"),
    ],
)
def test_a_figure_is_judged_with_its_margin(
    test: str, claimed: float, figure: tuple[float, float, float], expected: str
) -> None:
    part = ClaimTest("mean", "", test=test, claimed=claimed, tolerance=0.5)
    assert part_verdict(part, *figure) == expected


@pytest.mark.parametrize(
    ("test", "claimed", "holds"),
    [
        ("about", 20.5, True),
        ("about", 19.5, True),
        ("about", 20.75, False),
        ("about", 19.25, False),
        ("at_most", 20.0, True),
        ("at_least", 20.0, True),
        ("below", 20.0, False),
    ],
)
def test_a_figure_exactly_at_the_edge_of_what_is_claimed(
    test: str, claimed: float, *, holds: bool
) -> None:
    part = ClaimTest("mean", "", test=test, claimed=claimed, tolerance=0.5)
    assert part.holds(20.0) is holds


def test_parts_join_into_one_verdict() -> None:
    assert verdict([]) == "cannot be decided"
    assert verdict(["supported", "partly"]) == "partly"
    assert verdict(["not supported", "not supported", "cannot be decided"]) == "not supported"


def test_the_default_comes_first_and_no_definition_comes_twice() -> None:
    for kind in ("nobody_more", "better", "minimal"):
        names = [each.name for each in claim_definitions(Assumptions(), kind)]
        assert names[0] == "interventions"
        assert len(set(names)) == len(names)
    assert "interventions, least candidate" not in [
        each.name for each in claim_definitions(Assumptions(), "nobody_more", named=True)
    ]
    assert range_definitions(Assumptions())[0].name == "interventions"


@pytest.mark.parametrize("stops", [(), ("A",), ("B",), ("A", "C")])
def test_the_quick_way_sends_everybody_where_the_table_does(stops: tuple[str, ...]) -> None:
    table, quick = _flows(Change(stops)), nearest_flows(MATRIX, stops)
    order = np.argsort(table.row)
    for name in ("row", "demand", "late", "extra", "goes"):
        assert getattr(quick, name).tolist() == getattr(table, name)[order].tolist()
