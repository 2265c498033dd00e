"""optimum.html: the best redistribution of every intervention, with its map, in one file."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from impact.concentration.optimise_study import BY_NUMBER, RUNNER_UP
from impact.concentration.rows import joined, postcode_rows
from impact.concentration.sweep_rules import hit_hardest
from impact.concentration.volumes import judged
from impact.outputs.bands import BANDS, NO_ROUTE, NOBODY, SHORTER, Band, band_of
from impact.outputs.coarse import cases_by_pc4
from impact.outputs.optimum_words import asked_lines, found_lines, norm_line, value_text
from impact.outputs.overview import Line
from impact.outputs.pages import write_evidence_page
from impact.outputs.report_maps import WIDTH, case_maps
from impact.outputs.texts import texts
from impact.outputs.wording import (
    destination_text,
    known_text,
    minutes_text,
    names_text,
    share_text,
    whole_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from impact.concentration.inputs import Inputs
    from impact.concentration.optimise_study import Optimised, Redistribution, StudyOptimum
    from impact.concentration.result import Case
    from impact.outputs.report_maps import Atlas
    from impact.outputs.texts import Texts

_COLUMNS = ("value", "moved", "mean", "tenth", "beyond", "lowest")
"""Of the tables of redistributions; the last only where volumes are patients."""

_PLACES = 5
_SHOWN = (*BANDS, SHORTER, NOBODY, NO_ROUTE)


def write_optimum_page(
    result: StudyOptimum, path: Path, *, manifest: Mapping[str, Any], lang: str = "nl"
) -> None:
    """Write optimum.html.

    Parameters
    ----------
    result
        From `impact.concentration.optimise_study.optimise_study`.
    path
        File to write.
    manifest
        Of the same.
    lang
        ``nl`` or ``en``.

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
            "bands": [band for band in _SHOWN if band is not SHORTER or _some_shorter(atlas)],
            "notes": result.notes,
        },
    )


def _atlas(result: StudyOptimum) -> Atlas:
    """Draw the best and of what comes next; of many points per PC4."""
    cases = [
        shown.case
        for each in result.found
        if each.best is not None
        for shown in (each.best, *each.runners_up)
    ]
    inputs = result.inputs
    weight = inputs.demand.weights[result.study.interventions[0].name]
    points = inputs.postcodes.assign(demand=weight, ferry=inputs.ferry)
    places, cases_ = cases_by_pc4(points, cases)
    rows = joined([postcode_rows(case) for case in cases_])
    return case_maps(cases_, places, inputs.hospitals, rows)


def _some_shorter(atlas: Atlas) -> bool:
    return any(key == SHORTER.key for each in atlas.maps for key, _ in each.bands)


def _group(
    each: Optimised, inputs: Inputs, drawn: Mapping[tuple[str, str], Any], t: Texts
) -> dict[str, Any]:
    """Everything that stands under one intervention."""
    name, best = each.intervention.name, each.best
    out = {"name": name, "asked": asked_lines(each, t), "lines": found_lines(each, t)}
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
    said = destination_text(t, Line(replace(case, flows=flows), {}))
    return said or t("optimum.nobody_lives_there")


def _bands(flows: pd.DataFrame, t: Texts) -> Iterator[tuple[str, str, str, str]]:
    """Give key, words, demand and share of every band that holds anybody."""
    total = float(flows["demand"].sum())
    keys = [
        _band(bool(moved), float(extra), float(after)).key
        for moved, extra, after in zip(
            flows["moved"], flows["extra_minutes"], flows["minutes_after"], strict=True
        )
    ]
    demand = flows["demand"].groupby(keys).sum()
    for band in _SHOWN:
        here = float(demand.get(band.key, 0.0))
        if here > 0.0:
            share = share_text(t, here / total)
            yield band.key, t(f"common.{band.key}"), whole_text(t, here), share


def _band(moved: bool, extra: float, after: float) -> Band:  # noqa: FBT001 (a column of a row)
    if math.isinf(after):
        return NO_ROUTE
    if moved or band_of(extra) is SHORTER:
        return band_of(extra)
    return NOBODY


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
        "before": whole_text(t, row["volume_before"]),
        "after": t("optimum.stopped") if stops else whole_text(t, row["volume_after"]),
        "norm": whole_text(t, row["norm"]),
        "meets": known_text(t, "tables.value", str(row["meets_norm"]))
        if row["meets_norm"]
        else "–",
        "kind": known_text(t, "tables.value", str(row["kind"])) if row["kind"] else "–",
    }


def _ranking(each: Optimised, t: Texts) -> list[dict[str, str]]:
    """Today, the best, what comes next, and the scenarios of the study."""
    best = each.best
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
        *(_row(each, shown, t, _name(shown.case, t)) for shown in each.runners_up),
        *(_row(each, shown, t, _name(shown.case, t)) for shown in each.scenarios),
    ]


def _row(each: Optimised, shown: Redistribution, t: Texts, name: str) -> dict[str, str]:
    case, figures = shown.case, shown.case.figures
    about = [t("optimum.row_stops", names=names_text(t, case.stops) or t("optimum.nobody"))]
    if case.opens:
        about.append(t("optimum.row_opens", names=names_text(t, case.opens)))
    return {
        "name": name,
        "about": " ".join(about),
        "value": value_text(each, shown.value, t),
        "moved": whole_text(t, figures["moved"]),
        "mean": minutes_text(t, figures["mean_extra_moved"]) if case.stops else "–",
        "tenth": minutes_text(t, figures["p90_extra"]) if case.stops else "–",
        "beyond": whole_text(t, figures["beyond_45_after"]),
        "lowest": whole_text(t, judged(shown.volumes, case)["lowest_volume"]),
    }
