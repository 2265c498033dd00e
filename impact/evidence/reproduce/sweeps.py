"""Sweeps of every treatment under any setting, each made once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from impact.evidence.reproduce.rows import matrix, sweep

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.evidence.reproduce.rows import Matrix, Swept
    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.world import World
    from impact.study import Intervention


@dataclass(frozen=True, eq=False)
class Sweeps:
    """What was swept so far.

    Attributes
    ----------
    world
        What it is computed from.
    """

    world: World
    _swept: dict[tuple[str, str, Setting], Swept] = field(default_factory=dict)

    def matrix(self, region: str, intervention: Intervention, setting: Setting) -> Matrix:
        """Minutes and weights of one treatment; see `impact.evidence.reproduce.rows.matrix`."""
        return matrix(self.world, region, intervention, setting)

    def of(self, region: str, intervention: Intervention, setting: Setting) -> Swept:
        """Every candidate of one treatment under a setting.

        Parameters
        ----------
        region, intervention, setting
            What is asked.

        Returns
        -------
        Swept
        """
        key = (region, intervention.treatment, setting)
        if key not in self._swept:
            given = self.matrix(region, intervention, setting)
            self._swept[key] = sweep(intervention, given, setting)
        return self._swept[key]

    def medians(self, region: str, setting: Setting) -> dict[str, float]:
        """Mean extra minutes of the moved in the median candidate, per treatment.

        Parameters
        ----------
        region, setting
            What is asked.

        Returns
        -------
        dict of str to float
            By treatment id; those in which nobody is moved are absent.
        """
        found = {}
        for each in self.world.study(region).interventions:
            swept = self.of(region, each, setting)
            if swept.median is not None:
                found[each.treatment] = float(swept.means[swept.median])
        return found


def ends(values: dict[str, float]) -> tuple[float, float, str, str]:
    """Least and greatest value, and whose they are.

    Parameters
    ----------
    values
        By treatment; NaN does not count.

    Returns
    -------
    low, high : float
        NaN where there is none.
    low_from, high_from : str
        Of equals the first by name.

    Examples
    --------
    >>> ends({"b": 4.0, "a": 4.0, "c": 9.0})
    (4.0, 9.0, 'a', 'c')
    """
    known = {key: value for key, value in values.items() if not np.isnan(value)}
    if not known:
        return (np.nan, np.nan, "", "")
    low = min(known, key=lambda key: (known[key], key))
    high = min(known, key=lambda key: (-known[key], key))
    return (known[low], known[high], low, high)


def middle(values: NDArray[np.float64]) -> float:
    """Median in the usual sense: the mean of two in the middle; NaN without any value."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else float("nan")
