"""Read an OpenStreetMap file: the drivable ways first, then only the nodes that they use.

osmium does the scanning and filtering in C++; Python sees a road as a line of text, a node only
where it carries a tag that matters. Everything is kept in flat arrays: no object per node.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium

from impact.errors import Fault, InputError, OutputError
from impact.roads.osm.nodes import read_nodes
from impact.roads.osm.ways import Ways, read_ways

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from impact.roads.osm.ferries import FerryWay
    from impact.roads.osm.restrictions import Restriction
    from impact.roads.osm.tables import OsmTables
    from impact.roads.osm.tags import WayKind

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2", ".osm.xml")


@dataclass(frozen=True, eq=False)
class OsmRoads:
    """Drivable ways and their nodes.

    Attributes
    ----------
    way : ndarray of int64, shape (n_ways,)
        Identifiers.
    kind : ndarray of int32, shape (n_ways,)
        Position in `kinds`; ferries come after them: ``len(kinds) + position in ferries``.
    start : ndarray of int64, shape (n_ways + 1,)
        Nodes of way i are ``start[i]:start[i + 1]`` of `ref`.
    ref : ndarray of int32, shape (n_refs,)
        Positions in `node`.
    node : ndarray of int64, shape (n_nodes,)
        Identifiers, sorted.
    lon, lat : ndarray of float, shape (n_nodes,)
        Degrees; NaN where the file lacks the node.
    event, event_way : ndarray of int8, shape (n_nodes,)
        What stands there (position in `impact.roads.osm.nodes.EVENTS`; 0: nothing), and for
        which direction of the way: 0 both, 1 along, 2 against.
    blocked : ndarray of bool, shape (n_nodes,)
        Whether a barrier stops cars there.
    kinds, ferries, restrictions
        Kinds of way, ferries that carry cars, turn restrictions.
    left_out : Counter of str
        Ways not taken, by reason.
    about
        Date, generator and notes of the file.
    """

    way: NDArray[np.int64]
    kind: NDArray[np.int32]
    start: NDArray[np.int64]
    ref: NDArray[np.int32]
    node: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    event: NDArray[np.int8]
    event_way: NDArray[np.int8]
    blocked: NDArray[np.bool_]
    kinds: tuple[WayKind, ...]
    ferries: tuple[FerryWay, ...]
    restrictions: tuple[Restriction, ...]
    left_out: Counter[str]
    about: Mapping[str, Any]


def scan(
    path: Path | str, tables: OsmTables, *, say: Callable[[str], None] | None = None
) -> OsmRoads:
    """Read the drivable roads of a file.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    tables
        What is drivable.
    say
        Receives a line of text per step.

    Returns
    -------
    OsmRoads

    Raises
    ------
    InputError
        When the file is absent, damaged, no OpenStreetMap, or holds no road for cars.
    """
    path = Path(path)
    if not str(path).lower().endswith(SUFFIXES):
        raise InputError(
            Fault(path.name, "", "", path.suffix, "one of " + ", ".join((*SUFFIXES, ".graphml")))
        )
    if not path.is_file():
        raise InputError(Fault(str(path), "", "", None, "a readable file (no such file)"))
    say = say or _silent
    try:
        with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
            header = reader.header()
        say("reading ways")
        ways = read_ways(path, tables)
        if len(ways.way) == 0:
            refused = sum(ways.left_out.values())
            expected = f"roads that a car may use ({refused} other ways with a road or ferry tag)"
            raise InputError(Fault(path.name, "", "highway", None, expected))
        say(f"reading the nodes of {len(ways.way)} ways")
        node, ref = np.unique(ways.ref, return_inverse=True)
        columns = read_nodes(path, node, tables)
    except OutputError:
        raise
    except (RuntimeError, OSError, zlib.error, EOFError) as error:
        expected = f"a whole OpenStreetMap file ({_reason(error)})"
        raise InputError(Fault(path.name, "", "", None, expected)) from error
    return OsmRoads(
        way=ways.way,
        kind=ways.kind,
        start=ways.start,
        ref=ref.astype(np.int32),
        node=node,
        **columns,
        kinds=ways.kinds,
        ferries=ways.ferries,
        restrictions=ways.restrictions,
        left_out=ways.left_out,
        about=_about(path, header, ways),
    )


def _about(path: Path, header: osmium.io.Header, ways: Ways) -> dict[str, Any]:
    date = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    return {
        "file": path.name,
        "bytes": path.stat().st_size,
        "date": date or "not stated in the file",
        "generator": header.get("generator") or "not stated in the file",
        "ways": len(ways.way),
    }


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] or type(error).__name__


def _silent(_: str) -> None:
    """Say nothing."""
