"""Groups of residents in a document: a sentence and a table for each division."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.outputs.appendix.blocks import Bar, Bullets, Grid, Heading, lines_of
from impact.outputs.files.columns import DEMAND, MINUTES, TEXT
from impact.outputs.files.xlsx import Header
from impact.outputs.text.groups import group_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from impact.analysis.result import CaseView
    from impact.outputs.appendix.blocks import Block
    from impact.outputs.text import Texts
    from impact.outputs.text.groups import GroupLine, GroupTable


def group_blocks(view: CaseView, t: Texts) -> Iterator[Block]:
    """Put the groups of one case side by side; nothing where the study has none."""
    tables = group_tables(t, view)
    if not tables:
        return
    yield Heading(3, t("groups.title"))
    if said := tuple(table.said for table in tables if table.said):
        yield Bullets(said)
    headers = (
        Header(t("groups.c_group"), TEXT, 24),
        *(Header(t(f"groups.c_{each}"), DEMAND, 12) for each in ("people", "moved")),
        *(Header(t(f"groups.c_{each}"), MINUTES, 14) for each in ("mean", "p90")),
        *(Header(t(f"groups.c_{each}"), DEMAND, 12) for each in ("far", "shorter")),
    )
    scenario = t.scenario(view.case.scenario)
    for table in tables:
        rows = tuple(_row(line, table) for line in table.lines)
        about = {"by": table.title, "unit": table.unit}
        named = {"name": view.case.intervention.name, "scenario": scenario}
        yield Grid(t("groups.caption", **about, **named), headers, rows, folded=True)


def _row(line: GroupLine, table: GroupTable) -> tuple[object, ...]:
    drawn = line.extra > 0.0  # not where nobody moves
    mean = Bar(line.mean, 0.0, line.extra / table.most) if drawn else line.mean
    moved = lines_of(line.moved, line.share)
    return line.label, line.people, moved, mean, line.p90, line.far, line.shorter
