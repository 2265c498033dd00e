"""Write a built network with the manifest that says what made it."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impact.bundled import data_path
from impact.manifest import DISTRIBUTION, created
from impact.roads.store import write_network
from impact.storage import replacing

if TYPE_CHECKING:
    from impact.roads.network import RoadNetwork

_PACKAGES = ("numpy", "osmium")
_BLOCK = 1 << 20


def build_manifest(
    network: RoadNetwork, source: Path | str, *, ferries: Path | str | None = None
) -> dict[str, Any]:
    """Describe a build.

    Parameters
    ----------
    network
        As built.
    source
        The extract.
    ferries
        The user's own ferry table.

    Returns
    -------
    dict
        Plain values: program, inputs and tables with their hashes, and everything that was
        counted.
    """
    tables = sorted(data_path("roads").glob("osm_*.csv"))
    if ferries is not None:
        own = Path(ferries)
        tables = [own if each.name == "osm_ferries.csv" else each for each in tables]
    return {
        "program": DISTRIBUTION,
        "version": metadata.version(DISTRIBUTION),
        "created": created(),
        "inputs": [{"name": Path(source).name, "sha256": _sha256(Path(source))}],
        "tables": [{"name": each.name, "sha256": _sha256(each)} for each in tables],
        "profiles": {
            name: {
                "fixed_minutes": each.fixed_minutes,
                "status": each.status,
                "source": each.source,
            }
            for name, each in network.profiles.items()
        },
        "fingerprint": network.fingerprint(),
        "network": dict(network.about),
        "packages": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _PACKAGES},
        },
    }


def write_built(network: RoadNetwork, path: Path | str, manifest: dict[str, Any]) -> None:
    """Write a network and, beside it, its manifest; an interrupted write leaves the old ones.

    Parameters
    ----------
    network
        As built.
    path
        The network file; the manifest gets ``.json`` behind that name.
    manifest
        From `build_manifest`.

    Raises
    ------
    OutputError
        When the folder cannot be written, or is full.
    """
    path = Path(path)
    beside = path.with_name(path.name + ".json")
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    with replacing(beside) as temporary:
        temporary.write_text(text, encoding="utf-8")
        write_network(network, path)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
