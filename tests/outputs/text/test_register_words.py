"""No English of the shipped register stands on a Dutch page."""

from __future__ import annotations

import pytest

from impact.outputs.text import texts
from impact.outputs.text.wording import remark_text, source_text
from impact.study.register import read_register


@pytest.mark.parametrize("column", ["note", "source"])
def test_every_sentence_of_the_register_has_dutch_words(column: str) -> None:
    words = {"note": remark_text, "source": source_text}[column]
    said = {each for each in read_register()[column] if each and not each.startswith("http")}
    assert len(said) > 5
    for sentence in said:
        dutch = words(texts("nl"), sentence)
        # names stay as they are
        assert dutch != sentence
        assert words(texts("en"), sentence)
