"""The shipped public facts: trips, national means, and the square-root law."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.bundled import data_path
from impact.concentration.measures import weighted_mean
from impact.reading import read_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.evidence.thinning import Thinning
    from impact.table import Table
    from impact.times import TravelTimes

LAW, NATIONAL, TRIP = "law", "national", "trip"

FACT_COLUMNS = [
    "kind",
    "from",
    "to",
    "quantity",
    "value",
    "unit",
    "tolerance",
    "ours",
    "error",
    "holds",
    "source",
]
"""Columns of `public_facts`."""

_COUNTED = ("open", "outpatient")
_HOSPITAL = "hospital "


def shipped_facts() -> Table:
    """Read the shipped facts as text.

    Returns
    -------
    Table
        kind, from, to, from_pc4, to_place, quantity, value, unit, tolerance, source.
    """
    return read_table(data_path("validation_public.csv"))


def fact_places(facts: Table, postcodes: pd.DataFrame, hospitals: pd.DataFrame) -> pd.DataFrame:
    """List the places that the facts lead to.

    Parameters
    ----------
    facts
        From `shipped_facts`.
    postcodes, hospitals
        The shipped ones, index name.

    Returns
    -------
    pandas.DataFrame
        ``lat`` and ``lon`` of all open locations and outpatient clinics, then of the postcodes
        that a trip goes to.
    """
    trips = facts.frame[facts.frame["kind"] == TRIP]
    targets = sorted({place for place in trips["to_place"] if not place.startswith(_HOSPITAL)})
    counted = hospitals[hospitals["status"].isin(_COUNTED)]
    return pd.concat([each[["lat", "lon"]] for each in (counted, postcodes.loc[targets])])


def public_facts(
    facts: Table,
    times: TravelTimes,
    postcodes: pd.DataFrame,
    hospitals: pd.DataFrame,
    thinned: Thinning,
) -> pd.DataFrame:
    """Hold the minutes and kilometres of a country against the shipped public facts.

    Parameters
    ----------
    facts
        From `shipped_facts`.
    times
        From all postcodes to `fact_places`, with kilometres.
    postcodes
        All PC4 with `population`.
    hospitals
        Shipped locations, with ``status`` ``open`` or ``outpatient``.
    thinned
        Minutes with ever fewer of the open locations.

    Returns
    -------
    pandas.DataFrame
        `FACT_COLUMNS`, a row per fact; ``holds`` says whether the error is within the tolerance.

    Notes
    -----
    A trip from several postcodes is their plain mean. A trip to a postcode has that postcode as its
    destination. National means are weighted with residents, over the road length of the fastest
    route to the hospital that is nearest by road.
    """
    values, _ = facts.numbers("value")
    tolerances, _ = facts.numbers("tolerance")
    km = np.empty((0, 0)) if times.km is None else times.km
    rows = []
    for value, tolerance, (_, fact) in zip(values, tolerances, facts.frame.iterrows(), strict=True):
        if fact["kind"] == LAW:
            ours = float(thinned.ratios.mean())
        elif fact["kind"] == NATIONAL:
            chosen = ["open"] + ["outpatient"] * ("including outpatient" in str(fact["to"]))
            names = hospitals.index[hospitals["status"].isin(chosen)]
            nearest = km[:, pd.Index(times.destinations).get_indexer(names)].min(axis=1)
            ours = weighted_mean(nearest, postcodes["population"].to_numpy(np.float64))
        else:
            ours = _trip(times, km if fact["unit"] == "km" else times.minutes, fact)
        error = ours - value
        said = {name: str(fact[name]) for name in ("kind", "from", "to", "quantity", "unit")}
        figures = {"value": value, "tolerance": tolerance, "ours": ours, "error": error}
        rows.append({**said, **figures, "holds": abs(error) <= tolerance, "source": fact["source"]})
    return pd.DataFrame(rows, columns=FACT_COLUMNS)


def _trip(times: TravelTimes, costs: NDArray[np.float64], fact: pd.Series[str]) -> float:
    """Mean minutes or road kilometres of one trip of the facts."""
    codes = fact["from_pc4"].removesuffix(" (mean)").split("-")
    first, last = codes[0], codes[-1]
    origins = [place for place, code in enumerate(times.origins) if first <= code <= last]
    return float(
        costs[origins, times.destinations.index(fact["to_place"].removeprefix(_HOSPITAL))].mean()
    )
