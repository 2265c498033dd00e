"""What `impact check` writes: its tables, and how verdicts.html knows what it says of claims."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.evidence.claims.judge import NOT_SUPPORTED, PARTLY, SUPPORTED
from impact.evidence.published.table import treatment_names
from impact.messages import LANGUAGES
from impact.outputs.files.folder import columns_by_type, write_evidence
from impact.outputs.pages.verdicts import CLAIMS, PAGE, badge, statements, write_verdicts_page
from impact.outputs.text import texts
from impact.outputs.text.claims import (
    assumed_text,
    definitions_text,
    figure_text,
    margin_text,
    part_text,
    range_name,
    reason_text,
    stops_text,
    treatment_text,
    worst_text,
)
from impact.outputs.text.displayed import displayed_sentences
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import whole_text

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from pathlib import Path

    from impact.evidence.claims.check import Checked
    from impact.evidence.claims.judge import Outcome
    from impact.outputs.pages.verdicts import Statement
    from impact.outputs.text import Texts


def write_claims_page(checked: Checked, path: Path, *, lang: str = "nl") -> None:
    """Write verdicts.html about claims."""
    t = texts(lang)
    own = "study" in checked.manifest
    outcomes = (*checked.outcomes, *checked.published)
    names = [
        *(each.claim.name for each in checked.outcomes),
        *(range_name(t, each.claim) for each in checked.published),
    ]
    rows = statements(t, outcomes, names, own=own)
    write_verdicts_page(
        path,
        checked.outcomes,
        rows,
        about=CLAIMS,
        title=checked.claims.title,
        unit=checked.unit,
        lead=assumed_text(t, checked),
        manifest=checked.manifest,
        how={
            "evidence": [
                _evidence(t, each, row, own=own) for each, row in zip(outcomes, rows, strict=True)
            ],
            "treatments": [_treatment(t, row) for row in checked.treatments.to_dict("records")],
            "displayed": []
            if checked.study is None
            else displayed_sentences(checked.study, checked.cases, t),
            "groups": any(each.claim.group for each in checked.outcomes),
            "margin": margin_text(t, checked.manifest["margin"]),
            "own": own,
        },
        lang=lang,
    )


def _anchor(region: str, treatment: str) -> str:
    return f"{region}-{treatment}".replace("/", "-").replace(" ", "-")


def _treatment(t: Texts, row: Mapping[Hashable, Any]) -> dict[str, Any]:
    """Lay out a row of treatments.csv."""
    name = treatment_text(t, row["treatment_id"])
    return {
        "region": row["region"],
        "treatment": name,
        "plain": plain_treatment(t, name),
        "of": t("claims.k_of_n", k=whole_text(t, row["below_norm"]), n=row["providing"]),
        "values": [whole_text(t, row[f"mean_extra_{key}"]) for key in ("min", "chosen", "max")],
        "all": whole_text(t, row["mean_extra_all"]),
        "stops": row["chosen_candidate"],
        "anchor": _anchor(row["region"], row["treatment_id"]),
    }


def _evidence(t: Texts, outcome: Outcome, row: Statement, *, own: bool) -> dict[str, Any]:
    """Say why one claim was judged so."""
    figures = [
        {
            "text": part_text(t, outcome, each),
            "region": each.part.region,
            "figure": figure_text(t, each),
            "stops": stops_text(t, each),
            "badge": badge(t, each.verdict),
            "anchor": _anchor(each.part.region, each.part.treatment) if each.part.treatment else "",
        }
        for each in outcome.figures
    ]
    return {
        "row": row,
        "claim": outcome.claim,
        "reason": reason_text(t, outcome),
        "definition": row.definition,
        "figures": figures,
        "worst": worst_text(t, outcome),
        "under": [
            (t(f"claims.under_{code}"), said)
            for code, verdict in (("yes", SUPPORTED), ("partly", PARTLY), ("no", NOT_SUPPORTED))
            if (said := definitions_text(t, outcome, verdict, own=own))
        ],
    }


CLAIMS_FILES = ("claims.csv", "figures.csv", "treatments.csv", PAGE, "manifest.json")
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
    """Return why each claim was judged so, in every language: a report may be in another."""
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
