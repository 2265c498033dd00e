"""claims.html: what was said, the verdict, and everything needed to find it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impact.evidence.claims.verdicts import NOT_SUPPORTED, PARTLY, SUPPORTED
from impact.outputs.claims_words import (
    assumed_text,
    counted_verdicts,
    definition_text,
    definitions_text,
    figure_text,
    margin_text,
    part_text,
    reason_text,
    stops_text,
    treatment_text,
    verdict_text,
    worst_text,
)
from impact.outputs.pages import write_evidence_page
from impact.outputs.texts import texts
from impact.outputs.wording import whole_text

if TYPE_CHECKING:
    from pathlib import Path

    from impact.evidence.claims.check import Checked
    from impact.evidence.claims.outcome import Outcome
    from impact.outputs.texts import Texts


def write_claims_page(checked: Checked, path: Path, *, lang: str = "nl") -> None:
    """Write claims.html.

    Parameters
    ----------
    checked
        From `impact.evidence.claims.check.check`.
    path
        File to write.
    lang
        ``nl`` or ``en``.

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
