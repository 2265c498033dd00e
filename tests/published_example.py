"""The worked example of docs/published_method.md, and random ones of the same kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st
from matrices import INF, matrix

from impact.model.catchment import Nearness, catchment_flows, catchments
from impact.times.matrix import TravelTimes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from hypothesis.strategies import DrawFn

HOSPITALS = ("A", "B", "C", "D")
POSTCODES = ("1001", "1002", "1003", "1004", "1005", "1006")
NETWORKS = {"Oost": ["A", "B", "C"], "West": ["D"]}
VOLUMES = {"A": 60.0, "B": 20.0, "C": 12.0, "D": 25.0}
RESIDENTS = np.array([3000.0, 1000.0, 2000.0, 4000.0, 2000.0, 3000.0])
NORM = 20.0

_MINUTES = [
    [10.3, 24.6, 50.2, 22.1],
    [12.4, 20.2, 35.1, 15.0],
    [20.4, 19.8, 31.3, 33.0],
    [28.0, 12.0, 21.0, 36.0],
    [41.0, 17.0, 9.0, 45.0],
    [23.0, 38.0, 47.0, 7.0],
]
_KM = [
    [8.0, 20.0, 44.0, 18.0],
    [10.0, 17.0, 30.0, 12.0],
    [14.0, 15.0, 26.0, 30.0],
    [24.0, 9.0, 16.0, 32.0],
    [36.0, 13.0, 7.0, 40.0],
    [19.0, 31.0, 40.0, 5.0],
]
_APART = [[0, 22, 38, 18], [22, 0, 14, 30], [38, 14, 0, 43], [18, 30, 43, 0]]


def nearness(rounding: str = "minutes") -> Nearness:
    """From the postcodes to the hospitals."""
    times = TravelTimes(POSTCODES, HOSPITALS, np.array(_MINUTES), km=np.array(_KM))
    return Nearness(times, rounding)


def between(rounding: str = "minutes") -> Nearness:
    """From hospital to hospital."""
    return Nearness(TravelTimes(HOSPITALS, HOSPITALS, np.array(_APART, dtype=float)), rounding)


def step_0(near: Nearness) -> pd.DataFrame:
    """Catchments with the registered volumes."""
    return catchments(near, RESIDENTS, providers=HOSPITALS, volumes=VOLUMES)


def step_1(
    near: Nearness,
    *,
    moves_to: Mapping[str, Mapping[str, float]] | None = None,
    moves_share: float = 1.0,
    stops: Sequence[str] = ("A",),
) -> pd.DataFrame:
    """Flows when A stops."""
    return catchment_flows(
        near,
        step_0(near),
        providers=HOSPITALS,
        networks=NETWORKS,
        stops=stops,
        moves_to=moves_to,
        moves_share=moves_share,
    )


def amounts(flows: pd.DataFrame) -> dict[tuple[str, str, str], tuple[float, float]]:
    """Demand and extra minutes by postcode, provider before and provider after."""
    keys = zip(flows["postcode"], flows["provider_before"], flows["provider_after"], strict=True)
    figures = flows[["demand", "extra_minutes"]].to_numpy().round(9).tolist()
    return dict(zip(keys, map(tuple, figures), strict=True))


@dataclass(frozen=True)
class Step:
    """A random step 1."""

    nearness: Nearness
    weights: np.ndarray
    providers: tuple[str, ...]
    volumes: dict[str, float] | None
    networks: dict[str, list[str]]
    stops: tuple[str, ...]
    opens: tuple[str, ...]
    moves_to: dict[str, dict[str, float]]
    moves_share: float

    def catchments(self) -> pd.DataFrame:
        return catchments(
            self.nearness, self.weights, providers=self.providers, volumes=self.volumes
        )

    def flows(self) -> pd.DataFrame:
        return catchment_flows(
            self.nearness,
            self.catchments(),
            providers=self.providers,
            networks=self.networks,
            stops=self.stops,
            opens=self.opens,
            moves_to=self.moves_to,
            moves_share=self.moves_share,
        )


@st.composite
def steps(draw: DrawFn) -> Step:
    """Up to five providers and two new locations in up to three networks; ties are common."""
    providers = tuple("ABCDE"[: draw(st.integers(1, 5))])
    begins = tuple("xy"[: draw(st.integers(0, 2))])
    names = (*providers, *begins)
    postcodes = [f"p{number}" for number in range(draw(st.integers(1, 7)))]
    minute = st.one_of(st.integers(0, 8).map(float), st.sampled_from([2.4, 3.5, INF]))
    rows = {each: [draw(minute) for _ in names] for each in postcodes}
    times = replace(
        matrix(" ".join(names), rows),
        km=np.array([[draw(st.integers(1, 3)) for _ in names] for _ in postcodes], dtype=float),
    )
    rounding = draw(st.sampled_from(["exact", "minutes"]))
    homes = {name: draw(st.sampled_from(["U", "V", "W"])) for name in names}
    networks = {
        home: [name for name in names if homes[name] == home]
        for home in sorted(set(homes.values()))
    }
    stops = tuple(name for name in providers if draw(st.booleans()))
    moves_to = {}
    takers = [name for name in names if name not in stops]
    for giver in stops:
        if takers and draw(st.booleans()):
            some = draw(st.permutations(takers))[: draw(st.integers(1, len(takers)))]
            moves_to[giver] = {name: 1.0 / len(some) for name in some}
    nearness = Nearness(times, rounding)
    weights = np.array([draw(st.integers(0, 9)) for _ in postcodes], dtype=float)
    found = catchments(nearness, weights, providers=providers)
    volumes = None
    if draw(st.booleans()):
        inside = found.groupby("provider")["weight"].sum()
        volumes = {
            name: float(draw(st.integers(0, 40))) if inside.get(name, 0.0) > 0.0 else 0.0
            for name in providers
        }
    share = draw(st.sampled_from([1.0, 0.1]))
    return Step(nearness, weights, providers, volumes, networks, stops, begins, moves_to, share)
