"""The schema of study.toml, from which docs/study.schema.json is made for editors."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag
from pydantic.json_schema import WithJsonSchema

from impact.messages import Verbatim, said
from impact.study.model import (
    ALL_FAIL,
    ALLOCATIONS,
    ALTERNATIVES,
    BUNDLED,
    CANDIDATE_RULES,
    FILLS,
    LAYERS,
    ROUNDINGS,
)
from impact.study.toml import (
    Amount,
    Count,
    Expecting,
    Listed,
    Names,
    NotNegative,
    Number,
    PathText,
    Prose,
    Switch,
    Table,
    Text,
    Words,
    Years,
    one_of,
)

PUBLISHED = "published"
"""Stands for a row of the shipped table of published counts."""

_RATES = said("{example} with numbers of 0 or more", example='{ "name" = 1.5 }')
_SHARES = said('{{ "stops here" = {{ "goes there" = 1.0 }} }}')
_LOCATIONS = Verbatim('{ "intervention" = ["location"] }')
_PATIENTS = Verbatim('{ national = 2400, rates = { "0-64" = 1, "65+" = 8 } }')

Address = Annotated[
    str,
    Field(pattern=r"^(https?://[^\s/?#]+[^\s?#]*)?$"),
    Expecting("an address such as https://example.org/reistijd", ""),
]
Year = Annotated[int | str, Expecting("a year", "", whole=True)]
Day = Annotated[
    dt.date,
    WithJsonSchema({"type": "string", "format": "date"}),
    Expecting("a date such as 2027-01-01"),
]
_Rates = Annotated[dict[str, NotNegative], Expecting(_RATES, dict)]
_Locations = Annotated[dict[Words, Names], Expecting(_LOCATIONS, dict)]
_Takers = Annotated[
    dict[Words, Annotated[float, Number, Expecting(_SHARES)]], Expecting(_SHARES, dict)
]


class PatientsTable(Table):
    """Patients per year from a national count and rates by age."""

    national: (
        Annotated[Amount | Literal["published"], Expecting("a number of 1 or more", whole=True)]
        | None
    ) = Field(
        None, description="Patients per year in the Netherlands, or 'published' (with volume)."
    )
    volume: Words = Field("", description="Row of volumes_published.csv, beside 'published'.")
    year: Year = Field("", description="Its year, where there are several.")
    rates: Annotated[
        Annotated[_Rates, Tag("rates")] | Annotated[PathText, Tag("file")],
        Discriminator(lambda value: "file" if isinstance(value, str) else "rates"),
    ] = Field({}, description="Age band -> rate, or a table of them.")
    source: Prose = Field("", description="Who says so.")


class HuffTable(Table):
    """Parameters of Huff's rule."""

    beta: NotNegative | None = Field(
        None, description="Per minute; left out: estimated from the flows."
    )
    alpha: NotNegative = Field(1.0, description="Exponent of the attraction.")
    attraction: PathText = Field("", description="Table: location, attraction.")


class LogitTable(Table):
    """Coefficients of a conditional logit; other keys are columns of the attributes."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Number] = Field(init=False)

    minutes: Annotated[
        float,
        Field(lt=0.0, allow_inf_nan=False),
        Expecting("a coefficient below zero: minutes deter", -1.0),
    ] = Field(description="Per minute.")
    attributes: PathText = Field("", description="Table: location and the columns named here.")


class InterventionTable(Table):
    """A treatment to which one volume norm applies."""

    name: Text = Field(description="As in every output.")
    treatment: Words = Field("", description="Key into the shipped tables (treatments.csv).")
    norm: Amount | None = Field(None, description="Least number per location per year.")
    norm_unit: Words = Field("", description="Of what.")
    providers: Annotated[Names, Expecting("a list of names", tuple)] = Field(
        description="Locations that perform it today."
    )
    stop_count: Count | None = Field(
        None, description="How many providers stop; left out: named scenarios only."
    )
    all_fail: Annotated[str, one_of(ALL_FAIL)] = Field(
        "", description="What happens where all stop."
    )
    alternatives: Annotated[str, one_of(ALTERNATIVES, "inside")] = Field(
        "inside", description="Where patients may go: inside the region, or everywhere."
    )
    outside: Names = Field((), description="Providers of other regions; left out: the register's.")
    allocation: Annotated[str, one_of(ALLOCATIONS, "nearest")] = Field(
        "nearest", description="Rule that says where demand goes."
    )
    flows: PathText = Field("", description="Table: postcode, provider, patients.")
    huff: Annotated[HuffTable, Expecting(Verbatim("huff = { ... }"))] | None = None
    logit: Annotated[LogitTable, Expecting(Verbatim("logit = { ... }"))] | None = None
    must_stay: Names = Field((), description="Providers that never stop.")
    must_stop: Names = Field((), description="Providers that always stop.")
    may_open: Names = Field((), description="Locations that candidates may open.")
    volumes: PathText = Field("", description="Table: location, volume (registered counts).")
    years: Years | None = Field(
        None, description="Years that flows and volumes are counted over; left out: the study's."
    )
    candidates: Annotated[str, one_of(CANDIDATE_RULES, "all")] = Field(
        "all", description="Rule by which candidates arise."
    )
    patients: Annotated[PatientsTable, Expecting(_PATIENTS)] | None = None
    within: Annotated[
        Annotated[Words, Tag("name")] | Annotated[Names, Tag("members")],
        Discriminator(lambda value: "name" if isinstance(value, str) else "members"),
    ] = Field(
        "region",
        description="With catchment: region, subregion, vascular, a network, or its members.",
    )
    rounding: Annotated[str, one_of(ROUNDINGS, "exact")] = Field(
        "exact", description="With catchment: exact, or whole minutes."
    )
    moves_share: Annotated[
        float,
        Field(gt=0.0, le=1.0, allow_inf_nan=False),
        Expecting("a part above 0 and at most 1", 1.0),
    ] = Field(1.0, description="With catchment: part of the patients who go elsewhere.")
    fill: Annotated[str, one_of(FILLS)] = Field(
        "", description="With catchment: fill up to the norm, as published or with least travel."
    )
    layer: Annotated[str, one_of(LAYERS, "region")] = Field(
        "region", description="With catchment and a list in within: what kind of network it is."
    )
    fold_less: Switch = Field(
        default=False,
        description="With catchment: who travels less counts in the band below 5, as published.",
    )


class ScenarioTable(Table):
    """A named choice of providers that stop."""

    name: Text = Field(description="As in every output.")
    stops: _Locations = Field({}, description="Intervention -> locations that stop.")
    opens: _Locations = Field({}, description="Intervention -> locations that start.")
    moves_to: Annotated[dict[Words, _Takers], Expecting(_SHARES, dict)] = Field(
        {}, description="Who stops -> who takes over -> share; shares add to 1."
    )
    start: Day | None = Field(None, alias="from", description="Date from which it holds.")
    status: Words = Field("", description="How sure it is: decided, agreed, proposed, example.")
    source: Prose = Field("", description="Who says so.")


class ProviderTable(Table):
    """A correction of the provider register."""

    region: Words = Field("", description="Of the row; left out: that of the study.")
    intervention: Words = Field("", description="Of the study.")
    treatment: Words = Field("", description="Instead of an intervention (treatments.csv).")
    location: Words = Field("", description="Name of the hospital location.")
    performs: Switch = Field(default=True, description="Whether it performs the treatment.")
    status: Words = Field("", description="sourced, weak, disputed or unverified.")
    source: Prose = Field("", description="Who says so.")
    year: Year = Field("", description="Of the source.")
    note: Prose = Field("", description="What else to know.")
    by: Words = Field("", description="Who corrects the register.")
    reason: Prose = Field("", description="Why.")


class ImpactTable(Table):
    """What a shift means for facilities and staff."""

    workbook: Annotated[
        PathText, Field(min_length=1), Expecting("the workbook of impact template, filled in", "")
    ] = Field(description="Workbook of `impact template --xlsx`, filled in by the hospitals.")


class HeadTable(Table):
    """What the study is about, and what it is computed with."""

    title: Text = Field(description="As in every output.")
    region: Text = Field(
        "", description="An oncology region, or a region of your own postcodes; or regions."
    )
    regions: Names = Field((), description="Several regions as one, instead of region.")
    contact: Words = Field("", description="Whom readers tell what is wrong: a name, an address.")
    site: Address = Field(
        "", description="Address where the folder of results will stand, for links that show a map."
    )
    roads: PathText = Field(
        BUNDLED,
        description="'bundled' (streets), 'main' (main roads), or a network file.",
    )
    postcodes: PathText = Field(BUNDLED, description="'bundled', or a table.")
    hospitals: PathText = Field(BUNDLED, description="'bundled', or a table.")
    times: PathText = Field("", description="Minutes of your own, instead of roads.")
    profile: Words = Field("dal", description="Speeds: dal, vrij or spits.")
    demand: PathText = Field(
        "population",
        description="population, 65+, 75+, a column, modelled, or a table of patients.",
    )
    years: Years = Field(
        1, description="Years that tables of patients, flows and volumes are counted over."
    )
    totals: PathText = Field(
        "", description="Table: level, name, patients; what hidden counts add up to."
    )
    groups: Listed = Field(
        (),
        description="Groups side by side: 65+, 75+, columns of people, or any column.",
    )
    providers_file: PathText = Field("", description="Table of corrections of the register.")
    transit: Listed = Field(
        (), description="Timetables (GTFS feeds), or one matrix of public transport."
    )
    transit_date: Day | None = Field(
        None, description="Working day of the timetable; left out: the next Tuesday."
    )
    transit_rules: PathText = Field("", description="Appointments and limits by public transport.")


class RulesTable(Table):
    """Rules for what is shown where nothing is named."""

    university_hospitals_stay: Switch = Field(
        default=True,
        description="Whether university hospitals and declared centres stay in the displayed "
        "candidate and the optimum, unless must_stop or a scenario names them.",
    )


def _no_head() -> HeadTable:
    return HeadTable.model_construct(title="", region="")


class StudyFile(Table):
    """A study: what is asked (docs/study.md)."""

    study: Annotated[HeadTable, Expecting("a table [study]", _no_head)]
    rules: Annotated[RulesTable, Expecting("a table [rules]", RulesTable)] = RulesTable()
    intervention: Annotated[
        tuple[Annotated[InterventionTable, Expecting("a table [[intervention]]")], ...],
        Field(strict=False),
        Expecting("tables headed [[intervention]]", tuple),
    ] = ()
    impact: Annotated[ImpactTable, Expecting("a table [impact]")] | None = None
    scenario: Annotated[
        tuple[Annotated[ScenarioTable, Expecting("a table [[scenario]]")], ...],
        Field(strict=False),
        Expecting("tables headed [[scenario]]", tuple),
    ] = ()
    provider: Annotated[
        tuple[Annotated[ProviderTable, Expecting("a table [[provider]]")], ...],
        Field(strict=False),
        Expecting("tables headed [[provider]]", tuple),
    ] = ()
