"""Corrections of the provider register that a study makes."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest
from three_towns import STUDY, impact, write_files

from impact.errors import InputError
from impact.study.model import ProviderOverride
from impact.study.read import read_study
from impact.study.register import corrected_register, read_register

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "intervention,location,performs,status,source,year,note,by,reason"
STOPPED = 'performs = false\nby = "raad van bestuur"\nreason = "gestopt in mei"'
INLINE = f'\n[[provider]]\nintervention = "Pancreas"\nlocation = "Zuid"\n{STOPPED}\n'


def read(folder: Path, text: str, rows: str = "") -> list[ProviderOverride]:
    files = {"study.toml": text}
    if rows:
        files["who.csv"] = f"{HEADER}\n{rows}"
        files["study.toml"] = text.replace("[study]", '[study]\nproviders_file = "who.csv"')
    return list(read_study(write_files(folder, files)).overrides)


def test_providers_follow_a_correction_and_outputs_say_who_and_why(tmp_path: Path) -> None:
    study = write_files(tmp_path, {"study.toml": STUDY + INLINE})
    assert read_study(study).interventions[0].providers == ("Noord", "West")

    assert impact("run", study, "--out", tmp_path / "out", "--quiet").code == 0

    with (tmp_path / "out" / "data" / "providers.csv").open(encoding="utf-8") as file:
        rows = {row["location"]: row for row in csv.DictReader(file)}
    assert rows["Zuid"]["performs"] == "no"
    assert (rows["Zuid"]["overridden_by"], rows["Zuid"]["reason"]) == (
        "raad van bestuur",
        "gestopt in mei",
    )
    assert (rows["Noord"]["performs"], rows["Noord"]["overridden_by"]) == ("yes", "")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert [each["location"] for each in manifest["overrides"]] == ["Zuid"]
    # who was taken out is no longer counted among the listings
    assert manifest["counts"]["provider_status"] == {"unverified": 2}
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Zuid doet dit niet, volgens raad van bestuur. Reden: gestopt in mei." in report
    assert "Doet dit niet, volgens raad van bestuur: gestopt in mei</td>" in report


def test_a_table_adds_takes_away_and_corrects(tmp_path: Path) -> None:
    text = STUDY.replace('"Noord", "West", "Zuid"', '"Noord", "West"')
    rows = (
        "Pancreas,Zuid,yes,sourced,https://example.org,2025,,the board,started in May\n"
        "Pancreas,Noord,yes,weak,a call,2025,,the secretary,asked\n"
    )
    found = {each.location: each for each in read(tmp_path, text, rows)}
    assert read_study(tmp_path / "study.toml").interventions[0].providers == (
        "Noord",
        "West",
        "Zuid",
    )
    assert (found["Zuid"].status, found["Noord"].status) == ("sourced", "weak")


def test_a_copy_of_the_register_corrects_only_where_it_differs(tmp_path: Path) -> None:
    register = read_register()
    kept = register["location"] == "Frisius MC Leeuwarden (MCL)"
    copy = register[kept].assign(by="", reason="")
    changed = copy["treatment_id"] == "pancreas_resections"
    copy.loc[changed, ["status", "source", "by", "reason"]] = ["sourced", "a letter", "me", "read"]
    copy.to_csv(tmp_path / "who.csv", index=False)
    shipped = """
[study]
title = "x"
region = "Noordoost-Nederland"
providers_file = "who.csv"

[[intervention]]
name = "Pancreas"
treatment = "pancreas_resections"
providers = ["Frisius MC Leeuwarden (MCL)", "UMC Groningen"]
stop_count = 1
"""
    (tmp_path / "study.toml").write_text(shipped, encoding="utf-8")
    (only,) = read_study(tmp_path / "study.toml").overrides
    assert (only.intervention, only.source, only.by) == ("Pancreas", "a letter", "me")


def test_the_register_of_other_regions_can_be_corrected_too() -> None:
    register = read_register()
    one = register.iloc[0]
    gone = ProviderOverride(
        one["region"],
        one["treatment_id"],
        "",
        one["location"],
        performs=False,
        by="x",
        reason="y",
    )
    new = ProviderOverride(
        one["region"],
        one["treatment_id"],
        "",
        "Nieuw",
        performs=True,
        by="x",
        reason="y",
        status="weak",
    )
    found = corrected_register(register, [gone, new])
    mine = found[found["treatment_id"] == one["treatment_id"]]
    mine = mine[mine["region"] == one["region"]]
    assert one["location"] not in set(mine["location"])
    assert mine.set_index("location").loc["Nieuw", "status"] == "weak"
    assert len(found) == len(register)


@pytest.mark.parametrize(
    ("row", "messages"),
    [
        (
            "Pancreas,Zuit,maybe,,,,,me,why",
            ["row 2, performs: found 'maybe', expected yes or no"],
        ),
        (
            "Pancras,Zuit,yes,sure,,,,,",
            [
                "intervention: found 'Pancras', expected an intervention of the study; nearest",
                "location: found 'Zuit', expected the name of a hospital location; nearest known",
                "status: found 'sure', expected one of sourced, page, weak",
                "by: expected who corrects the register",
                "reason: expected why",
            ],
        ),
        (
            "Pancreas,Zuid,no,,,,,me,why\nPancreas,Zuid,yes,,,,,you,not",
            ["row 3, location: found 'Zuid', expected each correction once"],
        ),
        (
            "Pancreas,West,no,,,,,me,why",
            ["stops.Pancreas: found 'West', expected a provider of this intervention"],
        ),
    ],
)
def test_every_fault_is_told_at_once(tmp_path: Path, row: str, messages: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, STUDY, row)
    for message in messages:
        assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (INLINE.replace("false", '"no"'), "provider[1].performs: found 'no', expected true or fal"),
        (INLINE.replace('location = "Zuid"', ""), "location: expected the name of a hospital loc"),
        (INLINE.replace("Pancreas", "Aorta"), "intervention: found 'Aorta'"),
        (INLINE + INLINE, "provider[2], location: found 'Zuid', expected each correction once"),
        (INLINE + 'who = "x"', "provider[1].who: found 'who', expected one of the keys"),
        (INLINE.replace('intervention = "Pancreas"', ""), "treatment: expected an intervention"),
        (INLINE + 'region = "Nergens"', "region: found 'Nergens', expected a region"),
    ],
)
def test_faults_of_inline_corrections(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, STUDY + text)
    assert message in str(caught.value)


def test_who_is_no_provider_cannot_be_taken_away(tmp_path: Path) -> None:
    text = STUDY.replace('"Noord", "West", "Zuid"', '"Noord", "West"') + INLINE
    with pytest.raises(InputError, match="a provider of 'Pancreas', where it is said to perform"):
        read(tmp_path, text)
