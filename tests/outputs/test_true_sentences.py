"""The fourteen worst sentences that stood on a page: each situation, and what is said of it now."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from rich.console import Console
from three_towns import HOSPITALS, POSTCODES, STUDY, impact, write_files
from toy import KIDNEY, PANCREAS, toy_result

from impact.analysis.result import CaseView
from impact.analysis.run import run_study
from impact.errors import InputError
from impact.evidence.sensitivity import sensitivity, with_sensitivity
from impact.model.measures import measures, weighted_percentile
from impact.outputs.pages.a4 import sheet, write_a4
from impact.outputs.pages.index import write_index
from impact.outputs.pages.report import write_report
from impact.outputs.pictures.charts import margin_text, order_texts
from impact.outputs.screen import print_place, print_summary
from impact.outputs.text import texts
from impact.outputs.text.answer import certain, depends
from impact.outputs.text.displayed import displayed_sentences
from impact.outputs.text.overview import more_extra
from impact.outputs.text.rounding import rounded_difference
from impact.outputs.text.wording import share_at_least, span_text, status_badge, tenth_text
from impact.study.model import DISPLAYED
from impact.study.read import read_study
from impact.tables.place_names import one_place
from impact.tables.places import read_postcodes

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

NL = texts("nl")
_TAG = re.compile(r"<(style|script)\b.*?</\1>|<[^>]+>", re.DOTALL)
ENDOSCOPIC = "Endoscopische resecties maag/slokdarm"

TWO = """
[[scenario]]
name = "Zuid stopt"
stops = { "Pancreas" = ["Zuid"] }
"""


def ran(folder: Path, study: str = STUDY, **files: str) -> Result:
    named = {f"{name}.csv": text for name, text in files.items()}
    return run_study(read_study(write_files(folder, {"study.toml": study, **named})))


def pages(result: Result, folder: Path) -> dict[str, str]:
    """Report, A4 and screen, as text."""
    folder.mkdir(parents=True, exist_ok=True)
    write_report(result, folder / "report.html")
    write_a4(result, folder / "a4.html")
    with (folder / "screen.txt").open("w", encoding="utf-8") as file:
        print_summary(Console(file=file, width=400), result, folder, lang="nl")
    out = {}
    for name in ("report.html", "a4.html", "screen.txt"):
        plain = re.sub(
            r"<(style|script)\b.*?</\1>|<[^>]+>", " ", read(folder / name), flags=re.DOTALL
        )
        out[name] = " ".join(plain.split())
    return out


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_1_one_in_ten_more_than_32_was_28_in_a_hundred() -> None:
    p90 = weighted_percentile(np.array([10.0, 32.4]), np.array([72.0, 28.0]), 0.9)
    said = NL("map.extra_value_p90", mean="16", p90=tenth_text(NL, p90))
    assert said == "gemiddeld 16, 1 op de 10 minstens 32"
    assert "meer dan" not in said


def test_2_at_least_49_per_cent_was_48_6() -> None:
    assert share_at_least(NL, 0.486) == "48%"


def test_3_a_mean_of_5_to_5() -> None:
    said = span_text(NL, 4.6, 5.4, unit=True)
    assert said == "ongeveer 5 minuten"


def test_4_from_79_to_123_was_43_more() -> None:
    # 79.4 and 122.6: each is rounded, and so is their difference; 43.2 beside 79 and 123 is wrong
    assert (NL.number(79.4), NL.number(122.6)) == ("79", "123")
    assert rounded_difference(79.4, 122.6) == 44.0


def test_5_about_less_than_a_minute() -> None:
    said = margin_text(NL, 0.3, 0.3, 0.3)
    assert said == "minder dan 1 minuut, in alles wat is doorgerekend"
    assert span_text(NL, 0.2, 0.3, unit=True) == "minder dan 1 minuut"


def test_6_better_by_the_moved_contradicted_the_claim_by_everybody(tmp_path: Path) -> None:
    # 10 people drive 46 more if West stops, 1000 drive 44 more if Zuid stops: by the moved Zuid was
    # 'better', though everybody together drives far less if West stops
    people = POSTCODES.replace("100,Leeuwarden", "10,Leeuwarden").replace("50,Emmen", "1000,Emmen")
    result = ran(tmp_path, STUDY + TWO, postcodes=people)
    filled = with_sensitivity(result, sensitivity(result.study, result))
    (said,) = order_texts(filled, NL)
    assert "geeft West stopt over iedereen samen minder extra reistijd dan Zuid stopt" in said
    assert "geeft Zuid stopt" not in said
    # and the claim check says the same
    asked = ("--kind", "better", "--scenario", "West stopt", "--than-scenario", "Zuid stopt")
    done = impact(
        *("check", "--study", tmp_path / "study.toml", "--treatment", "Pancreas"),
        *(*asked, "--of", "all", "--out", tmp_path / "claims", "--strict"),
    )
    assert done.code == 0, done.err + done.out


def test_7_what_is_certain_left_out_the_scenarios_of_the_study(tmp_path: Path) -> None:
    toy = toy_result(tmp_path)
    summary = toy.summary.copy()
    mine = (summary["intervention"] == PANCREAS) & (summary["recipients"] == "named")
    summary.loc[mine, "moved"] = 0.79 * summary.loc[mine, "demand"]
    said = " ".join(certain(dataclasses.replace(toy, summary=summary), NL))
    assert "elk genoemd scenario" in said
    assert "houdt minstens 21% van" in said
    assert "minstens 49%" not in said


def test_8_an_example_was_told_as_news(tmp_path: Path) -> None:
    without = STUDY[: STUDY.index("[[scenario]]")]
    result = ran(tmp_path, without)
    (case,) = result.cases
    assert status_badge(NL, case) == "REKENVOORBEELD: niemand koos dit"
    for name, text in pages(result, tmp_path / "out").items():
        assert "REKENVOORBEELD: niemand koos dit" in text, name
    assert NL("explorer.if_stops_one", names="Zuid").startswith("Stel dat Zuid stopt")


def test_9_the_optimum_was_proven_the_best_and_stopped_the_university_hospital(
    tmp_path: Path,
) -> None:
    hospitals = HOSPITALS.replace("lon", "lon,type").replace("6.9105", "6.9105,umc")
    hospitals = hospitals.replace("6.5765\n", "6.5765,\n").replace("5.7856\n", "5.7856,\n")
    study = write_files(tmp_path, {"hospitals.csv": hospitals})
    done = impact("optimise", study, "--out", tmp_path / "out")
    page = read(tmp_path / "out" / "choices.html")
    assert "Stopt met deze behandeling: West" in done.out
    assert "Stopt met deze behandeling: Zuid" not in done.out
    for text in (done.out, page):
        assert "bewezen" not in text.lower()
        assert "inste reistijd (geen advies)" in text
        assert "Het laten doorgaan van Zuid volgens de regel kost 7 minuten" in text
        assert "Geen andere verdeling geeft precies evenveel" in text


def test_10_the_displayed_candidate_closed_the_university_hospital(
    noordoost_result: Result, tmp_path: Path
) -> None:
    shown = [case for case in noordoost_result.cases if case.scenario == DISPLAYED]
    assert len(shown) == 8
    for case in shown:
        assert "UMC Groningen" not in case.stops
        assert case.kept["UMC Groningen"] == "university"
    for name, text in pages(noordoost_result, tmp_path).items():
        assert "university_hospitals_stay" in text, name
        assert "Bandbreedtes gaan over alle mogelijke verdelingen" in text, name
        assert "middelste" not in text, name
    # who stays for one treatment and stops for another is said to stay for the first alone
    said = " ".join(displayed_sentences(noordoost_result.study, shown, NL))
    declared = "Frisius MC Leeuwarden (MCL)"
    kept = [each.intervention.name for each in shown if declared in each.kept]
    assert kept == ["Lokale behandeling nierkanker"]
    assert any(declared in case.stops for case in shown)
    assert f"{declared} (bij {kept[0]})" in said
    assert "en UMC Groningen." in said


def test_11_a_village_was_the_mean_of_two_villages() -> None:
    known = read_postcodes()
    with pytest.raises(InputError, match=r"Winsum \(Het Hogeland\); Winsum \(Waadhoeke\)"):
        one_place(known, "Winsum", source="lookup")
    assert one_place(known, "Winsum (Waadhoeke)", source="lookup").postcodes == ("8831",)


def test_12_beyond_30_minutes_in_all_was_read_as_extra(tmp_path: Path) -> None:
    toy = toy_result(tmp_path / "toy")
    # 10,000 of Leeuwarden get 46 minutes extra and travel 52 in all, 900 of the island get 10 and
    # travel 80; 5,000 of Emmen travel 48 in all today already (pancreas)
    row = toy.summary.set_index(["intervention", "recipients"]).loc[(PANCREAS, "named")]
    assert (row["extra_over_30"], row["extra_over_45"]) == (10_000.0, 10_000.0)
    assert (row["beyond_30_before"], row["beyond_30_after"]) == (7_000.0, 17_000.0)
    found = pages(toy, tmp_path / "out")
    assert "Krijgt meer dan 30 (45) minuten extra" in found["report.html"]
    assert "10.000 (10.000)" in found["report.html"]
    assert "In totaal langer dan 60 minuten" in found["report.html"]
    # the sheet has neither: nobody can take one for the other
    assert "minuten extra bij" not in found["a4.html"]
    assert "langer dan 60" not in found["a4.html"]
    assert (
        "Meer dan 30 minuten extra: 10.000; meer dan 45 minuten extra: 10.000"
        in (found["screen.txt"])
    )
    # where nobody gets that much the most that anybody gets is named, rounded up
    case = toy.cases[0]
    rows = case.flows.assign(minutes_after=np.minimum(case.flows["minutes_after"], 28.4 + 4.5))
    rows["extra_minutes"] = rows["minutes_after"] - rows["minutes_before"]
    near = dataclasses.replace(case, flows=rows, figures=measures(rows))
    small = dataclasses.replace(
        toy, cases=(near,), summary=toy.summary.iloc[:1], study=toy.study.only(KIDNEY)
    )
    assert more_extra(CaseView(small, near), NL) == ("niemand", "(hooguit 29 minuten)")
    assert depends(small, NL)[-1] == (
        "In geen van de getoonde verdelingen krijgt iemand er meer dan 30 minuten extra bij; "
        "het meeste is 29 minuten."
    )


def test_13_66_minutes_came_from_a_hole_in_the_register(tmp_path: Path) -> None:
    result = run_study(read_study("west").only(ENDOSCOPIC))
    (row,) = sheet(result, NL).rows
    assert row.mean == "–"
    assert not re.search(r"\d", row.tenth + row.hit)
    assert "buiten de oncologieregio" in row.caveat
    for text in pages(result, tmp_path).values():
        assert "buiten de oncologieregio" in text


def test_14_a_modelled_count_got_a_verdict_on_the_norm(tmp_path: Path) -> None:
    patients = "postcode,patients\n9712,60\n8911,30\n7811,20\n"
    study = STUDY.replace("stop_count = 1", "stop_count = 1\nnorm = 60")
    study = study.replace("[[intervention]]", 'demand = "patients.csv"\n\n[[intervention]]')
    result = ran(tmp_path, study, patients=patients)
    # everybody to the nearest: that Zuid has 20 says nothing of what it really does
    (row,) = sheet(result, NL).rows
    assert row.norm.startswith("60: geen oordeel zonder geregistreerde aantallen")
    for said in ("gehaald", "eronder", "haalt de norm"):
        assert said not in row.norm


def test_a_place_of_several_postcodes_says_by_which_rule_who_stops(
    noordoost_result: Result, tmp_path: Path
) -> None:
    codes = list(noordoost_result.postcodes.index[:2])
    with (tmp_path / "screen.txt").open("w", encoding="utf-8") as file:
        print_place(Console(file=file, width=4000), noordoost_result, "x", codes, lang="nl")
    said = read(tmp_path / "screen.txt")
    assert "een rekenvoorbeeld getoond, geen voorstel: de kleinste aanbieders stoppen" in said
    assert "university_hospitals_stay" in said
    assert NL("common.not_patients") in said


def test_the_front_door_says_that_residents_are_no_patients(
    noordoost_result: Result, tmp_path: Path
) -> None:
    write_index(noordoost_result, tmp_path / "index.html")
    lead = read(tmp_path / "index.html").partition("<header")[2].partition("</header>")[0]
    assert NL("common.not_patients") in lead
