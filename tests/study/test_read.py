from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from three_towns import STUDY, write_files

from impact.bundled import study_paths
from impact.errors import InputError
from impact.study.read import read_study, study_file

if TYPE_CHECKING:
    from pathlib import Path


def faults_of(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_study(write_files(folder, {"study.toml": text}))
    return str(caught.value).splitlines()


def test_study_is_read_in_full(tmp_path: Path) -> None:
    text = STUDY.replace("stop_count = 1", "norm = 50\nmust_stay = ['Zuid']\nstop_count = 1")
    text += 'from = 2027-01-01\nstatus = "decided"\nsource = "a newspaper"\n'

    study = read_study(write_files(tmp_path, {"study.toml": text}))

    assert (study.title, study.region, study.source) == ("Drie steden", "Noorden", "study.toml")
    assert study.folder == tmp_path.resolve()
    assert study.sha256 == hashlib.sha256(text.encode()).hexdigest()
    (intervention,) = study.interventions
    assert intervention.providers == ("Noord", "West", "Zuid")
    assert (intervention.norm, intervention.stop_count) == (50.0, 1)
    assert intervention.must_stay == ("Zuid",)
    (scenario,) = study.scenarios
    assert scenario.stops == {"Pancreas": ("West",)}
    assert scenario.moves_to == {"West": {"Noord": 1.0}}
    assert scenario.start == dt.date(2027, 1, 1)
    assert (scenario.status, scenario.source) == ("decided", "a newspaper")


def test_order_of_entries_changes_nothing(tmp_path: Path) -> None:
    second = STUDY[STUDY.index("[[intervention]]") : STUDY.index("[[scenario]]")]
    second = second.replace("Pancreas", "Aorta")
    one = read_study(write_files(tmp_path, {"study.toml": STUDY + second}))
    swapped = STUDY.replace('["Noord", "West", "Zuid"]', '["Zuid", "Noord", "West"]')
    head, rest = swapped.split("\n\n", 1)
    other = read_study(write_files(tmp_path, {"study.toml": f"{head}\n\n{second}{rest}"}))

    assert [each.name for each in one.interventions] == ["Aorta", "Pancreas"]
    assert one.interventions == other.interventions
    assert one.scenarios == other.scenarios


@pytest.mark.parametrize("name", sorted(study_paths()))
def test_shipped_study_is_sound(name: str) -> None:
    study = read_study(name)

    assert study.source == f"{name}.toml"
    assert study.interventions
    assert all(each.stop_count for each in study.interventions)


def test_own_file_wins_over_a_shipped_study_and_a_folder_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "noordoost").mkdir()
    assert study_file("noordoost") == study_paths()["noordoost"]

    (tmp_path / "oost").write_text("", encoding="utf-8")
    assert study_file("oost").resolve() == tmp_path / "oost"


def test_unknown_study_suggests_the_shipped_ones() -> None:
    with pytest.raises(InputError, match=r"STUDY: found 'nordoost'.*nearest known: 'noordoost'"):
        read_study("nordoost")


@pytest.mark.parametrize(
    ("before", "after", "start"),
    [
        ('"Drie steden"', '""', "study.toml, line 2, study.title: found '', expected a text"),
        (
            "[study]",
            "[studie]",
            ("study.toml, line 1, studie: found 'studie', expected one of the keys"),
        ),
        ("[[intervention]]", "[intervention]", "study.toml, line 8, intervention: found 'a table'"),
        ('name = "West stopt"', 'nam = "x"', "study.toml, line 14, scenario[1].nam: found 'nam'"),
        ("stop_count = 1", "norm = 0", "study.toml, line 11, intervention[1].norm: found '0'"),
        (
            "stop_count = 1",
            'allocation = "huf"',
            "study.toml, line 11, intervention[1].allocation",
        ),
        (
            "stop_count = 1",
            'candidates = "alle"',
            "study.toml, line 11, intervention[1].candidates",
        ),
        (
            'name = "West stopt"',
            'name = "a"\nfrom = "2027"',
            "study.toml, line 15, scenario[1].from",
        ),
        (
            'name = "West stopt"',
            'name = "a"\nfrom = 2027-01-01T00:00:00',
            "study.toml, line 15, scenario[1].from: found '2027-01-01 00:00:00', expected a date",
        ),
    ],
)
def test_fault_is_told_with_its_line(tmp_path: Path, before: str, after: str, start: str) -> None:
    assert STUDY.count(before) == 1

    assert faults_of(tmp_path, STUDY.replace(before, after))[0].startswith(start)


def test_study_without_interventions_is_told(tmp_path: Path) -> None:
    told = faults_of(tmp_path, STUDY.split("[[intervention]]")[0])

    assert told == ["study.toml, intervention: expected at least one [[intervention]]"]


def test_intervention_and_scenario_twice_are_told(tmp_path: Path) -> None:
    told = faults_of(tmp_path, STUDY + STUDY[STUDY.index("[[intervention]]") :])

    assert [line.split(": ")[0] for line in told] == [
        "study.toml, line 18, intervention[2].name",
        "study.toml, line 23, scenario[2].name",
    ]


def test_fault_of_the_hospital_table_stands_beside_those_of_the_study(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("name,lat,lon\nNoord,x,6.5\n", encoding="utf-8")
    text = STUDY.replace("hospitals.csv", "bad.csv").replace("stop_count = 1", "stop_count = 9")

    told = faults_of(tmp_path, text)

    assert told[0].startswith("bad.csv, row 2, lat: found 'x'")
    assert "intervention[1].stop_count: found '9'" in told[1]
    assert len(told) == 2


def test_hospitals_abroad_are_for_studies_with_roads_of_their_own(tmp_path: Path) -> None:
    abroad = "name,lat,lon\nNoord,47.2,9.5\nWest,47.1,9.4\nZuid,47.0,9.5\n"
    own = STUDY.replace('times = "minutes.csv"', 'roads = "roads.impact"')
    path = write_files(tmp_path, {"hospitals.csv": abroad, "study.toml": own})
    assert len(read_study(path).interventions) == 1
    with pytest.raises(InputError, match="expected a latitude from 40 to 45"):
        read_study(path, bounds=(9.0, 40.0, 10.0, 45.0))

    write_files(tmp_path, {"hospitals.csv": abroad})
    with pytest.raises(InputError, match="expected a latitude from"):
        read_study(path)


LINES = STUDY.splitlines()


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(LINES) - 1),
            st.integers(0, 40),
            st.text(st.sampled_from("[]{}=\"'#,.\n09azNoordé\\_-+:T"), max_size=4),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_any_damage_gives_a_study_or_a_fault(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, int, str]]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "damaged"
    lines = list(LINES)
    for line, place, text in damage:
        lines[line] = lines[line][:place] + text + lines[line][place + 1 :]
    path = write_files(folder, {"study.toml": "\n".join(lines)})
    with contextlib.suppress(InputError):
        assert read_study(path).title


def test_the_name_of_the_displayed_candidate_is_taken(tmp_path: Path) -> None:
    line = STUDY[STUDY.rindex('name = "') :].splitlines()[0]
    text = STUDY.replace(line, 'name = "displayed candidate"')
    (fault,) = faults_of(tmp_path, text)
    assert "scenario[1].name: found 'displayed candidate', expected another name" in fault


def test_a_group_stands_once(tmp_path: Path) -> None:
    text = STUDY.replace("[study]", '[study]\ngroups = ["65+", "75+", "65+"]')
    (fault,) = faults_of(tmp_path, text)
    assert "study.groups: found '65+', expected each group once" in fault
