"""From a destination up the hierarchy: costs from all ranks above it.

The idea. On a customised hierarchy some least-cost path from any node to the destination first
climbs and then descends. The part that descends to the destination lies among its ancestors in the
elimination tree, so that they alone are looked at, in ascending order: when a rank is passed, its
cost from above is final.

Source: Dibbelt, Strasser and Wagner, Customizable contraction hierarchies, ACM JEA 21 (2016),
section on elimination-tree queries.

Complexity: the links of the ancestors. Invariant: `label` holds no way between two climbs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impact.compiled import compiled
from impact.times.engines.costs import less

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@compiled
def climb(
    begin: int,
    end: int,
    leg_rank: NDArray[np.int32],
    leg_cost: NDArray[Any],
    core: int,
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    falling: NDArray[Any],
    label: NDArray[Any],
    seen: NDArray[np.bool_],
    passed: NDArray[np.int32],
) -> int:
    """Label the ancestors of a destination with their costs to it.

    Parameters
    ----------
    begin, end
        Egress legs of the destination.
    leg_rank : ndarray of int32, shape (n_legs,)
        Rank that each leg leaves from.
    leg_cost : ndarray, shape (n_legs,)
        Its cost.
    core, first, head
        Of `Upward`.
    falling : ndarray, shape (n_links,)
        Of `LinkCosts`.
    label : ndarray, shape (n_nodes,)
        Receives the costs; without any way before.
    seen : ndarray of bool, shape (n_nodes,)
        False before and after.
    passed : ndarray of int32, shape (n_nodes,)
        Receives the ranks with a label, in no order.

    Returns
    -------
    int
        How many ranks were labelled.
    """
    count = 0
    for leg in range(begin, end):
        here = leg_rank[leg]
        if less(leg_cost[leg], label[here]):
            label[here] = leg_cost[leg]
        count = _ancestors(here, core, first, head, seen, passed, count)
    # heads of a contracted rank are its ancestors: passed already, or in the core
    contracted = count
    _sort(passed, contracted)
    for place in range(contracted):
        here = passed[place]
        if here >= core:
            continue
        for link in range(first[here], first[here + 1]):
            above = head[link]
            cost = label[here] + falling[link]
            if less(cost, label[above]):
                label[above] = cost
            if not seen[above]:
                seen[above] = True
                passed[count] = above
                count += 1
    for place in range(count):
        seen[passed[place]] = False
    return count


@compiled
def _ancestors(
    here: int,
    core: int,
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    seen: NDArray[np.bool_],
    passed: NDArray[np.int32],
    count: int,
) -> int:
    """Add a rank and its ancestors, up to the core."""
    while not seen[here]:
        seen[here] = True
        passed[count] = here
        count += 1
        if here >= core or first[here] == first[here + 1]:
            break
        here = head[first[here]]
    return count


@compiled
def _sort(values: NDArray[np.int32], count: int) -> None:
    """Sort the first values: ascending runs, one per leg, merged by insertion from behind."""
    for place in range(1, count):
        value = values[place]
        gap = place
        while gap > 0 and values[gap - 1] > value:
            values[gap] = values[gap - 1]
            gap -= 1
        values[gap] = value
