"""What is said of a volume norm: it is provisional, what is doubtful, and whether it is met."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from impact.analysis.result import CaseView
from impact.bundled import data_path
from impact.model.volumes import exactly_known, lowest_ends
from impact.outputs.text import texts
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from impact.analysis.result import Result
    from impact.model.case import Case
    from impact.outputs.text import Texts
    from impact.study.model import Intervention

MARGIN = 0.10
"""By what share the smallest volume must exceed the norm to be called ample, unless asked else."""

_ROUNDING = 1e-9
"""55 is 10 % above 50, whatever binary fractions say."""

UNKNOWN, NO_NORM, OPEN = "unknown", "none", "open"
BELOW, MET, AMPLE = "below", "met", "ample"
"""What can be said of a case."""


@dataclass(frozen=True)
class NormVerdict:
    """A case held against its norm.

    Attributes
    ----------
    verdict
        `UNKNOWN` (no volumes, or modelled ones), `NO_NORM`, `OPEN` (the bounds of hidden counts
        disagree), `BELOW`, `MET` (but not amply) or `AMPLE`.
    below
        Locations below the norm; NaN where that is not known of all.
    lowest
        The smallest volume; NaN where none is known.
    norm
        NaN where there is none.
    modelled
        Whether a volume was computed and not registered.
    hidden
        Whether counts are hidden, and the bounds agree: nothing is said of how amply.
    partly
        Whether volumes of some locations are known, and not of all.
    ends
        Between which hidden counts leave the smallest volume; equal where they leave nothing open.
    """

    verdict: str
    below: float
    lowest: float
    norm: float
    modelled: bool
    hidden: bool = False
    partly: bool = False
    ends: tuple[float, float] = (math.nan, math.nan)


def norm_verdict(result: Result, case: Case, *, margin: float = MARGIN) -> NormVerdict:
    """Hold the volumes after a change against the norm, where they are certain enough."""
    name = case.intervention.name
    norm = math.nan if case.intervention.norm is None else float(case.intervention.norm)
    if math.isnan(norm):
        return NormVerdict(NO_NORM, math.nan, math.nan, norm, modelled=False)
    rows = CaseView(result, case).volumes
    rows = rows[rows.index.isin([*case.stays, *case.opens])]
    volumes = [float(value) for value in rows["volume_after"]]
    unknown = [math.isnan(each) for each in volumes]
    if not volumes or any(unknown):
        partly = not all(unknown)
        return NormVerdict(UNKNOWN, math.nan, math.nan, norm, modelled=False, partly=partly)
    lowest, said = min(volumes), list(rows["meets_norm"])
    if (rows["kind"] == "modelled").any():
        return NormVerdict(UNKNOWN, math.nan, lowest, norm, modelled=True)
    ends = lowest_ends(rows)
    if "" in said:
        verdict = BELOW if "no" in said else OPEN
        return NormVerdict(verdict, math.nan, lowest, norm, modelled=False, ends=ends)
    below = said.count("no")
    amply = lowest - norm >= margin * norm - _ROUNDING
    # halfway between bounds is not amply above anything
    hidden = name in result.registered and not exactly_known(result.registered[name])
    hidden |= bool((rows["kind"] == "suppressed").any())
    hidden |= ends[0] < ends[1]
    verdict = BELOW if below else AMPLE if amply and not hidden else MET
    return NormVerdict(verdict, below, lowest, norm, modelled=False, hidden=hidden, ends=ends)


def norm_remark(t: Texts, intervention: Intervention) -> str:
    """Return what the table of norms remarks on the norm of a treatment; empty without a remark."""
    note = _remarks().get(intervention.treatment, "")
    if intervention.norm is None or not note:
        return ""
    key = f"norms.remark_{intervention.treatment}"
    return t(key) if texts("en").entries.get(key) == note else note


@cache
def _remarks() -> dict[str, str]:
    """Treatment -> remark in the shipped table of norms, which is in English."""
    norms = read_table(data_path("norms.csv")).frame.set_index("norm_key")["note"]
    treatments = read_table(data_path("treatments.csv")).frame
    known = treatments[treatments["norm_key"].isin(norms.index)]
    return dict(zip(known["treatment_id"], norms.loc[known["norm_key"]], strict=True))
