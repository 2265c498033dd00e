"""Read claims.toml into `Claim`s; every fault listed at once, with its line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.analysis.groups import AGES
from impact.bundled import data_path, study_paths
from impact.errors import Fault, InputError
from impact.evidence.claims.claim import (
    BY,
    COMPARE,
    HIGHEST,
    KINDS,
    LOWEST,
    NOTHING,
    ROUNDING,
    Change,
    Claim,
    Claims,
)
from impact.evidence.claims.judge import claim_definitions, own_definitions, range_definitions
from impact.evidence.claims.schema import (
    KIND_TABLES,
    ClaimsHead,
    GroupLongerTable,
    PlaceLongerTable,
)
from impact.evidence.published.table import treatment_names
from impact.evidence.published.world import Assumptions
from impact.messages import said
from impact.model.divisions import UNKNOWN, is_weight, read_divisions
from impact.model.inputs import postcode_path, residents_of
from impact.study.model import BUNDLED, WEIGHTS
from impact.study.read import read_study
from impact.study.toml import TomlReader, key_lines, read_toml
from impact.tables.places import read_postcodes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import geopandas as gpd

    from impact.evidence.claims.schema import ClaimTable
    from impact.model.divisions import Division
    from impact.model.inputs import StudyData
    from impact.study.model import Intervention, Study


@dataclass(frozen=True, eq=False)
class Known:
    """What a claim can be about.

    Attributes
    ----------
    studies
        Region -> its study.
    interventions
        Region -> key of a treatment -> the treatment as the region has it.
    names
        Key of a treatment, or a name of it -> its key.
    shown
        Names of treatments, for messages.
    postcodes
        Index postcode; region, municipality.
    weights
        Who may be counted.
    own
        Whether this is a study of the user's own.
    counted
        Groups that a column of people counts.
    divided
        Region -> what puts its postcodes in classes; read when a claim asks.
    """

    studies: Mapping[str, Study]
    interventions: Mapping[str, Mapping[str, Intervention]]
    names: Mapping[str, str]
    shown: tuple[str, ...]
    postcodes: gpd.GeoDataFrame
    weights: tuple[str, ...] = tuple(WEIGHTS)
    own: bool = False
    counted: tuple[str, ...] = AGES
    divided: Callable[[str], tuple[Division, ...]] = lambda _: ()

    def groups(self, region: str) -> dict[str, tuple[str, ...]]:
        """Group or column -> the classes of the column, of a region or of all of them."""
        out: dict[str, tuple[str, ...]] = dict.fromkeys(self.counted, ())
        for name in (region,) if region else self.studies:
            for each in self.divided(name):
                classes = tuple(group for group in each.classes if group != UNKNOWN)
                out[each.by] = tuple(dict.fromkeys((*out.get(each.by, ()), *classes)))
        return out

    def intervention(self, region: str, treatment: str) -> Intervention | None:
        """Return the treatment as the region has it; `None` where it does not fall short there."""
        return self.interventions[region].get(treatment)


def known_data() -> Known:
    """Read what claims about the shipped regions are held against."""
    studies = {each.region: each for each in map(read_study, study_paths().values())}
    names = {key: key for key in treatment_names("nl")}
    postcodes = read_postcodes()
    for lang in ("nl", "en"):
        names |= {name: key for key, name in treatment_names(lang).items()}
    return Known(
        studies,
        {
            region: {each.treatment: each for each in study.interventions}
            for region, study in studies.items()
        },
        names,
        tuple(treatment_names("nl").values()),
        postcodes,
        divided=lambda region: _divisions(
            studies[region], postcodes[postcodes["region"] == region]
        ),
    )


def known_study(study: Study, data: StudyData) -> Known:
    """Say what claims about one study are held against."""
    interventions = {each.name: each for each in study.interventions}
    postcodes = residents_of(data.postcodes, study).value
    patients = any(each.patients or each.flows for each in study.interventions)
    columns = WEIGHTS.values() if study.postcodes == BUNDLED else postcodes.columns
    counted = () if patients or study.demand not in WEIGHTS else tuple(WEIGHTS)
    groups = [each for each in AGES if WEIGHTS[each] in postcodes]
    groups += [each for each in study.groups if is_weight(each) and each not in groups]
    return Known(
        {study.region: study},
        {study.region: interventions},
        {name: name for name in interventions},
        tuple(interventions),
        postcodes.assign(region=study.region),
        tuple(name for name in counted if WEIGHTS[name] in columns),
        own=True,
        # everybody else can be counted only where everybody is
        counted=tuple(groups) if "population" in postcodes else (),
        divided=lambda _: _divisions(study, postcodes),
    )


def _divisions(study: Study, postcodes: gpd.GeoDataFrame) -> tuple[Division, ...]:
    """Put the postcodes of a study in classes, as a run of it does."""
    known = "population" in postcodes
    people = postcodes["population"].to_numpy(np.float64) if known else None
    return read_divisions(study, postcode_path(study), postcodes, people).value


class ChangeReader:
    """Reads the part of a ``[[claim]]`` that says what changes.

    Parameters
    ----------
    reader
        Collects the faults.
    table, path
        The values, and where they stand.
    known
        What claims can be about.
    region
        Of the claim; empty where it could not be read.
    """

    def __init__(
        self,
        reader: TomlReader,
        table: ClaimTable,
        path: str,
        known: Known,
        region: str,
    ) -> None:
        self.reader, self.table, self.path = reader, table, path
        self.said = said_in(table)
        self.known, self.region = known, region

    def change(self, keys: tuple[str, str, str], treatment: str) -> tuple[Change, str]:
        """Read one change."""
        stops_key, to_key, scenario_key = keys
        reader, stated, path = self.reader, self.said, self.path
        if scenario_key in stated:
            for key in (stops_key, to_key):
                if key in stated:
                    shown = stated[key] if isinstance(stated[key], str) else list(stated[key])
                    reader.fault(
                        f"{path}.{key}",
                        shown,
                        said("either {key} or {scenario_key}", key=key, scenario_key=scenario_key),
                    )
            return self._of_scenario(scenario_key, treatment)
        stops, taker = stated.get(stops_key, ()), stated.get(to_key, "")
        if taker and not stops:
            reader.fault(
                f"{path}.{to_key}",
                taker,
                said("{stops_key} beside it: who stops", stops_key=stops_key),
            )
        if not stops or not self.region:
            return NOTHING, treatment
        if not treatment:
            if "treatment" not in stated:
                reader.fault(
                    path, None, said("a treatment beside {stops_key}", stops_key=stops_key)
                )
            return NOTHING, treatment
        left = self._left(stops_key, stops, treatment)
        if not taker:
            return Change(stops), treatment
        if taker not in left:
            expected = said("a location that performs it and stays: {names}", names=", ".join(left))
            reader.fault(f"{path}.{to_key}", taker, expected, left)
        return Change(stops, {name: {taker: 1.0} for name in stops}), treatment

    def _left(self, key: str, stops: tuple[str, ...], treatment: str) -> list[str]:
        """Check who stops, and list the providers that stay."""
        reader, place = self.reader, f"{self.path}.{key}"
        intervention = self.known.intervention(self.region, treatment)
        providers = () if intervention is None else intervention.providers
        for name in stops:
            if name not in providers:
                expected = said("a location that performs it: {names}", names=", ".join(providers))
                reader.fault(place, name, expected, providers)
        left = [name for name in providers if name not in stops]
        if not left:
            reader.fault(place, ", ".join(stops), "one provider that is left")
        return left

    def _of_scenario(self, key: str, treatment: str) -> tuple[Change, str]:
        reader, known, place = self.reader, self.known, f"{self.path}.{key}"
        name = self.said[key]
        every = known.studies[self.region].scenarios if self.region else ()
        scenario = next((each for each in every if each.name == name), None)
        if scenario is None:
            names = [each.name for each in every]
            study = "the study" if known.own else "the shipped study"
            expected = said(
                "a scenario of {study}: {names}",
                study=study,
                names="; ".join(names) or "it has none",
            )
            reader.fault(place, name, expected, names)
            return NOTHING, treatment
        interventions = known.interventions[self.region]
        touched = {*scenario.stops, *scenario.opens}
        keys = [each for each, what in interventions.items() if what.name in touched]
        chosen = treatment or next(iter(keys), "")
        if chosen not in keys:
            reader.fault(place, name, "a scenario of the treatment named")
            return NOTHING, treatment
        what = interventions[chosen].name
        stops = scenario.stops.get(what, ())
        moves = {giver: takers for giver, takers in scenario.moves_to.items() if giver in stops}
        opens = tuple(sorted(scenario.opens.get(what, ())))
        return Change(tuple(sorted(stops)), moves, opens), chosen


_ANYWHERE = ("which_not_how_many", "minimal", "group_longer")
"""Kinds that may be about all regions."""


class ClaimReader:
    """Holds one ``[[claim]]`` against what is known.

    Parameters
    ----------
    reader
        Collects the faults.
    table
        The values.
    path
        Where the table stands: ``claim[1]``.
    known
        What claims can be about.
    """

    def __init__(self, reader: TomlReader, table: ClaimTable, path: str, known: Known) -> None:
        self.reader, self.table, self.path, self.known = reader, table, path, known
        self.said = said_in(table)

    def claim(self, kind: str) -> Claim:
        """Return the claim; faults go to the reader."""
        reader, table, path, stated = self.reader, self.table, self.path, self.said
        by = table.by
        place = self._place()
        region = self._region(kind, place)
        treatment = self._treatment(region, needed=kind == "better" and by == BY[0])
        asked = ChangeReader(reader, table, path, self.known, region)
        change, treatment = asked.change(("stops", "to", "scenario"), treatment)
        versus, _ = asked.change(("than", "than_to", "than_scenario"), treatment)
        if kind == "better" and NOTHING in (change, versus) and treatment:
            expected = "stops (or scenario) and than (or than_scenario): what is compared"
            reader.fault(path, None, expected)
        weights = self._weights()
        group, value = self._group(region)
        low, high = self._ends(kind)
        return Claim(
            name=table.name,
            kind=kind,
            region=region,
            treatment=treatment,
            change=change,
            versus=versus,
            low=low,
            high=high,
            peaks=self._peaks(),
            # without minutes: has a connection at all
            minutes=self._number(
                "minutes", by, missing=np.inf if kind == "share_within" else np.nan
            ),
            share=self._share(by),
            tolerance=self._number("tolerance", by, default=ROUNDING),
            of=stated.get("of", ""),
            compare=getattr(table, "compare", COMPARE[0]),
            by=by,
            postcode=place[0],
            municipality=place[1],
            group=group,
            value=value,
            weights=weights,
            definition=self._definition(kind, weights, counted=is_weight(group)),
            quote=table.quote,
            source=table.source,
            date=table.date if isinstance(table.date, str) else table.date.isoformat(),
            note=table.note,
            line=reader.lines.get(path, 0),
        )

    def _weights(self) -> str:
        """Who counts; refused where a study says so itself."""
        weights, known = self.table.weights, self.known.weights
        if not weights or weights in known:
            return weights
        expected = "no weights: the demand of this study says who counts"
        if known:
            expected = said("one of {names}", names=", ".join(known))
        self.reader.fault(f"{self.path}.weights", weights, expected, known)
        return ""

    def _group(self, region: str) -> tuple[str, str]:
        """Read the group, and which class of a column it is."""
        if not isinstance(self.table, GroupLongerTable):
            return "", ""
        reader, path = self.reader, self.path
        group, value = self.table.group, self.table.value
        known = self.known.groups(region)
        if group not in known:
            expected = said("a group: one of {names}", names=", ".join(known))
            reader.fault(f"{path}.group", group or None, expected, known)
            return "", ""
        counts = group in self.known.counted
        if counts and self.table.weights:
            expected = said("no weights beside group {name}, which says who counts", name=group)
            reader.fault(f"{path}.weights", self.table.weights, expected)
        classes = () if counts else (LOWEST, HIGHEST, *known[group])
        if value not in (classes or ("",)):
            expected = said("one of {names}", names=", ".join(classes))
            if counts:
                expected = said("no value beside group {name}", name=group)
            reader.fault(f"{path}.value", value or None, expected, classes)
        return group, value

    def _place(self) -> tuple[str, str]:
        """Postcode and municipality, those that exist."""
        reader, stated, path = self.reader, self.said, self.path
        places = self.known.postcodes
        asked = stated.get("postcode", "")
        postcode = f"{asked}".replace(" ", "").upper()
        if postcode not in places.index:
            postcode = postcode[:4]
        if postcode and postcode not in places.index:
            expected = "a postcode with residents"
            reader.fault(f"{path}.postcode", asked, expected, map(str, places.index))
            postcode = ""
        municipality = stated.get("municipality", "")
        towns = sorted(set(places["municipality"]))
        if municipality and municipality not in towns:
            reader.fault(f"{path}.municipality", municipality, "a municipality (of 2023)", towns)
            municipality = ""
        longer = isinstance(self.table, PlaceLongerTable)
        if longer and ("postcode" in stated) == ("municipality" in stated):
            reader.fault(path, None, "either a postcode or a municipality")
        return postcode, municipality

    def _region(self, kind: str, place: tuple[str, str]) -> str:
        """Region: as said, or that of the place; the place must lie in it."""
        reader, stated, path = self.reader, self.said, self.path
        places, regions = self.known.postcodes, list(self.known.studies)
        postcode, municipality = place
        here = places.loc[[postcode]] if postcode else places
        if municipality:
            here = places[places["municipality"] == municipality]
        if "region" not in stated:
            if len(regions) == 1:
                return regions[0]
            if postcode or municipality:
                return str(here.groupby("region")["population"].sum().idxmax())
            if kind not in _ANYWHERE:
                reader.fault(path, None, said("a region: one of {names}", names=", ".join(regions)))
            return ""
        region = self.table.region
        if region not in regions:
            if region:
                expected = said("one of {names}", names=", ".join(regions))
                reader.fault(f"{path}.region", region, expected, regions)
            return ""
        if (postcode or municipality) and region not in set(here["region"]):
            key = "postcode" if postcode else "municipality"
            lies = ", ".join(sorted(set(here["region"])))
            reader.fault(
                f"{path}.{key}",
                stated[key],
                said("a place in {region}: this lies in {lies}", region=region, lies=lies),
            )
        return region

    def _treatment(self, region: str, *, needed: bool) -> str:
        """Treatment id; empty where none is named."""
        reader, path = self.reader, self.path
        stated = self.said.get("treatment", "")
        if not stated:
            if needed and "scenario" not in self.said:
                reader.fault(path, None, "a treatment")
            return ""
        if stated not in self.known.names:
            expected = said("a treatment: one of {names}", names=", ".join(self.known.shown))
            reader.fault(f"{path}.treatment", stated, expected, self.known.names)
            return ""
        treatment = self.known.names[stated]
        if region and self.known.intervention(region, treatment) is None:
            short = ", ".join(each.name for each in self.known.studies[region].interventions)
            expected = said(
                "a treatment that falls short of its norm in {region}: {short}",
                region=region,
                short=short,
            )
            reader.fault(f"{path}.treatment", stated, expected)
            return ""
        return treatment

    def _ends(self, kind: str) -> tuple[float, float]:
        """Both ends of a range, the right way up."""
        if kind != "range":
            return 0.0, 0.0
        path = self.path
        for key in ("low", "high"):
            if key not in self.said:
                self.reader.fault(path, None, said("{key}: extra minutes", key=key))
        low, high = (self.said.get(key) for key in ("low", "high"))
        if low is None or high is None:
            return 0.0, 0.0
        if low > high:
            self.reader.fault(
                f"{path}.low", f"{low:g}", said("at most high, which is {high:g}", high=high)
            )
        return low, high

    def _peaks(self) -> tuple[str, ...]:
        reader, path, known = self.reader, self.path, self.known
        out = []
        for stated in self.said.get("peaks", ()):
            treatment = known.names.get(stated, "")
            if not treatment:
                expected = said("a treatment: one of {names}", names=", ".join(known.shown))
                reader.fault(f"{path}.peaks", stated, expected, known.names)
            else:
                out.append(treatment)
        return tuple(out)

    def _number(
        self, key: str, by: str, *, default: float | None = None, missing: float = np.nan
    ) -> float:
        value = self.said.get(key)
        if value is not None:
            return float(value)
        asked = key in type(self.table).model_fields and key not in self.said
        if default is None and asked:
            if by != BY[0]:
                return missing
            self.reader.fault(self.path, None, said("{key}: the number that is claimed", key=key))
        return 0.0 if default is None else default

    def _share(self, by: str) -> float:
        """Per cent, as people write it; a share from here on."""
        value = self._number("share", by)
        if value > 100.0:  # noqa: PLR2004
            self.reader.fault(f"{self.path}.share", f"{value:g}", "per cent: 0 to 100")
        return value / 100.0

    def _definition(self, kind: str, weights: str, *, counted: bool) -> str:
        stated = str(self.said.get("definition", ""))
        asked = Assumptions(weights=weights or "population")
        if self.known.own:
            # what a study assumes is said in the study
            own = own_definitions("nobody_more" if kind == "range" else kind, agreed=True)
            known = [each.name for each in own]
        elif kind == "range":
            known = [each.name for each in range_definitions(asked)]
        else:
            found = claim_definitions(asked, kind, agreed=True, counted=counted)
            known = [each.name for each in found]
        if stated and stated not in known:
            expected = said("one of the definitions: {names}", names="; ".join(known))
            self.reader.fault(f"{self.path}.definition", stated, expected, known)
        return stated


def said_in(table: ClaimTable) -> dict[str, Any]:
    """Return what a table says; nothing that it leaves out."""
    return table.model_dump(exclude_unset=True)


def _claim(reader: TomlReader, table: Mapping[str, Any], path: str, known: Known) -> Claim | None:
    """Return a claim; `None` where its kind is not known."""
    kind = table.get("kind")
    if kind not in KINDS:
        shown = kind or None
        reader.fault(f"{path}.kind", shown, said("one of {names}", names=", ".join(KINDS)), KINDS)
        return None
    checked = reader.check(KIND_TABLES[str(kind)], table, path)
    return ClaimReader(reader, checked, path, known).claim(str(kind))


COMMAND_LINE = "command line"
"""Source of a claim that stands in no file."""


def claim_paths() -> dict[str, Path]:
    """Shipped claims files by name.

    Examples
    --------
    >>> "published" in claim_paths()
    True
    """
    return {path.stem: path for path in sorted(data_path("claims").glob("*.toml"))}


def read_claims(path: Path, known: Known | None = None) -> Claims:
    """Read and check a claims file.

    Parameters
    ----------
    path
        TOML with ``[[claim]]`` tables.
    known
        What claims can be about; read where it is not given.

    Returns
    -------
    Claims

    Raises
    ------
    InputError
        With every fault of the file.
    """
    found = known_data() if known is None else known
    try:
        content = path.read_bytes()
    except OSError as error:
        expected = said(
            "a claims file, or the name of shipped claims: {names}", names=", ".join(claim_paths())
        )
        raise InputError(Fault(str(path), "", "", None, expected)) from error
    document, text = read_toml(path.name, content)
    reader = TomlReader(path.name, key_lines(text))
    file = reader.check(ClaimsHead, document)
    if not file.claim:
        reader.fault("claim", None, "at least one [[claim]]")
    tables = enumerate(document["claim"] if file.claim else (), start=1)
    read = [_claim(reader, table, f"claim[{number}]", found) for number, table in tables]
    claims = [each for each in read if each is not None]
    title = file.claims.title
    reader.repeated([str(each.get("name", "")) for each in file.claim], "claim")
    if reader.faults:
        raise InputError(reader.faults)
    digest = hashlib.sha256(content).hexdigest()
    return Claims(title or path.stem, path.name, digest, tuple(claims))


def read_claim(table: Mapping[str, Any], known: Known) -> Claims:
    """Read and check one claim that stands in no file."""
    reader = TomlReader(COMMAND_LINE, {})
    claim = _claim(reader, table, "claim", known)
    if claim is None or reader.faults:
        raise InputError(reader.faults)
    digest = hashlib.sha256(repr(sorted(table.items())).encode()).hexdigest()
    return Claims(claim.name, COMMAND_LINE, digest, (claim,))
