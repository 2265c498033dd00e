"""What hidden counts leave open of flows: the least and the most that sums and means can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.tables.count_totals import Cells


@dataclass(frozen=True, eq=False)
class FlowEnds:
    """Flows as parts of counts of which some are hidden.

    Attributes
    ----------
    cells
        The counts, with their bounds and known totals.
    cell : ndarray of int, shape (n_flows,)
        Which count each flow is part of.
    share : ndarray of float, shape (n_flows,)
        What part of it, whatever the count is.
    """

    cells: Cells
    cell: NDArray[np.intp]
    share: NDArray[np.float64]

    @property
    def low(self) -> NDArray[np.float64]:
        """Least demand of each flow alone."""
        return np.asarray(self.share * self.cells.low[self.cell])

    @property
    def high(self) -> NDArray[np.float64]:
        """Most demand of each flow alone."""
        return np.asarray(self.share * self.cells.high[self.cell])

    def of_sum(self, chosen: NDArray[np.bool_]) -> tuple[float, float]:
        """Return the least and the most that some flows add up to."""
        weight = self._by_cell(np.where(chosen, self.share, 0.0))
        return -self.cells.most(-weight), self.cells.most(weight)

    def of_mean(
        self, values: NDArray[np.float64], chosen: NDArray[np.bool_]
    ) -> tuple[float, float]:
        """Return the least and the greatest mean over some flows, weighted by their demand."""
        weight, value = self._summed(values, chosen)
        low = self.cells.greatest_mean(weight, -value)
        return 0.0 - low, self.cells.greatest_mean(weight, value)

    def at_mean(
        self, values: NDArray[np.float64], chosen: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
        """Return which counts the mean of some flows takes, and those of its least and greatest."""
        weight, value = self._summed(values, chosen)
        low, high = (self.cells.at_greatest_mean(weight, sign * value)[1] for sign in (-1.0, 1.0))
        return weight > 0.0, low, high

    def _summed(
        self, values: NDArray[np.float64], chosen: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weight and weighted value of each count in the mean of some flows."""
        share = np.where(chosen, self.share, 0.0)
        return self._by_cell(share), self._by_cell(share * np.where(chosen, values, 0.0))

    def _by_cell(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = np.bincount(self.cell, values, minlength=len(self.cells.low))
        return sums.astype(np.float64)
