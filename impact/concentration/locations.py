"""Which locations take part in a case: before the change, and only after it.

Locations outside the region take part throughout where the study says ``alternatives = "all"``;
otherwise only once nobody in the region is left, and the treatment leaves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.study import Intervention


def locations_before(intervention: Intervention, outside: Sequence[str]) -> tuple[str, ...]:
    """Locations that demand may be at before the change.

    Parameters
    ----------
    intervention
        Its providers and alternatives.
    outside
        Locations outside the region that demand may go to.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from impact.study import Intervention
    >>> locations_before(Intervention("x", ("a", "b")), ["c"])
    ('a', 'b')
    """
    return (*intervention.providers, *(outside if intervention.alternatives == "all" else ()))


def locations_joining(
    intervention: Intervention,
    outside: Sequence[str],
    *,
    stopping: int,
    opens: Sequence[str] = (),
) -> tuple[str, ...]:
    """Locations that demand may go to only after the change.

    Parameters
    ----------
    intervention
        Its providers and alternatives.
    outside
        Locations outside the region that demand may go to.
    stopping
        How many providers stop.
    opens
        Locations that open.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from impact.study import Intervention
    >>> locations_joining(Intervention("x", ("a", "b")), ["c"], stopping=2)
    ('c',)
    >>> locations_joining(Intervention("x", ("a", "b")), ["c"], stopping=1, opens=["d"])
    ('d',)
    """
    leaves = intervention.alternatives != "all" and stopping == len(intervention.providers)
    return (*opens, *(outside if leaves else ()))
