"""What was claimed, what came out and why, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from impact.analysis.groups import REST
from impact.evidence.claims.claim import BY, HIGHEST, LOWEST, NOTHING
from impact.evidence.claims.judge import (
    ABOUT,
    ABOVE,
    NOT_SUPPORTED,
    SUPPORTED,
    UNDECIDED,
    definition_named,
)
from impact.evidence.published.table import treatment_names
from impact.outputs.text.definitions import range_definition_text
from impact.outputs.text.groups import group_label
from impact.outputs.text.rounding import rounded_down, rounded_up
from impact.outputs.text.wording import known_text, minutes_text, names_text, share_text, whole_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.evidence.claims.check import Checked
    from impact.evidence.claims.claim import Change, Claim
    from impact.evidence.claims.judge import Figure, Other, Outcome
    from impact.outputs.text import Texts

_MOST = 3


def treatment_text(t: Texts, treatment: str) -> str:
    """Return the name of a treatment: of the shipped ones by id, of a study as it has it."""
    return treatment_names(t.lang).get(treatment, treatment)


def verdict_text(t: Texts, verdict: str) -> str:
    """Return a verdict in words."""
    return t(f"claims.verdict_{verdict.replace(' ', '_')}")


def figure_text(t: Texts, each: Figure) -> str:
    """Write a figure with its margin, such as 'ongeveer 25, tussen 20 en 30'."""
    if each.part.measure == "peak":
        return t("claims.peak_same" if each.value == 1.0 else "claims.peak_other")
    if math.isnan(each.value):
        return t("claims.no_figure")
    if math.isinf(each.value):
        return t("claims.no_route")
    say = share_text if each.part.measure == "within" else _signed
    low, value, high = (say(t, number) for number in (each.low, each.value, each.high))
    if low == high:
        return value
    if say is _signed:
        # the number itself lies between them
        low, high = _margin_ends(t, each)
        key = "between" if 0.0 < abs(each.value) < 1.0 else "about"
        return t(f"claims.{key}", value=value, low=low, high=high)
    return t("claims.about", value=value, low=low, high=high)


def _margin_ends(t: Texts, each: Figure) -> tuple[str, str]:
    """Write the ends of a margin; one that is rounded to a number it does not reach says so."""
    ends = rounded_down(each.low), rounded_up(each.high)
    low, high = (_number(t, end) for end in ends)
    if each.part.test == ABOUT and each.verdict == NOT_SUPPORTED:
        if ends[0] == each.part.claimed:
            low = t("claims.more_than", value=low)
        if ends[1] == each.part.claimed:
            high = t("claims.less_than", value=high)
    return low, high


def _signed(t: Texts, value: float) -> str:
    """Write signed minutes; less than one is said so, and is no minute."""
    if 0.0 < abs(value) < 1.0:
        return t("claims.under_one_above" if value > 0.0 else "claims.under_one_below")
    return minutes_text(t, value) if value >= 0.0 else f"−{minutes_text(t, -value)}"


def _number(t: Texts, value: float) -> str:
    return t.number(value)


def said_text(t: Texts, claim: Claim) -> str:
    """Write the number that a claim names, or how it compares; '–' where it names none."""
    minutes = "" if math.isinf(claim.minutes) else minutes_text(t, claim.minutes)
    fields: dict[str, object] = {
        "low": whole_text(t, claim.low),
        "high": whole_text(t, claim.high),
        "minutes": minutes,
        "share": share_text(t, claim.share),
        "compare": t(f"claims.compare_{claim.compare}") if claim.group else "",
    }
    if claim.kind in {"nobody_more", "share_within", "minimal"} and math.isnan(claim.minutes):
        return "–"
    key = claim.kind
    if key == "place_longer":
        key = f"place_{claim.compare}"
    elif key == "share_within" and not minutes:
        key = "connected"
    return t(f"claims.said_{key}", **fields)


def range_name(t: Texts, claim: Claim) -> str:
    """Name a published range."""
    ends = {"low": whole_text(t, claim.low), "high": whole_text(t, claim.high)}
    return t("claims.typed_range", region=claim.region, **ends)


def part_text(t: Texts, outcome: Outcome, each: Figure, *, named: bool = True) -> str:
    """Say what a part is about, with the name of its treatment or without."""
    part, claim = each.part, outcome.claim
    place = claim.postcode or claim.municipality
    fields = {"of": t(f"claims.of_{part.of}"), "place": place, **claim_group_fields(t, claim)}
    key = f"claims.part_{part.measure}"
    if claim.kind == "share_within" and math.isinf(claim.minutes):
        key = "claims.part_connected"
    elif claim.kind == "share_within":
        fields["limit"] = minutes_text(t, claim.minutes)
    text = t(key, **fields)
    return f"{treatment_text(t, part.treatment)}: {text}" if part.treatment and named else text


def claim_group_fields(t: Texts, claim: Claim) -> dict[str, str]:
    """Name the group of a claim and everybody else, and how they are compared."""
    if not claim.group:
        return {}
    compare = t(f"claims.compare_{claim.compare}")
    if not claim.value:
        names = [group_label(t, claim.group, each) for each in (claim.group, REST)]
        return {"group": names[0], "rest": names[1], "compare": compare}
    by = known_text(t, "groups.by", claim.group)
    ends = claim.value in {LOWEST, HIGHEST}
    label = t(f"claims.value_{claim.value}") if ends else group_label(t, claim.group, claim.value)
    return {"group": f"{by}: {label}", "rest": t("claims.other_groups"), "compare": compare}


def stops_text(t: Texts, each: Figure) -> str:
    """Say what changes, and with what it is compared; empty where nothing is said."""
    part = each.part
    if part.change == NOTHING or part.measure == "choice":
        return ""
    if part.versus == NOTHING:
        return _change_text(t, part.change)
    change, versus = _change_text(t, part.change), _change_text(t, part.versus)
    return t("claims.versus", change=change, versus=versus)


def _change_text(t: Texts, change: Change) -> str:
    said = []
    if change.stops:
        said.append(t("claims.stops", names=names_text(t, list(change.stops))))
    if change.opens:
        said.append(t("claims.opens", names=names_text(t, list(change.opens))))
    takers = sorted({name for shares in change.moves_to.values() for name in shares})
    if takers:
        said.append(t("claims.takes_over", names=names_text(t, takers)))
    return "; ".join(said)


def reason_text(t: Texts, outcome: Outcome) -> str:
    """Say in a few plain sentences why the verdict is what it is."""
    if outcome.claim.by == BY[0]:
        return _figures_reason(t, outcome)
    if outcome.why:
        return t(f"claims.why_{outcome.why}")
    leading = outcome.leading
    lost = leading is not None and math.isinf(leading.value)
    found = t("claims.reason_lost") if lost else _figures_reason(t, outcome)
    sentences = [t("claims.by_transit"), found]
    for key, share in (("without", outcome.without), ("lost", outcome.lost)):
        if share:
            sentences.append(t(f"claims.transit_{key}", share=share_text(t, share)))
    if outcome.claim.kind == "minimal":
        sentences.append(t("claims.transit_mean"))
    return " ".join([*sentences, t("claims.transit_margin")])


def _figures_reason(t: Texts, outcome: Outcome) -> str:
    claim, leading = outcome.claim, outcome.leading
    if leading is None:
        return t("claims.reason_nothing" if claim.by == BY[0] else "claims.reason_no_trips")
    if claim.kind == "range":
        return _range_reason(t, outcome)
    figure = figure_text(t, leading)
    fields: dict[str, object] = {"figure": figure, "claimed": _claimed(t, leading)}
    decided = [each for each in outcome.figures if each.verdict != UNDECIDED]
    sentences = []
    if claim.kind == "minimal":
        sentences = [
            _counted(t, [each for each in decided if each.part.of == of], f"claims.minimal_{of}")
            for of in ("all", "moved")
            if any(each.part.of == of for each in decided)
        ]
    elif len(decided) > 1:
        group = claim_group_fields(t, claim)
        sentences = [_counted(t, decided, f"claims.counted_{claim.kind}", **group)]
    else:
        connected = claim.kind == "share_within" and math.isinf(claim.minutes)
        sentences = [
            t(
                "claims.reason_connected" if connected else f"claims.reason_{claim.kind}",
                place=claim.postcode or claim.municipality,
                limit="" if connected else minutes_text(t, claim.minutes),
                **claim_group_fields(t, claim),
                of=t(f"claims.of_{leading.part.of}"),
                **fields,
            )
        ]
    if claim.kind == "better" and leading.computed > 1:
        sentences.append(t("claims.order", agree=leading.better, of=leading.computed))
    return " ".join(sentences)


def _claimed(t: Texts, each: Figure) -> str:
    return (share_text if each.part.measure == "within" else _signed)(t, each.part.claimed)


def _counted(t: Texts, figures: list[Figure], key: str, **group: str) -> str:
    """Count for how many treatments a claim holds, and give the one that decides."""
    holds = sum(each.verdict == SUPPORTED for each in figures)
    first = figures[0].part
    lower = first.measure in {"within", "choice"} or first.test == ABOVE
    worst = (min if lower else max)(figures, key=lambda each: each.value)
    name = treatment_text(t, worst.part.treatment)
    fields = {"holds": holds, "total": len(figures), "claimed": _claimed(t, worst)}
    where = f"{name}, {worst.part.region}"
    return t(key, **fields, **group, figure=figure_text(t, worst), where=where)


def _range_reason(t: Texts, outcome: Outcome) -> str:
    sentences = []
    for each in outcome.figures:
        if each.part.test == ABOUT:
            key = "agrees" if each.verdict == SUPPORTED else "differs"
            sentences.append(
                t(
                    f"claims.end_{key}",
                    end=t(f"claims.part_{each.part.measure}"),
                    claimed=whole_text(t, each.part.claimed),
                    figure=figure_text(t, each),
                )
            )
        else:
            sentences.append(t(f"claims.peak_is_{'same' if each.value == 1.0 else 'other'}"))
    return " ".join(sentences)


def definition_text(t: Texts, name: str, *, own: bool = False, named: bool = False) -> str:
    """Return a definition in words: of a study of one's own, or of a claim that says who stops."""
    found = definition_named(name)
    if found is not None:
        said = range_definition_text(t, found)
        median = t("reproduction.statistic_median")
        if named:
            return said.replace(median, t("claims.as_said"))
        return said.replace(median, t("claims.as_study")) if own else said
    # of moved, of all, recipients nearest: only claims have them
    return t(f"claims.reading_{name.rpartition(' ')[2]}")


def says_change(outcome: Outcome) -> bool:
    """Whether a claim itself says who stops or who starts."""
    return outcome.claim.change != NOTHING


def definitions_text(t: Texts, outcome: Outcome, verdict: str, *, own: bool = False) -> list[str]:
    """List the other definitions under which a claim gets a verdict, with their figures."""
    return [
        t(
            "claims.under",
            definition=definition_text(t, each.definition, own=own, named=says_change(outcome)),
            figures=_span_text(t, outcome, each),
        )
        for each in outcome.others
        if each.verdict == verdict
    ]


def _span_text(t: Texts, outcome: Outcome, other: Other) -> str:
    """From least to greatest figure of a claim under another definition."""
    peak = outcome.claim.kind == "range" and bool(outcome.claim.peaks)
    figures = other.figures[:-1] if peak else other.figures
    known = [each for each in figures if math.isfinite(each)]
    if not known:
        return t("claims.no_figure")
    say = share_text if outcome.claim.kind == "share_within" else _signed
    low, high = say(t, min(known)), say(t, max(known))
    return low if low == high else t("claims.span", low=low, high=high)


def worst_text(t: Texts, outcome: Outcome) -> str:
    """Say who is worst off; empty where nobody travels longer."""
    worst = outcome.worst
    if worst is None:
        return ""
    stops = list(worst.stops)
    named = names_text(t, stops) if len(stops) <= _MOST else t("claims.many", count=len(stops))
    before, after = round(worst.before), round(worst.after)
    place = [worst.municipality] if worst.municipality else []
    if not math.isnan(worst.residents):
        place.append(t("claims.residents", count=whole_text(t, worst.residents)))
    return t(
        "claims.worst",
        place=f"{worst.postcode} ({', '.join(place)})" if place else worst.postcode,
        treatment=treatment_text(t, worst.treatment),
        stops=named,
        before=before,
        after=after,
        # of the rounded minutes, so that a reader who subtracts finds the same
        extra=minutes_text(t, float(after - before)),
    )


def margin_text(t: Texts, about: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Say what the margin of calculation is, and list what it is over."""
    over = [t(f"claims.over_{name}", draws=about["draws"]) for name in about["over"]]
    return t("claims.how_margin" if over else "claims.no_margin"), over


def assumed_text(t: Texts, checked: Checked) -> str:
    """Say what the minutes are, who counts, and what stands for a treatment."""
    profile = known_text(t, "common.profile", checked.profile)
    key = "study" if "study" in checked.manifest else "default"
    return t(f"claims.how_{key}", profile=profile, counted=t.unit(checked.unit))
