"""The published range of a region beside ours, and what the difference is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from impact.bundled import data_path
from impact.concentration.ranges import DEFAULT, GREATEST, LEAST
from impact.outputs.overview import extremes, judged, left_out
from impact.outputs.wording import minutes_text, names_text
from impact.reading import read_table

if TYPE_CHECKING:
    from impact.concentration.result import Result
    from impact.outputs.texts import Texts


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
    """Compare the run with the published range of its region.

    Parameters
    ----------
    result
        What a run gave.
    t
        Catalogue.

    Returns
    -------
    Published or None
        `None` where nothing was published for the region, or the run has no range to compare.
    """
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
