"""Two scenarios of the toy study.

```
A. Leeuwarden to Groningen                 B. Leeuwarden stops, Emmen begins
8911: 52 minutes, to Groningen             8911: 52 minutes, to Groningen
9166: 80 minutes, to Groningen             9166: 80 minutes, to Groningen
7811: 48 minutes, to Groningen             7811: 4.5 minutes, to Emmen: 43.5 less
9712:  5 minutes, Groningen                9712:  5 minutes, Groningen
8899: no route                             8899: no route
```
"""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from typing import TYPE_CHECKING

import openpyxl
import pytest
from three_towns import STUDY, impact, tree, write_files
from toy import EMMEN_OPENS, KIDNEY, PANCREAS, TO_GRONINGEN, toy_result

from impact.analysis.compare import AFTER, EXTRA, SAME, WITHOUT_ROUTE, A, B, Side, compare
from impact.analysis.run import run_study
from impact.commands.compare import FILES
from impact.errors import InputError
from impact.manifest import manifest_differences
from impact.model.measures import DIFFERENCES, difference_of
from impact.outputs.files.columns import compared_columns
from impact.outputs.files.compared import write_comparison, write_comparison_tables
from impact.outputs.pages.compare import answers, figures, places, write_comparison_page
from impact.outputs.text import texts
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.compare import Comparison
    from impact.analysis.result import Result


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def two(toy: Result) -> Comparison:
    return compare(Side(toy, "out", TO_GRONINGEN), Side(toy, "out", EMMEN_OPENS))


def test_every_postcode_is_better_off_on_the_side_where_it_is_nearer(two: Comparison) -> None:
    (match,) = two.matches
    assert match.intervention == PANCREAS
    assert two.measure == AFTER
    assert match.postcodes["better"].to_dict() == {
        "7811": B,
        "8899": WITHOUT_ROUTE,
        "8911": SAME,
        "9166": SAME,
        "9712": SAME,
    }
    assert match.postcodes.loc["7811", "difference"] == 43.5
    assert {side: match.people(side) for side in (A, B, SAME, WITHOUT_ROUTE)} == {
        A: 0.0,
        B: 5000.0,
        SAME: 30900.0,
        WITHOUT_ROUTE: 1100.0,
    }
    assert match.gain(B) == 43.5
    assert math.isnan(match.gain(A))


def test_the_answer_leads_with_what_does_not_change(two: Comparison) -> None:
    (said,) = answers(two, texts("nl"))
    assert said == (
        "Pancreasresecties: voor 84% van de inwoners maakt het niet uit (minder "
        f"dan 1 minuut verschil). Beter af in '{EMMEN_OPENS}': 5.000 (gemiddeld 44 "
        f"minuten korter). Niemand is beter af in '{TO_GRONINGEN}'. Over iedereen samen komt er "
        f"gemiddeld het minst bij in '{EMMEN_OPENS}'."
    )


def test_swapping_the_sides_swaps_the_figures(toy: Result, two: Comparison) -> None:
    swapped = compare(Side(toy, "out", EMMEN_OPENS), Side(toy, "out", TO_GRONINGEN)).matches[0]
    assert swapped.people(A) == two.matches[0].people(B)
    assert swapped.gain(A) == two.matches[0].gain(B)
    assert (swapped.postcodes["difference"] + two.matches[0].postcodes["difference"]).sum() == 0.0


def test_a_run_beside_itself_differs_nowhere(toy: Result) -> None:
    alike = compare(Side(toy, "a"), Side(toy, "b"))
    assert [match.intervention for match in alike.matches] == [KIDNEY, PANCREAS, PANCREAS]
    assert all(match.people(A) == match.people(B) == 0.0 for match in alike.matches)
    assert alike.alone == ()
    assert "voor niemand" in answers(alike, texts("nl"))[0]


def test_other_speeds_compare_extra_minutes_and_no_travel_times(toy: Result) -> None:
    times = {**toy.manifest["times"], "profile": "spits"}
    slower = toy.postcode_rows.assign(
        mean_before=toy.postcode_rows["mean_before"] * 2,
        mean_after=toy.postcode_rows["mean_after"] * 2,
    )
    peak = dataclasses.replace(toy, manifest={**toy.manifest, "times": times}, postcode_rows=slower)
    match = compare(Side(toy, "a", TO_GRONINGEN), Side(peak, "b", TO_GRONINGEN)).matches[0]
    assert compare(Side(toy, "a"), Side(peak, "b")).measure == EXTRA
    # 8911 gets 46 minutes more in A and 92 in B; 9712 keeps its hospital, however slow the road
    assert match.postcodes.loc["8911", "difference"] == -46.0
    assert match.postcodes.loc["9712", "better"] == SAME


def test_a_minute_is_a_difference_and_gains_are_means_over_people(toy: Result) -> None:
    later = {"8911": 1.0, "9166": 5.0, "9712": 0.99}
    rows = toy.postcode_rows
    slower = rows.assign(mean_after=rows["mean_after"] + rows["postcode"].map(later).fillna(0.0))
    other = dataclasses.replace(toy, postcode_rows=slower)
    match = compare(Side(toy, "a", TO_GRONINGEN), Side(other, "b", TO_GRONINGEN)).matches[0]
    assert match.postcodes["better"].to_dict() == {
        "7811": SAME,
        "8899": WITHOUT_ROUTE,
        "8911": A,
        "9166": A,
        "9712": SAME,
    }
    near, far = (toy.postcodes.loc[code, "demand"] for code in ("8911", "9166"))
    assert match.gain(A) == pytest.approx((near + 5 * far) / (near + far))
    assert near != far


def test_who_takes_over_is_named_with_shares_where_patients_divide(
    two: Comparison, tmp_path: Path
) -> None:
    (match,) = two.matches
    label = "Neemt over (aandeel van wie naar een ander ziekenhuis moet)"
    row = next(each for each in figures(match, texts("nl")) if each.label == label)
    # nobody of those who leave Leeuwarden has Emmen nearer
    assert row.values == ("UMC Groningen; zo genoemd in het scenario", "UMC Groningen")
    assert row.difference == ""
    study = STUDY.replace('"Noord" = 1.0', '"Noord" = 0.25, "Zuid" = 0.75')
    divided = run_study(read_study(write_files(tmp_path, {"study.toml": study})), use_cache=False)
    sides = Side(divided, "a", "West stopt"), Side(divided, "b", "West stopt")
    rows = figures(compare(*sides).matches[0], texts("en"))
    assert any(row.values[0] == "Zuid (75%) and Noord (25%); as agreed" for row in rows)


def test_a_scenario_that_changes_nothing_is_today(toy: Result, tmp_path: Path) -> None:
    # the first changes nothing for the pancreas, the other nothing for the kidney
    matches = compare(Side(toy, "a", "displayed candidate"), Side(toy, "b", TO_GRONINGEN)).matches
    kidney, pancreas = matches
    assert kidney.scenarios == ("displayed candidate", "")
    assert (kidney.postcodes["after_b"] == kidney.postcodes["before_b"]).all()
    assert pancreas.scenarios == ("", TO_GRONINGEN)
    assert pancreas.postcodes.loc["8911", "after_a"] == 6.0
    rows = {row.label: row for row in figures(pancreas, texts("nl"))}
    assert rows["Moet naar een ander ziekenhuis"].values[0] == "0"
    assert rows["Gemiddeld extra van wie naar een ander ziekenhuis moet"].values[0] == "–"
    write_comparison_page(
        compare(Side(toy, "a", "displayed candidate"), Side(toy, "b", TO_GRONINGEN)),
        tmp_path / "compare.html",
    )
    assert "verandert niets aan deze behandeling" in (tmp_path / "compare.html").read_text("utf-8")


def test_everything_in_which_two_runs_are_unlike_is_said_at_once(toy: Result) -> None:
    other = dataclasses.replace(
        toy,
        unit="patients",
        study=dataclasses.replace(
            toy.study, region="Elders", interventions=toy.study.interventions[:1]
        ),
        postcodes=toy.postcodes.drop("7811"),
    )
    with pytest.raises(InputError) as caught:
        compare(Side(toy, "hier"), Side(other, "daar"))
    fields = [fault.field for fault in caught.value.faults]
    assert fields == ["region", "unit", "interventions", "postcodes"]
    assert "found 'Elders', expected 'Drie steden', as in hier" in str(caught.value)
    assert "7811" in str(caught.value)


def test_the_same_postcodes_with_other_demand_are_refused(toy: Result) -> None:
    more = dataclasses.replace(toy, postcodes=toy.postcodes.assign(demand=1.0))
    with pytest.raises(InputError, match="same demand per postcode"):
        compare(Side(toy, "hier"), Side(more, "daar"))


def test_an_unknown_scenario_suggests_the_nearest(toy: Result) -> None:
    with pytest.raises(InputError, match=r"nearest known: 'A\. Leeuwarden naar Groningen'"):
        compare(Side(toy, "out", "A. Leeuwarden naar Groninge"), Side(toy, "out", EMMEN_OPENS))


def test_the_table_has_a_row_per_pair(two: Comparison, tmp_path: Path) -> None:
    write_comparison(two, tmp_path / "compare.csv")
    (row,) = csv.DictReader(io.StringIO((tmp_path / "compare.csv").read_text(encoding="utf-8")))
    assert list(row) == [column.name for column in compared_columns("ab")]
    assert row["better_b"] == "5000"
    assert row["gain_b"] == "43.5"
    assert row["gain_a"] == ""
    assert row["measure"] == "after"
    assert row["opens_b"] == "Treant Scheper"
    assert row["moved_a"] == row["moved_b"]


@pytest.fixture(scope="module")
def three(toy: Result) -> Comparison:
    names = (TO_GRONINGEN, EMMEN_OPENS, "displayed candidate")
    return compare(*(Side(toy, "out", name) for name in names))


def test_three_scenarios_say_who_is_worse_off_than_in_the_best(three: Comparison) -> None:
    """The third changes nothing for the pancreas: Leeuwarden (8911) keeps its hospital there."""
    match = next(each for each in three.matches if each.intervention == PANCREAS)
    assert match.letters == "abc"
    assert match.postcodes["better"].to_dict() == {
        "7811": B,
        "8899": WITHOUT_ROUTE,
        "8911": "c",
        "9166": "c",
        "9712": SAME,
    }
    demand = match.postcodes["demand"]
    away = demand["8911"] + demand["9166"]
    assert match.worse(A) == away + demand["7811"]
    assert match.worse(B) == away
    assert match.worse("c") == demand["7811"]
    # 8911 drives 6 minutes where Leeuwarden goes on, and 52 where it stops: 46 longer
    longer = match.postcodes["after_b"] - match.postcodes["after_c"]
    far = longer[["8911", "9166"]]
    assert far["8911"] == 46.0
    assert match.loss(B) == pytest.approx((far * demand[far.index]).sum() / away)
    # A and B are as long for Leeuwarden, A and C for Emmen
    assert match.worst == ["", WITHOUT_ROUTE, "", "", SAME]
    assert "difference" not in match.postcodes


def test_a_third_side_takes_nothing_from_a_pair(toy: Result, two: Comparison) -> None:
    """Among three of which two are the same, who is worse off is who is better off elsewhere."""
    again = compare(*(Side(toy, "out", name) for name in (TO_GRONINGEN, EMMEN_OPENS, EMMEN_OPENS)))
    (pair,), (match,) = two.matches, again.matches
    assert match.worse(A) == pair.people(B)
    assert match.loss(A) == pair.gain(B)
    assert match.worse(B) == match.worse("c") == pair.people(A)
    assert match.worst[0] == A


def test_the_best_for_everybody_has_the_least_extra_over_all(three: Comparison) -> None:
    match = next(each for each in three.matches if each.intervention == PANCREAS)
    assert match.mean_extra_all[2] == 0.0
    means = dict(zip(match.letters, match.mean_extra_all, strict=True))
    assert match.best == tuple(each for each in means if means[each] == min(means.values()))
    said = next(each for each in answers(three, texts("nl")) if each.startswith(PANCREAS))
    assert "Slechter af in 'kleinste stoppen': 5.000 (gemiddeld 44 minuten langer" in said


def test_a_municipality_has_a_column_per_side(three: Comparison, toy: Result) -> None:
    match = next(each for each in three.matches if each.intervention == PANCREAS)
    table = match.municipalities(toy.postcodes["municipality"])
    assert table.loc["Emmen", ["before", "after_a", "after_b", "after_c"]].tolist() == [
        48.0,
        48.0,
        4.5,
        48.0,
    ]
    assert table.loc["Emmen", "better"] == B


def test_the_workbook_has_a_column_per_side(three: Comparison, tmp_path: Path) -> None:
    write_comparison_tables(three, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "compare.xlsx")
    assert book.sheetnames == ["Verdelingen", "Cijfers", "Gemeenten", "Groepen"]
    heads = [cell.value for cell in next(book["Gemeenten"].iter_rows())]
    assert [head[:3] for head in heads[-4:-1]] == ["A. ", "B. ", "C. "]
    assert f"{EMMEN_OPENS} (STATUS NIET VERMELD)" in heads[-3]
    assert heads[-1] == "Beter af in"
    formats = {row[1].value: row[2].number_format for row in book["Cijfers"].iter_rows(min_row=2)}
    assert formats["Moet naar een ander ziekenhuis (inwoners)"] == "#,##0"
    assert formats["Gemiddeld extra over iedereen (minuten, enkele reis)"] == "0.0"
    rows = {(row[0], row[1]): row for row in book["Gemeenten"].iter_rows(values_only=True)}
    assert rows[PANCREAS, "Emmen"][-4:] == (48.0, 4.5, 48.0, "B")
    text = (tmp_path / "compare_municipalities.csv").read_text(encoding="utf-8")
    towns = list(csv.DictReader(io.StringIO(text)))
    found = {(row["intervention"], row["municipality"]): row for row in towns}
    assert found[PANCREAS, "Emmen"]["after_b"] == "4.5"
    (row, *_) = [
        each
        for each in csv.DictReader(io.StringIO((tmp_path / "compare.csv").read_text("utf-8")))
        if each["intervention"] == PANCREAS
    ]
    assert row["worse_c"] == "5000"
    assert row["loss_c"] == "43.5"


def test_groups_stand_side_by_side(three: Comparison) -> None:
    for match in three.matches:
        table = three.groups(match)
        for letter, case in zip(match.letters, match.cases, strict=True):
            if case is None and len(table):
                assert (table[f"mean_extra_all_{letter}"] == 0.0).all()


def test_one_side_or_seven_are_refused(toy: Result) -> None:
    for count in (1, 7):
        with pytest.raises(InputError, match="two to 6 runs"):
            compare(*(Side(toy, "out", TO_GRONINGEN) for _ in range(count)))


def test_who_it_is_about(toy: Result, two: Comparison) -> None:
    (place,) = places(two.matches[0], toy, texts("nl"))
    assert (place.name, place.count, place.text) == ("Emmen", "5.000", "B 44 minuten korter")
    assert (place.now, place.then) == ("48", ("48", "4"))


def test_the_bands_of_both_sides_mirror_each_other() -> None:
    for minutes in (0.0, 0.99, 1.0, 3.0, 5.0, 5.1, 10.0, 19.9, 20.0, 21.0, math.inf):
        mine, theirs = DIFFERENCES.index(difference_of(-minutes)), difference_of(minutes)
        assert DIFFERENCES[len(DIFFERENCES) - 1 - mine] is theirs


def test_manifests_tell_entries_of_lists_apart_by_name() -> None:
    a = {"inputs": [{"name": "x.csv", "sha256": "1"}, {"name": "y.csv", "sha256": "2"}]}
    b = {"inputs": [{"name": "y.csv", "sha256": "3"}, {"name": "x.csv", "sha256": "1"}], "new": 1}
    assert manifest_differences(a, b) == (
        ("inputs › y.csv › sha256", "2", "3"),
        ("new", "", "1"),
    )


def test_the_command_compares_folders(tmp_path: Path) -> None:
    study = write_files(tmp_path / "one")
    other = write_files(
        tmp_path / "two",
        {
            "study.toml": (tmp_path / "one" / "study.toml")
            .read_text(encoding="utf-8")
            .replace('"West stopt"', '"Noord stopt"')
            .replace('["West"]', '["Noord"]')
            .replace('"West" = { "Noord" = 1.0 }', '"Noord" = { "West" = 1.0 }')
        },
    )
    for path in (study, other):
        assert impact("run", path, "--out", path.parent / "out", "--quiet").code == 0
    folders = [tmp_path / "one" / "out", tmp_path / "two" / "out"]

    outcome = impact("compare", *folders, "--out", tmp_path / "both", "--lang", "en")

    assert outcome.code == 0, outcome.err
    assert set(tree(tmp_path / "both")) == set(FILES)
    # 8911 (100) drives 6 minutes if West goes on and 52 if it stops; 9712 (200) 50 and 5
    assert "Better off in 'A': 200 (on average 45 minutes shorter)" in outcome.out
    assert "Better off in 'B': 100 (on average 46 minutes shorter)" in outcome.out
    three = [*folders, folders[0], "--out", tmp_path / "three", "--lang", "en", "--quiet"]
    assert impact("compare", *three).code == 0
    names = ("--scenarios", "West stopt", "West stopt", "West stopt")
    named = impact("compare", folders[0], *names, "--out", tmp_path / "named", "--lang", "en")
    assert named.code == 0, named.err
    assert "for nobody" in named.out
    again = impact("compare", folders[0], "--out", tmp_path / "both")
    assert again.code == 2
    assert "--scenarios" in again.err
    refused = impact("compare", folders[0], tmp_path / "one", "--out", tmp_path / "both")
    assert refused.code == 2
    assert "manifest.json and data/run.zip" in refused.err


def test_a_displayed_candidate_says_by_which_rule_it_is_shown(toy: Result, tmp_path: Path) -> None:
    shown = compare(Side(toy, "a", "displayed candidate"), Side(toy, "b", TO_GRONINGEN))
    write_comparison_page(shown, tmp_path / "compare.html")
    assert "university_hospitals_stay" in (tmp_path / "compare.html").read_text(encoding="utf-8")
    named = compare(Side(toy, "a", TO_GRONINGEN), Side(toy, "b", EMMEN_OPENS))
    write_comparison_page(named, tmp_path / "compare.html")
    page = (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert "university_hospitals_stay" not in page
