"""Marks on a static map: hospital symbols, names that do not overlap, scale bar, north arrow."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.text import Text

INK = "#1b1b1b"
GREY = "#4a4f54"
_RED = "#a50f15"
_KM_PER_DEGREE = 111.2
_BAR_SHARE = 0.2
"""The scale bar is at most this share of the map's width."""
_POINTS_PER_INCH = 72.0
_GAP = 7.0
_HALF_SYMBOL = 5.0
_SHAPES = {
    # role: marker, size in points, fill, edge, width of the edge
    "stops": ("s", 7.5, "#ffffff", _RED, 1.4),
    "stays": ("o", 5.5, INK, "#ffffff", 0.7),
    "opens": ("^", 8.0, INK, "#ffffff", 0.8),
    "outside": ("D", 5.0, "#ffffff", INK, 1.0),
}


def wrapped(text: str, width: int, lines: int) -> str:
    """Break text into lines.

    Parameters
    ----------
    text
        Any.
    width
        Characters per line.
    lines
        At most this many; the rest becomes an ellipsis.

    Returns
    -------
    str

    Examples
    --------
    >>> wrapped("one two three four", 9, 2).splitlines()
    ['one two', 'three …']
    """
    return "\n".join(textwrap.wrap(text, width, max_lines=lines, placeholder=" …"))


def draw_symbol(
    axes: Axes, point: tuple[float, float], role: str, *, more: bool, size: float
) -> None:
    """Draw one hospital.

    Parameters
    ----------
    axes
        Where to.
    point
        x and y in its data.
    role
        ``stops``, ``stays``, ``opens`` or ``outside``.
    more
        Whether it receives more: a ring with a plus around it.
    size
        Times the plain size.
    """
    marker, points, fill, edge, width = _SHAPES[role]
    style: dict[str, Any] = {"clip_on": True, "linestyle": "none", "zorder": 5.0}
    at = ([point[0]], [point[1]])
    if more:
        ring = 10.5 * size
        axes.plot(*at, "o", ms=ring, mfc="none", mec="#ffffff", mew=3.0, **style)
        axes.plot(*at, "o", ms=ring, mfc="none", mec=INK, mew=1.3, **style)
    axes.plot(*at, marker, ms=points * size, mfc=fill, mec=edge, mew=width, **style)
    if role == "stops":
        axes.plot(*at, "x", ms=4.2 * size, mec=edge, mew=1.5, **style)
    if more:
        shift = 0.42 * 10.5 * size
        box = {"boxstyle": "circle,pad=0.05", "fc": INK, "ec": "#ffffff", "lw": 0.5}
        axes.annotate(
            "+",
            point,
            xytext=(shift, shift),
            textcoords="offset points",
            zorder=6.0,
            fontsize=6.5,
            weight="bold",
            color="#ffffff",
            ha="center",
            va="center",
            bbox=box,
        )


def place_names(
    axes: Axes,
    hospitals: Sequence[tuple[str, tuple[float, float], bool]],
    areas: Sequence[tuple[str, tuple[float, float]]],
) -> None:
    """Write names where there is room: beside their symbol, or on the middle of their area.

    Parameters
    ----------
    axes
        Where to; symbols have been drawn.
    hospitals
        Name, point (data) and whether it is set in bold; the most important first.
    areas
        Name and point of each province.
    """
    to_pixels = axes.transData.transform
    per_point = axes.figure.dpi / _POINTS_PER_INCH
    half = _HALF_SYMBOL * per_point
    inside = axes.get_window_extent()
    taken = []
    for _, point, _ in hospitals:
        x, y = to_pixels(point)
        taken.append(Bbox([[x - half, y - half], [x + half, y + half]]))
    halo = [withStroke(linewidth=2.2, foreground="#ffffff")]
    for name, point, important in hospitals:
        text = axes.text(
            *point,
            name,
            fontsize=7.5 if important else 6.5,
            weight="bold" if important else "normal",
            color=INK,
            path_effects=halo,
            zorder=7,
        )
        _place(text, point, _GAP, inside, taken)
    for name, point in areas:
        spaced = "\u2009".join(name.upper())
        text = axes.text(*point, spaced, fontsize=6.5, color=GREY, path_effects=halo, zorder=4)
        _place(text, point, 0.0, inside, taken)


def _place(
    text: Text, point: tuple[float, float], gap: float, inside: Bbox, taken: list[Bbox]
) -> None:
    """Move a name to the first of its spots that is free, or take it away."""
    axes = text.axes
    assert axes is not None  # noqa: S101 (it was made by one)
    per_point = axes.figure.dpi / _POINTS_PER_INCH
    x, y = axes.transData.transform(point)
    box = text.get_window_extent()
    wide, high, gap = box.width, box.height, gap * per_point
    spots = [(x - wide / 2.0, y - high / 2.0)]
    if gap:
        spots = [
            (x + gap, y - high / 2.0),
            (x - gap - wide, y - high / 2.0),
            (x - wide / 2.0, y - gap - high),
            (x - wide / 2.0, y + gap),
        ]
    for left, bottom in spots:
        wanted = Bbox.from_bounds(left, bottom, wide, high)
        fits = inside.contains(left, bottom) and inside.contains(left + wide, bottom + high)
        if fits and not any(wanted.overlaps(other) for other in taken):
            text.set_verticalalignment("baseline")
            # the extent starts at the lowest descender, the position at the baseline
            shift = box.y0 - axes.transData.transform(text.get_position())[1]
            at_x, at_y = axes.transData.inverted().transform((left, bottom - shift))
            text.set_position((float(at_x), float(at_y)))
            taken.append(wanted)
            return
    text.remove()


def draw_scale_bar(axes: Axes, latitude: float) -> None:
    """Draw a bar of a round number of kilometres in the lower right corner.

    Parameters
    ----------
    axes
        In degrees.
    latitude
        Of the middle, degrees.
    """
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    per_degree = _KM_PER_DEGREE * math.cos(math.radians(latitude))
    kilometres = round_length((east - west) * per_degree * _BAR_SHARE)
    right = east - 0.03 * (east - west)
    left, y = right - kilometres / per_degree, south + 0.025 * (north - south)
    halo = [withStroke(linewidth=4.0, foreground="#ffffff")]
    axes.plot([left, right], [y, y], color=INK, lw=2.0, solid_capstyle="butt", path_effects=halo)
    axes.annotate(
        f"{kilometres:g} km",
        ((left + right) / 2.0, y),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        fontsize=7,
        path_effects=halo,
    )


def round_length(longest: float) -> float:
    """Largest of 1, 2 or 5 times a power of ten that is not longer.

    Examples
    --------
    >>> round_length(34.0), round_length(7.0), round_length(0.3)
    (20.0, 5.0, 0.2)
    """
    power = 10.0 ** math.floor(math.log10(longest))
    return float(f"{max(step * power for step in (1, 2, 5) if step * power <= longest):.3g}")


def draw_north_arrow(axes: Axes, letter: str) -> None:
    """Draw an arrow to the north in the upper right corner.

    Parameters
    ----------
    axes
        With north up.
    letter
        For north.
    """
    arrow = {"arrowstyle": "-|>", "color": INK, "lw": 1.2}
    axes.annotate(
        letter,
        (0.965, 0.975),
        xytext=(0.965, 0.9),
        xycoords="axes fraction",
        arrowprops=arrow,
        ha="center",
        va="center",
        fontsize=8,
        weight="bold",
        path_effects=[withStroke(linewidth=2.0, foreground="#ffffff")],
    )
