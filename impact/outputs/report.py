"""report.html: one self-contained page that answers, shows, and says what it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from impact.concentration.demand import PATIENTS
from impact.outputs import report_strips
from impact.outputs.assumptions import assumptions
from impact.outputs.bands import BANDS, NO_ROUTE, NOBODY, SHORTER
from impact.outputs.overview import lines
from impact.outputs.report_answer import answer, certain, depends
from impact.outputs.report_maps import WIDTH, atlas
from impact.outputs.report_published import published
from impact.outputs.sources import sources
from impact.outputs.texts import texts
from impact.outputs.wording import (
    definition_texts,
    destination_text,
    ferry_text,
    known_text,
    names_text,
    origin_text,
    scenario_text,
    share_text,
    source_text,
    whole_text,
)
from impact.register import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from impact.concentration.result import Case, Result
    from impact.outputs.overview import Line
    from impact.outputs.texts import Texts

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_TOP = 10
"""Municipalities shown per case."""


def write_report(result: Result, path: Path, *, lang: str = "nl") -> None:
    """Write report.html.

    Parameters
    ----------
    result
        What a run gave.
    path
        File to write.
    lang
        ``nl`` or ``en``.

    Notes
    -----
    The page asks for nothing outside itself; it links to map.html in the same folder.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html.j2").render(_context(result, texts(lang)))
    path.write_text(page, encoding="utf-8", newline="\n")


def _context(result: Result, t: Texts) -> dict[str, Any]:
    everything = lines(result)
    return {
        "t": t,
        "result": result,
        "manifest": result.manifest,
        "unit": t.unit(result.unit),
        "patients": result.unit == PATIENTS,
        "whole": lambda value: whole_text(t, value),
        "share": lambda value: share_text(t, value),
        "names": lambda value: names_text(t, value),
        "known": math.isfinite,
        "ferry": lambda remark: ferry_text(t, remark),
        "source": lambda value: source_text(t, value),
        "year": lambda value: known_text(t, "tables.value", value),
        "status": lambda value: known_text(t, "common.status", value),
        "profile": known_text(t, "common.profile", str(result.manifest["parameters"]["profile"])),
        "answer": answer(result, t),
        "certain": certain(result, t),
        "depends": depends(result, t),
        "groups": [
            _group(result, t, name, list(group))
            for name, group in groupby(everything, key=lambda line: line.case.intervention.name)
        ],
        "strips": report_strips.strips(result),
        "strip_units": {"width": report_strips.WIDTH, "lane": report_strips.LANE},
        "scenario": lambda case: scenario_text(t, result, case),
        "ranges": _ranges(result, t),
        "published": published(result, t),
        "atlas": atlas(result),
        "map_width": WIDTH,
        "bands": (*BANDS, NOBODY, NO_ROUTE, *_shorter(result)),
        "hit": lambda case: _hit(result, case),
        "assumptions": assumptions(result, t),
        "providers": list(_providers(result)),
        "statuses": STATUSES,
        "over_water": _over_water(result),
        "sources": sources(result),
        "css": (_TEMPLATES / "report.css").read_text(encoding="utf-8"),
    }


@dataclass(frozen=True)
class _Row:
    """One row of the main table, in words."""

    result: Result
    t: Texts
    line: Line

    @property
    def scenario(self) -> str:
        """Name of the case; its second reading only says what differs."""
        if not self.line.case.principal:
            return self.t("report.instead")
        return scenario_text(self.t, self.result, self.line.case)

    @property
    def status(self) -> str:
        """How sure a named scenario is, and from when."""
        case = self.line.case
        if not case.principal:
            return ""
        parts = [known_text(self.t, "report.scenario", case.status)] if case.status else []
        if case.start is not None:
            day = {"day": case.start.day, "month": case.start.month, "year": case.start.year}
            parts.append(self.t("report.from_date", **day))
        return ", ".join(parts)

    @property
    def destinations(self) -> str:
        return destination_text(self.t, self.line)


def _group(result: Result, t: Texts, name: str, found: Sequence[Line]) -> dict[str, Any]:
    """Rows of one intervention; its norm is judged only where volumes are known."""
    norm = found[0].case.intervention.norm
    about = t("report.no_norm") if norm is None else t("report.norm", norm=t.number(norm))
    if norm is not None and all(math.isnan(line.row["below_norm"]) for line in found):
        about = f"{about}; {t('report.norm_unknown')}"
    return {"name": name, "about": about, "rows": [_Row(result, t, line) for line in found]}


def _ranges(result: Result, t: Texts) -> list[dict[str, Any]]:
    words = definition_texts(t, result)
    return [
        {
            "definition": words[row["definition"]],
            "main": row["definition"].startswith("interventions"),
            "low": float(row["low"]),
            "high": float(row["high"]),
            "low_from": origin_text(t, result, str(row["low_from"] or "")),
            "high_from": origin_text(t, result, str(row["high_from"] or "")),
        }
        for row in result.ranges.to_dict("records")
    ]


def _hit(result: Result, case: Case) -> list[dict[str, Any]]:
    """Municipalities where those who must go elsewhere get the most minutes."""
    rows = result.municipalities
    here = (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    found = rows[here & (rows["moved"] > 0) & rows["mean_extra_moved"].notna()]
    order = found.sort_values(["mean_extra_moved", "municipality"], ascending=[False, True])
    return [
        {str(key): value for key, value in row.items()} for row in order[:_TOP].to_dict("records")
    ]


def _providers(result: Result) -> Iterator[tuple[str, dict[str, int], pd.DataFrame]]:
    """Per intervention: how many listings have each status, and the listings."""
    for name, rows in result.providers.groupby("intervention", sort=True):
        counts = rows["status"].value_counts()
        found = {status: int(counts.get(status, 0)) for status in STATUSES}
        yield str(name), found, rows.sort_values("location")


def _over_water(result: Result) -> Sequence[tuple[str, str, int]]:
    """Municipality, ferry remark and number of postcodes across the water."""
    rows = result.postcodes[result.postcodes["ferry"] != ""]
    found = rows.groupby(["municipality", "ferry"], sort=True).size()
    return [(str(place), str(remark), int(count)) for (place, remark), count in found.items()]


def _shorter(result: Result) -> tuple[Any, ...]:
    """Show the band in the legend only where somebody travels less."""
    return (SHORTER,) if (result.postcode_rows["mean_extra_moved"] < 0).any() else ()
