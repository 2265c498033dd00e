"""Patients per year from rates by age band, scaled to a national count.

Of intervention k with rates r_b per age band b, the postcode i with p_ib residents gets

    d_i = N * sum_b r_b p_ib / sum_j sum_b r_b p_jb

with N the patients per year in the Netherlands and j over all its postcodes: the shipped table,
whatever part of it (or whichever finer table) the study uses. Without N the rates are per 100,000
residents a year: d_i = sum_b r_b p_ib / 100,000. Without rates everybody counts the same. Modelled
patients, never registered ones.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.bundled import data_path
from impact.errors import Fault, InputError, nearest_names
from impact.places import read_postcodes
from impact.reading import read_table
from impact.table import parse_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from impact.study import Intervention, PatientRates, Study

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
_COUNTS = {"procedures", "patients"}
_YEARS = re.compile(r"(procedures|patients) \((\d+) years\)")


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
    sources: list[dict[str, Any]],
) -> tuple[NDArray[np.float64], str]:
    """Patients per year and postcode.

    Parameters
    ----------
    study, intervention, rates
        What the study says.
    postcodes
        Residents of the region, with the columns of `rate_columns`.
    sources
        List that gets a line for every file that was read.

    Returns
    -------
    patients : ndarray of float, shape (n_postcodes,)
        Their total over all shipped postcodes is the national count.
    note : str
        What was done, in plain words.

    Raises
    ------
    InputError
        For bands that overlap or leave a gap, a published row that is none or is ambiguous, or
        more residents of 65+ than residents.
    """
    by_band = _rates_of(study, intervention, rates, sources)
    weights = _weighted(by_band, postcodes, study.postcodes)
    said = f" ({rates.source})" if rates.source else ""
    bands = ", ".join(f"{band}: {rate:g}" for band, rate in by_band.items())
    pattern = f"rates by age {bands}" if rates.rates or rates.rates_file else "the same at all ages"
    start = f"{intervention.name}: patients are modelled, not registered: {pattern}"
    national, origin = _national(study, intervention, rates, sources)
    if national is None:
        return weights / _PER, f"{start}, per 100,000 residents a year{said}"
    table = data_path("postcodes/pc4.csv")
    everywhere = read_postcodes(table, weights=rate_columns(rates))
    total = _weighted(by_band, everywhere, table.name).sum()
    note = f"{start}, scaled to {national:,.0f} a year in the Netherlands{origin}{said}"
    return weights * (national / total), note


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
            expected = f"at least as many in {column} as in {less}"
            raise InputError(Fault(name, f"postcode {first}", less, None, expected))
        total += rate * people
    return total


def _rates_of(
    study: Study, intervention: Intervention, rates: PatientRates, sources: list[dict[str, Any]]
) -> dict[str, float]:
    """Rate per band, checked to cover every age once."""
    name, where = study.source, f"intervention {intervention.name}"
    found = dict(rates.rates) or {_EVERYBODY: 1.0}
    if rates.rates_file:
        table = read_table(study.path(rates.rates_file))
        table.require(["age", "rate"])
        sources.append({"name": table.name, "sha256": table.sha256})
        if "intervention" in table.frame:
            table = table.part((table.frame["intervention"] == intervention.name).to_numpy())
        values, faults = table.numbers("rate", minimum=0.0)
        faults += table.unique("age")
        if faults:
            raise InputError(faults)
        name = table.name
        found = dict(zip(table.frame["age"], values.tolist(), strict=True))
    if set(found) not in _DIVISIONS:
        expected = "the bands " + ", or ".join(
            " and ".join(band for band in BANDS if band in each) for each in _DIVISIONS
        )
        shown = ", ".join(found)
        raise InputError(
            Fault(name, where, "rates", shown, expected, nearest_names(shown, BANDS)),
        )
    if not sum(found.values()) > 0.0:
        raise InputError(Fault(name, where, "rates", "only zeros", "a rate above zero"))
    return found


def _national(
    study: Study, intervention: Intervention, rates: PatientRates, sources: list[dict[str, Any]]
) -> tuple[float | None, str]:
    """National count per year, and where it comes from."""
    if not rates.published:
        return rates.national, ""
    table = read_table(data_path("volumes_published.csv"))
    sources.append({"name": table.name, "sha256": table.sha256})
    frame = table.frame[table.frame["hospital"] == "national"]
    counts = {
        (str(row["intervention"]), str(row["year"])): (per_year, str(row["source"]))
        for row in frame.to_dict("records")
        if (per_year := _per_year(str(row["count"]), str(row["metric"]))) is not None
    }
    names = sorted({name for name, _ in counts})
    place = f"intervention {intervention.name}"
    if rates.published not in names:
        expected = f"a national count of procedures or patients in {table.name}"
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
                f"one of the years of {rates.published!r}: {', '.join(years)}",
            )
        )
    year = rates.year or years[0]
    count, source = counts[rates.published, year]
    return count, f", as published for {rates.published!r} ({year}, {source})"


def _per_year(count: str, metric: str) -> float | None:
    """Count per year; `None` for what counts no treatments, such as hospitals or diagnoses."""
    number = parse_number(count)
    if metric in _COUNTS:
        return number
    several = _YEARS.fullmatch(metric)
    return number / float(several[2]) if several and number is not None else None
