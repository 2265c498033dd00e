"""Keep orders and customised costs between runs, named by the hash of what they were made of.

A file is written under another name and moved into place, so that two processes at once do no harm:
both write the same. A file that cannot be read, or is not what its name says, is made anew, and a
remark says so.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.errors import OutputError
from impact.messages import said
from impact.storage import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.times.engines.protocol import Setup

_FORMAT = "impact engine arrays 1"


def digest(*parts: NDArray[Any] | str | int) -> str:
    """Hash arrays and words.

    Examples
    --------
    >>> digest("a", "b") == digest("ab")
    False
    """
    whole = hashlib.sha256(_FORMAT.encode())
    for part in parts:
        if isinstance(part, np.ndarray):
            whole.update(f"{part.dtype} {part.shape};".encode())
            whole.update(np.ascontiguousarray(part).data)
        else:
            whole.update(f"{part!r};".encode())
    return whole.hexdigest()


def kept(
    what: str,
    key: str,
    setup: Setup,
    make: Callable[[], Mapping[str, NDArray[Any]]],
) -> Mapping[str, NDArray[Any]]:
    """Take arrays from the folder of `setup`, or make them and put them there."""
    if setup.folder is None:
        return make()
    path = setup.folder / f"{what}-{key}.npz"
    found = _read(path, key, setup)
    if found is not None:
        return found
    arrays = make()
    try:
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, key=np.array(key), **arrays)
    except OutputError as error:
        (reason,) = error.lines()
        setup.remarks.append(
            said("not kept for next time ({what}): {reason}", what=what, reason=reason)
        )
    return arrays


def _read(path: Path, key: str, setup: Setup) -> Mapping[str, NDArray[Any]] | None:
    if not path.is_file():
        return None
    try:
        # opened here: numpy leaves a damaged file open
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        if str(arrays.pop("key")) == key:
            return arrays
    except Exception:  # noqa: BLE001, S110
        # whatever is wrong with a file that we made ourselves, making it again is the remedy
        pass
    setup.remarks.append(said("{name} was damaged and has been made anew", name=path.name))
    return None
