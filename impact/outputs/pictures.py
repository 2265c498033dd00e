"""Pictures for who would rather look than read: distribution, interventions, scenarios.

Each tells one kind of variation: people (bars), possible choices (ticks), or where people go
(maps here, ribbons in `impact.outputs.flow_picture`). All are legible in grey print.
"""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.ticker import MaxNLocator

from impact.outputs.bands import NOBODY
from impact.outputs.map_layers import LEGEND, layer, used_locations
from impact.outputs.map_shapes import STEPS_PER_DEGREE
from impact.outputs.overview import choices, displayed
from impact.outputs.picture_canvas import COLUMNS, WIDTH, canvas, grid_canvas, saved
from impact.outputs.picture_style import drawing
from impact.outputs.static_marks import GREY, INK
from impact.outputs.travel_bars import BIN
from impact.outputs.wording import names_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.concentration.result import Case, Result
    from impact.outputs.map_shapes import MapShapes
    from impact.outputs.overview import Line
    from impact.outputs.texts import Texts
    from impact.outputs.travel_bars import TravelBars

_BEFORE, _AFTER = "#c9d4dc", "#2c5fa8"
_LETTERS = 34


def distribution(bars: TravelBars, t: Texts, *, kind: str = "png") -> bytes:
    """Draw how long those who must go elsewhere travel, before and after.

    Parameters
    ----------
    bars
        From `impact.outputs.travel_bars.travel_bars`.
    t
        Catalogue.
    kind
        ``png`` or ``svg``.

    Returns
    -------
    bytes
        Bars of five minutes; the limits of 30, 45 and 60 minutes as lines.
    """
    with drawing():
        figure, axes = canvas(2.1)
        for shares, shift, colour, label, edge in (
            (bars.before, 0.05, _BEFORE, t("pictures.before"), INK),
            (bars.after, 0.5, _AFTER, t("pictures.after"), _AFTER),
        ):
            axes.bar(
                bars.starts + shift * BIN,
                shares,
                width=BIN * 0.45,
                align="edge",
                facecolor=colour,
                edgecolor=edge,
                linewidth=0.5,
                label=label,
            )
        for limit in bars.limits:
            axes.axvline(limit, color=GREY, linewidth=0.8, linestyle=(0, (4, 2)))
        axes.set_xlabel(t("pictures.minutes", last=t.number(bars.last)))
        axes.set_ylabel(textwrap.fill(t("pictures.percent"), 26))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False, loc="upper right")
        return saved(figure, kind)


def interventions(result: Result, t: Texts, *, kind: str = "png") -> bytes:
    """Draw the interventions below each other: the displayed case, and every possible choice.

    Parameters
    ----------
    result, t
        Run and catalogue.
    kind
        ``png`` or ``svg``.

    Returns
    -------
    bytes
    """
    shown = displayed(result)[::-1]
    with drawing():
        figure, axes = canvas(0.9 + 0.36 * len(shown))
        for place, line in enumerate(shown):
            means = np.unique(np.round(np.array(choices(result, line)), 1))
            axes.hlines(place, 0, 1, transform=axes.get_yaxis_transform(), color="#dfe4e8", lw=0.6)
            axes.plot(means, np.full(len(means), place), "|", color="#33566f", ms=9, mew=0.8)
            axes.plot(line.row["mean_extra_moved"], place, "o", color=INK, mec="white", ms=7)
        labels = [textwrap.fill(_label(line, t), _LETTERS) for line in shown]
        axes.set_yticks(range(len(shown)), labels)
        axes.set_xlabel(textwrap.fill(t("pictures.mean_extra"), 60))
        axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
        axes.set_ylim(-0.7, len(shown) - 0.3)
        return saved(figure, kind)


def scenarios(
    result: Result, cases: Sequence[Case], shapes: MapShapes, t: Texts, *, kind: str = "png"
) -> bytes:
    """Draw small maps of the cases of one intervention beside each other.

    Parameters
    ----------
    result, cases
        Run, and at least one of its principal cases.
    shapes
        Of the postcodes of the run.
    t
        Catalogue.
    kind
        ``png`` or ``svg``.

    Returns
    -------
    bytes
        All with the same bands; postcodes without a polygon are left out at this size.
    """
    columns = min(COLUMNS, len(cases))
    rows = math.ceil(len(cases) / columns)
    south, west, north, east = shapes.bounds
    stretch = math.cos(math.radians((south + north) / 2.0))
    tall = WIDTH / COLUMNS * (north - south) / ((east - west) * stretch)
    rings, owner = _rings(shapes)
    names = used_locations(result)
    with drawing():
        figure, grid = grid_canvas(rows, columns, rows * (tall + 0.55))
        for axes, case in zip(grid, cases, strict=False):
            shown = layer(result, case, names)
            bands = [LEGEND[shown.bands[place]] for place in owner]
            colours = ["#ffffff" if band is NOBODY else band.colour for band in bands]
            axes.add_collection(
                PolyCollection(rings, facecolors=colours, edgecolors="#9aa2a8", linewidths=0.1)
            )
            for role, marker, size in (("stays", "o", 3.0), ("stops", "X", 5.5), ("opens", "^", 5)):
                found = result.hospitals.loc[list(getattr(case, role))]
                colour = "#a50f15" if role == "stops" else INK
                axes.plot(found["lon"], found["lat"], marker, color=colour, ms=size, mec="white")
            axes.set(xlim=(west, east), ylim=(south, north))
            axes.set_aspect(1.0 / stretch)
            title = t("pictures.stops", names=names_text(t, case.stops)) if case.stops else ""
            title = f"{t.scenario(case.scenario)}. {title}"
            axes.set_title(
                textwrap.fill(title, 38, max_lines=4, placeholder=" …"), fontsize=6.5, loc="left"
            )
        return saved(figure, kind)


def _label(line: Line, t: Texts) -> str:
    name = line.case.intervention.name
    return t("pictures.doubtful", name=name) if line.case.outside_incomplete else name


def _rings(shapes: MapShapes) -> tuple[list[NDArray[np.float64]], list[int]]:
    """Outer ring of every polygon, and the place of its postcode."""
    rings, owner = [], []
    for place, polygons in enumerate(shapes.postcodes):
        for polygon in polygons:
            corners = np.array(polygon[0], dtype=np.float64).reshape(-1, 2).cumsum(axis=0)
            rings.append(corners / STEPS_PER_DEGREE)
            owner.append(place)
    return rings, owner
