"""Demand: who could need an intervention, and in what unit that is counted.

Of intervention k with rates r_b per age band b, the postcode i with p_ib residents gets

    d_i = N * sum_b r_b p_ib / sum_j sum_b r_b p_jb

with N the patients per year in the Netherlands and j over all its postcodes: the shipped table,
whatever part of it (or whichever finer table) the study uses. Without N the rates are per 100,000
residents a year: d_i = sum_b r_b p_ib / 100,000. Without rates everybody counts the same. Modelled
patients, never registered ones.

Patients per year come from a table that the user brings, or are modelled: from rates by age and a
national count in the study, or (``demand = "modelled"``) from the shipped count of a treatment,
spread over residents of 65 and over. Where no count fits those residents stand for demand.
Residents are never called patients.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.bundled import data_path
from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.model.divisions import is_weight
from impact.model.known_totals import (
    MUNICIPALITY,
    NATIONAL,
    REGION,
    CountedRows,
    hold_to_totals,
    known_totals,
)
from impact.model.known_totals import PATIENTS as PATIENTS_TABLE
from impact.model.national_counts import per_year as count_per_year
from impact.model.national_counts import read_national_counts
from impact.model.observed import outside_rows
from impact.notes import Loaded, Note, distinct_sources
from impact.study.model import BUNDLED, MIX, MODELLED, WEIGHTS
from impact.tables.places import normal_postcode, pc6_faults, read_postcodes
from impact.tables.text_table import Counts, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from impact.study.model import Intervention, PatientRates, Study
    from impact.tables.count_totals import Cells
    from impact.tables.text_table import Table

_POPULATION, _65, _75 = "population", "population_65plus", "population_75plus"
_EVERYBODY = "all"
BANDS: Mapping[str, tuple[str, str]] = {
    _EVERYBODY: (_POPULATION, ""),
    "0-64": (_POPULATION, _65),
    "65+": (_65, ""),
    "65-74": (_65, _75),
    "75+": (_75, ""),
}
"""Age band -> (column of the postcode table, column to take off it, or empty)."""

_DIVISIONS = ({_EVERYBODY}, {"0-64", "65+"}, {"0-64", "65-74", "75+"})
_PER = 100_000.0


def rate_columns(rates: PatientRates) -> tuple[str, ...]:
    """Columns of the postcode table that rates need.

    Parameters
    ----------
    rates
        Of an intervention; a table of rates may hold any band, so it asks for all.

    Returns
    -------
    tuple of str
    """
    bands = BANDS if rates.rates_file else rates.rates or {_EVERYBODY: 1.0}
    named = [column for band in bands for column in BANDS.get(band, ()) if column]
    return tuple(dict.fromkeys(named))


def modelled_patients(
    study: Study,
    intervention: Intervention,
    rates: PatientRates,
    postcodes: pd.DataFrame,
) -> Loaded[NDArray[np.float64]]:
    """Patients per year and postcode.

    Parameters
    ----------
    study, intervention, rates
        What the study says.
    postcodes
        Residents of the region, with the columns of `rate_columns`.

    Returns
    -------
    Loaded
        Of an ndarray of float, shape (n_postcodes,); its total over all shipped postcodes is the
        national count.

    Raises
    ------
    InputError
        For bands that overlap or leave a gap, a published row that is none or is ambiguous, or
        more residents of 65+ than residents.
    """
    by_band, read = _rates_of(study, intervention, rates)
    weights = _weighted(by_band, postcodes, study.postcodes)
    kind = Note.of("ages_alike")
    if rates.rates or rates.rates_file:
        kind = Note.of("ages", rates=tuple(f"{band}: {rate:g}" for band, rate in by_band.items()))
    about: dict[str, object] = {"name": intervention.name, "kind": kind}
    about["source"] = Note.of("said_by", source=rates.source) if rates.source else ""
    if rates.national is None and not rates.published:
        return Loaded(weights / _PER, (Note.of("modelled_rates", **about),), read)
    if rates.published:
        key = "modelled_published"
        national, published, more = _published(study, intervention, rates)
        about |= published
        read = (*read, more)
    else:
        key, national = "modelled_total", rates.national or 0.0
    table = data_path("postcodes/pc4.csv")
    everywhere = read_postcodes(table, weights=rate_columns(rates))
    total = _weighted(by_band, everywhere, table.name).sum()
    return Loaded(weights * (national / total), (Note.of(key, total=national, **about),), read)


def _weighted(
    by_band: Mapping[str, float], postcodes: pd.DataFrame, name: str
) -> NDArray[np.float64]:
    total = np.zeros(len(postcodes))
    for band, rate in by_band.items():
        column, less = BANDS[band]
        people = postcodes[column].to_numpy(np.float64)
        if less:
            people = people - postcodes[less].to_numpy(np.float64)
        if (people < 0.0).any():
            first = str(postcodes.index[int((people < 0.0).argmax())])
            expected = said("at least as many in {column} as in {less}", column=column, less=less)
            raise InputError(
                Fault(name, said("postcode {first}", first=first), less, None, expected)
            )
        total += rate * people
    return total


def _rates_of(
    study: Study, intervention: Intervention, rates: PatientRates
) -> tuple[dict[str, float], tuple[Mapping[str, str], ...]]:
    """Rate per band, checked to cover every age once, and the file that holds it, if one does."""
    read: tuple[Mapping[str, str], ...] = ()
    name, where = study.source, said("intervention {name}", name=intervention.name)
    found = dict(rates.rates) or {_EVERYBODY: 1.0}
    if rates.rates_file:
        table = read_table(study.path(rates.rates_file))
        table.require(["age", "rate"])
        read = ({"name": table.name, "sha256": table.sha256},)
        if "intervention" in table.frame:
            table = table.part((table.frame["intervention"] == intervention.name).to_numpy())
        values, faults = table.numbers("rate", minimum=0.0)
        faults += table.unique("age")
        if faults:
            raise InputError(faults)
        name = table.name
        found = dict(zip(table.frame["age"], values.tolist(), strict=True))
    if set(found) not in _DIVISIONS:
        expected = said(
            "all bands of one of the divisions {names}",
            names="; ".join(
                ", ".join(band for band in BANDS if band in each) for each in _DIVISIONS
            ),
        )
        shown = ", ".join(found)
        raise InputError(
            Fault(name, where, "rates", shown, expected, nearest_names(shown, BANDS)),
        )
    if not sum(found.values()) > 0.0:
        raise InputError(Fault(name, where, "rates", said("only zeros"), "a rate above zero"))
    return found, read


def _published(
    study: Study, intervention: Intervention, rates: PatientRates
) -> tuple[float, dict[str, str], Mapping[str, str]]:
    """National count per year as published, where it comes from, and the file that holds it."""
    table = read_table(data_path("volumes_published.csv"))
    frame = table.frame[table.frame["hospital"] == "national"]
    counts = {
        (str(row["intervention"]), str(row["year"])): (count, str(row["source"]))
        for row in frame.to_dict("records")
        if (count := count_per_year(str(row["count"]), str(row["metric"]))) is not None
    }
    names = sorted({name for name, _ in counts})
    place = said("intervention {name}", name=intervention.name)
    if rates.published not in names:
        expected = said("a national count of procedures or patients in {name}", name=table.name)
        raise InputError(
            Fault(
                study.source,
                place,
                "patients.volume",
                rates.published,
                expected,
                nearest_names(rates.published, names),
            )
        )
    years = sorted(year for name, year in counts if name == rates.published)
    if rates.year not in years and (rates.year or len(years) > 1):
        raise InputError(
            Fault(
                study.source,
                place,
                "patients.year",
                rates.year or None,
                said(
                    "one of the years of {name!r}: {names}",
                    name=rates.published,
                    names=", ".join(years),
                ),
            )
        )
    year = rates.year or years[0]
    count, source = counts[rates.published, year]
    origin = {"what": rates.published, "year": year, "origin": source}
    return count, origin, {"name": table.name, "sha256": table.sha256}


PATIENTS = "patients"
MIXED = "mixed"
"""Unit of a study in which some interventions count patients and others do not."""

REGISTERED = "registered"
_SHOWN = 5
_SPREAD = "65+"
"""Weight that stands for demand where no national count fits."""

_UNITS = {"population": "residents", "65+": "residents 65+", "75+": "residents 75+"}


@dataclass(frozen=True, eq=False)
class Demand:
    """Demand per postcode.

    Attributes
    ----------
    unit
        ``patients``, ``residents``, ``residents 65+``, ``residents 75+`` or ``weight: column``;
        ``mixed`` where interventions differ.
    weights
        Intervention -> ndarray of float, shape (n_postcodes,).
    groups
        Name of a group -> its weights, the same for every intervention.
    units
        Intervention -> its unit; empty where all have `unit`.
    kinds
        Intervention -> ``registered`` (a table of patients) or ``modelled`` (rates, or a national
        count); none for weights.
    residents
        Residents, where the table of postcodes has them: what is said second.
    spreads
        Intervention -> its patients spread in the two other ways that bound an assumed spread.
    hidden
        Intervention -> what is known of its patients, where a table hides some counts.
    """

    unit: str
    weights: Mapping[str, NDArray[np.float64]]
    groups: Mapping[str, NDArray[np.float64]]
    units: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    residents: NDArray[np.float64] | None = None
    spreads: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = field(
        default_factory=dict
    )
    hidden: Mapping[str, Cells] = field(default_factory=dict)

    def part(self, kept: NDArray[np.bool_]) -> Demand:
        """Return the demand of some postcodes.

        Parameters
        ----------
        kept
            Which ones, shape (n_postcodes,).

        Returns
        -------
        Demand
        """
        place, size = np.where(kept, np.cumsum(kept) - 1, -1), int(kept.sum())
        return replace(
            self,
            weights={name: each[kept] for name, each in self.weights.items()},
            groups={name: each[kept] for name, each in self.groups.items()},
            residents=None if self.residents is None else self.residents[kept],
            spreads={name: (low[kept], high[kept]) for name, (low, high) in self.spreads.items()},
            hidden={name: each.placed(place, size) for name, each in self.hidden.items()},
        )

    def unit_of(self, intervention: str) -> str:
        """Return the unit in which the demand of an intervention is counted."""
        return self.units.get(intervention, self.unit)

    def volume_unit_of(self, intervention: str) -> str:
        """Return the unit in which volumes decide; an assumed spread decides nothing."""
        assumed = intervention in self.spreads
        return unit_of(_SPREAD) if assumed else self.unit_of(intervention)

    def with_patients(self, counted: Mapping[str, NDArray[np.float64]]) -> Demand:
        """Return the same with registered patients per year for some interventions.

        Parameters
        ----------
        counted
            Intervention -> patients, shape (n_postcodes,).

        Returns
        -------
        Demand
        """
        if not counted:
            return self
        units = {name: PATIENTS if name in counted else self.unit_of(name) for name in self.weights}
        common = set(units.values())
        return replace(
            self,
            unit=common.pop() if len(common) == 1 else MIXED,
            weights={**self.weights, **counted},
            units=units,
            kinds={**self.kinds, **dict.fromkeys(counted, REGISTERED)},
            spreads={name: each for name, each in self.spreads.items() if name not in counted},
            hidden={name: each for name, each in self.hidden.items() if name not in counted},
        )


def weights_of(study: Study) -> tuple[str, ...]:
    """Columns of the postcode table that a study needs.

    Parameters
    ----------
    study
        Its `demand` and `groups`, and the rates of its interventions.

    Returns
    -------
    tuple of str
        Each once, in a fixed order.
    """
    names = [] if is_table(study.demand) else [study.demand]
    if study.demand == MODELLED:
        names = [_SPREAD, *WEIGHTS]
    elif study.postcodes == BUNDLED:
        names += WEIGHTS
    columns = [WEIGHTS.get(name, name) for name in (*names, *filter(is_weight, study.groups))]
    for each in study.interventions:
        if each.patients is not None:
            columns += rate_columns(each.patients)
    if study.travel_mode == MIX and study.without_car:
        columns.append(study.without_car)
    return tuple(dict.fromkeys(columns))


def is_table(demand: str) -> bool:
    """Whether the demand of a study is a file of patients rather than a column."""
    return demand.lower().endswith(".csv")


def unit_of(weight: str) -> str:
    """Name the unit of a column that stands for demand.

    Parameters
    ----------
    weight
        As in a study: ``population``, ``65+``, ``75+``, or a column of the postcode table.

    Returns
    -------
    str

    Examples
    --------
    >>> unit_of("65+"), unit_of("low_income")
    ('residents 65+', 'weight: low_income')
    """
    return _UNITS.get(weight, f"weight: {weight}")


def patients(
    study: Study,
    postcodes: pd.DataFrame,
    *,
    spread: str = "",
    municipalities: pd.Series[str] | None = None,
) -> Loaded[Demand]:
    """Demand per postcode and intervention.

    Parameters
    ----------
    study
        Its `demand`: a column of the postcode table, ``modelled``, or a CSV with ``postcode``,
        ``patients`` and perhaps ``intervention`` (patients per year). An intervention with rates
        has its own.
    postcodes
        Residents of the region, index postcode, with the weights that `weights_of` names.
    spread
        Weight by which modelled patients are spread, instead of the shipped one.
    municipalities
        Postcode -> municipality, of all that are known, for totals of a table of patients.

    Returns
    -------
    Loaded
        Of `Demand`.

    Raises
    ------
    InputError
        For negative or missing counts, a postcode twice, an unknown intervention, or a table that
        has no postcode of the region.
    """
    groups = {
        name: postcodes[WEIGHTS.get(name, name)].to_numpy(np.float64)
        for name in filter(is_weight, study.groups)
    }
    rated = {each.name: each.patients for each in study.interventions if each.patients is not None}
    names = [each.name for each in study.interventions if each.name not in rated]
    units: dict[str, str] = {}
    kinds: dict[str, str] = {}
    weights: dict[str, NDArray[np.float64]] = {}
    spreads: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    hidden: Mapping[str, Cells] = {}
    notes: list[Note] = []
    sources: list[Mapping[str, str]] = []
    if names and is_table(study.demand):
        table = read_table(study.path(study.demand))
        sources.append({"name": table.name, "sha256": table.sha256})
        notes += table.notes
        found = _from_table(table, study, names, postcodes, municipalities)
        weights = {name: each for name, (each, _) in found.value.items()}
        hidden = {name: cells for name, (_, cells) in found.value.items() if cells.hidden}
        notes += found.notes
        sources += found.sources
        units, kinds = dict.fromkeys(names, PATIENTS), dict.fromkeys(names, REGISTERED)
    elif names and study.demand == MODELLED:
        shipped = _shipped(study, names, postcodes, spread)
        weights, spreads = dict(shipped.value.weights), shipped.value.spreads
        units, kinds = dict(shipped.value.units), dict(shipped.value.kinds)
        notes += shipped.notes
        sources += shipped.sources
    elif names:
        column = WEIGHTS.get(study.demand, study.demand)
        weights = dict.fromkeys(names, postcodes[column].to_numpy(np.float64))
        units = dict.fromkeys(names, unit_of(study.demand))
    for name, rates in rated.items():
        own = study.intervention(name)
        modelled = modelled_patients(study, own, rates, postcodes)
        weights[name] = modelled.value
        notes += modelled.notes
        sources += modelled.sources
        units[name], kinds[name] = PATIENTS, MODELLED
    for each in weights.values():
        _check_some(each, study)
    common = set(units.values())
    people = postcodes[_POPULATION].to_numpy(np.float64) if _POPULATION in postcodes else None
    demand = Demand(MIXED, weights, groups, units, kinds, people, spreads, hidden)
    if len(common) == 1:
        demand = replace(demand, unit=common.pop(), units={})
    return Loaded(demand, tuple(notes), distinct_sources(*sources))


def _shipped(
    study: Study, names: Sequence[str], postcodes: pd.DataFrame, spread: str
) -> Loaded[Demand]:
    """Spread the shipped national counts; where none fits, residents stand for demand."""
    counts = read_national_counts()
    everywhere = read_postcodes(data_path("postcodes/pc4.csv"), weights=tuple(WEIGHTS.values()))

    def spread_over(weight: str, total: float) -> NDArray[np.float64]:
        column = WEIGHTS[weight]
        people = postcodes[column].to_numpy(np.float64)
        return people * (total / float(everywhere[column].sum()))

    weights, units, kinds, spreads, notes = {}, {}, {}, {}, []
    uncounted = []
    for name in names:
        count = counts.by_treatment.get(study.intervention(name).treatment)
        if count is None or count.patients is None:
            chosen = spread or (_SPREAD if count is None else count.spread)
            weights[name] = postcodes[WEIGHTS[chosen]].to_numpy(np.float64)
            units[name] = unit_of(chosen)
            uncounted.append(name)
            continue
        weights[name] = spread_over(spread or count.spread, count.patients)
        units[name], kinds[name] = PATIENTS, MODELLED
        spreads[name] = (
            spread_over(count.spread_low, count.patients),
            spread_over(count.spread_high, count.patients),
        )
        about = {"what": count.counted, "year": count.year, "origin": count.source}
        notes.append(Note.of("modelled_shipped", name=name, total=count.patients, **about))
    if uncounted:
        notes.append(Note.of("no_national_count", names=tuple(uncounted)))
    demand = Demand(MIXED, weights, {}, units, kinds, None, spreads)
    return Loaded(demand, tuple(notes), (counts.read,))


def _check_some(weights: NDArray[np.float64], study: Study) -> None:
    if not weights.sum() > 0.0:
        expected = said("demand above zero somewhere in the region {region!r}", region=study.region)
        raise InputError(Fault(study.source, "", "demand", study.demand, expected))


def _from_table(
    table: Table,
    study: Study,
    wanted: Sequence[str],
    postcodes: pd.DataFrame,
    municipalities: pd.Series[str] | None,
) -> Loaded[dict[str, tuple[NDArray[np.float64], Cells]]]:
    table.require(["postcode", "patients"])
    codes = table.frame["postcode"].map(normal_postcode)
    table = replace(table, frame=table.frame.assign(postcode=codes))
    counts, faults = table.counts("patients")
    faults += pc6_faults(table, postcodes.index)
    keys = ["postcode"]
    names = study.names
    if "intervention" in table.frame:
        keys = ["postcode", "intervention"]
        faults += [
            Fault(
                table.name,
                table.where(row),
                "intervention",
                name,
                "an intervention of the study",
                nearest_names(name, names),
            )
            for row, name in zip(table.rows, table.frame["intervention"], strict=True)
            if name not in names
        ]
    repeated = table.frame.duplicated(keys).to_numpy()
    faults += [
        Fault(table.name, table.where(row), ", ".join(keys), code, "each once")
        for row, code, again in zip(table.rows, table.frame["postcode"], repeated, strict=True)
        if again
    ]
    if faults:
        raise InputError(faults)
    by_name = len(keys) > 1
    counts = counts.per_year(study.years)
    out: dict[str, tuple[NDArray[np.float64], Cells]] = {}
    notes: list[Note] = [] if study.totals else [*counts.notes(table.name, study.years)]
    sources: list[Mapping[str, str]] = []
    values = np.zeros(len(table.frame))
    for name in wanted:
        chosen = np.ones(len(table.frame), dtype=bool)
        if by_name:
            chosen = (table.frame["intervention"] == name).to_numpy()
        known = known_totals(study, study.intervention(name), PATIENTS_TABLE)
        part = table.part(chosen)
        rows = _rows(part, study.years, postcodes, municipalities)
        held = hold_to_totals(Counts(*(each[chosen] for each in counts)), known, rows)
        values[chosen] = held.value.counts.middle
        place = postcodes.index.get_indexer(pd.Index(part.frame["postcode"]))
        weight = np.zeros(len(postcodes))
        weight[place[place >= 0]] = held.value.counts.middle[place >= 0]
        out[name] = (weight, held.value.cells.placed(place, len(postcodes)))
        notes += [note for note in held.notes if study.totals and note not in notes]
        sources += held.sources
    notes += table.unused(("postcode", "patients", "intervention"), known=("intervention",))
    notes += _unmatched(table.frame.assign(patients=values), postcodes, table.name)
    return Loaded(out, tuple(notes), tuple(sources))


def _rows(
    part: Table, years: int, postcodes: pd.DataFrame, municipalities: pd.Series[str] | None
) -> CountedRows:
    """Tell what the rows of a table of patients are counts of."""
    if municipalities is None:
        empty = pd.Series("", index=postcodes.index)
        municipalities = postcodes.get("municipality", empty)
    codes = part.frame["postcode"]
    inside = codes.isin(postcodes.index).to_numpy()
    members = {
        MUNICIPALITY: list(municipalities.reindex(codes)),
        REGION: [REGION if each else "" for each in inside],
        NATIONAL: [NATIONAL] * len(codes),
    }
    names = {MUNICIPALITY: sorted(set(municipalities) - {""})}
    whole = not inside.all() or len(municipalities) == len(postcodes)
    return CountedRows(part.name, years, members, names, whole)


def _unmatched(frame: pd.DataFrame, postcodes: pd.DataFrame, name: str) -> list[Note]:
    """Note what of the table was not used, and which residents it says nothing about."""
    notes = []
    strange = frame[~frame["postcode"].isin(postcodes.index)]
    if len(strange):
        notes.append(outside_rows(name, strange["postcode"], float(strange["patients"].sum())))
    absent = postcodes.index.difference(list(frame["postcode"]))
    if len(absent):
        shown = tuple(absent[:_SHOWN])
        notes.append(Note.of("absent_named", file=name, count=len(absent), names=shown))
    return notes
