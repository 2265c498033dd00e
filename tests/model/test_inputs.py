"""What a study names is read and joined."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from worlds import write_world

from impact.errors import InputError
from impact.model.inputs import load_inputs, with_overrides
from impact.model.volumes import read_volumes
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.model.inputs import Inputs
    from impact.study.model import Study


def load(study: Study) -> Inputs:
    return load_inputs(study, engine="scipy", use_cache=False)


def test_only_residents_of_the_region_count(tmp_path: Path) -> None:
    inputs = load(read_study(write_world(tmp_path)))
    assert inputs.postcodes.index.tolist() == ["1011", "1012", "1013", "1014"]
    assert inputs.demand.weights["kidney"].tolist() == [400.0, 300.0, 200.0, 100.0]
    assert inputs.times.origins == ("1011", "1012", "1013", "1014")
    # every location that the study can use, sorted; C because a scenario opens it
    assert inputs.times.destinations == ("A", "B", "C", "D")
    assert {each["name"] for each in inputs.sources} == {
        "postcodes.csv",
        "hospitals.csv",
        "providers.csv",
        "times.csv",
    }


def test_without_a_column_region_everybody_is_a_resident(tmp_path: Path) -> None:
    study = write_world(
        tmp_path, postcodes=lambda lines: [line.rpartition(",")[0] for line in lines]
    )
    inputs = load(read_study(study))
    assert len(inputs.postcodes) == 5
    assert "no column 'region': all 5 postcodes count as residents" in map(str, inputs.notes)


def test_an_unknown_region_suggests_the_nearest(tmp_path: Path) -> None:
    study = write_world(
        tmp_path, study=lambda parts: [parts[0].replace('"Hier"', '"Hierr"'), *parts[1:]]
    )
    with pytest.raises(InputError, match="found 'Hierr', expected a region: Daar, Hier; nearest"):
        load(read_study(study))


def test_a_postcode_that_the_matrix_lacks_is_named(tmp_path: Path) -> None:
    study = write_world(
        tmp_path, times=lambda lines: [line for line in lines if not line.startswith("1013")]
    )
    with pytest.raises(InputError, match=r"times\.csv, origin: found '1013', expected a row"):
        load(read_study(study))


def test_a_location_that_the_matrix_lacks_is_named(tmp_path: Path) -> None:
    study = write_world(tmp_path, times=lambda lines: [line.rpartition(",")[0] for line in lines])
    with pytest.raises(InputError, match=r"times\.csv, destination: found 'D', expected a row"):
        load(read_study(study))


def test_demand_that_goes_outside_needs_somewhere_to_go(tmp_path: Path) -> None:
    path = write_world(tmp_path)
    study = read_study(path)
    kidney = study.intervention("kidney")
    others = tuple(each for each in study.interventions if each is not kidney)
    lost = replace(study, interventions=(replace(kidney, alternatives="all"), *others))
    with pytest.raises(InputError, match="expected providers in other regions"):
        load(lost)
    strange = replace(kidney, alternatives="all", outside=("Z",))
    with pytest.raises(InputError, match="found 'Z', expected a hospital"):
        load(replace(study, interventions=(strange, *others)))
    found = load(
        replace(study, interventions=(replace(kidney, alternatives="all", outside=("C",)), *others))
    )
    assert found.outside == {"kidney": ("C",), "lung": ()}


def test_the_ferry_remark_comes_from_the_table_where_there_is_no_network(tmp_path: Path) -> None:
    def islands(lines: list[str]) -> list[str]:
        marks = [",island,visitor_cars", ",,yes", ",Texel,yes", ",Vlieland,no", ",,yes", ",,yes"]
        return [line + mark for line, mark in zip(lines, marks, strict=True)]

    inputs = load(read_study(write_world(tmp_path, postcodes=islands)))
    assert inputs.ferry.to_dict() == {
        "1011": "",
        "1012": "car ferry",
        "1013": "no visitor cars",
        "1014": "",
    }


def test_a_point_far_from_the_roads_is_named_with_its_distance(tmp_path: Path) -> None:
    # in the North Sea, off Den Helder
    far = "1011,52.95,4.60,400,90,Noord,Hier"
    study = write_world(
        tmp_path,
        postcodes=lambda lines: [lines[0], far, *lines[2:]],
        study=lambda parts: [parts[0].replace('times = "times.csv"', ""), *parts[1:]],
    )
    inputs = load(read_study(study))
    (note,) = [note for note in map(str, inputs.notes) if note.startswith("1011 lies")]
    (name, km) = inputs.times.far_points[0]
    assert name == "1011"
    assert km > 2.0
    assert f"{km:.1f} km from the roads, beyond the limit of 2 km: its minutes are rough" in note
    assert np.isfinite(inputs.times.minutes).all()


def test_the_command_line_overrides_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    study = read_study(write_world(tmp_path))
    assert with_overrides(study, profile=None, times=None) == study
    assert with_overrides(study, profile="spits") == replace(study, profile="spits")


def with_tables_of_both(parts: list[str]) -> list[str]:
    """Let patients, flows and volumes come from tables that hold every intervention."""
    more = 'volumes = "volumes.csv"\nflows = "flows.csv"\nallocation = "observed"\n'
    head = parts[0] + 'demand = "patients.csv"\n'
    return [head, *(each + more if each.startswith("[[inter") else each for each in parts[1:])]


def test_one_intervention_is_read_from_tables_of_all(tmp_path: Path) -> None:
    tables = {
        "patients": ["postcode,intervention,patients", "1011,kidney,3", "1011,lung,9"],
        "volumes": ["location,intervention,volume", "A,kidney,30", "B,lung,40"],
        "flows": ["postcode,provider,intervention,patients", "1011,A,kidney,30", "1011,B,lung,40"],
    }
    for name, lines in tables.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    study = read_study(write_world(tmp_path, study=with_tables_of_both))
    lung = study.only("lung")
    assert [each.name for each in lung.interventions] == ["lung"]
    assert lung.names == ("lung", "kidney")
    inputs = load(lung)
    assert inputs.observed["lung"].totals.sum() == 40.0
    assert read_volumes(lung, ["A", "B", "C", "D"]).value == {"lung": {"B": 40.0}}
    for name, lines in tables.items():
        slip = [*lines, lines[1].replace("kidney", "kidny")]
        (tmp_path / f"{name}.csv").write_text("\n".join(slip), encoding="utf-8")
        with pytest.raises(InputError, match=f"{name}.csv.*'kidny'.*nearest known: 'kidney'"):
            read_volumes(lung, ["A", "B", "C", "D"]) if name == "volumes" else load(lung)
        (tmp_path / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match="nearest known: 'lung'"):
        study.only("lungs")
