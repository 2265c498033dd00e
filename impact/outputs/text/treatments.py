"""What a treatment is, in plain words."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from impact.bundled import data_path
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.outputs.text import Texts


@cache
def _keys() -> Mapping[str, str]:
    """Dutch and English name -> key of each shipped treatment."""
    frame = read_table(data_path("treatments.csv")).frame
    return {
        name: key
        for column in ("name_nl", "name_en")
        for name, key in zip(frame[column], frame["treatment_id"], strict=True)
    }


def plain_treatment(t: Texts, name: str) -> str:
    """Say what a treatment is in one line of plain words; empty for one that is not shipped.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> plain_treatment(texts("nl"), "Pancreasresecties")
    'Een operatie die een deel van de alvleesklier weghaalt, bij kanker.'
    >>> plain_treatment(texts("nl"), "Knie")
    ''
    """
    key = _keys().get(name)
    return "" if key is None else t.entries.get(f"treatments.{key}", "")
