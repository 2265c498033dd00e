"""How bands are filled in a map that is a picture, and the legend that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.patches import Rectangle

from impact.outputs.bands import NO_ROUTE, NOBODY, SHORTER
from impact.outputs.few_residents import FEW_RESIDENTS, few_residents
from impact.outputs.map_layers import LEGEND
from impact.outputs.static_marks import INK, draw_symbol

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from impact.concentration.result import Result
    from impact.outputs.map_layers import Layer
    from impact.outputs.texts import Texts

HATCHES = {NO_ROUTE.key: "xxxxx", SHORTER.key: "...."}
FEW_HATCH = "\\\\\\\\\\\\"
"""Stripes one way, where no route is a net: told apart without colour."""
_SYMBOLS = ("stops", "stays", "opens", "outside")
_STEP = 0.19
"""Inches between lines."""
_WHITE = "#ffffff"


def fill_of(key: str) -> dict[str, Any]:
    """Fill of a band as matplotlib asks for it.

    Parameters
    ----------
    key
        Of a band.

    Returns
    -------
    dict
        In grey print the light grey of nobody would pass for a band of minutes: it is white.
    """
    colours = {band.key: band.colour for band in LEGEND} | {NOBODY.key: _WHITE}
    edge = {NOBODY.key: "#8a8f94", NO_ROUTE.key: INK}.get(key, "#5f6468")
    return {"facecolor": colours[key], "edgecolor": edge, "linewidth": 0.2}


def draw_legend(
    axes: Axes, size: tuple[float, float], result: Result, shown: Layer, t: Texts, *, beside: bool
) -> None:
    """Draw bands and symbols: next to each other under a map, or below each other beside it.

    Parameters
    ----------
    axes
        Empty.
    size
        Its width and height in inches.
    result, shown, t
        Run, what the map shows of it, and catalogue.
    beside
        Whether it stands beside the map.
    """
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
