from __future__ import annotations

import datetime as dt
import hashlib
import json
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest
from three_towns import FILES, POSTCODES, STUDY, write_files

from impact.analysis.run import run_study
from impact.bundled import data_path
from impact.errors import InputError
from impact.manifest import created
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result


def manifest_of(folder: Path, files: dict[str, str] | None = None) -> dict[str, Any]:
    study = read_study(write_files(folder, files))
    return dict(run_study(study, use_cache=False).manifest)


def test_time_is_now_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)

    moment = dt.datetime.fromisoformat(created())

    assert moment.tzinfo == dt.UTC
    assert moment.microsecond == 0


def test_time_can_be_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")

    assert created() == "2023-11-14T22:13:20+00:00"


@pytest.mark.parametrize("text", ["", "now", "²", "9" * 30, "9" * 5000])
def test_time_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)

    with pytest.raises(InputError, match="SOURCE_DATE_EPOCH: found"):
        created()


def test_every_file_stands_with_its_hash(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path)

    hashes = {each["name"]: each["sha256"] for each in manifest["inputs"]}
    hashes[manifest["study"]["file"]] = manifest["study"]["sha256"]
    for name, text in FILES.items():
        assert hashes[name] == hashlib.sha256(text.encode()).hexdigest()


def test_parameters_units_and_counts(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path)

    assert manifest["version"] == metadata.version(manifest["program"])
    assert manifest["parameters"]["unit"] == "residents"
    assert manifest["parameters"]["direction"] == "one way, from the postcode to the hospital"
    counts = manifest["counts"]
    assert (counts["postcodes"], counts["locations"], counts["demand"]) == (3, 3, 350.0)
    assert counts["candidates"] == {"Pancreas": 3}
    assert counts["pairs_without_route"] == 0
    assert counts["provider_status"] == {"unverified": 3}


def test_postcode_without_route_is_named(tmp_path: Path) -> None:
    files = {"minutes.csv": FILES["minutes.csv"].replace("8911,52,6,95", "8911,inf,inf,inf")}

    counts = manifest_of(tmp_path, files)["counts"]

    assert counts["postcodes_without_route"] == ["8911"]
    assert counts["pairs_without_route"] == 3


def test_what_was_adapted_or_ignored_is_noted(tmp_path: Path) -> None:
    files = {"postcodes.csv": "\ufeff" + POSTCODES.replace("municipality", "mayor")}

    notes = [each["text"] for each in manifest_of(tmp_path, files)["notes"]]

    assert "postcodes.csv: byte-order mark skipped" in notes
    assert "postcodes.csv: 1 columns not used: mayor" in notes
    assert "no column 'region': all 3 postcodes count as residents" in notes


def test_manifest_is_plain_json_without_folders_of_this_machine(tmp_path: Path) -> None:
    text = json.dumps(manifest_of(tmp_path), allow_nan=False)

    assert str(tmp_path) not in text


def test_same_inputs_give_the_same_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")

    assert manifest_of(tmp_path / "one") == manifest_of(tmp_path / "two")


def test_scenario_that_changes_nothing_of_the_order(tmp_path: Path) -> None:
    swapped = STUDY.replace('["Noord", "West", "Zuid"]', '["Zuid", "West", "Noord"]')
    one, two = manifest_of(tmp_path / "a"), manifest_of(tmp_path / "b", {"study.toml": swapped})

    assert one["counts"] == two["counts"]
    assert one["study"]["sha256"] != two["study"]["sha256"]


def test_shipped_files_stand_with_source_year_and_licence(noordoost_result: Result) -> None:
    manifest = noordoost_result.manifest
    postcodes = next(each for each in manifest["inputs"] if each["name"] == "pc4.csv")

    digest = hashlib.sha256(data_path("postcodes/pc4.csv").read_bytes()).hexdigest()
    assert postcodes["sha256"] == digest
    assert postcodes["year"]
    assert "CBS" in postcodes["source"]
    assert postcodes["licence"]
    assert manifest["roads"]["kind"] == "street"
    assert "OpenStreetMap" in manifest["roads"]["attribution"]
    json.dumps(manifest, allow_nan=False)
