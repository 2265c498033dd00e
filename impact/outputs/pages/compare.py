"""compare.html: two or more runs, or scenarios of one run, side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from impact.analysis.compare import ENDS, EXTRA, LETTERS, SAME, WITHOUT_ROUTE, A, B
from impact.analysis.groups import AGES
from impact.manifest import manifest_differences
from impact.model.divisions import UNKNOWN
from impact.model.measures import DIFFERENCES, LEGEND, NO_ROUTE, Band, difference_of
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
from impact.outputs.text.groups import group_label
from impact.outputs.text.overview import extra_text
from impact.outputs.text.people import amount_text, count_text
from impact.outputs.text.rounding import rounded_difference, rounded_down
from impact.outputs.text.treatments import plain_treatment
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

    from impact.analysis.compare import Comparison, Match
    from impact.analysis.result import Result
    from impact.model.case import Case
    from impact.outputs.text import Texts

_TOP = 10
_TWO = len((A, B))
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
_LESS_IS_BETTER = {*_MINUTES, "moved", "beyond_30_after", "beyond_45_after", "beyond_60_after"}
_COLOURS = ("#8a4206", "#5b3f96", "#1b7837", "#b5176f", "#2166ac", "#6b6200")
_SEVERAL = Band("worst_several", math.nan, math.nan, "#d8d0bf")
_NOBODY = next(band for band in DIFFERENCES if band.key == "difference_same")


@dataclass(frozen=True)
class SideText:
    """How a side is called: its letter, its title, what made it, how much of a decision it is."""

    letter: str
    short: str
    long: str
    colour: str
    badge: str = ""


@dataclass(frozen=True)
class Figure:
    """One row of the table of a match: what, on each side, and A less B where there are two."""

    label: str
    values: tuple[str, ...]
    difference: str = ""
    least: str = ""
    """The cell with the least, where less is better and the cells differ."""


@dataclass(frozen=True)
class Place:
    """A municipality: how many, minutes now and on each side, and which is better."""

    name: str
    count: str
    now: str
    then: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class GroupRow:
    """A group of residents: how many, what each side means for it, and where it is least."""

    name: str
    count: str
    values: tuple[str, ...]
    least: str


def side_texts(comparison: Comparison, t: Texts) -> tuple[SideText, ...]:
    """Say what the sides are."""
    out = []
    for number, side in enumerate(comparison.sides):
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
        badge = _badge(comparison, number, t) if scenario else ""
        short = scenario or side.result.study.title
        letter = LETTERS[number].upper()
        out.append(SideText(letter, short, about, _COLOURS[number], badge))
    return tuple(out)


def _badge(comparison: Comparison, number: int, t: Texts) -> str:
    """Say how much of a decision the scenario of a side is."""
    cases = (match.cases[number] for match in comparison.matches)
    return ", ".join(dict.fromkeys(status_badge(t, case) for case in cases if case is not None))


def answers(comparison: Comparison, t: Texts) -> tuple[str, ...]:
    """Say per intervention first for whom nothing changes, then who is better off where."""
    names = side_names(comparison, t)
    result = comparison.sides[0].result
    return tuple(_answer(match, t, names, result) for match in comparison.matches)


def side_names(comparison: Comparison, t: Texts) -> dict[str, str]:
    """Call the sides what the reader calls them: by letter only where names are alike."""
    sides = side_texts(comparison, t)
    names = {side.letter.lower(): side.short for side in sides}
    alike = len(set(names.values())) < len(names)
    return {key: key.upper() for key in names} if alike else names


def _answer(match: Match, t: Texts, names: Mapping[str, str], result: Result) -> str:
    unit, kind = t.unit(result.said_unit(match.intervention)), result.kind_of(match.intervention)
    total = float(match.postcodes["demand"].sum())
    two = len(match.letters) == _TWO
    count, minutes = (match.people, match.gain) if two else (match.worse, match.loss)
    people = {letter: count(letter) for letter in match.letters}
    if not any(people.values()):
        return t("compare.answer_all_same", name=match.intervention)
    share = share_text(t, match.people(SAME) / total)
    said = [t("compare.answer_same", name=match.intervention, share=share, unit=unit)]
    gains = {letter: minutes(letter) for letter in match.letters}
    if any(people[each] > 0.0 and math.isnan(gains[each]) for each in match.letters):
        return " ".join([*said, t("compare.answer_no_gain")])
    word = "better" if two else "worse"
    # nobody is said last
    for letter in sorted(match.letters, key=lambda each: people[each] == 0.0):
        fields = {
            "name": names[letter],
            "count": amount_text(t, people[letter], kind),
            "gain": minutes_text(t, gains[letter]),
        }
        key = f"compare.answer_{word}" if people[letter] > 0.0 else f"compare.answer_none_{word}"
        said.append(t(key, **fields))
    # means over others are not set beside one another
    if len({float(row.get("unreachable", 0.0)) for row in match.rows if row}) == 1 and match.best:
        best = names_text(t, [t("compare.quoted", name=names[each]) for each in match.best])
        said.append(t("compare.answer_everybody", names=best))
    return " ".join(said)


def figures(match: Match, t: Texts) -> tuple[Figure, ...]:
    """Set the figures of a match beside each other."""
    nothing = t("compare.nothing_changes")
    scenarios = tuple(
        nothing if case is None else _marked(t.scenario(name), status_badge(t, case), t)
        for name, case in zip(match.scenarios, match.cases, strict=True)
    )
    out = [Figure(t("compare.f_scenario"), scenarios)]
    for name in ("stops", "opens"):
        said = [names_text(t, getattr(case, name)) if case else "" for case in match.cases]
        if any(said):
            out.append(Figure(t(f"compare.f_{name}"), tuple(text or "–" for text in said)))
    takers = [_takers(case, t) if case else "" for case in match.cases]
    if any(takers):
        out.append(Figure(t("compare.f_takes_over"), tuple(text or "–" for text in takers)))
    for name in _ROWS:
        values = [_value(match, side, name) for side in range(len(match.cases))]
        if all(math.isnan(value) for value in values) or (
            name == "unreachable" and not any(values)
        ):
            continue
        worded = tuple(
            _worded(t, name, value, row) for value, row in zip(values, match.rows, strict=True)
        )
        out.append(
            Figure(
                t(f"compare.f_{name}"),
                worded,
                _difference(t, name, values) if len(values) == _TWO else "",
                _least(name, values, worded) if len(values) > _TWO else "",
            )
        )
    return tuple(out)


def _difference(t: Texts, name: str, values: Sequence[float]) -> str:
    if not all(math.isfinite(value) for value in values):
        return "–"
    a, b = map(rounded_down, values) if name == "p90_extra" else values
    return t.number(rounded_difference(b, a))


def _least(name: str, values: Sequence[float], worded: Sequence[str]) -> str:
    """Words of the least, unless all say the same."""
    known = [place for place, value in enumerate(values) if math.isfinite(value)]
    if name not in _LESS_IS_BETTER or len(set(worded)) == 1 or not known:
        return ""
    return worded[min(known, key=lambda place: values[place])]


def side_title(side: SideText, t: Texts) -> str:
    """Return the name of a side with its status."""
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


def _value(match: Match, side: int, name: str) -> float:
    row = match.rows[side]
    if row:
        return float(row[name])
    # a scenario that changes nothing: today's figures, which the row of another side carries
    other = next(each for each in match.rows if each)
    if name in {"moved", "mean_extra_all"}:
        return 0.0
    if name.startswith("beyond"):
        return float(other[name.replace("after", "before")])
    return float(other["locations_before"]) if name == "locations_after" else math.nan


def _worded(t: Texts, name: str, value: float, row: Mapping[str, Any]) -> str:
    if math.isnan(value):
        return whole_text(t, value)
    if name in ENDS:
        return count_text(t, value, *(float(row.get(end, math.nan)) for end in ENDS[name]))
    if name == "p90_extra":
        return minutes_at_least(t, value)
    return minutes_text(t, value) if name in _MINUTES else whole_text(t, value)


def places(match: Match, result: Result, t: Texts) -> tuple[Place, ...]:
    """List the municipalities where a minute or more depends on the side, the most first."""
    table = match.municipalities(result.postcodes["municipality"])
    table = table[table["better"] != SAME]
    after = table[[f"after_{letter}" for letter in match.letters]]
    spread = after.max(axis=1) - after.min(axis=1)
    table = table.assign(spread=spread).sort_values("spread", ascending=False, kind="stable")
    kind = result.kind_of(match.intervention)
    two = len(match.letters) == _TWO
    return tuple(
        Place(
            str(row["municipality"]),
            amount_text(t, float(row["demand"]), kind),
            t.number(float(row["before"])),
            tuple(t.number(float(row[name])) for name in after.columns),
            _better_text(t, str(row["better"]), float(row["spread"]), two=two),
        )
        for row in table.reset_index().to_dict("records")
    )


def _better_text(t: Texts, better: str, minutes: float, *, two: bool) -> str:
    letters = names_text(t, list(better.upper()))
    if not two:
        return letters
    return t("compare.card_better", letter=letters, minutes=minutes_text(t, minutes))


def group_rows(
    comparison: Comparison, match: Match, t: Texts
) -> tuple[tuple[str, tuple[GroupRow, ...]], ...]:
    """Say of each group of residents, by division, what every side means for it."""
    table = comparison.groups(match)
    if table.empty:
        return ()
    table = table[table["group"] != UNKNOWN]
    # ages first: they are asked for most
    first = table["by"].isin(AGES).map({True: 0, False: 1})
    table = table.loc[first.sort_values(kind="stable").index]
    return tuple(
        (
            known_text(t, "groups.by", str(by).replace("+", "")),
            tuple(_group_row(comparison, match, row, t) for row in rows.to_dict("records")),
        )
        for by, rows in table.groupby("by", sort=False)
    )


def _group_row(comparison: Comparison, match: Match, row: Mapping[Any, Any], t: Texts) -> GroupRow:
    result = comparison.sides[0].result
    own = row["unit"] == result.unit_of(match.intervention)
    kind = result.kind_of(match.intervention) if own else ""
    means = {each: float(row[f"mean_extra_all_{each}"]) for each in match.letters}
    known = {each: mean for each, mean in means.items() if math.isfinite(mean)}
    least = [each.upper() for each, mean in known.items() if mean == min(known.values())]
    return GroupRow(
        group_label(t, str(row["by"]), str(row["group"])),
        amount_text(t, float(row["demand"]), kind),
        tuple(
            t(
                "compare.group_value",
                moved=amount_text(t, float(row[f"moved_{each}"]), kind),
                minutes=extra_text(t, mean),
            )
            if each in known
            else "–"
            for each, mean in means.items()
        ),
        t("compare.group_alike") if len(least) == len(means) else names_text(t, least),
    )


_SCRIPTS = ("map_shapes.js", "map_labels.js", "compare.js")


def _difference_legend(comparison: Comparison) -> tuple[Band, ...]:
    """Bands of the last map: by how much, of two sides; or else which side is longest."""
    if len(comparison.sides) == _TWO:
        return DIFFERENCES
    worst = [
        Band(f"worst_{letter}", math.nan, math.nan, colour)
        for letter, colour in zip(comparison.letters, _COLOURS, strict=False)
    ]
    return (*worst, _SEVERAL, _NOBODY)


def write_comparison_page(comparison: Comparison, path: Path, *, lang: str = "nl") -> None:
    """Write compare.html."""
    page = environment().get_template("compare.html.j2")
    path.write_text(page.render(_context(comparison, texts(lang))), encoding="utf-8", newline="\n")


def _context(comparison: Comparison, t: Texts) -> dict[str, Any]:
    first, *others = comparison.sides
    result = first.result
    unit = t.unit(result.said_unit())
    names = side_texts(comparison, t)
    demand = float(result.postcodes["demand"].sum())
    notes = [t("compare.measure_extra" if comparison.measure == EXTRA else "compare.measure_after")]
    if any(side.result.sensitivity is None for side in comparison.sides):
        notes.append(t("compare.margin"))
    if any(match.hidden for match in comparison.matches):
        notes.append(t("hidden.partly"))
    notes += dict.fromkeys(unconfirmed_text(t, side.result.providers) for side in comparison.sides)
    differences = _difference_legend(comparison)
    return {
        "t": t,
        "title": t("compare.title", names=names_text(t, [side_title(each, t) for each in names])),
        "sides": names,
        "two": len(names) == _TWO,
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
        "rows": [_overview(match, t) for match in comparison.matches],
        "opening": _opening(comparison),
        "no_route": any(match.people(WITHOUT_ROUTE) for match in comparison.matches),
        "matches": [
            {
                "name": label,
                "plain": plain_treatment(t, match.intervention),
                "figures": figures(match, t),
                "caveats": _caveats(match, t),
                "places": places(match, result, t),
                "groups": group_rows(comparison, match, t),
            }
            for match, label in zip(comparison.matches, _labels(comparison, t), strict=True)
        ],
        "top": _TOP,
        "differences": [
            (names[number].letter, manifest_differences(result.manifest, other.result.manifest))
            for number, other in enumerate(others, start=1)
            if other.result is not result
        ],
        "alone": [
            t(
                "compare.alone",
                side=side.upper(),
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
        "differences_legend": [(band, _legend_text(t, band)) for band in differences],
        "css": template_text("compare.css"),
        "fills": [*LEGEND, *differences],
        "leaflet_css": leaflet_style(),
        "scripts": [leaflet_script(), *map(template_text, _SCRIPTS)],
        "data": json_script("impact-data", _page_data(comparison, t)),
    }


def _legend_text(t: Texts, band: Band) -> str:
    letter = band.key.removeprefix("worst_")
    if letter in LETTERS:
        return t("compare.worst", letter=letter.upper())
    return t(f"compare.{band.key}")


def _labels(comparison: Comparison, t: Texts) -> list[str]:
    """Name of each match: the intervention, and the scenario where one has several."""
    names = [match.intervention for match in comparison.matches]
    return [
        match.intervention
        if names.count(match.intervention) == 1
        else t(
            "map.layer", intervention=match.intervention, scenario=t.scenario(match.scenarios[0])
        )
        for match in comparison.matches
    ]


def _opening(comparison: Comparison) -> int:
    """Place of the match that makes a difference for most."""
    people = [sum(match.worse(letter) for letter in match.letters) for match in comparison.matches]
    return people.index(max(people))


def _overview(match: Match, t: Texts) -> dict[str, Any]:
    two = len(match.letters) == _TWO
    count_of, minutes_of = (match.people, match.gain) if two else (match.worse, match.loss)

    def cell(letter: str) -> str:
        people, gain = count_of(letter), minutes_of(letter)
        count = whole_text(t, people)
        if math.isnan(gain):
            return count
        return t("compare.with_gain", count=count, gain=minutes_text(t, gain))

    return {
        "intervention": match.intervention,
        "same": whole_text(t, match.people(SAME)),
        "cells": [cell(letter) for letter in match.letters],
        "no_route": whole_text(t, match.people(WITHOUT_ROUTE)),
    }


def _displayed(comparison: Comparison, t: Texts) -> list[str]:
    """Say what a displayed candidate is, where a side shows one."""
    said: dict[str, None] = {}
    for place, side in enumerate(comparison.sides):
        cases = [case for match in comparison.matches if (case := match.cases[place]) is not None]
        said |= dict.fromkeys(displayed_sentences(side.result.study, cases, t))
    return list(said)


def _caveats(match: Match, t: Texts) -> list[str]:
    found = (outside_caveat(t, case) for case in match.cases if case is not None)
    return [each for each in dict.fromkeys(found) if each]


def _page_data(comparison: Comparison, t: Texts) -> dict[str, Any]:
    """Everything that compare.js draws and says."""
    first = comparison.sides[0]
    places = {
        name: side.result.hospitals.loc[name, ["lat", "lon"]].tolist()
        for side in reversed(comparison.sides)
        for name in used_locations(side.result)
    }
    locations = sorted(places)
    wanted = ("card_", "minute", "under", "search_none", "zoom", "hint", "map_side")
    keys = tuple(f"compare.{each}" for each in wanted)
    return {
        **base_data(first.result),
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
        "letters": comparison.letters,
        "differenceBands": [band.key for band in (*_difference_legend(comparison), NO_ROUTE)],
        "locations": [
            [name, short_name(name), *(round(float(each), 4) for each in places[name])]
            for name in locations
        ],
        "matches": [
            _match_data(comparison, match, locations, label, t)
            for match, label in zip(comparison.matches, _labels(comparison, t), strict=True)
        ],
    }


def _match_data(
    comparison: Comparison, match: Match, locations: list[str], label: str, t: Texts
) -> dict[str, Any]:
    first = comparison.sides[0].result
    number = {name: place for place, name in enumerate(locations)}
    rows = match.postcodes.reindex(first.postcodes.index)
    sides = []
    for side, case, scenario in zip(comparison.sides, match.cases, match.scenarios, strict=True):
        drawn = _drawn(side.result, case, match.intervention, locations)
        if side.result is not first:
            order = {str(code): place for place, code in enumerate(side.result.postcodes.index)}
            theirs = [order[str(code)] for code in first.postcodes.index]
            drawn["bands"] = [drawn["bands"][place] for place in theirs]
        name = t.scenario(scenario) if scenario else t("compare.nothing_changes")
        sides.append(drawn | {"name": name})
    after, taker = (
        [rows[f"{column}_{letter}"] for letter in match.letters] for column in ("after", "provider")
    )
    return {
        "name": label,
        "sides": sides,
        "difference": _difference_bands(comparison, match, first),
        "rows": [
            [
                _minutes(before),
                [_minutes(each.iloc[place]) for each in after],
                [number.get(each.iloc[place], -1) for each in taker],
                _minutes(lead),
                better if set(better) <= set(match.letters) else "",
            ]
            for place, (before, lead, better) in enumerate(
                zip(rows["before_a"], rows["lead"], rows["better"], strict=True)
            )
        ],
    }


def _difference_bands(comparison: Comparison, match: Match, first: Result) -> list[int]:
    legend = [band.key for band in (*_difference_legend(comparison), NO_ROUTE)]
    if len(comparison.sides) == _TWO:
        differences = match.postcodes["difference"].reindex(first.postcodes.index)
        return [legend.index(difference_of(each).key) for each in differences]
    key = {letter: f"worst_{letter}" for letter in comparison.letters}
    key |= {SAME: _NOBODY.key, WITHOUT_ROUTE: NO_ROUTE.key, "": _SEVERAL.key}
    found = dict(zip(match.postcodes.index, match.worst, strict=True))
    return [legend.index(key[found[code]]) for code in first.postcodes.index]


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
