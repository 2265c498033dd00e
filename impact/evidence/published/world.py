"""What the published table is computed from: people, places, register, a matrix per profile."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from impact.bundled import study_paths
from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.model.allocation_rule import BYPASS_BETAS
from impact.model.divisions import read_divisions
from impact.model.inputs import access_notes, load_roads, postcode_path, timed
from impact.notes import Note
from impact.study.model import ALTERNATIVES, BUNDLED, SHIPPED_ROADS, WEIGHTS
from impact.study.read import read_study
from impact.study.register import outside_providers, read_register
from impact.tables.places import (
    ANYWHERE,
    NETHERLANDS,
    check_region,
    read_hospitals,
    read_postcodes,
    read_regions,
)
from impact.times.cache import cached_travel_times

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from impact.model.divisions import Division
    from impact.network.network import RoadNetwork
    from impact.study.model import Study
    from impact.times.matrix import TravelTimes

BASELINES = ("nearest", "huff")
RECIPIENTS = ("rule", "nearest")
LOCATIONS = ("listed", "organisation")
EDGES = ("member", "narrow", "wide")

STRONGEST_BETA = 1.0
"""Per minute; anything stronger is ``nearest`` in all but name."""

EDGE_MINUTES = 5.0
"""A postcode is at the edge where two regions' nearest member locations differ by less."""


@dataclass(frozen=True)
class Assumptions:
    """Assumptions; each can be changed alone.

    Attributes
    ----------
    profile
        Speed profile.
    weights
        ``population``, ``65+`` or ``75+``: who counts.
    alternatives
        ``inside`` the region, or ``all``: known providers of other regions too.
    baseline
        ``nearest``: everybody goes to the nearest provider today; ``huff``: shares proportional
        to exp(-beta x minutes).
    beta
        Decay per minute, for ``huff``.
    recipients
        ``rule``: those who must go elsewhere choose as they did before; ``nearest``: they go to
        the nearest that is left, whatever the baseline.
    locations
        ``listed``: a provider is the location that the register lists; ``organisation``: any
        full location of its organisation that is not listed itself.
    edge
        Whose residents: ``member``: those of the postcode table (nearest member location);
        ``narrow``: without those to whom another region is less than `EDGE_MINUTES` further;
        ``wide``: with those of other regions to whom this one is.

    Examples
    --------
    >>> Assumptions().baseline, Assumptions(weights="65+").weights
    ('nearest', '65+')
    """

    profile: str = "dal"
    weights: str = "population"
    alternatives: str = "inside"
    baseline: str = "nearest"
    beta: float = BYPASS_BETAS[1]
    recipients: str = "rule"
    locations: str = "listed"
    edge: str = "member"

    def __post_init__(self) -> None:
        """Refuse what no setting knows, all faults at once."""
        faults = [
            *_one_of("--weights", self.weights, tuple(WEIGHTS)),
            *_one_of("--alternatives", self.alternatives, ALTERNATIVES),
            *_one_of("--baseline", self.baseline, BASELINES),
            *_one_of("recipients", self.recipients, RECIPIENTS),
            *_one_of("locations", self.locations, LOCATIONS),
            *_one_of("edge", self.edge, EDGES),
        ]
        if not 0.0 < self.beta <= STRONGEST_BETA:
            expected = said(
                "a number above zero and at most {most:g} (per minute)", most=STRONGEST_BETA
            )
            faults.append(Fault("--beta", "", "", f"{self.beta:g}", expected))
        if faults:
            raise InputError(faults)


def _one_of(source: str, value: str, known: Sequence[str]) -> list[Fault]:
    if value in known:
        return []
    expected = said("one of {names}", names=", ".join(known))
    return [Fault(source, "", "", value, expected, nearest_names(value, known))]


def residents(shipped: ShippedStudies, region: str, setting: Assumptions) -> NDArray[np.int64]:
    """Postcodes that count as the region's, under a setting."""
    place = shipped.regions_by_name.index(region)
    if setting.edge == "member":
        return shipped.at_home[region]
    here = shipped.home == place
    reach = shipped.reach[setting.profile]
    inside, outside = reach[:, place], np.delete(reach, place, axis=1).min(axis=1)
    if setting.edge == "narrow":
        return np.flatnonzero(here & (outside - inside >= EDGE_MINUTES))
    return np.flatnonzero(here | (inside - outside < EDGE_MINUTES))


FULL_LOCATIONS = ("hoofdlocatie", "nevenlocatie")
"""Open locations that could perform a complex treatment: no mostly elective or outpatient ones."""


class People(NamedTuple):
    """Residents of a region: their postcodes, as a table and by name, and what ferries say."""

    postcodes: gpd.GeoDataFrame
    origins: tuple[str, ...]
    ferry: pd.Series[str]


@dataclass(frozen=True, eq=False)
class ShippedStudies:
    """Everything that settings choose from.

    Attributes
    ----------
    studies
        The shipped studies, one per region: treatments, providers, k and n.
    postcodes
        Of the whole country, index postcode; those without a route are left out.
    home : ndarray of int64, shape (n_postcodes,)
        Region of each postcode, as a place among the regions by name; -1 for none.
    weights
        ``population``, ``65+`` or ``75+`` -> people per postcode.
    hospitals
        All known locations, index name.
    regions, register
        See `impact.tables.places.read_regions` and `impact.study.register.read_register`.
    members
        Region -> its member organisations, sorted.
    mains
        Organisation -> the location that the register lists most.
    outside
        (region, treatment id) -> known providers of other regions.
    sisters
        Location -> the other open full locations of its organisation, sorted.
    times
        Profile -> minutes from all postcodes to all locations that any setting can use.
    reach
        Profile -> minutes to the nearest member location of each region, shape (n_postcodes,
        n_regions), regions by name.
    network
        The roads, timed for the first profile.
    notes
        What was left out, in plain words.
    from_cache
        Whether every matrix had been made before.
    known_people, known_divisions
        What `people` and `divisions` gave before; the same under other minutes.
    """

    studies: tuple[Study, ...]
    postcodes: gpd.GeoDataFrame
    home: NDArray[np.int64]
    weights: Mapping[str, NDArray[np.float64]]
    hospitals: gpd.GeoDataFrame
    regions: pd.DataFrame
    register: pd.DataFrame
    members: Mapping[str, tuple[str, ...]]
    mains: Mapping[str, str]
    outside: Mapping[tuple[str, str], tuple[str, ...]]
    sisters: Mapping[str, tuple[str, ...]]
    times: Mapping[str, TravelTimes]
    reach: Mapping[str, NDArray[np.float64]]
    network: RoadNetwork
    notes: tuple[Note, ...]
    from_cache: bool
    known_people: dict[tuple[str, ...], People] = field(default_factory=dict)
    known_divisions: dict[tuple[str, ...], tuple[Division, ...]] = field(default_factory=dict)

    def study(self, region: str) -> Study:
        """Return the shipped study of a region."""
        return next(each for each in self.studies if each.region == region)

    @cached_property
    def regions_by_name(self) -> tuple[str, ...]:
        """Regions in the order of `home` and `reach`."""
        return tuple(sorted(set(self.regions["region"])))

    @cached_property
    def at_home(self) -> Mapping[str, NDArray[np.int64]]:
        """Region -> the postcodes that the table counts as its own."""
        return {
            name: np.flatnonzero(self.home == place)
            for place, name in enumerate(self.regions_by_name)
        }

    def people(self, region: str, setting: Assumptions) -> People:
        """Residents of a region under a setting, as a study has them."""
        key = (region, setting.edge, setting.profile)
        if key not in self.known_people:
            here = self.postcodes.iloc[residents(self, region, setting)]
            ferry = pd.Series("", index=here.index, dtype=object)
            self.known_people[key] = People(here, tuple(here.index), ferry)
        return self.known_people[key]

    def divisions(self, region: str, setting: Assumptions) -> tuple[Division, ...]:
        """Postcodes of a region by class, as a study has them."""
        key = (region, setting.edge, setting.profile)
        if key not in self.known_divisions:
            study, here = self.study(region), self.people(region, setting).postcodes
            residents = here["population"].to_numpy(np.float64)
            found = read_divisions(study, postcode_path(study), here, residents)
            self.known_divisions[key] = found.value
        return self.known_divisions[key]

    @cached_property
    def _columns(self) -> Mapping[str, Mapping[str, int]]:
        return {
            profile: {name: column for column, name in enumerate(times.destinations)}
            for profile, times in self.times.items()
        }

    def minutes(
        self, profile: str, locations: Sequence[str], rows: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Minutes from some postcodes to some locations, shape (n_rows, n_locations)."""
        place = self._columns[profile]
        columns = np.array([place[name] for name in locations], dtype=np.int64)
        return self.times[profile].minutes[np.ix_(rows, columns)]


def load_shipped(
    *,
    roads: str = BUNDLED,
    profiles: Sequence[str],
    engine: str,
    region: str | None = None,
    km: bool = False,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
) -> ShippedStudies:
    """Read the shipped tables and make the matrices, with `km` the first with distances."""
    regions, register = read_regions(), read_register()
    known = sorted(register["region"].unique())
    if region is not None:
        check_region(region, known, source="--region")
    studies = tuple(
        study for study in map(read_study, study_paths().values()) if region in {None, study.region}
    )
    bounds = NETHERLANDS if roads in SHIPPED_ROADS else ANYWHERE
    postcodes = read_postcodes(weights=tuple(WEIGHTS.values()), bounds=bounds)
    hospitals = read_hospitals(bounds=bounds)
    belongs = member_locations(regions, hospitals)
    wanted = sorted({*register["location"], *(name for each in belongs.values() for name in each)})
    times, made, notes = {}, [], [*postcodes.attrs["notes"], *hospitals.attrs["notes"]]
    first = load_roads(replace(studies[0], roads=roads, profile=profiles[0]))
    for profile in profiles:
        network = timed(first, profile)
        times[profile], kept = cached_travel_times(
            network,
            postcodes,
            hospitals.loc[wanted],
            engine=engine,
            km=km and profile == profiles[0],
            progress=progress,
            use_cache=use_cache,
        )
        made.append(kept)
        notes += [note for note in access_notes(times[profile], network) if note not in notes]
    routed = np.logical_and.reduce(
        [np.isfinite(each.minutes).all(axis=1) for each in times.values()]
    )
    if not routed.all():
        lost = tuple(postcodes.index[~routed][:5])
        notes.append(Note.of("lost", count=int((~routed).sum()), names=lost))
        postcodes = postcodes[routed]
        kept_rows = list(map(str, postcodes.index))
        times = {name: each.select(kept_rows, each.destinations) for name, each in times.items()}
    return ShippedStudies(
        studies=studies,
        postcodes=postcodes,
        home=pd.Index(list(belongs)).get_indexer(postcodes["region"]).astype(np.int64),
        weights={key: postcodes[name].to_numpy(np.float64) for key, name in WEIGHTS.items()},
        hospitals=hospitals,
        regions=regions,
        register=register,
        members={
            str(name): tuple(sorted(rows["organisation"]))
            for name, rows in regions[regions["role"] == "lid"].groupby("region")
        },
        mains=main_locations(register, hospitals),
        outside={
            (study.region, each.treatment): outside_providers(each, study.region_names, register)
            for study in studies
            for each in study.interventions
        },
        sisters=sister_locations(hospitals, wanted),
        times=times,
        reach={name: _reach(each, belongs) for name, each in times.items()},
        network=first,
        notes=tuple(notes),
        from_cache=all(made),
    )


def member_locations(regions: pd.DataFrame, hospitals: pd.DataFrame) -> dict[str, list[str]]:
    """Open full locations of the member organisations of each region."""
    full = _full(hospitals)
    members = regions[regions["role"] == "lid"]
    return {
        str(region): sorted(full[full.isin(list(rows["organisation"]))].index)
        for region, rows in members.groupby("region", sort=True)
    }


def main_locations(register: pd.DataFrame, hospitals: pd.DataFrame) -> dict[str, str]:
    """Location of each organisation that the register lists most; of equals the first by name."""
    counts = register["location"].value_counts().sort_index()
    organisations = hospitals["organisation"].reindex(counts.index)
    return {
        str(organisation): str(rows.idxmax())
        for organisation, rows in counts.groupby(organisations.to_numpy())
    }


def sister_locations(hospitals: pd.DataFrame, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Find the other open full locations of the same organisation."""
    full = _full(hospitals)
    of = hospitals["organisation"]
    return {
        name: tuple(sorted(each for each in full.index[full == of[name]] if each != name))
        for name in names
    }


def _full(hospitals: pd.DataFrame) -> pd.Series[str]:
    """Organisation of every open full location."""
    kind = hospitals["location_type"].isin(FULL_LOCATIONS)
    organisations: pd.Series[str] = hospitals.loc[
        kind & (hospitals["status"] == "open"), "organisation"
    ]
    return organisations


def _reach(times: TravelTimes, belongs: Mapping[str, list[str]]) -> NDArray[np.float64]:
    return np.column_stack([times.to(names).min(axis=1) for names in belongs.values()])
