"""What readers of tables expect of a cell, in words, and how they call its row."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from impact.messages import said

if TYPE_CHECKING:
    from impact.messages import Said

COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+", re.ASCII)
"""A number with a decimal comma and no thousands separators."""

_THOUSAND = re.compile(r"\d{1,3}\.\d{3}", re.ASCII)
_NOTHING = {"na", "n/a", "nan", "null", "none", "nil", "-", "#n/a"}


CSV_ERRORS = (
    "unexpected end of data",
    "line contains NUL",
    "field larger than field limit ({limit})",
    "'{one}' expected after '{other}'",
    "new-line character seen in unquoted field - do you need to open the file with newline=''?",
)
"""What Python says of a row that is no CSV."""


def row_place(word: str, row: object) -> Said:
    """Place of a row of a table, or of a feature of a spatial file.

    Examples
    --------
    >>> row_place("feature", 3)
    'feature 3'
    """
    return said("feature {row}", row=row) if word == "feature" else said("row {row}", row=row)


def limits(minimum: float, maximum: float) -> str:
    """Say between which limits a number must lie.

    Examples
    --------
    >>> limits(0.0, 90.0), limits(0.0, math.inf), limits(-math.inf, math.inf)
    ('a number from 0 to 90', 'a number of 0 or more', 'a number')
    """
    least = f"{minimum:g}"
    if math.isfinite(minimum) and math.isfinite(maximum):
        return said("a number from {least} to {most}", least=least, most=f"{maximum:g}")
    if math.isfinite(minimum):
        return said("a number of {least} or more", least=least)
    return "a number"


def thousand_or_number(text: str) -> Said | None:
    """Say what a point beside semicolons can mean; `None` where it has one meaning.

    Examples
    --------
    >>> thousand_or_number("1.250"), thousand_or_number("12.5")
    ('1250 if a thousand is meant, or 1.25 if not: beside semicolons a point can be either', None)
    """
    if not _THOUSAND.fullmatch(text):
        return None
    return said(
        "{thousand} if a thousand is meant, or {number} if not: "
        "beside semicolons a point can be either",
        thousand=text.replace(".", ""),
        number=f"{float(text):g}",
    )


def number_hint(text: str, other: str) -> str:
    """Say what to do about a cell that is no number."""
    if text.casefold() in _NOTHING:
        return "; nothing is filled in for what is not known"
    if COMMA_NUMBER.fullmatch(text):
        return (
            ", with a point as decimal mark (or commas in every number of a file with semicolons, "
            "and no points for thousands)"
        )
    return other
