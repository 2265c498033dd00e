"""Groups of residents, so that the same measures can stand side by side for each.

A division puts every postcode in one class: by a column of text or of few numbers as it is, by
other numbers at fifths of the residents. A postcode without a value is in a class of its own, so
that the classes together are always the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from impact.bundled import data_path
from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.notes import Loaded, Note, distinct_sources
from impact.study.model import BUNDLED, WEIGHTS
from impact.tables.places import normal_postcode
from impact.tables.text_table import parse_number, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from impact.study.model import Study
    from impact.tables.text_table import Table

CHARACTERISTICS = ("urbanity", "house_value", "cars_per_1000")
"""Columns of the shipped table of postcodes and what tells them apart."""

UNKNOWN = ""
"""Class of who has no value."""

_TABLE = "postcodes/characteristics.csv"
_PC4 = 4
_HIDDEN = {"", "-99997"}
_FIFTHS = (0.2, 0.4, 0.6, 0.8)
_MOST_CLASSES = 12


def is_weight(group: str) -> bool:
    """Whether a group of a study is counted in a column of people, not told by a property.

    Examples
    --------
    >>> is_weight("65+"), is_weight("population_low_income"), is_weight("urbanity")
    (True, True, False)
    """
    return group in WEIGHTS or group.startswith("population")


@dataclass(frozen=True, eq=False)
class Division:
    """Postcodes by class.

    Attributes
    ----------
    by
        Column that tells the classes apart.
    classes
        Their names, from low to high; `UNKNOWN` last.
    place : ndarray of int, shape (n_postcodes,)
        Class of each postcode.
    """

    by: str
    classes: tuple[str, ...]
    place: NDArray[np.int64]


def read_divisions(
    study: Study, own: Path, postcodes: pd.DataFrame, people: NDArray[np.float64] | None
) -> Loaded[tuple[Division, ...]]:
    """Divide the postcodes of a study by the shipped characteristics and by its own columns.

    Parameters
    ----------
    study
        Its `groups`.
    own
        Path of its table of postcodes.
    postcodes
        Of the region, index postcode.
    people : ndarray of float, shape (n_postcodes,), optional
        By whom numbers are cut at fifths; every postcode counts the same without.

    Returns
    -------
    Loaded
        Of a tuple of `Division`, with a note for each that is cut at fifths or has no value
        somewhere.

    Raises
    ------
    InputError
        For a column that no table has, or text with too many different values.
    """
    people = np.ones(len(postcodes)) if people is None else people
    shipped = read_table(data_path(_TABLE))
    tables = [(shipped, True)]
    asked = [name for name in study.groups if not is_weight(name)]
    if study.postcodes != BUNDLED:
        if not asked:
            return Loaded((), (), ())
        tables.insert(0, (read_table(own), False))
        names = tuple(asked)
    else:
        names = tuple(dict.fromkeys((*CHARACTERISTICS, *asked)))
    found, notes, read = [], [], []
    for name in names:
        table, by_four = _holder(name, tables, study)
        codes = [str(code)[:_PC4] if by_four else str(code) for code in postcodes.index]
        stated = dict(
            zip(table.frame["postcode"].map(normal_postcode), table.frame[name], strict=True)
        )
        values = [str(stated.get(code, "")).strip() for code in codes]
        values = [UNKNOWN if each in _HIDDEN else each for each in values]
        division, cut = _division(name, values, people, table.name)
        found.append(division)
        read.append({"name": table.name, "sha256": table.sha256})
        missing = values.count(UNKNOWN)
        if cut:
            named = tuple(each for each in division.classes if each != UNKNOWN)
            notes.append(Note.of("groups_cut", name=name, classes=named))
        if missing:
            notes.append(Note.of("groups_missing", name=name, count=missing))
    return Loaded(tuple(found), tuple(notes), distinct_sources(*read))


def _holder(name: str, tables: Sequence[tuple[Table, bool]], study: Study) -> tuple[Table, bool]:
    """Table that has a column, and whether its postcodes have four digits."""
    for table, by_four in tables:
        if name in table.frame and name != "postcode":
            return table, by_four
    known = [*WEIGHTS, *(str(each) for table, _ in tables for each in table.frame)]
    expected = "65+, 75+, or a column of the postcode table or of the shipped characteristics"
    raise InputError(
        Fault(study.source, "", "study.groups", name, expected, nearest_names(name, known))
    )


def _division(
    name: str, values: Sequence[str], people: NDArray[np.float64], source: str
) -> tuple[Division, bool]:
    """Put values in classes; whether numbers were cut."""
    known = sorted(set(values) - {UNKNOWN})
    numbers: Mapping[str, float | None] = {each: parse_number(each) for each in known}
    numeric = {each: number for each, number in numbers.items() if number is not None}
    if len(numeric) == len(known) and len(set(numeric.values())) > len(_FIFTHS) + 1:
        return _cut(name, [numeric.get(each, np.nan) for each in values], people), True
    if len(numeric) == len(known):
        known.sort(key=lambda each: numeric[each])
    if len(known) > _MOST_CLASSES:
        expected = said("numbers, or at most {most} different values", most=_MOST_CLASSES)
        raise InputError(
            Fault(source, "", name, said("{count} different values", count=len(known)), expected)
        )
    return _placed(name, known, [known.index(x) if x else len(known) for x in values]), False


def _cut(name: str, values: Sequence[float], people: NDArray[np.float64]) -> Division:
    """Cut numbers at fifths of the people who have one."""
    number = np.asarray(values, dtype=np.float64)
    has = np.isfinite(number)
    order = np.argsort(number[has], kind="stable")
    ranked, weight = number[has][order], np.cumsum(people[has][order])
    at = np.searchsorted(weight, np.array(_FIFTHS) * weight[-1])
    limits = np.unique(ranked[np.minimum(at, len(ranked) - 1)])
    limits = limits[limits < ranked[-1]]
    stated = [f"{limit:g}" for limit in limits]
    between = [f"{low}–{high}" for low, high in pairwise(stated)]
    labels = [f"≤ {stated[0]}", *between, f"> {stated[-1]}"] if stated else [f"{ranked[-1]:g}"]
    places = np.where(has, np.searchsorted(limits, number, side="left"), len(labels))
    return _placed(name, labels, places.tolist())


def _placed(name: str, labels: Sequence[str], places: Sequence[int]) -> Division:
    """Make a division; the class of who has no value only where there is somebody in it."""
    classes = (*labels, UNKNOWN) if len(labels) in places else tuple(labels)
    return Division(name, classes, np.asarray(places, dtype=np.int64))
