"""Read a main-road network from its folder of tables.

The shipped one (``data/roads``) is a screening network: main roads with a mesh of local legs
between neighbouring postcode points, and five ferries.

What was read is kept in the cache, by the hash of its files and of the code that reads them: the
tables took most of a second of every command.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from impact.bundled import data_path
from impact.errors import Fault, InputError
from impact.messages import said
from impact.network.network import FERRY, JoinRule, RoadNetwork
from impact.network.npz import kept_network
from impact.network.speeds import SpeedProfile, choose_profile, read_profiles
from impact.tables.text import decode, read_bytes
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from impact.tables.text_table import Table

DEFAULT_PROFILE = "dal"
"""Off-peak: the profile that was held against measured driving bands."""

_FILES = ("nodes.csv", "edges.csv", "ferries.csv", "water_barriers.csv")
"""What a network is made of, but for its speeds and what is said about it."""


def read_main_roads(
    folder: Path | str | None = None, *, profile: str = DEFAULT_PROFILE
) -> RoadNetwork:
    """Read a network folder.

    Parameters
    ----------
    folder
        Holds ``nodes.csv``, ``edges.csv`` (each link drives both ways), ``ferries.csv`` (crossing
        and waiting minutes), ``water_barriers.csv``, ``speeds.csv``, ``profiles.csv`` and
        ``network.toml``; the shipped folder by default.
    profile
        Speed profile to start with.

    Returns
    -------
    RoadNetwork

    Raises
    ------
    InputError
        When a file is missing or holds something else than it should.

    Examples
    --------
    >>> network = read_main_roads()
    >>> len(network.node), network.kind
    (19334, 'screening')
    """
    folder = data_path("roads") if folder is None else Path(folder)
    speed = choose_profile(bundled_profiles(folder), profile)
    about, join = _read_about(folder / "network.toml")
    ferries = read_table(folder / "ferries.csv")
    content = [read_bytes(folder / name) for name in _FILES]
    bare = kept_network(content, lambda: _read_bare(folder, ferries, speed))
    about = {**about, "ferries": ferries.frame.to_dict("records")}
    return replace(bare, about=about, join=join).with_profile(speed)


def _read_bare(folder: Path, ferries: Table, speed: SpeedProfile) -> RoadNetwork:
    """Read the tables of roads; minutes are left for a profile."""
    nodes, edges = read_table(folder / "nodes.csv"), read_table(folder / "edges.csv")
    nodes.require(["node", "lat", "lon", "kind", "joinable", "municipality", "urban"])
    edges.require(["from_node", "to_node", "km", "class", "urban"])
    if repeated := nodes.unique("node"):
        raise InputError(repeated)
    node = _numbers(nodes, "node", minimum=0).astype(np.int64)
    position = {int(name): place for place, name in enumerate(node)}
    tail, head = (_positions(edges, column, position) for column in ("from_node", "to_node"))
    given = _ferry_minutes(ferries, edges, node[tail], node[head])
    return RoadNetwork(
        node=node,
        lat=_numbers(nodes, "lat", minimum=-90, maximum=90),
        lon=_numbers(nodes, "lon", minimum=-180, maximum=180),
        urban=_numbers(nodes, "urban", minimum=0.0, maximum=1.0),
        joinable=_numbers(nodes, "joinable", minimum=0, maximum=1) == 1,
        zone=nodes.frame["municipality"].to_numpy(dtype=object),
        zone_marker=(nodes.frame["kind"] == "postcode").to_numpy(),
        tail=np.concatenate([tail, head]),
        head=np.concatenate([head, tail]),
        km=np.tile(_numbers(edges, "km", minimum=0.0), 2),
        road_class=np.tile(edges.frame["class"].to_numpy(dtype=object), 2),
        edge_urban=np.tile(_numbers(edges, "urban", minimum=0.0, maximum=1.0), 2),
        given_minutes=np.tile(given, 2),
        minutes=np.full(2 * len(tail), np.nan),
        profile=speed,
        barriers=read_barriers(folder / "water_barriers.csv"),
    )


def bundled_profiles(folder: Path | None = None) -> dict[str, SpeedProfile]:
    """Speed profiles of a network folder, the shipped one by default.

    Parameters
    ----------
    folder
        Holds ``speeds.csv`` and ``profiles.csv``.

    Returns
    -------
    dict of str to SpeedProfile

    Examples
    --------
    >>> sorted(bundled_profiles())
    ['dal', 'spits', 'vrij']
    """
    folder = data_path("roads") if folder is None else folder
    return read_profiles(folder / "speeds.csv", folder / "profiles.csv")


def read_barriers(path: Path) -> frozenset[tuple[str, str]]:
    """Read pairs of municipalities with water between them."""
    table = read_table(path)
    table.require(["bank_a", "bank_b"])
    pairs = set()
    for one_bank, other_bank in zip(table.frame["bank_a"], table.frame["bank_b"], strict=True):
        for here in one_bank.split(";"):
            for there in other_bank.split(";"):
                pairs |= {(here, there), (there, here)}
    return frozenset(pairs)


def _read_about(path: Path) -> tuple[Mapping[str, object], JoinRule]:
    text = decode(path.name, read_bytes(path))
    try:
        document = tomllib.loads(text)
        return document["network"], JoinRule(**document["join"])
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        expected = said("TOML with the tables [network] and [join] ({error})", error=str(error))
        raise InputError(Fault(path.name, "", "", None, expected)) from error


def _numbers(
    table: Table, column: str, *, minimum: float, maximum: float = np.inf
) -> NDArray[np.float64]:
    values, faults = table.numbers(column, minimum=minimum, maximum=maximum)
    if faults:
        raise InputError(faults)
    return values


def _positions(table: Table, column: str, position: Mapping[int, int]) -> NDArray[np.int64]:
    names = _numbers(table, column, minimum=0).astype(np.int64)
    faults = [
        Fault(table.name, table.where(row), column, str(name), "a node of nodes.csv")
        for row, name in zip(table.rows, names, strict=True)
        if int(name) not in position
    ]
    if faults:
        raise InputError(faults)
    return np.array([position[int(name)] for name in names], dtype=np.int64)


def _ferry_minutes(
    ferries: Table, edges: Table, tail: NDArray[np.int64], head: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Crossing plus wait of ferry edges, from the ferry table; NaN for roads."""
    ferries.require(
        ["island", "island_node", "port_node", "crossing_minutes", "wait_minutes", "visitor_cars"]
    )
    ends = [_numbers(ferries, column, minimum=0) for column in ("island_node", "port_node")]
    total = _numbers(ferries, "crossing_minutes", minimum=0.0)
    total = total + _numbers(ferries, "wait_minutes", minimum=0.0)
    known = {
        frozenset((int(one), int(other))): float(minutes)
        for one, other, minutes in zip(*ends, total, strict=True)
    }
    minutes = np.full(len(tail), np.nan)
    for place in np.flatnonzero((edges.frame["class"] == FERRY).to_numpy()).tolist():
        pair = frozenset((int(tail[place]), int(head[place])))
        if pair not in known:
            row = edges.where(edges.rows[place])
            expected = said("a line in {name} with these two nodes", name=ferries.name)
            shown = " - ".join(map(str, sorted(pair)))
            raise InputError(
                Fault(edges.name, row, "class", said("ferry {shown}", shown=shown), expected)
            )
        minutes[place] = known[pair]
    return minutes
