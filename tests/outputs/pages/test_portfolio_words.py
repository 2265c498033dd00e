"""Words of portfolio.html."""

from __future__ import annotations

import pytest

from impact.outputs.pages.portfolio import emptied_text
from impact.outputs.text import texts


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["Noord"], "Noord verliest alles wat zij van deze behandelingen doet."),
        (
            ["Noord", "Zuid"],
            "2 organisaties verliezen alles wat zij van deze behandelingen doen: Noord en Zuid.",
        ),
    ],
)
def test_who_loses_all_is_counted(names: list[str], said: str) -> None:
    assert emptied_text(texts("nl"), names) == said
