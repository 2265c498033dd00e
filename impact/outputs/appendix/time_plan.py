"""The chapter of a report with the time plan per treatment, where scenarios have days."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from impact.analysis.plan import late_steps, steps_of
from impact.errors import InputError
from impact.outputs.appendix.blocks import WARNING, Grid, Heading, Paragraph
from impact.outputs.files.columns import TEXT
from impact.outputs.files.sheets import Header
from impact.outputs.text.plan import PLAN_KEYS, time_plan_rows
from impact.outputs.text.wording import day_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from impact.analysis.result import Result
    from impact.outputs.appendix.blocks import Block
    from impact.outputs.text import Texts

_WIDTHS = {"treatment": 26, "late": 30, "source": 30}


def time_plan(result: Result, t: Texts) -> Grid | None:
    """Return the time plan of a run; none where no scenario has a day.

    Raises
    ------
    InputError
        Where two scenarios with a day speak of one treatment.
    """
    study = result.study
    if all(each.start is None for each in study.scenarios):
        return None
    steps, day = steps_of(study), dt.datetime.fromisoformat(str(result.manifest["created"])).date()
    rows = time_plan_rows(study, steps, late_steps(study, steps, day), t)
    headers = tuple(Header(t(f"plan.c_{key}"), TEXT, _WIDTHS.get(key, 18)) for key in PLAN_KEYS)
    caption = t("appendix.plan_caption", day=day_text(t, day))
    return Grid(caption, headers, tuple(tuple(row[key] for key in PLAN_KEYS) for row in rows))


def time_plan_chapter(result: Result, t: Texts) -> Iterator[Block]:
    """Lay out the time plan, or why there is none although scenarios have days."""
    try:
        made = time_plan(result, t)
    except InputError:
        yield Heading(1, t("appendix.h_plan"))
        yield Paragraph(t("appendix.plan_two"), WARNING)
        return
    if made is not None:
        yield Heading(1, t("appendix.h_plan"), landscape=True)
        yield made
