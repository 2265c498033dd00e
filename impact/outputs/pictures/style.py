"""How pictures are drawn: fonts, canvas, and the bytes of what was drawn."""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that every machine draws the same
    "font.size": 8.0,
    "hatch.linewidth": 0.5,
    "svg.hashsalt": "impact",
    "path.simplify": False,
    "text.parse_math": False,  # a dollar sign in a name starts no formula
}
METADATA: dict[str, dict[str, None]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""Kind of picture -> what to leave out, so that two pictures of one result are equal."""


@contextmanager
def drawing() -> Iterator[None]:
    """Draw within this: settings hold inside only."""
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # a name may hold an emoji that the font lacks: a box stands for it
        warnings.filterwarnings("ignore", message="(?s)Glyph .* missing from font")
        yield


WIDTH = 6.3
"""Inches: the text of an A4 page with margins of 25 mm."""
COLUMNS = 3
"""Small pictures beside each other."""

_DPI = 170
_COLOURS = 128


def smaller(png: bytes) -> bytes:
    """Keep as many colours as an eye tells apart, which makes a picture a third of its size."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        density = image.info.get("dpi", (_DPI, _DPI))
        flat = image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        flat.save(buffer, format="PNG", optimize=True, dpi=density)
    return buffer.getvalue()


def canvas(height: float) -> tuple[Figure, Axes]:
    """Make a figure of the width of the text, with one pair of axes."""
    figure = Figure(figsize=(WIDTH, height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def grid_canvas(rows: int, columns: int, height: float) -> tuple[Figure, list[Axes]]:
    """Make a figure of small pictures, row by row."""
    width = WIDTH * columns / COLUMNS
    figure = Figure(figsize=(width, height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    grid = [figure.add_subplot(rows, columns, place + 1) for place in range(rows * columns)]
    for axes in grid:
        axes.set_axis_off()
    return figure, grid


def saved(figure: Figure, kind: str) -> bytes:
    """Write a figure; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, metadata=METADATA.get(kind, {}))
    return smaller(buffer.getvalue()) if kind == "png" else buffer.getvalue()
