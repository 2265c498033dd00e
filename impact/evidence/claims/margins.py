"""The margin of calculation of a figure: what nobody knows exactly, and random speeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.evidence.claims.outcome import Figure
from impact.evidence.claims.parts import figure
from impact.evidence.claims.verdicts import part_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.evidence.claims.basis import Basis
    from impact.evidence.claims.claim import Claim
    from impact.evidence.claims.parts import Part

PERCENTILES = (5, 95)
"""Of the figures under random speeds: the ends of the margin."""


def with_margin(
    part: Part, claim: Claim, basis: Basis, others: Sequence[Basis], drawn: Sequence[Basis]
) -> Figure:
    """Compute a part with its margin.

    Parameters
    ----------
    part, claim
        What is asked, and the claim that asks it.
    basis
        What is computed on.
    others
        The same with one thing otherwise that nobody knows exactly.
    drawn
        The same under random speed tables.

    Returns
    -------
    Figure
        A part without a number, about a peak, or beyond every limit has no margin.
    """
    value = figure(part, claim, basis)
    if not np.isfinite(value) or part.measure == "peak":
        return alone(part, value)
    ends = [value, *(figure(part, claim, each) for each in others)]
    speeds = [figure(part, claim, each) for each in drawn]
    every = np.array([*ends, *speeds])
    if speeds:
        ends += [float(each) for each in np.nanpercentile(speeds, PERCENTILES)]
    known = np.array(ends)[np.isfinite(ends)]
    low, high = float(known.min()), float(known.max())
    holds = sum(bool(part.holds(each)) for each in every[~np.isnan(every)])
    computed = int((~np.isnan(every)).sum())
    return Figure(part, value, low, high, part_verdict(part, value, low, high), holds, computed)


def alone(part: Part, value: float) -> Figure:
    """Judge a figure without a margin."""
    return Figure(part, value, value, value, part_verdict(part, value, value, value), 0, 0)
