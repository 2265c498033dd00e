"""compare.html: two runs, or two scenarios of one run, side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.compare import EXTRA, SAME, WITHOUT_ROUTE, A, B
from impact.manifest import manifest_differences
from impact.model.measures import DIFFERENCES, LEGEND, NO_ROUTE, SAME_MINUTES, difference_of
from impact.outputs.pages.map import leaflet_script, leaflet_style
from impact.outputs.pages.map_layers import (
    base_data,
    layer,
    short_name,
    used_locations,
)
from impact.outputs.pages.page import environment, json_script, template_text
from impact.outputs.text import texts
from impact.outputs.text.displayed import displayed_sentences
from impact.outputs.text.people import amount_text
from impact.outputs.text.rounding import rounded_difference, rounded_down
from impact.outputs.text.wording import (
    day_text,
    destination_text,
    known_text,
    minutes_at_least,
    minutes_text,
    names_text,
    outside_caveat,
    roads_text,
    share_text,
    status_badge,
    unconfirmed_text,
    whole_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from impact.analysis.compare import Comparison, Pair
    from impact.analysis.result import Result
    from impact.model.case import Case
    from impact.outputs.text import Texts

_TOP = 5
_MINUTES = ("mean_extra_moved", "p90_extra", "mean_extra_all")
_ROWS = (
    "moved",
    "mean_extra_moved",
    "p90_extra",
    "mean_extra_all",
    "beyond_30_after",
    "beyond_45_after",
    "beyond_60_after",
    "unreachable",
    "locations_after",
    "below_norm",
    "lowest_volume",
)


@dataclass(frozen=True)
class SideText:
    """How a side is called: its letter, its title, what made it, how much of a decision it is."""

    letter: str
    short: str
    long: str
    badge: str = ""


@dataclass(frozen=True)
class Figure:
    """One row of the table of a pair: what, in A, in B, and A less B where that is a number."""

    label: str
    a: str
    b: str
    difference: str = ""


@dataclass(frozen=True)
class Place:
    """A municipality and its mean difference."""

    name: str
    count: str
    text: str


def side_texts(comparison: Comparison, t: Texts) -> tuple[SideText, SideText]:
    """Say what A and B are."""
    out = []
    for side, key in zip(comparison.sides, (A, B), strict=True):
        manifest = side.result.manifest
        about = t(
            "compare.about_run",
            title=side.result.study.title,
            profile=known_text(t, "common.profile", str(manifest["parameters"]["profile"])),
            roads=manifest["roads"]["name"],
            date=day_text(t, manifest["created"]),
            folder=side.name,
        )
        scenario = t.scenario(side.scenario)
        if scenario:
            about = t("compare.about_scenario", scenario=scenario, about=about)
        letter = t(f"compare.side_{key}")
        badge = _badge(comparison, key, t) if scenario else ""
        out.append(SideText(letter, scenario or side.result.study.title, about, badge))
    return out[0], out[1]


def _badge(comparison: Comparison, side: str, t: Texts) -> str:
    """Say how much of a decision the scenario of a side is."""
    cases = (pair.cases[(A, B).index(side)] for pair in comparison.pairs)
    return ", ".join(dict.fromkeys(status_badge(t, case) for case in cases if case is not None))


def answers(comparison: Comparison, t: Texts) -> tuple[str, ...]:
    """Say per intervention first for whom nothing changes, then who is better off where."""
    names = side_names(comparison, t)
    return tuple(_answer(pair, t, names, comparison.sides[0].result) for pair in comparison.pairs)


def side_names(comparison: Comparison, t: Texts) -> dict[str, str]:
    """Call the sides what the reader calls them: by letter only where names are alike."""
    names = {key: side.short for key, side in zip((A, B), side_texts(comparison, t), strict=True)}
    return names if names[A] != names[B] else {key: t(f"compare.side_{key}") for key in (A, B)}


def _answer(pair: Pair, t: Texts, names: Mapping[str, str], result: Result) -> str:
    unit, kind = t.unit(result.said_unit(pair.intervention)), result.kind_of(pair.intervention)
    total = float(pair.postcodes["demand"].sum())
    people = {better: pair.people(better) for better in (A, B, SAME)}
    if people[A] + people[B] <= 0.0:
        return t("compare.answer_all_same", name=pair.intervention)
    share = share_text(t, people[SAME] / total)
    first = t("compare.answer_same", name=pair.intervention, share=share, unit=unit)
    gains = {better: pair.gain(better) for better in (A, B)}
    if any(people[each] > 0.0 and math.isnan(gains[each]) for each in (A, B)):
        return f"{first} {t('compare.answer_no_gain')}"
    side = "both" if people[A] > 0.0 and people[B] > 0.0 else A if people[A] > 0.0 else B
    fields = {f"count_{each}": amount_text(t, people[each], kind) for each in (A, B)}
    fields |= {f"gain_{each}": minutes_text(t, gains[each]) for each in (A, B)}
    return f"{first} {t(f'compare.answer_{side}', **fields, **names)}"


def figures(pair: Pair, t: Texts) -> tuple[Figure, ...]:
    """Set the figures of a pair beside each other."""
    nothing = t("compare.nothing_changes")
    scenarios = [
        nothing if case is None else _marked(t.scenario(name), status_badge(t, case), t)
        for name, case in zip(pair.scenarios, pair.cases, strict=True)
    ]
    out = [Figure(t("compare.f_scenario"), *scenarios)]
    for name in ("stops", "opens"):
        said = [names_text(t, getattr(case, name)) if case else "" for case in pair.cases]
        if any(said):
            out.append(Figure(t(f"compare.f_{name}"), *(text or "–" for text in said)))
    takers = [_takers(case, t) if case else "" for case in pair.cases]
    if any(takers):
        out.append(Figure(t("compare.f_takes_over"), *(text or "–" for text in takers)))
    for name in _ROWS:
        values = [_value(pair, side, name) for side in (0, 1)]
        if all(math.isnan(value) for value in values) or (
            name == "unreachable" and not any(values)
        ):
            continue
        worded = [_worded(t, name, value) for value in values]
        known = all(math.isfinite(value) for value in values)
        if name == "p90_extra":
            values = [rounded_down(value) for value in values]
        difference = t.number(rounded_difference(values[1], values[0])) if known else "–"
        out.append(Figure(t(f"compare.f_{name}"), worded[0], worded[1], difference))
    return tuple(out)


def _title(side: SideText, t: Texts) -> str:
    return _marked(side.short, side.badge, t)


def _marked(name: str, badge: str, t: Texts) -> str:
    return t("map.marked", name=name, mark=badge) if badge else name


def _takers(case: Case, t: Texts) -> str:
    """Who takes over, and whether that was agreed."""
    names, agreed = destination_text(t, case), len(case.moves_to)
    if not names or not agreed:
        return names
    every = agreed == len(case.stops)
    return t("compare.takers_agreed" if every else "compare.takers_agreed_part", names=names)


def _value(pair: Pair, side: int, name: str) -> float:
    row = pair.rows[side]
    if row:
        return float(row[name])
    # a scenario that changes nothing: today's figures, which the other side's row carries
    other = pair.rows[1 - side]
    if name in {"moved", "mean_extra_all"}:
        return 0.0
    if name.startswith("beyond"):
        return float(other[name.replace("after", "before")])
    return float(other["locations_before"]) if name == "locations_after" else math.nan


def _worded(t: Texts, name: str, value: float) -> str:
    if math.isnan(value):
        return whole_text(t, value)
    if name == "p90_extra":
        return minutes_at_least(t, value)
    return minutes_text(t, value) if name in _MINUTES else whole_text(t, value)


def who(pair: Pair, result: Result, t: Texts) -> tuple[Place, ...]:
    """List the municipalities with the largest mean differences, A shorter first."""
    rows = pair.postcodes[np.isfinite(pair.postcodes["difference"])]
    rows = rows[rows["demand"] > 0]
    towns = result.postcodes["municipality"].reindex(rows.index)
    weighed = pd.DataFrame({"sum": rows["difference"] * rows["demand"], "demand": rows["demand"]})
    sums = weighed.groupby(towns).sum()
    means = (sums["sum"] / sums["demand"]).sort_index()
    mine = means[means <= -SAME_MINUTES].sort_values(kind="stable")[:_TOP]
    theirs = means[means >= SAME_MINUTES].sort_values(ascending=False, kind="stable")[:_TOP]
    return (*_place_words(mine, sums["demand"], A, t), *_place_words(theirs, sums["demand"], B, t))


def _place_words(
    means: pd.Series[float], people: pd.Series[float], side: str, t: Texts
) -> Sequence[Place]:
    count = people.to_dict()
    return [
        Place(
            str(name),
            whole_text(t, float(count[name])),
            t(f"compare.who_{side}", minutes=minutes_text(t, abs(mean))),
        )
        for name, mean in means.to_dict().items()
    ]


_DIFFERENCE_LEGEND = (*DIFFERENCES, NO_ROUTE)
_SCRIPTS = ("map_shapes.js", "map_labels.js", "compare.js")


def write_comparison_page(comparison: Comparison, path: Path, *, lang: str = "nl") -> None:
    """Write compare.html."""
    page = environment().get_template("compare.html.j2")
    path.write_text(page.render(_context(comparison, texts(lang))), encoding="utf-8", newline="\n")


def _context(comparison: Comparison, t: Texts) -> dict[str, Any]:
    a, b = comparison.sides
    result = a.result
    unit = t.unit(result.said_unit())
    names = side_texts(comparison, t)
    demand = float(result.postcodes["demand"].sum())
    notes = [t("compare.measure_extra" if comparison.measure == EXTRA else "compare.measure_after")]
    if any(side.result.sensitivity is None for side in comparison.sides):
        notes.append(t("compare.margin"))
    notes += dict.fromkeys(unconfirmed_text(t, side.result.providers) for side in comparison.sides)
    return {
        "t": t,
        "title": t("compare.title", a=_title(names[0], t), b=_title(names[1], t)),
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
        "called": side_names(comparison, t),
        "notes": [*notes, *_displayed(comparison, t)],
        "roads": " ".join(
            dict.fromkeys(
                said
                for side in comparison.sides
                if (said := roads_text(t, side.result.manifest["roads"]))
            )
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
            date=day_text(t, result.manifest["created"]),
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
        return t("compare.with_gain", count=count, gain=minutes_text(t, gain))

    return {
        "intervention": pair.intervention,
        "same": whole_text(t, pair.people(SAME)),
        "a": cell(A),
        "b": cell(B),
        "no_route": whole_text(t, pair.people(WITHOUT_ROUTE)),
    }


def _displayed(comparison: Comparison, t: Texts) -> list[str]:
    """Say what a displayed candidate is, where a side shows one."""
    said: dict[str, None] = {}
    for place, side in enumerate(comparison.sides):
        cases = [case for pair in comparison.pairs if (case := pair.cases[place]) is not None]
        said |= dict.fromkeys(displayed_sentences(side.result.study, cases, t))
    return list(said)


def _caveats(pair: Pair, t: Texts) -> list[str]:
    found = (outside_caveat(t, case) for case in pair.cases if case is not None)
    return [each for each in dict.fromkeys(found) if each]


def _page_data(comparison: Comparison, t: Texts) -> dict[str, Any]:
    """Everything that compare.js draws and says."""
    a, b = comparison.sides
    places = {
        name: side.result.hospitals.loc[name, ["lat", "lon"]].tolist()
        for side in (b, a)
        for name in used_locations(side.result)
    }
    locations = sorted(places)
    wanted = ("card_", "minute", "under", "search_none", "zoom", "hint", "map_a", "map_b")
    keys = tuple(f"compare.{each}" for each in wanted)
    return {
        **base_data(a.result),
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
        "differenceBands": [band.key for band in _DIFFERENCE_LEGEND],
        "locations": [
            [name, short_name(name), *(round(float(each), 4) for each in places[name])]
            for name in locations
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
