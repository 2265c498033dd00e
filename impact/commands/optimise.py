"""`impact optimise`: the redistribution with the least travel."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from impact.commands.options import (
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
    StudyName,
    WithoutCar,
    check_choice,
    opened_study,
    shortest_paths,
)
from impact.messages import said
from impact.optimise.query import BESIDE_SECONDS, OBJECTIVES, VOLUMES, Query
from impact.study.model import CAR
from impact.times.engines.protocol import DEFAULT_ENGINE

_HELP_OBJECTIVE = (
    "minutes: mean over all; worst: mean of the worst municipality; beyond: how many travel beyond "
    "--limit."
)


def optimise(
    study: StudyName,
    *,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write into.")] = None,
    intervention: OneIntervention = None,
    objective: Annotated[str, typer.Option("--objective", help=_HELP_OBJECTIVE)] = "minutes",
    limit: Annotated[float, typer.Option("--limit", help="Minutes, for beyond.", min=0)] = 45.0,
    locations: Annotated[
        int | None, typer.Option("--locations", help="Exactly so many stay open.", min=1)
    ] = None,
    at_most: Annotated[
        int | None, typer.Option("--at-most", help="At most so many stay open.", min=1)
    ] = None,
    minimum: Annotated[
        float | None,
        typer.Option(
            "--minimum",
            help="Least volume per location, in the unit of the volumes; else the norm, where "
            "that is patients.",
            min=0,
        ),
    ] = None,
    volumes: Annotated[
        str,
        typer.Option(
            "--volumes",
            help="registered: the study's counts where it has them, moving with the residents of "
            "their hospital; demand: what the demand of the study makes.",
        ),
    ] = VOLUMES[0],
    capacity: Annotated[
        Path | None, typer.Option("--capacity", help="CSV: location, capacity[, intervention].")
    ] = None,
    gap: Annotated[
        float, typer.Option("--gap", help="Stop within this share of the best.", min=0, max=1)
    ] = 0.0,
    time_limit: Annotated[
        float, typer.Option("--time-limit", help="Seconds in the solver per treatment.", min=1)
    ] = 60.0,
    beside: Annotated[
        float,
        typer.Option(
            "--beside",
            help="Seconds per treatment for the runners-up and the best per number of locations; "
            "0: none.",
            min=0,
        ),
    ] = BESIDE_SECONDS,
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
    """Find which hospitals would best keep or start a treatment, so that people travel least.

    Example: impact optimise noordoost --intervention Pancreasresecties --locations 2
    """
    from rich.console import Console

    from impact.analysis.optimise import optimise_study
    from impact.errors import Fault, InputError
    from impact.outputs.files.optimum import OPTIMUM_FILES, write_optimum
    from impact.outputs.screen import print_optimum
    from impact.outputs.text import texts
    from impact.storage import check_output_folder
    from impact.times.engines.protocol import choose_engine

    texts(lang)
    choose_engine(engine)
    check_choice("--objective", objective, OBJECTIVES)
    check_choice("--volumes", volumes, VOLUMES)
    if locations is not None and at_most is not None:
        raise InputError(Fault("--at-most", "", "", str(at_most), "either it or --locations"))
    asked = opened_study(
        study, roads=roads, times=times, profile=profile, mode=mode, without_car=without_car
    )
    folder = Path(f"impact-{Path(asked.source).stem}-optimum") if out is None else out
    check_output_folder(folder, OPTIMUM_FILES, command="optimise", force=force)
    with shortest_paths(quiet=quiet, lang=lang) as step:
        found = optimise_study(
            asked,
            Query(objective, limit, locations, at_most, minimum, gap, time_limit, volumes, beside),
            intervention=intervention,
            capacity=capacity,
            engine=engine,
            progress=step,
            use_cache=not no_cache,
        )
    if all(each.best is None for each in found.found):
        raise InputError(
            [
                Fault(
                    asked.source,
                    each.intervention.name,
                    "",
                    None,
                    said("other limits: {reason}", reason=reason),
                )
                for each in found.found
                for reason in each.optimum.reasons
            ]
        )
    write_optimum(found, folder, lang=lang, force=force)
    if not quiet:
        print_optimum(Console(), found, folder, lang=lang)
