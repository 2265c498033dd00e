"""Ways as lines of text: what osmium wrote comes back as it stood in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from drawing import osm_xml
from hypothesis import given
from hypothesis import strategies as st

from impact.errors import OutputError
from impact.network.osm import read as opl
from impact.network.osm.build import build_network
from impact.network.osm.read import members_of, node_numbers, read_lines, tags_of

if TYPE_CHECKING:
    from pathlib import Path

ROAD = {"highway": "secondary"}
PLACES = {1: (0.0, 0.0), 2: (1000.0, 0.0), 3: (1000.0, 1000.0)}


def test_odd_characters_come_back(tmp_path: Path) -> None:
    said = {"highway": "primary", "name": "Straat, 1 = 'n % @ weg\u2014\U0001f697", "a=b": "c,d"}
    path = tmp_path / "odd.osm"
    path.write_text(osm_xml(PLACES, [([1, 2, 3], said)]), encoding="utf-8")
    ((name, tags, members, deleted),) = read_lines(path, ("highway",))
    assert (name, deleted) == ("w101", False)
    assert tags_of(tags) == said
    assert node_numbers([members]).tolist() == [1, 2, 3]


def test_only_what_has_one_of_the_tags_is_read(tmp_path: Path) -> None:
    path = tmp_path / "two.osm"
    turns = [(101, 2, 102, "no_left_turn")]
    ways = [([1, 2], ROAD), ([2, 3], {"building": "yes"})]
    path.write_text(osm_xml(PLACES, ways, turns=turns), encoding="utf-8")
    way, turn = read_lines(path, ("highway", "restriction"))
    assert (way[0], turn[0]) == ("w101", "r1001")
    assert members_of(turn[2]) == [("w", 101, "from"), ("n", 2, "via"), ("w", 102, "to")]


def test_of_a_tag_that_occurs_twice_the_first_counts() -> None:
    assert tags_of("oneway=yes,oneway=no") == {"oneway": "yes"}
    assert tags_of("") == {}


@given(st.lists(st.lists(st.integers(-(2**40), 2**40), min_size=2), min_size=1))
def test_numbers_of_nodes_come_back(ways: list[list[int]]) -> None:
    texts = [",".join(f"n{number}" for number in way) for way in ways]
    assert node_numbers(texts).tolist() == [number for way in ways for number in way]


def test_a_disk_that_may_fill_up_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage(NamedTuple):
        free: int

    path = tmp_path / "town.osm"
    path.write_text(osm_xml(PLACES, [([1, 2, 3], ROAD)]), encoding="utf-8")
    monkeypatch.setattr(opl.shutil, "disk_usage", lambda _: Usage(100))
    with pytest.raises(OutputError, match="room for temporary files"):
        build_network(path)
