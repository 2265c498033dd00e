"""A small drawing of a network, to see at a glance what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from impact.errors import Fault, InputError
from impact.network.network import FERRY
from impact.storage import replacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork

_WIDTH = 1000.0
_MOST_POINTS = 250_000
_STYLES = {
    FERRY: ("#4a78b0", 1.5),
    "motorway": ("#b0413e", 2.2),
    "trunk": ("#c96f3b", 1.9),
    "expressway": ("#c96f3b", 1.9),
    "primary": ("#d29b3a", 1.5),
    "main": ("#d29b3a", 1.5),
    "secondary": ("#8a8a4a", 1.1),
    "urban_main": ("#8a8a4a", 1.1),
    "tertiary": ("#6f6f6f", 0.8),
    "unclassified": ("#9a9a9a", 0.5),
    "residential": ("#b0b0b0", 0.4),
    "local": ("#b0b0b0", 0.4),
}
_OTHER = ("#c4c4c4", 0.3)


def write_sketch(network: RoadNetwork, path: Path | str) -> list[str]:
    """Draw a network as SVG, main roads on top."""
    start, lon, lat, line_class = _lines(network)
    names = by_standing({str(each) for each in line_class})
    points = {name: int(np.diff(start)[line_class == name].sum()) for name in names}
    drawn: list[str] = []
    for name in names:
        if drawn and sum(points[each] for each in (*drawn, name)) > _MOST_POINTS:
            break
        drawn.append(name)
    if not drawn:
        raise InputError(Fault("network", "", "edges", None, "at least one edge"))
    west, south, east, north = network.bounds
    narrow = float(np.cos(np.radians((south + north) / 2.0)))
    scale = _WIDTH / max((east - west) * narrow, north - south, 1e-9)
    x = np.round((lon - west) * narrow * scale, 1)
    y = np.round((north - lat) * scale, 1)
    size = (max((east - west) * narrow * scale, 1.0), max((north - south) * scale, 1.0))
    body = [
        _path(name, start, x, y, np.flatnonzero(line_class == name)) for name in reversed(drawn)
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]:.0f} {size[1]:.0f}" '
        f'role="img" aria-label="{", ".join(drawn)}">\n'
        '<rect width="100%" height="100%" fill="#fdfdfb"/>\n'
    )
    with replacing(Path(path)) as temporary:
        temporary.write_text(head + "\n".join(body) + "\n</svg>\n", encoding="utf-8")
    return drawn


def _lines(
    network: RoadNetwork,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.object_]]:
    """Courses to draw and the class of each; two directions are one line."""
    shapes = network.shapes
    if shapes is not None:
        _, first = np.unique(shapes.line, return_index=True)
        return shapes.start, shapes.lon, shapes.lat, network.road_class[first]
    low = np.minimum(network.tail, network.head)
    high = np.maximum(network.tail, network.head)
    _, first = np.unique(low * len(network.node) + high, return_index=True)
    ends = np.column_stack([network.tail[first], network.head[first]]).ravel()
    start = np.arange(0, len(ends) + 1, 2)
    return start, network.lon[ends], network.lat[ends], network.road_class[first]


def by_standing(names: Iterable[str]) -> list[str]:
    """Sort classes of road, the highest first.

    Examples
    --------
    >>> by_standing(["residential", "primary_link", "motorway", "primary"])
    ['motorway', 'primary', 'primary_link', 'residential']
    """
    order = list(_STYLES)

    def standing(name: str) -> tuple[int, str]:
        plain = name.removesuffix("_link")
        return (order.index(plain) if plain in order else len(order), name)

    return sorted(names, key=standing)


def _path(
    name: str,
    start: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    chosen: Sequence[int] | NDArray[np.int64],
) -> str:
    colour, width = _STYLES.get(name.removesuffix("_link"), _OTHER)
    parts = []
    for line in chosen:
        begin, end = start[line], start[line + 1]
        pairs = zip(x[begin:end].tolist(), y[begin:end].tolist(), strict=True)
        parts.append("M" + " ".join(f"{a:g},{b:g}" for a, b in pairs))
    return (
        f'<path d="{"".join(parts)}" fill="none" stroke="{colour}" stroke-width="{width}">'
        f"<title>{name}</title></path>"
    )
