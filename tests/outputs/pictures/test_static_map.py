from __future__ import annotations

import io
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import matplotlib.image
import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image
from toy import EMMEN, GRONINGEN, LEEUWARDEN, TO_GRONINGEN, toy_result

from impact.analysis.result import CaseView
from impact.model.measures import LEGEND, NOBODY
from impact.outputs.pages.map_layers import few_residents, symbol_sizes
from impact.outputs.pictures import charts
from impact.outputs.pictures.flows import flow_picture
from impact.outputs.pictures.lettering import Frame, Lettering, place_name
from impact.outputs.pictures.static_map import (
    base_map,
    map_figure,
    paper_figure,
    round_length,
    static_map,
)
from impact.outputs.pictures.style import drawing
from impact.outputs.text import texts

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result
    from impact.model.case import Case

HOSTILE = {
    GRONINGEN: "<a>&lt; $\\frac{1}{",
    LEEUWARDEN: "مستشفى المدينة 🏥" + " zeer lang" * 20,
    TO_GRONINGEN: '=HYPERLINK("x") --> $unclosed',
}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


def case_of(result: Result, scenario: str = TO_GRONINGEN) -> Case:
    return next(view.case for view in result.principal if view.case.scenario == scenario)


def drawn(result: Result, case: Case) -> bytes:
    t = texts("nl")
    return static_map(result, case, base_map(result, t), t)


def words(result: Result, case: Case, lang: str = "nl") -> set[str]:
    t = texts(lang)
    base = base_map(result, t)
    with drawing():
        figures = [map_figure(result, case, base, t), paper_figure(result, base.provinces, t)]
    return {text.get_text() for figure in figures for text in figure.findobj(Text)}


def test_a_picture_is_as_wide_as_the_text_of_a_page(toy: Result) -> None:
    picture = matplotlib.image.imread(io.BytesIO(drawn(toy, case_of(toy))))
    assert picture.shape[1] == 1260  # 6.3 inches at 200 dots
    assert picture.shape[0] == 850
    assert picture[..., :3].std() > 0.05


def test_colours_are_those_of_the_bands(toy: Result) -> None:
    with Image.open(io.BytesIO(drawn(toy, case_of(toy)))) as picture:
        found = np.asarray(picture.convert("RGB")).reshape(-1, 3).astype(int)
    bands = {LEGEND[place].colour for place in CaseView(toy, case_of(toy)).bands.tolist()}
    for colour in {"#ffffff", *bands} - {NOBODY.colour}:
        wanted = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])
        assert np.abs(found - wanted).max(axis=1).min() <= 1, colour
    assert (found == 255).all(axis=1).mean() > 0.2  # paper is white, not nearly so


def test_it_says_in_words_what_a_reader_needs(toy: Result) -> None:
    said = words(toy, case_of(toy))
    assert {"Extra minuten, enkele reis", "N"} <= said
    assert any("Grenzen: CBS" in text and "Gemaakt op" in text for text in said)
    assert "Extra minutes, one way" in words(toy, case_of(toy), "en")


def test_the_same_result_gives_the_same_picture(toy: Result) -> None:
    assert drawn(toy, case_of(toy)) == drawn(toy, case_of(toy))


def test_drawing_says_nothing_on_the_screen(
    toy: Result, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    t = texts("nl")
    base = base_map(toy, t)
    cases = [view.case for view in toy.principal]
    with caplog.at_level(logging.INFO, logger="matplotlib"):
        assert all(static_map(toy, case, base, t) for case in cases)
        assert charts.scenarios(toy, cases, base, t)
        assert flow_picture(toy, cases[0], t)
        assert charts.interventions(toy, t)
    assert caplog.messages == []
    assert capfd.readouterr() == ("", "")


def test_hostile_names_are_text(tmp_path: Path) -> None:
    result = toy_result(tmp_path, names=HOSTILE, title=HOSTILE[TO_GRONINGEN])
    case = case_of(result, HOSTILE[TO_GRONINGEN])
    assert HOSTILE[GRONINGEN] in words(result, case)
    assert drawn(result, case)


def test_a_name_takes_the_first_place_that_is_free() -> None:
    style, room = Lettering(10.0, 0.6, 8.0), (100.0, 100.0)
    taken: list[tuple[float, float, float, float]] = []
    spots = [place_name("Ee", (50.0, 50.0), style, taken, room) for _ in range(5)]
    # right, left, above, below; then there is no room
    assert spots == [
        (58.0, 53.3, "start"),
        (42.0, 53.3, "end"),
        (50.0, 39.5, "middle"),
        (50.0, 65.0, "middle"),
        (0.0, 0.0, ""),
    ]
    # at the edge of the map, on its other side
    assert place_name("Ee", (95.0, 50.0), style, [], room) == (87.0, 53.3, "end")
    upon = Lettering(10.0, 0.6, 0.0)
    assert place_name("Drenthe", (50.0, 90.0), upon, [], room) == (50.0, 93.3, "middle")
    assert place_name("Drenthe", (50.0, 50.0), upon, taken, room) == (0.0, 0.0, "")


def test_a_frame_is_as_wide_as_a_degree_in_its_middle() -> None:
    frame = Frame.around((52.0, 5.0, 54.0, 6.0), (400.0, 120.0), 10.0)
    corners = frame(np.array([(5.0, 54.0), (6.0, 52.0)]))
    wide, high = corners[1] - corners[0]
    assert high == pytest.approx(100.0)
    assert wide == pytest.approx(50.0 * np.cos(np.radians(53.0)))
    assert corners.mean(axis=0) == pytest.approx((200.0, 60.0))


@pytest.mark.parametrize(
    ("longest", "bar"), [(34.0, 20.0), (50.0, 50.0), (9.99, 5.0), (1.5, 1.0), (0.04, 0.02)]
)
def test_a_scale_bar_is_a_round_number(longest: float, bar: float) -> None:
    assert round_length(longest) == bar


def test_few_residents_are_told_apart_only_where_residents_are_known(toy: Result) -> None:
    residents = toy.postcodes["population"].where(toy.postcodes.index != "8899", 99.0)
    few = replace(toy, postcodes=toy.postcodes.assign(population=residents))
    assert few_residents(toy).tolist() == [False] * 5
    assert few_residents(few).tolist() == [False, True, False, False, False]
    # also where patients are counted, of whom there are never a hundred in a postcode
    assert few_residents(replace(few, unit="patients")).tolist() == few_residents(few).tolist()
    unknown = few.postcodes.assign(demand=residents).drop(columns="population")
    assert few_residents(replace(few, postcodes=unknown)).any()
    assert not few_residents(replace(few, postcodes=unknown, unit="patients")).any()
    assert drawn(few, case_of(few)) != drawn(toy, case_of(toy))


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
