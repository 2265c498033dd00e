"""The published table, computed: figures that we publish stand here, so that none can drift."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from methods_page import methods_say, methods_table, numbers

from impact.analysis.ranges import DEFAULT
from impact.analysis.run import run_study
from impact.errors import InputError
from impact.evidence.published.definitions import FIRST_TRIAL, definitions
from impact.evidence.published.explain import STEPS, waterfalls
from impact.evidence.published.rows import Sweeps, matrix, median_place, rule_of, sweep
from impact.evidence.published.table import published_ranges, published_rows
from impact.evidence.published.treatments import provider_sets
from impact.evidence.published.world import Assumptions, residents
from impact.model.measures import measures
from impact.study.read import read_study

if TYPE_CHECKING:
    from impact.evidence.published.run import Reproduction

NOORDOOST, WEST, ZUIDOOST = "Noordoost-Nederland", "West-Nederland", "Zuidoost-Nederland"
DEFAULT_RANGES = {
    "Midden-Nederland": (3.7, 10.3),
    "Noord-Holland/Flevoland": (2.1, 22.0),
    NOORDOOST: (11.1, 27.1),
    "Oost-Nederland": (10.8, 15.6),
    WEST: (5.1, 12.3),
    ZUIDOOST: (9.7, 38.1),
    "Zuidwest-Nederland": (6.4, 17.0),
}
ERRORS = {
    # definition: mean absolute error of the lower and of the upper ends, minutes
    DEFAULT: (3.18, 4.06),
    "interventions, least candidate": (3.40, 6.09),
    "interventions, greatest candidate": (10.55, 11.24),
    "interventions, mean of two middle candidates": (3.09, 2.81),
    "interventions, mean candidate": (3.64, 3.00),
    "interventions, named in the source": (4.38, 4.32),
    "interventions, leaving the region": (3.10, 16.92),
    "interventions, over all residents": (4.10, 10.84),
    "interventions, median resident": (2.51, 5.62),
    "candidates": (3.40, 11.24),
    "candidates of the peak": (13.61, 10.37),
    "postcodes P10-P90": (2.94, 5.72),
    "postcodes min-max": (4.39, 25.00),
    "postcodes P10-P90 of the peak": (4.43, 12.64),
    "postcodes min-max of the peak": (3.84, 21.80),
    "profiles": (2.82, 4.03),
    "profiles of the peak": (14.62, 4.03),
    "interventions, weights 65+": (3.04, 4.38),
    "interventions, weights 75+": (2.96, 4.34),
    "interventions, profile vrij": (2.82, 5.38),
    "interventions, profile spits": (4.50, 4.03),
    "interventions, alternatives all": (3.18, 8.45),
    "interventions, locations organisation": (3.17, 4.68),
    "interventions, edge narrow": (3.19, 3.95),
    "interventions, edge wide": (3.17, 3.90),
    "interventions, baseline huff 0.05": (5.08, 12.40),
    "interventions, baseline huff 0.05, to the nearest": (13.91, 14.10),
    "interventions, baseline huff 0.1": (3.80, 7.96),
    "interventions, baseline huff 0.1, to the nearest": (6.41, 9.02),
    "interventions, baseline huff 0.2": (3.23, 5.48),
    "interventions, baseline huff 0.2, to the nearest": (3.48, 5.87),
    FIRST_TRIAL: (2.94, 2.88),
}
DRAWN = {"interventions, expected candidate", "interventions, median provider set"}
"""Their figures depend on the number of draws, which the tests keep small."""


def test_the_seven_ranges_of_the_default_definition(reproduction: Reproduction) -> None:
    rows = reproduction.ranges[reproduction.ranges["definition"] == DEFAULT]
    found = {
        row["region"]: (round(row["ours_low"], 1), round(row["ours_high"], 1))
        for row in rows.to_dict("records")
    }
    assert found == DEFAULT_RANGES
    assert rows["peak_same"].sum() == 4


def test_the_errors_of_every_definition(reproduction: Reproduction) -> None:
    table = reproduction.scores.set_index("definition")
    found = {
        str(name): (round(float(row["mae_low"]), 2), round(float(row["mae_high"]), 2))
        for name, row in table.iterrows()
    }
    assert {name: found[name] for name in found if name not in DRAWN} == ERRORS
    assert set(found) - set(ERRORS) == DRAWN
    assert (table["ends"] == 14).all()


SAID = {
    # row of a table in docs/methods.md -> definitions of which it shows the errors
    "interventions` (default)": [DEFAULT],
    "the mean of the two middle candidates instead of the lower": [
        "interventions, mean of two middle candidates"
    ],
    "the same with residents of 65 and over": [FIRST_TRIAL],
    "least candidate": ["interventions, least candidate"],
    "greatest candidate": ["interventions, greatest candidate"],
    "bypassing, β = 0.2 / 0.1 / 0.05": [
        f"interventions, baseline huff {beta}" for beta in ("0.2", "0.1", "0.05")
    ],
    "β = 0.2 today, the nearest afterwards": ["interventions, baseline huff 0.2, to the nearest"],
    "providers of other regions too": ["interventions, alternatives all"],
    "all full locations of an organisation": ["interventions, locations organisation"],
    "65+ / 75+": ["interventions, weights 65+", "interventions, weights 75+"],
    "free flow / peak": ["interventions, profile vrij", "interventions, profile spits"],
    "the middle person instead of the mean": ["interventions, median resident"],
    "over all residents instead of the moved": ["interventions, over all residents"],
    "between people, P10 to P90": ["postcodes P10-P90"],
}


def test_the_methods_print_these_errors() -> None:
    said = methods_table("definition", "lower ends", "upper ends")
    assert set(said) - set(SAID) == {"weighted by plausibility"}
    for row, names in SAID.items():
        low, high = (numbers(cell) for cell in said[row])
        assert list(zip(low, high, strict=True)) == [ERRORS[name] for name in names], row
    assert methods_say(f"**{len(ERRORS) + len(DRAWN)} definitions were tried")


def test_the_methods_print_these_ranges(reproduction: Reproduction) -> None:
    said = methods_table("region", "published", "`interventions`")
    assert set(said) == set(DEFAULT_RANGES)
    low = reproduction.ranges.set_index(["definition", "region"])["ours_low"].round(1)
    for region, (published, default, extremes) in said.items():
        assert tuple(numbers(default)) == DEFAULT_RANGES[region]
        row = reproduction.published[region]
        assert numbers(published) == [row.low, row.high]
        assert numbers(extremes) == [
            low[f"interventions, {end} candidate", region] for end in ("least", "greatest")
        ]


def test_the_methods_print_how_far_off_the_default_is(reproduction: Reproduction) -> None:
    said, score = methods_table("", "lower ends", "upper ends"), reproduction.score(DEFAULT)
    ends = {
        "low": np.array([each.low for each in reproduction.published.values()]),
        "high": np.array([each.high for each in reproduction.published.values()]),
    }
    rows = {
        "mean absolute error of the default": [score["mae_low"], score["mae_high"]],
        "of somebody who fills in the mean of the published ends everywhere": [
            np.abs(each - each.mean()).mean() for each in ends.values()
        ],
        "correlation with the published": [score["r_low"], score["r_high"]],
    }
    assert set(said) == set(rows)
    for row, values in rows.items():
        assert [numbers(cell)[0] for cell in said[row]] == np.round(values, 2).tolist(), row


def test_an_earlier_trial_took_the_mean_of_two_middle_candidates(
    reproduction: Reproduction,
) -> None:
    score = reproduction.score(FIRST_TRIAL)
    assert (round(score["r_high"], 2), round(score["r_low"], 2)) == (0.97, 0.40)


def test_lower_ends_are_worse_than_the_mean_of_the_published(reproduction: Reproduction) -> None:
    score = reproduction.score(DEFAULT)
    low, high = (
        np.array([getattr(said, end) for said in reproduction.published.values()])
        for end in ("low", "high")
    )
    assert np.abs(low - low.mean()).mean() < score["mae_low"]
    # and upper ends are better by more than two minutes
    assert score["mae_high"] < np.abs(high - high.mean()).mean() - 2.0


def test_no_choice_of_who_stops_reaches_nought_in_zuidoost(reproduction: Reproduction) -> None:
    least = [each.least for each in reproduction.reach if each.region == ZUIDOOST]
    assert round(min(least), 1) == 6.2
    # nor does another location, and bypassing comes no nearer than two and a half minutes
    own = [each for each in reproduction.reach if each.region == ZUIDOOST]
    assert round(min(each.bypassing for each in own), 1) == 2.7


def test_candidates_are_those_of_a_run(reproduction: Reproduction) -> None:
    ours = reproduction.candidates[reproduction.candidates["region"] == NOORDOOST]
    # the shipped study models patients, the published table is made over residents
    study = replace(read_study("noordoost"), demand="population")
    found = run_study(study).candidates
    assert len(found) == 9
    for name, table in found.items():
        own = ours[ours["treatment"] == name]
        assert own["stops"].tolist() == table["stops"].tolist()
        for column in ("moved", "mean_extra_moved", "mean_extra_all"):
            np.testing.assert_allclose(own[column], table[column], rtol=1e-9)


def test_every_row_of_the_published_table_is_there(reproduction: Reproduction) -> None:
    said = {(row.region, row.treatment): (row.below, row.providing) for row in published_rows()}
    found = {
        (row.region, row.intervention.treatment): (
            row.intervention.stop_count,
            len(row.intervention.providers),
        )
        for row in reproduction.rows
    }
    assert found == said
    assert len(found) == 55
    assert set(reproduction.published) == set(published_ranges())


def test_a_treatment_of_one_hospital_moves_nobody_inside_the_region(
    reproduction: Reproduction,
) -> None:
    (row,) = (row for row in reproduction.rows if row.published.providing == 1)
    assert (row.region, row.swept.stops) == (WEST, ((),))
    assert np.isnan(row.chosen)
    assert round(row.leaves_region) == 59


def test_plausibility_weighs_every_candidate(reproduction: Reproduction) -> None:
    for row in reproduction.rows:
        for weights in row.weights.values():
            assert weights.sum() == pytest.approx(1.0)
        means = row.swept.means
        if row.swept.median is not None:
            assert np.nanmin(means) <= row.expected("catchment") <= np.nanmax(means)


def test_hypotheses_keep_what_has_a_source(reproduction: Reproduction) -> None:
    for row in reproduction.rows:
        assert row.sets.sets[0] == row.intervention.providers
        assert len(row.sets.fixed) == row.statuses["sourced"]
        assert len(set(row.sets.sets)) == len(row.sets.sets) <= 20
        for names in row.sets.sets:
            assert len(names) == row.published.providing
            assert set(row.sets.fixed) <= set(names)
        assert row.hypotheses["median"].iloc[0] == pytest.approx(row.chosen, nan_ok=True)


def test_sets_are_enumerated_where_they_are_few_and_sampled_by_the_seed_where_not(
    reproduction: Reproduction,
) -> None:
    shipped = reproduction.shipped
    few, many = (
        next(row for row in reproduction.rows if row.sets.possible == count) for count in (20, 1716)
    )
    assert len(few.sets.sets) == 20
    draw = [
        provider_sets(shipped, many.region, many.intervention, most=15, seed=seed).sets
        for seed in (1, 1, 2)
    ]
    assert draw[0] == draw[1] != draw[2]
    assert len(draw[0]) == 15


def test_waterfalls_end_at_the_published_figure(reproduction: Reproduction) -> None:
    assert len(reproduction.waterfalls) == 14
    for each in reproduction.waterfalls:
        assert [step.name for step in each.steps] == [*STEPS, "roads"]
        assert each.steps[0].before == each.plain
        assert each.steps[-1].after is None
        made = sum(step.after - step.before for step in each.steps if step.after is not None)
        assert each.plain + made + each.unexplained == pytest.approx(each.published)


def test_other_roads_are_a_step_of_their_own(reproduction: Reproduction) -> None:
    shipped = reproduction.shipped
    # the peak stands in for another network
    other = Sweeps(replace(shipped, times={**shipped.times, "dal": shipped.times["spits"]}))
    said = reproduction.published[WEST]
    low, _ = waterfalls(WEST, said, Sweeps(shipped), Assumptions(), other_roads=other)
    assert low.steps[-1].alone == pytest.approx(
        Sweeps(shipped).medians(WEST, Assumptions(profile="spits"))["pancreas_ercp"]
    )


def test_shares_of_the_uncertainty_add_to_one(reproduction: Reproduction) -> None:
    for region in reproduction.published:
        for end in ("low", "high"):
            own = [s for s in reproduction.spreads if (s.region, s.end) == (region, end)]
            assert sum(each.share for each in own) == pytest.approx(1.0)
            assert all(each.low <= each.high for each in own)


def test_what_the_uncertainty_is_made_of(reproduction: Reproduction) -> None:
    shares: dict[tuple[str, str], float] = {}
    for each in reproduction.spreads:
        key = (each.end, each.source)
        shares[key] = shares.get(key, 0.0) + each.share / 7
    low = {source: share for (end, source), share in shares.items() if end == "low"}
    high = {source: share for (end, source), share in shares.items() if end == "high"}
    assert sorted(low, key=low.__getitem__)[-3:] == ["stops", "providers", "today"]
    assert 0.45 < low["today"] < 0.6
    # of the upper ends about a quarter each
    assert all(0.2 < high[source] < 0.33 for source in ("stops", "providers", "today"))
    assert all(each[source] < 0.02 for each in (low, high) for source in ("weights", "edge"))


def test_the_edge_takes_away_and_adds_residents(reproduction: Reproduction) -> None:
    shipped, sizes = reproduction.shipped, {}
    for edge in ("narrow", "member", "wide"):
        rows = residents(shipped, WEST, Assumptions(edge=edge))
        sizes[edge] = set(rows.tolist())
    assert sizes["narrow"] < sizes["member"] < sizes["wide"]


def test_people_average_to_the_mean_of_their_candidate(reproduction: Reproduction) -> None:
    shipped = reproduction.shipped
    row = next(row for row in reproduction.rows if row.region == WEST)
    for setting in (
        Assumptions(),
        Assumptions(baseline="huff", beta=0.1),
        Assumptions(baseline="huff", beta=0.1, recipients="nearest"),
        Assumptions(alternatives="all"),
    ):
        given = matrix(shipped, WEST, row.intervention, setting)
        rule = rule_of(given, setting)
        swept = sweep(row.intervention, given, rule)
        for place in (0, len(swept.stops) - 1):
            found = measures(given.flows(rule, stops=swept.stops[place]))
            assert found["moved"] == pytest.approx(swept.moved[place])
            assert found["mean_extra_moved"] == pytest.approx(swept.means[place])


def test_changes_that_change_nothing_are_no_definitions() -> None:
    names = [each.name for each in definitions(Assumptions(weights="65+"))]
    assert "interventions, weights 65+" not in names
    assert "interventions, weights population" in names
    assert len(names) == len(set(names)) == len(ERRORS) + len(DRAWN)


def test_the_median_is_the_lower_of_two() -> None:
    assert median_place(np.array([4.0, 1.0, 3.0, 2.0])) == 3
    assert median_place(np.array([np.nan, np.nan])) is None


def test_a_setting_lists_all_faults_at_once() -> None:
    with pytest.raises(InputError) as caught:
        Assumptions(weights="80+", alternatives="abroad", beta=-1.0)
    assert len(caught.value.faults) == 3
