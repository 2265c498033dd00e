"""Tornados: how wide each assumption makes a figure, and the margin of calculation in words.

A bar is the span of one factor, the line in it is the figure itself. Choices and margins have
different bars, because they mean different things: a choice makes it another question, a margin
makes the answer less sharp.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from impact.outputs.wording import known_text, minutes_text, names_text, scenario_text, whole_text

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    import pandas as pd

    from impact.concentration.result import Case, Result
    from impact.concentration.sensitivity import Sensitivity
    from impact.outputs.texts import Texts

WIDTH = 1000
"""Units from the left to the right end of the axis."""

_STEP = 10
_DRAWN = "drawn"


@dataclass(frozen=True)
class Bar:
    """One factor of one figure.

    Attributes
    ----------
    label, kind
        What is varied, in words; ``choice`` or ``margin``.
    x, width
        In units.
    text
        From and to, in words.
    """

    label: str
    kind: str
    x: float
    width: float
    text: str


@dataclass(frozen=True)
class Tornado:
    """One figure and everything that it hangs on.

    Attributes
    ----------
    intervention, scenario
        In words.
    margin
        The margin of calculation, such as 'about 25, between 20 and 30'.
    mark
        Place of the figure, in units.
    bars
        Widest first.
    """

    intervention: str
    scenario: str
    margin: str
    mark: float
    bars: tuple[Bar, ...]


def tornados(result: Result, t: Texts) -> tuple[Tornado, ...]:
    """Give a tornado per displayed case.

    Parameters
    ----------
    result
        What a run gave.
    t
        Catalogue.

    Returns
    -------
    tuple of Tornado
        Empty where sensitivity was not asked for.
    """
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
    """Minutes at the right end of the axis, the same for every figure.

    Parameters
    ----------
    found
        What was varied.

    Returns
    -------
    float
        A multiple of ten.
    """
    ends = (high for span in found.spans for high in span["high"] if math.isfinite(high))
    highest = max(ends, default=0.0)
    return _STEP * max(2.0, math.ceil(highest / _STEP))


def axis_ticks(found: Sensitivity) -> list[tuple[int, float]]:
    """Minutes on the axis, with their places in units.

    Parameters
    ----------
    found
        What was varied.

    Returns
    -------
    list of (int, float)
    """
    end = axis_end(found)
    return [(minutes, _place(minutes, end)) for minutes in range(0, int(end) + 1, _STEP)]


def margin_text(t: Texts, mean: float, low: float, high: float) -> str:
    """Say a figure with its margin of calculation.

    Parameters
    ----------
    t
        Catalogue.
    mean, low, high
        Minutes.

    Returns
    -------
    str

    Examples
    --------
    >>> from impact.outputs.texts import texts
    >>> margin_text(texts("nl"), 25.2, 19.7, 30.4)
    'ongeveer 25 minuten, tussen 20 en 30'
    """
    low_text, high_text = t.number(low), t.number(high)
    mean_text = minutes_text(t, mean)
    if low_text == high_text:
        return t("sensitivity.about_one", mean=mean_text)
    return t("sensitivity.about", mean=mean_text, low=low_text, high=high_text)


def order_texts(result: Result, t: Texts, *, always: bool = False) -> tuple[str, ...]:
    """Say whether one scenario stays better than another, whatever is assumed.

    Parameters
    ----------
    result
        What a run gave.
    t
        Catalogue.
    always
        Whether to say only what holds in every computation.

    Returns
    -------
    tuple of str
        What never changes comes first.
    """
    if result.sensitivity is None:
        return ()
    rows = result.sensitivity.orders.to_dict("records")
    rows.sort(key=lambda row: -row["agree"] / max(row["of"], 1))
    kept = [row for row in rows if row["of"] and not (always and row["agree"] < row["of"])]
    return tuple(_order(row, t) for row in kept)


def _order(row: Mapping[Hashable, object], t: Texts) -> str:
    agree, of = int(str(row["agree"])), int(str(row["of"]))
    key = "always" if agree == of else "mostly"
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
        scenario_text(t, result, case),
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
    return round(min(max(minutes, 0.0), end) / end * WIDTH, 1)
