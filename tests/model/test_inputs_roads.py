"""Roads as a study names them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from worlds import write_world

from impact.bundled import data_path
from impact.model.inputs import load_roads
from impact.network.npz import write_network
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path


def test_roads_are_the_streets_unless_others_are_named(tmp_path: Path) -> None:
    study = read_study(write_world(tmp_path))
    assert load_roads(study).kind == "street"
    assert load_roads(replace(study, roads="main")).kind == "screening"


def test_roads_are_bundled_a_folder_or_a_file(tmp_path: Path) -> None:
    study = replace(read_study(write_world(tmp_path)), roads="main")
    bundled = load_roads(study)
    shutil.copytree(data_path("roads"), tmp_path / "roads")
    folder = load_roads(replace(study, roads="roads", profile="spits"))
    write_network(bundled, tmp_path / "network.npz")
    file = load_roads(replace(study, roads="network.npz", profile="spits"))
    assert bundled.profile.name == "dal"
    assert folder.profile == file.profile
    assert folder.profile.name == "spits"
    assert np.array_equal(folder.minutes, file.minutes)
    assert folder.minutes.sum() > bundled.minutes.sum()
