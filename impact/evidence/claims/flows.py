"""Where everybody goes before and after one change: what every figure of a claim is taken from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.evidence.reproduce.bypassing import shares_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.evidence.claims.claim import Change
    from impact.evidence.reproduce.rows import Matrix
    from impact.evidence.reproduce.setting import Setting


@dataclass(frozen=True, eq=False)
class Flows:
    """Demand by postcode, provider before and provider after.

    Attributes
    ----------
    row : ndarray of int64, shape (n_flows,)
        Place of the postcode.
    demand, late, extra : ndarray of float, shape (n_flows,)
        How many, their minutes after the change, and those less the minutes before. Minutes
        after are infinite for who finds no way any more; extra is NaN for who had none before.
    goes : ndarray of bool, shape (n_flows,)
        Whether the provider before stops.
    """

    row: NDArray[np.int64]
    demand: NDArray[np.float64]
    late: NDArray[np.float64]
    extra: NDArray[np.float64]
    goes: NDArray[np.bool_]

    @property
    def moved(self) -> float:
        """Demand that must go elsewhere."""
        return float(self.demand[self.goes].sum())

    def mean_moved(self) -> float:
        """Mean extra minutes of the moved; NaN where nobody is."""
        return self._mean(self.goes)

    def mean_all(self) -> float:
        """Mean extra minutes of all."""
        return self._mean(np.ones(len(self.row), dtype=bool))

    def greatest(self) -> tuple[float, int]:
        """Most extra minutes of anybody moved, and which flow; NaN and -1 without any.

        Infinite where somebody finds no way any more: that is beyond every limit.
        """
        counted = np.flatnonzero(self.goes & (self.demand > 0.0) & ~np.isnan(self.extra))
        if not len(counted):
            return np.nan, -1
        place = int(counted[int(np.argmax(self.extra[counted]))])
        return float(self.extra[place]), place

    def within(self, limit: float, of: str) -> float:
        """Share with at most so many minutes after the change, of the moved or of all."""
        counted = self.goes if of == "moved" else np.ones(len(self.row), dtype=bool)
        total = float(self.demand[counted].sum())
        inside = float(self.demand[counted & (self.late <= limit)].sum())
        return inside / total if total > 0.0 else np.nan

    def extra_of(self, rows: NDArray[np.int64]) -> float:
        """Mean extra minutes of everybody in some postcodes, who stays included."""
        return self._mean(np.isin(self.row, rows))

    def _mean(self, counted: NDArray[np.bool_]) -> float:
        counted = counted & np.isfinite(self.extra)
        total = float(self.demand[counted].sum())
        return float(self.extra[counted] @ self.demand[counted] / total) if total > 0.0 else np.nan


def flows(given: Matrix, change: Change, setting: Setting) -> Flows:
    """Work out who goes where under a setting.

    Parameters
    ----------
    given
        Minutes and weights of one treatment.
    change
        Who stops, and who takes over.
    setting
        Its `baseline` and `recipients`.

    Returns
    -------
    Flows
    """
    minutes = np.column_stack([given.minutes, given.elsewhere])
    shares = shares_of(minutes, setting)
    stopping = np.zeros(minutes.shape[1], dtype=bool)
    stopping[: len(given.providers)] = np.isin(given.providers, list(change.stops))
    before = given.weights[:, None] * shares
    left = shares * ~stopping
    if setting.baseline == "nearest" or setting.recipients == "nearest":
        left = np.zeros_like(minutes)
        open_ones = np.where(stopping, np.inf, minutes)
        left[np.arange(len(minutes)), open_ones.argmin(axis=1)] = 1.0
    spread = left / left.sum(axis=1)[:, None]
    row, place = np.nonzero(before * ~stopping > 0.0)
    parts = [(row, before[row, place], minutes[row, place], np.zeros(len(row)))]
    for giver in np.flatnonzero(stopping):
        to = spread
        if named := change.moves_to.get(given.providers[giver]):
            share = [named.get(name, 0.0) for name in given.providers]
            share += [0.0] * (minutes.shape[1] - len(share))
            to = np.broadcast_to(np.array(share), minutes.shape)
        sent = before[:, giver, None] * to
        row, place = np.nonzero(sent > 0.0)
        late = minutes[row, place]
        parts.append((row, sent[row, place], late, late - minutes[row, giver]))
    rows, demand, late, extra = (np.concatenate(each) for each in zip(*parts, strict=True))
    # who stays comes first
    return Flows(rows, demand, late, extra, np.arange(len(rows)) >= len(parts[0][0]))


def flows_of_rows(rows: pd.DataFrame, postcodes: Sequence[str]) -> Flows:
    """Take the flows of a case of a study.

    Parameters
    ----------
    rows
        From `impact.concentration.allocation.flows`.
    postcodes
        Of the study, in their order.

    Returns
    -------
    Flows
    """
    return Flows(
        pd.Index(postcodes).get_indexer(pd.Index(rows["postcode"])).astype(np.int64),
        rows["demand"].to_numpy(np.float64),
        rows["minutes_after"].to_numpy(np.float64),
        rows["extra_minutes"].to_numpy(np.float64),
        rows["moved"].to_numpy(bool),
    )
