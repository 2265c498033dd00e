"""`impact portfolio`: one choice per treatment at once, under conditions."""

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
    check_choice,
    opened_study,
    shortest_paths,
)
from impact.times.engines.protocol import DEFAULT_ENGINE


def portfolio(
    study: StudyName,
    *,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write into.")] = None,
    conditions: Annotated[
        Path | None,
        typer.Option(
            "--conditions",
            help="CSV: condition[, organisation, treatments, value, back, text].",
        ),
    ] = None,
    objective: Annotated[
        str,
        typer.Option("--objective", help="travel (over everybody) or worst (municipality)."),
    ] = "travel",
    time_limit: Annotated[
        float, typer.Option("--time-limit", help="Seconds in the solver per question.", min=1)
    ] = 60.0,
    roads: Roads = None,
    times: Matrix = None,
    profile: Profile = None,
    engine: EngineName = DEFAULT_ENGINE,
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Force = False,
    no_cache: NoCache = False,
) -> None:
    """Choose for all treatments at once: who loses what, who gets what, what it costs in travel.

    Example: impact portfolio noordoost --conditions voorwaarden.csv --out alles
    """
    from rich.console import Console

    from impact.analysis.portfolio import study_portfolio
    from impact.optimise.portfolio import OBJECTIVES
    from impact.outputs.pages.portfolio import PORTFOLIO_FILES, print_portfolio, write_portfolio
    from impact.outputs.text import texts
    from impact.storage import check_output_folder
    from impact.times.engines.protocol import choose_engine

    texts(lang)
    choose_engine(engine)
    check_choice("--objective", objective, OBJECTIVES)
    asked = opened_study(study, roads=roads, times=times, profile=profile)
    folder = Path(f"impact-{Path(asked.source).stem}-portfolio") if out is None else out
    check_output_folder(folder, PORTFOLIO_FILES, command="portfolio", force=force)
    with shortest_paths(quiet=quiet, lang=lang) as step:
        found = study_portfolio(
            asked,
            conditions=conditions,
            objective=objective,
            time_limit=time_limit,
            engine=engine,
            progress=step,
            use_cache=not no_cache,
        )
    write_portfolio(found, folder, lang=lang, force=force)
    if not quiet:
        print_portfolio(Console(), found, folder, lang=lang)
