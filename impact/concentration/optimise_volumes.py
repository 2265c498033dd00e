"""What counts as volume in the optimum: registered patients where the study has them.

A registered count is divided over the postcodes of its provider (those that live nearest to it) as
their demand is, and moves with them. A provider without a count gets as many patients per head as
all that have one together: that is modelled, and said. Without any count demand itself is the
volume.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.allocation import NOWHERE, nearest
from impact.concentration.demand import MODELLED, PATIENTS, REGISTERED
from impact.concentration.pairs import divided_counts
from impact.concentration.volumes import case_volumes
from impact.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from impact.concentration.result import Case

VOLUMES = ("registered", "demand")
"""Registered counts where the study has them, or always the demand."""


@dataclass(frozen=True, eq=False)
class Volume:
    """What each postcode adds to the volume of the location that it goes to.

    Attributes
    ----------
    brings : ndarray of float, shape (n_postcodes,)
        Per year, or in the unit of the demand.
    unit
        Of the volumes.
    registered
        Location -> count; empty where demand is the volume.
    scaled
        Location -> modelled count, of those without a registered one.
    """

    brings: NDArray[np.float64]
    unit: str
    registered: Mapping[str, float] = field(default_factory=dict)
    scaled: Mapping[str, float] = field(default_factory=dict)

    def of_case(self, case: Case, unit: str) -> pd.DataFrame:
        """Volumes per location before and after a case.

        Parameters
        ----------
        case
            With its flows, everybody to the nearest.
        unit
            Of the demand.

        Returns
        -------
        pandas.DataFrame
            As `impact.concentration.volumes.case_volumes`; a row that rests on a scaled count is
            ``modelled``.
        """
        if not self.registered:
            return case_volumes(case, unit, None)
        out = case_volumes(case, unit, {**self.scaled, **self.registered})
        rows = case.flows
        given = rows["provider_before"].isin(list(self.scaled)) & (rows["demand"] > 0.0)
        touched = out["location"].isin({*self.scaled, *rows.loc[given, "provider_after"]})
        return out.assign(kind=out["kind"].mask(touched, MODELLED))

    def note(self, intervention: str) -> str:
        """Say, in plain words, what counted as volume."""
        if not self.registered:
            return f"{intervention}: volumes in the optimum are the demand ({self.unit})"
        said = f"{intervention}: volumes in the optimum are registered patients per year"
        if not self.scaled:
            return said
        names = ", ".join(sorted(self.scaled))
        return f"{said}; without a count, and scaled to their residents: {names}"

    @property
    def kind(self) -> str:
        """``registered``, ``registered and modelled``, ``modelled``, or empty for residents."""
        if self.registered:
            return f"{REGISTERED} and {MODELLED}" if self.scaled else REGISTERED
        return MODELLED if self.unit == PATIENTS else ""


def volume_of(
    names: Sequence[str],
    minutes: NDArray[np.float64],
    demand: NDArray[np.float64],
    *,
    before: Sequence[str],
    unit: str,
    registered: Mapping[str, float] | None,
    about: tuple[str, str],
) -> Volume:
    """Find what each postcode adds to volumes.

    Parameters
    ----------
    names
        Locations, sorted.
    minutes : ndarray of float, shape (n_postcodes, n_locations)
        To them.
    demand : ndarray of float, shape (n_postcodes,)
        Of each postcode.
    before
        Locations that demand may be at before the change.
    unit
        Of the demand.
    registered
        Provider -> count per year; `None` where there is none, or where it is not wanted.
    about
        Study and intervention, for messages.

    Returns
    -------
    Volume

    Raises
    ------
    InputError
        Where nobody lives nearest to a provider with patients: nothing says where they would go.
    """
    if not registered:
        return Volume(demand, unit)
    counts = np.array([registered.get(name, np.nan) for name in names])
    base = nearest(np.where(np.isin(names, list(before)), minutes, np.inf))
    brings, at = divided_counts(counts, base, demand)
    study, intervention = about
    faults = [
        Fault(
            study,
            f"intervention {intervention}",
            "volumes",
            f"{names[place]}: {counts[place]:g}",
            "counts of providers that somebody lives nearest to, or --volumes demand",
        )
        for place in np.flatnonzero((at == 0.0) & (counts > 0.0)).tolist()
    ]
    if faults:
        raise InputError(faults)
    known = np.isfinite(counts) & (at > 0.0)
    rate = counts[known].sum() / at[known].sum() if known.any() else 0.0
    unknown = (base != NOWHERE) & np.isnan(counts)[base]
    brings = np.where(unknown, rate * demand, brings)
    scaled = {
        names[place]: rate * float(at[place])
        for place in np.flatnonzero(np.isnan(counts) & (at > 0.0)).tolist()
    }
    return Volume(brings, PATIENTS, dict(registered), scaled)
