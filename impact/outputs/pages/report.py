"""report.html: one self-contained page that answers, shows, and says what it rests on.

Cases whose minutes rest on an incomplete list of hospitals are named, and carry no conclusion.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from impact.analysis.ranges import DEFAULT, GREATEST, LEAST
from impact.analysis.result import CaseView
from impact.bundled import data_path
from impact.outputs.pages.page import environment, template_text
from impact.outputs.pages.transit_section import transit_context
from impact.outputs.pictures import charts
from impact.outputs.pictures.atlas import WIDTH, atlas
from impact.outputs.pictures.charts import BIN, travel_bars
from impact.outputs.text import texts
from impact.outputs.text.assumptions import assumptions, sources
from impact.outputs.text.facilities import shown_impact, shown_travel
from impact.outputs.text.groups import group_tables
from impact.outputs.text.norms import norm_about
from impact.outputs.text.overview import (
    answered,
    cases_of,
    extra_beyond,
    extremes,
    judged,
    left_out,
    more_extra,
)
from impact.outputs.text.people import (
    above_bound,
    amount_text,
    headline,
    hidden_text,
    residents_text,
)
from impact.outputs.text.rounding import rounded_down, rounded_up
from impact.outputs.text.wording import (
    LISTING_STATUSES,
    counted_text,
    definition_texts,
    destination_text,
    ferry_text,
    known_text,
    listing_counts,
    listing_status,
    minutes_at_least,
    minutes_at_most,
    minutes_text,
    names_text,
    origin_text,
    outside_caveat,
    remark_text,
    scenario_text,
    share_at_least,
    share_text,
    source_text,
    span_text,
    status_badge,
    status_text,
    tenth_text,
    titled_scenario,
    whole_text,
)
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from impact.analysis.result import Result
    from impact.outputs.text import Texts


def answer_sentences(result: Result, t: Texts) -> tuple[str, ...]:
    """Return the answer: who travels most, who keeps their hospital, and between which ends."""
    shown = answered(result)
    if not shown:
        return (t("report.answer_none"),)
    known = [line for line in shown if math.isfinite(line.row["mean_extra_moved"])]
    if not known:
        return (_kept(result, shown, t),)
    most, least = known[0], known[-1]
    low, high = _whole(t, least, "mean_extra_moved"), _whole(t, most, "mean_extra_moved")
    mean = minutes_text(t, most.row["mean_extra_moved"])
    tails = sorted(float(line.row["p90_extra"]) for line in known)
    least_tail, tail = tenth_text(t, tails[0]), tenth_text(t, tails[-1])
    if least_tail != tail:
        tail = t("report.from_to", low=least_tail, high=tail)
    kept = _kept(result, shown, t)
    if len(known) == 1:
        name = most.case.intervention.name
        case = t("report.answer_case", name=name, case=t.scenario(most.case.scenario))
        return headline(t, most, name), case, kept
    if low == high:
        first = headline(t, most, _named(result, most, t))
        return first, kept, t("report.answer_same", count=len(known), mean=mean, p90=tail)
    first = headline(t, most, _named(result, most, t), most=True)
    said = t("report.answer_means", count=len(known), low=low, high=mean, p90=tail)
    return first, kept, said


def answer_details(result: Result, t: Texts) -> tuple[str, ...]:
    """Say behind the answer how sure the cases are, where least changes, and how many at most."""
    shown = answered(result)
    if not shown:
        return ()
    known = [line for line in shown if math.isfinite(line.row["mean_extra_moved"])]
    parts = [_statuses(shown, t)]
    if known and _whole(t, known[-1], "mean_extra_moved") != _whole(
        t, known[0], "mean_extra_moved"
    ):
        parts.append(t("report.answer_least", name=_named(result, known[-1], t)))
    parts.append(_bound(shown, t, t.unit(result.said_unit())))
    if any(above_bound(line.row) for line in shown):
        parts.append(t("people.above_some"))
    return tuple(filter(None, parts))


def unanswered(result: Result, t: Texts) -> str:
    """Say which interventions the answer leaves out, and why."""
    names = left_out(result)
    if not names:
        return ""
    said = t("report.left_out", names=names_text(t, names))
    return f"{said} {t('common.caveat_outside')}"


def certain(result: Result, t: Texts) -> tuple[str, ...]:
    """Say what holds whichever hospitals stop."""
    shown = [line for line in judged(result) if result.choices(line.case.intervention.name)]
    if not shown:
        return ()
    count = sum(result.choices(line.case.intervention.name) for line in shown)
    named = _scenarios(result, shown)
    out = []
    kept = min(_least_kept(result, line) for line in shown)
    if rounded_down(100.0 * kept) >= 1.0:
        said = {"share": share_at_least(t, kept), "unit": t.unit(result.said_unit())}
        key = "report.certain_kept_one" if count == 1 else "report.certain_kept"
        key = "report.certain_kept_named" if named else key
        out.append(t(key, count=t.number(count), named=t.number(named), **said))
    ends = {line.case.intervention.name: extremes(result, line) for line in shown}
    ends = {name: pair for name, pair in ends.items() if math.isfinite(pair[0])}
    # the intervention that stays above the most others, whichever candidate each gets
    above = {
        name: sorted(
            other for other, (_, high) in ends.items() if rounded_down(low) > rounded_up(high)
        )
        for name, (low, _) in ends.items()
    }
    top = min(above, key=lambda name: (-len(above[name]), -ends[name][0], name), default="")
    if top and above[top]:
        least, highest = ends[top][0], max(ends[other][1] for other in above[top])
        out.append(
            t(
                "report.certain_order",
                name=top,
                others=names_text(t, above[top]),
                least=minutes_at_least(t, least),
                highest=minutes_at_most(t, highest),
            )
        )
    elif len(ends) > 1:
        out.append(t("report.certain_no_order"))
    return tuple(out)


def depends(result: Result, t: Texts) -> tuple[str, ...]:
    """Say what depends on which hospitals stop, and who travels far."""
    out = []
    shown = judged(result)
    pairs = [pair for pair in (extremes(result, line) for line in shown) if math.isfinite(pair[0])]
    if any(least < greatest for least, greatest in pairs):
        leasts, greatests = zip(*pairs, strict=True)
        fields = {
            "least": span_text(t, min(leasts), max(leasts), unit=True),
            "greatest": span_text(t, min(greatests), max(greatests), unit=True),
        }
        one = len(pairs) == 1
        out.append(t("report.depends_choice_one" if one else "report.depends_choice", **fields))
    if not shown:
        return ()
    rises = [(line.row["beyond_60_after"] - line.row["beyond_60_before"], line) for line in shown]
    rise, far = max(rises, key=lambda each: each[0])
    fields = {
        "name": far.case.intervention.name,
        "before": _amount(far, far.row["beyond_60_before"], t),
        "after": _amount(far, far.row["beyond_60_after"], t),
        "unit": t.unit(result.said_unit(far.case.intervention.name)),
    }
    out.append(t("report.depends_far", **fields) if rise > 0 else t("report.depends_not_far"))
    out.append(_more_extra(result, t))
    return tuple(out)


def _more_extra(result: Result, t: Texts) -> str:
    """Say where most get more than 30 minutes extra: not to be read as the whole trip."""
    counts = [(extra_beyond(line.case), line) for line in answered(result)]
    (thirty, fortyfive), most = max(counts, key=lambda each: each[0])
    if thirty <= 0.0:
        greatest = max(float(line.case.figures["max_extra"]) for _, line in counts)
        return t("report.depends_no_extra", most=minutes_at_most(t, greatest))
    return t(
        "report.depends_extra",
        name=_named(result, most, t),
        thirty=_amount(most, thirty, t),
        fortyfive=_amount(most, fortyfive, t),
        unit=t.unit(result.said_unit(most.case.intervention.name)),
    )


def _amount(line: CaseView, count: float, t: Texts) -> str:
    return amount_text(t, count, line.result.kind_of(line.case.intervention.name))


def _named(result: Result, line: CaseView, t: Texts) -> str:
    """Name of an intervention, with the scenario where several are shown."""
    name = line.case.intervention.name
    if sum(each.case.intervention.name == name for each in result.principal) == 1:
        return name
    return t("map.layer", intervention=name, scenario=t.scenario(line.case.scenario))


def _statuses(shown: Sequence[CaseView], t: Texts) -> str:
    """Say how much of a decision the displayed cases are."""
    counts = Counter(status_badge(t, line.case) for line in shown)
    said = [
        t("report.answer_status_count", count=count, badge=badge)
        for badge, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    ]
    text = next(iter(counts)) if len(shown) == 1 else names_text(t, said)
    return t("report.answer_status", statuses=text)


def _kept(result: Result, shown: Sequence[CaseView], t: Texts) -> str:
    shares = [1.0 - line.row["moved"] / line.row["demand"] for line in shown]
    low, high = share_text(t, min(shares)), share_text(t, max(shares))
    unit = t.unit(result.said_unit())
    if low == high:
        return t("report.answer_kept_one", share=low, unit=unit)
    return t("report.answer_kept", low=low, high=high, unit=unit)


def _least_kept(result: Result, line: CaseView) -> float:
    """Share that stays in every candidate, and in every scenario of the study."""
    name = line.case.intervention.name
    moved = [float(each.row["moved"]) for each in cases_of(result, name)]
    most = max(float(result.candidates[name]["moved"].max()), *moved)
    return 1.0 - most / float(line.row["demand"])


def _scenarios(result: Result, shown: Sequence[CaseView]) -> int:
    """Count the scenarios of the study by intervention, of the interventions that are shown."""
    names = {line.case.intervention.name for line in shown}
    return sum(
        line.case.kind == "scenario" and line.case.intervention.name in names
        for line in result.principal
    )


def _whole(t: Texts, line: CaseView, column: str) -> str:
    return whole_text(t, line.row[column])


def _bound(shown: Sequence[CaseView], t: Texts, unit: str) -> str:
    bounds = [b for b in (float(line.row["moved_bound"]) for line in shown) if math.isfinite(b)]
    if not bounds:
        return ""
    low, high = t.number(min(bounds)), t.number(max(bounds))
    if low == high:
        return t("report.answer_bound_one", high=high, unit=unit)
    return t("report.answer_bound", low=low, high=high, unit=unit)


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


_TOP = 10
"""Municipalities shown per case."""


def write_report(result: Result, path: Path, *, lang: str = "nl") -> None:
    """Write report.html.

    Notes
    -----
    The page asks for nothing outside itself; it links to map.html in the same folder.
    """
    page = environment().get_template("report.html.j2").render(_context(result, texts(lang)))
    path.write_text(page, encoding="utf-8", newline="\n")


def _context(result: Result, t: Texts) -> dict[str, Any]:
    drawn = atlas(result)
    return {
        "t": t,
        "result": result,
        "manifest": result.manifest,
        "unit": t.unit(result.said_unit()),
        "counted": counted_text(t, result),
        "one_way": t.one_way(result.manifest["roads"]["kind"]),
        "bounded": bool(result.summary["moved_bound"].notna().any()),
        "hidden": lambda row: hidden_text(t, row),
        "above": any(above_bound(line.row) for line in result.views),
        "whole": lambda value: whole_text(t, value),
        "minutes": lambda value: minutes_text(t, value),
        "share": lambda value: share_text(t, value),
        "span": lambda low, high: span_text(t, low, high),
        "down": lambda value: t.number(rounded_down(value)),
        "up": lambda value: t.number(rounded_up(value)),
        "people": lambda name, value: amount_text(t, value, result.kind_of(name)),
        "residents": lambda line: residents_text(t, line.row),
        "names": lambda value: names_text(t, value),
        "outside_caveat": lambda case: outside_caveat(t, case),
        "more": lambda line: more_extra(line, t),
        "known": math.isfinite,
        "ferry": lambda remark: ferry_text(t, remark),
        "source": lambda value: source_text(t, value),
        "remark": lambda value: remark_text(t, value),
        "year": lambda value: known_text(t, "tables.value", value),
        "status": lambda value: status_text(t, value),
        "profile": known_text(t, "common.profile", str(result.manifest["parameters"]["profile"])),
        "answer": " ".join(answer_sentences(result, t)),
        "details": answer_details(result, t),
        "unanswered": unanswered(result, t),
        "range_without": _range_without(result, t),
        "certain": certain(result, t),
        "depends": depends(result, t),
        "groups": [
            _group(result, t, name, list(group))
            for name, group in groupby(result.views, key=lambda line: line.case.intervention.name)
        ],
        "sure": _sure(result, t),
        "hospitals": shown_impact(result, t),
        "travel_table": shown_travel(result, t),
        "strips": charts.strips(result),
        "strip_units": {"width": charts.STRIPS_WIDTH, "lane": charts.LANE},
        "scenario": lambda case: titled_scenario(t, result, case),
        "ranges": _ranges(result, t),
        "published": published(result, t),
        "atlas": drawn,
        "map_width": WIDTH,
        "bands": drawn.legend,
        "hit": lambda case: _hit(CaseView(result, case)),
        "divisions": lambda case: group_tables(t, CaseView(result, case)),
        "bars": travel_bars,
        "bar": BIN,
        "assumptions": assumptions(result, t),
        "providers": list(_providers(result)),
        "statuses": LISTING_STATUSES,
        "over_water": _over_water(result),
        "sources": sources(result, t),
        **transit_context(t, result),
        "css": template_text("report.css"),
    }


def _sure(result: Result, t: Texts) -> dict[str, Any] | None:
    """Everything that the section on sensitivity shows; none where it was not asked for."""
    found = result.sensitivity
    if found is None:
        return None
    said = {"members": t.number(found.members), "spread": t.number(100.0 * found.spread)}
    return {
        "intro": t("sensitivity.intro", **said) if found.members else t("sensitivity.intro_own"),
        "orders": charts.order_texts(result, t),
        "tornados": charts.tornados(result, t),
        "ticks": charts.axis_ticks(found),
    }


@dataclass(frozen=True)
class _Row:
    """One row of the main table, in words."""

    result: Result
    t: Texts
    line: CaseView

    @property
    def scenario(self) -> str:
        """Name of the case; its second reading only says what differs."""
        if not self.line.case.principal:
            return self.t("report.instead")
        return scenario_text(self.t, self.result, self.line.case)

    @property
    def status(self) -> str:
        """How sure a named scenario is, and from when."""
        case = self.line.case
        if not case.principal:
            return ""
        return status_badge(self.t, case)

    @property
    def destinations(self) -> str:
        return destination_text(self.t, self.line)


def _group(result: Result, t: Texts, name: str, found: Sequence[CaseView]) -> dict[str, Any]:
    """Rows of one intervention; its norm is judged only where volumes are known."""
    norm = found[0].case.intervention.norm
    about = norm_about(t, found[0].case.intervention)
    if norm is not None and all(math.isnan(line.row["below_norm"]) for line in found):
        about = f"{about}; {t('report.norm_unknown')}"
    return {"name": name, "about": about, "rows": [_Row(result, t, line) for line in found]}


def _ranges(result: Result, t: Texts) -> list[dict[str, Any]]:
    words = definition_texts(t, result)
    doubtful = _doubtful(result)
    return [
        {
            "definition": words[row["definition"]],
            "main": row["definition"].startswith("interventions"),
            "low": float(row["low"]),
            "span": _range_text(t, row),
            "low_from": origin_text(t, result, str(row["low_from"])),
            "high_from": origin_text(t, result, str(row["high_from"])),
            "doubtful": _rests_on(row, doubtful),
        }
        for row in result.ranges.to_dict("records")
    ]


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


def _range_without(result: Result, t: Texts) -> str:
    """Give the range over the interventions without those that rest on an incomplete list."""
    known = [float(line.row["mean_extra_moved"]) for line in judged(result)]
    known = [mean for mean in known if math.isfinite(mean)]
    names = left_out(result)
    if not known or not names:
        return ""
    span = span_text(t, min(known), max(known), unit=True)
    return t("report.range_without", names=names_text(t, names), span=span)


def _hit(shown: CaseView) -> list[dict[str, Any]]:
    """Municipalities where those who must go elsewhere get the most minutes."""
    rows = shown.hardest_hit[:_TOP].reset_index().to_dict("records")
    return [{str(key): value for key, value in row.items()} for row in rows]


def _providers(result: Result) -> Iterator[tuple[str, dict[str, int], list[dict[str, Any]]]]:
    """Per intervention: how many listings have each status, and the listings."""
    for name, rows in result.providers.groupby("intervention", sort=True):
        listed = [
            {str(k): v for k, v in row.items()}
            | {"status": listing_status(row["status"], row["source"], row["overridden_by"])}
            for row in rows.sort_values("location").to_dict("records")
        ]
        yield str(name), listing_counts(rows), listed


def _over_water(result: Result) -> Sequence[tuple[str, str, int]]:
    """Municipality, ferry remark and number of postcodes across the water."""
    rows = result.postcodes[result.postcodes["ferry"] != ""]
    found = rows.groupby(["municipality", "ferry"], sort=True).size()
    return [(str(place), str(remark), int(count)) for (place, remark), count in found.items()]
