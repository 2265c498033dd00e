"""`TravelTimes`: minutes from postcodes to locations, with what made them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError, nearest_names
from impact.times.engines import DEFAULT_ENGINE, choose_engine, scipy_minutes_and_km
from impact.times.snap import AccessLegs, access_legs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.roads.network import RoadNetwork

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
    """

    origins: tuple[str, ...]
    destinations: tuple[str, ...]
    minutes: NDArray[np.float64]
    km: NDArray[np.float64] | None = None
    manifest: Mapping[str, Any] = field(default_factory=dict)
    far_points: tuple[tuple[str, float], ...] = ()

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
    progress
        Called with (destinations done, all destinations).

    Returns
    -------
    TravelTimes

    Raises
    ------
    InputError
        For an unknown engine, or a profile that the network is not timed for.

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
    access, egress = access_legs(network, origins), access_legs(network, destinations)
    shape = (len(origins), len(destinations))
    minutes = np.empty(shape)
    lengths = np.empty(shape) if km else None
    for start in range(0, shape[1], _BLOCK):
        block = np.arange(start, min(start + _BLOCK, shape[1]))
        if lengths is None:
            minutes[:, block] = _best_leg(access, grow(network, egress, block))[0]
        else:
            trees, tree_km = scipy_minutes_and_km(network, egress, block)
            minutes[:, block], legs = _best_leg(access, trees)
            total = tree_km[:, access.node] + access.km
            lengths[:, block] = np.take_along_axis(total.T, legs, axis=0)
        if progress is not None:
            progress(int(block[-1]) + 1, shape[1])
    minutes += network.profile.fixed_minutes
    far = [
        (str(name), float(distance))
        for points, legs_ in ((origins, access), (destinations, egress))
        for name, distance in zip(
            points.index[legs_.far], legs_.straight_km[legs_.far], strict=True
        )
    ]
    return TravelTimes(
        tuple(map(str, origins.index)),
        tuple(map(str, destinations.index)),
        minutes,
        lengths,
        describe(network, origins, destinations, engine=engine, km=km),
        tuple(far),
    )


def _best_leg(
    access: AccessLegs, trees: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Least minutes over the access legs of each origin, and which leg that is."""
    total = (trees[:, access.node] + access.minutes).T
    starts = np.flatnonzero(np.r_[True, access.point[1:] != access.point[:-1]])
    best = np.minimum.reduceat(total, starts, axis=0)
    counts = np.diff(np.r_[starts, len(access.point)])
    is_best = total == np.repeat(best, counts, axis=0)
    place = np.where(is_best, np.arange(len(total))[:, None], len(total))
    return best, np.minimum.reduceat(place, starts, axis=0)


def describe(
    network: RoadNetwork,
    origins: pd.DataFrame,
    destinations: pd.DataFrame,
    *,
    engine: str,
    km: bool,
) -> dict[str, Any]:
    """Everything that determines a matrix, for its manifest and its cache key.

    Parameters
    ----------
    network, origins, destinations, engine, km
        As given to `travel_times`.

    Returns
    -------
    dict
        Plain values; ``key`` is the hash of all the others.
    """
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
        "origins_sha256": _points_hash(origins),
        "destinations": len(destinations),
        "destinations_sha256": _points_hash(destinations),
        "code_sha256": code_hash(),
    }
    return {**about, "key": hashlib.sha256(repr(sorted(about.items())).encode()).hexdigest()}


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Hash of the source files that make a matrix (roads and times)."""
    digest = hashlib.sha256()
    package = Path(__file__).resolve().parent.parent
    for folder in ("roads", "times"):
        for path in sorted((package / folder).glob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _points_hash(points: pd.DataFrame) -> str:
    digest = hashlib.sha256("\x1f".join(map(str, points.index)).encode())
    digest.update(points[["lat", "lon"]].to_numpy(np.float64).tobytes())
    return digest.hexdigest()
