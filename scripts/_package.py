"""``datapackage.json``: what is in the folder, from where, under which licence."""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely
from _sources import refuse

from impact.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGE = "datapackage.json"
_DESCRIPTIONS = Path(__file__).with_name("datapackage.toml")
_FORMATS = {
    ".csv": ("csv", "text/csv"),
    ".geojson": ("geojson", "application/geo+json"),
    ".npz": ("npz", "application/zip"),
    ".toml": ("toml", "application/toml"),
}
_BINARY = frozenset({"npz"})


def write_package(out: Path) -> list[str]:
    """Describe every file of a folder, and check that it is as described.

    Parameters
    ----------
    out
        Folder with the tables as just written.

    Returns
    -------
    list of str
        Paths of the files described, sorted.

    Raises
    ------
    InputError
        When a file is not described, a described one is not there, or its columns differ.
    """
    descriptions = tomllib.loads(_DESCRIPTIONS.read_text(encoding="utf-8"))
    entries = {entry["path"]: entry for entry in descriptions["resource"]}
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    refuse(
        [
            Fault(_DESCRIPTIONS.name, "", "path", None, f"a [[resource]] for {path}")
            for path in sorted(found - set(entries))
        ]
        + [
            Fault(_DESCRIPTIONS.name, "", "path", path, "a file that the build writes")
            for path in sorted(set(entries) - found)
        ]
    )
    package = {
        **descriptions["package"],
        "profile": "data-package",
        "licenses": _licences(descriptions, sorted(descriptions["licence"])),
        "sources": [descriptions["source"][key] for key in sorted(descriptions["source"])],
        # shapes depend on these: another version may drop other vertices
        "built_with": {"shapely": shapely.__version__, "geos": shapely.geos_version_string},
        "resources": [_resource(out, descriptions, entries[path]) for path in sorted(entries)],
    }
    text = json.dumps(package, ensure_ascii=False, indent=1, allow_nan=False)
    (out / PACKAGE).write_text(text + "\n", encoding="utf-8", newline="\n")
    return sorted(found)


def _resource(
    out: Path, descriptions: Mapping[str, Any], entry: Mapping[str, Any]
) -> dict[str, Any]:
    path = out / entry["path"]
    content = path.read_bytes()
    form, mediatype = _FORMATS[path.suffix]
    stem = entry["path"].removesuffix(path.suffix)
    resource = {
        "name": stem.replace("/", "-").replace("_", "-"),
        "path": entry["path"],
        "title": entry["title"],
        "description": entry["description"],
        "format": form,
        "mediatype": mediatype,
        **({} if form in _BINARY else {"encoding": "utf-8"}),
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "licenses": _licences(descriptions, entry["licences"]),
        "sources": [descriptions["source"][key] for key in entry["sources"]],
        "year": entry["year"],
    }
    fields = [
        {"name": name, "type": kind, "description": description}
        for name, kind, description in entry.get("fields", [])
    ]
    names = [field["name"] for field in fields]
    if form == "csv":
        header = next(csv.reader([content.decode("utf-8").split("\n", 1)[0]]))
        _check_fields(entry["path"], header, names)
        schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
        if "key" in entry:
            schema["primaryKey"] = entry["key"]
        resource = {**resource, "profile": "tabular-data-resource", "schema": schema}
    elif form == "geojson":
        first = json.loads(content)["features"][0]["properties"]
        _check_fields(entry["path"], list(first), names)
        resource["properties"] = fields
    return resource


def _licences(descriptions: Mapping[str, Any], keys: list[str]) -> list[dict[str, str]]:
    return [descriptions["licence"][key] for key in keys]


def _check_fields(path: str, found: list[str], described: list[str]) -> None:
    if found != described:
        value, expected = ", ".join(found), ", ".join(described)
        refuse([Fault(path, "header", "fields", value, f"as in {_DESCRIPTIONS.name}: {expected}")])
