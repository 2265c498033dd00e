"""What every page that works from a file needs: templates, and data that cannot break out."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined

from impact.errors import OutputError
from impact.outputs.text.assumptions import input_sources
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import day_text, roads_text
from impact.storage import cache_folder, replacing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2.bccache import Bucket

    from impact.outputs.text import Texts

_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
_ESCAPED = ("<", ">", "&", "\u2028", "\u2029")
"""Characters that could end a script, or a line of it."""


class KeptTemplates(BytecodeCache):
    """Templates as they were compiled before, in the cache folder.

    A template that changes is compiled again, and so is a file that was damaged; where nothing can
    be written nothing is kept.
    """

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load a template, if it was kept."""
        with suppress(OSError), self._path(bucket).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template."""
        with suppress(OutputError), replacing(self._path(bucket)) as temporary:
            temporary.write_bytes(bucket.bytecode_to_string())

    def _path(self, bucket: Bucket) -> Path:
        return cache_folder() / "templates" / bucket.key


@cache
def environment() -> Environment:
    """Return a Jinja environment that escapes all that is filled in, and knows no empty names."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=KeptTemplates(),
    )
    made.globals["roads_text"] = roads_text
    made.globals["day"] = day_text
    made.globals["plain_treatment"] = plain_treatment
    return made


@cache
def template_text(name: str) -> str:
    """Return a template as it is: a style sheet or a script."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def json_script(identifier: str, data: Mapping[str, Any]) -> str:
    r"""Write data as JSON that cannot end its script element, whatever the names in it.

    Examples
    --------
    >>> json_script("x", {"name": "</script>"})
    '<script type="application/json" id="x">{"name":"\\u003c/script\\u003e"}</script>'
    """
    content = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for each in _ESCAPED:
        content = content.replace(each, f"\\u{ord(each):04x}")
    return f'<script type="application/json" id="{identifier}">{content}</script>'


def write_evidence_page(
    path: Path, name: str, t: Texts, *, manifest: Mapping[str, Any], shown: Mapping[str, Any]
) -> None:
    """Write the page of a piece of evidence, with its paper trail.

    Notes
    -----
    The page asks for nothing outside itself.
    """
    roads = {**manifest["roads"], "sha256": manifest["roads_sha256"]}
    page = (
        environment()
        .get_template(f"{name}.html.j2")
        .render(
            t=t,
            manifest=manifest,
            sources=input_sources(roads, manifest["inputs"], t),
            css=template_text("report.css") + template_text(f"{name}.css"),
            **shown,
        )
    )
    path.write_text(page, encoding="utf-8", newline="\n")
