"""reproduction.html: published against ours, per region, per definition, per step.

Three kinds of variation get three marks: a bar is a range under one definition, a tick is a
possible choice of who stops, a bracket is what other sets of providers would give.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.ranges import DEFAULT, GREATEST, LEAST
from impact.evidence.published.definitions import guesses
from impact.evidence.published.explain import ROUNDING, Spread
from impact.evidence.published.table import treatment_names
from impact.evidence.published.treatments import PRIORS
from impact.evidence.published.world import EDGE_MINUTES
from impact.model.allocation_rule import BYPASS_BETAS
from impact.outputs.files.folder import columns_by_type, write_evidence
from impact.outputs.pages.axis import Axis, axis_of, signed
from impact.outputs.pages.page import write_evidence_page
from impact.outputs.pages.reproduction_method import listed, method_section, providers_text
from impact.outputs.text import texts
from impact.outputs.text.wording import (
    CONFIRMED,
    LISTING_STATUSES,
    known_text,
    minutes_text,
    names_text,
    note_text,
    roads_text,
    share_text,
    whole_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from impact.evidence.published.definitions import Definition
    from impact.evidence.published.explain import Waterfall
    from impact.evidence.published.run import Reproduction
    from impact.evidence.published.treatments import Treatment
    from impact.outputs.text import Texts

_FEWEST_FOR_A_GUESS = 3
"""With fewer regions the mean of the published ends says nothing."""


def definition_text(t: Texts, definition: Definition) -> str:
    """Say in words what a definition takes."""
    said = [t(f"reproduction.statistic_{definition.statistic}")]
    changes = dict(definition.changes)
    if changes.get("baseline") == "huff":
        beta = f"{changes.pop('beta'):g}".replace(".", "," if t.lang == "nl" else ".")
        kind = changes.pop("recipients")
        said.append(t(f"reproduction.change_huff_{kind}", beta=beta))
        changes.pop("baseline")
    said += [change_text(t, key, str(value)) for key, value in changes.items()]
    return "; ".join(said)


def change_text(t: Texts, field: str, value: str) -> str:
    """Say in words what one field of a setting is."""
    if field == "profile":
        return known_text(t, "common.profile", value)
    code = value.replace("+", "plus")
    keys = {
        "weights": f"reproduction.weights_{code}",
        "alternatives": f"reproduction.alternatives_{code}",
        "locations": f"reproduction.locations_{code}",
        "edge": f"reproduction.edge_{code}",
        "baseline": f"reproduction.baseline_{code}",
    }
    return t(keys[field])


def findings(found: Reproduction, t: Texts) -> list[str]:
    """Say what the comparison shows, in sentences that follow from its figures."""
    return [
        *_errors(found, t),
        *_peaks(found, t),
        *_reach(found, t),
        *_bypassing(found, t),
        *_spreads(found, t),
        t(
            "reproduction.finding_paths",
            count=len(found.definitions) + len(found.method.tried),
            best=_best(found, t),
        ),
        t("reproduction.finding_method"),
    ]


def _errors(found: Reproduction, t: Texts) -> Iterator[str]:
    score = found.score(DEFAULT)
    for end in ("high", "low"):
        error = float(score[f"mae_{end}"])
        said = t(f"reproduction.finding_{end}", error=minutes_text(t, error))
        if len(found.published) >= _FEWEST_FOR_A_GUESS:
            guess = guesses([*found.published.values()])[end]
            said += f" {guess_text(t, error, guess)}"
        yield said


def guess_text(t: Texts, error: float, guess: float) -> str:
    """Hold an error against that of who computes nothing; in words where both print the same."""
    word = "better" if error < guess else "worse" if error > guess else "same"
    numbers = minutes_text(t, error), minutes_text(t, guess)
    if word != "same" and numbers[0] == numbers[1]:
        return t(f"reproduction.finding_guess_slightly_{word}")
    return t(f"reproduction.finding_guess_{word}", guess=numbers[1])


def _peaks(found: Reproduction, t: Texts) -> Iterator[str]:
    rows = found.ranges[found.ranges["definition"] == DEFAULT]
    same = int(rows["peak_same"].sum())
    yield t("reproduction.finding_peaks", same=same, count=len(rows))


def _reach(found: Reproduction, t: Texts) -> Iterator[str]:
    """In which regions no choice of who stops gives the published lower end."""
    least: dict[str, float] = {}
    for each in found.reach:
        least[each.region] = min(least.get(each.region, math.inf), each.least)
    out_of_reach = [
        region for region, value in least.items() if value > found.published[region].low + ROUNDING
    ]
    inside = len(least) - len(out_of_reach)
    yield t("reproduction.finding_reach", inside=inside, count=len(least))
    for region in out_of_reach:
        low = t.number(found.published[region].low)
        yield t(
            "reproduction.finding_out_of_reach",
            region=region,
            low=low,
            least=minutes_text(t, least[region]),
        )


def _bypassing(found: Reproduction, t: Texts) -> Iterator[str]:
    names = [f"{DEFAULT}, baseline huff {beta:g}" for beta in BYPASS_BETAS]
    tried = {each.name for each in found.definitions}
    known = [name for name in names if name in tried]
    if not known:
        return
    # summed, so that whole minutes tell them apart
    count = len(found.published)
    sums = {
        name: [round(count * float(found.score(name)[f"mae_{end}"])) for end in ("low", "high")]
        for name in (DEFAULT, *known)
    }
    best = min(known, key=lambda name: sums[name])
    (low, high), (plain_low, plain_high) = sums[best], sums[DEFAULT]
    word = "no" if low >= plain_low else "both" if high <= plain_high else "trade"
    figures = {"low": low, "high": high, "plain_low": plain_low, "plain_high": plain_high}
    said = t("reproduction.finding_bypassing", **{key: t.number(n) for key, n in figures.items()})
    yield f"{said} {t(f'reproduction.finding_bypassing_{word}')}"


def mean_shares(found: Reproduction, end: str) -> dict[str, float]:
    """Share of the summed variance per source, averaged over regions, the greatest first."""
    own = [spread for spread in found.spreads if spread.end == end]
    sums: dict[str, float] = {}
    for spread in own:
        sums[spread.source] = sums.get(spread.source, 0.0) + spread.share
    count = len(found.published)
    order = sorted(sums, key=lambda key: (-sums[key], key))
    return {key: sums[key] / count for key in order}


def _spreads(found: Reproduction, t: Texts) -> Iterator[str]:
    for end in ("high", "low"):
        shares = list(mean_shares(found, end).items())[:2]
        said = [
            t("reproduction.source_share", name=source_text(t, key), share=share_text(t, share))
            for key, share in shares
        ]
        yield t(f"reproduction.finding_spread_{end}", names=names_text(t, said))


def source_text(t: Texts, source: str) -> str:
    """Name of a source of uncertainty."""
    return t(f"reproduction.source_{source}")


def _best(found: Reproduction, t: Texts) -> str:
    best = min(float(each["mae"].min()) for each in (found.scores, found.method_scores))
    return minutes_text(t, best)


def assumptions(found: Reproduction, t: Texts) -> list[tuple[str, str]]:
    """Every assumption that the figures rest on: subject and text."""
    asked, manifest = found.asked, found.manifest
    roads = manifest["roads"]
    profile = known_text(t, "common.profile", asked.profile)
    status = known_text(t, "report.profile_status", str(manifest["profile_status"]))
    today = t("reproduction.baseline_nearest")
    if asked.baseline == "huff":
        beta = f"{asked.beta:g}".replace(".", "," if t.lang == "nl" else ".")
        today = t("reproduction.change_huff_rule", beta=beta)
    limits = roads_text(t, roads)
    warning = f" {limits}" if limits else ""
    said = {
        "default": t("reproduction.assume_default"),
        "weights": t(f"reproduction.weights_{asked.weights.replace('+', 'plus')}"),
        "baseline": today,
        "alternatives": t(f"reproduction.alternatives_{asked.alternatives}"),
        "all_fail": t("reproduction.assume_all_fail"),
        "locations": t(f"reproduction.locations_{asked.locations}"),
        "edge": t("reproduction.assume_edge", minutes=t.number(EDGE_MINUTES)),
        "profile": t("report.assume_profile", profile=profile, status=status),
        "roads": t("report.assume_roads", name=roads["name"]) + warning,
        "direction": t("report.assume_one_way"),
        "providers": providers_text(found, t),
        "sets": t(
            "reproduction.assume_sets",
            most=t.number(manifest["parameters"]["provider_sets"]),
            seed=manifest["parameters"]["seed"],
        ),
        "prior": t("reproduction.assume_prior", draws=t.number(manifest["parameters"]["draws"])),
        "fixed": t("reproduction.assume_fixed"),
    }
    return [
        *((t(f"reproduction.subject_{key}"), text) for key, text in said.items()),
        *((t("report.subject_note"), note_text(t, note)) for note in manifest["notes"]),
    ]


def prior_text(t: Texts, name: str) -> str:
    """Name of a prior of volumes."""
    return t(f"reproduction.prior_{name}")


def prior_rows(found: Reproduction, t: Texts) -> list[dict[str, object]]:
    """Effect of the prior: the range over treatments of the expected value, per region."""
    out: list[dict[str, object]] = []
    for prior in PRIORS:
        ends = []
        for region in found.published:
            values = [row.expected(prior.name) for row in found.of(region)]
            known = [value for value in values if math.isfinite(value)]
            ends.append((whole_text(t, min(known)), whole_text(t, max(known))))
        out.append({"name": prior_text(t, prior.name), "ends": ends})
    return out


WIDTH = 1000
"""Units from the left to the right end of a strip."""

_TICK_MINUTES = 0.25
_SETS = (0.1, 0.9)


@dataclass(frozen=True)
class Strip:
    """Possible choices of one treatment.

    Attributes
    ----------
    row
        The treatment.
    ticks
        Path: a tick per candidate mean; equal ones fall together.
    mark
        Where the chosen candidate lies, per cent.
    sets
        Where the bracket of provider sets begins and ends, per cent; `None` where there is one
        set only.
    least, greatest
        Means of the least and the greatest candidate.
    """

    row: Treatment
    ticks: str
    mark: float
    sets: tuple[float, float] | None
    least: float
    greatest: float


def strips(found: Reproduction, region: str, axis: Axis) -> list[Strip]:
    """Lay out the possible choices of a region's treatments, the greatest mean first."""
    rows = [row for row in found.of(region) if math.isfinite(row.chosen)]
    return [_strip(row, axis) for row in sorted(rows, key=lambda row: -row.chosen)]


def _strip(row: Treatment, axis: Axis) -> Strip:
    means = row.swept.means[~np.isnan(row.swept.means)]
    medians = row.hypotheses["median"].dropna().to_numpy(np.float64)
    bracket = None
    if len(medians) > 1:
        low, high = np.quantile(medians, _SETS)
        bracket = (axis.place(float(low)), axis.place(float(high)))
    places = np.unique(np.round(means / _TICK_MINUTES)) * _TICK_MINUTES
    ticks = "".join(f"M{WIDTH * axis.place(float(each)) / 100:.4g} 0v14" for each in places)
    return Strip(
        row, ticks, axis.place(row.chosen), bracket, float(means.min()), float(means.max())
    )


@dataclass(frozen=True)
class Fall:
    """One bar of a waterfall.

    Attributes
    ----------
    name
        Key of its text.
    start, width
        Per cent; a bar from before to after.
    change
        Minutes; `None` where it was not computed.
    after
        Minutes; `None` where it was not computed.
    alone
        The end with this change only; `None` for what is no single change.
    """

    name: str
    start: float
    width: float
    change: float | None
    after: float | None
    alone: float | None


def falls(waterfall: Waterfall, axis: Axis) -> list[Fall]:
    """Lay out one waterfall: plain, the steps, what is unexplained, published."""
    out = [_whole("plain", waterfall.plain, axis)]
    for step in waterfall.steps:
        if step.after is None:
            out.append(Fall(step.name, 0.0, 0.0, None, None, None))
        else:
            out.append(_bar(step.name, step.before, step.after, axis, step.alone))
    out.append(_bar("unexplained", waterfall.reached, waterfall.published, axis, None))
    return [*out, _whole("published", waterfall.published, axis)]


def _whole(name: str, value: float, axis: Axis) -> Fall:
    bar = _bar(name, 0.0, value, axis, None)
    return Fall(name, bar.start, bar.width, None, value, None)


def _bar(name: str, before: float, after: float, axis: Axis, alone: float | None) -> Fall:
    left, right = sorted((axis.place(before), axis.place(after)))
    return Fall(name, left, round(right - left, 2), after - before, after, alone)


def waterfall_axis(pair: Iterable[Waterfall]) -> Axis:
    """Axis for both ends of one region."""
    values = []
    for each in pair:
        values += [each.plain, each.published, *(step.after or 0.0 for step in each.steps)]
    return axis_of(values)


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

    Notes
    -----
    The page asks for nothing outside itself.
    """
    t = texts(lang)
    shown = _shown(found, t)
    write_evidence_page(path, "reproduction", t, manifest=found.manifest, shown=shown)


def _shown(found: Reproduction, t: Texts) -> dict[str, Any]:
    words = {each.name: definition_text(t, each) for each in found.definitions}
    names = treatment_names(t.lang)
    rows = _rows(found)
    own = {
        region: {row.intervention.treatment for row in found.of(region)}
        for region in found.published
    }
    return {
        "found": found,
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
        "statuses": [each for each in LISTING_STATUSES if each != CONFIRMED],
        "listed": listed,
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
        "method": method_section(found, t),
        "priors": prior_rows(found, t),
        "assumptions": assumptions(found, t),
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
        "bars": [_bar_of(words[name], low, high, axis) for name, low, high in ends],
        "strips": strips(found, region, axis),
    }


def _bar_of(text: str, low: float, high: float, axis: Axis) -> _Bar:
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


REPRODUCTION_FILES = (
    "reproduction.csv",
    "treatments.csv",
    "candidates.csv",
    "definitions.csv",
    "waterfall.csv",
    "uncertainty.csv",
    "lower_ends.csv",
    "published_scenarios.csv",
    "published_steps.csv",
    "reproduction.html",
    "manifest.json",
)
"""What `impact reproduce` writes, and may replace."""


def write_reproduction(
    found: Reproduction, folder: Path, *, lang: str = "nl", force: bool = False
) -> None:
    """Write every output of a reproduction."""
    ranges = pd.concat([found.ranges, found.method_ranges], ignore_index=True)
    ranges["peak_same"] = ["yes" if same else "no" for same in ranges["peak_same"]]
    tables = {
        "reproduction": ranges,
        "treatments": found.treatments,
        "candidates": found.candidates,
        "definitions": pd.concat([found.scores, found.method_scores], ignore_index=True),
        "waterfall": waterfall_frame(found),
        "uncertainty": pd.DataFrame(found.spreads, columns=[*Spread.__dataclass_fields__]),
        "lower_ends": lower_ends_frame(found),
        "published_scenarios": found.method.scenarios,
        "published_steps": found.method_steps(),
    }
    write_evidence(
        folder,
        REPRODUCTION_FILES,
        command="reproduce",
        tables=tables,
        columns=columns_by_type,
        page=lambda path: write_reproduction_page(found, path, lang=lang),
        manifest=found.manifest,
        force=force,
    )


def waterfall_frame(found: Reproduction) -> pd.DataFrame:
    """Rows of waterfall.csv."""
    rows = []
    for each in found.waterfalls:
        rows += [
            (each.region, each.end, step.name, step.before, step.after, step.alone)
            for step in each.steps
        ]
        rows.append((each.region, each.end, "unexplained", each.reached, each.published, None))
    columns = ["region", "end", "step", "before", "after", "alone"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[3:], float))


def lower_ends_frame(found: Reproduction) -> pd.DataFrame:
    """Rows of lower_ends.csv."""
    rows = [{**vars(each), "stops": "; ".join(each.stops)} for each in found.reach]
    return pd.DataFrame(rows)
