"""Pieces of road between two places where something branches off, as directed edges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from impact.roads.osm.scan import OsmRoads
    from impact.roads.osm.stretches import KindColumns, Stretches


@dataclass(frozen=True, eq=False)
class Pieces:
    """Directed edges, each along one line.

    Attributes
    ----------
    tail, head : ndarray of int32, shape (n,)
        Nodes.
    km, urban_km : ndarray of float, shape (n,)
        Length, and how much of it lies in built-up areas.
    road_class : ndarray of int16, shape (n,)
        Position in `OsmTables.classes`; ``len(classes)`` for ferries.
    way : ndarray of int64, shape (n,)
        Identifier of the way; where ways were joined, of the first.
    line : ndarray of int32, shape (n,)
        Which line it follows.
    backward : ndarray of bool, shape (n,)
        Whether it follows the line from its end to its begin.
    minutes : mapping of str to ndarray of float, shape (n,)
        Per profile.
    """

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    km: NDArray[np.float64]
    urban_km: NDArray[np.float64]
    road_class: NDArray[np.int16]
    way: NDArray[np.int64]
    line: NDArray[np.int32]
    backward: NDArray[np.bool_]
    minutes: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def take(self, places: NDArray[np.int64] | NDArray[np.bool_]) -> Pieces:
        """Return some pieces, in a given order.

        Parameters
        ----------
        places : ndarray of int64 or bool
            Positions, or one flag per piece.

        Returns
        -------
        Pieces
        """
        columns = {name: each[places] for name, each in vars(self).items() if name != "minutes"}
        minutes = {name: each[places] for name, each in self.minutes.items()}
        return Pieces(**columns, minutes=minutes)


@dataclass(frozen=True, eq=False)
class Lines:
    """Courses of the pieces, as positions in `OsmRoads.ref`.

    Attributes
    ----------
    begin, end : ndarray of int64, shape (n_lines,)
        Line i runs over the nodes ``ref[begin[i]:end[i]]``.
    """

    begin: NDArray[np.int64]
    end: NDArray[np.int64]


def split_at_barriers(
    each: Stretches, blocked: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Give every stretch that ends at a barrier an end of its own, so that nothing passes.

    Parameters
    ----------
    each
        The stretches.
    blocked : ndarray of bool, shape (n_nodes,)
        Nodes that stop cars.

    Returns
    -------
    first, last : ndarray of int32, shape (n_stretches,)
        Nodes; copies are numbered from ``n_nodes``.
    copied : ndarray of int64
        Original of each copy.
    """
    first, last = each.first.copy(), each.last.copy()
    copied: list[NDArray[np.int32]] = []
    count = len(blocked)
    for ends in (first, last):
        found = np.flatnonzero(blocked[ends])
        copied.append(ends[found])
        ends[found] = np.arange(count, count + len(found), dtype=np.int32)
        count += len(found)
    return first, last, np.concatenate(copied).astype(np.int64)


def pieces(
    roads: OsmRoads,
    kinds: KindColumns,
    each: Stretches,
    ends: tuple[NDArray[np.int32], NDArray[np.int32]],
    times: Iterable[tuple[str, int, NDArray[np.float64]]],
) -> tuple[Pieces, Lines]:
    """Join the stretches of a way up to the next node where something branches off.

    Parameters
    ----------
    roads, kinds, each
        The stretches and what they are.
    ends
        Nodes of the stretches, from `split_at_barriers`.
    times
        From `impact.roads.osm.stretches.timed`.

    Returns
    -------
    pieces : Pieces
        One per direction that is open to cars.
    lines : Lines
    """
    first, last = ends
    uses = np.bincount(first) if len(first) else np.zeros(1, dtype=np.int64)
    also = np.bincount(last, minlength=len(uses))
    uses = np.pad(uses, (0, len(also) - len(uses))) + also
    goes_on = (
        (each.way[1:] == each.way[:-1])
        & (each.at[1:] == each.at[:-1] + 1)
        & (first[1:] == last[:-1])
        & (uses[last[:-1]] == 2)  # noqa: PLR2004 (this stretch and the next)
    )
    begin = np.flatnonzero(np.concatenate([[True], ~goes_on]))
    end = np.concatenate([begin[1:], [len(first)]]) - 1
    kind = roads.kind[each.way[begin]]
    open_ways = (np.flatnonzero(kinds.forward[kind]), np.flatnonzero(kinds.backward[kind]))
    chosen = np.concatenate(open_ways)
    backward = np.arange(len(chosen)) >= len(open_ways[0])
    km = np.add.reduceat(each.km, begin)
    urban_km = np.add.reduceat(np.where(each.urban, each.km, 0.0), begin)
    minutes: dict[str, NDArray[np.float64]] = {}
    for profile, direction, taken in times:
        total = minutes.setdefault(profile, np.empty(len(chosen)))
        total[backward == bool(direction)] = np.add.reduceat(taken, begin)[open_ways[direction]]
    tail, head = first[begin][chosen], last[end][chosen]
    out = Pieces(
        tail=np.where(backward, head, tail),
        head=np.where(backward, tail, head),
        km=km[chosen],
        urban_km=urban_km[chosen],
        road_class=kinds.road_class[kind][chosen],
        way=roads.way[each.way[begin]][chosen],
        line=chosen.astype(np.int32),
        backward=backward,
        minutes=minutes,
    )
    return out, Lines(each.at[begin], each.at[end] + 2)
