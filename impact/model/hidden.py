"""What hidden counts leave open of flows and volumes: the least and the most they can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.model.demand import by_postcode
from impact.model.volumes import RegisteredCounts, case_volumes, exactly_known, hidden_ends
from impact.notes import Note
from impact.study.model import CATCHMENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from impact.model.case import Case
    from impact.model.inputs import Inputs


def flow_ends(
    inputs: Inputs, case: Case, registered: Mapping[str, float] | None
) -> tuple[NDArray[np.float64], ...]:
    """Give the least and the most demand of every flow of a case.

    Parameters
    ----------
    inputs
        With the counts.
    case
        With its flows.
    registered
        Location -> registered count of the intervention; by catchments they are the demand.

    Returns
    -------
    tuple of ndarray of float, shape (n_flows,)
        Least and most; empty where no count is hidden.

    Notes
    -----
    A flow is the same share of its count, whatever that is: of the cell of its postcode and
    provider where flows were counted, of the count of its postcode in a table of patients, of the
    registered count of its provider by catchments.
    """
    name, rows = case.intervention.name, case.flows
    rule = inputs.allocation_rules[name]
    if ends := rule.bounds(rows, inputs.times.origins):
        return ends
    demand = rows["demand"].to_numpy(np.float64)
    if rule.rule == CATCHMENT and isinstance(registered, RegisteredCounts):
        if case.quotas:
            return ()
        ratio = {
            place: tuple(end[place] / middle for end in (registered.low, registered.high))
            for place, middle in registered.items()
            if middle > 0.0
        }
        if all(low == high for low, high in ratio.values()):
            return ()
        known = [ratio.get(str(place), (1.0, 1.0)) for place in rows["provider_before"]]
        return tuple(demand * np.array([each[end] for each in known]) for end in (0, 1))
    if name not in inputs.demand.hidden:
        return ()
    at = inputs.postcodes.index.get_indexer(rows["postcode"])
    return tuple(demand * each[at] for each in by_postcode(inputs.demand, name))


def nearest_ends(inputs: Inputs, case: Case) -> tuple[NDArray[np.float64], ...]:
    """Give the least and the most demand of flows that go to the nearest, whatever was counted.

    As `flow_ends`, where all that counts say is how many patients a postcode has.
    """
    name, rows = case.intervention.name, case.flows
    observed = inputs.observed.get(name)
    demand = rows["demand"].to_numpy(np.float64)
    at = inputs.postcodes.index.get_indexer(pd.Index(rows["postcode"]))
    if name in inputs.demand.hidden:
        return tuple(demand * each[at] for each in by_postcode(inputs.demand, name))
    if observed is None or not inputs.allocation_rules[name].observes or not observed.suppressed:
        return ()
    total = np.where(observed.totals > 0.0, observed.totals, 1.0)
    return tuple(demand * (end.sum(axis=1) / total)[at] for end in (observed.low, observed.high))


def rests_on_hidden(
    inputs: Inputs, name: str, registered: Mapping[str, float] | None
) -> tuple[Note, ...]:
    """Note that what a location must or may have is held against counts that are estimated."""
    hidden = _open_flows(inputs, name) or bool(hidden_ends(registered))
    return (Note.of("rests_on_hidden", name=name),) if hidden else ()


def _open_flows(inputs: Inputs, name: str) -> bool:
    """Whether hidden counts leave open how many go from where to where."""
    rule = inputs.allocation_rules[name]
    return name in inputs.demand.hidden or (rule.observes and not rule.counted)


def volumes_of(case: Case, inputs: Inputs, registered: Mapping[str, float] | None) -> pd.DataFrame:
    """Give the volumes of a case, with the bounds that hidden counts leave.

    Parameters
    ----------
    case
        With its flows.
    inputs
        What it was computed with.
    registered
        Location -> registered count of its intervention, where there are any.

    Returns
    -------
    pandas.DataFrame
        As `impact.model.volumes.case_volumes`.
    """
    name = case.intervention.name
    rule = inputs.allocation_rules[name]
    # by catchments the flows of a provider are parts of its own count
    shares_known = rule.rule == CATCHMENT and registered is not None
    return case_volumes(
        case,
        inputs.demand.volume_unit_of(name),
        registered,
        counted=rule.observes,
        bounds=() if shares_known else flow_ends(inputs, case, registered),
    )


def all_known(inputs: Inputs, name: str, registered: Mapping[str, float] | None) -> bool:
    """Whether volumes of an intervention rest on counts of which none is hidden."""
    known = exactly_known(registered) or inputs.allocation_rules[name].counted
    return known and not _open_flows(inputs, name) and not hidden_ends(registered)


def ends_of_moved(case: Case, registered: Mapping[str, float] | None) -> tuple[float, float] | None:
    """Give the least and the most registered patients of who stops; `None` where none is hidden."""
    ends = hidden_ends(registered)
    if not ends or any(name not in end for end in ends for name in case.stops):
        return None
    share = case.intervention.moves_share
    low, high = (share * sum(end[name] for name in case.stops) for end in ends)
    return low, high
