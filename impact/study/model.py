"""A study: what is asked, as frozen dataclasses. `impact.study.read` reads them from TOML."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from impact.errors import Fault, InputError, nearest_names

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

BUNDLED = "bundled"
MAIN = "main"
"""Roads: the shipped main roads, to compare with the shipped streets."""

SHIPPED_ROADS = (BUNDLED, MAIN)
"""Stands for the shipped table in place of a path."""

DISPLAYED = "displayed candidate"
"""Name, in tables, of the candidate that is displayed where no scenario is named."""

RULE = "rule: "
"""Starts the name, in tables, of the candidate that a rule of the study points at."""

ALL_FAIL = ("one_takes_all", "leaves_region")
ALTERNATIVES = ("inside", "all")
CAR, TRANSIT, MIX = "car", "transit", "mix"
TRAVEL_MODES = (CAR, TRANSIT, MIX)
CATCHMENT = "catchment"
ALLOCATIONS = ("nearest", "observed", "huff", "logit", CATCHMENT)
ROUNDINGS = ("exact", "minutes")
FILLS = ("published", "least_travel")
LAYERS = ("region", "subregion", "vascular")
"""Kinds of networks that patients may be redistributed in."""

CANDIDATE_RULES = ("all", "fallback", "smallest", "largest", "share", "smaller")
WEIGHTS = {
    "population": "population",
    "65+": "population_65plus",
    "75+": "population_75plus",
}
"""Demand that stands for residents: name in a study -> column of the postcode table."""

MODELLED = "modelled"
"""Demand in patients per year that are modelled from the shipped national counts."""


@dataclass(frozen=True)
class Huff:
    """Parameters of Huff's rule: shares go with ``attraction ** alpha * exp(-beta * minutes)``.

    Attributes
    ----------
    beta
        Per minute; `None`: estimated from the intervention's flows.
    alpha
        Exponent of the attraction; with an estimated beta it is estimated too.
    attraction
        Table of locations with a column ``attraction``, or empty: all alike.
    """

    beta: float | None = None
    alpha: float = 1.0
    attraction: str = ""


@dataclass(frozen=True)
class Logit:
    """Coefficients of a conditional logit, as the user estimated them.

    Attributes
    ----------
    minutes
        Per minute; below zero.
    coefficients
        Column of the attributes table -> coefficient.
    attributes
        Table of locations with those columns, or empty: minutes alone decide.
    """

    minutes: float
    coefficients: Mapping[str, float] = field(default_factory=dict)
    attributes: str = ""


@dataclass(frozen=True)
class PatientRates:
    """Patients per year from rates by age and a national count, instead of a table of them.

    Attributes
    ----------
    national
        Patients per year in the Netherlands; `None`: `published` names it, or rates are per
        100,000 residents per year.
    published, year
        Row of the shipped volumes_published.csv that holds the national count, and its year where
        there are several.
    rates
        Age band -> rate; only ratios matter beside a national count.
    rates_file
        Table of them, or empty.
    source
        Who says so.
    """

    national: float | None = None
    published: str = ""
    year: str = ""
    rates: Mapping[str, float] = field(default_factory=dict)
    rates_file: str = ""
    source: str = ""


@dataclass(frozen=True)
class ProviderOverride:
    """One row of the provider register, corrected by a study.

    Attributes
    ----------
    region, treatment, intervention
        Whose row it is: of an intervention of the study, or of a treatment in another region (then
        `intervention` is empty).
    location, performs
        Which location, and whether it performs the treatment.
    status, source, year, note
        As in the register.
    by, reason
        Who corrects, and why.
    """

    region: str
    treatment: str
    intervention: str
    location: str
    performs: bool
    by: str
    reason: str
    status: str = "unverified"
    source: str = ""
    year: str = ""
    note: str = ""


@dataclass(frozen=True)
class Intervention:
    """One treatment to which one volume norm applies.

    Attributes
    ----------
    name
        As in every output.
    providers
        Locations that perform it today, sorted by name.
    treatment
        Key into the shipped tables; empty for a treatment of the user's own.
    norm, norm_unit
        Least number per location per year, and of what.
    stop_count
        How many providers stop; `None` where only named scenarios are asked for.
    all_fail
        What happens where all stop: ``one_takes_all``, ``leaves_region``, or empty.
    alternatives
        ``inside`` the region, or ``all``: providers of other regions too.
    outside
        Those providers of other regions; empty: the register's, for the same treatment.
    allocation
        Rule that says where demand goes.
    flows
        Table of patients per postcode and provider, or empty.
    huff, logit
        Parameters of those rules.
    must_stay, must_stop
        Locks.
    may_open
        Locations that candidates may open.
    volumes
        Table of registered counts, or empty.
    years
        Years that flows and volumes are counted over; `None`: as the study says.
    candidates
        Rule by which candidates arise.
    patients
        Where demand in patients comes from, if not from the study's `demand`.
    within
        With ``catchment``: where patients are redistributed: ``region``, ``subregion``,
        ``vascular``, the name of a network, or its members.
    rounding
        With ``catchment``: ``exact`` or whole ``minutes``.
    moves_share
        With ``catchment``: part of the patients of a provider that stops who go elsewhere.
    fill
        With ``catchment``: how providers are filled up to the norm (`FILLS`), or empty.
    layer
        With ``catchment``: the kind of network that a list in `within` is (`LAYERS`).
    fold_less
        With ``catchment``: whether the published travel table counts who travels less in the band
        below 5 minutes, as published.
    """

    name: str
    providers: tuple[str, ...]
    treatment: str = ""
    norm: float | None = None
    norm_unit: str = ""
    stop_count: int | None = None
    all_fail: str = ""
    alternatives: str = "inside"
    outside: tuple[str, ...] = ()
    allocation: str = "nearest"
    flows: str = ""
    huff: Huff | None = None
    logit: Logit | None = None
    must_stay: tuple[str, ...] = ()
    must_stop: tuple[str, ...] = ()
    may_open: tuple[str, ...] = ()
    volumes: str = ""
    candidates: str = "all"
    patients: PatientRates | None = None
    within: str | tuple[str, ...] = "region"
    rounding: str = "exact"
    moves_share: float = 1.0
    fill: str = ""
    layer: str = "region"
    fold_less: bool = False
    years: int | None = None


@dataclass(frozen=True)
class Scenario:
    """A named choice of providers that stop, over one or more interventions.

    Attributes
    ----------
    name
        As in every output.
    stops, opens
        Intervention -> locations.
    moves_to
        Stopping provider -> recipient -> share.
    start
        Date from which it holds, or `None`.
    status, source
        How sure it is, and who says so.
    """

    name: str
    stops: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    opens: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    moves_to: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    start: dt.date | None = None
    status: str = ""
    source: str = ""


@dataclass(frozen=True)
class Study:
    """Everything that a run needs to know.

    Attributes
    ----------
    title, region
        As in every output; the demand is that of the region's residents. Of several regions the
        names with a plus between them.
    regions
        Their names, where there are several.
    interventions, scenarios
        In the order of their names, so that the order in the file changes nothing.
    roads, postcodes, hospitals
        ``bundled`` or a path.
    times
        A matrix of the user's own, or empty.
    profile, engine
        Speed profile, and shortest-path engine (empty: the default).
    demand
        ``population``, ``65+``, ``75+``, a column of the postcode table, ``modelled`` (patients
        per year from national counts), or a table of patients per postcode and year.
    groups
        Columns that count people, for which the summary has extra rows, or that divide postcodes.
    workbook
        What hospitals filled in on facilities and staff (`impact template --xlsx`), or empty.
    overrides
        Rows of the provider register that the study corrects; `providers` follow them already.
    university_hospitals_stay
        Whether university hospitals and declared centres stay in what nobody named
        (`impact.model.staying`).
    left_out
        Names of interventions that are not computed now; tables may hold rows of them.
    contact
        Whom readers tell what is wrong, or empty.
    site
        Address where the folder of results will stand, or empty.
    source
        File that the study came from.
    transit
        Timetables (GTFS feeds), or one matrix of public transport; empty: by car only.
    transit_date
        Working day of the timetable, or `None`: the next Tuesday.
    transit_rules
        Table of appointments and limits by public transport, or empty: the shipped one.
    travel_mode
        Whose minutes decide who goes where, and are counted: ``car``, ``transit`` or ``mix``.
    without_car
        Of a mix: column of the demand points with the share of people without a car.
    years
        Years that tables of counts are counted over, unless an intervention says otherwise.
    totals
        Table of known totals that hidden counts add up to, or empty.
    """

    title: str
    region: str
    interventions: tuple[Intervention, ...]
    scenarios: tuple[Scenario, ...] = ()
    roads: str = BUNDLED
    postcodes: str = BUNDLED
    hospitals: str = BUNDLED
    times: str = ""
    profile: str = "dal"
    demand: str = "population"
    groups: tuple[str, ...] = ()
    workbook: str = ""
    overrides: tuple[ProviderOverride, ...] = ()
    university_hospitals_stay: bool = True
    left_out: tuple[str, ...] = ()
    contact: str = ""
    site: str = ""
    regions: tuple[str, ...] = ()
    source: str = ""
    sha256: str = ""
    folder: Path = field(default_factory=Path)
    transit: tuple[str, ...] = ()
    transit_date: dt.date | None = None
    transit_rules: str = ""
    travel_mode: str = "car"
    without_car: str = ""
    years: int = 1
    totals: str = ""

    def years_of(self, intervention: Intervention) -> int:
        """Return the years that the flows and volumes of an intervention are counted over."""
        return self.years if intervention.years is None else intervention.years

    @property
    def region_names(self) -> tuple[str, ...]:
        """Names of the regions, as tables of places and providers have them."""
        return self.regions or (self.region,)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all interventions, computed or not."""
        return (*(each.name for each in self.interventions), *self.left_out)

    def only(self, name: str) -> Study:
        """Return the study of one intervention.

        Parameters
        ----------
        name
            As in the study.

        Returns
        -------
        Study

        Raises
        ------
        InputError
            Suggesting the nearest names.
        """
        chosen = self.intervention(name)
        others = tuple(each for each in self.names if each != name)
        return replace(self, interventions=(chosen,), left_out=others)

    def intervention(self, name: str) -> Intervention:
        """Return the intervention of that name.

        Parameters
        ----------
        name
            As in the study.

        Returns
        -------
        Intervention

        Raises
        ------
        InputError
            Suggesting the nearest names.
        """
        for each in self.interventions:
            if each.name == name:
                return each
        known = [each.name for each in self.interventions]
        raise InputError(
            Fault(
                self.source,
                "",
                "intervention",
                name,
                "an intervention of the study",
                nearest_names(name, known),
            )
        )

    def path(self, name: str) -> Path:
        """Return a path of the study, relative to the study file."""
        return self.folder / name
