"""The schema of claims.toml, from which docs/claims.schema.json is made for editors."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 (pydantic reads it at run time)
from typing import Annotated, Literal

from pydantic import Field

from impact.evidence.claims.claim import BY, COMPARE, GROUP_COMPARE, OF
from impact.study.toml import (
    Expecting,
    Listed,
    Names,
    NotNegative,
    Number,
    Prose,
    Table,
    Text,
    Words,
    one_of,
)

_Definition = Annotated[
    Words, Field(description="Definition that is meant; left out: the default.")
]
_Of = Annotated[str, one_of(OF), Field(description="Whose minutes; left out: both.")]
_Minutes = Annotated[NotNegative | None, Field(description="Minutes that are claimed.")]


class ClaimTable(Table):
    """What every claim can have."""

    name: Text = Field(description="Of the claim.")
    region: Words = Field("", description="Oncology region; left out: that of the place, or all.")
    by: Annotated[str, one_of(BY, BY[0])] = Field(BY[0], description="How people travel.")
    weights: Words = Field("", description="Who counts: population, 65+ or 75+.")
    quote: Prose = Field("", description="Literally what was said.")
    source: Prose = Field("", description="Where.")
    date: Annotated[dt.date | str, Expecting("a date or a text", "", whole=True)] = Field(
        "", description="When."
    )
    note: Prose = Field("", description="What we read into it.")


class StopsTable(ClaimTable):
    """A claim on who stops."""

    treatment: Words = Field("", description="Key or name; left out: every one that falls short.")
    stops: Names = Field((), description="Locations that stop.")
    to: Words = Field("", description="Who takes over; left out: the nearest that is left.")
    scenario: Words = Field("", description="Scenario of the study, instead of stops.")
    definition: _Definition = ""


class RangeTable(ClaimTable):
    """Extra minutes lie between two ends."""

    kind: Literal["range"]
    low: Number | None = Field(None, description="Lower end, minutes.")
    high: Number | None = Field(None, description="Upper end, minutes.")
    peaks: Listed = Field((), description="Treatments said to have the most.")
    definition: _Definition = ""


class NobodyMoreTable(StopsTable):
    """Nobody travels so much longer."""

    kind: Literal["nobody_more"]
    minutes: _Minutes = None


class ShareWithinTable(StopsTable):
    """So many per cent are within so many minutes."""

    kind: Literal["share_within"]
    minutes: _Minutes = None
    share: NotNegative | None = Field(None, description="Per cent.")
    of: _Of = ""


class PlaceLongerTable(StopsTable):
    """From one place it is so much longer."""

    kind: Literal["place_longer"]
    postcode: Annotated[int | str, Expecting("a postcode with residents", "", whole=True)] = Field(
        "", description="Where; or a municipality."
    )
    municipality: Words = Field("", description="Where; or a postcode.")
    minutes: Number | None = Field(None, description="Extra minutes; below zero: shorter.")
    compare: Annotated[str, one_of(COMPARE, COMPARE[0])] = Field(
        COMPARE[0], description="Whether about, at least or at most so many."
    )
    tolerance: NotNegative | None = Field(None, description="Minutes that count as equal.")


class BetterTable(StopsTable):
    """One choice is better than another."""

    kind: Literal["better"]
    than: Names = Field((), description="Locations that stop instead.")
    than_to: Words = Field("", description="Who takes over instead.")
    than_scenario: Words = Field("", description="The other scenario.")
    of: _Of = ""


class WhichTable(ClaimTable):
    """Which locations stop matters more than how many."""

    kind: Literal["which_not_how_many"]
    treatment: Words = ""
    definition: _Definition = ""


class GroupLongerTable(StopsTable):
    """One group of people travels longer than everybody else."""

    kind: Literal["group_longer"]
    group: Words = Field("", description="65+, 75+, urbanity, house_value, or a column.")
    value: Words = Field(
        "", description="Group of such a column: its name in groups.csv, lowest or highest."
    )
    compare: Annotated[str, one_of(GROUP_COMPARE, GROUP_COMPARE[0])] = Field(
        GROUP_COMPARE[0], description="Whether more, less or equal to everybody else."
    )
    tolerance: NotNegative | None = Field(None, description="Minutes that count as equal.")
    of: _Of = ""


class MinimalTable(ClaimTable):
    """The extra minutes are so few."""

    kind: Literal["minimal"]
    treatment: Words = ""
    minutes: _Minutes = None
    of: _Of = ""
    definition: _Definition = ""


KIND_TABLES: dict[str, type[ClaimTable]] = {
    "range": RangeTable,
    "nobody_more": NobodyMoreTable,
    "share_within": ShareWithinTable,
    "place_longer": PlaceLongerTable,
    "better": BetterTable,
    "which_not_how_many": WhichTable,
    "minimal": MinimalTable,
    "group_longer": GroupLongerTable,
}
"""Kind of a claim -> its table."""


class HeadTable(Table):
    """About the file."""

    title: Words = Field("", description="Of the claims.")


class ClaimsFile(Table):
    """Claims that are held against the model (docs/claims.md)."""

    claims: Annotated[HeadTable, Expecting("a table [claims]", HeadTable)] = HeadTable(title="")
    claim: tuple[
        Annotated[
            RangeTable
            | NobodyMoreTable
            | ShareWithinTable
            | PlaceLongerTable
            | BetterTable
            | WhichTable
            | MinimalTable
            | GroupLongerTable,
            Field(discriminator="kind"),
        ],
        ...,
    ]


class ClaimsHead(Table):
    """The same with claims of any kind: each is held against the table of its kind."""

    claims: Annotated[HeadTable, Expecting("a table [claims]", HeadTable)] = HeadTable(title="")
    claim: Annotated[
        tuple[Annotated[dict[str, object], Expecting("a table [[claim]]", dict)], ...],
        Field(strict=False),
        Expecting("tables headed [[claim]]", tuple),
    ] = ()
