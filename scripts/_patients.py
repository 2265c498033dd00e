"""Patients per year and treatment: which published national count fits, and how it is spread."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _sources import refuse, write_csv

from impact.errors import Fault, nearest_names
from impact.model.national_counts import PER_TREATMENT, per_year
from impact.study.model import WEIGHTS
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_CHOICES = Path(__file__).with_name("patients.toml")
_SPREADS = ("spread", "spread_low", "spread_high")
_COLUMNS = ["treatment_id", "patients", "counted", "year", *_SPREADS, "spread_status", "why"]
_COLUMNS += ["source"]


def write_patients(out: Path, treatments: Collection[str]) -> None:
    """Write ``patients_per_treatment.csv`` from the shipped ``volumes_published.csv``.

    Parameters
    ----------
    out
        Folder to write into; holds the published counts.
    treatments
        Identifiers, each of which the choices must name once.

    Raises
    ------
    InputError
        When a treatment is left out, unknown or twice, a spread is none, or a count is not there.
    """
    choices = tomllib.loads(_CHOICES.read_text(encoding="utf-8"))
    named = [entry["treatment_id"] for entry in choices["treatment"]]
    assumption: Mapping[str, str] = choices["assumption"]
    faults = [
        Fault(_CHOICES.name, "", "treatment_id", name, expected, nearest_names(name, treatments))
        for name in sorted({*named, *treatments})
        for expected in ["each treatment of treatments.csv, once"]
        if name not in treatments or named.count(name) != 1
    ]
    faults += [
        Fault(_CHOICES.name, "assumption", key, assumption[key], f"one of {', '.join(WEIGHTS)}")
        for key in _SPREADS
        if assumption[key] not in WEIGHTS
    ]
    counts = read_table(out / "volumes_published.csv").frame
    national = counts[counts["hospital"] == "national"].to_dict("records")
    rows = []
    for entry in choices["treatment"]:
        found, missing = _counts(entry, national)
        faults += missing
        about = {
            "treatment_id": entry["treatment_id"],
            "patients": f"{sum(value for value, _ in found):g}" if found else "",
            "counted": " + ".join(name for name, _ in entry["counts"]),
            "year": "; ".join(dict.fromkeys(year for _, year in entry["counts"])),
            "why": entry["why"],
            "source": " ; ".join(dict.fromkeys(source for _, source in found)),
        }
        rows.append({**about, **(assumption if found else {**assumption, **_UNCOUNTED})})
    refuse(faults)
    write_csv(out / PER_TREATMENT, _COLUMNS, rows, sort=["treatment_id"])


_UNCOUNTED = {"spread_low": "", "spread_high": ""}
"""Without a count the spread is a weight, and nothing bounds it."""


def _counts(
    entry: Mapping[str, Any], national: Sequence[Mapping[Any, Any]]
) -> tuple[list[tuple[float, str]], list[Fault]]:
    """Find the counts per year with their sources, and a fault for each that is not published."""
    found, faults = [], []
    for name, year in entry["counts"]:
        here = [
            (value, str(row["source"]))
            for row in national
            if (row["intervention"], row["year"]) == (name, year)
            and (value := per_year(str(row["count"]), str(row["metric"]))) is not None
        ]
        if len(here) != 1:
            expected = "one national count of procedures or patients in volumes_published.csv"
            shown = f"{name}, {year}"
            faults.append(Fault(_CHOICES.name, entry["treatment_id"], "counts", shown, expected))
        found += here
    return found, faults
