"""What hidden counts leave of the figures of a claim: counts that make them least, greatest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.analysis.cases import case_flows
from impact.analysis.transit import ridden_flows
from impact.evidence.claims.claim import OF
from impact.model.allocation_rule import OBSERVED
from impact.model.flow_ends import FlowEnds
from impact.model.hidden import counted_ends

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from impact.evidence.claims.claim import Change, Claim
    from impact.evidence.claims.judge import ClaimTest
    from impact.model.inputs import Inputs
    from impact.model.observed import Observed
    from impact.study.model import Intervention
    from impact.transit.times import TransitTimes

HIDDEN, WITHIN_TOTALS, APART = "suppressed", "suppressed_totals", "suppressed_apart"
"""Names of these counts in the margin of a claim: without totals, held to them, each by itself."""

MEANS = ("mean", "difference", "within", "place", "low", "high")
"""Measures of a claim that are means over flows: of minutes, or of whether they are few enough."""


@dataclass(frozen=True, eq=False)
class Counted:
    """Counts of which some are hidden.

    Attributes
    ----------
    counts, low, high : ndarray of float, shape (n_postcodes, n_locations)
        The estimate and its bounds; a table of patients has one column.
    totals
        Whether any of their sums is known.
    """

    counts: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    totals: bool = False


def hidden_counts(inputs: Inputs) -> dict[str, Counted]:
    """Return the counts of which some are hidden, by intervention that goes by them."""
    out = {}
    for name, rule in inputs.allocation_rules.items():
        flows, patients = rule.observed, inputs.demand.hidden.get(name)
        if rule.rule == OBSERVED and flows is not None:
            if flows.suppressed:
                out[name] = Counted(flows.counts, flows.low, flows.high, bool(flows.levels))
        elif patients is not None:
            counts, low, high = (
                each[:, np.newaxis]
                for each in (inputs.demand.weights[name], patients.low, patients.high)
            )
            out[name] = Counted(counts, low, high, bool(patients.levels))
    return out


def named_hidden(inputs: Inputs, measures: Collection[str]) -> tuple[str, ...]:
    """Return the names that hidden counts have in the margin of figures of some measures."""
    counted = hidden_counts(inputs).values()
    if not any(each.totals for each in counted):
        return (HIDDEN,) if counted else ()
    means = set(measures) & set(MEANS)
    apart = set(measures) - {*MEANS, "peak"}
    return (*([WITHIN_TOTALS] if means else []), *([APART] if apart else []))


def hidden_ends(
    inputs: Inputs,
    asked: Mapping[str, tuple[Intervention, Sequence[Change]]],
    claim: Claim,
    part: ClaimTest,
    transit: TransitTimes | None = None,
) -> Iterator[Inputs]:
    """Give the same inputs with hidden counts at what makes a figure least, and greatest.

    Parameters
    ----------
    inputs
        With the rules of the study.
    asked
        Name -> intervention, and the change that the figure is of, or the two it is the difference
        of; none where no change stands for it.
    claim, part
        What the figure is.
    transit
        Trips, where the figure is by public transport.

    Yields
    ------
    Inputs
        Nothing without hidden counts. Means and shares (`MEANS`) are then exactly as far apart as
        the bounds that `impact run` gives (`impact.model.flow_ends.FlowEnds.of_mean`), known totals
        and all. Other figures are tried with all counts at their least, all at their most, and at
        the ends of the means of the moved and of all; known totals narrow each count there.
    """
    found = {
        name: list(_ends(inputs, observed, *asked[name], claim, part, transit))
        for name, observed in hidden_counts(inputs).items()
        if name in asked
    }
    for number in range(max(map(len, found.values()), default=0)):
        counts = {name: each[min(number, len(each) - 1)] for name, each in found.items() if each}
        yield _with(inputs, counts)


def _ends(
    inputs: Inputs,
    observed: Counted,
    intervention: Intervention,
    changes: Sequence[Change],
    claim: Claim,
    part: ClaimTest,
    transit: TransitTimes | None,
) -> Iterator[NDArray[np.float64]]:
    """Give counts of an intervention that make a figure least and greatest."""
    kinds: tuple[ClaimTest, ...] = (part,)
    if part.measure not in MEANS:
        yield from (observed.low, observed.high)
        kinds = tuple(replace(part, measure="mean", of=of) for of in OF)
    if not changes:
        return
    rows = [_rows(inputs, intervention, each, transit) for each in changes]
    for kind in kinds:
        for end in _at_ends(inputs, observed.counts, intervention.name, rows, claim, kind):
            yield end.reshape(observed.counts.shape)


def _with(inputs: Inputs, counts: Mapping[str, NDArray[np.float64]]) -> Inputs:
    """Count otherwise, with nothing hidden."""
    rules = inputs.allocation_rules
    totals = {name: each.sum(axis=1) for name, each in counts.items()}
    tables = {
        name: _exactly(inputs.observed[name], each)
        for name, each in counts.items()
        if rules[name].rule == OBSERVED
    }
    hidden = {name: each for name, each in inputs.demand.hidden.items() if name not in counts}
    weights = {**inputs.demand.weights, **totals}
    return replace(
        inputs,
        observed={**inputs.observed, **tables},
        demand=replace(inputs.demand, weights=weights, hidden=hidden),
        allocation_rules={
            **rules,
            **{name: replace(rules[name], observed=each) for name, each in tables.items()},
        },
    )


def _exactly(observed: Observed, counts: NDArray[np.float64]) -> Observed:
    """Give a table whose counts are these, none of them hidden."""
    return replace(observed, counts=counts, low=counts, high=counts)


def _rows(
    inputs: Inputs, intervention: Intervention, change: Change, transit: TransitTimes | None
) -> pd.DataFrame:
    """Who goes where under a change."""
    rows = case_flows(
        intervention,
        inputs,
        stops=change.stops,
        opens=change.opens,
        moves_to=change.moves_to,
        quotas=change.quotas,
    )
    return rows if transit is None else ridden_flows(rows, transit)


def _at_ends(
    inputs: Inputs,
    counts: NDArray[np.float64],
    name: str,
    rows: Sequence[pd.DataFrame],
    claim: Claim,
    part: ClaimTest,
) -> Iterator[NDArray[np.float64]]:
    """Give counts that make a mean, or the difference of two, least and greatest.

    Of two means of the moved each has counts of its own; two means of all have the same.
    """
    terms = []
    for sign, each in zip((1.0, -1.0), rows, strict=False):
        ends = counted_ends(inputs, name, each)
        if ends is None:
            return
        values, chosen = _averaged(each, inputs, claim, part)
        terms.append((ends, sign * values, chosen))
    if part.of == "all" and len(terms) > 1:
        cells = terms[0][0].cells
        cell = np.concatenate([ends.cell for ends, *_ in terms])
        share = np.concatenate([ends.share for ends, *_ in terms])
        values = np.concatenate([values for _, values, _ in terms])
        chosen = np.concatenate([chosen for *_, chosen in terms])
        terms = [(FlowEnds(cells, cell, share), values, chosen)]
    found = [ends.at_mean(values, chosen) for ends, values, chosen in terms]
    for end in (1, 2):
        # a count that no mean takes keeps its estimate
        out = counts.ravel().copy()
        for mean in found:
            takes = mean[0][: len(out)]
            out[takes] = mean[end][: len(out)][takes]
        yield out


def _averaged(
    rows: pd.DataFrame, inputs: Inputs, claim: Claim, part: ClaimTest
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Of what a figure is the mean, by flow, and over which flows."""
    extra = rows["extra_minutes"].to_numpy(np.float64)
    if part.measure == "place":
        codes = rows["postcode"]
        at = codes == claim.postcode
        if not claim.postcode:
            at = codes.map(inputs.postcodes["municipality"]) == claim.municipality
        return extra, at.to_numpy(bool) & np.isfinite(extra)
    who = np.ones(len(rows), dtype=bool) if part.of == "all" else rows["moved"].to_numpy(bool)
    if part.measure == "within":
        late = rows["minutes_after"].to_numpy(np.float64)
        # who finds no way is never within, whatever the limit
        return (np.isfinite(late) & (late <= claim.minutes)).astype(np.float64), who
    return extra, who & np.isfinite(extra)
