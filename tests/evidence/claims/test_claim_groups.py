"""Claims about groups: three towns by hand, the edge of what counts as equal, margins.

```
    9712: Noord 5, West 50, Zuid 45     8911: Noord 52, West 6, Zuid 95     7811: Zuid 4, Noord 48
```

When West and Zuid stop, those of 8911 drive 46 minutes more to Noord and those of 7811 drive 44.
All 50 of 65 and over who must move live in 8911; of the others 50 live there and 50 in 7811. So
the old get 46 and the others 45: a difference of 1 minute. Over everybody, 200 more in 9712 of
whom 50 are old, it is 50 x 46 / 100 = 23 against (50 x 46 + 50 x 44) / 250 = 18: 5 minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from three_towns import POSTCODES, STUDY, impact, with_roads, write_files

from impact.analysis.groups import REST
from impact.evidence.claims.claim import HIGHEST, LOWEST
from impact.evidence.claims.figures import StudyFigures, standing_cases, standing_changes
from impact.model.inputs import load_inputs
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

OLD = {"9712": "50,stad", "8911": "50,stad", "7811": "0,dorp"}
PEOPLE = "\n".join(
    [
        "postcode,lat,lon,population,municipality,population_65plus,soort",
        *(f"{line},{OLD[line[:4]]}" for line in POSTCODES.splitlines()[1:]),
        "",
    ]
)
GROUPED = STUDY.replace("[[intervention]]", 'groups = ["65+", "soort"]\n\n[[intervention]]', 1)
STOPS = ("--treatment", "Pancreas", "--stops", "West", "--stops", "Zuid")


def checked(folder: Path, *options: object) -> tuple[str, float]:
    """Verdict and figure of one claim about a group."""
    study = write_files(folder, {"postcodes.csv": PEOPLE, "study.toml": GROUPED})
    asked = ("--study", study, "--kind", "group_longer", *STOPS, *options)
    outcome = impact("check", *asked, "--out", folder / "out", "--force")
    assert outcome.code == 0, outcome.err
    row = pd.read_csv(folder / "out" / "claims.csv").iloc[0]
    return row["verdict"], row["figure"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--group", "65+"), ("supported", 1.0)),
        # exactly at the edge counts as equal
        (("--group", "65+", "--tolerance", 1), ("not supported", 1.0)),
        (("--group", "65+", "--tolerance", 1, "--compare", "equal"), ("supported", 1.0)),
        (("--group", "65+", "--tolerance", 0.99, "--compare", "equal"), ("not supported", 1.0)),
        (("--group", "65+", "--compare", "less"), ("not supported", 1.0)),
        (("--group", "65+", "--of", "all"), ("supported", 5.0)),
        # 46 in the one, 44 in the other
        (("--group", "soort", "--value", "stad"), ("supported", 2.0)),
        (("--group", "soort", "--value", "dorp", "--compare", "less"), ("supported", -2.0)),
        (
            ("--group", "soort", "--value", "dorp", "--compare", "less", "--tolerance", 2),
            ("not supported", -2.0),
        ),
        (("--group", "soort", "--value", LOWEST), ("not supported", -2.0)),
        (("--group", "soort", "--value", HIGHEST), ("supported", 2.0)),
    ],
)
def test_a_difference_that_can_be_added_by_hand(
    tmp_path: Path, options: tuple[object, ...], expected: tuple[str, float]
) -> None:
    assert checked(tmp_path, *options) == expected


def test_a_group_of_which_nobody_moves_decides_nothing(tmp_path: Path) -> None:
    people = PEOPLE.replace("Leeuwarden,50", "Leeuwarden,0")
    study = write_files(tmp_path, {"postcodes.csv": people, "study.toml": GROUPED})
    asked = ("--study", study, "--kind", "group_longer", "--group", "65+", *STOPS)
    outcome = impact("check", *asked, "--out", tmp_path / "out")
    assert "niet te beslissen met deze gegevens" in outcome.out


def test_who_is_counted_is_no_margin_but_speeds_are(tmp_path: Path) -> None:
    study = with_roads(tmp_path)
    (tmp_path / "postcodes.csv").write_text(PEOPLE, encoding="utf-8")
    text = GROUPED.replace('times = "minutes.csv"', 'roads = "toy.impact"')
    study.write_text(text, encoding="utf-8")
    asked = ("--study", study, "--kind", "group_longer", "--group", "65+", *STOPS)
    out = tmp_path / "out"
    outcome = impact("check", *asked, "--of", "all", "--draws", 4, "--out", out)
    assert outcome.code == 0, outcome.err
    row = pd.read_csv(out / "claims.csv").iloc[0]
    assert row["low"] < row["figure"] < row["high"]
    figures = pd.read_csv(out / "figures.csv")
    assert not figures["definition"].str.contains("weights").any()
    # the base, four draws, two detours, two fixed minutes
    assert figures["computed"].max() == 9


def test_the_page_names_both_groups_and_no_cause(tmp_path: Path) -> None:
    checked(tmp_path, "--group", "65+")
    page = (tmp_path / "out" / "verdicts.html").read_text(encoding="utf-8")
    assert "65 jaar en ouder, min jonger dan 65" in page
    assert "meer extra" in page
    assert "telt als even veel" in page


def test_it_is_the_difference_of_groups_csv(noordoost_result: Result) -> None:
    """For people who are counted, and for classes of postcodes."""
    result = noordoost_result
    inputs = load_inputs(result.study, engine=DEFAULT_ENGINE)
    figures = StudyFigures(
        {each.name: each for each in result.study.interventions},
        lambda _: inputs,
        None,
        standing_changes(result),
    )
    seen = 0
    for name, case in standing_cases(result).items():
        rows = result.groups
        mine = rows[(rows["intervention"] == name) & (rows["scenario"] == case.scenario)]
        part = mine[mine["by"] == "65+"].set_index("group")["mean_extra_moved"]
        change = figures.standing(name, "median")
        found = figures.group_difference(name, change, "moved", ("65+", ""))
        assert found == pytest.approx(part["65+"] - part[REST], nan_ok=True)
        urban = mine[(mine["by"] == "urbanity") & mine["mean_extra_moved"].notna()]
        other = urban[urban["group"] != "5"]
        if not len(other) or len(other) == len(urban):
            continue
        seen += 1
        mean = np.average(other["mean_extra_moved"], weights=other["moved"])
        own = urban.loc[urban["group"] == "5", "mean_extra_moved"].iloc[0]
        found = figures.group_difference(name, change, "moved", ("urbanity", "5"))
        assert found == pytest.approx(own - mean)
    assert seen


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--group", "66+"), "--group: found '66+', expected a group: one of 65+, soort"),
        ((), "--group: expected a group: one of 65+, soort"),
        (("--group", "65+", "--value", "oud"), "--value: found 'oud', expected no value beside"),
        (("--group", "soort"), "--value: expected one of lowest, highest, dorp, stad"),
        (("--group", "soort", "--value", "stat"), "nearest known: 'stad'"),
        (("--group", "65+", "--compare", "about"), "expected one of more, less, equal"),
    ],
)
def test_a_wrong_group_is_told(tmp_path: Path, options: tuple[str, ...], expected: str) -> None:
    study = write_files(tmp_path, {"postcodes.csv": PEOPLE, "study.toml": GROUPED})
    asked = ("--study", study, "--kind", "group_longer", *STOPS, *options)
    outcome = impact("check", *asked, "--out", tmp_path / "out")
    assert outcome.code == 2
    assert expected in " ".join(outcome.err.split())
