"""Read claims.toml into `Claim`s; every fault listed at once, with its line."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from impact.bundled import data_path, study_paths
from impact.errors import Fault, InputError
from impact.evidence.claims.claim import (
    BY,
    COMPARE,
    KINDS,
    NOTHING,
    OF,
    ROUNDING,
    Change,
    Claim,
    Claims,
)
from impact.evidence.claims.judge import own_readings, range_definitions, readings
from impact.evidence.published.table import treatment_names
from impact.evidence.published.world import Setting
from impact.model.inputs import residents_of
from impact.study.model import BUNDLED, WEIGHTS
from impact.study.read import read_study
from impact.study.toml import TomlReader, key_lines
from impact.tables.places import read_postcodes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

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
    """

    studies: Mapping[str, Study]
    interventions: Mapping[str, Mapping[str, Intervention]]
    names: Mapping[str, str]
    shown: tuple[str, ...]
    postcodes: gpd.GeoDataFrame
    weights: tuple[str, ...] = tuple(WEIGHTS)
    own: bool = False

    def intervention(self, region: str, treatment: str) -> Intervention | None:
        """Return the treatment as the region has it; `None` where it does not fall short there."""
        return self.interventions[region].get(treatment)


def known_data() -> Known:
    """Read what claims about the shipped regions are held against."""
    studies = {each.region: each for each in map(read_study, study_paths().values())}
    names = {key: key for key in treatment_names("nl")}
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
        read_postcodes(),
    )


def known_study(study: Study, data: StudyData) -> Known:
    """Say what claims about one study are held against."""
    interventions = {each.name: each for each in study.interventions}
    postcodes = residents_of(data.postcodes, study).value
    patients = any(each.patients or each.flows for each in study.interventions)
    columns = WEIGHTS.values() if study.postcodes == BUNDLED else postcodes.columns
    counted = () if patients or study.demand not in WEIGHTS else tuple(WEIGHTS)
    return Known(
        {study.region: study},
        {study.region: interventions},
        {name: name for name in interventions},
        tuple(interventions),
        postcodes.assign(region=study.region),
        tuple(name for name in counted if WEIGHTS[name] in columns),
        own=True,
    )


class ChangeTable:
    """The part of a ``[[claim]]`` that says what changes.

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
        table: Mapping[str, Any],
        path: str,
        known: Known,
        region: str,
    ) -> None:
        self.reader, self.table, self.path = reader, table, path
        self.known, self.region = known, region

    def change(self, keys: tuple[str, str, str], treatment: str) -> tuple[Change, str]:
        """Read one change."""
        stops_key, to_key, scenario_key = keys
        reader, table, path = self.reader, self.table, self.path
        if scenario_key in table:
            for key in (stops_key, to_key):
                if key in table:
                    reader.fault(f"{path}.{key}", table[key], f"either {key} or {scenario_key}")
            return self._of_scenario(scenario_key, treatment)
        stops = tuple(sorted(reader.texts(table, stops_key, path, default=())))
        taker = reader.text(table, to_key, path, default="")
        if taker and not stops:
            reader.fault(f"{path}.{to_key}", taker, f"{stops_key} beside it: who stops")
        if not stops or not self.region:
            return NOTHING, treatment
        if not treatment:
            if "treatment" not in table:
                reader.fault(path, None, f"a treatment beside {stops_key}")
            return NOTHING, treatment
        left = self._left(stops_key, stops, treatment)
        if not taker:
            return Change(stops), treatment
        if taker not in left:
            expected = "a location that performs it and stays: " + ", ".join(left)
            reader.fault(f"{path}.{to_key}", taker, expected, left)
        return Change(stops, {name: {taker: 1.0} for name in stops}), treatment

    def _left(self, key: str, stops: tuple[str, ...], treatment: str) -> list[str]:
        """Check who stops, and list the providers that stay."""
        reader, place = self.reader, f"{self.path}.{key}"
        intervention = self.known.intervention(self.region, treatment)
        providers = () if intervention is None else intervention.providers
        for name in stops:
            if name not in providers:
                expected = "a location that performs it: " + ", ".join(providers)
                reader.fault(place, name, expected, providers)
        left = [name for name in providers if name not in stops]
        if not left:
            reader.fault(place, ", ".join(stops), "one provider that is left")
        return left

    def _of_scenario(self, key: str, treatment: str) -> tuple[Change, str]:
        reader, known, place = self.reader, self.known, f"{self.path}.{key}"
        name = reader.text(self.table, key, self.path)
        every = known.studies[self.region].scenarios if self.region else ()
        scenario = next((each for each in every if each.name == name), None)
        if scenario is None:
            names = [each.name for each in every]
            study = "the study" if known.own else "the shipped study"
            expected = f"a scenario of {study}: " + ("; ".join(names) or "it has none")
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


_COMMON = ("name", "kind", "region", "by", "weights", "quote", "source", "date", "note")
_WHO_STOPS = ("treatment", "stops", "to", "scenario")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "range": ("low", "high", "peaks", "definition"),
    "nobody_more": (*_WHO_STOPS, "minutes", "definition"),
    "share_within": (*_WHO_STOPS, "minutes", "share", "of", "definition"),
    "place_longer": (
        *(*_WHO_STOPS, "postcode", "municipality", "minutes"),
        *("compare", "tolerance", "definition"),
    ),
    "better": (*_WHO_STOPS, "than", "than_to", "than_scenario", "of", "definition"),
    "which_not_how_many": ("treatment", "definition"),
    "minimal": ("treatment", "minutes", "of", "definition"),
}
_ANYWHERE = ("which_not_how_many", "minimal")
"""Kinds that may be about all regions."""


class ClaimTable:
    """One ``[[claim]]`` while it is read.

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

    def __init__(
        self, reader: TomlReader, table: Mapping[str, Any], path: str, known: Known
    ) -> None:
        self.reader, self.table, self.path, self.known = reader, table, path, known

    def claim(self) -> Claim:
        """Take everything out of the table; faults go to the reader."""
        reader, table, path = self.reader, self.table, self.path
        kind = reader.text(table, "kind", path)
        if kind not in KINDS:
            if kind:
                reader.fault(f"{path}.kind", kind, "one of " + ", ".join(KINDS), KINDS)
            return Claim(reader.text(table, "name", path), kind)
        reader.unknown_keys(table, (*_COMMON, *_KEYS[kind]), path)
        by = reader.choice(table, "by", path, BY, BY[0])
        place = self._place()
        region = self._region(kind, place)
        treatment = self._treatment(region, needed=kind == "better" and by == BY[0])
        asked = ChangeTable(reader, table, path, self.known, region)
        change, treatment = asked.change(("stops", "to", "scenario"), treatment)
        versus, _ = asked.change(("than", "than_to", "than_scenario"), treatment)
        if kind == "better" and NOTHING in (change, versus) and treatment:
            expected = "stops (or scenario) and than (or than_scenario): what is compared"
            reader.fault(path, None, expected)
        weights = self._weights()
        low, high = self._ends(kind)
        return Claim(
            name=reader.text(table, "name", path),
            kind=kind,
            region=region,
            treatment=treatment,
            change=change,
            versus=versus,
            low=low,
            high=high,
            peaks=self._peaks(),
            minutes=self._number("minutes", kind, by),
            share=self._share(kind, by),
            tolerance=self._number("tolerance", kind, by, default=ROUNDING),
            of=reader.choice(table, "of", path, OF, ""),
            compare=reader.choice(table, "compare", path, COMPARE, COMPARE[0]),
            by=by,
            postcode=place[0],
            municipality=place[1],
            weights=weights,
            definition=self._definition(kind, weights),
            quote=reader.text(table, "quote", path, default=""),
            source=reader.text(table, "source", path, default=""),
            date=self._date(),
            note=reader.text(table, "note", path, default=""),
            line=reader.lines.get(path, 0),
        )

    def _weights(self) -> str:
        """Who counts; refused where a study says so itself."""
        reader, known = self.reader, self.known.weights
        if known:
            return reader.choice(self.table, "weights", self.path, known, "")
        if "weights" in self.table:
            expected = "no weights: the demand of this study says who counts"
            reader.fault(f"{self.path}.weights", self.table["weights"], expected)
        return ""

    def _place(self) -> tuple[str, str]:
        """Postcode and municipality, those that exist."""
        reader, table, path = self.reader, self.table, self.path
        places = self.known.postcodes
        asked = table.get("postcode", "")
        postcode = f"{asked}".replace(" ", "").upper()
        if postcode not in places.index:
            postcode = postcode[:4]
        if postcode and postcode not in places.index:
            expected = "a postcode with residents"
            reader.fault(f"{path}.postcode", asked, expected, map(str, places.index))
            postcode = ""
        municipality = reader.text(table, "municipality", path, default="")
        towns = sorted(set(places["municipality"]))
        if municipality and municipality not in towns:
            reader.fault(f"{path}.municipality", municipality, "a municipality (of 2023)", towns)
            municipality = ""
        if table.get("kind") == "place_longer" and ("postcode" in table) == (
            "municipality" in table
        ):
            reader.fault(path, None, "either a postcode or a municipality")
        return postcode, municipality

    def _region(self, kind: str, place: tuple[str, str]) -> str:
        """Region: as said, or that of the place; the place must lie in it."""
        reader, table, path = self.reader, self.table, self.path
        places, regions = self.known.postcodes, list(self.known.studies)
        postcode, municipality = place
        here = places.loc[[postcode]] if postcode else places
        if municipality:
            here = places[places["municipality"] == municipality]
        if "region" not in table:
            if len(regions) == 1:
                return regions[0]
            if postcode or municipality:
                return str(here.groupby("region")["population"].sum().idxmax())
            if kind not in _ANYWHERE:
                reader.fault(path, None, "a region: one of " + ", ".join(regions))
            return ""
        region = reader.text(table, "region", path)
        if region not in regions:
            if region:
                expected = "one of " + ", ".join(regions)
                reader.fault(f"{path}.region", region, expected, regions)
            return ""
        if (postcode or municipality) and region not in set(here["region"]):
            key = "postcode" if postcode else "municipality"
            lies = ", ".join(sorted(set(here["region"])))
            reader.fault(f"{path}.{key}", table[key], f"a place in {region}: this lies in {lies}")
        return region

    def _treatment(self, region: str, *, needed: bool) -> str:
        """Treatment id; empty where none is named."""
        reader, path = self.reader, self.path
        said = reader.text(self.table, "treatment", path, default="")
        if not said:
            if needed and "scenario" not in self.table:
                reader.fault(path, None, "a treatment")
            return ""
        if said not in self.known.names:
            expected = "a treatment: one of " + ", ".join(self.known.shown)
            reader.fault(f"{path}.treatment", said, expected, self.known.names)
            return ""
        treatment = self.known.names[said]
        if region and self.known.intervention(region, treatment) is None:
            short = ", ".join(each.name for each in self.known.studies[region].interventions)
            expected = f"a treatment that falls short of its norm in {region}: {short}"
            reader.fault(f"{path}.treatment", said, expected)
            return ""
        return treatment

    def _ends(self, kind: str) -> tuple[float, float]:
        """Both ends of a range, the right way up."""
        if kind != "range":
            return 0.0, 0.0
        reader, table, path = self.reader, self.table, self.path
        found = []
        for key in ("low", "high"):
            value = reader.number(table, key, path, minimum=float("-inf"))
            if value is None and key not in table:
                reader.fault(path, None, f"{key}: extra minutes")
            found.append(value)
        low, high = found
        if low is None or high is None:
            return 0.0, 0.0
        if low > high:
            reader.fault(f"{path}.low", f"{low:g}", f"at most high, which is {high:g}")
        return low, high

    def _peaks(self) -> tuple[str, ...]:
        reader, path, known = self.reader, self.path, self.known
        out = []
        for said in reader.texts(self.table, "peaks", path, default=()):
            treatment = known.names.get(said, "")
            if not treatment:
                expected = "a treatment: one of " + ", ".join(known.shown)
                reader.fault(f"{path}.peaks", said, expected, known.names)
            else:
                out.append(treatment)
        return tuple(out)

    def _number(self, key: str, kind: str, by: str, *, default: float | None = None) -> float:
        if key not in _KEYS[kind]:
            return 0.0 if default is None else default
        minimum = float("-inf") if kind == "place_longer" and key == "minutes" else 0.0
        value = self.reader.number(self.table, key, self.path, minimum=minimum)
        if value is not None:
            return value
        if default is None and key not in self.table and by == BY[0]:
            self.reader.fault(self.path, None, f"{key}: the number that is claimed")
        return 0.0 if default is None else default

    def _share(self, kind: str, by: str) -> float:
        """Per cent, as people write it; a share from here on."""
        value = self._number("share", kind, by)
        if value > 100.0:  # noqa: PLR2004
            self.reader.fault(f"{self.path}.share", f"{value:g}", "per cent: 0 to 100")
        return value / 100.0

    def _definition(self, kind: str, weights: str) -> str:
        said = self.reader.text(self.table, "definition", self.path, default="")
        asked = Setting(weights=weights or "population")
        if self.known.own:
            # what a study assumes is said in the study
            own = own_readings("nobody_more" if kind == "range" else kind, agreed=True)
            known = [each.name for each in own]
        elif kind == "range":
            known = [each.name for each in range_definitions(asked)]
        else:
            known = [each.name for each in readings(asked, kind, agreed=True)]
        if said and said not in known:
            expected = "one of the definitions: " + "; ".join(known)
            self.reader.fault(f"{self.path}.definition", said, expected, known)
        return said

    def _date(self) -> str:
        value = self.table.get("date", "")
        if isinstance(value, str):
            return value
        if isinstance(value, dt.date):
            return value.isoformat()
        self.reader.fault(f"{self.path}.date", value, "a date or a text")
        return ""


COMMAND_LINE = "command line"
"""Source of a claim that stands in no file."""

SHIPPED = "published"
"""The shipped claims that are checked when no file is named."""


def claim_paths() -> dict[str, Path]:
    """Shipped claims files by name.

    Examples
    --------
    >>> SHIPPED in claim_paths()
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
        text = content.decode("utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        expected = "a claims file, or the name of shipped claims: " + ", ".join(claim_paths())
        raise InputError(Fault(str(path), "", "", None, expected)) from error
    except UnicodeDecodeError as error:
        raise InputError(Fault(str(path), "", "", None, "text in UTF-8")) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(Fault(path.name, "", "", None, f"TOML: {error}")) from error
    reader = TomlReader(path.name, key_lines(text))
    reader.unknown_keys(document, ("claims", "claim"), "")
    head = document.get("claims", {})
    if isinstance(head, dict):
        reader.unknown_keys(head, ("title",), "claims")
    title = reader.text(head if isinstance(head, dict) else {}, "title", "claims", default="")
    tables = reader.tables(document, "claim")
    if not tables:
        reader.fault("claim", None, "at least one [[claim]]")
    claims = [
        ClaimTable(reader, table, f"claim[{number}]", found).claim()
        for number, table in enumerate(tables, start=1)
    ]
    reader.repeated([each.name for each in claims], "claim")
    if reader.faults:
        raise InputError(reader.faults)
    digest = hashlib.sha256(content).hexdigest()
    return Claims(title or path.stem, path.name, digest, tuple(claims))


def read_claim(table: Mapping[str, Any], known: Known) -> Claims:
    """Read and check one claim that stands in no file."""
    reader = TomlReader(COMMAND_LINE, {})
    claim = ClaimTable(reader, table, "claim", known).claim()
    if reader.faults:
        raise InputError(reader.faults)
    digest = hashlib.sha256(repr(sorted(table.items())).encode()).hexdigest()
    return Claims(claim.name, COMMAND_LINE, digest, (claim,))
