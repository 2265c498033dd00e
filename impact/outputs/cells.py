"""Text of a cell: numbers in one form, and words that no spreadsheet takes for a formula."""

from __future__ import annotations

import math

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def plain_text(value: object) -> str:
    """Text of a cell that no spreadsheet takes for a formula.

    Parameters
    ----------
    value
        Anything; missing values give an empty text.

    Returns
    -------
    str
        With an apostrophe before a leading ``=``, ``+``, ``-``, ``@``, tab or line end.

    Examples
    --------
    >>> plain_text("=1+1"), plain_text("Isala Zwolle"), plain_text(None)
    ("'=1+1", 'Isala Zwolle', '')
    """
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    text = "" if missing else str(value)
    return f"'{text}" if text.startswith(_STARTS_FORMULA) else text


def number_text(value: float, decimals: int) -> str:
    """Write a number with a point as decimal mark and no needless zeros.

    Parameters
    ----------
    value
        NaN and infinity (no route) give an empty text.
    decimals
        At most this many.

    Returns
    -------
    str

    Examples
    --------
    >>> number_text(12.5, 2), number_text(1234567.0, 2), number_text(-0.001, 2)
    ('12.5', '1234567', '0')
    """
    if not math.isfinite(value):
        return ""
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
