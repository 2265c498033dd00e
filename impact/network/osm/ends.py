r"""Roads for destination traffic only: used where a trip begins or ends, never on the way.

A trip may leave over such roads and arrive over such roads, with all others in between. That is a
matter of what it did before, so that nodes of these roads are copied, as at turn restrictions:

```
    u ===== v ===== w          u, w on other roads; u-v-w for destination traffic only

    u'  --  v   --  w'         who leaves from here: on to u and w, and along u' and w'
     \______|_______/
    u       |       w          all other roads: no way from u to w over v
     \      |      /
    u" ---> v" <--- w"         who arrives here: from u and w, and never back
```

Shortest paths then keep to the rule without knowing of it, in every engine alike. What only such
roads join to the rest counts as one of them: there is no other way.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from impact.network.osm.component import parts_of, strong_parts
from impact.network.osm.edges import together

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impact.network.osm.edges import Pieces

_TWO = 2


def at_ends_only(
    pieces: Pieces, destination: NDArray[np.bool_], size: int
) -> tuple[Pieces, NDArray[np.int64], NDArray[np.bool_]]:
    """Copy nodes so that no trip passes through roads for destination traffic."""
    if not destination.any():
        return pieces, np.zeros(0, dtype=np.int64), np.zeros(size, dtype=bool)
    core = _core(pieces, ~destination, size)
    layered = _passed_through(pieces, core, size)
    if not layered.any():
        return pieces, np.zeros(0, dtype=np.int64), np.zeros(size, dtype=bool)
    rest, here = pieces.take(~layered), pieces.take(layered)
    on_core = np.zeros(size, dtype=bool)
    on_core[pieces.tail[core]] = on_core[pieces.head[core]] = True
    nodes = np.unique(np.concatenate([here.tail, here.head]))
    gates = nodes[on_core[nodes]]
    leaving = np.arange(size, dtype=np.int32)
    leaving[gates] = size + np.arange(len(gates))
    arriving = np.zeros(size, dtype=np.int32)
    arriving[nodes] = size + len(gates) + np.arange(len(nodes))
    out, into = on_core[here.head], on_core[here.tail]
    parts = [
        rest,
        replace(here, tail=leaving[here.tail], head=leaving[here.head]),
        replace(here.take(out), tail=leaving[here.tail[out]], head=here.head[out]),
        replace(here.take(into), tail=here.tail[into], head=arriving[here.head[into]]),
        replace(here, tail=arriving[here.tail], head=arriving[here.head]),
    ]
    copied = np.concatenate([gates, nodes]).astype(np.int64)
    near = np.zeros(size + len(copied), dtype=bool)
    near[nodes] = near[size:] = True
    return together(parts), copied, near


def _core(pieces: Pieces, through: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Edges of the largest part within which roads for all traffic lead everywhere."""
    part = strong_parts(pieces.tail[through], pieces.head[through], size)
    inside: NDArray[np.bool_] = through & (part[pieces.tail] == part[pieces.head])
    if not inside.any():
        return np.asarray(inside)
    km = np.bincount(part[pieces.tail[inside]], pieces.km[inside])
    return np.asarray(inside & (part[pieces.tail] == int(km.argmax())))


def _passed_through(pieces: Pieces, core: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Edges outside the core that lead from one node of it to another."""
    out = np.zeros(len(core), dtype=bool)
    rest = np.flatnonzero(~core)
    if len(rest) == 0 or not core.any():
        return out
    tail, head = pieces.tail[rest], pieces.head[rest]
    part = parts_of(tail, head, size)
    nodes = np.unique(np.concatenate([tail, head]))
    on_core = np.zeros(size, dtype=bool)
    on_core[pieces.tail[core]] = on_core[pieces.head[core]] = True
    gates = np.bincount(part[nodes[on_core[nodes]]], minlength=size)
    out[rest] = gates[part[tail]] >= _TWO
    return out
