"""Where everybody goes before and after one change: what every figure of a claim is taken from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impact.evidence.reproduce.bypassing import shares_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.evidence.claims.claim import Change
    from impact.evidence.reproduce.rows import Matrix
    from impact.evidence.reproduce.setting import Setting


@dataclass(frozen=True, eq=False)
class Flows:
    """Demand by postcode, provider before and provider after.

    Attributes
    ----------
    minutes : ndarray of float, shape (n_postcodes, n_locations)
        To providers of the region, then to those elsewhere.
    before, after : ndarray of float, shape (n_postcodes, n_locations)
        Demand that goes where.
    row, extra, demand : ndarray, shape (n_flows,)
        One entry per postcode, provider that stops and provider after: who must go elsewhere.
    weights : ndarray of float, shape (n_postcodes,)
        All demand.
    """

    minutes: NDArray[np.float64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    row: NDArray[np.int64]
    extra: NDArray[np.float64]
    demand: NDArray[np.float64]
    weights: NDArray[np.float64]
    late: NDArray[np.float64]

    @property
    def moved(self) -> float:
        """Demand that must go elsewhere."""
        return float(self.demand.sum())

    def mean_moved(self) -> float:
        """Mean extra minutes of the moved; NaN where nobody is."""
        return float(self.extra @ self.demand / self.moved) if self.moved > 0.0 else np.nan

    def mean_all(self) -> float:
        """Mean extra minutes of all."""
        total = float(self.weights.sum())
        return float(self.extra @ self.demand / total) if total > 0.0 else np.nan

    def greatest(self) -> tuple[float, int]:
        """Most extra minutes of anybody, and the row of the postcode; NaN and -1 without any."""
        counted = np.flatnonzero(self.demand > 0.0)
        if not len(counted):
            return np.nan, -1
        place = counted[int(np.argmax(self.extra[counted]))]
        return float(self.extra[place]), int(self.row[place])

    def within(self, limit: float, of: str) -> float:
        """Share with at most so many minutes after the change, of the moved or of all."""
        if of == "moved":
            total = self.moved
            inside = float(self.demand[self.late <= limit].sum())
        else:
            total = float(self.weights.sum())
            inside = float(self.after[self.minutes <= limit].sum())
        return inside / total if total > 0.0 else np.nan

    def extra_of(self, rows: NDArray[np.int64]) -> float:
        """Mean extra minutes of everybody in some postcodes, who stays included."""
        total = float(self.weights[rows].sum())
        mine = np.isin(self.row, rows)
        return float(self.extra[mine] @ self.demand[mine] / total) if total > 0.0 else np.nan


def flows(given: Matrix, change: Change, setting: Setting) -> Flows:
    """Work out who goes where.

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
    after = before * ~stopping
    rows, extras, demands, lates = [], [], [], []
    left = shares * ~stopping
    if setting.baseline == "nearest" or setting.recipients == "nearest":
        left = np.zeros_like(minutes)
        open_ones = np.where(stopping, np.inf, minutes)
        left[np.arange(len(minutes)), open_ones.argmin(axis=1)] = 1.0
    goes = left / left.sum(axis=1)[:, None]
    for giver in np.flatnonzero(stopping):
        to = goes
        if named := change.moves_to.get(given.providers[giver]):
            share = [named.get(name, 0.0) for name in given.providers]
            share += [0.0] * (minutes.shape[1] - len(share))
            to = np.broadcast_to(np.array(share), minutes.shape)
        sent = before[:, giver, None] * to
        after = after + sent
        row, place = np.nonzero(sent > 0.0)
        rows.append(row)
        demands.append(sent[row, place])
        lates.append(minutes[row, place])
        extras.append(minutes[row, place] - minutes[row, giver])
    late = np.concatenate([np.empty(0), *lates])
    return Flows(
        minutes=minutes,
        before=before,
        after=after,
        row=np.concatenate([np.empty(0, dtype=np.int64), *rows]),
        extra=np.concatenate([np.empty(0), *extras]),
        demand=np.concatenate([np.empty(0), *demands]),
        weights=given.weights,
        late=late,
    )
