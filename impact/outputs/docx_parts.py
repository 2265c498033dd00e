"""Parts of a Word document that python-docx has no words for: fields, bookmarks, alt texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

if TYPE_CHECKING:
    from docx.shape import InlineShape
    from docx.table import Table, _Cell, _Row
    from docx.text.paragraph import Paragraph


def add_field(paragraph: Paragraph, code: str | None, shown: str | None) -> None:
    """Add a field, or only its beginning or end where it spans paragraphs.

    Parameters
    ----------
    paragraph
        Where.
    code
        Such as ``SEQ Tabel``; `None` ends a field that was begun before.
    shown
        What stands there until it is updated; `None` leaves the field open, and asks Word to update
        it when it opens the document: only Word knows the pages.
    """
    if code is not None:
        _run(paragraph, _character("begin", stale=shown is None))
        instruction = OxmlElement("w:instrText")
        instruction.set(qn("xml:space"), "preserve")
        instruction.text = f" {code} "
        _run(paragraph, instruction)
        _run(paragraph, _character("separate"))
    if shown is not None:
        paragraph.add_run(shown)
    if code is None or shown is not None:
        _run(paragraph, _character("end"))


def add_link(paragraph: Paragraph, text: str, bookmark: str) -> None:
    """Add an entry of a table of contents: a link with the number of the page behind it.

    Parameters
    ----------
    paragraph
        Where.
    text
        Of the heading.
    bookmark
        Around it.
    """
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), bookmark)
    link.set(qn("w:history"), "1")
    before = len(paragraph._p)  # noqa: SLF001 (python-docx has no way to make links)
    paragraph.add_run(f"{text}\t")
    add_field(paragraph, f"PAGEREF {bookmark} \\h", " ")
    for run in list(paragraph._p)[before:]:  # noqa: SLF001
        link.append(run)
    paragraph._p.append(link)  # noqa: SLF001


def add_bookmark(paragraph: Paragraph, name: str, number: int) -> None:
    """Put a bookmark around a paragraph.

    Parameters
    ----------
    paragraph
        Such as a heading.
    name
        Of the bookmark.
    number
        Its own in this document.
    """
    element: Any = paragraph._p  # noqa: SLF001
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for each in (start, end):
        each.set(qn("w:id"), str(number))
    start.set(qn("w:name"), name)
    element.insert(1 if element.pPr is not None else 0, start)
    element.append(end)


def describe_picture(shape: InlineShape, alt: str, title: str) -> None:
    """Give a picture the text that is read to who cannot see it.

    Parameters
    ----------
    shape
        The picture.
    alt, title
        What it shows, and what it is called.
    """
    properties: Any = shape._inline.docPr  # noqa: SLF001
    properties.set("descr", alt)
    properties.set("title", title)


def repeat_header(row: _Row) -> None:
    """Let a row stand at the top of every page that its table reaches."""
    header = OxmlElement("w:tblHeader")
    header.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(header)  # noqa: SLF001


def keep_rows_whole(table: Table) -> None:
    """Break a table between rows only."""
    for row in table._tbl.tr_lst:  # noqa: SLF001
        row.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def shade(part: Paragraph | _Cell, colour: str) -> None:
    """Fill the background of a paragraph or a cell.

    Parameters
    ----------
    part
        What to fill.
    colour
        As in ``DCE6EE``.
    """
    filling = OxmlElement("w:shd")
    for key, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        filling.set(qn(f"w:{key}"), value)
    element: Any = part._p.get_or_add_pPr() if hasattr(part, "_p") else part._tc.get_or_add_tcPr()  # noqa: SLF001
    element.append(filling)


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


def _run(paragraph: Paragraph, element: Any) -> None:  # noqa: ANN401
    paragraph.add_run()._r.append(element)  # noqa: SLF001
