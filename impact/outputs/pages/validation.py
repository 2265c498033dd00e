"""validation.html: how believable the minutes are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.evidence.known_times import KINDS, LAW
from impact.evidence.validation import DISTANCES, errors, worst
from impact.outputs.files.columns import MINUTES, NUMBER, SHARE, TEXT, Column
from impact.outputs.files.folder import write_evidence
from impact.outputs.pages.axis import Axis, axis_of, signed
from impact.outputs.pages.page import write_evidence_page
from impact.outputs.text import texts
from impact.outputs.text.rounding import rounded_down
from impact.outputs.text.wording import known_text, note_text, share_text, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.evidence.known_times import Thinning
    from impact.evidence.validation import Validation
    from impact.outputs.text import Texts


def findings(found: Validation, t: Texts) -> list[str]:
    """Say what the comparison shows."""
    return [*_own(found, t), *_facts(found, t), *_law(found, t)]


def warnings(found: Validation, t: Texts) -> list[str]:
    """Say what a reader must know of the inputs: what was ignored, left out, or lies far away."""
    return [note_text(t, note) for note in found.manifest["notes"]]


def _own(found: Validation, t: Texts) -> Iterator[str]:
    if found.rows.empty:
        yield t("validation.finding_no_table")
    for kind in found.rows["kind"].unique():
        summed = errors(found.rows[found.rows["kind"] == kind])
        routed = summed["pairs"] - summed["unreachable"]
        count = t.number(routed)
        if kind == "class" and routed:
            yield t(
                "validation.finding_class",
                count=count,
                agree=share_text(t, summed["agree"]),
                close=share_text(t, summed["close"]),
            )
        elif routed:
            yield t(
                f"validation.finding_{kind}",
                count=count,
                bias=signed(t, summed["bias"]),
                mae=whole_text(t, summed["mae"]),
                # it follows "more than": "less than 1" cannot
                p90=t.number(rounded_down(summed["p90"])),
            )
            # NaN where no row has a tolerance
            if math.isfinite(summed["agree"]):
                yield t("validation.finding_tolerance", agree=share_text(t, summed["agree"]))
        if summed["unreachable"]:
            yield t(
                "validation.finding_unreachable",
                kind=t(f"validation.kind_{kind}"),
                count=t.number(summed["unreachable"]),
            )


def _facts(found: Validation, t: Texts) -> Iterator[str]:
    if found.facts is None:
        return
    held, count = int(found.facts["holds"].sum()), len(found.facts)
    yield t("validation.finding_facts", held=held, count=count)


def _law(found: Validation, t: Texts) -> Iterator[str]:
    if "minutes" not in found.thinned:
        return
    thinned = found.thinned["minutes"]
    low, high = thinned.band(thinned.ratios)
    yield t(
        "validation.finding_law",
        all=t.number(thinned.left[0]),
        quarter=t.number(thinned.quarter),
        ratio=share_text(t, float(thinned.ratios.mean())),
        low=share_text(t, low),
        high=share_text(t, high),
        draws=t.number(len(thinned.ratios)),
    )


LEFT, TOP, WIDTH, HEIGHT = 72.0, 14.0, 430.0, 330.0
"""Where the plot lies in a drawing of `SIZE`."""

SIZE = (520, 410)
"""Width and height of a drawing."""

_LANE = 46
_TICK = 30
_MINUTE_TICKS = (1, 2, 5, 10, 20, 40, 80, 160)
_ROOM = 1.15


@dataclass(frozen=True)
class Scatter:
    """Known against ours.

    Attributes
    ----------
    axis
        Shared by both directions.
    dots
        Path: a dot per trip; equal ones fall together.
    across, up
        Grid: (number, place in units).
    """

    axis: Axis
    dots: str
    across: list[tuple[int, float]]
    up: list[tuple[int, float]]


def scatter(rows: pd.DataFrame) -> Scatter:
    """Lay out known minutes or kilometres against ours."""
    shown = rows[np.isfinite(rows["ours"])]
    known, ours = (shown[name].to_numpy(np.float64) for name in ("value", "ours"))
    axis = axis_of([*known, *ours])
    x, y = (np.array([axis.place(float(each)) for each in one]) for one in (known, ours))
    return Scatter(
        axis,
        _dots(_across(x), _up(y)),
        [(number, float(_across(place))) for number, place in axis.grid],
        [(number, float(_up(place))) for number, place in axis.grid],
    )


@dataclass(frozen=True)
class Lane:
    """Trips of one known class.

    Attributes
    ----------
    known
        The class, as written.
    middle
        Place from the top, in units.
    start, width
        Of the class on the axis, in units.
    ticks
        Path: a tick per trip.
    count
        Trips with a route.
    """

    known: str
    middle: float
    start: float
    width: float
    ticks: str
    count: int


def lanes(rows: pd.DataFrame) -> tuple[Axis, list[Lane], list[tuple[int, float]]]:
    """Lay out our minutes per known class."""
    shown = rows[np.isfinite(rows["ours"])].sort_values(["high", "low"])
    limits = shown[["low", "high"]].to_numpy(np.float64)
    axis = axis_of([*shown["ours"], *limits[np.isfinite(limits)]])
    out = []
    for number, (known, own) in enumerate(shown.groupby("known", sort=False)):
        top = TOP + number * _LANE
        start, end = (
            float(_across(axis.place(float(own[name].iloc[0])))) for name in ("low", "high")
        )
        x = _across(np.array([axis.place(float(each)) for each in own["ours"]]))
        places = np.unique(np.round(2.0 * x)) / 2.0
        ticks = "".join(f"M{place:g} {top + (_LANE - _TICK) / 2:g}v{_TICK}" for place in places)
        out.append(Lane(str(known), top + _LANE / 2, start, end - start, ticks, len(own)))
    return axis, out, [(number, float(_across(place))) for number, place in axis.grid]


@dataclass(frozen=True)
class LawPicture:
    """Mean minutes to the nearest by locations left, both on logarithmic axes.

    Attributes
    ----------
    line, law
        Paths: measured mean, and the square-root law from the same start.
    bars
        Path: the middle 95 % of the draws at each size.
    points
        Places of the means.
    across, up
        Grid: (number, place in units).
    """

    line: str
    law: str
    bars: str
    points: list[tuple[float, float]]
    across: list[tuple[int, float]]
    up: list[tuple[int, float]]


def law_picture(thinned: Thinning) -> LawPicture:
    """Lay out how mean travel grows when locations close."""
    left = thinned.left.astype(np.float64)
    means = thinned.means.mean(axis=0)
    law = means[0] * np.sqrt(left[0] / left)
    bands = [thinned.band(each) for each in thinned.means.T]
    ends = [*(end for pair in bands for end in pair), *law]
    low, high = math.log(min(ends) / _ROOM), math.log(max(ends) * _ROOM)

    def up(value: float) -> float:
        return round(TOP + HEIGHT * (high - math.log(value)) / (high - low), 1)

    x = [
        round(LEFT + WIDTH * float(np.log(left[0] / each) / np.log(left[0] / left[-1])), 1)
        for each in left
    ]
    bars = "".join(
        f"M{place:g} {up(least):g}V{up(most):g}"
        for place, (least, most) in zip(x, bands, strict=True)
    )
    return LawPicture(
        _path(x, [up(float(each)) for each in means]),
        _path(x, [up(float(each)) for each in law]),
        bars,
        [(place, up(float(mean))) for place, mean in zip(x, means, strict=True)],
        [(int(each), place) for each, place in zip(thinned.left[::2], x[::2], strict=True)],
        [(each, up(each)) for each in _MINUTE_TICKS if low <= math.log(each) <= high],
    )


def lanes_bottom(count: int) -> float:
    """Place of the lower edge of so many lanes, in units from the top."""
    return TOP + count * _LANE


def _across(percent: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.round(LEFT + WIDTH * np.asarray(percent) / 100.0, 1)


def _up(percent: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.round(TOP + HEIGHT * (1.0 - np.asarray(percent) / 100.0), 1)


def _dots(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """Dots that fall together at half a unit are drawn once: thousands of trips stay small."""
    places = np.unique(np.round(2.0 * np.column_stack([x, y])), axis=0) / 2.0
    return "".join(f"M{across:g} {up:g}h0" for across, up in places)


def _path(x: list[float], y: list[float]) -> str:
    return "M" + "L".join(f"{across:g} {up:g}" for across, up in zip(x, y, strict=True))


def write_validation_page(found: Validation, path: Path, *, lang: str = "nl") -> None:
    """Write validation.html.

    Notes
    -----
    The page asks for nothing outside itself.
    """
    t = texts(lang)
    shown = _shown(found, t)
    write_evidence_page(path, "validation", t, manifest=found.manifest, shown=shown)


def _shown(found: Validation, t: Texts) -> dict[str, Any]:
    return {
        "findings": findings(found, t),
        "warnings": warnings(found, t),
        "profile": known_text(t, "common.profile", found.manifest["profile"]),
        "kinds": [
            _kind_data(found, kind, t) for kind in KINDS if (found.rows["kind"] == kind).any()
        ],
        "facts": [] if found.facts is None else [_fact(each, t) for each in _records(found.facts)],
        "law": _law_data(found.thinned, t),
        "plot": {"left": LEFT, "top": TOP, "right": LEFT + WIDTH, "bottom": TOP + HEIGHT},
        "size": SIZE,
        "whole": lambda value: whole_text(t, value),
        "down": lambda value: t.number(rounded_down(value)),
        "signed": lambda value: signed(t, value),
        "share": lambda value: share_text(t, value) if math.isfinite(value) else "–",
    }


def _records(frame: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _kind_data(found: Validation, kind: str, t: Texts) -> dict[str, Any]:
    """Everything that is shown of the trips of one kind."""
    rows = found.rows[found.rows["kind"] == kind]
    summary = found.summary[found.summary["kind"] == kind]
    picture: dict[str, Any] = {"scatter": None, "lanes": None}
    if kind == "class":
        _, classes, grid = lanes(rows)
        picture |= {"lanes": classes, "grid": grid, "bottom": lanes_bottom(len(classes))}
    else:
        picture |= {"scatter": scatter(rows)}
    return {
        "kind": kind,
        "name": t(f"validation.kind_{kind}"),
        "unit": t("validation.unit_km" if kind == "km" else "validation.unit_minutes"),
        "groups": [
            (by, t(f"validation.by_{by}"), [_group(each, t) for each in _records(part)])
            for by, part in summary.groupby("by", sort=False)
        ],
        "worst": [_trip(each, t) for each in _records(worst(rows, kind=kind))],
        **picture,
    }


def _group(row: dict[str, Any], t: Texts) -> dict[str, Any]:
    name = str(row["group"]) or t("validation.all_trips")
    if row["by"] == "distance":
        key = "validation.distance_last" if name == DISTANCES[-1] else "validation.distance"
        name = t(key, km=name.removesuffix("+").replace("-", "–"))
    return {**row, "group": name}


def _trip(row: dict[str, Any], t: Texts) -> dict[str, Any]:
    known = str(row["known"]) if row["kind"] == "class" else whole_text(t, row["value"])
    return {**row, "known": known, "ours": whole_text(t, row["ours"])}


def _fact(row: dict[str, Any], t: Texts) -> dict[str, Any]:
    """Facts with the decimals of their sources: their tolerances are as small as that."""
    figures = {name: t.number(row[name], decimals=1) for name in ("value", "tolerance", "ours")}
    words = {
        name: t.entries.get(f"validation.fact_{_key(row[name])}", str(row[name]))
        for name in ("from", "to", "quantity")
    }
    unit = t(f"validation.fact_unit_{row['unit']}")
    return {**row, **figures, **words, "unit": unit, "law": row["kind"] == LAW}


def _key(text: str) -> str:
    return "".join(each if each.isalnum() else "_" for each in text.lower())


def _law_data(thinned: Any, t: Texts) -> dict[str, Any] | None:  # noqa: ANN401
    if "minutes" not in thinned:
        return None
    first: Thinning = thinned["minutes"]
    rows = []
    for measure, each in thinned.items():
        figures = {}
        for name, values in (("ratio", each.ratios), ("exponent", each.exponents)):
            ends = [*each.interval(values), *each.band(values)]
            # the one figure that means nothing without decimals
            said = [t.number(value, decimals=2) for value in (float(values.mean()), *ends)]
            figures[name] = said
        rows.append({"measure": t(f"validation.law_{measure}"), **figures})
    means = zip(first.left.tolist(), first.means.mean(axis=0).tolist(), strict=True)
    return {
        "picture": law_picture(first),
        "rows": rows,
        "means": [(left, whole_text(t, mean)) for left, mean in means],
        "all": int(first.left[0]),
        "quarter": first.quarter,
        "draws": len(first.means),
        "left_out": share_text(t, first.left_out) if first.left_out else "",
    }


VALIDATION_FILES = (
    "validation.csv",
    "validation_summary.csv",
    "thinning.csv",
    "validation.html",
    "manifest.json",
)
"""What `impact validate` writes, and may replace."""

OWN, SHIPPED = "own", "shipped"
"""In the column ``set`` of validation.csv: whose knowledge a row is."""

_TEXTS = {
    "from",
    "to",
    "kind",
    "known",
    "agrees",
    "region",
    "source",
    "unit",
    "set",
    "by",
    "group",
    "measure",
    "quantity",
}
_SHARES = {"agree", "close"}
_NUMBERS = {"pairs", "unreachable", "left", "draws"}
_ROWS = [
    *("from", "to", "kind", "known", "ours", "error", "agrees", "distance", "region", "source"),
    *("unit", "tolerance", "set"),
]
_THINNING = [
    *("measure", "quantity", "left", "value", "interval_low", "interval_high"),
    *("draws_low", "draws_high", "draws"),
]
_UNITS = {"minutes": "min", "class": "min", "km": "km"}


def write_validation(
    found: Validation, folder: Path, *, lang: str = "nl", force: bool = False
) -> None:
    """Write every output of a validation."""
    tables = {
        "validation": rows_frame(found),
        "validation_summary": found.summary,
        "thinning": thinning_frame(found),
    }
    write_evidence(
        folder,
        VALIDATION_FILES,
        command="validate",
        tables=tables,
        columns=_columns,
        page=lambda path: write_validation_page(found, path, lang=lang),
        manifest=found.manifest,
        force=force,
    )


def rows_frame(found: Validation) -> pd.DataFrame:
    """Rows of validation.csv."""
    own = found.rows.assign(set=OWN, unit=found.rows["kind"].map(_UNITS))
    if found.facts is None:
        return own[_ROWS]
    facts = found.facts
    shipped = facts.assign(
        to=facts["to"] + ": " + facts["quantity"],
        known=[f"{value:g}" for value in facts["value"]],
        agrees=np.where(facts["holds"], "yes", "no"),
        distance=np.nan,
        region="",
        set=SHIPPED,
    )
    parts = [each[_ROWS] for each in (own, shipped) if len(each)]
    return pd.concat(parts, ignore_index=True) if parts else own[_ROWS]


def thinning_frame(found: Validation) -> pd.DataFrame:
    """Rows of thinning.csv."""
    rows = []
    for measure, each in found.thinned.items():
        quantities = [("mean", float(left), each.means[:, k]) for k, left in enumerate(each.left)]
        quantities += [
            ("ratio at a quarter", float(each.quarter), each.ratios),
            ("exponent", np.nan, each.exponents),
        ]
        rows += [
            (
                *(measure, name, left, float(values.mean())),
                *(*each.interval(values), *each.band(values), float(len(values))),
            )
            for name, left, values in quantities
        ]
    return pd.DataFrame(rows, columns=_THINNING)


def _columns(frame: pd.DataFrame) -> list[Column]:
    return [Column(str(each), _cell_kind(str(each)), "") for each in frame.columns]


def _cell_kind(column: str) -> str:
    if column in _TEXTS:
        return TEXT
    if column in _SHARES:
        return SHARE
    return NUMBER if column in _NUMBERS else MINUTES
