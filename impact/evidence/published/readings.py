"""Every reading of the published method on every road network, and the scenarios behind an end."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.bundled import study_paths
from impact.evidence.published.method import (
    EITHER,
    MethodTables,
    PublishedReading,
    SetSums,
    method_ends,
    method_means,
    published_readings,
    scenarios_behind,
)
from impact.evidence.published.table import published_rows
from impact.model.catchment import EXACT, ROUNDINGS, WHOLE_MINUTES, Nearness
from impact.model.inputs import load_roads, timed
from impact.model.networks import REGION, SUBREGION, read_networks
from impact.study.model import BUNDLED, MAIN, WEIGHTS
from impact.study.read import read_study
from impact.tables.places import NETHERLANDS, read_postcodes
from impact.times.cache import cached_travel_times

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from impact.evidence.published.table import PublishedRange
    from impact.evidence.published.world import Assumptions, ShippedStudies
    from impact.times.matrix import TravelTimes


METHOD_STEPS: Mapping[str, PublishedReading] = {
    "catchments": PublishedReading(within=REGION, rounding=EXACT, zero_rule=False),
    "whole_minutes": PublishedReading(within=REGION, zero_rule=False),
    "zero_rule": PublishedReading(within=REGION),
    "subregions": PublishedReading(left_out=False),
    "left_out": PublishedReading(),
    "else_region": PublishedReading(within=EITHER),
}
"""From our definition to the published method, in this order; each has all that stand before it.

Ours takes residents of the region and everybody whose provider stops; the first step takes national
catchments and those whose minutes change.
"""


@dataclass(frozen=True)
class RoadsReading:
    """A reading on one road network.

    Attributes
    ----------
    reading
        Which.
    roads
        ``bundled``, ``main`` or a network file.
    asked
        Whether they are the roads of the run.
    """

    reading: PublishedReading
    roads: str
    asked: bool

    @property
    def name(self) -> str:
        """Identifier; starts with ``published``, and names roads that are not those of the run."""
        return self.reading.name if self.asked else f"{self.reading.name}, roads {self.roads}"

    def record(self) -> dict[str, Any]:
        """Describe it, for the manifest."""
        changes = asdict(self.reading)
        statistic = changes.pop("statistic")
        return {
            "name": self.name,
            "statistic": statistic,
            "changes": changes | {"roads": self.roads},
        }


@dataclass(frozen=True, eq=False)
class PublishedMethod:
    """The published ends by the published method.

    Attributes
    ----------
    tried
        Every reading on every road network, in the order of `ends`.
    ends
        As `impact.evidence.published.method.reading_ends`, with `definition` the name of a
        `RoadsReading`.
    scenarios
        As `impact.evidence.published.method.scenarios_behind`, with the columns roads and within
        (``subregion`` or ``region``) in front.
    """

    tried: tuple[RoadsReading, ...]
    ends: pd.DataFrame
    scenarios: pd.DataFrame

    def steps(self, ours: pd.DataFrame) -> pd.DataFrame:
        """Walk from our definition to the published method on the roads of the run."""
        made = self.ends.set_index(["definition", "region"])
        own = ours.set_index("region")
        rows = []
        for region in ours["region"]:
            for end in ("low", "high"):
                rows.append((region, end, "ours", own.loc[region, f"ours_{end}"]))
                for step, reading in METHOD_STEPS.items():
                    rows.append((region, end, step, made.loc[(reading.name, region), end]))
                said = made.loc[(PublishedReading().name, region), f"published_{end}"]
                rows.append((region, end, "published", said))
        return pd.DataFrame(rows, columns=["region", "end", "step", "minutes"])

    @property
    def roads(self) -> tuple[str, ...]:
        """Road networks, that of the run first."""
        return tuple(dict.fromkeys(each.roads for each in self.tried))


def published_method(
    asked: Assumptions,
    made: Mapping[str, ShippedStudies],
    published: Mapping[str, PublishedRange],
    *,
    engine: str,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
) -> PublishedMethod:
    """Take the ends by the published method on the roads of a run and on both shipped ones."""
    first = next(iter(made))
    shipped = made[first]
    readings = published_readings()
    tables = MethodTables(
        [row for row in published_rows() if row.region in published],
        shipped.register,
        read_networks(shipped.regions),
        shipped.hospitals["organisation"].to_dict(),
    )
    locations = sorted(set(shipped.register["location"]))
    tried: list[RoadsReading] = []
    ends, scenarios = [], []
    for roads in dict.fromkeys([first, BUNDLED, MAIN]):
        if roads in made:
            own = made[roads]
            times, weights = own.times[asked.profile], own.weights[asked.weights]
            times = times.select(times.origins, locations)
        else:
            times, weights = _country_times(
                roads,
                asked,
                shipped.hospitals.loc[locations],
                engine=engine,
                progress=progress,
                use_cache=use_cache,
            )
        here = [RoadsReading(each, roads, roads == first) for each in readings]
        sums = {each: SetSums(Nearness(times, each), weights) for each in ROUNDINGS}
        found = method_ends(tables, sums, published=published, readings=readings)
        names = {each.reading.name: each.name for each in here}
        ends.append(found.assign(definition=found["definition"].map(names)))
        for within in (SUBREGION, REGION):
            means = method_means(tables, sums[WHOLE_MINUTES], within=within)
            behind = scenarios_behind(means, published)
            behind.insert(0, "within", within)
            behind.insert(0, "roads", roads)
            scenarios.append(behind)
        tried += here
    return PublishedMethod(
        tuple(tried),
        pd.concat(ends, ignore_index=True),
        pd.concat(scenarios, ignore_index=True),
    )


def _country_times(
    roads: str,
    asked: Assumptions,
    locations: pd.DataFrame,
    *,
    engine: str,
    progress: Callable[[int, int], None] | None,
    use_cache: bool,
) -> tuple[TravelTimes, NDArray[np.float64]]:
    """Minutes and distances on shipped roads, and people, of every postcode with a route."""
    study = replace(
        read_study(next(iter(study_paths().values()))), roads=roads, profile=asked.profile
    )
    postcodes = read_postcodes(weights=tuple(WEIGHTS.values()), bounds=NETHERLANDS)
    times, _ = cached_travel_times(
        timed(load_roads(study), asked.profile),
        postcodes,
        locations,
        engine=engine,
        km=True,
        progress=progress,
        use_cache=use_cache,
    )
    routed = np.isfinite(times.minutes).all(axis=1)
    times = times.select([str(code) for code in postcodes.index[routed]], times.destinations)
    return times, postcodes[WEIGHTS[asked.weights]].to_numpy(np.float64)[routed]
