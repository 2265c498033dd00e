"""One study per oncology region, from the published shortfalls and the providers."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from _sources import KPMG, refuse

from impact.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from _policy import Treatment

_HEADER = f"""\
# {{region}}: every treatment that, as published, falls short of its volume norm in k of n
# hospitals. Written by scripts/build_data.py: change the sources, not this file.
#
# k and n: {KPMG}, Bijlage II (published_norm_shortfalls.csv)
# norms:   the same, Bijlage I, provisional (norms.csv)
# who provides what: providers.csv, with a source and a status per row. Much of it is general
# knowledge; that each hospital provides a treatment at one location is our assumption.
# patients per year: modelled from national counts (patients_per_treatment.csv), not registered
"""
_ALL_FAIL_ONE = "leaves_region"
_ALL_FAIL_MORE = "one_takes_all"


@dataclass(frozen=True)
class Move:
    """A named scenario of one treatment that moves from one location to another."""

    name: str
    region: str
    treatment_id: str
    giver: str
    taker: str
    status: str
    source: str = ""
    start: str = ""


_MOVES = (
    Move(
        "Nierkanker: van Nij Smellinghe naar Frisius MC Leeuwarden",
        "Noordoost-Nederland",
        "kidney_local",
        "Nij Smellinghe",
        "Frisius MC Leeuwarden (MCL)",
        "decided",
        start="2027-01-01",
    ),
    Move(
        "Pancreas: van Frisius MC naar UMC Groningen",
        "Noordoost-Nederland",
        "pancreas_resections",
        "Frisius MC Leeuwarden (MCL)",
        "UMC Groningen",
        "example",
        source="our example; no decision found",
    ),
)


def write_studies(
    out: Path,
    treatments: Mapping[str, Treatment],
    shortfalls: Mapping[tuple[str, str], tuple[int, int]],
    providers: Mapping[tuple[str, str], Sequence[str]],
    decisions: Sequence[Mapping[str, str]],
) -> list[str]:
    """Write ``studies/*.toml``.

    Parameters
    ----------
    out
        Folder to write into.
    treatments
        By identifier, in the order in which interventions appear.
    shortfalls, providers
        Published (k, n), and locations, by region and treatment.
    decisions
        Rows of ``decisions.csv``.

    Returns
    -------
    list of str
        File names, sorted.

    Raises
    ------
    InputError
        When a named scenario is called decided and no decision says so, or a location in it does
        not provide the treatment.
    """
    folder = out / "studies"
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for region in sorted({region for region, _ in shortfalls}):
        parts = [_HEADER.format(region=region), _study(region)]
        parts += [
            _intervention(treatment, *shortfalls[key], providers[key])
            for treatment in treatments.values()
            for key in [(region, treatment.treatment_id)]
            if key in shortfalls
        ]
        for move in _MOVES:
            if move.region == region:
                key = (region, move.treatment_id)
                refuse(_unfounded(move, providers[key], decisions))
                source = move.source or _decision(move, decisions)[0]["source"]
                parts.append(_scenario(move, treatments[move.treatment_id].name, source))
        names.append(_file_name(region))
        (folder / names[-1]).write_text("\n".join(parts), encoding="utf-8", newline="\n")
    return names


def _file_name(region: str) -> str:
    return region.lower().removesuffix("-nederland").replace("/", "-") + ".toml"


def _study(region: str) -> str:
    return f"""\
[study]
title = {_text(f"{region}, tranche 1")}
region = {_text(region)}
roads = "bundled"
postcodes = "bundled"
hospitals = "bundled"
profile = "dal"
demand = "modelled"
"""


def _intervention(treatment: Treatment, below: int, count: int, providers: Sequence[str]) -> str:
    lines = [
        "[[intervention]]",
        f"name = {_text(treatment.name)}",
        f"treatment = {_text(treatment.treatment_id)}",
    ]
    if treatment.norm:
        lines += [f"norm = {treatment.norm}", f"norm_unit = {_text(treatment.unit)}"]
    lines += ["providers = [", *(f"  {_text(name)}," for name in providers), "]"]
    lines.append(f"stop_count = {below}")
    if below == count:
        rule = _ALL_FAIL_ONE if count == 1 else _ALL_FAIL_MORE
        lines.append(f"all_fail = {_text(rule)}")
    lines.append('alternatives = "inside"')
    return "\n".join(lines) + "\n"


def _scenario(move: Move, treatment: str, source: str) -> str:
    lines = [
        "[[scenario]]",
        f"name = {_text(move.name)}",
        f"stops = {{ {_text(treatment)} = [{_text(move.giver)}] }}",
        f"moves_to = {{ {_text(move.giver)} = {{ {_text(move.taker)} = 1.0 }} }}",
    ]
    if move.start:
        lines.append(f"from = {dt.date.fromisoformat(move.start).isoformat()}")
    lines += [f"status = {_text(move.status)}", f"source = {_text(source)}"]
    return "\n".join(lines) + "\n"


def _decision(move: Move, decisions: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    return [
        row
        for row in decisions
        if row["region"] == move.region
        and move.treatment_id in row["treatment_ids"].split("; ")
        and (row["from_location"], row["to_location"]) == (move.giver, move.taker)
        and row["status"] == move.status
        and row["date"].startswith(move.start)
    ]


def _unfounded(
    move: Move, providers: Sequence[str], decisions: Sequence[Mapping[str, str]]
) -> list[Fault]:
    """Faults of a named scenario that the tables do not bear out."""
    faults = [
        Fault("providers.csv", f"{move.region}, {move.treatment_id}", "location", None, expected)
        for location in (move.giver, move.taker)
        for expected in [f"{location!r}, which the scenario {move.name!r} names"]
        if location not in providers
    ]
    if not move.source and len(_decision(move, decisions)) != 1:
        expected = (
            f"one row {move.status} on {move.start}: {move.treatment_id} from {move.giver} to "
            f"{move.taker}, for the scenario {move.name!r}"
        )
        faults.append(Fault("decisions.csv", "", "treatment", None, expected))
    return faults


def _text(value: str) -> str:
    """Quote as TOML does: JSON's escapes are TOML's."""
    return json.dumps(value, ensure_ascii=False)
