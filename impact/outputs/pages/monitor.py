"""monitor.html and its tables: how near some care is, what changed, and what the plan asks."""

from __future__ import annotations

import math
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.analysis.monitor import ALL, WITHIN, monitor_json
from impact.manifest import DISTRIBUTION, created
from impact.outputs.files.columns import Column, columns_of, write_csv
from impact.outputs.files.folder import write_folder
from impact.outputs.pages.page import write_evidence_page
from impact.outputs.text import texts
from impact.outputs.text.wording import (
    day_text,
    minutes_at_least,
    minutes_text,
    names_text,
    note_language,
    note_text,
    roads_text,
    share_text,
    whole_text,
)
from impact.storage import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from impact.analysis.monitor import Monitor
    from impact.outputs.text import Texts

MONITOR_FILES = (
    "monitor.json",
    "areas.csv",
    "changes.csv",
    "plan.csv",
    "postcodes.csv",
    "monitor.html",
    MANIFEST,
)
"""What a monitor writes, and may replace."""

_NEAR, _FAR = 15, 45
"""Minutes that the first sentence speaks of."""

_PLACES = 400
_PER = 100_000.0
_GROUPS = {"65+": "65plus", "75+": "75plus"}
_POSTCODES = columns_of(
    "postcode municipality residents nearest minutes", residents="demand", minutes="minutes"
)
_PLAN = columns_of("level area indicator target found met", target="share", found="share")


def write_monitor(found: Monitor, folder: Path, *, lang: str = "nl", force: bool = False) -> None:
    """Write a monitor: page, tables, its file for next year, and the manifest; all or none."""
    t = texts(lang)

    def write(temporary: Path) -> Mapping[str, Any]:
        (temporary / "monitor.json").write_text(monitor_json(found), "utf-8", newline="\n")
        write_csv(found.areas, _columns(found.areas), temporary / "areas.csv")
        if found.changes is not None:
            areas = found.changes.areas
            write_csv(areas, _columns(areas), temporary / "changes.csv")
        if len(found.plan):
            plan = found.plan.assign(met=["yes" if met else "no" for met in found.plan["met"]])
            write_csv(plan, _PLAN, temporary / "plan.csv")
        places = found.postcodes.rename_axis("postcode").reset_index()
        write_csv(places, _POSTCODES, temporary / "postcodes.csv")
        manifest = _manifest(found)
        write_evidence_page(
            temporary / "monitor.html", "monitor", t, manifest=manifest, shown=_shown(found, t)
        )
        return manifest

    write_folder(folder, MONITOR_FILES, command="monitor", write=write, force=force)


def _columns(frame: pd.DataFrame) -> list[Column]:
    def kind(name: str) -> str:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            return "text"
        if "within_" in name:
            return "share"
        return "minutes" if name.removeprefix("transit_").startswith(("mean", "p90")) else "number"

    return [Column(str(name), kind(str(name)), "") for name in frame.columns]


def _manifest(found: Monitor) -> dict[str, Any]:
    roads = found.manifest["roads"]
    return {
        "program": DISTRIBUTION,
        "version": metadata.version(DISTRIBUTION),
        "created": created(),
        "care": found.care,
        "region": found.region,
        "made": found.made.isoformat(),
        "locations": len(found.locations),
        "since": None if found.changes is None else found.changes.since.isoformat(),
        "roads": roads,
        "roads_sha256": found.manifest.get("roads_sha256", found.manifest.get("sha256", "")),
        "inputs": [dict(each) for each in found.sources],
        "notes": [note.key for note in found.notes],
    }


def answer_lines(found: Monitor, t: Texts) -> list[str]:
    """Say how near it is, in sentences."""
    return list(_answer(found, t))


def _row(found: Monitor) -> Mapping[str, Any]:
    rows: list[Mapping[str, Any]] = found.areas[found.areas["level"] == "all"].to_dict("records")  # type: ignore[assignment]
    return rows[0]


def _answer(found: Monitor, t: Texts) -> Iterator[str]:
    row = _row(found)
    far = row["residents"] * (1.0 - row[f"within_{_FAR}"])
    yield t(
        "monitor.answer_15",
        share=share_text(t, row[f"within_{_NEAR}"]),
        limit=_NEAR,
        far=whole_text(t, far),
        most=_FAR,
    )
    yield t(
        "monitor.answer_mean",
        mean=minutes_text(t, row["mean"]),
        tenth=minutes_at_least(t, row["p90"]),
    )
    yield t(
        "monitor.answer_count",
        count=t.number(row["locations"]),
        per=_per_location(t, row["locations_per_100000"]),
    )
    if row["reached"] < row["residents"]:
        yield t("monitor.answer_none", count=whole_text(t, row["residents"] - row["reached"]))


def _per_location(t: Texts, per_100000: float) -> str:
    """Write residents per location: locations per 100,000 are often less than one."""
    return t.number(_PER / per_100000) if per_100000 > 0.0 else "–"


def change_lines(found: Monitor, t: Texts) -> list[str]:
    """Say what changed, in three sentences; none without an earlier run."""
    changes = found.changes
    if changes is None:
        return []
    nobody = t("monitor.change_none")
    first = t(
        "monitor.change_locations",
        closed=names_text(t, changes.closed) or nobody,
        opened=names_text(t, changes.opened) or nobody,
    )
    row = changes.areas[changes.areas["level"] == "all"].iloc[0]
    name = f"within_{_NEAR}"
    people = row["residents"] * row[name] - row["residents_before"] * row[f"{name}_before"]
    if abs(people) < 1.0:
        second = t("monitor.change_same", limit=_NEAR)
    else:
        key = "monitor.change_more" if people > 0.0 else "monitor.change_less"
        second = t(key, limit=_NEAR, count=whole_text(t, abs(people)))
    places = changes.areas[changes.areas["level"] == "municipality"]
    worst = places.sort_values(["mean_change", "area"], ascending=[False, True]).iloc[0]
    if worst["mean_change"] >= 1.0:
        minutes = minutes_text(t, worst["mean_change"])
        third = t("monitor.change_worst", name=worst["area"], minutes=minutes)
    else:
        third = t("monitor.change_nowhere")
    return [first, second, third]


def area_text(t: Texts, level: str, area: str) -> str:
    """Name an area as a reader does."""
    if level == "urbanity":
        return t(f"monitor.urbanity_{area}")
    if level in _GROUPS:
        return t(f"monitor.level_{_GROUPS[level]}")
    return t("monitor.level_all") if area == ALL else area


def _shown(found: Monitor, t: Texts) -> dict[str, Any]:
    areas = found.areas
    general = areas[areas["level"] != "municipality"]
    places = areas[areas["level"] == "municipality"]
    places = places.sort_values(["mean", "area"], ascending=[False, True]).head(_PLACES)
    missed = int((~found.plan["met"].astype(bool)).sum())
    return {
        "title": t("monitor.page_title", care=found.care),
        "where": found.region or t("monitor.everywhere"),
        "made_on": day_text(t, found.made.isoformat()),
        "one_way": t.one_way(str(found.manifest["roads"]["kind"])),
        "answer": answer_lines(found, t),
        "since": "" if found.changes is None else day_text(t, found.changes.since.isoformat()),
        "changes": change_lines(found, t),
        "plan_said": _plan_said(t, missed, len(found.plan)),
        "plan": [_target(row, t) for row in found.plan.to_dict("records")],
        "limits": WITHIN,
        "general": [_area(row, t) for row in general.to_dict("records")],
        "places": [_area(row, t) for row in places.to_dict("records")],
        "transit": [_area(row, t, "transit_") for row in general.to_dict("records")]
        if f"transit_within_{_NEAR}" in areas
        else [],
        "roads": roads_text(t, found.manifest["roads"]),
        "notes": [(note_text(t, note), note_language(t, note)) for note in found.notes],
    }


def _plan_said(t: Texts, missed: int, many: int) -> str:
    if not many:
        return ""
    if not missed:
        return t("monitor.plan_all", count=t.number(many))
    return t("monitor.plan_some", count=t.number(missed), many=t.number(many))


def _target(row: Mapping[Any, Any], t: Texts) -> tuple[str, str, str, str]:
    indicator = str(row["indicator"])
    if indicator.startswith("within_"):
        what = t("monitor.indicator_within", limit=indicator.removeprefix("within_"))
        values = [share_text(t, row[name]) for name in ("target", "found")]
    elif indicator == "locations_per_100000":
        what = t("monitor.indicator_locations")
        values = [_per_location(t, row[name]) for name in ("target", "found")]
    else:
        what = t(f"monitor.indicator_{indicator}")
        values = [minutes_text(t, row[name]) for name in ("target", "found")]
    about = f"{area_text(t, str(row['level']), str(row['area']))}: {what}"
    return (about, *values, t("monitor.yes" if row["met"] else "monitor.no"))  # type: ignore[return-value]


def _area(row: Mapping[Any, Any], t: Texts, prefix: str = "") -> dict[str, Any]:
    known = not math.isnan(row["locations"])
    return {
        "name": area_text(t, str(row["level"]), str(row["area"])),
        "residents": whole_text(t, row["residents"]),
        "within": [share_text(t, row[f"{prefix}within_{limit}"]) for limit in WITHIN],
        "mean": minutes_text(t, row[f"{prefix}mean"]),
        "p90": minutes_at_least(t, row[f"{prefix}p90"]),
        "locations": t.number(row["locations"]) if known else "–",
        "per": _per_location(t, row["locations_per_100000"]) if known else "–",
    }


def print_monitor(console: Console, found: Monitor, folder: Path, *, lang: str) -> None:
    """Print what was found and where the files are."""
    t = texts(lang)
    title = (
        f"{t('monitor.page_title', care=found.care)} ({found.region or t('monitor.everywhere')})"
    )
    console.print(title, style="bold", markup=False)
    missed = int((~found.plan["met"].astype(bool)).sum())
    said = _plan_said(t, missed, len(found.plan))
    lines: Sequence[str] = [*answer_lines(found, t), *change_lines(found, t), *filter(None, [said])]
    for line in lines:
        console.print(line, markup=False, highlight=False)
    page = (folder / "monitor.html").resolve()
    console.print(t("monitor.page", path=page), markup=False, soft_wrap=True)
    console.print(t("monitor.tables", path=folder.resolve()), markup=False, soft_wrap=True)
