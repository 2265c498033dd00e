"""A run whose displayed candidate is that of a rule.

```
    8911 West 100 residents     9712 Noord 200        7811 Zuid 50
```

Registered volumes 70, 40 and 20 with a norm of 50: West and Zuid are below it.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from three_towns import STUDY, impact, write_files

from impact.analysis.rule_marks import lock_notes
from impact.analysis.run import run_study
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

VOLUMES = "location,volume\nNoord,90\nWest,40\nZuid,20\n"


def run(folder: Path, rule: str, volumes: str = VOLUMES) -> tuple[list[dict[str, str]], Path]:
    text = STUDY[: STUDY.index("[[scenario]]")].replace(
        "stop_count = 1", f'stop_count = 1\nnorm = 50\ncandidates = "{rule}"'
    )
    if volumes:
        text = text.replace("norm = 50", 'norm = 50\nvolumes = "volumes.csv"')
    study = write_files(folder, {"study.toml": text, "volumes.csv": volumes or VOLUMES})
    done = impact("run", study, "--out", folder / "out")
    assert (done.code, done.err) == (0, "")
    with (folder / "out" / "data" / "summary.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file)), folder / "out"


@pytest.mark.parametrize(
    ("rule", "name", "stops"),
    [
        ("fallback", "volgens de terugvaloptie", "West en Zuid"),
        ("smallest", "de ziekenhuizen met de kleinste aantallen stoppen", "Zuid"),
        ("largest", "het ziekenhuis met het grootste aantal neemt alles over", "West en Zuid"),
    ],
)
def test_the_displayed_candidate_is_that_of_the_rule(
    tmp_path: Path, rule: str, name: str, stops: str
) -> None:
    (row,), out = run(tmp_path, rule)
    assert row["scenario"] == f"rule: {rule}"
    moved = {"West en Zuid": "150", "Zuid": "50"}
    assert row["moved"] == moved[stops]
    report = (out / "report.html").read_text(encoding="utf-8")
    assert name in report
    assert stops in report
    assert f"Pancreas: de regel &#39;{rule}&#39; berust op geregistreerde aantallen" in report
    assert name in (out / "extra" / "map.html").read_text(encoding="utf-8")
    ranges = (out / "data" / "ranges.csv").read_text(encoding="utf-8").splitlines()
    mean = row["mean_extra_moved"]
    assert ranges[1].startswith(f"Noorden,interventions,{mean},{mean},")


def test_without_volumes_a_rule_is_not_followed_and_says_so(tmp_path: Path) -> None:
    (row,), out = run(tmp_path, "fallback", "")
    assert row["scenario"] == "displayed candidate"
    manifest = (out / "manifest.json").read_text(encoding="utf-8")
    assert (
        "the rule 'fallback' cannot be decided: no volumes; the candidate in which the smallest "
        "stop is displayed instead" in manifest
    )


def test_a_split_divides_the_volumes(tmp_path: Path) -> None:
    (row,), out = run(tmp_path, "share", "location,volume\nNoord,100\nWest,40\nZuid,30\n")
    # Noord keeps 100 - 30 of the 170; West and Zuid get 50 each
    assert (row["scenario"], row["recipients"]) == ("rule: share", "split")
    assert row["locations_after"] == "3"
    assert float(row["moved"]) == pytest.approx(200 - 350 * 70 / 170, abs=0.01)
    with (out / "data" / "volumes.csv").open(encoding="utf-8") as file:
        after = {each["location"]: each["volume_after"] for each in csv.DictReader(file)}
    assert after == {"Noord": "70", "West": "50", "Zuid": "50"}
    assert "aantallen verdeeld" in (out / "report.html").read_text(encoding="utf-8")


def test_a_rule_that_lets_everything_be_is_said(tmp_path: Path) -> None:
    (row,), out = run(tmp_path, "fallback", "location,volume\nNoord,100\nWest,60\nZuid,70\n")
    assert row["scenario"] == "displayed candidate"
    manifest = (out / "manifest.json").read_text(encoding="utf-8")
    assert "the rule 'fallback' lets nobody stop, by registered volumes; the " in manifest


def test_a_scenario_that_stops_what_must_stay_is_remarked_upon(tmp_path: Path) -> None:
    text = STUDY.replace("stop_count = 1", 'stop_count = 1\nmust_stay = ["West"]')
    study = read_study(write_files(tmp_path, {"study.toml": text}))
    (note,) = lock_notes(study)
    assert (note.key, note.fields["names"]) == ("lock_broken", ("West",))
    assert lock_notes(read_study(write_files(tmp_path, {"study.toml": STUDY}))) == []
    result = run_study(study)
    assert "lock_broken" in [each["key"] for each in result.manifest["notes"]]
