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
from impact.evidence.reproduce.setting import Setting
from impact.study import ALTERNATIVES, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.evidence.reproduce.definitions import Definition

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
    agreed
        Whether recipients that a claim names take over; else the rule decides.
    """

    name: str
    pick: str = "median"
    changes: Mapping[str, Any] = field(default_factory=dict)
    of: str = ""
    agreed: bool = True


NOT_AGREED = f"{DEFAULT}, recipients nearest"
"""Reading of a claim that names recipients: as if it named none."""


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


def definition_named(name: str) -> Definition | None:
    """Find a definition of a range by its name, whatever the run assumes.

    Parameters
    ----------
    name
        As in the column ``definition``.

    Returns
    -------
    Definition or None
        `None` for those that only other claims have.
    """
    # what one of them assumes is a change to the other
    one = Setting()
    two = Setting("spits", "75+", "all", "huff", locations="organisation", edge="wide")
    every = (*definitions(one), *definitions(two))
    return next((each for each in every if each.name == name), None)


def own_readings(claim_kind: str, *, named: bool = False, agreed: bool = False) -> list[Reading]:
    """Definitions of a claim that take no other assumptions than those of the run.

    Parameters
    ----------
    claim_kind
        Kind of the claim.
    named
        Whether the claim says who stops.
    agreed
        Whether it says who takes over.

    Returns
    -------
    list of Reading
        The default first.
    """
    out = [Reading(DEFAULT)]
    if not named and claim_kind not in {"which_not_how_many", "better"}:
        out += [Reading(LEAST, "least"), Reading(GREATEST, "greatest")]
    if agreed:
        out.append(Reading(NOT_AGREED, agreed=False))
    if claim_kind in _WITH_BOTH:
        out += [Reading(f"{DEFAULT}, of {each}", of=each) for each in OF]
    return out


def readings(
    asked: Setting, kind: str, *, named: bool = False, agreed: bool = False
) -> tuple[Reading, ...]:
    """Definitions that any claim but a range can be read under.

    Parameters
    ----------
    asked
        Assumptions of the run.
    kind
        Of the claim.
    named, agreed
        Whether the claim says who stops, and who takes over.

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
    changes: list[tuple[str, dict[str, Any]]] = [
        *((f"weights {each}", {"weights": each}) for each in WEIGHTS),
        *((f"profile {each}", {"profile": each}) for each in PROFILES),
        *((f"alternatives {each}", {"alternatives": each}) for each in ALTERNATIVES),
        *((f"baseline huff {beta:g}", {"baseline": "huff", "beta": beta}) for beta in BYPASS_BETAS),
    ]
    others = [
        Reading(f"{DEFAULT}, {name}", changes=change)
        for name, change in changes
        if replace(asked, **change) != asked
    ]
    return (*own_readings(kind, named=named, agreed=agreed), *others)
