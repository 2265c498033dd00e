"""What the appendix of a run says, in which order, whatever it is written as."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from impact.outputs.appendix.blocks import (
    FORMULA,
    LEAD,
    NOTE,
    WARNING,
    Bullets,
    Contents,
    Grid,
    Heading,
    Paragraph,
    Picture,
)
from impact.outputs.appendix.groups import group_blocks
from impact.outputs.appendix.hospitals import hospital_chapters
from impact.outputs.appendix.time_plan import time_plan_chapter
from impact.outputs.appendix.transit import transit_blocks
from impact.outputs.files.columns import DEMAND, MINUTES, NUMBER, TEXT
from impact.outputs.files.sheets import Header
from impact.outputs.pages.a4 import bound_text, mean_text, norm_text
from impact.outputs.pages.report import (
    answer_details,
    answer_sentences,
    certain,
    depends,
    unanswered,
)
from impact.outputs.pictures import charts
from impact.outputs.pictures.charts import flow_picture, order_texts, travel_bars
from impact.outputs.pictures.static_map import base_map, static_map
from impact.outputs.text.assumptions import assumptions, manifest_entries, sources
from impact.outputs.text.norms import MARGIN
from impact.outputs.text.overview import displayed, extremes, lines, more_extra_text
from impact.outputs.text.people import bound_remark, people_text
from impact.outputs.text.rounding import rounded_down
from impact.outputs.text.wording import (
    counted_text,
    day_text,
    definition_texts,
    destination_text,
    known_text,
    listing_status,
    minutes_text,
    names_text,
    origin_text,
    outside_caveat,
    roads_text,
    source_text,
    span_text,
    status_text,
    titled_scenario,
    unconfirmed_text,
)
from impact.study.register import performing
from impact.times.files import OWN_MATRIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    import pandas as pd

    from impact.analysis.result import CaseView, Result
    from impact.model.case import Case
    from impact.outputs.appendix.blocks import Block
    from impact.outputs.pictures.static_map import BaseMap
    from impact.outputs.text import Texts

_ENDS = 3
"""Candidates shown from either end."""
_TOP = 5
"""Municipalities shown; report.html shows ten, municipalities.csv all."""


def intervention_page(
    result: Result, name: str, base: BaseMap, t: Texts, *, margin: float
) -> Iterator[Block]:
    """Lay out what there is to say of one intervention."""
    found = [line for line in lines(result) if line.case.intervention.name == name]
    principal = [line.case for line in found if line.case.principal]
    yield Heading(1, name)
    yield from _question(result, name, t)
    for caveat in dict.fromkeys(outside_caveat(t, case) for case in principal):
        if caveat:
            yield Paragraph(caveat, WARNING)
    yield _cases(result, name, found, t)
    yield from _verdicts(result, principal, t, margin)
    of_this = (each.case for each in displayed(result) if each.case.intervention.name == name)
    shown = next(of_this, None)
    if shown is not None:
        yield _map(result, shown, base, t)
    if len(principal) > 1:
        names = "; ".join(t.scenario(case.scenario) for case in principal)
        yield Picture(
            t("appendix.scenarios_caption", name=name),
            t("appendix.scenarios_alt", names=names),
            charts.scenarios(result, principal, base, t),
        )
    for case in principal:
        yield from _case(result, case, t, None if case is shown else base)
    yield Heading(2, t("appendix.h_candidates"))
    yield from _candidates(result, name, t)
    for case in principal:
        yield from _volumes(result, case, t)


def _question(result: Result, name: str, t: Texts) -> Iterator[Block]:
    intervention = result.study.intervention(name)
    count, stops = len(intervention.providers), intervention.stop_count
    key = "appendix.question_named" if stops is None else "appendix.question"
    key = "appendix.question_one" if stops == 1 else key
    asked = t(key, name=name, count=count, stops=stops)
    now = t("appendix.providers_now", names=names_text(t, intervention.providers))
    yield Paragraph(f"{asked} {now}")


def _cases(result: Result, name: str, found: Sequence[CaseView], t: Texts) -> Grid:
    headers = (
        Header(t("tables.col_scenario"), TEXT, 30),
        Header(t("tables.overview_stops"), TEXT, 30),
        Header(t("tables.overview_to"), TEXT, 32),
        Header(t("appendix.c_reading"), TEXT, 16),
        Header(t("a4.c_moved"), DEMAND),
        Header(t("a4.c_mean"), MINUTES),
        Header(t("a4.c_tenth"), MINUTES),
        Header(t("appendix.c_all"), MINUTES),
        Header(t("a4.c_more"), TEXT, 18),
        Header(t("a4.c_beyond"), TEXT, 16),
    )
    rows = tuple(
        (
            titled_scenario(t, result, line.case) if line.case.principal else t("report.instead"),
            names_text(t, line.case.stops),
            destination_text(t, line),
            known_text(t, "tables.value", line.case.recipients),
            line.row["moved"],
            line.row["mean_extra_moved"],
            rounded_down(line.row["p90_extra"]),
            line.row["mean_extra_all"],
            more_extra_text(line, t),
            t(
                "a4.from_to",
                **{at: t.number(line.row[f"beyond_60_{at}"]) for at in ("before", "after")},
            ),
        )
        for line in found
    )
    caption = t("appendix.cases_caption", name=name, unit=t.unit(result.said_unit()))
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


def _map(result: Result, case: Case, base: BaseMap, t: Texts) -> Picture:
    named = {"name": case.intervention.name, "scenario": titled_scenario(t, result, case)}
    hit = _hit(result, case)
    stops = t("a4.stops", names=names_text(t, case.stops)) + "." if case.stops else ""
    towns = names_text(t, [str(each) for each in hit["municipality"][:3]])
    key = "appendix.map_alt_nobody" if hit.empty else "appendix.map_alt"
    return Picture(
        t("appendix.map_caption", **named),
        t(key, stops=stops, towns=towns, **named),
        static_map(result, case, base, t),
    )


def _case(result: Result, case: Case, t: Texts, base: BaseMap | None) -> Iterator[Block]:
    """Say who it affects, and how; with the map where that does not stand on the first page."""
    named = {"name": case.intervention.name, "scenario": titled_scenario(t, result, case)}
    yield Heading(2, t("map.layer", intervention=t("appendix.h_who"), scenario=named["scenario"]))
    if base is not None:
        yield _map(result, case, base, t)
    hit, bars = _hit(result, case), travel_bars(case)
    if hit.empty or bars is None:
        yield Paragraph(t("report.nobody"))
        return
    headers = (
        Header(t("report.c_municipality"), TEXT, 26),
        Header(t("a4.c_mean"), MINUTES),
        Header(t("a4.c_moved"), DEMAND),
        Header(t("appendix.c_now"), MINUTES),
        Header(t("appendix.c_then"), MINUTES),
    )
    columns = ("municipality", "mean_extra_moved", "moved", "mean_before", "mean_after")
    rows = tuple(tuple(row[name] for name in columns) for row in hit.to_dict("records"))
    yield Grid(t("appendix.who_caption", unit=t.unit(result.said_unit()), **named), headers, rows)
    figures = {
        "before": minutes_text(t, float(case.figures["mean_before"])),
        "after": minutes_text(t, float(case.figures["mean_after"])),
    }
    yield Picture(
        t("appendix.distribution_caption", **named),
        t("appendix.distribution_alt", **figures, **named),
        charts.distribution(bars, t),
    )
    line = next(each for each in lines(result) if each.case is case)
    said = t("appendix.flows_alt", names=destination_text(t, line), **named)
    yield Picture(t("appendix.flows_caption", **named), said, flow_picture(result, case, t))
    yield from group_blocks(line, t)
    yield from transit_blocks(line, t)


def _hit(result: Result, case: Case) -> pd.DataFrame:
    """Find the municipalities where those who must go elsewhere get the most minutes."""
    rows = result.municipalities
    here = (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    found = rows[here & (rows["moved"] > 0) & rows["mean_extra_moved"].notna()]
    return found.sort_values(["mean_extra_moved", "municipality"], ascending=[False, True])[:_TOP]


def _verdicts(
    result: Result, principal: Sequence[Case], t: Texts, margin: float
) -> Iterator[Block]:
    """Say of each case whether the norm is met, or why nobody can tell; once if all are alike."""
    verdicts, bounds = {}, {}
    for line in lines(result):
        if not any(line.case is case for case in principal):
            continue
        scenario = titled_scenario(t, result, line.case)
        verdicts[scenario] = (
            t("appendix.volumes_unknown")
            if _counted(result, line.case).empty
            else t("appendix.norm_line", text=norm_text(result, line.case, t, margin)[0])
        )
        bound = float(line.row["moved_bound"])
        if math.isfinite(bound):
            said_bound = t("appendix.volumes_bound", bound=t.number(bound))
            bounds[scenario] = f"{said_bound} {bound_remark(t, line.row)}".strip()
    for said in (verdicts, bounds):
        if len(said) == len(principal) and len(set(said.values())) == 1:
            yield Paragraph(next(iter(said.values())))
        elif said:
            yield Bullets(tuple(f"{scenario}: {text}" for scenario, text in said.items()))


def _counted(result: Result, case: Case) -> pd.DataFrame:
    """Rows of volumes.csv that hold a volume."""
    rows = result.volumes
    mine = (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    return rows[mine & (rows["kind"] != "")]


def _volumes(result: Result, case: Case, t: Texts) -> Iterator[Block]:
    named = {"name": case.intervention.name, "scenario": titled_scenario(t, result, case)}
    found = _counted(result, case)
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
                ""
                if row["kind"] == "modelled"
                else known_text(t, "tables.value", str(row["meets_norm"])),
                known_text(t, "tables.value", str(row["kind"])),
            )
            for row in found.to_dict("records")
        ),
    )


CLAIM_COLUMNS = (
    "claim",
    "kind",
    "region",
    "verdict",
    "figure",
    "low",
    "high",
    "definition",
    "reason",
)
"""Columns of claims.csv, of which those that are there are shown."""

_TIME = "appendix.method_time"
_METHOD = (
    ("", "appendix.method_question", ""),
    ("appendix.h_method_time", _TIME, "appendix.formula_time"),
    ("appendix.h_method_who", "appendix.method_who", "appendix.formula_extra"),
    ("appendix.h_method_measures", "appendix.method_mean", "appendix.formula_mean"),
    ("", "appendix.method_mean_all", ""),
    ("", "appendix.method_tenth", ""),
    ("", "appendix.method_beyond", ""),
    ("", "appendix.method_bound", "appendix.formula_bound"),
)


def back_matter(
    result: Result, t: Texts, *, files: Mapping[str, str], claims: pd.DataFrame | None
) -> Iterator[Block]:
    """Lay out what a reader needs to check a run, or to repeat it."""
    yield from _ranges(result, t)
    yield from _sensitivity(result, t)
    yield from _claims(claims, t)
    yield from _method(result, t)
    yield from _trail(result, t)
    yield from _manifest(result, t, files)


def _ranges(result: Result, t: Texts) -> Iterator[Block]:
    words = definition_texts(t, result)
    yield Heading(1, t("appendix.h_ranges"))
    yield Paragraph(t("report.ranges_intro"))
    headers = (
        Header(t("report.c_definition"), TEXT, 60),
        Header(t("tables.col_low"), MINUTES),
        Header(t("tables.col_high"), MINUTES),
        Header(t("report.c_low_from"), TEXT, 34),
        Header(t("report.c_high_from"), TEXT, 34),
    )
    rows = [
        (
            words[row["definition"]],
            float(row["low"]),
            float(row["high"]),
            origin_text(t, result, str(row["low_from"])),
            origin_text(t, result, str(row["high_from"])),
        )
        for row in result.ranges.to_dict("records")
    ]
    yield _interventions(result, t)
    yield Grid(t("report.ranges_caption"), headers, tuple(rows))


def _interventions(result: Result, t: Texts) -> Picture:
    said: list[str] = [
        t(
            "appendix.alt_intervention",
            name=line.case.intervention.name,
            mean=minutes_text(t, float(line.row["mean_extra_moved"])),
            choices=span_text(t, *extremes(result, line)),
        )
        for line in displayed(result)
    ]
    return Picture(
        t("appendix.picture_interventions"),
        t("appendix.alt_interventions", text="; ".join(said)),
        charts.interventions(result, t),
    )


def _sensitivity(result: Result, t: Texts) -> Iterator[Block]:
    yield Heading(1, t("appendix.h_sensitivity"))
    found = result.sensitivity
    if found is None:
        yield Paragraph(t("appendix.sensitivity_none"))
        return
    yield Paragraph(t("appendix.sensitivity_intro", members=t.number(found.members)))
    if sentences := order_texts(result, t):
        yield Heading(2, t("sensitivity.h_order"))
        yield Bullets(sentences)
    shown = lines(result)
    headers = (
        Header(t("report.c_intervention"), TEXT, 30),
        Header(t("tables.col_scenario"), TEXT, 34),
        Header(t("appendix.c_margin"), TEXT, 34),
    )
    rows = tuple(
        (line.case.intervention.name, titled_scenario(t, result, line.case), mean_text(line, t))
        for line in shown
    )
    yield Grid(t("appendix.sensitivity_caption"), headers, rows)
    columns = (
        Header(t("report.c_intervention"), TEXT, 30),
        Header(t("tables.col_scenario"), TEXT, 34),
        Header(t("appendix.c_factor"), TEXT, 24),
        Header(t("appendix.c_span"), TEXT, 16),
    )
    spans = tuple(
        (
            line.case.intervention.name,
            titled_scenario(t, result, line.case),
            known_text(t, "sensitivity.factor", str(row["factor"])),
            span_text(t, row["low"], row["high"]),
        )
        for line, table in zip(shown, found.spans, strict=True)
        for row in table.to_dict("records")
    )
    yield Grid(t("appendix.spans_caption"), columns, spans)


def _claims(claims: pd.DataFrame | None, t: Texts) -> Iterator[Block]:
    yield Heading(1, t("appendix.h_claims"))
    if claims is None:
        yield Paragraph(t("appendix.claims_none"))
        return
    shown = [name for name in CLAIM_COLUMNS if name in claims]
    headers = tuple(Header(t(f"appendix.claim_{name}"), TEXT) for name in shown)
    rows = tuple(tuple(row[name] for name in shown) for row in claims.to_dict("records"))
    yield Grid(t("appendix.claims_caption"), headers, rows)


def _method(result: Result, t: Texts) -> Iterator[Block]:
    own = result.manifest["roads"]["kind"] == OWN_MATRIX
    yield Heading(1, t("appendix.h_method"))
    for title, text, formula in _METHOD:
        if title:
            yield Heading(2, t(title))
        if own and text == _TIME:
            yield Paragraph(t("appendix.method_own_time"))
            continue
        yield Paragraph(t(text))
        if formula:
            yield Paragraph(t(formula), FORMULA)


def _trail(result: Result, t: Texts) -> Iterator[Block]:
    yield Heading(1, t("appendix.h_assumptions"))
    yield Grid(
        t("appendix.assumptions_caption"),
        (Header(t("tables.subject"), TEXT, 26), Header(t("tables.assumption"), TEXT, 110)),
        tuple((each.subject, each.text) for each in assumptions(result, t)),
    )
    yield Heading(1, t("appendix.h_providers"))
    yield Paragraph(t("report.providers_intro"))
    rows = performing(result.providers).sort_values(["intervention", "location"], kind="stable")
    yield Grid(
        t("appendix.providers_caption"),
        (
            Header(t("report.c_intervention"), TEXT, 30),
            Header(t("report.c_location"), TEXT, 30),
            Header(t("report.c_status"), TEXT, 16),
            Header(t("report.c_source"), TEXT, 50),
            Header(t("report.c_year"), TEXT, 12),
        ),
        tuple(
            (
                row["intervention"],
                row["location"],
                status_text(t, listing_status(row["status"], row["source"], row["overridden_by"])),
                source_text(t, str(row["source"])),
                known_text(t, "tables.value", str(row["year"])),
            )
            for row in rows.to_dict("records")
        ),
    )
    yield Heading(1, t("appendix.h_sources"))
    yield Grid(
        t("appendix.sources_caption"),
        (
            Header(t("tables.source_name"), TEXT, 34),
            Header(t("tables.source_origin"), TEXT, 50),
            Header(t("tables.source_year"), TEXT, 14),
            Header(t("tables.source_licence"), TEXT, 24),
            Header(t("tables.source_hash"), TEXT, 34),
        ),
        tuple((x.name, x.origin, x.year, x.licence, x.sha256) for x in sources(result, t)),
    )


def _manifest(result: Result, t: Texts, files: Mapping[str, str]) -> Iterator[Block]:
    yield Heading(1, t("appendix.h_manifest"))
    yield Paragraph(t("appendix.manifest_intro"))
    yield Grid(
        t("appendix.manifest_caption"),
        (Header(t("appendix.c_entry"), TEXT, 40), Header(t("appendix.c_value"), TEXT, 90)),
        tuple(manifest_entries(t, result.manifest)),
    )
    if files:
        yield Grid(
            t("appendix.files_caption"),
            (Header(t("appendix.c_file"), TEXT, 30), Header(t("tables.source_hash"), TEXT, 68)),
            tuple(sorted(files.items())),
        )


def appendix(
    result: Result,
    t: Texts,
    *,
    files: Mapping[str, str] | None = None,
    claims: pd.DataFrame | None = None,
    margin: float = MARGIN,
) -> tuple[Block, ...]:
    """Lay out the appendix of a run."""
    base = base_map(result, t)
    names = sorted(each.name for each in result.study.interventions)
    pages = (intervention_page(result, name, base, t, margin=margin) for name in names)
    return (
        *_summary(result, t),
        Contents(t("appendix.h_contents")),
        *chain.from_iterable(pages),
        *time_plan_chapter(result, t),
        *hospital_chapters(result, t),
        *back_matter(result, t, files=files or {}, claims=claims),
    )


def document_title(result: Result, t: Texts) -> tuple[str, str, str]:
    """Title, study and what was counted, for the head of the first page."""
    manifest = result.manifest
    about = t(
        "appendix.about",
        region=result.study.region,
        counted=counted_text(t, result),
        one_way=t.one_way(manifest["roads"]["kind"]),
        profile=known_text(t, "common.profile", str(manifest["parameters"]["profile"])),
    )
    return t("appendix.title"), result.study.title, about


def _summary(result: Result, t: Texts) -> Iterator[Block]:
    manifest = result.manifest
    yield Heading(2, t("appendix.h_summary"))
    yield Paragraph(" ".join(answer_sentences(result, t)), LEAD)
    if text := unanswered(result, t):
        yield Paragraph(text, WARNING)
    unit = t.unit(result.said_unit())
    headers = (
        Header(t("report.c_intervention"), TEXT, 30),
        Header(t("tables.col_scenario"), TEXT, 34),
        Header(t("appendix.c_reading"), TEXT, 20),
        Header(t("a4.c_people"), TEXT, 30),
        Header(t("a4.c_mean"), MINUTES),
        Header(t("a4.c_tenth"), MINUTES),
        Header(t("tables.col_residents_moved"), DEMAND),
    )
    rows = tuple(
        (
            line.case.intervention.name,
            titled_scenario(t, result, line.case),
            known_text(t, "tables.value", line.case.recipients),
            "; ".join(filter(None, (people_text(t, line), bound_text(t, line)))),
            line.row["mean_extra_moved"],
            rounded_down(line.row["p90_extra"]),
            line.row["residents_moved"] if result.unit != "residents" else math.nan,
        )
        for line in result.principal
    )
    yield Grid(t("appendix.summary_caption", unit=unit), *_known(headers, rows))
    yield Bullets(answer_details(result, t))
    for title, sentences in (
        (t("report.h_certain"), (*order_texts(result, t, always=True), *certain(result, t))),
        (t("report.h_depends"), depends(result, t)),
    ):
        if sentences:
            yield Heading(3, title)
            yield Bullets(sentences)
    if roads := roads_text(t, manifest["roads"]):
        yield Paragraph(roads, WARNING)
    yield Paragraph(unconfirmed_text(t, result.providers))
    yield Paragraph(
        t(
            "appendix.made",
            program=manifest["program"],
            version=manifest["version"],
            date=day_text(t, manifest["created"]),
            file=manifest["study"]["file"],
        ),
        NOTE,
    )


def _known(
    headers: tuple[Header, ...], rows: tuple[tuple[Any, ...], ...]
) -> tuple[tuple[Header, ...], tuple[tuple[Any, ...], ...]]:
    """Leave out columns of numbers in which nothing is known."""
    kept = [
        place
        for place, header in enumerate(headers)
        if header.kind == TEXT or any(not math.isnan(float(row[place])) for row in rows)
    ]
    return (
        tuple(headers[place] for place in kept),
        tuple(tuple(row[place] for place in kept) for row in rows),
    )
