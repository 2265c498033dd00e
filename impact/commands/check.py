"""`impact check`: claims from policy texts against the model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from impact.commands.options import (
    Alternatives,
    EngineName,
    EvidenceProfile,
    EvidenceRoads,
    Force,
    Lang,
    NoCache,
    Quiet,
    Weights,
    resolved,
    shortest_paths,
)
from impact.errors import Fault, InputError
from impact.evidence.claims.check import DRAWS
from impact.evidence.claims.check import check as compute
from impact.evidence.claims.claims_file import SHIPPED, claim_paths, read_claims
from impact.evidence.claims.known import known_data
from impact.evidence.claims.verdicts import NOT_SUPPORTED
from impact.evidence.reproduce.setting import Setting
from impact.outputs.claims import CLAIMS_FILES, write_claims
from impact.outputs.claims_words import reason_text, verdict_text
from impact.outputs.texts import texts
from impact.storage import check_output_folder
from impact.study import BUNDLED
from impact.times.engines import DEFAULT_ENGINE, choose_engine

_ONE_FAILS = 3
"""Exit code of --strict where a claim is not supported."""


def check(
    claims: Annotated[
        str | None,
        typer.Argument(help="A claims file, or the name of shipped claims (default: published)."),
    ] = None,
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")] = Path(
        "impact-claims"
    ),
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 3 if a claim is not supported.")
    ] = False,
    profile: EvidenceProfile = "dal",
    weights: Weights = "population",
    alternatives: Alternatives = "inside",
    roads: EvidenceRoads = BUNDLED,
    draws: Annotated[
        int, typer.Option("--draws", min=0, help="Random speed tables for the margin.")
    ] = DRAWS,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of what is drawn.")] = 1,
    engine: EngineName = DEFAULT_ENGINE,
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Force = False,
    no_cache: NoCache = False,
) -> None:
    """Check claims about travel time: a verdict, its figure, its margin and its definition each.

    Example: impact check mijn-uitspraken.toml --out oordeel
    """
    say = texts(lang)
    choose_engine(engine)
    asked = Setting(profile=profile, weights=weights, alternatives=alternatives)
    found = read_claims(_file(claims), known_data())
    check_output_folder(out, CLAIMS_FILES, force=force)
    with shortest_paths(quiet=quiet) as step:
        checked = compute(
            found,
            asked,
            roads=str(resolved(roads)),
            engine=engine,
            draws=draws,
            seed=seed,
            progress=step,
            use_cache=not no_cache,
        )
    write_claims(checked, out, lang=lang, force=force)
    if not quiet:
        console = Console(soft_wrap=True)
        for each in checked.outcomes:
            verdict = verdict_text(say, each.verdict)
            line = say("claims.screen_claim", name=each.claim.name, verdict=verdict)
            console.print(line, style="bold", markup=False, highlight=False)
            console.print(f"  {reason_text(say, each)}", markup=False, highlight=False)
        page = out / "claims.html"
        console.print(say("claims.screen_page", path=page), markup=False)
    if strict and any(each.verdict == NOT_SUPPORTED for each in checked.outcomes):
        raise typer.Exit(_ONE_FAILS)


def _file(claims: str | None) -> Path:
    """Return the shipped claims of that name, else the file."""
    shipped = claim_paths()
    if claims is None:
        return shipped[SHIPPED]
    path = Path(claims)
    if path.is_file():
        return path
    if claims in shipped:
        return shipped[claims]
    fault = Fault(
        claims, "", "", None, "a claims file, or the name of shipped claims: " + ", ".join(shipped)
    )
    raise InputError(replace(fault, source="CLAIMS", value=claims))
