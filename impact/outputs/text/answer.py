"""The answer of a run in words: what is certain, and what depends on which hospitals stop.

Cases whose minutes rest on an incomplete list of hospitals are named, and carry no conclusion.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from impact.model.demand import MIXED
from impact.outputs.text.overview import (
    answered,
    cases_of,
    extra_beyond,
    extremes,
    judged,
    left_out,
)
from impact.outputs.text.people import above_bound, amount_text, headline
from impact.outputs.text.rounding import rounded_down, rounded_up
from impact.outputs.text.wording import (
    minutes_at_least,
    minutes_at_most,
    minutes_text,
    names_text,
    share_at_least,
    share_at_most,
    share_text,
    span_text,
    status_badge,
    tenth_text,
    whole_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from impact.analysis.result import CaseView, Result
    from impact.outputs.text import Texts


def answer_sentences(result: Result, t: Texts) -> tuple[str, ...]:
    """Return the answer: who travels most, who keeps their hospital, and between which ends."""
    shown = answered(result)
    if not shown:
        return (t("report.answer_none"),)
    known = [line for line in shown if math.isfinite(line.row["mean_extra_moved"])]
    if not known:
        return (_kept(result, shown, t),)
    most, least = known[0], known[-1]
    low, high = _whole(t, least, "mean_extra_moved"), _whole(t, most, "mean_extra_moved")
    mean = minutes_text(t, most.row["mean_extra_moved"])
    tails = sorted(float(line.row["p90_extra"]) for line in known)
    least_tail, tail = tenth_text(t, tails[0]), tenth_text(t, tails[-1])
    if least_tail != tail:
        tail = t("report.from_to", low=least_tail, high=tail)
    kept = _kept(result, shown, t)
    if len(known) == 1:
        name = most.case.intervention.name
        case = t("report.answer_case", name=name, case=t.scenario(most.case.scenario))
        return headline(t, most, name), case, kept
    if low == high:
        first = headline(t, most, _named(result, most, t))
        return first, kept, t("report.answer_same", count=len(known), mean=mean, p90=tail)
    first = headline(t, most, _named(result, most, t), most=True)
    said = t("report.answer_means", count=len(known), low=low, high=mean, p90=tail)
    return first, kept, said


def answer_details(result: Result, t: Texts) -> tuple[str, ...]:
    """Say behind the answer how sure the cases are, where least changes, and how many at most."""
    shown = answered(result)
    if not shown:
        return ()
    known = [line for line in shown if math.isfinite(line.row["mean_extra_moved"])]
    parts = [_statuses(shown, t)]
    if known and _whole(t, known[-1], "mean_extra_moved") != _whole(
        t, known[0], "mean_extra_moved"
    ):
        parts.append(t("report.answer_least", name=_named(result, known[-1], t)))
    parts.append(_bound(shown, t, t.unit(result.said_unit())))
    if any(above_bound(line.row) for line in shown):
        parts.append(t("people.above_some"))
    return tuple(filter(None, parts))


def unanswered(result: Result, t: Texts) -> str:
    """Say which interventions the answer leaves out, and why."""
    names = left_out(result)
    if not names:
        return ""
    said = t("report.left_out", names=names_text(t, names))
    return f"{said} {t('common.caveat_outside')}"


def certain(result: Result, t: Texts) -> tuple[str, ...]:
    """Say what holds whichever hospitals stop."""
    shown = [line for line in judged(result) if result.choices(line.case.intervention.name)]
    if not shown:
        return ()
    count = sum(result.choices(line.case.intervention.name) for line in shown)
    named = _scenarios(result, shown)
    out = []
    kept = min(_least_kept(result, line) for line in shown)
    if rounded_down(100.0 * kept) >= 1.0:
        said = {"share": share_at_least(t, kept), "unit": t.unit(result.said_unit())}
        key = "report.certain_kept_one" if count == 1 else "report.certain_kept"
        key = "report.certain_kept_named" if named else key
        out.append(t(key, count=t.number(count), named=t.number(named), **said))
    ends = {line.case.intervention.name: extremes(result, line) for line in shown}
    ends = {name: pair for name, pair in ends.items() if math.isfinite(pair[0])}
    # the intervention that stays above the most others, whichever candidate each gets
    above = {
        name: sorted(
            other for other, (_, high) in ends.items() if rounded_down(low) > rounded_up(high)
        )
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
                least=minutes_at_least(t, least),
                highest=minutes_at_most(t, highest),
            )
        )
    elif len(ends) > 1:
        out.append(t("report.certain_no_order"))
    return tuple(out)


def depends(result: Result, t: Texts) -> tuple[str, ...]:
    """Say what depends on which hospitals stop, and who travels far."""
    out = []
    shown = judged(result)
    pairs = [pair for pair in (extremes(result, line) for line in shown) if math.isfinite(pair[0])]
    if any(least < greatest for least, greatest in pairs):
        leasts, greatests = zip(*pairs, strict=True)
        fields = {
            "least": span_text(t, min(leasts), max(leasts), unit=True),
            "greatest": span_text(t, min(greatests), max(greatests), unit=True),
        }
        one = len(pairs) == 1
        out.append(t("report.depends_choice_one" if one else "report.depends_choice", **fields))
    if not shown:
        return ()
    out += [_farther(result, t), _more_extra(result, t)]
    return tuple(out)


def _farther(result: Result, t: Texts) -> str:
    """Say where the number of trips of more than 60 minutes rises most."""
    rises = {
        line: line.row["beyond_60_after"] - line.row["beyond_60_before"]
        for line in answered(result)
    }
    far, among = _most(result, rises, t)
    if rises[far] <= 0.0:
        return t("report.depends_not_far")
    fields = {
        "name": _named(result, far, t),
        "among": among,
        "before": _amount(far, far.row["beyond_60_before"], t),
        "after": _amount(far, far.row["beyond_60_after"], t),
        "unit": t.unit(result.said_unit(far.case.intervention.name)),
    }
    alike = fields["before"] == fields["after"]
    return t("report.depends_far_alike" if alike else "report.depends_far", **fields)


def _most(result: Result, counts: Mapping[CaseView, float], t: Texts) -> tuple[CaseView, str]:
    """Return the case with most people, and that it is relative where units differ."""
    if result.unit != MIXED:
        return max(counts, key=lambda line: counts[line]), ""
    most = max(counts, key=lambda line: counts[line] / float(line.row["demand"]))
    return most, t("report.depends_relative")


def _more_extra(result: Result, t: Texts) -> str:
    """Say where most get more than 30 minutes extra: not to be read as the whole trip."""
    counts = {line: extra_beyond(line.case) for line in answered(result)}
    most, among = _most(result, {line: thirty for line, (thirty, _) in counts.items()}, t)
    thirty, fortyfive = counts[most]
    if thirty <= 0.0:
        greatest = max(float(line.case.figures["max_extra"]) for line in counts)
        return t("report.depends_no_extra", most=minutes_at_most(t, greatest))
    return t(
        "report.depends_extra",
        name=_named(result, most, t),
        among=among,
        thirty=_amount(most, thirty, t),
        fortyfive=_amount(most, fortyfive, t),
        unit=t.unit(result.said_unit(most.case.intervention.name)),
    )


def _amount(line: CaseView, count: float, t: Texts) -> str:
    return amount_text(t, count, line.result.kind_of(line.case.intervention.name))


def _named(result: Result, line: CaseView, t: Texts) -> str:
    """Name of an intervention, with the scenario where several are shown."""
    name = line.case.intervention.name
    if sum(each.case.intervention.name == name for each in result.principal) == 1:
        return name
    return t("map.layer", intervention=name, scenario=t.scenario(line.case.scenario))


def _statuses(shown: Sequence[CaseView], t: Texts) -> str:
    """Say how much of a decision the displayed cases are."""
    counts = Counter(status_badge(t, line.case) for line in shown)
    said = [
        t("report.answer_status_count", count=count, badge=badge)
        for badge, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    ]
    text = next(iter(counts)) if len(shown) == 1 else names_text(t, said)
    return t("report.answer_status", statuses=text)


def _kept(result: Result, shown: Sequence[CaseView], t: Texts) -> str:
    shares = [1.0 - line.row["moved"] / line.row["demand"] for line in shown]
    unit = t.unit(result.said_unit())
    if share_text(t, min(shares)) == share_text(t, max(shares)):
        return t("report.answer_kept_one", share=share_text(t, min(shares)), unit=unit)
    low, high = share_at_least(t, min(shares)), share_at_most(t, max(shares))
    return t("report.answer_kept", low=low, high=high, unit=unit)


def _least_kept(result: Result, line: CaseView) -> float:
    """Share that stays in every candidate, and in every scenario of the study."""
    name = line.case.intervention.name
    moved = [float(each.row["moved"]) for each in cases_of(result, name)]
    most = max(float(result.candidates[name]["moved"].max()), *moved)
    return 1.0 - most / float(line.row["demand"])


def _scenarios(result: Result, shown: Sequence[CaseView]) -> int:
    """Count the scenarios of the study by intervention, of the interventions that are shown."""
    names = {line.case.intervention.name for line in shown}
    return sum(
        line.case.kind == "scenario" and line.case.intervention.name in names
        for line in result.principal
    )


def _whole(t: Texts, line: CaseView, column: str) -> str:
    return whole_text(t, line.row[column])


def _bound(shown: Sequence[CaseView], t: Texts, unit: str) -> str:
    bounds = [b for b in (float(line.row["moved_bound"]) for line in shown) if math.isfinite(b)]
    if not bounds:
        return ""
    low, high = t.number(min(bounds)), t.number(max(bounds))
    if low == high:
        return t("report.answer_bound_one", high=high, unit=unit)
    return t("report.answer_bound", low=low, high=high, unit=unit)
