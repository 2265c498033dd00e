"""choices.html: which choices there are, in one file; written by a sweep and by the optimiser.

Per treatment: the finding, every choice as a point that opens its map, the choices side by side,
and how that is known. What a sweep shows stands in `impact.outputs.pages.swept_choices`, what the
optimiser shows in `impact.outputs.pages.best_choices`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.bundled import data_path
from impact.model.allocation import baseline
from impact.model.candidates import locations_before
from impact.model.catchment import WHOLE_MINUTES
from impact.model.demand import PATIENTS
from impact.model.measures import LEGEND
from impact.model.volumes import LOWEST_ENDS
from impact.outputs.pages.hundredths import base64_hundredths, short_numbers
from impact.outputs.pages.map_layers import STEPS_PER_DEGREE, map_shapes
from impact.outputs.pages.page import json_script, template_text, write_evidence_page
from impact.outputs.text.choices import best_text, change_text
from impact.outputs.text.people import amount_text, count_text
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import (
    known_text,
    minutes_at_least,
    minutes_text,
    note_language,
    note_text,
    unconfirmed_text,
    whole_text,
)
from impact.study.model import CAR, MODELLED
from impact.study.register import provider_rows
from impact.sweep.catchments import network_minutes
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from impact.model.case import Case
    from impact.model.inputs import Inputs
    from impact.notes import Note
    from impact.outputs.text import Texts
    from impact.study.model import Intervention, Study

FIGURES = (
    "moved",
    "mean_extra_moved",
    "mean_extra_all",
    "p50_extra",
    "p90_extra",
    "max_extra",
    "extra_over_30",
    "beyond_30_after",
    "beyond_45_after",
    "beyond_60_after",
    "unreachable",
    "locations_after",
    "lowest_volume",
    "below_norm",
    "worst_municipality_extra",
)
AXES = (
    "mean_extra_moved",
    "mean_extra_all",
    "p90_extra",
    "max_extra",
    "extra_over_30",
    "beyond_30_after",
    "beyond_45_after",
    "beyond_60_after",
    "moved",
    "locations_after",
    "lowest_volume",
)
"""Figures that a reader may put on an axis."""

MOST_ROWS = 100
"""Choices of the table that nothing but their figures puts there."""

_COLUMNS = {
    "moved": "moved",
    "mean_extra_moved": "mean",
    "p90_extra": "p90",
    "extra_over_30": "over",
    "beyond_45_after": "beyond",
    "mean_extra_all": "all",
    "locations_after": "locations",
    "lowest_volume": "lowest",
}
"""Of the table -> the text of their heads."""

_PEOPLE = {"moved", "extra_over_30", "beyond_45_after"}
_LABELS = {"minutes": "least", "worst": "worst", "beyond": "beyond"}
_PLACES = 5
_SHARED = {"map.ringed", "people.fewer", "common.about"}
"""Texts of other areas that the scripts say."""


@dataclass(frozen=True, eq=False)
class Treatment:
    """What the page shows of one intervention.

    Attributes
    ----------
    intervention
        Which.
    unit
        Of its demand.
    table
        Choices that are points, by `FIGURES`, with worst_municipality and on_front.
    sets
        Who stops and who opens in each of them.
    cases, scores
        What is held beside them, the baseline first; `impact.sweep.pareto.scores` of it.
    remarks
        Row of `table` -> what is to be said of it.
    finding, how
        Sentences.
    best
        More on the choice with the least travel, of `impact.outputs.pages.best_choice`.
    least, displayed, rules
        Rows that get a mark: the least travel, what a run displays, what rules point at.
    objective
        What is least in it: one of `impact.optimise.query.OBJECTIVES`.
    value
        Head and texts of one more column: of every choice, then of every case.
    more
        What only one of the commands knows, for the scripts.
    """

    intervention: Intervention
    unit: str
    table: pd.DataFrame
    sets: Sequence[tuple[Sequence[str], Sequence[str]]]
    cases: Sequence[Case]
    scores: pd.DataFrame
    remarks: Mapping[int, Sequence[str]]
    finding: Sequence[str]
    how: Sequence[str]
    best: Mapping[str, Any] | None
    least: int | None = None
    displayed: int | None = None
    rules: Sequence[int] = ()
    objective: str = "minutes"
    value: tuple[str, Sequence[str]] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Choices:
    """What a command found, for the page.

    Attributes
    ----------
    study, inputs
        What was asked, and what it was computed with.
    treatments
        In the order of the interventions.
    notes
        Of the program.
    every
        Whether the page knows every possible choice.
    """

    study: Study
    inputs: Inputs
    treatments: Sequence[Treatment]
    notes: Sequence[Note]
    every: bool


def write_choices(choices: Choices, path: Path, *, manifest: Mapping[str, Any], t: Texts) -> None:
    """Write choices.html.

    Notes
    -----
    The page asks for nothing outside itself.
    """
    study = choices.study
    times, data = manifest["times"], page_data(choices, t)
    first = next(
        (
            place
            for place, each in enumerate(choices.treatments)
            if (each.scores["kind"] == "scenario").any()
        ),
        0,
    )
    published = data["published"]
    about = [
        t("choices.about_assigned"),
        t("choices.about_means"),
        t("choices.about_front") if choices.every else _front_of_table(t),
    ]
    if published:
        about.append(t("choices.about_published", region=study.region, **published))
    if choices.inputs.catchments:
        about.append(t("choices.about_catchments"))
    rule = t("choices.rule_on" if study.university_hospitals_stay else "choices.rule_off")
    scope = [t("choices.rule_scope")] if study.university_hospitals_stay and choices.every else []
    about.append(" ".join([rule, *scope]))
    about.append(unconfirmed_text(t, provider_rows(study, choices.inputs.register)))
    write_evidence_page(
        path,
        "choices",
        t,
        manifest={**manifest, "roads_sha256": times.get("roads_sha256", times.get("sha256", ""))},
        shown={
            "study": study,
            "one_way": t.one_way(str(manifest["roads"]["kind"])),
            "profile": known_text(t, "common.profile", str(manifest["parameters"]["profile"])),
            "groups": [_group(each, t, choices.notes) for each in choices.treatments],
            "first": first,
            "axes": AXES,
            "about": about,
            "scripts": [template_text(name) for name in _SCRIPTS],
            "data": json_script("choices-data", data),
            "notes": [(note_text(t, note), note_language(t, note)) for note in choices.notes],
        },
    )


_SCRIPTS = ("canvas_fills.js", "choices_map.js", "choices_chart.js", "choices.js")


def _front_of_table(t: Texts) -> str:
    return f"{t('choices.about_front')} {t('choices.about_shown')}"


def _group(each: Treatment, t: Texts, notes: Sequence[Note]) -> dict[str, Any]:
    """Everything that stands under one treatment."""
    name = each.intervention.name
    rows, left = _rows(each, t)
    shown = [key for key in _COLUMNS if key != "lowest_volume" or each.table[key].notna().any()]
    heads = [(key, t(f"choices.c_{_COLUMNS[key]}")) for key in shown]
    if each.value is not None:
        heads.insert(0, ("value", each.value[0]))
    return {
        "name": name,
        "plain": plain_treatment(t, name),
        "unit": t.unit(each.unit),
        "finding": each.finding,
        "how": each.how,
        "best": each.best,
        "best_text": best_text(t, each.objective),
        "heads": [*heads, ("front", t("choices.c_front"))],
        "rows": rows,
        "left": t.number(left) if left else "",
        "hidden": t("hidden.partly") if _open(notes, name) else "",
    }


def _open(notes: Sequence[Note], name: str) -> bool:
    """Whether counts of an intervention hold estimates of hidden ones."""
    return any(each.key == "rests_on_hidden" and each.fields["name"] == name for each in notes)


def _rows(each: Treatment, t: Texts) -> tuple[list[dict[str, Any]], int]:
    """Choices and what is held beside them, from little to much travel; and how many are left."""
    table, count, kind = each.table, len(each.table), _kind(each)
    front = np.flatnonzero(table["on_front"])
    order = np.argsort(table["mean_extra_moved"].to_numpy()[front], kind="stable")
    plain = [row for row in front[order].tolist() if row not in each.remarks]
    chosen = [*each.remarks, *plain[:MOST_ROWS]]
    records = table.iloc[chosen].to_dict("records")
    rows = []
    for row, figures in zip(chosen, records, strict=True):
        stops, opens = each.sets[row]
        cells = _cells(figures, kind, t)
        if each.value is not None:
            cells["value"] = each.value[1][row]
        cells["front"] = t("choices.front_yes" if figures["on_front"] else "choices.front_no")
        said = each.remarks.get(row, ())
        title = change_text(t, stops, opens)
        rows.append((figures, row, str(row), title, said, cells))
    for place, (case, figures) in enumerate(
        zip(each.cases, each.scores.to_dict("records"), strict=True)
    ):
        cells, beaten = _cells(figures, kind, t), int(figures["beaten_by"])
        if each.value is not None:
            cells["value"] = each.value[1][count + place]
        cells["front"] = (
            t("choices.front_beaten", count=t.number(beaten)) if beaten else t("choices.front_yes")
        )
        title, said = _reference(case, figures, t)
        rows.append((figures, place - len(each.cases), f"reference {place}", title, said, cells))
    rows.sort(
        key=lambda row: (
            row[1] != -len(each.cases),
            row[1] != each.least,
            _or(row[0]["unreachable"]),
            _or(row[0]["mean_extra_all"]),
            row[1],
        )
    )
    return [
        {
            "key": key,
            "title": title,
            "remarks": [remark for remark in said if remark],
            "cells": cells,
            "least": row == each.least,
        }
        for _, row, key, title, said, cells in rows
    ], len(plain[MOST_ROWS:])


def _or(value: float, other: float = math.inf) -> float:
    # the order of summation decides no order
    return other if math.isnan(value) else round(value, 9)


def _cells(figures: Mapping[Any, Any], kind: str, t: Texts) -> dict[str, str]:
    said = {name: _figure_text(t, name, figures[name], kind) for name in _COLUMNS}
    return said | {"lowest_volume": lowest_said(figures, t)}


def lowest_said(figures: Mapping[Any, Any], t: Texts) -> str:
    """Write the smallest volume of a choice, with the bounds that hidden counts leave."""
    value = figures["lowest_volume"]
    ends = (figures.get(end, math.nan) for end in LOWEST_ENDS)
    return "–" if math.isnan(value) else count_text(t, value, *ends)


def _kind(each: Treatment) -> str:
    """How patients are known: `MODELLED`, registered, or empty for residents."""
    return each.unit.removeprefix(PATIENTS).strip() if each.unit.startswith(PATIENTS) else ""


def _figure_text(t: Texts, name: str, value: float, kind: str) -> str:
    """Write a figure of a choice; people as fine as they are known."""
    if math.isnan(value):
        return "–"
    if name in _PEOPLE:
        return amount_text(t, value, kind)
    if name == "p90_extra":
        return minutes_at_least(t, value)
    return minutes_text(t, value) if name.startswith("mean_") else whole_text(t, value)


def _reference(case: Case, row: Mapping[Any, Any], t: Texts) -> tuple[str, list[str]]:
    """Give title and remarks of the baseline, a named scenario, or what a rule points at."""
    if row["kind"] == "baseline":
        return t("choices.baseline"), []
    change = change_text(t, case.stops, case.opens)
    if row["kind"] == "rule":
        return change, [known_text(t, "choices.rule", each) for each in case.scenario.split("; ")]
    key = "choices.takes_named" if row["recipients"] == "named" else "choices.takes_nearest"
    return str(row["name"]), [f"{t('choices.scenario')}. {change}. {t(key)}"]


def page_data(choices: Choices, t: Texts) -> dict[str, Any]:
    """Everything that the scripts draw from, in plain values."""
    inputs = choices.inputs
    shapes = map_shapes(inputs.postcodes)
    names = sorted(inputs.times.destinations)
    number = {name: place for place, name in enumerate(names)}
    points = inputs.hospitals.loc[names]
    frame = inputs.postcodes
    rows = zip(
        frame.index.astype(str),
        frame["lat"].round(4).tolist(),
        frame["lon"].round(4).tolist(),
        shapes.postcodes,
        strict=True,
    )
    return {
        "lang": t.lang,
        "stepsPerDegree": STEPS_PER_DEGREE,
        "postcodes": [list(row) for row in rows],
        "outline": shapes.outline,
        "municipalities": [each.polygons for each in shapes.municipalities],
        "bounds": list(shapes.bounds),
        "ringed": shapes.ringed,
        "towns": [[each.name, each.lat, each.lon] for each, inside in shapes.towns if inside],
        "locations": [
            [name, round(float(lat), 4), round(float(lon), 4)]
            for name, lat, lon in zip(names, points["lat"], points["lon"], strict=True)
        ],
        "minutes": base64_hundredths(np.asarray(inputs.times.to(names), dtype=np.float64)),
        "interventions": [_drawn(choices, each, number, t) for each in choices.treatments],
        "published": published_range(choices.study),
        "bands": [
            {
                "key": band.key,
                "text": t(f"common.{band.key}"),
                "high": _end(band.high),
                "fill": band.colour,
            }
            for band in LEGEND
        ],
        "texts": {
            key: text
            for key, text in t.entries.items()
            if key.startswith("choices.") or key in _SHARED
        },
    }


def _end(high: float) -> float | None:
    return high if -1e9 < high < 1e9 else None  # noqa: PLR2004 (JSON knows no infinity)


def _drawn(
    choices: Choices, each: Treatment, number: Mapping[str, int], t: Texts
) -> dict[str, Any]:
    asked, table, inputs = each.intervention, each.table, choices.inputs
    worst, places = pd.factorize(table["worst_municipality"], sort=True)
    opens = any(names for _, names in each.sets)
    return {
        "unit": t.unit(each.unit),
        "estimated": _kind(each) == MODELLED,
        "norm": asked.norm,
        "providers": [number[name] for name in sorted(asked.providers)],
        "beyond": [number[name] for name in inputs.outside[asked.name]],
        "stops": [[number[name] for name in names] for names, _ in each.sets],
        "opens": [[number[name] for name in names] for _, names in each.sets] if opens else None,
        "figures": {name: short_numbers(table[name]) for name in FIGURES},
        "lowest": _lowest(table, t),
        "worst": worst.tolist(),
        "worstNames": places.tolist(),
        "front": np.flatnonzero(table["on_front"]).tolist(),
        "least": each.least,
        "bestText": best_text(t, each.objective),
        "bestLabel": t(f"choices.label_{_LABELS[each.objective]}"),
        "displayed": each.displayed,
        "rules": list(each.rules),
        "references": [
            _reference_data(case, row, number, t)
            for case, row in zip(each.cases, each.scores.to_dict("records"), strict=True)
        ],
        "catchment": _catchment(inputs, asked, each.more["before"], number),
        "baseline": sorted(number[name] for name in each.more["before"]),
        "formula": each.more.get("formula"),
        "counted": each.more.get("counted"),
        "hit": each.more["hit"],
        "travel": each.more.get("travel"),
    }


def _catchment(
    inputs: Inputs, asked: Intervention, before: Sequence[str], number: Mapping[str, int]
) -> dict[str, Any] | None:
    """Whose catchment each postcode lies in, and which locations are of one network."""
    own = inputs.catchments.get(asked.name)
    if own is None:
        return None
    networks = own.networks.values()
    return {
        "before": network_minutes(own, list(number), list(before))[1].tolist(),
        "networks": [[number[name] for name in members if name in number] for members in networks],
        "share": asked.moves_share,
        "whole": asked.rounding == WHOLE_MINUTES,
        "filled": bool(asked.fill),
    }


def _lowest(table: pd.DataFrame, t: Texts) -> dict[str, str]:
    """Write the smallest volume of the choices of which bounds are known, by row."""
    if LOWEST_ENDS[0] not in table:
        return {}
    known = np.flatnonzero(table[LOWEST_ENDS[0]].notna())
    rows = table.iloc[known].to_dict("records")
    return {str(at): lowest_said(row, t) for at, row in zip(known.tolist(), rows, strict=True)}


def _reference_data(
    case: Case, row: Mapping[Any, Any], number: Mapping[str, int], t: Texts
) -> dict[str, Any]:
    """Score and change of the baseline, a named scenario, or what a rule points at."""
    return {
        "kind": row["kind"],
        "name": row["name"],
        "recipients": row["recipients"],
        "figures": dict(zip(FIGURES, short_numbers([row[x] for x in FIGURES]), strict=True)),
        "lowest": lowest_said(row, t),
        "worst": row["worst_municipality"],
        "stops": [number[name] for name in case.stops],
        "opens": [number[name] for name in case.opens],
        "moves": {
            number[giver]: [[number[taker], share] for taker, share in takers.items()]
            for giver, takers in case.moves_to.items()
        },
    }


def allocated(inputs: Inputs, asked: Intervention) -> dict[str, Any]:
    """How people choose, for the colours of the map: by a formula, or as they were counted.

    Counts are whole percentages of the postcode, as on the map of a run.
    """
    number = {name: place for place, name in enumerate(sorted(inputs.times.destinations))}
    choice = inputs.allocation_rules[asked.name]
    if choice.spreads:
        utility = {
            str(number[name]): value for name, value in choice.utility.items() if name in number
        }
        return {"formula": {"beta": choice.beta, "utility": utility}}
    if choice.observed is None:
        return {}
    outside = inputs.outside[asked.name]
    names = sorted({*locations_before(asked, outside), *choice.elsewhere})
    at = baseline(inputs.times, inputs.demand.weights[asked.name], names, choice)
    columns = [number[name] for name in names]
    total = at.sum(axis=1, keepdims=True)
    percent = np.rint(np.divide(100.0 * at, total, out=np.zeros_like(at), where=total > 0.0))
    counted = [
        [[columns[place], int(row[place]) / 100.0] for place in np.flatnonzero(row).tolist()]
        for row in percent
    ]
    return {"counted": counted}


def places_data(rows: pd.DataFrame) -> list[list[Any]]:
    """Give the municipalities that are hit hardest, for the scripts."""
    first = rows.head(_PLACES)
    figures = (short_numbers(first[name]) for name in ("mean_extra_moved", "moved"))
    return [list(row) for row in zip(first["municipality"], *figures, strict=True)]


def published_range(study: Study) -> dict[str, int] | None:
    """Give the published range of the region; it has no definition."""
    table = read_table(data_path("published_extra_minutes.csv")).frame
    rows = table[table["region"] == study.region]
    # what was published is by car
    if rows.empty or study.travel_mode != CAR:
        return None
    low, high = rows.iloc[0]["extra_minutes_min"], rows.iloc[0]["extra_minutes_max"]
    return {"low": int(low), "high": int(high)}
