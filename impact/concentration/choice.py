"""How demand chooses among the providers that it can reach.

- ``nearest``: everybody goes to the nearest.
- ``huff``: shares proportional to ``attraction ** alpha * exp(-beta * minutes)`` (Huff 1964, with
  an exponential deterrence).
- ``logit``: a conditional logit (McFadden 1974) with the user's coefficients: shares proportional
  to ``exp(c_minutes * minutes + sum of c_k * x_k)`` over the attributes x_k of a location.
- ``observed``: the patients that a table counts, from each postcode at each provider.

Huff is the conditional logit with utility ``alpha * log(attraction) - beta * minutes``, so both are
one formula here: a utility per location, and beta per minute.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from impact.concentration.observed import Observed

NEAREST, OBSERVED, HUFF, LOGIT = "nearest", "observed", "huff", "logit"

BYPASS_BETAS = (0.05, 0.1, 0.2)
"""Per minute: how strongly minutes deter, for the band where no flows are known.

A choice among three, from weak to strong; source: general knowledge, unverified. With 0.05 a
provider that lies 14 minutes further draws half as much, with 0.2 one that lies 3.5 minutes
further.
"""


@dataclass(frozen=True, eq=False)
class Choice:
    """The rule by which demand of one intervention is allotted to providers.

    Attributes
    ----------
    rule
        ``nearest``, ``observed``, ``huff`` or ``logit``.
    beta
        Per minute, for ``huff`` and ``logit``.
    utility
        Location -> what draws people there beside the minutes; zero where it is not named.
    observed
        The table of counts, for ``observed``.
    about
        Parameters and where they come from, for the manifest.
    """

    rule: str = NEAREST
    beta: float = 0.0
    utility: Mapping[str, float] = field(default_factory=dict)
    observed: Observed | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def spreads(self) -> bool:
        """Whether people of one postcode may go to several providers by a formula."""
        return self.rule in {HUFF, LOGIT}

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """Locations that are no providers of the study, but where the counts find patients."""
        return () if self.observed is None else self.observed.elsewhere

    def shares(self, minutes: NDArray[np.float64], locations: Sequence[str]) -> NDArray[np.float64]:
        """Shares by formula among locations; only for ``huff`` and ``logit``.

        Parameters
        ----------
        minutes : ndarray of float, shape (n_postcodes, n_locations)
            Infinite where a location cannot be reached.
        locations
            Names of the columns.

        Returns
        -------
        ndarray of float, shape (n_postcodes, n_locations)
        """
        utility = np.array([self.utility.get(name, 0.0) for name in locations])
        return shares(minutes, beta=self.beta, utility=utility)


EVERYBODY_NEAREST = Choice()


def shares(
    minutes: NDArray[np.float64],
    *,
    beta: float,
    utility: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Shares proportional to ``exp(utility - beta * minutes)``.

    Parameters
    ----------
    minutes : ndarray of float, shape (n_postcodes, n_locations)
        Infinite where a location cannot be reached; its share is zero.
    beta
        Per minute.
    utility : ndarray of float, shape (n_locations,), optional
        Of each location; zeros by default.

    Returns
    -------
    ndarray of float, shape (n_postcodes, n_locations)
        Rows add to one, or to zero where nothing can be reached.

    Examples
    --------
    >>> shares(np.array([[10.0, 20.0], [np.inf, np.inf]]), beta=np.log(2) / 10).round(3)
    array([[0.667, 0.333],
           [0.   , 0.   ]])
    """
    if minutes.shape[1] == 0:
        return np.zeros(minutes.shape)
    reached = np.isfinite(minutes)
    # minutes that cannot be driven are masked, so that beta = 0 leaves no 0 * inf
    score = np.where(reached, -beta * np.where(reached, minutes, 0.0), -np.inf)
    if utility is not None:
        score = score + utility
    best = score.max(axis=1, keepdims=True)
    # the best scores zero, so that the exponent can neither overflow nor all vanish
    weight = np.exp(score - np.where(np.isfinite(best), best, 0.0))
    total = weight.sum(axis=1, keepdims=True)
    out: NDArray[np.float64] = np.divide(
        weight, total, out=np.zeros_like(weight), where=total > 0.0
    )
    return out
