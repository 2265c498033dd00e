"""compare.csv: one row per intervention, A and B in columns beside each other."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING

from impact.outputs.cells import number_text, plain_text
from impact.outputs.compare import NO_ROUTE, SAME, A, B

if TYPE_CHECKING:
    from pathlib import Path

    from impact.outputs.compare import Comparison, Pair

FIGURES = (
    "moved",
    "mean_extra_moved",
    "mean_extra_all",
    "p90_extra",
    "max_extra",
    "mean_after",
    "beyond_30_after",
    "beyond_45_after",
    "beyond_60_after",
    "unreachable",
    "locations_after",
    "lowest_volume",
    "below_norm",
)
"""Columns of summary.csv that stand there for both sides."""

COLUMNS = (
    "intervention",
    "scenario_a",
    "scenario_b",
    "stops_a",
    "stops_b",
    "opens_a",
    "opens_b",
    "unit",
    "demand",
    "measure",
    "better_a",
    "better_b",
    "same",
    "no_route",
    "gain_a",
    "gain_b",
    *(f"{name}_{side}" for name in FIGURES for side in (A, B)),
)


def write_comparison(comparison: Comparison, path: Path) -> None:
    """Write compare.csv.

    Parameters
    ----------
    comparison
        From `impact.outputs.compare.compare`.
    path
        File to write: as the other tables of a run (UTF-8, comma, point as decimal mark).
    """
    result = comparison.sides[0].result
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for pair in comparison.pairs:
            unit = result.unit_of(pair.intervention)
            writer.writerow(_cells(pair, unit, comparison.measure))


def _cells(pair: Pair, unit: str, measure: str) -> list[str]:
    texts: list[object] = [pair.intervention, *pair.scenarios]
    for name in ("stops", "opens"):
        texts += ["; ".join(getattr(case, name)) if case else "" for case in pair.cases]
    numbers = [pair.people(better) for better in (A, B, SAME, NO_ROUTE)]
    numbers += [pair.gain(A), pair.gain(B)]
    numbers += [float(row.get(name, math.nan)) for name in FIGURES for row in pair.rows]
    demand = float(pair.postcodes["demand"].sum())
    return [
        *map(plain_text, [*texts, unit]),
        number_text(demand, 2),
        measure,
        *(number_text(each, 2) for each in numbers),
    ]
