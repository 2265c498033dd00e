"""What is said of a case wherever it is shown: its name and status, its figures, its sources."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.model.candidates import stops_asked
from impact.model.measures import extra_over
from impact.outputs.text.displayed import displayed_sentences, kept_fact
from impact.outputs.text.people import amount_text, bound_remark, residents_text
from impact.outputs.text.rounding import rounded_down
from impact.outputs.text.wording import (
    day_text,
    input_in_words,
    known_text,
    listing_counts,
    minutes_at_most,
    minutes_text,
    shipped_streets,
    status_badge,
    status_text,
    tenth_text,
    unconfirmed_text,
    whole_text,
)
from impact.times.files import OWN_MATRIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from impact.analysis.result import CaseView, Result
    from impact.model.case import Case
    from impact.outputs.text import Texts


def lines(result: Result) -> tuple[CaseView, ...]:
    """Return the cases of a result with their rows."""
    return result.views


def displayed(result: Result) -> tuple[CaseView, ...]:
    """Return one line per intervention: where the range `interventions` takes its figure."""
    chosen: dict[str, CaseView] = {}
    for line in lines(result):
        name = line.case.intervention.name
        if line.case.in_range or (line.case.principal and name not in chosen):
            chosen[name] = line
    return tuple(sorted(chosen.values(), key=_greatest_first))


def judged(result: Result) -> tuple[CaseView, ...]:
    """Return the displayed lines whose minutes can carry a conclusion."""
    return tuple(line for line in displayed(result) if not line.case.doubtful)


def answered(result: Result) -> tuple[CaseView, ...]:
    """Return every scenario and displayed candidate that can carry a conclusion, greatest first."""
    shown = (line for line in result.principal if not line.case.doubtful)
    return tuple(sorted(shown, key=_greatest_first))


def cases_of(result: Result, name: str) -> tuple[CaseView, ...]:
    """Return every case of an intervention, both readings of its scenarios included."""
    return tuple(line for line in result.views if line.case.intervention.name == name)


def extra_beyond(case: Case) -> tuple[float, float]:
    """Count those of the moved who get more than 30, and more than 45, minutes extra."""
    thirty, fortyfive = extra_over(case.flows).values()
    return thirty, fortyfive


def more_extra(line: CaseView, t: Texts) -> tuple[str, str]:
    """Write how many get more than 30, and (45) minutes extra; else the most that anybody gets."""
    case, kind = line.case, line.result.kind_of(line.case.intervention.name)
    if math.isnan(case.figures["mean_extra_moved"]):
        return "–", ""
    thirty, fortyfive = extra_beyond(case)
    if thirty <= 0.0:
        most = minutes_at_most(t, case.figures["max_extra"])
        return t("a4.nobody"), t("a4.more_most", most=most)
    beside = t("a4.more_beside", fortyfive=amount_text(t, fortyfive, kind))
    return amount_text(t, thirty, kind), beside


def left_out(result: Result) -> tuple[str, ...]:
    """Names of the interventions that `judged` leaves out, sorted."""
    shown = displayed(result)
    return tuple(sorted(line.case.intervention.name for line in shown if line.case.doubtful))


def extremes(result: Result, line: CaseView) -> tuple[float, float]:
    """Find the least and the greatest mean extra minutes that an intervention can get.

    Over its candidates, and over every scenario that the study names for it.
    """
    cases = cases_of(result, line.case.intervention.name)
    means = [*choices(result, line), *(float(each.row["mean_extra_moved"]) for each in cases)]
    known = [mean for mean in means if math.isfinite(mean)]
    return (min(known), max(known)) if known else (math.nan, math.nan)


def choices(result: Result, line: CaseView) -> tuple[float, ...]:
    """Mean extra minutes of every candidate of the intervention of a line, where known."""
    means = result.candidates[line.case.intervention.name]["mean_extra_moved"].to_numpy(np.float64)
    return tuple(means[np.isfinite(means)].tolist())


def _greatest_first(line: CaseView) -> tuple[bool, float, str]:
    mean = float(line.row["mean_extra_moved"])
    unknown = mean != mean  # noqa: PLR0124 (NaN)
    return unknown, 0.0 if unknown else -mean, line.case.intervention.name


def extra_text(t: Texts, extra: float) -> str:
    """Write a mean of extra minutes.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> extra_text(texts("nl"), 13.1), extra_text(texts("nl"), -1.0)
    ('13 minuten extra', '1 minuut korter')
    """
    key = "map.shorter" if extra < 0.0 else "map.longer_mean"
    return t(key, minutes=minutes_text(t, abs(extra)))


def layer_name(case: Case, t: Texts) -> str:
    """Name of a layer, with how sure it is."""
    scenario = t.scenario(case.scenario)
    name = t("map.layer", intervention=case.intervention.name, scenario=scenario)
    return t("map.marked", name=name, mark=status_badge(t, case))


def subtitle(result: Result, t: Texts) -> str:
    """Say what minutes and numbers on the map mean."""
    kind = str(result.manifest["roads"]["kind"])
    definition = t.one_way(kind)
    if kind != OWN_MATRIX:
        profile = known_text(t, "common.profile", str(result.manifest["parameters"]["profile"]))
        definition = f"{definition}, {profile}"
    return t(
        "map.subtitle",
        definition=_capital(definition),
        unit=_capital(t.unit(result.said_unit())),
        region=result.study.region,
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


Fact = list[str]
"""A term and what is said of it."""


def layer_facts(shown: CaseView, t: Texts) -> list[Fact]:
    """Say what a layer shows."""
    result, case, row = shown.result, shown.case, shown.row
    unit = t.unit(result.said_unit(case.intervention.name))
    facts = [*_extra(row, t), *_more_extra(shown, unit, t)]
    kind = result.kind_of(case.intervention.name)
    moved, demand = (amount_text(t, row[each], kind) for each in ("moved", "demand"))
    facts.append([t("map.moved"), t("map.moved_value", moved=moved, demand=demand, unit=unit)])
    if residents := residents_text(t, row):
        facts.append([t("people.residents_term"), residents])
    if not math.isnan(row["moved_bound"]):
        key = "map.moved_bound_value" if len(case.stops) == 1 else "map.moved_bound_value_more"
        said = f"{t(key, bound=t.number(row['moved_bound']))}. {bound_remark(t, row)}"
        facts.append([t("map.moved_bound"), said.removesuffix(". ")])
    facts += _certainty(case, t) + _changes(case, t)
    if not math.isnan(row["mean_extra_all"]):
        mean = extra_text(t, row["mean_extra_all"])
        facts.append([t("map.extra_all"), t("map.extra_all_value", mean=mean, demand=demand)])
    if row["unreachable"] > 0:
        count = whole_text(t, row["unreachable"])
        facts.append([t("map.unreachable"), t("map.unreachable_value", count=count, unit=unit)])
    return facts + _others(result, case, t) + _register(result.providers, case, t)


def page_notes(result: Result, t: Texts) -> list[str]:
    """Say how the map was made and from what."""
    manifest = result.manifest
    roads: Mapping[str, Any] = manifest["roads"]
    notes = [t("map.baseline")]
    notes += displayed_sentences(result.study, result.cases, t)
    notes += [t("map.rounding"), t("map.boundaries")]
    if drawn := manifest.get("drawn"):
        notes.append(t("map.drawn", **{key: t.number(drawn[key]) for key in ("points", "areas")}))
    if result.study.times:
        notes.append(t("map.own_times", name=roads["name"]))
    else:
        fields = {key: roads.get(key, t("map.nothing")) for key in ("name", "source", "licence")}
        if shipped_streets(roads):
            fields["source"] = t("common.streets_source")
        notes.append(t("map.roads", **fields))
    for each in (input_in_words(t, said) for said in manifest["inputs"]):
        known = {key: each.get(key) or t("map.nothing") for key in ("name", "year", "licence")}
        if each.get("source"):
            notes.append(t("map.input", source=each["source"], **known))
        else:
            notes.append(t("map.input_own", name=each["name"]))
    notes.append(
        t(
            "map.made",
            date=day_text(t, manifest["created"]),
            program=manifest["program"],
            version=manifest["version"],
        )
    )
    notes.append(t("map.library"))
    return notes


def _extra(row: Mapping[str, Any], t: Texts) -> list[Fact]:
    mean, p90 = row["mean_extra_moved"], row["p90_extra"]
    if math.isnan(mean):
        return []
    text = minutes_text(t, mean) if mean >= 0.0 else extra_text(t, mean)
    if rounded_down(p90) < 1.0:
        return [[t("map.extra"), t("map.extra_value", mean=text)]]
    return [[t("map.extra"), t("map.extra_value_p90", mean=text, p90=tenth_text(t, p90))]]


def _more_extra(shown: CaseView, unit: str, t: Texts) -> list[Fact]:
    case, kind = shown.case, shown.result.kind_of(shown.case.intervention.name)
    if math.isnan(case.figures["mean_extra_moved"]):
        return []
    thirty, fortyfive = extra_beyond(case)
    if thirty <= 0.0:
        said = t("map.most_extra", most=minutes_at_most(t, case.figures["max_extra"]))
        return [[t("map.more_extra"), said]]
    counts = {
        "thirty": amount_text(t, thirty, kind),
        "fortyfive": amount_text(t, fortyfive, kind),
    }
    return [[t("map.more_extra"), t("map.more_extra_value", unit=unit, **counts)]]


def _certainty(case: Case, t: Texts) -> list[Fact]:
    facts = [[t("map.status"), status_badge(t, case)]]
    if case.start is not None:
        facts.append([t("map.starts"), day_text(t, case.start)])
    return facts


def _changes(case: Case, t: Texts) -> list[Fact]:
    facts = []
    if case.stops:
        facts.append([t("map.stops"), "; ".join(case.stops)])
    if case.opens:
        facts.append([t("map.opens"), "; ".join(case.opens)])
    if case.stops:
        facts.append([t("map.takes_over"), _takers(case, t)])
    return facts + kept_fact(case, t)


def _takers(case: Case, t: Texts) -> str:
    """Who takes over, apart for each hospital that stops where that differs."""
    takers = {
        giver: t("map.takes_over_named", names="; ".join(sorted(case.moves_to[giver])))
        if giver in case.moves_to
        else t("map.takes_over_nearest")
        for giver in case.stops
    }
    if len(set(takers.values())) == 1:
        return takers[case.stops[0]]
    return "; ".join(
        t("map.takes_over_from", giver=giver, takers=names) for giver, names in takers.items()
    )


def _others(result: Result, case: Case, t: Texts) -> list[Fact]:
    """Give the range over the candidates, beside a case that stops as many as they do."""
    ranges, stopping = result.ranges, len(case.stops)
    if not (case.in_range or stopping == stops_asked(case.intervention)):
        return []
    count = {"k": t.number(stopping), "n": t.number(len(case.intervention.providers))}
    stops = t("map.stop_count_one" if stopping == 1 else "map.stop_count", **count)
    mine = ranges[ranges["definition"] == f"candidates: {case.intervention.name}"]
    facts = []
    for low, high in zip(mine["low"], mine["high"], strict=True):
        if result.choices(case.intervention.name) == 1:
            text = t("map.others_value_single", stops=stops)
        elif not math.isfinite(low):
            continue  # nobody who must go elsewhere can: there is nothing to average
        elif whole_text(t, low) == whole_text(t, high):
            text = t("map.others_value_same", stops=stops, mean=extra_text(t, high))
        else:
            fields = {"low": whole_text(t, low), "high": extra_text(t, high)}
            text = t("map.others_value", stops=stops, **fields)
        facts.append([t("map.others"), text])
    return facts


def _register(providers: pd.DataFrame, case: Case, t: Texts) -> list[Fact]:
    providers = providers[providers["intervention"] == case.intervention.name]
    counts = listing_counts(providers)
    parts = [
        t("map.register_value", count=count, status=status_text(t, status))
        for status, count in counts.items()
        if count
    ]
    unconfirmed = unconfirmed_text(t, providers)
    return [[t("map.register"), f"{', '.join(parts)}. {unconfirmed}"]]
