"""A claim: what is said, of whom, and the words that a claims file may use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = (
    "range",
    "nobody_more",
    "share_within",
    "place_longer",
    "better",
    "which_not_how_many",
    "minimal",
    "group_longer",
)
OF = ("moved", "all")
"""Whose minutes: of those who must go to another hospital, or of all residents."""

BY = ("car", "public transport")
COMPARE = ("about", "at_least", "at_most")
MORE, LESS, EQUAL = "more", "less", "equal"
GROUP_COMPARE = (MORE, LESS, EQUAL)
"""How the extra minutes of a group differ from those of everybody else."""

LOWEST, HIGHEST = "lowest", "highest"
"""Groups of a column that puts postcodes in classes, without their name."""

DRAWS = 20
"""Random speed tables for the margin of calculation."""

MARGIN_SEED = 1
"""Of what is drawn for the margin of calculation."""

SHIPPED = "published"
"""The shipped claims that are checked when no file is named."""

ROUNDING = 0.5
"""Minutes: what a claim in whole minutes leaves open."""


@dataclass(frozen=True)
class Change:
    """What stops, and who takes over.

    Attributes
    ----------
    stops
        Locations, sorted; empty where the claim does not say.
    moves_to
        Location that stops -> recipient -> share; empty: the nearest that is left.
    opens
        Locations that start, sorted.
    quotas
        Provider that stays -> its volume after the change, where volumes are divided.
    """

    stops: tuple[str, ...] = ()
    moves_to: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    opens: tuple[str, ...] = ()
    quotas: Mapping[str, float] = field(default_factory=dict)


NOTHING = Change()
"""Where a claim does not say what stops."""


@dataclass(frozen=True)
class Claim:
    """One claim, with everything in it checked against the data.

    Attributes
    ----------
    name, kind
        Its own name, and one of `KINDS`.
    region
        Oncology region; empty: all of them (only for kinds that may).
    treatment
        Treatment id, or name in a study of the user's own; empty: every treatment of the region
        that falls short of its norm.
    change, versus
        What stops; `versus` is what it is compared with (``better``).
    low, high, peaks
        Of a ``range``: minutes, and the treatments said to have the most.
    minutes, share, tolerance
        The number claimed: minutes, a share (0 to 1), and what counts as equal.
    of, compare, by
        One of `OF` (empty: both), of `COMPARE` or `GROUP_COMPARE`, of `BY`.
    postcode, municipality
        Of ``place_longer``: one of the two.
    group, value
        Of ``group_longer``: a column of people (``65+``), or one that puts postcodes in classes
        (``urbanity``) with the class that is meant: its name, `LOWEST` or `HIGHEST`.
    weights, definition
        Who counts, and under which definition the claim is meant; empty: the default.
    quote, source, date, note
        Literally what was said, where, when, and what we read into it.
    line
        Of its header in the file.
    """

    name: str
    kind: str
    region: str = ""
    treatment: str = ""
    change: Change = NOTHING
    versus: Change = NOTHING
    low: float = 0.0
    high: float = 0.0
    peaks: tuple[str, ...] = ()
    minutes: float = 0.0
    share: float = 0.0
    tolerance: float = ROUNDING
    of: str = ""
    compare: str = "about"
    by: str = "car"
    postcode: str = ""
    municipality: str = ""
    group: str = ""
    value: str = ""
    weights: str = ""
    definition: str = ""
    quote: str = ""
    source: str = ""
    date: str = ""
    note: str = ""
    line: int = 0


@dataclass(frozen=True)
class Claims:
    """A claims file.

    Attributes
    ----------
    title, source, sha256
        Of the file.
    claims
        In its order.
    """

    title: str
    source: str
    sha256: str
    claims: tuple[Claim, ...]
