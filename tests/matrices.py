"""Tiny matrices: by hand or at random, and the measures by their plain definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from hypothesis import strategies as st

from impact.model.allocation_rule import EVERYBODY_NEAREST
from impact.model.demand import Demand
from impact.model.inputs import Inputs, StudyData
from impact.study.model import Intervention
from impact.study.register import read_register
from impact.times.matrix import TravelTimes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hypothesis.strategies import DrawFn

INF = np.inf


def matrix(locations: str, rows: Mapping[str, Sequence[float]]) -> TravelTimes:
    """Travel times as a table is read: a row per postcode, a column per location."""
    return TravelTimes(
        tuple(rows),
        tuple(locations.split()),
        np.array(list(rows.values()), dtype=np.float64),
        manifest={"profile": "toy", "roads": {"name": "toy", "kind": "own matrix"}},
    )


def inputs_of(
    times: TravelTimes,
    demand: Mapping[str, np.ndarray],
    *,
    outside: Mapping[str, tuple[str, ...]] | None = None,
    unit: str = "residents",
) -> Inputs:
    """Inputs of a run, made of a matrix and demand alone."""
    index = pd.Index(times.origins, name="postcode")
    municipality = [f"m{code}" for code in times.origins]
    data = StudyData(
        None,
        gpd.GeoDataFrame({"municipality": municipality}, index=index),
        gpd.GeoDataFrame(index=pd.Index(times.destinations, name="name")),
        read_register(),
    )
    return Inputs(
        postcodes=data.postcodes,
        hospitals=data.hospitals,
        demand=Demand(unit, dict(demand), {}),
        times=times,
        outside=dict.fromkeys(demand, ()) | dict(outside or {}),
        register=data.register,
        sources=(),
        notes=(),
        from_cache=False,
        ferry=pd.Series("", index=index),
        allocation_rules=dict.fromkeys(demand, EVERYBODY_NEAREST),
        observed={},
        data=data,
    )


@dataclass(frozen=True)
class Instance:
    """A random question: who could stop, who lives where, how long the roads take."""

    intervention: Intervention
    times: TravelTimes
    demand: np.ndarray
    outside: tuple[str, ...]


@st.composite
def instances(draw: DrawFn) -> Instance:
    """Up to six providers, four locations outside and eight postcodes; ties are common."""
    providers = tuple("abcdef"[: draw(st.integers(1, 6))])
    others = tuple("ABxy"[: draw(st.integers(0, 4))])
    rows = draw(st.integers(1, 8))
    minute = st.one_of(st.integers(0, 8).map(float), st.just(INF), st.sampled_from([29.5, 30, 61]))
    cells = [[draw(minute) for _ in (*providers, *others)] for _ in range(rows)]
    order = draw(st.permutations([*providers, *others]))
    columns = [[*providers, *others].index(name) for name in order]
    stop = draw(st.integers(1, len(providers)))
    choices = ["leaves_region"] if len(providers) == 1 else ["leaves_region", "one_takes_all"]
    all_fail = draw(st.sampled_from(choices)) if stop == len(providers) else ""
    asked = stop - 1 if all_fail == "one_takes_all" else stop
    locked = draw(st.permutations(providers))
    must_stop = tuple(sorted(locked[: draw(st.integers(0, asked))]))
    free = [name for name in locked if name not in must_stop]
    must_stay = tuple(sorted(free[: draw(st.integers(0, len(providers) - asked))]))
    intervention = Intervention(
        "toy",
        providers,
        stop_count=stop,
        all_fail=all_fail,
        alternatives=draw(st.sampled_from(["inside", "all"])) if others else "inside",
        must_stay=must_stay,
        must_stop=must_stop,
    )
    goes_out = all_fail == "leaves_region" or intervention.alternatives == "all"
    return Instance(
        intervention,
        TravelTimes(
            tuple(f"p{number}" for number in range(rows)),
            tuple(order),
            np.array(cells, dtype=np.float64)[:, columns],
        ),
        np.array(draw(st.lists(st.integers(0, 9), min_size=rows, max_size=rows)), dtype=float),
        others if goes_out else (),
    )


def choice(times: TravelTimes, postcode: str, among: Sequence[str]) -> tuple[str, float]:
    """Nearest location by its plain definition: least minutes, of equals the first name."""
    row = times.origins.index(postcode)
    reached = [(times.minutes[row, times.destinations.index(name)], name) for name in among]
    minutes, name = min(reached, default=(INF, ""))
    return (name, float(minutes)) if np.isfinite(minutes) else ("", INF)


def ecdf_inverse(values: Sequence[float], weights: Sequence[int], percent: int) -> float:
    """Smallest value whose cumulative weight reaches a percentage, in whole numbers."""
    total = sum(weights)
    reached = 0
    for value, weight in sorted(zip(values, weights, strict=True)):
        reached += weight
        if weight > 0 and 100 * reached >= percent * total:
            return value
    return float("nan")
