"""Islands, found in the network itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from networks import roads

from impact.network.islands import CAR_FERRY, NO_VISITOR_CARS, ferries, ferry_remarks


def with_ferries(*rows: tuple[str, int, str]) -> list[dict[str, object]]:
    return [
        {"island": island, "island_node": node, "visitor_cars": cars} for island, node, cars in rows
    ]


def test_an_island_is_what_hangs_together_without_ferries() -> None:
    #   I - J ~~~ P - Q        I, J: cars of visitors cross
    #             P ~~~ K > L  K, L: they do not; L is reached one way only
    network = roads("I - J 3", "J ~ P 40", "P - Q 5", "P ~ K 60", "K > L 2")
    # nodes are numbered from 100 in the order I J K L P Q
    about = {"ferries": with_ferries(("East", 101, "yes"), ("West", 102, "no"))}
    remarks = ferry_remarks(replace(network, about=about))
    assert remarks.tolist() == [
        *(CAR_FERRY, CAR_FERRY),
        *(NO_VISITOR_CARS, NO_VISITOR_CARS),
        *("", ""),
    ]


def test_a_network_without_a_ferry_table_has_no_islands() -> None:
    network = roads("A - B 1", "C - D 1")
    assert set(ferry_remarks(network)) == {""}
    assert list(ferries(network)) == []


def test_the_order_of_nodes_and_edges_changes_nothing() -> None:
    network = roads("I - J 3", "J ~ P 40", "P - Q 5")
    network = replace(network, about={"ferries": with_ferries(("East", 100, "yes"))})
    order = np.array([2, 0, 3, 1])
    back = np.argsort(order)
    turned = replace(
        network,
        node=network.node[order],
        zone=network.zone[order],
        tail=back[network.tail][::-1],
        head=back[network.head][::-1],
        road_class=network.road_class[::-1],
    )
    assert ferry_remarks(turned).tolist() == ferry_remarks(network)[order].tolist()
