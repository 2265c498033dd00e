"""`impact validate`: the network against known travel times."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from impact.commands.options import (
    EngineName,
    EvidenceProfile,
    EvidenceRoads,
    Force,
    Lang,
    Quiet,
    resolved,
    shortest_paths,
)
from impact.study.model import BUNDLED
from impact.times.engines.protocol import DEFAULT_ENGINE


def validate(
    *,
    known: Annotated[
        Path | None,
        typer.Argument(help="from, to, and minutes, class or km; only public facts without it."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")] = Path(
        "impact-validation"
    ),
    roads: EvidenceRoads = BUNDLED,
    profile: EvidenceProfile = "dal",
    engine: EngineName = DEFAULT_ENGINE,
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Force = False,
) -> None:
    """Hold the roads against travel times that you know, and against shipped public facts.

    Each row of KNOWN names a trip: from a postcode, to a postcode or a hospital, with minutes, a
    class such as 25-30, or km.

    Example: impact validate bekend.csv --roads nl.impact --out getoetst
    """
    from rich.console import Console

    from impact.evidence.validation import validate as compute
    from impact.outputs.pages.validation import (
        VALIDATION_FILES,
        findings,
        warnings,
        write_validation,
    )
    from impact.outputs.text import texts
    from impact.storage import check_output_folder
    from impact.times.engines.protocol import choose_engine

    say = texts(lang)
    choose_engine(engine)
    check_output_folder(out, VALIDATION_FILES, command="validate", force=force)
    with shortest_paths(quiet=quiet, lang=lang) as step:
        found = compute(
            known, roads=str(resolved(roads)), profile=profile, engine=engine, progress=step
        )
    write_validation(found, out, lang=lang, force=force)
    if quiet:
        return
    console = Console(soft_wrap=True)
    console.print(say("validation.title"), style="bold", markup=False)
    for line in (*findings(found, say), *warnings(found, say)):
        console.print(line, markup=False, highlight=False)
    console.print(say("validation.screen_page", path=out / "validation.html"), markup=False)
