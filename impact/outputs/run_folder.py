"""Open the folder of an earlier run: check that it is whole and of one piece, and read it back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from impact.errors import Fault, InputError
from impact.manifest import manifest_json
from impact.outputs.run_archive import ARCHIVE, read_archive
from impact.outputs.tables import CSV_FILES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from impact.concentration.result import Result

MANIFEST = "manifest.json"
HASHED = (*CSV_FILES, ARCHIVE)
"""Files of a run that carry its figures; the manifest holds their hashes."""


@dataclass(frozen=True, eq=False)
class Run:
    """A run as it was read back.

    Attributes
    ----------
    folder
        Where it stands.
    result
        As when it was made, numbers in full.
    manifest
        Of its folder: that of the result, and under ``files`` the hashes of the tables.
    """

    folder: Path
    result: Result
    manifest: Mapping[str, Any]


def manifest_text(result: Result, folder: Path) -> str:
    """Write the manifest of a run with the hashes of the files that carry its figures.

    Parameters
    ----------
    result
        What a run gave.
    folder
        Holds the files already.

    Returns
    -------
    str
        JSON.
    """
    files = {name: _sha256(folder / name) for name in sorted(HASHED)}
    said = {**result.manifest, "files": files}
    return manifest_json(said)


def open_run(folder: Path) -> Run:
    """Read a run back from its folder.

    Parameters
    ----------
    folder
        As written by `impact run`; `manifest.json` and `run.zip` suffice. Tables that stand beside
        them must be those of the run.

    Returns
    -------
    Run

    Raises
    ------
    InputError
        Listing every file that is missing, was changed, or belongs to another run.
    """
    said = _manifest(folder)
    hashes = said["files"]
    faults = []
    if not (folder / ARCHIVE).is_file():
        expected = "the file with the figures of the run, which `impact run` writes"
        faults.append(Fault(str(folder / ARCHIVE), "", "", None, expected))
    for name, sha256 in sorted(hashes.items()):
        path = folder / name
        if name in HASHED and path.is_file() and _sha256(path) != sha256:
            expected = f"the file of this run (SHA-256 {sha256[:12]}…): it was changed or replaced"
            faults.append(Fault(str(path), "", "", None, expected))
    if faults:
        raise InputError(faults)
    result = read_archive(folder / ARCHIVE)
    if _plain({name: each for name, each in said.items() if name != "files"}) != _plain(
        result.manifest
    ):
        expected = f"the manifest of the run in {ARCHIVE}: it was changed or replaced"
        raise InputError(Fault(str(folder / MANIFEST), "", "", None, expected))
    return Run(folder, result, said)


def _plain(manifest: Mapping[str, Any]) -> str:
    return json.dumps(dict(manifest), sort_keys=True, default=str)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    expected = "the folder of a run, with its manifest.json and run.zip"
    if not path.is_file():
        raise InputError(Fault(str(folder), "", "", None, expected))
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(Fault(str(path), "", "", str(error), "a manifest (JSON)")) from error
    if not isinstance(said, dict) or "study" not in said:
        raise InputError(Fault(str(path), "", "study", None, expected))
    if not isinstance(said.get("files"), dict) or ARCHIVE not in said["files"]:
        expected = "hashes of the files of the run; run the study again with this program"
        raise InputError(Fault(str(path), "", "files", None, expected))
    return said
