"""Demand: who could need an intervention, and in what unit that is counted.

Patients per year come from a table that the user brings, or are modelled from rates by age and a
national count (`impact.concentration.rates`). Without either a weight stands for demand: residents,
or residents of 65 and over. Residents are never called patients.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.concentration.rates import modelled_patients, rate_columns
from impact.errors import Fault, InputError, nearest_names
from impact.places import normal_postcode
from impact.reading import read_table
from impact.study import WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from impact.study import Study
    from impact.table import Table

PATIENTS = "patients"
MIXED = "mixed"
"""Unit of a study in which some interventions count patients and others do not."""

REGISTERED, MODELLED = "registered", "modelled"
_SHOWN = 5
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
        Intervention -> ``registered`` (a table of patients) or ``modelled`` (rates); none for
        weights.
    """

    unit: str
    weights: Mapping[str, NDArray[np.float64]]
    groups: Mapping[str, NDArray[np.float64]]
    units: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def unit_of(self, intervention: str) -> str:
        """Return the unit in which the demand of an intervention is counted."""
        return self.units.get(intervention, self.unit)

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
    columns = [WEIGHTS.get(name, name) for name in (*names, *study.groups)]
    for each in study.interventions:
        if each.patients is not None:
            columns += rate_columns(each.patients)
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
    notes: list[str],
    sources: list[dict[str, Any]],
) -> Demand:
    """Demand per postcode and intervention.

    Parameters
    ----------
    study
        Its `demand`: a column of the postcode table, or a CSV with ``postcode``, ``patients`` and
        perhaps ``intervention`` (patients per year). An intervention with rates has its own.
    postcodes
        Residents of the region, index postcode, with the weights that `weights_of` names.
    notes, sources
        Lists that get a line for what was ignored and for the file that was read.

    Returns
    -------
    Demand

    Raises
    ------
    InputError
        For negative or missing counts, a postcode twice, an unknown intervention, or a table that
        has no postcode of the region.
    """
    groups = {
        name: postcodes[WEIGHTS.get(name, name)].to_numpy(np.float64) for name in study.groups
    }
    rated = {each.name: each.patients for each in study.interventions if each.patients is not None}
    names = [each.name for each in study.interventions if each.name not in rated]
    units: dict[str, str] = {}
    kinds: dict[str, str] = {}
    weights: dict[str, NDArray[np.float64]] = {}
    if names and is_table(study.demand):
        table = read_table(study.path(study.demand))
        sources.append({"name": table.name, "sha256": table.sha256})
        notes += table.notes
        weights = _from_table(table, study, names, postcodes, notes)
        units, kinds = dict.fromkeys(names, PATIENTS), dict.fromkeys(names, REGISTERED)
    elif names:
        column = WEIGHTS.get(study.demand, study.demand)
        weights = dict.fromkeys(names, postcodes[column].to_numpy(np.float64))
        units = dict.fromkeys(names, unit_of(study.demand))
    for name, rates in rated.items():
        own = study.intervention(name)
        weights[name], note = modelled_patients(study, own, rates, postcodes, sources)
        notes.append(note)
        units[name], kinds[name] = PATIENTS, MODELLED
    for each in weights.values():
        _check_some(each, study)
    found = set(units.values())
    if len(found) == 1:
        return Demand(found.pop(), weights, groups, kinds=kinds)
    return Demand(MIXED, weights, groups, units, kinds)


def _check_some(weights: NDArray[np.float64], study: Study) -> None:
    if not weights.sum() > 0.0:
        expected = f"demand above zero somewhere in the region {study.region!r}"
        raise InputError(Fault(study.source, "", "demand", study.demand, expected))


def _from_table(
    table: Table, study: Study, wanted: Sequence[str], postcodes: pd.DataFrame, notes: list[str]
) -> dict[str, NDArray[np.float64]]:
    table.require(["postcode", "patients"])
    codes = table.frame["postcode"].map(normal_postcode)
    table = replace(table, frame=table.frame.assign(postcode=codes))
    counts, faults = table.numbers("patients", minimum=0.0)
    keys = ["postcode"]
    names = [each.name for each in study.interventions]
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
        Fault(table.name, table.where(row), " and ".join(keys), code, "each once")
        for row, code, again in zip(table.rows, table.frame["postcode"], repeated, strict=True)
        if again
    ]
    if faults:
        raise InputError(faults)
    frame = table.frame.assign(patients=counts)
    out = {}
    for name in wanted:
        part = frame[frame["intervention"] == name] if len(keys) > 1 else frame
        series = part.set_index("postcode")["patients"]
        out[name] = series.reindex(postcodes.index).fillna(0.0).to_numpy(np.float64)
    _note_unmatched(frame, postcodes, table.name, notes)
    return out


def _note_unmatched(
    frame: pd.DataFrame, postcodes: pd.DataFrame, name: str, notes: list[str]
) -> None:
    """Say what of the table was not used, and which residents it says nothing about."""
    strange = frame[~frame["postcode"].isin(postcodes.index)]
    if len(strange):
        shown = ", ".join(strange["postcode"].unique()[:_SHOWN])
        notes.append(
            f"{name}: {len(strange)} rows ({strange['patients'].sum():g} patients a year) are of "
            f"postcodes outside the region and were not used: {shown}"
        )
    absent = postcodes.index.difference(list(frame["postcode"]))
    if len(absent):
        shown = ", ".join(absent[:_SHOWN])
        notes.append(f"{name}: {len(absent)} postcodes are not listed and count as zero: {shown}")
