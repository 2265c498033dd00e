"""`impact run` and `impact demo`: one study, every output."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from impact.commands.options import (
    EngineName,
    Force,
    Lang,
    Matrix,
    NoCache,
    Out,
    Profile,
    Quiet,
    Roads,
    StudyName,
    Tiles,
    named_steps,
    opened_study,
    resolved,
    shortest_paths,
)
from impact.errors import Fault, InputError
from impact.messages import in_words, said, translations
from impact.network.random_speeds import RUN_TABLES, SPREAD
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.analysis.result import Result
    from impact.study.model import Study

DEMO_STUDY = "noordoost"
_SPEED_TABLES = "random speed tables"
"""What the progress bar of `--sensitivity` is called."""


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
    from impact.bundled import study_paths
    from impact.study.read import read_study

    _run(
        read_study(study_paths()[DEMO_STUDY]),
        out,
        lang=lang,
        quiet=quiet,
        force=force,
        no_cache=no_cache,
    )


def run(
    study: StudyName,
    *,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write into.")] = None,
    roads: Roads = None,
    times: Matrix = None,
    profile: Profile = None,
    engine: EngineName = DEFAULT_ENGINE,
    lang: Lang = "nl",
    tiles: Tiles = False,
    tables: Annotated[
        bool, typer.Option("--tables", help="Only the tables (CSV) and the manifest: at once.")
    ] = False,
    sure: Annotated[
        bool,
        typer.Option("--sensitivity", help="Vary every assumption: margins, tornados, orders."),
    ] = False,
    draws: Annotated[
        int | None,
        typer.Option(
            "--draws",
            min=1,
            help=said(
                "Random speed tables for --sensitivity; {count} by default.", count=RUN_TABLES
            ),
        ),
    ] = None,
    spread: Annotated[
        float | None,
        typer.Option(
            "--spread",
            min=0.0,
            max=1.0,
            help=said("How far speeds are drawn; {spread} by default.", spread=SPREAD),
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Of what is drawn; 1 by default.")
    ] = None,
    also_roads: Annotated[
        list[str] | None,
        typer.Option("--also-roads", help="Another network to compare with; may be repeated."),
    ] = None,
    quiet: Quiet = False,
    force: Force = False,
    no_cache: NoCache = False,
) -> None:
    """Run a study: its named scenarios, one displayed candidate per treatment, ranges over all.

    Example: impact run mijn-regio.toml --out uitkomst --profile spits
    """
    if tables and tiles:
        raise InputError(Fault("--tiles", "", "", None, "no --tables beside it: there is no map"))
    varied = {"draws": draws, "spread": spread, "seed": seed, "also-roads": also_roads}
    drawn = _draws(varied, asked=sure)
    asked = opened_study(study, roads=roads, times=times, profile=profile)
    folder = Path(f"impact-{Path(asked.source).stem}") if out is None else out
    _run(
        asked,
        folder,
        engine=engine,
        lang=lang,
        tiles=tiles,
        tables=tables,
        drawn=drawn,
        quiet=quiet,
        force=force,
        no_cache=no_cache,
    )


@dataclass(frozen=True)
class Draws:
    """What ``--sensitivity`` asks for."""

    members: int
    spread: float
    seed: int
    other_roads: tuple[str, ...]


def _draws(options: Mapping[str, Any], *, asked: bool) -> Draws | None:
    """Return what to draw; nothing that was asked is ignored."""
    given = {name: value for name, value in options.items() if value is not None}
    if not asked:
        if given:
            expected = "--sensitivity beside it"
            raise InputError([Fault(f"--{name}", "", "", None, expected) for name in given])
        return None
    return Draws(
        given.get("draws", RUN_TABLES),
        given.get("spread", SPREAD),
        given.get("seed", 1),
        tuple(given.get("also-roads", ())),
    )


def _run(
    study: Study,
    folder: Path,
    *,
    engine: str = DEFAULT_ENGINE,
    lang: str,
    tiles: bool = False,
    tables: bool = False,
    drawn: Draws | None = None,
    quiet: bool,
    force: bool,
    no_cache: bool,
) -> None:
    from rich.console import Console

    from impact.analysis.run import run_study
    from impact.model.inputs import load_inputs
    from impact.outputs.files.folder import run_files, write_run
    from impact.outputs.screen import print_summary
    from impact.outputs.text import texts
    from impact.storage import check_output_folder
    from impact.times.engines.protocol import choose_engine

    say = texts(lang)
    choose_engine(engine)
    check_output_folder(folder, run_files(only_tables=tables), command="run", force=force)
    with shortest_paths(quiet=quiet, lang=lang) as step:
        inputs = load_inputs(study, engine=engine, progress=step, use_cache=not no_cache)
    result = run_study(study, engine=engine, use_cache=not no_cache, inputs=inputs)
    if drawn is not None:
        from impact.evidence.sensitivity import sensitivity, with_sensitivity

        with named_steps(quiet=quiet, lang=lang) as bars:
            found = sensitivity(
                study,
                result,
                members=drawn.members,
                spread=drawn.spread,
                seed=drawn.seed,
                engine=engine,
                other_roads=[str(resolved(roads)) for roads in drawn.other_roads],
                inputs=inputs,
                progress=None if bars is None else partial(bars, _SPEED_TABLES),
            )
        result = with_sensitivity(result, found)
    if not quiet:
        Console().print(_times_line(result, lang), markup=False)
        if not tables:
            Console().print(say("cli.writing"), markup=False)
    write_run(result, folder, lang=lang, tiles=tiles, only_tables=tables, force=force)
    if not quiet:
        print_summary(Console(), result, folder, lang=lang)


def _times_line(result: Result, lang: str) -> str:
    from impact.outputs.text import texts
    from impact.times.files import OWN_MATRIX

    say = texts(lang)
    if result.from_cache:
        return say("cli.times_cached")
    roads = result.manifest["roads"]
    if roads["kind"] == OWN_MATRIX:
        return say("cli.times_own", name=roads["name"])
    count, times = result.manifest["counts"], result.manifest["times"]
    made = say(
        "cli.times_made",
        origins=say.number(count["postcodes"]),
        destinations=say.number(count["locations"]),
    )
    words = translations(lang)
    remarks = [f"! {in_words(each, words)}" for each in times.get("engine_remarks", ())]
    return "\n".join([made, say("cli.engine_chosen", engine=times["engine"]), *remarks])
