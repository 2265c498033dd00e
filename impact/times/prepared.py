"""`PreparedTimes`: roads and points made ready for many matrices under other speeds."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.errors import Fault, InputError
from impact.times.edge_join import leg_edges
from impact.times.engines import (
    DEFAULT_ENGINE,
    Arcs,
    Groups,
    Places,
    Setup,
    choose_engine,
    cost_of,
)
from impact.times.weighed import WeighedTimes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.roads.network import RoadNetwork
    from impact.roads.speeds import SpeedProfile
    from impact.times.edge_join import EdgesOfLines
    from impact.times.engines import Choice, Search
    from impact.times.snap import AccessLegs


@dataclass(frozen=True, eq=False)
class PreparedTimes:
    """Roads and points, with all that does not depend on speeds done.

    Attributes
    ----------
    network
        Roads, timed for one profile.
    access, egress
        Legs of origins and destinations.
    choice
        The engine, and why it was chosen.
    setup
        How it works.
    """

    network: RoadNetwork
    access: AccessLegs
    egress: AccessLegs
    choice: Choice
    setup: Setup
    _search: Search = field(repr=False)
    _arcs: Arcs = field(repr=False)
    _egress_legs: Groups = field(repr=False)
    _column: NDArray[np.int64] = field(repr=False)
    _edges: EdgesOfLines | None = field(repr=False)

    def minutes(
        self,
        edge_minutes: NDArray[np.float64] | None = None,
        *,
        profile: SpeedProfile | None = None,
        out: NDArray[Any] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> NDArray[Any]:
        """Minutes from every origin to every destination, under these or other speeds.

        Parameters
        ----------
        edge_minutes : ndarray of float, shape (n_edges,)
            Of every edge of the network; those of the network by default. Legs along a part of an
            edge follow it.
        profile
            Sets the speed of the other legs and the fixed minutes; that of the network by default.
        out : ndarray of float, shape (n_origins, n_destinations)
            Where to put them; in memory by default.
        progress
            Called with (destinations done, all destinations).

        Returns
        -------
        ndarray of float, shape (n_origins, n_destinations)
            Infinite where no route exists.
        """
        return self.weighed(edge_minutes, profile=profile).fill(out=out, progress=progress)[0]

    def minutes_and_km(
        self,
        edge_minutes: NDArray[np.float64] | None = None,
        *,
        profile: SpeedProfile | None = None,
        out: NDArray[Any] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Minutes as `minutes`, and the road length of the shortest of the fastest paths.

        Parameters
        ----------
        edge_minutes, profile, out, progress
            See `minutes`.

        Returns
        -------
        minutes, km : ndarray of float, shape (n_origins, n_destinations)
        """
        weighed = self.weighed(edge_minutes, profile=profile, km=True)
        return weighed.fill(out=out, progress=progress)

    def weighed(
        self,
        edge_minutes: NDArray[np.float64] | None = None,
        *,
        profile: SpeedProfile | None = None,
        km: bool = False,
    ) -> WeighedTimes:
        """Take speeds, and leave the paths for later.

        Parameters
        ----------
        edge_minutes, profile
            See `minutes`.
        km
            Whether kilometres will be asked for.

        Returns
        -------
        WeighedTimes
        """
        network, access, egress = self._timed(edge_minutes, profile)
        edge_cost = cost_of(network.minutes, network.km if km else None)
        leg_cost = cost_of(egress.minutes, egress.km if km else None)
        query = self._search.weighed(
            self._arcs.edges.least(edge_cost),
            self._egress_legs.least(leg_cost),
            keep=edge_minutes is None,
        )
        block, kinds = self._search.block, (network, access, egress, self._edges)
        return WeighedTimes(*kinds, query, block, self._column, km=km)

    @property
    def notes(self) -> dict[str, Any]:
        """What the manifest should say: the engine, why it, and what happened on the way."""
        remarks = {"engine_remarks": list(self.setup.remarks)} if self.setup.remarks else {}
        return {**self.choice.notes, **remarks}

    def _timed(
        self, edge_minutes: NDArray[np.float64] | None, profile: SpeedProfile | None
    ) -> tuple[RoadNetwork, AccessLegs, AccessLegs]:
        if edge_minutes is None and profile is None:
            return self.network, self.access, self.egress
        network = self.network
        if edge_minutes is not None:
            if edge_minutes.shape != network.minutes.shape:
                found, expected = str(edge_minutes.shape), f"the shape {network.minutes.shape}"
                raise InputError(Fault("minutes", "", "edge_minutes", found, expected))
            network = replace(network, minutes=edge_minutes)
        if profile is not None:
            network = replace(network, profile=profile)
        access = _retimed(self.access, network, self._edges, outward=True)
        return network, access, _retimed(self.egress, network, self._edges, outward=False)


def prepare(
    network: RoadNetwork,
    access: AccessLegs,
    egress: AccessLegs,
    *,
    engine: str = DEFAULT_ENGINE,
    matrices: int = 1,
    workers: int | None = None,
    folder: Path | None = None,
) -> PreparedTimes:
    """Make roads and points ready for many matrices under other speeds.

    Parameters
    ----------
    network
        Roads, timed for one profile.
    access, egress
        Legs of the origins, and of the destinations (``outward=False``), from `access_legs`.
    engine
        Name of an engine; ``auto`` chooses by the size of the network and by `matrices`.
    matrices
        How many matrices will be made.
    workers
        Threads of the compiled engines; one per core by default.
    folder
        Where orders and customised costs are kept; `None` keeps nothing.

    Returns
    -------
    PreparedTimes

    Raises
    ------
    InputError
        For an unknown engine, or one that lacks a package.

    Examples
    --------
    >>> from impact import read_hospitals, read_main_roads, read_postcodes
    >>> from impact.times.snap import access_legs
    >>> roads = read_main_roads()
    >>> here = access_legs(roads, read_postcodes().loc[["9203"]])
    >>> there = access_legs(roads, read_hospitals().loc[["UMC Groningen"]], outward=False)
    >>> prepared = prepare(roads, here, there)
    >>> slower = prepared.minutes(roads.minutes * 2.0) - prepared.minutes()
    >>> bool(15 < slower[0, 0] < 60)
    True
    """
    choice = engine_for(network, egress, engine=engine, matrices=matrices)
    arcs = Arcs.of(network)
    legs = Groups.of(egress.point * arcs.size + egress.node)
    wanted, column = np.unique(access.node, return_inverse=True)
    places = Places(
        wanted, egress.point[legs.first], egress.node[legs.first], len(egress.straight_km)
    )
    setup = Setup(workers or os.cpu_count() or 1, folder)
    search = choice.engine(arcs, places, setup)
    edges = access.edges
    return PreparedTimes(network, access, egress, choice, setup, search, arcs, legs, column, edges)


def engine_for(
    network: RoadNetwork, egress: AccessLegs, *, engine: str = DEFAULT_ENGINE, matrices: int = 1
) -> Choice:
    """Choose the engine that `prepare` would take, without preparing.

    Parameters
    ----------
    network, egress, engine, matrices
        See `prepare`.

    Returns
    -------
    Choice

    Raises
    ------
    InputError
        For an unknown engine, or one that lacks a package.
    """
    return choose_engine(
        engine,
        nodes=len(network.node),
        destinations=len(egress.straight_km),
        matrices=matrices,
    )


def _retimed(
    legs: AccessLegs, network: RoadNetwork, edges: EdgesOfLines | None, *, outward: bool
) -> AccessLegs:
    """Give legs the minutes that they take under the speeds of `network`."""
    if legs.spots is None or edges is None:
        minutes = network.profile.access_minutes(legs.km, network.urban[legs.node])
        return replace(legs, minutes=minutes)
    point, _, along, _ = leg_edges(network, edges, legs.spots, outward=outward)
    urban = network.edge_urban[edges.edge[edges.start[legs.spots.line]]]
    spot_minutes = network.profile.access_minutes(legs.spot_km, urban)
    return replace(legs, minutes=along + spot_minutes[point], spot_minutes=spot_minutes)
