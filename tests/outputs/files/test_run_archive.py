from __future__ import annotations

import dataclasses
import json
import re
import shutil
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from three_towns import files_in
from toy import toy_result

from impact.errors import InputError
from impact.outputs.files.archive_checks import (
    CLASSES,
    _annotations,
    check_result,
    check_types,
)
from impact.outputs.files.columns import TABLES
from impact.outputs.files.folder import PICTURE, write_run
from impact.outputs.files.run_archive import (
    ARCHIVE,
    DATA,
    MANIFEST,
    open_run,
    read_archive,
    write_archive,
)
from impact.study.model import Huff, Logit, PatientRates, ProviderOverride

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from impact.analysis.result import Result


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def written(toy: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "out"
    write_run(toy, folder)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return shutil.copytree(written, tmp_path / "out")


def same(one: Result, other: Result) -> None:
    assert one.unit == other.unit
    assert json.dumps(one.manifest, default=str) == json.dumps(other.manifest, default=str)
    for table in TABLES:
        pd.testing.assert_frame_equal(
            getattr(one, table.frame), getattr(other, table.frame), check_dtype=False
        )
    pd.testing.assert_frame_equal(one.postcodes, other.postcodes, check_dtype=False)
    pd.testing.assert_frame_equal(one.hospitals, other.hospitals, check_dtype=False)
    assert one.postcodes.crs == other.postcodes.crs
    np.testing.assert_array_equal(one.times.minutes, other.times.minutes)
    assert one.times.destinations == other.times.destinations
    assert one.study.interventions == other.study.interventions
    assert one.study.scenarios == other.study.scenarios
    assert list(one.candidates) == list(other.candidates)
    for mine, theirs in zip(one.cases, other.cases, strict=True):
        pd.testing.assert_frame_equal(mine.flows, theirs.flows)
        for name in ("scenario", "stops", "opens", "stays", "moves_to", "start", "principal"):
            assert getattr(mine, name) == getattr(theirs, name)


def test_a_run_comes_back_with_its_numbers_in_full(toy: Result, folder: Path) -> None:
    same(open_run(folder).result, toy)


def test_whatever_a_study_can_say_comes_back(toy: Result, tmp_path: Path) -> None:
    rich = dataclasses.replace(
        toy.study.interventions[0],
        flows="/home/somebody/flows.csv",
        huff=Huff(beta=0.1, attraction="/home/somebody/size.csv"),
        logit=Logit(minutes=-0.1, coefficients={"beds": 0.002}),
        patients=PatientRates(national=1000.0, rates={"0-64": 1.0, "75+": 4.0}),
    )
    override = ProviderOverride("", "", rich.name, "Noord", performs=True, by="me", reason="seen")
    interventions = (rich, *toy.study.interventions[1:])
    study = dataclasses.replace(toy.study, interventions=interventions, overrides=(override,))
    write_archive(dataclasses.replace(toy, study=study), tmp_path / ARCHIVE)

    read = read_archive(tmp_path / ARCHIVE).study

    assert read.overrides == (override,)
    back = read.interventions[0]
    assert (back.flows, back.logit, back.patients) == ("flows.csv", rich.logit, rich.patients)
    # where a file lay is nobody's business
    assert back.huff == Huff(beta=0.1, attraction="size.csv")


def test_the_real_study_comes_back(noordoost_result: Result, tmp_path: Path) -> None:
    write_archive(noordoost_result, tmp_path / ARCHIVE)
    same(read_archive(tmp_path / ARCHIVE), noordoost_result)


def test_manifest_and_archive_suffice(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in {ARCHIVE, MANIFEST}:
            path.unlink()
    assert open_run(folder).result.study.title == "Drie steden"


def flattened(folder: Path) -> None:
    """Lay a run out as older programs did: everything in one folder, and no picture for links."""
    (folder / PICTURE).unlink()
    for inside in ("data", "extra"):
        for path in (folder / inside).iterdir():
            path.replace(folder / path.name)
        (folder / inside).rmdir()
    # older programs made no picture for links
    (folder / "explorer.png").unlink(missing_ok=True)
    said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    said["files"] = {PurePosixPath(name).name: sha for name, sha in said["files"].items()}
    (folder / MANIFEST).write_text(json.dumps(said), encoding="utf-8")


def test_a_run_of_before_in_one_folder_is_read(folder: Path, toy: Result) -> None:
    flattened(folder)
    same(open_run(folder).result, toy)
    (folder / "summary.csv").write_text("changed\n", encoding="utf-8")
    with pytest.raises(InputError, match="summary"):
        open_run(folder)


def test_a_run_that_is_repeated_takes_the_files_of_before_away(folder: Path, toy: Result) -> None:
    expected = files_in(folder)
    flattened(folder)
    (folder / "appendix.docx").write_text("edited by somebody", encoding="utf-8")
    write_run(toy, folder)
    assert files_in(folder) == {*expected, "appendix.docx"}
    assert (folder / "appendix.docx").read_text(encoding="utf-8") == "edited by somebody"


def test_the_same_run_gives_the_same_bytes(toy: Result, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        write_archive(toy, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_no_path_of_the_machine_goes_along(written: Path) -> None:
    with zipfile.ZipFile(written / DATA / ARCHIVE) as archive:
        said = archive.read("run.json").decode()
    assert str(written.parent.parent) not in said


def test_every_changed_file_is_named(folder: Path) -> None:
    for name in ("summary.csv", "flows.csv"):
        (folder / DATA / name).write_text("changed\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        open_run(folder)
    assert "summary.csv" in str(caught.value)
    assert "flows.csv" in str(caught.value)
    assert len(caught.value.faults) == 2


def test_an_edited_manifest_is_refused(folder: Path) -> None:
    said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    said["parameters"]["profile"] = "spits"
    (folder / MANIFEST).write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(InputError, match="manifest of the run"):
        open_run(folder)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (shutil.rmtree, "folder of a run"),
        (lambda folder: (folder / MANIFEST).unlink(), "folder of a run"),
        (lambda folder: (folder / DATA / ARCHIVE).unlink(), "figures of the run"),
        (lambda folder: (folder / MANIFEST).write_text("{", "utf-8"), "JSON"),
        (lambda folder: (folder / MANIFEST).write_text("[]", "utf-8"), "folder of a run"),
        (lambda folder: (folder / MANIFEST).write_text('{"study": 1}', "utf-8"), "again"),
    ],
)
def test_what_is_no_run_is_refused(folder: Path, spoil: object, message: str) -> None:
    spoil(folder)  # type: ignore[operator]
    with pytest.raises(InputError, match=message):
        open_run(folder)


def test_a_damaged_archive_is_refused(folder: Path) -> None:
    (folder / DATA / ARCHIVE).write_bytes(b"PK not really")
    with pytest.raises(InputError, match="run the study again"):
        read_archive(folder / DATA / ARCHIVE)


def test_an_archive_of_another_format_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / ARCHIVE, "w") as archive:
        archive.writestr("run.json", '{"format": 99, "run": {}}')
    with pytest.raises(InputError, match="found '99'"):
        read_archive(tmp_path / ARCHIVE)


def test_the_types_of_every_part_are_known() -> None:
    for kind in CLASSES.values():
        assert set(_annotations(kind)) == {each.name for each in dataclasses.fields(kind)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": b"x"}, "run › unit: found 'bytes', expected a value of the kind str"),
        ({"summary": None}, "run › summary: found 'NoneType'"),
        ({"cases": ("x",)}, r"run › cases\[1\]: found 'str'"),
    ],
)
def test_parts_of_another_type_are_refused(
    toy: Result, change: dict[str, Any], message: str
) -> None:
    faults = list(check_types(dataclasses.replace(toy, **change), type(toy), "run"))
    assert re.search(message, str(faults[0]))


@pytest.mark.parametrize(
    ("table", "change", "message"),
    [
        ("summary", lambda frame: frame.rename(columns={"moved": "movd"}), "a column 'moved'"),
        ("flows", lambda frame: frame.assign(demand=b"x"), "flows, demand: found 'object'"),
        ("flows", lambda frame: pd.concat([frame, frame[["demand"]]], axis=1), "each column once"),
        ("postcode_rows", lambda frame: pd.concat([frame, frame]), "each row once"),
        ("postcodes", lambda frame: pd.concat([frame, frame]), "each label once"),
        ("hospitals", lambda frame: frame.iloc[1:], "expected a location of the run"),
        ("summary", lambda frame: frame.iloc[:0], "expected a row of"),
    ],
)
def test_tables_of_another_shape_are_refused(
    toy: Result, table: str, change: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    check_result(toy)
    with pytest.raises(InputError, match=message):
        check_result(dataclasses.replace(toy, **{table: change(getattr(toy, table))}))
