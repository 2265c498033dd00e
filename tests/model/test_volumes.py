"""Volumes before and after, and the norm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matrices import Instance, inputs_of, instances, matrix

from impact.analysis.cases import make_case
from impact.errors import InputError
from impact.model.volumes import COLUMNS, RegisteredCounts, case_volumes, judged, read_volumes
from impact.study.model import Intervention, Study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.model.case import Case

TIMES = matrix("A B C D", {"p": [10, 20, 50, 60], "q": [30, 12, 35, 60], "r": [40, 60, 15, 12]})
DEMAND = np.array([40.0, 20.0, 10.0])


def case_of(*stops: str, **more: object) -> Case:
    intervention = Intervention("x", ("A", "B", "C"), norm=50, stop_count=1)
    return make_case(intervention, inputs_of(TIMES, {"x": DEMAND}), name="s", stops=stops, **more)


def shown(table: pd.DataFrame) -> dict[str, tuple[float | None, float | None, str, str]]:
    assert tuple(table.columns) == COLUMNS
    return {
        row.location: (
            None if np.isnan(row.volume_before) else row.volume_before,
            None if np.isnan(row.volume_after) else row.volume_after,
            row.meets_norm,
            row.kind,
        )
        for row in table.itertuples()
    }


def test_residents_are_no_volume_and_no_norm_is_judged() -> None:
    for unit in ("residents", "residents 65+", "weight: low_income"):
        table = case_volumes(case_of("A"), unit, None)
        assert shown(table) == dict.fromkeys("ABC", (None, None, "", ""))
        assert table["norm"].tolist() == [50.0] * 3
        assert np.isnan(list(judged(table, case_of("A")).values())).all()


def test_patients_give_modelled_volumes() -> None:
    case = case_of("A")
    table = case_volumes(case, "patients", None)
    assert shown(table) == {
        "A": (40.0, 0.0, "", "modelled"),
        "B": (20.0, 60.0, "", "modelled"),
        "C": (10.0, 10.0, "", "modelled"),
    }
    found = judged(table, case)
    assert found["lowest_volume"] == 10.0
    assert np.isnan(found["below_norm"])


def test_what_was_counted_at_each_provider_is_not_called_modelled() -> None:
    case = case_of("A")
    table = case_volumes(case, "patients", None, counted=True)
    assert shown(table)["B"] == (20.0, 60.0, "yes", "counted")
    assert shown(table)["C"] == (10.0, 10.0, "no", "counted")
    assert judged(table, case) == {"lowest_volume": 10.0, "below_norm": 1.0}


@pytest.mark.parametrize(("high", "verdict"), [(4.0, "no"), (5.0, ""), (9.0, "")])
def test_hidden_counts_are_judged_where_their_bounds_agree(high: float, verdict: str) -> None:
    # A's 1 to `high` patients go to B, which has 45: the norm is 50
    case = case_of("A")
    middle = {"A": (1.0 + high) / 2.0, "B": 45.0, "C": 80.0}
    counts = RegisteredCounts(middle, {**middle, "A": 1.0}, {**middle, "A": high})
    assert not counts.exact
    table = case_volumes(case, "patients", counts)
    assert shown(table)["B"] == (45.0, 45.0 + middle["A"], verdict, "registered")
    assert np.isnan(judged(table, case)["below_norm"]) == (verdict == "")


def test_a_sum_of_thirds_meets_the_norm_that_it_adds_up_to() -> None:
    case = case_of("A")
    table = case_volumes(case, "residents", {"A": 50.0 - 1e-12, "B": 0.0, "C": 80.0})
    assert shown(table)["B"][2] == "yes"


def test_the_norm_itself_is_enough() -> None:
    case = make_case(
        Intervention("x", ("A", "B"), norm=60, stop_count=1),
        inputs_of(matrix("A B", {"p": [1, 2]}), {"x": np.array([60.0])}),
        name="s",
        stops=("A",),
    )
    table = case_volumes(case, "patients", None, counted=True)
    assert shown(table)["B"] == (0.0, 60.0, "yes", "counted")


def test_without_a_norm_volumes_stand_but_nothing_is_judged() -> None:
    case = make_case(
        Intervention("x", ("A", "B"), stop_count=1),
        inputs_of(matrix("A B", {"p": [1, 2]}), {"x": np.array([60.0])}),
        name="s",
        stops=("A",),
    )
    table = case_volumes(case, "patients", None)
    assert shown(table)["B"] == (0.0, 60.0, "", "modelled")
    found = judged(table, case)
    assert found["lowest_volume"] == 60.0
    assert np.isnan(found["below_norm"])


def test_registered_counts_are_the_baseline_whatever_the_unit() -> None:
    case = case_of("A")
    registered = {"A": 30.0, "B": 45.0, "C": 80.0}
    for unit in ("patients", "residents"):
        table = case_volumes(case, unit, registered)
        assert shown(table) == {
            "A": (30.0, 0.0, "", "registered"),
            "B": (45.0, 75.0, "yes", "registered"),
            "C": (80.0, 80.0, "yes", "registered"),
        }
        assert judged(table, case) == {"lowest_volume": 75.0, "below_norm": 0.0}


def test_registered_counts_follow_named_shares() -> None:
    case = case_of("A", moves_to={"A": {"B": 0.5, "C": 0.5}})
    table = case_volumes(case, "residents", {"A": 30.0, "B": 20.0, "C": 40.0})
    assert shown(table)["B"] == (20.0, 35.0, "no", "registered")
    assert shown(table)["C"] == (40.0, 55.0, "yes", "registered")
    assert judged(table, case) == {"lowest_volume": 35.0, "below_norm": 1.0}


def test_an_unknown_count_of_who_gives_leaves_who_takes_unknown() -> None:
    case = case_of("A")
    table = case_volumes(case, "residents", {"B": 45.0, "C": 80.0})
    assert shown(table) == {
        "A": (None, 0.0, "", "registered"),
        "B": (45.0, None, "", "registered"),
        "C": (80.0, 80.0, "yes", "registered"),
    }
    # a count over some of the locations would read as a count over all
    assert np.isnan(list(judged(table, case).values())).all()


def test_an_unknown_count_of_who_stays_is_not_judged() -> None:
    case = case_of("A")
    table = case_volumes(case, "residents", {"A": 30.0, "C": 8.0})
    assert shown(table)["B"] == (None, None, "", "registered")
    assert shown(table)["C"] == (8.0, 8.0, "no", "registered")
    assert np.isnan(list(judged(table, case).values())).all()


def test_where_nobody_lives_nearest_no_flow_says_where_patients_go() -> None:
    #  D stops; in the model nobody goes to D, yet it has 25 patients on the register
    times = matrix("A B D", {"p": [10, 20, 90], "q": [30, 12, 90]})
    intervention = Intervention("x", ("A", "B", "D"), norm=50, stop_count=1)
    inputs = inputs_of(times, {"x": np.array([40.0, 20.0])})
    case = make_case(intervention, inputs, name="s", stops=("D",))
    lost = case_volumes(case, "residents", {"A": 60.0, "B": 45.0, "D": 25.0})
    assert shown(lost)["A"] == (60.0, None, "", "registered")
    none = case_volumes(case, "residents", {"A": 60.0, "B": 45.0, "D": 0.0})
    assert shown(none)["A"] == (60.0, 60.0, "yes", "registered")


def test_a_location_that_opens_begins_at_nothing_and_draws_from_who_stays() -> None:
    #  A stops, D opens: r leaves C, which stays, for D
    case = case_of("A", opens=("D",))
    modelled = case_volumes(case, "patients", None)
    assert shown(modelled)["D"] == (0.0, 10.0, "", "modelled")
    assert shown(modelled)["C"] == (10.0, 0.0, "", "modelled")
    registered = case_volumes(case, "residents", {"A": 30.0, "B": 45.0, "C": 80.0})
    assert shown(registered)["D"] == (0.0, 80.0, "yes", "registered")
    assert shown(registered)["C"] == (80.0, 0.0, "no", "registered")
    assert shown(registered)["B"] == (45.0, 75.0, "yes", "registered")


def test_locations_outside_the_region_are_listed_where_they_are_used() -> None:
    intervention = Intervention("x", ("A", "B", "C"), norm=50, stop_count=1, alternatives="all")
    inputs = inputs_of(TIMES, {"x": DEMAND}, outside={"x": ("D",)})
    case = make_case(intervention, inputs, name="s", stops=("A",))
    table = case_volumes(case, "patients", None)
    # what residents of this region bring says nothing about a norm elsewhere
    assert shown(table)["D"] == (10.0, 10.0, "", "modelled")
    assert judged(table, case)["lowest_volume"] == 0.0
    assert np.isnan(judged(table, case)["below_norm"])
    registered = case_volumes(case, "patients", {"A": 30.0, "B": 45.0, "C": 80.0})
    assert shown(registered)["D"] == (None, None, "", "registered")


def test_where_nothing_is_left_nothing_is_judged() -> None:
    intervention = Intervention(
        "x", ("A", "B", "C"), norm=50, stop_count=3, all_fail="leaves_region"
    )
    inputs = inputs_of(TIMES, {"x": DEMAND}, outside={"x": ("D",)})
    case = make_case(intervention, inputs, name="s", stops=("A", "B", "C"))
    table = case_volumes(case, "patients", None)
    assert shown(table)["D"] == (0.0, 70.0, "", "modelled")
    assert shown(table)["A"] == (40.0, 0.0, "", "modelled")
    # what D does today nobody told, so what it will do is not known either
    registered = case_volumes(case, "patients", {"A": 30.0, "B": 45.0, "C": 80.0})
    assert shown(registered)["D"] == (None, None, "", "registered")
    assert np.isnan(list(judged(table, case).values())).all()


@settings(deadline=None, max_examples=40)
@given(instances(), st.data())
def test_volumes_add_up_before_and_after(instance: Instance, data: st.DataObject) -> None:
    asked = instance.intervention
    inputs = inputs_of(instance.times, {"toy": instance.demand}, outside={"toy": instance.outside})
    stops = tuple(sorted(data.draw(st.sets(st.sampled_from(asked.providers), min_size=1))))
    case = make_case(asked, inputs, name="s", stops=stops)
    modelled = case_volumes(case, "patients", None)
    lost = case.flows.loc[case.flows["provider_after"] == "", "demand"].sum()
    none = case.flows.loc[case.flows["provider_before"] == "", "demand"].sum()
    assert modelled["volume_before"].sum() == pytest.approx(instance.demand.sum() - none)
    assert modelled["volume_after"].sum() == pytest.approx(instance.demand.sum() - lost)
    # counts equal to the model's own give its own answer; who reached nothing is in no count
    if none > 0:
        return
    own = dict(zip(modelled["location"], modelled["volume_before"], strict=True))
    registered = case_volumes(case, "residents", own).set_index("location")["volume_after"]
    expected = modelled.set_index("location")["volume_after"]
    pd.testing.assert_series_equal(registered, expected)


KNOWN = ["A", "B", "C"]


def write(folder: Path, text: str) -> Study:
    (folder / "volumes.csv").write_text(text, encoding="utf-8")
    intervention = Intervention("x", ("A", "B"), volumes="volumes.csv")
    other = Intervention("y", ("A", "C"), volumes="volumes.csv")
    return Study("t", "r", (intervention, other, Intervention("z", ("A",))), folder=folder)


def test_counts_are_read_per_intervention(tmp_path: Path) -> None:
    study = write(tmp_path, "intervention,location,volume\nx,A,30\nx,B,45.5\ny,A,7\ny,B,9\n")
    found, notes, sources = read_volumes(study, KNOWN)
    assert found == {"x": {"A": 30.0, "B": 45.5}, "y": {"A": 7.0}}
    assert list(map(str, notes)) == [
        "volumes.csv: counts of locations that are no provider of 'y' were not used: B"
    ]
    assert [each["name"] for each in sources] == ["volumes.csv"]


def test_one_table_may_serve_every_intervention(tmp_path: Path) -> None:
    study = write(tmp_path, "location,volume\nA,30\nB,45\n")
    found = read_volumes(study, KNOWN).value
    assert found == {"x": {"A": 30.0, "B": 45.0}, "y": {"A": 30.0}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("location,volume\nA,-1\n", "volumes.csv, row 2, volume: found '-1'"),
        ("location,volume\nA,\n", "volumes.csv, row 2, volume: "),
        ("location,volume\nA,1\nA,2\n", "volumes.csv, row 3, location: found 'A'"),
        ("location,aantal\nA,1\n", "volumes.csv, header, volume: "),
        (
            "location,volume\nBb,1\n",
            "volumes.csv, row 2, location: found 'Bb', expected a hospital location; nearest",
        ),
        (
            "intervention,location,volume\nx,A,1\nyy,A,1\n",
            "volumes.csv, row 3, intervention: found 'yy', expected an intervention of the study",
        ),
        (
            "intervention,location,volume\nx,A,1\n",
            "volumes.csv, intervention: expected at least one row of 'y'",
        ),
    ],
)
def test_faulty_counts_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_volumes(write(tmp_path, text), KNOWN)
    assert message in str(caught.value)
