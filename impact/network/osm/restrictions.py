r"""Turn restrictions, and roads for destination traffic, honoured by copying nodes.

What leads on from a copy is chosen when it is made, so that a shortest path cannot take the turns
that were left out. Edges and nodes are numbered on after those of the network.

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

A forbidden turn could be evaded by turning round at the next junction. Nothing forbids that, but it
takes time: near restrictions an edge ends in a copy of its own, from which the way back costs the
delay ``u_turn``. Farther away the way there and back takes long enough by itself, and where nothing
is forbidden no fastest route turns round.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.network.osm.component import parts_of, strong_parts
from impact.network.osm.edges import together
from impact.segments import owners, ranges

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from impact.network.osm.edges import Pieces
    from impact.network.osm.tags import Restriction


U_TURN = "u_turn"
"""Line of the table of delays."""


class Splits:
    """Edges near some junctions, and the copies made so far.

    Parameters
    ----------
    pieces
        All edges.
    size
        Number of nodes.
    near : ndarray of bool, shape (n_edges,)
        Edges that may be asked for.
    """

    def __init__(self, pieces: Pieces, size: int, near: NDArray[np.bool_]) -> None:
        self._pieces, self._size = pieces, size
        self._source: list[int] = []
        self._copied: list[int] = []
        self._tail: dict[int, int] = {}
        self._head: dict[int, int] = {}
        self._way: dict[int, int] = {}
        self._course: dict[int, tuple[int, bool]] = {}
        self.leaving: dict[int, list[int]] = defaultdict(list)
        self.entering: dict[int, list[int]] = defaultdict(list)
        self.along: dict[int, list[int]] = defaultdict(list)
        places = np.flatnonzero(near)
        columns = (pieces.tail, pieces.head, pieces.way, pieces.line, pieces.backward)
        for edge, tail, head, way, line, backward in zip(
            places.tolist(), *(each[places].tolist() for each in columns), strict=True
        ):
            self._add(edge, tail, head, way, (line, backward))

    def _add(self, edge: int, tail: int, head: int, way: int, course: tuple[int, bool]) -> None:
        self._tail[edge], self._head[edge] = tail, head
        self._way[edge], self._course[edge] = way, course
        self.leaving[tail].append(edge)
        self.entering[head].append(edge)
        self.along[way].append(edge)

    def way(self, edge: int) -> int:
        """Give the identifier of the way of an edge."""
        return self._way[edge]

    def original(self, node: int) -> int:
        """Give the node of the network of which a node is a copy; itself where it is none."""
        return node if node < self._size else self._copied[node - self._size]

    def ahead(self, edge: int) -> list[int]:
        """List the edges onto which a car can drive from an edge, without turning back."""
        line, backward = self._course[edge]
        return [
            other
            for other in self.leaving[self._head[edge]]
            if self._course[other] != (line, not backward)
        ]

    def split(self, edge: int, allowed: Iterable[int]) -> list[int]:
        """Let an edge end in a copy of its last node."""
        node, head = self._size + len(self._copied), self._head[edge]
        self._copied.append(self.original(head))
        self.entering[head].remove(edge)
        self.entering[node].append(edge)
        self._head[edge] = node
        out = []
        for other in allowed:
            number = len(self._pieces.tail) + len(self._source)
            self._source.append(self._source_of(other))
            self._add(number, node, self._head[other], self._way[other], self._course[other])
            out.append(number)
        return out

    def _source_of(self, edge: int) -> int:
        count = len(self._pieces.tail)
        return edge if edge < count else self._source[edge - count]

    def joined(self) -> tuple[Pieces, NDArray[np.int64]]:
        """Give the edges with the copies behind them, and the original of each copied node."""
        count = len(self._pieces.tail)
        again = np.array(self._source, dtype=np.int64)
        out = self._pieces.take(np.concatenate([np.arange(count), again]))
        edges = np.array(list(self._head), dtype=np.int64)
        tail, head = out.tail.copy(), out.head.copy()
        tail[edges] = list(self._tail.values())
        head[edges] = list(self._head.values())
        return replace(out, tail=tail, head=head), np.array(self._copied, dtype=np.int64)


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
        U-turn into the same road).
    """

    honoured: int
    over_a_way: int
    without_effect: int


def honour(
    pieces: Pieces, restrictions: Iterable[Restriction], node: NDArray[np.int64]
) -> tuple[Pieces, NDArray[np.int64], Honoured]:
    """Split nodes so that forbidden turns cannot be made."""
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


def slow_u_turns(
    pieces: Pieces,
    restrictions: Iterable[Restriction],
    node: NDArray[np.int64],
    split: NDArray[np.bool_],
    u_turn: Mapping[str, float],
) -> tuple[Pieces, NDArray[np.int64], NDArray[np.bool_]]:
    """Let turning round near restrictions cost a delay."""
    size, line, backward = len(node), pieces.line, pieces.backward
    chosen = np.flatnonzero(_near(pieces, restrictions, node, u_turn) & ~split[pieces.head])
    leaving = np.argsort(pieces.tail, kind="stable")
    start = np.searchsorted(pieces.tail[leaving], np.arange(size + 1))
    end = pieces.head[chosen]
    places, bounds = ranges(start[end], start[end + 1])
    which, ahead = owners(bounds), leaving[places]
    back = (line[ahead] == line[chosen[which]]) & (backward[ahead] != backward[chosen[which]])
    turns = np.bincount(which[back], minlength=len(chosen)) > 0
    number = np.cumsum(turns) - 1
    kept = turns[which]
    which, ahead, back = number[which[kept]], ahead[kept], back[kept]
    chosen = chosen[turns]
    copied = pieces.head[chosen].astype(np.int64)
    head = pieces.head.copy()
    head[chosen] = size + np.arange(len(chosen))
    moved, again = replace(pieces, head=head), pieces.take(ahead)
    minutes = {name: each + back * u_turn[name] for name, each in again.minutes.items()}
    tail = (size + which).astype(np.int32)
    again = replace(again, tail=tail, head=head[ahead], minutes=minutes)
    near = np.zeros(size + len(copied), dtype=bool)
    near[copied] = near[size:] = True
    return together([moved, again]), copied, near


def _near(
    pieces: Pieces,
    restrictions: Iterable[Restriction],
    node: NDArray[np.int64],
    u_turn: Mapping[str, float],
) -> NDArray[np.bool_]:
    """Edges near restrictions, of which the way there and back takes less than a U-turn."""
    name = next(iter(pieces.minutes))
    minutes, limit = pieces.minutes[name], u_turn[name] / 2.0
    vias, ways = set[int](), set[int]()
    for each in restrictions:
        vias.add(each.via)
        ways.update(each.over)
    along = np.isin(pieces.way, list(ways))
    away = np.full(len(node), np.inf)
    away[np.isin(node, list(vias))] = away[pieces.tail[along]] = away[pieces.head[along]] = 0.0
    while True:
        out = np.flatnonzero(away[pieces.tail] <= limit / 2.0)
        before = away.copy()
        np.minimum.at(away, pieces.head[out], before[pieces.tail[out]] + minutes[out])
        if np.array_equal(before, away):
            break
    far = away[pieces.tail] + minutes
    return np.asarray((away[pieces.tail] <= limit / 2.0) & (far < limit))


_TWO = 2


def at_ends_only(
    pieces: Pieces, destination: NDArray[np.bool_], size: int
) -> tuple[Pieces, NDArray[np.int64], NDArray[np.bool_]]:
    r"""Copy nodes so that no trip passes through roads for destination traffic.

    A trip may leave over such roads and arrive over such roads, with all others in between. That is
    a matter of what it did before, so that nodes of these roads are copied, as at restrictions:

    ```
        u ===== v ===== w          u, w on other roads; u-v-w for destination traffic only

        u'  --  v   --  w'         who leaves from here: on to u and w, and along u' and w'
         \______|_______/
        u       |       w          all other roads: no way from u to w over v
         \      |      /
        u" ---> v" <--- w"         who arrives here: from u and w, and never back
    ```

    Shortest paths then keep to the rule without knowing of it, in every engine alike. What only
    such roads join to the rest counts as one of them: there is no other way.
    """
    if not destination.any():
        return pieces, np.zeros(0, dtype=np.int64), np.zeros(size, dtype=bool)
    core = _core(pieces, ~destination, size)
    layered = _passed_through(pieces, core, size)
    if not layered.any():
        return pieces, np.zeros(0, dtype=np.int64), np.zeros(size, dtype=bool)
    rest, here = pieces.take(~layered), pieces.take(layered)
    on_core = np.zeros(size, dtype=bool)
    on_core[pieces.tail[core]] = on_core[pieces.head[core]] = True
    nodes = np.unique(np.concatenate([here.tail, here.head]))
    gates = nodes[on_core[nodes]]
    leaving = np.arange(size, dtype=np.int32)
    leaving[gates] = size + np.arange(len(gates))
    arriving = np.zeros(size, dtype=np.int32)
    arriving[nodes] = size + len(gates) + np.arange(len(nodes))
    out, into = on_core[here.head], on_core[here.tail]
    parts = [
        rest,
        replace(here, tail=leaving[here.tail], head=leaving[here.head]),
        replace(here.take(out), tail=leaving[here.tail[out]], head=here.head[out]),
        replace(here.take(into), tail=here.tail[into], head=arriving[here.head[into]]),
        replace(here, tail=arriving[here.tail], head=arriving[here.head]),
    ]
    copied = np.concatenate([gates, nodes]).astype(np.int64)
    near = np.zeros(size + len(copied), dtype=bool)
    near[nodes] = near[size:] = True
    return together(parts), copied, near


def _core(pieces: Pieces, through: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Edges of the largest part within which roads for all traffic lead everywhere."""
    part = strong_parts(pieces.tail[through], pieces.head[through], size)
    inside: NDArray[np.bool_] = through & (part[pieces.tail] == part[pieces.head])
    if not inside.any():
        return np.asarray(inside)
    km = np.bincount(part[pieces.tail[inside]], pieces.km[inside])
    return np.asarray(inside & (part[pieces.tail] == int(km.argmax())))


def _passed_through(pieces: Pieces, core: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Edges outside the core that lead from one node of it to another."""
    out = np.zeros(len(core), dtype=bool)
    rest = np.flatnonzero(~core)
    if len(rest) == 0 or not core.any():
        return out
    tail, head = pieces.tail[rest], pieces.head[rest]
    part = parts_of(tail, head, size)
    nodes = np.unique(np.concatenate([tail, head]))
    on_core = np.zeros(size, dtype=bool)
    on_core[pieces.tail[core]] = on_core[pieces.head[core]] = True
    gates = np.bincount(part[nodes[on_core[nodes]]], minlength=size)
    out[rest] = gates[part[tail]] >= _TWO
    return out
