r"""Turn restrictions, honoured by splitting the node at which they hold.

A car that comes from a restricted road enters a copy of the junction, from which only the allowed
turns lead on. Shortest paths between nodes then keep to the restrictions without knowing of them.

```
        B                          B
        |       no_left_turn       |
    A---v---C   A -> v -> B    A---v*--C     v* is v without the way to B;
        |                          | \\|       all others still enter v
        D                          D--v--...
```
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from impact.roads.osm.pieces import Pieces

RESTRICTION_KEYS = ("restriction:motorcar", "restriction:motor_vehicle", "restriction")
"""The most specific first."""

_CARS = frozenset({"motorcar", "motor_vehicle", "vehicle"})


@dataclass(frozen=True)
class Restriction:
    """One turn restriction over a node.

    Attributes
    ----------
    origin, target
        Ways (identifiers) from and to which the turn leads.
    via
        Node (identifier); 0 where the restriction runs over a way, which is not honoured.
    only
        Whether the turn is the only one allowed; else it is forbidden.
    """

    origin: int
    target: int
    via: int
    only: bool


def restriction_of(
    tags: Mapping[str, str], members: Iterable[tuple[str, int, str]]
) -> Restriction | None:
    """Read a relation that is perhaps a turn restriction for cars.

    Parameters
    ----------
    tags, members
        Of the relation; a member is ``n``, ``w`` or ``r``, an identifier and a role.

    Returns
    -------
    Restriction or None
        `None` for other relations, restrictions that except cars, hold at times only, or name no
        single road at either end.

    Examples
    --------
    >>> tags = {"type": "restriction", "restriction": "no_left_turn"}
    >>> restriction_of(tags, [("w", 12, "from"), ("n", 5, "via"), ("w", 13, "to")])
    Restriction(origin=12, target=13, via=5, only=False)
    """
    kind = next((tags[key] for key in RESTRICTION_KEYS if tags.get(key)), "")
    spared = _CARS & set(tags.get("except", "").replace(" ", "").split(";"))
    if tags.get("type") != "restriction" or not kind.startswith(("no_", "only_")) or spared:
        return None
    ends: dict[str, list[int]] = {"from": [], "to": [], "via": []}
    over_way = False
    for member, number, role in members:
        if role in ends and member == ("n" if role == "via" else "w"):
            ends[role].append(number)
        over_way = over_way or (role == "via" and member == "w")
    if over_way:
        ends["via"] = [0]
    if any(len(each) != 1 for each in ends.values()):
        return None
    return Restriction(ends["from"][0], ends["to"][0], ends["via"][0], kind.startswith("only_"))


@dataclass(frozen=True)
class Honoured:
    """What became of the restrictions.

    Attributes
    ----------
    honoured
        Turns taken out of the network.
    over_a_way
        Restrictions over a way: not honoured.
    without_effect
        Restrictions whose roads or node are not in the network (cut off, closed to cars, or a
        U-turn into the same road, which a fastest route never makes).
    """

    honoured: int
    over_a_way: int
    without_effect: int


def honour(
    pieces: Pieces, restrictions: Iterable[Restriction], node: NDArray[np.int64]
) -> tuple[Pieces, NDArray[np.int64], Honoured]:
    """Split nodes so that forbidden turns cannot be made.

    Parameters
    ----------
    pieces
        Directed edges, each of a single way.
    restrictions
        From `restriction_of`.
    node : ndarray of int64, shape (n_nodes,)
        Identifiers behind the positions that the pieces use.

    Returns
    -------
    pieces : Pieces
        With copies of the edges that lead on from a copied node.
    copied : ndarray of int64
        Position in `node` of the original of each copy; copies are numbered from ``len(node)``.
    honoured : Honoured
    """
    wanted = list(restrictions)
    by_node: dict[int, list[Restriction]] = defaultdict(list)
    for each in wanted:
        if each.via:
            by_node[each.via].append(each)
    over_a_way = sum(not each.via for each in wanted)
    identifiers = np.array(sorted(by_node), dtype=np.int64)
    places = np.searchsorted(node, identifiers)
    places[places == len(node)] = 0
    present = node[places] == identifiers if len(node) else np.zeros(0, dtype=bool)
    entering = _edges_at(pieces.head, places[present])
    leaving = _edges_at(pieces.tail, places[present])
    head = pieces.head.copy()
    copied: list[int] = []
    source: list[int] = []
    tails: list[int] = []
    done = 0
    for place, identifier in zip(
        places[present].tolist(), identifiers[present].tolist(), strict=True
    ):
        out = leaving[place]
        grouped: dict[int, list[Restriction]] = defaultdict(list)
        for each in by_node[identifier]:
            grouped[each.origin].append(each)
        for origin, rules in grouped.items():
            for edge in entering[place]:
                if pieces.way[edge] != origin:
                    continue
                # a way that runs through the node has its own other half as a target
                ahead = [other for other in out if not _turns_back(pieces, edge, other)]
                allowed = _allowed(pieces.way, ahead, rules)
                if len(allowed) == len(ahead):
                    continue
                done += len(ahead) - len(allowed)
                head[edge] = len(node) + len(copied)
                source += allowed
                tails += [len(node) + len(copied)] * len(allowed)
                copied.append(place)
    again = np.array(source, dtype=np.int64)
    joined = replace(pieces, head=head).take(np.concatenate([np.arange(len(pieces.tail)), again]))
    joined.tail[len(pieces.tail) :] = tails
    honoured = {each.via for each in wanted if each.via} & set(node[copied].tolist())
    unused = sum(bool(each.via) and each.via not in honoured for each in wanted)
    return joined, np.array(copied, dtype=np.int64), Honoured(done, over_a_way, unused)


def _edges_at(ends: NDArray[np.int32], places: NDArray[np.int64]) -> dict[int, list[int]]:
    """Positions of the edges at each of a few nodes."""
    found = np.flatnonzero(np.isin(ends, places))
    out: dict[int, list[int]] = {place: [] for place in places.tolist()}
    for edge, place in zip(found.tolist(), ends[found].tolist(), strict=True):
        out[place].append(edge)
    return out


def _turns_back(pieces: Pieces, edge: int, other: int) -> bool:
    return bool(
        pieces.line[edge] == pieces.line[other] and pieces.backward[edge] != pieces.backward[other]
    )


def _allowed(way: NDArray[np.int64], ahead: list[int], rules: list[Restriction]) -> list[int]:
    only = {rule.target for rule in rules if rule.only}
    banned = {rule.target for rule in rules if not rule.only}
    if only and any(way[other] in only for other in ahead):
        ahead = [other for other in ahead if way[other] in only]
    return [other for other in ahead if way[other] not in banned]
