"""The folder of a piece of evidence: named tables, one page and the manifest, all or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.manifest import manifest_json
from impact.outputs.tables import FRACTION, MINUTES, TEXT, Column, write_csv
from impact.storage import replacing_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

MANIFEST = "manifest.json"
_FRACTIONS = ("plausibility", "share", "plausible", "sets", "r_low", "r_high", "deviation")
"""Columns whose figures are far below one."""


def write_evidence(
    folder: Path,
    files: Sequence[str],
    *,
    tables: Mapping[str, pd.DataFrame],
    columns: Callable[[pd.DataFrame], list[Column]],
    page: Callable[[Path], None],
    manifest: Mapping[str, Any],
    force: bool,
) -> None:
    """Write tables, a page and the manifest into one folder.

    Parameters
    ----------
    folder
        Made if absent; earlier outputs in it are replaced when all new ones are ready.
    files
        Names of all that is written, the page being the only ``.html``.
    tables
        File name without ``.csv`` -> rows.
    columns
        How the columns of a table are written.
    page
        Writes the page to a file.
    manifest
        Plain values.
    force
        Whether to write beside files that are not ours.

    Raises
    ------
    OutputError
        When the folder holds foreign files or cannot be written.
    """
    with replacing_files(folder, files, force=force) as temporary:
        for name, frame in tables.items():
            write_csv(frame, columns(frame), temporary / f"{name}.csv")
        for name in files:
            if name.endswith(".html"):
                page(temporary / name)
        text = manifest_json(manifest)
        (temporary / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


def columns_by_type(frame: pd.DataFrame) -> list[Column]:
    """Tell by what they hold how columns are written.

    Parameters
    ----------
    frame
        Numbers in full, NaN where there is none.

    Returns
    -------
    list of Column
        Text, or numbers of two decimals; six where the name is that of a small share.
    """
    return [Column(str(name), _kind(str(name), frame[name]), "") for name in frame.columns]


def _kind(name: str, values: pd.Series[Any]) -> str:
    if not pd.api.types.is_numeric_dtype(values):
        return TEXT
    return FRACTION if name in _FRACTIONS else MINUTES
