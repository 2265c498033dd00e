"""Write and read a network as one file."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.errors import Fault, InputError
from impact.reading import read_bytes
from impact.roads.network import JoinRule, RoadNetwork
from impact.roads.speeds import SpeedProfile
from impact.storage import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_FORMAT = "impact road network 1"
_TEXT_ARRAYS = ("zone", "road_class")
_NODE_ARRAYS = ("lat", "lon", "urban", "joinable", "zone", "zone_marker")
_EDGE_ARRAYS = ("head", "km", "road_class", "edge_urban", "given_minutes", "minutes")
_OTHER = ("profile", "barriers", "join", "about")


def write_network(network: RoadNetwork, path: Path | str) -> None:
    """Write a network to one file; an interrupted write leaves the old file or none.

    Parameters
    ----------
    network
        What to write.
    path
        Usually ending in ``.impact``.

    Raises
    ------
    OutputError
        When the folder cannot be written.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for each in fields(network):
        if each.name in _TEXT_ARRAYS:
            names, codes = np.unique(getattr(network, each.name).astype(str), return_inverse=True)
            arrays[f"{each.name}_names"] = names
            arrays[each.name] = codes.astype(np.int32)
        elif each.name not in _OTHER:
            arrays[each.name] = getattr(network, each.name)
    about = {
        "format": _FORMAT,
        "profile": asdict(network.profile),
        "barriers": sorted(network.barriers),
        "join": asdict(network.join),
        "about": dict(network.about),
    }
    arrays["about"] = np.array(json.dumps(about, ensure_ascii=False, sort_keys=True, default=str))
    with replacing(Path(path)) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def read_network(path: Path | str) -> RoadNetwork:
    """Read a network that `write_network` wrote.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    RoadNetwork

    Raises
    ------
    InputError
        When the file is absent, damaged, or something else.
    """
    path = Path(path)
    read_bytes(path)
    try:
        # opened here: numpy leaves a damaged file open
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            network = _network(stored)
    except Exception as error:
        # numpy, zipfile, zlib and json each have errors of their own; they all mean the same
        reason = str(error) if isinstance(error, _UnlikeError) else "the file cannot be read"
        expected = f"a road network of the format {_FORMAT!r} ({reason})"
        raise InputError(Fault(path.name, "", "", None, expected)) from error
    return network


class _UnlikeError(Exception):
    """The file can be read but holds something else."""


def _network(stored: Mapping[str, NDArray[Any]]) -> RoadNetwork:
    about = json.loads(str(stored["about"]))
    if about["format"] != _FORMAT:
        msg = f"found {about['format']!r}"
        raise _UnlikeError(msg)
    columns: dict[str, Any] = {
        each.name: stored[each.name]
        for each in fields(RoadNetwork)
        if each.name not in (*_OTHER, *_TEXT_ARRAYS)
    }
    for name in _TEXT_ARRAYS:
        columns[name] = stored[f"{name}_names"].astype(object)[stored[name]]
    for first, names in (("node", _NODE_ARRAYS), ("tail", _EDGE_ARRAYS)):
        lengths = {columns[name].shape for name in (first, *names)}
        if lengths != {(len(columns[first]),)}:
            msg = f"{first} and {', '.join(names)} differ in length"
            raise _UnlikeError(msg)
    ends = np.concatenate([columns["tail"], columns["head"]])
    if np.any((ends < 0) | (ends >= len(columns["node"]))):
        msg = "an edge leads to a node that is not there"
        raise _UnlikeError(msg)
    profile = about["profile"]
    profile["speeds"] = tuple((str(c), float(r), float(u)) for c, r, u in profile["speeds"])
    return RoadNetwork(
        **columns,
        profile=SpeedProfile(**profile),
        barriers=frozenset((str(a), str(b)) for a, b in about["barriers"]),
        join=JoinRule(**about["join"]),
        about=about["about"],
    )
