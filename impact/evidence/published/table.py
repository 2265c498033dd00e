"""The published table: seven ranges and 55 rows of k of n hospitals below a norm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from impact.bundled import data_path
from impact.tables.text_table import read_table


@dataclass(frozen=True)
class PublishedRange:
    """One range of extra minutes as published; how it was read off the travel table is not known.

    Attributes
    ----------
    region
        Oncology region.
    low, high
        Minutes, whole as published.
    peaks
        Treatment ids said to have the most extra minutes.
    source
        Where it says so.
    """

    region: str
    low: float
    high: float
    peaks: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class PublishedRow:
    """How many hospitals of a region fall short of one norm, as published.

    Attributes
    ----------
    region, treatment
        Keys.
    below, providing
        k of n hospitals.
    named
        Whether the source names the treatment; else it is our reading of the condition.
    """

    region: str
    treatment: str
    below: int
    providing: int
    named: bool


def published_ranges() -> dict[str, PublishedRange]:
    """Read the published ranges.

    Examples
    --------
    >>> published_ranges()["Noordoost-Nederland"].high
    30.0
    """
    table = read_table(data_path("published_extra_minutes.csv"))
    return {
        str(row["region"]): PublishedRange(
            str(row["region"]),
            float(row["extra_minutes_min"]),
            float(row["extra_minutes_max"]),
            tuple(str(row["peak_treatment_ids"]).split("; ")),
            str(row["source"]),
        )
        for row in table.frame.to_dict("records")
    }


def published_rows() -> tuple[PublishedRow, ...]:
    """Read the published shortfalls.

    Examples
    --------
    >>> len(published_rows())
    55
    """
    table = read_table(data_path("published_norm_shortfalls.csv"))
    return tuple(
        PublishedRow(
            str(row["region"]),
            str(row["treatment_id"]),
            int(row["hospitals_below_norm"]),
            int(row["hospitals_providing"]),
            row["treatment_named_in_source"] == "yes",
        )
        for row in table.frame.to_dict("records")
    )


@cache
def treatment_names(lang: str) -> dict[str, str]:
    """Names of the treatments.

    Examples
    --------
    >>> treatment_names("nl")["lung_resections"]
    'Longresecties'
    """
    frame = read_table(data_path("treatments.csv")).frame
    return dict(zip(frame["treatment_id"], frame[f"name_{lang}"], strict=True))
