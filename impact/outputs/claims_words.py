"""A checked claim in plain sentences: verdict, figure, margin, definitions, who is worst off."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from impact.evidence.claims.claim import BY, NOTHING
from impact.evidence.claims.parts import ABOUT
from impact.evidence.claims.readings import definition_named
from impact.evidence.claims.verdicts import SUPPORTED, UNDECIDED
from impact.evidence.reproduce.published import treatment_names
from impact.outputs.reproduction_words import definition_text as range_text
from impact.outputs.wording import known_text, minutes_text, names_text, share_text, whole_text

if TYPE_CHECKING:
    from impact.evidence.claims.check import Checked
    from impact.evidence.claims.claim import Change
    from impact.evidence.claims.outcome import Figure, Other, Outcome
    from impact.outputs.texts import Texts

_MOST = 3


def treatment_text(t: Texts, treatment: str) -> str:
    """Return the name of a treatment: of the shipped ones by id, of a study as it has it."""
    return treatment_names(t.lang).get(treatment, treatment)


def verdict_text(t: Texts, verdict: str) -> str:
    """Return a verdict in words."""
    return t(f"claims.verdict_{verdict.replace(' ', '_')}")


def figure_text(t: Texts, each: Figure) -> str:
    """Write a figure with its margin, such as 'ongeveer 25, tussen 20 en 30'.

    Parameters
    ----------
    t
        Catalogue.
    each
        A part with its figure.

    Returns
    -------
    str
    """
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
        low, high = (_number(t, number) for number in (each.low, each.high))
    return t("claims.about", value=value, low=low, high=high)


def _signed(t: Texts, value: float) -> str:
    return minutes_text(t, value) if value >= 0.0 else f"−{minutes_text(t, -value)}"


def _number(t: Texts, value: float) -> str:
    return t.number(value).replace("-", "−")


def part_text(t: Texts, outcome: Outcome, each: Figure) -> str:
    """Say what a part is about.

    Parameters
    ----------
    t
        Catalogue.
    outcome, each
        A checked claim and one of its figures.

    Returns
    -------
    str
    """
    part, claim = each.part, outcome.claim
    place = claim.postcode or claim.municipality
    fields = {"of": t(f"claims.of_{part.of}"), "place": place}
    if claim.kind == "share_within":
        fields["limit"] = minutes_text(t, claim.minutes)
    text = t(f"claims.part_{part.measure}", **fields)
    return f"{treatment_text(t, part.treatment)}: {text}" if part.treatment else text


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
    """Say in one plain sentence why the verdict is what it is.

    Parameters
    ----------
    t
        Catalogue.
    outcome
        A checked claim.

    Returns
    -------
    str
    """
    claim, leading = outcome.claim, outcome.leading
    if claim.by != BY[0]:
        return t("claims.reason_transport")
    if leading is None:
        return t("claims.reason_nothing")
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
        sentences = [_counted(t, decided, f"claims.counted_{claim.kind}")]
    else:
        sentences = [
            t(
                f"claims.reason_{claim.kind}",
                place=claim.postcode or claim.municipality,
                limit=minutes_text(t, claim.minutes),
                of=t(f"claims.of_{leading.part.of}"),
                **fields,
            )
        ]
    if claim.kind == "better" and leading.computed > 1:
        sentences.append(t("claims.order", agree=leading.better, of=leading.computed))
    return " ".join(sentences)


def _claimed(t: Texts, each: Figure) -> str:
    return (share_text if each.part.measure == "within" else _signed)(t, each.part.claimed)


def _counted(t: Texts, figures: list[Figure], key: str) -> str:
    """Count for how many treatments a claim holds, and give the one that decides."""
    holds = sum(each.verdict == SUPPORTED for each in figures)
    lower = figures[0].part.measure in {"within", "choice"}
    worst = (min if lower else max)(figures, key=lambda each: each.value)
    name = treatment_text(t, worst.part.treatment)
    fields = {"holds": holds, "total": len(figures), "claimed": _claimed(t, worst)}
    where = f"{name}, {worst.part.region}"
    return t(key, **fields, figure=figure_text(t, worst), where=where)


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


def definition_text(t: Texts, name: str, *, own: bool = False) -> str:
    """Return a definition in words.

    Parameters
    ----------
    t
        Catalogue.
    name
        As in the column ``definition``.
    own
        Whether it is of a study, which shows what it shows rather than the median candidate.

    Returns
    -------
    str
    """
    found = definition_named(name)
    if found is not None:
        said = range_text(t, found)
        median = t("reproduction.statistic_median")
        return said.replace(median, t("claims.as_study")) if own else said
    # of moved, of all, recipients nearest: only claims have them
    return t(f"claims.reading_{name.rpartition(' ')[2]}")


def definitions_text(t: Texts, outcome: Outcome, verdict: str, *, own: bool = False) -> list[str]:
    """List the other definitions under which a claim gets a verdict, with their figures."""
    return [
        t(
            "claims.under",
            definition=definition_text(t, each.definition, own=own),
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


def counted_verdicts(t: Texts, checked: Checked) -> str:
    """Count the verdicts in one line."""
    counts: dict[str, int] = {}
    for each in checked.outcomes:
        counts[each.verdict] = counts.get(each.verdict, 0) + 1
    return ", ".join(f"{count} × {verdict_text(t, key)}" for key, count in counts.items())


def margin_text(t: Texts, checked: Checked) -> str:
    """Say what the margin of calculation is over."""
    about = checked.manifest["margin"]
    over = [t(f"claims.over_{name}", draws=about["draws"]) for name in about["over"]]
    return t("claims.how_margin", over=names_text(t, over)) if over else t("claims.no_margin")


def assumed_text(t: Texts, checked: Checked) -> str:
    """Say what the minutes are, who counts, and what stands for a treatment."""
    profile = known_text(t, "common.profile", checked.profile)
    key = "study" if "study" in checked.manifest else "default"
    return t(f"claims.how_{key}", profile=profile, counted=t.unit(checked.unit))
