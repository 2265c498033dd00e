"""What the appendix rests on: ranges, margin, claims, method, assumptions, sources, manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.outputs import pictures
from impact.outputs.a4_row import mean_text
from impact.outputs.assumptions import assumptions
from impact.outputs.blocks import FORMULA, Bullets, Grid, Heading, Paragraph, Picture
from impact.outputs.compare_manifests import flat
from impact.outputs.listings import listing_status, source_text, status_text
from impact.outputs.overview import displayed, extremes, lines
from impact.outputs.sheets import Header
from impact.outputs.sources import sources
from impact.outputs.tables import MINUTES, TEXT
from impact.outputs.tornado import order_texts
from impact.outputs.wording import (
    definition_texts,
    known_text,
    minutes_text,
    origin_text,
    scenario_text,
    whole_text,
)
from impact.register import performing
from impact.times.files import OWN_MATRIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from impact.concentration.result import Result
    from impact.outputs.blocks import Block
    from impact.outputs.texts import Texts

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
_MANIFEST = ("program", "version", "created", "study", "roads", "times", "parameters", "packages")


def back_matter(
    result: Result, t: Texts, *, files: Mapping[str, str], claims: pd.DataFrame | None
) -> Iterator[Block]:
    """Lay out what a reader needs to check a run, or to repeat it.

    Parameters
    ----------
    result, t
        Run and catalogue.
    files
        Files of the run -> SHA-256.
    claims
        Of claims.csv, as text; `None` without one.

    Yields
    ------
    Block
    """
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
            least=whole_text(t, extremes(result, line)[0]),
            greatest=whole_text(t, extremes(result, line)[1]),
        )
        for line in displayed(result)
    ]
    return Picture(
        t("appendix.picture_interventions"),
        t("appendix.alt_interventions", text="; ".join(said)),
        pictures.interventions(result, t),
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
        (line.case.intervention.name, scenario_text(t, result, line.case), mean_text(line, t))
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
            scenario_text(t, result, line.case),
            known_text(t, "sensitivity.factor", str(row["factor"])),
            t("report.from_to", low=whole_text(t, row["low"]), high=whole_text(t, row["high"])),
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
                status_text(t, listing_status(row["status"], row["source"])),
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
        tuple((x.name, x.origin, x.year, x.licence, x.sha256) for x in sources(result)),
    )


def _manifest(result: Result, t: Texts, files: Mapping[str, str]) -> Iterator[Block]:
    yield Heading(1, t("appendix.h_manifest"))
    yield Paragraph(t("appendix.manifest_intro"))
    known = {key: result.manifest[key] for key in _MANIFEST if key in result.manifest}
    yield Grid(
        t("appendix.manifest_caption"),
        (Header(t("appendix.c_entry"), TEXT, 40), Header(t("appendix.c_value"), TEXT, 90)),
        tuple(flat(known)),
    )
    if files:
        yield Grid(
            t("appendix.files_caption"),
            (Header(t("appendix.c_file"), TEXT, 30), Header(t("tables.source_hash"), TEXT, 68)),
            tuple(sorted(files.items())),
        )
