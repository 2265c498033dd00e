"""`impact reproduce`: the published table, all regions, every definition."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
from impact.evidence.published import SEED
from impact.study.model import BUNDLED
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from impact.evidence.published.run import Reproduction


def reproduce(
    *,
    region: Annotated[
        str | None, typer.Option("--region", help="One oncology region; all by default.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")] = Path(
        "impact-reproduction"
    ),
    profile: EvidenceProfile = "dal",
    weights: Weights = "population",
    alternatives: Alternatives = "inside",
    baseline: Annotated[
        str, typer.Option("--baseline", help="nearest, or huff: people pass the nearest.")
    ] = "nearest",
    beta: Annotated[
        float | None, typer.Option("--beta", help="Decay per minute, with --baseline huff.")
    ] = None,
    roads: EvidenceRoads = BUNDLED,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Of the providers and volumes that are drawn.")
    ] = SEED,
    engine: EngineName = DEFAULT_ENGINE,
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Force = False,
    no_cache: NoCache = False,
) -> None:
    """Compute the published ranges openly: every definition, every assumption, every candidate.

    Example: impact reproduce --region Noordoost-Nederland --weights 65+ --out nagerekend
    """
    from impact.errors import Fault, InputError
    from impact.evidence.published.run import reproduce as compute
    from impact.evidence.published.world import Assumptions
    from impact.model.allocation_rule import BYPASS_BETAS
    from impact.outputs.files.folder import OLD_PAGES
    from impact.outputs.pages.reproduction import REPRODUCTION_FILES, write_reproduction
    from impact.outputs.text import texts
    from impact.storage import check_output_folder
    from impact.times.engines.protocol import choose_engine

    if beta is not None and baseline == "nearest":
        expected = "--baseline huff beside it: the nearest has no decay"
        raise InputError(Fault("--beta", "", "", f"{beta:g}", expected))
    texts(lang)
    choose_engine(engine)
    asked = Assumptions(
        profile=profile,
        weights=weights,
        alternatives=alternatives,
        baseline=baseline,
        beta=BYPASS_BETAS[1] if beta is None else beta,
    )
    replaced = (*REPRODUCTION_FILES, OLD_PAGES["reproduce"])
    check_output_folder(out, replaced, command="reproduce", force=force)
    with shortest_paths(quiet=quiet, lang=lang) as step:
        found = compute(
            asked,
            region=region,
            roads=str(resolved(roads)),
            engine=engine,
            seed=seed,
            progress=step,
            use_cache=not no_cache,
        )
    write_reproduction(found, out, lang=lang, force=force)
    if not quiet:
        _print(found, out, lang=lang)


def _print(found: Reproduction, folder: Path, *, lang: str) -> None:
    """Print the default definition, region by region."""
    from rich.console import Console

    from impact.analysis.ranges import DEFAULT
    from impact.outputs.pages.axis import signed
    from impact.outputs.pages.verdicts import PAGE
    from impact.outputs.text import texts
    from impact.outputs.text.claims import verdict_text
    from impact.outputs.text.wording import whole_text

    say, console = texts(lang), Console(soft_wrap=True)
    console.print(say("reproduction.screen_title"), style="bold", markup=False)
    rows = found.ranges[found.ranges["definition"] == DEFAULT].to_dict("records")
    for row, outcome in zip(rows, found.outcomes, strict=True):
        pairs = {
            kind: say(
                "report.from_to",
                low=whole_text(say, row[f"{kind}_low"]),
                high=whole_text(say, row[f"{kind}_high"]),
            )
            for kind in ("published", "ours")
        }
        errors = {
            "low_error": signed(say, row["error_low"]),
            "high_error": signed(say, row["error_high"]),
        }
        fields = {"region": row["region"], "verdict": verdict_text(say, outcome.verdict)}
        line = say("reproduction.screen_region", **fields, **pairs, **errors)
        console.print(line, markup=False, highlight=False)
    console.print(say("reproduction.screen_page", path=folder / PAGE), markup=False)
