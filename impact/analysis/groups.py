"""The same measures for every group of residents, side by side. They say what, and never why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.analysis.cases import with_weights
from impact.model.demand import unit_of
from impact.model.divisions import UNKNOWN
from impact.model.measures import measures
from impact.study.model import WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from impact.model.case import Case
    from impact.model.inputs import Inputs

GROUP_COLUMNS = (
    "intervention",
    "scenario",
    "by",
    "group",
    "unit",
    "demand",
    "moved",
    "mean_extra_moved",
    "p90_extra",
    "mean_extra_all",
    "extra_over_30",
    "shorter",
)
AGES = ("65+", "75+")
"""Groups by age that every study with residents by age has."""

REST = "rest"
"""Everybody who is not in a group that a column of people counts."""

_MEASURES = (
    "demand",
    "moved",
    "mean_extra_moved",
    "p90_extra",
    "mean_extra_all",
    "extra_over_30",
)


def group_table(cases: Sequence[Case], inputs: Inputs) -> pd.DataFrame:
    """Measure every group in every case.

    Parameters
    ----------
    cases
        The first reading of each scenario.
    inputs
        With the divisions of the postcodes.

    Returns
    -------
    pandas.DataFrame
        Columns `GROUP_COLUMNS`; the groups of one division (`by`) are the whole of its unit.
    """
    rows = [row for case in cases for row in _rows(case, inputs)]
    return pd.DataFrame(rows, columns=GROUP_COLUMNS)


def _rows(case: Case, inputs: Inputs) -> Iterator[dict[str, object]]:
    everybody = inputs.demand.residents
    for name, weights in counted_groups(inputs).items():
        unit = unit_of("population")
        parts = [(name, weights)]
        if everybody is not None:
            parts.append((REST, everybody - weights))
        for group, people in parts:
            again = with_weights(case, inputs, people)
            yield _row(case, name, group, unit, again.flows)
    for division in inputs.divisions:
        of = pd.Series(division.place, index=inputs.postcodes.index)
        place = of.reindex(case.flows["postcode"]).to_numpy()
        for number, group in enumerate(division.classes):
            unit = inputs.demand.unit_of(case.intervention.name)
            yield _row(case, division.by, group or UNKNOWN, unit, case.flows[place == number])


def counted_groups(inputs: Inputs) -> dict[str, NDArray[np.float64]]:
    """Read the groups that a column of people counts, everybody left out.

    Parameters
    ----------
    inputs
        Its postcodes, and the groups of its demand.

    Returns
    -------
    dict of str to ndarray of float
        Name -> people by postcode.
    """
    columns = {name: WEIGHTS[name] for name in AGES if WEIGHTS[name] in inputs.postcodes}
    found = {name: inputs.postcodes[each].to_numpy(np.float64) for name, each in columns.items()}
    own = {name: each for name, each in inputs.demand.groups.items() if name not in found}
    return {**found, **{name: each for name, each in own.items() if name != "population"}}


def _row(case: Case, by: str, group: str, unit: str, flows: pd.DataFrame) -> dict[str, object]:
    figures = measures(flows)
    shorter = flows["moved"] & (flows["extra_minutes"] < 0.0)
    return {
        "intervention": case.intervention.name,
        "scenario": case.scenario,
        "by": by,
        "group": group,
        "unit": unit,
        **{name: figures[name] for name in _MEASURES},
        "shorter": float(flows["demand"].to_numpy(np.float64)[shorter].sum()),
    }
