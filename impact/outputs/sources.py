"""The paper trail: every input with its source, year, licence and hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from impact.concentration.result import Result


@dataclass(frozen=True)
class Source:
    """One input.

    Attributes
    ----------
    name
        File, or name of the road network.
    origin, year, licence
        Empty where the input does not say.
    sha256
        Hash of its bytes.
    """

    name: str
    origin: str
    year: str
    licence: str
    sha256: str


def sources(result: Result) -> tuple[Source, ...]:
    """List the inputs of a run.

    Parameters
    ----------
    result
        What a run gave.

    Returns
    -------
    tuple of Source
        The roads first, then the tables by name, then the study file.
    """
    manifest = result.manifest
    roads, times, study = manifest["roads"], manifest["times"], manifest["study"]
    sha256 = times.get("roads_sha256", times.get("sha256", ""))
    own = _source({"name": study["file"], "sha256": study["sha256"]})
    return (*input_sources({**roads, "sha256": sha256}, manifest["inputs"]), own)


def input_sources(
    roads: Mapping[str, object], tables: Sequence[Mapping[str, object]]
) -> tuple[Source, ...]:
    """List roads and tables.

    Parameters
    ----------
    roads
        As in a manifest, with their ``sha256``.
    tables
        As in a manifest.

    Returns
    -------
    tuple of Source
        The roads first, then the tables by name.
    """
    ordered = sorted(tables, key=lambda each: str(each["name"]))
    return (_source(roads), *(_source(each) for each in ordered))


def _source(said: Mapping[str, object]) -> Source:
    name = str(said["name"])
    if said.get("title"):
        name = f"{said['title']} ({name})"
    origin, year, licence = (str(said.get(key) or "") for key in ("source", "year", "licence"))
    return Source(name, origin, year, licence, str(said.get("sha256") or ""))
