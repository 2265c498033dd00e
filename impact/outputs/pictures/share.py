"""The picture that sites and chats show with a link to the explorer: the map, and the answer."""

from __future__ import annotations

import io
import math
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from impact.model.measures import LEGEND, NOBODY
from impact.outputs.pages.map_layers import STEPS_PER_DEGREE, map_shapes
from impact.outputs.pictures.lettering import Frame
from impact.outputs.text.people import headline
from impact.outputs.text.wording import status_badge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from impact.analysis.result import CaseView, Result
    from impact.outputs.pages.map_layers import Rings
    from impact.outputs.text import Texts

_SIZE = (1200, 630)
_MAP = (560.0, 630.0)
_MARGIN = 24.0
_DOT = 3.0
_MARK = 8
_INK, _SOFT, _RED, _LINE, _WATER = "#1b1b1b", "#4f565c", "#a50f15", "#8a8f94", "#e6eaec"


def share_picture(result: Result, view: CaseView | None, t: Texts) -> bytes:
    """Draw the map of a case, or of today, with its status and its headline, as PNG."""
    picture = Image.new("RGB", _SIZE, "#ffffff")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, *_MAP), fill=_WATER)
    _draw_map(pen, result, view)
    left, top = _MAP[0] + 40.0, 40.0
    room = _SIZE[0] - left - 40.0
    for text, size, colour in _texts(result, view, t):
        top = _write(pen, text, (left, top), size, colour, room) + 18.0
    written = io.BytesIO()
    picture.quantize(128).save(written, format="PNG", optimize=True)
    return written.getvalue()


def _texts(result: Result, view: CaseView | None, t: Texts) -> Iterator[tuple[str, int, str]]:
    yield result.study.title, 24, _SOFT
    if view is None:
        yield t("explorer.shared"), 36, _INK
        return
    yield status_badge(t, view.case), 24, _RED
    name = view.case.intervention.name
    known = math.isfinite(float(view.row["mean_extra_moved"]))
    yield headline(t, view, name) if known else name, 32, _INK


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Open the font that comes with matplotlib, without it: Pillow's own lacks accents."""
    found = find_spec("matplotlib")
    folder = Path(found.origin).parent if found and found.origin else Path()
    return ImageFont.truetype(folder / "mpl-data/fonts/ttf/DejaVuSans.ttf", size)


def _write(
    pen: ImageDraw.ImageDraw,
    text: str,
    at: tuple[float, float],
    size: int,
    colour: str,
    room: float,
) -> float:
    """Write a text in lines that fit, and return where it ends."""
    font = _font(size)
    left, top = at
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and pen.textlength(longer, font=font) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    for line in lines:
        pen.text((left, top), line, font=font, fill=colour)
        top += 1.25 * size
    return top


def _draw_map(pen: ImageDraw.ImageDraw, result: Result, view: CaseView | None) -> None:
    places, shapes = result.postcodes, map_shapes(result.postcodes)
    frame = Frame.around(shapes.bounds, _MAP, _MARGIN)
    points = frame(places[["lon", "lat"]].to_numpy(np.float64)).tolist()
    bands = [LEGEND.index(NOBODY)] * len(places) if view is None else view.bands.tolist()
    for polygons, (x, y), band in zip(shapes.postcodes, points, bands, strict=True):
        colour = LEGEND[band].colour
        for outline in _outlines(polygons, frame):
            pen.polygon(outline, fill=colour)
        if not polygons:
            pen.ellipse((x - _DOT, y - _DOT, x + _DOT, y + _DOT), fill=colour, outline=_INK)
    for outline in _outlines(shapes.outline, frame):
        pen.line([*outline, outline[0]], fill=_LINE, width=2)
    if view is None:
        return
    for role, colour in (("stays", _INK), ("opens", _INK), ("stops", _RED)):
        names = list(getattr(view.case, role))
        degrees = result.hospitals.loc[names, ["lon", "lat"]].to_numpy(np.float64)
        for x, y in frame(degrees).tolist():
            box = (x - _MARK, y - _MARK, x + _MARK, y + _MARK)
            if role == "stops":
                pen.rectangle(box, fill="#ffffff", outline=colour, width=3)
                pen.line((x - 5, y - 5, x + 5, y + 5), fill=colour, width=3)
                pen.line((x - 5, y + 5, x + 5, y - 5), fill=colour, width=3)
            else:
                pen.ellipse(box, fill=colour, outline="#ffffff", width=2)


def _outlines(polygons: Sequence[Rings], frame: Frame) -> Iterator[list[tuple[float, float]]]:
    """Outer rings in pixels; what lies in a hole is drawn by itself."""
    for rings in polygons:
        steps = np.array(rings[0], dtype=np.float64).reshape(-1, 2).cumsum(axis=0)
        yield [(float(x), float(y)) for x, y in frame(steps / STEPS_PER_DEGREE)]
