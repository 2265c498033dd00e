"""Public transport in a document: the cases side by side, and what one means without a car."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.outputs.appendix.blocks import Bullets, Grid, Heading, Paragraph, lines_of
from impact.outputs.files.columns import DEMAND, MINUTES, TEXT
from impact.outputs.files.sheets import Header
from impact.outputs.text.transit import transit_lines, transit_rules_text, transit_sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from impact.analysis.result import CaseView, Result
    from impact.outputs.appendix.blocks import Block
    from impact.outputs.appendix.illustrations import Illustrations
    from impact.outputs.text import Texts

_COLUMNS = ("car", "transit", "compared", "before", "after", "lost", "last")


def transit_blocks(view: CaseView, drawn: Illustrations, t: Texts) -> Iterator[Block]:
    """Say and draw a case by public transport; nothing where that was not computed."""
    said = transit_sentences(t, view.result, view.case)
    if not said:
        return
    yield Heading(3, t("transit.title"))
    yield Bullets(said)
    yield drawn.transit_map(view)


def transit_chapter(result: Result, t: Texts) -> Iterator[Block]:
    """Put all cases by car and by public transport side by side; nothing by car only."""
    shown = transit_lines(t, result)
    if not shown:
        return
    yield Heading(1, t("transit.title"), key="transit")
    yield Paragraph(f"{t('transit.intro')} {transit_rules_text(t, result)}")
    headers = (
        Header(t("transit.c_case"), TEXT, 30),
        *(
            Header(t(f"transit.c_{each}"), MINUTES if each in {"car", "transit"} else DEMAND, 14)
            for each in _COLUMNS
        ),
    )
    rows = tuple(
        (lines_of(line.name, line.scenario), *(getattr(line, each) for each in _COLUMNS))
        for line in shown
    )
    yield Grid(t("transit.caption"), headers, rows)
