"""The command line: parse, call, print."""

from __future__ import annotations

import io
import re
import sys
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from impact.bundled import data_path, study_paths
from impact.cli_fetch import app as fetch_app
from impact.cli_postcodes import postcodes
from impact.cli_roads import app as roads_app
from impact.concentration.inputs import load_roads, with_overrides
from impact.concentration.run import run_study
from impact.errors import Fault, ImpactError, InputError, MissingDataError, nearest_names
from impact.places import ANYWHERE, read_hospitals, read_postcodes
from impact.storage import check_output_folder, replacing
from impact.study import BUNDLED, Study
from impact.study_file import read_study, study_file
from impact.times import travel_times, write_times
from impact.times.engines import DEFAULT_ENGINE, choose_engine
from impact.times.files import OWN_MATRIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from impact.concentration.result import Result

DEMO_STUDY = "noordoost"
_BAD_INPUT = 2
_INTERNAL = 1
_INTERRUPTED = 130

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Who travels how much longer when a treatment stops in these hospitals?",
)

app.add_typer(roads_app, name="roads")
app.add_typer(fetch_app, name="fetch")
app.command()(postcodes)

Out = Annotated[Path, typer.Option("--out", help="Folder to write into.")]
Roads = Annotated[
    str | None, typer.Option("--roads", help="'bundled' or a network file; else the study's.")
]
Profile = Annotated[
    str | None, typer.Option("--profile", help="Speed profile: dal (off-peak), vrij or spits.")
]
EngineName = Annotated[str, typer.Option("--engine", help="scipy or networkx: the same minutes.")]
Lang = Annotated[str, typer.Option("--lang", help="nl or en.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
Force = Annotated[bool, typer.Option("--force", help="Write beside files that are not ours.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither read nor keep the matrix.")]
Tiles = Annotated[bool, typer.Option("--tiles", help="Offer an online street layer on the map.")]


@app.command()
def demo(
    *,
    out: Out = Path("impact-demo"),
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Force = False,
    no_cache: NoCache = False,
) -> None:
    """Run the shipped study of Noordoost-Nederland.

    Example: impact demo --out noordoost
    """
    _run(
        read_study(study_paths()[DEMO_STUDY]),
        out,
        lang=lang,
        quiet=quiet,
        force=force,
        no_cache=no_cache,
    )


@app.command()
def run(
    study: Annotated[str, typer.Argument(help="A study file, or the name of a shipped study.")],
    *,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write into.")] = None,
    roads: Roads = None,
    times: Annotated[
        Path | None, typer.Option("--times", help="Your own matrix (CSV or Parquet).")
    ] = None,
    profile: Profile = None,
    engine: EngineName = DEFAULT_ENGINE,
    lang: Lang = "nl",
    tiles: Tiles = False,
    quiet: Quiet = False,
    force: Force = False,
    no_cache: NoCache = False,
) -> None:
    """Run a study: its named scenarios, one displayed candidate per treatment, ranges over all.

    Example: impact run mijn-regio.toml --out uitkomst --profile spits
    """
    path = study_file(study)
    # roads of the user's own may lie anywhere; they set the limits when the study is run
    bounds = None if roads in {None, BUNDLED} else ANYWHERE
    asked = _asked(read_study(path, bounds=bounds), roads=roads, times=times, profile=profile)
    folder = Path(f"impact-{path.stem}") if out is None else out
    _run(
        asked,
        folder,
        engine=engine,
        lang=lang,
        tiles=tiles,
        quiet=quiet,
        force=force,
        no_cache=no_cache,
    )


@app.command()
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
    from impact.outputs.texts import texts  # noqa: PLC0415 (keeps --help quick)

    say = texts(lang)
    choose_engine(engine)
    if out.suffix.lower() not in {".csv", ".parquet"}:
        raise InputError(Fault("--out", "", "", out.name, "a name ending in .csv or .parquet"))
    check_output_folder(out.parent, (), force=True)
    settings = Study("", "", (), roads=_resolved(roads) or BUNDLED, profile=profile or "dal")
    network = load_roads(settings)
    west, south, east, north = network.bounds
    bounds = (west - 0.5, south - 0.5, east + 0.5, north + 0.5)
    here = read_postcodes(origins, weights=(), bounds=bounds)
    there = read_hospitals(destinations, bounds=bounds)
    with _progress(quiet=quiet) as step:
        matrix = travel_times(network, here, there, engine=engine, km=km, progress=step)
    write_times(matrix, out)
    if legs is not None and matrix.legs is not None:
        with replacing(legs) as temporary:
            matrix.legs.to_csv(temporary, index=False, float_format="%.3f", lineterminator="\n")
    if quiet:
        return
    console = _console()
    pairs = matrix.minutes.size
    console.print(say("cli.done_times", pairs=say.number(pairs), path=out), markup=False)
    lost = int((matrix.minutes == float("inf")).sum())
    if lost:
        console.print(say("cli.without_route", count=say.number(lost)), markup=False)
    for name, distance in matrix.far_points:
        console.print(f"! {name}: {distance:.1f} km", markup=False)
    for note in (*here.attrs["notes"], *there.attrs["notes"]):
        console.print(f"- {note}", markup=False)


@app.command()
def lookup(
    postcode: Annotated[str, typer.Argument(help="Such as 7811 or '7811 AB'.")],
    study: Annotated[
        str | None, typer.Argument(help="A study; default: the shipped one of its region.")
    ] = None,
    *,
    profile: Profile = None,
    lang: Lang = "nl",
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, only the answer.")] = False,
) -> None:
    """Show what a study means for one postcode, before and after.

    Example: impact lookup 9201
    """
    from impact.outputs.screen import print_postcode  # noqa: PLC0415 (keeps --help quick)
    from impact.outputs.texts import texts  # noqa: PLC0415

    say = texts(lang)
    code = re.sub(r"\s+", "", postcode).upper()
    console = _console()
    if study is None:
        known = read_postcodes()
        short = code[:4]
        if short not in known.index:
            expected = "a Dutch postcode with residents"
            near = nearest_names(short, map(str, known.index))
            raise InputError(Fault("lookup", "", "postcode", postcode, expected, near))
        asked = _study_of_region(str(known.loc[short, "region"]))
    else:
        asked = read_study(study_file(study))
    with _progress(quiet=quiet) as step:
        result = run_study(_asked(asked, profile=profile), progress=step)
    if code not in result.postcodes.index and code[:4] in result.postcodes.index:
        code = code[:4]
        console.print(say("cli.lookup_pc4", postcode=code), markup=False)
    print_postcode(console, result, code, lang=lang)


def _study_of_region(region: str) -> Study:
    for path in study_paths().values():
        study = read_study(path)
        if study.region == region:
            return study
    msg = f"no shipped study has the region {region!r}; they are in {data_path('studies')}"
    raise MissingDataError(msg)


def _run(
    study: Study,
    folder: Path,
    *,
    engine: str = DEFAULT_ENGINE,
    lang: str,
    tiles: bool = False,
    quiet: bool,
    force: bool,
    no_cache: bool,
) -> None:
    from impact.outputs.folder import RUN_FILES, write_run  # noqa: PLC0415 (keeps --help quick)
    from impact.outputs.screen import print_summary  # noqa: PLC0415
    from impact.outputs.texts import texts  # noqa: PLC0415

    say = texts(lang)
    choose_engine(engine)
    check_output_folder(folder, RUN_FILES, force=force)
    with _progress(quiet=quiet) as step:
        result = run_study(study, engine=engine, progress=step, use_cache=not no_cache)
    if not quiet:
        _console().print(_times_line(result, lang), markup=False)
        _console().print(say("cli.writing"), markup=False)
    write_run(result, folder, lang=lang, tiles=tiles, force=force)
    if not quiet:
        print_summary(_console(), result, folder, lang=lang)


def _times_line(result: Result, lang: str) -> str:
    from impact.outputs.texts import texts  # noqa: PLC0415 (keeps --help quick)

    say = texts(lang)
    if result.from_cache:
        return say("cli.times_cached")
    roads = result.manifest["roads"]
    if roads["kind"] == OWN_MATRIX:
        return say("cli.times_own", name=roads["name"])
    count = result.manifest["counts"]
    return say(
        "cli.times_made",
        origins=say.number(count["postcodes"]),
        destinations=say.number(count["locations"]),
    )


def _asked(
    study: Study, *, roads: str | None = None, times: Path | None = None, profile: str | None
) -> Study:
    """Return the study with what the command line says instead; nothing asked is ignored."""
    matrix = None if times is None else str(times.resolve())
    if roads is not None:
        if times is not None:
            raise InputError(Fault("--roads", "", "", roads, "either --roads or --times"))
        matrix = ""
    asked = with_overrides(study, roads=_resolved(roads), times=matrix, profile=profile)
    if asked.times and profile is not None:
        expected = "no profile beside a matrix of your own, whose minutes are given"
        raise InputError(Fault("--profile", "", "", profile, expected))
    return asked


def _resolved(roads: str | None) -> str | None:
    return roads if roads in {None, BUNDLED} else str(Path(str(roads)).resolve())


def _console() -> Console:
    return Console()


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Progress bar on the error stream; none where that is no terminal."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("shortest paths", total=None)

        def step(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield step


def main() -> None:
    """Run the command line; exit 0 on success, 2 on bad input, 1 on an internal error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a terminal that lacks a character shows another; that is no reason to fail
            stream.reconfigure(errors="replace")
    try:
        app()
    except ImpactError as error:
        sys.stderr.write(f"impact: {error}\n")
        sys.exit(_BAD_INPUT)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except Exception:  # noqa: BLE001
        # the last door: whatever comes here is our fault, and is said as such
        sys.stderr.write("impact: internal error; please report it with these lines:\n")
        sys.stderr.write(traceback.format_exc())
        sys.exit(_INTERNAL)
