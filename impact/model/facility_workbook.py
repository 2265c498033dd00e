"""Read the workbook that hospitals filled in: values per patient and yearly totals.

`impact template --xlsx` makes it (`impact.outputs.files.template`). Its words are those of the
catalogues of texts; a workbook in any language is read.
"""

from __future__ import annotations

import math
import tomllib
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.model.facilities import NATIONAL, QUANTITIES, TOTAL_COLUMNS, VALUE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

TREATMENTS, VALUES, TOTALS = "treatments", "values", "totals"
SHEETS = (TREATMENTS, VALUES, TOTALS)
KEYS = {
    TREATMENTS: ("intervention", "specialism"),
    VALUES: ("intervention", "organisation"),
    TOTALS: ("organisation", "site", "specialism"),
}
"""Sheet -> its columns of names."""

TOP = 2
"""Row of the header, from 0: a title and an explanation stand above it."""

_MUST = {TREATMENTS: ("intervention",), VALUES: ("intervention",), TOTALS: ("organisation",)}
_TEXTS = Path(__file__).resolve().parents[1] / "outputs" / "text"


@cache
def _languages() -> tuple[Mapping[str, str], ...]:
    """Words of the workbook in every language; Dutch, the default, first."""
    paths = sorted(_TEXTS.glob("*/template.toml"), key=lambda path: path.parent.name != "nl")
    return tuple(tomllib.loads(path.read_text(encoding="utf-8")) for path in paths)


def sheet_columns(name: str) -> tuple[str, ...]:
    """Columns of a sheet.

    Examples
    --------
    >>> sheet_columns("treatments")
    ('intervention', 'specialism')
    """
    return KEYS[name] if name == TREATMENTS else (*KEYS[name], *QUANTITIES)


def sheet_title(words: Mapping[str, str], name: str, *, example: bool) -> str:
    """Title of a sheet, in the words of a language."""
    title = words[f"sheet_{name}"]
    return words["sheet_example"].format(sheet=title) if example else title


@dataclass(frozen=True)
class FacilityTables:
    """What a filled-in workbook says.

    Attributes
    ----------
    per_patient, per_year
        Values and totals as `impact.model.facilities` takes them; a cell that is empty is NaN.
    specialisms
        Intervention -> specialism, where filled in.
    unknown
        Empty cells, per sheet.
    others
        Treatments of the workbook that were not asked for; their rows are left out.
    """

    per_patient: pd.DataFrame
    per_year: pd.DataFrame
    specialisms: Mapping[str, str]
    unknown: Mapping[str, int]
    others: tuple[str, ...] = ()


def read_workbook(
    path: Path,
    *,
    interventions: Sequence[str],
    sites: Mapping[str, Sequence[str]],
    example: bool = False,
) -> FacilityTables:
    """Read a filled-in workbook, in whichever language it is.

    Parameters
    ----------
    path
        As `impact template --xlsx` made it, filled in.
    interventions
        Treatments that are asked for, of which it names one at least. Of others, which its sheet of
        treatments lists, rows are left out.
    sites
        Organisation that it may name -> its locations.
    example
        Whether to read the sheets of the example instead.

    Returns
    -------
    FacilityTables

    Raises
    ------
    InputError
        Every fault with sheet, row and column: no workbook, a sheet or column that is missing, a
        text in a number, a number below zero, a name that nobody knows, a row that comes twice.
    """
    sheets = _read_sheets(path)
    found: dict[str, pd.DataFrame] = {}
    faults: list[Fault] = []
    titles = {}
    for name in SHEETS:
        titles[name], found[name] = _table(path.name, sheets, name, example=example)
        faults += _cell_faults(path.name, titles[name], found[name], name)
    listed = list(found[TREATMENTS]["intervention"])
    others: tuple[str, ...] = ()
    if not example:
        if not set(listed) & set(interventions):
            expected = said(
                "at least one treatment of the study: {names}", names=", ".join(interventions)
            )
            faults.append(
                Fault(
                    path.name, said("sheet {title}", title=titles[TREATMENTS]), "", None, expected
                )
            )
        known = [*interventions, *(name for name in listed if name not in interventions)]
        for name in (VALUES, TOTALS):
            faults += _name_faults(path.name, titles[name], found[name], known, sites)
        others = tuple(sorted(set(listed) - set(interventions)))
        for name in (TREATMENTS, VALUES):
            found[name] = found[name][~found[name]["intervention"].isin(others)].copy()
    if faults:
        raise InputError(faults)
    national = {words["national"] for words in _languages()}
    values = found[VALUES]
    values["organisation"] = values["organisation"].where(
        ~values["organisation"].isin(national), NATIONAL
    )
    treatments = found[TREATMENTS]
    treatments = treatments[treatments["specialism"] != ""]
    return FacilityTables(
        per_patient=_long(values, VALUES, "value", VALUE_COLUMNS),
        per_year=_long(found[TOTALS], TOTALS, "total", TOTAL_COLUMNS),
        specialisms=dict(zip(treatments["intervention"], treatments["specialism"], strict=True)),
        unknown={
            name: int(found[name][list(QUANTITIES)].isna().to_numpy().sum())
            for name in (VALUES, TOTALS)
        },
        others=others,
    )


def _read_sheets(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return the cells of every sheet, by its title."""
    import openpyxl

    try:
        with closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as book:
            return {
                sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets
            }
    except Exception as error:
        # its XML and its archive have errors of their own: to a reader the file is damaged
        expected = "a workbook that 'impact template --xlsx' made"
        raise InputError(Fault(path.name, "", "", None, expected)) from error


def _table(
    file: str, sheets: Mapping[str, list[tuple[Any, ...]]], name: str, *, example: bool
) -> tuple[str, pd.DataFrame]:
    """Find a sheet and its columns; a row keeps its number, empty rows go."""
    titles = {sheet_title(words, name, example=example): words for words in _languages()}
    title = next((title for title in titles if title in sheets), None)
    if title is None:
        expected = said("a sheet called one of {names}", names=", ".join(map(repr, titles)))
        near = nearest_names(next(iter(titles)), sheets)
        raise InputError(Fault(file, "", "", None, expected, near))
    words, rows = titles[title], sheets[title]
    header = [str(cell or "").strip() for cell in (rows[TOP] if len(rows) > TOP else ())]
    places = {column: words[column] for column in sheet_columns(name)}
    missing = [
        Fault(
            file,
            said("sheet {title}, row {row}", title=title, row=TOP + 1),
            "",
            None,
            said("a column {name!r}", name=head),
            nearest_names(head, filter(None, header)),
        )
        for head in places.values()
        if head not in header
    ]
    if missing:
        raise InputError(missing)
    wanted = {column: header.index(head) for column, head in places.items()}
    cells = {
        number: {
            column: row[place] if place < len(row) else None for column, place in wanted.items()
        }
        for number, row in enumerate(rows[TOP + 1 :], start=TOP + 2)
        if any(cell not in {None, ""} for cell in row)
    }
    frame = pd.DataFrame.from_dict(cells, orient="index", columns=list(wanted), dtype=object)
    for key in KEYS[name]:
        frame[key] = [_text(cell) for cell in frame[key]]
    return title, frame


def _text(cell: object) -> str:
    return "" if cell is None or cell != cell else str(cell).strip()  # noqa: PLR0124 (NaN)


def _cell_faults(file: str, title: str, frame: pd.DataFrame, name: str) -> list[Fault]:
    """Faults of numbers that are none, of keys that are empty, and of rows that come twice."""
    faults = []
    for column in sheet_columns(name)[len(KEYS[name]) :]:
        for row, cell in frame[column].items():
            expected = ""
            if cell is None or _text(cell) == "":
                continue
            if isinstance(cell, bool) or not isinstance(cell, (int, float)):
                expected = "a number, or an empty cell where it is not known"
            elif not math.isfinite(cell) or cell < 0:
                expected = "a number of 0 or more"
            if expected:
                shown = str(cell) if isinstance(cell, (str, bool)) else f"{cell:g}"
                faults.append(
                    Fault(
                        file,
                        said("sheet {title}, row {row}", title=title, row=row),
                        column,
                        shown,
                        expected,
                    )
                )
    for key in _MUST[name]:
        faults += [
            Fault(file, said("sheet {title}, row {row}", title=title, row=row), key, None, "a name")
            for row in frame.index[frame[key] == ""]
        ]
    keys = list(KEYS[name] if name != TREATMENTS else ("intervention",))
    for row in frame.index[frame[keys].duplicated()]:
        value = "; ".join(frame.loc[row, keys])
        faults.append(
            Fault(
                file,
                said("sheet {title}, row {row}", title=title, row=row),
                "",
                value,
                "each row once",
            )
        )
    return faults


def _name_faults(
    file: str,
    title: str,
    frame: pd.DataFrame,
    interventions: Sequence[str],
    sites: Mapping[str, Sequence[str]],
) -> list[Fault]:
    """Faults of names that nobody knows, with the nearest that are."""
    national = [words["national"] for words in _languages()]

    def faults(column: str, known: Callable[[Any], Sequence[str]], expected: str) -> list[Fault]:
        if column not in frame:
            return []
        return [
            Fault(
                file,
                said("sheet {title}, row {row}", title=title, row=row),
                column,
                cells[column],
                expected,
                nearest_names(cells[column], known(cells)),
            )
            for row, cells in zip(frame.index, frame.to_dict("records"), strict=True)
            if cells[column] and cells[column] not in known(cells)
        ]

    return [
        *faults(
            "intervention",
            lambda _: interventions,
            "a treatment of the study, or of the sheet of treatments",
        ),
        *faults("organisation", lambda _: [*sites, *national], "an organisation of the study"),
        *faults(
            "site",
            lambda cells: sites.get(cells["organisation"], ()),
            "a location of this organisation",
        ),
    ]


def _long(frame: pd.DataFrame, name: str, figure: str, columns: Sequence[str]) -> pd.DataFrame:
    """Turn a column per quantity into a row per quantity."""
    numbers = frame[list(QUANTITIES)].apply(pd.to_numeric)
    wide = pd.concat([frame[list(KEYS[name])], numbers], axis=1)
    long = wide.melt(id_vars=list(KEYS[name]), var_name="quantity", value_name=figure)
    out: pd.DataFrame = long[list(columns)].astype({figure: "float64"})
    return out
