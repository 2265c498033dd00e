"""What hidden counts leave of the figures of a claim: every hidden count at one of its ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.analysis.cases import case_flows
from impact.evidence.claims.claim import NOTHING
from impact.model.allocation_rule import OBSERVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.evidence.claims.claim import Change, Claim
    from impact.evidence.published.definitions import Definition
    from impact.model.inputs import Inputs
    from impact.model.observed import Observed
    from impact.study.model import Intervention, Study

HIDDEN = "suppressed"
"""Name of these counts in the margin of a claim."""


@dataclass(frozen=True, eq=False)
class Counted:
    """Counts of which some are hidden.

    Attributes
    ----------
    counts, low, high : ndarray of float, shape (n_postcodes, n_locations)
        The estimate and its bounds; a table of patients has one column.
    locations
        Where they were counted; empty of a table of patients.
    """

    counts: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    locations: Sequence[str] = ()


def hidden_counts(inputs: Inputs) -> dict[str, Counted]:
    """Return the counts of which some are hidden, by intervention that goes by them."""
    out = {}
    for name, rule in inputs.allocation_rules.items():
        flows, patients = rule.observed, inputs.demand.hidden.get(name)
        if rule.rule == OBSERVED and flows is not None:
            if flows.suppressed:
                out[name] = Counted(flows.counts, flows.low, flows.high, flows.locations)
        elif patients is not None:
            counts, low, high = (
                each[:, np.newaxis]
                for each in (inputs.demand.weights[name], patients.low, patients.high)
            )
            out[name] = Counted(counts, low, high)
    return out


def asked_changes(
    study: Study,
    claim: Claim,
    definition: Definition,
    standing: Mapping[tuple[str, str], Change],
) -> dict[str, tuple[Intervention, Change, Change]]:
    """Return what a claim changes of each intervention, and what that is compared with.

    Parameters
    ----------
    study
        Of the claim.
    claim, definition
        A claim, and how it is read.
    standing
        (Name, pick) -> the change that stands for an intervention where a claim names none.

    Returns
    -------
    dict
        Name -> intervention, change, and what it is compared with (`NOTHING`: nothing).
    """
    found = {}
    for each in study.interventions:
        change, versus = claim.change, claim.versus
        if change == NOTHING:
            change = standing.get((each.name, definition.pick), NOTHING)
        if not definition.agreed:
            change, versus = (replace(one, moves_to={}) for one in (change, versus))
        if claim.treatment in {"", each.name}:
            found[each.name] = (each, change, versus)
    return found


def hidden_ends(
    inputs: Inputs, asked: Mapping[str, tuple[Intervention, Change, Change]]
) -> Iterator[Inputs]:
    """Give the same inputs with every hidden count at its least or its most.

    Parameters
    ----------
    inputs
        With the rules of the study.
    asked
        Name -> intervention, what a claim changes, and what that is compared with.

    Yields
    ------
    Inputs
        All at their least, all at their most, and those that make the mean, or the difference of
        two means, least and greatest: of the moved, and of all. Nothing without hidden counts.

    Notes
    -----
    A mean with weights between bounds is least where every value below some value has its greatest
    weight and every other its least; all such values are tried.
    """
    found: dict[str, list[NDArray[np.float64]]] = {}
    for name, observed in hidden_counts(inputs).items():
        # without a change there is no mean to make least or greatest
        grids = _grids(inputs, observed, *asked[name]) if name in asked else []
        found[name] = [
            observed.low,
            observed.high,
            *(_at_ends(observed, [s * x for x in some]) for some in grids for s in (1.0, -1.0)),
        ]
    for number in range(max(map(len, found.values()), default=0)):
        counts = {name: each[min(number, len(each) - 1)] for name, each in found.items()}
        yield _with(inputs, counts)


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


def _grids(
    inputs: Inputs, observed: Counted, intervention: Intervention, change: Change, versus: Change
) -> list[list[NDArray[np.float64]]]:
    """Minutes extra of every cell: of the moved a grid per change, of all their difference."""
    signed = [
        (sign, _extra(inputs, observed, intervention, each))
        for sign, each in ((1.0, change), (-1.0, versus))
        if each != NOTHING
    ]
    if not signed:
        return []
    moved = [sign * extra for sign, extra in signed]
    return [moved, [np.sum([np.nan_to_num(each) for each in moved], axis=0)]]


def _extra(
    inputs: Inputs, observed: Counted, intervention: Intervention, change: Change
) -> NDArray[np.float64]:
    """Mean minutes extra of the moved of every cell; NaN where nobody of it is moved."""
    rows = case_flows(
        intervention,
        inputs,
        stops=change.stops,
        opens=change.opens,
        moves_to=change.moves_to,
        quotas=change.quotas,
    )
    rows = rows[rows["moved"] & (rows["demand"] > 0.0) & np.isfinite(rows["extra_minutes"])]
    at = (
        pd.Index(inputs.times.origins).get_indexer(pd.Index(rows["postcode"])),
        pd.Index(observed.locations).get_indexer(pd.Index(rows["provider_before"]))
        if observed.locations
        else np.zeros(len(rows), dtype=np.intp),
    )
    weight, total = np.zeros(observed.counts.shape), np.zeros(observed.counts.shape)
    demand = rows["demand"].to_numpy(np.float64)
    np.add.at(weight, at, demand)
    np.add.at(total, at, demand * rows["extra_minutes"].to_numpy(np.float64))
    return np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0.0)


def _at_ends(observed: Counted, grids: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Take the counts that make the mean of each grid least; a cell of no grid keeps its middle."""
    out = observed.counts.copy()
    for grid in grids:
        at = np.flatnonzero(np.isfinite(grid) & (observed.high > 0.0))
        order = at[np.argsort(grid.flat[at], kind="stable")]
        value, low, high = grid.flat[order], observed.low.flat[order], observed.high.flat[order]
        weight = low.sum() + np.r_[0.0, np.cumsum(high - low)]
        total = low @ value + np.r_[0.0, np.cumsum((high - low) * value)]
        known = weight > 0.0
        if not known.any():
            continue
        means = np.divide(total, weight, out=np.full_like(total, np.inf), where=known)
        most = int(np.argmin(means))
        out.flat[order[:most]] = high[:most]
        out.flat[order[most:]] = low[most:]
    return out
