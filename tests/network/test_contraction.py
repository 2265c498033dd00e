"""scripts/_streets.py on drawn streets: what is joined, what goes, what stays."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse import csgraph

from impact.network.osm.edges import Lines, Pieces
from impact.network.osm.tag_tables import SETTINGS, read_osm_tables
from impact.network.streets import BACKWARD, FORWARD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from hypothesis.strategies import DrawFn
    from numpy.typing import NDArray

    from impact.network.streets import Streets

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
TABLES = read_osm_tables()
BOTH = FORWARD | BACKWARD
CHOICES = {
    "about": {"name": "drawn"},
    "thinning": {
        "reach_minutes": 1.0,
        "street_km": 0.3,
        "highest_rank": 3,
        "dead_end_km": 0.25,
        "bend_metres": 5.0,
    },
}
KM = 0.01
"""Degrees north per letter: places lie 1.1 km apart, in the order of the alphabet."""


@pytest.fixture(scope="module")
def building() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        yield importlib.import_module("_streets")
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "/").parent == SCRIPTS:
            del sys.modules[name]


@dataclass(frozen=True)
class Link:
    """One line of a drawing: ``A - B 500 primary``, or ``A > B 500 primary`` one way."""

    one: str
    other: str
    both: bool
    metres: int
    road: str

    @classmethod
    def of(cls, text: str) -> Link:
        one, kind, other, metres, road = text.split()
        return cls(one, other, kind == "-", int(metres), road)


def latitude(name: str) -> float:
    return 52.0 + KM * (ord(name) - ord("A"))


def country(building: ModuleType, *drawing: str) -> Any:  # noqa: ANN401
    """Make what `read_country` makes, from a drawing."""
    links = [Link.of(each) for each in drawing]
    names = sorted({end for each in links for end in (each.one, each.other)})
    place = {name: number for number, name in enumerate(names)}
    ways = [(line, each, False) for line, each in enumerate(links)]
    ways += [(line, each, True) for line, each in enumerate(links) if each.both]
    tail = [place[each.other if back else each.one] for _, each, back in ways]
    head = [place[each.one if back else each.other] for _, each, back in ways]
    km = np.array([each.metres / 1000.0 for _, each, _ in ways])
    edges = Pieces(
        tail=np.array(tail, dtype=np.int32),
        head=np.array(head, dtype=np.int32),
        km=km,
        urban_km=np.zeros(len(ways)),
        road_class=np.array([TABLES.classes.index(each.road) for _, each, _ in ways], np.int16),
        way=np.array([line for line, _, _ in ways]),
        line=np.array([line for line, _, _ in ways], dtype=np.int32),
        backward=np.array([back for _, _, back in ways]),
        # each stretch meets a road that has to give way, whichever way it is driven
        minutes={"met": np.ones(len(ways)), **{name: np.zeros(len(ways)) for name in SETTINGS[1:]}},
    )
    begin = 2 * np.arange(len(links))
    ref = np.array([[place[each.one], place[each.other]] for each in links], dtype=np.int32)
    return building.Country(
        edges=edges,
        lines=Lines(begin, begin + 2),
        lat=np.array([latitude(each) for each in names]),
        lon=np.full(len(names), 5.0),
        ref=ref.ravel(),
        origin=np.zeros(len(links), dtype=np.int8),
        ferries=(),
        tables=TABLES,
    )


def contracted(building: ModuleType, *drawing: str) -> Streets:
    made = country(building, *drawing)
    return building.contracted(made, np.ones(len(drawing), dtype=bool), CHOICES)[0].streets


def letters(streets: Streets) -> list[str]:
    return [chr(ord("A") + round((lat / 1e5 - 52.0) / KM)) for lat in streets.lat]


def shown(streets: Streets) -> list[tuple[str, int, int]]:
    """Give ends, open ways and metres of every link."""
    name = letters(streets)
    length = streets.metres + np.bincount(
        streets.more_link, streets.more_metres, minlength=len(streets.tail)
    )
    return [
        (name[tail] + name[head], int(ways), round(metres))
        for tail, head, ways, metres in zip(
            streets.tail, streets.head, streets.open, length, strict=True
        )
    ]


SQUARE = ("A - E 900 primary", "A - F 950 primary", "E - F 400 primary")
r"""A --- E      three junctions that stay wherever something else hangs on them
     \   |
      `- F
"""


def test_a_node_of_degree_two_goes(building: ModuleType) -> None:
    streets = contracted(building, *SQUARE, "A - B 100 primary", "B - E 200 primary")
    # F lies between A and E too: three roads between the same junctions, of different length
    assert shown(streets) == [("AE", BOTH, 300), ("AE", BOTH, 900), ("AE", BOTH, 1350)]
    assert streets.met[0].T.tolist() == [[2, 2], [1, 1], [2, 2]]


def test_a_link_keeps_the_length_by_class(building: ModuleType) -> None:
    streets = contracted(building, *SQUARE, "A - B 100 primary", "B - E 200 residential")
    assert streets.kinds[streets.kind[0]] == ("residential", "rural")
    assert streets.metres[0] == 200
    assert streets.more_link.tolist() == [0]
    assert streets.kinds[streets.more_kind[0]] == ("primary", "rural")
    assert streets.more_metres.tolist() == [100]


def test_one_way_roads_are_joined_the_way_they_lead(building: ModuleType) -> None:
    streets = contracted(building, *SQUARE, "E > C 100 primary", "C > A 100 primary")
    assert shown(streets)[0] == ("AE", BACKWARD, 200)


def test_a_road_one_way_that_ends_in_a_road_both_ways_stays_apart(building: ModuleType) -> None:
    streets = contracted(
        building, *SQUARE, "A > B 100 primary", "B - C 100 primary", "C > E 100 primary"
    )
    # at B and C a car cannot turn into the way it came: both drive on
    assert ("AB", FORWARD, 100) in shown(streets)
    assert ("BC", BOTH, 100) in shown(streets)


def test_the_way_back_may_be_another_line(building: ModuleType) -> None:
    drawing = (
        *SQUARE,
        "A - B 100 primary",
        "B > C 100 primary",
        "C > B 100 primary",
        "C - E 100 primary",
    )
    made = country(building, *drawing)
    whole, _ = building.contracted(made, np.ones(len(drawing), dtype=bool), CHOICES)
    assert ("AE", BOTH, 300) in shown(whole.streets)
    # all four lines belong to that link, and stay or go with it
    assert len(set(whole.link[3:].tolist())) == 1
    assert np.all(whole.link >= 0)


def test_what_cannot_be_left_again_goes(building: ModuleType) -> None:
    streets = contracted(building, *SQUARE, "A > B 100 primary")
    assert sum(metres for _, _, metres in shown(streets)) == 2250


def thinned(
    building: ModuleType, *drawing: str, points: tuple[str, ...] = ()
) -> list[tuple[str, int, int]]:
    made = country(building, *drawing)
    whole, _ = building.contracted(made, np.ones(len(drawing), dtype=bool), CHOICES)
    lat = [(latitude(each[0]) + latitude(each[1])) / 2.0 for each in points]
    table = pd.DataFrame({"lat": lat or [52.0], "lon": 5.0})
    kept = building.thinned(made, whole, {}, table, CHOICES)
    return shown(building.contracted(made, kept, CHOICES)[0].streets)


def test_a_short_dead_end_goes_unless_a_point_lies_on_it(building: ModuleType) -> None:
    drawing = (*SQUARE, "E - G 200 residential")
    assert sum(metres for _, _, metres in thinned(building, *drawing)) == 2250
    assert ("EG", BOTH, 200) in thinned(building, *drawing, points=("GG",))


def test_a_long_dead_end_stays(building: ModuleType) -> None:
    assert ("EG", BOTH, 900) in thinned(building, *SQUARE, "E - G 900 residential")


def test_a_street_without_through_traffic_goes(building: ModuleType) -> None:
    # from E to F by the residential street takes longer than by the main road
    found = thinned(building, *SQUARE, "E - F 450 residential")
    assert sum(metres for _, _, metres in found) == 2250


def test_a_street_that_carries_traffic_stays(building: ModuleType) -> None:
    long = ("A - D 9000 primary", "D - H 9000 primary", "H - J 9000 primary", "J - A 9000 primary")
    found = thinned(building, *long, "A - H 2000 residential")
    assert ("AH", BOTH, 2000) in found


@st.composite
def drawings(draw: DrawFn) -> tuple[str, ...]:
    """Draw streets around a ring, so that every place reaches every other."""
    names = "ABCDEFGH"[: draw(st.integers(3, 8))]
    ring = [
        f"{a} - {b} {draw(st.integers(1, 900))} primary"
        for a, b in zip(names, names[1:] + "A", strict=True)
    ]
    more = draw(
        st.lists(
            st.tuples(
                st.sampled_from(names),
                st.sampled_from("->"),
                st.sampled_from(names),
                st.integers(1, 900),
                st.sampled_from(["primary", "residential"]),
            ),
            max_size=6,
        )
    )
    return (*ring, *(" ".join(map(str, each)) for each in more if each[0] != each[2]))


def distances(
    tail: NDArray[np.int64], head: NDArray[np.int64], metres: NDArray[np.float64], size: int
) -> NDArray[np.float64]:
    order = np.lexsort((metres, head, tail))
    pair = tail[order] * size + head[order]
    first = order[np.concatenate([[True], pair[1:] != pair[:-1]])]
    graph = sparse.csr_array((metres[first], (tail[first], head[first])), shape=(size, size))
    return np.asarray(csgraph.dijkstra(graph))


@given(drawings())
def test_contraction_changes_no_distance(drawing: tuple[str, ...]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        module = importlib.import_module("_streets")
    made = country(module, *drawing)
    edges = made.edges
    before = distances(
        edges.tail.astype(int), edges.head.astype(int), edges.km * 1000, len(made.lat)
    )
    streets = module.contracted(made, np.ones(len(drawing), dtype=bool), CHOICES)[0].streets
    place = np.array([ord(each) - ord("A") for each in letters(streets)])
    length = streets.metres + np.bincount(
        streets.more_link, streets.more_metres, minlength=len(streets.tail)
    )
    ahead, back = (np.flatnonzero(streets.open & way) for way in (FORWARD, BACKWARD))
    after = distances(
        np.concatenate([streets.tail[ahead], streets.head[back]]).astype(int),
        np.concatenate([streets.head[ahead], streets.tail[back]]).astype(int),
        np.concatenate([length[ahead], length[back]]),
        len(streets.lat),
    )
    np.testing.assert_allclose(after, before[np.ix_(place, place)], rtol=1e-12, atol=1e-9)
