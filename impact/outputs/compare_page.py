"""compare.html: two maps that move together, a map of the difference, and the tables."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

from impact.outputs.bands import DIFFERENCES, NO_ROUTE, difference_of
from impact.outputs.compare import EXTRA, SAME, A, B
from impact.outputs.compare import NO_ROUTE as WITHOUT_ROUTE
from impact.outputs.compare_manifests import manifest_differences
from impact.outputs.compare_words import answers, date_text, figures, gain_text, side_texts, who
from impact.outputs.leaflet import leaflet_script, leaflet_style
from impact.outputs.map_layers import LEGEND, layer, short_name, used_locations
from impact.outputs.map_shapes import STEPS_PER_DEGREE, map_shapes
from impact.outputs.pages import environment, json_script, template_text
from impact.outputs.texts import texts
from impact.outputs.wording import whole_text

if TYPE_CHECKING:
    from pathlib import Path

    from impact.concentration.result import Case, Result
    from impact.outputs.compare import Comparison, Pair
    from impact.outputs.texts import Texts

_DIFFERENCE_LEGEND = (*DIFFERENCES, NO_ROUTE)
_SCRIPTS = ("map_shapes.js", "map_labels.js", "compare.js")


def write_comparison_page(comparison: Comparison, path: Path, *, lang: str = "nl") -> None:
    """Write compare.html.

    Parameters
    ----------
    comparison
        From `impact.outputs.compare.compare`.
    path
        File to write; it asks for nothing outside itself.
    lang
        ``nl`` or ``en``.

    Raises
    ------
    InputError
        For another language.
    """
    page = environment().get_template("compare.html.j2")
    path.write_text(page.render(_context(comparison, texts(lang))), encoding="utf-8", newline="\n")


def _context(comparison: Comparison, t: Texts) -> dict[str, Any]:
    a, b = comparison.sides
    result = a.result
    unit = t.unit(result.unit)
    names = side_texts(comparison, t)
    demand = float(result.postcodes["demand"].sum())
    notes = [t("compare.measure_extra" if comparison.measure == EXTRA else "compare.measure_after")]
    if any(side.result.sensitivity is None for side in comparison.sides):
        notes.append(t("compare.margin"))
    return {
        "t": t,
        "title": t("compare.title", a=names[0].short, b=names[1].short),
        "sides": names,
        "unit": unit,
        "lead": t(
            "compare.lead",
            region=result.study.region,
            count=whole_text(t, demand),
            unit=unit,
            one_way=t.one_way(result.manifest["roads"]["kind"]),
        ),
        "answers": answers(comparison, t),
        "notes": notes,
        "screening": any(
            side.result.manifest["roads"]["kind"] == "screening" for side in comparison.sides
        ),
        "rows": [_overview(pair, t) for pair in comparison.pairs],
        "opening": _opening(comparison),
        "no_route": any(pair.people(WITHOUT_ROUTE) for pair in comparison.pairs),
        "pairs": [
            {
                "name": label,
                "figures": figures(pair, t),
                "caveats": _caveats(pair, t),
                "who": who(pair, result, t),
            }
            for pair, label in zip(comparison.pairs, _labels(comparison, t), strict=True)
        ],
        "differences": ()
        if a.result is b.result
        else manifest_differences(a.result.manifest, b.result.manifest),
        "one_run": a.result is b.result,
        "alone": [
            t(
                "compare.alone",
                side=t(f"compare.side_{side}"),
                intervention=intervention,
                scenario=t.scenario(scenario),
            )
            for side, intervention, scenario in comparison.alone
        ],
        "made": t(
            "compare.made",
            program=result.manifest["program"],
            version=result.manifest["version"],
            date=date_text(dt.datetime.fromisoformat(str(result.manifest["created"]))),
        ),
        "legend": LEGEND,
        "differences_legend": DIFFERENCES,
        "css": template_text("compare.css"),
        "fills": [*LEGEND, *DIFFERENCES],
        "leaflet_css": leaflet_style(),
        "scripts": [leaflet_script(), *map(template_text, _SCRIPTS)],
        "data": json_script("impact-data", _page_data(comparison, t)),
    }


def _labels(comparison: Comparison, t: Texts) -> list[str]:
    """Name of each pair: the intervention, and the scenario where one has several."""
    names = [pair.intervention for pair in comparison.pairs]
    return [
        pair.intervention
        if names.count(pair.intervention) == 1
        else t("map.layer", intervention=pair.intervention, scenario=t.scenario(pair.scenarios[0]))
        for pair in comparison.pairs
    ]


def _opening(comparison: Comparison) -> int:
    """Place of the pair that makes a difference for most."""
    people = [pair.people(A) + pair.people(B) for pair in comparison.pairs]
    return people.index(max(people))


def _overview(pair: Pair, t: Texts) -> dict[str, str]:
    def cell(better: str) -> str:
        people, gain = pair.people(better), pair.gain(better)
        count = whole_text(t, people)
        if math.isnan(gain):
            return count
        return t("compare.with_gain", count=count, gain=gain_text(t, gain))

    return {
        "intervention": pair.intervention,
        "same": whole_text(t, pair.people(SAME)),
        "a": cell(A),
        "b": cell(B),
        "no_route": whole_text(t, pair.people(WITHOUT_ROUTE)),
    }


def _caveats(pair: Pair, t: Texts) -> list[str]:
    incomplete = any(case is not None and case.outside_incomplete for case in pair.cases)
    return [t("common.caveat_outside")] if incomplete else []


def _page_data(comparison: Comparison, t: Texts) -> dict[str, Any]:
    """Everything that compare.js draws and says."""
    a, b = comparison.sides
    shapes = map_shapes(a.result.postcodes)
    south, west, north, east = shapes.bounds
    known = {name for side in comparison.sides for name in used_locations(side.result)}
    locations = sorted(known)
    places = {
        name: (side.result.hospitals.loc[name, "lat"], side.result.hospitals.loc[name, "lon"])
        for side in (b, a)
        for name in used_locations(side.result)
    }
    frame = a.result.postcodes
    wanted = ("card_", "minute", "under", "search_none", "zoom", "hint", "map_a", "map_b")
    keys = tuple(f"compare.{each}" for each in wanted)
    return {
        "lang": t.lang,
        "texts": {
            key.removeprefix("compare."): text
            for key, text in t.entries.items()
            if key.startswith(keys)
        }
        | {"no_route": t("common.no_route")}
        | {
            f"role_{role}": t(f"map.role_{role}") for role in ("stays", "stops", "opens", "outside")
        },
        "stepsPerDegree": STEPS_PER_DEGREE,
        "bounds": [[south, west], [north, east]],
        "outline": shapes.outline,
        "borders": [each.polygons for each in shapes.municipalities],
        "land": [each.polygons for each in shapes.provinces],
        "bands": [band.key for band in LEGEND],
        "differenceBands": [band.key for band in _DIFFERENCE_LEGEND],
        "locations": [
            [name, short_name(name), *(round(float(each), 4) for each in places[name])]
            for name in locations
        ],
        "postcodes": [
            [str(code), place, municipality, round(float(lat), 4), round(float(lon), 4), shape]
            for code, place, municipality, lat, lon, shape in zip(
                frame.index,
                frame["place"],
                frame["municipality"],
                frame["lat"],
                frame["lon"],
                shapes.postcodes,
                strict=True,
            )
        ],
        "pairs": [
            _pair_data(comparison, pair, locations, label, t)
            for pair, label in zip(comparison.pairs, _labels(comparison, t), strict=True)
        ],
    }


def _pair_data(
    comparison: Comparison, pair: Pair, locations: list[str], label: str, t: Texts
) -> dict[str, Any]:
    a, b = comparison.sides
    number = {name: place for place, name in enumerate(locations)}
    rows = pair.postcodes.reindex(a.result.postcodes.index)
    order = {str(code): place for place, code in enumerate(b.result.postcodes.index)}
    theirs = [order[str(code)] for code in a.result.postcodes.index]
    sides = []
    for side, case, scenario in zip(comparison.sides, pair.cases, pair.scenarios, strict=True):
        drawn = _drawn(side.result, case, pair.intervention, locations)
        if side is b:
            drawn["bands"] = [drawn["bands"][place] for place in theirs]
        name = t.scenario(scenario) if scenario else t("compare.nothing_changes")
        sides.append(drawn | {"name": name})
    return {
        "name": label,
        "a": sides[0],
        "b": sides[1],
        "difference": [_DIFFERENCE_LEGEND.index(difference_of(x)) for x in rows["difference"]],
        "rows": [
            [*map(_minutes, minutes), number.get(mine, -1), number.get(other, -1)]
            for *minutes, mine, other in zip(
                rows["before_a"],
                rows["after_a"],
                rows["after_b"],
                rows["difference"],
                rows["provider_a"],
                rows["provider_b"],
                strict=True,
            )
        ],
    }


def _drawn(
    result: Result, case: Case | None, intervention: str, locations: list[str]
) -> dict[str, Any]:
    """Bands and hospitals of one map; nobody moves where a scenario changes nothing."""
    if case is not None:
        made = layer(result, case, locations)
        return {"bands": made.bands, "markers": [[m["at"], m["role"]] for m in made.markers]}
    nobody = next(place for place, band in enumerate(LEGEND) if band.key == "band_nobody")
    providers = result.study.intervention(intervention).providers
    return {
        "bands": [nobody] * len(result.postcodes),
        "markers": [[locations.index(name), "stays"] for name in providers if name in locations],
    }


def _minutes(value: float) -> float | None:
    return round(float(value), 2) if math.isfinite(value) else None
