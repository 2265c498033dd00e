"""`impact monitor`: how near care that is spread is, against last year and against a plan."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (typer reads the annotations)
from typing import Annotated

import typer

from impact.commands.options import (
    EngineName,
    EvidenceProfile,
    EvidenceRoads,
    Force,
    Lang,
    NoCache,
    Quiet,
    resolved,
    shortest_paths,
)
from impact.study.model import BUNDLED
from impact.times.engines.protocol import DEFAULT_ENGINE


def monitor(
    locations: Annotated[Path, typer.Argument(help="CSV or GeoJSON: name, lat, lon.")],
    *,
    care: Annotated[str, typer.Option("--care", help="What is done there, in your words.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")],
    region: Annotated[
        str, typer.Option("--region", help="An oncology region; left out: the whole country.")
    ] = "",
    against: Annotated[
        Path | None, typer.Option("--against", help="monitor.json of an earlier run.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="CSV: level, area, indicator, target.")
    ] = None,
    transit: Annotated[
        Path | None, typer.Option("--transit", help="A matrix by public transport of your own.")
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", help="Day of the figures, as 2026-01-01; today.")
    ] = None,
    roads: EvidenceRoads = BUNDLED,
    profile: EvidenceProfile = "dal",
    engine: EngineName = DEFAULT_ENGINE,
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Force = False,
    no_cache: NoCache = False,
) -> None:
    """Measure how near care is that must stay near: coverage, change since last year, a plan.

    Example: impact monitor huisartsenposten.csv --care huisartsenpost --out monitor
    """
    from rich.console import Console

    from impact.analysis.monitor import monitor as measured
    from impact.analysis.plan import read_day
    from impact.outputs.pages.monitor import MONITOR_FILES, print_monitor, write_monitor
    from impact.outputs.text import texts
    from impact.storage import check_output_folder
    from impact.times.engines.protocol import choose_engine

    texts(lang)
    choose_engine(engine)
    made = None if on is None else read_day(on, "--on")
    check_output_folder(out, MONITOR_FILES, command="monitor", force=force)
    with shortest_paths(quiet=quiet, lang=lang) as step:
        found = measured(
            locations,
            care=care,
            region=region,
            against=against,
            plan=plan,
            transit=transit,
            roads=resolved(roads) or BUNDLED,
            profile=profile,
            made=made,
            engine=engine,
            progress=step,
            use_cache=not no_cache,
        )
    write_monitor(found, out, lang=lang, force=force)
    if not quiet:
        print_monitor(Console(), found, out, lang=lang)
