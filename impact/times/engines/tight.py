"""The shortest of the fastest paths, for engines that know one number per arc.

An arc (u, v) is *tight* for a destination if minutes(u) = minutes(arc) + minutes(v). A path is
fastest exactly when all its arcs are tight: summed along the path the differences cancel. So the
kilometres of the shortest among the fastest paths are shortest-path lengths, in kilometres, over
tight arcs alone. Equality is exact because minutes lie on a grid (`impact.times.engines.arcs`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def tight_arcs(
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    minutes: NDArray[np.float64],
    tree: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Find the arcs that lie on fastest paths.

    Parameters
    ----------
    tail, head : ndarray of int64, shape (n_arcs,)
        An arc leads from tail to head.
    minutes : ndarray of float, shape (n_arcs,)
        Of each arc, on the grid.
    tree : ndarray of float, shape (n_nodes,)
        Minutes from every node to the destination; infinite where there is no way.

    Returns
    -------
    ndarray of int64
        Positions of arcs, ascending.

    Examples
    --------
    >>> tail, head = np.array([0, 1, 0]), np.array([1, 2, 2])
    >>> tight_arcs(tail, head, np.array([1.0, 2.0, 4.0]), np.array([3.0, 2.0, 0.0])).tolist()
    [0, 1]
    """
    return np.flatnonzero(np.isfinite(tree[tail]) & (tree[tail] == minutes + tree[head]))
