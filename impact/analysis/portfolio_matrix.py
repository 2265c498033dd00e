"""What a choice for all treatments at once means for every organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.optimise.conditions import GROWTH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from impact.optimise.conditions import ConditionWriter
    from impact.optimise.portfolio import Portfolio, Treatment

KEEPS, LOSES, GETS, GROWS, NONE = "keeps", "loses", "gets", "grows", ""
"""What becomes of a treatment at an organisation; empty where it never performs it."""

ENDS = ("volume_before_low", "volume_before_high", "volume_after_low", "volume_after_high")

COLUMNS = (
    "organisation",
    "intervention",
    "state",
    "volume_before",
    "volume_after",
    "unit",
    *ENDS,
)


def organisations_matrix(
    portfolio: Portfolio,
    writer: ConditionWriter,
    choice: Sequence[int],
    volumes: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Say of every organisation and treatment what becomes of it.

    Parameters
    ----------
    portfolio, writer
        Treatments, and who owns which location.
    choice
        Number of the candidate per treatment; empty where there is none.
    volumes
        Treatment of which counts are hidden -> volumes of the choice
        (`impact.model.hidden.volumes_of`).

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`; the least and the most of a volume are empty where no hidden count has part in
        it. An organisation with several locations has the sums of theirs, which hold the truth.
    """
    rows: list[tuple[object, ...]] = []
    for organisation in writer.organisations if choice else ():
        for each, picked in zip(portfolio.treatments, choice, strict=True):
            own = writer.own(each, organisation)
            had = bool((each.performed & own).any())
            has = bool((each.performs[picked] & own).any())
            was = float(each.volume_before[own].sum())
            now = float(each.volume[picked, own].sum())
            ends = _ends(each, own, volumes)
            state = _state(had, has, was, now)
            rows.append((organisation, each.name, state, was, now, each.unit, *ends))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _ends(
    treatment: Treatment, own: NDArray[np.bool_], volumes: Mapping[str, pd.DataFrame]
) -> tuple[float, ...]:
    """Return the least and the most of the volumes of some locations, before and after."""
    if treatment.name not in volumes:
        return (np.nan,) * len(ENDS)
    names = [name for name, yes in zip(treatment.locations, own, strict=True) if yes]
    rows = volumes[treatment.name]
    rows = rows[rows["location"].isin(names)]
    out: list[float] = []
    for when in ("before", "after"):
        low, high = (
            float(rows[f"volume_{when}_{end}"].fillna(rows[f"volume_{when}"]).sum(skipna=False))
            for end in ("low", "high")
        )
        out += [low, high] if low < high else [np.nan, np.nan]
    return tuple(out)


def _state(had: bool, has: bool, was: float, now: float) -> str:  # noqa: FBT001
    if had and has:
        return GROWS if now >= was * (1.0 + GROWTH) else KEEPS
    if had:
        return LOSES
    return GETS if has else NONE
