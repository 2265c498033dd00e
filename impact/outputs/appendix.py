"""The appendix of a run: what is in it, in which order, whatever it is written as."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

from impact.outputs.a4 import sheet, sheet_notes
from impact.outputs.appendix_back import back_matter
from impact.outputs.appendix_intervention import intervention_page
from impact.outputs.blocks import (
    LEAD,
    NOTE,
    WARNING,
    Bullets,
    Contents,
    Grid,
    Heading,
    Paragraph,
)
from impact.outputs.map_shapes import map_shapes
from impact.outputs.norms import MARGIN
from impact.outputs.overview import displayed
from impact.outputs.report_answer import answer, certain, depends, unanswered
from impact.outputs.sheets import Header
from impact.outputs.tables import DEMAND, MINUTES, NUMBER, TEXT
from impact.outputs.tornado import order_texts
from impact.outputs.wording import known_text, scenario_text, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    import pandas as pd

    from impact.concentration.result import Result
    from impact.outputs.blocks import Block
    from impact.outputs.texts import Texts


def appendix(
    result: Result,
    t: Texts,
    *,
    files: Mapping[str, str] | None = None,
    claims: pd.DataFrame | None = None,
    margin: float = MARGIN,
) -> tuple[Block, ...]:
    """Lay out the appendix of a run.

    Parameters
    ----------
    result, t
        Run and catalogue.
    files
        Files of the run -> SHA-256, from its manifest.
    claims
        Table of claims that were tested, as text; `None` without one.
    margin
        Above the norm, to be called ample.

    Returns
    -------
    tuple of Block
        A summary on one page, the contents, a page per intervention, and what it rests on.
    """
    shapes = map_shapes(result.postcodes)
    names = sorted(each.name for each in result.study.interventions)
    return (
        *_summary(result, t),
        Contents(t("appendix.h_contents")),
        *_a4(result, t, margin),
        *(
            block
            for name in names
            for block in intervention_page(result, name, shapes, t, margin=margin)
        ),
        *back_matter(result, t, files=files or {}, claims=claims),
    )


def document_title(result: Result, t: Texts) -> tuple[str, str, str]:
    """Title, study and what was counted, for the head of the first page.

    Parameters
    ----------
    result, t
        Run and catalogue.

    Returns
    -------
    tuple of str
    """
    manifest = result.manifest
    about = t(
        "appendix.about",
        region=result.study.region,
        count=whole_text(t, float(manifest["counts"]["demand"])),
        unit=t.unit(result.unit),
        one_way=t.one_way(manifest["roads"]["kind"]),
        profile=known_text(t, "common.profile", str(manifest["parameters"]["profile"])),
    )
    return t("appendix.title"), result.study.title, about


def _summary(result: Result, t: Texts) -> Iterator[Block]:
    manifest = result.manifest
    yield Heading(2, t("appendix.h_summary"))
    yield Paragraph(answer(result, t), LEAD)
    if text := unanswered(result, t):
        yield Paragraph(text, WARNING)
    for title, sentences in (
        (t("report.h_certain"), (*order_texts(result, t, always=True), *certain(result, t))),
        (t("report.h_depends"), depends(result, t)),
    ):
        if sentences:
            yield Heading(3, title)
            yield Bullets(sentences)
    unit = t.unit(result.unit)
    headers = (
        Header(t("report.c_intervention"), TEXT, 30),
        Header(t("tables.col_scenario"), TEXT, 34),
        Header(t("a4.c_mean"), MINUTES),
        Header(t("a4.c_tenth"), MINUTES),
        Header(t("a4.c_moved"), DEMAND),
        Header(t("a4.c_bound"), NUMBER),
    )
    rows = tuple(
        (
            line.case.intervention.name,
            scenario_text(t, result, line.case),
            line.row["mean_extra_moved"],
            line.row["p90_extra"],
            line.row["moved"],
            line.row["moved_bound"],
        )
        for line in displayed(result)
    )
    yield Grid(t("appendix.summary_caption", unit=unit), *_known(headers, rows))
    if manifest["roads"]["kind"] == "screening":
        yield Paragraph(t("common.screening_warning"), WARNING)
    created = dt.datetime.fromisoformat(str(manifest["created"]))
    yield Paragraph(
        t(
            "appendix.made",
            program=manifest["program"],
            version=manifest["version"],
            date=f"{created.day}-{created.month}-{created.year}",
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


def _a4(result: Result, t: Texts, margin: float) -> Iterator[Block]:
    """Lay out the sheet for the table."""
    made = sheet(result, t, margin=margin)
    yield Heading(1, t("appendix.h_a4"), landscape=True)
    yield Heading(3, t("a4.h_certain"))
    yield Bullets(made.certain)
    headers = tuple(
        Header(t(f"a4.c_{name}"), TEXT, width)
        for name, width in (
            ("what", 44),
            ("moved", 14),
            ("mean", 12),
            ("tenth", 10),
            ("beyond", 16),
            ("norm", 20),
            ("loses", 24),
            ("gains", 16),
        )
    )
    rows = tuple(
        (
            f"{row.intervention}: {row.scenario} {row.caveat}".strip(),
            row.moved + (f" ({row.bound})" if row.bound else ""),
            row.mean,
            row.tenth,
            row.beyond,
            row.norm,
            row.loses,
            row.gains,
        )
        for row in made.rows
    )
    yield Grid(t("appendix.a4_caption", unit=t.unit(result.unit)), headers, rows)
    if made.left_out:
        yield Paragraph(t("a4.left_out", count=made.left_out), NOTE)
    yield Paragraph(sheet_notes(result, t, margin), NOTE)
    yield Heading(3, t("a4.h_listings"))
    if made.listings:
        yield Bullets(tuple(f"{each.intervention}: {each.text}" for each in made.listings))
    else:
        yield Paragraph(t("a4.listings_none"))
    yield Paragraph(t("a4.correct", file=result.manifest["study"]["file"]))
