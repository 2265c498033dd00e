"""One claim of claims.toml: every fault of its table is told to the reader."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from impact.evidence.claims.change_table import ChangeTable
from impact.evidence.claims.claim import BY, COMPARE, KINDS, NOTHING, OF, ROUNDING, Claim
from impact.evidence.claims.readings import own_readings, range_definitions, readings
from impact.evidence.reproduce.setting import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.evidence.claims.known import Known
    from impact.toml_reader import TomlReader

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
        """Take everything out of the table; faults go to the reader.

        Returns
        -------
        Claim
            To be thrown away where the reader has faults.
        """
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
