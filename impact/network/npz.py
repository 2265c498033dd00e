"""Write and read a network as one file.

The file is a zip of NumPy arrays, not packed and each at a place where the memory can map it, so
that a country is read in a moment and takes memory only where it is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zipfile
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from impact.errors import Fault, InputError, OutputError
from impact.messages import said
from impact.network.network import EdgeShapes, JoinRule, RoadNetwork
from impact.network.speeds import SpeedProfile
from impact.storage import cache_folder, read_json, replacing, source_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

_FORMAT = "impact road network 3"
_PACKED_DEGREES = ("impact road network 1", "impact road network 2")
"""Formats in which courses are whole numbers of 1e-7 degrees."""
_READABLE = (*_PACKED_DEGREES, _FORMAT)
_PER_DEGREE = 1e7
_MAPPED_BYTES = 1 << 16
"""Smaller arrays are read: a map takes a page at least."""
_ALIGNED = 64
_LOCAL_HEADER, _LONG_SIZES, _PADDING_HEAD = 30, 20, 4
"""Bytes of a member's header without its name, of the field that zipfile adds, and of ours."""
_PADDING = 0xD935
"""Kind of an extra field that zip aligners use."""
_BLOCK = 1 << 20
_TEXT_ARRAYS = ("zone", "road_class")
_NODE_ARRAYS = ("lat", "lon", "urban", "joinable", "zone", "zone_marker")
_EDGE_ARRAYS = ("head", "km", "road_class", "edge_urban", "given_minutes", "minutes")
_OTHER = ("profile", "barriers", "join", "about", "profiles", "profile_minutes", "shapes")


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
    if network.minutes is network.profile_minutes.get(network.profile.name):
        # they are among the minutes per profile
        del arrays["minutes"]
    for name, minutes in network.profile_minutes.items():
        arrays[f"minutes_{name}"] = minutes
    if network.shapes is not None:
        arrays |= {f"shape_{key}": each for key, each in vars(network.shapes).items()}
    arrays["about"] = np.array(settings_text(network))
    with replacing(Path(path)) as temporary, temporary.open("wb") as file:
        _write_arrays(file, arrays)


def is_network(path: Path) -> bool:
    """Whether a file is a network, by the names of what is in it."""
    try:
        with zipfile.ZipFile(path) as packed:
            return {f"{name}.npy" for name in ("about", *_NODE_ARRAYS[:2])} <= set(
                packed.namelist()
            )
    except (OSError, zipfile.BadZipFile):
        return False


def settings_text(network: RoadNetwork) -> str:
    """Return what a network is beside its nodes and edges, as JSON."""
    about = {
        "format": _FORMAT,
        "profile": asdict(network.profile),
        "profiles": {name: asdict(each) for name, each in network.profiles.items()},
        "barriers": sorted(network.barriers),
        "join": asdict(network.join),
        "about": dict(network.about),
    }
    return json.dumps(about, ensure_ascii=False, default=str)


def settings_of(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a network that `settings_text` wrote, as it has them."""
    return {
        "profile": _profile(about["profile"]),
        "barriers": frozenset((str(a), str(b)) for a, b in about["barriers"]),
        "join": JoinRule(**about["join"]),
        "about": about["about"],
        "profiles": {name: _profile(each) for name, each in about.get("profiles", {}).items()},
    }


def _write_arrays(file: IO[bytes], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write what `numpy.load` reads, with every array at a multiple of `_ALIGNED`."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
        for name, each in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            header = _LOCAL_HEADER + len(entry.filename.encode()) + _LONG_SIZES + _PADDING_HEAD
            room = -(file.tell() + header) % _ALIGNED
            entry.extra = struct.pack(f"<HH{room}x", _PADDING, room)
            with packed.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asanyarray(each), allow_pickle=False)


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read or map every array of a file; damage shows in the checksums of the zip."""
    out = {}
    with zipfile.ZipFile(path) as packed:
        for entry in packed.infolist():
            mapped = entry.compress_type == zipfile.ZIP_STORED and entry.file_size > _MAPPED_BYTES
            with packed.open(entry) as stream:
                if not mapped:
                    array = np.lib.format.read_array(stream, allow_pickle=False)
                else:
                    while stream.read(_BLOCK):
                        pass  # zipfile compares the checksum at the end
                    array = _mapped(path, entry)
            out[entry.filename.removesuffix(".npy")] = array
    return out


def _mapped(path: Path, entry: zipfile.ZipInfo) -> NDArray[Any]:
    """Map an array that lies in a file as it is in memory; a change to it stays in memory."""
    with path.open("rb") as file:
        file.seek(entry.header_offset + _LOCAL_HEADER - _PADDING_HEAD)
        name, extra = struct.unpack("<HH", file.read(_PADDING_HEAD))
        file.seek(name + extra, os.SEEK_CUR)
        version = np.lib.format.read_magic(file)
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
        if fortran or dtype.hasobject or version != (1, 0):
            msg = "an array that this module does not write"
            raise ValueError(msg)
        return np.asarray(np.memmap(path, dtype, "c", file.tell(), shape))


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
    from impact.tables.text import read_bytes

    path = Path(path)
    try:
        network = _network(_read_arrays(path))
    except Exception as error:
        read_bytes(path)  # says what is wrong with a file that is absent or empty
        # numpy, zipfile, zlib and json each have errors of their own; they all mean the same
        reason = error.said if isinstance(error, _UnlikeError) else "the file cannot be read"
        expected = said(
            "a road network of the format {format!r} ({reason})", format=_FORMAT, reason=reason
        )
        raise InputError(Fault(path.name, "", "", None, expected)) from error
    return network


def kept_network(content: Sequence[bytes], read: Callable[[], RoadNetwork]) -> RoadNetwork:
    """Read roads, or take them from the cache; what is wrong with a file there is no error."""
    digest = hashlib.sha256(source_hash("network", "tables").encode())
    for each in content:
        digest.update(hashlib.sha256(each).digest())
    path = cache_folder() / f"roads-{digest.hexdigest()}.npz"
    if path.is_file():
        with suppress(InputError):
            return read_network(path)
    network = read()
    with suppress(OutputError):
        write_network(network, path)
    return network


class _UnlikeError(Exception):
    """The file can be read but holds something else."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def _network(stored: Mapping[str, NDArray[Any]]) -> RoadNetwork:
    about = read_json(str(stored["about"]))
    if about["format"] not in _READABLE:
        msg: str = said("found {format!r}", format=about["format"])
        raise _UnlikeError(msg)
    twice = "minutes" not in stored and about["profiles"]
    source = {"minutes": f"minutes_{about['profile']['name']}"} if twice else {}
    columns: dict[str, Any] = {
        each.name: stored[source.get(each.name, each.name)]
        for each in fields(RoadNetwork)
        if each.name not in (*_OTHER, *_TEXT_ARRAYS)
    }
    for name in _TEXT_ARRAYS:
        columns[name] = stored[f"{name}_names"].astype(object)[stored[name]]
    for first, names in (("node", _NODE_ARRAYS), ("tail", _EDGE_ARRAYS)):
        lengths = {columns[name].shape for name in (first, *names)}
        if lengths != {(len(columns[first]),)}:
            msg = said("{first} and {names} differ in length", first=first, names=", ".join(names))
            raise _UnlikeError(msg)
    nodes = len(columns["node"])
    if any(np.any((columns[end] < 0) | (columns[end] >= nodes)) for end in ("tail", "head")):
        msg = "an edge leads to a node that is not there"
        raise _UnlikeError(msg)
    return RoadNetwork(
        **columns,
        **settings_of(about),
        profile_minutes=_profile_minutes(stored, about, len(columns["tail"])),
        shapes=_shapes(stored, len(columns["tail"]), whole=about["format"] in _PACKED_DEGREES),
    )


def _profile(stored: Mapping[str, Any]) -> SpeedProfile:
    speeds = tuple((str(c), float(r), float(u)) for c, r, u in stored["speeds"])
    return SpeedProfile(**{**stored, "speeds": speeds})


def _profile_minutes(
    stored: Mapping[str, NDArray[Any]], about: Mapping[str, Any], size: int
) -> dict[str, NDArray[np.float64]]:
    out = {name: stored[f"minutes_{name}"] for name in about.get("profiles", {})}
    if any(minutes.shape != (size,) for minutes in out.values()):
        msg = "the minutes of a profile and the edges differ in length"
        raise _UnlikeError(msg)
    return out


def _shapes(stored: Mapping[str, NDArray[Any]], size: int, *, whole: bool) -> EdgeShapes | None:
    if "shape_line" not in stored:
        return None
    columns = {each.name: stored[f"shape_{each.name}"] for each in fields(EdgeShapes)}
    if whole:
        columns |= {name: columns[name] / _PER_DEGREE for name in ("lon", "lat")}
    shapes = EdgeShapes(**columns)
    lines, points = len(shapes.start) - 1, len(shapes.lon)
    fits = (
        shapes.line.shape == shapes.backward.shape == (size,)
        and shapes.lat.shape == (points,)
        and shapes.start[0] == 0
        and shapes.start[-1] == points
        and bool(np.all(np.diff(shapes.start) > 1))
        and bool(np.all((shapes.line >= 0) & (shapes.line < lines)))
    )
    if not fits:
        msg = "the shapes do not belong to the edges"
        raise _UnlikeError(msg)
    return shapes
