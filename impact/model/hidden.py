"""What hidden counts leave open of flows and volumes: the least and the most they can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.model.flow_ends import FlowEnds
from impact.model.volumes import case_volumes, exactly_known, hidden_ends
from impact.notes import Note
from impact.study.model import CATCHMENT
from impact.tables.count_totals import Cells

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from impact.model.case import Case
    from impact.model.inputs import Inputs


def flow_ends(
    inputs: Inputs, case: Case, registered: Mapping[str, float] | None
) -> FlowEnds | None:
    """Say what hidden counts leave open of the flows of a case.

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
    FlowEnds or None
        `None` where no count is hidden.

    Notes
    -----
    A flow is the same share of its count, whatever that is: of the cell of its postcode and
    provider where flows were counted, of the count of its postcode in a table of patients, of the
    registered count of its provider by catchments.
    """
    name, rows = case.intervention.name, case.flows
    rule = inputs.allocation_rules[name]
    if rule.observed is None and rule.rule == CATCHMENT and registered is not None:
        ends = hidden_ends(registered)
        if case.quotas or not ends:
            return None
        names = pd.Index(sorted(registered))
        low, high = (np.array([end[each] for each in names]) for end in ends)
        cell = names.get_indexer(pd.Index(rows["provider_before"]))
        counts = np.array([registered[each] for each in names])
        return _of_cells(Cells(low, high), cell, rows, counts)
    return counted_ends(inputs, name, rows)


def counted_ends(inputs: Inputs, name: str, rows: pd.DataFrame) -> FlowEnds | None:
    """Say the same of flows whose counts are a table of flows or of patients.

    Parameters
    ----------
    inputs
        With the counts.
    name
        Of an intervention.
    rows
        Its flows.

    Returns
    -------
    FlowEnds or None
        `None` where no count is hidden.
    """
    observed = inputs.allocation_rules[name].observed
    if observed is not None:
        if not observed.suppressed:
            return None
        cells = Cells(observed.low.ravel(), observed.high.ravel(), observed.levels)
        row = pd.Index(inputs.times.origins).get_indexer(pd.Index(rows["postcode"]))
        column = pd.Index(observed.locations).get_indexer(pd.Index(rows["provider_before"]))
        cell = np.where(column >= 0, row * len(observed.locations) + column, -1)
        return _of_cells(cells, cell, rows, observed.counts.ravel())
    if name not in inputs.demand.hidden:
        return None
    cell = inputs.postcodes.index.get_indexer(pd.Index(rows["postcode"]))
    return _of_cells(inputs.demand.hidden[name], cell, rows, inputs.demand.weights[name])


def _of_cells(
    cells: Cells,
    cell: NDArray[np.intp],
    rows: pd.DataFrame,
    counts: NDArray[np.float64],
) -> FlowEnds:
    """Make each flow the part that it is of its estimated count; one of no count is known."""
    demand, none = rows["demand"].to_numpy(np.float64), len(counts)
    at = np.where(cell >= 0, cell, none)
    known = cells.placed(np.arange(none), none + 1)
    known.low[none] = known.high[none] = 1.0
    count = np.r_[counts, 1.0][at]
    share = np.divide(demand, count, out=np.zeros_like(demand), where=count > 0.0)
    return FlowEnds(known, at, share)


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
        ends=None if shares_known else flow_ends(inputs, case, registered),
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
