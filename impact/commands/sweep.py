"""`impact sweep`: every candidate of a study."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impact.commands.options import (
    SHORTEST_PATHS,
    EngineName,
    Force,
    Lang,
    Matrix,
    Mode,
    NoCache,
    OneIntervention,
    Profile,
    Quiet,
    Roads,
    Scheduler,
    StudyName,
    WithoutCar,
    check_choice,
    named_steps,
    opened_study,
)
from impact.study.model import CAR
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from impact.workers import Workers

_MANY = 200_000
"""Candidates above which is said first what a sweep takes, and Parquet is written."""

_SECONDS, _MEMORY = 5e-5, 1_000.0
_BYTES = {"csv": 140.0, "parquet": 30.0}
"""Per candidate, measured with a million of them: seconds, bytes of memory and of the file."""


def sweep(
    study: StudyName,
    *,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write into.")] = None,
    intervention: OneIntervention = None,
    all_subsets: Annotated[
        bool, typer.Option("--all-subsets", help="Any number stops, but not all; not k of n.")
    ] = False,
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format", help="Of the candidates: csv, or parquet (default above 200,000)."
        ),
    ] = None,
    scheduler: Scheduler = None,
    roads: Roads = None,
    times: Matrix = None,
    profile: Profile = None,
    mode: Mode = CAR,
    without_car: WithoutCar = None,
    engine: EngineName = DEFAULT_ENGINE,
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Force = False,
    no_cache: NoCache = False,
) -> None:
    """Evaluate every candidate concentration: which hospitals could stop, and who then travels.

    Example: impact sweep noordoost --out verdelingen
    """
    from rich.console import Console

    from impact.analysis.sweep import count_swept, sweep_study
    from impact.outputs.files.columns import FORMATS
    from impact.outputs.files.folder import SWEEP_FILES, write_sweep
    from impact.outputs.screen import print_sweep
    from impact.outputs.text import texts
    from impact.storage import check_output_folder
    from impact.times.engines.protocol import choose_engine
    from impact.workers import cluster, threads

    say = texts(lang)
    choose_engine(engine)
    if file_format is not None:
        check_choice("--format", file_format, FORMATS)
    asked = opened_study(
        study, roads=roads, times=times, profile=profile, mode=mode, without_car=without_car
    )
    folder = Path(f"impact-{Path(asked.source).stem}-sweep") if out is None else out
    check_output_folder(folder, SWEEP_FILES, command="sweep", force=force)
    count = count_swept(asked, intervention=intervention, every_subset=all_subsets)
    if file_format is None:
        file_format = "csv" if count <= _MANY else "parquet"
    if count > _MANY and not quiet:
        fields = {
            "count": say.number(count),
            "seconds": say.number(max(1.0, count * _SECONDS)),
            "memory": say.number(max(1.0, count * _MEMORY / 1e9)),
            "size": say.number(max(1.0, count * _BYTES[file_format] / 1e6)),
        }
        typer.echo(say("choices.screen_many", format=file_format, **fields), err=True)
    workers: AbstractContextManager[Workers] = (
        nullcontext(threads) if scheduler is None else cluster(scheduler)
    )
    with workers as use, named_steps(quiet=quiet, lang=lang) as step:
        found = sweep_study(
            asked,
            intervention=intervention,
            every_subset=all_subsets,
            engine=engine,
            workers=use,
            progress=None if step is None else partial(step, SHORTEST_PATHS),
            swept_progress=step,
            use_cache=not no_cache,
        )
    write_sweep(found, folder, lang=lang, file_format=file_format, force=force)
    if not quiet:
        print_sweep(Console(), found, folder, lang=lang)
