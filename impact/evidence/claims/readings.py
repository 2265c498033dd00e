"""Under which definitions a claim is read: the default first, the others beside it.

They were fixed before any claim was checked, and all of them are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from impact.concentration.choice import BYPASS_BETAS
from impact.concentration.ranges import DEFAULT, GREATEST, LEAST
from impact.evidence.claims.claim import OF
from impact.evidence.reproduce.definitions import PROFILES, definitions
from impact.study import ALTERNATIVES, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.evidence.reproduce.definitions import Definition
    from impact.evidence.reproduce.setting import Setting

_NEEDS_HYPOTHESES = ("expected", "sets")
"""Statistics over draws of volumes or provider sets, which a claim is not held against."""

_WITH_BOTH = ("share_within", "better", "minimal")
"""Kinds that can be about the moved or about all."""


@dataclass(frozen=True)
class Reading:
    """One definition of a claim that is no range.

    Attributes
    ----------
    name
        As in the column ``definition``.
    pick
        ``median``, ``least`` or ``greatest``: the candidate, where the claim names none.
    changes
        Fields of the setting that differ.
    of
        Whose minutes; empty: as the claim says.
    """

    name: str
    pick: str = "median"
    changes: Mapping[str, Any] = field(default_factory=dict)
    of: str = ""


def range_definitions(asked: Setting) -> tuple[Definition, ...]:
    """Definitions that a range can be read under: those of `impact reproduce` that need no draws.

    Parameters
    ----------
    asked
        Assumptions of the run.

    Returns
    -------
    tuple of Definition
        The default first.
    """
    every = definitions(asked)
    return tuple(each for each in every if each.statistic not in _NEEDS_HYPOTHESES)


def readings(asked: Setting, kind: str, *, named: bool = False) -> tuple[Reading, ...]:
    """Definitions that any other claim can be read under.

    Parameters
    ----------
    asked
        Assumptions of the run.
    kind
        Of the claim.
    named
        Whether the claim says who stops.

    Returns
    -------
    tuple of Reading
        The default first.

    Examples
    --------
    >>> from impact.evidence.reproduce.setting import Setting
    >>> [each.name for each in readings(Setting(), "nobody_more")][:3]
    ['interventions', 'interventions, least candidate', 'interventions, greatest candidate']
    """
    out = [Reading(DEFAULT)]
    if not named and kind not in {"which_not_how_many", "better"}:
        out += [Reading(LEAST, "least"), Reading(GREATEST, "greatest")]
    changes: list[tuple[str, dict[str, Any]]] = [
        *((f"weights {each}", {"weights": each}) for each in WEIGHTS),
        *((f"profile {each}", {"profile": each}) for each in PROFILES),
        *((f"alternatives {each}", {"alternatives": each}) for each in ALTERNATIVES),
        *((f"baseline huff {beta:g}", {"baseline": "huff", "beta": beta}) for beta in BYPASS_BETAS),
    ]
    out += [
        Reading(f"{DEFAULT}, {name}", "median", change)
        for name, change in changes
        if replace(asked, **change) != asked
    ]
    if kind in _WITH_BOTH:
        out += [Reading(f"{DEFAULT}, of {each}", of=each) for each in OF]
    return tuple(out)
