"""reproduction.html: published against ours, per region, per definition, per step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from impact.concentration.choice import BYPASS_BETAS
from impact.concentration.ranges import DEFAULT, GREATEST, LEAST
from impact.evidence.reproduce.published import treatment_names
from impact.outputs.pages import environment, template_text
from impact.outputs.reproduction_pictures import Axis, axis_of, falls, strips, waterfall_axis
from impact.outputs.reproduction_words import (
    assumptions,
    definition_text,
    findings,
    mean_shares,
    prior_rows,
    signed,
    source_text,
)
from impact.outputs.sources import input_sources
from impact.outputs.texts import texts
from impact.outputs.wording import known_text, minutes_text, names_text, share_text, whole_text
from impact.register import STATUSES

if TYPE_CHECKING:
    from pathlib import Path

    from impact.evidence.reproduce.run import Reproduction
    from impact.outputs.texts import Texts

_PICTURED = (
    DEFAULT,
    "interventions, mean of two middle candidates",
    "interventions, expected candidate",
    "interventions, median provider set",
    LEAST,
    GREATEST,
    *(f"{DEFAULT}, baseline huff {beta:g}" for beta in BYPASS_BETAS),
    "postcodes P10-P90",
    "profiles",
)
"""Definitions in the picture of each region; all of them stand in the annex."""

_LOWER = (
    DEFAULT,
    *(f"{DEFAULT}, baseline huff {beta:g}" for beta in BYPASS_BETAS),
    *(f"{DEFAULT}, baseline huff {beta:g}, to the nearest" for beta in BYPASS_BETAS),
    LEAST,
    "interventions, expected candidate",
    "interventions, median provider set",
    f"{DEFAULT}, locations organisation",
    f"{DEFAULT}, alternatives all",
    f"{DEFAULT}, weights 65+",
    f"{DEFAULT}, weights 75+",
    f"{DEFAULT}, profile vrij",
    f"{DEFAULT}, edge narrow",
    f"{DEFAULT}, edge wide",
    "interventions, named in the source",
    "interventions, leaving the region",
    "interventions, median resident",
    "interventions, over all residents",
)
"""Explanations of the lower ends that a definition stands for."""


@dataclass(frozen=True)
class _Bar:
    """A range in the picture of a region."""

    text: str
    low: float
    high: float
    start: float
    width: float


def write_reproduction_page(found: Reproduction, path: Path, *, lang: str = "nl") -> None:
    """Write reproduction.html.

    Parameters
    ----------
    found
        The reproduction.
    path
        File to write.
    lang
        ``nl`` or ``en``.

    Notes
    -----
    The page asks for nothing outside itself.
    """
    page = environment().get_template("reproduction.html.j2").render(_context(found, texts(lang)))
    path.write_text(page, encoding="utf-8", newline="\n")


def _context(found: Reproduction, t: Texts) -> dict[str, Any]:
    words = {each.name: definition_text(t, each) for each in found.definitions}
    names = treatment_names(t.lang)
    rows = _rows(found)
    own = {
        region: {row.intervention.treatment for row in found.of(region)}
        for region in found.published
    }
    return {
        "t": t,
        "found": found,
        "manifest": found.manifest,
        "regions": list(found.published),
        "published": found.published,
        "names": names,
        "peaks": {
            region: names_text(t, [names[each] for each in said.peaks if each in own[region]])
            for region, said in found.published.items()
        },
        "join": lambda values: names_text(t, list(values)),
        "numbers": lambda values: [t.number(value) for value in values],
        "whole": lambda value: whole_text(t, value),
        "minutes": lambda value: minutes_text(t, value),
        "share": lambda value: share_text(t, value),
        "signed": lambda value: signed(t, value),
        "known": math.isfinite,
        "status": lambda value: known_text(t, "common.status", value),
        "statuses": STATUSES,
        "source_of_spread": lambda key: source_text(t, key),
        "lead": known_text(t, "common.profile", found.asked.profile),
        "findings": findings(found, t),
        "main": rows[DEFAULT],
        "below": {region: _below(found, region) for region in found.published},
        "pictures": {region: _picture(found, region, words, rows) for region in found.published},
        "figure": _figure(found, rows[DEFAULT]),
        "waterfalls": {region: _waterfall(found, region) for region in found.published},
        "shares": {end: mean_shares(found, end) for end in ("low", "high")},
        "spreads": {
            region: [each for each in found.spreads if each.region == region]
            for region in found.published
        },
        "lower": _lines(found, words, rows, _LOWER),
        "reach": {
            region: [each for each in found.reach if each.region == region]
            for region in found.published
        },
        "annex": _lines(found, words, rows, [each.name for each in found.definitions]),
        "priors": prior_rows(found, t),
        "assumptions": assumptions(found, t),
        "sources": input_sources(
            {**found.manifest["roads"], "sha256": found.manifest["roads_sha256"]},
            found.manifest["inputs"],
        ),
        "css": template_text("report.css") + template_text("reproduction.css"),
    }


_Rows = dict[str, dict[str, dict[str, Any]]]


def _rows(found: Reproduction) -> _Rows:
    """Rows of reproduction.csv by definition and region."""
    out: _Rows = {}
    for row in found.ranges.to_dict("records"):
        named = {str(key): value for key, value in row.items()}
        out.setdefault(named["definition"], {})[named["region"]] = named
    return out


def _below(found: Reproduction, region: str) -> dict[str, float]:
    rows = found.of(region)
    below = sum(row.published.below for row in rows)
    pairs = sum(row.published.providing for row in rows)
    return {"below": below, "pairs": pairs, "share": below / pairs, "treatments": len(rows)}


def _picture(
    found: Reproduction, region: str, words: dict[str, str], rows: _Rows
) -> dict[str, Any]:
    said = found.published[region]
    wanted = [name for name in _PICTURED if name in words]
    ends = []
    for name in wanted:
        row = rows[name][region]
        ends.append((name, float(row["ours_low"]), float(row["ours_high"])))
    shown = [value for _, low, high in ends for value in (low, high)]
    axis = axis_of([said.low, said.high, *shown])
    start = axis.place(said.low)
    return {
        "axis": axis,
        "published": _Bar("", said.low, said.high, start, round(axis.place(said.high) - start, 2)),
        "bars": [_bar(words[name], low, high, axis) for name, low, high in ends],
        "strips": strips(found, region, axis),
    }


def _bar(text: str, low: float, high: float, axis: Axis) -> _Bar:
    start = axis.place(low)
    return _Bar(text, low, high, start, round(axis.place(high) - start, 2))


def _figure(found: Reproduction, rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Redistribution against travel time, the published figure made quantitative."""
    shares = {region: _below(found, region)["share"] for region in found.published}
    across = Axis(0.0, max(0.5, math.ceil(10.0 * max(shares.values())) / 10.0))
    ends = [float(row[key]) for row in rows.values() for key in ("ours_low", "ours_high")]
    ends += [end for said in found.published.values() for end in (said.low, said.high)]
    up = axis_of(ends)
    points = []
    order = sorted(found.published, key=lambda region: (shares[region], region))
    for number, region in enumerate(order, start=1):
        own = [row.chosen for row in found.of(region) if math.isfinite(row.chosen)]
        said, row = found.published[region], rows[region]
        points.append(
            {
                "number": number,
                "region": region,
                "share": shares[region],
                "mean": sum(own) / len(own),
                "x": across.place(shares[region]),
                "y": 100.0 - up.place(sum(own) / len(own)),
                "ours": [100.0 - up.place(float(row[key])) for key in ("ours_low", "ours_high")],
                "published": [100.0 - up.place(said.low), 100.0 - up.place(said.high)],
            }
        )
    tenths = [tenth / 10.0 for tenth in range(round(10 * across.high) + 1)]
    return {
        "points": points,
        "across": [(share, across.place(share)) for share in tenths],
        "up": [(minutes, 100.0 - place) for minutes, place in up.grid],
    }


def _waterfall(found: Reproduction, region: str) -> dict[str, Any]:
    own = [each for each in found.waterfalls if each.region == region]
    axis = waterfall_axis(own)
    return {
        "axis": axis,
        "ends": [
            {"end": each.end, "falls": falls(each, axis), "steps": each.steps} for each in own
        ],
    }


def _lines(
    found: Reproduction, words: dict[str, str], rows: _Rows, wanted: list[str] | tuple[str, ...]
) -> list[dict[str, Any]]:
    """Rows over the regions: a definition, its range per region, its errors summed."""
    out = []
    for name in wanted:
        if name not in words:
            continue
        score, own = found.score(name), rows[name]
        out.append(
            {
                "name": name,
                "text": words[name],
                "ends": [
                    (float(own[region]["ours_low"]), float(own[region]["ours_high"]))
                    for region in found.published
                ],
                "low": float(score["mae_low"]) * len(own),
                "high": float(score["mae_high"]) * len(own),
                "equal": int(score["equal_when_rounded"]),
            }
        )
    return out
