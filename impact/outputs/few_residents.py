"""Postcodes with few residents: a large area on a map, and hardly anybody in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.concentration.result import Result

FEW_RESIDENTS = 100
"""Fewer are hatched on maps: their colour covers ground, not people."""


def few_residents(result: Result) -> NDArray[np.bool_]:
    """Tell which postcodes have few residents.

    Parameters
    ----------
    result
        Of a run.

    Returns
    -------
    ndarray of bool, shape (n_postcodes,)
        Whether a postcode has fewer than `FEW_RESIDENTS` of the residents that count. All false
        where demand is in patients or a weight: those say nothing of how many live there.
    """
    demand = result.postcodes["demand"].to_numpy(np.float64)
    few: NDArray[np.bool_] = demand < FEW_RESIDENTS
    return few if result.unit.startswith("residents") else np.zeros_like(few)
