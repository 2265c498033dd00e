"""`Table`: a file as text cells, and the checks that turn cells into values."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.errors import Fault, InputError, nearest_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_PLAIN_CHARACTERS = set("0123456789.+-")
COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+", re.ASCII)
"""A number with a decimal comma and no thousands separators."""

POINT_NUMBER = re.compile(r"[+-]?\d+\.\d+", re.ASCII)
"""A number with a decimal point."""


@dataclass(frozen=True, eq=False)
class Table:
    """A file as text cells, with what was noticed while reading.

    Attributes
    ----------
    name
        File name, for messages.
    frame
        Text cells, stripped; the index is the row number as a spreadsheet shows it (header = 1).
    notes
        What was adapted to, in plain words.
    sha256
        Hash of the bytes.
    decimal_comma
        Whether numbers are written with a comma.
    row_word
        What a row is called in messages.
    """

    name: str
    frame: pd.DataFrame
    sha256: str
    notes: tuple[str, ...] = field(default=())
    decimal_comma: bool = False
    row_word: str = "row"

    @property
    def rows(self) -> list[int]:
        """Row numbers, in order."""
        return [int(row) for row in self.frame.index.to_numpy()]

    def where(self, row: object) -> str:
        """Place of a row, for messages."""
        return f"{self.row_word} {row}"

    def part(self, chosen: NDArray[np.bool_]) -> Table:
        """Return the rows that are chosen, with their own row numbers."""
        return replace(self, frame=self.frame[chosen])

    def require(self, columns: Iterable[str]) -> None:
        """Check that columns are there.

        Parameters
        ----------
        columns
            Names that must occur.

        Raises
        ------
        InputError
            Naming every missing column and the ones that look like it.
        """
        found = [str(column) for column in self.frame.columns]
        faults = [
            Fault(
                self.name,
                "header",
                column,
                None,
                f"a column {column!r} beside {', '.join(found)}",
                nearest_names(column, found, count=1),
            )
            for column in columns
            if column not in found
        ]
        if faults:
            raise InputError(faults)

    def unique(self, column: str) -> list[Fault]:
        """Faults for values of a column that occur twice."""
        first: dict[str, int] = {}
        faults = []
        for row, value in zip(self.rows, self.frame[column], strict=True):
            if first.setdefault(value, row) != row:
                expected = f"each {column} once (it is also in {self.where(first[value])})"
                faults.append(Fault(self.name, self.where(row), column, value, expected))
        return faults

    def texts(self, column: str) -> tuple[pd.Series[str], list[Fault]]:
        """Return a column of names that may not be empty, and the faults in it."""
        values = self.frame[column]
        faults = [
            Fault(self.name, self.where(row), column, None, "a value; the cell is empty")
            for row in values.index[values == ""]
        ]
        return values, faults

    def numbers(
        self,
        column: str,
        *,
        minimum: float = -math.inf,
        maximum: float = math.inf,
        hint: str = "",
        infinite: bool = False,
    ) -> tuple[NDArray[np.float64], list[Fault]]:
        """Return a column of numbers and the faults in it.

        Parameters
        ----------
        column
            Which one.
        minimum, maximum
            Limits, inclusive.
        hint
            Added to the message when a value lies outside the limits.
        infinite
            Whether ``inf`` is a value (an unreachable pair in a matrix).

        Returns
        -------
        values : ndarray of float, shape (n_rows,)
            NaN where a fault was found.
        faults : list of Fault
            Empty cells, text, and values outside the limits.
        """
        plain = self._plain_numbers(column)
        inside = plain is not None and (plain >= minimum) & (plain <= maximum) & np.isfinite(plain)
        if plain is not None and np.all(inside):
            return plain, []
        out = np.full(len(self.frame), np.nan)
        faults = []
        expected = _describe_limits(minimum, maximum)
        for position, (row, text) in enumerate(self.frame[column].items()):
            where = self.where(row)
            if text == "":
                faults.append(Fault(self.name, where, column, None, f"{expected}; it is empty"))
                continue
            if infinite and text.lower() in {"inf", "+inf", "infinity"}:
                out[position] = np.inf
                continue
            number = parse_number(text, decimal_comma=self.decimal_comma)
            if number is None:
                mark = ""
                if COMMA_NUMBER.fullmatch(text):
                    mark = (
                        ", with a point as decimal mark (or commas in every number of a file "
                        "with semicolons, and no points for thousands)"
                    )
                faults.append(Fault(self.name, where, column, text, expected + mark))
            elif not minimum <= number <= maximum or math.isinf(number):
                faults.append(Fault(self.name, where, column, text, expected + hint))
            else:
                out[position] = number
        return out, faults

    def _plain_numbers(self, column: str) -> NDArray[np.float64] | None:
        """Return the whole column at once where every cell is an ordinary number."""
        cells = self.frame[column].to_numpy()
        if not set("".join(cells)) <= _PLAIN_CHARACTERS:
            return None
        try:
            return np.array(cells, dtype=np.float64)
        except ValueError:
            return None


def parse_number(text: str, *, decimal_comma: bool = False) -> float | None:
    """Read one number, or `None` where the text is none.

    Parameters
    ----------
    text
        Such as ``"12.5"``; thousands separators are refused.
    decimal_comma
        Whether ``"12,5"`` is a number too.

    Returns
    -------
    float or None

    Examples
    --------
    >>> parse_number("12.5"), parse_number("12,5"), parse_number("12,5", decimal_comma=True)
    (12.5, None, 12.5)
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    if decimal_comma and COMMA_NUMBER.fullmatch(text):
        return float(text.replace(",", "."))
    return None


def _describe_limits(minimum: float, maximum: float) -> str:
    if math.isfinite(minimum) and math.isfinite(maximum):
        return f"a number from {minimum:g} to {maximum:g}"
    if math.isfinite(minimum):
        return f"a number of {minimum:g} or more"
    return "a number"
