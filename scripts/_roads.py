"""The main-road network: nodes, edges, ferries, water barriers, speeds."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _osm_roads import write_osm_roads
from _sources import refuse, repeated, rows_of, unknown, write_csv

from impact.errors import Fault
from impact.geodesy import great_circle_km
from impact.network.network import FERRY

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from _sources import Sources

    from impact.tables.text_table import Table

_CHOICES = Path(__file__).with_name("roads.toml")
_KINDS = ("road", "postcode", "ferry")
_MAX_GAP_M = 10.0
_UNVERIFIED_FERRIES = {"Schiermonnikoog"}
_FERRY_SOURCE = "timetables and a published Dutch network model"
_FERRY_COLUMNS = ["island", "port", "island_node", "port_node", "crossing_minutes"]
_FERRY_COLUMNS += ["wait_minutes", "km", "visitor_cars"]


def write_roads(sources: Sources, out: Path, postcodes: pd.DataFrame) -> dict[str, str]:
    """Write the folder ``roads``.

    Parameters
    ----------
    sources, out
        Tables to read, folder to write into.
    postcodes
        Index ``postcode``; columns ``lat``, ``lon`` and ``municipality``.

    Returns
    -------
    dict of str to str
        Whether visitors may bring a car (yes or no), by island.

    Raises
    ------
    InputError
        When nodes, edges, ferries, barriers and postcodes do not join.
    """
    choices = tomllib.loads(_CHOICES.read_text(encoding="utf-8"))
    municipalities = set(postcodes["municipality"])
    nodes = _write_nodes(sources, out, municipalities)
    _check_postcode_nodes(sources, nodes, postcodes)
    ferries = sources.table("main_roads/ferries.csv", _FERRY_COLUMNS)
    refuse(
        unknown(ferries, "island", municipalities, "a municipality of pc4.csv")
        + unknown(ferries, "visitor_cars", {"yes", "no"}, "yes or no")
        + unknown(ferries, "island_node", set(nodes.frame["node"]), "a node of nodes.csv")
        + unknown(ferries, "port_node", set(nodes.frame["node"]), "a node of nodes.csv")
    )
    _write_edges(sources, out, nodes, ferries, set(choices["speeds"]["dal"]))
    _write_ferries(out, ferries)
    _write_barriers(sources, out, municipalities)
    _write_speeds(out, choices)
    write_osm_roads(out, choices["osm"], [cells for _, cells in rows_of(ferries)])
    (out / "roads" / "network.toml").write_text(_about(choices), encoding="utf-8", newline="\n")
    return {cells["island"]: cells["visitor_cars"] for _, cells in rows_of(ferries)}


def _write_nodes(sources: Sources, out: Path, municipalities: set[str]) -> Table:
    columns = ["node", "lat", "lon", "kind", "joinable", "municipality", "urban"]
    table = sources.table("main_roads/nodes.csv", columns)
    expected = "a municipality of pc4.csv"
    refuse(
        repeated(table, ["node"])
        + unknown(table, "kind", _KINDS, "one of " + ", ".join(_KINDS))
        + unknown(table, "municipality", municipalities, expected, empty=True)
    )
    rows = [cells for _, cells in rows_of(table)]
    write_csv(out / "roads" / "nodes.csv", columns, rows, sort=["node"])
    abroad = int((table.frame["municipality"] == "").sum())
    sources.report(f"roads   {len(rows)} nodes, {abroad} of them abroad")
    return table


def _check_postcode_nodes(sources: Sources, nodes: Table, postcodes: pd.DataFrame) -> None:
    """Every postcode must lie on its node, or its access leg would be guessed."""
    name = "main_roads/postcode_nodes.csv"
    table = sources.table(name, ["pc4", "node"])
    points = nodes.frame.set_index("node")[["lat", "lon"]].astype(float)
    missing = sorted(set(postcodes.index) - set(table.frame["pc4"]))
    refuse(
        unknown(table, "pc4", set(postcodes.index), "a postcode of pc4.csv")
        + unknown(table, "node", set(points.index), "a node of nodes.csv")
        + [Fault(name, "", "pc4", None, f"a node for {code}") for code in missing]
    )
    here = postcodes.loc[table.frame["pc4"], ["lat", "lon"]].astype(float)
    there = points.loc[table.frame["node"]]
    columns = (each[axis].to_numpy() for each in (here, there) for axis in ("lat", "lon"))
    metres = great_circle_km(*columns) * 1000.0
    refuse(
        [
            Fault(name, table.where(row), "node", f"{gap:.0f} m from {code}", "its own point")
            for row, code, gap in zip(table.frame.index, here.index, metres, strict=True)
            if gap > _MAX_GAP_M
        ]
    )


def _write_edges(
    sources: Sources, out: Path, nodes: Table, ferries: Table, classes: set[str]
) -> None:
    columns = ["from_node", "to_node", "km", "class", "urban"]
    ferry_columns = ["crossing_minutes", "wait_minutes"]
    table = sources.table("main_roads/edges.csv", [*columns, *ferry_columns])
    known, allowed = set(nodes.frame["node"]), {*classes, FERRY}
    refuse(
        unknown(table, "from_node", known, "a node of nodes.csv")
        + unknown(table, "to_node", known, "a node of nodes.csv")
        + unknown(table, "class", allowed, "one of " + ", ".join(sorted(allowed)))
        + table.numbers("km", minimum=0)[1]
        + table.numbers("urban", minimum=0, maximum=1)[1]
    )
    keys = ["km", *ferry_columns]
    crossings = {
        (cells["island_node"], cells["port_node"]): [float(cells[key]) for key in keys]
        for _, cells in rows_of(ferries)
    }
    rows = rows_of(table)
    links = {
        (cells["from_node"], cells["to_node"]): [float(cells[key]) for key in keys]
        for _, cells in rows
        if cells["class"] == FERRY
    }
    if links != crossings:
        value = f"{len(links)} ferry links"
        refuse([Fault(table.name, "", "class", value, "exactly those of main_roads/ferries.csv")])
    _check_islands(nodes, table, ferries)
    write_csv(
        out / "roads" / "edges.csv",
        columns,
        [cells for _, cells in rows],
        sort=["from_node", "to_node", "class", "km"],
    )
    counts = table.frame["class"].value_counts()
    shown = ", ".join(f"{counts[name]} {name}" for name in sorted(counts.index))
    sources.report(f"roads   {len(rows)} links: {shown}")


def _check_islands(nodes: Table, edges: Table, ferries: Table) -> None:
    """No road may leave an island."""
    islands = set(ferries.frame["island"])
    place = nodes.frame.set_index("node")["municipality"]
    ends = edges.frame[["from_node", "to_node"]].apply(lambda column: column.map(place))
    touches = ends.isin(islands).any(axis=1)
    leaves = ends["from_node"] != ends["to_node"]
    wrong = touches & leaves & (edges.frame["class"] != FERRY)
    refuse(
        [
            Fault(edges.name, edges.where(row), "class", str(found), FERRY)
            for row, found in edges.frame.loc[wrong, "class"].items()
        ]
    )


def _write_ferries(out: Path, ferries: Table) -> None:
    write_csv(
        out / "roads" / "ferries.csv",
        [*_FERRY_COLUMNS, "source", "status"],
        [
            cells
            | {
                "source": _FERRY_SOURCE,
                "status": "unverified" if cells["island"] in _UNVERIFIED_FERRIES else "timetable",
            }
            for _, cells in rows_of(ferries)
        ],
        sort=["island"],
    )


def _write_barriers(sources: Sources, out: Path, municipalities: set[str]) -> None:
    name, banks = "main_roads/water_barriers.csv", ["bank_a", "bank_b"]
    table = sources.table(name, ["water", *banks])
    rows = rows_of(table)
    refuse(
        [
            Fault(name, table.where(row), bank, place, "a municipality of pc4.csv")
            for row, cells in rows
            for bank in banks
            for place in cells[bank].split(";")
            if place not in municipalities
        ]
    )
    write_csv(
        out / "roads" / "water_barriers.csv",
        ["water", *banks],
        [cells for _, cells in rows],
        sort=["water", *banks],
    )


def _write_speeds(out: Path, choices: Mapping[str, Any]) -> None:
    speeds, profiles = choices["speeds"], choices["profiles"]
    status, factors = profiles["status"], speeds["factor"]
    rows = []
    for profile in status:
        for road_class, (rural, urban) in speeds["dal"].items():
            factor = factors[profile][road_class] if profile in factors else 1.0
            rows.append(
                {
                    "profile": profile,
                    "class": road_class,
                    "rural_kmh": f"{rural * factor:.2f}",
                    "urban_kmh": f"{urban * factor:.2f}",
                    "factor": f"{factor:.2f}",
                    "source": speeds["derived" if profile in factors else "source"],
                }
            )
    columns = ["profile", "class", "rural_kmh", "urban_kmh", "factor", "source"]
    write_csv(out / "roads" / "speeds.csv", columns, rows, sort=["profile", "class"])
    write_csv(
        out / "roads" / "profiles.csv",
        ["profile", "fixed_minutes", "status", "source"],
        [
            {
                "profile": profile,
                "fixed_minutes": str(profiles["fixed_minutes"]),
                "status": known,
                "source": profiles["fixed_source"],
            }
            for profile, known in status.items()
        ],
        sort=["profile"],
    )


def _about(choices: Mapping[str, Any]) -> str:
    """Write the tables [network] and [join] as TOML."""
    lines = []
    for table in ("network", "join"):
        lines.append(f"[{table}]")
        # JSON's strings, numbers and lists of strings are TOML's
        lines += [
            f"{key} = {json.dumps(value, ensure_ascii=False)}"
            for key, value in choices[table].items()
        ]
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"
