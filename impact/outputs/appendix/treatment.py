"""The chapter of one treatment: what is asked, every case of it, and whom it affects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from impact.outputs.appendix.blocks import (
    NOTE,
    WARNING,
    Bullets,
    Grid,
    Heading,
    Paragraph,
    lines_of,
)
from impact.outputs.appendix.cases import case_table
from impact.outputs.appendix.groups import group_blocks
from impact.outputs.appendix.municipalities import municipality_blocks
from impact.outputs.appendix.transit import transit_blocks
from impact.outputs.files.columns import DEMAND, MINUTES, NUMBER, TEXT
from impact.outputs.files.sheets import Header
from impact.outputs.pages.a4 import norm_text
from impact.outputs.pictures.charts import travel_bars
from impact.outputs.text.overview import cases_of
from impact.outputs.text.people import amount_text, volume_text
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import (
    ferry_text,
    known_text,
    names_text,
    outside_caveat,
    span_text,
    titled_scenario,
    whole_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from impact.analysis.result import CaseView, Result
    from impact.outputs.appendix.blocks import Block
    from impact.outputs.appendix.illustrations import Illustrations
    from impact.outputs.text import Texts

_ENDS = 3
"""Candidates shown from either end."""
_TOP = 10
"""Municipalities shown per case; municipalities.csv has all."""


def treatment_chapter(
    result: Result, name: str, drawn: Illustrations, t: Texts, *, margin: float
) -> Iterator[Block]:
    """Lay out what there is to say of one treatment."""
    found = cases_of(result, name)
    principal = [line for line in found if line.case.principal]
    yield Heading(1, name)
    if plain := plain_treatment(t, name):
        yield Paragraph(plain, NOTE)
    yield _question(result, name, t)
    for caveat in dict.fromkeys(outside_caveat(t, line.case) for line in principal):
        if caveat:
            yield Paragraph(caveat, WARNING)
    yield case_table(result, name, found, t)
    yield from _verdicts(principal, name, t, margin)
    if len(principal) > 1:
        yield drawn.several(principal)
        yield from municipality_blocks(result, name, t)
    for line in principal:
        yield from _affected(line, drawn, t, several=len(principal) > 1)
    yield Heading(2, t("appendix.h_candidates"))
    yield from _candidates(result, name, t)
    for line in principal:
        yield from _volumes(line, t)


def _question(result: Result, name: str, t: Texts) -> Paragraph:
    intervention = result.study.intervention(name)
    count, stops = len(intervention.providers), intervention.stop_count
    key = "appendix.question_named" if stops is None else "appendix.question"
    key = "appendix.question_one" if stops == 1 else key
    asked = t(key, name=name, count=count, stops=stops)
    now = t("appendix.providers_now", names=names_text(t, intervention.providers))
    return Paragraph(f"{asked} {now}")


def _verdicts(principal: Sequence[CaseView], name: str, t: Texts, margin: float) -> Iterator[Block]:
    """Say of each case whether the norm is met, or why nobody can tell; once if all are alike."""
    verdicts = {
        titled_scenario(t, line.result, line.case): norm_text(line.result, line.case, t, margin)[0]
        for line in principal
    }
    if len(set(verdicts.values())) == 1:
        said = next(iter(verdicts.values()))
        yield Paragraph(t("appendix.norm_line", name=name, text=said))
    else:
        yield Paragraph(t("appendix.norm_lines", name=name))
        yield Bullets(tuple(f"{scenario}: {said}." for scenario, said in verdicts.items()))


def _affected(line: CaseView, drawn: Illustrations, t: Texts, *, several: bool) -> Iterator[Block]:
    """Say whom one case affects, and how."""
    scenario = titled_scenario(t, line.result, line.case)
    yield Heading(2, t("map.layer", intervention=t("appendix.h_who"), scenario=scenario))
    yield drawn.map(line)
    hit, bars = line.hardest_hit[:_TOP], travel_bars(line.case)
    if hit.empty or bars is None:
        yield Paragraph(t("report.nobody", name=line.case.intervention.name))
    else:
        yield drawn.travel(line, bars)
        # of several scenarios all stand side by side already
        yield replace(_municipalities(line, hit, t), folded=several)
        yield drawn.flows(line)
        yield from group_blocks(line, t)
    yield from transit_blocks(line, drawn, t)


def _municipalities(line: CaseView, hit: pd.DataFrame, t: Texts) -> Grid:
    """Put the municipalities whose moved get most minutes in a table."""
    result, name = line.result, line.case.intervention.name
    kind, unit = result.kind_of(name), t.unit(result.said_unit(name))
    headers = (
        Header(t("report.c_municipality"), TEXT, 26),
        Header(t("a4.c_mean"), MINUTES, 16),
        Header(t("report.c_moved_short", unit=unit), DEMAND, 18),
        Header(t("report.c_before_after"), MINUTES, 18),
    )
    rows = []
    for place, row in zip(hit.index, hit.to_dict("records"), strict=True):
        moved, demand = (amount_text(t, row[each], kind) for each in ("moved", "demand"))
        most = t("report.at_worst", count=whole_text(t, row["max_extra"]))
        minutes = [whole_text(t, row[f"mean_{at}"]) for at in ("before", "after")]
        rows.append(
            (
                lines_of(str(place), ferry_text(t, str(row["ferry"])) if row["ferry"] else ""),
                lines_of(whole_text(t, row["mean_extra_moved"]), most),
                lines_of(moved, t("report.of", count=demand)),
                t("a4.from_to", before=minutes[0], after=minutes[1]),
            )
        )
    scenario = t.scenario(line.case.scenario)
    return Grid(t("appendix.who_caption", name=name, scenario=scenario), headers, tuple(rows))


def _candidates(result: Result, name: str, t: Texts) -> Iterator[Block]:
    table = result.candidates[name]
    known = table[np.isfinite(table["mean_extra_moved"])]
    if known.empty:
        yield Paragraph(t("appendix.candidates_none", name=name))
        return
    ordered = known.sort_values(["mean_extra_moved", "stops"], kind="stable")
    means = ordered["mean_extra_moved"]
    few = len(ordered) <= 2 * _ENDS
    fields = {
        "name": name,
        "count": t.number(result.choices(name)),
        "span": span_text(t, float(means.iloc[0]), float(means.iloc[-1]), unit=True),
    }
    yield Paragraph(t("appendix.candidates_intro", **fields))
    places = range(len(ordered))
    kept = list(places) if few else [*places[:_ENDS], *places[-_ENDS:]]
    headers = (
        Header(t("tables.overview_stops"), TEXT, 60),
        Header(t("a4.c_moved"), DEMAND),
        Header(t("a4.c_mean"), MINUTES),
        Header(t("appendix.c_all"), MINUTES),
    )
    kind = result.kind_of(name)
    rows = tuple(
        (
            str(row["stops"]),
            amount_text(t, row["moved"], kind),
            row["mean_extra_moved"],
            row["mean_extra_all"],
        )
        for row in ordered.iloc[kept].to_dict("records")
    )
    key = "appendix.candidates_caption" if few else "appendix.candidates_ends"
    yield Grid(t(key, name=name), headers, rows, folded=True)


def _volumes(line: CaseView, t: Texts) -> Iterator[Block]:
    result, case = line.result, line.case
    rows = result.volumes
    mine = (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    found = rows[mine & (rows["kind"] != "")]
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
    named = {"name": case.intervention.name, "scenario": t.scenario(case.scenario)}
    yield Grid(
        t("appendix.volumes_caption", **named),
        headers,
        tuple(
            (
                row["location"],
                *(volume_text(t, row, when) for when in ("before", "after")),
                row["norm"],
                known_text(t, "tables.value", str(row["meets_norm"]))
                if row["meets_norm"] and row["kind"] != "modelled"
                else t("appendix.no_verdict"),
                known_text(t, "tables.value", str(row["kind"])),
            )
            for row in found.to_dict("records")
        ),
        folded=True,
    )
