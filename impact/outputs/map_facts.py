"""Words and numbers beside a map: what a layer means in figures, and what lies behind the map."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

from impact.register import STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from impact.concentration.result import Case, Result
    from impact.outputs.texts import Texts

Fact = list[str]
"""A term and what is said of it."""


def layer_facts(result: Result, case: Case, t: Texts) -> list[Fact]:
    """Say what a layer shows.

    Parameters
    ----------
    result, case
        Of a run; one of its principal cases.
    t
        Catalogue.

    Returns
    -------
    list of (term, text)
        What changes, how many move and of what, means of the moved and of all with the number of
        them, the range over all candidates, and how sure the register is. Minutes are one way.
    """
    row = _summary_row(result.summary, case)
    unit = t.unit(result.unit)
    facts = []
    if not math.isnan(row["mean_extra_moved"]):
        mean, p90 = t.number(row["mean_extra_moved"]), t.number(row["p90_extra"])
        facts.append([t("map.extra"), t("map.extra_value", mean=mean, p90=p90)])
    moved, demand = t.number(row["moved"]), t.number(row["demand"])
    facts.append([t("map.moved"), t("map.moved_value", moved=moved, demand=demand, unit=unit)])
    if not math.isnan(row["moved_bound"]):
        bound = t("map.moved_bound_value", bound=t.number(row["moved_bound"]))
        facts.append([t("map.moved_bound"), bound])
    facts += _changes(case, t)
    if not math.isnan(row["mean_extra_all"]):
        mean = t.number(row["mean_extra_all"])
        facts.append([t("map.extra_all"), t("map.extra_all_value", mean=mean, demand=demand)])
    if row["unreachable"] > 0:
        count = t.number(row["unreachable"])
        facts.append([t("map.unreachable"), t("map.unreachable_value", count=count, unit=unit)])
    return facts + _others(result.ranges, case, t) + _register(result.providers, case, t)


def page_notes(result: Result, t: Texts) -> list[str]:
    """Say how the map was made and from what.

    Parameters
    ----------
    result
        Of a run.
    t
        Catalogue.

    Returns
    -------
    list of str
        Assumptions, sources with year and licence, date.
    """
    manifest = result.manifest
    roads: Mapping[str, Any] = manifest["roads"]
    notes = [t("map.baseline")]
    if any(case.kind == "candidate" for case in result.cases):
        notes.append(t("map.candidate"))
    notes += [t("map.rounding"), t("map.boundaries")]
    if result.study.times:
        notes.append(t("map.own_times", name=roads["name"]))
    else:
        fields = {key: roads.get(key, t("map.nothing")) for key in ("name", "source", "licence")}
        notes.append(t("map.roads", **fields))
    for each in manifest["inputs"]:
        known = {key: each.get(key) or t("map.nothing") for key in ("name", "year", "licence")}
        if each.get("source"):
            notes.append(t("map.input", source=each["source"], **known))
        else:
            notes.append(t("map.input_own", name=each["name"]))
    made = dt.datetime.fromisoformat(manifest["created"])
    notes.append(
        t(
            "map.made",
            date=t("map.date", **_day(made)),
            program=manifest["program"],
            version=manifest["version"],
        )
    )
    notes.append(t("map.library"))
    return notes


def _summary_row(summary: pd.DataFrame, case: Case) -> pd.Series[Any]:
    mine = summary[
        (summary["intervention"] == case.intervention.name)
        & (summary["scenario"] == case.scenario)
        & (summary["recipients"] == case.recipients)
        & (summary["group"] == "all")
    ]
    return mine.iloc[0]


def _changes(case: Case, t: Texts) -> list[Fact]:
    facts = []
    if case.stops:
        facts.append([t("map.stops"), "; ".join(case.stops)])
    if case.opens:
        facts.append([t("map.opens"), "; ".join(case.opens)])
    if case.stops:
        takers = sorted({name for shares in case.moves_to.values() for name in shares})
        named = t("map.takes_over_named", names="; ".join(takers))
        facts.append([t("map.takes_over"), named if takers else t("map.takes_over_nearest")])
    if case.start is not None:
        facts.append([t("map.starts"), t("map.date", **_day(case.start))])
    return facts


def _others(ranges: pd.DataFrame, case: Case, t: Texts) -> list[Fact]:
    mine = ranges[ranges["definition"] == f"candidates: {case.intervention.name}"]
    return [
        [
            t("map.others"),
            t("map.others_value", low=t.number(row["low"]), high=t.number(row["high"])),
        ]
        for _, row in mine.iterrows()
    ]


def _register(providers: pd.DataFrame, case: Case, t: Texts) -> list[Fact]:
    counts = providers.loc[
        providers["intervention"] == case.intervention.name, "status"
    ].value_counts()
    parts = [
        t("map.register_value", count=counts[status], status=t(f"common.status_{status}"))
        for status in STATUSES
        if status in counts
    ]
    return [[t("map.register"), ", ".join(parts)]]


def _day(day: dt.date) -> dict[str, str]:
    return {"day": f"{day.day:02d}", "month": f"{day.month:02d}", "year": str(day.year)}
