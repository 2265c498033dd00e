"""report.docx: real styles, captions that number themselves, a table of contents, alt texts."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Length, Mm, Pt, RGBColor

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
    cell_text,
    printable,
)
from impact.outputs.files.columns import TEXT
from impact.outputs.files.sheets import PROSE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from docx.document import Document
    from docx.shape import InlineShape
    from docx.text.paragraph import Paragraph as DocxParagraph

    from impact.analysis.result import Result
    from impact.outputs.appendix.blocks import Block
    from impact.outputs.text import Texts


def add_field(paragraph: DocxParagraph, code: str, shown: str, *, stale: bool = False) -> None:
    """Add a field; one that is stale is worked out when the document is opened."""
    _run(paragraph, _character("begin", stale=stale))
    instruction = OxmlElement("w:instrText")
    instruction.set(qn("xml:space"), "preserve")
    instruction.text = f" {code} "
    _run(paragraph, instruction)
    _run(paragraph, _character("separate"))
    paragraph.add_run(shown)
    _run(paragraph, _character("end"))


def add_link(paragraph: DocxParagraph, text: str, bookmark: str) -> None:
    """Add an entry of a table of contents: a link with the number of the page behind it."""
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), bookmark)
    link.set(qn("w:history"), "1")
    before = len(paragraph._p)  # noqa: SLF001 (python-docx has no way to make links)
    paragraph.add_run(f"{text}\t")
    add_field(paragraph, f"PAGEREF {bookmark} \\h", " ", stale=True)
    for run in list(paragraph._p)[before:]:  # noqa: SLF001
        link.append(run)
    paragraph._p.append(link)  # noqa: SLF001


def add_bookmark(paragraph: DocxParagraph, name: str, number: int) -> None:
    """Put a bookmark around a paragraph."""
    element: Any = paragraph._p  # noqa: SLF001
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for each in (start, end):
        each.set(qn("w:id"), str(number))
    start.set(qn("w:name"), name)
    element.insert(1 if element.pPr is not None else 0, start)
    element.append(end)


def describe_picture(shape: InlineShape, alt: str, title: str) -> None:
    """Give a picture the text that is read to who cannot see it."""
    properties: Any = shape._inline.docPr  # noqa: SLF001
    properties.set("descr", alt)
    properties.set("title", title)


def shade(paragraph: DocxParagraph, colour: str) -> None:
    """Fill the background of a paragraph."""
    filling = OxmlElement("w:shd")
    for key, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        filling.set(qn(f"w:{key}"), value)
    properties: Any = paragraph._p.get_or_add_pPr()  # noqa: SLF001
    properties.append(filling)


def set_font(style: Any, name: str) -> None:  # noqa: ANN401 (python-docx's own type)
    """Set the letters of a style, in place of those of the theme."""
    style.font.name = name
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for key in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.attrib.pop(qn(f"w:{key}Theme"), None)
        fonts.set(qn(f"w:{key}"), name)


def set_language(style: Any, language: str) -> None:  # noqa: ANN401 (python-docx's own type)
    """Say in which language a style is written, for the spelling checker and screen readers."""
    mark = OxmlElement("w:lang")
    mark.set(qn("w:val"), language)
    style.element.get_or_add_rPr().append(mark)


def _character(kind: str, *, stale: bool = False) -> Any:  # noqa: ANN401 (an XML element)
    made = OxmlElement("w:fldChar")
    made.set(qn("w:fldCharType"), kind)
    if stale:
        made.set(qn("w:dirty"), "true")
    return made


def _run(paragraph: DocxParagraph, element: Any) -> None:  # noqa: ANN401
    paragraph.add_run()._r.append(element)  # noqa: SLF001


_MARGIN = Mm(16)
_TEXT_WIDTH = Mm(210) - 2 * _MARGIN
_TALLEST = Mm(165)
_FONT = "Arial"
"""On every machine, or one as wide."""
_INK = RGBColor(0x1F, 0x4E, 0x79)
_LETTER, _BOLD, _CAPITAL = 4.4, 1.1, 0.3
"""Points that a letter of a cell takes, and how much more a bold one and a capital."""
_BESIDE = Mm(1)
_AROUND = {"top": Mm(0.4), "left": _BESIDE, "bottom": Mm(0.6), "right": _BESIDE}
"""Room around the text of a cell."""
_SHORT = 6
"""Rows of a table that stays on one page."""
_HEADER_FILL, _WARNING_FILL = "DCE6EE", "FFF4D6"
_GREY = '<w:rPr><w:color w:val="52606D"/></w:rPr>'
_BREAK = re.compile(r"[\s\-/]+")
_MAY_BREAK = "\u200b"
"""Where a line may end within 'maag-/slokdarmkanker'."""
_CELL = "Impactcell"
"""Identifier of the style of cells."""
_LANGUAGES = {"nl": "nl-NL", "en": "en-GB"}
_KINDS = {LEAD: "Intense Quote", WARNING: "Impact warning", NOTE: "Impact note"}


def write_docx(
    result: Result, blocks: Sequence[Block], head: Sequence[str], path: Path, t: Texts
) -> None:
    """Write the report as a Word document.

    Notes
    -----
    Page numbers in the table of contents, and numbers of captions, are fields. The table is no
    field itself: LibreOffice shows what is inside such a one as it was written, without pages.
    """
    document = docx.Document()
    _styles(document, _LANGUAGES[t.lang])
    created = dt.datetime.fromisoformat(str(result.manifest["created"])).astimezone(dt.UTC)
    properties = document.core_properties
    properties.title = printable(f"{head[0]} – {head[1]}")[:255]
    properties.author = str(result.manifest["program"])
    properties.language = _LANGUAGES[t.lang]
    properties.created = properties.modified = created.replace(tzinfo=None)
    _footer(document, printable(head[1]), t)
    document.add_paragraph(head[0], style="Subtitle")
    document.add_paragraph(printable(head[1]), style="Title")
    document.add_paragraph(printable(head[2]), style="Impact note")
    writer = _Writer(document, t, [each for each in blocks if isinstance(each, Heading)])
    for block in blocks:
        writer.add(block)
    document.save(str(path))


class _Writer:
    """Adds blocks to a document, counting captions and headings."""

    def __init__(self, document: Document, t: Texts, headings: Sequence[Heading]) -> None:
        self._document, self._t, self._headings = document, t, headings
        self._counts = {"table": 0, "figure": 0}
        self._heading = 0
        self._landscape = False

    @property
    def _room(self) -> int:
        """Width of the text."""
        section = self._document.sections[-1]
        width, left, right = section.page_width, section.left_margin, section.right_margin
        return int(width or 0) - int(left or 0) - int(right or 0)

    def _turn(self) -> None:
        """Go on in a section whose pages lie the other way."""
        section = self._document.add_section(WD_SECTION.NEW_PAGE)
        self._landscape = not self._landscape
        section.orientation = WD_ORIENT.LANDSCAPE if self._landscape else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = section.page_height, section.page_width

    def add(self, block: Block) -> None:
        """Add one block."""
        if isinstance(block, Heading):
            self._add_heading(block)
        elif isinstance(block, Paragraph):
            self._add_paragraph(block)
        elif isinstance(block, Bullets):
            for item in block.items:
                self._document.add_paragraph(printable(item), style="List Bullet")
        elif isinstance(block, Grid):
            self._add_grid(block)
        elif isinstance(block, Picture):
            self._add_picture(block)
        else:
            self._add_contents(block)

    def _add_heading(self, block: Heading) -> None:
        turned = block.level == 1 and block.landscape != self._landscape
        if turned:
            self._turn()
        paragraph = self._document.add_heading(printable(block.text), level=block.level)
        begins = block.level == 1 and not block.front
        paragraph.paragraph_format.page_break_before = begins and not turned
        add_bookmark(paragraph, _bookmark(self._heading), self._heading)
        self._heading += 1

    def _add_paragraph(self, block: Paragraph) -> None:
        if block.kind == FORMULA:
            self._document.add_paragraph(printable(block.text), style="Impact formula")
            return
        paragraph = self._document.add_paragraph(
            printable(block.text), style=_KINDS.get(block.kind, "Normal")
        )
        if block.kind == WARNING:
            shade(paragraph, _WARNING_FILL)

    def _add_grid(self, block: Grid) -> None:
        caption = self._caption("table", block.caption)
        caption.paragraph_format.keep_with_next = True
        table = self._document.add_table(rows=0, cols=len(block.headers))
        table.style = "Table Grid"
        table.alignment = WD_TABLE_ALIGNMENT.LEFT
        table.autofit = False
        kinds = [header.kind for header in block.headers]
        rows = [[header.text for header in block.headers]]
        rows += [
            [cell_text(self._t, value, kind) for value, kind in zip(values, kinds, strict=True)]
            for values in block.rows
        ]
        widths = _widths(block, rows, self._room)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        around = [f'<w:{side} w:w="{room.twips}" w:type="dxa"/>' for side, room in _AROUND.items()]
        margins = parse_xml(f"<w:tblCellMar {nsdecls('w')}>{''.join(around)}</w:tblCellMar>")
        table._tbl.tblPr.append(margins)  # noqa: SLF001 (python-docx has no way to set them)
        end = len(rows) - 1
        written = [
            _row(texts, kinds, widths, head=place == 0, keep=place < end <= _SHORT)
            for place, texts in enumerate(rows)
        ]
        # as XML at once: python-docx searches the whole table for every cell
        made = parse_xml(f"<w:tbl {nsdecls('w')}>{''.join(written)}</w:tbl>")
        table._tbl.extend(made)  # noqa: SLF001
        self._document.add_paragraph(style="Impact gap")

    def _add_picture(self, block: Picture) -> None:
        paragraph = self._document.add_paragraph(style="Impact picture")
        shape = paragraph.add_run().add_picture(io.BytesIO(block.png()))
        scale = min(1.0, self._room / shape.width, _TALLEST / shape.height)
        shape.width, shape.height = round(shape.width * scale), round(shape.height * scale)
        describe_picture(shape, printable(block.alt), printable(block.caption))
        paragraph.paragraph_format.keep_with_next = True
        self._caption("figure", block.caption)

    def _caption(self, kind: str, text: str) -> DocxParagraph:
        self._counts[kind] += 1
        label = self._t("appendix.table") if kind == "table" else self._t("appendix.figure")
        paragraph = self._document.add_paragraph(f"{label} ", style="Caption")
        add_field(paragraph, f"SEQ {label} \\* ARABIC", str(self._counts[kind]))
        paragraph.add_run(f". {printable(text)}")
        return paragraph

    def _add_contents(self, block: Contents) -> None:
        heading = self._document.add_paragraph(block.title, style="TOC Heading")
        heading.paragraph_format.page_break_before = True
        found = [
            (n, each) for n, each in enumerate(self._headings) if each.level == 1 and not each.front
        ]
        for number, each in found:
            paragraph = self._document.add_paragraph(style="toc 1")
            add_link(paragraph, printable(each.text), _bookmark(number))


def _bookmark(number: int) -> str:
    return f"_Toc{number:06d}"


def _row(
    texts: Sequence[str], kinds: Sequence[str], widths: Sequence[int], *, head: bool, keep: bool
) -> str:
    """Write a row that no page breaks; a head stands at the top of every page of its table."""
    fill = f'<w:shd w:val="clear" w:color="auto" w:fill="{_HEADER_FILL}"/>' if head else ""
    bold = "<w:rPr><w:b/></w:rPr>" if head else ""
    kept = "<w:keepNext/>" if keep else ""
    parts = [f"<w:tr><w:trPr>{'<w:tblHeader/>' if head else ''}<w:cantSplit/></w:trPr>"]
    for text, kind, width in zip(texts, kinds, widths, strict=True):
        right = "" if kind in {TEXT, PROSE} else '<w:jc w:val="right"/>'
        parts.append(
            f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{Length(width).twips}"/>{fill}</w:tcPr>'
            f'<w:p><w:pPr><w:pStyle w:val="{_CELL}"/>{kept}{right}</w:pPr>'
            f"{_runs(text, bold)}</w:p></w:tc>"
        )
    return "".join([*parts, "</w:tr>"])


def _runs(text: str, bold: str) -> str:
    """Write the lines of a cell: the figure, and what is said beneath it in grey."""
    lines = escape(printable(text)).replace("\r", "\n").replace("-/", f"-/{_MAY_BREAK}").split("\n")
    first, *rest = (f'<w:t xml:space="preserve">{line}</w:t>' for line in lines)
    beneath = f"<w:r>{_GREY}<w:br/>{'<w:br/>'.join(rest)}</w:r>" if rest else ""
    return f"<w:r>{bold}{first}</w:r>{beneath}"


def _widths(block: Grid, rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """Widths of columns, in the proportions of the headers; no word is broken where that fits."""
    wanted = [header.characters for header in block.headers]
    letters = [max(map(_longest, column)) for column in zip(*rows, strict=True)]
    letters = [
        max(most, _BOLD * _longest(header.text))
        for most, header in zip(letters, block.headers, strict=True)
    ]
    least = [float(Pt(_LETTER * (most + 1.0)) + 2 * _BESIDE) for most in letters]
    spare = max(0.0, room - sum(least))
    widths = [each + spare * share / sum(wanted) for each, share in zip(least, wanted, strict=True)]
    return [int(room * each / sum(widths)) for each in widths]


def _longest(text: str) -> float:
    """Letters of the longest word, as far as a line can break; a capital takes more."""
    words = _BREAK.split(text)
    return max(len(word) + _CAPITAL * sum(map(str.isupper, word)) for word in words)


def _styles(document: Document, language: str) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = _MARGIN
    section.top_margin, section.bottom_margin = Mm(20), Mm(20)
    styles: Any = document.styles
    normal = styles["Normal"]
    normal.font.size = Pt(9.5)
    normal.paragraph_format.space_after = Pt(4)
    set_language(normal, language)
    for level, size in ((1, 16), (2, 12), (3, 10.5)):
        style = styles[f"Heading {level}"]
        style.font.size, style.font.color.rgb = Pt(size), _INK
        style.paragraph_format.space_before = Pt(0 if level == 1 else 9)
        style.paragraph_format.space_after = Pt(3)
        style.paragraph_format.keep_with_next = True
    for name in ("Normal", "Heading 1", "Heading 2", "Heading 3", "Title", "Subtitle"):
        set_font(styles[name], _FONT)
    styles["Title"].font.size = Pt(20)
    styles["Caption"].font.size = Pt(8.5)
    styles["Caption"].font.color.rgb = RGBColor(0x3A, 0x46, 0x50)
    styles["Intense Quote"].paragraph_format.left_indent = Cm(0)
    styles["Intense Quote"].paragraph_format.right_indent = Cm(0)
    styles["Intense Quote"].font.italic = styles["Intense Quote"].font.bold = False
    styles["Intense Quote"].font.color.rgb = RGBColor(0x1B, 0x27, 0x33)
    for name, size in (
        ("Impact note", 8.5),
        ("Impact warning", 9.5),
        ("Impact formula", 10),
        ("Impact cell", 7.5),
        ("Impact picture", 10),
        ("Impact gap", 4),
        ("toc 1", 10.5),
    ):
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style, style.font.size = normal, Pt(size)
    heading = styles["TOC Heading"]
    heading.base_style, heading.font.size = normal, Pt(16)
    heading.font.color.rgb = _INK
    styles["Impact formula"].font.name = "Cambria Math"
    styles["Impact formula"].paragraph_format.left_indent = Cm(1)
    styles["Impact cell"].paragraph_format.space_after = Pt(0)
    styles["Impact gap"].paragraph_format.space_after = Pt(2)
    stops = styles["toc 1"].paragraph_format.tab_stops
    stops.add_tab_stop(_TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)


def _footer(document: Document, study: str, t: Texts) -> None:
    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.style = document.styles["Impact note"]
    paragraph.add_run(f"{study[:80]} · {t('appendix.page')} ")
    add_field(paragraph, "PAGE", "1")
