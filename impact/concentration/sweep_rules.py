"""A case scored as candidates are scored, through flows and measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.measures import by_place
from impact.concentration.pairs import FIGURES
from impact.concentration.volumes import case_volumes, judged

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from impact.concentration.inputs import Inputs
    from impact.concentration.result import Case

_MEAN_TOLERANCE = 1e-9


def case_figures(
    case: Case, inputs: Inputs, registered: Mapping[str, float] | None
) -> dict[str, object]:
    """Score one case as candidates are scored.

    Parameters
    ----------
    case
        From `impact.concentration.cases.make_case`.
    inputs
        Times and demand.
    registered
        Location -> registered count.

    Returns
    -------
    dict
        stops, opens, the figures and locations_after.
    """
    volumes = case_volumes(case, inputs.demand.unit_of(case.intervention.name), registered)
    found: dict[str, object] = {**case.figures, **judged(volumes, case), **_worst(case, inputs)}
    return {
        "stops": "; ".join(case.stops),
        "opens": "; ".join(case.opens),
        **{name: found[name] for name in FIGURES},
        "locations_after": len(case.stays) + len(case.opens),
    }


def hit_hardest(case: Case, inputs: Inputs) -> pd.DataFrame:
    """Municipalities whose moved get minutes, the most first, then by name.

    Parameters
    ----------
    case
        From `impact.concentration.cases.make_case`.
    inputs
        With the municipality of every postcode.

    Returns
    -------
    pandas.DataFrame
        municipality, demand, moved, mean_extra_moved, max_extra.
    """
    key = inputs.postcodes["municipality"].reindex(case.flows["postcode"])
    places = by_place(case.flows, key)
    places = places[(places["moved"] > 0.0) & places["mean_extra_moved"].notna()]
    places = places.rename_axis("municipality").reset_index()
    order = places.assign(key=-places["mean_extra_moved"].round(9))
    order = order.sort_values(["key", "municipality"], kind="stable", ignore_index=True)
    return order[["municipality", "demand", "moved", "mean_extra_moved", "max_extra"]]


def _worst(case: Case, inputs: Inputs) -> dict[str, object]:
    places = hit_hardest(case, inputs)
    if places.empty:
        return {"worst_municipality": "", "worst_municipality_extra": np.nan}
    means = places["mean_extra_moved"]
    first = places[means >= means.max() - _MEAN_TOLERANCE].sort_values("municipality").iloc[0]
    return {
        "worst_municipality": first["municipality"],
        "worst_municipality_extra": first["mean_extra_moved"],
    }
