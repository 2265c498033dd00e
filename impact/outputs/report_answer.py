"""The first paragraphs of the report: the answer in words, every number taken from the tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from impact.concentration.demand import PATIENTS
from impact.concentration.ranges import GREATEST, LEAST
from impact.outputs.overview import displayed
from impact.outputs.wording import names_text, share_text, whole_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from impact.concentration.result import Result
    from impact.outputs.overview import Line
    from impact.outputs.texts import Texts


def answer(result: Result, t: Texts) -> str:
    """Return the answer in one paragraph: first who keeps their hospital, then who does not.

    Parameters
    ----------
    result
        What a run gave.
    t
        Catalogue.

    Returns
    -------
    str
    """
    shown = displayed(result)
    parts = [_kept(result, shown, t)]
    known = [line for line in shown if math.isfinite(line.row["mean_extra_moved"])]
    if known:
        most, least = known[0], known[-1]
        low, high = _mean(t, least), _mean(t, most)
        if low == high:
            parts.append(t("report.answer_one_mean", count=len(known), mean=high))
        else:
            parts.append(t("report.answer_means", count=len(known), low=low, high=high))
            parts.append(t("report.answer_least", name=least.case.intervention.name))
        name, p90 = most.case.intervention.name, whole_text(t, most.row["p90_extra"])
        parts.append(t("report.answer_most", name=name, mean=high, p90=p90))
    if result.unit != PATIENTS:
        parts.append(_bound(shown, t, t.unit(result.unit)))
    return " ".join(part for part in parts if part)


def certain(result: Result, t: Texts) -> tuple[str, ...]:
    """Say what holds whichever hospitals stop.

    Parameters
    ----------
    result
        What a run gave.
    t
        Catalogue.

    Returns
    -------
    tuple of str
        Sentences; empty without candidates.
    """
    swept = {name: table for name, table in result.candidates.items() if len(table)}
    if not swept:
        return ()
    count = t.number(sum(len(table) for table in swept.values()))
    out = []
    kept = min(_least_kept(result, name, table) for name, table in swept.items())
    if kept > 0.0:
        out.append(
            t(
                "report.certain_kept",
                count=count,
                share=share_text(t, kept),
                unit=t.unit(result.unit),
            )
        )
    ends = {
        name: (table["mean_extra_moved"].min(), table["mean_extra_moved"].max())
        for name, table in swept.items()
        if table["mean_extra_moved"].notna().any()
    }
    # the intervention that stays above the most others, whichever candidate each gets
    above = {
        name: sorted(other for other, (_, high) in ends.items() if round(low) > round(high))
        for name, (low, _) in ends.items()
    }
    top = min(above, key=lambda name: (-len(above[name]), -ends[name][0], name), default="")
    if top and above[top]:
        least, highest = ends[top][0], max(ends[other][1] for other in above[top])
        out.append(
            t(
                "report.certain_order",
                name=top,
                others=names_text(t, above[top]),
                least=whole_text(t, least),
                highest=whole_text(t, highest),
            )
        )
    elif len(ends) > 1:
        out.append(t("report.certain_no_order"))
    return tuple(out)


def depends(result: Result, t: Texts) -> tuple[str, ...]:
    """Say what depends on which hospitals stop, and who travels far.

    Parameters
    ----------
    result
        What a run gave.
    t
        Catalogue.

    Returns
    -------
    tuple of str
        Sentences.
    """
    out = []
    rows = result.ranges.set_index("definition")
    ends = rows.loc[[LEAST, GREATEST], ["low", "high"]].to_numpy(float)
    if all(math.isfinite(value) for value in ends.ravel()):
        least_low, least_high, greatest_low, greatest_high = (
            whole_text(t, value) for value in ends.ravel()
        )
        out.append(
            t(
                "report.depends_choice",
                least_low=least_low,
                least_high=least_high,
                greatest_low=greatest_low,
                greatest_high=greatest_high,
            )
        )
    shown = displayed(result)
    rises = [(line.row["beyond_60_after"] - line.row["beyond_60_before"], line) for line in shown]
    rise, line = max(rises, key=lambda each: each[0])
    fields = {
        "name": line.case.intervention.name,
        "before": whole_text(t, line.row["beyond_60_before"]),
        "after": whole_text(t, line.row["beyond_60_after"]),
        "unit": t.unit(result.unit),
    }
    out.append(t("report.depends_far", **fields) if rise > 0 else t("report.depends_not_far"))
    return tuple(out)


def _kept(result: Result, shown: Sequence[Line], t: Texts) -> str:
    shares = [1.0 - line.row["moved"] / line.row["demand"] for line in shown]
    low, high = share_text(t, min(shares)), share_text(t, max(shares))
    unit = t.unit(result.unit)
    if low == high:
        return t("report.answer_kept_one", share=low, unit=unit)
    return t("report.answer_kept", low=low, high=high, unit=unit)


def _least_kept(result: Result, name: str, table: pd.DataFrame) -> float:
    demand = float(
        result.summary.loc[
            (result.summary["intervention"] == name) & (result.summary["group"] == "all"), "demand"
        ].iloc[0]
    )
    return 1.0 - float(table["moved"].max()) / demand


def _mean(t: Texts, line: Line) -> str:
    return whole_text(t, line.row["mean_extra_moved"])


def _bound(shown: Sequence[Line], t: Texts, unit: str) -> str:
    bounds = [b for b in (float(line.row["moved_bound"]) for line in shown) if math.isfinite(b)]
    if not bounds:
        return ""
    low, high = t.number(min(bounds)), t.number(max(bounds))
    if low == high:
        return t("report.answer_bound_one", high=high, unit=unit)
    return t("report.answer_bound", low=low, high=high, unit=unit)
