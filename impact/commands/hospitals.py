"""``impact roads hospitals``: the hospitals of an extract beside ours."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (typer reads the annotations)
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from impact.errors import Fault, InputError

_EVERYWHERE = (-180.0, -90.0, 180.0, 90.0)
_SHOWN = {
    "renamed": "on the site of one of ours, under another name",
    "moved": "name of one of ours, elsewhere",
    "new": "not among ours",
    "gone": "ours, open, within the extract, and not in it",
}


def hospitals(
    source: Annotated[Path, typer.Argument(help="An extract: .osm.pbf, .osm, .osm.gz, .osm.bz2.")],
    *,
    out: Annotated[Path, typer.Option("--out", help="A .geojson file that a study can name.")],
    known: Annotated[
        Path | None, typer.Option("--known", help="Hospitals to match; default: the shipped ones.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Find the hospitals of an extract and say which of ours are the same, moved, new or gone.

    Example: impact roads hospitals groningen-latest.osm.pbf --out candidates.geojson
    """
    from impact.places import read_hospitals  # noqa: PLC0415 (keeps --help quick)
    from impact.roads.hospital_match import (  # noqa: PLC0415
        STATES,
        match_hospitals,
        write_candidates,
    )
    from impact.roads.osm_hospitals import ATTRIBUTION, find_hospitals  # noqa: PLC0415

    if out.suffix.lower() != ".geojson":
        raise InputError(Fault("--out", "", "", out.name, "a name ending in .geojson"))
    ours = read_hospitals(known) if known is None else read_hospitals(known, bounds=_EVERYWHERE)
    found = find_hospitals(source)
    report = match_hospitals(found, ours)
    write_candidates(found, report, out)
    if quiet:
        return
    console = Console()
    counts = report["state"].value_counts()
    told = ", ".join(f"{counts.get(state, 0)} {state}" for state in STATES)
    console.print(f"{len(found)} hospitals in {source.name}: {told}", markup=False)
    for state, title in _SHOWN.items():
        rows = report[report["state"] == state]
        if rows.empty:
            continue
        table = Table("in the extract", "ours", "km", "OpenStreetMap", title=f"{state}: {title}")
        shown = rows.assign(km=[f"{km:.1f}" if km >= 0.0 else "" for km in rows["km"]])
        for cells in shown[["found", "known", "km", "osm"]].to_numpy(dtype=str).tolist():
            table.add_row(*(escape(cell) for cell in cells))
        console.print(table)
    for note in found.attrs["notes"]:
        console.print(f"- {note}", markup=False)
    console.print(f"{out}  ({ATTRIBUTION})", markup=False)
