"""run.zip and run folders: a whole run with its numbers in full, read back and checked.

One JSON document (`run.json`) describes the dataclasses of a `Result`; tables stand beside it as
Parquet and matrices as NumPy arrays, and the document points at them. Nothing in it is code.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from impact.analysis.result import Result
from impact.errors import Fault, InputError
from impact.messages import said
from impact.outputs.files.archive_checks import CLASSES, check_result, check_types
from impact.outputs.files.columns import CSV_FILES, SOMETIMES_FILES
from impact.storage import MANIFEST, read_json, why_no_json
from impact.study.model import Huff, Intervention, Logit, PatientRates, Study

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = "data"
"""Folder of the tables, inside that of a run."""

ARCHIVE = "run.zip"
"""Name of the file among them."""

FORMAT = 1
"""Raised when what is written changes so that an older program cannot read it."""

_DOCUMENT = "run.json"
_PATHS: dict[type[Any], tuple[str, ...]] = {
    Study: (
        *("roads", "postcodes", "hospitals", "times", "demand", "workbook", "source"),
        *("transit", "transit_rules"),
    ),
    Intervention: ("flows", "volumes"),
    Huff: ("attraction",),
    Logit: ("attributes",),
    PatientRates: ("rates_file",),
}
"""Fields that may hold the path of a file."""

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The oldest that a ZIP file can say: the same result gives the same bytes."""


def write_archive(result: Result, path: Path) -> None:
    """Write a run with its numbers in full."""
    study = dataclasses.replace(result.study, folder=Path())
    parts: dict[str, bytes] = {}
    held = {"format": FORMAT, "run": _encoded(dataclasses.replace(result, study=study), parts)}
    parts[_DOCUMENT] = json.dumps(held, ensure_ascii=False).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts):
            archive.writestr(
                zipfile.ZipInfo(name, _MOMENT), parts[name], compress_type=zipfile.ZIP_DEFLATED
            )


def read_archive(path: Path) -> Result:
    """Read a run back."""
    expected = "a run as this program writes it; run the study again"
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        held = read_json(parts[_DOCUMENT])
        written_as = held["format"]
        result = _decoded(held["run"], parts) if written_as == FORMAT else None
    except Exception as at:
        # every library that takes part has errors of its own: to a reader the file is damaged
        found = str(at) or type(at).__name__
        raise InputError(Fault(path.name, "", "", found, expected)) from at
    if not isinstance(result, Result):
        expected = said("{format}; run the study again with this program", format=FORMAT)
        raise InputError(Fault(path.name, _DOCUMENT, "format", str(written_as), expected))
    if faults := list(check_types(result, Result, "run")):
        raise InputError(faults)
    check_result(result)
    return result


def _name_only(value: Any) -> Any:  # noqa: ANN401 (a path, or several)
    """Where a file lay on the machine of whoever ran the study is nobody's business."""
    if isinstance(value, tuple):
        return tuple(map(_name_only, value))
    return PurePath(value).name if PurePath(value).is_absolute() else value


def _encoded(value: Any, parts: dict[str, bytes]) -> Any:  # noqa: ANN401, PLR0911 (one line per kind)
    """Plain JSON values; whatever is not one is an object with one key that says its kind."""
    if isinstance(value, pd.DataFrame):
        return {"frame": _stored(_frame_bytes(value), "parquet", parts)}
    if isinstance(value, np.ndarray):
        buffer = io.BytesIO()
        np.save(buffer, value, allow_pickle=False)
        return {"array": _stored(buffer.getvalue(), "npy", parts)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        own = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        own |= {name: _name_only(own[name]) for name in _PATHS.get(type(value), ())}
        encoded = {name: _encoded(each, parts) for name, each in own.items()}
        return {"class": type(value).__name__, "fields": encoded}
    if isinstance(value, dt.date):
        return {"date": value.isoformat()}
    if isinstance(value, PurePath):
        return {"path": value.as_posix()}
    if isinstance(value, tuple):
        return {"tuple": [_encoded(each, parts) for each in value]}
    if isinstance(value, list):
        return [_encoded(each, parts) for each in value]
    if hasattr(value, "items"):
        return {"map": [[str(key), _encoded(each, parts)] for key, each in value.items()]}
    return value.item() if isinstance(value, np.generic) else value


def _decoded(held: Any, parts: Mapping[str, bytes]) -> Any:  # noqa: ANN401, PLR0911
    if isinstance(held, list):
        return [_decoded(each, parts) for each in held]
    if not isinstance(held, dict):
        return held
    if "class" in held:
        made = CLASSES[held["class"]]
        return made(**{name: _decoded(each, parts) for name, each in held["fields"].items()})
    (kind, content) = next(iter(held.items()))
    if kind == "frame":
        return _frame(parts[content])
    if kind == "array":
        return np.load(io.BytesIO(parts[content]), allow_pickle=False)
    if kind == "date":
        return dt.date.fromisoformat(content)
    if kind == "path":
        return Path(content)
    if kind == "tuple":
        return tuple(_decoded(each, parts) for each in content)
    return {key: _decoded(each, parts) for key, each in content}


def _stored(content: bytes, ending: str, parts: dict[str, bytes]) -> str:
    name = f"{len(parts):04d}.{ending}"
    parts[name] = content
    return name


def _frame_bytes(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def _frame(content: bytes) -> pd.DataFrame:
    is_geo = b"geo" in (pa.parquet.read_schema(io.BytesIO(content)).metadata or {})
    read = gpd.read_parquet if is_geo else pd.read_parquet
    frame: pd.DataFrame = read(io.BytesIO(content))
    return frame


_CARRIERS = (*CSV_FILES, *SOMETIMES_FILES, ARCHIVE)
_FOLDER = ("command", "files")
"""Entries of a manifest that are about the folder, not about the figures."""
HASHED = tuple(f"{DATA}/{name}" for name in _CARRIERS)
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


def hashed(result: Result, folder: Path) -> dict[str, Any]:
    """Return the manifest of a run with the hashes of the files that carry its figures."""
    written = [name for name in sorted(HASHED) if (folder / name).is_file()]
    return {**result.manifest, "files": {name: _sha256(folder / name) for name in written}}


def open_run(folder: Path) -> Run:
    """Read a run back from its folder."""
    held = _manifest(folder)
    hashes, archive = held["files"], folder / _archive(held)
    faults = []
    if not archive.is_file():
        expected = "the file with the figures of the run, which `impact run` writes"
        faults.append(Fault(str(archive), "", "", None, expected))
    for name, sha256 in sorted(hashes.items()):
        path = folder / name
        if name in (*HASHED, *_CARRIERS) and path.is_file() and _sha256(path) != sha256:
            expected = said(
                "the file of this run (SHA-256 {sha256}…): it was changed or replaced",
                sha256=sha256[:12],
            )
            faults.append(Fault(str(path), "", "", None, expected))
    if faults:
        raise InputError(faults)
    result = read_archive(archive)
    if _plain({name: each for name, each in held.items() if name not in _FOLDER}) != _plain(
        result.manifest
    ):
        expected = said(
            "the manifest of the run in {archive}: it was changed or replaced", archive=ARCHIVE
        )
        raise InputError(Fault(str(folder / MANIFEST), "", "", None, expected))
    return Run(folder, result, held)


def _archive(manifest: Mapping[str, Any]) -> str:
    """Return where the figures are: among the tables, in older runs beside the pages."""
    within = f"{DATA}/{ARCHIVE}"
    return within if within in manifest["files"] else ARCHIVE


def _plain(manifest: Mapping[str, Any]) -> str:
    return json.dumps(dict(manifest), sort_keys=True, default=str)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    expected = "the folder of a run, with its manifest.json and data/run.zip"
    if not path.is_file():
        raise InputError(Fault(str(folder), "", "", None, expected))
    try:
        held = read_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            Fault(str(path), "", "", why_no_json(error), "a manifest (JSON)")
        ) from error
    if not isinstance(held, dict) or "study" not in held:
        raise InputError(Fault(str(path), "", "study", None, expected))
    if not isinstance(held.get("files"), dict) or _archive(held) not in held["files"]:
        expected = "hashes of the files of the run; run the study again, without --tables"
        raise InputError(Fault(str(path), "", "files", None, expected))
    return held
