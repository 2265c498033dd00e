"""What the report of a run says, in which order, whatever it is written as."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from impact.outputs.appendix.blocks import (
    LEAD,
    NOTE,
    WARNING,
    Bullets,
    Contents,
    Heading,
    Paragraph,
)
from impact.outputs.appendix.cases import scenario_table
from impact.outputs.appendix.comparison import (
    difference_chapter,
    range_chapter,
    sensitivity_chapter,
)
from impact.outputs.appendix.hospitals import hospital_chapters
from impact.outputs.appendix.illustrations import Illustrations
from impact.outputs.appendix.time_plan import time_plan_chapter
from impact.outputs.appendix.trail import trail
from impact.outputs.appendix.transit import transit_chapter
from impact.outputs.appendix.treatment import treatment_chapter
from impact.outputs.pictures.charts import order_texts
from impact.outputs.text.answer import (
    answer_details,
    answer_sentences,
    certain,
    depends,
    unanswered,
)
from impact.outputs.text.norms import MARGIN
from impact.outputs.text.people import counted_text
from impact.outputs.text.wording import day_text, known_text, roads_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from impact.analysis.result import Result
    from impact.outputs.appendix.blocks import Block
    from impact.outputs.text import Texts


def document(
    result: Result,
    t: Texts,
    *,
    files: Mapping[str, str] | None = None,
    claims: pd.DataFrame | None = None,
    margin: float = MARGIN,
    drawn: Illustrations | None = None,
) -> tuple[Block, ...]:
    """Lay out the report of a run.

    Parameters
    ----------
    result
        Of a run, by postcodes that a map can show.
    t
        Texts of the reader's language.
    files
        Hashes of the tables, by name.
    claims
        What `impact check` found, in words.
    margin
        Share above the norm that is called ample.
    drawn
        What draws the pictures; made where none is given.

    Returns
    -------
    tuple of Block
    """
    drawn = drawn or Illustrations(result, t)
    names = sorted(each.name for each in result.study.interventions)
    chapters = (treatment_chapter(result, name, drawn, t, margin=margin) for name in names)
    return (
        *_front(result, t),
        Contents(t("appendix.h_contents")),
        *chain.from_iterable(chapters),
        *difference_chapter(result, drawn, t),
        *range_chapter(result, t),
        *transit_chapter(result, t),
        *time_plan_chapter(result, t),
        *hospital_chapters(result, t),
        *sensitivity_chapter(result, t),
        *trail(result, t, files=files or {}, claims=claims),
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
        date=day_text(t, manifest["created"]),
    )
    return t("report.title"), result.study.title, about


def _front(result: Result, t: Texts) -> Iterator[Block]:
    """Lay out what a reader sees first: the answer, every scenario, and what is certain."""
    yield Paragraph(t("common.not_patients"), NOTE)
    yield Heading(1, t("report.h_answer"), front=True, key="answer")
    yield Paragraph(" ".join(answer_sentences(result, t)), LEAD)
    if text := unanswered(result, t):
        yield Paragraph(text, WARNING)
    if roads := roads_text(t, result.manifest["roads"]):
        yield Paragraph(f"{t('report.mind')} {roads}", WARNING)
    yield Heading(1, t("report.h_table"), front=True, key="table")
    yield scenario_table(result, t)
    bounded = result.summary["moved_bound"].notna().any()
    notes = [t("report.table_note"), t("report.table_note_bound") if bounded else ""]
    yield Paragraph(" ".join(filter(None, (t("report.table_intro"), *notes))), NOTE)
    yield Heading(1, t("report.h_behind"), front=True, key="behind")
    yield Bullets(answer_details(result, t))
    for title, sentences in (
        (t("report.h_certain"), (*order_texts(result, t, always=True), *certain(result, t))),
        (t("report.h_depends"), depends(result, t)),
    ):
        if sentences:
            yield Heading(2, title, front=True)
            yield Bullets(sentences)
