"""A page of the appendix per intervention: question, candidates, map, who it affects, norm."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.outputs import pictures
from impact.outputs.a4_row import norm_text
from impact.outputs.blocks import WARNING, Grid, Heading, Paragraph, Picture
from impact.outputs.flow_picture import flow_picture
from impact.outputs.overview import lines
from impact.outputs.picture_canvas import smaller
from impact.outputs.sheets import Header
from impact.outputs.static_map import static_map
from impact.outputs.tables import DEMAND, MINUTES, NUMBER, TEXT
from impact.outputs.wording import (
    destination_text,
    known_text,
    minutes_text,
    names_text,
    scenario_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from impact.concentration.result import Case, Result
    from impact.outputs.blocks import Block
    from impact.outputs.map_shapes import MapShapes
    from impact.outputs.overview import Line
    from impact.outputs.texts import Texts

_ENDS = 3
"""Candidates shown from either end."""
_TOP = 10
"""Municipalities shown."""


def intervention_page(
    result: Result, name: str, shapes: MapShapes, t: Texts, *, margin: float
) -> Iterator[Block]:
    """Lay out what there is to say of one intervention.

    Parameters
    ----------
    result
        What a run gave.
    name
        Of the intervention.
    shapes
        Of the postcodes of the run.
    t
        Catalogue.
    margin
        Above the norm, to be called ample.

    Yields
    ------
    Block
    """
    found = [line for line in lines(result) if line.case.intervention.name == name]
    principal = [line.case for line in found if line.case.principal]
    yield Heading(1, name)
    yield Heading(3, t("appendix.h_question"))
    yield from _question(result, name, t)
    if any(case.outside_incomplete for case in principal):
        yield Paragraph(t("common.caveat_outside"), WARNING)
    yield Heading(2, t("appendix.h_cases"))
    yield _cases(result, name, found, t)
    if len(principal) > 1:
        names = "; ".join(t.scenario(case.scenario) for case in principal)
        yield Picture(
            t("appendix.scenarios_caption", name=name),
            t("appendix.scenarios_alt", names=names),
            pictures.scenarios(result, principal, shapes, t),
        )
    yield Heading(2, t("appendix.h_candidates"))
    yield from _candidates(result, name, t)
    yield Heading(2, t("appendix.h_volumes"))
    for case in principal:
        yield from _volumes(result, case, t, margin)
    for case in principal:
        yield from _case(result, case, shapes, t)


def _question(result: Result, name: str, t: Texts) -> Iterator[Block]:
    intervention = result.study.intervention(name)
    count, stops = len(intervention.providers), intervention.stop_count
    key = "appendix.question_named" if stops is None else "appendix.question"
    key = "appendix.question_one" if stops == 1 else key
    yield Paragraph(t(key, name=name, count=count, stops=stops))
    yield Paragraph(t("appendix.providers_now", names=names_text(t, intervention.providers)))


def _cases(result: Result, name: str, found: Sequence[Line], t: Texts) -> Grid:
    headers = (
        Header(t("tables.col_scenario"), TEXT, 34),
        Header(t("tables.overview_stops"), TEXT, 30),
        Header(t("tables.overview_to"), TEXT, 30),
        Header(t("a4.c_moved"), DEMAND),
        Header(t("a4.c_mean"), MINUTES),
        Header(t("a4.c_tenth"), MINUTES),
        Header(t("appendix.c_all"), MINUTES),
        Header(t("a4.c_beyond"), TEXT, 16),
    )
    rows = tuple(
        (
            scenario_text(t, result, line.case) if line.case.principal else t("report.instead"),
            names_text(t, line.case.stops),
            destination_text(t, line),
            line.row["moved"],
            line.row["mean_extra_moved"],
            line.row["p90_extra"],
            line.row["mean_extra_all"],
            t(
                "a4.from_to",
                before=t.number(line.row["beyond_60_before"]),
                after=t.number(line.row["beyond_60_after"]),
            ),
        )
        for line in found
    )
    caption = t("appendix.cases_caption", name=name, unit=t.unit(result.unit))
    return Grid(caption, headers, rows)


def _candidates(result: Result, name: str, t: Texts) -> Iterator[Block]:
    table = result.candidates[name]
    known = table[np.isfinite(table["mean_extra_moved"])]
    if known.empty:
        yield Paragraph(t("appendix.candidates_none"))
        return
    ordered = known.sort_values(["mean_extra_moved", "stops"], kind="stable")
    means = ordered["mean_extra_moved"]
    few = len(ordered) <= 2 * _ENDS
    fields = {
        "count": t.number(result.choices(name)),
        "least": minutes_text(t, float(means.iloc[0])),
        "greatest": minutes_text(t, float(means.iloc[-1])),
    }
    yield Paragraph(t(f"appendix.candidates_{'all' if few else 'intro'}", **fields))
    places = range(len(ordered))
    kept = list(places) if few else [*places[:_ENDS], *places[-_ENDS:]]
    headers = (
        Header(t("tables.overview_stops"), TEXT, 60),
        Header(t("a4.c_moved"), DEMAND),
        Header(t("a4.c_mean"), MINUTES),
        Header(t("appendix.c_all"), MINUTES),
    )
    rows = tuple(
        (str(row["stops"]), row["moved"], row["mean_extra_moved"], row["mean_extra_all"])
        for row in ordered.iloc[kept].to_dict("records")
    )
    yield Grid(t("appendix.candidates_caption", name=name), headers, rows)


def _case(result: Result, case: Case, shapes: MapShapes, t: Texts) -> Iterator[Block]:
    named = {"name": case.intervention.name, "scenario": scenario_text(t, result, case)}
    hit = _hit(result, case)
    stops = t("a4.stops", names=names_text(t, case.stops)) + "." if case.stops else ""
    towns = names_text(t, [str(each) for each in hit["municipality"][:3]])
    key = "appendix.map_alt_nobody" if hit.empty else "appendix.map_alt"
    image = io.BytesIO()
    static_map(result, case, image, lang=t.lang, shapes=shapes)
    yield Heading(2, t("map.layer", intervention=t("appendix.h_map"), scenario=named["scenario"]))
    yield Picture(
        t("appendix.map_caption", **named),
        t(key, stops=stops, towns=towns, **named),
        smaller(image.getvalue()),
    )
    if hit.empty:
        yield Paragraph(t("report.nobody"))
        return
    yield Heading(3, t("appendix.h_who"))
    headers = (
        Header(t("report.c_municipality"), TEXT, 26),
        Header(t("a4.c_mean"), MINUTES),
        Header(t("a4.c_moved"), DEMAND),
        Header(t("appendix.c_now"), MINUTES),
        Header(t("appendix.c_then"), MINUTES),
    )
    columns = ("municipality", "mean_extra_moved", "moved", "mean_before", "mean_after")
    rows = tuple(tuple(row[name] for name in columns) for row in hit.to_dict("records"))
    yield Grid(t("appendix.who_caption", unit=t.unit(result.unit), **named), headers, rows)
    figures = {
        "before": minutes_text(t, float(case.figures["mean_before"])),
        "after": minutes_text(t, float(case.figures["mean_after"])),
    }
    yield Picture(
        t("appendix.distribution_caption", **named),
        t("appendix.distribution_alt", **figures, **named),
        pictures.distribution(case, t),
    )
    line = next(each for each in lines(result) if each.case is case)
    yield Picture(
        t("appendix.flows_caption", **named),
        t("appendix.flows_alt", names=destination_text(t, line), **named),
        flow_picture(result, case, t),
    )


def _hit(result: Result, case: Case) -> pd.DataFrame:
    """Find the municipalities where those who must go elsewhere get the most minutes."""
    rows = result.municipalities
    here = (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    found = rows[here & (rows["moved"] > 0) & rows["mean_extra_moved"].notna()]
    return found.sort_values(["mean_extra_moved", "municipality"], ascending=[False, True])[:_TOP]


def _volumes(result: Result, case: Case, t: Texts, margin: float) -> Iterator[Block]:
    line = next(each for each in lines(result) if each.case is case)
    text, _ = norm_text(result, case, t, margin)
    named = {"name": case.intervention.name, "scenario": scenario_text(t, result, case)}
    rows = result.volumes
    mine = (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    found = rows[mine & (rows["kind"] != "")]
    if found.empty:
        yield Paragraph(f"{named['scenario']}: {t('appendix.volumes_unknown')}")
    else:
        yield Paragraph(f"{named['scenario']}: {t('appendix.norm_line', text=text)}")
    bound: Any = line.row["moved_bound"]
    if math.isfinite(float(bound)):
        yield Paragraph(t("appendix.volumes_bound", bound=t.number(float(bound))))
    if found.empty:
        return
    headers = (
        Header(t("tables.col_location"), TEXT, 30),
        Header(t("tables.col_volume_before"), NUMBER),
        Header(t("tables.col_volume_after"), NUMBER),
        Header(t("tables.col_norm"), NUMBER),
        Header(t("tables.col_meets_norm"), TEXT, 12),
        Header(t("tables.col_kind"), TEXT, 24),
    )
    yield Grid(
        t("appendix.volumes_caption", **named),
        headers,
        tuple(
            (
                row["location"],
                row["volume_before"],
                row["volume_after"],
                row["norm"],
                known_text(t, "tables.value", str(row["meets_norm"])),
                known_text(t, "tables.value", str(row["kind"])),
            )
            for row in found.to_dict("records")
        ),
    )
