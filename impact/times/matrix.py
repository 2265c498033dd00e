"""`TravelTimes`: minutes from postcodes to locations, with what made them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError, nearest_names
from impact.times.engines import DEFAULT_ENGINE
from impact.times.identity import describe
from impact.times.prepared import prepare
from impact.times.snap import both_reports, far_points, legs_both_ways

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.roads.network import RoadNetwork


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
        Index of identifiers, columns ``lat`` and ``lon`` (degrees).
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
        expected = f"the profile {network.profile.name!r} that the network is timed for"
        raise InputError(Fault("travel_times", "", "profile", profile, expected))
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
            **({} if out is None else {"stored_as": str(minutes.dtype)}),
        },
        far_points(report),
        report,
    )
