"""Write a whole run: every file, or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from impact.outputs.a4 import FILE as A4
from impact.outputs.a4 import write_a4
from impact.outputs.coarse import drawn_by_pc4
from impact.outputs.explorer import write_explorer
from impact.outputs.maps import write_map
from impact.outputs.report import write_report
from impact.outputs.run_archive import ARCHIVE, write_archive
from impact.outputs.run_folder import MANIFEST, manifest_text
from impact.outputs.tables import write_tables
from impact.outputs.workbook import write_workbook
from impact.storage import replacing_files

if TYPE_CHECKING:
    from impact.concentration.result import Result

APPENDIX_FILES = ("appendix.docx", "appendix.html", "appendix.xlsx")
"""What `impact report` adds; a run that is repeated leaves them: somebody may have edited them."""

RUN_FILES = (
    "summary.csv",
    "flows.csv",
    "postcodes.csv",
    "municipalities.csv",
    "volumes.csv",
    "ranges.csv",
    "providers.csv",
    "sensitivity.csv",
    "map.html",
    "explorer.html",
    "report.html",
    A4,
    "results.xlsx",
    ARCHIVE,
    MANIFEST,
)
"""What a run writes, and may replace."""


def write_run(
    result: Result,
    folder: Path | str,
    *,
    lang: str = "nl",
    tiles: bool = False,
    force: bool = False,
) -> None:
    """Write every output of a run.

    Parameters
    ----------
    result
        From `impact.concentration.run.run_study`.
    folder
        Made if absent; earlier outputs in it are replaced when all new ones are ready.
    lang
        ``nl`` or ``en``.
    tiles
        Whether the map offers a street layer to whoever is online.
    force
        Whether to write beside files that are not ours.

    Raises
    ------
    OutputError
        When the folder holds foreign files or cannot be written.
    """
    shown = drawn_by_pc4(result)
    with replacing_files(Path(folder), (*RUN_FILES, *APPENDIX_FILES), force=force) as temporary:
        write_tables(result, temporary)
        write_workbook(result, temporary / "results.xlsx", lang=lang)
        write_report(shown, temporary / "report.html", lang=lang)
        write_a4(result, temporary / A4, lang=lang)
        write_map(shown, temporary / "map.html", lang=lang, tiles=tiles)
        write_explorer(result, temporary / "explorer.html", lang=lang)
        write_archive(replace(result, manifest=shown.manifest), temporary / ARCHIVE)
        manifest = manifest_text(shown, temporary)
        (temporary / MANIFEST).write_text(manifest, encoding="utf-8", newline="\n")
