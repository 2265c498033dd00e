"""A matrix as a NumPy file that is mapped into memory, with its names beside it.

``times.npy`` holds minutes, origins by destinations; ``times.npy.json`` the names of both and what
made them. Reading takes no time and no memory, however many pairs there are.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.errors import Fault, InputError
from impact.storage import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_FORMAT = "impact travel times 1"
_CELLS = 2**22


def beside(path: Path) -> Path:
    """Return the file that goes with a matrix: its name with ``.json`` behind it."""
    return path.with_name(path.name + ".json")


def write_npy(
    path: Path,
    minutes: NDArray[np.float64],
    origins: tuple[str, ...],
    destinations: tuple[str, ...],
    manifest: Mapping[str, Any],
) -> None:
    """Write minutes and names.

    Parameters
    ----------
    path
        Ending in ``.npy``.
    minutes : ndarray of float, shape (n_origins, n_destinations)
        May be a memory map.
    origins, destinations
        Identifiers.
    manifest
        Plain values.

    Raises
    ------
    OutputError
        When the folder cannot be written.
    """
    about = {
        "format": _FORMAT,
        "origins": list(origins),
        "destinations": list(destinations),
        "manifest": dict(manifest),
    }
    text = json.dumps(about, ensure_ascii=False, indent=1, default=str) + "\n"
    with replacing(beside(path)) as names:
        names.write_text(text, encoding="utf-8")
        with replacing(path) as temporary:
            with temporary.open("wb") as file:
                np.lib.format.write_array_header_2_0(
                    file, {"descr": "<f8", "fortran_order": False, "shape": minutes.shape}
                )
                step = max(1, _CELLS // max(1, minutes.shape[1]))
                for start in range(0, len(minutes), step):
                    np.asarray(minutes[start : start + step], dtype="<f8").tofile(file)
            # names of another matrix are never beside this one, whenever we are interrupted
            beside(path).unlink(missing_ok=True)


def read_npy(
    path: Path,
) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.float64], dict[str, Any]]:
    """Map minutes into memory and read the names.

    Parameters
    ----------
    path
        A file that `write_npy` wrote.

    Returns
    -------
    origins, destinations : tuple of str
    minutes : numpy.memmap of float, shape (n_origins, n_destinations)
        Read-only.
    manifest : dict

    Raises
    ------
    InputError
        When a file is absent, damaged, or not of the other.
    """
    expected = f"a matrix that impact wrote, with its names in {beside(path).name}"
    try:
        about = json.loads(beside(path).read_text(encoding="utf-8"))
        minutes = np.load(path, mmap_mode="r", allow_pickle=False)
        names = [tuple(map(str, about[each])) for each in ("origins", "destinations")]
        manifest = dict(about["manifest"])
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise InputError(Fault(path.name, "", "", None, f"{expected} ({error})")) from error
    fits = minutes.shape == (len(names[0]), len(names[1])) and minutes.dtype == np.float64
    if about.get("format") != _FORMAT or not fits:
        found = f"{minutes.dtype} {minutes.shape}"
        raise InputError(Fault(path.name, "", "", found, expected))
    return names[0], names[1], minutes, manifest
