"""The words of choices: what the least travel is, what locks cost, what was asked and found."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from impact.analysis.optimise import MOST_TIES, tied
from impact.analysis.rule_marks import MEDIAN_RULE
from impact.analysis.run import moved_bound
from impact.messages import in_words, translations
from impact.model.demand import PATIENTS, REGISTERED
from impact.optimise.locks import RULE
from impact.outputs.text.norms import norm_remark
from impact.outputs.text.people import (
    amount_text,
    counted_or_bound,
    lowest_text,
    volume_text,
)
from impact.outputs.text.wording import (
    minutes_at_least,
    minutes_text,
    names_text,
    share_text,
    span_text,
)
from impact.study.model import MODELLED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from impact.analysis.optimise import Optimised
    from impact.analysis.sweep import Swept
    from impact.model.case import Case
    from impact.model.demand import Demand
    from impact.optimise.locks import LockCost
    from impact.outputs.text import Texts
    from impact.study.model import Intervention

_TIES_NAMED = 2


def who_text(
    t: Texts, intervention: Intervention, stops: Sequence[str], opens: Sequence[str] = ()
) -> str:
    """Say who stops, or who is left where those are fewer, and who begins.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> from impact.study.model import Intervention
    >>> three = Intervention("x", ("A", "B", "C"))
    >>> who_text(texts("nl"), three, ["A"]), who_text(texts("nl"), three, ["A", "B"])
    ('A stopt', 'de behandeling alleen blijft in C')
    """
    stays = [name for name in intervention.providers if name not in stops]
    if not stops:
        said = t("choices.who_nobody")
    elif not opens and 0 < len(stays) < len(stops):
        return t("choices.who_stays", names=names_text(t, stays))
    else:
        key = "choices.who_stops" if len(stops) == 1 else "choices.who_stop"
        said = t(key, names=names_text(t, stops))
    return t("choices.who_opens", who=said, names=names_text(t, opens)) if opens else said


def change_text(t: Texts, stops: Sequence[str], opens: Sequence[str]) -> str:
    """Say in short who stops and who begins."""
    said = t("choices.stopping", names=names_text(t, stops) or t("choices.nobody"))
    begun = t("choices.opening", names=names_text(t, opens)) if opens else ""
    return f"{said}. {begun}" if begun else said


def best_text(t: Texts, objective: str) -> str:
    """Name the choice that the finding speaks of."""
    return t("choices.best" if objective == "minutes" else f"choices.best_{objective}")


def least_who(t: Texts, case: Case, ties: Sequence[tuple[Sequence[str], Sequence[str]]]) -> str:
    """Say who stops in the choice with the least travel, and in those that are equally good."""
    asked = case.intervention
    who = who_text(t, asked, case.stops, case.opens)
    if not ties:
        return who
    said = [who_text(t, asked, *each) for each in ties[:_TIES_NAMED]]
    if len(ties) > _TIES_NAMED:
        said.append(t("choices.who_others", count=t.number(len(ties) - _TIES_NAMED)))
    return t("choices.who_tied", who=who, ties="; ".join(said))


def said_unit(demand: Demand, intervention: str) -> str:
    """Return the unit of an intervention, with how patients are known."""
    unit, kind = demand.unit_of(intervention), demand.kinds.get(intervention, "")
    return f"{unit} {kind}" if unit == PATIENTS and kind else unit


def kind_of(unit: str) -> str:
    """Return how patients are known, of a unit of `said_unit`; empty for residents."""
    return unit.removeprefix(PATIENTS).strip() if unit.startswith(PATIENTS) else ""


def moved_text(t: Texts, case: Case, unit: str) -> str:
    """Say how many must go elsewhere, as the headline of a run does, with their unit."""
    kind = kind_of(unit)
    return counted_or_bound(
        t, case.figures["moved"], moved_bound(case, kind), kind=kind, unit=t.unit(unit)
    )


def least_sentence(t: Texts, case: Case, who: str, unit: str) -> str:
    """Say what the least travel is, and what it means for those who must go elsewhere."""
    moved, mean = case.figures["moved"], case.figures["mean_extra_moved"]
    if not moved:
        return t("choices.finding_nobody", who=who)
    said = {"who": who, "people": moved_text(t, case, unit)}
    if math.isnan(mean):
        return t("choices.finding_lost", **said)
    return t("choices.finding", mean=minutes_text(t, mean), **said)


def span_sentence(t: Texts, table: pd.DataFrame, *, every: bool) -> str:
    """Say how far apart choices lie: all that are possible, or those around the best."""
    known, count = table["mean_extra_moved"].dropna(), t.number(len(table))
    if len(table) == 1:
        return t("choices.finding_one") if every else t("choices.finding_alone")
    if known.empty:
        return t("choices.finding_unknown", count=count)
    span = span_text(t, known.min(), known.max(), unit=True)
    if every:
        return t("choices.finding_span", count=count, span=span)
    open_ = table["locations_after"]
    least, most = t.number(open_.min()), t.number(open_.max())
    return t("choices.finding_near", count=count, span=span, least=least, most=most)


def told_lock(locks: Sequence[LockCost]) -> LockCost | None:
    """Choose the lock of which the finding speaks: the whole rule, else the first."""
    rules = [each for each in locks if each.lock.kind == RULE]
    return rules[-1] if rules else locks[0] if locks else None


def lock_sentence(t: Texts, intervention: Intervention, told: str, *, dropped: bool) -> str:
    """Say what holding hospitals costs, or that nothing holds them."""
    if dropped:
        return t("choices.finding_dropped")
    if told:
        return told
    for key in ("must_stay", "must_stop"):
        if names := getattr(intervention, key):
            return t(f"choices.asked_{key}", names=names_text(t, sorted(names)))
    return t("choices.finding_free")


def cost_in_minutes(t: Texts, cost: float) -> str:
    """Write what a lock costs over everybody."""
    if tied(cost, 0.0):
        return t("choices.costs_nothing")
    return t("choices.costs_minutes", value=minutes_text(t, cost))


def lock_text(t: Texts, cost: LockCost, said: str) -> str:
    """Say what a lock costs."""
    return t(f"choices.lock_{cost.lock.kind}", names=names_text(t, cost.lock.names), cost=said)


def freed_text(t: Texts, intervention: Intervention, cost: LockCost) -> str:
    """Say who would stop without a lock."""
    names = names_text(t, stopping(intervention, cost)) or t("choices.nobody")
    return t("choices.without_lock", lock=names_text(t, cost.lock.names), names=names)


def stopping(intervention: Intervention, cost: LockCost) -> list[str]:
    """Name who stops without a lock."""
    return [name for name in intervention.providers if name not in cost.without.open]


def kept_sentence(t: Texts, kept: Mapping[str, str], *, dropped: bool) -> Iterator[str]:
    """Say whom the rule keeps, or that it could not be followed."""
    if kept:
        names = names_text(t, [t(f"displayed.fact_{why}", name=x) for x, why in kept.items()])
        yield t("choices.rule_dropped" if dropped else "choices.rule", names=names)


def kept_line(t: Texts, kept: Mapping[str, str], *, dropped: bool) -> Iterator[str]:
    """Say in short whom the rule keeps, beside a page that explains the rule."""
    if dropped:
        yield from kept_sentence(t, kept, dropped=True)
    elif kept:
        names = names_text(t, [t(f"displayed.fact_{why}", name=x) for x, why in kept.items()])
        yield t("choices.kept", names=names)


def swept_lines(swept: Swept, t: Texts) -> list[str]:
    """Say how many choices there are, which are left, and what the one in the middle means."""
    table = swept.table
    count = t.number(len(table))
    means = table["mean_extra_moved"].dropna()
    if means.empty:
        one = len(table) == 1
        return [t("choices.screen_none_one" if one else "choices.screen_none", count=count)]
    front = t.number(table["on_front"].sum())
    span = span_text(t, means.min(), means.max(), unit=True)
    key = "choices.screen_one" if len(table) == 1 else "choices.screen_line"
    out = [t(key, count=count, front=front, span=span)]
    middle = table[table["rules"].str.split("; ").map(lambda rules: MEDIAN_RULE in rules)]
    for row in middle.to_dict("records"):
        fields = {
            "mean": minutes_text(t, row["mean_extra_moved"]),
            "tenth": minutes_at_least(t, row["p90_extra"]),
        }
        stops = row["stops"].split("; ") if row["stops"] else [t("choices.nobody")]
        who = t(
            "choices.who_stops" if len(stops) == 1 else "choices.who_stop",
            names=names_text(t, stops),
        )
        out.append(t("choices.screen_middle", who=who, **fields))
    return out


def asked_lines(each: Optimised, t: Texts) -> Iterator[str]:
    """Say what was asked."""
    problem, asked = each.problem, each.intervention
    limit, unit = t.number(problem.limit), t.unit(found_unit(each))
    yield t(f"choices.asked_{problem.objective}", limit=limit, unit=unit)
    least, most = t.number(problem.least), t.number(problem.most)
    many = int(problem.counted.sum())
    if problem.least == problem.most:
        yield t("choices.asked_number", number=most, many=t.number(many))
    elif problem.most < many:
        yield t("choices.asked_at_most", number=most, least=least, many=t.number(many))
    if problem.minimum:
        yield t(
            "choices.asked_minimum", minimum=t.number(problem.minimum), unit=t.unit(problem.counts)
        )
        key = each.volume.kind.replace(" ", "_") or "counted"
        yield t(f"choices.volumes_{key}", names=names_text(t, sorted(each.volume.scaled)))
    else:
        yield t("choices.asked_no_minimum")
    yield from locked_lines(asked, t)
    room = np.isfinite(problem.capacity)
    if names := sorted(name for name, yes in zip(problem.names, room, strict=True) if yes):
        yield t("choices.asked_capacity", names=names_text(t, names))
    yield from kept_line(t, each.kept, dropped=each.rule_dropped)
    yield t("choices.asked_nearest")
    if each.otherwise:
        yield t("choices.asked_other_rule")


def locked_lines(intervention: Intervention, t: Texts) -> Iterator[str]:
    """Say whom the study holds, and who may begin."""
    for key in ("must_stay", "must_stop", "may_open"):
        if names := getattr(intervention, key):
            yield t(f"choices.asked_{key}", names=names_text(t, sorted(names)))


def lock_lines(each: Optimised, t: Texts) -> list[str]:
    """Say what each lock costs, in what is minimised."""
    return [lock_text(t, cost, _cost(each, cost, t)) for cost in each.locks]


def _cost(each: Optimised, cost: LockCost, t: Texts) -> str:
    problem = each.problem
    if problem.objective == "minutes" or tied(cost.cost, 0.0):
        return cost_in_minutes(t, cost.cost)
    limit, unit = t.number(problem.limit), t.unit(found_unit(each))
    value = value_text(each, cost.cost, t)
    return t(f"choices.costs_{problem.objective}", value=value, limit=limit, unit=unit)


def value_text(each: Optimised, value: float, t: Texts) -> str:
    """Write a value of the objective with its unit."""
    if math.isnan(value):
        return "–"
    if each.problem.objective != "beyond":
        return minutes_text(t, value)
    # what a rule computes of counts is no count
    return amount_text(t, value, each.kind)


def found_unit(each: Optimised) -> str:
    """Return the unit of what is computed with everybody at the nearest: no registered count."""
    modelled = each.kind == MODELLED
    return f"{PATIENTS} {MODELLED}" if modelled else each.problem.unit


def value_line(each: Optimised, t: Texts) -> str:
    """Hold the least of the objective against today."""
    objective, ends = each.problem.objective, (each.today, each.optimum.value)
    before, after = (value_text(each, value, t) for value in ends)
    limit, unit = t.number(each.problem.limit), t.unit(found_unit(each))
    said = {"limit": limit, "unit": unit}
    if before != after:
        line = t(f"choices.found_{objective}", before=before, after=after, **said)
    else:
        change = _small_change(t, *ends, minutes=objective != "beyond")
        line = t(f"choices.found_{objective}_close", value=before, change=change, **said)
    return t("choices.by_nearest", line=line[0].lower() + line[1:]) if each.otherwise else line


def _small_change(t: Texts, before: float, after: float, *, minutes: bool) -> str:
    """Say how two values differ that are printed alike."""
    if math.isnan(before) or tied(before, after):
        return t("choices.change_none")
    if not minutes:
        return t("choices.change_about")
    key = "choices.change_longer" if after > before else "choices.change_shorter"
    return t(key, value=t("choices.under_a_minute"))


def mean_line(t: Texts, before: float, after: float) -> str:
    """Hold the mean over everybody against today: by the difference where it is small."""
    ends = [minutes_text(t, value) for value in (before, after)]
    if ends[0] != ends[1]:
        return t("choices.found_minutes", before=ends[0], after=ends[1])
    change = _small_change(t, before, after, minutes=True)
    return t("choices.found_minutes_close", value=ends[0], change=change)


def found_lines(each: Optimised, unit: str, t: Texts) -> list[str]:
    """Say what was found, for a terminal; `unit` is that of `said_unit`."""
    best = each.best
    if best is None:
        return nothing_lines(each, t)
    case = best.case
    lines = [t("choices.found_stops", names=names_text(t, case.stops) or t("choices.nobody"))]
    if case.opens:
        lines.append(t("choices.found_opens", names=names_text(t, case.opens)))
    lines.append(t("choices.found_stays", names=names_text(t, case.stays)))
    lines.append(value_line(each, t))
    figures = case.figures
    if not math.isnan(figures["mean_extra_moved"]):
        lines.append(
            t(
                "choices.found_moved",
                people=moved_text(t, case, unit),
                mean=minutes_text(t, figures["mean_extra_moved"]),
                tenth=minutes_at_least(t, figures["p90_extra"]),
            )
        )
    lines += minimum_lines(each, t)
    for tie in each.ties:
        names = change_text(t, tie.case.stops, tie.case.opens)
        lines.append(t("choices.tie", names=f"{names}."))
    return [*lines, *proof_lines(each, t)]


def nothing_lines(each: Optimised, t: Texts) -> list[str]:
    """Say why nothing was found."""
    key = "choices.none" if each.optimum.status == "infeasible" else "choices.not_in_time"
    return [
        t(key),
        *(f"- {in_words(reason, translations(t.lang))}" for reason in each.optimum.reasons),
    ]


def minimum_lines(each: Optimised, t: Texts) -> Iterator[str]:
    """Say what every location has at least."""
    if each.problem.minimum:
        key = each.volume.kind.replace(" ", "_") or "counted"
        minimum, unit = t.number(each.problem.minimum), t.unit(each.problem.counts)
        yield t(f"choices.minimum_{key}", minimum=minimum, unit=unit)


def proof_lines(each: Optimised, t: Texts) -> Iterator[str]:
    """Say how sure it is that nothing gives less."""
    optimum = each.optimum
    if optimum.status != "optimal" and math.isnan(optimum.gap):
        yield t("choices.best_so_far")
        return
    if optimum.status != "optimal":
        yield t("choices.in_time", gap=share_text(t, optimum.gap))
        return
    yield t("choices.proven", gap=share_text(t, optimum.gap))
    if each.runners_up and not each.ties:
        yield t("choices.no_tie")
    if len(each.ties) >= MOST_TIES:
        yield t("choices.more_ties")


def norm_line(case: Case, volumes: pd.DataFrame, unit: str, t: Texts) -> str:
    """Hold the volumes of a choice against the norm, in a sentence."""
    if case.intervention.norm is None:
        return t("choices.norm_none")
    norm = float(case.intervention.norm)
    rows = volumes[volumes["location"].isin([*case.stays, *case.opens])]
    said = {"norm": t.number(norm)}
    if rows["volume_after"].isna().any():
        unknown = t("choices.norm_unknown", **said)
        kind = REGISTERED if unit == PATIENTS else unit.removeprefix(f"{PATIENTS} ")
        bound = moved_bound(case, kind)
        if math.isnan(bound):
            return unknown
        return f"{unknown} {t('appendix.volumes_bound', bound=t.number(bound))}"
    remark = norm_remark(t, case.intervention)
    remarks = [t("choices.norm_remark", remark=remark)] if remark else []
    if (rows["kind"] == MODELLED).any():
        lowest = lowest_text(t, rows)
        return " ".join([t("choices.norm_modelled", lowest=lowest, **said), *remarks])
    short = rows[rows["meets_norm"] == "no"]
    if short.empty and (rows["meets_norm"] == "").any():
        sentence = t("choices.norm_open", **said)
    elif short.empty:
        lowest = lowest_text(t, rows)
        sentence = t("choices.norm_met", lowest=lowest, **said)
    else:
        names = [
            t(
                "choices.norm_short",
                name=row["location"],
                volume=volume_text(t, row, "after"),
                short=t.number(math.ceil(norm - row["volume_after"])),
            )
            for row in short.to_dict("records")
        ]
        sentence = t("choices.norm_below", names=names_text(t, names), **said)
    return " ".join([sentence, *remarks])
