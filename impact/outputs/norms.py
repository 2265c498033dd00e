"""Whether the volume norm is met after a change, and amply, at every location that goes on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from impact.concentration.result import Case, Result

MARGIN = 0.10
"""By what share the smallest volume must exceed the norm to be called ample, unless asked else."""

_ROUNDING = 1e-9
"""55 is 10 % above 50, whatever binary fractions say."""

UNKNOWN, NO_NORM, BELOW, MET, AMPLE = "unknown", "none", "below", "met", "ample"
"""What can be said of a case."""


@dataclass(frozen=True)
class NormVerdict:
    """A case held against its norm.

    Attributes
    ----------
    verdict
        `UNKNOWN` (no volumes), `NO_NORM`, `BELOW`, `MET` (but not amply) or `AMPLE`.
    below
        Locations below the norm.
    lowest
        The smallest volume; NaN where none is known.
    norm
        NaN where there is none.
    modelled
        Whether a volume was computed and not registered.
    """

    verdict: str
    below: int
    lowest: float
    norm: float
    modelled: bool


def norm_verdict(result: Result, case: Case, *, margin: float = MARGIN) -> NormVerdict:
    """Hold the volumes after a change against the norm.

    Parameters
    ----------
    result, case
        Of a run; one of its principal cases.
    margin
        Share by which the smallest volume must exceed the norm to be ample (0.1 is 10 %).

    Returns
    -------
    NormVerdict
        Judged over the locations that go on or begin, and only where the volume of each is known
        in the unit of the norm: elsewhere the column is empty.
    """
    norm = math.nan if case.intervention.norm is None else float(case.intervention.norm)
    if math.isnan(norm):
        return NormVerdict(NO_NORM, 0, math.nan, norm, modelled=False)
    rows = result.volumes
    rows = rows[
        (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    ]
    rows = rows[rows["location"].isin([*case.stays, *case.opens])]
    volumes = [float(value) for value in rows["volume_after"]]
    if not volumes or any(math.isnan(each) for each in volumes):
        return NormVerdict(UNKNOWN, 0, math.nan, norm, modelled=False)
    below, lowest = sum(each < norm for each in volumes), min(volumes)
    verdict = BELOW if below else AMPLE if lowest - norm >= margin * norm - _ROUNDING else MET
    modelled = bool((rows["kind"] == "modelled").any())
    return NormVerdict(verdict, below, lowest, norm, modelled=modelled)
