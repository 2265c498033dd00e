"""Roads as a study names them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from clipped import STUDY, a_part
from worlds import write_world

from impact.bundled import data_path
from impact.errors import InputError
from impact.model.inputs import load_inputs, load_roads
from impact.network.npz import read_network, write_network
from impact.network.shipped import read_street_network
from impact.outputs.text import texts
from impact.outputs.text.wording import roads_text
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


def test_points_that_a_study_does_not_use_may_lie_beyond_its_roads(tmp_path: Path) -> None:
    inputs = load_inputs(read_study(a_part(tmp_path)), engine="scipy", use_cache=False)
    assert inputs.postcodes.index.tolist() == ["1011", "1012"]
    assert inputs.times.destinations == ("Midden", "West")
    assert np.isfinite(inputs.times.minutes).all()


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_what_the_shipped_streets_lack_is_not_said_of_roads_of_ones_own(
    tmp_path: Path, lang: str
) -> None:
    a_part(tmp_path)
    own, say = read_network(tmp_path / "part.impact").about, texts(lang)
    assert own["year"] == ""
    assert roads_text(say, own) == "© OpenStreetMap contributors (ODbL)."
    assert say("common.streets_note") in roads_text(say, read_street_network().about)


@pytest.mark.parametrize(
    ("text", "region", "message"),
    [
        (STUDY, "Hier", r"^postcodes.csv, postcode 1013, lat, lon: found '0, 1\.79"),
        (STUDY.replace("Midden", "Ver"), "Daar", "^hospitals.csv, name Ver, lat, lon: found '0, 1"),
        (
            STUDY + 'alternatives = "all"\noutside = ["Ver"]\n',
            "Daar",
            "hospitals.csv, name Ver, lat, lon: .* expected a latitude from -0.5 to 0.5",
        ),
    ],
)
def test_points_that_a_study_uses_lie_near_its_roads(
    tmp_path: Path, text: str, region: str, message: str
) -> None:
    study = read_study(a_part(tmp_path, text, region_of_far=region))
    with pytest.raises(InputError, match=message):
        load_inputs(study, engine="scipy", use_cache=False)
