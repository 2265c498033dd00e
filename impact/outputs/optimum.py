"""What `impact optimise` writes and prints: the optimum, its flows and volumes, and the gap."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.concentration.volumes import judged
from impact.manifest import manifest_json, run_manifest
from impact.outputs.optimum_page import write_optimum_page
from impact.outputs.optimum_words import found_lines
from impact.outputs.tables import (
    DEMAND,
    FLOWS,
    MINUTES,
    NUMBER,
    SHARE,
    TEXT,
    VOLUMES,
    Column,
    write_csv,
)
from impact.outputs.texts import texts
from impact.register import provider_rows
from impact.storage import replacing_files

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from impact.concentration.optimise_study import Optimised, Redistribution, StudyOptimum

OPTIMUM_FILES = (
    "optimum.csv",
    "beside.csv",
    "flows.csv",
    "volumes.csv",
    "optimum.html",
    "manifest.json",
)
"""What the optimiser writes, and may replace."""

_KINDS = {
    **dict.fromkeys(
        (
            "demand",
            "moved",
            "unreachable",
            *(f"beyond_{limit}_{when}" for limit in (30, 45, 60) for when in ("before", "after")),
        ),
        DEMAND,
    ),
    **dict.fromkeys(
        (
            "mean_extra_moved",
            "mean_extra_all",
            "p50_extra",
            "p90_extra",
            "max_extra",
        ),
        MINUTES,
    ),
    **dict.fromkeys(
        (
            "limit",
            "value_today",
            "value",
            "bound",
            "minimum",
            "least",
            "most",
            "locations_before",
            "locations_after",
            "lowest_volume",
        ),
        NUMBER,
    ),
    "gap": SHARE,
}


def _columns(names: str) -> tuple[Column, ...]:
    return tuple(Column(name, _KINDS.get(name, TEXT), name) for name in names.split())


COLUMNS = _columns(
    "intervention objective limit status value_today value bound gap unit demand minimum least"
    " most stops opens stays locations_before locations_after lowest_volume moved"
    " mean_extra_moved mean_extra_all p50_extra p90_extra max_extra beyond_30_before"
    " beyond_30_after beyond_45_before beyond_45_after beyond_60_before beyond_60_after"
    " unreachable reason"
)


BESIDE = _columns(
    "intervention name value unit stops opens stays locations_after lowest_volume moved"
    " mean_extra_moved mean_extra_all p50_extra p90_extra max_extra beyond_30_after"
    " beyond_45_after beyond_60_after unreachable"
)


def optimum_frame(result: StudyOptimum) -> pd.DataFrame:
    """One row per intervention: what is best, how good it is, and how sure that is.

    Parameters
    ----------
    result
        From `impact.concentration.optimise_study.optimise_study`.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`. `value` and `bound` are in minutes, or demand beyond the limit.
    """
    return pd.DataFrame([_row(each) for each in result.found], columns=[x.name for x in COLUMNS])


def _row(each: Optimised) -> dict[str, Any]:
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
    """One row per redistribution that stands beside the best.

    Parameters
    ----------
    result
        From `impact.concentration.optimise_study.optimise_study`.

    Returns
    -------
    pandas.DataFrame
        Columns `BESIDE`: first what comes after the best, then the best per number of locations.
    """
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
    """Write the optimum: page, tables and manifest; every file, or none.

    Parameters
    ----------
    result
        From `impact.concentration.optimise_study.optimise_study`.
    folder
        Made if absent.
    lang
        ``nl`` or ``en``; the tables are the same in both.
    force
        Whether to write beside files that are not ours.

    Raises
    ------
    OutputError
        When the folder holds foreign files or cannot be written.
    """
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
    with replacing_files(folder, OPTIMUM_FILES, force=force) as temporary:
        write_csv(optimum_frame(result), COLUMNS, temporary / "optimum.csv")
        write_csv(beside_frame(result), BESIDE, temporary / "beside.csv")
        for table, parts in ((FLOWS, flows), (VOLUMES, volumes)):
            names = [column.name for column in table.columns]
            frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)
            write_csv(frame, table.columns, temporary / f"{table.name}.csv")
        manifest = _manifest(result)
        write_optimum_page(result, temporary / "optimum.html", manifest=manifest, lang=lang)
        text = manifest_json(manifest)
        (temporary / "manifest.json").write_text(text, encoding="utf-8", newline="\n")


def _manifest(result: StudyOptimum) -> dict[str, Any]:
    out = run_manifest(
        result.study,
        result.inputs,
        cases=[each.best.case for each in result.found if each.best is not None],
        swept={},
        providers=provider_rows(result.study, result.inputs.register),
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
    """Print the optimum and where its files are.

    Parameters
    ----------
    console
        Where to.
    result
        What was found.
    folder
        That it was written to.
    lang
        ``nl`` or ``en``.
    """
    t = texts(lang)
    kind = str(result.inputs.times.manifest["roads"]["kind"])
    title = t("optimum.title", title=result.study.title, one_way=t.one_way(kind))
    console.print(title, style="bold", markup=False)
    for each in result.found:
        console.print(f"\n{each.intervention.name}", style="bold", markup=False)
        for line in found_lines(each, t):
            console.print(f"  {line}", markup=False, highlight=False)
    console.print("")
    if kind == "screening":
        console.print(t("common.screening_warning"), markup=False)
    console.print(t("optimum.advice"), markup=False)
    console.print(
        t("optimum.page", path=(folder / "optimum.html").resolve()), markup=False, soft_wrap=True
    )
    console.print(t("optimum.tables", path=folder.resolve()), markup=False, soft_wrap=True)
