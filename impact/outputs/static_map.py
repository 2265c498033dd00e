"""A map as a picture (PNG, SVG, PDF) for the appendix: it must be legible in grey print.

The same shapes, bands and words as map.html, with a scale bar, a north arrow and the sources.
"""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.path import Path as Outline

from impact.outputs.bands import BANDS, NO_ROUTE, NOBODY, SHORTER
from impact.outputs.few_residents import FEW_RESIDENTS, few_residents
from impact.outputs.map_layers import LEGEND, layer, short_name, used_locations
from impact.outputs.map_shapes import STEPS_PER_DEGREE, map_shapes
from impact.outputs.map_words import layer_name, subtitle
from impact.outputs.picture_style import METADATA, drawing
from impact.outputs.static_marks import (
    GREY,
    INK,
    draw_north_arrow,
    draw_scale_bar,
    draw_symbol,
    place_names,
    wrapped,
)
from impact.outputs.texts import texts
from impact.storage import replacing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from impact.concentration.result import Case, Result
    from impact.outputs.map_layers import Layer
    from impact.outputs.map_shapes import MapShapes, Rings
    from impact.outputs.texts import Texts

_WIDTH = 6.3
"""Inches: the text of an A4 page with margins of 25 mm."""
_TALLEST = 6.2
_HEAD, _FOOT = 0.75, 1.75
_PADDING = 0.03
"""Share of the region's size that stays free around it."""
_DPI = 200
_WHITE = "#ffffff"
_WATER = "#eef2f5"
_POINT_DEGREES = 0.008
_HATCHES = {NO_ROUTE.key: "xxxxx", SHORTER.key: "...."}
_DARK = BANDS[-3:]
"""Bands on which only white hatching shows."""
_FEW_HATCH = "\\\\\\\\\\\\"
"""Stripes one way, where no route is a net: told apart without colour."""
_SYMBOLS = ("stops", "stays", "opens", "outside")
_WRAP = 95


def static_map(
    result: Result,
    case: Case,
    target: Path | IO[bytes],
    *,
    lang: str = "nl",
    kind: str | None = None,
    shapes: MapShapes | None = None,
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
        From `impact.outputs.map_shapes.map_shapes`, where many maps are drawn; made if absent.

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
            _draw(result, case, temporary, texts(lang), kind, shapes)
        return
    _draw(result, case, target, texts(lang), kind or "png", shapes)


def _draw(
    result: Result,
    case: Case,
    target: Path | IO[bytes],
    t: Texts,
    kind: str,
    shapes: MapShapes | None,
) -> None:
    shapes = map_shapes(result.postcodes) if shapes is None else shapes
    shown = layer(result, case, used_locations(result))
    with drawing():
        figure, axes = _figure(shapes)
        _draw_land(axes, shapes)
        _draw_postcodes(axes, result, shapes, shown)
        _draw_lines(axes, shapes)
        _draw_heading(figure, result, case, t)
        _draw_legend(figure, result, shown, t)
        _draw_sources(figure, result, t)
        south, _, north, _ = shapes.bounds
        draw_scale_bar(axes, (south + north) / 2.0)
        draw_north_arrow(axes, t("map.north"))
        _draw_hospitals(axes, result, shapes, shown)
        figure.savefig(target, format=kind, dpi=_DPI, metadata=METADATA.get(kind, {}))


def _figure(shapes: MapShapes) -> tuple[Figure, Axes]:
    """Make a page as wide as the text, and as tall as the region and what stands around it ask."""
    south, west, north, east = shapes.bounds
    stretch = math.cos(math.radians((south + north) / 2.0))
    wide, high = max(east - west, 1e-3) * stretch, max(north - south, 1e-3)
    tall = min(_TALLEST, _WIDTH * high / wide)
    height = tall + _HEAD + _FOOT
    figure = Figure(figsize=(_WIDTH, height), dpi=_DPI)  # names are measured at this size
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, _FOOT / height, 1.0, tall / height))
    # the rest of a page that is wider than the region shows what lies beside it
    across = max(wide, high * _WIDTH / tall) / stretch
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
    """Path of polygons that were written as steps; see `impact.outputs.map_shapes.encoded`."""
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
        hatching = PathCollection(chosen, facecolor="none", edgecolor=ink, hatch=_FEW_HATCH)
        hatching.set_linewidth(0.0)
        axes.add_collection(hatching)


def _add(axes: Axes, paths: Sequence[Outline], key: str) -> None:
    axes.add_collection(PathCollection(paths, hatch=_HATCHES.get(key), **_fill(key)))


def _fill(key: str) -> dict[str, Any]:
    """Fill of a band; in grey print the light grey of nobody would pass for a band of minutes."""
    colours = {band.key: band.colour for band in LEGEND} | {NOBODY.key: _WHITE}
    edge = {NOBODY.key: "#8a8f94", NO_ROUTE.key: INK}.get(key, "#5f6468")
    return {"facecolor": colours[key], "edgecolor": edge, "linewidth": 0.2}


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


def _draw_legend(figure: Figure, result: Result, shown: Layer, t: Texts) -> None:
    """Bands on the left, symbols on the right, under the map."""
    height = figure.get_figheight()
    axes = figure.add_axes((0.0, 0.3 / height, 1.0, (_FOOT - 0.35) / height))
    axes.set_axis_off()
    axes.set(xlim=(0.0, _WIDTH), ylim=(0.0, _FOOT - 0.35))
    top, step = _FOOT - 0.48, 0.19
    axes.text(0.0, top, t("map.legend_minutes"), fontsize=7.5, weight="bold", va="center")
    entries = [(each.key, t(f"map.legend_{each.key}"), _HATCHES.get(each.key)) for each in LEGEND]
    if few_residents(result).any():
        text = t("map.few_residents", count=t.number(FEW_RESIDENTS))
        entries.append((NOBODY.key, text, _FEW_HATCH))
    for number, (key, text, hatch) in enumerate(entries):
        column, row = divmod(number, 6)
        x, y = column * 1.1, top - step * (row + 1)
        swatch = Rectangle((x, y - 0.06), 0.26, 0.12, hatch=hatch, **_fill(key))
        swatch.set_linewidth(0.5)
        axes.add_patch(swatch)
        axes.text(x + 0.33, y, text, fontsize=7, va="center")
    x = 3.7
    axes.text(x, top, t("map.legend_places"), fontsize=7.5, weight="bold", va="center")
    roles = [(role, False) for role in _SYMBOLS if role in {m["role"] for m in shown.markers}]
    if any(mark["more"] for mark in shown.markers):
        roles.append(("stays", True))
    for number, (role, more) in enumerate(roles):
        y = top - step * (number + 1)
        draw_symbol(axes, (x + 0.1, y), role, more=more, size=1.0)
        text = t("map.role_more") if more else t(f"map.role_{role}")
        axes.text(x + 0.3, y, text, fontsize=7, va="center")
    if any(mark["size"] != 1.0 for mark in shown.markers):
        y = top - step * (len(roles) + 1)
        axes.text(x, y, t("map.size_is_volume"), fontsize=7, va="center")


def _draw_sources(figure: Figure, result: Result, t: Texts) -> None:
    manifest = result.manifest
    made = dt.datetime.fromisoformat(manifest["created"])
    day = {"day": f"{made.day:02d}", "month": f"{made.month:02d}", "year": str(made.year)}
    screening = manifest["roads"]["kind"] == "screening"
    line = t("map.attribution_screening" if screening else "map.attribution")
    program = {"program": manifest["program"], "version": manifest["version"]}
    line += " | " + t("map.made", date=t("map.date", **day), **program)
    figure.text(0.0, 0.05 / figure.get_figheight(), line, fontsize=6.5, color=GREY)
