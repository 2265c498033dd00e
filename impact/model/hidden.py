"""What hidden counts leave open of flows and volumes: the least and the most they can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.model.demand import by_postcode
from impact.model.volumes import RegisteredCounts, case_volumes, exactly_known, hidden_ends
from impact.study.model import CATCHMENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
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
    rule = inputs.allocation_rules[name]
    open_flows = name in inputs.demand.hidden or (rule.observes and not rule.counted)
    return not open_flows and (exactly_known(registered) or rule.counted)


def ends_of_moved(case: Case, registered: Mapping[str, float] | None) -> tuple[float, float] | None:
    """Give the least and the most registered patients of who stops; `None` where none is hidden."""
    ends = hidden_ends(registered)
    if not ends or any(name not in end for end in ends for name in case.stops):
        return None
    share = case.intervention.moves_share
    low, high = (share * sum(end[name] for name in case.stops) for end in ends)
    return low, high
