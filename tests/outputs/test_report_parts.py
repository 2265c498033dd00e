from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from toy import KIDNEY, PANCREAS, toy_result

from impact.outputs.bands import BANDS
from impact.outputs.overview import displayed
from impact.outputs.report_answer import answer, certain, depends
from impact.outputs.report_maps import atlas
from impact.outputs.report_published import published
from impact.outputs.report_strips import strips
from impact.outputs.texts import texts
from impact.outputs.wording import share_text, whole_text

if TYPE_CHECKING:
    from impact.concentration.result import Result

NL = texts("nl")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


def test_the_answer_by_hand(toy: Result) -> None:
    # of 37000, 10000 + 900 have a route and must leave Leeuwarden (46 and 10 minutes more); the
    # 1100 of Vlieland have no route, so no provider either
    said = answer(toy, NL)
    assert "houdt 71% het ziekenhuis" in said
    assert "gemiddeld 43 minuten langer, enkele reis" in said
    assert "1 op de 10 reist meer dan 46 minuten langer" in said
    assert "hooguit 19 tot 49 patiënten per jaar" in said


def test_what_is_certain_holds_for_every_candidate(noordoost_result: Result) -> None:
    said = " ".join(certain(noordoost_result, NL))
    tables = noordoost_result.candidates
    count = sum(len(table) for table in tables.values())
    assert f"In alle {NL.number(count)} doorgerekende verdelingen" in said
    demand = noordoost_result.summary["demand"].iloc[0]
    least_kept = 1 - max(table["moved"].max() for table in tables.values()) / demand
    assert f"minstens {share_text(NL, least_kept)} van" in said
    top = re.search(r"Bij (.+?) is de gemiddelde toename in elke", said)
    others = re.search(r"dan in welke mogelijke verdeling ook bij (.+?) \(hooguit", said)
    assert top
    assert others
    least = tables[top[1]]["mean_extra_moved"].min()
    for name in re.split(r", | en ", others[1]):
        assert tables[name]["mean_extra_moved"].max() < least


def test_what_is_not_certain_is_not_claimed(toy: Result) -> None:
    alike = dataclasses.replace(
        toy, candidates={KIDNEY: toy.candidates[KIDNEY], PANCREAS: toy.candidates[KIDNEY]}
    )
    assert NL("report.certain_no_order") in certain(alike, NL)
    assert certain(dataclasses.replace(toy, candidates={}), NL) == ()


def test_what_depends_on_the_choice_names_the_most_people_far_away(
    noordoost_result: Result,
) -> None:
    said = " ".join(depends(noordoost_result, NL))
    shown = displayed(noordoost_result)
    most = max(shown, key=lambda line: line.row["beyond_60_after"] - line.row["beyond_60_before"])
    assert most.case.intervention.name in said
    assert whole_text(NL, most.row["beyond_60_after"]) in said


def test_another_choice_of_treatments_is_said_to_compare_badly(noordoost_result: Result) -> None:
    study = dataclasses.replace(
        noordoost_result.study, interventions=noordoost_result.study.interventions[:4]
    )
    found = published(dataclasses.replace(noordoost_result, study=study), NL)
    assert found
    assert NL("report.published_unlike", theirs=9, both=4) in found.sentences


def test_a_dot_is_one_in_a_hundred_and_a_tick_a_candidate(noordoost_result: Result) -> None:
    picture = strips(noordoost_result)
    assert len(picture.rows) == 9
    low, high = picture.axis[0][0], picture.axis[-1][0]
    for row in picture.rows:
        assert row.dots.count("M") == 100
        means = noordoost_result.candidates[row.line.case.intervention.name]["mean_extra_moved"]
        assert row.ticks.count("M") <= len(means)
        assert (row.least, row.greatest) == (means.min(), means.max())
        mean = row.line.row["mean_extra_moved"]
        assert row.mark == pytest.approx(100 * (mean - low) / (high - low))
        places = [float(x) for x in re.findall(r"M([\d.]+) ", row.dots)]
        assert 0 <= min(places) <= max(places) <= 1000
        # half of the people lie below the median, within the width of a pile
        median = 10 * 100 * (row.line.row["p50_extra"] - low) / (high - low)
        assert abs(float(np.median(places)) - median) <= 16


def test_rows_of_the_picture_run_from_great_to_small(noordoost_result: Result) -> None:
    means = [row.line.row["mean_extra_moved"] for row in strips(noordoost_result).rows]
    assert means == sorted(means, reverse=True)


def test_a_map_per_case_with_the_bands_of_the_postcodes(noordoost_result: Result) -> None:
    drawn = atlas(noordoost_result)
    cases = [case for case in noordoost_result.cases if case.principal]
    assert [each.case for each in drawn.maps] == cases
    known = {band.key for band in BANDS} | {"band_nobody", "no_route", "band_shorter"}
    for each in drawn.maps:
        assert {key for key, _ in each.bands} <= known
        assert ("band_nobody" in dict(each.bands)) == (
            each.case.figures["moved"] < each.case.figures["demand"]
        )
        stops = {marker.name for marker in each.markers if marker.role == "stops"}
        assert stops == set(each.case.stops)
    assert drawn.outline.startswith("M")


def test_labels_of_hospitals_do_not_overlap(noordoost_result: Result) -> None:
    for each in atlas(noordoost_result).maps:
        placed = [marker for marker in each.markers if marker.anchor]
        assert len(placed) >= min(3, len(each.markers))
        heights = {(round(m.label_x), round(m.label_y)) for m in placed}
        assert len(heights) == len(placed)


def test_postcodes_without_a_polygon_are_discs(toy: Result) -> None:
    renamed = {code: f"x{code}" for code in toy.postcodes.index}
    rows = toy.postcode_rows.assign(postcode=toy.postcode_rows["postcode"].map(renamed))
    strange = dataclasses.replace(
        toy, postcodes=toy.postcodes.rename(index=renamed), postcode_rows=rows
    )
    drawn = atlas(strange)
    assert drawn.outline == ""
    assert all(path.startswith("M") for each in drawn.maps for _, path in each.bands)
    assert sum(path.count("M") for _, path in drawn.maps[0].bands) == len(toy.postcodes)


def test_percentages_and_small_numbers_are_honest() -> None:
    assert [share_text(NL, share) for share in (0.0, 0.001, 0.5, 0.999, 1.0)] == [
        "0%",
        "minder dan 1%",
        "50%",
        "meer dan 99%",
        "100%",
    ]
    assert [whole_text(NL, value) for value in (0.0, 0.3, 0.6, float("nan"))] == [
        "0",
        "minder dan 1",
        "1",
        "–",
    ]
