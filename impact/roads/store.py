"""Write and read a network as one file."""

from __future__ import annotations

import json
import zipfile
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
    from numpy.typing import NDArray

_FORMAT = "impact road network 1"
_TEXT_ARRAYS = ("zone", "road_class")
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
        with np.load(path, allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            if about["format"] != _FORMAT:
                expected = f"a file of format {_FORMAT!r}"
                raise InputError(Fault(path.name, "", "format", about["format"], expected))
            columns: dict[str, Any] = {
                each.name: stored[each.name]
                for each in fields(RoadNetwork)
                if each.name not in (*_OTHER, *_TEXT_ARRAYS)
            }
            for name in _TEXT_ARRAYS:
                columns[name] = stored[f"{name}_names"].astype(object)[stored[name]]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        if isinstance(error, InputError):
            raise
        expected = "a road network written by 'impact roads build' (the file cannot be read)"
        raise InputError(Fault(path.name, "", "", None, expected)) from error
    profile = about["profile"]
    profile["speeds"] = tuple((str(c), float(r), float(u)) for c, r, u in profile["speeds"])
    return RoadNetwork(
        **columns,
        profile=SpeedProfile(**profile),
        barriers=frozenset((str(a), str(b)) for a, b in about["barriers"]),
        join=JoinRule(**about["join"]),
        about=about["about"],
    )
