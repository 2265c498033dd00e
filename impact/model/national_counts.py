"""Published national counts: which of them fit a treatment, and how they are spread."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from impact.bundled import data_path
from impact.tables.text_table import parse_number, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

PER_TREATMENT = "patients_per_treatment.csv"
"""Shipped table: treatment -> patients per year in the Netherlands."""

_COUNTS = {"procedures", "patients"}
_YEARS = re.compile(r"(procedures|patients) \((\d+) years\)")


def per_year(count: str, metric: str) -> float | None:
    """Count per year; `None` for what counts no treatments, such as hospitals or diagnoses.

    Examples
    --------
    >>> per_year("728", "procedures (4 years)"), per_year("60", "hospitals performing")
    (182.0, None)
    """
    number = parse_number(count)
    if metric in _COUNTS:
        return number
    several = _YEARS.fullmatch(metric)
    return number / float(several[2]) if several and number is not None else None


@dataclass(frozen=True)
class NationalCount:
    """Patients per year of one treatment in the whole country, as published.

    Attributes
    ----------
    patients
        Per year; `None` where no published count fits.
    counted, year, source
        What was counted, when, and where it says so.
    spread
        Weight by which patients are spread (`impact.study.model.WEIGHTS`); without a count it
        stands for demand.
    spread_low, spread_high
        Between which weights the truth is taken to lie; empty without a count.
    why
        Why this count, or none.
    """

    patients: float | None
    counted: str
    year: str
    source: str
    spread: str
    spread_low: str
    spread_high: str
    why: str


@dataclass(frozen=True)
class NationalCounts:
    """The shipped table.

    Attributes
    ----------
    by_treatment
        Identifier -> its count.
    read
        Name and hash of the file, for the manifest.
    """

    by_treatment: Mapping[str, NationalCount]
    read: Mapping[str, str]


def read_national_counts() -> NationalCounts:
    """Read the shipped patients per year of every treatment.

    Returns
    -------
    NationalCounts

    Examples
    --------
    >>> counts = read_national_counts().by_treatment
    >>> counts["pancreas_resections"].patients, counts["kidney_local"].patients
    (1000.0, None)
    """
    table = read_table(data_path(PER_TREATMENT))
    return NationalCounts(
        {
            str(row["treatment_id"]): NationalCount(
                parse_number(str(row["patients"])) if row["patients"] else None,
                *(
                    str(row[name])
                    for name in (
                        "counted",
                        "year",
                        "source",
                        "spread",
                        "spread_low",
                        "spread_high",
                        "why",
                    )
                ),
            )
            for row in table.frame.to_dict("records")
        },
        {"name": table.name, "sha256": table.sha256},
    )
