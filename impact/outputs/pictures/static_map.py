"""Maps as PNG for documents, legible in grey print.

Postcodes stand one by one, with a scale bar, a north arrow, a legend and the sources.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.analysis.result import CaseView
from impact.model.measures import BANDS, LEGEND, NO_ROUTE, NOBODY, SHORTER
from impact.outputs.pages.map_layers import (
    FEW_RESIDENTS,
    STEPS_PER_DEGREE,
    few_residents,
    layer,
    map_shapes,
    short_name,
    used_locations,
)
from impact.outputs.pictures.lettering import Frame, Lettering, place_name, placed, squares
from impact.outputs.pictures.style import (
    GREY,
    INK,
    RED,
    drawing,
    pixels,
    plain_canvas,
    saved,
)
from impact.outputs.text.wording import day_text, map_attribution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle
    from matplotlib.path import Path as Outline
    from matplotlib.patheffects import AbstractPathEffect
    from numpy.typing import NDArray

    from impact.analysis.result import Result
    from impact.model.case import Case
    from impact.model.measures import Band
    from impact.outputs.pages.map_layers import MapShapes, Rings
    from impact.outputs.text import Texts


_ROOM = (3.85 * 72.0, 4.0 * 72.0)
"""Of the printed map, in points; the legend stands beside it, the sources below it."""
_HEIGHT = 4.25
"""Inches."""
_MARGIN_SHARE = 0.03
_PLAIN, _BOLD, _TOWN, _AREA = (
    Lettering(6.5, 0.53, 7.0),
    Lettering(7.5, 0.63, 7.0),
    Lettering(6.0, 0.53, 0.0),
    Lettering(6.5, 0.9, 0.0),
)
_MOST_TOWNS = 18
_HALF_SYMBOL = 4.0
_DPI = 200
_WHITE = "#ffffff"
_DISC_DEGREES = 0.008
_DARK = BANDS[-3:]
"""Bands on which only white hatching shows."""
_HATCHES = {NO_ROUTE.key: "xxxxx", SHORTER.key: "....", NOBODY.key: ".."}
"""On grey paper nobody is dotted and water lined, where 0 to 5 minutes is plain."""
_WATER_LINES = "#a9b8c2"
_FEW_HATCH = "\\\\\\\\\\\\"
"""Stripes one way, where no route is a net: told apart without colour."""
_ROLES = ("stops", "stays", "opens", "outside")
_RANK = {"stays": 1, "outside": 0}
_STEP = 13.7
"""Between the lines of the legend."""
_KM_PER_DEGREE = 111.2
_BAR_SHARE = 0.2
"""The scale bar is at most this share of the map's width."""
_ANCHORS = {"start": "left", "end": "right", "middle": "center"}
_SYMBOLS = {
    # role: marker, size in points, fill, edge, width of the edge
    "stops": ("s", 7.5, _WHITE, RED, 1.4),
    "stays": ("o", 5.5, INK, _WHITE, 0.7),
    "opens": ("^", 8.0, INK, _WHITE, 0.8),
    "outside": ("D", 5.0, _WHITE, INK, 1.0),
}


@dataclass(frozen=True, eq=False)
class BaseMap:
    """What all printed maps of a run share.

    Outlines are in points, and postcodes without one are discs; on the paper stands what lies
    below the postcodes and around the map.
    """

    shapes: MapShapes
    frame: Frame
    postcodes: tuple[Outline, ...]
    municipalities: tuple[Outline, ...]
    provinces: tuple[Outline, ...]
    outline: Outline
    paper: NDArray[np.uint8]

    @property
    def region(self) -> NDArray[np.float64]:
        """Upper left and lower right corner of the region."""
        south, west, north, east = self.shapes.bounds
        return self.frame(np.array([(west, north), (east, south)]))


@drawing()
def base_map(result: Result, t: Texts) -> BaseMap:
    """Lay out the region of a run."""
    from matplotlib.path import Path as Outline

    places = result.postcodes
    shapes = map_shapes(places)
    frame = Frame.around(shapes.bounds, _ROOM, _MARGIN_SHARE * _ROOM[1])
    points = frame(places[["lon", "lat"]].to_numpy(np.float64))
    radius = _DISC_DEGREES * frame.scale
    provinces = tuple(_outline(each.polygons, frame) for each in shapes.provinces)
    return BaseMap(
        shapes,
        frame,
        tuple(
            _outline(polygons, frame) if polygons else Outline.circle((float(x), float(y)), radius)
            for polygons, (x, y) in zip(shapes.postcodes, points, strict=True)
        ),
        tuple(_outline(each.polygons, frame) for each in shapes.municipalities),
        provinces,
        _outline(shapes.outline, frame),
        pixels(paper_figure(result, provinces, t)),
    )


def paper_figure(result: Result, land: Sequence[Outline], t: Texts) -> Figure:
    """Lay out what all maps have alike: water and land, the bands, and the sources below."""
    figure, axes = plain_canvas(_HEIGHT, dpi=_DPI)
    border = _border(axes)
    _add_areas(axes, land, border, facecolor=_WHITE, edgecolor="none")
    _draw_bands(axes, t, few=bool(few_residents(result).any()))
    axes.text(0.0, _HEIGHT * 72.0 - 4.0, _sources(result, t), fontsize=6.5, color=GREY)
    return figure


def _border(axes: Axes) -> Rectangle:
    """Frame the map, which is clipped by it."""
    from matplotlib.patches import Rectangle

    water: dict[str, Any] = {"facecolor": _WHITE, "edgecolor": _WATER_LINES, "hatch": "---"}
    axes.add_patch(Rectangle((0.0, 0.0), *_ROOM, linewidth=0.0, **water))
    border = Rectangle((0.0, 0.0), *_ROOM, facecolor="none", edgecolor=GREY, linewidth=0.6)
    axes.add_patch(border)
    return border


def _outline(polygons: Sequence[Rings], frame: Frame) -> Outline:
    """Path of polygons that were written as steps; see `impact.outputs.pages.map_layers`."""
    from matplotlib.path import Path as Outline

    points, codes = [np.empty((0, 2))], [np.empty(0, dtype=np.uint8)]
    for rings in polygons:
        for ring in rings:
            corners = np.array(ring, dtype=np.float64).reshape(-1, 2).cumsum(axis=0)
            code = np.full(len(corners) + 1, Outline.LINETO, dtype=np.uint8)
            code[0], code[-1] = Outline.MOVETO, Outline.CLOSEPOLY
            points += [corners, corners[:1]]
            codes.append(code)
    return Outline(frame(np.vstack(points) / STEPS_PER_DEGREE), np.concatenate(codes))


@drawing()
def static_map(result: Result, case: Case, base: BaseMap, t: Texts) -> bytes:
    """Draw the map of one of the principal cases for print, as PNG."""
    return saved(map_figure(result, case, base, t), base.paper)


def map_figure(result: Result, case: Case, base: BaseMap, t: Texts) -> Figure:
    """Lay out what the map of one case adds to the paper: postcodes, hospitals, their legend."""
    figure, axes = plain_canvas(_HEIGHT, dpi=_DPI)
    figure.set_facecolor("none")
    names = used_locations(result)
    marks = sorted(
        layer(result, case, names).markers,
        key=lambda mark: (_RANK.get(mark["role"], 3) + mark["more"], mark["role"] == "stops"),
    )
    few = few_residents(result)
    _draw_areas(axes, base, CaseView(result, case).bands, few)
    _draw_scale_bar(axes, base.frame)
    _draw_north_arrow(axes, t("map.north"))
    _draw_hospitals(axes, result, base, marks, [names[mark["at"]] for mark in marks])
    _draw_roles(axes, marks, len(LEGEND) + bool(few.any()), t)
    return figure


def fill_of(band: Band) -> dict[str, Any]:
    """Fill of a band as matplotlib asks for it."""
    edge = {NOBODY.key: "#8a8f94", NO_ROUTE.key: INK}.get(band.key, "#5f6468")
    colour = _WHITE if band is NOBODY else band.colour
    return {"facecolor": colour, "edgecolor": edge, "hatch": _HATCHES.get(band.key)}


def _draw_areas(
    axes: Axes, base: BaseMap, bands: NDArray[np.int64], few: NDArray[np.bool_]
) -> None:
    """Draw postcodes by their bands, and borders."""
    from matplotlib.patches import Rectangle
    from matplotlib.path import Path as Outline

    clip = Rectangle((0.0, 0.0), *_ROOM, transform=axes.transData)

    def postcodes(which: NDArray[np.bool_], **style: Any) -> None:  # noqa: ANN401 (matplotlib's own)
        chosen = [base.postcodes[place] for place in np.flatnonzero(which).tolist()]
        if style.get("hatch") and chosen:
            # one path: a hatching is drawn anew for each
            chosen = [Outline.make_compound_path(*chosen)]
        _add_areas(axes, chosen, clip, **style)

    for place, band in enumerate(LEGEND):
        postcodes(bands == place, linewidth=0.2, **fill_of(band))
    dark = np.isin(bands, [LEGEND.index(band) for band in _DARK])
    striped = few & (bands != LEGEND.index(NO_ROUTE))
    for which, ink in ((striped & dark, _WHITE), (striped & ~dark, GREY)):
        postcodes(which, facecolor="none", edgecolor=ink, hatch=_FEW_HATCH, linewidth=0.0)
    line: dict[str, Any] = {"facecolor": "none", "edgecolor": INK}
    _add_areas(axes, base.municipalities, clip, linewidth=0.4, alpha=0.7, **line)
    _add_areas(axes, base.provinces, clip, linewidth=0.8, linestyle=(0, (5, 2.5)), **line)
    _add_areas(axes, [base.outline], clip, linewidth=1.3, **line)


def _add_areas(
    axes: Axes,
    paths: Sequence[Outline],
    clip: Rectangle,
    **style: Any,  # noqa: ANN401 (matplotlib's own)
) -> None:
    from matplotlib.collections import PathCollection

    axes.add_collection(PathCollection(paths, **style), autolim=False).set_clip_path(clip)


def _draw_hospitals(
    axes: Axes,
    result: Result,
    base: BaseMap,
    marks: Sequence[dict[str, Any]],
    names: Sequence[str],
) -> None:
    """Draw symbols, and names where there is room: the most important first, provinces last."""
    at = base.frame(result.hospitals.loc[list(names), ["lon", "lat"]].to_numpy(np.float64))
    points = [(float(x), float(y)) for x, y in at]
    for mark, point in zip(marks, points, strict=True):
        _draw_symbol(axes, point, mark["role"], more=mark["more"], size=mark["size"])
    labels = [
        (short_name(name), point, _BOLD if mark["role"] == "stops" or mark["more"] else _PLAIN)
        for mark, name, point in zip(marks, names, points, strict=True)
    ][::-1]
    towns = [town for town, inside in base.shapes.towns if inside][:_MOST_TOWNS]
    labels += placed([(each.name, each.lon, each.lat) for each in towns], base.frame, _TOWN)
    provinces = base.shapes.provinces
    labels += placed(
        [(each.name.upper(), each.lon, each.lat) for each in provinces], base.frame, _AREA
    )
    taken = squares(points, _HALF_SYMBOL)
    for name, point, style in labels:
        x, y, anchor = place_name(name, point, style, taken, _ROOM)
        if anchor:
            axes.text(
                x,
                y,
                "\u2009".join(name) if style is _AREA else name,
                ha=_ANCHORS[anchor],
                fontsize=style.size,
                weight="bold" if style is _BOLD else "normal",
                color=GREY if style is _AREA else INK,
                path_effects=_halo(2.2),
                zorder=7.0 if style.gap else 4.0,
            )


def _halo(width: float) -> list[AbstractPathEffect]:
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground=_WHITE)]


def _draw_symbol(
    axes: Axes, point: tuple[float, float], role: str, *, more: bool, size: float
) -> None:
    """Draw one hospital."""
    from matplotlib.lines import Line2D

    marker, points, fill, edge, width = _SYMBOLS[role]

    def add(kind: str, points: float, face: str, ink: str, line: float) -> None:
        style: dict[str, Any] = {
            "ms": points * size,
            "mfc": face,
            "mec": ink,
            "mew": line,
            "zorder": 5.0,
        }
        axes.add_artist(Line2D([point[0]], [point[1]], marker=kind, linestyle="none", **style))

    if more:
        add("o", 10.5, "none", _WHITE, 3.0)
        add("o", 10.5, "none", INK, 1.3)
    add(marker, points, fill, edge, width)
    if role == "stops":
        add("x", 4.2, fill, edge, 1.5)
    if more:
        shift = 0.42 * 10.5 * size
        axes.text(
            point[0] + shift,
            point[1] - shift,
            "+",
            zorder=6.0,
            fontsize=6.5,
            weight="bold",
            color=_WHITE,
            ha="center",
            va="center",
            bbox={"boxstyle": "circle,pad=0.05", "fc": INK, "ec": _WHITE, "lw": 0.5},
        )


_LEFT = _ROOM[0] + 10.8
_FIRST = 9.0
"""Left and upper end of the legend, which stands beside the map."""


def _draw_bands(axes: Axes, t: Texts, *, few: bool) -> None:
    """Explain bands, below each other."""
    from matplotlib.patches import Rectangle

    axes.text(_LEFT, _FIRST, t("map.legend_minutes"), fontsize=7.5, weight="bold", va="center")
    entries = [(t(f"map.legend_{band.key}"), fill_of(band)) for band in LEGEND]
    if few:
        text = t("map.few_residents", count=t.number(FEW_RESIDENTS))
        entries.append((text, {**fill_of(NOBODY), "hatch": _FEW_HATCH}))
    for line, (text, style) in enumerate(entries, start=1):
        y = _FIRST + line * _STEP
        axes.add_patch(Rectangle((_LEFT, y - 4.3), 18.7, 8.6, linewidth=0.5, **style))
        axes.text(_LEFT + 23.8, y, text, fontsize=7, va="center")


def _draw_roles(axes: Axes, marks: Sequence[dict[str, Any]], above: int, t: Texts) -> None:
    """Explain the symbols of hospitals, below the lines of the bands."""
    y = _FIRST + (above + 1.6) * _STEP
    axes.text(_LEFT, y, t("map.legend_places"), fontsize=7.5, weight="bold", va="center")
    roles = [(role, False) for role in _ROLES if any(mark["role"] == role for mark in marks)]
    if any(mark["more"] for mark in marks):
        roles.append(("stays", True))
    for role, more in roles:
        y += _STEP
        _draw_symbol(axes, (_LEFT + 7.2, y), role, more=more, size=1.0)
        text = t("map.role_more") if more else t(f"map.role_{role}")
        axes.text(_LEFT + 21.6, y, text, fontsize=7, va="center")
    if any(mark["size"] != 1.0 for mark in marks):
        axes.text(_LEFT, y + _STEP, t("map.size_is_volume"), fontsize=7, va="center")


def _draw_scale_bar(axes: Axes, frame: Frame) -> None:
    """Draw a bar of a round number of kilometres in the lower right corner."""
    from matplotlib.lines import Line2D

    per_km = frame.scale / _KM_PER_DEGREE
    kilometres = round_length(_ROOM[0] / per_km * _BAR_SHARE)
    right, y = 0.97 * _ROOM[0], 0.975 * _ROOM[1]
    left = right - kilometres * per_km
    bar = Line2D([left, right], [y, y], color=INK, lw=2.0, solid_capstyle="butt")
    bar.set_path_effects(_halo(4.0))
    axes.add_artist(bar)
    text = f"{kilometres:g} km"
    axes.text((left + right) / 2.0, y - 3.0, text, ha="center", fontsize=7, path_effects=_halo(4.0))


def round_length(longest: float) -> float:
    """Largest of 1, 2 or 5 times a power of ten that is not longer.

    Examples
    --------
    >>> round_length(34.0), round_length(7.0), round_length(0.3)
    (20.0, 5.0, 0.2)
    """
    power = 10.0 ** math.floor(math.log10(longest))
    return float(f"{max(step * power for step in (1, 2, 5) if step * power <= longest):.3g}")


def _draw_north_arrow(axes: Axes, letter: str) -> None:
    """Draw an arrow to the north in the upper right corner."""
    from matplotlib.patches import FancyArrowPatch

    x, top, foot = 0.965 * _ROOM[0], 0.025 * _ROOM[1], 0.085 * _ROOM[1]
    style: dict[str, Any] = {"arrowstyle": "-|>", "color": INK, "lw": 1.2, "mutation_scale": 8.0}
    axes.add_patch(FancyArrowPatch((x, foot), (x, top), shrinkA=0.0, shrinkB=0.0, **style))
    axes.text(
        x,
        foot + 1.0,
        letter,
        ha="center",
        va="top",
        fontsize=8,
        weight="bold",
        path_effects=_halo(2.0),
    )


def _sources(result: Result, t: Texts) -> str:
    manifest = result.manifest
    line = map_attribution(t, manifest["roads"])
    program = {"program": manifest["program"], "version": manifest["version"]}
    return line + " | " + t("map.made", date=day_text(t, manifest["created"]), **program)
