"""The folder of an optimum: its tables, manifest and page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.analysis.result import run_manifest
from impact.model.volumes import judged
from impact.outputs.files.columns import FLOWS, NUMBER, TEXT, VOLUMES, columns_of, write_csv
from impact.outputs.files.folder import OLD_PAGES, write_folder
from impact.outputs.text import texts
from impact.outputs.text.choices import stopping

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from impact.analysis.optimise import Optimised, Redistribution, StudyOptimum

OPTIMUM_FILES = (
    "optimum.csv",
    "beside.csv",
    "locks.csv",
    "flows.csv",
    "volumes.csv",
    "choices.html",
    OLD_PAGES["optimise"],
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
            "stops": "; ".join(stopping(each.intervention, cost)),
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
    from impact.outputs.pages.best_choices import write_best_choices

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
        write_best_choices(result, temporary / "choices.html", manifest=manifest, lang=lang)
        return manifest

    outdated = (OLD_PAGES["optimise"],)
    write_folder(
        folder, OPTIMUM_FILES, command="optimise", write=write, outdated=outdated, force=force
    )


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
