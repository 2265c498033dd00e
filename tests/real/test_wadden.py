"""Islands and estuaries of the main roads."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from impact import read_hospitals, read_main_roads, read_postcodes, travel_times
from impact.bundled import data_path
from impact.network.islands import CAR_FERRY, NO_VISITOR_CARS, ferry_remarks
from impact.network.network import FERRY
from impact.times.snap import access_legs

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result
    from impact.network.network import RoadNetwork
    from impact.times.matrix import TravelTimes

ISLANDS = ("Ameland", "Schiermonnikoog", "Terschelling", "Texel", "Vlieland")
HOSPITALS = [
    "Adrz Goes",
    "Adrz Vlissingen",
    "Frisius MC Leeuwarden (MCL)",
    "Noordwest Den Helder",
    "UMC Groningen",
    "ZorgSaam Terneuzen",
]
MAINLAND = ["1012", "3511", "4531", "6211", "8911", "9712"]


@pytest.fixture(scope="module", name="network")
def _network() -> RoadNetwork:
    return read_main_roads()


@pytest.fixture(scope="module", name="postcodes")
def _postcodes() -> pd.DataFrame:
    return read_postcodes()


@pytest.fixture(scope="module", name="places")
def _places(postcodes: pd.DataFrame) -> pd.DataFrame:
    """Every postcode of an island, and some of the mainland."""
    return postcodes[(postcodes["island"] != "") | postcodes.index.isin(MAINLAND)]


@pytest.fixture(scope="module", name="hospitals")
def _hospitals() -> pd.DataFrame:
    return read_hospitals().loc[HOSPITALS]


@pytest.fixture(scope="module", name="times")
def _times(network: RoadNetwork, places: pd.DataFrame, hospitals: pd.DataFrame) -> TravelTimes:
    return travel_times(network, places, hospitals)


def without(network: RoadNetwork, closed: np.ndarray) -> RoadNetwork:
    """Same network without some of its edges."""
    columns = ("tail", "head", "km", "road_class", "edge_urban", "given_minutes", "minutes")
    return replace(network, **{name: getattr(network, name)[~closed] for name in columns})


def test_the_five_islands_are_reachable_over_ferries_only(
    network: RoadNetwork, places: pd.DataFrame, hospitals: pd.DataFrame, times: TravelTimes
) -> None:
    assert set(places["island"]) - {""} == set(ISLANDS)
    assert np.isfinite(times.minutes).all()
    dry = without(network, network.road_class == FERRY)
    found = travel_times(dry, places, hospitals).minutes
    island = (places["island"] != "").to_numpy()
    assert island.sum() == 25
    assert np.isinf(found[island]).all()
    # nobody of the mainland travels over an island
    assert np.array_equal(found[~island], times.minutes[~island])


def test_the_ferry_table_sets_the_minutes(
    tmp_path: Path, places: pd.DataFrame, hospitals: pd.DataFrame, times: TravelTimes
) -> None:
    folder = tmp_path / "roads"
    shutil.copytree(data_path("roads"), folder)
    table = pd.read_csv(folder / "ferries.csv")
    crossing = dict(zip(table["island"], (7, 11, 13, 17, 19), strict=True))
    waiting = dict(zip(table["island"], (0, 3, 0, -5, 2), strict=True))
    table["crossing_minutes"] += table["island"].map(crossing)
    table["wait_minutes"] += table["island"].map(waiting)
    table.to_csv(folder / "ferries.csv", index=False)
    changed = travel_times(read_main_roads(folder), places, hospitals)
    more = [crossing.get(name, 0) + waiting.get(name, 0) for name in places["island"]]
    expected = times.minutes + np.array(more)[:, None]
    np.testing.assert_allclose(changed.minutes, expected, rtol=0.0, atol=1e-9)
    assert changed.manifest["key"] != times.manifest["key"]


def test_an_island_trip_takes_at_least_the_crossing_and_the_wait(
    places: pd.DataFrame, times: TravelTimes
) -> None:
    table = pd.read_csv(data_path("roads") / "ferries.csv").set_index("island")
    least = table["crossing_minutes"] + table["wait_minutes"]
    nearest = pd.Series(times.minutes.min(axis=1), index=places.index)
    for island, rows in nearest.groupby(places["island"]):
        if island:
            assert rows.min() > least[island]
            assert rows.max() < least[island] + 90.0


def test_the_shipped_columns_say_what_the_network_says(
    network: RoadNetwork, postcodes: pd.DataFrame
) -> None:
    legs = access_legs(network, postcodes)
    assert legs.point.tolist() == list(range(len(postcodes)))
    remark = ferry_remarks(network)[legs.node]
    assert np.array_equal(remark != "", postcodes["island"] != "")
    assert np.array_equal(remark == NO_VISITOR_CARS, postcodes["visitor_cars"] == "no")
    assert set(postcodes.loc[remark == NO_VISITOR_CARS, "island"]) == {
        "Schiermonnikoog",
        "Vlieland",
    }
    assert set(postcodes.loc[remark == CAR_FERRY, "island"]) == {
        "Ameland",
        "Terschelling",
        "Texel",
    }


def test_islands_without_visitor_cars_are_marked_in_every_table(noordoost_result: Result) -> None:
    result = noordoost_result
    assert (result.postcodes["ferry"] == NO_VISITOR_CARS).sum() == 2
    island = result.postcodes["island"]
    for table in (result.flows, result.postcode_rows):
        assert set(table.loc[table["ferry"] == NO_VISITOR_CARS, "postcode"]) == {"8899", "9166"}
        marked = table["ferry"] != ""
        assert (marked == (table["postcode"].map(island) != "")).all()
    towns = result.municipalities
    remarks = towns[towns["ferry"] != ""].groupby("municipality")["ferry"].unique().str.join(" | ")
    assert remarks.to_dict() == {
        "Ameland": CAR_FERRY,
        "Schiermonnikoog": NO_VISITOR_CARS,
        "Terschelling": CAR_FERRY,
        "Vlieland": NO_VISITOR_CARS,
    }


def minutes_between(times: TravelTimes, origin: str, destination: str) -> float:
    return float(times.select([origin], [destination]).minutes[0, 0])


def test_zeeuws_vlaanderen_travels_by_the_westerschelde_tunnel(
    network: RoadNetwork, places: pd.DataFrame, hospitals: pd.DataFrame, times: TravelTimes
) -> None:
    goes = minutes_between(times, "4531", "Adrz Goes")
    vlissingen = minutes_between(times, "4531", "Adrz Vlissingen")
    # some 35 km each; around by Antwerp it is 110 km and more
    assert 24.0 < goes < 40.0
    assert 24.0 < vlissingen < 45.0
    # nodes under the Westerschelde lie in no municipality
    under = (network.zone == "") & (network.lat > 51.34) & (network.lat < 51.40)
    under &= (network.lon > 3.75) & (network.lon < 3.85)
    assert under.sum() == 6
    closed = under[network.tail] | under[network.head]
    around = travel_times(without(network, closed), places, hospitals)
    assert minutes_between(around, "4531", "Adrz Goes") > 2 * goes
    assert minutes_between(around, "4531", "Adrz Vlissingen") > 2 * vlissingen
    # the own hospital and the rest of the country do without the tunnel
    own = minutes_between(times, "4531", "ZorgSaam Terneuzen")
    assert minutes_between(around, "4531", "ZorgSaam Terneuzen") == own < 15.0
    north = minutes_between(times, "9712", "UMC Groningen")
    assert minutes_between(around, "9712", "UMC Groningen") == north


def test_nobody_in_the_country_is_unreachable(
    network: RoadNetwork, postcodes: pd.DataFrame
) -> None:
    hospitals = read_hospitals()
    hospitals = hospitals[hospitals["status"] == "open"]
    times = travel_times(network, postcodes, hospitals)
    assert times.minutes.shape == (4071, 109)
    assert np.isfinite(times.minutes).all()
    assert times.far_points == ()
