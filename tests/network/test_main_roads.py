"""Read a main-road network from its folder of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from impact.bundled import data_path
from impact.errors import InputError
from impact.network import main_roads
from impact.network.main_roads import read_barriers, read_main_roads

if TYPE_CHECKING:
    from pathlib import Path

    from impact.network.network import RoadNetwork

TABLES = {
    "nodes.csv": """node,lat,lon,kind,joinable,municipality,urban
7,53.00,5.00,road,1,Eiland,0
3,53.01,5.00,postcode,1,Haven,0
5,53.02,5.00,road,0,Haven,1
""",
    "edges.csv": """from_node,to_node,km,class,urban
7,3,9.8,ferry,0
3,5,3,main,0.5
""",
    "ferries.csv": """island,port,island_node,port_node,crossing_minutes,wait_minutes,visitor_cars
Eiland,Haven,7,3,40,15.5,no
""",
    "water_barriers.csv": """water,bank_a,bank_b
Zee,Eiland,Haven;Polder
""",
    "speeds.csv": """profile,class,rural_kmh,urban_kmh
dal,local,40,30
dal,main,60,30
spits,local,30,20
spits,main,40,20
""",
    "profiles.csv": """profile,fixed_minutes,status
dal,2.5,calibrated
spits,2.5,assumption
""",
    "network.toml": """[network]
name = "toy"
kind = "screening"

[join]
count = 8
limit_km = 6.0
detour = 1.3
coincident_m = 10.0
""",
}


def write(folder: Path, **changes: str) -> Path:
    """Write the tables; a keyword such as ``edges`` replaces the text of ``edges.csv``."""
    for name, text in TABLES.items():
        changed = changes.get(name.partition(".")[0], text)
        (folder / name).write_text(changed, encoding="utf-8")
    return folder


def test_the_tables_become_arrays(tmp_path: Path) -> None:
    #  Eiland 7 ~~~ 3 Haven ---- 5
    network = read_main_roads(write(tmp_path))
    assert network.node.tolist() == [7, 3, 5]
    assert network.joinable.tolist() == [True, True, False]
    # every link both ways: positions, not identifiers
    assert network.tail.tolist() == [0, 1, 1, 2]
    assert network.head.tolist() == [1, 2, 0, 1]
    # ferry: 40 + 15.5 minutes; 3 km at 45 km/h: 4 minutes
    assert network.minutes.tolist() == [55.5, 4.0, 55.5, 4.0]
    assert network.zone_marker.tolist() == [False, True, False]
    assert network.kind == "screening"


def test_a_profile_is_chosen_by_name(tmp_path: Path) -> None:
    folder = write(tmp_path)
    busy = read_main_roads(folder, profile="spits")
    # 3 km at 30 km/h; the ferry does not care
    assert busy.minutes.tolist() == [55.5, 6.0, 55.5, 6.0]
    with pytest.raises(InputError, match="found 'spit', expected one of dal, spits"):
        read_main_roads(folder, profile="spit")


def test_barriers_hold_both_ways(tmp_path: Path) -> None:
    write(tmp_path)
    assert read_barriers(tmp_path / "water_barriers.csv") == {
        ("Eiland", "Haven"),
        ("Haven", "Eiland"),
        ("Eiland", "Polder"),
        ("Polder", "Eiland"),
    }


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        ("edges", "3,5,3,main", "3,6,3,main", "edges.csv, row 3, to_node: found '6'"),
        ("edges", "3,5,3,main", "3,5,-3,main", "edges.csv, row 3, km: found '-3'"),
        ("edges", "main,0.5", "main,1.5", "edges.csv, row 3, urban: found '1.5'"),
        ("edges", "main", "lane", "found 'lane'"),
        ("edges", ",class", ",klasse", "edges.csv, header, class: expected a column 'class'"),
        ("nodes", "53.01", "north", "nodes.csv, row 3, lat: found 'north'"),
        ("ferries", "Haven,7,3", "Haven,7,5", "edges.csv, row 2, class: found 'ferry 3 - 7'"),
        ("ferries", "40,15.5", "40,", "ferries.csv, row 2, wait_minutes"),
        ("speeds", "dal,main,60", "dal,main,600", "speeds.csv, row 3, rural_kmh: found '600'"),
        ("network", "[join]", "[joint]", "network.toml: expected TOML with the tables"),
        ("network", "count = 8", "count = ", "network.toml: expected TOML with the tables"),
        ("network", "count = 8", "counts = 8", "network.toml: expected TOML with the tables"),
    ],
)
def test_a_fault_is_named_with_its_place(
    tmp_path: Path, table: str, old: str, new: str, message: str
) -> None:
    name = next(name for name in TABLES if name.startswith(table))
    assert old in TABLES[name]
    folder = write(tmp_path, **{table: TABLES[name].replace(old, new)})
    with pytest.raises(InputError) as caught:
        read_main_roads(folder)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path)
    (folder / name).unlink()
    with pytest.raises(InputError, match=name):
        read_main_roads(folder)


def test_the_shipped_network_is_what_its_folder_says() -> None:
    network = read_main_roads()
    assert (len(network.node), len(network.tail)) == (19_334, 2 * 68_849)
    assert network.profile.name == "dal"
    assert network.profile.fixed_minutes == 2.5
    assert np.isfinite(network.minutes).all()
    assert (network.minutes >= 0.0).all()
    assert (network.join.count, network.join.limit_km, network.join.detour) == (8, 6.0, 1.3)
    assert data_path("roads").is_dir()


def test_no_local_leg_of_the_shipped_network_crosses_water() -> None:
    network = read_main_roads()
    local = network.road_class == "local"
    zones = zip(network.zone[network.tail[local]], network.zone[network.head[local]], strict=True)
    assert not set(zones) & network.barriers


def write_beside(folder: Path) -> Path:
    (folder / "roads").mkdir()
    return write(folder / "roads")


def same_roads(one: RoadNetwork, other: RoadNetwork) -> bool:
    alike = one.fingerprint() == other.fingerprint() and one.about == other.about
    return alike and one.road_class.tolist() == other.road_class.tolist()


def test_roads_from_the_cache_are_those_of_the_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPACT_CACHE", str(tmp_path / "cache"))
    folder = write_beside(tmp_path)
    first = read_main_roads(folder, profile="spits")
    (kept,) = (tmp_path / "cache").iterdir()
    monkeypatch.setattr(main_roads, "_read_bare", lambda *_: pytest.fail("read again"))

    again = read_main_roads(folder, profile="spits")

    assert same_roads(again, first)
    # one copy serves every profile
    assert not same_roads(read_main_roads(folder, profile="dal"), first)
    assert list((tmp_path / "cache").iterdir()) == [kept]


def test_other_tables_are_other_roads_and_a_damaged_copy_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPACT_CACHE", str(tmp_path / "cache"))
    folder = write_beside(tmp_path)
    first = read_main_roads(folder)
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(b"PK damaged")
    assert same_roads(read_main_roads(folder), first)

    longer = TABLES["edges.csv"].replace("3,5,3,main", "3,5,30,main")
    (folder / "edges.csv").write_text(longer, encoding="utf-8")
    assert float(read_main_roads(folder).km.max()) == 30.0


def test_a_cache_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("IMPACT_CACHE", str(tmp_path / "file" / "cache"))
    assert len(read_main_roads(write_beside(tmp_path)).node) == 3
