"""Tiny road networks: written as they are drawn, or drawn at random.

One kilometre takes one minute on every road, so that a test can be checked by hand. Nodes lie far
apart unless a test places them: a point at a node is that node, and joins nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from impact.network.network import FERRY, JoinRule, RoadNetwork
from impact.network.speeds import SpeedProfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hypothesis.strategies import DrawFn

KM_PER_DEGREE = 6371.0088 * np.pi / 180.0
"""Of latitude: north is a distance without a map projection."""

PROFILE = SpeedProfile("toy", (("local", 60.0, 60.0), ("main", 60.0, 60.0)))

Place = tuple[float, float]


def north(km: float, *, east: float = 0.0) -> Place:
    """Point so many degrees away: kilometres north, and degrees east, of 52 N 5 E."""
    return (52.0 + km / KM_PER_DEGREE, 5.0 + east)


def roads(
    *links: str,
    at: Mapping[str, Place] | None = None,
    zones: Mapping[str, str] | None = None,
    barriers: Iterable[tuple[str, str]] = (),
    closed: Iterable[str] = (),
    join: JoinRule | None = None,
    profile: SpeedProfile = PROFILE,
) -> RoadNetwork:
    """Make a network from its drawing.

    Each link reads ``"A - B 5"`` (both ways, 5 km), ``"A > B 5"`` (one way) or ``"A ~ B 5"`` (a
    ferry of 5 minutes both ways). `at` places nodes, `closed` nodes cannot be joined.
    """
    tail, head, km, given = [], [], [], []
    for link in links:
        one, kind, other, length = link.split()
        for start, end in [(one, other)] if kind == ">" else [(one, other), (other, one)]:
            tail.append(start)
            head.append(end)
            km.append(float(length))
            given.append(float(length) if kind == "~" else np.nan)
    names = sorted({*tail, *head, *(at or {})})
    place = {name: number for number, name in enumerate(names)}
    where = {name: north(50.0 * place[name]) for name in names} | dict(at or {})
    given_minutes = np.array(given)
    network = RoadNetwork(
        node=np.arange(len(names)) + 100,
        lat=np.array([where[name][0] for name in names]),
        lon=np.array([where[name][1] for name in names]),
        urban=np.zeros(len(names)),
        joinable=np.array([name not in closed for name in names]),
        zone=np.array([(zones or {}).get(name, "") for name in names], dtype=object),
        zone_marker=np.array([name in (zones or {}) for name in names]),
        tail=np.array([place[name] for name in tail], dtype=np.int64),
        head=np.array([place[name] for name in head], dtype=np.int64),
        km=np.array(km),
        road_class=np.where(np.isnan(given_minutes), "local", FERRY).astype(object),
        edge_urban=np.zeros(len(tail)),
        given_minutes=given_minutes,
        minutes=np.full(len(tail), np.nan),
        profile=profile,
        barriers=frozenset(barriers) | frozenset((b, a) for a, b in barriers),
        join=join or JoinRule(),
        about={"name": "toy", "kind": "street"},
    )
    return network.with_profile(profile)


def points(network: RoadNetwork, names: str) -> pd.DataFrame:
    """Points that lie on nodes; the names are those of the drawing, in alphabetical order."""
    letters = sorted(set(names.split()))
    return pd.DataFrame(
        {"lat": network.lat[: len(letters)], "lon": network.lon[: len(letters)]},
        index=pd.Index(letters, name="point"),
    ).loc[names.split()]


def spots(places: Mapping[str, Place]) -> pd.DataFrame:
    """Points anywhere."""
    frame = pd.DataFrame.from_dict(dict(places), orient="index", columns=["lat", "lon"])
    return frame.rename_axis("point")


_COORDINATE = st.integers(0, 12).map(float)
_LENGTH = st.sampled_from([0.0, 0.0, 0.1, 0.2, 0.3, 1.0, 2.5, 7.0, 40.0])


@st.composite
def random_networks(draw: DrawFn) -> RoadNetwork:
    """Up to 14 nodes within a dozen kilometres: one-way and parallel edges, loops, islands."""
    size = draw(st.integers(2, 14))
    node = st.integers(0, size - 1)
    edges = draw(st.lists(st.tuples(node, node, _LENGTH), max_size=40))
    tail, head, km = (np.array(column) for column in zip((0, 0, 0.0), *edges, strict=True))
    bare = roads("a - b 1", at={f"n{k:02}": (0.0, 0.0) for k in range(size - 2)})
    network = replace(
        bare,
        lat=np.array([north(draw(_COORDINATE))[0] for _ in range(size)]),
        lon=np.array([5.0 + draw(_COORDINATE) / 69.0 for _ in range(size)]),
        urban=np.array([draw(st.sampled_from([0.0, 0.5, 1.0])) for _ in range(size)]),
        joinable=np.array([True, *(draw(st.booleans()) for _ in range(size - 1))]),
        tail=tail.astype(np.int64),
        head=head.astype(np.int64),
        km=km.astype(np.float64),
        road_class=np.full(len(tail), "local", dtype=object),
        edge_urban=np.zeros(len(tail)),
        given_minutes=np.full(len(tail), np.nan),
        join=JoinRule(count=draw(st.integers(1, 4))),
    )
    return network.with_profile(SpeedProfile("toy", (("local", 43.1, 36.7),), 2.5))


@st.composite
def random_points(draw: DrawFn, prefix: str, most: int = 5) -> pd.DataFrame:
    """Points among those networks, at times on a node."""
    count = draw(st.integers(1, most))
    return spots(
        {
            f"{prefix}{number}": north(draw(_COORDINATE), east=draw(_COORDINATE) / 69.0)
            for number in range(count)
        }
    )
