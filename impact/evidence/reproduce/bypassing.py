"""A baseline in which people pass their nearest provider: shares that fall off with the minutes.

Everything is a product of matrices, so all candidates of a treatment cost about as much as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.allocation import nearest
from impact.concentration.choice import shares as choice_shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.evidence.reproduce.setting import Setting

_BLOCK_CELLS = 2_000_000
"""Numbers held at once: bounds the memory whatever the number of candidates."""


def shares_of(minutes: NDArray[np.float64], setting: Setting) -> NDArray[np.float64]:
    """Share of each postcode that goes to each provider today.

    Parameters
    ----------
    minutes : ndarray of float, shape (n_postcodes, n_providers)
        Finite.
    setting
        Its `baseline` and `beta`.

    Returns
    -------
    ndarray of float, shape (n_postcodes, n_providers)
        Rows add to one.
    """
    if setting.baseline == "huff":
        return choice_shares(minutes, beta=setting.beta)
    shares = np.zeros_like(minutes)
    shares[np.arange(len(minutes)), nearest(minutes)] = 1.0
    return shares


def bypassing_sums(
    minutes: NDArray[np.float64],
    demand: NDArray[np.float64],
    members: NDArray[np.bool_],
    *,
    beta: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum moved demand and its extra minutes for many sets of providers that stop.

    Parameters
    ----------
    minutes : ndarray of float, shape (n_postcodes, n_locations)
        To the providers, and behind them to locations that never stop.
    demand : ndarray of float, shape (n_postcodes,)
        Weights.
    members : ndarray of bool, shape (n_sets, n_providers)
        Who stops.
    beta
        Decay per minute.

    Returns
    -------
    moved, extra : ndarray of float, shape (n_sets,)

    Notes
    -----
    With shares s, weights w and stopping set S, the moved of postcode i are w s(i, S); they
    travelled sum over S of s t, and afterwards the mean of t over those left, weighted with s.

    Examples
    --------
    Two providers at 10 and 20 minutes share a postcode evenly when minutes hardly deter; who
    must leave the far one gains ten:

    >>> moved, extra = bypassing_sums(
    ...     np.array([[10.0, 20.0]]), np.ones(1), np.array([[False, True]]), beta=1e-9)
    >>> moved.round(3).tolist(), extra.round(3).tolist()
    ([0.5], [-5.0])
    """
    shares = choice_shares(minutes, beta=beta)
    spent = shares * minutes
    stays = np.ones((len(members), minutes.shape[1]))
    stays[:, : members.shape[1]] -= members
    # who moves, and what they spent today, need no postcodes; the minutes after do
    moved = (1.0 - stays) @ (shares.T @ demand)
    before = (1.0 - stays) @ (spent.T @ demand)
    after = np.empty(len(members))
    step = max(1, _BLOCK_CELLS // len(minutes))
    for start in range(0, len(members), step):
        stay = stays[start : start + step]
        left = stay @ shares.T
        after[start : start + step] = ((stay @ spent.T) * (1.0 - left) / left) @ demand
    return moved, after - before
