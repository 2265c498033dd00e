"""Words of a comparison: the sides, the answer, the figures and who it is about."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.outputs.bands import SAME_MINUTES
from impact.outputs.compare import SAME, A, B
from impact.outputs.overview import Line
from impact.outputs.wording import (
    destination_text,
    known_text,
    minutes_text,
    names_text,
    share_text,
    whole_text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.concentration.result import Result
    from impact.outputs.compare import Comparison, Pair
    from impact.outputs.texts import Texts

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
    """How a side is called.

    Attributes
    ----------
    letter
        A or B.
    short
        For a title.
    long
        With what made it.
    """

    letter: str
    short: str
    long: str


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


def date_text(day: dt.date) -> str:
    """Write a day as Dutch and European readers do: day, month, year."""
    return f"{day.day}-{day.month}-{day.year}"


def gain_text(t: Texts, gain: float) -> str:
    """Write how much shorter a way is."""
    return minutes_text(t, gain)


def side_texts(comparison: Comparison, t: Texts) -> tuple[SideText, SideText]:
    """Say what A and B are.

    Parameters
    ----------
    comparison, t
        What is compared; catalogue.

    Returns
    -------
    tuple of SideText
    """
    out = []
    for side, key in zip(comparison.sides, (A, B), strict=True):
        manifest = side.result.manifest
        created = dt.datetime.fromisoformat(str(manifest["created"]))
        about = t(
            "compare.about_run",
            title=side.result.study.title,
            profile=known_text(t, "common.profile", str(manifest["parameters"]["profile"])),
            roads=manifest["roads"]["name"],
            date=date_text(created),
            folder=side.name,
        )
        scenario = t.scenario(side.scenario)
        if scenario:
            about = t("compare.about_scenario", scenario=scenario, about=about)
        letter = t(f"compare.side_{key}")
        out.append(SideText(letter, scenario or side.result.study.title, about))
    return out[0], out[1]


def answers(comparison: Comparison, t: Texts) -> tuple[str, ...]:
    """Say per intervention first for whom nothing changes, then who is better off where.

    Parameters
    ----------
    comparison, t
        What is compared; catalogue.

    Returns
    -------
    tuple of str
        One paragraph per pair.
    """
    return tuple(
        _answer(pair, t, t.unit(comparison.sides[0].result.unit_of(pair.intervention)))
        for pair in comparison.pairs
    )


def _answer(pair: Pair, t: Texts, unit: str) -> str:
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
    fields = {f"count_{each}": whole_text(t, people[each]) for each in (A, B)}
    fields |= {f"gain_{each}": gain_text(t, gains[each]) for each in (A, B)}
    return f"{first} {t(f'compare.answer_{side}', **fields)}"


def figures(pair: Pair, t: Texts) -> tuple[Figure, ...]:
    """Set the figures of a pair beside each other.

    Parameters
    ----------
    pair, t
        What is compared; catalogue.

    Returns
    -------
    tuple of Figure
        Differences are of the rounded figures, so that a reader who subtracts finds the same.
    """
    nothing = t("compare.nothing_changes")
    scenarios = [t.scenario(name) if name else nothing for name in pair.scenarios]
    out = [Figure(t("compare.f_scenario"), *scenarios)]
    for name in ("stops", "opens"):
        said = [names_text(t, getattr(case, name)) if case else "" for case in pair.cases]
        if any(said):
            out.append(Figure(t(f"compare.f_{name}"), *(text or "–" for text in said)))
    takers = [
        _takers(Line(case, row), t) if case else ""
        for case, row in zip(pair.cases, pair.rows, strict=True)
    ]
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
        difference = t.number(round(values[0]) - round(values[1])) if known else "–"
        out.append(Figure(t(f"compare.f_{name}"), worded[0], worded[1], difference))
    return tuple(out)


def _takers(line: Line, t: Texts) -> str:
    """Who takes over, and whether that was agreed."""
    names, agreed = destination_text(t, line), len(line.case.moves_to)
    if not names or not agreed:
        return names
    every = agreed == len(line.case.stops)
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
    return minutes_text(t, value) if name in _MINUTES else whole_text(t, value)


def who(pair: Pair, result: Result, t: Texts) -> tuple[Place, ...]:
    """List the municipalities with the largest mean differences, A shorter first.

    Parameters
    ----------
    pair
        What is compared.
    result
        Of A: which postcode lies in which municipality.
    t
        Catalogue.

    Returns
    -------
    tuple of Place
    """
    rows = pair.postcodes[np.isfinite(pair.postcodes["difference"])]
    rows = rows[rows["demand"] > 0]
    towns = result.postcodes["municipality"].reindex(rows.index)
    weighed = pd.DataFrame({"sum": rows["difference"] * rows["demand"], "demand": rows["demand"]})
    sums = weighed.groupby(towns).sum()
    means = (sums["sum"] / sums["demand"]).sort_index()
    mine = means[means <= -SAME_MINUTES].sort_values(kind="stable")[:_TOP]
    theirs = means[means >= SAME_MINUTES].sort_values(ascending=False, kind="stable")[:_TOP]
    return (*_places(mine, sums["demand"], A, t), *_places(theirs, sums["demand"], B, t))


def _places(
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
