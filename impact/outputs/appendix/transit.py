"""Public transport in a document: what a case means for those without a car."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.outputs.appendix.blocks import Bullets, Heading, Paragraph
from impact.outputs.text.transit import transit_rules_text, transit_sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from impact.analysis.result import CaseView
    from impact.outputs.appendix.blocks import Block
    from impact.outputs.text import Texts


def transit_blocks(view: CaseView, t: Texts) -> Iterator[Block]:
    """Say a case by public transport; nothing where that was not computed."""
    said = transit_sentences(t, view.result, view.case)
    if not said:
        return
    yield Heading(3, t("transit.title"))
    yield Bullets(said)
    yield Paragraph(transit_rules_text(t, view.result))
