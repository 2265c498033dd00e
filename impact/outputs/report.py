"""report.html: one self-contained page that answers, shows, and says what it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from impact.outputs import report_strips, tornado
from impact.outputs.assumptions import assumptions
from impact.outputs.bands import BANDS, NO_ROUTE, NOBODY, SHORTER
from impact.outputs.listings import (
    LISTING_STATUSES,
    listing_counts,
    listing_status,
    source_text,
    status_text,
)
from impact.outputs.overview import judged, left_out, lines
from impact.outputs.pages import environment, template_text
from impact.outputs.report_answer import answer, certain, depends, unanswered
from impact.outputs.report_maps import WIDTH, atlas
from impact.outputs.report_published import published
from impact.outputs.sources import sources
from impact.outputs.texts import texts
from impact.outputs.travel_bars import BIN, travel_bars
from impact.outputs.wording import (
    counted_text,
    definition_texts,
    destination_text,
    ferry_text,
    known_text,
    minutes_text,
    names_text,
    origin_text,
    scenario_text,
    share_text,
    whole_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from impact.concentration.result import Case, Result
    from impact.outputs.overview import Line
    from impact.outputs.texts import Texts

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
    page = environment().get_template("report.html.j2").render(_context(result, texts(lang)))
    path.write_text(page, encoding="utf-8", newline="\n")


def _context(result: Result, t: Texts) -> dict[str, Any]:
    everything = lines(result)
    return {
        "t": t,
        "result": result,
        "manifest": result.manifest,
        "unit": t.unit(result.unit),
        "counted": counted_text(t, result),
        "one_way": t.one_way(result.manifest["roads"]["kind"]),
        "bounded": bool(result.summary["moved_bound"].notna().any()),
        "whole": lambda value: whole_text(t, value),
        "minutes": lambda value: minutes_text(t, value),
        "share": lambda value: share_text(t, value),
        "names": lambda value: names_text(t, value),
        "known": math.isfinite,
        "ferry": lambda remark: ferry_text(t, remark),
        "source": lambda value: source_text(t, value),
        "year": lambda value: known_text(t, "tables.value", value),
        "status": lambda value: status_text(t, value),
        "profile": known_text(t, "common.profile", str(result.manifest["parameters"]["profile"])),
        "answer": answer(result, t),
        "unanswered": unanswered(result, t),
        "range_without": _range_without(result, t),
        "certain": certain(result, t),
        "depends": depends(result, t),
        "groups": [
            _group(result, t, name, list(group))
            for name, group in groupby(everything, key=lambda line: line.case.intervention.name)
        ],
        "sure": _sure(result, t),
        "strips": report_strips.strips(result),
        "strip_units": {"width": report_strips.WIDTH, "lane": report_strips.LANE},
        "scenario": lambda case: scenario_text(t, result, case),
        "ranges": _ranges(result, t),
        "published": published(result, t),
        "atlas": atlas(result),
        "map_width": WIDTH,
        "bands": (*BANDS, NOBODY, NO_ROUTE, *_shorter(result)),
        "hit": lambda case: _hit(result, case),
        "bars": travel_bars,
        "bar": BIN,
        "assumptions": assumptions(result, t),
        "providers": list(_providers(result)),
        "statuses": LISTING_STATUSES,
        "over_water": _over_water(result),
        "sources": sources(result),
        "css": template_text("report.css"),
    }


def _sure(result: Result, t: Texts) -> dict[str, Any] | None:
    """Everything that the section on sensitivity shows; none where it was not asked for."""
    found = result.sensitivity
    if found is None:
        return None
    said = {"members": t.number(found.members), "spread": t.number(100.0 * found.spread)}
    return {
        "intro": t("sensitivity.intro", **said) if found.members else t("sensitivity.intro_own"),
        "orders": tornado.order_texts(result, t),
        "tornados": tornado.tornados(result, t),
        "ticks": tornado.axis_ticks(found),
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
        if case.kind == "candidate":
            return self.t("common.caveat_candidate")
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
    doubtful = _doubtful(result)
    return [
        {
            "definition": words[row["definition"]],
            "main": row["definition"].startswith("interventions"),
            "low": float(row["low"]),
            "high": float(row["high"]),
            "low_from": origin_text(t, result, str(row["low_from"])),
            "high_from": origin_text(t, result, str(row["high_from"])),
            "doubtful": _rests_on(row, doubtful),
        }
        for row in result.ranges.to_dict("records")
    ]


def _doubtful(result: Result) -> frozenset[str]:
    """Definitions of ranges, and starts of their origins, with an incomplete list outside."""
    out = {f"candidates: {name}" for name in left_out(result)}
    out |= {f"{name}: " for name in left_out(result)}
    for case in result.cases:
        if case.outside_incomplete:
            key = f"{case.intervention.name} | {case.scenario}"
            out |= {f"postcodes P10-P90: {key}", f"postcodes min-max: {key}"}
    return frozenset(out)


def _rests_on(row: Mapping[Any, Any], doubtful: frozenset[str]) -> bool:
    if not row["definition"].startswith("interventions"):
        return row["definition"] in doubtful
    ends = (str(row["low_from"]), str(row["high_from"]))
    return any(end.startswith(start) for end in ends for start in doubtful)


def _range_without(result: Result, t: Texts) -> str:
    """Give the range over the interventions without those that rest on an incomplete list."""
    known = [float(line.row["mean_extra_moved"]) for line in judged(result)]
    known = [mean for mean in known if math.isfinite(mean)]
    names = left_out(result)
    if not known or not names:
        return ""
    ends = {"low": whole_text(t, min(known)), "high": minutes_text(t, max(known))}
    return t("report.range_without", names=names_text(t, names), **ends)


def _hit(result: Result, case: Case) -> list[dict[str, Any]]:
    """Municipalities where those who must go elsewhere get the most minutes."""
    rows = result.municipalities
    here = (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    found = rows[here & (rows["moved"] > 0) & rows["mean_extra_moved"].notna()]
    order = found.sort_values(["mean_extra_moved", "municipality"], ascending=[False, True])
    return [
        {str(key): value for key, value in row.items()} for row in order[:_TOP].to_dict("records")
    ]


def _providers(result: Result) -> Iterator[tuple[str, dict[str, int], list[dict[str, Any]]]]:
    """Per intervention: how many listings have each status, and the listings."""
    for name, rows in result.providers.groupby("intervention", sort=True):
        listed = [
            {str(k): v for k, v in row.items()}
            | {"status": listing_status(row["status"], row["source"])}
            for row in rows.sort_values("location").to_dict("records")
        ]
        yield str(name), listing_counts(rows), listed


def _over_water(result: Result) -> Sequence[tuple[str, str, int]]:
    """Municipality, ferry remark and number of postcodes across the water."""
    rows = result.postcodes[result.postcodes["ferry"] != ""]
    found = rows.groupby(["municipality", "ferry"], sort=True).size()
    return [(str(place), str(remark), int(count)) for (place, remark), count in found.items()]


def _shorter(result: Result) -> tuple[Any, ...]:
    """Show the band in the legend only where somebody travels less."""
    return (SHORTER,) if (result.postcode_rows["mean_extra_moved"] < 0).any() else ()
