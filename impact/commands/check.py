"""`impact check`: claims about travel time against the model, or against a study."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impact.commands import claim_options
from impact.commands.options import (
    EngineName,
    Force,
    Lang,
    NoCache,
    Profile,
    Quiet,
    Roads,
    StudyAlternatives,
    StudyWeights,
    opened_study,
    resolved,
    shortest_paths,
)
from impact.errors import Fault, InputError
from impact.evidence.claims.claim import DRAWS, MARGIN_SEED, SHIPPED
from impact.messages import said
from impact.study.model import ALTERNATIVES, BUNDLED, WEIGHTS
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.evidence.claims.check import Checked
    from impact.evidence.claims.claim import Claims
    from impact.evidence.claims.read import Known
    from impact.outputs.text import Texts
    from impact.study.model import Study

_ONE_FAILS = 3
"""Exit code of --strict where a claim is not supported."""


def check(
    claims: Annotated[
        str | None,
        typer.Argument(help="A claims file, or the name of shipped claims (default: published)."),
    ] = None,
    *,
    study: Annotated[
        str | None,
        typer.Option(
            "--study", help="Hold them against this study instead of the shipped regions."
        ),
    ] = None,
    kind: claim_options.Kind = None,
    region: claim_options.Region = None,
    treatment: claim_options.Treatment = None,
    stops: claim_options.Stops = None,
    to: claim_options.To = None,
    scenario: claim_options.Scenario = None,
    than: claim_options.Than = None,
    than_to: claim_options.ThanTo = None,
    than_scenario: claim_options.ThanScenario = None,
    postcode: claim_options.Postcode = None,
    municipality: claim_options.Municipality = None,
    group: claim_options.Group = None,
    value: claim_options.Value = None,
    minutes: claim_options.Minutes = None,
    low: claim_options.Low = None,
    high: claim_options.High = None,
    share: claim_options.Share = None,
    of: claim_options.Of = None,
    compare: claim_options.Compare = None,
    tolerance: claim_options.Tolerance = None,
    definition: claim_options.Definition = None,
    name: claim_options.Name = None,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")] = Path(
        "impact-claims"
    ),
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 3 if a claim is not supported.")
    ] = False,
    profile: Profile = None,
    weights: StudyWeights = None,
    alternatives: StudyAlternatives = None,
    roads: Roads = None,
    draws: Annotated[
        int, typer.Option("--draws", min=0, help="Random speed tables for the margin.")
    ] = DRAWS,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of what is drawn.")] = MARGIN_SEED,
    engine: EngineName = DEFAULT_ENGINE,
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Force = False,
    no_cache: NoCache = False,
) -> None:
    """Check claims about travel time: a verdict, its figure, its margin and its definition each.

    Example: impact check mijn-uitspraken.toml --study mijn-regio.toml --out oordeel

    One claim: impact check --kind place_longer --municipality Heerenveen --minutes 10 --treatment
    Pancreasresecties --stops "Frisius MC Leeuwarden (MCL)"
    """
    from impact.evidence.claims.check import check as check_regions
    from impact.evidence.claims.check import check_study
    from impact.evidence.claims.judge import NOT_SUPPORTED
    from impact.evidence.claims.read import known_data, known_study
    from impact.evidence.published.world import Assumptions
    from impact.model.inputs import read_study_data
    from impact.outputs.files.folder import OLD_PAGES
    from impact.outputs.pages.claims import CLAIMS_FILES, write_claims
    from impact.outputs.text import texts
    from impact.storage import check_output_folder
    from impact.times.engines.protocol import choose_engine

    say = texts(lang)
    choose_engine(engine)
    replaced = (*CLAIMS_FILES, OLD_PAGES["check"])
    one = {
        "kind": kind,
        "name": name,
        "region": region,
        "treatment": treatment,
        "stops": stops,
        "to": to,
        "scenario": scenario,
        "than": than,
        "than_to": than_to,
        "than_scenario": than_scenario,
        "postcode": postcode,
        "municipality": municipality,
        "group": group,
        "value": value,
        "minutes": minutes,
        "low": low,
        "high": high,
        "share": share,
        "of": of,
        "compare": compare,
        "tolerance": tolerance,
        "definition": definition,
    }
    computing = {"engine": engine, "draws": draws, "seed": seed, "use_cache": not no_cache}
    if study is None:
        known = known_data()
        asked = Assumptions(
            profile=profile or "dal",
            weights=weights or "population",
            alternatives=alternatives or ALTERNATIVES[0],
        )
        found = _claims(claims, one, known, say, default=SHIPPED)
        check_output_folder(out, replaced, command="check", force=force)
        with shortest_paths(quiet=quiet, lang=lang) as step:
            checked = check_regions(
                found,
                asked,
                roads=str(resolved(roads or BUNDLED)),
                progress=step,
                **computing,  # type: ignore[arg-type]
            )
    else:
        own = _study(study, roads, profile, weights, alternatives)
        data = read_study_data(own)
        found = _claims(claims, one, known_study(own, data), say)
        check_output_folder(out, replaced, command="check", force=force)
        with shortest_paths(quiet=quiet, lang=lang) as step:
            checked = check_study(found, own, data=data, progress=step, **computing)  # type: ignore[arg-type]
    write_claims(checked, out, lang=lang, force=force)
    if not quiet:
        _print(checked, out, say)
    if strict and any(each.verdict == NOT_SUPPORTED for each in checked.outcomes):
        raise typer.Exit(_ONE_FAILS)


def _print(checked: Checked, out: Path, say: Texts) -> None:
    from rich.console import Console

    from impact.outputs.pages.verdicts import PAGE
    from impact.outputs.text.claims import reason_text, verdict_text

    console = Console(soft_wrap=True)
    for each in checked.outcomes:
        verdict = verdict_text(say, each.verdict)
        line = say("claims.screen_claim", name=each.claim.name, verdict=verdict)
        console.print(line, style="bold", markup=False, highlight=False)
        console.print(f"  {reason_text(say, each)}", markup=False, highlight=False)
    console.print(say("claims.screen_page", path=out / PAGE), markup=False)


def _study(
    name: str,
    roads: str | None,
    profile: str | None,
    weights: str | None,
    alternatives: str | None,
) -> Study:
    """Read a study, with what the options say instead."""
    faults = [
        Fault(option, "", "", value, said("one of {names}", names=", ".join(known)))
        for option, value, known in (
            ("--weights", weights, tuple(WEIGHTS)),
            ("--alternatives", alternatives, ALTERNATIVES),
        )
        if value not in {None, *known}
    ]
    if faults:
        raise InputError(faults)
    study = opened_study(name, roads=roads, times=None, profile=profile)
    if weights is not None:
        study = replace(study, demand=weights)
    if alternatives is not None:
        turned = tuple(replace(each, alternatives=alternatives) for each in study.interventions)
        study = replace(study, interventions=turned)
    return study


def _claims(
    file: str | None,
    one: Mapping[str, object],
    known: Known,
    say: Texts,
    *,
    default: str | None = None,
) -> Claims:
    """Read the claims of a file, or the one that the options say."""
    from impact.evidence.claims.read import read_claims

    given = [key for key, value in one.items() if value not in (None, [])]
    if not given:
        if file is None and default is None:
            expected = "a claims file beside --study, or one claim as options: --kind"
            raise InputError(Fault("CLAIMS", "", "", None, expected))
        return read_claims(_file(file or str(default)), known)
    if file is not None:
        expected = "either a claims file or one claim as options"
        raise InputError(Fault("CLAIMS", "", "", file, expected))
    return claim_options.one_claim(one, known, say)


def _file(claims: str) -> Path:
    """Return the file, else the shipped claims of that name."""
    from impact.evidence.claims.read import claim_paths

    path, shipped = Path(claims), claim_paths()
    if path.is_file():
        return path
    if claims in shipped:
        return shipped[claims]
    wording = "a claims file, or the name of shipped claims: {names}"
    expected = said(wording, names=", ".join(shipped))
    raise InputError(Fault("CLAIMS", "", "", claims, expected))
