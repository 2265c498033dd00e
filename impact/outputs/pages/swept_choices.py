"""What choices.html shows of a sweep: every candidate, with the least travel among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from impact.analysis.rule_marks import DISPLAYED_RULE, hit_hardest
from impact.model.candidates import open_sets, stop_sets
from impact.model.measures import weighted_mean
from impact.optimise.locks import RULE
from impact.outputs.pages.best_choice import best_choice
from impact.outputs.pages.choices import (
    Choices,
    Treatment,
    allocated,
    places_data,
    write_choices,
)
from impact.outputs.pages.hundredths import short_numbers
from impact.outputs.text import texts
from impact.outputs.text.choices import (
    cost_in_minutes,
    freed_text,
    kept_line,
    least_sentence,
    least_who,
    lock_sentence,
    lock_text,
    locked_lines,
    mean_line,
    said_unit,
    span_sentence,
    told_lock,
)
from impact.outputs.text.wording import known_text, names_text
from impact.sweep.pareto import S1, S2, S3

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from impact.analysis.least import LeastTravel
    from impact.analysis.sweep import StudySweep, Swept
    from impact.outputs.text import Texts
    from impact.study.model import Intervention

MOST_POINTS = 12_000
"""Points per intervention; of more candidates an even part is drawn, the front always."""

_EXCHANGES = {S1: "choices.s1", S2: "choices.s2", S3: "choices.s3"}


def write_swept_choices(
    sweep: StudySweep, path: Path, *, manifest: Mapping[str, Any], lang: str = "nl"
) -> None:
    """Write choices.html of a sweep."""
    t = texts(lang)
    treatments = [swept_treatment(sweep, each, t) for each in sweep.swept]
    choices = Choices(sweep.study, sweep.inputs, treatments, sweep.notes, every=True)
    write_choices(choices, path, manifest=manifest, t=t)


def swept_treatment(sweep: StudySweep, swept: Swept, t: Texts) -> Treatment:
    """Arrange one swept intervention for the page."""
    asked, ground, least = swept.intervention, swept.arrays, swept.least
    every = sweep.every_subset or asked.stop_count is None
    sets = list(stop_sets(asked, every_subset=every))
    opening = open_sets(asked.may_open)
    row_of = {key: row for row, key in enumerate(_keys(swept.table))}
    marked = {row: str(swept.table["rules"].iloc[row]).split("; ") for row in _marked(swept)}
    remarks = _remarks(swept, marked, row_of, t)
    rows = _shown(swept.table, remarks)
    drawn = {row: place for place, row in enumerate(rows)}
    hit = None if least is None else hit_hardest(least.best, sweep.inputs)
    shown = swept.table.iloc[rows]
    before = [name for name, yes in zip(ground.names, ground.baseline, strict=True) if yes]
    unit = said_unit(sweep.inputs.demand, asked.name)
    return Treatment(
        intervention=asked,
        unit=unit,
        table=shown,
        sets=[(sets[row % len(sets)], opening[row // len(sets)]) for row in rows],
        cases=swept.references,
        scores=swept.scores,
        remarks={drawn[row]: said for row, said in remarks.items()},
        finding=_finding(sweep, swept, sets, opening, t),
        how=list(_how(sweep, swept, len(rows), t)),
        best=None if least is None or hit is None else _best(least, unit, hit, t),
        least=None if least is None else drawn[least.rows[0]],
        displayed=next((drawn[row] for row in marked if DISPLAYED_RULE in marked[row]), None),
        rules=[drawn[row] for row in marked if marked[row] != [DISPLAYED_RULE]],
        more={
            "before": before,
            **allocated(sweep.inputs, asked),
            "hit": _hit(swept, shown, hit),
            "travel": _travel(swept, rows),
        },
    )


def _marked(swept: Swept) -> list[int]:
    return np.flatnonzero(swept.table["rules"] != "").tolist()


def _keys(table: pd.DataFrame) -> Iterator[tuple[Any, Any]]:
    stops, opens = (table[name].to_numpy(object).tolist() for name in ("stops", "opens"))
    return zip(stops, opens, strict=True)


def _shown(table: pd.DataFrame, remarks: Iterable[int]) -> list[int]:
    if len(table) <= MOST_POINTS:
        return list(range(len(table)))
    keep = set(np.flatnonzero(table["on_front"]).tolist())
    keep |= set(np.linspace(0, len(table) - 1, MOST_POINTS).astype(int).tolist())
    return sorted({*keep, 0, *remarks})


def _remarks(
    swept: Swept,
    marked: Mapping[int, Sequence[str]],
    row_of: Mapping[tuple[str, str], int],
    t: Texts,
) -> dict[int, list[str]]:
    """Say of candidates why they are in the table."""
    out: dict[int, list[str]] = {}
    if swept.least is not None:
        for place, row in enumerate(swept.least.rows):
            tie = place < swept.least.ties
            key = "choices.best" if not place else "choices.tied" if tie else "choices.place"
            out[row] = [t(key, place=t.number(place + 1))]
        for cost in swept.least.locks:
            free = row_of.get(_key(swept.intervention, cost.without.open))
            if free is not None and free != swept.least.rows[0]:
                said = t("choices.freed", names=names_text(t, cost.lock.names))
                out.setdefault(free, []).append(said)
    for row, rules in marked.items():
        out.setdefault(row, []).extend(known_text(t, "choices.rule", rule) for rule in rules)
    exchanges = swept.front[swept.front["kind"].isin(_EXCHANGES)]
    for kind, name, which in zip(
        exchanges["kind"], exchanges["name"], _keys(exchanges), strict=True
    ):
        of = t("choices.baseline")
        if name and name != "baseline":
            of = "; ".join(known_text(t, "choices.of", rule) for rule in name.split("; "))
        said = t(_EXCHANGES[kind], name=of)
        out.setdefault(row_of[which], []).append(said)
    return {row: list(dict.fromkeys(said)) for row, said in out.items()}


def _key(asked: Intervention, is_open: Sequence[str]) -> tuple[str, str]:
    """Name the candidate after which exactly these are open."""
    stops = "; ".join(name for name in sorted(asked.providers) if name not in is_open)
    return stops, "; ".join(name for name in sorted(asked.may_open) if name in is_open)


def _finding(
    sweep: StudySweep,
    swept: Swept,
    sets: Sequence[tuple[str, ...]],
    opening: Sequence[tuple[str, ...]],
    t: Texts,
) -> list[str]:
    least, asked, table = swept.least, swept.intervention, swept.table
    span = span_sentence(t, table, every=True)
    if least is None:
        return [span]
    ties = [
        (sets[row % len(sets)], opening[row // len(sets)]) for row in least.rows[1 : least.ties]
    ]
    who = least_who(t, least.best, ties)
    if ("", "") in _keys(table.iloc[:1]):
        who = t("choices.who_change", who=who)
    told = told_lock(least.locks)
    said = "" if told is None else lock_text(t, told, cost_in_minutes(t, told.cost))
    return [
        least_sentence(t, least.best, who, said_unit(sweep.inputs.demand, asked.name)),
        span,
        lock_sentence(t, asked, said, dropped=least.rule_dropped),
    ]


def _how(sweep: StudySweep, swept: Swept, shown: int, t: Texts) -> Iterator[str]:
    least, asked, count = swept.least, swept.intervention, len(swept.table)
    yield t("choices.how_every", count=t.number(count))
    unit = t.unit(said_unit(sweep.inputs.demand, asked.name))
    yield t("choices.how_counted", unit=unit)
    if shown < count:
        yield t("choices.how_some", shown=t.number(shown))
    yield from locked_lines(asked, t)
    if least is None:
        return
    yield from kept_line(t, least.kept, dropped=least.rule_dropped)
    told = told_lock(least.locks)
    for cost in least.locks:
        if cost is not told:
            yield lock_text(t, cost, cost_in_minutes(t, cost.cost))
        # who stops without the rule is a choice of the table
        if cost.cost > 0.0 and cost.lock.kind != RULE:
            yield freed_text(t, asked, cost)
    if not least.complete:
        yield t("choices.how_locks")


def _best(least: LeastTravel, unit: str, hit: pd.DataFrame, t: Texts) -> dict[str, Any]:
    flows = least.best.flows
    known = flows[np.isfinite(flows["extra_minutes"])]
    before, after = (
        weighted_mean(known[f"minutes_{end}"], known["demand"]) for end in ("before", "after")
    )
    lines = [mean_line(t, before, after)]
    return best_choice(least.best, least.volumes, unit, hit, t, lines=lines)


def _travel(swept: Swept, rows: Sequence[int]) -> dict[str, Any] | None:
    """Give the published mean extra of every network, for what is drawn and what stands beside."""
    table = swept.travel
    if table.empty:
        return None
    networks = list(dict.fromkeys(table["network"]))
    means = [
        short_numbers(table.loc[table["network"] == network, "published_mean_extra"])
        for network in networks
    ]
    first = len(swept.references)
    return {
        "networks": networks,
        "references": [each[:first] for each in means],
        "candidates": [[each[first + row] for row in rows] for each in means],
    }


def _hit(
    swept: Swept, shown: pd.DataFrame, best: pd.DataFrame | None
) -> dict[str, list[list[Any]]]:
    """Municipalities hit hardest, of the candidates (by row) and scenarios (by name)."""
    place: dict[tuple[Any, Any], str] = {key: str(row) for row, key in enumerate(_keys(shown))}
    out: dict[str, list[list[Any]]] = {}
    if swept.least is not None and best is not None:
        case = swept.least.best
        out[place["; ".join(case.stops), "; ".join(case.opens)]] = places_data(best)
    table = swept.municipalities
    if table.empty:
        return out
    for (scenario, stops, opens), rows in table.groupby(["scenario", "stops", "opens"]):
        key = f"scenario {scenario}" if scenario else place.get((stops, opens), "")
        out[key] = places_data(rows)
    return out
