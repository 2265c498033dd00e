"""Which hospitals stop, against how many: what each of the two makes of a difference."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from impact.evidence.reproduce.rows import sums

if TYPE_CHECKING:
    from impact.evidence.reproduce.rows import Matrix
    from impact.evidence.reproduce.setting import Setting
    from impact.study import Intervention


def choice_against_number(
    intervention: Intervention, given: Matrix, setting: Setting
) -> tuple[float, float]:
    """Minutes that the choice of who stops makes, and that one hospital more or fewer makes.

    Parameters
    ----------
    intervention
        With `stop_count` k.
    given
        Minutes and weights.
    setting
        Assumptions.

    Returns
    -------
    spread : float
        Mean extra minutes over all residents: greatest candidate of k minus least. NaN where there
        is no choice.
    number : float
        The larger difference between the median candidate of k and that of k - 1 or k + 1.
    """
    count, providers = intervention.stop_count, len(given.providers)
    if count is None or count >= providers:
        return np.nan, np.nan
    total = float(given.weights.sum())

    def means(stopping: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        sets = list(combinations(range(providers), stopping))
        members = np.zeros((len(sets), providers), dtype=bool)
        for number, each in enumerate(sets):
            members[number, list(each)] = True
        return np.asarray(sums(given, members, setting)[1] / total, dtype=np.float64)

    here = means(count)
    if len(here) < 2:  # noqa: PLR2004 (a choice takes two)
        return np.nan, np.nan
    others = [0.0 if count == 1 else float(np.median(means(count - 1)))]
    if count + 1 < providers:
        others.append(float(np.median(means(count + 1))))
    spread = float(here.max() - here.min())
    return spread, max(abs(float(np.median(here)) - other) for other in others)
