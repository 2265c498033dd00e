"""Write checked claims: tables, page and manifest, all or none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from impact.evidence.claims.verdicts import NOT_SUPPORTED, PARTLY, SUPPORTED
from impact.evidence.reproduce.published import treatment_names
from impact.outputs.claims_page import write_claims_page
from impact.outputs.claims_words import reason_text
from impact.outputs.evidence_folder import columns_by_type, write_evidence
from impact.outputs.texts import texts

if TYPE_CHECKING:
    from pathlib import Path

    from impact.evidence.claims.check import Checked
    from impact.evidence.claims.outcome import Outcome

CLAIMS_FILES = ("claims.csv", "figures.csv", "treatments.csv", "claims.html", "manifest.json")
"""What `impact check` writes, and may replace."""


def write_claims(checked: Checked, folder: Path, *, lang: str = "nl", force: bool = False) -> None:
    """Write every output of a check.

    Parameters
    ----------
    checked
        From `impact.evidence.claims.check.check`.
    folder
        Made if absent; earlier outputs in it are replaced when all new ones are ready.
    lang
        ``nl`` or ``en``.
    force
        Whether to write beside files that are not ours.

    Raises
    ------
    OutputError
        When the folder holds foreign files or cannot be written.
    """
    tables = {
        "claims": claims_frame(checked, lang=lang),
        "figures": figures_frame(checked),
        "treatments": checked.treatments,
    }
    write_evidence(
        folder,
        CLAIMS_FILES,
        tables=tables,
        columns=columns_by_type,
        page=lambda path: write_claims_page(checked, path, lang=lang),
        manifest=checked.manifest,
        force=force,
    )


def claims_frame(checked: Checked, *, lang: str) -> pd.DataFrame:
    """Rows of claims.csv, one per claim.

    Parameters
    ----------
    checked, lang
        What was checked, and the language of the reasons.

    Returns
    -------
    pandas.DataFrame
        ``figure``, ``low`` and ``high`` are the leading figure and its margin of calculation; of a
        range: the end that is furthest from the claim. ``measure`` says which figure it is.
    """
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
    """Rows of figures.csv: every figure of every claim, under every definition.

    Parameters
    ----------
    checked
        What was checked.

    Returns
    -------
    pandas.DataFrame
        ``region`` and ``treatment`` name the row of treatments.csv that a figure belongs to.
        Margins are computed under the definition of the claim only.
    """
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
