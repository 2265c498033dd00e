"""From figures with margins to a verdict: the rules, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.evidence.claims.parts import Part

SUPPORTED = "supported"
PARTLY = "partly"
NOT_SUPPORTED = "not supported"
UNDECIDED = "cannot be decided"
VERDICTS = (SUPPORTED, PARTLY, NOT_SUPPORTED, UNDECIDED)


def part_verdict(part: Part, value: float, low: float, high: float) -> str:
    """Judge one figure with its margin of calculation.

    Parameters
    ----------
    part
        With its test.
    value, low, high
        The figure, and its margin around it.

    Returns
    -------
    str
        For a number that is claimed ('about'): supported where it lies in the margin, give or take
        what rounding leaves open. For a limit: supported where the whole margin bears it out, not
        supported where none of it does, else partly. Undecided without a figure.

    Examples
    --------
    >>> from impact.evidence.claims.parts import Part
    >>> limit = Part("greatest", "", test="at_most", claimed=30.0)
    >>> [part_verdict(limit, 28.0, 25.0, high) for high in (29.0, 31.0)]
    ['supported', 'partly']
    >>> end = Part("low", "", test="about", claimed=6.0, tolerance=0.5)
    >>> part_verdict(end, 11.0, 10.0, 12.0), part_verdict(end, 7.0, 6.4, 8.0)
    ('not supported', 'supported')
    """
    if np.isnan(value):
        return UNDECIDED
    if part.test == "same":
        return SUPPORTED if value == 1.0 else NOT_SUPPORTED
    if part.test == "about":
        near = low - part.tolerance <= part.claimed <= high + part.tolerance
        return SUPPORTED if near else NOT_SUPPORTED
    found = {part.holds(end) for end in (low, value, high)}
    if len(found) > 1:
        return PARTLY
    return SUPPORTED if found == {True} else NOT_SUPPORTED


def verdict(found: Sequence[str]) -> str:
    """Join the verdicts of the parts of a claim.

    Parameters
    ----------
    found
        One per part.

    Returns
    -------
    str
        All supported: supported; none supported, even partly: not supported; else partly. Parts
        that cannot be decided do not count, unless no other is left.

    Examples
    --------
    >>> verdict(["supported", "not supported"]), verdict(["supported", "cannot be decided"])
    ('partly', 'supported')
    """
    decided = {each for each in found if each != UNDECIDED}
    if not decided:
        return UNDECIDED
    return decided.pop() if len(decided) == 1 else PARTLY
