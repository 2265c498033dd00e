"""Candidate concentrations: which providers could stop."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

from impact.errors import Fault, InputError

if TYPE_CHECKING:
    from impact.study import Intervention

MOST_CANDIDATES = 2_000_000
"""More than this is refused: nobody reads it, and memory would not hold it."""


def count_candidates(intervention: Intervention) -> int:
    """Count the candidates of an intervention without making them.

    Parameters
    ----------
    intervention
        With `stop_count`; zero candidates without.

    Returns
    -------
    int

    Examples
    --------
    >>> from impact.study import Intervention
    >>> count_candidates(Intervention("x", tuple("abcdefgh"), stop_count=3))
    56
    """
    stop, total = intervention.stop_count, len(intervention.providers)
    if stop is None:
        return 0
    if stop == total:
        stop = total - 1 if intervention.all_fail == "one_takes_all" else total
    free = total - len(intervention.must_stay) - len(intervention.must_stop)
    return comb(free, stop - len(intervention.must_stop))


def candidates(intervention: Intervention) -> tuple[tuple[str, ...], ...]:
    """Every set of providers that could stop.

    Parameters
    ----------
    intervention
        k of its n providers stop; those in `must_stop` always, those in `must_stay` never. Where
        all n stop, `all_fail` decides: each in turn takes all, or the treatment leaves the region.

    Returns
    -------
    tuple of tuple of str
        Names sorted inside a set, sets sorted by their names.

    Raises
    ------
    InputError
        When there are more than `MOST_CANDIDATES`.

    Examples
    --------
    >>> from impact.study import Intervention
    >>> candidates(Intervention("x", ("a", "b", "c"), stop_count=2, must_stay=("b",)))
    (('a', 'c'),)
    """
    stop, total = intervention.stop_count, len(intervention.providers)
    if stop is None:
        return ()
    count = count_candidates(intervention)
    if count > MOST_CANDIDATES:
        raise InputError(
            Fault(
                intervention.name,
                "",
                "stop_count",
                f"{stop} of {total}",
                f"at most {MOST_CANDIDATES:,} candidates; these are {count:,}: "
                "lock locations with must_stay or must_stop",
            )
        )
    if stop == total:
        stop = total - 1 if intervention.all_fail == "one_takes_all" else total
    fixed = intervention.must_stop
    free = [
        name for name in intervention.providers if name not in {*fixed, *intervention.must_stay}
    ]
    found = (tuple(sorted((*fixed, *some))) for some in combinations(free, stop - len(fixed)))
    return tuple(sorted(found))
