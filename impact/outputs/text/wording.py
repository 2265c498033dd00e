"""Words for codes, notes, statuses and norms in the language of the reader."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

from impact.analysis.ranges import DEFAULT, EVERY, GREATEST, LEAST
from impact.notes import Note
from impact.outputs.text import texts
from impact.outputs.text.rounding import rounded_down, rounded_up
from impact.study.model import DISPLAYED
from impact.study.register import SOURCED, STATUSES, UNVERIFIED_SOURCE, performing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from impact.analysis.result import CaseView, Result
    from impact.model.case import Case
    from impact.outputs.text import Texts

_MOST_DESTINATIONS = 4
_HALF_PERCENT = 0.005
_ROUNDING = 1e-9


def names_text(t: Texts, names: Sequence[str]) -> str:
    """Join names as a sentence does.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> names_text(texts("nl"), ["A", "B", "C"])
    'A, B en C'
    """
    if len(names) < 2:  # noqa: PLR2004
        return "".join(names)
    return t("report.and", first=", ".join(names[:-1]), last=names[-1])


def whole_text(t: Texts, value: float) -> str:
    """Write people or minutes without decimals, and never 0 for some.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> whole_text(texts("nl"), 0.2), whole_text(texts("nl"), 1234.5)
    ('minder dan 1', '1.234')
    """
    if 0.0 < value <= 0.5:  # noqa: PLR2004 (a half is rounded to even: to 0)
        return t("report.less_than_one")
    return t.number(value)


def minutes_text(t: Texts, value: float) -> str:
    """Write minutes without decimals and with their unit, singular or plural.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> [minutes_text(texts("nl"), value) for value in (0.2, 1.2, 12.0)]
    ['minder dan 1 minuut', '1 minuut', '12 minuten']
    >>> minutes_text(texts("nl"), -1.2)
    '−1 minuut'
    """
    single = 0.0 < value <= 0.5 or 0.5 < abs(value) < 1.5  # noqa: PLR2004 (1 when rounded)
    key = "report.one_minute" if single else "report.some_minutes"
    return t(key, count=whole_text(t, value))


def share_text(t: Texts, share: float) -> str:
    """Write a share as a percentage without decimals.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> share_text(texts("nl"), 0.123), share_text(texts("nl"), 0.001)
    ('12%', 'minder dan 1%')
    """
    if 0.0 < share <= _HALF_PERCENT:
        return t("report.less_than_one_percent")
    if 1.0 - _HALF_PERCENT <= share < 1.0 - _ROUNDING:
        return t("report.more_than_99_percent")
    return f"{t.number(100.0 * share)}%"


def share_at_least(t: Texts, share: float) -> str:
    """Write a share for behind 'at least': never more than it is.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> share_at_least(texts("nl"), 0.486), share_at_least(texts("nl"), 0.999)
    ('48%', '99%')
    """
    return f"{t.number(rounded_down(100.0 * share))}%"


def share_at_most(t: Texts, share: float) -> str:
    """Write a share for behind 'at most': never less than it is.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> share_at_most(texts("nl"), 0.484), share_at_most(texts("nl"), 0.001)
    ('49%', '1%')
    """
    return f"{t.number(rounded_up(100.0 * share))}%"


def minutes_at_least(t: Texts, value: float) -> str:
    """Write minutes for behind 'at least'.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> minutes_at_least(texts("nl"), 32.8)
    '32 minuten'
    """
    return minutes_text(t, rounded_down(value))


def minutes_at_most(t: Texts, value: float) -> str:
    """Write minutes for behind 'at most'.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> minutes_at_most(texts("nl"), 32.2)
    '33 minuten'
    """
    return minutes_text(t, rounded_up(value))


def tenth_text(t: Texts, p90: float) -> str:
    """Write the 90th percentile for behind '1 in 10 at least', without a unit.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> tenth_text(texts("nl"), 32.8)
    '32'
    """
    return t.number(rounded_down(p90))


def span_text(t: Texts, low: float, high: float, *, unit: bool = False) -> str:
    """Write a least and a greatest number of people or minutes, once where they look alike.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> t = texts("nl")
    >>> span_text(t, 4.6, 8.2), span_text(t, 4.6, 5.3, unit=True), span_text(t, 0.1, 0.2, unit=True)
    ('5 tot 8', 'ongeveer 5 minuten', 'minder dan 1 minuut')
    """
    said = (minutes_text if unit else whole_text)(t, high)
    if whole_text(t, low) != whole_text(t, high):
        return t("report.from_to", low=whole_text(t, low), high=said)
    return about_text(t, high, said) if low != high else said


def about_text(t: Texts, value: float, said: str) -> str:
    """Put 'about' before a number, unless 'less than 1' says it already.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> t = texts("nl")
    >>> [about_text(t, value, minutes_text(t, value)) for value in (0.3, 12.2)]
    ['minder dan 1 minuut', 'ongeveer 12 minuten']
    """
    return said if 0.0 < value <= 0.5 else t("common.about", value=said)  # noqa: PLR2004 (as above)


def scenario_text(t: Texts, result: Result, case: Case) -> str:
    """Name of a case, with how many candidates a displayed one was chosen from."""
    if case.scenario != DISPLAYED:
        return t.scenario(case.scenario)
    count = result.choices(case.intervention.name)
    return t("displayed.name_of", count=t.number(count)) if count > 1 else t("report.only_one")


FACTS = ("decided", "agreed", "done")
"""Statuses of what will happen, or has: of anything else only 'suppose that'."""


def status_badge(t: Texts, case: Case) -> str:
    """Say how much of a decision a case is; it stands in every headline of it.

    A status in the user's own word stays that word.
    """
    if case.kind == "candidate":
        return t("common.badge_candidate")
    badge = known_text(t, "common.badge", case.status or "unknown")
    if case.start is None:
        return badge
    day = {"day": case.start.day, "month": case.start.month, "year": case.start.year}
    return t("common.badge_from", badge=badge, **day)


def titled_scenario(t: Texts, result: Result, case: Case) -> str:
    """Name of a case with its status."""
    return t("map.marked", name=scenario_text(t, result, case), mark=status_badge(t, case))


def shipped_streets(roads: Mapping[str, Any]) -> bool:
    """Whether the roads of a manifest are the shipped streets, of which the limits are known."""
    return roads["kind"] == "street" and bool(roads.get("limits")) and "extract" not in roads


def roads_text(t: Texts, roads: Mapping[str, Any]) -> str:
    """Say what a reader must know of the roads: once per page; empty for roads of one's own."""
    said = []
    if roads["kind"] == "screening":
        said.append(t("common.screening_warning"))
    if shipped_streets(roads):
        said.append(t("common.streets_note"))
    if attribution := attribution_text(roads):
        said.append(f"{attribution}.")
    return " ".join(said)


def attribution_text(roads: Mapping[str, Any]) -> str:
    """Whom the roads of a manifest are from, as their licence asks it to be said.

    Examples
    --------
    >>> attribution_text({"attribution": "© OpenStreetMap contributors, ODbL"})
    '© OpenStreetMap contributors (ODbL)'
    """
    named, comma, licence = str(roads.get("attribution", "")).partition(", ")
    return f"{named} ({licence})" if comma else named


def map_attribution(t: Texts, roads: Mapping[str, Any]) -> str:
    """Say beside a map whom its borders and roads are from."""
    if named := attribution_text(roads):
        return t("map.attribution_roads", roads=named)
    screening = roads["kind"] == "screening"
    return t("map.attribution_screening" if screening else "map.attribution")


def day_text(t: Texts, moment: str | dt.date) -> str:
    """Write a day, or that of an ISO moment, as readers do.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> day_text(texts("nl"), "2026-11-30T08:48:58+00:00")
    '30-11-2026'
    """
    day = dt.datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return t("map.date", day=day.day, month=day.month, year=day.year)


def destination_text(t: Texts, shown: Case | CaseView) -> str:
    """Say where those who must go to another hospital go."""
    names = [(name or t("common.no_route"), share) for name, share in shown.destinations]
    if len(names) == 1:
        return names[0][0]
    found = [t("report.destination", name=n, share=share_text(t, share)) for n, share in names]
    rest = len(found) - _MOST_DESTINATIONS
    if rest > 1:
        found = [*found[:_MOST_DESTINATIONS], t("report.other_locations", count=rest)]
    return names_text(t, found)


def known_text(t: Texts, key: str, value: str) -> str:
    """Return the text of a code, or the code itself where it is the user's own.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> known_text(texts("nl"), "common.status", "weak")
    'zwakke bron'
    >>> known_text(texts("nl"), "common.status", "our own word")
    'our own word'
    """
    return t.entries.get(f"{key}_{value.replace(' ', '_')}", value)


def ferry_text(t: Texts, remark: str) -> str:
    """Return the ferry remark of a postcode or municipality in words; empty where there is none."""
    return t.entries.get(f"common.{remark.replace(' ', '_')}", remark)


def definition_texts(t: Texts, result: Result) -> Mapping[str, str]:
    """Return the words of every definition in the ranges table."""
    out = {
        DEFAULT: t("report.range_interventions"),
        LEAST: t("report.range_least"),
        GREATEST: t("report.range_greatest"),
        EVERY: t("report.range_every"),
    }
    for name in result.candidates:
        count = t.number(result.choices(name))
        out[f"candidates: {name}"] = t("report.range_candidates", name=name, count=count)
    for case in result.cases:
        name, scenario = case.intervention.name, case.scenario
        fields = {"name": name, "scenario": t.scenario(scenario)}
        key = f"{name} | {scenario}"
        out[f"postcodes P10-P90: {key}"] = t("report.range_p10_p90", **fields)
        out[f"postcodes min-max: {key}"] = t("report.range_min_max", **fields)
    return out


def origin_text(t: Texts, result: Result, label: str) -> str:
    """Say what gives the low or the high end of a range."""
    if f"report.origin_{label}" in t.entries:
        return t(f"report.origin_{label}")
    for name in sorted(result.candidates, key=len, reverse=True):
        if label.startswith(f"{name}: "):
            stops = label.removeprefix(f"{name}: ").split("; ")
            return t("report.origin_both", name=name, stops=names_text(t, stops))
    return t("report.origin_stops", stops=names_text(t, label.split("; "))) if label else ""


_AREA = "notes."
_REPORT = " report"
_GROUPS = "groups_"
_LIBRARY = "library"
"""Key of notes in the words of a library, which are English."""


def note_text(t: Texts, note: Note | Mapping[str, Any] | str) -> str:
    """Return a note in the words of a catalogue.

    Examples
    --------
    >>> from impact.notes import Note
    >>> from impact.outputs.text import texts
    >>> note_text(texts("nl"), Note.of("columns", file="a.csv", count=2, names=("mayor", "colour")))
    'a.csv: kolommen die niet gebruikt zijn (2): mayor, colour'
    >>> note_text(texts("nl"), Note.of("groups_missing", name="urbanity", count=3))
    'Stedelijkheid (CBS, 2022): postcodes zonder waarde, een eigen groep (3)'
    """
    if isinstance(note, str):
        return note
    found = note if isinstance(note, Note) else Note.read(note)
    if found.key.startswith(_GROUPS) and "name" in found.fields:
        by = known_text(t, "groups.by", str(found.fields["name"]))
        found = Note(found.key, {**found.fields, "name": by})
    if isinstance(year := found.fields.get("year"), str):
        found = Note(found.key, {**found.fields, "year": year_text(t, year)})
    return found.words(_sentences(t.lang), t.decimals)


def year_text(t: Texts, year: str) -> str:
    """Write the year of a published count: one year, years, about a year or a report of it.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> [year_text(texts("nl"), each) for each in ("2014-2017", "~2023", "2024 report")]
    ['2014-2017', 'rond 2023', 'verslag 2024']
    """
    if year.startswith("~"):
        return t("common.year_about", year=year[1:])
    if year.endswith(_REPORT):
        return t("common.year_report", year=year.removesuffix(_REPORT))
    return year


def note_language(t: Texts, note: Note | Mapping[str, Any] | str) -> str:
    """Return the language in which `note_text` writes a note."""
    if isinstance(note, str):
        return "en"
    key = note.key if isinstance(note, Note) else note["key"]
    return "en" if key == _LIBRARY else t.lang


@cache
def _sentences(lang: str) -> dict[str, str]:
    entries = texts(lang).entries.items()
    return {key.removeprefix(_AREA): text for key, text in entries if key.startswith(_AREA)}


INFERRED = "inferred"
"""Status of a listing that follows from something said of all hospitals together."""

CONFIRMED = "confirmed"
"""Status of a listing that somebody vouches for in the study, without a page that says so."""

LISTING_STATUSES = (CONFIRMED, SOURCED, INFERRED, *STATUSES[1:])
"""From well to badly supported, as people see them; the CSV keeps the statuses of the register."""


def listing_status(status: str, source: str, by: str) -> str:
    """Tell listings with a source of their own from those that were confirmed or inferred.

    Examples
    --------
    >>> listing_status("sourced", "all member hospitals of the region", "")
    'inferred'
    >>> listing_status("sourced", "https://example.org/page", "")
    'sourced'
    >>> listing_status("sourced", "meeting of 3 March", "the board")
    'confirmed'
    """
    if status != SOURCED or source.startswith("http"):
        return status
    return CONFIRMED if by else INFERRED


def listing_statuses(providers: pd.DataFrame) -> list[str]:
    """Tell the same of every row of a table."""
    columns = (providers[name] for name in ("status", "source", "overridden_by"))
    return list(map(listing_status, *columns))


def listing_counts(providers: pd.DataFrame) -> dict[str, int]:
    """Count listings of a hospital with an intervention by how sure they are."""
    found = Counter(listing_statuses(performing(providers)))
    return {status: found[status] for status in LISTING_STATUSES}


def register_counts(register: pd.DataFrame, region: str, treatment: str) -> dict[str, int]:
    """Count the rows of the shipped register of one region and treatment by how sure they are."""
    rows = register[(register["region"] == region) & (register["treatment_id"] == treatment)]
    found = Counter(
        listing_status(*each, "") for each in zip(rows["status"], rows["source"], strict=True)
    )
    return {status: found[status] for status in LISTING_STATUSES if status != CONFIRMED}


def outside_caveat(t: Texts, case: Case) -> str:
    """Say what is not known of providers in other regions; empty where nothing need be said."""
    if case.not_calculable:
        return t("common.not_calculable")
    return t("common.caveat_outside") if case.outside_incomplete else ""


def unconfirmed_text(t: Texts, providers: pd.DataFrame) -> str:
    """Say of how many listings nobody says outright that the hospital performs it."""
    return unconfirmed_of(t, listing_counts(providers))


def unconfirmed_of(t: Texts, counts: Mapping[str, int]) -> str:
    """Say the same of listings that are counted already."""
    total = sum(counts.values())
    count = total - counts.get(CONFIRMED, 0) - counts[SOURCED]
    if not count:
        return t("common.all_confirmed", total=t.number(total))
    share = share_text(t, count / total)
    return t("common.unconfirmed", count=t.number(count), total=t.number(total), share=share)


def status_text(t: Texts, status: str) -> str:
    """Return the words of a status of a listing, `INFERRED` and `CONFIRMED` included."""
    return known_text(t, "common.status", status)


def source_text(t: Texts, source: str) -> str:
    """Return a source of the provider register; the register's own sentences in the language.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> source_text(texts("nl"), "all member hospitals of the region")
    'alle ziekenhuizen die bij de regio zijn aangesloten'
    >>> source_text(texts("nl"), "https://example.org")
    'https://example.org'
    """
    if source == UNVERIFIED_SOURCE:
        return t("tables.value_unknown_source")
    found = _register_sentences().get(source)
    return remark_text(t, source) if found is None else t(f"tables.listing_{found}")


def remark_text(t: Texts, remark: str) -> str:
    """Return a remark of the provider register, which is in English, in the language.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> remark_text(texts("nl"), "nothing found for LUMC")
    'over LUMC is niets gevonden'
    >>> remark_text(texts("nl"), "a remark of a study")
    'a remark of a study'
    """
    found = _register_remarks().get(remark)
    return remark if found is None else t(found)


@cache
def _register_remarks() -> dict[str, str]:
    """Remark of the shipped register, which is in English -> key of its text."""
    entries = texts("en").entries.items()
    return {text: key for key, text in entries if key.startswith("register.")}


_LISTINGS = ("members", "members_frisius", "members_beatrix", "hmc", "barrett")


@cache
def _register_sentences() -> dict[str, str]:
    """Sentence of the shipped register, which is in English -> end of the key of its text."""
    return {texts("en")(f"tables.listing_{each}"): each for each in _LISTINGS}


_INPUT_FIELDS = {"title": "", "source": "_source", "year": "_year"}


def input_in_words(t: Texts, said: Mapping[str, Any]) -> dict[str, Any]:
    """Put what is said of a shipped table, in English, in the language; of another nothing."""
    name, english = str(said["name"]).partition(".")[0], texts("en").entries
    key = f"tables.input_{name}"
    if key not in english or said.get("title") != english[key]:
        return dict(said)
    return {**said, **{field: t(f"{key}{end}") for field, end in _INPUT_FIELDS.items()}}
