"""What choices.html shows of the optimiser: the best choice, and the choices around it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.analysis.optimise import BY_NUMBER, RUNNER_UP
from impact.analysis.rule_marks import figures_of, hit_hardest
from impact.model.candidates import locations_before
from impact.model.volumes import LOWEST_ENDS, bounds_of_lowest
from impact.outputs.pages.best_choice import best_choice
from impact.outputs.pages.choices import (
    Choices,
    Treatment,
    allocated,
    places_data,
    write_choices,
)
from impact.outputs.text import texts
from impact.outputs.text.choices import (
    asked_lines,
    best_text,
    found_unit,
    least_sentence,
    least_who,
    lock_lines,
    lock_sentence,
    minimum_lines,
    nothing_lines,
    proof_lines,
    said_unit,
    span_sentence,
    told_lock,
    value_line,
    value_text,
)
from impact.outputs.text.wording import names_text
from impact.sweep.catchments import locations_performing
from impact.sweep.figures import COLUMNS
from impact.sweep.pareto import criteria, front, scores

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from impact.analysis.optimise import Optimised, Redistribution, StudyOptimum
    from impact.model.inputs import Inputs
    from impact.outputs.text import Texts


def write_best_choices(
    result: StudyOptimum, path: Path, *, manifest: Mapping[str, Any], lang: str = "nl"
) -> None:
    """Write choices.html of an optimum."""
    t = texts(lang)
    treatments = [best_treatment(each, result.inputs, t) for each in result.found]
    choices = Choices(result.study, result.inputs, treatments, result.notes, every=False)
    write_choices(choices, path, manifest=manifest, t=t)


def best_treatment(each: Optimised, inputs: Inputs, t: Texts) -> Treatment:
    """Arrange one optimised intervention for the page."""
    asked = each.intervention
    shown, unit = _once(each), said_unit(inputs.demand, asked.name)
    references = [] if each.baseline is None else [each.baseline, *each.scenarios]
    hits = [hit_hardest(one.case, inputs) for one in (*shown.values(), *references)]
    table = _table([*shown.values()], hits[: len(shown)])
    cases = [
        replace(one.case, kind="candidate" if not place else "scenario", recipients="nearest")
        for place, one in enumerate(references)
    ]
    own = inputs.catchments.get(asked.name)
    before = (
        locations_before(asked, inputs.outside[asked.name])
        if own is None
        else locations_performing(asked, own)
    )
    scored = (
        scores(table, cases, _table(references, hits[len(shown) :])) if cases else _unscored(table)
    )
    value = None
    if each.problem.objective != "minutes" or each.otherwise:
        said = [value_text(each, one.value, t) for one in (*shown.values(), *references)]
        limit = t.number(each.problem.limit)
        value = (t(f"choices.c_value_{each.problem.objective}", limit=limit), said)
    return Treatment(
        intervention=asked,
        unit=unit,
        table=table.assign(on_front=front(criteria(table))),
        sets=[(one.case.stops, one.case.opens) for one in shown.values()],
        cases=cases,
        scores=scored,
        remarks=_remarks(each, [*shown], t),
        finding=_finding(each, unit, table, t),
        how=list(_how(each, unit, len(table), t)),
        best=_best(each, unit, hits, t),
        least=None if each.best is None else 0,
        objective=each.problem.objective,
        value=value,
        more={
            "before": before,
            **allocated(inputs, asked),
            "hit": _hit(each, len(shown), hits),
        },
    )


def _once(each: Optimised) -> dict[tuple[Sequence[str], Sequence[str]], Redistribution]:
    """Every choice once, by who stops and opens, the best first; today stands beside them."""
    best = () if each.best is None else (each.best,)
    found: dict[tuple[Sequence[str], Sequence[str]], Redistribution] = {}
    for one in (*best, *each.runners_up, *each.by_number, *each.freed):
        if one is each.best or one.case.stops or one.case.opens:
            found.setdefault((one.case.stops, one.case.opens), one)
    return found


def _table(shown: Sequence[Redistribution], hits: Sequence[pd.DataFrame]) -> pd.DataFrame:
    rows = [
        figures_of(one.case, one.volumes, hit) | bounds_of_lowest(one.volumes, one.case)
        for one, hit in zip(shown, hits, strict=True)
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS, *LOWEST_ENDS])


def _unscored(table: pd.DataFrame) -> pd.DataFrame:
    return table.iloc[:0].assign(kind="", name="", recipients="", beaten_by=0.0)


def _remarks(
    each: Optimised, keys: Sequence[tuple[Sequence[str], Sequence[str]]], t: Texts
) -> dict[int, list[str]]:
    """Say of choices why they are in the table."""
    out: dict[int, list[str]] = {row: [] for row in range(len(keys))}
    place = {key: row for row, key in enumerate(keys)}
    if each.best is None:
        return out
    out[0].append(best_text(t, each.problem.objective))
    end = "" if each.problem.objective == "minutes" else "_objective"
    for one in (*each.runners_up, *each.by_number):
        row = place.get((one.case.stops, one.case.opens))
        if row is None:
            continue
        if one.case.scenario.startswith(f"{BY_NUMBER} "):
            out[row].append(t(f"choices.s3{end}"))
        elif one in each.ties:
            out[row].append(t("choices.tied"))
        else:
            which = one.case.scenario.removeprefix(f"{RUNNER_UP} ")
            out[row].append(t("choices.place", place=which))
    is_open = {
        frozenset({*each.intervention.providers, *opens} - {*stops}): row
        for (stops, opens), row in place.items()
    }
    for cost in each.locks:
        row = is_open.get(frozenset(cost.without.open), 0)
        if row:
            out[row].append(t(f"choices.freed{end}", names=names_text(t, cost.lock.names)))
    return out


def _finding(each: Optimised, unit: str, table: pd.DataFrame, t: Texts) -> list[str]:
    if each.best is None:
        return nothing_lines(each, t)
    case, problem = each.best.case, each.problem
    who = least_who(t, case, [(tie.case.stops, tie.case.opens) for tie in each.ties])
    first = least_sentence(t, case, who, unit)
    if problem.objective != "minutes":
        before, after = (value_text(each, value, t) for value in (each.today, each.best.value))
        said = {"who": who, "before": before, "after": after, "unit": t.unit(found_unit(each))}
        limit = t.number(problem.limit)
        first = t(f"choices.finding_{problem.objective}", limit=limit, **said)
    if each.otherwise:
        end = "" if problem.objective == "minutes" else "_objective"
        first = f"{first} {t(f'choices.finding_otherwise{end}')}"
    told = told_lock(each.locks)
    lines = dict(zip(each.locks, lock_lines(each, t), strict=True))
    return [
        first,
        span_sentence(t, table, every=False),
        lock_sentence(
            t,
            each.intervention,
            "" if told is None else lines[told],
            dropped=each.rule_dropped,
        ),
    ]


def _how(each: Optimised, unit: str, count: int, t: Texts) -> Iterator[str]:
    if each.best is not None:
        yield from proof_lines(each, t)
        if count > 1:
            yield t("choices.how_near", count=t.number(count))
        yield t("choices.how_counted", unit=t.unit(unit))
        yield t("choices.how_sweep")
        if not each.complete:
            yield t("choices.not_complete")
    yield from asked_lines(each, t)
    told = told_lock(each.locks)
    for cost, said in zip(each.locks, lock_lines(each, t), strict=True):
        if cost is not told:
            yield said


def _best(
    each: Optimised, unit: str, hits: Sequence[pd.DataFrame], t: Texts
) -> dict[str, Any] | None:
    if each.best is None:
        return None
    lines = [value_line(each, t), *minimum_lines(each, t)]
    return best_choice(each.best.case, each.best.volumes, unit, hits[0], t, lines=lines)


def _hit(each: Optimised, count: int, hits: Sequence[pd.DataFrame]) -> dict[str, list[list[Any]]]:
    """Municipalities hit hardest, of the choices (by row) and scenarios (by name)."""
    names = [f"scenario {one.case.scenario}" for one in each.scenarios]
    # today comes between them
    keys = [*map(str, range(count)), "", *names]
    return {key: places_data(hit) for key, hit in zip(keys, hits, strict=False) if key}
