"""Whoever gets there sooner because a location opens is shown so on every page.

```
    8911 West 100        9712 Noord 200       7811 Zuid 50, where Zuid may open
      6 min                5 min                4 min to Zuid, 48 to Noord
```
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from three_towns import STUDY, write_files
from toy import EMMEN_OPENS, PANCREAS, TO_GRONINGEN, toy_result

from impact.analysis.optimise import Query, optimise_study
from impact.model.measures import LEGEND, NO_ROUTE, SHORTER
from impact.outputs.files.optimum import write_optimum
from impact.outputs.pages.map_layers import layer, used_locations
from impact.outputs.pages.report import write_report
from impact.outputs.pictures.atlas import atlas
from impact.outputs.text import texts
from impact.study.read import read_study
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


def test_report_and_map_draw_the_same_bands(toy: Result) -> None:
    for view, drawn in zip(toy.principal, atlas(toy).maps, strict=True):
        shown = layer(toy, view.case, used_locations(toy)).bands
        assert [key for key, _ in drawn.bands] == [LEGEND[at].key for at in sorted(set(shown))]


def test_who_is_drawn_to_an_opening_is_shorter_in_the_report(toy: Result, tmp_path: Path) -> None:
    view = toy.case(PANCREAS, EMMEN_OPENS)
    # 7811 from 48 to 4.5 minutes, without being moved
    assert [LEGEND[at].key for at in view.bands] == [
        "band_shorter",
        "no_route",
        "band_30",
        "band_5_10",
        "band_nobody",
    ]
    write_report(toy, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert len(re.findall(r'<path class="band_shorter"', page)) == 1
    assert texts("nl")("common.band_shorter") in page


def test_the_legend_explains_who_travels_less_only_where_somebody_does(toy: Result) -> None:
    assert atlas(toy).legend == LEGEND
    without = [view.case for view in toy.principal if view.case.scenario == TO_GRONINGEN]
    only = type(atlas(toy))(1, "", "", tuple(m for m in atlas(toy).maps if m.case in without))
    assert SHORTER not in only.legend
    assert NO_ROUTE in only.legend


def test_who_is_drawn_to_an_opening_is_shorter_in_the_optimum(tmp_path: Path) -> None:
    text = STUDY.replace('"Noord", "West", "Zuid"', '"Noord", "West"')
    text = text.replace("stop_count = 1", 'stop_count = 1\nmay_open = ["Zuid"]')
    study = read_study(write_files(tmp_path, {"study.toml": text}))
    found = optimise_study(study, Query(at_most=3), engine=DEFAULT_ENGINE, use_cache=False)
    write_optimum(found, tmp_path / "out")
    page = (tmp_path / "out" / "choices.html").read_text("utf-8")
    # nobody is moved; the 50 of 7811 drive 44 minutes less
    rows = re.search(r'<table class="bands">.*?<tbody>(.*?)</tbody>', page, re.DOTALL)
    assert rows is not None
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", rows[1]))
    t = texts("nl")
    shorter, nobody = t("common.band_shorter"), t("common.band_nobody")
    assert said.strip() == f"{shorter} 50 14% {nobody} 300 86%"
    assert f'<rect fill="{SHORTER.colour}"' in rows[1]
