from __future__ import annotations

import io
import shutil
import subprocess
from typing import TYPE_CHECKING

import openpyxl
import pytest
from pptx import Presentation
from three_towns import files_in, impact
from toy import EMMEN_OPENS, KIDNEY, LEEUWARDEN, PANCREAS, toy_result

from impact.outputs.files.folder import SLIDES, write_run
from impact.outputs.pages.a4 import sheet_cases
from impact.outputs.slides import write_slides
from impact.outputs.text import texts
from impact.outputs.text.answer import answer_sentences
from impact.outputs.text.people import people_text
from impact.outputs.text.rounding import rounded_down
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import whole_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pptx.slide import Slide

    from impact.analysis.result import Result

SOFFICE = shutil.which("soffice")
HOSTILE = {
    LEEUWARDEN: '"><img src=x> & more',
    PANCREAS: '=HYPERLINK("http://example.org"; "x")',
    KIDNEY: "http://example.org/" + "heel lang " * 30,
    EMMEN_OPENS: "@SUM(1+1) $x^2$ {{ 7 * 7 }} </a:t>",
}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


def said(slide: Slide) -> str:
    parts = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    for shape in slide.shapes:
        if shape.has_table:
            parts += [cell.text for row in shape.table.rows for cell in row.cells]
    return "\n".join(parts)


def opened(result: Result, path: Path, lang: str = "nl") -> Sequence[Slide]:
    write_slides(result, path, lang=lang)
    return list(Presentation(str(path)).slides)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_slides_say_what_the_run_found(
    noordoost_result: Result, tmp_path: Path, lang: str
) -> None:
    t = texts(lang)
    slides = opened(noordoost_result, tmp_path / "x.pptx", lang)
    cases = sheet_cases(noordoost_result)
    assert [slide.shapes.title.text for slide in slides] == [
        noordoost_result.study.title,
        t("report.h_answer"),
        *(view.case.intervention.name for view in cases),
        t("slides.h_comparison"),
        t("appendix.h_method"),
    ]
    for sentence in answer_sentences(noordoost_result, t):
        assert sentence in said(slides[1])
    for view, slide in zip(cases, slides[2:], strict=False):
        text = said(slide)
        assert people_text(t, view) in text
        assert plain_treatment(t, view.case.intervention.name) in text
        assert whole_text(t, view.row["mean_extra_moved"]) in text
        for name, extra in view.hardest_hit["mean_extra_moved"].head(5).items():
            assert str(name) in text
            assert whole_text(t, extra) in text


def test_the_chart_holds_the_figures_in_full(noordoost_result: Result, tmp_path: Path) -> None:
    slides = opened(noordoost_result, tmp_path / "x.pptx")
    chart = next(shape.chart for shape in slides[-2].shapes if shape.has_chart)
    cases = sheet_cases(noordoost_result)
    mean, tenth = chart.plots[0].series
    assert list(mean.values) == [view.row["mean_extra_moved"] for view in cases]
    assert list(tenth.values) == [rounded_down(view.row["p90_extra"]) for view in cases]


def test_every_picture_and_chart_says_what_it_shows(toy: Result, tmp_path: Path) -> None:
    for slide in opened(toy, tmp_path / "x.pptx"):
        for shape in slide.shapes:
            if shape.has_chart or shape.shape_type == 13:
                assert shape._element._nvXxPr.cNvPr.get("descr")


def test_hostile_names_are_text(tmp_path: Path) -> None:
    result = toy_result(tmp_path, names=HOSTILE, title="<script>window.hit = 1</script>")
    slides = opened(result, tmp_path / "x.pptx")
    text = "\n".join(map(said, slides))
    for name in HOSTILE.values():
        assert name.strip() in text
    chart = next(shape.chart for shape in slides[-2].shapes if shape.has_chart)
    book = openpyxl.load_workbook(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob))
    for row in book.active.iter_rows():
        for cell in row:
            assert cell.data_type != "f"
            assert cell.hyperlink is None


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_the_slides(toy: Result, tmp_path: Path) -> None:
    write_run(toy, tmp_path / "out")
    before = files_in(tmp_path / "out")
    outcome = impact("report", tmp_path / "out", "--pptx")
    assert outcome.code == 0, outcome.err
    assert files_in(tmp_path / "out") - before == {SLIDES}
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    arguments = ["--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run(
        [str(SOFFICE), profile, *arguments, str(tmp_path / "out" / SLIDES)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert (tmp_path / "slides.pdf").stat().st_size > 10_000
