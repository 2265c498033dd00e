"""A plan over time: today first, what changes when, what is late, and who needs it later."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pytest
from three_towns import STUDY, write_files

from impact.analysis.plan import (
    FIRST,
    LAST,
    growth_factor,
    plan_rows,
    read_deadlines,
    read_growth,
    steps_of,
    study_plan,
)
from impact.analysis.run import run_study
from impact.errors import InputError
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.plan import StudyPlan

PATIENTS = "postcode,patients\n9712,60\n8911,30\n7811,20\n"
COUNTED = STUDY.replace(
    'times = "minutes.csv"', 'times = "minutes.csv"\ndemand = "patients.csv"'
).partition("[[scenario]]")[0]
NAME = COUNTED.partition('name = "')[2].partition('"')[0]
PLAN = f"""\
intervention,location,step,from,recipient,capacity,state,source
{NAME},West,stops,2026-01-01,Zuid,,agreed,minutes of a meeting
{NAME},West,stops,2026-07-01,Noord: 0.5; Zuid: 0.5,,agreed,minutes of a meeting
{NAME},Zuid,capacity,2026-01-01,,45,agreed,
"""
TODAY = dt.date(2025, 10, 1)


def planned(folder: Path, plan: str = PLAN, growth: str = "", today: dt.date = TODAY) -> StudyPlan:
    """Work a plan out."""
    files = {"study.toml": COUNTED, "patients.csv": PATIENTS, "plan.csv": plan}
    study = write_files(folder, files)
    if growth:
        (folder / "growth.csv").write_text(growth, encoding="utf-8")
    return study_plan(
        read_study(study),
        plan=folder / "plan.csv",
        growth=folder / "growth.csv" if growth else None,
        today=today,
        use_cache=False,
    )


def test_who_travels_from_which_day(tmp_path: Path) -> None:
    """The west goes to the south (89 more) for half a year, then half of it to the north (46)."""
    plan = planned(tmp_path)
    today, half, then = plan.epochs[NAME]
    assert today.start is None
    assert today.case.figures["moved"] == 0
    assert half.case.figures["mean_extra_moved"] == pytest.approx(89.0)
    assert then.case.figures["mean_extra_moved"] == pytest.approx((89.0 + 46.0) / 2)
    assert plan.days == (dt.date(2026, 1, 1), dt.date(2026, 7, 1))
    assert plan.at(NAME, dt.date(2025, 12, 31)) is today
    assert plan.at(NAME, dt.date(2026, 1, 1)) is half
    assert plan_rows(plan)["from"].tolist() == ["", "2026-01-01", "2026-07-01"]


def test_who_cannot_take_them_is_said(tmp_path: Path) -> None:
    """The south has 20, gets 30 and can take 45; half of them it can take."""
    plan = planned(tmp_path)
    assert [dict(each.over) for each in plan.epochs[NAME]] == [{}, {"Zuid": 5.0}, {}]


@pytest.mark.parametrize(
    ("state", "start", "today", "late"),
    [
        ("agreed", "2026-01-01", "2025-10-01", []),
        ("agreed", "", "2025-09-15", []),
        ("agreed", "", "2025-09-16", ["time_plan"]),
        ("fallback", "2026-06-01", "2025-10-01", ["first_day"]),
        ("agreed", "2027-02-01", "2025-10-01", ["last_day"]),
        ("open", "2026-01-01", "2025-06-01", []),
        ("open", "2026-01-01", "2025-06-02", ["scenario"]),
        ("open", "", "2025-10-01", ["scenario", "extra_round", "time_plan"]),
    ],
)
def test_what_is_late(tmp_path: Path, state: str, start: str, today: str, late: list[str]) -> None:
    """On the day itself nothing is late; the day after it is."""
    plan = f"intervention,location,step,from,state\n{NAME},West,stops,{start},{state}\n"
    found = planned(tmp_path, plan, today=dt.date.fromisoformat(today)).late
    assert found["late"].tolist() == late


def test_the_deadlines_are_those_of_the_notes() -> None:
    """Five days, of two notes."""
    found = read_deadlines()
    assert found[FIRST] == dt.date(2026, 1, 1)
    assert found[LAST] == dt.date(2027, 1, 1)
    assert sorted(found.values()) == [
        dt.date(2025, 6, 1),
        dt.date(2025, 7, 1),
        dt.date(2025, 9, 15),
        dt.date(2026, 1, 1),
        dt.date(2027, 1, 1),
    ]


def test_the_last_day_of_noordoost_is_its_scenario() -> None:
    """Kidney, decided per 2027: before that day nothing moves, from then on it is the scenario."""
    study = read_study("noordoost")
    plan = study_plan(study, today=TODAY)
    name = "Lokale behandeling nierkanker"
    today, then = plan.epochs[name]
    assert then.start == dt.date(2027, 1, 1)
    assert today.case.figures["moved"] == 0
    scenario = next(
        case
        for case in run_study(study).cases
        if case.intervention.name == name and case.kind == "scenario" and case.principal
    )
    assert dict(then.case.figures) == pytest.approx(dict(scenario.figures), nan_ok=True)
    assert all(len(epochs) == 1 for other, epochs in plan.epochs.items() if other != name)
    assert plan.late.query("intervention == @name")["late"].tolist() == ["first_day"]


def test_two_scenarios_with_a_day_are_no_plan(tmp_path: Path) -> None:
    """Which of them holds is for a table to say."""
    scenario = (
        f'[[scenario]]\nname = "{{}}"\nstops = {{{{ "{NAME}" = ["West"] }}}}\nfrom = 2026-01-01\n'
    )
    text = COUNTED + scenario.format("Een") + scenario.format("Twee")
    study = write_files(tmp_path, {"study.toml": text, "patients.csv": PATIENTS})
    with pytest.raises(InputError, match="one scenario with a day"):
        steps_of(read_study(study))


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("Pancras,West,stops,2026-01-01,Zuid,,agreed,", "intervention: found 'Pancras'"),
        (f"{NAME},Wes,stops,2026-01-01,Zuid,,agreed,", "nearest known: 'West'"),
        (f"{NAME},West,stop,2026-01-01,Zuid,,agreed,", "nearest known: 'stops'"),
        (f"{NAME},West,stops,1-1-2026,Zuid,,agreed,", "from: found '1-1-2026', expected a day"),
        (f"{NAME},West,stops,2026-01-01,Zuidd,,agreed,", "nearest known: 'Zuid'"),
        (f"{NAME},West,stops,2026-01-01,Zuid: 0.6,,agreed,", "shares that add up to 1"),
        (f"{NAME},West,stops,2026-01-01,Zuid,,besloten,", "one of agreed, fallback, open"),
        (f"{NAME},Zuid,capacity,2026-01-01,,veel,agreed,", "patients a year"),
    ],
)
def test_a_wrong_plan_is_refused(tmp_path: Path, plan: str, message: str) -> None:
    """Row, field, value and the nearest known name."""
    header = PLAN.partition("\n")[0]
    with pytest.raises(InputError, match=message):
        planned(tmp_path, f"{header}\n{plan}\n")


GROWTH = "year,band,factor\n" + "".join(
    f"{year},{band},{factor}\n"
    for year, factor in ((2026, 1.0), (2030, 1.2))
    for band in ("0-64", "65-74", "75+")
)


def test_volumes_grow_with_who_needs_it(tmp_path: Path) -> None:
    """All bands a fifth more: 50 at the end of 2026, 42 in 2030 (20 and half of 30, times 1.2)."""
    postcodes = "postcode,lat,lon,population,population_65plus,population_75plus,municipality\n"
    postcodes += (
        "9712,53.2195,6.5642,200,40,20,Groningen\n8911,53.2014,5.7977,100,20,10,Leeuwarden\n"
    )
    postcodes += "7811,52.7880,6.8936,50,10,5,Emmen\n"
    files = {
        "study.toml": COUNTED,
        "patients.csv": PATIENTS,
        "plan.csv": PLAN,
        "postcodes.csv": postcodes,
    }
    study = write_files(tmp_path, files)
    (tmp_path / "growth.csv").write_text(GROWTH, encoding="utf-8")
    plan = study_plan(
        read_study(study),
        plan=tmp_path / "plan.csv",
        growth=tmp_path / "growth.csv",
        today=TODAY,
        use_cache=False,
    )
    rows = plan.years.set_index(["year", "location"])["volume"]
    assert rows[2026, "Zuid"] == pytest.approx(35.0)
    assert rows[2030, "Zuid"] == pytest.approx(42.0)
    assert rows[2030, "West"] == 0.0


@pytest.mark.parametrize(
    ("growth", "message"),
    [
        ("year,band,factor\n2026,65+,1.1\n", "one of 0-64, 65-74, 75"),
        ("year,band,factor\n2026,75+,1.1\n", "the band 0-64 of 2026 too"),
        ("year,band,factor\n2026,75+,veel\n", "found 'veel'"),
    ],
)
def test_a_wrong_growth_is_refused(tmp_path: Path, growth: str, message: str) -> None:
    """Bands and factors."""
    (tmp_path / "growth.csv").write_text(growth, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_growth(tmp_path / "growth.csv")


def test_an_age_that_does_not_need_it_does_not_count() -> None:
    """With a rate for 75 and over alone, only their growth counts."""
    import pandas as pd  # noqa: PLC0415

    places = pd.DataFrame(
        {
            "population": [100.0, 0.0],
            "population_65plus": [30.0, 0.0],
            "population_75plus": [10.0, 0.0],
        }
    )
    rates = {"0-64": 0.0, "65-74": 0.0, "75+": 2.0}
    factors = {"0-64": 5.0, "65-74": 5.0, "75+": 1.25}
    assert np.allclose(growth_factor(places, rates, factors), [1.25, 1.0])
