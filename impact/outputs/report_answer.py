"""The first paragraphs of the report: the answer in words, every number taken from the tables.

Cases whose minutes rest on an incomplete list of hospitals are named, and carry no conclusion.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from impact.outputs.overview import extremes, judged, left_out
from impact.outputs.wording import minutes_text, names_text, share_text, whole_text

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    shown = judged(result)
    if not shown:
        return t("report.answer_none")
    parts = [_kept(result, shown, t)]
    known = [line for line in shown if math.isfinite(line.row["mean_extra_moved"])]
    if known:
        most, least = known[0], known[-1]
        low, high = _whole(t, least, "mean_extra_moved"), _whole(t, most, "mean_extra_moved")
        mean = minutes_text(t, most.row["mean_extra_moved"])
        tails = sorted(float(line.row["p90_extra"]) for line in known)
        tail = {"p90_low": t.number(tails[0]), "p90_high": t.number(tails[-1])}
        if len(known) == 1:
            shown_case = t.scenario(most.case.scenario)
            name = most.case.intervention.name
            parts.insert(0, t("report.answer_case", name=name, case=shown_case))
            parts.append(t("report.answer_single", mean=mean, p90=tail["p90_high"]))
        elif low == high:
            one = "report.answer_one_mean" if len(set(tail.values())) == 1 else "report.answer_same"
            parts.append(t(one, count=len(known), mean=mean, **tail))
        else:
            parts.append(t("report.answer_means", count=len(known), low=low, high=mean, **tail))
            parts.append(t("report.answer_least", name=least.case.intervention.name))
            name, p90 = most.case.intervention.name, t.number(most.row["p90_extra"])
            parts.append(t("report.answer_most", name=name, mean=mean, p90=p90))
    parts.append(_bound(shown, t, t.unit(result.unit)))
    return " ".join(part for part in parts if part)


def unanswered(result: Result, t: Texts) -> str:
    """Say which interventions the answer leaves out, and why.

    Parameters
    ----------
    result
        What a run gave.
    t
        Catalogue.

    Returns
    -------
    str
        Empty where it leaves none out.
    """
    names = left_out(result)
    if not names:
        return ""
    said = t("report.left_out", names=names_text(t, names))
    return f"{said} {t('common.caveat_outside')}"


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
    shown = [line for line in judged(result) if result.choices(line.case.intervention.name)]
    if not shown:
        return ()
    count = sum(result.choices(line.case.intervention.name) for line in shown)
    out = []
    kept = min(_least_kept(result, line) for line in shown)
    if kept > 0.0:
        said = {"share": share_text(t, kept), "unit": t.unit(result.unit)}
        key = "report.certain_kept_one" if count == 1 else "report.certain_kept"
        out.append(t(key, count=t.number(count), **said))
    ends = {line.case.intervention.name: extremes(result, line) for line in shown}
    ends = {name: pair for name, pair in ends.items() if math.isfinite(pair[0])}
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
                least=minutes_text(t, least),
                highest=minutes_text(t, highest),
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
    shown = judged(result)
    pairs = [pair for pair in (extremes(result, line) for line in shown) if math.isfinite(pair[0])]
    if any(least < greatest for least, greatest in pairs):
        leasts, greatests = zip(*pairs, strict=True)
        fields = {
            "least_low": whole_text(t, min(leasts)),
            "least_high": minutes_text(t, max(leasts)),
            "greatest_low": whole_text(t, min(greatests)),
            "greatest_high": minutes_text(t, max(greatests)),
        }
        one = len(pairs) == 1
        out.append(t("report.depends_choice_one" if one else "report.depends_choice", **fields))
    if not shown:
        return ()
    rises = [(line.row["beyond_60_after"] - line.row["beyond_60_before"], line) for line in shown]
    rise, far = max(rises, key=lambda each: each[0])
    fields = {
        "name": far.case.intervention.name,
        "before": whole_text(t, far.row["beyond_60_before"]),
        "after": whole_text(t, far.row["beyond_60_after"]),
        "unit": t.unit(result.unit_of(far.case.intervention.name)),
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


def _least_kept(result: Result, line: Line) -> float:
    """Share that stays in every candidate, and in the displayed case if that is none of them."""
    candidates = result.candidates[line.case.intervention.name]
    most = max(float(candidates["moved"].max()), float(line.row["moved"]))
    return 1.0 - most / float(line.row["demand"])


def _whole(t: Texts, line: Line, column: str) -> str:
    return whole_text(t, line.row[column])


def _bound(shown: Sequence[Line], t: Texts, unit: str) -> str:
    bounds = [b for b in (float(line.row["moved_bound"]) for line in shown) if math.isfinite(b)]
    if not bounds:
        return ""
    low, high = t.number(min(bounds)), t.number(max(bounds))
    if low == high:
        return t("report.answer_bound_one", high=high, unit=unit)
    return t("report.answer_bound", low=low, high=high, unit=unit)
