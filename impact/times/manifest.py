"""What made a matrix, as a file beside it."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any

from impact.manifest import DISTRIBUTION, created, manifest_json
from impact.storage import replacing
from impact.times.npy_files import beside
from impact.times.plain_files import file_hash

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest of a matrix beside it, with ``.json`` behind its name.

    Parameters
    ----------
    path
        The matrix, already written: its hash says which file is meant.
    manifest
        Of the `TravelTimes`, or of an ensemble.

    Raises
    ------
    OutputError
        When the folder cannot be written.
    """
    about = {
        "program": DISTRIBUTION,
        "version": metadata.version(DISTRIBUTION),
        "created": created(),
        "file": {"name": path.name, "sha256": file_hash(path)},
        **manifest,
    }
    text = manifest_json(about)
    with replacing(beside(path)) as temporary:
        temporary.write_text(text, encoding="utf-8")
