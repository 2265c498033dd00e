"""`impact roads`: build a network from OpenStreetMap, say what is in it, find its hospitals."""

from __future__ import annotations

import json
import sys
from pathlib import Path  # noqa: TC003 (typer reads it at run time)
from typing import TYPE_CHECKING, Annotated

import typer

from impact.commands.language import SpokenCommand, SpokenGroup
from impact.commands.options import Lang, Replace  # noqa: TC001 (typer reads them)
from impact.errors import Fault, InputError
from impact.messages import in_words, translations

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from impact.network.network import RoadNetwork
    from impact.network.osm.component import Clip

_EVERYWHERE = (-180.0, -90.0, 180.0, 90.0)
_SHOWN = ("renamed", "moved", "new", "gone")
"""States of a hospital of which each is listed."""


def hospitals(
    source: Annotated[Path, typer.Argument(help="An extract: .osm.pbf, .osm, .osm.gz, .osm.bz2.")],
    *,
    out: Annotated[Path, typer.Option("--out", help="A .geojson file that a study can name.")],
    known: Annotated[
        Path | None, typer.Option("--known", help="Hospitals to match; default: the shipped ones.")
    ] = None,
    lang: Lang = "nl",
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    force: Replace = False,
) -> None:
    """Find the hospitals of an extract and say which of ours are the same, moved, new or gone.

    Example: impact roads hospitals groningen-latest.osm.pbf --out candidates.geojson
    """
    from rich.markup import escape
    from rich.table import Table

    from impact.network.hospitals import (
        ATTRIBUTION,
        STATES,
        find_hospitals,
        match_hospitals,
        write_candidates,
    )
    from impact.outputs.text import texts
    from impact.outputs.text.wording import note_text
    from impact.storage import check_files, record_files
    from impact.tables.places import read_hospitals

    say = texts(lang)
    if out.suffix.lower() != ".geojson":
        raise InputError(Fault("--out", "", "", out.name, "a name ending in .geojson"))
    read = (source, *(() if known is None else (known,)))
    check_files((out,), read, command="roads hospitals", force=force)
    ours = read_hospitals(known) if known is None else read_hospitals(known, bounds=_EVERYWHERE)
    found = find_hospitals(source)
    report = match_hospitals(found, ours)
    write_candidates(found, report, out)
    record_files("roads hospitals", out)
    if quiet:
        return
    console = _console()
    counts = report["state"].value_counts()
    told = ", ".join(
        say(f"roads.hospitals_{state}", count=say.number(counts.get(state, 0))) for state in STATES
    )
    line = say("roads.hospitals", count=say.number(len(found)), file=source.name, states=told)
    console.print(line, markup=False)
    for state in _SHOWN:
        rows = report[report["state"] == state]
        if rows.empty:
            continue
        head = (say("roads.hospitals_found"), say("roads.hospitals_ours"), "km", "OpenStreetMap")
        table = Table(*head, title=say(f"roads.title_{state}"))
        distances = [say.number(km, decimals=1) if km >= 0.0 else "" for km in rows["km"]]
        shown = rows.assign(km=distances)
        for cells in shown[["found", "known", "km", "osm"]].to_numpy(dtype=str).tolist():
            table.add_row(*(escape(cell) for cell in cells))
        console.print(table)
    for note in found.attrs["notes"]:
        console.print(f"- {note_text(say, note)}", markup=False)
    console.print(f"{out}  ({ATTRIBUTION})", markup=False)


app = typer.Typer(
    cls=SpokenGroup,
    add_completion=False,
    no_args_is_help=True,
    help="Roads from OpenStreetMap: build a network, see what is in it.",
)

app.command(cls=SpokenCommand)(hospitals)

_MANIFEST = ".json"


@app.command(cls=SpokenCommand)
def build(
    source: Annotated[
        Path, typer.Argument(help="An .osm.pbf, .osm, .osm.gz, .osm.bz2 or .graphml file.")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", help="The network file, such as nl.impact.")],
    bbox: Annotated[
        str | None, typer.Option("--bbox", help="west,south,east,north in degrees.")
    ] = None,
    polygon: Annotated[
        Path | None, typer.Option("--polygon", help="GeoJSON or .poly file of the area.")
    ] = None,
    buffer: Annotated[
        float, typer.Option("--buffer", help="Kilometres around the area that stay too.")
    ] = 5.0,
    ferries: Annotated[
        Path | None, typer.Option("--ferries", help="Your own table of waits (osm_ferries.csv).")
    ] = None,
    shapes: Annotated[
        bool, typer.Option("--shapes/--no-shapes", help="Keep the course of the roads.")
    ] = True,
    turns: Annotated[
        bool, typer.Option("--turns/--no-turns", help="Honour turn restrictions.")
    ] = True,
    lang: Lang = "nl",
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that is no network.")
    ] = False,
) -> None:
    """Build a network of all roads for cars from an OpenStreetMap extract.

    Example: impact roads build netherlands-latest.osm.pbf --out nl.impact
    """
    from impact.network.osm.build import (
        build_manifest,
        build_network,
        write_built,
    )
    from impact.network.osm.tag_tables import read_osm_tables
    from impact.outputs.text import texts
    from impact.storage import record_files

    texts(lang)
    check_target(out, source, force=force)
    clip = clip_of(bbox, polygon, buffer)
    tables = read_osm_tables(ferries=ferries)
    network = build_network(
        source,
        clip=clip,
        tables=tables,
        shapes=shapes,
        turns=turns,
        say=steps(quiet=quiet, lang=lang),
    )
    write_built(network, out, build_manifest(network, source, ferries=ferries))
    record_files("roads build", *built_files(out))
    if not quiet:
        print_built(network, out, lang)


@app.command(cls=SpokenCommand)
def info(
    file: Annotated[Path, typer.Argument(help="A network file.")],
    *,
    map_file: Annotated[
        Path | None, typer.Option("--map", help="Also draw it: a name ending in .svg.")
    ] = None,
    lang: Lang = "nl",
    json_: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    force: Replace = False,
) -> None:
    """Say what is in a network file: area, date, kilometres per class, speeds, ferries.

    Example: impact roads info nl.impact --map nl.svg
    """
    from impact.network.npz import read_network
    from impact.outputs.pictures.network_chart import write_sketch
    from impact.outputs.screen import print_info
    from impact.outputs.text import texts
    from impact.storage import check_files, record_files

    say = texts(lang)
    if map_file is not None and map_file.suffix.lower() != ".svg":
        raise InputError(Fault("--map", "", "", map_file.name, "a name ending in .svg"))
    check_files((map_file,), (file,), command="roads info", force=force)
    network = read_network(file)
    # first: whoever reads the text may stop reading
    drawn = () if map_file is None else write_sketch(network, map_file)
    record_files("roads info", map_file)
    if json_:
        sys.stdout.write(json.dumps(network.about, ensure_ascii=False, indent=2) + "\n")
        return
    print_info(_console(), network, lang=lang)
    if map_file is not None:
        line = say("roads.map", path=map_file, classes=", ".join(drawn))
        _console().print(line, markup=False, highlight=False)


def clip_of(bbox: str | None, polygon: Path | None, buffer: float) -> Clip | None:
    """Return the area of which roads are wanted; none for all."""
    from impact.network.osm import component as clips

    if bbox is not None and polygon is not None:
        raise InputError(Fault("--polygon", "", "", str(polygon), "either --bbox or --polygon"))
    if bbox is not None:
        return clips.bounding_box(bbox, buffer_km=buffer)
    return None if polygon is None else clips.polygon(polygon, buffer_km=buffer)


def check_target(out: Path, source: Path, *, force: bool) -> None:
    """Refuse before the work what could not be written after it."""
    from impact.network.npz import is_network
    from impact.storage import check_files, check_output_folder

    check_output_folder(out.parent, (), force=True)
    # a network of an older run is ours too
    replaced = force or (out.is_file() and is_network(out))
    check_files(built_files(out), (source,), command="roads build", force=replaced)


def built_files(out: Path) -> tuple[Path, Path]:
    """Return what building a network writes: it, and what made it."""
    return out, out.with_name(out.name + _MANIFEST)


def print_built(network: RoadNetwork, out: Path, lang: str) -> None:
    """Print what was built."""
    from impact.outputs.screen import built_lines

    for line in built_lines(network, out, lang=lang):
        _console().print(line, markup=False, highlight=False)


def steps(*, quiet: bool, lang: str) -> Callable[[str], None] | None:
    """Write steps on the error stream, where that is a terminal."""
    if quiet or not sys.stderr.isatty():
        return None

    def say(step: str) -> None:
        sys.stderr.write(f"{in_words(step, translations(lang))} ...\n")

    return say


def _console() -> Console:
    from rich.console import Console

    return Console()
