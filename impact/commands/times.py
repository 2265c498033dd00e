"""`impact times`: a travel-time matrix."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (typer reads it at run time)
from typing import Annotated

import typer
from rich.console import Console

from impact.commands.options import (
    EngineName,
    Lang,
    Profile,
    Quiet,
    Roads,
    resolved,
    shortest_paths,
)
from impact.concentration.inputs import load_roads
from impact.errors import Fault, InputError
from impact.outputs.texts import texts
from impact.places import read_hospitals, read_postcodes
from impact.storage import check_output_folder, replacing
from impact.study import BUNDLED, Study
from impact.times import travel_times, write_times
from impact.times.engines import DEFAULT_ENGINE, choose_engine


def times(
    *,
    origins: Annotated[Path, typer.Option("--origins", help="postcode, lat, lon[, ...]")],
    destinations: Annotated[Path, typer.Option("--destinations", help="name, lat, lon[, ...]")],
    out: Annotated[Path, typer.Option("--out", help="A .csv or .parquet file.")],
    roads: Roads = BUNDLED,
    profile: Profile = "dal",
    engine: EngineName = DEFAULT_ENGINE,
    km: Annotated[bool, typer.Option("--km", help="Add the road length.")] = False,
    legs: Annotated[
        Path | None, typer.Option("--legs", help="Write the access leg of every point here (CSV).")
    ] = None,
    lang: Lang = "nl",
    quiet: Quiet = False,
) -> None:
    """Write a matrix: one-way minutes by car from every origin to every destination.

    Example: impact times --origins pc4.csv --destinations ziekenhuizen.csv --out reistijden.csv
    """
    say = texts(lang)
    choose_engine(engine)
    if out.suffix.lower() not in {".csv", ".parquet"}:
        raise InputError(Fault("--out", "", "", out.name, "a name ending in .csv or .parquet"))
    check_output_folder(out.parent, (), force=True)
    settings = Study("", "", (), roads=resolved(roads) or BUNDLED, profile=profile or "dal")
    network = load_roads(settings)
    west, south, east, north = network.bounds
    bounds = (west - 0.5, south - 0.5, east + 0.5, north + 0.5)
    here = read_postcodes(origins, weights=(), bounds=bounds)
    there = read_hospitals(destinations, bounds=bounds)
    with shortest_paths(quiet=quiet) as step:
        matrix = travel_times(network, here, there, engine=engine, km=km, progress=step)
    write_times(matrix, out)
    if legs is not None and matrix.legs is not None:
        with replacing(legs) as temporary:
            matrix.legs.to_csv(temporary, index=False, float_format="%.3f", lineterminator="\n")
    if quiet:
        return
    console = Console()
    pairs = matrix.minutes.size
    console.print(say("cli.done_times", pairs=say.number(pairs), path=out), markup=False)
    lost = int((matrix.minutes == float("inf")).sum())
    if lost:
        console.print(say("cli.without_route", count=say.number(lost)), markup=False)
    for name, distance in matrix.far_points:
        console.print(f"! {name}: {distance:.1f} km", markup=False)
    for note in (*here.attrs["notes"], *there.attrs["notes"]):
        console.print(f"- {note}", markup=False)
