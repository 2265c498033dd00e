"""The tables in data/ hold what they say, and join."""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from methods_page import methods_say

from impact.bundled import data_folder, study_paths
from impact.network.main_roads import read_main_roads
from impact.study.read import read_study
from impact.times.matrix import travel_times

if TYPE_CHECKING:
    from pathlib import Path

REGIONS = {
    "Midden-Nederland",
    "Noord-Holland/Flevoland",
    "Noordoost-Nederland",
    "Oost-Nederland",
    "West-Nederland",
    "Zuidoost-Nederland",
    "Zuidwest-Nederland",
}
BY_HAND = {"LICENSES.md", "datapackage.json"}
MAX_BYTES = 5 * 1024 * 1024


@pytest.fixture(scope="module")
def folder() -> Path:
    return data_folder()


@pytest.fixture(scope="module")
def tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Every CSV as text, by its path without the ending."""
    return {
        path.relative_to(folder).with_suffix("").as_posix(): pd.read_csv(
            path, dtype=str, keep_default_na=False
        )
        for path in sorted(folder.rglob("*.csv"))
    }


@pytest.fixture(scope="module")
def hospitals(folder: Path) -> pd.DataFrame:
    features = json.loads((folder / "hospitals.geojson").read_text(encoding="utf-8"))["features"]
    rows = [
        feature["properties"]
        | dict(zip(("lon", "lat"), feature["geometry"]["coordinates"], strict=True))
        for feature in features
    ]
    return pd.DataFrame(rows).set_index("name")


@pytest.fixture(scope="module")
def package(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))


def shapes(folder: Path, name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(folder / name)


# --- names are the same in every table ----------------------------------------------------------


def test_regions_have_the_same_names_everywhere(
    tables: dict[str, pd.DataFrame], hospitals: pd.DataFrame
) -> None:
    for name in ("postcodes/pc4", "published_extra_minutes", "published_norm_shortfalls"):
        assert set(tables[name]["region"]) == REGIONS, name
    assert set(tables["regions"]["region"]) == REGIONS
    assert set(tables["providers"]["region"]) == REGIONS
    assert set(tables["decisions"]["region"]) <= REGIONS | {"national"}
    assert set(hospitals["region"].dropna()) == REGIONS
    assert {read_study(path).region for path in study_paths().values()} == REGIONS


def test_treatments_have_one_name_and_one_norm(tables: dict[str, pd.DataFrame]) -> None:
    names = tables["treatments"].set_index("treatment_id")["name_nl"]
    assert len(names) == 12
    assert names.is_unique
    for name in ("published_norm_shortfalls", "providers"):
        table = tables[name]
        assert (table["treatment_id"].map(names) == table["treatment"]).all(), name
    assert set(tables["treatments"]["norm_key"]) <= set(tables["norms"]["norm_key"])
    norms = tables["norms"]
    assert (norms["condition"] + "|" + norms["treatment"] == norms["norm_key"]).all()
    for column in (
        tables["published_extra_minutes"]["peak_treatment_ids"],
        tables["decisions"]["treatment_ids"],
    ):
        assert {each for ids in column for each in ids.split("; ") if each} <= set(names.index)


def test_member_organisations_have_one_region_and_an_open_location(
    tables: dict[str, pd.DataFrame], hospitals: pd.DataFrame
) -> None:
    members = tables["regions"].query("role == 'lid'")
    assert members["organisation"].is_unique
    assert len(members) == 70
    open_ones = hospitals[hospitals["status"] == "open"]
    # the national children's cancer centre takes no part
    assert set(open_ones["organisation"]) - set(members["organisation"]) == {
        "Prinses Máxima Centrum"
    }
    expected = open_ones["organisation"].map(members.set_index("organisation")["region"])
    pd.testing.assert_series_equal(open_ones["region"], expected, check_names=False)


# --- hospitals and providers --------------------------------------------------------------------


def test_hospitals_are_the_open_ones_and_the_outpatient_clinics(hospitals: pd.DataFrame) -> None:
    assert hospitals["status"].value_counts().to_dict() == {"outpatient": 144, "open": 109}
    assert hospitals.index.is_unique
    assert hospitals.index.is_monotonic_increasing
    clinics = hospitals[hospitals["status"] == "outpatient"]
    assert clinics["region"].isna().all()
    assert clinics["unverified"].str.startswith("status and organisation unchecked").all()
    assert set(hospitals["type"]) == {"", "algemeen", "categoraal", "topklinisch", "umc"}
    assert "idem" not in set(hospitals["note"])
    assert not hospitals.index.str.contains("  ").any()


def test_providers_are_as_many_as_published(tables: dict[str, pd.DataFrame]) -> None:
    keys = ["region", "treatment_id"]
    published = tables["published_norm_shortfalls"].set_index(keys)["hospitals_providing"]
    found = tables["providers"].groupby(keys)["location"].nunique()
    assert len(published) == 55
    assert found.to_dict() == published.astype(int).to_dict()


def test_providers_are_open_locations_of_their_organisation(
    tables: dict[str, pd.DataFrame], hospitals: pd.DataFrame
) -> None:
    providers = tables["providers"]
    assert providers["status"].value_counts().to_dict() == {
        "unverified": 172,
        "sourced": 169,
        "page": 34,
        "weak": 28,
        "disputed": 6,
    }
    inferred = providers.query("status == 'sourced' and not source.str.startswith('http')")
    assert methods_say(
        "Of the 409 rows of the register 169 are sourced, 34 rest on a page, 28 weak, 6 disputed",
        "and 172 general knowledge that no source confirms.",
    )
    assert methods_say(f"Of the sourced rows {len(inferred)} are inferred")
    known = hospitals.loc[providers["location"]]
    assert (known["status"] == "open").all()
    assert known["organisation"].tolist() == providers["organisation"].tolist()


def test_published_figures_of_noordoost(tables: dict[str, pd.DataFrame]) -> None:
    minutes = tables["published_extra_minutes"].set_index("region").loc["Noordoost-Nederland"]
    assert (minutes["extra_minutes_min"], minutes["extra_minutes_max"]) == ("6", "30")
    rows = tables["published_norm_shortfalls"].query("region == 'Noordoost-Nederland'")
    k_of_n = rows.set_index("treatment_id")[["hospitals_below_norm", "hospitals_providing"]]
    assert len(rows) == 9
    assert k_of_n.loc["kidney_local"].tolist() == ["6", "9"]
    assert k_of_n.loc["pancreas_resections"].tolist() == ["1", "4"]


def test_each_published_peak_has_a_shortfall_in_its_region(
    tables: dict[str, pd.DataFrame],
) -> None:
    table = tables["published_norm_shortfalls"]
    short = set(zip(table["region"], table["treatment_id"], strict=True))
    for row in tables["published_extra_minutes"].itertuples():
        ids = row.peak_treatment_ids.split("; ")
        assert sum((row.region, each) in short for each in ids) >= len(
            row.peak_as_published.split("; ")
        )


# --- postcodes ----------------------------------------------------------------------------------


def test_postcodes_and_their_residents(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["postcodes/pc4"]
    assert table["postcode"].tolist() == sorted(set(table["postcode"]))
    assert len(table) == 4071
    population = table["population"].astype(int)
    assert population.min() == 0
    assert population.sum() == 17_942_005


def test_shares_are_filled_for_seventeen_postcodes(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["postcodes/pc4"]
    filled = table[table["shares_filled"] == "yes"]
    assert filled["postcode"].tolist() == [
        *("1044", "1045", "1117", "1322", "1329", "1362", "2236", "3165", "3196", "3197", "3199"),
        *("3895", "5369", "5656", "6199", "8269", "8323"),
    ]
    assert filled["population"].astype(int).sum() == 1795
    # 1362 and 1322 lie in one municipality: both get its mean
    shares = filled.set_index("postcode")["share_65plus"]
    assert shares["1362"] == shares["1322"]


def test_filled_shares_are_the_municipal_mean(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["postcodes/pc4"].query("municipality == 'Almere'")
    known = table[table["shares_filled"] == "no"]
    weights = known["population"].astype(float)
    for column in ("share_65plus", "share_75plus"):
        mean = np.average(known[column].astype(float), weights=weights)
        filled = table.loc[table["shares_filled"] == "yes", column]
        assert set(filled) == {f"{mean:.4f}"}


def test_the_elderly_are_residents_times_share(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["postcodes/pc4"]
    population = table["population"].astype(float)
    for age in ("65plus", "75plus"):
        share = table[f"share_{age}"].astype(float)
        assert share.between(0, 1).all()
        counted = table[f"population_{age}"].astype(float)
        # rounded to one decimal
        assert (counted - population * share).abs().max() <= 0.05 + 1e-9


def test_islands_and_where_visitors_bring_no_car(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["postcodes/pc4"]
    islands = table[table["island"] != ""]
    assert islands.groupby("island").size().to_dict() == {
        "Ameland": 4,
        "Schiermonnikoog": 1,
        "Terschelling": 12,
        "Texel": 7,
        "Vlieland": 1,
    }
    assert (islands["island"] == islands["municipality"]).all()
    without = table.loc[table["visitor_cars"] == "no", "island"]
    assert sorted(without) == ["Schiermonnikoog", "Vlieland"]


def test_region_of_residence_is_that_of_the_nearest_member(
    folder: Path, tables: dict[str, pd.DataFrame], hospitals: pd.DataFrame
) -> None:
    members = hospitals[hospitals["region"].notna()]
    sample = tables["postcodes/pc4"].set_index("postcode").iloc[::40]
    network = read_main_roads(folder / "roads")
    times = travel_times(network, sample[["lat", "lon"]].astype(float), members, engine="scipy")
    assert np.isfinite(times.minutes).all()
    nearest = [times.destinations[place] for place in times.minutes.argmin(axis=1)]
    assert members.loc[nearest, "region"].tolist() == sample["region"].tolist()


# --- shapes -------------------------------------------------------------------------------------


def test_postcode_shapes_are_a_valid_coverage(
    folder: Path, tables: dict[str, pd.DataFrame]
) -> None:
    frame = shapes(folder, "postcodes/pc4_polygons.geojson")
    polygons = np.asarray(frame.geometry)
    assert shapely.is_valid(polygons).all()
    assert not shapely.is_empty(polygons).any()
    assert shapely.coverage_is_valid(polygons)
    table = tables["postcodes/pc4"].set_index("postcode")["polygon"]
    assert frame["postcode"].tolist() == table.index[table == "yes"].tolist()
    # 4196 has no shape in the source; 1623 and 7524 have slivers of 7 and 414 square metres
    assert table.index[table == "no"].tolist() == [
        *("1623", "2236", "4196", "5369", "7524", "8269", "8323")
    ]


def test_borders_of_municipalities_and_provinces_match(
    folder: Path, tables: dict[str, pd.DataFrame]
) -> None:
    municipalities = shapes(folder, "boundaries/municipalities.geojson")
    provinces = shapes(folder, "boundaries/provinces.geojson").set_index("province")
    assert shapely.coverage_is_valid(np.asarray(municipalities.geometry))
    assert shapely.coverage_is_valid(np.asarray(provinces.geometry))
    assert len(municipalities) == 342
    assert len(provinces) == 12
    province_of = tables["postcodes/pc4"].groupby("municipality")["province"].unique().str.join("")
    inside = municipalities["municipality"].map(province_of)
    for province, members in municipalities.groupby(inside):
        together = shapely.coverage_union_all(np.asarray(members.geometry))
        assert together.equals(provinces.geometry[province]), province


# --- roads --------------------------------------------------------------------------------------


def test_every_way_off_an_island_is_a_ferry(tables: dict[str, pd.DataFrame]) -> None:
    nodes, edges = tables["roads/nodes"], tables["roads/edges"]
    roads = edges[edges["class"] != "ferry"]
    graph = nx.Graph()
    graph.add_nodes_from(nodes["node"])
    graph.add_edges_from(zip(roads["from_node"], roads["to_node"], strict=True))
    mainland = max(nx.connected_components(graph), key=len)
    places = nodes.set_index("node")["municipality"]
    islands = set(tables["roads/ferries"]["island"])
    assert set(places[~places.index.isin(mainland)]) == islands
    ferries = edges[edges["class"] == "ferry"]
    graph.add_edges_from(zip(ferries["from_node"], ferries["to_node"], strict=True))
    assert nx.number_connected_components(graph) == 1


def test_ferry_links_are_those_of_the_ferry_table(tables: dict[str, pd.DataFrame]) -> None:
    edges, ferries = tables["roads/edges"], tables["roads/ferries"]
    links = edges[edges["class"] == "ferry"]
    assert set(zip(links["from_node"], links["to_node"], strict=True)) == set(
        zip(ferries["island_node"], ferries["port_node"], strict=True)
    )
    unsure = ferries.loc[ferries["status"] == "unverified", "island"]
    assert unsure.tolist() == ["Schiermonnikoog"]


def test_speeds_of_other_profiles_are_factors_on_dal(tables: dict[str, pd.DataFrame]) -> None:
    speeds = tables["roads/speeds"].set_index(["profile", "class"])
    numbers = speeds[["rural_kmh", "urban_kmh", "factor"]].astype(float)
    dal = numbers.loc["dal"]
    assert dal.loc["motorway"].tolist() == [95.5, 84.04, 1.0]
    assert dal.loc["local"].tolist() == [43.1, 36.7, 1.0]
    for profile in ("spits", "vrij"):
        other = numbers.loc[profile]
        for column in ("rural_kmh", "urban_kmh"):
            # rounded to two decimals
            assert (other[column] - dal[column] * other["factor"]).abs().max() <= 0.005 + 1e-9
        assert set(speeds.loc[profile, "source"]) == {"assumption: factor on dal"}
    status = tables["roads/profiles"].set_index("profile")["status"].to_dict()
    assert status == {"dal": "calibrated", "spits": "assumption", "vrij": "assumption"}


def test_the_network_says_that_it_is_a_screening_network(folder: Path) -> None:
    about = tomllib.loads((folder / "roads/network.toml").read_text(encoding="utf-8"))["network"]
    assert (about["kind"], about["year"]) == ("screening", 2013)
    assert any("one-way" in limit for limit in about["limits"])


# --- studies ------------------------------------------------------------------------------------


def test_studies_are_the_published_rows_with_their_providers(
    tables: dict[str, pd.DataFrame],
) -> None:
    keys = ["region", "treatment_id"]
    published = tables["published_norm_shortfalls"].set_index(keys)
    providers = tables["providers"].groupby(keys)["location"].apply(tuple)
    seen = set()
    for path in study_paths().values():
        study = read_study(path)
        for each in study.interventions:
            key = (study.region, each.treatment)
            seen.add(key)
            row = published.loc[key]
            assert each.name == row["treatment"]
            assert each.stop_count == int(row["hospitals_below_norm"])
            assert each.providers == providers[key]
            all_fail = row["hospitals_below_norm"] == row["hospitals_providing"]
            assert bool(each.all_fail) == all_fail
    assert seen == set(published.index)


def test_norms_of_studies_are_those_of_the_table(tables: dict[str, pd.DataFrame]) -> None:
    keys = tables["treatments"].set_index("treatment_id")["norm_key"]
    norms = tables["norms"].set_index("norm_key")
    for path in study_paths().values():
        for each in read_study(path).interventions:
            row = norms.loc[keys[each.treatment]]
            shown = "" if each.norm is None else f"{each.norm:g}"
            assert shown == row["norm"]
            assert each.norm_unit == (row["unit"] if row["norm"] else "")


def test_noordoost_has_a_decided_move_and_an_example(tables: dict[str, pd.DataFrame]) -> None:
    study = read_study(study_paths()["noordoost"])
    assert len(study.interventions) == 9
    decided, example = sorted(study.scenarios, key=lambda each: each.status)
    assert (decided.status, example.status) == ("decided", "example")
    assert decided.stops == {"Lokale behandeling nierkanker": ("Nij Smellinghe",)}
    assert decided.moves_to == {"Nij Smellinghe": {"Frisius MC Leeuwarden (MCL)": 1.0}}
    assert str(decided.start) == "2027-01-01"
    assert example.stops == {"Pancreasresecties": ("Frisius MC Leeuwarden (MCL)",)}
    assert example.moves_to == {"Frisius MC Leeuwarden (MCL)": {"UMC Groningen": 1.0}}
    row = tables["decisions"].query("treatment_ids == 'kidney_local' and status == 'decided'")
    assert row[["from_location", "to_location"]].to_numpy().tolist() == [
        ["Nij Smellinghe", "Frisius MC Leeuwarden (MCL)"]
    ]
    assert row["source"].tolist() == [decided.source]


# --- the description ----------------------------------------------------------------------------


def test_every_file_is_described_and_is_as_described(folder: Path, package: dict[str, Any]) -> None:
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    resources = {resource["path"]: resource for resource in package["resources"]}
    assert set(resources) == found - BY_HAND
    for path, resource in resources.items():
        content = (folder / path).read_bytes()
        assert resource["bytes"] == len(content), path
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}", path
        for key in ("title", "description", "year", "sources", "licenses"):
            assert resource[key], (path, key)


def test_columns_are_described(folder: Path, package: dict[str, Any]) -> None:
    for resource in package["resources"]:
        path = folder / resource["path"]
        if resource["format"] == "csv":
            with path.open(encoding="utf-8", newline="") as file:
                header = next(csv.reader(file))
            fields = resource["schema"]["fields"]
        elif resource["format"] == "geojson":
            features = json.loads(path.read_text(encoding="utf-8"))["features"]
            header, *others = {tuple(feature["properties"]) for feature in features}
            assert not others, path
            fields = resource["properties"]
        else:
            continue
        assert [field["name"] for field in fields] == list(header), path
        assert all(field["description"] for field in fields), path


def test_the_description_is_a_valid_frictionless_package(folder: Path) -> None:
    with warnings.catch_warnings():
        # frictionless warns about its own dependencies
        warnings.simplefilter("ignore")
        import frictionless  # noqa: PLC0415

        report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["path", "rowNumber", "fieldName", "message"])[:10]


def test_files_are_plain_text_or_zips_of_a_modest_size(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert len(content) <= MAX_BYTES, path
            if path.suffix == ".npz":
                assert zipfile.is_zipfile(path), path
                continue
            assert b"\r" not in content, path
            assert not content.startswith(b"\xef\xbb\xbf"), path
            assert content.endswith(b"\n"), path


def test_licences_name_every_file(folder: Path) -> None:
    text = (folder / "LICENSES.md").read_text(encoding="utf-8")
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in BY_HAND:
            shown = "studies/*.toml" if name.startswith("studies/") else name
            assert f"`{shown}`" in text, name
