"""The chapters of a report on hospitals, and on travel as in the published analyses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.outputs.appendix.blocks import NOTE, WARNING, Bullets, Grid, Heading, Paragraph
from impact.outputs.files.sheets import Header
from impact.outputs.text.facilities import shown_impact, shown_travel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from impact.analysis.result import Result
    from impact.outputs.appendix.blocks import Block
    from impact.outputs.text import Texts
    from impact.outputs.text.facilities import ShownTable


def hospital_chapters(result: Result, t: Texts) -> Iterator[Block]:
    """Lay out what a run means for the hospitals, and the published travel table, where known."""
    yield from _impact(result, t)
    yield from _travel(result, t)


def _impact(result: Result, t: Texts) -> Iterator[Block]:
    shown = shown_impact(result, t)
    if shown is None:
        return
    yield Heading(1, t("facilities.h"), landscape=True)
    yield from map(Paragraph, shown.intro)
    if shown.modelled:
        yield Paragraph(shown.modelled, WARNING)
    if shown.unknown:
        yield Bullets(shown.unknown)
    if shown.largest:
        yield Heading(2, t("facilities.h_largest"))
        yield Bullets(shown.largest)
    for each in shown.scenarios:
        yield Heading(2, each.title)
        yield _grid(each.table)
        if each.left_out:
            yield Paragraph(each.left_out, NOTE)
    if shown.combined is not None:
        yield Heading(2, t("facilities.h_combined"))
        yield Paragraph(t("facilities.combined_intro"))
        yield _grid(shown.combined)
        yield from (Paragraph(text, NOTE) for text in shown.combined_left_out)
    if shown.excluding:
        yield Heading(2, t("facilities.h_excluding"))
        yield Bullets(shown.excluding)


def _travel(result: Result, t: Texts) -> Iterator[Block]:
    shown = shown_travel(result, t)
    if shown is None:
        return
    yield Heading(1, t("facilities.h_travel"), landscape=True)
    yield Paragraph(shown.intro)
    yield _grid(shown.means)
    yield _grid(shown.bands)


def _grid(table: ShownTable) -> Grid:
    headers = tuple(Header(each.text, each.kind, each.width) for each in table.columns)
    return Grid(table.caption, headers, table.rows)
