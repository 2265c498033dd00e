"""Postcodes and locations as arrays, ready for a sweep over sets of providers that stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from impact.model.allocation import NOWHERE, nearest
from impact.model.measures import EXTRA_LIMITS, LIMITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

PERCENTILES = ("p10_extra", "p50_extra", "p90_extra", "max_extra")
SHARES = (0.1, 0.5, 0.9, 1.0)
"""Of the percentiles, the greatest included."""

FIGURES = (
    "moved",
    "mean_extra_moved",
    "mean_extra_all",
    *PERCENTILES,
    *(f"beyond_{limit}_after" for limit in LIMITS),
    "unreachable",
    "lowest_volume",
    "below_norm",
    "worst_municipality",
    "worst_municipality_extra",
    f"extra_over_{EXTRA_LIMITS[0]}",
)
"""Figures of a candidate, in the order in which a sweep writes them; the municipality is a number
into `SweepArrays.places`."""

_WEIGHT_BITS = 61
"""All weight together stays below two to this power, so that whole sums never overflow."""


@dataclass(frozen=True, eq=False)
class SweepArrays:
    """What a sweep of one intervention stands on: who lives where, and what is how far.

    Attributes
    ----------
    names
        Locations, sorted.
    minutes : ndarray of float, shape (n_postcodes, n_locations)
        Minutes one way; infinite where there is no route.
    demand : ndarray of float, shape (n_postcodes,)
        Above zero: postcodes without demand count in no figure.
    baseline : ndarray of bool, shape (n_locations,)
        Who performs it in the baseline.
    inside : ndarray of bool, shape (n_locations,)
        Providers of the region: those whose volumes are judged while they stay.
    places
        Municipalities, sorted.
    place : ndarray of int, shape (n_postcodes,)
        Which of them a postcode lies in.
    registered
        Location -> registered count; `None` where there are no counts.
    modelled
        Whether demand is patients, so that what the model allots is a volume.
    norm
        Least volume per location; NaN without one.
    """

    names: tuple[str, ...]
    minutes: NDArray[np.float64]
    demand: NDArray[np.float64]
    baseline: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    places: tuple[str, ...]
    place: NDArray[np.int64]
    registered: Mapping[str, float] | None
    modelled: bool
    norm: float

    def columns(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Return the columns of locations."""
        number = {name: column for column, name in enumerate(self.names)}
        return np.array([number[name] for name in names], dtype=np.int64)


class Pairs(NamedTuple):
    """Postcodes x the locations that they turn to one after the other.

    A named tuple of arrays, because compiled code takes it as it is. Rows are the postcodes that
    can be moved: first those that go to their baseline provider, then those that a location that
    opens draws away from it, in the order of that provider. Positions count along the locations of
    a postcode from near to far.
    """

    order: NDArray[np.int64]
    reach: NDArray[np.int64]
    rank: NDArray[np.int64]
    gain: NDArray[np.float64]
    beyond: NDArray[np.int64]
    weight: NDArray[np.int64]
    volume: NDArray[np.float64]
    place: NDArray[np.int64]
    captured: NDArray[np.int64]
    values: NDArray[np.float64]
    over: int
    free: NDArray[np.int64]
    fixed: NDArray[np.int64]
    judged: NDArray[np.bool_]
    orphan: NDArray[np.int64]
    sums: NDArray[np.int64]
    all_gain: float
    volumes: NDArray[np.float64]
    shares: NDArray[np.float64]
    norm: float
    unit: float
    places: int


def whole_weights(demand: NDArray[np.float64]) -> tuple[NDArray[np.int64], float]:
    """Write weights as whole numbers of a unit that is a power of two.

    Examples
    --------
    >>> weights, unit = whole_weights(np.array([1.0, 2.5]))
    >>> (weights * unit).tolist()
    [1.0, 2.5]
    """
    exponent = _WEIGHT_BITS - 1 - int(np.frexp(max(demand.sum(), np.finfo(float).tiny))[1])
    whole = np.rint(np.ldexp(demand, exponent)).astype(np.int64)
    return np.maximum(whole, 1), float(np.ldexp(1.0, -exponent))


def make_pairs(
    arrays: SweepArrays,
    *,
    free: Sequence[str],
    fixed: Sequence[str],
    opens: Sequence[str],
    beyond: Sequence[str],
    most: int,
) -> Pairs:
    """Arrange a sweep in which these locations open."""
    starts = np.zeros(len(arrays.names), dtype=bool)
    starts[arrays.columns([*opens, *beyond])] = True
    usable = np.where(arrays.baseline | starts, arrays.minutes, np.inf)
    base = nearest(np.where(arrays.baseline, arrays.minutes, np.inf))
    after = np.sort(usable, axis=1, kind="stable")
    order = np.argsort(usable, axis=1, kind="stable")
    width = min(len(arrays.names), most + len(fixed) + 1)
    before = _at(arrays.minutes, base)
    weight, unit = whole_weights(arrays.demand)
    volume, alone, orphan = _volumes(arrays, base)
    first = nearest(usable)
    volumes = alone + np.bincount(
        first[first != NOWHERE], volume[first != NOWHERE], len(arrays.names)
    )
    classes = np.where(np.isfinite(after), np.searchsorted(LIMITS, after), len(LIMITS) + 1)
    classes = np.column_stack([classes, np.full(len(after), len(LIMITS) + 1)])
    start = classes[:, 0] if after.shape[1] else classes[:, -1]
    both = (base != NOWHERE) & (first != NOWHERE)
    with np.errstate(invalid="ignore"):
        extra = after - before[:, None]
    sums = np.zeros(3 + len(LIMITS) + 2, dtype=np.int64)
    sums[2] = weight[both].sum()
    np.add.at(sums, 3 + start, weight)
    # the movable: first those at their own provider, then those drawn away, by provider
    own = np.flatnonzero((base != NOWHERE) & (base == first))
    away = np.flatnonzero((base != NOWHERE) & (base != first))
    away = away[np.argsort(base[away], kind="stable")]
    captured = len(own) + np.searchsorted(base[away], np.arange(len(arrays.names) + 1))
    rows = np.concatenate([own, away])
    reach = np.minimum(np.isfinite(after[rows]).sum(axis=1), width)
    extra = np.where(np.arange(width) < reach[:, None], extra[rows, :width], 0.0)
    values, rank = np.unique(extra, return_inverse=True)
    judged = arrays.inside.copy()
    judged[arrays.columns(opens)] = True
    return Pairs(
        order=order[rows, :width].astype(np.int16),
        reach=reach,
        rank=rank.reshape(extra.shape).astype(np.int32),
        gain=extra * arrays.demand[rows, None],
        beyond=_padded(classes[rows], reach, width).astype(np.int8),
        weight=weight[rows],
        volume=volume[rows],
        place=arrays.place[rows],
        captured=captured,
        values=values,
        # ranks from here on are more minutes extra than that limit
        over=int(np.searchsorted(values, EXTRA_LIMITS[0], side="right")),
        free=arrays.columns(free),
        fixed=arrays.columns(fixed),
        judged=judged,
        orphan=orphan,
        sums=sums,
        all_gain=float((extra[:, 0] * arrays.demand[rows]).sum()) if width else 0.0,
        volumes=volumes,
        shares=np.array(SHARES),
        norm=arrays.norm,
        unit=unit,
        places=len(arrays.places),
    )


def _padded(classes: NDArray[np.int64], reach: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Classes of minutes per position, and one more position that stands for no route."""
    classes = classes[:, : width + 1].copy()
    classes[np.arange(width + 1) >= reach[:, None]] = len(LIMITS) + 1
    return classes


def _at(minutes: NDArray[np.float64], chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    padded = np.column_stack([minutes, np.full(len(minutes), np.inf)])
    return np.asarray(padded[np.arange(len(minutes)), chosen])


def divided_counts(
    counts: NDArray[np.float64], base: NDArray[np.int64], demand: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Divide the count of each provider over its postcodes as their demand is.

    Examples
    --------
    >>> divided_counts(np.array([30.0]), np.array([0, 0, -1]), np.array([200.0, 100.0, 50.0]))
    (array([20., 10.,  0.]), array([300.]))
    """
    reached = base != NOWHERE
    at = np.bincount(base[reached], demand[reached], len(counts)).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = counts / at
    return np.where(reached, share[base], 0.0) * demand, at


def _volumes(
    arrays: SweepArrays, base: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Volume that goes with each postcode, volume that no postcode explains, and its owners.

    A registered count is divided over the postcodes of its provider as their demand is. A provider
    that nobody lives nearest to keeps its count while it stays; when it stops, no flow says where
    its patients go: it is an orphan.
    """
    locations = len(arrays.names)
    nothing = np.zeros(locations)
    if arrays.registered is None:
        volume = arrays.demand if arrays.modelled else np.full(len(base), np.nan)
        unknown = np.zeros(locations) if arrays.modelled else np.full(locations, np.nan)
        return volume, unknown, np.zeros(locations, dtype=np.int64)
    counts = np.array([arrays.registered.get(name, np.nan) for name in arrays.names])
    volume, demand = divided_counts(counts, base, arrays.demand)
    alone = np.where(arrays.inside & (demand == 0.0), counts, nothing)
    # without a count of its own, what a location has in all is not known
    alone = np.where(arrays.inside & np.isnan(counts), np.nan, alone)
    orphan = arrays.inside & (demand == 0.0) & (counts != 0.0)
    return volume, alone, orphan.astype(np.int64)
