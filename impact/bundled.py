"""Find the data that ships with the package, from a checkout or from an installed wheel."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from impact.errors import MissingDataError
from impact.messages import said

_PACKAGE = Path(__file__).resolve().parent


def data_folder() -> Path:
    """Folder with the shipped tables."""
    for folder in (_PACKAGE / "data", _PACKAGE.parent / "data"):
        if (folder / "datapackage.json").is_file():
            return folder
    msg = said(
        "the shipped data are missing: expected a folder 'data' in or beside {package}",
        package=_PACKAGE,
    )
    raise MissingDataError(msg)


def data_path(name: str) -> Path:
    """Path of one shipped file or folder.

    Examples
    --------
    >>> data_path("roads/edges.csv").name
    'edges.csv'
    """
    path = data_folder() / name
    if not path.exists():
        raise MissingDataError(said("the shipped data hold no '{name}'", name=name))
    return path


def study_paths() -> dict[str, Path]:
    """Shipped studies by name.

    Examples
    --------
    >>> "noordoost" in study_paths()
    True
    """
    return {path.stem: path for path in sorted(data_path("studies").glob("*.toml"))}


@cache
def region_studies() -> dict[str, str]:
    """Name of the shipped study of each region.

    Examples
    --------
    >>> region_studies()["Noordoost-Nederland"]
    'noordoost'
    """
    return {
        str(tomllib.loads(path.read_text(encoding="utf-8"))["study"]["region"]): name
        for name, path in study_paths().items()
    }
