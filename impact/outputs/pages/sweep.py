"""sweep.html: every possible choice as a point that opens its map, in one file."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.analysis.rule_marks import MEDIAN_RULE
from impact.bundled import data_path
from impact.model.allocation import baseline
from impact.model.candidates import locations_before, open_sets, stop_sets
from impact.model.catchment import WHOLE_MINUTES
from impact.model.measures import LEGEND
from impact.outputs.pages.map_layers import STEPS_PER_DEGREE, map_shapes
from impact.outputs.pages.page import environment, json_script, template_text
from impact.outputs.text import texts
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import (
    known_text,
    minutes_at_least,
    minutes_text,
    roads_text,
    span_text,
    unconfirmed_text,
)
from impact.study.model import CAR
from impact.study.register import provider_rows
from impact.sweep.catchments import network_minutes
from impact.sweep.pareto import S1, S2, S3
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from impact.analysis.sweep import StudySweep, Swept
    from impact.model.case import Case
    from impact.outputs.text import Texts
    from impact.study.model import Intervention

MOST_POINTS = 12_000
"""Points per intervention; of more candidates an even part is drawn, the front always."""

FIGURES = (
    "moved",
    "mean_extra_moved",
    "mean_extra_all",
    "p50_extra",
    "p90_extra",
    "max_extra",
    "beyond_30_after",
    "beyond_45_after",
    "beyond_60_after",
    "unreachable",
    "locations_after",
    "lowest_volume",
    "below_norm",
    "worst_municipality_extra",
)
_PLACES = 5
_NO_ROUTE = 0xFFFF
_PER_MINUTE = 100
_EXCHANGES = (S1, S2, S3)


def page_data(sweep: StudySweep, t: Texts) -> dict[str, Any]:
    """Everything that the page draws from, in plain values."""
    inputs = sweep.inputs
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
        "minutes": _minutes(sweep, names),
        "interventions": [_intervention(sweep, each, number, t) for each in sweep.swept],
        "published": published_range(sweep),
        "texts": {key: text for key, text in t.entries.items() if key.startswith("sweep.")},
    }


def finding_lines(swept: Swept, t: Texts) -> list[str]:
    """Say how many choices there are, which are left, and what the one in the middle means."""
    table = swept.table
    count = t.number(len(table))
    means = table["mean_extra_moved"].dropna()
    if means.empty:
        return [t("sweep.screen_none", count=count)]
    front = t.number(table["on_front"].sum())
    span = span_text(t, means.min(), means.max(), unit=True)
    out = [t("sweep.screen_line", count=count, front=front, span=span)]
    middle = table[table["rules"].str.split("; ").map(lambda rules: MEDIAN_RULE in rules)]
    for row in middle.to_dict("records"):
        fields = {
            "mean": minutes_text(t, row["mean_extra_moved"]),
            "tenth": minutes_at_least(t, row["p90_extra"]),
        }
        out.append(t("sweep.screen_middle", stops=row["stops"] or t("sweep.nobody"), **fields))
    return out


def _minutes(sweep: StudySweep, names: Sequence[str]) -> str:
    """Matrix in hundredths of minutes, little-endian, row by row."""
    times = sweep.inputs.times
    minutes = np.asarray(times.to(names), dtype=np.float64)
    whole = np.where(np.isfinite(minutes), np.rint(minutes * _PER_MINUTE), _NO_ROUTE)
    kept = np.minimum(whole, _NO_ROUTE).astype("<u2")
    return base64.b64encode(kept.tobytes()).decode("ascii")


def _intervention(
    sweep: StudySweep, swept: Swept, number: Mapping[str, int], t: Texts
) -> dict[str, Any]:
    asked, ground, table = swept.intervention, swept.arrays, swept.table
    every = sweep.every_subset or asked.stop_count is None
    sets = list(stop_sets(asked, every_subset=every))
    opening = open_sets(asked.may_open)
    rows = _shown(table)
    shown = table.iloc[rows]
    worst = sorted(set(shown["worst_municipality"]))
    place = {name: position for position, name in enumerate(worst)}
    before = [name for name, yes in zip(ground.names, ground.baseline, strict=True) if yes]
    return {
        "name": asked.name,
        "plain": plain_treatment(t, asked.name),
        "finding": " ".join(finding_lines(swept, t)),
        "unit": t.unit(swept.unit),
        "norm": asked.norm,
        "providers": [number[name] for name in sorted(asked.providers)],
        "baseline": sorted(number[name] for name in before),
        "beyond": [number[name] for name in sweep.inputs.outside[asked.name]],
        **_choice(sweep, asked, number),
        "total": len(table),
        "stops": [[number[name] for name in sets[row % len(sets)]] for row in rows],
        "opens": [[number[name] for name in opening[row // len(sets)]] for row in rows]
        if asked.may_open
        else None,
        "figures": {name: _numbers(shown[name]) for name in FIGURES},
        "worst": [place[name] for name in shown["worst_municipality"]],
        "worstNames": worst,
        "front": np.flatnonzero(shown["on_front"]).tolist(),
        "rules": {int(row): str(name) for row, name in enumerate(shown["rules"].tolist()) if name},
        "references": [
            _reference(case, row, number)
            for case, row in zip(swept.references, swept.scores.to_dict("records"), strict=True)
        ],
        "exchanges": _exchanges(swept, shown),
        "hit": _hit(swept, shown),
        "catchment": _catchment(sweep, swept, number),
        "travel": _travel(swept, rows),
    }


def _catchment(sweep: StudySweep, swept: Swept, number: Mapping[str, int]) -> dict[str, Any] | None:
    """Whose catchment each postcode lies in, and which locations are of one network."""
    asked, inputs = swept.intervention, sweep.inputs
    own = inputs.catchments.get(asked.name)
    if own is None:
        return None
    ground = swept.arrays
    before = [name for name, yes in zip(ground.names, ground.baseline, strict=True) if yes]
    networks = own.networks.values()
    return {
        "before": network_minutes(own, list(number), before)[1].tolist(),
        "networks": [[number[name] for name in members if name in number] for members in networks],
        "share": asked.moves_share,
        "whole": asked.rounding == WHOLE_MINUTES,
        "filled": bool(asked.fill),
    }


def _travel(swept: Swept, rows: Sequence[int]) -> dict[str, Any] | None:
    """Give the published mean extra of every network, for what is drawn and what stands beside."""
    table = swept.travel
    if table.empty:
        return None
    networks = list(dict.fromkeys(table["network"]))
    means = [
        _numbers(table.loc[table["network"] == network, "published_mean_extra"])
        for network in networks
    ]
    first = len(swept.references)
    return {
        "networks": networks,
        "references": [each[:first] for each in means],
        "candidates": [[each[first + row] for row in rows] for each in means],
    }


def _choice(sweep: StudySweep, asked: Intervention, number: Mapping[str, int]) -> dict[str, Any]:
    """How people choose, for the colours of the map: by a formula, or as they were counted.

    Counts are whole percentages of the postcode, as on the map of a run.
    """
    inputs = sweep.inputs
    choice = inputs.allocation_rules[asked.name]
    if choice.spreads:
        utility = {
            str(number[name]): value for name, value in choice.utility.items() if name in number
        }
        return {"formula": {"beta": choice.beta, "utility": utility}, "counted": None}
    if choice.observed is None:
        return {"formula": None, "counted": None}
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
    return {"formula": None, "counted": counted}


def _shown(table: pd.DataFrame) -> list[int]:
    if len(table) <= MOST_POINTS:
        return list(range(len(table)))
    keep = set(np.flatnonzero(table["on_front"] | (table["rules"] != "")).tolist())
    keep |= set(np.linspace(0, len(table) - 1, MOST_POINTS).astype(int).tolist())
    keep |= {0}
    return sorted(keep)


def _numbers(values: pd.Series[Any]) -> list[float | None]:
    return [None if not math.isfinite(value) else _short(float(value)) for value in values.tolist()]


def _short(value: float) -> float:
    """Two decimals, as in the CSV; whole numbers without a point, to keep the page small."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def _reference(case: Case, row: Mapping[Any, Any], number: Mapping[str, int]) -> dict[str, Any]:
    """Score and change of the baseline, a named scenario, or what a rule points at."""
    return {
        "kind": row["kind"],
        "name": row["name"],
        "recipients": row["recipients"],
        "beaten": int(row["beaten_by"]),
        "figures": {
            name: None if not math.isfinite(row[name]) else _short(float(row[name]))
            for name in FIGURES
        },
        "worst": row["worst_municipality"],
        "stops": [number[name] for name in case.stops],
        "opens": [number[name] for name in case.opens],
        "moves": {
            number[giver]: [[number[taker], share] for taker, share in takers.items()]
            for giver, takers in case.moves_to.items()
        },
    }


def _exchanges(swept: Swept, shown: pd.DataFrame) -> list[list[Any]]:
    """S1, S2 and S3: kind, what it could be exchanged for, and the row; those drawn only."""
    rows = swept.front
    place = {key: row for row, key in enumerate(zip(shown["stops"], shown["opens"], strict=True))}
    found = rows[rows["kind"].isin(_EXCHANGES)]
    return [
        [row["kind"], row["name"], place[row["stops"], row["opens"]]]
        for row in found.to_dict("records")
        if (row["stops"], row["opens"]) in place
    ]


def _hit(swept: Swept, shown: pd.DataFrame) -> dict[str, list[list[Any]]]:
    """Municipalities hit hardest, of the candidates (by row) and scenarios (by name)."""
    table = swept.municipalities
    if table.empty:
        return {}
    place = {
        key: str(row) for row, key in enumerate(zip(shown["stops"], shown["opens"], strict=True))
    }
    out: dict[str, list[list[Any]]] = {}
    for (scenario, stops, opens), rows in table.groupby(["scenario", "stops", "opens"]):
        key = f"scenario {scenario}" if scenario else place.get((stops, opens), "")
        out[key] = [
            [row["municipality"], _short(row["mean_extra_moved"]), _short(row["moved"])]
            for row in rows.head(_PLACES).to_dict("records")
        ]
    return out


def published_range(sweep: StudySweep) -> dict[str, int] | None:
    """Give the published range of the region; it has no definition."""
    table = read_table(data_path("published_extra_minutes.csv")).frame
    rows = table[table["region"] == sweep.study.region]
    # what was published is by car
    if rows.empty or sweep.study.travel_mode != CAR:
        return None
    low, high = rows.iloc[0]["extra_minutes_min"], rows.iloc[0]["extra_minutes_max"]
    return {"low": int(low), "high": int(high)}


_SCRIPTS = ("canvas_fills.js", "sweep_map.js", "sweep_chart.js", "sweep.js")
AXES = (
    "mean_extra_moved",
    "mean_extra_all",
    "p90_extra",
    "max_extra",
    "beyond_30_after",
    "beyond_45_after",
    "beyond_60_after",
    "moved",
    "locations_after",
    "lowest_volume",
)
"""Figures that a reader may put on an axis."""


def write_sweep_page(
    sweep: StudySweep, path: Path, *, manifest: Mapping[str, Any], lang: str = "nl"
) -> None:
    """Write sweep.html.

    Notes
    -----
    The page asks for nothing outside itself.
    """
    t = texts(lang)
    profile = str(manifest["parameters"]["profile"])
    data = page_data(sweep, t)
    data["bands"] = [
        {
            "key": band.key,
            "text": t(f"common.{band.key}"),
            "high": _end(band.high),
            "fill": band.colour,
        }
        for band in LEGEND
    ]
    page = (
        environment()
        .get_template("sweep.html.j2")
        .render(
            t=t,
            sweep=sweep,
            manifest=manifest,
            axes=AXES,
            profile=known_text(t, "common.profile", profile),
            one_way=t.one_way(str(manifest["roads"]["kind"])),
            roads=roads_text(t, manifest["roads"]),
            published=data["published"],
            css=template_text("sweep.css"),
            scripts=[template_text(name) for name in _SCRIPTS],
            data=json_script("sweep-data", data),
            unconfirmed=unconfirmed_text(t, provider_rows(sweep.study, sweep.inputs.register)),
        )
    )
    path.write_text(page, encoding="utf-8", newline="\n")


def _end(high: float) -> float | None:
    return high if -1e9 < high < 1e9 else None  # noqa: PLR2004 (JSON knows no infinity)
