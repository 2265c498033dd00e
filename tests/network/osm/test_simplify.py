from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse import csgraph

from impact.network.osm.edges import Pieces
from impact.network.osm.simplify import chains, simplify

NODES = 9


def pieces_of(edges: list[tuple[int, int, float]]) -> Pieces:
    """Directed edges; those between the same two nodes with the same length share a line."""
    lines: dict[tuple[int, int, float], int] = {}
    line = [lines.setdefault((min(a, b), max(a, b), km), len(lines)) for a, b, km in edges]
    km = np.array([each[2] for each in edges], dtype=np.float64)
    return Pieces(
        tail=np.array([each[0] for each in edges], dtype=np.int32),
        head=np.array([each[1] for each in edges], dtype=np.int32),
        km=km,
        urban_km=km / 2.0,
        road_class=np.zeros(len(edges), dtype=np.int16),
        way=np.arange(len(edges)),
        line=np.array(line, dtype=np.int32),
        backward=np.array([a > b for a, b, _ in edges]),
        minutes={"dal": 2.0 * km, "vrij": km + 1.0},
    )


def fastest(pieces: Pieces, profile: str) -> np.ndarray:
    """All pairs, parallel edges by the fastest."""
    weight = np.full((NODES, NODES), np.inf)
    np.minimum.at(weight, (pieces.tail, pieces.head), pieces.minutes[profile])
    graph = sparse.csr_array(np.where(np.isfinite(weight), weight, 0.0))
    return np.asarray(csgraph.dijkstra(graph))


EDGES = st.lists(
    st.tuples(
        st.integers(0, NODES - 1), st.integers(0, NODES - 1), st.integers(1, 5), st.booleans()
    ).filter(lambda each: each[0] != each[1]),
    min_size=1,
    max_size=16,
)


@given(EDGES)
def test_minutes_between_the_nodes_that_stay_are_the_same(
    drawn: list[tuple[int, int, int, bool]],
) -> None:
    edges = []
    for a, b, km, both in drawn:
        edges.append((a, b, float(km)))
        if both:
            edges.append((b, a, float(km)))
    before = pieces_of(edges)
    after, order, start = simplify(before, NODES)
    stay = np.unique(np.concatenate([after.tail, after.head]))
    square = np.ix_(stay, stay)
    for profile in ("dal", "vrij"):
        np.testing.assert_allclose(
            fastest(after, profile)[square], fastest(before, profile)[square], rtol=1e-12
        )
    assert after.km.sum() == before.km.sum()
    assert after.urban_km.sum() == before.urban_km.sum()
    # every line is drawn once, through pieces that follow each other
    assert len(start) - 1 == after.line.max() + 1
    for begin, end in pairwise(start.tolist()):
        chain = order[begin:end]
        np.testing.assert_array_equal(before.head[chain[:-1]], before.tail[chain[1:]])


def test_a_street_of_four_bends_becomes_one_edge_each_way() -> None:
    # 0---1---2---3---4   and 4 -> 5 -> 6 one way
    edges = [(a, b, 1.0) for i in range(4) for a, b in ((i, i + 1), (i + 1, i))]
    edges += [(4, 5, 1.0), (5, 6, 2.0)]
    after, _, _ = simplify(pieces_of(edges), NODES)
    found = sorted(zip(after.tail.tolist(), after.head.tolist(), after.km.tolist(), strict=True))
    assert found == [(0, 4, 4.0), (4, 0, 4.0), (4, 6, 3.0)]
    two_ways = after.line[(after.tail != 6) & (after.head != 6)]
    assert two_ways[0] == two_ways[1]
    assert sorted(after.backward.tolist()) == [False, False, True]


def test_a_ring_that_nothing_joins_keeps_one_node() -> None:
    edges = [(0, 1, 1.0), (1, 2, 1.0), (2, 0, 1.0)]
    after, _, _ = simplify(pieces_of(edges), NODES)
    assert (after.tail.tolist(), after.head.tolist(), after.km.tolist()) == ([0], [0], [3.0])
    both = edges + [(b, a, km) for a, b, km in edges]
    after, _, _ = simplify(pieces_of(both), NODES)
    assert after.km.tolist() == [3.0, 3.0]
    assert after.tail.tolist() == after.head.tolist() == [0, 0]


def test_parallel_roads_stay_apart() -> None:
    # 0 =(1)= 1 over the bridge, 0 -2-3- 1 along the water
    edges = [(0, 1, 1.0), (1, 0, 1.0), (0, 2, 1.0), (2, 1, 1.0), (1, 2, 1.0), (2, 0, 1.0)]
    edges += [(0, 3, 9.0), (3, 0, 9.0), (1, 4, 9.0), (4, 1, 9.0)]
    after, _, _ = simplify(pieces_of(edges), NODES)
    between = (after.tail == 0) & (after.head == 1)
    assert sorted(after.km[between].tolist()) == [1.0, 2.0]


def test_a_node_that_must_stay_stays() -> None:
    keep = np.zeros(NODES, dtype=bool)
    keep[1] = True
    tail, head = np.array([0, 1], dtype=np.int32), np.array([1, 2], dtype=np.int32)
    assert len(chains(tail, head, NODES, keep)[1]) == 2
    assert len(chains(tail, head, NODES)[1]) == 1
