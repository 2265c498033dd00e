from __future__ import annotations

import dataclasses
import datetime as dt
import html
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import docx
import numpy as np
import openpyxl
import pandas as pd
import pytest
from axe import serious_violations
from browser import LAPTOP, NEEDS_BROWSER, PHONE, Browser
from docx.oxml.ns import qn
from selenium.webdriver.common.by import By
from three_towns import files_in, impact
from toy import EMMEN_OPENS, KIDNEY, LEEUWARDEN, PANCREAS, toy_result

from impact.analysis.ranges import SUPPRESSED
from impact.analysis.result import NOT_VARIED, Sensitivity
from impact.outputs.appendix.blocks import (
    Bar,
    Bullets,
    Contents,
    Grid,
    Heading,
    Paragraph,
    Picture,
    cell_text,
)
from impact.outputs.appendix.comparison import sensitivity_chapter
from impact.outputs.appendix.content import document, document_title
from impact.outputs.appendix.docx import write_docx
from impact.outputs.appendix.trail import trail
from impact.outputs.appendix.xlsx import write_xlsx
from impact.outputs.files.folder import REPORT_FILES, RUN_FILES, write_run
from impact.outputs.files.run_archive import read_archive, write_archive
from impact.outputs.pages.a4 import sheet, write_a4
from impact.outputs.pages.report import write_report
from impact.outputs.text import texts
from impact.outputs.text.wording import whole_text
from impact.storage import check_output_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from browser import Page
    from selenium.webdriver.remote.webelement import WebElement

    from impact.analysis.result import Result
    from impact.outputs.appendix.blocks import Block

HOSTILE = {
    LEEUWARDEN: '"><img src=x onerror="window.hit = 1"> & more',
    PANCREAS: '=HYPERLINK("http://example.org"; "x")',
    KIDNEY: "𓀀 נִתּוּחַ 🏥 " + "heel lang " * 30,
    EMMEN_OPENS: "@SUM(1+1) $x^2$ {{ 7 * 7 }} </w:t>",
    "Emmen": "+31 <b>Emmen</b>",
}
SOFFICE = shutil.which("soffice")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def blocks(toy: Result) -> Sequence[Block]:
    claims = pd.DataFrame({"claim": ["Niemand reist een uur extra"], "verdict": ["holds"]})
    return document(toy, texts("nl"), files={"flows.csv": "abc123"}, claims=claims)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("hostile")
    return toy_result(folder, names=HOSTILE, title="<script>window.hit = 1</script>")


@pytest.fixture(scope="module")
def hostile_blocks(hostile: Result) -> Sequence[Block]:
    return document(hostile, texts("nl"))


@pytest.fixture(scope="module")
def word(toy: Result, blocks: Sequence[Block], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("word") / "report.docx"
    write_docx(toy, blocks, document_title(toy, texts("nl")), path, texts("nl"))
    return path


def said(blocks: Sequence[Block]) -> str:
    """Every text and number of the blocks."""
    parts: list[str] = []
    for block in blocks:
        if isinstance(block, Grid):
            cells = (value for row in block.rows for value in row)
            parts += [block.caption, *(cell_text(texts("nl"), value, "text") for value in cells)]
        elif isinstance(block, Picture):
            parts += [block.caption, block.alt]
        else:
            parts += [str(value) for value in vars(block).values()]
    return "\n".join(parts)


def chapters(blocks: Sequence[Block]) -> list[str]:
    """Titles in the table of contents."""
    headings = [each for each in blocks if isinstance(each, Heading)]
    return [each.text for each in headings if each.level == 1 and not each.front]


def sentences(blocks: Sequence[Block]) -> list[str]:
    """Sentences of paragraphs and lists, and captions as they are."""
    found: list[str] = []
    for block in blocks:
        if isinstance(block, (Grid, Picture)):
            found.append(block.caption)
        elif isinstance(block, (Bullets, Paragraph)):
            text = block.items if isinstance(block, Bullets) else (block.text,)
            found += [each for part in text for each in re.split(r"(?<=[.!?])\s+", part)]
    return found


def test_it_holds_a_chapter_per_intervention_and_what_it_rests_on(
    blocks: Sequence[Block],
) -> None:
    assert chapters(blocks) == [
        KIDNEY,
        PANCREAS,
        "Drie soorten verschil",
        "Wat 'van … tot … minuten extra' kan betekenen",
        "Uitspraken getoetst",
        "Methode",
        "Aannames die de cijfers bepalen",
        "Wie de behandelingen nu uitvoert",
        "Bronnen en licenties",
        "Hoe dit te herhalen is",
    ]
    first = next(place for place, each in enumerate(blocks) if isinstance(each, Contents))
    # the answer, and straight behind it the table of scenarios
    assert [type(each) for each in blocks[:5]] == [Paragraph, Heading, Paragraph, Heading, Grid]
    assert [each.text for each in blocks[:first] if isinstance(each, Heading)] == [
        "Het antwoord",
        "Per behandeling",
        "Wat achter het antwoord zit",
        "Wat vaststaat, welke ziekenhuizen ook stoppen",
        "Wat afhangt van de keuze",
    ]
    assert said(blocks).count("Inwoners zijn geen patiënten") == 1
    # how to repeat it stands last, and nowhere else
    assert "Versie" not in said(blocks[:-3])
    assert "Versie" in said(blocks[-3:])


def test_the_figures_are_those_of_the_run(toy: Result, blocks: Sequence[Block]) -> None:
    start = f"{PANCREAS}: elk genoemd scenario"
    cases = next(b for b in blocks if isinstance(b, Grid) and b.caption.startswith(start))
    summary = toy.summary[toy.summary["intervention"] == PANCREAS]
    t = texts("nl")
    cells = [[str(value).split("\n") for value in row] for row in cases.rows]
    assert [row[2][0] for row in cells] == [whole_text(t, x) for x in summary["moved"]]
    assert [row[3][0] for row in cells] == [whole_text(t, x) for x in summary["mean_extra_moved"]]
    assert [row[4] for row in cases.rows] == np.floor(summary["p90_extra"]).tolist()
    # which reading each row is, and who takes over
    readings = [t(f"tables.value_{each}") for each in summary["recipients"]]
    assert [row[1][0] for row in cells] == readings
    assert all(len(row[1]) == 2 for row in cells)
    # in front the same scenarios, one reading each
    front = next(each for each in blocks if isinstance(each, Grid))
    named = [str(row[1]).split("\n")[0] for row in front.rows if str(row[0]).startswith(PANCREAS)]
    assert named == [row[0][0] for row in cells if row[0][0] != t("report.instead")]


def test_counts_from_hidden_cells_stand_between_their_bounds(toy: Result) -> None:
    about = {"mean_over": SUPPRESSED, "mean_low": 20.2, "mean_high": 49.7}
    rows = toy.summary.assign(**about, moved_low=8_000.4, moved_high=12_000.6)
    made = document(dataclasses.replace(toy, summary=rows), texts("nl"))
    front, chapter, *_ = [each for each in made if isinstance(each, Grid)]
    for row in (*front.rows, *chapter.rows):
        cells = [str(value).split("\n") for value in row]
        assert sum("door afgeschermde aantallen 20 tot 50" in cell for cell in cells) == 1
        assert sum("door afgeschermde aantallen 8.000 tot 12.001" in cell for cell in cells) == 1
    assert "afgeschermde" not in said(document(toy, texts("nl")))


def test_a_chapter_begins_with_figures_verdict_and_map(blocks: Sequence[Block]) -> None:
    chapter = [each.text if isinstance(each, Heading) else "" for each in blocks].index(PANCREAS)
    following = blocks[chapter + 1 :]
    end = next(place for place, b in enumerate(following) if isinstance(b, Heading))
    core = following[:end]
    # every case, and municipalities with a column per scenario
    grids = [each for each in core if isinstance(each, Grid)]
    assert [len(each.headers) for each in grids] == [9, 4]
    # of both scenarios alike, so said once
    assert said(core).count("niet te beoordelen, geen aantallen per ziekenhuis") == 1
    # both scenarios beside each other, and of each its map
    assert [each.caption.startswith(PANCREAS) for each in core if isinstance(each, Picture)] == [
        True
    ]
    affected = [
        place
        for place, each in enumerate(following)
        if isinstance(each, Heading) and each.text.startswith("Wie het treft")
    ]
    assert [type(following[place + 1]) for place in affected[:2]] == [Picture, Picture]


def test_every_picture_says_what_it_shows(blocks: Sequence[Block]) -> None:
    pictures = [each for each in blocks if isinstance(each, Picture)]
    # map, distribution and flows of three cases, the scenarios of one, and the interventions
    assert len(pictures) == 3 * 3 + 2
    assert all(each.png().startswith(b"\x89PNG") for each in pictures)
    assert all("<svg" in each.markup() and "aria-label" in each.markup() for each in pictures)
    assert any("Leeuwarden" in each.alt for each in pictures)
    assert len({each.alt for each in pictures}) == len(pictures)


def test_what_is_not_known_is_said(toy: Result) -> None:
    text = said([*trail(toy, texts("nl"), files={}, claims=None)])
    assert "De rekenmarge (andere snelheden, andere wegen) is in deze uitvoer niet" in text
    assert "claims.csv ontbreekt" in text
    assert list(sensitivity_chapter(toy, texts("nl"))) == []


def test_a_margin_that_was_computed_is_shown(toy: Result, tmp_path: Path) -> None:
    span = {"factor": "speeds", "kind": "margin", "low": 20.0, "high": 30.0}
    span |= {"low_value": "", "high_value": ""}
    order = {"intervention": PANCREAS, "better": "B", "worse": "A", "agree": 7, "of": 7}
    found = Sensitivity(
        rows=NOT_VARIED,
        draws=np.empty((0, len(toy.cases))),
        spans=tuple(pd.DataFrame([span]) for _ in toy.cases),
        margins=tuple((20.0, 30.0) for _ in toy.cases),
        orders=pd.DataFrame([order]),
        members=6,
        spread=0.1,
        seed=1,
    )
    known = toy.summary.assign(extra_low=20.0, extra_high=30.0, band="calculation")
    result = dataclasses.replace(toy, summary=known, sensitivity=found)
    chapter = list(sensitivity_chapter(result, texts("nl")))
    text = said(chapter)
    assert "rekenmarge 20 tot 30" in text
    bars = [x for b in chapter if isinstance(b, Grid) for row in b.rows for x in row]
    assert {bar.text for bar in bars if isinstance(bar, Bar)} == {"20 en 30"}
    always = (
        f"{PANCREAS}: in alle 7 doorrekeningen geeft B over iedereen samen minder extra reistijd"
    )
    assert always in text
    # what never changes leads on the sheet for the table, which then knows its margin
    made = sheet(result, texts("nl"))
    assert made.certain[0].startswith(always)
    assert "rekenmarge 20 tot 30" in made.rows[0].mean
    # and it comes back from a folder
    write_archive(result, tmp_path / "run.zip")
    again = read_archive(tmp_path / "run.zip").sensitivity
    assert again is not None
    assert again.members == 6
    pd.testing.assert_frame_equal(again.spans[0], found.spans[0], check_dtype=False)


def test_word_has_styles_captions_contents_and_alt_texts(
    word: Path, blocks: Sequence[Block]
) -> None:
    document = docx.Document(str(word))
    styles = {paragraph.style.name for paragraph in document.paragraphs}
    assert {"Title", "Heading 1", "Heading 2", "Caption", "List Bullet", "toc 1"} <= styles
    entries = [p for p in document.paragraphs if p.style.name == "toc 1"]
    linked = ["".join(x.text or "" for x in p._p.iter(qn("w:t"))).strip() for p in entries]
    assert linked == chapters(blocks)
    codes = [each.text or "" for each in document.element.body.iter(qn("w:instrText"))]
    assert sum("PAGEREF" in code for code in codes) == len(linked)
    grids = [each for each in blocks if isinstance(each, Grid)]
    pictures = [each for each in blocks if isinstance(each, Picture)]
    assert sum("SEQ Tabel" in code for code in codes) == len(grids) == len(document.tables)
    assert sum("SEQ Figuur" in code for code in codes) == len(pictures)
    begun = [x.get(qn("w:fldCharType")) for x in document.element.body.iter(qn("w:fldChar"))]
    assert begun.count("begin") == begun.count("separate") == begun.count("end")
    for table in document.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    alts = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert alts == [each.alt for each in pictures]
    # Dutch numbers: a point for thousands, and nowhere a decimal comma
    cells = [cell.text for table in document.tables[:4] for row in table.rows for cell in row.cells]
    assert "10.900" in cells
    assert not any(re.fullmatch(r"\d+,\d+", text) for text in cells)


class Outline(HTMLParser):
    """Headings, captions of tables and captions of figures of a page, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wanted = re.fullmatch("h[2-6]|caption|figcaption", tag)
        if wanted and ("id", "contents") not in attrs:
            self._inside = True
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside &= re.fullmatch("h[2-6]|caption|figcaption", tag) is None

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def test_page_and_word_hold_the_same_headings_tables_and_figures(
    toy: Result, word: Path, tmp_path: Path
) -> None:
    claims = pd.DataFrame({"claim": ["Niemand reist een uur extra"], "verdict": ["holds"]})
    write_report(toy, tmp_path / "x.html", files={"flows.csv": "abc123"}, claims=claims)
    outline = Outline()
    outline.feed((tmp_path / "x.html").read_text(encoding="utf-8"))
    styles = ("Heading 1", "Heading 2", "Heading 3", "Caption")
    document = docx.Document(str(word))
    written = [each.text for each in document.paragraphs if each.style.name in styles]
    assert len(written) > 40
    assert [" ".join(each.split()) for each in outline.found] == written


def test_no_sentence_stands_twice(
    toy: Result, noordoost_result: Result, blocks: Sequence[Block]
) -> None:
    for result, made in (
        (toy, blocks),
        (noordoost_result, document(noordoost_result, texts("nl"))),
    ):
        starts = [place for place, b in enumerate(made) if isinstance(b, Heading) and b.level == 1]
        parts = [made[: starts[0]]]
        parts += [made[a:b] for a, b in zip(starts, [*starts[1:], len(made)], strict=True)]
        names = set(result.study.names)
        of_one = [p for p in parts if isinstance(p[0], Heading) and p[0].text in names]
        rest = [b for p in parts if not any(p is each for each in of_one) for b in p]
        assert len(of_one) == len(names)
        # of two treatments the same may be true, and is then said of each
        for chapter in of_one:
            found = sentences([*rest, *chapter])
            assert {each for each in found if found.count(each) > 1} == set()
        assert set.intersection(*(set(sentences(chapter)) for chapter in of_one)) == set()


def test_a_run_draws_no_pictures_for_paper(toy: Result, tmp_path: Path) -> None:
    write_archive(toy, tmp_path / "run.zip")
    code = (
        "import sys; from pathlib import Path; from impact.outputs.files.folder import write_run;"
        "from impact.outputs.files.run_archive import read_archive;"
        "write_run(read_archive(Path(sys.argv[1])), sys.argv[2]);"
        "assert 'matplotlib' not in sys.modules and 'docx' not in sys.modules"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "run.zip"), str(tmp_path / "out")]
    subprocess.run(command, check=True, timeout=120)
    assert (tmp_path / "out" / "report.html").is_file()


def test_excel_has_typed_cells_and_a_margin_to_change(toy: Result, tmp_path: Path) -> None:
    about = {"volume_before": 40.0, "volume_after": 55.0}
    rows = toy.volumes.assign(kind="registered", meets_norm="yes", **about)
    known = dataclasses.replace(toy, volumes=rows)
    write_xlsx(known, tmp_path / "x.xlsx", texts("nl"), margin=0.1, files={"flows.csv": "abc"})
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert book.sheetnames[:3] == ["Overzicht", "Voor op tafel", "Norm"]
    norm = book["Norm"]
    assert norm["B1"].value == 0.1
    assert norm["B1"].number_format == "0%"
    assert norm["F5"].value.startswith("=IF(D5<C5,")
    assert openpyxl.load_workbook(tmp_path / "x.xlsx", data_only=True)["Norm"]["F5"].value == (
        "ruim gehaald"
    )
    candidates = book["Mogelijke verdelingen"]
    assert candidates.auto_filter.ref
    assert candidates.freeze_panes == "A2"
    assert isinstance(candidates["D2"].value, float)


def test_excel_has_a_chart_of_its_own(toy: Result, tmp_path: Path) -> None:
    write_xlsx(toy, tmp_path / "x.xlsx", texts("nl"), margin=0.1, files={})
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    page, (chart,) = book["Voor op tafel"], book["Grafiek"]._charts
    mean, tenth = chart.series
    (start, end) = mean.val.numRef.f.rpartition("!")[2].replace("$", "").split(":")
    values = [page[f"D{row}"].value for row in range(int(start[1:]), int(end[1:]) + 1)]
    expected = [view.row["mean_extra_moved"] for view in toy.principal]
    assert np.allclose(values, expected)
    assert tenth.val.numRef.f.startswith("'Voor op tafel'!$E$")


@pytest.mark.parametrize("days", [0, 1, 2])
def test_the_time_plan_stands_where_scenarios_have_days(
    toy: Result, tmp_path: Path, days: int
) -> None:
    day = dt.date(2027, 1, 1)
    scenarios = tuple(
        dataclasses.replace(each, start=day if place < days else None, status="")
        for place, each in enumerate(toy.study.scenarios)
    )
    assert len(scenarios) == 2
    dated = dataclasses.replace(toy, study=dataclasses.replace(toy.study, scenarios=scenarios))
    made = document(dated, texts("nl"))
    assert ("Tijdplan" in chapters(made)) == (days > 0)
    grids = [
        each for each in made if isinstance(each, Grid) and each.caption.startswith("Tijdplan")
    ]
    # with two days for one treatment nobody knows which is the plan
    assert len(grids) == (days == 1)
    for grid in grids:
        assert (PANCREAS, LEEUWARDEN, "1-1-2027") in [(row[0], row[2], row[4]) for row in grid.rows]
    assert ("Welk van hen het plan is" in said(made)) == (days == 2)
    write_xlsx(dated, tmp_path / "x.xlsx", texts("nl"), margin=0.1, files={})
    names = openpyxl.load_workbook(tmp_path / "x.xlsx").sheetnames
    assert ("Tijdplan" in names) == (days == 1)


def test_no_formula_judges_what_nobody_counted(toy: Result, tmp_path: Path) -> None:
    about = {"volume_before": 40.0, "volume_after": 27.0, "meets_norm": ""}
    for kind, words in (("modelled", "geen oordeel"), ("registered", "laten het open")):
        known = dataclasses.replace(toy, volumes=toy.volumes.assign(kind=kind, **about))
        write_xlsx(known, tmp_path / "x.xlsx", texts("nl"), margin=0.1, files={})
        norm = openpyxl.load_workbook(tmp_path / "x.xlsx")["Norm"]
        assert words in norm["F5"].value
        assert norm["E5"].value is None
        # and no cell of the report is left empty for it
        page = said(document(known, texts("nl")))
        assert page.count("geen oordeel") >= len(known.volumes)


def test_no_volumes_no_norm_sheet(toy: Result, tmp_path: Path) -> None:
    write_xlsx(toy, tmp_path / "x.xlsx", texts("en"), margin=0.1, files={})
    assert "Norm" not in openpyxl.load_workbook(tmp_path / "x.xlsx").sheetnames


def test_hostile_names_survive_as_plain_text(
    hostile: Result,
    hostile_blocks: Sequence[Block],
    tmp_path: Path,
) -> None:
    t = texts("nl")
    head = document_title(hostile, t)
    write_docx(hostile, hostile_blocks, head, tmp_path / "x.docx", t)
    write_xlsx(hostile, tmp_path / "x.xlsx", t, margin=0.1, files={})
    write_report(hostile, tmp_path / "x.html")
    write_a4(hostile, tmp_path / "a4.html")
    document = docx.Document(str(tmp_path / "x.docx"))
    inside = "\n".join(x.text or "" for x in document.element.body.iter(qn("w:t")))
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    for name in HOSTILE.values():
        assert name.strip() in inside
    for made in (page, (tmp_path / "a4.html").read_text(encoding="utf-8")):
        assert "<img src=x" not in made
        assert "<script>window" not in made
        assert "&lt;img src=x onerror=" in made
    for each in openpyxl.load_workbook(tmp_path / "x.xlsx"):
        for row in each.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None


@pytest.mark.browser
@NEEDS_BROWSER[1]
def test_the_page_opens_anywhere_and_hostile_names_do_nothing(
    hostile: Result, tmp_path: Path, browser: Browser
) -> None:
    write_report(hostile, tmp_path / "x.html")
    page = browser.open(tmp_path / "x.html", **PHONE)
    assert page.run("return window.hit === undefined")
    assert page.console_errors() == []
    assert page.outside_requests() == []
    assert page.fits_the_screen()
    assert page.captions_fit()
    assert serious_violations(page) == []
    assert page.run("return document.images.length") == 0


@pytest.mark.browser
@NEEDS_BROWSER[1]
def test_a_phone_shows_every_figure_of_every_case(
    toy: Result, tmp_path: Path, browser: Browser
) -> None:
    write_report(toy, tmp_path / "x.html")
    page = browser.open(tmp_path / "x.html", **PHONE)
    for table in page.driver.find_elements(By.CSS_SELECTOR, "table.stacked"):
        heads = table.find_elements(By.CSS_SELECTOR, "thead th")
        cells = table.find_elements(By.CSS_SELECTOR, "tbody tr:first-child > *")
        assert all(each.is_displayed() for each in cells)
        assert all(0 < each.rect["x"] + each.rect["width"] <= PHONE["width"] for each in cells)
        # what a figure is stands above it, where the head of the table is out of sight
        said = [each.get_attribute("data-label") for each in cells[1:]]
        assert said == [each.get_attribute("textContent") for each in heads[1:]]
    front = page.driver.find_element(By.CSS_SELECTOR, "table.stacked")
    assert "Van hen gemiddeld extra" in said_before(page, front)
    page = browser.open(tmp_path / "x.html", **LAPTOP)
    assert said_before(page, page.driver.find_element(By.CSS_SELECTOR, "table.stacked")) == []
    assert page.fits_on_paper()


def said_before(page: Page, table: WebElement) -> list[str]:
    """What a style puts above the cells of the first row."""
    found = page.run(
        "return [...arguments[0].querySelectorAll('tbody tr:first-child td')].map((each) => "
        "getComputedStyle(each, '::before').content).filter((each) => each !== 'none')",
        table,
    )
    return [each.strip('"') for each in found]


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_it_with_its_contents(
    word: Path, blocks: Sequence[Block], tmp_path: Path
) -> None:
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    arguments = ["--headless", "--convert-to", "fodt", "--outdir", str(tmp_path)]
    subprocess.run(
        [str(SOFFICE), profile, *arguments, str(word)], check=True, capture_output=True, timeout=120
    )
    written = (tmp_path / "report.fodt").read_text(encoding="utf-8")
    # the page of each chapter is worked out when the pages are
    assert written.count('text:reference-format="page"') == len(chapters(blocks))
    text = html.unescape(re.sub("<[^>]*>", "", written[written.index("<office:body") :]))
    contents = text[text.index("Inhoud") : text.index("Wie reist hoeveel langer")]
    assert all(chapter in contents for chapter in chapters(blocks))
    assert "Tabel 1. " in text
    assert "Figuur 1. " in text


def test_the_command_writes_what_is_asked(toy: Result, tmp_path: Path) -> None:
    about = {"meets_norm": "yes", "volume_before": 40.0, "volume_after": 55.0}
    counted = toy.volumes.assign(kind="registered", **about)
    write_run(dataclasses.replace(toy, volumes=counted), tmp_path / "out")
    before = files_in(tmp_path / "out")

    outcome = impact("report", tmp_path / "out", "--xlsx", "--margin", "25")

    assert outcome.code == 0, outcome.err
    assert files_in(tmp_path / "out") - before == {"extra/report.xlsx"}
    assert "25%" in (tmp_path / "out" / "a4.html").read_text(encoding="utf-8")
    # a run may be repeated into a folder that has its report as a workbook
    check_output_folder(tmp_path / "out", (*RUN_FILES, *REPORT_FILES), command="run")
    assert impact("report", tmp_path / "out", "--margin", "-1").code == 2
    refused = impact("report", tmp_path / "none")
    assert refused.code == 2
    assert "manifest.json" in refused.err
