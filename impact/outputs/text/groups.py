"""Groups of residents in words: what differs, and never why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from impact.analysis.groups import REST
from impact.model.divisions import UNKNOWN
from impact.outputs.text.people import amount_text
from impact.outputs.text.rounding import rounded_down
from impact.outputs.text.wording import known_text, minutes_text, share_text

if TYPE_CHECKING:
    import pandas as pd

    from impact.analysis.result import CaseView
    from impact.outputs.text import Texts

_LEAST_SHARE = 0.01
"""Of a division: a group of fewer people carries no sentence of its own."""


@dataclass(frozen=True)
class GroupLine:
    """One group in words, with what a bar needs.

    Attributes
    ----------
    label, people, moved, share, mean, p90, far, shorter
        Text of each cell.
    extra
        Mean extra minutes of the moved; NaN where nobody moves.
    """

    label: str
    people: str
    moved: str
    share: str
    mean: str
    p90: str
    far: str
    shorter: str
    extra: float


@dataclass(frozen=True)
class GroupTable:
    """One division in words.

    Attributes
    ----------
    title, unit
        By what, and what is counted.
    said
        The difference, in a sentence.
    lines
        A line per group.
    most
        Greatest mean extra minutes, for the scale of the bars.
    """

    title: str
    unit: str
    said: str
    lines: tuple[GroupLine, ...]
    most: float


def group_label(t: Texts, by: str, group: str) -> str:
    """Name a group.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> t = texts("nl")
    >>> group_label(t, "65+", "rest"), group_label(t, "urbanity", "5"), group_label(t, "mine", "")
    ('jonger dan 65', 'niet stedelijk', 'zonder waarde')
    """
    if group == UNKNOWN:
        return t("groups.unknown")
    if group == REST:
        age = known_text(t, "groups.rest", by.replace("+", ""))
        return age if by in _AGES else t("groups.rest")
    return known_text(t, f"groups.{by.replace('+', '')}", group.replace("+", ""))


_AGES = ("65+", "75+")


def group_tables(t: Texts, view: CaseView) -> tuple[GroupTable, ...]:
    """Put the groups of a case in words, a table for each division."""
    rows = view.result.groups
    name, scenario = view.key
    mine = rows[(rows["intervention"] == name) & (rows["scenario"] == scenario)]
    return tuple(
        _table(t, view, str(by), part) for by, part in mine.groupby("by", sort=False, dropna=False)
    )


def _table(t: Texts, view: CaseView, by: str, rows: pd.DataFrame) -> GroupTable:
    unit = str(rows["unit"].iloc[0])
    own = unit == view.result.unit_of(view.case.intervention.name)
    kind = view.result.kind_of(view.case.intervention.name) if own else ""
    said_unit = view.result.said_unit(view.case.intervention.name) if own else unit
    lines = []
    for row in rows.to_dict("records"):
        demand, mean = float(row["demand"]), float(row["mean_extra_moved"])
        counts = [
            amount_text(t, float(row[each]), kind)
            for each in ("demand", "moved", "extra_over_30", "shorter")
        ]
        known = not math.isnan(mean)
        lines.append(
            GroupLine(
                label=group_label(t, by, str(row["group"])),
                people=counts[0],
                moved=counts[1],
                share=share_text(t, row["moved"] / demand) if demand > 0.0 else "–",
                mean=t.number(mean),
                p90=t.number(rounded_down(float(row["p90_extra"]))) if known else "–",
                far=counts[2],
                shorter=counts[3],
                extra=mean,
            )
        )
    means = [line.extra for line in lines if not math.isnan(line.extra)]
    title = known_text(t, "groups.by", by.replace("+", ""))
    said = _difference(t, title, by, rows)
    return GroupTable(title, t.unit(said_unit), said, tuple(lines), max(means, default=0.0))


def _difference(t: Texts, title: str, by: str, rows: pd.DataFrame) -> str:
    """Say which group gets most and which least, of those who must go elsewhere."""
    enough = rows["moved"] >= _LEAST_SHARE * rows["moved"].sum()
    told = rows[enough & rows["mean_extra_moved"].notna() & (rows["group"] != UNKNOWN)]
    if len(told) < 2:  # noqa: PLR2004 (one group differs from none)
        return ""
    ordered = told.sort_values("mean_extra_moved", kind="stable").to_dict("records")
    most, least = ordered[-1], ordered[0]
    ends = [minutes_text(t, float(each["mean_extra_moved"])) for each in (most, least)]
    if ends[0] == ends[1]:
        return t("groups.alike", by=title, minutes=ends[0])
    labels = [group_label(t, by, str(each["group"])) for each in (most, least)]
    fields = {"most": labels[0], "least": labels[1], "high": ends[0], "low": ends[1]}
    two = len(told) == 2  # noqa: PLR2004 (as above)
    return t("groups.differ_two" if two else "groups.differ", by=title, **fields)
