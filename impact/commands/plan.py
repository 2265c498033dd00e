"""`impact plan`: from when who stops, who travels longer from that day, and what is late."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from impact.commands.options import (
    EngineName,
    Force,
    Lang,
    Matrix,
    NoCache,
    Profile,
    Quiet,
    Roads,
    StudyName,
    opened_study,
    shortest_paths,
)
from impact.times.engines.protocol import DEFAULT_ENGINE


def plan(
    study: StudyName,
    *,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write into.")] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            "--plan",
            help="CSV: intervention, location, step, from[, recipient, capacity, state, source]; "
            "left out: the scenarios of the study that have a day.",
        ),
    ] = None,
    growth: Annotated[
        Path | None,
        typer.Option("--growth", help="CSV: year, band (0-64, 65-74, 75+), factor."),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", help="Day to judge lateness on, as 2026-01-01; today by default."),
    ] = None,
    roads: Roads = None,
    times: Matrix = None,
    profile: Profile = None,
    engine: EngineName = DEFAULT_ENGINE,
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Force = False,
    no_cache: NoCache = False,
) -> None:
    """Put a plan on a time line: what changes from which day, for whom, and what is late.

    Example: impact plan noordoost --plan tijdplan.csv --growth groei.csv --out plan
    """
    from rich.console import Console

    from impact.analysis.plan import read_day, study_plan
    from impact.outputs.pages.plan import PLAN_FILES, print_plan, write_plan
    from impact.outputs.text import texts
    from impact.storage import check_output_folder
    from impact.times.engines.protocol import choose_engine

    texts(lang)
    choose_engine(engine)
    today = None if on is None else read_day(on, "--on")
    asked = opened_study(study, roads=roads, times=times, profile=profile)
    folder = Path(f"impact-{Path(asked.source).stem}-plan") if out is None else out
    check_output_folder(folder, PLAN_FILES, command="plan", force=force)
    with shortest_paths(quiet=quiet, lang=lang) as step:
        found = study_plan(
            asked,
            plan=table,
            growth=growth,
            today=today,
            engine=engine,
            progress=step,
            use_cache=not no_cache,
        )
    write_plan(found, folder, lang=lang, force=force)
    if not quiet:
        print_plan(Console(), found, folder, lang=lang)
