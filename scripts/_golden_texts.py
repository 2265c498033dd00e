"""What a file says, as lines of text that can be held beside another."""

from __future__ import annotations

import base64
import csv
import io
import json
import zipfile
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
import numpy as np
import openpyxl
import pandas as pd
from docx.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

_LEFT_OUT = {"version", "packages", "from_cache"}
_BLOCKS = set(
    """address article aside br button caption dd details div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr label legend li main nav ol option p section select
    summary table tbody td text tfoot th thead title tr ul""".split()  # noqa: SIM905 (a list of one word a line)
)
_PLACES = ("d", "points", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height")
_SPOKEN = ("alt", "aria-label", "title", "data-label", "value", "href")
_PLAIN = {".csv", ".json", ".toml", ".txt"}
_PNG = "data:image/png;base64,"


def text_of(name: str, raw: bytes) -> str:
    """Give the content of a file as text; of a kind that is not known its size and hash."""
    return _READERS.get(Path(name).suffix, _sealed)(raw)


def pretty(value: Any, depth: int = 0) -> str:  # noqa: ANN401
    """Write JSON with sorted keys, a list of plain values on one line."""
    pad = " " * (depth + 1)
    if isinstance(value, dict) and value:
        rows = [
            f'{pad}"{key}": '
            + ("<left out>" if key in _LEFT_OUT else pretty(value[key], depth + 1))
            for key in sorted(value)
        ]
        return "{\n" + ",\n".join(rows) + f"\n{' ' * depth}}}"
    if isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        rows = [pad + pretty(each, depth + 1) for each in value]
        return "[\n" + ",\n".join(rows) + f"\n{' ' * depth}]"
    return json.dumps(value, ensure_ascii=False)


class _Page(HTMLParser):
    """The words of a page, its blocks of data, and the shape of its drawings."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._line = ""
        self._inside: list[str] = []
        self._data = False
        self._drawing: list[str] = []

    def _end_line(self) -> None:
        text = " ".join(self._line.split())
        if text:
            self.lines.append(text)
        self._line = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag in _BLOCKS:
            self._end_line()
        if tag == "svg":
            self._drawing = []
        if tag in {"script", "style"}:
            self._inside.append(tag)
            self._data = "json" in said.get("type", "")
            if self._data:
                self._end_line()
                self.lines.append(f"[data {said.get('id', '')}]")
        self._drawing += [f"{tag} {name} {said[name]}" for name in _PLACES if name in said]
        self._line += "".join(f" [{name} {said[name]}] " for name in _SPOKEN if said.get(name))
        source = said.get("src", "")
        if source.startswith(_PNG):
            self._line += f" [image {_pixels(base64.b64decode(source[len(_PNG) :]))}] "

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"} and self._inside:
            self._inside.pop()
        if tag == "svg":
            shape = sha256("\n".join(self._drawing).encode()).hexdigest()[:12]
            self._line += f" [drawing of {len(self._drawing)} places, {shape}] "
        if tag in _BLOCKS or tag == "svg":
            self._end_line()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self._line += data
        elif self._data and self._inside[-1] == "script":
            self.lines += pretty(json.loads(data)).split("\n")

    def close(self) -> None:
        super().close()
        self._end_line()


def _pixels(raw: bytes) -> str:
    """Width and height of a PNG, which stand in its first chunk."""
    return f"{int.from_bytes(raw[16:20])} x {int.from_bytes(raw[20:24])} pixels"


def _page(raw: bytes) -> str:
    page = _Page()
    page.feed(raw.decode())
    page.close()
    return "\n".join(page.lines)


def _workbook(raw: bytes) -> str:
    text = io.StringIO()
    book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True)
    for sheet in book.worksheets:
        text.write(f"[sheet {sheet.title}]\n")
        csv.writer(text, lineterminator="\n").writerows(sheet.iter_rows(values_only=True))
    return text.getvalue()


def _document(raw: bytes) -> str:
    lines = []
    for block in docx.Document(io.BytesIO(raw)).iter_inner_content():
        if isinstance(block, Table):
            lines += [" | ".join(cell.text for cell in row.cells) for row in block.rows]
        else:
            lines.append(f"[{block.style.name if block.style else ''}] {block.text}")
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        pictures = [name for name in sorted(archive.namelist()) if name.endswith(".png")]
        lines += [f"[{name}] {_pixels(archive.read(name))}" for name in pictures]
    return "\n".join(lines)


def _archive(raw: bytes) -> str:
    lines = []
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for name in archive.namelist():
            ending = Path(name).suffix
            if ending in _PLAIN:
                lines += [f"[{name}]", text_of(name, archive.read(name))]
            elif ending == ".parquet":
                frame = pd.read_parquet(io.BytesIO(archive.read(name)))
                lines.append(f"[{name}] {len(frame)} rows of {', '.join(map(str, frame))}")
            elif ending == ".npy":
                array = np.load(io.BytesIO(archive.read(name)))
                if array.dtype.kind == "U" and not array.ndim:
                    lines += [f"[{name}]", pretty(json.loads(str(array)))]
                    continue
                content = sha256(array.tobytes()).hexdigest()[:12]
                lines.append(f"[{name}] {array.dtype} {array.shape} {content}")
            else:
                lines.append(f"[{name}] {_sealed(archive.read(name))}")
    return "\n".join(lines)


def _sealed(raw: bytes) -> str:
    return f"{len(raw)} bytes, {sha256(raw).hexdigest()[:12]}"


_READERS: dict[str, Callable[[bytes], str]] = {
    **dict.fromkeys(_PLAIN, bytes.decode),
    ".json": lambda raw: pretty(json.loads(raw)),
    ".geojson": lambda raw: pretty(json.loads(raw)),
    ".html": _page,
    ".svg": _page,
    ".xlsx": _workbook,
    ".docx": _document,
    ".zip": _archive,
    ".impact": _archive,
    ".png": _pixels,
    ".parquet": lambda raw: pd.read_parquet(io.BytesIO(raw)).to_csv(index=False),
}
