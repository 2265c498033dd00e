"""Municipalities in a document: a column per scenario, the hardest hit first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from impact.analysis.side_by_side import side_by_side
from impact.outputs.appendix.blocks import NOTE, Grid, Paragraph
from impact.outputs.files.columns import MINUTES, TEXT
from impact.outputs.files.sheets import Header
from impact.outputs.text.people import amount_text
from impact.outputs.text.wording import minutes_text, titled_scenario, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from impact.analysis.result import Result
    from impact.outputs.appendix.blocks import Block
    from impact.outputs.text import Texts

SHOWN = 10
"""Municipalities in the table; municipalities.csv has all."""


def municipality_blocks(result: Result, name: str, t: Texts) -> Iterator[Block]:
    """Put the scenarios of an intervention side by side for the municipalities hit hardest."""
    views = [view for view in result.principal if view.case.intervention.name == name]
    found = side_by_side(views)
    if found.extra.empty:
        yield Paragraph(t("side_by_side.nobody"))
        return
    kind = result.kind_of(name)
    headers = (
        Header(t("report.c_municipality"), TEXT, 26),
        Header(t("side_by_side.c_today"), MINUTES),
        *(Header(titled_scenario(t, result, view.case), TEXT, 30) for view in views),
    )
    shown = found.before.index[:SHOWN]
    told = zip(found.extra.to_numpy(), found.moved.to_numpy(), strict=True)
    rows = tuple(
        (
            place,
            before,
            *(cell_words(t, x, amount_text(t, n, kind)) for x, n in zip(extra, moved, strict=True)),
        )
        for place, before, (extra, moved) in zip(shown, found.before, told, strict=False)
    )
    unit = t.unit(result.said_unit(name))
    yield Grid(t("side_by_side.caption", name=name, unit=unit), headers, rows)
    if more := len(found.before) - len(rows):
        key = "side_by_side.more_one" if more == 1 else "side_by_side.more"
        yield Paragraph(t(key, count=t.number(more)), NOTE)


def cell_words(t: Texts, extra: float, people: str) -> str:
    """Say how much longer who must go elsewhere travels, and how many they are.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> t = texts("nl")
    >>> [cell_words(t, extra, "40") for extra in (26.6, -2.0, 0.2, math.inf, math.nan)]
    ['27 (40)', '2 minuten korter (40)', 'minder dan 1 (40)', 'geen route berekend (40)', 'niemand']
    """
    if math.isnan(extra):
        return t("side_by_side.none")
    if math.isinf(extra):
        said = t("common.no_route")
    elif extra < 0.0:
        said = t("map.shorter", minutes=minutes_text(t, -extra))
    else:
        said = whole_text(t, extra)
    return t("side_by_side.cell", extra=said, people=people)
