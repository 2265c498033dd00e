"""`PreparedTimes`: roads and points made ready for many matrices under other speeds."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.errors import Fault, InputError
from impact.times.edge_join import direct_pairs, leg_edges
from impact.times.engines import (
    DEFAULT_ENGINE,
    Arcs,
    Groups,
    Places,
    Setup,
    choose_engine,
    cost_of,
    on_grid,
)
from impact.times.legs import first_legs, leg_blocks, room_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.roads.network import RoadNetwork
    from impact.roads.speeds import SpeedProfile
    from impact.times.edge_join import EdgesOfLines
    from impact.times.engines import Query, Search
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
    engine
        Name of the engine that was chosen.
    notes
        What the manifest should say of it.
    """

    network: RoadNetwork
    access: AccessLegs
    egress: AccessLegs
    engine: str
    notes: Mapping[str, Any]
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
        timed = self._timed(edge_minutes, profile)
        minutes = room_for(self._shape, out)
        self._fill(self._query(timed, km=False), timed, minutes, None, progress)
        return minutes

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
        timed = self._timed(edge_minutes, profile)
        minutes, km = room_for(self._shape, out), np.empty(self._shape)
        self._fill(self._query(timed, km=True), timed, minutes, km, progress)
        return minutes, km

    def in_parts(
        self, parts: Iterable[slice], *, km: bool = False
    ) -> Iterator[tuple[slice, NDArray[np.float64], NDArray[np.float64] | None]]:
        """Minutes as `minutes`, some destinations at a time: nobody has to hold the whole matrix.

        Parameters
        ----------
        parts
            Consecutive destinations, by position; they need not be all of them.
        km
            Whether to add the road length.

        Yields
        ------
        part : slice
            As asked for.
        minutes, km : ndarray of float, shape (n_origins, size of the part)
            `km` is `None` where not asked for.
        """
        timed = _Timed(self.network, self.access, self.egress)
        query = self._query(timed, km=km)
        for part in parts:
            shape = (self._shape[0], part.stop - part.start)
            minutes, lengths = np.empty(shape), np.empty(shape) if km else None
            self._fill(query, timed, minutes, lengths, first=part.start)
            yield part, minutes, lengths

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.access.straight_km), len(self.egress.straight_km)

    def _timed(
        self, edge_minutes: NDArray[np.float64] | None, profile: SpeedProfile | None
    ) -> _Timed:
        if edge_minutes is None and profile is None:
            return _Timed(self.network, self.access, self.egress)
        network = self.network
        if edge_minutes is not None:
            if edge_minutes.shape != network.minutes.shape:
                found, expected = str(edge_minutes.shape), f"the shape {network.minutes.shape}"
                raise InputError(Fault("minutes", "", "edge_minutes", found, expected))
            network = replace(network, minutes=edge_minutes)
        if profile is not None:
            network = replace(network, profile=profile)
        access = _retimed(self.access, network, self._edges, outward=True)
        return _Timed(network, access, _retimed(self.egress, network, self._edges, outward=False))

    def _query(self, timed: _Timed, *, km: bool) -> Query:
        network, egress = timed.network, timed.egress
        return self._search.weighed(
            self._arcs.edges.least(cost_of(network.minutes, network.km if km else None)),
            self._egress_legs.least(cost_of(egress.minutes, egress.km if km else None)),
        )

    def _fill(
        self,
        query: Query,
        timed: _Timed,
        minutes: NDArray[Any],
        km: NDArray[np.float64] | None,
        progress: Callable[[int, int], None] | None = None,
        *,
        first: int = 0,
    ) -> None:
        """Fill a matrix with the destinations from `first` on."""
        network, access = timed.network, timed.access
        access_cost = cost_of(access.minutes, None if km is None else access.km)
        fixed = network.profile.fixed_minutes
        parts = leg_blocks(access.point)
        for start in range(0, minutes.shape[1], self._search.block):
            stop = min(start + self._search.block, minutes.shape[1])
            trees = query(np.arange(first + start, first + stop))
            for part in parts:
                rows = slice(access.point[part.start], access.point[part.stop - 1] + 1)
                total = (trees[:, self._column[part]] + access_cost[part]).T
                best = np.minimum.reduceat(total, first_legs(access.point[part]), axis=0)
                minutes[rows, start:stop] = best.real + fixed
                if km is not None:
                    km[rows, start:stop] = best.imag
            if progress is not None:
                progress(stop, minutes.shape[1])
        if self._edges is not None:
            _along_one_edge(timed, self._edges, minutes, km, first)


@dataclass(frozen=True, eq=False)
class _Timed:
    """Roads and legs under one set of speeds."""

    network: RoadNetwork
    access: AccessLegs
    egress: AccessLegs


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
    choice = choose_engine(
        engine,
        nodes=len(network.node),
        destinations=len(egress.straight_km),
        matrices=matrices,
    )
    arcs = Arcs.of(network)
    legs = Groups.of(egress.point * arcs.size + egress.node)
    wanted, column = np.unique(access.node, return_inverse=True)
    places = Places(
        wanted, egress.point[legs.first], egress.node[legs.first], len(egress.straight_km)
    )
    search = choice.engine(arcs, places, Setup(workers or os.cpu_count() or 1, folder))
    notes = {**choice.notes, **search.notes}
    return PreparedTimes(
        network, access, egress, choice.name, notes, search, arcs, legs, column, access.edges
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


def _along_one_edge(
    timed: _Timed,
    edges: EdgesOfLines,
    minutes: NDArray[Any],
    km: NDArray[np.float64] | None,
    first: int,
) -> None:
    """Let pairs on the same edge drive along it, where that is faster than over its ends."""
    access, egress = timed.access, timed.egress
    if access.spots is None or egress.spots is None:
        return
    pairs = direct_pairs(timed.network, edges, access.spots, egress.spots)
    here = (pairs[1] >= first) & (pairs[1] < first + minutes.shape[1])
    origin, destination, along, length = (each[here] for each in pairs)
    direct = on_grid(along + access.spot_minutes[origin] + egress.spot_minutes[destination])
    direct += timed.network.profile.fixed_minutes
    direct_km = on_grid(length + access.spot_km[origin] + egress.spot_km[destination])
    destination = destination - first
    found = minutes[origin, destination]
    better = direct < found
    if km is not None:
        better |= (direct == found) & (direct_km < km[origin, destination])
    # where several edges join a pair the best is written last
    order = np.lexsort((-direct_km, -direct))
    order = order[better[order]]
    minutes[origin[order], destination[order]] = direct[order]
    if km is not None:
        km[origin[order], destination[order]] = direct_km[order]
