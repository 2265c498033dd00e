"""Maps as pictures for report and appendix, legible in grey print.

The same shapes, bands and words as map.html, with a scale bar, a north arrow and the sources.

Postcodes of one band are merged into one shape, which keeps the report small; the interactive map
has them one by one.
"""

from __future__ import annotations

import datetime as dt
import math
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

from impact.model.measures import BANDS, LEGEND, NO_ROUTE, NOBODY, SHORTER, place_bands
from impact.outputs.pages.map_layers import (
    FEW_RESIDENTS,
    MUNICIPALITIES,
    STEPS_PER_DEGREE,
    few_residents,
    layer,
    map_shapes,
    postcode_shapes,
    shipped_areas,
    short_name,
    used_locations,
)
from impact.outputs.pictures.style import METADATA, drawing
from impact.outputs.text import texts
from impact.outputs.text.overview import layer_name, subtitle
from impact.storage import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.text import Text
    from numpy.typing import NDArray

    from impact.analysis.result import Result
    from impact.model.case import Case
    from impact.model.measures import Band
    from impact.outputs.pages.map_layers import Layer, MapShapes, Rings
    from impact.outputs.text import Texts

HATCHES = {NO_ROUTE.key: "xxxxx", SHORTER.key: "...."}
FEW_HATCH = "\\\\\\\\\\\\"
"""Stripes one way, where no route is a net: told apart without colour."""
_SYMBOLS = ("stops", "stays", "opens", "outside")
_STEP = 0.19
"""Inches between lines."""
_WHITE = "#ffffff"


def fill_of(key: str) -> dict[str, Any]:
    """Fill of a band as matplotlib asks for it."""
    colours = {band.key: band.colour for band in LEGEND} | {NOBODY.key: _WHITE}
    edge = {NOBODY.key: "#8a8f94", NO_ROUTE.key: INK}.get(key, "#5f6468")
    return {"facecolor": colours[key], "edgecolor": edge, "linewidth": 0.2}


def draw_legend(
    axes: Axes, size: tuple[float, float], result: Result, shown: Layer, t: Texts, *, beside: bool
) -> None:
    """Draw bands and symbols: next to each other under a map, or below each other beside it."""
    wide, high = size
    axes.set_axis_off()
    axes.set(xlim=(0.0, wide), ylim=(0.0, high))
    top = high - 0.13
    entries = [(each.key, t(f"map.legend_{each.key}"), HATCHES.get(each.key)) for each in LEGEND]
    if few_residents(result).any():
        text = t("map.few_residents", count=t.number(FEW_RESIDENTS))
        entries.append((NOBODY.key, text, FEW_HATCH))
    axes.text(0.0, top, t("map.legend_minutes"), fontsize=7.5, weight="bold", va="center")
    for number, (key, text, hatch) in enumerate(entries):
        column, row = divmod(number, len(entries) if beside else 6)
        x, y = column * 1.1, top - _STEP * (row + 1)
        swatch = Rectangle((x, y - 0.06), 0.26, 0.12, hatch=hatch, **fill_of(key))
        swatch.set_linewidth(0.5)
        axes.add_patch(swatch)
        axes.text(x + 0.33, y, text, fontsize=7, va="center")
    if beside:
        _draw_places(axes, (0.0, top - _STEP * (len(entries) + 1.6)), shown, t)
    else:
        _draw_places(axes, (3.7, top), shown, t)


def _draw_places(axes: Axes, corner: tuple[float, float], shown: Layer, t: Texts) -> None:
    """Explain the symbols of hospitals, from a corner downwards."""
    x, top = corner
    axes.text(x, top, t("map.legend_places"), fontsize=7.5, weight="bold", va="center")
    roles = [(role, False) for role in _SYMBOLS if role in {m["role"] for m in shown.markers}]
    if any(mark["more"] for mark in shown.markers):
        roles.append(("stays", True))
    for number, (role, more) in enumerate(roles):
        y = top - _STEP * (number + 1)
        draw_symbol(axes, (x + 0.1, y), role, more=more, size=1.0)
        text = t("map.role_more") if more else t(f"map.role_{role}")
        axes.text(x + 0.3, y, text, fontsize=7, va="center")
    if any(mark["size"] != 1.0 for mark in shown.markers):
        y = top - _STEP * (len(roles) + 1)
        axes.text(x, y, t("map.size_is_volume"), fontsize=7, va="center")


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

    Examples
    --------
    >>> wrapped("one two three four", 9, 2).splitlines()
    ['one two', 'three …']
    """
    return "\n".join(textwrap.wrap(text, width, max_lines=lines, placeholder=" …"))


def draw_symbol(
    axes: Axes, point: tuple[float, float], role: str, *, more: bool, size: float
) -> None:
    """Draw one hospital."""
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
    """Write names where there is room: beside their symbol, or on the middle of their area."""
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
    """Draw a bar of a round number of kilometres in the lower right corner."""
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
    """Draw an arrow to the north in the upper right corner."""
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


STOPS, OPENS, STAYS = "stops", "opens", "stays"
"""Roles, in the order in which they get a name."""

SIZE = 26
"""Height of a name, in units of the map."""

_LETTER = 0.57
_MARKER_GAP = 18
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
    """Place the hospitals of a case."""
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
        label = _place_marker(name, x, y, taken, (width, height))
        out.append(Marker(role, name, round(x, 1), round(y, 1), *label))
    return tuple(reversed(out))


def _place_marker(
    name: str, x: float, y: float, taken: list[_Box], size: tuple[float, float]
) -> tuple[float, float, str]:
    """Find the first position that is free; it is then taken."""
    length = _LETTER * SIZE * len(name)
    below, above = y + _MARKER_GAP + SIZE * 0.7, y - _MARKER_GAP - SIZE * 0.25
    options = (
        (x + _MARKER_GAP, y + SIZE / 3, "start", x + _MARKER_GAP),
        (x - _MARKER_GAP, y + SIZE / 3, "end", x - _MARKER_GAP - length),
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


_WIDTH = 6.3
"""Inches: the text of an A4 page with margins of 25 mm."""
_TALLEST = 6.2
_HEAD, _FOOT = 0.75, 1.75
_BESIDE = 2.45
"""Width of a legend beside the map; a page then has room for text and a table as well."""
_TALL_BESIDE = 4.0
_SOURCES = 0.25
_PADDING = 0.03
"""Share of the region's size that stays free around it."""
_DPI = 200
_WATER = "#eef2f5"
_POINT_DEGREES = 0.008
_DARK = BANDS[-3:]
"""Bands on which only white hatching shows."""
_WRAP = 95


def static_map(
    result: Result,
    case: Case,
    target: Path | IO[bytes],
    *,
    lang: str = "nl",
    kind: str | None = None,
    shapes: MapShapes | None = None,
    beside: bool = False,
) -> None:
    """Draw the map of one case as a picture.

    Parameters
    ----------
    result, case
        Of a run; one of its principal cases.
    target
        A file (its ending says what kind of picture) or an open binary stream.
    lang
        ``nl`` or ``en``.
    kind
        ``png``, ``svg`` or ``pdf``; by default the ending of the file, and ``png`` for a stream.
    shapes
        From `map_shapes`, where many maps are drawn; made if absent.
    beside
        With the legend beside the map and no heading, for under a heading on half a page.

    Raises
    ------
    InputError
        For another language.
    OutputError
        When the file cannot be written.
    """
    if isinstance(target, Path):
        kind = kind or target.suffix.removeprefix(".") or "png"
        with replacing(target) as temporary:
            _draw(result, case, temporary, texts(lang), kind, shapes, beside=beside)
        return
    _draw(result, case, target, texts(lang), kind or "png", shapes, beside=beside)


def _draw(
    result: Result,
    case: Case,
    target: Path | IO[bytes],
    t: Texts,
    kind: str,
    shapes: MapShapes | None,
    *,
    beside: bool,
) -> None:
    shapes = map_shapes(result.postcodes) if shapes is None else shapes
    shown = layer(result, case, used_locations(result))
    with drawing():
        figure, axes = _figure(shapes, beside=beside)
        _draw_land(axes, shapes)
        _draw_postcodes(axes, result, shapes, shown)
        _draw_lines(axes, shapes)
        if not beside:
            _draw_heading(figure, result, case, t)
        size = (_BESIDE - 0.15, _TALL_BESIDE) if beside else (_WIDTH, _FOOT - 0.35)
        box = _inches(figure, size, bottom=_SOURCES if beside else 0.3)
        draw_legend(box, size, result, shown, t, beside=beside)
        _draw_sources(figure, result, t)
        south, _, north, _ = shapes.bounds
        draw_scale_bar(axes, (south + north) / 2.0)
        draw_north_arrow(axes, t("map.north"))
        _draw_hospitals(axes, result, shapes, shown)
        figure.savefig(target, format=kind, dpi=_DPI, metadata=METADATA.get(kind, {}))


def _figure(shapes: MapShapes, *, beside: bool) -> tuple[Figure, Axes]:
    """Make a page as wide as the text, and as tall as the region and what stands around it ask."""
    south, west, north, east = shapes.bounds
    stretch = math.cos(math.radians((south + north) / 2.0))
    wide, high = max(east - west, 1e-3) * stretch, max(north - south, 1e-3)
    width, foot = (_WIDTH - _BESIDE, _SOURCES) if beside else (_WIDTH, _FOOT)
    tall = _TALL_BESIDE if beside else min(_TALLEST, _WIDTH * high / wide)
    height = tall + foot + (0.0 if beside else _HEAD)
    figure = Figure(figsize=(_WIDTH, height), dpi=_DPI)  # names are measured at this size
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, foot / height, width / _WIDTH, tall / height))
    # the rest of a page that is wider than the region shows what lies beside it
    across = max(wide, high * width / tall) / stretch
    middle = (west + east) / 2.0
    pad = high * _PADDING
    across *= (high + 2.0 * pad) / high
    axes.set_xlim(middle - across / 2.0, middle + across / 2.0)
    axes.set_ylim(south - pad, north + pad)
    axes.set_aspect(1.0 / stretch, adjustable="datalim")
    axes.set_facecolor(_WATER)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(color=GREY, linewidth=0.6)
    return figure, axes


def _outline(polygons: Sequence[Rings]) -> Outline:
    """Path of polygons that were written as steps; see `encoded`."""
    points, codes = [np.empty((0, 2))], [np.empty(0, dtype=np.uint8)]
    for rings in polygons:
        for ring in rings:
            corners = np.array(ring, dtype=np.float64).reshape(-1, 2).cumsum(axis=0)
            code = np.full(len(corners) + 1, Outline.LINETO, dtype=np.uint8)
            code[0], code[-1] = Outline.MOVETO, Outline.CLOSEPOLY
            points.append(np.vstack([corners, corners[:1]]) / STEPS_PER_DEGREE)
            codes.append(code)
    return Outline(np.vstack(points), np.concatenate(codes))


def _draw_land(axes: Axes, shapes: MapShapes) -> None:
    paths = [_outline(each.polygons) for each in shapes.provinces]
    axes.add_collection(PathCollection(paths, facecolor=_WHITE, edgecolor="none"))


def _draw_postcodes(axes: Axes, result: Result, shapes: MapShapes, shown: Layer) -> None:
    frame = result.postcodes
    paths = [
        _outline(polygons) if polygons else _disc(float(lon), float(lat))
        for polygons, lon, lat in zip(shapes.postcodes, frame["lon"], frame["lat"], strict=True)
    ]
    for number, band in enumerate(LEGEND):
        chosen = [paths[place] for place, each in enumerate(shown.bands) if each == number]
        _add(axes, chosen, band.key)
    few = few_residents(result)
    for dark in (False, True):
        chosen = [
            paths[place]
            for place, each in enumerate(shown.bands)
            if few[place] and LEGEND[each].key != NO_ROUTE.key and (LEGEND[each] in _DARK) is dark
        ]
        ink = _WHITE if dark else GREY
        hatching = PathCollection(chosen, facecolor="none", edgecolor=ink, hatch=FEW_HATCH)
        hatching.set_linewidth(0.0)
        axes.add_collection(hatching)


def _add(axes: Axes, paths: Sequence[Outline], key: str) -> None:
    axes.add_collection(PathCollection(paths, hatch=HATCHES.get(key), **fill_of(key)))


def _disc(lon: float, lat: float) -> Outline:
    circle = Outline.circle((0.0, 0.0), _POINT_DEGREES)
    stretch = math.cos(math.radians(lat))
    corners = np.asarray(circle.vertices, dtype=np.float64) / (stretch, 1.0) + (lon, lat)
    return Outline(corners, circle.codes)


def _draw_lines(axes: Axes, shapes: MapShapes) -> None:
    for areas, style in (
        ([each.polygons for each in shapes.municipalities], {"linewidth": 0.4, "alpha": 0.7}),
        (
            [each.polygons for each in shapes.provinces],
            {"linewidth": 0.8, "linestyle": (0, (5, 2.5))},
        ),
        ([shapes.outline], {"linewidth": 1.3}),
    ):
        paths = [_outline(each) for each in areas]
        axes.add_collection(PathCollection(paths, facecolor="none", edgecolor=INK, **style))


def _draw_hospitals(axes: Axes, result: Result, shapes: MapShapes, shown: Layer) -> None:
    names = used_locations(result)
    rank = {"stays": 1, "outside": 0}
    marks = sorted(
        shown.markers,
        key=lambda mark: (rank.get(mark["role"], 3) + mark["more"], mark["role"] == "stops"),
    )
    points = [tuple(result.hospitals.loc[names[mark["at"]], ["lon", "lat"]]) for mark in marks]
    for mark, point in zip(marks, points, strict=True):
        draw_symbol(axes, point, mark["role"], more=mark["more"], size=mark["size"])
    labels = [
        (short_name(names[mark["at"]]), point, mark["role"] == "stops" or mark["more"])
        for mark, point in zip(marks, points, strict=True)
    ]
    place_names(
        axes, labels[::-1], [(each.name, (each.lon, each.lat)) for each in shapes.provinces]
    )


def _draw_heading(figure: Figure, result: Result, case: Case, t: Texts) -> None:
    height = figure.get_figheight()
    title = wrapped(layer_name(case, t), 74, 2)
    figure.text(0.0, 1.0 - 0.02 / height, title, fontsize=9.5, weight="bold", va="top", color=INK)
    below = 0.24 + 0.17 * title.count("\n")
    under = wrapped(subtitle(result, t), _WRAP, 2)
    figure.text(0.0, 1.0 - below / height, under, fontsize=7.5, va="top", color=GREY)


def _inches(figure: Figure, size: tuple[float, float], *, bottom: float) -> Axes:
    """Add axes at the right edge, in inches."""
    (wide, high), height = size, figure.get_figheight()
    return figure.add_axes((1.0 - wide / _WIDTH, bottom / height, wide / _WIDTH, high / height))


def _draw_sources(figure: Figure, result: Result, t: Texts) -> None:
    manifest = result.manifest
    made = dt.datetime.fromisoformat(manifest["created"])
    day = {"day": f"{made.day:02d}", "month": f"{made.month:02d}", "year": str(made.year)}
    screening = manifest["roads"]["kind"] == "screening"
    line = t("map.attribution_screening" if screening else "map.attribution")
    program = {"program": manifest["program"], "version": manifest["version"]}
    line += " | " + t("map.made", date=t("map.date", **day), **program)
    figure.text(0.0, 0.05 / figure.get_figheight(), line, fontsize=6.5, color=GREY)


WIDTH = 1000
"""Units of a map from west to east."""

_MARGIN = 30
_DOT = 5.0


@dataclass(frozen=True)
class CaseMap:
    """One map.

    Attributes
    ----------
    case
        What it shows.
    bands
        Key of a band -> path of the postcodes in it.
    markers
        Hospitals of this intervention.
    """

    case: Case
    bands: tuple[tuple[str, str], ...]
    markers: tuple[Marker, ...]


@dataclass(frozen=True)
class Atlas:
    """Every map, and what they share.

    Attributes
    ----------
    height
        Units from north to south.
    borders
        Path of the municipal borders.
    outline
        Path around the region.
    maps
        One per principal case.
    """

    height: int
    borders: str
    outline: str
    maps: tuple[CaseMap, ...]

    @property
    def legend(self) -> tuple[Band, ...]:
        """Bands to explain: who travels less only where somebody does."""
        drawn = {key for each in self.maps for key, _ in each.bands}
        return tuple(band for band in LEGEND if band is not SHORTER or SHORTER.key in drawn)


@dataclass(frozen=True)
class _Frame:
    """From degrees to units: as wide as a degree is at the middle of the region."""

    west: float
    north: float
    scale: float
    stretch: float

    def __call__(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        x = (degrees[:, 0] - self.west) * self.stretch * self.scale + _MARGIN
        y = (self.north - degrees[:, 1]) * self.scale + _MARGIN
        return np.column_stack([x, y])


@dataclass(frozen=True)
class _Drawn:
    """Postcodes as drawn: the polygon of each, or its disc where it has none."""

    polygons: NDArray[np.object_]
    discs: NDArray[np.object_]
    is_disc: NDArray[np.bool_]

    def land(self, chosen: NDArray[np.bool_]) -> shapely.Geometry:
        """Merge polygons; they are a coverage, so their shared borders vanish."""
        return shapely.coverage_union_all(self.polygons[chosen & ~self.is_disc])

    def path(self, chosen: NDArray[np.bool_]) -> str:
        parts = shapely.get_parts(self.land(chosen))
        return _path(shapely.get_rings(parts)) + _path(
            shapely.get_rings(self.discs[chosen & self.is_disc])
        )


def atlas(result: Result) -> Atlas:
    """Draw the maps of a run."""
    cases = [case for case in result.cases if case.principal]
    return case_maps(cases, result.postcodes, result.hospitals, result.postcode_rows)


def case_maps(
    cases: Sequence[Case], places: pd.DataFrame, hospitals: pd.DataFrame, rows: pd.DataFrame
) -> Atlas:
    """Draw maps of some cases."""
    points = np.column_stack([places["lon"], places["lat"]]).astype(np.float64)
    shapes = postcode_shapes(tuple(places.index), points[:, 1], points[:, 0])
    at = _hospital_points(cases, hospitals)
    bounds = shapely.total_bounds([*shapes, *shapely.points(np.vstack([points, at]))])
    west, south, east, north = (float(each) for each in bounds)
    stretch = float(np.cos(np.radians((south + north) / 2.0)))
    # a region of one point still needs a width
    span = max((east - west) * stretch, 1e-3)
    frame = _Frame(west, north, (WIDTH - 2 * _MARGIN) / span, stretch)
    discs = shapely.buffer(shapely.points(frame(points)), _DOT, quad_segs=2)
    drawn = _Drawn(shapely.transform(shapes, frame), discs, shapely.is_empty(shapes))
    height = round((north - south) * frame.scale) + 2 * _MARGIN
    maps = [
        CaseMap(
            case,
            tuple(_bands(rows, case, places.index, drawn)),
            markers(hospitals, case, frame, height),
        )
        for case in cases
    ]
    towns = _municipalities(places["municipality"])
    borders = shapely.get_parts(shapely.boundary(shapely.transform(towns, frame)))
    # around the land only: gaps inside it get no line of their own
    outline = shapely.get_exterior_ring(
        shapely.get_parts(drawn.land(np.ones(len(places), dtype=bool)))
    )
    return Atlas(height, _path(borders), _path(outline), tuple(maps))


def _municipalities(names: pd.Series[str]) -> NDArray[np.object_]:
    wanted = set(names)
    areas = shipped_areas(*MUNICIPALITIES).items()
    return np.array([area for name, area in areas if name in wanted], dtype=object)


def _hospital_points(cases: Sequence[Case], hospitals: pd.DataFrame) -> NDArray[np.float64]:
    names = {name for case in cases for name in (*case.stops, *case.opens, *case.stays)}
    found = hospitals.loc[sorted(names)]
    return np.column_stack([found["lon"], found["lat"]]).astype(np.float64)


def _bands(
    rows: pd.DataFrame, case: Case, postcodes: pd.Index, drawn: _Drawn
) -> Iterator[tuple[str, str]]:
    here = (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    rows = rows[here].set_index("postcode").reindex(postcodes)
    columns = ("mean_before", "mean_after", "mean_extra_moved", "demand")
    places = place_bands(*(rows[name].to_numpy(np.float64) for name in columns))
    for place, band in enumerate(LEGEND):
        chosen = places == place
        if chosen.any():
            yield band.key, drawn.path(chosen)


def _path(lines: NDArray[np.object_]) -> str:
    """SVG path in whole units, with relative steps; lines that shrink to a point are left out."""
    parts = []
    for line in lines:
        points = np.round(shapely.get_coordinates(line)).astype(np.int64)
        points = points[np.r_[True, (np.diff(points, axis=0) != 0).any(axis=1)]]
        if len(points) > 2:  # noqa: PLR2004 (fewer enclose nothing)
            steps = " ".join(f"{x} {y}" for x, y in np.diff(points, axis=0).tolist())
            x, y = points[0].tolist()
            parts.append(f"M{x} {y}l{steps}")
    return "".join(parts).replace(" -", "-")
