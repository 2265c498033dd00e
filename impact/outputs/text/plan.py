"""The time plan of a study in words: a row per step of each treatment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.outputs.text.wording import day_text, names_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from impact.analysis.epochs import Step
    from impact.outputs.text import Texts
    from impact.study.model import Study

PLAN_KEYS = ("treatment", "state", "location", "step", "from", "recipient", "late", "source")
"""Columns of the time plan, named ``plan.c_...``."""


def time_plan_rows(
    study: Study, steps: Sequence[Step], late_ones: pd.DataFrame, t: Texts
) -> list[dict[str, str]]:
    """Say the time plan per treatment that the process notes ask for: a row per step."""
    late = {
        name: [
            t(f"plan.late_{row['late']}", day=day_text(t, str(row["deadline"])))
            for row in part.to_dict("records")
        ]
        for name, part in late_ones.groupby("intervention")
    }
    rows = []
    for name in study.names:
        said = "; ".join(late.get(name, [])) or t("plan.on_time")
        own = [step for step in steps if step.intervention == name]
        rows += [_step_row(step, said, t) for step in own]
        if not own:
            nothing = t("plan.step_none")
            empty = dict.fromkeys(("location", "from", "recipient", "source"), "–")
            state = t("plan.state_open")
            rows.append({**empty, "treatment": name, "state": state, "step": nothing, "late": said})
    return rows


def _step_row(step: Step, late: str, t: Texts) -> dict[str, str]:
    takers = [
        name if share == 1.0 else f"{name} ({t.number(100.0 * share)}%)"
        for name, share in step.takers.items()
    ]
    words = (
        t("plan.step_capacity", count=t.number(step.capacity))
        if step.step == "capacity"
        else t(f"plan.step_{step.step}")
    )
    nearest = t("plan.nearest") if step.step == "stops" else "–"
    return {
        "treatment": step.intervention,
        "state": t(f"plan.state_{step.state}"),
        "location": step.location,
        "step": words,
        "from": t("plan.no_day") if step.start is None else day_text(t, step.start.isoformat()),
        "recipient": names_text(t, takers) or nearest,
        "late": late,
        "source": step.source or "–",
    }
