"""The speeds of streets against driving bands and test drives, on the streets of the country.

Builds the network of the Dutch extract: about half a minute and 2 GB.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from impact import read_hospitals, read_postcodes, travel_times
from impact.evidence.validation import errors
from impact.network.osm.build import build_network

if TYPE_CHECKING:
    from types import ModuleType

    import numpy as np
    import pandas as pd

    from impact.network.network import RoadNetwork

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
TAGGED = ["the_hague_main_roads.osm", "groningen_centre.osm"]


def load_script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", name="streets")
def _streets(shared_data: Path) -> RoadNetwork:
    return build_network(shared_data / "osm/netherlands_2021.osm.pbf")


@pytest.fixture(scope="module", name="rows")
def _rows(shared_data: Path, streets: RoadNetwork) -> pd.DataFrame:
    return load_script("calibration").calibration(shared_data, streets)


@pytest.fixture(scope="module", name="inside")
def _inside(rows: pd.DataFrame) -> pd.Series[bool]:
    province = read_postcodes()["province"].reindex(rows["from"])
    return (province != "Flevoland").to_numpy()


def test_the_bands_are_met(rows: pd.DataFrame, inside: np.ndarray) -> None:
    # figures of docs/methods.md: a drift must be noticed
    everywhere, here = errors(rows), errors(rows[inside])
    assert (everywhere["pairs"], here["pairs"]) == (44_312, 43_023)
    # the extract lacks their ferries: what is built of it alone has no route from there
    places = read_postcodes()["municipality"].reindex(rows["from"][~np.isfinite(rows["ours"])])
    assert set(places) == {"Ameland", "Terschelling", "Vlieland"}
    assert here["unreachable"] == len(places) == 16
    assert everywhere["agree"] == pytest.approx(0.957, abs=0.0006)
    assert here["agree"] == pytest.approx(0.958, abs=0.0006)
    assert here["close"] == pytest.approx(0.992, abs=0.0006)
    recall = {known: errors(own)["agree"] for known, own in rows[inside].groupby("known")}
    assert recall["<=25"] == pytest.approx(0.936, abs=0.0006)
    assert recall["25-30"] == pytest.approx(0.728, abs=0.0006)
    assert recall[">30"] == pytest.approx(0.982, abs=0.0006)


def test_neither_near_nor_far_is_fast_on_average(rows: pd.DataFrame, inside: np.ndarray) -> None:
    for _, own in rows[inside].groupby("band"):
        error = own["error"].clip(-10.0, 10.0)
        assert abs(error.mean()) < 0.15


def test_the_test_drives_come_out(streets: RoadNetwork) -> None:
    postcodes, hospitals = read_postcodes(), read_hospitals()
    far = travel_times(streets, postcodes.loc[["9712"]], postcodes.loc[["6211"]], km=True)
    assert far.minutes[0, 0] == pytest.approx(226.7, abs=0.3)
    assert far.km is not None
    assert far.km[0, 0] == pytest.approx(335.0, abs=0.5)
    homes = postcodes.loc["7901":"7909"]
    near = travel_times(streets, homes, hospitals.loc[["Treant Scheper"]])
    assert near.minutes.mean() == pytest.approx(34.3, abs=0.2)


def test_the_roads_over_the_maas_at_ravenstein_are_there(streets: RoadNetwork) -> None:
    assert streets.about["extract"]["mends"] == 12
    postcodes = read_postcodes()
    way = travel_times(streets, postcodes.loc[["5371", "6602"]], postcodes.loc[["5371", "6602"]])
    assert max(way.minutes[0, 1], way.minutes[1, 0]) < 15.0


@pytest.mark.parametrize("name", TAGGED)
def test_tags_make_roads_neither_faster_nor_slower(shared_data: Path, name: str) -> None:
    each = load_script("_limit_shares").tagged_stretches(shared_data / "osm" / name)
    assert each["tagged"].sum() / each["bare"].sum() == pytest.approx(1.0, abs=0.02)
