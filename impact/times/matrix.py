"""`TravelTimes`: minutes from postcodes to locations, with what made them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError
from impact.messages import said
from impact.storage import source_hash
from impact.times.engines.graph import Arcs, Groups, cost_of, on_grid
from impact.times.engines.protocol import DEFAULT_ENGINE, Places, Setup, choose_engine
from impact.times.selection import places_of
from impact.times.snap import (
    both_reports,
    far_points,
    first_legs,
    identified,
    leg_blocks,
    legs_both_ways,
    points_hash,
    separate_points,
)
from impact.times.snap_edges import direct_pairs, leg_edges

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork
    from impact.network.speeds import SpeedProfile
    from impact.times.engines.protocol import Choice, Query, Search
    from impact.times.snap import AccessLegs
    from impact.times.snap_edges import EdgesOfLines


def describe(
    network: RoadNetwork,
    origins: pd.DataFrame,
    destinations: pd.DataFrame,
    *,
    engine: str,
    km: bool,
) -> dict[str, Any]:
    """Everything that determines a matrix, for its manifest and its cache key."""
    about: dict[str, Any] = {
        "roads": {"name": "", "kind": network.kind, **network.about},
        "roads_sha256": network.fingerprint(),
        "profile": network.profile.name,
        "profile_status": network.profile.status,
        "fixed_minutes": network.profile.fixed_minutes,
        "join": repr(network.join),
        "engine": engine,
        "km": km,
        "origins": len(origins),
        "origins_sha256": points_hash(origins),
        "destinations": len(destinations),
        "destinations_sha256": points_hash(destinations),
        "code_sha256": code_hash(),
    }
    return {**about, "key": hashlib.sha256(repr(sorted(about.items())).encode()).hexdigest()}


def code_hash() -> str:
    """Hash of the source files that make a matrix."""
    return source_hash("network", "times")


def room_for(shape: tuple[int, int], out: NDArray[Any] | None) -> NDArray[Any]:
    """Give the array that minutes go into."""
    if out is None:
        return np.empty(shape)
    if out.shape != shape or out.dtype.kind != "f":
        expected = said("an array of floats of the shape {shape}", shape=str(shape))
        raise InputError(Fault("travel_times", "", "out", f"{out.dtype} {out.shape}", expected))
    return out


@dataclass(frozen=True, eq=False)
class WeighedTimes:
    """Roads and points under one set of speeds.

    Attributes
    ----------
    network, access, egress
        Roads and legs, timed.
    edges
        Usable edges by line, on street-level networks.
    km
        Whether kilometres are known too.
    """

    network: RoadNetwork
    access: AccessLegs
    egress: AccessLegs
    edges: EdgesOfLines | None
    _query: Query = field(repr=False)
    _block: int = field(repr=False)
    _column: NDArray[np.int64] = field(repr=False)
    km: bool = False

    def fill(
        self,
        *,
        out: NDArray[Any] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Find the paths, and add the legs and the fixed minutes."""
        shape = len(self.access.straight_km), len(self.egress.straight_km)
        minutes, km = room_for(shape, out), np.empty(shape if self.km else (0, 0))
        self._put(minutes, km, 0, progress)
        return minutes, km

    def part(self, destinations: slice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Find the paths to some consecutive destinations, so that nobody has to hold them all."""
        shape = len(self.access.straight_km), destinations.stop - destinations.start
        minutes, km = np.empty(shape), np.empty(shape if self.km else (0, 0))
        self._put(minutes, km, destinations.start, None)
        return minutes, km

    def _put(
        self,
        minutes: NDArray[Any],
        km: NDArray[np.float64],
        first: int,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        """Fill arrays whose first column is the destination `first`."""
        access = self.access
        leg_cost = cost_of(access.minutes, access.km if self.km else None)
        fixed = self.network.profile.fixed_minutes
        parts = leg_blocks(access.point)
        width = minutes.shape[1]
        for start in range(0, width, self._block):
            stop = min(start + self._block, width)
            trees = self._query(np.arange(first + start, first + stop))
            for part in parts:
                rows = slice(access.point[part.start], access.point[part.stop - 1] + 1)
                total = (trees[:, self._column[part]] + leg_cost[part]).T
                # complex numbers are compared by minutes first, then by kilometres
                best = np.minimum.reduceat(total, first_legs(access.point[part]), axis=0)
                minutes[rows, start:stop] = best.real + fixed
                if self.km:
                    km[rows, start:stop] = best.imag
            if progress is not None:
                progress(stop, width)
        if self.edges is not None:
            _along_one_edge(self, self.edges, minutes, km if self.km else None, first)


def _along_one_edge(
    weighed: WeighedTimes,
    edges: EdgesOfLines,
    minutes: NDArray[Any],
    km: NDArray[np.float64] | None,
    first: int,
) -> None:
    """Let pairs on the same edge drive along it, where that is faster than over its ends."""
    access, egress = weighed.access, weighed.egress
    if access.spots is None or egress.spots is None:
        return
    pairs = direct_pairs(weighed.network, edges, access.spots, egress.spots)
    here = (pairs[1] >= first) & (pairs[1] < first + minutes.shape[1])
    origin, destination, along, length = (each[here] for each in pairs)
    direct = on_grid(along + access.spot_minutes[origin] + egress.spot_minutes[destination])
    direct += weighed.network.profile.fixed_minutes
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
                found = str(edge_minutes.shape)
                expected = said("the shape {shape}", shape=str(network.minutes.shape))
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
    """Choose the engine that `prepare` would take, without preparing."""
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


@dataclass(frozen=True, eq=False)
class TravelTimes:
    """One-way minutes by car, door to door, from origins to destinations.

    Attributes
    ----------
    origins, destinations
        Identifiers, unique.
    minutes : ndarray of float, shape (n_origins, n_destinations)
        Infinite where no route exists.
    km : ndarray of float or None
        Road length of the same paths, where asked for.
    manifest
        Network, profile, engine, hashes; for a user's own matrix its file.
    far_points
        (identifier, kilometres) of points joined beyond the limit.
    legs : pandas.DataFrame or None
        Access leg of every point: kind, point, straight_km (to where it joins the roads), far
        (beyond the limit), separate (no route to the rest). `None` for a user's own matrix.
    """

    origins: tuple[str, ...]
    destinations: tuple[str, ...]
    minutes: NDArray[np.float64]
    km: NDArray[np.float64] | None = None
    manifest: Mapping[str, Any] = field(default_factory=dict)
    far_points: tuple[tuple[str, float], ...] = ()
    legs: pd.DataFrame | None = None

    def select(
        self, origins: Sequence[str], destinations: Sequence[str], *, source: str = "travel times"
    ) -> TravelTimes:
        """Return the part for some origins and destinations, in that order.

        Parameters
        ----------
        origins, destinations
            What is needed.
        source
            Name of the matrix, for messages.

        Returns
        -------
        TravelTimes

        Raises
        ------
        InputError
            Naming what the matrix lacks, and the nearest names that it has.
        """
        known = (self.origins, self.destinations)
        square = places_of(known, (origins, destinations), source)
        km = None if self.km is None else self.km[square]
        return replace(
            self,
            origins=tuple(origins),
            destinations=tuple(destinations),
            minutes=self.minutes[square],
            km=km,
        )

    def columns(self, destinations: Sequence[str]) -> list[int]:
        """Return the columns of some destinations.

        Parameters
        ----------
        destinations
            All of them known; `select` is for those that may not be.

        Returns
        -------
        list of int
            In the order asked for.
        """
        place = {name: column for column, name in enumerate(self.destinations)}
        return [place[name] for name in destinations]

    def to(self, destinations: Sequence[str]) -> NDArray[np.float64]:
        """Return the minutes to some destinations.

        Parameters
        ----------
        destinations
            All of them known.

        Returns
        -------
        ndarray of float, shape (n_origins, len(destinations))
            In the order asked for.

        Examples
        --------
        >>> TravelTimes(("p",), ("A", "B", "C"), np.array([[1.0, 2.0, 3.0]])).to(["C", "A"])
        array([[3., 1.]])
        """
        return self.minutes[:, self.columns(destinations)]

    def part(self, start: int, stop: int) -> TravelTimes:
        """Return the rows of some consecutive origins, without a copy.

        Parameters
        ----------
        start, stop
            Positions, as in a slice.

        Returns
        -------
        TravelTimes
        """
        km = None if self.km is None else self.km[start:stop]
        return replace(
            self, origins=self.origins[start:stop], minutes=self.minutes[start:stop], km=km
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the matrix in long form.

        Returns
        -------
        pandas.DataFrame
            origin, destination, minutes (infinite without a route) and, where known, km.
        """
        count = len(self.destinations)
        columns: dict[str, object] = {
            "origin": np.repeat(np.array(self.origins, dtype=object), count),
            "destination": np.tile(np.array(self.destinations, dtype=object), len(self.origins)),
            "minutes": self.minutes.ravel(),
        }
        if self.km is not None:
            columns["km"] = self.km.ravel()
        return pd.DataFrame(columns)


def travel_times(
    network: RoadNetwork,
    origins: pd.DataFrame,
    destinations: pd.DataFrame,
    *,
    profile: str | None = None,
    engine: str = DEFAULT_ENGINE,
    km: bool = False,
    out: NDArray[Any] | None = None,
    workers: int | None = None,
    folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> TravelTimes:
    """One-way minutes by car from every origin to every destination.

    Door to door: access leg + drive + egress leg + the profile's fixed minutes for starting and
    parking.

    Parameters
    ----------
    network
        Roads, timed for one profile.
    origins, destinations
        Identifiers as the index (or ``postcode`` or ``name``), columns ``lat``, ``lon`` (degrees).
    profile
        Must be the profile that the network is timed for, where given.
    engine
        Name of an engine (`impact.times.engines`), all of which give the same minutes; ``auto``
        chooses by size.
    km
        Whether to add the road length of the fastest paths; of equally fast ones the shortest.
    out : ndarray of float, shape (n_origins, n_destinations)
        Where to put the minutes; in memory by default. With `numpy.lib.format.open_memmap` a
        matrix may be larger than the memory, and as float32 half as large (rounded to less than
        a millisecond below four hours).
    workers
        Threads of the compiled engines; one per core by default.
    folder
        Where compiled engines keep what they prepared; `None` keeps nothing.
    progress
        Called with (destinations done, all destinations).

    Returns
    -------
    TravelTimes

    Raises
    ------
    InputError
        For an unknown engine, a profile that the network is not timed for, or an `out` of
        another shape.

    Notes
    -----
    One tree per destination on the reversed graph: O(h (n + m) log n) for h destinations on n
    nodes and m edges; postcodes add a lookup each.

    Examples
    --------
    >>> from impact import read_hospitals, read_main_roads, read_postcodes
    >>> here = read_postcodes().loc[["9712"]]
    >>> there = read_hospitals().loc[["UMC Groningen"]]
    >>> times = travel_times(read_main_roads(), here, there)
    >>> bool(3 < times.minutes[0, 0] < 10)
    True
    """
    if profile is not None and profile != network.profile.name:
        own = network.profile.name
        expected = said("the profile {name!r} that the network is timed for", name=own)
        raise InputError(Fault("travel_times", "", "profile", profile, expected))
    origins, destinations = identified(origins, "origins"), identified(destinations, "destinations")
    access, egress = legs_both_ways(network, origins, destinations)
    prepared = prepare(network, access, egress, engine=engine, workers=workers, folder=folder)
    if km:
        minutes, lengths = prepared.minutes_and_km(out=out, progress=progress)
    else:
        minutes, lengths = prepared.minutes(out=out, progress=progress), None
    report = both_reports(origins, access, destinations, egress)
    return TravelTimes(
        tuple(map(str, origins.index)),
        tuple(map(str, destinations.index)),
        minutes,
        lengths,
        {
            **describe(network, origins, destinations, engine=prepared.choice.name, km=km),
            **prepared.notes,
            **separate_points(report),
            **({} if out is None else {"stored_as": str(minutes.dtype)}),
        },
        far_points(report),
        report,
    )
