"""appendix.html: the same appendix as one page that needs nothing else, and prints well."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from impact.outputs.appendix.blocks import Heading, cell_text
from impact.outputs.files.columns import TEXT
from impact.outputs.files.xlsx import PROSE
from impact.outputs.pages.page import environment, template_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from impact.outputs.appendix.blocks import Block
    from impact.outputs.text import Texts


def write_html(blocks: Sequence[Block], head: Sequence[str], path: Path, t: Texts) -> None:
    """Write the appendix as a page."""
    page = environment().get_template("appendix.html.j2")
    text = page.render(
        t=t,
        head=head,
        blocks=[(type(block).__name__, block) for block in blocks],
        contents=[each.text for each in blocks if isinstance(each, Heading) and each.level == 1],
        cell=lambda value, kind: cell_text(t, value, kind),
        is_text=lambda kind: kind in {TEXT, PROSE},
        data=lambda png: "data:image/png;base64," + base64.b64encode(png).decode("ascii"),
        css=template_text("appendix.css"),
    )
    path.write_text(text, encoding="utf-8", newline="\n")
