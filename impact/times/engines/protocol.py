"""What every engine offers, in three steps that are repeated less and less rarely.

1. `Engine`: take the topology, once per network (a contraction hierarchy finds its order here);
2. `Search.weighed`: take costs, once per speed table (it customises its shortcuts);
3. `Query`: give the costs from the wanted nodes to some destinations.

The direction is towards the hospital, so that the work grows with the hospitals, not with the
postcodes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from impact.spans import equals

if TYPE_CHECKING:
    from pathlib import Path

    from impact.times.engines.arcs import Arcs

Query: TypeAlias = Callable[[NDArray[np.int64]], NDArray[Any]]
"""Takes positions of destinations, gives costs of shape (n_destinations, n_wanted); infinite where
a node cannot reach the destination."""


@dataclass(frozen=True, eq=False)
class Places:
    """Between which places costs are wanted.

    Attributes
    ----------
    wanted : ndarray of int64, shape (n_wanted,)
        Nodes to start from: unique, ascending.
    point, node : ndarray of int64, shape (n_legs,)
        Egress legs: a destination, and a node from which it is reached; sorted by destination,
        no pair twice.
    count
        Number of destinations.
    """

    wanted: NDArray[np.int64]
    point: NDArray[np.int64]
    node: NDArray[np.int64]
    count: int

    def legs_of(self, destinations: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Give the egress legs of some destinations.

        Parameters
        ----------
        destinations : ndarray of int64, shape (n,)
            Positions.

        Returns
        -------
        row, leg : ndarray of int64, shape (n_found,)
            Position in `destinations` (ascending), and leg.
        """
        return equals(destinations, self.point)


@dataclass(frozen=True)
class Setup:
    """How an engine may work; nothing here changes a figure.

    Attributes
    ----------
    workers
        Threads.
    folder
        Where orders and customised costs are kept; `None` keeps nothing.
    remarks
        Receives what the manifest should say of the work.
    """

    workers: int
    folder: Path | None = None
    remarks: list[str] = field(default_factory=list)


class Search(Protocol):
    """A topology, made ready."""

    @property
    def block(self) -> int:
        """Destinations at a time: enough to keep the workers busy, few enough for the memory."""
        ...

    def weighed(
        self, arc_cost: NDArray[Any], leg_cost: NDArray[Any], *, keep: bool = False
    ) -> Query:
        """Take the costs of all arcs and egress legs.

        Parameters
        ----------
        arc_cost : ndarray of float64 or complex128, shape (n_arcs,)
            Not negative; see `impact.times.engines.arcs`.
        leg_cost : ndarray of the same kind, shape (n_legs,)
            From the node of each egress leg to its destination.
        keep
            Whether the same costs are likely to be asked for in a later run.

        Returns
        -------
        Query
        """
        ...


class Engine(Protocol):
    """Makes a topology ready for queries."""

    def __call__(self, arcs: Arcs, places: Places, setup: Setup) -> Search:
        """Prepare.

        Parameters
        ----------
        arcs
            Topology.
        places
            Between which places costs are wanted.
        setup
            How to work.

        Returns
        -------
        Search
        """
        ...
