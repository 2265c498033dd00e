"""Groups of residents in a document: a sentence for each division, and all in one table."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from impact.outputs.appendix.blocks import Bar, Bullets, Grid, Heading, lines_of
from impact.outputs.files.columns import DEMAND, MINUTES, TEXT
from impact.outputs.files.sheets import Header
from impact.outputs.text.groups import group_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from impact.analysis.result import CaseView
    from impact.outputs.appendix.blocks import Block
    from impact.outputs.text import Texts
    from impact.outputs.text.groups import GroupTable


def group_blocks(view: CaseView, t: Texts) -> Iterator[Block]:
    """Put the groups of one case side by side; nothing where the study has none."""
    tables = group_tables(t, view)
    if not tables:
        return
    yield Heading(3, t("groups.title"))
    if said := tuple(table.said for table in tables if table.said):
        yield Bullets(said)
    headers = (
        Header(t("groups.c_group"), TEXT, 40),
        *(Header(t(f"groups.c_{each}"), DEMAND, 14) for each in ("people", "moved")),
        *(Header(t(f"groups.c_{each}"), MINUTES, 14) for each in ("mean", "p90")),
        *(Header(t(f"groups.c_{each}"), DEMAND, 14) for each in ("far", "shorter")),
    )
    most = max(table.most for table in tables)
    rows = tuple(chain.from_iterable(_rows(table, most) for table in tables))
    named = {"name": view.case.intervention.name, "scenario": t.scenario(view.case.scenario)}
    yield Grid(t("groups.caption", **named), headers, rows, folded=True)


def _rows(table: GroupTable, most: float) -> Iterator[tuple[object, ...]]:
    """Write the groups of a division, which its first row names."""
    about = f"{table.title}; {table.unit}"
    for place, line in enumerate(table.lines):
        label = lines_of(line.label, "" if place else about)
        drawn = line.extra > 0.0  # not where nobody moves
        mean = Bar(line.mean, 0.0, line.extra / most) if drawn else line.mean
        moved = lines_of(line.moved, line.share)
        yield label, line.people, moved, mean, line.p90, line.far, line.shorter
