"""Every assumption that moves the figures, and the source of every input, as sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from impact.analysis.ranges import DIRECTION_UNKNOWN
from impact.manifest import flat
from impact.model.allocation_rule import HUFF, LOGIT, NEAREST, OBSERVED
from impact.model.demand import PATIENTS, REGISTERED
from impact.outputs.text.displayed import displayed_sentences
from impact.outputs.text.people import counted_text, effect_texts
from impact.outputs.text.rounding import rounded_down, rounded_up
from impact.outputs.text.wording import (
    day_text,
    input_in_words,
    known_text,
    listing_counts,
    listing_status,
    names_text,
    note_language,
    note_text,
    roads_text,
    share_text,
    shipped_streets,
    span_text,
    status_text,
    unconfirmed_text,
    whole_text,
)
from impact.study.model import BUNDLED, CATCHMENT
from impact.study.register import performing
from impact.times.files import OWN_MATRIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from impact.analysis.result import Result
    from impact.outputs.text import Texts

_SECONDS = 60.0


@dataclass(frozen=True)
class Assumption:
    """One assumption.

    Attributes
    ----------
    subject
        What it is about, in a word or two.
    text
        One or more sentences.
    lang
        Language of the text: a note that comes from a library is in English.
    """

    subject: str
    text: str
    lang: str


def assumptions(result: Result, t: Texts) -> tuple[Assumption, ...]:
    """List the assumptions of a run."""
    found = [
        *_people(result, t),
        *_choices(result, t),
        *_roads(result, t),
        *_gaps(result, t),
    ]
    return tuple(
        Assumption(t(f"report.subject_{subject}"), text, t.lang) for subject, text in found
    ) + tuple(
        Assumption(t("report.subject_note"), note_text(t, note), note_language(t, note))
        for note in result.manifest["notes"]
    )


_Found = tuple[str, str]


def _people(result: Result, t: Texts) -> Iterator[_Found]:
    counts = result.manifest["counts"]
    numbers = {"postcodes": t.number(counts["postcodes"]), "counted": counted_text(t, result)}
    kind = "bundled" if result.study.postcodes == BUNDLED else "own"
    region = result.study.region
    yield "region", t(f"report.region_{kind}", region=region, **numbers)
    yield from _units(result, t)
    for said in effect_texts(t, result):
        yield "unit", said
    yield "moved", t("report.assume_moved")
    if result.summary["moved_bound"].notna().any():
        yield "bound", t("report.assume_bound")


def _units(result: Result, t: Texts) -> Iterator[_Found]:
    """Say what is counted; apart for the interventions of each kind where they differ."""
    found: dict[str, list[str]] = {}
    for each in result.study.interventions:
        counted = REGISTERED if result.unit_of(each.name) == PATIENTS else "weights"
        kind = result.manifest["parameters"]["patients"].get(each.name, counted)
        found.setdefault(kind, []).append(each.name)
    for kind, names in found.items():
        said = t(f"report.assume_{kind}")
        if len(found) > 1:
            said = t("report.assume_of", names=names_text(t, names), text=said)
        yield "unit", said


def _corrections(result: Result, t: Texts) -> Iterator[_Found]:
    """Say which rows of the register the study corrects, who says so, and why."""
    for each in result.study.overrides:
        key = "report.corrected" if each.performs else "report.corrected_gone"
        name = each.intervention or f"{each.treatment} ({each.region})"
        fields = {"name": name, "location": each.location, "by": each.by, "reason": each.reason}
        status = status_text(t, listing_status(each.status, each.source, each.by))
        yield "corrected", t(key, status=status, **fields)


def _choices(result: Result, t: Texts) -> Iterator[_Found]:
    interventions = result.study.interventions
    yield from _allocations(result, t)
    if any(case.recipients == "named" for case in result.cases):
        yield "recipients", t("report.assume_named")
    yield "displayed", t("report.assume_displayed")
    yield from (("displayed", said) for said in displayed_sentences(result.study, result.cases, t))
    for rule in ("inside", "all"):
        names = [each.name for each in interventions if each.alternatives == rule]
        if names:
            yield "alternatives", t(f"report.assume_{rule}", names=names_text(t, names))
    for each in interventions:
        if each.stop_count == len(each.providers):
            yield "all_fail", t(f"report.assume_{each.all_fail}", name=each.name)
        cases = [case for case in result.cases if case.intervention.name == each.name]
        outside = {name for case in cases for name in case.outside}
        if outside and not each.outside:
            count = t.number(len(outside))
            yield "alternatives", t("report.assume_outside", name=each.name, count=count)
        locked = [*each.must_stay, *each.must_stop]
        if locked:
            yield "locks", t("report.assume_locks", name=each.name, names=names_text(t, locked))
    yield "location", t("report.assume_location")
    said = [
        t("report.status_count", count=count, status=status_text(t, status))
        for status, count in listing_counts(result.providers).items()
        if count
    ]
    total = t.number(len(performing(result.providers)))
    about = t("report.assume_providers", total=total, statuses=names_text(t, said))
    yield "providers", f"{about} {unconfirmed_text(t, result.providers)}"
    yield from _corrections(result, t)
    known = result.volumes["kind"] != ""
    yield "volumes", t(f"report.assume_volumes_{'known' if known.any() else 'unknown'}")


def _allocations(result: Result, t: Texts) -> Iterator[_Found]:
    """Say how demand is allotted, and how much it matters where that is not known."""
    rules = result.manifest["parameters"]["allocation"]
    if any(about["rule"] == NEAREST for about in rules.values()):
        yield "allocation", t("report.assume_nearest")
    for name, about in rules.items():
        if about["rule"] == OBSERVED:
            yield "allocation", t("report.assume_observed", name=name, file=about["flows"])
            low, high = about["patients_low"], about["patients_high"]
            if low < high:
                said = {"low": t.number(rounded_down(low)), "high": t.number(rounded_up(high))}
                held = "hidden.held" if about.get("totals") else "report.assume_suppressed"
                yield "allocation", t(held, name=name, **said)
        elif about["rule"] == HUFF:
            origin = t(f"report.huff_{'estimated' if 'beta_error' in about else 'given'}")
            half = whole_text(t, math.log(2.0) / about["beta"]) if about["beta"] > 0.0 else "–"
            yield "allocation", t("report.assume_huff", name=name, half=half, origin=origin)
        elif about["rule"] == LOGIT:
            yield "allocation", t("report.assume_logit", name=name)
        elif about["rule"] == CATCHMENT:
            within = about["within"]
            yield (
                "allocation",
                t(
                    "report.assume_catchment",
                    name=name,
                    rounding=t(f"report.catchment_{about['rounding']}"),
                    within=within if isinstance(within, str) else names_text(t, within),
                    share=share_text(t, about["moves_share"]),
                    fill=t(f"report.catchment_fill_{about['fill'] or 'none'}"),
                    demand=t(f"report.catchment_{'volumes' if about['volumes'] else 'residents'}"),
                ),
            )
    shown = result.summary[result.summary["direction"] == DIRECTION_UNKNOWN]
    lines = [
        t(
            "report.band_line",
            name=row["intervention"],
            span=span_text(t, row["mean_low"], row["mean_high"], unit=True),
        )
        for row in shown.drop_duplicates("intervention").to_dict("records")
    ]
    if lines:
        yield "allocation", t("report.assume_band", lines="; ".join(lines))


def _roads(result: Result, t: Texts) -> Iterator[_Found]:
    times, roads = result.manifest["times"], result.manifest["roads"]
    profile = str(result.manifest["parameters"]["profile"])
    own = roads["kind"] == OWN_MATRIX
    ridden = result.transit is not None and not own
    key = "report.assume_one_way_transit" if ridden else "report.assume_one_way"
    yield "direction", t("report.assume_one_way_own" if own else key)
    about = [t("report.assume_roads", name=roads["name"])]
    if said := roads_text(t, roads):
        about.append(said)
    if roads["kind"] == "screening":
        about.append(t("report.limits_screening"))
    yield "roads", " ".join(about)
    if "profile_status" in times:
        status = known_text(t, "report.profile_status", str(times["profile_status"]))
        name = known_text(t, "common.profile", profile)
        yield "profile", t("report.assume_profile", profile=name, status=status)
        seconds = t.number(_SECONDS * float(times["fixed_minutes"]))
        yield "legs", t("report.assume_legs", seconds=seconds)
    else:
        yield "profile", t("report.assume_own_times")
    found = result.sensitivity
    if found is None:
        yield "margin", t("report.assume_margin")
    else:
        yield "margin", t("sensitivity.assume", members=t.number(found.members))


def _gaps(result: Result, t: Texts) -> Iterator[_Found]:
    counts = result.manifest["counts"]
    if drawn := result.manifest.get("drawn"):
        sizes = {key: t.number(drawn[key]) for key in ("points", "areas")}
        yield "drawn", t("report.assume_drawn", **sizes)
    over = counts["postcodes_over_ferry"]
    if over:
        without = counts["postcodes_without_visitor_cars"]
        own = result.manifest["roads"]["kind"] == OWN_MATRIX
        key = "report.assume_ferry_own" if own else "report.assume_ferry"
        yield "ferry", t(key, count=t.number(over), without=t.number(without))
    cut_off = counts["postcodes_without_route"]
    if cut_off:
        yield "no_route", t("report.assume_no_route", names=names_text(t, cut_off))
    for name, km in counts["far_points"]:
        yield "far", t("report.assume_far", name=name, km=whole_text(t, km))
    for name, demand in counts["drawn_by_openings"].items():
        unit = t.unit(result.said_unit(name.partition(" | ")[0]))
        yield "opened", t("report.assume_opened", name=name, count=whole_text(t, demand), unit=unit)


@dataclass(frozen=True)
class Source:
    """One input.

    Attributes
    ----------
    name
        File, or name of the road network.
    origin, year, licence
        Empty where the input does not say.
    sha256
        Hash of its bytes.
    """

    name: str
    origin: str
    year: str
    licence: str
    sha256: str


def sources(result: Result, t: Texts) -> tuple[Source, ...]:
    """List the inputs of a run."""
    manifest = result.manifest
    roads, times, study = manifest["roads"], manifest["times"], manifest["study"]
    sha256 = times.get("roads_sha256", times.get("sha256", ""))
    own = _source({"name": study["file"], "sha256": study["sha256"]})
    return (*input_sources({**roads, "sha256": sha256}, manifest["inputs"], t), own)


def input_sources(
    roads: Mapping[str, object], tables: Sequence[Mapping[str, object]], t: Texts
) -> tuple[Source, ...]:
    """List roads and tables."""
    ordered = sorted(tables, key=lambda each: str(each["name"]))
    if shipped_streets(roads):
        roads = {**roads, "source": t("common.streets_source")}
    return (_source(roads), *(_source(input_in_words(t, each)) for each in ordered))


def _source(said: Mapping[str, object]) -> Source:
    name = str(said["name"])
    if said.get("title"):
        name = f"{said['title']} ({name})"
    origin, year, licence = (str(said.get(key) or "") for key in ("source", "year", "licence"))
    return Source(name, origin, year, licence, str(said.get("sha256") or ""))


_ENTRIES = (
    "program",
    "version",
    "created",
    "study › title",
    "study › region",
    "study › file",
    "study › sha256",
    "roads › name",
    "roads › year",
    "roads › attribution",
    "roads › sha256",
    "times › roads_sha256",
    "times › sha256",
    "times › profile",
    "times › fixed_minutes",
    "times › engine",
    "times › origins",
    "times › destinations",
    "times › key",
    "parameters › demand",
    "parameters › unit",
    "parameters › visits_per_patient",
)
"""Entries of a manifest that a report prints; manifest.json holds all of them."""


def manifest_entries(t: Texts, manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name what made a result, in the language; versions of packages in one line."""
    known = dict(flat(manifest))
    words: dict[str, Callable[[str], str]] = {
        "created": lambda value: day_text(t, value),
        "times › profile": lambda value: known_text(t, "common.profile", value),
        "parameters › unit": t.unit,
        "parameters › demand": lambda value: known_text(t, "appendix.entry_demand", value),
    }
    out = []
    for entry in _ENTRIES:
        if known.get(entry):
            key = entry.replace(" › ", "_")
            value = words.get(entry, str)(known[entry])
            out.append((t(f"appendix.entry_{key}"), value))
    packages = ", ".join(f"{name} {version}" for name, version in manifest["packages"].items())
    return [*out, (t("appendix.entry_packages"), packages)]
