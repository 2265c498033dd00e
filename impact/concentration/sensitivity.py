"""What a run says of its own sureness, where that was asked for; `impact.evidence` computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLUMNS = (
    "intervention",
    "scenario",
    "recipients",
    "factor",
    "kind",
    "value",
    "mean_extra_moved",
    "moved",
    "beyond_60_after",
)
NOT_VARIED = pd.DataFrame(columns=list(COLUMNS))
"""The table of a run for which sensitivity was not asked."""


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """What was varied, and what came out.

    Attributes
    ----------
    rows
        One row per case and variation: intervention, scenario, recipients, factor, kind (``choice``
        or ``margin``), value, mean_extra_moved, moved, beyond_60_after. Of the draws of speeds
        only percentiles of the mean are among them.
    draws : ndarray of float, shape (n_members, n_cases)
        Mean extra minutes of the moved per draw of speeds; no row where there are no roads.
    spans
        Per case, in the order of the run: factor, kind, low, high, low_value, high_value; widest
        first, the figure itself lies in every span.
    margins
        Per case: the margin of calculation in minutes, from least to greatest.
    orders
        One row per pair of scenarios of one intervention: intervention, better, worse, agree (in
        how many computations), of (how many).
    members, spread, seed
        Of the draws.
    """

    rows: pd.DataFrame
    draws: NDArray[np.float64]
    spans: tuple[pd.DataFrame, ...]
    margins: tuple[tuple[float, float], ...]
    orders: pd.DataFrame
    members: int
    spread: float
    seed: int
