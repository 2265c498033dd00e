"""Random speed tables around a profile: the same roads, other speeds.

Nobody knows how fast each class of road is driven to the last kilometre an hour. A random table
multiplies every speed v of the profile by a factor with median 1, so that what comes out of many
tables shows how much the minutes hang on the table.

The factors are lognormal: v' = v exp(s z), with s the spread and z standard normal.

- ``class``: one z per road class and setting (rural, urban), independent of one another. An edge
  with urban share u mixes the two as `SpeedProfile.kmh` does. Errors within a class are fully
  shared, errors of different classes cancel in part along a trip.
- ``road``: z = sqrt(1/2) z(class, setting) + sqrt(1/2) z(road). Half of the variance belongs to
  the class, half to the road, both directions of a road together. Of independent roads the errors
  nearly vanish over a trip of dozens of them, which is why they never stand alone.

What it does not hold: one error common to all classes (that scales every trip alike), and traffic
that differs by region. Ferries and the fixed minutes of a profile keep their values. The median of
a factor is 1, so the mean of the minutes lies a little above the profile (by s^2 / 2 at most).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.network.network import FERRY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork

BY = ("class", "road")
"""What a factor belongs to."""

SPREAD = 0.1
"""Of the logarithm of a speed: about ten per cent per road class and setting. An assumption."""

RUN_TABLES, POSTCODE_TABLES = 200, 50
"""Random speed tables for the margins of a run, and of one postcode."""

_ROAD_PART = 0.5
"""Share of the variance of log speed that is a road's own under ``road``: an assumption."""

_MOST = 1.0
"""A larger spread makes a sixth of the speeds less than 37 or more than 272 % of the table's."""


@dataclass(frozen=True)
class SpeedVariation:
    """How random speed tables differ from a profile.

    Attributes
    ----------
    spread
        Standard deviation of the logarithm of a factor: 0.1 keeps two thirds of the speeds within
        ten per cent of the table.
    seed
        Of the random numbers: a seed and a number of a member always give the same table.
    by
        ``class`` or ``road``.
    """

    spread: float
    seed: int = 0
    by: str = "class"

    def __post_init__(self) -> None:
        faults = []
        if not 0.0 <= self.spread <= _MOST:
            expected = said("a number from 0 to {most:g}, such as 0.1 for ten per cent", most=_MOST)
            faults.append(Fault("spread", "", "", f"{self.spread:g}", expected))
        if self.seed < 0:
            faults.append(Fault("seed", "", "", str(self.seed), "a whole number of 0 or more"))
        if self.by not in BY:
            expected = said("one of {names}", names=", ".join(BY))
            faults.append(Fault("by", "", "", self.by, expected, nearest_names(self.by, BY)))
        if faults:
            raise InputError(faults)


@dataclass(frozen=True, eq=False)
class RandomSpeeds:
    """Random speed tables for one network, drawn one at a time.

    Attributes
    ----------
    network
        Timed for the profile to vary around.
    variation
        Distribution and seed.
    classes
        Road classes that vary, sorted.
    speeds : ndarray of float, shape (n_classes, 2)
        Rural and urban km/h of the profile; 1 for a class that it does not name, whose setting is
        then the urban share alone.
    class_of_edge : ndarray of int64, shape (n_edges,)
        Position in `classes`; -1 for ferries, which keep their minutes.
    road_of_edge : ndarray of int64, shape (n_edges,)
        Roads by number: a pair of nodes, both directions and parallel edges together. Empty
        unless factors belong to roads.

    Examples
    --------
    >>> from impact import read_main_roads
    >>> network = read_main_roads()
    >>> tables = RandomSpeeds.of(network, SpeedVariation(0.1, seed=1))
    >>> share = tables.draw(0).minutes / network.minutes
    >>> bool(0.5 < share.min() < 1.0 < share.max() < 2.0)
    True
    """

    network: RoadNetwork
    variation: SpeedVariation
    classes: tuple[str, ...]
    speeds: NDArray[np.float64]
    class_of_edge: NDArray[np.int64]
    road_of_edge: NDArray[np.int64]

    @classmethod
    def of(cls, network: RoadNetwork, variation: SpeedVariation) -> RandomSpeeds:
        """Prepare a network: what follows costs a few operations per edge."""
        import pandas as pd

        table = {name: (rural, urban) for name, rural, urban in network.profile.speeds}
        code, names = pd.factorize(network.road_class)
        classes = tuple(sorted({*table, *names.tolist()} - {FERRY}))
        place = {name: number for number, name in enumerate(classes)}
        road = np.empty(0, dtype=np.int64)
        if variation.by == "road":
            low = np.minimum(network.tail, network.head)
            high = np.maximum(network.tail, network.head)
            road = np.unique(low * len(network.node) + high, return_inverse=True)[1]
        return cls(
            network,
            variation,
            classes,
            np.array([table.get(name, (1.0, 1.0)) for name in classes]),
            np.array([place.get(name, -1) for name in names.tolist()], dtype=np.int64)[code],
            road,
        )

    def draw(self, member: int) -> RoadNetwork:
        """Return the same roads under one random table.

        Notes
        -----
        Minutes are multiplied by the old speed over the new one of the edge's class at its urban
        share. For a network whose minutes follow from class and length that is the new table; an
        edge of a street-level network is a chain of stretches and junctions, whose minutes are
        scaled as a whole, delays included.
        """
        by, spread = self.variation.by, self.variation.spread
        random = np.random.default_rng([self.variation.seed, member])
        drawn = self.speeds * self._factors(random)
        slower = self._kmh(self.speeds) / self._kmh(drawn)
        if by == "road":
            own = random.standard_normal(int(self.road_of_edge.max(initial=-1)) + 1)
            slower /= np.exp(spread * np.sqrt(_ROAD_PART) * own)[self.road_of_edge]
        minutes = np.where(self.class_of_edge < 0, 1.0, slower) * self.network.minutes
        place = {name: number for number, name in enumerate(self.classes)}
        table = [(name, *drawn[place[name]].tolist()) for name, *_ in self.network.profile.speeds]
        profile = replace(self.network.profile, speeds=tuple(table))
        return replace(
            self.network, profile=profile, minutes=minutes, profiles={}, profile_minutes={}
        )

    def unevenness(self, members: int) -> float:
        """Most by which a table slows one edge down over another, where factors are of classes."""
        many = (
            self._factors(np.random.default_rng([self.variation.seed, member]))
            for member in range(members)
        )
        # ferries keep their minutes
        ratios = (max(1.0, float(each.max())) / min(1.0, float(each.min())) for each in many)
        return max(ratios, default=1.0)

    def on_part(self, roads: RoadNetwork, edges: NDArray[np.int64]) -> RandomSpeeds:
        """Give the same tables for a part of the roads; see `RoadNetwork.part`."""
        road = self.road_of_edge[edges] if len(self.road_of_edge) else self.road_of_edge
        return replace(
            self, network=roads, class_of_edge=self.class_of_edge[edges], road_of_edge=road
        )

    def _factors(self, random: np.random.Generator) -> NDArray[np.float64]:
        """Draw the factor of every class and setting."""
        part = 1.0 if self.variation.by == "class" else 1.0 - _ROAD_PART
        draws = random.standard_normal(self.speeds.shape)
        factors: NDArray[np.float64] = np.exp(self.variation.spread * np.sqrt(part) * draws)
        return factors

    def _kmh(self, speeds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Speed on every edge under a table; ferries get that of the last class."""
        rural, urban = speeds[self.class_of_edge].T
        mixed: NDArray[np.float64] = (
            rural * (1.0 - self.network.edge_urban) + urban * self.network.edge_urban
        )
        return mixed
