"""One case in words, as it stands on the sheet of A4 and in the appendix."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impact.outputs.bands import SAME_MINUTES
from impact.outputs.norms import norm_verdict
from impact.outputs.tornado import margin_text
from impact.outputs.wording import (
    destination_text,
    minutes_text,
    names_text,
    scenario_text,
    whole_text,
)

if TYPE_CHECKING:
    import pandas as pd

    from impact.concentration.result import Case, Result
    from impact.outputs.overview import Line
    from impact.outputs.texts import Texts

_TOP = 3


@dataclass(frozen=True)
class Row:
    """One case on the sheet, in words."""

    intervention: str
    scenario: str
    caveat: str
    moved: str
    bound: str
    mean: str
    tenth: str
    beyond: str
    norm: str
    verdict: str
    loses: str
    gains: str


def case_row(result: Result, line: Line, t: Texts, margin: float) -> Row:
    """Put one case in words.

    Parameters
    ----------
    result, line, t
        Run, a case of it, and catalogue.
    margin
        As in `impact.outputs.norms.norm_verdict`.

    Returns
    -------
    Row
    """
    case, row = line.case, line.row
    stops = t("a4.stops", names=names_text(t, case.stops)) if case.stops else ""
    opens = t("a4.opens", names=names_text(t, case.opens)) if case.opens else ""
    to = t("a4.to", names=destination_text(t, line)) if line.destinations else ""
    name = scenario_text(t, result, case)
    if case.kind == "candidate":
        name = f"{name} ({t('common.caveat_candidate')})"
    said = ". ".join(part for part in (name, opens, stops) if part)
    bound = float(row["moved_bound"])
    loses, gains = _municipalities(result, case, t)
    norm, verdict = norm_text(result, case, t, margin)
    return Row(
        intervention=case.intervention.name,
        scenario=f"{said} {to}".strip(),
        caveat=t("report.doubtful") if case.outside_incomplete else "",
        moved=counted_text(t, result, case.intervention.name, row["moved"]),
        bound=t("report.at_most", count=whole_text(t, bound)) if math.isfinite(bound) else "",
        mean=mean_text(line, t),
        tenth=whole_text(t, row["p90_extra"]),
        beyond=t(
            "a4.from_to",
            before=whole_text(t, row["beyond_60_before"]),
            after=whole_text(t, row["beyond_60_after"]),
        ),
        norm=norm,
        verdict=verdict,
        loses=loses,
        gains=gains,
    )


def counted_text(t: Texts, result: Result, intervention: str, count: float) -> str:
    """Write a number of people, with its unit where a run has more than one.

    Parameters
    ----------
    t, result
        Catalogue and run.
    intervention
        Whose demand is counted.
    count
        How many.

    Returns
    -------
    str
    """
    unit = result.unit_of(intervention)
    text = whole_text(t, count)
    return text if unit == result.unit else f"{text} {t.unit(unit)}"


def mean_text(line: Line, t: Texts) -> str:
    """Write the mean extra minutes of the moved, with the margin of calculation where known.

    Parameters
    ----------
    line, t
        A case and catalogue.

    Returns
    -------
    str
    """
    mean, low, high = (
        float(line.row[name]) for name in ("mean_extra_moved", "extra_low", "extra_high")
    )
    if math.isnan(mean):
        return "–"
    return minutes_text(t, mean) if math.isnan(low) else margin_text(t, mean, low, high)


def norm_text(result: Result, case: Case, t: Texts, margin: float) -> tuple[str, str]:
    """Say whether a case meets its norm.

    Parameters
    ----------
    result, case, t
        Run, case and catalogue.
    margin
        As in `impact.outputs.norms.norm_verdict`.

    Returns
    -------
    tuple of str
        Words, and the code of the verdict.
    """
    found = norm_verdict(result, case, margin=margin)
    fields = {"norm": t.number(found.norm), "lowest": whole_text(t, found.lowest)}
    text = t(f"a4.norm_{found.verdict}", below=t.number(found.below), **fields)
    return f"{text} ({t('a4.modelled')})" if found.modelled else text, found.verdict


def _municipalities(result: Result, case: Case, t: Texts) -> tuple[str, str]:
    """Who loses and who gains most, by mean minutes of the whole municipality."""
    rows = result.municipalities
    mine = (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    found = rows[mine & (rows["demand"] > 0)]
    with np.errstate(invalid="ignore"):
        change = (found["mean_after"] - found["mean_before"]).to_numpy(np.float64)
    found = found.assign(change=change)[np.isfinite(change)]
    loses = found[found["change"] >= SAME_MINUTES]
    gains = found[found["change"] <= -SAME_MINUTES].assign(change=lambda frame: -frame["change"])
    return _named(loses, "plus", t), _named(gains, "minus", t)


def _named(rows: pd.DataFrame, sign: str, t: Texts) -> str:
    if rows.empty:
        return t("a4.nobody")
    ordered = rows.sort_values(["change", "municipality"], ascending=[False, True])
    shown = [
        t(f"a4.change_{sign}", name=name, minutes=t.number(minutes))
        for name, minutes in zip(ordered["municipality"], ordered["change"], strict=True)
    ][:_TOP]
    rest = len(ordered) - len(shown)
    return ", ".join(shown) + (t("a4.and_more", count=rest) if rest else "")
