"""report.html: the report of a run as one page that needs nothing else, and prints well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.outputs.appendix.blocks import Bar, Heading, cell_text
from impact.outputs.appendix.content import document, document_title
from impact.outputs.appendix.illustrations import Illustrations
from impact.outputs.files.columns import TEXT
from impact.outputs.files.sheets import PROSE
from impact.outputs.pages.page import environment, template_text
from impact.outputs.text import texts
from impact.outputs.text.norms import MARGIN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from impact.analysis.result import Result


def write_report(
    result: Result,
    path: Path,
    *,
    lang: str = "nl",
    files: Mapping[str, str] | None = None,
    claims: pd.DataFrame | None = None,
    margin: float = MARGIN,
) -> None:
    """Write report.html.

    Parameters
    ----------
    result
        Of a run, by postcodes that a map can show.
    path
        Of the page; it asks for nothing outside itself, and links to the files beside it.
    lang
        ``nl`` or ``en``.
    files, claims, margin
        As in `impact.outputs.appendix.content.document`.
    """
    t = texts(lang)
    drawn = Illustrations(result, t)
    blocks = document(result, t, files=files, claims=claims, margin=margin, drawn=drawn)
    headings = [each for each in blocks if isinstance(each, Heading)]
    page = (
        environment()
        .get_template("report.html.j2")
        .render(
            t=t,
            head=document_title(result, t),
            manifest=result.manifest,
            blocks=[(type(block).__name__, block) for block in blocks],
            contents=[each for each in headings if each.level == 1 and not each.front],
            cell=lambda value, kind: cell_text(t, value, kind).split("\n"),
            is_text=lambda kind: kind in {TEXT, PROSE},
            is_bar=lambda value: isinstance(value, Bar),
            drawn=drawn,
            css=template_text("report.css") + template_text("document.css"),
        )
    )
    path.write_text(page, encoding="utf-8", newline="\n")
