"""Files with objects that occur twice, in several versions, or deleted."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import osmium
import pytest
from drawing import METRE, has, minutes_between, plain_tables
from three_towns import impact

from impact.network.hospitals import find_hospitals
from impact.network.osm import newest as history
from impact.network.osm.build import build_network

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from impact.network.network import RoadNetwork

# from 1 to 2: three kilometres over 4 and 3, one by a road that is drawn in each test
PLACES = {1: (0.0, 0.0), 2: (1000.0, 0.0), 3: (1000.0, 1000.0), 4: (0.0, 1000.0)}
AROUND = ((1, (1, 4, 3, 2)),)
STREET = '<tag k="highway" v="residential"/>'


def node(number: int, east: float, north: float, marks: str = 'version="1"') -> str:
    lat, lon = north * METRE, east * METRE
    return f'<node id="{number}" {marks} lat="{lat:.7f}" lon="{lon:.7f}"/>'


def way(number: int, passes: Sequence[int], marks: str = 'version="1"', tags: str = STREET) -> str:
    refs = "".join(f'<nd ref="{each}"/>' for each in passes)
    return f'<way id="{number}" {marks}>{refs}{tags}</way>'


def text(*more: str) -> str:
    nodes = [node(number, *place) for number, place in PLACES.items()]
    ways = [way(number, passes) for number, passes in AROUND]
    return "\n".join(['<osm version="0.6">', *nodes, *ways, *more, "</osm>"])


def built(folder: Path, *more: str, name: str = "town.osm") -> RoadNetwork:
    path = folder / name
    opened = gzip.open if name.endswith(".gz") else open
    with opened(path, "wt", encoding="utf-8") as file:
        file.write(text(*more))
    return build_network(path, tables=plain_tables())


def left_out(network: RoadNetwork) -> dict[str, int]:
    extract = network.about["extract"]
    assert isinstance(extract, dict)
    return dict(extract["left_out"])


ROAD = 'version="3"'


@pytest.mark.parametrize(
    ("more", "minutes", "counted"),
    [
        ((way(9, (1, 2)),), 1.0, {}),
        ((way(9, (1, 2), 'version="1" action="delete"'),), 3.0, {"deleted": 1}),
        ((way(9, (1, 2), "action='delete' visible='true'"),), 3.0, {"deleted": 1}),
        ((way(9, (1, 2), 'version="1" visible="false"'),), 3.0, {"deleted": 1}),
        ((way(9, (1, 2)), way(9, (1, 2), 'version="2"', "")), 3.0, {"outdated": 1}),
        ((way(9, (1, 2), 'version="2"', ""), way(9, (1, 2))), 3.0, {"outdated": 1}),
        ((way(9, (1, 2)), way(9, (1, 4), 'version="10"')), 3.0, {"outdated": 1}),
        ((way(9, (1, 2)), way(9, (1, 2))), 1.0, {"repeated": 1}),
        # a road that was deleted, and came back
        (
            (way(9, (1, 2), 'version="2" visible="false"'), way(9, (1, 2), ROAD)),
            1.0,
            {"outdated": 1},
        ),
    ],
)
def test_one_version_of_every_way(
    tmp_path: Path, more: tuple[str, ...], minutes: float, counted: dict[str, int]
) -> None:
    network = built(tmp_path, *more)
    assert minutes_between(network, 1, 2) == pytest.approx(minutes, rel=1e-4)
    expected = {"repeated": 0, "outdated": 0, "deleted": 0, **counted} if counted else {}
    assert left_out(network) == expected


def test_kilometres_do_not_double(tmp_path: Path) -> None:
    whole = text(way(9, (1, 2)))
    body = whole.partition("\n")[2].rpartition("\n")[0]
    one = built(tmp_path, way(9, (1, 2)))
    both = built(tmp_path, way(9, (1, 2)), body)
    assert both.about["km_by_class"] == one.about["km_by_class"]
    assert both.km.sum() == pytest.approx(one.km.sum())
    assert left_out(both) == {"repeated": 6, "outdated": 0, "deleted": 0}


def test_nodes_have_versions_too(tmp_path: Path) -> None:
    moved = (node(7, 500.0, 0.0), node(7, 500.0, 200.0, 'version="2"'), way(9, (1, 7, 2)))
    network = built(tmp_path, *moved, way(10, (7, 4)), way(11, (1, 3)), way(12, (2, 4)))
    place = (network.node == 7).nonzero()[0][0]
    assert network.lat[place] == pytest.approx(200.0 * METRE, abs=1e-7)
    assert minutes_between(network, 1, 2) == pytest.approx(2.0 * (0.5**2 + 0.2**2) ** 0.5, rel=1e-4)


def test_packed_text_is_looked_into(tmp_path: Path) -> None:
    network = built(tmp_path, way(9, (1, 2), 'action="delete"'), name="town.osm.gz")
    assert minutes_between(network, 1, 2) == pytest.approx(3.0, rel=1e-4)


@pytest.mark.parametrize("second", [way(9, (1, 2), 'version="2"'), way(1, (1, 4, 3, 2), ROAD)])
def test_a_large_file_is_gone_through_when_its_ways_give_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: str
) -> None:
    (tmp_path / "town.osm").write_text(text(way(9, (1, 2)), second), encoding="utf-8")
    packed = tmp_path / "town.osm.pbf"
    with osmium.SimpleWriter(str(packed)) as writer:
        for each in osmium.FileProcessor(str(tmp_path / "town.osm")):
            writer.add(each)
    monkeypatch.setattr(history, "_SMALL_BYTES", 0)
    network = build_network(packed, tables=plain_tables())
    assert left_out(network) == {"repeated": 0, "outdated": 1, "deleted": 0}
    assert minutes_between(network, 1, 2) == pytest.approx(1.0, rel=1e-4)


def test_the_command_says_what_it_left_out(tmp_path: Path) -> None:
    path = tmp_path / "town.osm"
    path.write_text(text(way(9, (1, 2)), way(9, (1, 2), 'version="2"')), encoding="utf-8")
    done = impact("roads", "build", path, "--out", tmp_path / "town.impact", "--lang", "en")
    assert done.code == 0, done.err
    assert "1 old versions" in done.out


def test_hospitals_are_read_in_one_version_too(tmp_path: Path) -> None:
    said = '<tag k="amenity" v="hospital"/><tag k="name" v="{}"/>'
    spots = [
        f'<node id="7" version="{version}" lat="0" lon="0">{said.format(name)}</node>'
        for version, name in ((2, "Nieuw"), (1, "Oud"))
    ]
    path = tmp_path / "town.osm"
    path.write_text(text(*spots), encoding="utf-8")
    assert find_hospitals(path).index.tolist() == ["Nieuw"]
    assert has(build_network(path), 1)
