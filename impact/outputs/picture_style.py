"""How pictures are drawn: the same letters on every machine, and names never read as formulas."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

if TYPE_CHECKING:
    from collections.abc import Iterator

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
