"""plan.html, its workbook and tables: from which day who travels how much longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xlsxwriter

from impact.analysis.plan import FIRST, plan_rows
from impact.analysis.result import joined, postcode_rows, run_manifest
from impact.model.demand import REGISTERED
from impact.outputs.files.columns import TEXT, Column, columns_of, write_csv
from impact.outputs.files.folder import write_folder
from impact.outputs.files.sheets import OPTIONS, PROSE, Header, Sheets
from impact.outputs.pages.map_layers import inputs_by_pc4
from impact.outputs.pages.page import json_script, template_text, write_evidence_page
from impact.outputs.pictures.atlas import WIDTH, case_maps
from impact.outputs.text import texts
from impact.outputs.text.people import count_text
from impact.outputs.text.plan import PLAN_KEYS, time_plan_rows
from impact.outputs.text.rounding import rounded_up
from impact.outputs.text.wording import (
    day_text,
    known_text,
    minutes_at_least,
    minutes_text,
    names_text,
    note_language,
    note_text,
    roads_text,
    whole_text,
)
from impact.storage import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from impact.analysis.epochs import Epoch
    from impact.analysis.plan import StudyPlan
    from impact.outputs.pictures.atlas import Atlas
    from impact.outputs.text import Texts

PLAN_FILES = ("days.csv", "plan.csv", "late.csv", "years.csv", "plan.xlsx", "plan.html", MANIFEST)
"""What a plan writes, and may replace."""

DAYS = columns_of(
    "intervention from stops opens moved unit mean_extra_moved p90_extra max_extra over_capacity"
    " moved_low moved_high"
)
YEARS = columns_of(
    "intervention year location volume norm kind volume_low volume_high",
    volume="number",
    volume_low="number",
    volume_high="number",
    year="number",
)
_LATE = columns_of("intervention late deadline found")
_STEPS = columns_of(
    "intervention location step from recipient capacity state source",
    step="text",
    capacity="number",
)


def write_plan(plan: StudyPlan, folder: Path, *, lang: str = "nl", force: bool = False) -> None:
    """Write a plan: page, workbook, tables and manifest; every file, or none."""
    t = texts(lang)

    def write(temporary: Path) -> Mapping[str, Any]:
        for frame, columns, name in (
            (plan_rows(plan), DAYS, "days"),
            (_step_frame(plan), _STEPS, "plan"),
            (plan.late, _LATE, "late"),
            (plan.years, YEARS, "years"),
        ):
            write_csv(frame, columns, temporary / f"{name}.csv")
        _write_workbook(plan, temporary / "plan.xlsx", t)
        manifest = _manifest(plan)
        _write_page(plan, temporary / "plan.html", manifest=manifest, t=t)
        return manifest

    write_folder(folder, PLAN_FILES, command="plan", write=write, force=force)


def _step_frame(plan: StudyPlan) -> pd.DataFrame:
    rows = [
        {
            "intervention": step.intervention,
            "location": step.location,
            "step": step.step,
            "from": "" if step.start is None else step.start.isoformat(),
            "recipient": "; ".join(f"{name}: {share:g}" for name, share in step.takers.items()),
            "capacity": step.capacity,
            "state": step.state,
            "source": step.source,
        }
        for step in plan.steps
    ]
    return pd.DataFrame(rows, columns=[column.name for column in _STEPS])


def _manifest(plan: StudyPlan) -> dict[str, Any]:
    out = run_manifest(
        plan.study,
        plan.inputs,
        cases=[epochs[-1].case for epochs in plan.epochs.values()],
        notes=plan.notes,
        sources=plan.sources,
    )
    out["plan"] = {
        "today": plan.today.isoformat(),
        "days": [day.isoformat() for day in plan.days],
        "deadlines": {key: day.isoformat() for key, day in plan.deadlines.items()},
    }
    return out


def _write_workbook(plan: StudyPlan, path: Path, t: Texts) -> None:
    """Write the time plan as Excel: what is filled in at the table, with the figures behind it."""
    with xlsxwriter.Workbook(path, OPTIONS) as book:
        sheets = Sheets(book)
        heads = [
            Header(t(f"plan.c_{key}"), PROSE if key in {"late", "source"} else TEXT, 30)
            for key in PLAN_KEYS
        ]
        rows = time_plan_rows(plan.study, plan.steps, plan.late, t)
        sheets.grid(
            sheets.add(t("plan.sheet_plan")),
            heads,
            ([row[key] for key in PLAN_KEYS] for row in rows),
        )
        for name, frame, columns in (
            (t("plan.sheet_days"), plan_rows(plan), DAYS),
            (t("plan.sheet_years"), plan.years, YEARS),
        ):
            if len(frame):
                heads = [_header(column, t) for column in columns]
                sheets.grid(sheets.add(name), heads, frame.itertuples(index=False))


def _header(column: Column, t: Texts) -> Header:
    known = {
        "intervention": "c_treatment",
        "from": "c_day",
        "stops": "step_stops",
        "opens": "step_opens",
        "moved": "c_moved",
        "mean_extra_moved": "c_mean",
        "p90_extra": "c_tenth",
        "location": "c_location",
        "norm": "c_norm",
    }
    text = t(f"plan.{known[column.name]}") if column.name in known else column.name
    return Header(text, column.kind, 30 if column.kind == TEXT else 14)


def answer_lines(plan: StudyPlan, t: Texts) -> list[str]:
    """Say what changes when, and what is late."""
    return list(_answer(plan, t))


def _answer(plan: StudyPlan, t: Texts) -> Iterator[str]:
    days = [day_text(t, day.isoformat()) for day in plan.days]
    if not days:
        yield t("plan.answer_none")
    elif len(days) == 1:
        yield t("plan.answer_one", day=days[0])
    else:
        yield t("plan.answer_first", day=days[0], last=days[-1])
    today = day_text(t, plan.today.isoformat())
    # a day between the first and the last needs reasons, and is not late
    late = plan.late[plan.late["late"] != FIRST]["intervention"].nunique()
    if late:
        many = t.number(len(plan.study.interventions))
        yield t("plan.answer_late", day=today, count=t.number(late), many=many)
    else:
        yield t("plan.answer_on_time", day=today)
    yield t("plan.advice")


def _epoch_lines(plan: StudyPlan, name: str, epoch: Epoch, t: Texts) -> list[str]:
    """Say of one situation who stops, who travels and who gets too many."""
    case, figures = epoch.case, epoch.case.figures
    if epoch.start is None or not (case.stops or case.opens):
        return [t("plan.nothing")]
    lines = []
    if case.stops:
        lines.append(t("plan.stops", names=names_text(t, case.stops)))
    if case.opens:
        lines.append(t("plan.opens", names=names_text(t, case.opens)))
    if figures["moved"] > 0.0:
        lines.append(
            t(
                "plan.moved",
                people=_people(plan, name, figures["moved"], epoch.moved_ends, t),
                mean=minutes_text(t, figures["mean_extra_moved"]),
                tenth=minutes_at_least(t, figures["p90_extra"]),
            )
        )
    if epoch.over:
        names = [
            t("plan.over_one", name=place, count=whole_text(t, count))
            for place, count in epoch.over.items()
            if epoch.over_ends.get(place, (count,))[0] > 0.0
        ]
        if names:
            lines.append(t("plan.over", names=names_text(t, names)))
        perhaps = [
            t("hidden.over_one", name=place, **over_ends(t, *epoch.over_ends[place]))
            for place in epoch.over
            if epoch.over_ends.get(place, (1.0,))[0] <= 0.0
        ]
        if perhaps:
            lines.append(t("hidden.over", names=names_text(t, perhaps)))
    return lines


def over_ends(t: Texts, low: float, high: float) -> dict[str, str]:
    """Write how much room there is at the least counts, and how many are too many at the most."""
    return {"room": whole_text(t, rounded_up(-low)), "count": whole_text(t, rounded_up(high))}


def _people(plan: StudyPlan, name: str, number: float, ends: tuple[float, float], t: Texts) -> str:
    """Write how many people, as fine as they are known, and how they are known."""
    demand = plan.inputs.demand
    kind = demand.kinds.get(name, "")
    unit = t.unit(f"{demand.unit_of(name)} {kind}".rstrip())
    return f"{count_text(t, number, *ends, kind=kind)} {unit}"


def _write_page(plan: StudyPlan, path: Path, *, manifest: Mapping[str, Any], t: Texts) -> None:
    moving = [name for name, epochs in plan.epochs.items() if len(epochs) > 1]
    atlas = _atlas(plan, moving) if moving else None
    drawn = (
        {}
        if atlas is None
        else {(each.case.intervention.name, each.case.scenario): each for each in atlas.maps}
    )
    times = manifest["times"]
    days = [
        t("plan.today"),
        *(t("plan.from_day", day=day_text(t, x.isoformat())) for x in plan.days),
    ]
    write_evidence_page(
        path,
        "plan",
        t,
        manifest={**manifest, "roads_sha256": times.get("roads_sha256", times.get("sha256", ""))},
        shown={
            "study": plan.study,
            "one_way": t.one_way(str(manifest["roads"]["kind"])),
            "profile": known_text(t, "common.profile", str(manifest["parameters"]["profile"])),
            "answer": answer_lines(plan, t),
            "moving": moving,
            "days": days,
            "panels": [
                {
                    "treatment": number,
                    "days": _shown_on(plan, name, place),
                    "lines": _epoch_lines(plan, name, epoch, t),
                    "map": drawn.get((name, epoch.case.scenario)),
                    "name": name,
                }
                for number, name in enumerate(moving)
                for place, epoch in enumerate(plan.epochs[name])
            ],
            "rows": time_plan_rows(plan.study, plan.steps, plan.late, t),
            "figures": [
                _figure(plan, row, t) for row in plan_rows(plan).to_dict("records") if row["from"]
            ],
            "years": _year_rows(plan, t),
            "year_heads": sorted(set(plan.years["year"])),
            "deadlines": [
                (day_text(t, day.isoformat()), t(f"plan.deadline_{key}"))
                for key, day in plan.deadlines.items()
            ],
            "atlas": atlas,
            "width": WIDTH,
            "bands": () if atlas is None else atlas.legend,
            "data": json_script("plan-data", _places(plan, moving, days)),
            "script": template_text("plan.js"),
            "notes": [(note_text(t, note), note_language(t, note)) for note in plan.notes],
        },
    )


def _shown_on(plan: StudyPlan, name: str, place: int) -> list[int]:
    """Places on the slider, the first of which is today, at which a situation holds."""
    epochs = plan.epochs[name]
    start = epochs[place].start
    end = epochs[place + 1].start if place + 1 < len(epochs) else None
    return [
        number
        for number, day in enumerate([None, *plan.days])
        if (start is None or (day is not None and day >= start))
        and (end is None or day is None or day < end)
    ]


def _atlas(plan: StudyPlan, moving: Sequence[str]) -> Atlas:
    inputs = plan.inputs
    cases = [epoch.case for name in moving for epoch in plan.epochs[name]]
    places, coarse = inputs_by_pc4(plan.study, inputs, cases)
    rows = joined([postcode_rows(case) for case in coarse])
    return case_maps(coarse, places, inputs.hospitals, rows)


def _places(plan: StudyPlan, moving: Sequence[str], days: Sequence[str]) -> dict[str, Any]:
    """Whole extra minutes per postcode, treatment and day; null where there is no route."""
    postcodes = list(plan.inputs.postcodes.index)
    extra = []
    for name in moving:
        steps = []
        for number in range(len(days)):
            place = next(
                k for k in range(len(plan.epochs[name])) if number in _shown_on(plan, name, k)
            )
            case = plan.epochs[name][place].case
            rows = postcode_rows(case).set_index("postcode").reindex(postcodes)
            change = (rows["mean_after"] - rows["mean_before"]).to_numpy(np.float64)
            steps.append([None if not np.isfinite(x) else round(float(x)) for x in change])
        extra.append(steps)
    return {"postcodes": postcodes, "treatments": list(moving), "days": list(days), "extra": extra}


def _figure(plan: StudyPlan, row: Mapping[Any, Any], t: Texts) -> dict[str, str]:
    some = row["moved"] > 0.0
    return {
        "name": str(row["intervention"]),
        "day": day_text(t, str(row["from"])),
        "stops": str(row["stops"]).replace("; ", ", ") or "–",
        "moved": _people(plan, str(row["intervention"]), float(row["moved"]), _moved_ends(row), t),
        "mean": minutes_text(t, row["mean_extra_moved"]) if some else "–",
        "tenth": minutes_at_least(t, row["p90_extra"]) if some else "–",
    }


def _moved_ends(row: Mapping[Any, Any]) -> tuple[float, float]:
    return float(row["moved_low"]), float(row["moved_high"])


def _year_rows(plan: StudyPlan, t: Texts) -> list[dict[str, Any]]:
    """Write numbers per year, a row per treatment and location; only counts are judged."""
    rows = []
    for (name, location), part in plan.years.groupby(["intervention", "location"], sort=False):
        by_year = part.set_index("year")
        if not by_year["volume"].notna().any() or not (by_year["volume"] > 0.0).any():
            continue
        cells = []
        for _, row in by_year.sort_index().iterrows():
            low, high = float(row["volume_low"]), float(row["volume_high"])
            most = high if low < high else row["volume"]
            below = row["kind"] == REGISTERED and most < row["norm"]
            text = count_text(t, row["volume"], low, high)
            cells.append(f"{text} ({t('plan.below')})" if below else text)
        norm = whole_text(t, float(by_year["norm"].iloc[0]))
        rows.append({"name": name, "location": location, "norm": norm, "cells": cells})
    return rows


def print_plan(console: Console, plan: StudyPlan, folder: Path, *, lang: str) -> None:
    """Print the answer, the steps and where the files are."""
    t = texts(lang)
    title = f"{plan.study.title}: {t('plan.page_title')}"
    console.print(title, style="bold", markup=False)
    for line in answer_lines(plan, t):
        console.print(line, markup=False, highlight=False)
    for name, epochs in plan.epochs.items():
        for epoch in epochs[1:]:
            day = day_text(t, str(epoch.start))
            said = " ".join(_epoch_lines(plan, name, epoch, t))
            console.print(f"- {name}, {t('plan.from_day', day=day)}: {said}", markup=False)
    if roads := roads_text(t, plan.inputs.times.manifest["roads"]):
        console.print(roads, markup=False)
    page = (folder / "plan.html").resolve()
    console.print(t("plan.page", path=page), markup=False, soft_wrap=True)
    console.print(t("plan.tables", path=folder.resolve()), markup=False, soft_wrap=True)
