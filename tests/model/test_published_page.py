"""docs/published_method.md: every block of code prints what stands under it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "published_method.md"
_BLOCK = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)


def test_the_worked_example_prints_what_the_page_shows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    blocks = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) == 15
    names: dict[str, object] = {}
    for number, (code, expected) in enumerate(blocks, start=1):
        exec(compile(code, f"block {number}", "exec"), names)  # noqa: S102 (it is our own page)
        printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
        assert printed == [line.rstrip() for line in expected.splitlines()], f"block {number}"
