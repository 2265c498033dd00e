"""Charts: distribution, tornado, strips of choices, bars of travel time.

Each tells one kind of variation: people (bars), possible choices (ticks), or where people go
(maps here, ribbons in `impact.outputs.pictures.flows`). All are legible in grey print.

A bar is the span of one factor, the line in it is the figure itself. Choices and margins have
different bars, because they mean different things: a choice makes it another question, a margin
makes the answer less sharp.

A tick is a possible choice (the mean of one candidate); a dot is one in a hundred of the people
who must go to another hospital. They never share a bar: a choice is not a person.
"""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.analysis.ranges import SUPPRESSED
from impact.analysis.result import CaseView
from impact.model.measures import LEGEND, weighted_percentile
from impact.outputs.pictures.static_map import fill_of
from impact.outputs.pictures.style import (
    GREY,
    INK,
    RED,
    TEXT_WIDTH,
    canvas,
    drawing,
    plain_canvas,
    saved,
)
from impact.outputs.text.overview import choices, displayed, extremes
from impact.outputs.text.rounding import rounded_down, rounded_up
from impact.outputs.text.wording import (
    about_text,
    known_text,
    minutes_text,
    names_text,
    titled_scenario,
    whole_text,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from impact.analysis.result import Result, Sensitivity
    from impact.model.case import Case
    from impact.outputs.pictures.static_map import BaseMap
    from impact.outputs.text import Texts

_BEFORE, _AFTER = "#c9d4dc", "#2c5fa8"
_LETTERS = 34
_COLUMNS = 3
"""Small maps beside each other."""
_BETWEEN, _TITLE = 6.0, 36.0
"""Points between small maps, and of their titles."""


@drawing()
def distribution(bars: TravelBars, t: Texts) -> bytes:
    """Draw how long those who must go elsewhere travel, before and after."""
    from matplotlib.ticker import MaxNLocator

    figure, axes = canvas(2.1, (0.62, 0.42, 0.08, 0.08))
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
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.legend(frameon=False, loc="upper right")
    return saved(figure)


@drawing()
def interventions(result: Result, t: Texts) -> bytes:
    """Draw the interventions below each other: the displayed case, and every possible choice."""
    shown = displayed(result)[::-1]
    figure, axes = canvas(0.9 + 0.36 * len(shown), (2.4, 0.55, 0.08, 0.05))
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
    return saved(figure)


@drawing()
def scenarios(result: Result, cases: Sequence[Case], base: BaseMap, t: Texts) -> bytes:
    """Draw small maps of the cases of one intervention beside each other."""
    from matplotlib.collections import PathCollection
    from matplotlib.lines import Line2D
    from matplotlib.transforms import Affine2D

    corner, far = base.region
    wide, high = far - corner
    each = TEXT_WIDTH * 72.0 / _COLUMNS
    scale = (each - _BETWEEN) / wide
    tall = high * scale + _TITLE
    figure, axes = plain_canvas(math.ceil(len(cases) / _COLUMNS) * tall / 72.0)
    for place, case in enumerate(cases):
        row, column = divmod(place, _COLUMNS)
        left, top = column * each, row * tall
        title = t("pictures.stops", names=names_text(t, case.stops)) if case.stops else ""
        title = textwrap.fill(
            f"{t.scenario(case.scenario)}. {title}", 38, max_lines=4, placeholder=" …"
        )
        axes.text(left, top + _TITLE - 4.0, title, fontsize=6.5, va="bottom", linespacing=1.1)
        small = Affine2D().translate(*-corner).scale(scale).translate(left, top + _TITLE)
        colours = [fill_of(LEGEND[band])["facecolor"] for band in CaseView(result, case).bands]
        paths = PathCollection(
            base.postcodes, facecolors=colours, edgecolors="#9aa2a8", linewidths=0.1
        )
        paths.set_transform(small + axes.transData)
        axes.add_collection(paths, autolim=False)
        for role, marker, size in (("stays", "o", 3.0), ("stops", "X", 5.5), ("opens", "^", 5.0)):
            found = result.hospitals.loc[list(getattr(case, role)), ["lon", "lat"]]
            at = small.transform(base.frame(found.to_numpy(np.float64)))
            style: dict[str, Any] = {
                "color": RED if role == "stops" else INK,
                "ms": size,
                "mec": "white",
            }
            axes.add_artist(Line2D(*at.T, marker=marker, linestyle="none", **style))
    return saved(figure)


def _label(line: CaseView, t: Texts) -> str:
    name = line.case.intervention.name
    return t("pictures.doubtful", name=name) if line.case.doubtful else name


TORNADO_WIDTH = 1000
"""Units from the left to the right end of the axis."""

_STEP = 10
_DRAWN = "drawn"


@dataclass(frozen=True)
class Bar:
    """One factor of one figure: a ``choice`` or a ``margin``, its span in units and in words."""

    label: str
    kind: str
    x: float
    width: float
    text: str


@dataclass(frozen=True)
class Tornado:
    """One figure, its margin in words and place in units, and what it hangs on, widest first."""

    intervention: str
    scenario: str
    margin: str
    mark: float
    bars: tuple[Bar, ...]


def tornados(result: Result, t: Texts) -> tuple[Tornado, ...]:
    """Give a tornado per displayed case."""
    found = result.sensitivity
    if found is None:
        return ()
    end = axis_end(found)
    return tuple(
        _tornado(result, case, (spans, margin), end, t)
        for case, spans, margin in zip(result.cases, found.spans, found.margins, strict=True)
        if case.principal and math.isfinite(case.figures["mean_extra_moved"])
    )


def axis_end(found: Sensitivity) -> float:
    """Minutes at the right end of the axis, the same for every figure."""
    ends = (high for span in found.spans for high in span["high"] if math.isfinite(high))
    highest = max(ends, default=0.0)
    return _STEP * max(2.0, math.ceil(highest / _STEP))


def axis_ticks(found: Sensitivity) -> list[tuple[int, float]]:
    """Minutes on the axis, with their places in units."""
    end = axis_end(found)
    return [(minutes, _place(minutes, end)) for minutes in range(0, int(end) + 1, _STEP)]


def margin_text(t: Texts, mean: float, low: float, high: float) -> str:
    """Say a figure with its margin of calculation.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> margin_text(texts("nl"), 25.2, 19.7, 30.4)
    'ongeveer 25 minuten, rekenmarge 19 tot 31'
    """
    said = about_text(t, mean, minutes_text(t, mean))
    if math.isnan(low):
        return said
    if t.number(low) == t.number(high):
        return t("sensitivity.about_one", mean=said)
    ends = {"low": t.number(rounded_down(low)), "high": t.number(rounded_up(high))}
    return t("sensitivity.about", mean=said, **ends)


def order_texts(result: Result, t: Texts, *, always: bool = False) -> tuple[str, ...]:
    """Say whether one scenario stays better than another, whatever is assumed."""
    if result.sensitivity is None:
        return ()
    rows = result.sensitivity.orders.to_dict("records")
    rows.sort(key=lambda row: -row["agree"] / max(row["of"], 1))
    # a single computation varies nothing
    kept = [row for row in rows if row["of"] > 1 and not (always and row["agree"] < row["of"])]
    said = [_order(row, t) for row in kept]
    means = result.summary[result.summary["mean_over"] == SUPPRESSED]
    if said and (means["mean_low"] < means["mean_high"]).any():
        said.append(t("sensitivity.order_hidden"))
    return tuple(said)


def _order(row: Mapping[Hashable, object], t: Texts) -> str:
    agree, of = int(str(row["agree"])), int(str(row["of"]))
    key = "always" if agree == of else "mostly" if agree else "same"
    return t(
        f"sensitivity.order_{key}",
        name=str(row["intervention"]),
        better=t.scenario(str(row["better"])),
        worse=t.scenario(str(row["worse"])),
        agree=t.number(agree),
        of=t.number(of),
    )


def _tornado(
    result: Result,
    case: Case,
    found: tuple[pd.DataFrame, tuple[float, float]],
    end: float,
    t: Texts,
) -> Tornado:
    spans, (low, high) = found
    figure = case.figures["mean_extra_moved"]
    return Tornado(
        case.intervention.name,
        titled_scenario(t, result, case),
        margin_text(t, figure, low, high),
        _place(figure, end),
        tuple(_bars(spans, end, t)),
    )


def _bars(spans: pd.DataFrame, end: float, t: Texts) -> Iterator[Bar]:
    for row in spans.to_dict("records"):
        low, high = float(row["low"]), float(row["high"])
        left = _place(low, end)
        if t.number(low) == t.number(high):
            text = t("sensitivity.same", minutes=whole_text(t, low))
        else:
            ends = [_end(low, str(row["low_value"]), t), _end(high, str(row["high_value"]), t)]
            text = names_text(t, ends)
        yield Bar(
            t(f"sensitivity.factor_{row['factor']}"),
            str(row["kind"]),
            left,
            max(_place(high, end) - left, 2.0),
            text,
        )


def _end(minutes: float, value: str, t: Texts) -> str:
    """One end of a bar, and what gives it; no word where that is the figure itself."""
    said = whole_text(t, minutes)
    if not value:
        return said
    # draws of a point are alike: their number says nothing
    code = _DRAWN if value.startswith(_DRAWN) else value
    words = known_text(t, "sensitivity.value", code)
    return t("sensitivity.end", minutes=said, value=words)


def _place(minutes: float, end: float) -> float:
    return round(min(max(minutes, 0.0), end) / end * TORNADO_WIDTH, 1)


BIN = 5.0
"""Minutes."""
LIMITS = (30, 45, 60)
_NEARLY_ALL = 0.99
_WHEN = ("minutes_before", "minutes_after")


@dataclass(frozen=True)
class TravelBars:
    """Per cent of the moved that have a route, per bar of minutes, before and after."""

    starts: NDArray[np.float64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]

    @property
    def last(self) -> float:
        """Minutes beyond which everybody stands in the last bar."""
        return float(self.starts[-1])

    @property
    def limits(self) -> tuple[int, ...]:
        """Limits of 30, 45 and 60 minutes that lie within the bars."""
        return tuple(limit for limit in LIMITS if limit < self.last + BIN)


def travel_bars(case: Case) -> TravelBars | None:
    """Count who travels how long, before and after.

    Notes
    -----
    The last bar holds the farthest hundredth: a few on islands would squeeze all the others.
    """
    flows = case.flows[case.flows["moved"]]
    flows = flows[np.isfinite(flows["minutes_before"]) & np.isfinite(flows["minutes_after"])]
    weight = flows["demand"].to_numpy(np.float64)
    if not weight.sum() > 0.0:
        return None
    minutes = [flows[each].to_numpy(np.float64) for each in _WHEN]
    far = [weighted_percentile(each, weight, _NEARLY_ALL) for each in minutes]
    last = BIN * math.ceil(max(*far, 1.0) / BIN)
    edges = np.arange(0.0, last + 2.0 * BIN, BIN)
    shares = [
        100.0
        * np.histogram(np.minimum(each, last + BIN / 2.0), bins=edges, weights=weight)[0]
        / weight.sum()
        for each in minutes
    ]
    return TravelBars(edges[:-1], shares[0], shares[1])


STRIPS_WIDTH = 1000
"""Units from the left to the right end of the axis; rows are stretched to the page."""

LANE = 30
"""Height of the lane of dots, in units (which are pixels, vertically)."""

_PEOPLE = 100
_DOT = 4.0
_LEAST_AXIS = 20
_TICK_MINUTES = 0.25
_BIN_SHARE = 0.0075


@dataclass(frozen=True)
class Strip:
    """One row of the picture: a displayed case among its candidates.

    Ticks (candidates by their mean) and dots (people by their extra minutes) are paths in units;
    the mark is where the case itself lies, in per cent of the axis, and `None` without a mean.
    """

    line: CaseView
    ticks: str
    dots: str
    mark: float | None
    least: float
    greatest: float


@dataclass(frozen=True)
class Strips:
    """The whole picture: the greatest mean first, and minutes of grid lines with their per cent."""

    rows: tuple[Strip, ...]
    axis: tuple[tuple[int, float], ...]


def strips(result: Result) -> Strips:
    """Lay out the picture."""
    shown = displayed(result)
    means_of = [np.array(choices(result, line)) for line in shown]
    people = [_people(line) for line in shown]
    known = np.concatenate([np.zeros(1), *means_of, *people])
    low = _STEP * math.floor(min(0.0, known.min()) / _STEP)
    high = max(_LEAST_AXIS, _STEP * math.ceil(known.max() / _STEP))
    rows = []
    for line, means, extra in zip(shown, means_of, people, strict=True):
        mean = float(line.row["mean_extra_moved"])
        least, greatest = extremes(result, line)
        rows.append(
            Strip(
                line=line,
                ticks=_ticks(means, low, high),
                dots=_dots(extra, low, high),
                mark=None if math.isnan(mean) else 100.0 * (mean - low) / (high - low),
                least=least,
                greatest=greatest,
            )
        )
    axis = [(minutes, 100.0 * (minutes - low) / (high - low)) for minutes in _grid(low, high)]
    return Strips(tuple(rows), tuple(axis))


def _grid(low: int, high: int) -> Sequence[int]:
    return range(low, high + 1, _STEP if high - low <= 10 * _STEP else 3 * _STEP)


def _people(line: CaseView) -> NDArray[np.float64]:
    """Extra minutes of every hundredth of the moved: the middle of each hundredth."""
    flows = line.case.flows
    counted = flows[flows["moved"] & np.isfinite(flows["extra_minutes"]) & (flows["demand"] > 0)]
    if counted.empty:
        return np.empty(0)
    extra = counted["extra_minutes"].to_numpy(np.float64)
    weight = counted["demand"].to_numpy(np.float64)
    shares = (np.arange(_PEOPLE) + 0.5) / _PEOPLE
    return np.array([weighted_percentile(extra, weight, float(share)) for share in shares])


def _ticks(means: NDArray[np.float64], low: float, high: float) -> str:
    """One tick for candidates that nobody could tell apart."""
    places = np.unique(np.round(means / _TICK_MINUTES)) * _TICK_MINUTES
    return "".join(f"M{_x(place, low, high)} 0v14" for place in places)


def _dots(extra: NDArray[np.float64], low: float, high: float) -> str:
    """Dots piled up per bin, from the floor of the lane; a full lane piles more tightly."""
    width = _BIN_SHARE * (high - low)
    bins, counts = np.unique(np.floor(extra / width), return_counts=True)
    parts = []
    for place, count in zip(bins, counts, strict=True):
        gap = min(_DOT, (LANE - _DOT) / max(1, int(count) - 1))
        x = _x((place + 0.5) * width, low, high)
        parts += [f"M{x} {LANE - _DOT / 2 - gap * level:.4g}h0" for level in range(int(count))]
    return "".join(parts)


def _x(minutes: float, low: float, high: float) -> str:
    return f"{STRIPS_WIDTH * (minutes - low) / (high - low):.4g}"
