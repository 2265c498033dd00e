"""Scenarios of a region, a subregion and a vascular network together, per institution.

An institution can be a member of three kinds of networks at once, and each of them has scenarios.
Its total impact is that of scenarios that can be carried out together; all combinations are made,
up to a bound, and what cannot go together is said.
"""

from __future__ import annotations

from itertools import combinations, islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.study.model import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SAME_NETWORK = "same network"
"""Two scenarios of one network that redistribute the same treatment: it carries out one."""

SAME_LAYER = "same layer"
"""Two networks of one kind, for an institution that is in both."""

SAME_TREATMENT = "same treatment"
"""Two scenarios of different networks that redistribute a treatment of one institution."""

MOST = 100
"""Combinations that are made for one institution, beside its single scenarios."""

COUNTED = 20_000
"""Combinations of one institution up to which they are counted."""

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
    "taken",
)
_APART = "; "
_Key = tuple[str, ...]


class Combinations(NamedTuple):
    """Combinations of scenarios per institution.

    Attributes
    ----------
    rows
        institution, and of each layer the network and its scenarios (joined by "; "), empty where
        none is taken; taken: every (layer, network, scenario) of the combination.
    left_out
        Institution -> how many combinations were not made, counted up to `COUNTED`.
    """

    rows: pd.DataFrame
    left_out: Mapping[str, int]


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
        share (joined by "; "). Two scenarios of one network go together where they redistribute
        different treatments; pairs of different networks where they share no institution.

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
        one, other = touched[first], touched[second]
        institutions = {each for each, _ in one} & {each for each, _ in other}
        alike = first[:2] == second[:2]
        # a network carries out one scenario of a treatment, whichever institutions it changes
        pairs = ({each[1:] for each in side} for side in (one, other))
        shared = set.intersection(*(pairs if alike else (one, other)))
        if shared:
            reason = SAME_NETWORK if alike else SAME_TREATMENT
        elif first[0] == second[0] and not alike and institutions:
            reason = SAME_LAYER
        else:
            continue
        treatments = _APART.join(sorted({each[-1] for each in shared}))
        row = (*first, *second, reason, _APART.join(sorted(institutions)), treatments)
        found.append(dict(zip(EXCLUSION_COLUMNS, row, strict=True)))
    return pd.DataFrame(found, columns=list(EXCLUSION_COLUMNS), dtype=object)


def scenario_combinations(scenarios: pd.DataFrame, *, most: int = MOST) -> Combinations:
    """Make the combinations of scenarios that concern each institution.

    Parameters
    ----------
    scenarios
        As for `exclusions`.
    most
        Combinations of two or more scenarios that are made for one institution.

    Returns
    -------
    Combinations
        Every single scenario, and every set of scenarios of which none excludes another; where
        there are more than `most` of these sets, the first ones, with as many scenarios as go
        together first.

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
    >>> found.rows[["region_scenario", "vascular_scenario"]].to_numpy().tolist()
    [['', 'two'], ['one', ''], ['one', 'two']]
    >>> dict(scenario_combinations(scenarios, most=0).left_out)
    {'A': 1}
    """
    _check(scenarios)
    excluded = exclusions(scenarios).iloc[:, : 2 * len(_KEYS)].itertuples(index=False, name=None)
    apart = {frozenset((pair[: len(_KEYS)], pair[len(_KEYS) :])) for pair in excluded}
    out: list[dict[str, object]] = []
    left_out = {}
    for name, rows in scenarios.groupby("institution"):
        here = sorted({tuple(key) for key in rows[list(_KEYS)].itertuples(index=False, name=None)})
        sets = list(islice(_together(here, apart), COUNTED))
        several = [each for each in sets if len(each) > 1]
        if len(several) > most:
            left_out[str(name)] = len(several) - most
        taken = [*((key,) for key in here), *several[:most]]
        out += sorted((_row(str(name), each) for each in taken), key=_order)
    return Combinations(
        pd.DataFrame(out, columns=list(COMBINATION_COLUMNS), dtype=object), left_out
    )


def _together(keys: Sequence[_Key], apart: set[frozenset[_Key]]) -> Iterator[tuple[_Key, ...]]:
    """Give every set of keys of which none excludes another; the fullest of each start first."""
    if not keys:
        yield ()
        return
    first, *rest = keys
    free = [key for key in rest if frozenset((first, key)) not in apart]
    for others in _together(free, apart):
        yield (first, *others)
    yield from _together(rest, apart)


def _row(institution: str, taken: tuple[_Key, ...]) -> dict[str, object]:
    row: dict[str, object] = {"institution": institution, "taken": taken}
    for layer in LAYERS:
        of_layer = [key for key in taken if key[0] == layer]
        row[layer] = _APART.join(dict.fromkeys(network for _, network, _ in of_layer))
        row[f"{layer}_scenario"] = _APART.join(scenario for *_, scenario in of_layer)
    return row


def _order(row: Mapping[str, object]) -> list[str]:
    return [str(row[name]) for name in COMBINATION_COLUMNS[1:-1]]


def total_impact(
    scenarios: pd.DataFrame, combined: pd.DataFrame, *, values: Sequence[str] = ("change",)
) -> pd.DataFrame:
    """Add up what every combination does to its institution, over its scenarios and treatments.

    Parameters
    ----------
    scenarios
        As for `exclusions`, with the columns `values`.
    combined
        Rows of `scenario_combinations`.
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
    out = combined.reset_index(drop=True)
    each = out[["institution", "taken"]].explode("taken")
    wanted = pd.MultiIndex.from_tuples(
        [(name, *key) for name, key in zip(each["institution"], each["taken"], strict=True)],
        names=keys,
    )
    sums = numbers.groupby(by_scenario).sum().reindex(wanted).set_index(each.index)
    unknown = numbers.isna().groupby(by_scenario).any().reindex(wanted).set_index(each.index)
    # one number that is not known makes the sum unknown
    total = sums.groupby(level=0).sum().mask(unknown.groupby(level=0).any())
    return pd.concat([out, total.reindex(out.index)], axis=1)


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
            expected: str = said("one of {names}", names=", ".join(LAYERS))
            near = nearest_names(layer, LAYERS)
            faults.append(
                Fault("scenarios", said("row {row}", row=row), "layer", layer, expected, near)
            )
    twice = scenarios[list(_COLUMNS)].duplicated().to_numpy()
    for row, cells in enumerate(scenarios[list(_COLUMNS)].itertuples(index=False, name=None), 1):
        if twice[row - 1]:
            expected = "each institution and treatment of a scenario once"
            faults.append(
                Fault("scenarios", said("row {row}", row=row), "", "; ".join(cells), expected)
            )
    if faults:
        raise InputError(faults)
