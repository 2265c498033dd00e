"""The part of verdicts.html about the published method: every reading, and what stays open."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from impact.evidence.published.method import (
    AVERAGE,
    CANDIDATES,
    EITHER,
    GREATEST,
    LEAST,
    MEDIAN,
    MIDDLE,
)
from impact.evidence.published.readings import METHOD_STEPS
from impact.evidence.published.table import treatment_names
from impact.model.catchment import WHOLE_MINUTES
from impact.model.networks import REGION, SUBREGION
from impact.outputs.text.wording import (
    known_text,
    minutes_text,
    names_text,
    register_counts,
    unconfirmed_of,
)
from impact.study.model import SHIPPED_ROADS
from impact.study.register import read_register

if TYPE_CHECKING:
    import pandas as pd

    from impact.evidence.published.method import PublishedReading
    from impact.evidence.published.run import Reproduction
    from impact.evidence.published.treatments import Treatment
    from impact.outputs.text import Texts

_STATISTICS = {
    MEDIAN: "median",
    MIDDLE: "middle",
    LEAST: "least",
    GREATEST: "greatest",
    CANDIDATES: "candidates",
    AVERAGE: "average",
}
_WITHIN = {SUBREGION: "subregion", REGION: "region", EITHER: "either"}
_ENDS = ("low", "high")


def reading_text(t: Texts, reading: PublishedReading) -> str:
    """Say in words what a reading takes."""
    rounding = "whole" if reading.rounding == WHOLE_MINUTES else "exact"
    said = [
        t(f"reproduction.statistic_{_STATISTICS[reading.statistic]}"),
        t(f"reproduction.method_within_{_WITHIN[reading.within]}"),
        t(f"reproduction.method_minutes_{rounding}"),
        t(f"reproduction.method_zero_{'on' if reading.zero_rule else 'off'}"),
    ]
    if reading.vascular:
        said.append(t("reproduction.method_vascular"))
    if not reading.left_out:
        said.append(t("reproduction.method_nothing_left_out"))
    return "; ".join(said)


def roads_text(t: Texts, roads: str) -> str:
    """Name a road network."""
    return t(f"reproduction.method_roads_{roads}") if roads in SHIPPED_ROADS else roads


def method_section(found: Reproduction, t: Texts) -> dict[str, Any]:
    """Lay out the tables of the published method, and the sentences about its ends."""
    method = found.method
    return {
        "count": len(method.tried) // len(method.roads),
        "roads": [
            {"name": roads_text(t, roads), "lines": _lines(found, t, roads)}
            for roads in method.roads
        ],
        "columns": [
            f"{roads_text(t, roads)}, {t(f'reproduction.method_within_{within}')}"
            for roads in method.roads
            for within in (SUBREGION, REGION)
        ],
        "scenarios": [
            {"region": region, "end": end, "cells": _cells(found, region, end)}
            for region in found.published
            for end in (*_ENDS, "peak")
        ],
        "ends": end_sentences(found, t),
        "steps": ["ours", *METHOD_STEPS, "published"],
        "walks": [
            {"region": region, "end": end, "minutes": rows["minutes"].tolist()}
            for (region, end), rows in found.method_steps().groupby(["region", "end"], sort=False)
        ],
    }


def _lines(found: Reproduction, t: Texts, roads: str) -> list[dict[str, Any]]:
    """Rows over the regions: a reading, its range per region, its errors summed."""
    method = found.method
    ends = dict(list(method.ends.groupby("definition", sort=False)))
    scores = {row["definition"]: row for row in found.method_scores.to_dict("records")}
    count = len(found.published)
    return [
        {
            "text": reading_text(t, each.reading),
            "name": each.name,
            "ends": list(zip(ends[each.name]["low"], ends[each.name]["high"], strict=True)),
            "low": float(scores[each.name]["mae_low"]) * count,
            "high": float(scores[each.name]["mae_high"]) * count,
        }
        for each in method.tried
        if each.roads == roads
    ]


def _rows(found: Reproduction, region: str, end: str) -> pd.DataFrame:
    behind = found.method.scenarios
    return behind[(behind["region"] == region) & (behind["end"] == end)]


def _cells(found: Reproduction, region: str, end: str) -> list[dict[str, Any]]:
    rows = _rows(found, region, end)
    return [
        {"fitting": row.fitting, "scenarios": row.scenarios, "mean": row.mean_extra}
        for row in rows.itertuples()
    ]


def end_sentences(found: Reproduction, t: Texts) -> list[str]:
    """Say per published end whether a choice of hospitals gives it, where, and else how near."""
    names = treatment_names(t.lang)
    reached, sometimes, never = [], [], []
    for region in found.published:
        for end in _ENDS:
            rows = _rows(found, region, end)
            said = f"{region} {t.number(rows['published'].iloc[0])}"
            fits = rows["fitting"].gt(0)
            if fits.groupby(rows["roads"]).any().all():
                reached.append(said)
                continue
            # the nearest among the roads and networks where nothing fits
            far = rows[~fits].dropna(subset=["mean_extra"])
            gap = (far["mean_extra"] - far["published"]).abs()
            nearest = far.iloc[int(gap.argmin())]
            figures = {
                "end": said,
                "mean": minutes_text(t, float(nearest["mean_extra"])),
                "treatment": names[nearest["treatment"]],
                "network": nearest["network"],
                "stops": names_text(t, str(nearest["stops"]).split("; ")),
                "roads": roads_text(t, str(nearest["roads"])),
            }
            if fits.any():
                on = names_text(t, [roads_text(t, each) for each in rows[fits]["roads"].unique()])
                sometimes.append(t("reproduction.method_sometimes", on=on, **figures))
            else:
                never.append(t("reproduction.method_never", **figures))
    out = [*never, *sometimes]
    if reached:
        out.append(
            t(
                "reproduction.method_reached",
                names=names_text(t, reached),
                count=len(reached),
                total=len(_ENDS) * len(found.published),
            )
        )
    return [*out, t("reproduction.method_reached_warning")]


def listed(row: Treatment) -> dict[str, int]:
    """Count the listings of one row by how sure they are; what was inferred has no source."""
    return register_counts(read_register(), row.region, row.intervention.treatment)


def providers_text(found: Reproduction, t: Texts) -> str:
    """Say how sure the listings of all rows are, and how many nobody confirmed."""
    counts: Counter[str] = Counter()
    for row in found.rows:
        counts.update(listed(row))
    said = [
        t("report.status_count", count=count, status=known_text(t, "common.status", status))
        for status, count in counts.items()
        if count
    ]
    fields = {"total": t.number(counts.total()), "statuses": names_text(t, said)}
    return f"{t('reproduction.assume_providers', **fields)} {unconfirmed_of(t, counts)}"
