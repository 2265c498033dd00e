"""How pictures are drawn: fonts, canvas, and the bytes of what was drawn."""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that every machine draws the same
    "font.size": 8.0,
    "hatch.linewidth": 0.5,
    "path.simplify": False,
    "text.parse_math": False,  # a dollar sign in a name starts no formula
}
TEXT_WIDTH = 6.3
"""Inches: the text of an A4 page with margins of 25 mm."""
_DPI = 170
_COLOURS = 128
_WHITE = 255
_COMPRESSION = 6
INK = "#1b1b1b"
GREY = "#4a4f54"
RED = "#a50f15"


@contextmanager
def drawing() -> Iterator[None]:
    """Draw within this, or within a function that it decorates: settings hold inside only."""
    import matplotlib as mpl

    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # a name may hold an emoji that the font lacks: a box stands for it
        warnings.filterwarnings("ignore", message="(?s)Glyph .* missing from font")
        yield


def plain_canvas(height: float, *, dpi: int = _DPI) -> tuple[Figure, Axes]:
    """Make a figure of the width of the text, to draw on in points from its upper left corner."""
    figure, axes = canvas(height, (0.0, 0.0, 0.0, 0.0), dpi=dpi)
    axes.set_axis_off()
    axes.set(xlim=(0.0, TEXT_WIDTH * 72.0), ylim=(height * 72.0, 0.0))
    return figure, axes


def canvas(
    height: float, margins: tuple[float, float, float, float], *, dpi: int = _DPI
) -> tuple[Figure, Axes]:
    """Make a figure of the width of the text, with axes within left, bottom, right, top inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(TEXT_WIDTH, height), dpi=dpi)
    FigureCanvasAgg(figure)
    left, bottom, right, top = margins
    across, up = TEXT_WIDTH - left - right, height - bottom - top
    place = (left / TEXT_WIDTH, bottom / height, across / TEXT_WIDTH, up / height)
    axes = figure.add_axes(place)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def pixels(figure: Figure) -> NDArray[np.uint8]:
    """Draw a figure, as red, green, blue and opaqueness per pixel."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="rgba")
    wide, high = figure.canvas.get_width_height()
    return np.frombuffer(drawn.getvalue(), dtype=np.uint8).reshape(high, wide, 4)


def saved(figure: Figure, paper: NDArray[np.uint8] | None = None) -> bytes:
    """Write a figure as PNG, on a paper if there is one; the same figure gives the same bytes.

    It keeps as many colours as an eye tells apart, which makes it a third of the size.
    """
    from PIL import Image

    drawn = Image.fromarray(pixels(figure))
    if paper is not None:
        drawn = Image.alpha_composite(Image.fromarray(paper), drawn)
    flat = drawn.convert("RGB").quantize(
        _COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )
    # colours are averages rounded down, which makes white just not white
    flat.putpalette([_WHITE if each == _WHITE - 1 else each for each in flat.getpalette() or ()])
    buffer, density = io.BytesIO(), (figure.dpi, figure.dpi)
    flat.save(buffer, format="PNG", compress_level=_COMPRESSION, dpi=density)
    return buffer.getvalue()
