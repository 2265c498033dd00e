"""Groups of residents in a document: a sentence and a table for each division."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.outputs.appendix.blocks import Grid, Heading, Paragraph
from impact.outputs.files.columns import TEXT
from impact.outputs.files.sheets import Header
from impact.outputs.text.groups import group_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from impact.analysis.result import CaseView
    from impact.outputs.appendix.blocks import Block
    from impact.outputs.text import Texts


def group_blocks(view: CaseView, t: Texts) -> Iterator[Block]:
    """Put the groups of one case side by side; nothing where the study has none."""
    tables = group_tables(t, view)
    if not tables:
        return
    yield Heading(3, t("groups.title"))
    yield Paragraph(t("groups.intro"))
    columns = ("label", "people", "moved", "share", "mean", "p90", "far", "shorter")
    titles = ("group", "people", "moved", "share", "mean", "p90", "far", "shorter")
    headers = tuple(
        Header(t(f"groups.c_{each}"), TEXT, 24 if each == "group" else 12) for each in titles
    )
    for table in tables:
        if table.said:
            yield Paragraph(table.said)
        rows = tuple(tuple(getattr(line, each) for each in columns) for line in table.lines)
        yield Grid(t("groups.caption", by=table.title, unit=table.unit), headers, rows)
