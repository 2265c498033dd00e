"""Regions, subregions and vascular networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from impact.errors import InputError
from impact.model.networks import (
    locations_within,
    members_of,
    read_networks,
    resolve_within,
)
from impact.tables.places import read_hospitals, read_regions

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

HEADER = "layer,network,main_region,member,status,source,year,note\n"


@pytest.fixture(scope="module")
def networks() -> pd.DataFrame:
    return read_networks(read_regions())


def test_the_shipped_networks_are_read_beside_the_regions(networks: pd.DataFrame) -> None:
    names = networks.groupby("layer")["network"].agg(lambda each: sorted(set(each)))
    assert len(names["region"]) == 7
    assert names["subregion"] == [
        "Concord",
        "EMBRAZE",
        "ONZ",
        "Oncologienetwerk Groningen-Drenthe",
        "Oncologienetwerk Veluwe-IJssel",
        "Oncologisch Netwerk Friesland",
    ]
    assert len(names["vascular"]) == 8
    shipped = networks[networks["layer"] != "region"]
    assert shipped["status"].value_counts().to_dict() == {
        "sourced": 29,
        "inferred": 19,
        "unknown": 5,
    }
    # every member is an organisation with a location
    assert set(networks["member"]) - {""} <= set(read_hospitals()["organisation"])


def test_subregions_part_their_region(networks: pd.DataFrame) -> None:
    for region in ("Noordoost-Nederland", "Zuidwest-Nederland"):
        parts = resolve_within("subregion", networks, region=region)
        members = [name for each in parts.values() for name in each]
        assert sorted(members) == list(members_of(networks, "region", region))
    assert len(resolve_within("subregion", networks, region="Noordoost-Nederland")) == 4


def test_a_region_without_subregions_is_its_own(networks: pd.DataFrame) -> None:
    found = resolve_within("subregion", networks, region="Oost-Nederland")
    assert found == resolve_within("region", networks, region="Oost-Nederland")
    assert list(found) == ["Oost-Nederland"]


def test_the_vascular_network_in_the_north_is_two_subregions(networks: pd.DataFrame) -> None:
    north = resolve_within("vascular", networks, region="Noordoost-Nederland")
    two = ("Oncologisch Netwerk Friesland", "Oncologienetwerk Groningen-Drenthe")
    members = {name for each in two for name in members_of(networks, "subregion", each)}
    assert north == {"Noord-Nederland": tuple(sorted(members))}
    south = resolve_within("vascular", networks, region="Zuidoost-Nederland")
    assert sorted(south) == ["Limburg", "VascuZON"]


def test_one_network_or_a_list_of_members(networks: pd.DataFrame) -> None:
    region = "Noordoost-Nederland"
    assert list(resolve_within("ONZ", networks, region=region)) == ["ONZ"]
    assert list(resolve_within("vascular: Limburg", networks, region=region)) == ["Limburg"]
    listed = resolve_within(["Nij Smellinghe", "Frisius MC"], networks, region=region)
    assert list(listed.values()) == [("Frisius MC", "Nij Smellinghe")]


@pytest.mark.parametrize(
    ("within", "said"),
    [
        ("OMZ", r"study, within: found 'OMZ', expected region, .*nearest known: 'ONZ'"),
        ("subregoin", r"nearest known: 'subregion'"),
        (
            "Midden-Nederland",
            "one of the networks of that name: region: Midden-Nederland; vascular",
        ),
        ("vascular: Midden-Nederland", r"members are all known \(known: St Jansdal\)"),
        ("A9", r"'vascular: A9', expected a network whose members are all known \(known: none\)"),
        ("vascular: ONZ", "found 'vascular: ONZ', expected region, subregion"),
        (["Frisius", "Isala"], "found 'Frisius', expected an organisation.*'Frisius MC'"),
        (["Isala", "Isala"], "found 'Isala', expected each member once"),
        ([], "within: expected at least one member"),
    ],
)
def test_what_cannot_be_resolved(
    networks: pd.DataFrame, within: str | list[str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        resolve_within(within, networks, region="Noordoost-Nederland")


def test_vascular_networks_without_known_members_are_refused(networks: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="vascular: West-Nederland"):
        resolve_within("vascular", networks, region="West-Nederland")
    with pytest.raises(InputError, match="'vascular', expected a layer that has a network in Else"):
        resolve_within("vascular", networks, region="Elsewhere")
    with pytest.raises(InputError, match="found 'OMZ', expected a network of the layer subregion"):
        members_of(networks, "subregion", "OMZ")


def test_locations_of_the_members(networks: pd.DataFrame) -> None:
    groups = resolve_within("Oncologisch Netwerk Friesland", networks, region="")
    hospitals = read_hospitals().query("status == 'open'")
    found = locations_within(groups, hospitals["organisation"].to_dict())
    (locations,) = found.values()
    assert "Frisius MC Heerenveen (Tjongerschans)" in locations
    assert set(hospitals.loc[list(locations), "organisation"]) == set(*groups.values())


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("sub,X,Oost-Nederland,Isala,sourced,s,2025,", "row 2, layer: found 'sub'"),
        ("subregion,X,Oost,Isala,sourced,s,2025,", "main_region: found 'Oost'.*'Oost-Nederland'"),
        ("subregion,X,Oost-Nederland,Isala,sure,s,2025,", "status: found 'sure'"),
        ("subregion,X,Oost-Nederland,,sourced,s,2025,", "expected 'unknown' where the member is"),
        ("subregion,X,Oost-Nederland,Isala,unknown,s,2025,", "'unknown' where the member is empty"),
    ],
)
def test_a_table_that_cannot_be(tmp_path: Path, row: str, said: str) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"{HEADER}{row}\n", encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_networks(read_regions(), path)


def test_a_member_twice_is_told(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    row = "subregion,X,Oost-Nederland,Isala,sourced,s,2025,\n"
    path.write_text(HEADER + row + row, encoding="utf-8")
    with pytest.raises(InputError, match=r"row 3, member: found 'Isala', expected each member onc"):
        read_networks(read_regions(), path)
