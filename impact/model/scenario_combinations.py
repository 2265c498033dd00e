"""Scenarios of a region, a subregion and a vascular network together, per institution.

An institution can be a member of three kinds of networks at once, and each of them has scenarios.
Its total impact is that of one scenario of each kind at most; all combinations are made, and what
cannot go together is said.
"""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError, nearest_names
from impact.model.networks import LAYERS

if TYPE_CHECKING:
    from collections.abc import Sequence

SAME_NETWORK = "same network"
"""Two scenarios of one network: it carries out one."""

SAME_LAYER = "same layer"
"""Two networks of one kind, for an institution that is in both."""

SAME_TREATMENT = "same treatment"
"""Two scenarios that redistribute the same treatment of the same institution."""

_KEYS = ("layer", "network", "scenario")
_COLUMNS = ("institution", *_KEYS, "treatment")
EXCLUSION_COLUMNS = (
    *(f"first_{key}" for key in _KEYS),
    *(f"second_{key}" for key in _KEYS),
    "reason",
    "institutions",
    "treatments",
)
COMBINATION_COLUMNS = (
    "institution",
    *(name for layer in LAYERS for name in (layer, f"{layer}_scenario")),
)


def exclusions(scenarios: pd.DataFrame) -> pd.DataFrame:
    """List the pairs of scenarios that exclude one another.

    Parameters
    ----------
    scenarios
        What every scenario does: institution, layer (region, subregion or vascular), network,
        scenario, treatment; a row per institution and treatment that it redistributes.

    Returns
    -------
    pandas.DataFrame
        first_layer, first_network, first_scenario, second_layer and so on, reason
        (`SAME_NETWORK`, `SAME_LAYER` or `SAME_TREATMENT`), institutions and treatments that they
        share (joined by "; "). Pairs that share no institution and are of different networks
        exclude nothing.

    Raises
    ------
    InputError
        For a missing column, an unknown layer, or a row that occurs twice.
    """
    _check(scenarios)
    touched = {
        (str(key[0]), str(key[1]), str(key[2])): set(
            zip(rows["institution"], rows["treatment"], strict=True)
        )
        for key, rows in scenarios.groupby(list(_KEYS))
    }
    found = []
    for first, second in combinations(sorted(touched), 2):
        institutions = {each for each, _ in touched[first]} & {each for each, _ in touched[second]}
        shared = touched[first] & touched[second]
        if first[:2] == second[:2]:
            reason = SAME_NETWORK
        elif shared:
            reason = SAME_TREATMENT
        elif first[0] == second[0] and institutions:
            reason = SAME_LAYER
        else:
            continue
        treatments = "; ".join(sorted({treatment for _, treatment in shared}))
        row = (*first, *second, reason, "; ".join(sorted(institutions)), treatments)
        found.append(dict(zip(EXCLUSION_COLUMNS, row, strict=True)))
    return pd.DataFrame(found, columns=list(EXCLUSION_COLUMNS), dtype=object)


def scenario_combinations(scenarios: pd.DataFrame) -> pd.DataFrame:
    """Make all combinations of scenarios that concern each institution.

    Parameters
    ----------
    scenarios
        As for `exclusions`.

    Returns
    -------
    pandas.DataFrame
        institution, region, region_scenario, subregion, subregion_scenario, vascular,
        vascular_scenario; empty where the combination takes none of that kind. At least one is
        taken, and none that exclude one another for this institution.

    Raises
    ------
    InputError
        As `exclusions`.

    Examples
    --------
    >>> scenarios = pd.DataFrame(
    ...     [
    ...         ("A", "region", "Noord", "one", "pancreas"),
    ...         ("A", "vascular", "V", "two", "aorta"),
    ...     ],
    ...     columns=["institution", "layer", "network", "scenario", "treatment"],
    ... )
    >>> found = scenario_combinations(scenarios)
    >>> found[["region_scenario", "vascular_scenario"]].to_numpy().tolist()
    [['', 'two'], ['one', ''], ['one', 'two']]
    """
    _check(scenarios)
    out = []
    for institution, rows in scenarios.groupby("institution"):
        excluded = exclusions(rows).iloc[:, : 2 * len(_KEYS)].itertuples(index=False, name=None)
        pairs = {frozenset((pair[: len(_KEYS)], pair[len(_KEYS) :])) for pair in excluded}
        here = sorted({tuple(key) for key in rows[list(_KEYS)].itertuples(index=False, name=None)})
        options = [[None, *(key for key in here if key[0] == layer)] for layer in LAYERS]
        for taken in product(*options):
            some = [key for key in taken if key is not None]
            if not some or any(frozenset(pair) in pairs for pair in combinations(some, 2)):
                continue
            cells = [cell for key in taken for cell in (("", "") if key is None else key[1:])]
            out.append(dict(zip(COMBINATION_COLUMNS, (institution, *cells), strict=True)))
    return pd.DataFrame(out, columns=list(COMBINATION_COLUMNS), dtype=object)


def total_impact(
    scenarios: pd.DataFrame, combined: pd.DataFrame, *, values: Sequence[str] = ("change",)
) -> pd.DataFrame:
    """Add up what every combination does to its institution, over its scenarios and treatments.

    Parameters
    ----------
    scenarios
        As for `exclusions`, with the columns `values`.
    combined
        From `scenario_combinations`.
    values
        Columns of numbers, such as the change in volume or in nursing days.

    Returns
    -------
    pandas.DataFrame
        As `combined`, with the sum of each value; NaN where one of the numbers is not known.

    Raises
    ------
    InputError
        For a value that is no column.
    """
    known = [str(name) for name in scenarios.columns]
    faults = [
        Fault("scenarios", "header", name, None, "a column", nearest_names(name, known))
        for name in values
        if name not in known
    ]
    if faults:
        raise InputError(faults)
    keys = ["institution", *_KEYS]
    numbers = scenarios[list(values)].astype(np.float64)
    by_scenario = [scenarios[key] for key in keys]
    # one number that is not known makes the sum unknown
    unknown = numbers.isna().groupby(by_scenario).any()
    sums = numbers.groupby(by_scenario).sum().mask(unknown)
    out = combined.reset_index(drop=True)
    total = pd.DataFrame(0.0, index=out.index, columns=list(values))
    for layer in LAYERS:
        taken = out[out[layer] != ""]
        wanted = pd.MultiIndex.from_arrays(
            [
                taken["institution"],
                [layer] * len(taken),
                taken[layer],
                taken[f"{layer}_scenario"],
            ],
            names=keys,
        )
        total.loc[taken.index] += sums.reindex(wanted).to_numpy()
    return pd.concat([out, total], axis=1)


def _check(scenarios: pd.DataFrame) -> None:
    """Refuse scenarios that lack a column, have another layer, or say something twice."""
    known = [str(name) for name in scenarios.columns]
    faults = [
        Fault("scenarios", "header", name, None, "a column", nearest_names(name, known))
        for name in _COLUMNS
        if name not in known
    ]
    if faults:
        raise InputError(faults)
    for row, layer in enumerate(scenarios["layer"], start=1):
        if layer not in LAYERS:
            expected, near = "one of " + ", ".join(LAYERS), nearest_names(layer, LAYERS)
            faults.append(Fault("scenarios", f"row {row}", "layer", layer, expected, near))
    twice = scenarios[list(_COLUMNS)].duplicated().to_numpy()
    for row, cells in enumerate(scenarios[list(_COLUMNS)].itertuples(index=False, name=None), 1):
        if twice[row - 1]:
            expected = "each institution and treatment of a scenario once"
            faults.append(Fault("scenarios", f"row {row}", "", "; ".join(cells), expected))
    if faults:
        raise InputError(faults)
