"""The shipped streets: joined without seams, over water by bridge or ferry only, small."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse import csgraph

from impact.bundled import data_path
from impact.geodesy import great_circle_km
from impact.network.islands import ferries, ferry_remarks
from impact.network.network import FERRY
from impact.network.shipped import STREETS, StreetNetwork, read_ferries, read_street_network
from impact.network.streets import ORIGINS, Streets, read_streets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MOST_MB = 10.0
MOST_MIB_A_FILE = 5.0
STREET, FILLED, JOIN, BOAT = range(4)

PLACES = {
    "Almere": (52.3703, 5.2222),
    "Dronten": (52.5252, 5.7180),
    "Elburg": (52.4470, 5.8380),
    "Emmeloord": (52.7110, 5.7480),
    "Enkhuizen": (52.7030, 5.2760),
    "Harderwijk": (52.3440, 5.6200),
    "Hilversum": (52.2240, 5.1760),
    "Kampen": (52.5570, 5.9140),
    "Kuinre": (52.7870, 5.8440),
    "Lelystad": (52.5080, 5.4750),
    "Lemmer": (52.8450, 5.7120),
    "Naarden": (52.2960, 5.1620),
    "Nijkerk": (52.2200, 5.4860),
    "Urk": (52.6620, 5.6010),
    "Vollenhove": (52.6810, 5.9520),
    "Zeewolde": (52.3310, 5.5420),
}
"""Middle of towns on both sides of the joins."""

CROSSINGS = {
    ("Almere", "Naarden"): (12.0, 25.0),
    ("Almere", "Hilversum"): (20.0, 32.0),
    ("Zeewolde", "Nijkerk"): (13.0, 22.0),
    ("Zeewolde", "Harderwijk"): (6.0, 14.0),
    ("Lelystad", "Harderwijk"): (22.0, 32.0),
    ("Lelystad", "Enkhuizen"): (26.0, 36.0),
    ("Dronten", "Elburg"): (11.0, 18.0),
    ("Dronten", "Kampen"): (13.0, 20.0),
    ("Emmeloord", "Lemmer"): (15.0, 22.0),
    ("Emmeloord", "Kuinre"): (11.0, 18.0),
    ("Emmeloord", "Vollenhove"): (14.0, 22.0),
    ("Urk", "Kampen"): (22.0, 38.0),
    ("Urk", "Lelystad"): (28.0, 38.0),
}
"""Kilometres by road, at least and at most."""


@pytest.fixture(scope="module")
def shipped() -> Streets:
    return read_streets(data_path(f"roads/{STREETS}"))


@pytest.fixture(scope="module")
def network() -> StreetNetwork:
    return read_street_network()


@dataclass(frozen=True)
class Routes:
    """Fastest ways from one node."""

    network: StreetNetwork
    minutes: NDArray[np.float64]
    before: NDArray[np.int32]
    edge: dict[tuple[int, int], int]

    def edges(self, node: int) -> Iterator[int]:
        nodes = [node]
        while self.before[nodes[-1]] >= 0:
            nodes.append(int(self.before[nodes[-1]]))
        yield from (self.edge[start, end] for start, end in pairwise(nodes[::-1]))


def nearest(network: StreetNetwork, place: tuple[float, float]) -> int:
    return int(great_circle_km(*place, network.lat, network.lon).argmin())


@pytest.fixture(scope="module")
def chosen(network: StreetNetwork) -> NDArray[np.int64]:
    return network.fastest_edges()


@pytest.fixture(scope="module")
def graph(network: StreetNetwork, chosen: NDArray[np.int64]) -> sparse.csr_array:
    size = len(network.node)
    ends = (network.tail[chosen], network.head[chosen])
    return sparse.csr_array((network.minutes[chosen], ends), shape=(size, size))


def routes(
    network: StreetNetwork, graph: sparse.csr_array, chosen: NDArray[np.int64], start: int
) -> Routes:
    minutes, before = csgraph.dijkstra(graph, indices=start, return_predecessors=True)
    wanted = before[network.head[chosen]] == network.tail[chosen]
    edges = chosen[wanted]
    pairs = zip(network.tail[edges].tolist(), network.head[edges].tolist(), strict=True)
    return Routes(network, minutes, before, dict(zip(pairs, edges.tolist(), strict=True)))


def test_the_shipped_streets_are_small() -> None:
    size = data_path(f"roads/{STREETS}").stat().st_size
    assert size <= MOST_MB * 1e6
    assert size <= MOST_MIB_A_FILE * 2**20


def test_every_place_reaches_every_other(network: StreetNetwork, graph: sparse.csr_array) -> None:
    parts, _ = csgraph.connected_components(graph, directed=True, connection="strong")
    assert parts == 1
    assert network.kind == "street"
    assert np.all(network.minutes > 0.0)


def test_no_node_is_left_over_where_nothing_branches_off(shipped: Streets) -> None:
    both = np.flatnonzero((shipped.open == 3) & (shipped.origin == STREET))
    ends = np.concatenate([shipped.tail, shipped.head])
    degree = np.bincount(ends, minlength=len(shipped.lat))
    touches = np.bincount(
        np.concatenate([shipped.tail[both], shipped.head[both]]), minlength=len(shipped.lat)
    )
    loop = np.zeros(len(shipped.lat), dtype=bool)
    loop[shipped.tail[shipped.tail == shipped.head]] = True
    # a ring that hangs on nothing else, or two roads between the same junctions, keep one
    idle = np.flatnonzero((degree == 2) & (touches == 2) & ~loop)
    assert len(idle) < 0.001 * len(shipped.lat)


def test_every_join_leads_from_a_street_to_a_main_road(shipped: Streets) -> None:
    on = {name: np.zeros(len(shipped.lat), dtype=bool) for name in ("street", "filled")}
    for name, origin in (("street", STREET), ("filled", FILLED)):
        links = shipped.origin == origin
        on[name][shipped.tail[links]] = on[name][shipped.head[links]] = True
    joins = np.flatnonzero(shipped.origin == JOIN)
    assert len(joins) > 50
    tail, head = shipped.tail[joins], shipped.head[joins]
    across = (on["street"][tail] & on["filled"][head]) | (on["filled"][tail] & on["street"][head])
    assert across.mean() > 0.95
    assert shipped.metres[joins].max() < 2000


@pytest.mark.parametrize("pair", CROSSINGS, ids=" to ".join)
def test_routes_lead_over_the_joins_of_flevoland(
    network: StreetNetwork,
    graph: sparse.csr_array,
    chosen: NDArray[np.int64],
    pair: tuple[str, str],
) -> None:
    low, high = CROSSINGS[pair]
    for start, end in (pair, pair[::-1]):
        found = routes(network, graph, chosen, nearest(network, PLACES[start]))
        edges = list(found.edges(nearest(network, PLACES[end])))
        assert low < network.km[edges].sum() < high
        # roads that fill in can be named
        assert FILLED in set(network.origin[edges].tolist())
        assert FERRY not in set(network.road_class[edges])


def test_every_ferry_of_the_table_carries_cars(shipped: Streets, network: StreetNetwork) -> None:
    table = read_ferries(data_path("roads/car_ferries.csv"))
    assert set(shipped.ferries) == set(table)
    assert ORIGINS[shipped.origin[shipped.ferry[0]]] == "ferry table"
    over = np.flatnonzero(network.road_class == FERRY)
    assert len(over) == 2 * len(table)
    assert np.all(network.origin[over] == BOAT)
    for link, name in zip(shipped.ferry, shipped.ferries, strict=True):
        row = table[name]
        minutes = float(row["crossing_minutes"]) + float(row["wait_minutes"])
        mine = over[network.shapes.line[over] == link]
        assert network.minutes[mine].tolist() == [minutes, minutes]


def test_boats_are_the_only_way_to_the_islands(network: StreetNetwork) -> None:
    named = {each["island"] for each in ferries(network)}
    assert named == {"Ameland", "Schiermonnikoog", "Terschelling", "Texel", "Vlieland"}
    remark = ferry_remarks(network)
    for place, expected in (
        ((53.4452, 5.7780), "car ferry"),
        ((53.3587, 5.2145), "car ferry"),
        ((53.0560, 4.7980), "car ferry"),
        ((53.2960, 5.0700), "no visitor cars"),
        ((53.4780, 6.1600), "no visitor cars"),
        ((53.2012, 5.7999), ""),
    ):
        assert remark[nearest(network, place)] == expected


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((51.8250, 5.5590), (51.8290, 5.5690), 6.0, 12.0),  # Megen to Appeltern
        ((51.9475, 4.8490), (51.9380, 4.8560), 6.0, 14.0),  # Schoonhoven to Gelkenes
        ((51.9745, 5.3440), (51.9570, 5.3560), 6.0, 16.0),  # Wijk bij Duurstede to Rijswijk
    ],
)
def test_a_river_without_a_bridge_costs_its_ferry(
    network: StreetNetwork,
    graph: sparse.csr_array,
    chosen: NDArray[np.int64],
    one: tuple[float, float],
    other: tuple[float, float],
    low: float,
    high: float,
) -> None:
    found = routes(network, graph, chosen, nearest(network, one))
    end = nearest(network, other)
    assert low < found.minutes[end] < high
    assert FERRY in set(network.road_class[list(found.edges(end))])


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((51.8610, 6.0470), (51.9230, 6.0790), 30.0, 45.0),  # Millingen to Zevenaar, by Nijmegen
        ((51.2800, 4.0530), (51.4950, 4.2870), 45.0, 65.0),  # Hulst to Bergen op Zoom, by Antwerp
        ((51.2400, 4.0850), (51.4950, 4.2870), 45.0, 65.0),  # Clinge to Bergen op Zoom
        ((51.8360, 6.4000), (51.6420, 5.9480), 45.0, 65.0),  # Megchelen to Boxmeer, by Germany
        ((51.8650, 6.4980), (51.6420, 5.9480), 50.0, 70.0),  # Dinxperlo to Boxmeer
    ],
)
def test_trips_along_the_border_are_those_that_people_drive(
    network: StreetNetwork,
    graph: sparse.csr_array,
    chosen: NDArray[np.int64],
    one: tuple[float, float],
    other: tuple[float, float],
    low: float,
    high: float,
) -> None:
    found = routes(network, graph, chosen, nearest(network, one))
    edges = list(found.edges(nearest(network, other)))
    assert low < network.km[edges].sum() < high
    assert FERRY not in set(network.road_class[edges])
