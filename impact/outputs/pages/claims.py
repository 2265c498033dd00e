"""claims.html: what was said, the verdict, and everything needed to find it again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.analysis.groups import REST
from impact.evidence.claims.claim import BY, HIGHEST, LOWEST, NOTHING
from impact.evidence.claims.judge import (
    ABOUT,
    ABOVE,
    NOT_SUPPORTED,
    PARTLY,
    SUPPORTED,
    UNDECIDED,
    definition_named,
)
from impact.evidence.published.table import treatment_names
from impact.messages import LANGUAGES
from impact.outputs.files.folder import columns_by_type, write_evidence
from impact.outputs.pages.page import write_evidence_page
from impact.outputs.pages.reproduction import definition_text as range_text
from impact.outputs.text import texts
from impact.outputs.text.displayed import displayed_sentences
from impact.outputs.text.groups import group_label
from impact.outputs.text.rounding import rounded_down, rounded_up
from impact.outputs.text.wording import known_text, minutes_text, names_text, share_text, whole_text

if TYPE_CHECKING:
    from pathlib import Path

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
        low, high = (
            _number(t, number) for number in (rounded_down(each.low), rounded_up(each.high))
        )
        key = "between" if 0.0 < abs(each.value) < 1.0 else "about"
        return t(f"claims.{key}", value=value, low=low, high=high)
    return t("claims.about", value=value, low=low, high=high)


def _signed(t: Texts, value: float) -> str:
    """Write signed minutes; less than one is said so, and is no minute."""
    if 0.0 < abs(value) < 1.0:
        return t("claims.under_one_above" if value > 0.0 else "claims.under_one_below")
    return minutes_text(t, value) if value >= 0.0 else f"−{minutes_text(t, -value)}"


def _number(t: Texts, value: float) -> str:
    return t.number(value).replace("-", "−")


def part_text(t: Texts, outcome: Outcome, each: Figure) -> str:
    """Say what a part is about."""
    part, claim = each.part, outcome.claim
    place = claim.postcode or claim.municipality
    fields = {"of": t(f"claims.of_{part.of}"), "place": place, **claim_group_fields(t, claim)}
    key = f"claims.part_{part.measure}"
    if claim.kind == "share_within" and math.isinf(claim.minutes):
        key = "claims.part_connected"
    elif claim.kind == "share_within":
        fields["limit"] = minutes_text(t, claim.minutes)
    text = t(key, **fields)
    return f"{treatment_text(t, part.treatment)}: {text}" if part.treatment else text


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


def definition_text(t: Texts, name: str, *, own: bool = False) -> str:
    """Return a definition in words."""
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


def write_claims_page(checked: Checked, path: Path, *, lang: str = "nl") -> None:
    """Write claims.html.

    Notes
    -----
    The page asks for nothing outside itself.
    """
    t = texts(lang)
    shown = {
        "title": checked.claims.title,
        "counted": counted_verdicts(t, checked),
        "outcomes": [_shown(t, each, own="study" in checked.manifest) for each in checked.outcomes],
        "rows": [
            {
                "region": row["region"],
                "treatment": treatment_text(t, row["treatment_id"]),
                "of": t("claims.k_of_n", k=whole_text(t, row["below_norm"]), n=row["providing"]),
                "values": [
                    whole_text(t, row[f"mean_extra_{key}"]) for key in ("min", "chosen", "max")
                ],
                "all": whole_text(t, row["mean_extra_all"]),
                "stops": row["chosen_candidate"],
                "anchor": _anchor(row["region"], row["treatment_id"]),
            }
            for row in checked.treatments.to_dict("records")
        ],
        "assumed": assumed_text(t, checked),
        "displayed": []
        if checked.study is None
        else displayed_sentences(checked.study, checked.cases, t),
        "groups": any(each.claim.group for each in checked.outcomes),
        "margin": margin_text(t, checked),
    }
    write_evidence_page(path, "claims", t, manifest=checked.manifest, shown=shown)


def _anchor(region: str, treatment: str) -> str:
    return f"{region}-{treatment}".replace("/", "-").replace(" ", "-")


def _shown(t: Texts, outcome: Outcome, *, own: bool) -> dict[str, Any]:
    claim = outcome.claim
    figures = [
        {
            "text": part_text(t, outcome, each),
            "region": each.part.region,
            "figure": figure_text(t, each),
            "stops": stops_text(t, each),
            "verdict": verdict_text(t, each.verdict),
            "code": each.verdict.replace(" ", "-"),
            "anchor": _anchor(each.part.region, each.part.treatment) if each.part.treatment else "",
        }
        for each in outcome.figures
    ]
    return {
        "claim": claim,
        "verdict": verdict_text(t, outcome.verdict),
        "code": outcome.verdict.replace(" ", "-"),
        "reason": reason_text(t, outcome),
        "definition": definition_text(t, outcome.definition, own=own) if outcome.definition else "",
        "figures": figures,
        "worst": worst_text(t, outcome),
        "under": [
            (t(f"claims.under_{code}"), definitions_text(t, outcome, verdict, own=own))
            for code, verdict in (("yes", SUPPORTED), ("partly", PARTLY), ("no", NOT_SUPPORTED))
        ],
    }


CLAIMS_FILES = ("claims.csv", "figures.csv", "treatments.csv", "claims.html", "manifest.json")
"""What `impact check` writes, and may replace."""


def write_claims(checked: Checked, folder: Path, *, lang: str = "nl", force: bool = False) -> None:
    """Write every output of a check."""
    tables = {
        "claims": claims_frame(checked, lang=lang),
        "figures": figures_frame(checked),
        "treatments": checked.treatments,
    }
    write_evidence(
        folder,
        CLAIMS_FILES,
        command="check",
        tables=tables,
        columns=columns_by_type,
        page=lambda path: write_claims_page(checked, path, lang=lang),
        manifest={**checked.manifest, "reasons": _reasons(checked)},
        force=force,
    )


def _reasons(checked: Checked) -> dict[str, dict[str, str]]:
    """Return why each claim was judged so, in every language: an appendix may be in another."""
    return {
        lang: {each.claim.name: reason_text(texts(lang), each) for each in checked.outcomes}
        for lang in LANGUAGES
    }


def claims_frame(checked: Checked, *, lang: str) -> pd.DataFrame:
    """Rows of claims.csv, one per claim."""
    t = texts(lang)
    return pd.DataFrame([_claim_row(each, reason_text(t, each)) for each in checked.outcomes])


def _claim_row(outcome: Outcome, reason: str) -> dict[str, object]:
    claim, leading, worst = outcome.claim, outcome.leading, outcome.worst
    none = math.nan
    return {
        "claim": claim.name,
        "kind": claim.kind,
        "region": claim.region,
        "verdict": outcome.verdict,
        "figure": none if leading is None else leading.value,
        "low": none if leading is None else leading.low,
        "high": none if leading is None else leading.high,
        "definition": outcome.definition,
        "reason": reason,
        "measure": "" if leading is None else leading.part.measure,
        "claimed": none if leading is None else leading.part.claimed,
        "treatment": _name("" if leading is None else leading.part.treatment),
        "holds_under": _under(outcome, SUPPORTED),
        "partly_under": _under(outcome, PARTLY),
        "not_under": _under(outcome, NOT_SUPPORTED),
        "worst_postcode": "" if worst is None else worst.postcode,
        "worst_municipality": "" if worst is None else worst.municipality,
        "worst_extra": none if worst is None else worst.extra,
        "quote": claim.quote,
        "source": claim.source,
        "date": claim.date,
    }


def _under(outcome: Outcome, verdict: str) -> str:
    return "; ".join(each.definition for each in outcome.others if each.verdict == verdict)


def figures_frame(checked: Checked) -> pd.DataFrame:
    """Rows of figures.csv: every figure of every claim, under every definition."""
    rows = []
    for outcome in checked.outcomes:
        for each in outcome.figures:
            part = each.part
            rows.append(
                {
                    "claim": outcome.claim.name,
                    "definition": outcome.definition,
                    "measure": part.measure,
                    "of": part.of,
                    "region": part.region,
                    "treatment": _name(part.treatment),
                    "stops": "; ".join(part.change.stops),
                    "to": "; ".join(sorted({n for e in part.change.moves_to.values() for n in e})),
                    "than": "; ".join(part.versus.stops),
                    "figure": each.value,
                    "low": each.low,
                    "high": each.high,
                    "claimed": part.claimed,
                    "verdict": each.verdict,
                    "bears_out": float(each.better),
                    "computed": float(each.computed),
                }
            )
        for other in outcome.others:
            leading = {"claim": outcome.claim.name, "definition": other.definition}
            known = [value for value in other.figures if not math.isnan(value)]
            rows.append(
                {
                    **leading,
                    "measure": "least to greatest",
                    "region": outcome.claim.region,
                    "low": min(known, default=math.nan),
                    "high": max(known, default=math.nan),
                    "verdict": other.verdict,
                }
            )
    columns = ["claim", "definition", "measure", "of", "region", "treatment", "stops", "to", "than"]
    columns += ["figure", "low", "high", "claimed", "verdict", "bears_out", "computed"]
    frame = pd.DataFrame(rows, columns=columns)
    words = ["claim", "definition", "measure", "of", "region", "treatment", "stops", "to", "than"]
    return frame.fillna(dict.fromkeys(words, ""))


def _name(treatment: str) -> str:
    """Name as in treatments.csv."""
    return treatment_names("nl").get(treatment, treatment)
