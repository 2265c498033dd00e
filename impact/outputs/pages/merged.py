"""merged.html and its tables: what contributions to a sealed study say together."""

from __future__ import annotations

import math
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.manifest import DISTRIBUTION, created
from impact.outputs.files.columns import NUMBER, TEXT, Column, write_csv
from impact.outputs.files.folder import write_folder
from impact.outputs.pages.page import environment, template_text
from impact.outputs.text import texts
from impact.outputs.text.rounding import rounded_down, rounded_up
from impact.outputs.text.wording import (
    minutes_text,
    names_text,
    whole_text,
)
from impact.sealed.facilities import ALL_TREATMENTS, CHANGES
from impact.storage import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from impact.outputs.text import Texts
    from impact.sealed.contribution import Contribution
    from impact.sealed.merge import Merged
    from impact.sealed.study import SealedStudy

MERGED_FILES = (
    "figures.csv",
    "volumes.csv",
    "values.csv",
    "facilities.csv",
    "merged.html",
    MANIFEST,
)
"""What a merge writes, and may replace."""

_HALF = 0.5
_TEXTS = ("intervention", "scenario", "stops", "missing", "location", "meets")


def write_merged(merged: Merged, folder: Path, *, lang: str = "nl", force: bool = False) -> None:
    """Write what contributions say together: page, tables and manifest; every file, or none."""
    t = texts(lang)
    values = [row for each in merged.contributions for row in each.template]

    def write(temporary: Path) -> Mapping[str, Any]:
        for name, frame in (("figures", merged.figures), ("volumes", merged.volumes)):
            write_csv(frame, _columns(frame), temporary / f"{name}.csv")
        if values:
            frame = pd.DataFrame(values)
            write_csv(frame, _columns(frame), temporary / "values.csv")
            named = merged.facilities
            write_csv(named, _columns(named), temporary / "facilities.csv")
        page = (
            environment()
            .get_template("merged.html.j2")
            .render(t=t, css=template_text("report.css"), **_shown(merged, t))
        )
        (temporary / "merged.html").write_text(page, encoding="utf-8", newline="\n")
        return _manifest(merged)

    write_folder(folder, MERGED_FILES, command="merge", write=write, force=force)


def _columns(frame: pd.DataFrame) -> list[Column]:
    return [
        Column(str(name), NUMBER if pd.api.types.is_numeric_dtype(frame[name]) else TEXT, "")
        for name in frame.columns
    ]


def _manifest(merged: Merged) -> dict[str, Any]:
    return {
        "program": DISTRIBUTION,
        "version": metadata.version(DISTRIBUTION),
        "created": created(),
        "seal": merged.sealed.seal,
        "title": merged.sealed.title,
        "region": merged.sealed.region,
        "threshold": merged.sealed.threshold,
        "contributions": [each.institution for each in merged.contributions],
        "missing": list(merged.missing),
    }


def preview_lines(made: Contribution, t: Texts) -> list[str]:
    """Say in plain words what leaves the house, every number of it."""
    return list(_preview(made, t))


def _preview(made: Contribution, t: Texts) -> Iterator[str]:
    yield t("sealed.preview", institution=made.institution)
    for each in made.told:
        said = {"treatment": each.treatment, "location": each.location}
        if each.cells[0].low != each.cells[0].high:
            yield t("sealed.preview_bound", threshold=t.number(made.threshold), **said)
            continue
        count = len(each.cells)
        cells = (
            t("sealed.preview_cells_one")
            if count == 1
            else t("sealed.preview_cells", cells=t.number(count))
        )
        total = sum(cell.low for cell in each.cells)
        yield t("sealed.preview_row", count=t.number(total), cells=cells, **said)
        for cell in each.cells:
            areas = names_text(t, list(cell.areas))
            yield t("sealed.preview_cell", count=t.number(cell.low), areas=areas)
    if made.template:
        yield t("sealed.preview_template", count=t.number(len(made.template)))
    yield t("sealed.preview_not", threshold=t.number(made.threshold))


def answer_lines(merged: Merged, t: Texts) -> list[str]:
    """Say what was found, in sentences."""
    return list(_answer(merged, t))


def _answer(merged: Merged, t: Texts) -> Iterator[str]:
    yield t("sealed.registered")
    for row in merged.figures.to_dict("records"):
        said = {"treatment": row["intervention"], "scenario": row["scenario"]}
        if row["moved_high"] == 0.0:
            yield t("sealed.answer_nobody", **said)
        else:
            mean = minutes_text(t, row["mean_extra_moved"])
            yield t("sealed.answer", moved=_span(t, row, "moved"), mean=mean, **said)
            low = _longer(t, math.floor(row["mean_extra_low"]))
            high = _longer(t, math.ceil(row["mean_extra_high"]))
            yield t("sealed.answer_bounds", low=low, high=high)
        if row["missing"]:
            names = str(row["missing"]).replace("; ", ", ")
            yield t("sealed.answer_missing", names=names, **said)
    if merged.missing:
        yield t("sealed.missing", names=names_text(t, list(merged.missing)))
    else:
        yield t("sealed.nobody_missing")


def _longer(t: Texts, minutes: float) -> str:
    """Say how much longer, or shorter."""
    key = "sealed.shorter" if minutes < 0.0 else "sealed.longer"
    return t(key, minutes=minutes_text(t, abs(minutes)))


def _span(t: Texts, row: Mapping[Any, Any], name: str) -> str:
    """Write an estimate, with what is certain where that is more than one number."""
    low, middle, high = (float(row[name + end]) for end in ("_low", "", "_high"))
    if math.isnan(low):
        return t("sealed.unknown")
    if math.isnan(high):
        return t("sealed.at_least", low=t.number(rounded_down(low)))
    if low == high:
        return whole_text(t, middle)
    return t(
        "sealed.between",
        middle=whole_text(t, middle),
        low=t.number(rounded_down(low)),
        high=t.number(rounded_up(high)),
    )


def _minutes(t: Texts, row: Mapping[Any, Any]) -> str:
    if math.isnan(row["mean_extra_moved"]):
        return "–"
    return t(
        "sealed.between",
        middle=minutes_text(t, row["mean_extra_moved"]),
        low=t.number(math.floor(row["mean_extra_low"])),
        high=t.number(math.ceil(row["mean_extra_high"])),
    )


def _shown(merged: Merged, t: Texts) -> dict[str, Any]:
    sealed = merged.sealed
    return {
        "sealed": sealed,
        "lead": t(
            "sealed.lead",
            region=sealed.region,
            count=t.number(len(merged.contributions)),
            many=t.number(len(sealed.institutions)),
        ),
        "answer": answer_lines(merged, t),
        "figures": [
            {
                "name": f"{row['intervention']}, {row['scenario']}",
                "stops": str(row["stops"]).replace("; ", ", "),
                "moved": _span(t, row, "moved"),
                "mean": _minutes(t, row),
                "beyond": _span(t, row, "beyond_30_extra"),
                "missing": str(row["missing"]).replace("; ", ", ") or "–",
            }
            for row in merged.figures.to_dict("records")
        ],
        "volumes": [_volume(t, row, sealed) for row in merged.volumes.to_dict("records")],
        "facilities": [
            _facility(t, row)
            for row in merged.facilities.to_dict("records")
            if row["intervention"] == ALL_TREATMENTS
        ],
        "parts": [
            {
                "name": each.institution,
                "patients": t.number(sum(cell.low for one in each.told for cell in one.cells)),
                "cells": t.number(sum(len(one.cells) for one in each.told)),
            }
            for each in merged.contributions
        ],
        "threshold": t.number(sealed.threshold),
        "program": DISTRIBUTION,
    }


def _volume(t: Texts, row: Mapping[Any, Any], sealed: SealedStudy) -> dict[str, str]:
    stops = any(
        row["location"] in case.stops
        for each in sealed.treatments
        for case in each.cases
        if (each.name, case.scenario) == (row["intervention"], row["scenario"])
    )
    return {
        "name": f"{row['intervention']}, {row['scenario']}",
        "location": str(row["location"]),
        "before": _span(t, row, "before"),
        "after": t("sealed.stops_here") if stops else _span(t, row, "after"),
        "norm": whole_text(t, row["norm"]),
        "meets": t(f"sealed.meets_{row['meets']}"),
    }


def _facility(t: Texts, row: Mapping[Any, Any]) -> dict[str, str]:
    bounds = [float(row[name]) for name in CHANGES]
    return {
        "scenario": str(row["scenario"]),
        "organisation": str(row["organisation"]),
        "quantity": t(f"template.{row['quantity']}"),
        "change": _signed(t, bounds),
        "total": whole_text(t, row["total"]),
        "unknown": t("sealed.unknown_values", count=t.number(row["unknown"]))
        if row["unknown"]
        else "",
    }


def _signed(t: Texts, bounds: Sequence[float]) -> str:
    """Write a change with its sign, and what is certain where that is more than one number."""
    down, middle, up = bounds
    if math.isnan(down):
        return t("sealed.unknown")
    low = _whole(t, rounded_down(down))
    if math.isnan(up):
        return t("sealed.at_least", low=low)
    if down == up:
        return _whole(t, middle)
    high = _whole(t, rounded_up(up))
    return t("sealed.between", middle=_whole(t, middle), low=low, high=high)


def _whole(t: Texts, number: float) -> str:
    sign = ("−" if number < 0.0 else "+") if abs(number) > _HALF else ""
    return f"{sign}{whole_text(t, abs(number))}"


def print_lines(console: Console, lines: Sequence[str]) -> None:
    """Print sentences, one a line."""
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
