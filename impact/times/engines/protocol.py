"""What every engine offers, and which engine is chosen: by name, or by what is asked.

1. `Engine`: take the topology, once per network (a contraction hierarchy finds its order here);
2. `Search.weighed`: take costs, once per speed table (it customises its shortcuts);
3. `Query`: give the costs from the wanted nodes to some destinations.

The direction is towards the hospital, so that the work grows with the hospitals, not with the
postcodes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.segments import equals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from impact.times.engines.graph import Arcs


Query: TypeAlias = Callable[[NDArray[np.int64]], NDArray[Any]]
"""Takes positions of destinations, gives costs of shape (n_destinations, n_wanted); infinite where
a node cannot reach the destination."""


@dataclass(frozen=True, eq=False)
class Places:
    """Between which places costs are wanted.

    Attributes
    ----------
    wanted : ndarray of int64, shape (n_wanted,)
        Nodes to start from: unique, ascending.
    point, node : ndarray of int64, shape (n_legs,)
        Egress legs: a destination, and a node from which it is reached; sorted by destination,
        no pair twice.
    count
        Number of destinations.
    """

    wanted: NDArray[np.int64]
    point: NDArray[np.int64]
    node: NDArray[np.int64]
    count: int

    def legs_of(self, destinations: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Give the egress legs of some destinations."""
        return equals(destinations, self.point)


@dataclass(frozen=True)
class Setup:
    """How an engine may work; nothing here changes a figure.

    Attributes
    ----------
    workers
        Threads.
    folder
        Where orders and customised costs are kept; `None` keeps nothing.
    remarks
        Receives what the manifest should say of the work.
    """

    workers: int
    folder: Path | None = None
    remarks: list[str] = field(default_factory=list)


class Search(Protocol):
    """A topology, made ready."""

    @property
    def block(self) -> int:
        """Destinations at a time: enough to keep the workers busy, few enough for the memory."""
        ...

    def weighed(
        self, arc_cost: NDArray[Any], leg_cost: NDArray[Any], *, keep: bool = False
    ) -> Query:
        """Take the costs of all arcs and egress legs."""
        ...


class Engine(Protocol):
    """Makes a topology ready for queries."""

    def __call__(self, arcs: Arcs, places: Places, setup: Setup) -> Search:
        """Prepare."""
        ...


DEFAULT_ENGINE = "auto"
"""Chooses by the size of the network and by how much is asked."""

ENGINES: Mapping[str, str] = {
    "networkx": "impact.times.engines.dijkstra:prepare_networkx",
    "scipy": "impact.times.engines.dijkstra:prepare_scipy",
    "contracted": "impact.times.engines.hierarchy:prepare_contracted",
    "hierarchy": "impact.times.engines.hierarchy:prepare_hierarchy",
}
"""Modules of the engines by name, loaded when chosen: compiled ones take time to load."""

EXTRA = "fast"
"""Optional extra of this distribution that the compiled engines need."""

_NEEDS = {"contracted": ("numba",), "hierarchy": ("numba", "pymetis")}

_ENOUGH = 30_000_000
"""Nodes x destinations x matrices from which compiled engines pay: some ten seconds of SciPy's,
which is what compiling takes at the very first run."""

_MANY = 30
"""Destinations x matrices from which finding an order pays."""


@dataclass(frozen=True)
class Choice:
    """An engine, and why it.

    Attributes
    ----------
    name
        One of `ENGINES`.
    reason
        In a few words; empty where the engine was asked for by name.
    """

    name: str
    reason: str = ""

    @property
    def engine(self) -> Engine:
        """Load what prepares a topology; a matrix that is kept needs none."""
        return _load(self.name)

    @property
    def notes(self) -> dict[str, str]:
        """What the manifest should say."""
        chosen_for = {"engine_chosen_for": self.reason} if self.reason else {}
        return {"engine": self.name, **chosen_for}


def choose_engine(name: str, *, nodes: int = 0, destinations: int = 1, matrices: int = 1) -> Choice:
    """Pick an engine."""
    if name == DEFAULT_ENGINE:
        return _automatic(nodes, destinations, matrices)
    if name not in ENGINES:
        known = (DEFAULT_ENGINE, *ENGINES)
        expected = said("one of {names}", names=", ".join(known))
        raise InputError(Fault("engine", "", "", name, expected, nearest_names(name, known)))
    lacking = _lacking(name)
    if lacking:
        expected = said(
            "the extra '{name}' to be installed (pip install 'impact-reistijd[{name}]')", name=EXTRA
        )
        raise InputError(
            Fault(
                "engine",
                "",
                "",
                name,
                said("{expected}: {lacking}", expected=expected, lacking=lacking),
            )
        )
    return Choice(name)


def _automatic(nodes: int, destinations: int, matrices: int) -> Choice:
    asked = f"{nodes} nodes, {destinations} destinations, {matrices} matrices"
    if nodes * destinations * matrices < _ENOUGH:
        return Choice("scipy", asked)
    wished = "hierarchy" if destinations * matrices >= _MANY else "contracted"
    for name in dict.fromkeys([wished, "contracted"]):
        lacking = _lacking(name)
        if not lacking:
            return Choice(name, asked)
        asked += f"; not {name}: {lacking}"
    return Choice("scipy", asked)


def _lacking(name: str) -> str:
    """Say what an engine lacks; nothing where it can be loaded."""
    missing = [package for package in _NEEDS.get(name, ()) if find_spec(package) is None]
    if missing:
        return said("{names} not installed", names=", ".join(missing))
    try:
        _load(name)
    except ImportError as error:
        # a package that is there, but does not fit the others
        return str(error)
    return ""


def _load(name: str) -> Engine:
    module, _, function = ENGINES[name].partition(":")
    engine: Engine = getattr(import_module(module), function)
    return engine
