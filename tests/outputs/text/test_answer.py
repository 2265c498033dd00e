from __future__ import annotations

import dataclasses
import math
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from toy import KIDNEY, PANCREAS, toy_result

from impact.model.measures import BANDS
from impact.outputs.pictures.atlas import atlas
from impact.outputs.pictures.charts import strips
from impact.outputs.text import texts
from impact.outputs.text.answer import (
    answer_details,
    answer_sentences,
    certain,
    depends,
    unanswered,
)
from impact.outputs.text.overview import answered, displayed, extra_beyond, extremes
from impact.outputs.text.ranges import published
from impact.outputs.text.wording import (
    listing_counts,
    minutes_text,
    share_at_least,
    share_text,
    unconfirmed_text,
    whole_text,
)

if TYPE_CHECKING:
    from impact.analysis.result import Result
    from impact.outputs.text import Texts

NL = texts("nl")


def answer(result: Result, t: Texts) -> str:
    return " ".join((*answer_sentences(result, t), *answer_details(result, t)))


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


def test_the_answer_by_hand(toy: Result) -> None:
    # of 37000, 10000 + 900 have a route and must leave Leeuwarden (46 and 10 minutes more); the
    # 1100 of Vlieland have no route, so no provider either; of kidney tumours Emmen stops, where
    # 5000 get 43.5 minutes more
    said = answer(toy, NL)
    assert "houdt 70% tot 87% van de inwoners het ziekenhuis" in said
    assert "gemiddeld 43 tot 44 minuten langer, enkele reis" in said
    assert "reist 1 op de 10 minstens 43 tot 46 minuten langer" in said
    assert "hooguit 19 tot 49 patiënten per jaar" in said


def test_what_is_certain_holds_for_every_candidate(noordoost_result: Result) -> None:
    said = " ".join(certain(noordoost_result, NL))
    tables = noordoost_result.candidates
    # a displayed case with agreed recipients is none of the candidates, and counts as none
    assert any(line.case.recipients == "named" for line in displayed(noordoost_result))
    count = sum(len(table) for table in tables.values())
    assert f"In alle {NL.number(count)} mogelijke verdelingen en elk genoemd scenario (2)" in said
    demand = noordoost_result.summary.groupby("intervention")["demand"].first()
    least_kept = 1 - max(table["moved"].max() / demand[name] for name, table in tables.items())
    assert f"minstens {share_at_least(NL, least_kept)} van" in said
    top = re.search(
        r"Bij ([^.]+?) reist wie naar een ander ziekenhuis moet gemiddeld minstens \S+ minuten",
        said,
    )
    others = re.search(r"scenario\. Bij (.+?) is het steeds minder: hooguit", said)
    assert top
    assert others
    least = tables[top[1]]["mean_extra_moved"].min()
    for name in re.split(r", | en ", others[1]):
        assert tables[name]["mean_extra_moved"].max() < least


def test_what_is_certain_holds_for_the_scenarios_of_the_study_too(toy: Result) -> None:
    # a scenario that moves nearly everybody, and brings them nearer than any candidate does
    view = next(line for line in toy.principal if line.case.intervention.name == PANCREAS)
    summary = toy.summary.copy()
    mine = (summary["intervention"] == PANCREAS) & (summary["scenario"] == view.case.scenario)
    summary.loc[mine, "moved"] = 0.79 * summary.loc[mine, "demand"]
    summary.loc[mine, "mean_extra_moved"] = 200.0
    result = dataclasses.replace(toy, summary=summary)
    said = " ".join(certain(result, NL))
    assert "houdt minstens 21% van" in said
    assert extremes(result, view)[1] == 200.0
    # and it counts in the answer, beside the first scenario by name
    assert "tot 200 minuten langer" in answer(result, NL)
    assert "21% tot " in answer(result, NL)


def test_the_answer_gives_the_tails_of_all_treatments(noordoost_result: Result) -> None:
    lines = answered(noordoost_result)
    tails = [line.row["p90_extra"] for line in lines]
    said = answer(noordoost_result, NL)
    assert (
        f"1 op de 10 minstens {math.floor(min(tails))} tot {math.floor(max(tails))} minuten langer"
        in said
    )
    least, most = lines[-1], lines[0]
    assert (
        f"gemiddeld {least.row['mean_extra_moved']:.0f} tot {most.row['mean_extra_moved']:.0f}"
        in said
    )


def test_more_than_thirty_minutes_extra_is_no_trip_of_more_than_thirty(toy: Result) -> None:
    # 10000 get 46 minutes more, 900 get 10; the 1100 of Vlieland had no route
    view = next(line for line in toy.principal if line.case.intervention.name == PANCREAS)
    assert extra_beyond(view.case) == (10000.0, 10000.0)
    said = " ".join(depends(toy, NL))
    assert "Meer dan 30 minuten extra (bovenop de reistijd van nu)" in said
    assert "10.000 inwoners; meer dan 45 minuten extra: 10.000." in said


def test_what_is_not_certain_is_not_claimed(toy: Result) -> None:
    alike = dataclasses.replace(
        toy, candidates={KIDNEY: toy.candidates[KIDNEY], PANCREAS: toy.candidates[KIDNEY]}
    )
    assert NL("report.certain_no_order") in certain(alike, NL)
    none = {name: table.iloc[:0] for name, table in toy.candidates.items()}
    assert certain(dataclasses.replace(toy, candidates=none), NL) == ()


def test_what_rests_on_an_incomplete_list_carries_no_conclusion(toy: Result) -> None:
    def beyond(names: set[str]) -> Result:
        cases = (
            dataclasses.replace(case, outside=("elsewhere",))
            if case.intervention.name in names
            else case
            for case in toy.cases
        )
        return dataclasses.replace(toy, cases=tuple(cases))

    assert unanswered(toy, NL) == ""
    one = beyond({KIDNEY})
    assert KIDNEY in unanswered(one, NL)
    assert NL("common.caveat_outside") in unanswered(one, NL)
    said = " ".join([answer(one, NL), *certain(one, NL), *depends(one, NL)])
    assert KIDNEY not in said
    assert "Getoond: 2 keer STATUS NIET VERMELD." in said
    assert "hooguit 49 patiënten per jaar" in said
    both = beyond({KIDNEY, PANCREAS})
    assert answer(both, NL) == NL("report.answer_none")
    assert certain(both, NL) == depends(both, NL) == ()
    # a user who names the locations outside knows them
    case = one.cases[0]
    known = dataclasses.replace(case.intervention, outside=("elsewhere",))
    cases = tuple(
        dataclasses.replace(each, intervention=known)
        if each.intervention.name == known.name
        else each
        for each in one.cases
    )
    assert unanswered(dataclasses.replace(one, cases=cases), NL) == ""


def test_a_displayed_case_beyond_the_candidates_counts_among_the_choices(toy: Result) -> None:
    line = next(each for each in displayed(toy) if each.case.intervention.name == PANCREAS)
    assert line.case.recipients == "named"
    mean = line.row["mean_extra_moved"]
    lower = toy.candidates[PANCREAS].assign(mean_extra_moved=mean - 20.0, moved=0.0)
    result = dataclasses.replace(
        toy,
        cases=tuple(case for case in toy.cases if case.intervention.name == PANCREAS),
        candidates={**toy.candidates, PANCREAS: lower},
    )
    assert extremes(result, line) == (mean - 20.0, mean)
    least, greatest = minutes_text(NL, mean - 20.0), minutes_text(NL, mean)
    said = " ".join(depends(result, NL))
    assert f"kleinste toename gemiddeld {least} extra" in said
    assert f"grootste {greatest}." in said
    kept = 1.0 - line.row["moved"] / line.row["demand"]
    assert f"minstens {share_at_least(NL, kept)}" in " ".join(certain(result, NL))
    strip = next(each for each in strips(result).rows if each.line.case is line.case)
    assert strip.greatest == mean


def test_no_bound_is_said_where_none_is_known(toy: Result) -> None:
    assert "hooguit" in answer(toy, NL)
    unknown = dataclasses.replace(toy, summary=toy.summary.assign(moved_bound=np.nan))
    assert "hooguit" not in answer(unknown, NL)
    assert "patiënten per jaar" not in answer(unknown, NL)


def test_minutes_are_singular_or_plural() -> None:
    values = (0.0, 0.5, 1.4, 1.6, float("nan"))
    assert [minutes_text(NL, value) for value in values] == [
        "0 minuten",
        "minder dan 1 minuut",
        "1 minuut",
        "2 minuten",
        "– minuten",
    ]


def test_a_listing_is_confirmed_by_a_page_that_says_so_or_by_who_corrects_it() -> None:
    rows = [
        ("sourced", "https://example.org", ""),
        ("sourced", "https://example.org", "the board"),
        ("sourced", "meeting of 3 March", "the board"),
        ("sourced", "all member hospitals of the region", ""),
        ("page", "https://example.org", ""),
        ("weak", "x", ""),
        ("weak", "meeting of 3 March", "the board"),
        ("disputed", "x", ""),
        ("unverified", "x", ""),
    ]
    providers = pd.DataFrame(rows, columns=["status", "source", "overridden_by"])
    providers["performs"] = "yes"
    assert listing_counts(providers) == {
        "confirmed": 1,
        "sourced": 2,
        "inferred": 1,
        "page": 1,
        "weak": 2,
        "disputed": 1,
        "unverified": 1,
    }
    said = unconfirmed_text(NL, providers)
    assert said.endswith("6 van de 9 vermeldingen (67%) zijn door niemand bevestigd.")
    said = unconfirmed_text(NL, providers[:3])
    assert said.endswith("alle 3 vermeldingen zijn bevestigd of hebben een eigen bron.")


def test_what_depends_on_the_choice_names_the_most_people_far_away(
    noordoost_result: Result,
) -> None:
    # patients of one treatment and residents of another are not compared by their number
    said = " ".join(depends(noordoost_result, NL))
    shown = answered(noordoost_result)
    far, extra = (
        max(shown, key=lambda line: count(line) / line.row["demand"])
        for count in (
            lambda line: line.row["beyond_60_after"] - line.row["beyond_60_before"],
            lambda line: extra_beyond(line.case)[0],
        )
    )
    assert f"naar verhouding het meest toe bij {far.case.intervention.name}" in said
    assert whole_text(NL, far.row["beyond_60_after"]) in said
    assert f"naar verhouding het meest bij {extra.case.intervention.name}" in said
    most = max(shown, key=lambda line: extra_beyond(line.case)[0])
    assert most.case.intervention.name != extra.case.intervention.name


def test_a_rise_that_prints_alike_is_not_said_as_one(toy: Result) -> None:
    summary = toy.summary.assign(beyond_60_before=3.0, beyond_60_after=9.0)
    kinds = {"patients": dict.fromkeys((KIDNEY, PANCREAS), "modelled")}
    manifest = {**toy.manifest, "parameters": {**toy.manifest["parameters"], **kinds}}
    few = dataclasses.replace(toy, summary=summary, manifest=manifest, unit="patients", units={})
    said = " ".join(depends(few, NL))
    assert "minder dan 10 naar minder dan 10" not in said
    assert "Nu en straks zijn dat minder dan 10 patiënten per jaar (geschat)." in said


def test_no_scenario_is_left_out_of_who_is_farther(toy: Result) -> None:
    nobody = toy.summary.assign(beyond_60_before=0.0, beyond_60_after=0.0)
    assert NL("report.depends_not_far") in depends(dataclasses.replace(toy, summary=nobody), NL)
    for line in toy.principal:
        name, scenario = line.case.intervention.name, line.case.scenario
        mine = (nobody["intervention"] == name) & (nobody["scenario"] == scenario)
        summary = nobody.assign(beyond_60_after=mine * 70.0)
        said = " ".join(depends(dataclasses.replace(toy, summary=summary), NL))
        assert f"het meest toe bij {name}" in said
        assert "van 0 naar 70 inwoners" in said


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
        named = [
            view.row["mean_extra_moved"]
            for view in noordoost_result.views
            if view.case.intervention.name == row.line.case.intervention.name
        ]
        assert (row.least, row.greatest) == (
            min(means.min(), *named),
            max(means.max(), *named),
        )
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
    assert [whole_text(NL, value) for value in (0.0, 0.3, 0.5, 0.6, float("nan"))] == [
        "0",
        "minder dan 1",
        "minder dan 1",
        "1",
        "–",
    ]
