"""Whatever is in a file, a command says what is wrong, or works: it never breaks.

Fixed draws here, free ones and more of them by `make fuzz`.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed_world import SITES, counts_of, draw, write_world
from spoiling import spoilt
from three_towns import impact, write_files
from toy import toy_result

from impact.analysis.monitor import monitor, monitor_json
from impact.outputs.files.folder import write_run
from impact.outputs.files.run_archive import ARCHIVE, DATA, MANIFEST
from impact.times.files import read_times, write_times

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from three_towns import Outcome

DRAWS = 4 if os.environ.get("IMPACT_FUZZ") else 1
"""Each example is a whole command: fixed draws are few."""

PATIENTS = "postcode,intervention,patients\n9712,Pancreas,40\n8911,Pancreas,<10\n7811,Pancreas,12\n"
FLOWS = "postcode,provider,patients\n9712,Noord,40\n8911,West,21\n7811,Zuid,12\n"
VOLUMES = "location,volume\nNoord,40\nWest,<10\nZuid,12\n"
TOTALS = """\
level,name,patients,intervention,table,years
region,,57,Pancreas,patients,
municipality,Leeuwarden,≤7,,patients,1
hospital,West,12,Pancreas,volumes,2
national,,≤70,,volumes,
"""
PLAN = """\
intervention,location,step,from,recipient,capacity,state,source
Pancreas,West,stops,2026-01-01,Zuid,20,agreed,minutes
Pancreas,West,stops,2026-07-01,Noord,,agreed,minutes
"""
CLAIMS = """\
[claims]
title = "Over onze studie"

[[claim]]
name = "hooguit drie kwartier"
kind = "nobody_more"
scenario = "West stopt"
minutes = 45
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with one good file of each kind."""
    home = tmp_path_factory.mktemp("good")
    files = {"patients.csv": PATIENTS, "flows.csv": FLOWS, "volumes.csv": VOLUMES}
    study = write_files(home, {**files, "plan.csv": PLAN, "claims.toml": CLAIMS})
    text = study.read_text(encoding="utf-8")
    full = text.replace('times = "minutes.csv"', 'times = "minutes.csv"\ndemand = "patients.csv"')
    full = full.replace("stop_count = 1", 'stop_count = 1\nnorm = 20\nvolumes = "volumes.csv"')
    (home / "full.toml").write_text(full, encoding="utf-8")
    (home / "totals.csv").write_text(TOTALS, encoding="utf-8")
    held = full.replace('times = "minutes.csv"', 'times = "minutes.csv"\ntotals = "totals.csv"')
    (home / "held.toml").write_text(held, encoding="utf-8")
    observed = text.replace("stop_count = 1", 'allocation = "observed"\nflows = "flows.csv"')
    (home / "observed.toml").write_text(observed, encoding="utf-8")
    write_times(read_times(home / "minutes.csv"), home / "minutes.parquet")
    parquet = text.replace("minutes.csv", "minutes.parquet")
    (home / "parquet.toml").write_text(parquet, encoding="utf-8")
    return home


def spoil(home: Path, folder: Path, name: str, random: Random) -> Path:
    """Copy a folder with one file spoilt."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(home, folder)
    path = folder / name
    path.write_bytes(spoilt(name, path.read_bytes(), random))
    return folder


def unbroken(done: Outcome) -> None:
    """A message of ours, or none."""
    assert done.code in {0, 2}, done.err
    assert "Traceback" not in done.err
    assert "\x1b" not in done.err + done.out


@pytest.mark.parametrize(
    ("study", "name"),
    [
        ("study.toml", "study.toml"),
        ("study.toml", "postcodes.csv"),
        ("study.toml", "hospitals.csv"),
        ("study.toml", "minutes.csv"),
        ("parquet.toml", "minutes.parquet"),
        ("full.toml", "patients.csv"),
        ("full.toml", "volumes.csv"),
        ("full.toml", "full.toml"),
        ("held.toml", "totals.csv"),
        ("held.toml", "patients.csv"),
        ("held.toml", "volumes.csv"),
        ("observed.toml", "flows.csv"),
    ],
)
@given(random=st.randoms(use_true_random=False))
@settings(max_examples=3 * DRAWS)
def test_a_run(
    home: Path, tmp_path_factory: pytest.TempPathFactory, study: str, name: str, random: Random
) -> None:
    folder = spoil(home, tmp_path_factory.getbasetemp() / "run", name, random)
    unbroken(impact("run", folder / study, "--tables", "--out", folder / "out"))


@given(random=st.randoms(use_true_random=False))
@settings(max_examples=3 * DRAWS)
def test_a_plan(home: Path, tmp_path_factory: pytest.TempPathFactory, random: Random) -> None:
    folder = spoil(home, tmp_path_factory.getbasetemp() / "plan", "plan.csv", random)
    asked = ("plan", folder / "study.toml", "--plan", folder / "plan.csv")
    unbroken(impact(*asked, "--out", folder / "out", "--on", "2025-10-01"))


@given(random=st.randoms(use_true_random=False))
@settings(max_examples=3 * DRAWS)
def test_claims(home: Path, tmp_path_factory: pytest.TempPathFactory, random: Random) -> None:
    folder = spoil(home, tmp_path_factory.getbasetemp() / "claims", "claims.toml", random)
    asked = ("check", folder / "claims.toml", "--study", folder / "study.toml", "--draws", 0)
    unbroken(impact(*asked, "--out", folder / "out"))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a sealed study with the contributions of three institutions."""
    folder = tmp_path_factory.mktemp("sealed")
    patients = draw(np.random.default_rng(4))
    assert impact("seal", write_world(folder), "--out", folder / "s.sealed").code == 0
    for site in SITES:
        counts_of(patients, site).to_csv(folder / f"{site}.csv", index=False)
        asked = ("contribute", folder / "s.sealed", "--institution", site)
        counts = ("--counts", folder / f"{site}.csv", "--out", folder / f"{site}.json")
        assert impact(*asked, *counts).code == 0
    return folder


@pytest.mark.parametrize("name", ["s.sealed", "Noord.json"])
@given(random=st.randoms(use_true_random=False))
@settings(max_examples=4 * DRAWS)
def test_a_merge(
    sealed: Path, tmp_path_factory: pytest.TempPathFactory, name: str, random: Random
) -> None:
    folder = spoil(sealed, tmp_path_factory.getbasetemp() / "merge", name, random)
    parts = [folder / f"{site}.json" for site in SITES]
    unbroken(impact("merge", folder / "s.sealed", *parts, "--out", folder / "out"))


@pytest.mark.parametrize("name", ["s.sealed", "Noord.csv"])
@given(random=st.randoms(use_true_random=False))
@settings(max_examples=4 * DRAWS)
def test_a_contribution(
    sealed: Path, tmp_path_factory: pytest.TempPathFactory, name: str, random: Random
) -> None:
    folder = spoil(sealed, tmp_path_factory.getbasetemp() / "contribute", name, random)
    asked = ("contribute", folder / "s.sealed", "--institution", "Noord")
    unbroken(impact(*asked, "--counts", folder / "Noord.csv", "--out", folder / "again.json"))


@pytest.fixture(scope="module")
def monitored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give locations, a plan, and what was measured a year before."""
    folder = tmp_path_factory.mktemp("monitor")
    posts = "name,lat,lon\nGroningen,53.2194,6.5665\nLeeuwarden,53.2012,5.7999\n"
    (folder / "posts.csv").write_text(posts, encoding="utf-8")
    plan = "level,area,indicator,target\nall,,within_45,0.1\nmunicipality,Emmen,mean,5\n"
    (folder / "plan.csv").write_text(plan, encoding="utf-8")
    found = monitor(
        folder / "posts.csv",
        care="post",
        region="Noordoost-Nederland",
        made=dt.date(2026, 1, 1),
    )
    (folder / "monitor.json").write_text(monitor_json(found), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["posts.csv", "plan.csv", "monitor.json"])
@given(random=st.randoms(use_true_random=False))
@settings(max_examples=4 * DRAWS)
def test_a_monitor(
    monitored: Path, tmp_path_factory: pytest.TempPathFactory, name: str, random: Random
) -> None:
    folder = spoil(monitored, tmp_path_factory.getbasetemp() / "again", name, random)
    asked = ("monitor", folder / "posts.csv", "--care", "post", "--region", "Noordoost-Nederland")
    given_too = ("--plan", folder / "plan.csv", "--against", folder / "monitor.json")
    unbroken(impact(*asked, *given_too, "--on", "2027-01-01", "--out", folder / "out"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a run."""
    folder = tmp_path_factory.mktemp("ran") / "run"
    write_run(toy_result(tmp_path_factory.mktemp("toy")), folder)
    return folder


@given(random=st.randoms(use_true_random=False))
@settings(max_examples=12 * DRAWS)
def test_an_archive(run: Path, tmp_path_factory: pytest.TempPathFactory, random: Random) -> None:
    folder = spoil(run, tmp_path_factory.getbasetemp() / "opened", f"{DATA}/{ARCHIVE}", random)
    said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    # somebody who edits an archive may know of the hash
    digest = sha256((folder / DATA / ARCHIVE).read_bytes()).hexdigest()
    said["files"][f"{DATA}/{ARCHIVE}"] = digest
    (folder / MANIFEST).write_text(json.dumps(said), encoding="utf-8")
    unbroken(impact("compare", folder, "--out", folder / "out"))
    unbroken(impact("combine", folder, folder, "--out", folder / "both"))
    unbroken(impact("report", folder, "--xlsx"))
