"""`TravelTimes`: minutes from postcodes to locations, with what made them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError, nearest_names
from impact.times.edge_join import direct_pairs
from impact.times.engines import DEFAULT_ENGINE, choose_engine, scipy_minutes_and_km
from impact.times.identity import describe
from impact.times.legs import best_legs, first_legs, leg_blocks, room_for
from impact.times.snap import far_points, leg_report, legs_both_ways

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.roads.network import RoadNetwork
    from impact.times.snap import AccessLegs

_BLOCK = 16
"""Destinations per block: bounds the memory on networks of a million nodes."""


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
        Access leg of every point: kind (``origin`` or ``destination``), point, straight_km (to
        where it joins the roads), far (beyond the limit). `None` for a user's own matrix.
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
        rows = _positions(self.origins, origins, source, "origin")
        columns = _positions(self.destinations, destinations, source, "destination")
        if rows.faults or columns.faults:
            raise InputError([*rows.faults, *columns.faults])
        square = np.ix_(rows.found, columns.found)
        km = None if self.km is None else self.km[square]
        return replace(
            self,
            origins=tuple(origins),
            destinations=tuple(destinations),
            minutes=self.minutes[square],
            km=km,
        )

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
            origin, destination, minutes and, where known, km; minutes are infinite where no
            route exists.
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


@dataclass(frozen=True)
class _Found:
    found: NDArray[np.int64]
    faults: list[Fault]


def _positions(known: Sequence[str], wanted: Sequence[str], source: str, column: str) -> _Found:
    place = {name: number for number, name in enumerate(known)}
    missing = [name for name in wanted if name not in place]
    faults = [
        Fault(source, "", column, name, "a row for it", nearest_names(name, known, count=1))
        for name in missing
    ]
    return _Found(np.array([place.get(name, 0) for name in wanted], dtype=np.int64), faults)


def travel_times(
    network: RoadNetwork,
    origins: pd.DataFrame,
    destinations: pd.DataFrame,
    *,
    profile: str | None = None,
    engine: str = DEFAULT_ENGINE,
    km: bool = False,
    out: NDArray[Any] | None = None,
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
        Index of identifiers, columns ``lat`` and ``lon`` (degrees).
    profile
        Must be the profile that the network is timed for, where given.
    engine
        ``scipy`` or ``networkx``; both give the same minutes.
    km
        Whether to add the road length of the fastest paths (the scipy engine does this).
    out : ndarray of float, shape (n_origins, n_destinations)
        Where to put the minutes; in memory by default. With `numpy.lib.format.open_memmap` a
        matrix may be larger than the memory, and as float32 half as large (rounded to less than
        a millisecond below four hours).
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
        expected = f"the profile {network.profile.name!r} that the network is timed for"
        raise InputError(Fault("travel_times", "", "profile", profile, expected))
    grow = choose_engine(engine)
    access, egress = legs_both_ways(network, origins, destinations)
    shape = (len(origins), len(destinations))
    minutes = room_for(shape, out)
    lengths = np.empty(shape) if km else None
    parts = leg_blocks(access.point)
    for start in range(0, shape[1], _BLOCK):
        block = np.arange(start, min(start + _BLOCK, shape[1]))
        columns = slice(start, start + len(block))
        if lengths is None:
            trees = grow(network, egress, block)
        else:
            trees, tree_km = scipy_minutes_and_km(network, egress, block)
        for part in parts:
            rows = slice(access.point[part.start], access.point[part.stop - 1] + 1)
            node = access.node[part]
            total = (trees[:, node] + access.minutes[part]).T
            firsts = first_legs(access.point[part])
            best = np.minimum.reduceat(total, firsts, axis=0)
            minutes[rows, columns] = best + network.profile.fixed_minutes
            if lengths is not None:
                legs = best_legs(total, best, firsts)
                by_leg = (tree_km[:, node] + access.km[part]).T
                lengths[rows, columns] = np.take_along_axis(by_leg, legs, axis=0)
        if progress is not None:
            progress(int(block[-1]) + 1, shape[1])
    _along_one_edge(network, access, egress, minutes, lengths)
    report = pd.concat(
        [leg_report("origin", origins, access), leg_report("destination", destinations, egress)],
        ignore_index=True,
    )
    return TravelTimes(
        tuple(map(str, origins.index)),
        tuple(map(str, destinations.index)),
        minutes,
        lengths,
        {
            **describe(network, origins, destinations, engine=engine, km=km),
            **({} if out is None else {"stored_as": str(minutes.dtype)}),
        },
        far_points(report),
        report,
    )


def _along_one_edge(
    network: RoadNetwork,
    access: AccessLegs,
    egress: AccessLegs,
    minutes: NDArray[Any],
    lengths: NDArray[np.float64] | None,
) -> None:
    """Let pairs on the same edge drive along it, where that is faster than over its ends."""
    if access.spots is None or access.edges is None or egress.spots is None:
        return
    spots = access.spots, egress.spots
    origin, destination, part, km = direct_pairs(network, access.edges, *spots)
    direct = part + access.spot_minutes[origin] + egress.spot_minutes[destination]
    direct += network.profile.fixed_minutes
    # where several edges join a pair the fastest is written last
    order = np.argsort(-direct, kind="stable")
    order = order[direct[order] < minutes[origin[order], destination[order]]]
    origin, destination = origin[order], destination[order]
    minutes[origin, destination] = direct[order]
    if lengths is not None:
        ends = access.spot_km[origin] + egress.spot_km[destination]
        lengths[origin, destination] = km[order] + ends
