"""The table of car ferries: from the list of 2018, the boats to the islands, and what both lack."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from _sources import refuse, rows_of, write_csv

from impact.errors import Fault
from impact.geodesy import great_circle_km

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from _sources import Sources

COLUMNS = ["ferry", "water", "kind", "island", "lat_a", "lon_a", "lat_b", "lon_b", "km"]
COLUMNS += ["crossing_minutes", "wait_minutes", "hours", "visitor_cars", "status", "source"]
_LIST = "car_ferries_2018.csv"
_LANDINGS = ["lat_a", "lon_a", "lat_b", "lon_b"]
_OWN = "general knowledge; landings: OpenStreetMap; minutes: assumption"
_BOATS = "timetables and a published Dutch network model"
_UNVERIFIED = {"Schiermonnikoog"}
_MOST_LANDINGS = 2


def write_car_ferries(sources: Sources, out: Path, choices: Mapping[str, Any]) -> None:
    """Write ``roads/car_ferries.csv``.

    Parameters
    ----------
    sources, out
        Tables to read, folder to write into.
    choices
        Table ``[ferries]`` of ``streets.toml``.

    Raises
    ------
    InputError
        When a landing is missing or a name of the choices is not in the list.
    """
    columns = ["name", "type", "water", *_LANDINGS, "km", "n_stops"]
    table = sources.table(_LIST, columns)
    known = set(table.frame["name"])
    named = {*choices["landings"], *choices["left_out"]}
    refuse(
        [Fault("streets.toml", "", "ferries", name, f"a name of {_LIST}") for name in named - known]
    )
    rows, faults = [], []
    for row, cells in rows_of(table):
        if cells["name"] in choices["left_out"]:
            sources.report(
                f"ferries {cells['name']} left out: {choices['left_out'][cells['name']]}"
            )
            continue
        own = choices["landings"].get(cells["name"])
        if own is None and int(cells["n_stops"]) < _MOST_LANDINGS:
            faults.append(
                Fault(_LIST, table.where(row), "n_stops", cells["n_stops"], "two landings")
            )
            continue
        ends = own or [float(cells[name]) for name in _LANDINGS]
        water = cells["water"].removeprefix("Autoveer over ")
        rows.append(_row(cells["name"], water, ends, choices, source=choices["source"]))
    refuse(faults)
    rows += [
        _row(each["name"], each["water"], each["landings"], choices, source=_OWN)
        | {"hours": each["hours"], "status": "unverified"}
        for each in choices["more"]
    ]
    rows += _boats(sources)
    write_csv(out / "roads" / "car_ferries.csv", COLUMNS, rows, sort=["ferry"])
    sources.report(f"ferries {len(rows)} that carry cars")


def _row(
    name: str, water: str, ends: list[float], choices: Mapping[str, Any], *, source: str
) -> dict[str, str]:
    """Cells of a ferry whose minutes are those of its kind."""
    km = float(great_circle_km(*ends))
    kind = next(each for each in choices["kind"] if km <= each["longest_km"])
    # nobody crosses in less than a minute: cars drive on and off
    crossing = max(1, math.ceil(km / kind["kmh"] * 60.0))
    return {
        "ferry": name,
        "water": water,
        "kind": kind["kind"],
        "island": "",
        **{key: f"{value:.5f}" for key, value in zip(_LANDINGS, ends, strict=True)},
        "km": f"{km:.2f}",
        "crossing_minutes": str(crossing),
        "wait_minutes": f"{kind['wait_minutes']:g}",
        "hours": kind["hours"],
        "visitor_cars": "yes",
        "status": "assumption",
        "source": source,
    }


def _boats(sources: Sources) -> list[dict[str, str]]:
    """Boats to the Wadden islands, as the main roads have them."""
    names = ["node", "lat", "lon", "kind", "joinable", "municipality", "urban"]
    nodes = sources.table("main_roads/nodes.csv", names).frame.set_index("node")
    names = ["island", "port", "island_node", "port_node", "crossing_minutes", "wait_minutes"]
    table = sources.table("main_roads/ferries.csv", [*names, "km", "visitor_cars"])
    out = []
    for _, cells in rows_of(table):
        ends = [
            f"{float(nodes.loc[cells[f'{end}_node'], axis]):.5f}"
            for end in ("port", "island")
            for axis in ("lat", "lon")
        ]
        out.append(
            {
                **{key: cells[key] for key in ("island", "crossing_minutes", "wait_minutes")},
                **{key: cells[key] for key in ("km", "visitor_cars")},
                **dict(zip(_LANDINGS, ends, strict=True)),
                "ferry": f"{cells['port']} - {cells['island']}",
                "water": "Waddenzee",
                "kind": "sea",
                "hours": "timetable",
                "status": "unverified" if cells["island"] in _UNVERIFIED else "timetable",
                "source": _BOATS,
            }
        )
    return out
