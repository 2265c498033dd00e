"""Ranges of a run in words, each with its definition, and beside what was published."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from impact.analysis.ranges import DEFAULT, GREATEST, LEAST
from impact.bundled import data_path
from impact.outputs.text.overview import extremes, judged, left_out
from impact.outputs.text.rounding import rounded_down, rounded_up
from impact.outputs.text.wording import (
    definition_texts,
    minutes_text,
    names_text,
    origin_text,
    span_text,
)
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.analysis.result import Result
    from impact.outputs.text import Texts


@dataclass(frozen=True)
class Published:
    """What was published for a region.

    Attributes
    ----------
    low, high
        Minutes.
    peaks
        Names, in the study, of the interventions said to have the most extra minutes.
    source
        Where it says so.
    sentences
        How it compares with this run.
    """

    low: int
    high: int
    peaks: tuple[str, ...]
    source: str
    sentences: tuple[str, ...]


def published(result: Result, t: Texts) -> Published | None:
    """Compare the run with the published range of its region."""
    table = read_table(data_path("published_extra_minutes.csv")).frame
    rows = table[table["region"] == result.study.region]
    ours = _ends(result)
    if rows.empty or not ours:
        return None
    row = rows.iloc[0]
    low, high = int(row["extra_minutes_min"]), int(row["extra_minutes_max"])
    ids = row["peak_treatment_ids"].split("; ")
    peaks = tuple(each.name for each in result.study.interventions if each.treatment in ids)
    sentences = (
        *_without(result, t),
        _gap(t, "low", ours[DEFAULT, "low"], low),
        _gap(t, "high", ours[DEFAULT, "high"], high),
        *_reach(ours, t, low, high),
        *_peaks(result, t, peaks),
        *_unlike(result, t),
        t("report.published_method"),
    )
    return Published(low, high, peaks, str(row["source"]), sentences)


def _gap(t: Texts, end: str, ours: float, theirs: int) -> str:
    gap = round(ours) - theirs
    word = "equal" if gap == 0 else "above" if gap > 0 else "below"
    return t(f"report.published_{end}_{word}", ours=minutes_text(t, ours), gap=abs(gap))


def _ends(result: Result) -> dict[tuple[str, str], float]:
    """Definition over the interventions, and which end -> minutes; empty where none is known.

    As in ranges.csv, over the interventions whose minutes can be compared.
    """
    lines = [line for line in judged(result) if math.isfinite(line.row["mean_extra_moved"])]
    if not lines:
        return {}
    pairs = [extremes(result, line) for line in lines]
    values = {
        DEFAULT: [float(line.row["mean_extra_moved"]) for line in lines],
        LEAST: [least for least, _ in pairs],
        GREATEST: [greatest for _, greatest in pairs],
    }
    return {
        (definition, end): pick(means)
        for definition, means in values.items()
        for end, pick in (("low", min), ("high", max))
    }


def _without(result: Result, t: Texts) -> tuple[str, ...]:
    names = left_out(result)
    return (t("report.published_without", names=names_text(t, names)),) if names else ()


def _reach(ours: dict[tuple[str, str], float], t: Texts, low: int, high: int) -> tuple[str, ...]:
    """Whether some choice of candidates could give the published ends.

    The low end is the least over interventions: whatever is chosen, it lies between the least of
    the least candidates and the least of the greatest ones. The high end likewise.
    """
    out = []
    for end, value in (("low", low), ("high", high)):
        least, greatest = round(ours[LEAST, end]), round(ours[GREATEST, end])
        word = "inside" if least <= value <= greatest else "outside"
        fields = {"value": value, "least": least, "greatest": greatest}
        out.append(t(f"report.published_{end}_{word}", **fields))
    return tuple(out)


def _peaks(result: Result, t: Texts, peaks: tuple[str, ...]) -> tuple[str, ...]:
    if not peaks:
        return ()
    ours = [line.case.intervention.name for line in judged(result)][: len(peaks)]
    fields = {"theirs": names_text(t, sorted(peaks)), "ours": names_text(t, sorted(ours))}
    same = "same" if set(ours) == set(peaks) else "other"
    return (t(f"report.published_peaks_{same}", **fields),)


def _unlike(result: Result, t: Texts) -> tuple[str, ...]:
    """Say so when the study is about other treatments than the published range."""
    table = read_table(data_path("published_norm_shortfalls.csv")).frame
    theirs = set(table.loc[table["region"] == result.study.region, "treatment_id"])
    ours = {each.treatment for each in result.study.interventions}
    if ours == theirs:
        return ()
    return (t("report.published_unlike", both=len(ours & theirs), theirs=len(theirs)),)


@dataclass(frozen=True)
class ShownRange:
    """One definition of a range in words: its minutes, and which case gives each end.

    Attributes
    ----------
    definition, span, low_from, high_from
        Text of each cell.
    main
        Whether it is over the interventions.
    doubtful
        Whether it rests on an incomplete list of hospitals outside the region.
    """

    definition: str
    span: str
    low_from: str
    high_from: str
    main: bool
    doubtful: bool


def shown_ranges(result: Result, t: Texts) -> tuple[ShownRange, ...]:
    """Put every range of a run in words."""
    words = definition_texts(t, result)
    doubtful = _doubtful(result)
    return tuple(
        ShownRange(
            definition=words[row["definition"]],
            span=_range_text(t, row),
            low_from=origin_text(t, result, str(row["low_from"])),
            high_from=origin_text(t, result, str(row["high_from"])),
            main=row["definition"].startswith("interventions"),
            doubtful=_rests_on(row, doubtful),
        )
        for row in result.ranges.to_dict("records")
    )


def _range_text(t: Texts, row: Mapping[Any, Any]) -> str:
    """Write a range: of means to the nearest, of percentiles and ends so that it holds."""
    low, high, definition = float(row["low"]), float(row["high"]), str(row["definition"])
    if definition.startswith("postcodes P10-P90"):
        low, high = rounded_down(low), rounded_down(high)
    elif definition.startswith("postcodes min-max"):
        low, high = rounded_down(low), rounded_up(high)
    return span_text(t, low, high) if math.isfinite(low) else "–"


def _doubtful(result: Result) -> frozenset[str]:
    """Definitions of ranges, and starts of their origins, with an incomplete list outside."""
    out = {f"candidates: {name}" for name in left_out(result)}
    out |= {f"{name}: " for name in left_out(result)}
    for case in result.cases:
        if case.doubtful:
            key = f"{case.intervention.name} | {case.scenario}"
            out |= {f"postcodes P10-P90: {key}", f"postcodes min-max: {key}"}
    return frozenset(out)


def _rests_on(row: Mapping[Any, Any], doubtful: frozenset[str]) -> bool:
    if not row["definition"].startswith("interventions"):
        return row["definition"] in doubtful
    ends = (str(row["low_from"]), str(row["high_from"]))
    return any(end.startswith(start) for end in ends for start in doubtful)


def range_without(result: Result, t: Texts) -> str:
    """Give the range over the interventions without those that rest on an incomplete list."""
    known = [float(line.row["mean_extra_moved"]) for line in judged(result)]
    known = [mean for mean in known if math.isfinite(mean)]
    names = left_out(result)
    if not known or not names:
        return ""
    span = span_text(t, min(known), max(known), unit=True)
    return t("report.range_without", names=names_text(t, names), span=span)
