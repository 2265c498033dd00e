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

A restriction over a way copies the nodes along that way too, so that its end knows where the car
came from.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impact.roads.osm.splits import Splits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from impact.roads.osm.pieces import Pieces

RESTRICTION_KEYS = ("restriction:motorcar", "restriction:motor_vehicle", "restriction")
"""The most specific first."""

_CARS = frozenset({"motorcar", "motor_vehicle", "vehicle"})


@dataclass(frozen=True)
class Restriction:
    """One turn restriction, over a node or over ways.

    Attributes
    ----------
    origin, target
        Ways (identifiers) from and to which the turn leads.
    via
        Node (identifier); 0 where the restriction runs over ways.
    over
        Those ways, in the order of driving.
    only
        Whether the turn is the only one allowed; else it is forbidden.
    """

    origin: int
    target: int
    via: int
    over: tuple[int, ...]
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
    Restriction(origin=12, target=13, via=5, over=(), only=False)
    """
    kind = next((tags[key] for key in RESTRICTION_KEYS if tags.get(key)), "")
    spared = _CARS & set(tags.get("except", "").replace(" ", "").split(";"))
    if tags.get("type") != "restriction" or not kind.startswith(("no_", "only_")) or spared:
        return None
    ends: dict[tuple[str, str], list[int]] = defaultdict(list)
    for member, number, role in members:
        ends[role, member].append(number)
    origin, target, node = ends["from", "w"], ends["to", "w"], ends["via", "n"]
    over = tuple(ends["via", "w"])
    if len(origin) != 1 or len(target) != 1 or not (over or len(node) == 1):
        return None
    via = 0 if over else node[0]
    return Restriction(origin[0], target[0], via, over, kind.startswith("only_"))


@dataclass(frozen=True)
class Honoured:
    """What became of the restrictions.

    Attributes
    ----------
    honoured
        Turns taken out of the network.
    over_a_way
        Restrictions over ways that are honoured.
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
        Identifiers behind the positions that the pieces use; copies share theirs.

    Returns
    -------
    pieces : Pieces
        With copies of the edges that lead on from a copied node.
    copied : ndarray of int64
        Position in `node` of the original of each copy; copies are numbered from ``len(node)``.
    honoured : Honoured
    """
    wanted = list(restrictions)
    at_node: dict[int, list[Restriction]] = defaultdict(list)
    for each in wanted:
        if each.via:
            at_node[each.via].append(each)
    splits = Splits(pieces, len(node), _concerned(pieces, wanted, node))
    # ways first: what holds at a node holds at its copies
    taken = [_over_ways(splits, each) for each in wanted if each.over]
    unused, over_ways = taken.count(0), len(taken) - taken.count(0)
    places: dict[int, list[int]] = defaultdict(list)
    for place in sorted(splits.entering):
        places[int(node[splits.original(place)])].append(place)
    for number, rules in sorted(at_node.items()):
        here = sum(_at_node(splits, place, rules) for place in places[number])
        taken.append(here)
        unused += 0 if here else len(rules)
    joined, copied = splits.joined()
    return joined, copied, Honoured(sum(taken), over_ways, unused)


def _concerned(
    pieces: Pieces, wanted: Iterable[Restriction], node: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Edges at the nodes of restrictions, and at the ends of the ways that they run over."""
    vias, ways = {each.via for each in wanted if each.via}, set[int]()
    for each in wanted:
        ways |= {each.origin, *each.over, each.target} if each.over else set()
    here = np.isin(node, list(vias))
    along = np.isin(pieces.way, list(ways))
    here[pieces.tail[along]] = here[pieces.head[along]] = True
    return np.asarray(here[pieces.tail] | here[pieces.head])


def _at_node(splits: Splits, place: int, rules: list[Restriction]) -> int:
    """Honour the restrictions of one node; how many turns that takes out."""
    taken = 0
    for edge in list(splits.entering[place]):
        # a way that runs through the node has its own other half as a target
        ahead = splits.ahead(edge)
        mine = [rule for rule in rules if rule.origin == splits.way(edge)]
        allowed = _allowed(splits, ahead, mine)
        if len(allowed) < len(ahead):
            splits.split(edge, allowed)
            taken += len(ahead) - len(allowed)
    return taken


def _over_ways(splits: Splits, rule: Restriction) -> int:
    """Honour a restriction over ways: copies all along them know where the car came from."""
    taken = 0
    for edge in list(splits.along[rule.origin]):
        last = edge
        for part in _course(splits, edge, rule):
            ahead = splits.ahead(last)
            last = splits.split(last, ahead)[ahead.index(part)]
        if last != edge:
            ahead = splits.ahead(last)
            allowed = _allowed(splits, ahead, [rule])
            splits.split(last, allowed)
            taken += len(ahead) - len(allowed)
    return taken


def _course(splits: Splits, edge: int, rule: Restriction) -> list[int]:
    """Edges of the ways that a restriction runs over, up to where its target leaves."""
    waiting = [([each], 0) for each in splits.ahead(edge) if splits.way(each) == rule.over[0]]
    seen = {(path[-1], stage) for path, stage in waiting}
    for path, stage in waiting:
        for other in splits.ahead(path[-1]):
            way, last = splits.way(other), stage + 1 == len(rule.over)
            if last and way == rule.target:
                return path
            for next_stage in (stage, stage + 1):
                on = next_stage < len(rule.over) and way == rule.over[next_stage]
                if on and (other, next_stage) not in seen:
                    seen.add((other, next_stage))
                    waiting.append(([*path, other], next_stage))
    return []


def _allowed(splits: Splits, ahead: list[int], rules: list[Restriction]) -> list[int]:
    only = {rule.target for rule in rules if rule.only}
    # no turn back is left among those ahead: a way that runs on is not meant
    banned = {rule.target for rule in rules if not rule.only and rule.target != rule.origin}
    if only and any(splits.way(other) in only for other in ahead):
        ahead = [other for other in ahead if splits.way(other) in only]
    return [other for other in ahead if splits.way(other) not in banned]
