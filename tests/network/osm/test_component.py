"""Which roads hang together, beside SciPy's answer."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse import csgraph

from impact.network.osm.component import largest_part, parts_of, strong_part, strong_parts
from impact.network.osm.edges import Pieces

SIZE = 9
EDGES = st.lists(
    st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)), min_size=1, max_size=24
)


def ends(edges: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    tail, head = zip(*edges, strict=True)
    return np.array(tail, dtype=np.int32), np.array(head, dtype=np.int32)


def numbered(edges: list[tuple[int, int]], connection: str) -> np.ndarray:
    tail, head = ends(edges)
    graph = sparse.coo_array((np.ones(len(tail)), (tail, head)), shape=(SIZE, SIZE))
    return csgraph.connected_components(graph.tocsr(), connection=connection)[1]


@given(EDGES)
def test_every_part_is_named_after_its_lowest_node(edges: list[tuple[int, int]]) -> None:
    part = numbered(edges, "weak")
    lowest = [int(np.flatnonzero(part == each)[0]) for each in part]
    assert parts_of(*ends(edges), SIZE).tolist() == lowest


@given(EDGES, st.integers(0, SIZE - 1))
def test_who_reaches_a_node_and_is_reached(edges: list[tuple[int, int]], place: int) -> None:
    part = numbered(edges, "strong")
    assert strong_part(*ends(edges), SIZE, place).tolist() == (part == part[place]).tolist()
    found = strong_parts(*ends(edges), SIZE)
    assert ((found[:, None] == found) == (part[:, None] == part)).all()


@given(EDGES, st.data())
def test_the_part_with_most_road_stays(edges: list[tuple[int, int]], data: st.DataObject) -> None:
    tail, head = ends(edges)
    lengths = st.lists(st.integers(1, 50), min_size=len(tail), max_size=len(tail))
    km = np.array(data.draw(lengths), dtype=np.float64)
    part = numbered(edges, "strong")
    inside = part[tail] == part[head]
    most = max(
        (float(km[inside & (part[tail] == each)].sum()) for each in np.unique(part)), default=0.0
    )
    number = np.arange(len(tail), dtype=np.int32)
    roads = Pieces(tail, head, km, km, number, number, number, number < 0)
    kept = largest_part(roads, np.zeros(SIZE), np.zeros(SIZE)).edges
    assert km[kept].sum() == most
    assert len(set(part[tail[kept]]) | set(part[head[kept]])) <= 1
