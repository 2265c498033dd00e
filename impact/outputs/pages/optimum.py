"""optimum.html and its tables: the best redistribution of every intervention, with its map."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.optimise import BY_NUMBER, MOST_TIES, RUNNER_UP, tied
from impact.analysis.result import joined, postcode_rows, run_manifest
from impact.analysis.rule_marks import hit_hardest
from impact.analysis.run import moved_bound
from impact.model.allocation_rule import NEAREST
from impact.model.demand import PATIENTS, REGISTERED
from impact.model.measures import LEGEND, place_bands
from impact.model.volumes import judged
from impact.outputs.files.columns import FLOWS, NUMBER, TEXT, VOLUMES, columns_of, write_csv
from impact.outputs.files.folder import write_folder
from impact.outputs.pages.map_layers import inputs_by_pc4
from impact.outputs.pages.page import write_evidence_page
from impact.outputs.pictures.atlas import WIDTH, case_maps
from impact.outputs.text import texts
from impact.outputs.text.norms import norm_remark
from impact.outputs.text.people import lowest_text, volume_text
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import (
    destination_text,
    known_text,
    minutes_at_least,
    minutes_text,
    names_text,
    note_language,
    note_text,
    roads_text,
    share_text,
    unconfirmed_text,
    whole_text,
)
from impact.study.model import MODELLED
from impact.study.register import provider_rows
from impact.tables.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from impact.analysis.optimise import Optimised, Redistribution, StudyOptimum
    from impact.model.case import Case
    from impact.model.inputs import Inputs
    from impact.optimise.locks import LockCost
    from impact.outputs.pictures.atlas import Atlas
    from impact.outputs.text import Texts


def asked_lines(each: Optimised, t: Texts) -> list[str]:
    """Say what was asked."""
    return list(_asked(each, t))


def _asked(each: Optimised, t: Texts) -> Iterator[str]:
    problem, asked = each.problem, each.intervention
    limit, unit = t.number(problem.limit), t.unit(problem.unit)
    yield t(f"optimum.asked_{problem.objective}", limit=limit, unit=unit)
    least, most = t.number(problem.least), t.number(problem.most)
    many = int(problem.counted.sum())
    if problem.least == problem.most:
        yield t("optimum.asked_number", number=most, many=t.number(many))
    elif problem.most < many:
        yield t("optimum.asked_at_most", number=most, least=least, many=t.number(many))
    if problem.minimum:
        yield t(
            "optimum.asked_minimum", minimum=t.number(problem.minimum), unit=t.unit(problem.counts)
        )
        yield _volumes(each, t)
    else:
        yield t("optimum.asked_no_minimum")
    room = np.isfinite(problem.capacity)
    for key, names in (
        ("must_stay", asked.must_stay),
        ("must_stop", asked.must_stop),
        ("may_open", asked.may_open),
        ("capacity", [name for name, yes in zip(problem.names, room, strict=True) if yes]),
    ):
        if names:
            yield t(f"optimum.asked_{key}", names=names_text(t, sorted(names)))
    yield from _rule(each, t)
    yield t("optimum.asked_nearest")
    if asked.allocation != NEAREST:
        yield t("optimum.asked_other_rule")


def _rule(each: Optimised, t: Texts) -> Iterator[str]:
    """Say whom the rule keeps, or that it could not be followed."""
    if each.kept:
        names = names_text(t, [t(f"displayed.fact_{why}", name=x) for x, why in each.kept.items()])
        yield t("optimum.rule_dropped" if each.rule_dropped else "optimum.rule", names=names)


def lock_lines(each: Optimised, t: Texts) -> list[str]:
    """Say what each lock costs."""
    return [
        t(f"optimum.lock_{cost.lock.kind}", names=_lock(cost, t), cost=_cost(each, cost, t))
        for cost in each.locks
    ]


def _lock(cost: LockCost, t: Texts) -> str:
    return names_text(t, cost.lock.names)


def _cost(each: Optimised, cost: LockCost, t: Texts) -> str:
    """Write what a lock costs, with what it is measured in."""
    if tied(cost.cost, 0.0):
        return t("optimum.costs_nothing")
    key, problem = f"optimum.costs_{each.problem.objective}", each.problem
    limit, unit = t.number(problem.limit), t.unit(problem.unit)
    return t(key, value=value_text(each, cost.cost, t), limit=limit, unit=unit)


def _freed(each: Optimised, cost: LockCost, t: Texts) -> str:
    """Name who would stop without a lock."""
    return names_text(t, _stopping(each, cost)) or t("optimum.nobody")


def _stopping(each: Optimised, cost: LockCost) -> list[str]:
    return [name for name in each.intervention.providers if name not in cost.without.open]


def _volumes(each: Optimised, t: Texts) -> str:
    key = each.volume.kind.replace(" ", "_") or "counted"
    return t(f"optimum.volumes_{key}", names=names_text(t, sorted(each.volume.scaled)))


def value_text(each: Optimised, value: float, t: Texts) -> str:
    """Write a value of the objective with its unit."""
    if math.isnan(value):
        return "–"
    return whole_text(t, value) if each.problem.objective == "beyond" else minutes_text(t, value)


def found_lines(each: Optimised, t: Texts) -> list[str]:
    """Say what was found."""
    optimum, best, problem = each.optimum, each.best, each.problem
    if best is None:
        key = "optimum.none" if optimum.status == "infeasible" else "optimum.not_in_time"
        return [t(key), *(f"- {reason}" for reason in optimum.reasons)]
    case, unit = best.case, t.unit(problem.unit)
    lines = [t("optimum.stops", names=names_text(t, case.stops) or t("optimum.nobody"))]
    if case.opens:
        lines.append(t("optimum.opens", names=names_text(t, case.opens)))
    lines.append(t("optimum.stays", names=names_text(t, case.stays)))
    ends = {"before": value_text(each, each.today, t), "after": value_text(each, best.value, t)}
    limit = t.number(problem.limit)
    lines.append(t(f"optimum.{problem.objective}", limit=limit, unit=unit, **ends))
    figures = case.figures
    if not math.isnan(figures["mean_extra_moved"]):
        lines.append(
            t(
                "optimum.moved",
                moved=whole_text(t, figures["moved"]),
                unit=unit,
                mean=minutes_text(t, figures["mean_extra_moved"]),
                tenth=minutes_at_least(t, figures["p90_extra"]),
            )
        )
    if problem.minimum:
        key = each.volume.kind.replace(" ", "_") or "counted"
        said = {"minimum": t.number(problem.minimum), "unit": t.unit(problem.counts)}
        lines.append(t(f"optimum.minimum_{key}", **said))
    lines += [t("optimum.tie", names=_changes(tie.case, t)) for tie in each.ties]
    if optimum.status == "optimal":
        lines.append(t("optimum.proven", gap=share_text(t, optimum.gap)))
        if each.runners_up and not each.ties:
            lines.append(t("optimum.no_tie"))
        if len(each.ties) >= MOST_TIES:
            lines.append(t("optimum.more_ties"))
    elif math.isnan(optimum.gap):
        lines.append(t("optimum.best_so_far"))
    else:
        lines.append(t("optimum.in_time", gap=share_text(t, optimum.gap)))
    return lines


def _changes(case: Case, t: Texts) -> str:
    """Say in short who stops and who begins."""
    said = [t("optimum.row_stops", names=names_text(t, case.stops) or t("optimum.nobody"))]
    if case.opens:
        said.append(t("optimum.row_opens", names=names_text(t, case.opens)))
    return " ".join(said)


def norm_line(each: Optimised, shown: Redistribution, t: Texts) -> str:
    """Hold the volumes of a redistribution against the norm, in a sentence."""
    if each.intervention.norm is None:
        return t("optimum.norm_none")
    norm, case = float(each.intervention.norm), shown.case
    rows = shown.volumes[shown.volumes["location"].isin([*case.stays, *case.opens])]
    said = {"norm": t.number(norm)}
    if rows["volume_after"].isna().any():
        unknown = t("optimum.norm_unknown", **said)
        bound = moved_bound(case, REGISTERED if each.problem.unit == PATIENTS else "")
        if math.isnan(bound):
            return unknown
        return f"{unknown} {t('appendix.volumes_bound', bound=t.number(bound))}"
    remark = norm_remark(t, each.intervention)
    remarks = [t("optimum.norm_remark", remark=remark)] if remark else []
    if (rows["kind"] == MODELLED).any():
        lowest = lowest_text(t, rows)
        return " ".join([t("optimum.norm_modelled", lowest=lowest, **said), *remarks])
    short = rows[rows["meets_norm"] == "no"]
    if short.empty and (rows["meets_norm"] == "").any():
        sentence = t("optimum.norm_open", **said)
    elif short.empty:
        lowest = lowest_text(t, rows)
        sentence = t("optimum.norm_met", lowest=lowest, **said)
    else:
        names = [
            t(
                "optimum.norm_short",
                name=row["location"],
                volume=volume_text(t, row, "after"),
                short=t.number(math.ceil(norm - row["volume_after"])),
            )
            for row in short.to_dict("records")
        ]
        sentence = t("optimum.norm_below", names=names_text(t, names), **said)
    return " ".join([sentence, *remarks])


_COLUMNS = ("value", "moved", "mean", "tenth", "beyond", "lowest")
"""Of the tables of redistributions; the last only where volumes are patients."""

_PLACES = 5


def write_optimum_page(
    result: StudyOptimum, path: Path, *, manifest: Mapping[str, Any], lang: str = "nl"
) -> None:
    """Write optimum.html.

    Notes
    -----
    The page asks for nothing outside itself.
    """
    t = texts(lang)
    atlas = _atlas(result)
    drawn = {(each.case.intervention.name, each.case.scenario): each for each in atlas.maps}
    times = manifest["times"]
    write_evidence_page(
        path,
        "optimum",
        t,
        manifest={**manifest, "roads_sha256": times.get("roads_sha256", times.get("sha256", ""))},
        shown={
            "study": result.study,
            "one_way": t.one_way(str(manifest["roads"]["kind"])),
            "profile": known_text(t, "common.profile", str(manifest["parameters"]["profile"])),
            "groups": [_group(each, result.inputs, drawn, t) for each in result.found],
            "atlas": atlas,
            "width": WIDTH,
            "bands": atlas.legend,
            "notes": [
                (_unconfirmed(result, t), t.lang),
                *((note_text(t, note), note_language(t, note)) for note in result.notes),
            ],
        },
    )


def _unconfirmed(result: StudyOptimum, t: Texts) -> str:
    return unconfirmed_text(t, provider_rows(result.study, result.inputs.register))


def _atlas(result: StudyOptimum) -> Atlas:
    """Draw the best and of what comes next; of many points per PC4."""
    cases = [
        shown.case
        for each in result.found
        if each.best is not None
        for shown in (each.best, *each.runners_up)
    ]
    inputs = result.inputs
    places, cases_ = inputs_by_pc4(result.study, inputs, cases)
    rows = joined([postcode_rows(case) for case in cases_])
    return case_maps(cases_, places, inputs.hospitals, rows)


def _group(
    each: Optimised, inputs: Inputs, drawn: Mapping[tuple[str, str], Any], t: Texts
) -> dict[str, Any]:
    """Everything that stands under one intervention."""
    name, best = each.intervention.name, each.best
    out: dict[str, Any] = {"name": name, "plain": plain_treatment(t, name)}
    out |= {"asked": asked_lines(each, t), "lines": found_lines(each, t)}
    if best is None:
        return out | {"found": False}
    unit = t.unit(each.problem.unit)
    return out | {
        "found": True,
        "unit": unit,
        "map": drawn[name, best.case.scenario],
        "caption": names_text(t, best.case.stops),
        "takers": [(giver, _takers(best.case, giver, t)) for giver in best.case.stops],
        "bands": list(_bands(best.case.flows, t)),
        "hit": [_place(row, t) for row in _hit(best.case, inputs)],
        "norm": norm_line(each, best, t),
        "volumes": [_volume(row, best.case, t) for row in best.volumes.to_dict("records")],
        "objective": t(f"optimum.c_{each.problem.objective}", limit=t.number(each.problem.limit)),
        "ranking": _ranking(each, t),
        "columns": _COLUMNS if each.volume.kind else _COLUMNS[:-1],
        "numbers": [_row(each, shown, t, t.number(_open(shown.case))) for shown in each.by_number],
        "chosen": t.number(_open(best.case)),
        "next": [
            (
                _name(shown.case, t),
                names_text(t, shown.case.stops),
                drawn[name, shown.case.scenario],
            )
            for shown in each.runners_up
        ],
        "locks": [
            (said, _freed(each, cost, t))
            for said, cost in zip(lock_lines(each, t), each.locks, strict=True)
        ],
        "complete": each.complete,
    }


def _open(case: Case) -> int:
    return len(case.stays) + len(case.opens)


def _name(case: Case, t: Texts) -> str:
    """Name of a redistribution: its place, or that of the study."""
    if case.scenario.startswith((f"{RUNNER_UP} ", f"{BY_NUMBER} ")):
        return t("optimum.place", place=case.scenario.rpartition(" ")[2])
    return t("optimum.scenario", name=case.scenario)


def _takers(case: Case, giver: str, t: Texts) -> str:
    flows = case.flows[case.flows["provider_before"] == giver]
    said = destination_text(t, replace(case, flows=flows))
    return said or t("optimum.nobody_lives_there")


def _bands(flows: pd.DataFrame, t: Texts) -> Iterator[tuple[str, str, str, str]]:
    """Give key, words, demand and share of every band that holds anybody."""
    before, after, demand = (
        flows[name].to_numpy(np.float64) for name in ("minutes_before", "minutes_after", "demand")
    )
    extra = flows["extra_minutes"].where(flows["moved"]).to_numpy(np.float64)
    people = np.bincount(place_bands(before, after, extra, demand), demand, len(LEGEND))
    for band, here in zip(LEGEND, people.tolist(), strict=True):
        if here > 0.0:
            share = share_text(t, here / float(demand.sum()))
            yield band.key, t(f"common.{band.key}"), whole_text(t, here), share


def _hit(case: Case, inputs: Inputs) -> Sequence[Mapping[Any, Any]]:
    return hit_hardest(case, inputs).head(_PLACES).to_dict("records")


def _place(row: Mapping[Any, Any], t: Texts) -> dict[str, str]:
    return {
        "name": str(row["municipality"]),
        "mean": minutes_text(t, row["mean_extra_moved"]),
        "most": minutes_text(t, row["max_extra"]),
        "moved": whole_text(t, row["moved"]),
    }


def _volume(row: Mapping[Any, Any], case: Case, t: Texts) -> dict[str, str]:
    stops = row["location"] in case.stops
    return {
        "location": str(row["location"]),
        "before": volume_text(t, row, "before"),
        "after": t("optimum.stopped") if stops else volume_text(t, row, "after"),
        "norm": whole_text(t, row["norm"]),
        "meets": known_text(t, "tables.value", str(row["meets_norm"]))
        if row["meets_norm"]
        else "–",
        "kind": known_text(t, "tables.value", str(row["kind"])) if row["kind"] else "–",
    }


def _ranking(each: Optimised, t: Texts) -> list[dict[str, str]]:
    """Today, the best, what comes next, and the scenarios of the study."""
    best, ties = each.best, each.ties
    if best is None:
        return []
    today = dict.fromkeys(("moved", "mean", "tenth", "beyond", "lowest"), "–")
    figures = best.case.figures
    return [
        {
            **today,
            "name": t("optimum.today"),
            "about": "",
            "value": value_text(each, each.today, t),
            "beyond": whole_text(t, figures["beyond_45_before"]),
        },
        _row(each, best, t, t("optimum.best")),
        *(
            _row(each, shown, t, t("optimum.tied") if shown in ties else _name(shown.case, t))
            for shown in each.runners_up
        ),
        *(_row(each, shown, t, _name(shown.case, t)) for shown in each.scenarios),
    ]


def _row(each: Optimised, shown: Redistribution, t: Texts, name: str) -> dict[str, str]:
    case, figures = shown.case, shown.case.figures
    return {
        "name": name,
        "about": _changes(case, t),
        "value": value_text(each, shown.value, t),
        "moved": whole_text(t, figures["moved"]),
        "mean": minutes_text(t, figures["mean_extra_moved"]) if case.stops else "–",
        "tenth": minutes_at_least(t, figures["p90_extra"]) if case.stops else "–",
        "beyond": whole_text(t, figures["beyond_45_after"]),
        "lowest": _lowest(shown, t),
    }


def _lowest(shown: Redistribution, t: Texts) -> str:
    rows = shown.volumes
    rows = rows[rows["location"].isin([*shown.case.stays, *shown.case.opens])]
    if math.isnan(judged(rows, shown.case)["lowest_volume"]):
        return whole_text(t, math.nan)
    return lowest_text(t, rows)


OPTIMUM_FILES = (
    "optimum.csv",
    "beside.csv",
    "locks.csv",
    "flows.csv",
    "volumes.csv",
    "optimum.html",
    "manifest.json",
)
"""What the optimiser writes, and may replace."""

COLUMNS = columns_of(
    "intervention objective limit status value_today value bound gap unit demand minimum least"
    " most stops opens stays locations_before locations_after lowest_volume moved"
    " mean_extra_moved mean_extra_all p50_extra p90_extra max_extra beyond_30_before"
    " beyond_30_after beyond_45_before beyond_45_after beyond_60_before beyond_60_after"
    " unreachable reason",
    value=NUMBER,
)
BESIDE = columns_of(
    "intervention name value unit stops opens stays locations_after lowest_volume moved"
    " mean_extra_moved mean_extra_all p50_extra p90_extra max_extra beyond_30_after"
    " beyond_45_after beyond_60_after unreachable",
    value=NUMBER,
)


LOCKS = columns_of(
    "intervention lock locations value cost stops:stops_without", value=NUMBER, cost=NUMBER
)


def locks_frame(result: StudyOptimum) -> pd.DataFrame:
    """One row per lock: the least value without it, and what it costs."""
    rows = [
        {
            "intervention": each.intervention.name,
            "lock": cost.lock.kind,
            "locations": "; ".join(cost.lock.names),
            "value": cost.without.value,
            "cost": cost.cost,
            "stops": "; ".join(_stopping(each, cost)),
        }
        for each in result.found
        for cost in each.locks
    ]
    return pd.DataFrame(rows, columns=[x.name for x in LOCKS])


def optimum_frame(result: StudyOptimum) -> pd.DataFrame:
    """One row per intervention: what is best, how good it is, and how sure that is."""
    return pd.DataFrame(
        [_optimum_row(each) for each in result.found], columns=[x.name for x in COLUMNS]
    )


def _optimum_row(each: Optimised) -> dict[str, Any]:
    problem, optimum, best = each.problem, each.optimum, each.best
    row: dict[str, Any] = dict.fromkeys((x.name for x in COLUMNS), math.nan)
    row |= dict.fromkeys((x.name for x in COLUMNS if x.kind == TEXT), "")
    row |= {
        "intervention": each.intervention.name,
        "objective": problem.objective,
        "limit": problem.limit if problem.objective == "beyond" else math.nan,
        "status": optimum.status,
        "value_today": each.today,
        "value": optimum.value,
        "bound": optimum.bound,
        "gap": optimum.gap,
        "unit": problem.unit,
        "demand": float(problem.demand.sum()),
        "minimum": problem.minimum or math.nan,
        "least": problem.least,
        "most": problem.most,
        "locations_before": len(each.intervention.providers),
        "reason": "; ".join(optimum.reasons),
    }
    return row if best is None else row | _figures(best)


def _figures(shown: Redistribution) -> dict[str, Any]:
    case = shown.case
    names = {x.name for x in COLUMNS}
    return {
        **{name: value for name, value in case.figures.items() if name in names},
        "value": shown.value,
        "stops": "; ".join(case.stops),
        "opens": "; ".join(case.opens),
        "stays": "; ".join(case.stays),
        "locations_after": len(case.stays) + len(case.opens),
        "lowest_volume": judged(shown.volumes, case)["lowest_volume"],
    }


def beside_frame(result: StudyOptimum) -> pd.DataFrame:
    """One row per redistribution that stands beside the best."""
    rows = [
        {
            "intervention": each.intervention.name,
            "name": shown.case.scenario,
            "unit": each.problem.unit,
            **_figures(shown),
        }
        for each in result.found
        for shown in (*each.runners_up, *each.by_number)
    ]
    return pd.DataFrame(rows, columns=[x.name for x in BESIDE])


def write_optimum(
    result: StudyOptimum, folder: Path, *, lang: str = "nl", force: bool = False
) -> None:
    """Write the optimum: page, tables and manifest; every file, or none."""
    texts(lang)
    ferry = result.inputs.ferry
    flows, volumes = [], []
    for each in result.found:
        if each.best is not None:
            rows = each.best.case.flows
            flows.append(
                rows.assign(
                    intervention=each.intervention.name,
                    scenario=each.best.case.scenario,
                    ferry=ferry.reindex(rows["postcode"]).to_numpy(),
                )
            )
            volumes.append(each.best.volumes)

    def write(temporary: Path) -> Mapping[str, Any]:
        write_csv(optimum_frame(result), COLUMNS, temporary / "optimum.csv")
        write_csv(beside_frame(result), BESIDE, temporary / "beside.csv")
        write_csv(locks_frame(result), LOCKS, temporary / "locks.csv")
        for table, parts in ((FLOWS, flows), (VOLUMES, volumes)):
            names = [column.name for column in table.columns]
            frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)
            write_csv(frame, table.columns, temporary / f"{table.name}.csv")
        manifest = _manifest(result)
        write_optimum_page(result, temporary / "optimum.html", manifest=manifest, lang=lang)
        return manifest

    write_folder(folder, OPTIMUM_FILES, command="optimise", write=write, force=force)


def _manifest(result: StudyOptimum) -> dict[str, Any]:
    out = run_manifest(
        result.study,
        result.inputs,
        cases=[each.best.case for each in result.found if each.best is not None],
        notes=result.notes,
        sources=result.sources,
    )
    out["optimise"] = {
        each.intervention.name: {
            "objective": each.problem.objective,
            "limit": each.problem.limit,
            "least": each.problem.least,
            "most": each.problem.most,
            "minimum": each.problem.minimum,
            "kept": dict(each.kept),
            "rule_followed": not each.rule_dropped,
            "volumes": each.volume.kind or each.problem.counts,
            "scaled": sorted(each.volume.scaled),
            "assignment": "everybody to the nearest open location, ties by name",
            "status": each.optimum.status,
            "gap": None if math.isnan(each.optimum.gap) else each.optimum.gap,
            "sets_searched": each.optimum.nodes,
            "variables": each.optimum.sets,
            "constraints": each.optimum.rows,
        }
        for each in result.found
    }
    return out


def print_optimum(console: Console, result: StudyOptimum, folder: Path, *, lang: str) -> None:
    """Print the optimum and where its files are."""
    t = texts(lang)
    kind = str(result.inputs.times.manifest["roads"]["kind"])
    title = t("optimum.title", title=result.study.title, one_way=t.one_way(kind))
    console.print(title, style="bold", markup=False)
    for each in result.found:
        console.print(f"\n{visible(each.intervention.name)}", style="bold", markup=False)
        for line in (*found_lines(each, t), *_rule(each, t), *lock_lines(each, t)):
            console.print(f"  {line}", markup=False, highlight=False)
    console.print("")
    if roads := roads_text(t, result.inputs.times.manifest["roads"]):
        console.print(roads, markup=False)
    console.print(_unconfirmed(result, t), markup=False)
    console.print(t("optimum.advice"), markup=False)
    console.print(
        t("optimum.page", path=(folder / "optimum.html").resolve()), markup=False, soft_wrap=True
    )
    console.print(t("optimum.tables", path=folder.resolve()), markup=False, soft_wrap=True)
