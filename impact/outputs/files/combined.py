"""What `impact combine` writes: scenarios of several runs together, per hospital."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pandas as pd
import xlsxwriter

from impact.analysis.hospitals import combined
from impact.errors import Fault, InputError
from impact.manifest import DISTRIBUTION, created
from impact.outputs.files.columns import COMBINATIONS, EXCLUSIONS, write_csv
from impact.outputs.files.folder import write_folder
from impact.outputs.files.sheets import OPTIONS, SHEET_ROWS, Header, Sheets
from impact.outputs.files.xlsx import table_headers
from impact.outputs.text import texts
from impact.outputs.text.facilities import quantity_text
from impact.outputs.text.wording import known_text
from impact.storage import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from impact.notes import Note
    from impact.outputs.files.columns import OutputTable
    from impact.outputs.files.run_archive import Run
    from impact.outputs.text import Texts

FILES = ("combinations.csv", "exclusions.csv", "combinations.xlsx", MANIFEST)
"""What is written, and may be replaced."""


@dataclass(frozen=True)
class CombinedRuns:
    """How much came out.

    Attributes
    ----------
    made
        Combinations of two or more scenarios.
    institutions
        Hospitals that a combination concerns.
    excluding
        Pairs of scenarios that exclude one another.
    notes
        What was left out.
    """

    made: int
    institutions: int
    excluding: int
    notes: tuple[Note, ...]


def write_combined(
    runs: Sequence[Run], folder: Path, *, lang: str = "nl", force: bool = False
) -> CombinedRuns:
    """Combine the scenarios of runs, and write the tables, a workbook and the manifest.

    Parameters
    ----------
    runs
        As read back; each with named scenarios and volumes.
    folder
        Made if absent.
    lang
        ``nl`` or ``en``.
    force
        Whether to write beside files that are not ours.

    Returns
    -------
    CombinedRuns

    Raises
    ------
    InputError
        For a run without named scenarios or without volumes, one that is given twice, and a
        scenario that two runs tell of the same network, hospital and treatment.
    """
    _check(runs)
    effects = pd.concat([run.result.effects for run in runs], ignore_index=True)
    rows, excluding, left_out = combined(effects)
    notes = () if left_out is None else (left_out,)

    def write(temporary: Path) -> Mapping[str, Any]:
        write_csv(rows, COMBINATIONS.columns, temporary / "combinations.csv")
        write_csv(excluding, EXCLUSIONS.columns, temporary / "exclusions.csv")
        _workbook(rows, excluding, temporary / "combinations.xlsx", texts(lang))
        return {
            "program": DISTRIBUTION,
            "version": metadata.version(DISTRIBUTION),
            "created": created(),
            "runs": [
                {
                    "study": dict(run.manifest["study"]),
                    "created": run.manifest["created"],
                    "files": dict(run.manifest["files"]),
                }
                for run in runs
            ],
            "notes": [note.record() for note in notes],
        }

    write_folder(folder, FILES, command="combine", write=write, force=force)
    several = rows[rows["scenarios"] > 1]
    keys = [name for name in COMBINATIONS_KEYS if name in several]
    return CombinedRuns(
        len(several[keys].drop_duplicates()),
        int(several["institution"].nunique()),
        len(excluding),
        notes,
    )


COMBINATIONS_KEYS = tuple(column.name for column in COMBINATIONS.columns[:7])
"""Columns that tell one combination of a hospital from another."""


def _check(runs: Sequence[Run]) -> None:
    """Refuse runs of which nothing can be combined."""
    expected = "a run with named scenarios, and volumes or patients: residents are no patients"
    faults = [
        Fault(str(run.folder), "", "", None, expected)
        for run in runs
        if not len(run.result.effects)
    ]
    folders = [run.folder.resolve() for run in runs]
    faults += [
        Fault(str(run.folder), "", "", None, "each run once")
        for place, run in enumerate(runs)
        if folders[place] in folders[:place]
    ]
    if faults:
        raise InputError(faults)


def _workbook(rows: pd.DataFrame, excluding: pd.DataFrame, path: Path, t: Texts) -> None:
    with xlsxwriter.Workbook(str(path), OPTIONS) as workbook:
        book = Sheets(workbook)
        for table, frame in ((COMBINATIONS, rows), (EXCLUSIONS, excluding)):
            _sheet(book, table, frame, t)


def _sheet(book: Sheets, table: OutputTable, frame: pd.DataFrame, t: Texts) -> None:
    sheet = book.add(t(f"tables.sheet_{table.name}"))
    if len(frame) >= SHEET_ROWS:
        book.too_long(sheet, t, len(frame), table.name)
        return
    headers: list[Header] = table_headers(table, t)
    cells = (
        [_word(t, column.text, value) for column, value in zip(table.columns, row, strict=True)]
        for row in frame.itertuples(index=False, name=None)
    )
    book.grid(sheet, headers, cells)


def _word(t: Texts, text: str, value: object) -> object:
    """Return a code in words."""
    if text == "quantity":
        return quantity_text(t, str(value))
    if text in {"first_layer", "second_layer", "excluding"}:
        return known_text(t, "tables.value", str(value))
    return value
