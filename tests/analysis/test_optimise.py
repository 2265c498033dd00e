"""The best redistribution of a study, and what `impact optimise` writes.

```
    8911 West          9712 Noord                minutes   Noord  West  Zuid
    100 residents      200 residents             9712          5    50    45
      6 min              5 min                   8911         52     6    95
                       7811 Zuid                 7811         48    95     4
                       50 residents, 4 min
```
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from three_towns import STUDY, impact, tree, write_files

from impact.analysis.optimise import make_problem, optimise_study
from impact.analysis.sweep import sweep_study
from impact.model.candidates import candidates
from impact.model.inputs import load_inputs
from impact.optimise.query import Query
from impact.outputs.files.optimum import OPTIMUM_FILES
from impact.study.read import read_study
from impact.sweep.means import sweep_means

if TYPE_CHECKING:
    from pathlib import Path

    from three_towns import Outcome

PATIENTS = "postcode,patients\n9712,60\n8911,30\n7811,20\n"


def ask(folder: Path, *options: object, **files: str) -> tuple[Outcome, list[dict[str, str]]]:
    named = {f"{name}.{'toml' if name == 'study' else 'csv'}": text for name, text in files.items()}
    study = write_files(folder, named)
    done = impact("optimise", study, "--out", folder / "out", *options)
    path = folder / "out" / "optimum.csv"
    if not path.is_file():
        return done, []
    with path.open(encoding="utf-8") as file:
        return done, list(csv.DictReader(file))


def test_end_to_end(tmp_path: Path) -> None:
    done, (row,) = ask(tmp_path)
    assert (done.code, done.err) == (0, "")
    # Zuid is the smallest: 50 residents drive 48 minutes instead of 4
    assert (row["stops"], row["stays"], row["status"]) == ("Zuid", "Noord; West", "optimal")
    assert float(row["value"]) == pytest.approx((200 * 5 + 100 * 6 + 50 * 48) / 350, abs=0.01)
    assert (row["gap"], row["bound"]) == ("0", row["value"])
    assert (row["moved"], row["mean_extra_moved"], row["unit"]) == ("50", "44", "residents")
    # residents are no volume
    assert (row["minimum"], row["lowest_volume"]) == ("", "")
    assert "Stopt met deze behandeling: Zuid" in done.out
    assert "Over iedereen gemiddeld van 5 minuten naar 11 minuten" in done.out
    assert "Nagerekend: geen andere verdeling binnen wat gevraagd is geeft minder" in done.out
    assert {*tree(tmp_path / "out"), "optimum.html"} == {*OPTIMUM_FILES}
    beside = (tmp_path / "out" / "beside.csv").read_text(encoding="utf-8").splitlines()
    # West must stop: 100 drive 52; Noord: 200 drive 45 to Zuid
    assert [line.split(",")[:5] for line in beside[1:3]] == [
        ["Pancreas", "runner-up 2", "18.29", "residents", "West"],
        ["Pancreas", "runner-up 3", "28", "residents", "Noord"],
    ]
    assert [line.split(",")[1] for line in beside[3:]] == [f"locations {n}" for n in (1, 2, 3)]
    flows = (tmp_path / "out" / "flows.csv").read_text(encoding="utf-8")
    assert "7811,Pancreas,optimum,Zuid,Noord,50,4,48,44," in flows
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["optimise"]["Pancreas"]["status"] == "optimal"
    again, _ = ask(tmp_path, "--lang", "en", "--quiet", "--beside", 0)
    assert (again.code, again.out) == (0, "")
    beside = (tmp_path / "out" / "beside.csv").read_text(encoding="utf-8").splitlines()
    assert len(beside) == 1
    page = (tmp_path / "out" / "choices.html").read_text(encoding="utf-8")
    assert "Least travel with this number of locations" not in page.partition("<script")[0]
    assert "may be missing" not in page.partition("<script")[0]


UNIVERSITY = "name,lat,lon,type\nNoord,53.22,6.57,\nWest,53.19,5.79,\nZuid,52.76,6.90,umc\n"


def test_a_university_hospital_stays_and_that_has_its_price(tmp_path: Path) -> None:
    done, (row,) = ask(tmp_path, hospitals=UNIVERSITY)
    assert (done.code, done.err) == (0, "")
    # without the rule Zuid stops: (200 x 5 + 100 x 6 + 50 x 48) / 350 = 11.43; with it West: 18.29
    assert (row["stops"], row["value"]) == ("West", "18.29")
    locks = (tmp_path / "out" / "locks.csv").read_text(encoding="utf-8").splitlines()
    assert locks == [
        "intervention,lock,locations,value,cost,stops",
        "Pancreas,rule,Zuid,11.43,6.86,Zuid",
    ]
    assert "Gaat door volgens de regel university_hospitals_stay" in done.out
    assert "Het laten doorgaan van Zuid volgens de regel kost 7 minuten, gemiddeld" in done.out
    page = (tmp_path / "out" / "choices.html").read_text(encoding="utf-8")
    # who stops without the lock is a row of the table, by name
    freed = "Minste reistijd zonder het slot op Zuid"
    assert re.search(rf">Stopt: Zuid</button>(<small>[^<]*</small>)*<small>{freed}</small>", page)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["optimise"]["Pancreas"]["kept"] == {"Zuid": "university"}
    for text in (done.out, page):
        assert "bewezen de beste" not in text.lower()
        assert "bewezen" not in text.lower()


def test_the_study_may_switch_the_rule_off(tmp_path: Path) -> None:
    off = STUDY + "\n[rules]\nuniversity_hospitals_stay = false\n"
    done, (row,) = ask(tmp_path, hospitals=UNIVERSITY, study=off)
    assert (row["stops"], row["value"]) == ("Zuid", "11.43")
    page = (tmp_path / "out" / "choices.html").read_text(encoding="utf-8")
    assert "De regel university_hospitals_stay staat uit" in page
    locks = (tmp_path / "out" / "locks.csv").read_text(encoding="utf-8").splitlines()
    assert len(locks) == 1
    assert "volgens de regel" not in done.out


def test_a_rule_with_which_nothing_is_possible_is_dropped_and_said(tmp_path: Path) -> None:
    two = UNIVERSITY.replace("5.79,", "5.79,umc")
    done, (row,) = ask(tmp_path, "--locations", 1, hospitals=two)
    assert (done.code, row["stays"]) == (0, "Noord")
    assert "De regel university_hospitals_stay is hier niet gevolgd" in done.out
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["optimise"]["Pancreas"]["rule_followed"] is False


def test_sets_that_are_equally_good_are_all_named(tmp_path: Path) -> None:
    # as many in the west as in the south, and as far from Noord: either may stop
    postcodes = (
        "postcode,lat,lon,population\n9712,53.22,6.56,200\n8911,53.2,5.8,50\n7811,52.78,6.9,50\n"
    )
    times = (
        "origin,destination,minutes\n9712,Noord,5\n9712,West,60\n9712,Zuid,60\n"
        "8911,Noord,50\n8911,West,5\n8911,Zuid,95\n"
        "7811,Noord,50\n7811,West,95\n7811,Zuid,5\n"
    )
    done, (row,) = ask(tmp_path, postcodes=postcodes, minutes=times)
    assert row["stops"] == "Zuid"
    assert "Precies evenveel geeft ook deze verdeling. Stopt: West." in done.out
    assert "Geen andere verdeling geeft precies evenveel" not in done.out
    page = (tmp_path / "out" / "choices.html").read_text(encoding="utf-8")
    assert "er als Zuid stopt (precies evenveel: West stopt): 50 inwoners reizen dan" in page
    assert "Evenveel als de minste" in page
    # and where one is best that is said
    alone, _ = ask(tmp_path / "alone")
    assert "Geen andere verdeling geeft precies evenveel" in alone.out


def test_no_optimum_of_a_shipped_region_stops_a_university_hospital() -> None:
    found = optimise_study(read_study("noordoost"), Query(), engine="scipy").found
    kept = {each.intervention.name: set(each.kept) for each in found}
    assert all("UMC Groningen" in names for names in kept.values())
    for each in found:
        assert each.best is not None
        assert not kept[each.intervention.name] & set(each.best.case.stops)
        costs = {cost.lock.names: cost.cost for cost in each.locks}
        assert costs["UMC Groningen",] >= 0.0
    (aorta,) = (each for each in found if each.intervention.name.endswith("aorta-aneurysma"))
    # the Martini hospital lies beside UMCG, so that the rule costs little
    assert aorta.locks[0].cost == pytest.approx(0.23, abs=0.005)


def test_with_patients_the_norm_is_the_minimum(tmp_path: Path) -> None:
    text = STUDY.replace('times = "minutes.csv"', 'times = "minutes.csv"\ndemand = "patients.csv"')
    text = text.replace("stop_count = 1", "stop_count = 1\nnorm = 25")
    done, (row,) = ask(tmp_path, study=text, patients=PATIENTS)
    assert (row["stays"], row["minimum"], row["lowest_volume"]) == ("Noord; West", "25", "30")
    assert "Elke locatie heeft ten minste 25 patiënten per jaar (rekenvoorbeeld" in done.out
    volumes = (tmp_path / "out" / "volumes.csv").read_text(encoding="utf-8")
    assert "Pancreas,optimum,Noord,60,80,25,,modelled" in volumes


def test_registered_patients_are_the_volume_where_the_study_has_them(tmp_path: Path) -> None:
    text = STUDY.replace("stop_count = 1", 'stop_count = 1\nnorm = 25\nvolumes = "counts.csv"')
    counts = "location,volume\nNoord,60\nWest,20\nZuid,40\n"
    done, (row,) = ask(tmp_path, study=text, counts=counts)
    # West has 20: too few; residents alone would have stopped Zuid
    assert (row["stops"], row["minimum"], row["lowest_volume"]) == ("West", "25", "40")
    assert row["unit"] == "residents"
    assert "Elke locatie heeft ten minste 25 patiënten per jaar (geregistreerd; wie" in done.out
    volumes = (tmp_path / "out" / "volumes.csv").read_text(encoding="utf-8")
    assert "Pancreas,optimum,Noord,60,80,25,yes,registered" in volumes
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["optimise"]["Pancreas"]["volumes"] == "registered"
    assert any(
        "volumes in the optimum are registered" in note["text"] for note in manifest["notes"]
    )
    _, (row,) = ask(tmp_path, "--volumes", "demand", study=text, counts=counts)
    assert (row["stops"], row["minimum"]) == ("Zuid", "")
    # 80 patients per 250 residents of Noord and Zuid: 100 x 100 / 250 = 40 for West
    done, (row,) = ask(
        tmp_path, "--minimum", 45, study=text, counts=counts.replace("West,20\n", "")
    )
    assert (row["stops"], row["lowest_volume"]) == ("West; Zuid", "140")
    assert "waar aantallen ontbreken naar inwoners geschaald" in done.out
    volumes = (tmp_path / "out" / "volumes.csv").read_text(encoding="utf-8")
    assert "Pancreas,optimum,Noord,60,140,25,,modelled" in volumes
    page = (tmp_path / "out" / "choices.html").read_text(encoding="utf-8")
    assert "zonder geregistreerd aantal, en naar inwoners geschaald: West" in page
    assert 'lang="en"' not in page


def test_a_location_may_open(tmp_path: Path) -> None:
    text = STUDY.replace('"Noord", "West", "Zuid"', '"Noord", "West"')
    text = text.replace("stop_count = 1", 'stop_count = 1\nmay_open = ["Zuid"]')
    _, (row,) = ask(tmp_path, "--locations", 2, study=text)
    # 100 of West save 46 minutes, 50 of Zuid 44; Noord must be open for its 200
    assert (row["stops"], row["opens"], row["stays"]) == ("", "", "Noord; West")
    _, (row,) = ask(tmp_path, "--at-most", 3, study=text)
    assert row["opens"] == "Zuid"
    far = text.replace("[[scenario]]", '[[intervention]]\nname = "x"\nproviders = ["West"]\n')
    done, _ = ask(tmp_path, study=far[: far.index("stops =")].replace('name = "West stopt"\n', ""))
    assert done.code == 2
    assert "--locations, --at-most or --minimum" in done.err


def test_the_other_objectives(tmp_path: Path) -> None:
    done, (row,) = ask(tmp_path, "--objective", "beyond", "--limit", 47, "--locations", 1)
    # from Noord 150 drive more than 47 minutes, from West 250, from Zuid 100
    assert (row["stays"], row["value"]) == ("Zuid", "100")
    assert "Verder dan 47 minuten: van minder" not in done.out
    assert "Verder dan 47 minuten: van 0 naar 100 inwoners" in done.out
    done, (row,) = ask(tmp_path, "--objective", "worst", "--locations", 1)
    assert (row["stays"], row["value"]) == ("Noord", "52")
    assert "In de gemeente met de langste gemiddelde reistijd van 6 minuten naar 52" in done.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--objective", "minute"], "--objective: found 'minute', expected one of minutes"),
        (["--volumes", "register"], "--volumes: found 'register', expected one of registered"),
        (["--locations", 2, "--at-most", 2], "--at-most: found '2', expected either it or --loca"),
        (["--locations", 4], "locations asked for: 4; only 3 may be open"),
        (["--minimum", 400], "0 locations x 400 need 0"),
        (["--locations", 3, "--minimum", 120], "3 locations x 120 need 360 residents; the region"),
        (["--intervention", "Pancras"], "nearest known: 'Pancreas'"),
        (["--capacity", "none.csv"], "none.csv: expected a readable file"),
    ],
)
def test_what_cannot_be_is_said_with_numbers(
    tmp_path: Path, options: list[object], message: str
) -> None:
    done, rows = ask(tmp_path, *options)
    if message.startswith("0 locations"):
        message = "have no route but to Noord, West, Zuid, which cannot reach 400"
    assert (done.code, rows) == (2, [])
    assert message in done.err


def test_capacities_hold(tmp_path: Path) -> None:
    write_files(tmp_path)
    room = tmp_path / "room.csv"
    room.write_text("location,capacity\nNoord,210\n", encoding="utf-8")
    _, (row,) = ask(tmp_path, "--locations", 2, "--capacity", room)
    # Noord has no room for the 50 of Zuid; without West it has 300, without Noord Zuid has 250
    assert row["stays"] == "West; Zuid"
    room.write_text("location,capacity\nNoort,210\nNoord,-1\nNoord,5\n", encoding="utf-8")
    done, _ = ask(tmp_path, "--capacity", room)
    assert done.code == 2
    for message in (
        "row 2, location: found 'Noort', expected a hospital location",
        "row 3, capacity: found '-1'",
        "row 4, location: found 'Noord', expected each location once",
    ):
        assert message in done.err


def test_it_equals_the_best_candidate_of_a_sweep() -> None:
    study = replace(read_study("noordoost"), university_hospitals_stay=False)
    inputs = load_inputs(study, engine="scipy")
    for name in ("Pancreasresecties", "Lokale behandeling nierkanker"):
        each = study.intervention(name)
        swept = sweep_means(each, inputs.times, inputs.demand.weights[name])
        best = candidates(each)[int(swept["mean_extra_all"].to_numpy().argmin())]
        found = optimise_study(study, Query(), intervention=name, engine="scipy")
        (optimum,) = found.found
        assert optimum.best is not None
        assert optimum.best.case.stops == best
        assert optimum.best.case.figures["mean_extra_all"] == pytest.approx(
            swept["mean_extra_all"].min()
        )


def test_other_regions_stay_open_and_are_not_counted() -> None:
    study = read_study("noordoost")
    pancreas = study.intervention("Pancreasresecties")
    wide = replace(study, interventions=(replace(pancreas, alternatives="all"),))
    inputs = load_inputs(wide, engine="scipy")
    problem = make_problem(wide, wide.interventions[0], inputs, Query(exactly=2), capacity={})
    assert (problem.least, problem.most, int(problem.counted.sum())) == (2, 2, 4)
    assert set(problem.open[~problem.counted]) == {True}


def test_the_optimum_keeps_one_of_todays_providers_as_the_sweep_does(tmp_path: Path) -> None:
    """Noord alone would be nearest (8,600 minutes), but it may only open: West stays (15,350)."""
    text = STUDY.partition("[[scenario]]")[0]
    text = text.replace('["Noord", "West", "Zuid"]', '["West", "Zuid"]\nmay_open = ["Noord"]')
    study = read_study(write_files(tmp_path, {"study.toml": text}))
    (found,) = optimise_study(study, Query(exactly=1, beside=0.0), engine="auto").found
    assert found.best is not None
    assert (found.best.case.stops, found.best.case.opens) == (("Zuid",), ())
    (swept,) = sweep_study(study, every_subset=True).swept
    one = swept.table[swept.table["locations_after"] == 1]
    assert sorted(one["stops"]) == ["West", "Zuid"]
    best = one.loc[one["mean_extra_all"].idxmin()]
    assert best["stops"] == "Zuid"
    assert found.best.case.figures["mean_extra_all"] == pytest.approx(best["mean_extra_all"])
