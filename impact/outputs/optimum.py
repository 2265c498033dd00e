"""What `impact optimise` writes and prints: the optimum, its flows and volumes, and the gap."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.concentration.volumes import judged
from impact.manifest import manifest_json, run_manifest
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
from impact.outputs.wording import minutes_text, names_text, share_text, whole_text
from impact.register import provider_rows
from impact.storage import replacing_files

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from impact.concentration.optimise_study import Optimised, Redistribution, StudyOptimum
    from impact.outputs.texts import Texts

OPTIMUM_FILES = (
    "optimum.csv",
    "beside.csv",
    "flows.csv",
    "volumes.csv",
    # "optimum.html",
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
    """Write the optimum, its flows, its volumes and the manifest: every file, or none.

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
        manifest = manifest_json(_manifest(result))
        (temporary / "manifest.json").write_text(manifest, encoding="utf-8", newline="\n")


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
        for line in _lines(each, t):
            console.print(f"  {line}", markup=False, highlight=False)
    console.print("")
    if kind == "screening":
        console.print(t("common.screening_warning"), markup=False)
    console.print(t("optimum.advice"), markup=False)
    console.print(t("optimum.tables", path=folder.resolve()), markup=False, soft_wrap=True)


def minimum_text(each: Optimised, t: Texts) -> str:
    """Say what every location has at least, and what that was counted in.

    Parameters
    ----------
    each
        With a minimum.
    t
        Catalogue.

    Returns
    -------
    str
    """
    key = each.volume.kind.replace(" ", "_") or "counted"
    problem = each.problem
    count, unit = t.number(problem.minimum), t.unit(problem.counts)
    return t(f"optimum.minimum_{key}", minimum=count, unit=unit)


def _lines(each: Optimised, t: Texts) -> list[str]:
    optimum, best, problem = each.optimum, each.best, each.problem
    if best is None:
        key = "optimum.none" if optimum.status == "infeasible" else "optimum.not_in_time"
        return [t(key), *(f"- {reason}" for reason in optimum.reasons)]
    case = best.case
    lines = [t("optimum.stops", names=names_text(t, case.stops) or t("optimum.nobody"))]
    if case.opens:
        lines.append(t("optimum.opens", names=names_text(t, case.opens)))
    lines.append(t("optimum.stays", names=names_text(t, case.stays)))
    unit = t.unit(problem.unit)
    if problem.objective == "beyond":
        ends = [whole_text(t, value) for value in (each.today, optimum.value)]
        limit = t.number(problem.limit)
        said = t("optimum.beyond", before=ends[0], after=ends[1], unit=unit, limit=limit)
    else:
        ends = [minutes_text(t, value) for value in (each.today, optimum.value)]
        said = t(f"optimum.{problem.objective}", before=ends[0], after=ends[1])
    lines.append(said)
    figures = case.figures
    if not math.isnan(figures["mean_extra_moved"]):
        lines.append(
            t(
                "optimum.moved",
                moved=whole_text(t, figures["moved"]),
                unit=unit,
                mean=minutes_text(t, figures["mean_extra_moved"]),
                tenth=minutes_text(t, figures["p90_extra"]),
            )
        )
    if problem.minimum:
        lines.append(minimum_text(each, t))
    if optimum.status == "optimal":
        lines.append(t("optimum.proven", gap=share_text(t, optimum.gap)))
    elif math.isnan(optimum.gap):
        lines.append(t("optimum.best_so_far"))
    else:
        lines.append(t("optimum.in_time", gap=share_text(t, optimum.gap)))
    return lines
