"""What a validation shows, in sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from impact.evidence.validate.agreement import errors
from impact.evidence.validate.run import NOT_NATIONAL
from impact.outputs.notes import note_text
from impact.outputs.reproduction_words import signed
from impact.outputs.wording import share_text, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from impact.evidence.validate.run import Validation
    from impact.outputs.texts import Texts


def findings(found: Validation, t: Texts) -> list[str]:
    """Say what the comparison shows.

    Parameters
    ----------
    found
        From `impact.evidence.validate.run.validate`.
    t
        Catalogue.

    Returns
    -------
    list of str
    """
    return [*_own(found, t), *_facts(found, t), *_law(found, t)]


def warnings(found: Validation, t: Texts) -> list[str]:
    """Say what a reader must know of the inputs: what was ignored, left out, or lies far away.

    Parameters
    ----------
    found, t
        As for `findings`.

    Returns
    -------
    list of str
    """
    return [
        t("validation.not_national") if note == NOT_NATIONAL else note_text(t, note)
        for note in found.manifest["notes"]
    ]


def _own(found: Validation, t: Texts) -> Iterator[str]:
    if found.rows.empty:
        yield t("validation.finding_no_table")
    for kind in found.rows["kind"].unique():
        summed = errors(found.rows[found.rows["kind"] == kind])
        routed = summed["pairs"] - summed["unreachable"]
        count = t.number(routed)
        if kind == "class" and routed:
            yield t(
                "validation.finding_class",
                count=count,
                agree=share_text(t, summed["agree"]),
                close=share_text(t, summed["close"]),
            )
        elif routed:
            yield t(
                f"validation.finding_{kind}",
                count=count,
                bias=signed(t, summed["bias"]),
                mae=whole_text(t, summed["mae"]),
                # it follows "more than": "less than 1" cannot
                p90=t.number(summed["p90"]),
            )
            # NaN where no row has a tolerance
            if math.isfinite(summed["agree"]):
                yield t("validation.finding_tolerance", agree=share_text(t, summed["agree"]))
        if summed["unreachable"]:
            yield t(
                "validation.finding_unreachable",
                kind=t(f"validation.kind_{kind}"),
                count=t.number(summed["unreachable"]),
            )


def _facts(found: Validation, t: Texts) -> Iterator[str]:
    if found.facts is None:
        return
    held, count = int(found.facts["holds"].sum()), len(found.facts)
    yield t("validation.finding_facts", held=held, count=count)


def _law(found: Validation, t: Texts) -> Iterator[str]:
    if "minutes" not in found.thinned:
        return
    thinned = found.thinned["minutes"]
    low, high = thinned.band(thinned.ratios)
    yield t(
        "validation.finding_law",
        all=t.number(thinned.left[0]),
        quarter=t.number(thinned.quarter),
        ratio=share_text(t, float(thinned.ratios.mean())),
        low=share_text(t, low),
        high=share_text(t, high),
        draws=t.number(len(thinned.ratios)),
    )
