"""The picture of who goes where: ribbons from municipalities to hospitals."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from impact.outputs.picture_canvas import canvas, saved
from impact.outputs.picture_style import drawing
from impact.outputs.static_marks import INK
from impact.outputs.wording import share_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from impact.concentration.result import Case, Result
    from impact.outputs.texts import Texts

_TOP = 8
_LETTERS = 34
_NODE = 0.035
_GAP = 0.02


def flow_picture(result: Result, case: Case, t: Texts, *, kind: str = "png") -> bytes:
    """Draw who goes where: from municipality to the hospital that takes over.

    Parameters
    ----------
    result, case, t
        Run, a case with moved demand, and catalogue.
    kind
        ``png`` or ``svg``.

    Returns
    -------
    bytes
        The municipalities with most moved demand; the others together.
    """
    table = _towns_to_hospitals(result, case, t)
    total = float(table.to_numpy().sum())
    left = _stack(table.sum(axis=1) / total)
    right = _stack(table.sum(axis=0) / total)
    with drawing():
        figure, axes = canvas(max(2.0, 0.5 + 0.24 * max(table.shape)))
        axes.set_axis_off()
        axes.set(xlim=(-0.55, 1.55), ylim=(-0.02, 1.0 + _GAP * max(table.shape)))
        axes.invert_yaxis()
        shades = [f"{0.35 + 0.5 * place / max(1, len(right)):.2f}" for place in range(len(right))]
        leaving, arriving = dict(left), dict(right)
        for place, hospital in enumerate(table.columns):
            for town in table.index:
                height = float(table.loc[town, hospital]) / total
                if height > 0.0:
                    ribbon = _ribbon(leaving[town], arriving[hospital], height)
                    axes.add_patch(PathPatch(ribbon, facecolor=shades[place], alpha=0.55, lw=0.0))
                    leaving[town] += height
                    arriving[hospital] += height
        _nodes(axes, table.sum(axis=1) / total, left, 0.0, t)
        _nodes(axes, table.sum(axis=0) / total, right, 1.0, t)
        return saved(figure, kind)


def _towns_to_hospitals(result: Result, case: Case, t: Texts) -> pd.DataFrame:
    """Add up moved demand, municipality x hospital: the largest first, the small ones together."""
    moved = case.flows[case.flows["moved"] & (case.flows["demand"] > 0)]
    towns = result.postcodes["municipality"].reindex(moved["postcode"]).to_numpy()
    hospitals = moved["provider_after"].replace("", t("common.no_route")).to_numpy()
    demand = moved["demand"].to_numpy(np.float64)
    rows = pd.DataFrame({"town": towns, "hospital": hospitals, "demand": demand})
    table = rows.pivot_table(
        index="town", columns="hospital", values="demand", aggfunc="sum", fill_value=0.0
    )
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
    """Top of each node, from above; gaps keep them apart."""
    tops = np.concatenate([[0.0], np.cumsum(shares.to_numpy() + _GAP)[:-1]])
    return dict(zip(map(str, shares.index), tops.tolist(), strict=True))


def _ribbon(start: float, end: float, height: float) -> Path:
    left, right = _NODE, 1.0 - _NODE
    middle = 0.5
    points = [
        (left, start),
        (middle, start),
        (middle, end),
        (right, end),
        (right, end + height),
        (middle, end + height),
        (middle, start + height),
        (left, start + height),
        (left, start),
    ]
    curve = [Path.CURVE4] * 3
    return Path(points, [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])


def _nodes(
    axes: Axes, shares: pd.Series[float], tops: dict[str, float], side: float, t: Texts
) -> None:
    for name, share in shares.items():
        top = tops[str(name)]
        x = 0.0 if side == 0.0 else 1.0 - _NODE
        axes.add_patch(Rectangle((x, top), _NODE, float(share), facecolor=INK))
        text = textwrap.shorten(str(name), _LETTERS, placeholder=" …")
        axes.text(
            -0.015 if side == 0.0 else 1.015,
            top + float(share) / 2.0,
            f"{text} ({share_text(t, float(share))})",
            ha="right" if side == 0.0 else "left",
            va="center",
            fontsize=7,
        )
