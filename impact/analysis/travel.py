"""Rows of travel_table.csv: the published travel table of a run by catchments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from impact.model.travel_table import BANDS, travel_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from impact.model.case import Case
    from impact.model.catchment_case import StudyCatchments

OWN_BAND, FOLDED = "own band", "below 5"
"""Where who travels less counts: in a band of its own, or in the one below 5, as published."""

TRAVEL_COLUMNS = (
    "intervention",
    "scenario",
    "network",
    "rounding",
    "fill",
    "less",
    "demand",
    "published_mean_before",
    "published_mean_extra",
    "published_weight",
    "published_greatest_after",
    "published_greatest_extra",
    *BANDS,
    "published_no_route",
)


def travel_rows(cases: Sequence[Case], catchments: Mapping[str, StudyCatchments]) -> pd.DataFrame:
    """Work out the published travel table of every case and network."""
    rows = []
    for case in cases:
        asked = case.intervention
        own = catchments.get(asked.name)
        if own is None:
            continue
        for network, locations in own.networks.items():
            inside = case.flows[case.flows["provider_before"].isin(locations)]
            about = {
                "intervention": asked.name,
                "scenario": case.scenario,
                "network": network,
                "rounding": asked.rounding,
                "fill": asked.fill,
                "less": FOLDED if asked.fold_less else OWN_BAND,
                "demand": float(inside["demand"].sum()),
            }
            rows.append(about | travel_table(inside, fold_less=asked.fold_less))
    return pd.DataFrame(rows, columns=list(TRAVEL_COLUMNS))
