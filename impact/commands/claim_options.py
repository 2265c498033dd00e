"""One claim as options of the command line, where a file would be too much."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from impact.errors import Fault, InputError
from impact.evidence.claims.claim import COMPARE, GROUP_COMPARE, KINDS, OF
from impact.messages import said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.evidence.claims.claim import Claim, Claims
    from impact.evidence.claims.read import Known
    from impact.outputs.text import Texts

_PANEL = "One claim, without a file"


def _option(name: str, words: str) -> typer.models.OptionInfo:
    info: typer.models.OptionInfo = typer.Option(name, help=words, rich_help_panel=_PANEL)
    return info


Kind = Annotated[
    str | None, _option("--kind", said("What is claimed: {names}.", names=", ".join(KINDS)))
]
Name = Annotated[str | None, _option("--name", "Name of the claim; made from it by default.")]
Region = Annotated[str | None, _option("--region", "Oncology region.")]
Treatment = Annotated[str | None, _option("--treatment", "Treatment.")]
Stops = Annotated[list[str] | None, _option("--stops", "Location that stops; may be repeated.")]
To = Annotated[str | None, _option("--to", "Location that takes over; else the nearest left.")]
Scenario = Annotated[str | None, _option("--scenario", "Scenario of the study that says so.")]
Than = Annotated[list[str] | None, _option("--than", "better: what stops instead.")]
ThanTo = Annotated[str | None, _option("--than-to", "better: who takes over instead.")]
ThanScenario = Annotated[str | None, _option("--than-scenario", "better: the other scenario.")]
Postcode = Annotated[str | None, _option("--postcode", "place_longer: where.")]
Municipality = Annotated[str | None, _option("--municipality", "place_longer: where.")]
Group = Annotated[
    str | None, _option("--group", "group_longer: 65+, 75+, urbanity, house_value or a column.")
]
Value = Annotated[
    str | None, _option("--value", "group_longer: group of that column, or lowest or highest.")
]
Minutes = Annotated[float | None, _option("--minutes", "Minutes claimed.")]
Low = Annotated[float | None, _option("--low", "range: its lower end, minutes.")]
High = Annotated[float | None, _option("--high", "range: its upper end, minutes.")]
Share = Annotated[float | None, _option("--share", "share_within: per cent.")]
_OF = said("Whose minutes: {names}.", names=", ".join(OF))
Of = Annotated[str | None, _option("--of", _OF)]
_COMPARE = said(
    "place_longer: {place}; group_longer: {group}.",
    place=", ".join(COMPARE),
    group=", ".join(GROUP_COMPARE),
)
Compare = Annotated[str | None, _option("--compare", _COMPARE)]
Tolerance = Annotated[float | None, _option("--tolerance", "Minutes that count as equal.")]
Definition = Annotated[str | None, _option("--definition", "Definition that is meant.")]


def one_claim(options: Mapping[str, object], known: Known, t: Texts) -> Claims:
    """Read a claim from options."""
    from impact.evidence.claims.read import read_claim

    table = {key: value for key, value in options.items() if value not in (None, [])}
    if "kind" not in table:
        given = ", ".join(_flag(key) for key in table)
        expected = said("what is claimed: one of {names}", names=", ".join(KINDS))
        raise InputError(Fault("--kind", "", "", given or None, expected))
    try:
        found = read_claim({"name": "?", **table}, known)
    except InputError as error:
        raise InputError([_by_option(each) for each in error.faults]) from None
    claim = found.claims[0]
    if "name" not in table:
        claim = replace(claim, name=_name(t, claim))
    return replace(found, title=claim.name, claims=(claim,))


def _flag(key: str) -> str:
    return "--" + key.replace("_", "-")


def _by_option(fault: Fault) -> Fault:
    key = fault.field.partition(".")[2]
    return replace(fault, source=_flag(key), field="") if key else replace(fault, field="")


def _name(t: Texts, claim: Claim) -> str:
    """Say what is claimed in a few words."""
    from impact.outputs.text.claims import claim_group_fields, treatment_text
    from impact.outputs.text.wording import minutes_text, names_text, share_text

    return t(
        f"claims.typed_{claim.kind}",
        region=claim.region,
        place=claim.postcode or claim.municipality,
        **claim_group_fields(t, claim),
        treatment=treatment_text(t, claim.treatment),
        stops=names_text(t, list(claim.change.stops)),
        versus=names_text(t, list(claim.versus.stops)),
        low=t.number(claim.low),
        high=t.number(claim.high),
        minutes=minutes_text(t, claim.minutes),
        share=share_text(t, claim.share),
    )
