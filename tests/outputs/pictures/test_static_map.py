from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import matplotlib.image
import numpy as np
import pytest
from toy import EMMEN, GRONINGEN, LEEUWARDEN, TO_GRONINGEN, toy_result

from impact.analysis.result import CaseView
from impact.outputs.pages.map_layers import few_residents, symbol_sizes
from impact.outputs.pictures.static_map import round_length, static_map

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result
    from impact.model.case import Case

HOSTILE = {
    GRONINGEN: "<img src=x onerror=alert(1)> $\\frac{1}{",
    LEEUWARDEN: "مستشفى المدينة 🏥" + " zeer lang" * 20,
    TO_GRONINGEN: '=HYPERLINK("x") --> $unclosed',
}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


def case_of(result: Result, scenario: str = TO_GRONINGEN) -> Case:
    return next(view.case for view in result.principal if view.case.scenario == scenario)


def drawn(result: Result, case: Case, kind: str, lang: str = "nl") -> bytes:
    out = io.BytesIO()
    static_map(result, case, out, lang=lang, kind=kind)
    return out.getvalue()


def test_a_png_is_as_wide_as_the_text_of_a_page(toy: Result) -> None:
    picture = matplotlib.image.imread(io.BytesIO(drawn(toy, case_of(toy), "png")))
    assert picture.shape[1] == 1260  # 6.3 inches at 200 dots
    assert 1000 < picture.shape[0] < 1800
    assert picture[..., :3].std() > 0.05


def test_an_svg_says_in_words_what_a_reader_needs(toy: Result) -> None:
    text = drawn(toy, case_of(toy), "svg").decode("utf-8")
    ET.fromstring(text)  # noqa: S314 (our own)
    for said in ("Grenzen: CBS", "Extra minuten, enkele reis", "Gemaakt op"):
        assert said in text, said
    assert "Extra minutes, one way" in drawn(toy, case_of(toy), "svg", "en").decode("utf-8")


def test_the_same_result_gives_the_same_picture(toy: Result) -> None:
    assert drawn(toy, case_of(toy), "svg") == drawn(toy, case_of(toy), "svg")


def test_a_file_says_by_its_ending_what_it_is(toy: Result, tmp_path: Path) -> None:
    static_map(toy, case_of(toy), tmp_path / "map.svg")
    assert (tmp_path / "map.svg").read_text("utf-8").startswith("<?xml")
    static_map(toy, case_of(toy), tmp_path / "map.pdf")
    assert (tmp_path / "map.pdf").read_bytes().startswith(b"%PDF")


def test_hostile_names_are_text(tmp_path: Path) -> None:
    result = toy_result(tmp_path, names=HOSTILE, title=HOSTILE[TO_GRONINGEN])
    text = drawn(result, case_of(result, HOSTILE[TO_GRONINGEN]), "svg").decode("utf-8")
    root = ET.fromstring(text)  # noqa: S314 (our own)
    tags = {each.tag.rpartition("}")[2] for each in root.iter()}
    assert not tags & {"img", "script", "a", "foreignObject"}
    assert drawn(result, case_of(result, HOSTILE[TO_GRONINGEN]), "png")


@pytest.mark.parametrize(
    ("longest", "bar"), [(34.0, 20.0), (50.0, 50.0), (9.99, 5.0), (1.5, 1.0), (0.04, 0.02)]
)
def test_a_scale_bar_is_a_round_number(longest: float, bar: float) -> None:
    assert round_length(longest) == bar


def test_few_residents_are_told_apart_only_where_people_are_counted(toy: Result) -> None:
    demand = toy.postcodes["demand"].where(toy.postcodes.index != "8899", 99.0)
    few = replace(toy, postcodes=toy.postcodes.assign(demand=demand))
    assert few_residents(toy).tolist() == [False] * 5
    assert few_residents(few).tolist() == [False, True, False, False, False]
    assert not few_residents(replace(few, unit="patients")).any()
    assert drawn(few, case_of(few), "png") != drawn(toy, case_of(toy), "png")


def test_symbols_have_one_size_until_every_volume_is_known(toy: Result) -> None:
    case = case_of(toy)
    assert symbol_sizes(CaseView(toy, case)) == {}
    mine = (toy.volumes["intervention"] == case.intervention.name) & (
        toy.volumes["scenario"] == case.scenario
    )
    names = toy.volumes["location"][mine].tolist()
    assert names == [LEEUWARDEN, GRONINGEN]
    known = toy.volumes.copy()
    known.loc[mine, "volume_before"] = [25.0, 60.0]
    known.loc[mine, "volume_after"] = [0.0, 100.0]
    # areas as 25 (before, it stops) to 100 (after): half as wide
    sizes = symbol_sizes(CaseView(replace(toy, volumes=known), case))
    assert sizes == {LEEUWARDEN: 0.75, GRONINGEN: 1.5}
    known.loc[mine, "volume_after"] = [0.0, np.nan]
    assert symbol_sizes(CaseView(replace(toy, volumes=known), case)) == {}
    assert EMMEN not in sizes
