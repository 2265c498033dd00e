"""Who goes where: ribbons from municipalities to the hospitals that take over."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.outputs.pictures.style import INK, TEXT_WIDTH, canvas, drawing, saved
from impact.outputs.text.wording import share_text

if TYPE_CHECKING:
    from collections.abc import Hashable

    from matplotlib.axes import Axes
    from matplotlib.path import Path

    from impact.analysis.result import Result
    from impact.model.case import Case
    from impact.outputs.text import Texts

_TOP = 8
_LETTERS = 34
_LETTER = 4.3
"""Points that a letter of a label takes."""
_LEAST_BETWEEN = 0.15
_NODE = 0.035
_GAP = 0.02
_MIDDLE = 0.5
_LINE = 0.058
"""Height that a label takes, of that of the whole stack."""
_DARKEST, _SHADES = 0.35, 0.5


@dataclass(frozen=True)
class Node:
    """A municipality or a hospital: its label, and where its part of the stack begins."""

    label: str
    top: float
    height: float


@dataclass(frozen=True)
class Ribbon:
    """Those who go from one municipality to one hospital: tops on both sides, and a shade."""

    start: float
    end: float
    height: float
    shade: float


@dataclass(frozen=True)
class Flows:
    """Everything that a picture of who goes where shows; all heights in shares of the moved."""

    left: tuple[Node, ...]
    right: tuple[Node, ...]
    ribbons: tuple[Ribbon, ...]

    @property
    def letters(self) -> tuple[int, int]:
        """Of the longest label on either side."""
        left, right = (max(len(node.label) for node in side) for side in (self.left, self.right))
        return left, right

    @property
    def height(self) -> float:
        """Of the taller stack, with its gaps."""
        return max(side[-1].top + side[-1].height for side in (self.left, self.right))


def flow_layout(result: Result, case: Case, t: Texts) -> Flows:
    """Lay out who goes where, the largest municipality and hospital first."""
    table = _towns_to_hospitals(result, case, t)
    total = float(table.to_numpy().sum())
    sides = [table.sum(axis=axis) / total for axis in (1, 0)]
    left, right = (_stack(shares) for shares in sides)
    leaving, arriving = dict(left), dict(right)
    ribbons = []
    for place, (hospital, column) in enumerate(zip(table.columns, table.to_numpy().T, strict=True)):
        shade = _DARKEST + _SHADES * place / max(1, len(right))
        for town, demand in zip(table.index, column, strict=True):
            height = float(demand) / total
            if height > 0.0:
                ribbons.append(Ribbon(leaving[town], arriving[hospital], height, shade))
                leaving[town] += height
                arriving[hospital] += height
    nodes = [
        tuple(
            Node(_label(name, share, t), tops[str(name)], float(share))
            for name, share in shares.items()
        )
        for shares, tops in zip(sides, (left, right), strict=True)
    ]
    return Flows(nodes[0], nodes[1], tuple(ribbons))


@drawing()
def flow_picture(result: Result, case: Case, t: Texts) -> bytes:
    """Draw who goes where: from municipality to the hospital that takes over."""
    from matplotlib.collections import PathCollection

    made = flow_layout(result, case, t)
    most = max(len(made.left), len(made.right))
    figure, axes = canvas(max(2.0, 0.5 + 0.24 * most), (0.0, 0.05, 0.0, 0.05))
    axes.set_axis_off()
    # in the width of the page: letters on both sides, and what remains for the ribbons
    sides = [_LETTER * (2 + each) / (TEXT_WIDTH * 72.0) for each in made.letters]
    between = max(1.0 - sum(sides), _LEAST_BETWEEN)
    axes.set_xlim(-sides[0] / between, 1.0 + sides[1] / between)
    axes.set_ylim(made.height + _GAP, -0.02)
    drawn = PathCollection(
        [_outline(each) for each in made.ribbons],
        facecolors=[f"{each.shade:.2f}" for each in made.ribbons],
        alpha=0.55,
        linewidths=0.0,
    )
    axes.add_collection(drawn, autolim=False)
    _draw_nodes(axes, made.left, 0.0)
    _draw_nodes(axes, made.right, 1.0)
    return saved(figure)


def _towns_to_hospitals(result: Result, case: Case, t: Texts) -> pd.DataFrame:
    """Add up moved demand, municipality x hospital: the largest first, the small ones together."""
    moved = case.flows[case.flows["moved"] & (case.flows["demand"] > 0)]
    towns = result.postcodes["municipality"].reindex(moved["postcode"]).to_numpy()
    hospitals = moved["provider_after"].replace("", t("common.no_route")).to_numpy()
    town, names = pd.factorize(towns, sort=True)
    hospital, others = pd.factorize(hospitals, sort=True)
    sums = np.zeros((len(names), len(others)))
    np.add.at(sums, (town, hospital), moved["demand"].to_numpy(np.float64))
    table = pd.DataFrame(sums, index=names, columns=others)
    table = _largest(table, t)
    return _largest(table.T, t).T


def _largest(table: pd.DataFrame, t: Texts) -> pd.DataFrame:
    order = table.sum(axis=1).sort_values(ascending=False, kind="stable").index
    table = table.loc[order]
    if len(table) <= _TOP:
        return table
    rest = table.iloc[_TOP:].sum().to_frame(t("pictures.others", count=len(table) - _TOP)).T
    return pd.concat([table.iloc[:_TOP], rest])


def _stack(shares: pd.Series[float]) -> dict[str, float]:
    """Top of each node, from above; gaps keep them, and their labels, apart."""
    tops: dict[str, float] = {}
    end, middle = 0.0, -_LINE
    for name, share in shares.items():
        half = float(share) / 2.0
        top = max(end, middle + _LINE - half)
        tops[str(name)] = top
        end, middle = top + 2.0 * half + _GAP, top + half
    return tops


def _label(name: Hashable, share: float, t: Texts) -> str:
    text = textwrap.shorten(str(name), _LETTERS, placeholder=" …")
    return f"{text} ({share_text(t, share)})"


def _outline(ribbon: Ribbon) -> Path:
    from matplotlib.path import Path

    left, right = _NODE, 1.0 - _NODE
    start, end, height = ribbon.start, ribbon.end, ribbon.height
    points = [
        (left, start),
        (_MIDDLE, start),
        (_MIDDLE, end),
        (right, end),
        (right, end + height),
        (_MIDDLE, end + height),
        (_MIDDLE, start + height),
        (left, start + height),
        (left, start),
    ]
    curve = [Path.CURVE4] * 3
    return Path(points, [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])


def _draw_nodes(axes: Axes, nodes: tuple[Node, ...], side: float) -> None:
    from matplotlib.patches import Rectangle

    for node in nodes:
        x = 0.0 if side == 0.0 else 1.0 - _NODE
        axes.add_patch(Rectangle((x, node.top), _NODE, node.height, facecolor=INK))
        axes.text(
            -0.015 if side == 0.0 else 1.015,
            node.top + node.height / 2.0,
            node.label,
            ha="right" if side == 0.0 else "left",
            va="center",
            fontsize=7,
        )
