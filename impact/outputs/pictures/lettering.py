"""Where a map lies on its sheet, and where names find room on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Frame:
    """From degrees to the units of a map, downwards: as wide as a degree is in its middle."""

    west: float
    north: float
    scale: float
    stretch: float
    left: float
    top: float

    @classmethod
    def around(
        cls,
        bounds: tuple[float, float, float, float],
        room: tuple[float, float],
        margin: float,
    ) -> Frame:
        """Fit south, west, north, east into the middle of a room; it may be endlessly high.

        Examples
        --------
        >>> Frame.around((52.0, 5.0, 53.0, 6.0), (300.0, 120.0), 10.0).scale
        100.0
        """
        south, west, north, east = bounds
        stretch = math.cos(math.radians((south + north) / 2.0))
        # a region of one point still needs a size
        wide, high = max((east - west) * stretch, 1e-3), max(north - south, 1e-3)
        scale = min((room[0] - 2.0 * margin) / wide, (room[1] - 2.0 * margin) / high)
        left = (room[0] - wide * scale) / 2.0
        top = margin if math.isinf(room[1]) else (room[1] - high * scale) / 2.0
        return cls(west, north, scale, stretch, left, top)

    def __call__(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        """Move points of lon, lat."""
        x = (degrees[:, 0] - self.west) * self.stretch * self.scale + self.left
        y = (self.north - degrees[:, 1]) * self.scale + self.top
        return np.column_stack([x, y])


@dataclass(frozen=True)
class Lettering:
    """How names stand on a map: height, width of a letter as a share of it, gap to the symbol.

    Without a gap a name stands upon its place where there is room.
    """

    size: float
    letter: float
    gap: float


Box = tuple[float, float, float, float]
_EDGE = 0.15
"""Room between a name and the edge of the map, as a share of its height."""


def place_name(
    name: str,
    point: tuple[float, float],
    style: Lettering,
    taken: list[Box],
    room: tuple[float, float],
) -> tuple[float, float, str]:
    """Find the first position that is free, which is then taken; without anchor if there is none.

    Examples
    --------
    >>> place_name("Sneek", (50.0, 50.0), Lettering(10.0, 0.6, 5.0), [], (100.0, 100.0))
    (55.0, 53.3, 'start')
    """
    (x, y), size, gap = point, style.size, style.gap
    length, middle = style.letter * size * len(name), y + size / 3.0
    below, above = y + gap + size * 0.7, y - gap - size * 0.25
    options = (
        (x + gap, middle, "start", x + gap),
        (x - gap, middle, "end", x - gap - length),
        (x, above, "middle", x - length / 2.0),
        (x, below, "middle", x - length / 2.0),
        *((x, height, "start", x) for height in (above, below)),
        *((x, height, "end", x - length) for height in (above, below)),
        *(
            (x + shift * length, height, "middle", x + (shift - 0.5) * length)
            for shift in (-0.25, 0.25)
            for height in (above, below, above - size, below + size)
        ),
        *((x, height, "middle", x - length / 2.0) for height in (above - size, below + size)),
    )
    edge = _EDGE * size
    upon = (x, middle, "middle", x - length / 2.0)
    for label_x, label_y, anchor, left in options if gap else (upon, *options):
        box = (left, label_y - size * 0.8, left + length, label_y + size * 0.25)
        inside = box[0] > edge and box[1] > edge
        inside = inside and box[2] < room[0] - edge and box[3] < room[1] - edge
        if inside and not any(_overlap(box, other) for other in taken):
            taken.append(box)
            return round(label_x, 1), round(label_y, 1), anchor
    return 0.0, 0.0, ""


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def squares(points: Sequence[tuple[float, float]], half: float) -> list[Box]:
    """Room that symbols take."""
    return [(x - half, y - half, x + half, y + half) for x, y in points]


def placed(
    names: Sequence[tuple[str, float, float]], frame: Frame, style: Lettering
) -> list[tuple[str, tuple[float, float], Lettering]]:
    """Place names of lon, lat on a map."""
    points = frame(np.array([point for _, *point in names], dtype=np.float64).reshape(-1, 2))
    return [
        (name, (float(x), float(y)), style)
        for (name, *_), (x, y) in zip(names, points, strict=True)
    ]
