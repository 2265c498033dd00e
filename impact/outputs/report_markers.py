"""Hospitals on a small static map: a shape for each role, and names where they fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from impact.concentration.result import Case

STOPS, OPENS, STAYS = "stops", "opens", "stays"
"""Roles, in the order in which they get a name."""

SIZE = 26
"""Height of a name, in units of the map."""

_LETTER = 0.57
_GAP = 18
_RADIUS = 15
_EDGE = 4


@dataclass(frozen=True)
class Marker:
    """A hospital on a map.

    Attributes
    ----------
    role
        ``stops``, ``opens`` or ``stays``.
    name
        In full.
    x, y
        Units of the map.
    label_x, label_y, anchor
        Where the name stands; `anchor` is empty where it found no room.
    """

    role: str
    name: str
    x: float
    y: float
    label_x: float = 0.0
    label_y: float = 0.0
    anchor: str = ""


_Box = tuple[float, float, float, float]


def markers(
    hospitals: pd.DataFrame,
    case: Case,
    frame: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    height: float,
    *,
    width: float = 1000.0,
) -> tuple[Marker, ...]:
    """Place the hospitals of a case.

    Parameters
    ----------
    hospitals
        Index name; lat and lon.
    case
        What is shown.
    frame
        From degrees (longitude, latitude; shape (n, 2)) to units of the map.
    height, width
        Of the map, in units.

    Returns
    -------
    tuple of Marker
        Those that stay first, so that those that stop are drawn over them. Names are placed
        greedily (right, left, above, below, aslant): those that stop first.
    """
    roles = [(STOPS, case.stops), (OPENS, case.opens), (STAYS, case.stays)]
    names = [(role, name) for role, group in roles for name in group]
    found = hospitals.loc[[name for _, name in names]]
    degrees = np.column_stack([found["lon"], found["lat"]]).astype(np.float64)
    points = frame(degrees) if len(degrees) else np.empty((0, 2))
    taken: list[_Box] = [
        (x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS) for x, y in points.tolist()
    ]
    out = []
    for (role, name), (x, y) in zip(names, points.tolist(), strict=True):
        label = _place(name, x, y, taken, (width, height))
        out.append(Marker(role, name, round(x, 1), round(y, 1), *label))
    return tuple(reversed(out))


def _place(
    name: str, x: float, y: float, taken: list[_Box], size: tuple[float, float]
) -> tuple[float, float, str]:
    """Find the first position that is free; it is then taken."""
    length = _LETTER * SIZE * len(name)
    below, above = y + _GAP + SIZE * 0.7, y - _GAP - SIZE * 0.25
    options = (
        (x + _GAP, y + SIZE / 3, "start", x + _GAP),
        (x - _GAP, y + SIZE / 3, "end", x - _GAP - length),
        (x, above, "middle", x - length / 2),
        (x, below, "middle", x - length / 2),
        *((x, height, "start", x) for height in (above, below)),
        *((x, height, "end", x - length) for height in (above, below)),
    )
    for label_x, label_y, anchor, left in options:
        box = (left, label_y - SIZE * 0.8, left + length, label_y + SIZE * 0.25)
        inside = box[0] > _EDGE and box[1] > _EDGE
        inside = inside and box[2] < size[0] - _EDGE and box[3] < size[1] - _EDGE
        if inside and not any(_overlap(box, other) for other in taken):
            taken.append(box)
            return round(label_x, 1), round(label_y, 1), anchor
    return 0.0, 0.0, ""


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
