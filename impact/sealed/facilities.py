"""What a merged change means for the institutions: volumes times the values that they sent along.

The change in patients at an institution lies between two bounds, and so does that change times its
own value per patient: bounds of a sum are the sums of the bounds. What a treatment needs per
patient stays unknown where the institution left it empty, and the sum over treatments with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.model.facilities import QUANTITIES
from impact.sealed.contribution import PER_PATIENT, PER_YEAR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from impact.sealed.contribution import Contribution
    from impact.sealed.study import SealedStudy

ALL_TREATMENTS = ""
"""In the column ``intervention``: all treatments of the scenario together."""

CHANGES = ("change_low", "change", "change_high")
RELATIVE = ("relative_low", "relative", "relative_high")
FACILITY_COLUMNS = (
    "scenario",
    "intervention",
    "organisation",
    "quantity",
    *CHANGES,
    "unknown",
    "total",
    *RELATIVE,
)


def merged_facilities(
    sealed: SealedStudy, contributions: Sequence[Contribution], volumes: pd.DataFrame
) -> pd.DataFrame:
    """Multiply the change in volume of every institution by its own values.

    Parameters
    ----------
    sealed
        The study.
    contributions
        Of which some have rows of a workbook.
    volumes
        A row per treatment, scenario and location, with `CHANGES`.

    Returns
    -------
    pandas.DataFrame
        Columns `FACILITY_COLUMNS`, for every quantity of which the institution filled in a value or
        a total: per treatment, and over all of them. ``unknown`` counts the treatments that change
        and have no value; their sum is unknown. ``total`` is the institution's own of a year.
    """
    rows: list[dict[str, object]] = []
    for made in contributions:
        values = {
            (str(row["intervention"]), str(row["quantity"])): float(row["value"])
            for row in made.template
            if row["kind"] == PER_PATIENT
        }
        totals = {
            str(row["quantity"]): float(row["total"])
            for row in made.template
            if row["kind"] == PER_YEAR and not row["site"] and not row["specialism"]
        }
        filled = [each for each in QUANTITIES if each in totals or each in {q for _, q in values}]
        own = volumes[volumes["location"].map(sealed.organisations) == made.institution]
        for scenario, here in own.groupby("scenario", sort=True):
            changes = here.groupby("intervention", sort=True)[list(CHANGES)].sum(min_count=1)
            # a bound that is not known at one location is not known of all
            unknown = here[list(CHANGES)].isna().groupby(here["intervention"]).any()
            changes = changes.mask(unknown)
            for quantity in filled:
                about = {
                    "scenario": scenario,
                    "organisation": made.institution,
                    "quantity": quantity,
                    "total": totals.get(quantity, np.nan),
                }
                rows += _rows(about, changes, values)
    return pd.DataFrame(rows, columns=list(FACILITY_COLUMNS))


def _rows(
    about: Mapping[str, Any], changes: pd.DataFrame, values: Mapping[tuple[str, str], float]
) -> Iterator[dict[str, object]]:
    """Rows of one institution, scenario and quantity: per treatment, then all together."""
    total, lacking = np.zeros(len(CHANGES)), 0
    for name, bounds in zip(changes.index, changes.to_numpy(np.float64), strict=True):
        value = values.get((str(name), str(about["quantity"])), np.nan)
        product = np.where(bounds == 0.0, 0.0, bounds * value)
        unknown = int(np.isnan(value) and not (bounds == 0.0).all())
        lacking += unknown
        total += product
        yield _row(about, str(name), product, unknown)
    yield _row(about, ALL_TREATMENTS, total, lacking)


def _row(
    about: Mapping[str, Any], intervention: str, bounds: np.ndarray[Any, Any], unknown: int
) -> dict[str, object]:
    year = float(about["total"])
    share = bounds / year if year > 0.0 else np.full(len(bounds), np.nan)
    return {
        **about,
        "intervention": intervention,
        **dict(zip(CHANGES, bounds.tolist(), strict=True)),
        "unknown": float(unknown),
        **dict(zip(RELATIVE, share.tolist(), strict=True)),
    }
