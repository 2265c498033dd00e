"""Known totals in a study: what they make of hidden counts, of the norm, and of what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from three_towns import STUDY, impact, write_files

from impact.analysis.run import run_study
from impact.errors import InputError
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

HIDDEN = 230
PATIENTS_IN_ALL = 295
OBSERVED = 'stop_count = 1\nnorm = 400\nallocation = "observed"\nflows = "flows.csv"'
TOTALS = 'times = "minutes.csv"\ntotals = "totals.csv"'


def many(folder: Path, *, totals: str = "") -> Path:
    """230 postcodes of which each sends ``<10`` patients to West, and one that sends 20 to Zuid."""
    codes = [f"{1000 + number}" for number in range(HIDDEN)]
    points = "".join(f"{code},53.2,5.8,100,Oost\n" for code in codes)
    minutes = "".join(f"{code},50,10,60\n" for code in codes)
    flows = "".join(f"{code},West,<10\n" for code in codes)
    text = STUDY.replace("stop_count = 1", OBSERVED)
    files = {
        "flows.csv": f"postcode,provider,patients\n{flows}",
        "postcodes.csv": f"postcode,lat,lon,population,municipality\n{points}",
        "minutes.csv": f"origin,Noord,West,Zuid\n{minutes}",
    }
    if totals:
        text = text.replace('times = "minutes.csv"', TOTALS)
        files["totals.csv"] = totals
    return write_files(folder, {"study.toml": text, **files})


def taken_over(result: Result) -> tuple[float, str]:
    """Volume of Noord once it takes over from West, and what is said of its norm."""
    row = result.volumes[
        (result.volumes["location"] == "Noord") & (result.volumes["scenario"] == "West stopt")
    ].iloc[0]
    return float(row["volume_after"]), str(row["meets_norm"])


def agreed(result: Result) -> dict[str, Any]:
    """Figures of the scenario, with the recipient that it names."""
    rows = result.summary[result.summary["scenario"] == "West stopt"]
    return next(row for row in rows.to_dict("records") if row["recipients"] == "named")


def notes(result: Result) -> dict[str, dict[str, object]]:
    return {note["key"]: note["fields"] for note in result.manifest["notes"]}


@pytest.mark.parametrize("total", ["hospital,West", "municipality,Oost", "region,", "national,"])
def test_295_patients_stay_295_and_the_verdict_on_the_norm_is_theirs(
    tmp_path: Path, total: str
) -> None:
    # 230 cells of <10 are 1,150 patients at 5 each: more than the norm of 400, and no verdict
    plain = run_study(read_study(many(tmp_path / "plain")))
    assert taken_over(plain) == (5.0 * HIDDEN, "")
    said = f"level,name,patients\n{total},{PATIENTS_IN_ALL}\n"
    held = run_study(read_study(many(tmp_path / "held", totals=said)))
    assert taken_over(held) == (pytest.approx(PATIENTS_IN_ALL), "no")
    row = agreed(held)
    for name in ("patients_moved", "demand"):
        assert row[name] == pytest.approx(PATIENTS_IN_ALL)
    about = notes(held)["held_to_totals"]
    assert (about["count"], about["before"]) == (HIDDEN, 1150.0)
    assert about["after"] == pytest.approx(PATIENTS_IN_ALL)
    assert "suppressed" not in notes(held)
    assert notes(held)["mostly_hidden"]["share"] == pytest.approx(100.0)


FLOWS = """\
postcode,provider,patients
9712,Noord,40
9712,West,<10
8911,West,30
8911,Zuid,<10
7811,Zuid,12
7811,West,<4
"""


def three(folder: Path, totals: str, *, rule: str = "", **files: str) -> Path:
    rule = rule or 'stop_count = 1\nallocation = "observed"\nflows = "flows.csv"'
    text = STUDY.replace("stop_count = 1", rule).replace('times = "minutes.csv"', TOTALS)
    more = {f"{name}.csv": each for name, each in files.items()}
    return write_files(
        folder, {"study.toml": text, "flows.csv": FLOWS, "totals.csv": totals, **more}
    )


def cells(result: Result) -> dict[tuple[str, str], float]:
    rows = result.cases[0].flows.groupby(["postcode", "provider_before"])["demand"].sum()
    return {(str(code), str(name)): float(x) for (code, name), x in rows.items()}


def test_hospital_and_municipality_hold_at_once(tmp_path: Path) -> None:
    totals = "level,name,patients\nhospital,West,34\nmunicipality,Emmen,13\n"
    found = cells(run_study(read_study(three(tmp_path, totals))))
    # Emmen: 12 at Zuid and so 1 at West; West: 34 - 30 - 1 = 3 from Groningen
    assert found["7811", "West"] == pytest.approx(1.0)
    assert found["9712", "West"] == pytest.approx(3.0)
    # no total holds this one
    assert found["8911", "Zuid"] == 5.0


def test_a_total_over_other_years_than_the_table(tmp_path: Path) -> None:
    totals = "level,name,patients,years\nhospital,West,102,3\n"
    found = cells(run_study(read_study(three(tmp_path, totals))))
    assert sum(x for (_, name), x in found.items() if name == "West") == pytest.approx(34.0)


def test_registered_volumes_of_which_some_are_hidden(tmp_path: Path) -> None:
    volumes = "location,volume\nNoord,60\nWest,<10\nZuid,<10\n"
    rule = 'stop_count = 1\nnorm = 66\nvolumes = "volumes.csv"'
    totals = "level,name,patients\nregion,,64\nhospital,West,≤2\n"
    result = run_study(read_study(three(tmp_path, totals, rule=rule, volumes=volumes)))
    counts = result.registered["Pancreas"]
    assert sum(counts.values()) == pytest.approx(64.0)
    # 64 - 60 = 4 for two, of which West has one or two
    assert (counts.low["West"], counts.high["West"]) == pytest.approx((1.0, 2.0))
    assert (counts.low["Zuid"], counts.high["Zuid"]) == pytest.approx((2.0, 3.0))
    row = agreed(result)
    assert (row["patients_low"], row["patients_high"]) == pytest.approx((1.0, 2.0))
    # 60 and at most 2 of West: below 66 whatever West has
    assert taken_over(result)[1] == "no"


def test_a_table_of_patients_with_hidden_counts_bounds_who_moves(tmp_path: Path) -> None:
    patients = "postcode,patients\n9712,60\n8911,<10\n7811,<10\n"
    totals = "level,name,patients\nregion,,66\n"
    path = three(tmp_path, totals, rule="stop_count = 1", patients=patients)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(TOTALS, f'{TOTALS}\ndemand = "patients.csv"'), encoding="utf-8")
    result = run_study(read_study(path))
    row = agreed(result)
    # 6 for two postcodes: 3 each, between 1 and 5
    assert row["moved"] == pytest.approx(3.0)
    assert (row["patients_low"], row["patients_high"]) == pytest.approx((1.0, 5.0))
    assert (row["moved_low"], row["moved_high"]) == pytest.approx((1.0, 5.0))


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ("hospital,West,31", ["row 2, patients", "'31'", "from 32 to 42", "rows of West"]),
        ("hospital,West,50", ["'50'", "from 32 to 42"]),
        ("hospital,Wast,34", ["row 2, name", "the name of a hospital", "'West'"]),
        ("municipality,Emen,13", ["the name of a municipality", "'Emmen'"]),
        ("town,Emmen,13", ["row 2, level", "one of hospital, municipality, region, national"]),
        ("hospital,,13", ["a name beside hospital and municipality"]),
        ("hospital,West,many", ["a number of 0 or more"]),
        ("national,,published", ["a number: of Pancreas no national count is shipped"]),
        ("national,Noorden,90", ["row 2, name", "none beside region and national"]),
        ("hospital,West,≤", ["a number of 0 or more"]),
        ("hospital,West,<10", ["a number of 0 or more"]),
        ("hospital,West,nan", ["a number of 0 or more"]),
        ("hospital,West,-34", ["a number of 0 or more"]),
        ("hospital,West,1e400", ["a number of 0 or more"]),
        ("national,,1e300", ["from 85 to 103"]),
        ("hospital,West,34\nhospital,West,35", ["row 3", "each once"]),
        (
            "hospital,West,33\nhospital,Zuid,15\nhospital,Noord,40\nregion,,96",
            ["totals that go together"],
        ),
    ],
)
def test_totals_that_cannot_be_are_refused(tmp_path: Path, totals: str, said: list[str]) -> None:
    with pytest.raises(InputError) as error:
        run_study(read_study(three(tmp_path, f"level,name,patients\n{totals}\n")))
    for part in ("totals.csv", *said):
        assert part in str(error.value)


@pytest.mark.parametrize("years", ["0", "31", "-1", "1.5", "1" * 400, "1" * 5_001, "²"])
def test_years_of_a_total_are_those_of_a_table(tmp_path: Path, years: str) -> None:
    totals = f"level,name,patients,years\nhospital,West,34,{years}\n"
    with pytest.raises(InputError, match=r"row 2, years: found .* a number of years from 1 to 30"):
        run_study(read_study(three(tmp_path, totals)))


@pytest.mark.parametrize("total", ["1.250", "≤1.250", "<= 1.250"])
@pytest.mark.parametrize("other", ["", "hospital;Noord;40,0\n"])
def test_a_point_that_may_mean_a_thousand_is_refused_in_a_total(
    tmp_path: Path, total: str, other: str
) -> None:
    totals = f"level;name;patients\n{other}hospital;West;{total}\n"
    with pytest.raises(InputError, match=r"1250 if a thousand is meant, or 1\.25 if not"):
        run_study(read_study(three(tmp_path, totals)))


def test_a_total_from_a_spreadsheet_that_names_the_region(tmp_path: Path) -> None:
    totals = "\ufefflevel;name;patients\r\nregion;Noorden;90,5\r\nhospital;Zuid;13\r\n"
    result = run_study(read_study(three(tmp_path, totals)))
    assert float(result.cases[0].flows["demand"].sum()) == pytest.approx(90.5)
    assert cells(result)["8911", "Zuid"] == pytest.approx(1.0)
    assert {"bom", "line_ends", "semicolons", "decimal_comma"} <= set(notes(result))


def test_a_hidden_count_without_end_is_refused(tmp_path: Path) -> None:
    path = three(tmp_path, "level,name,patients\nhospital,West,34\n")
    (tmp_path / "flows.csv").write_text(FLOWS.replace("<10", f"<{'9' * 400}"), encoding="utf-8")
    with pytest.raises(InputError, match=r"row 3, patients: .*a hidden count with its bounds"):
        run_study(read_study(path))


def test_a_total_of_a_table_that_the_study_lacks_is_refused(tmp_path: Path) -> None:
    totals = "level,name,patients,table\nhospital,West,34,volumes\n"
    with pytest.raises(InputError, match="a table of counts in the study"):
        run_study(read_study(three(tmp_path, totals)))


def test_a_national_total_of_a_table_of_the_region_is_the_most(tmp_path: Path) -> None:
    # one postcode lies outside the region, and the table has none of it
    postcodes = """\
postcode,lat,lon,population,municipality,region
9712,53.2195,6.5642,200,Groningen,Noorden
8911,53.2014,5.7977,100,Leeuwarden,Noorden
7811,52.7880,6.8936,50,Emmen,Noorden
1011,52.3700,4.9000,50,Amsterdam,Midden
"""
    path = three(tmp_path, "level,name,patients\nnational,,90\n", postcodes=postcodes)
    with pytest.raises(InputError, match=r"≤90: flows\.csv counts the region only"):
        run_study(read_study(path))
    (tmp_path / "totals.csv").write_text("level,name,patients\nnational,,≤88\n", encoding="utf-8")
    result = run_study(read_study(path))
    assert float(result.cases[0].flows["demand"].sum()) == pytest.approx(88.0)


def test_a_total_of_what_the_table_has_no_rows_of_is_said(tmp_path: Path) -> None:
    flows = "postcode,provider,patients\n9712,Noord,40\n9712,West,<10\n"
    totals = "level,name,patients\nhospital,Zuid,34\n"
    result = run_study(read_study(three(tmp_path, totals, flows=flows)))
    assert notes(result)["totals_unused"]["names"] == ["Zuid"]


def test_the_screen_says_what_was_held_in_dutch(tmp_path: Path) -> None:
    path = three(tmp_path, "level,name,patients\nhospital,West,34\n")
    out = impact("run", path, "--out", tmp_path / "out", "--lang", "nl").out
    said = " ".join(out.split())
    assert "geschaald naar bekende totalen" in said
    assert "3 cellen afgeschermd" in said
    path = three(tmp_path / "wrong", "level,name,patients\nhospital,West,31\n")
    err = " ".join(impact("run", path, "--out", tmp_path / "out", "--lang", "nl").err.split())
    assert "van 32 tot 42: wat de rijen van West in flows.csv samen kunnen zijn" in err
