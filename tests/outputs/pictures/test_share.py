from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from toy import TO_GRONINGEN, toy_result

from impact.outputs.pictures.share import share_picture
from impact.outputs.text import texts

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import CaseView, Result

T = texts("nl")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("study"))


UP_TO_TEN, NOBODY, STOPS = (0x7F, 0xCD, 0xBB), (0xD4, 0xD4, 0xD4), (0xA5, 0x0F, 0x15)
_CLOSE = 6
"""Of the palette to a colour, in each of red, green and blue."""


def has(found: dict[tuple[int, ...], float], colour: tuple[int, ...]) -> bool:
    close = (
        share
        for each, share in found.items()
        if max(abs(one - other) for one, other in zip(each, colour, strict=True)) <= _CLOSE
    )
    return sum(close) > 1e-4


def shares(result: Result, view: CaseView | None) -> dict[tuple[int, ...], float]:
    with Image.open(io.BytesIO(share_picture(result, view, T))) as picture:
        assert picture.size == (1200, 630)
        plain = picture.convert("RGB")
    colours = plain.getcolors(1 << 24)
    return {colour: count / (1200 * 630) for count, colour in colours}


def test_a_case_is_shown_in_the_colours_of_its_bands(toy: Result) -> None:
    view = next(each for each in toy.principal if each.case.scenario == TO_GRONINGEN)
    found = shares(toy, view)
    # Ameland travels 10 minutes longer
    assert has(found, UP_TO_TEN)
    assert has(found, STOPS)


def test_today_nobody_moves(toy: Result) -> None:
    found = shares(toy, None)
    assert not has(found, UP_TO_TEN)
    assert has(found, NOBODY)


def test_a_name_of_any_length_and_letters_is_drawn(tmp_path: Path) -> None:
    result = toy_result(tmp_path, title="مستشفى 🏥 " + "zeer lang " * 30)
    assert len(share_picture(result, result.principal[0], T)) > 5_000
