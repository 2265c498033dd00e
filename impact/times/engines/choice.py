"""Which engine: by name, or by what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from impact.errors import Fault, InputError, nearest_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.times.engines.protocol import Engine

DEFAULT_ENGINE = "auto"
"""Chooses by the size of the network and by how much is asked."""

ENGINES: Mapping[str, str] = {
    "networkx": "impact.times.engines.reference",
    "scipy": "impact.times.engines.csgraph",
    "contracted": "impact.times.engines.contracted",
    "hierarchy": "impact.times.engines.hierarchy",
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
    engine
        Prepares a topology.
    reason
        In a few words; empty where the engine was asked for by name.
    """

    name: str
    engine: Engine
    reason: str = ""

    @property
    def notes(self) -> dict[str, str]:
        """What the manifest should say."""
        chosen_for = {"engine_chosen_for": self.reason} if self.reason else {}
        return {"engine": self.name, **chosen_for}


def choose_engine(name: str, *, nodes: int = 0, destinations: int = 1, matrices: int = 1) -> Choice:
    """Pick an engine.

    Parameters
    ----------
    name
        One of `ENGINES`, or ``auto``.
    nodes
        Size of the network.
    destinations
        Trees per matrix.
    matrices
        How many matrices will be made on the same topology.

    Returns
    -------
    Choice

    Raises
    ------
    InputError
        Naming the engines that exist, or the extra that one needs.
    """
    if name == DEFAULT_ENGINE:
        return _automatic(nodes, destinations, matrices)
    if name not in ENGINES:
        known = (DEFAULT_ENGINE, *ENGINES)
        expected = "one of " + ", ".join(known)
        raise InputError(Fault("engine", "", "", name, expected, nearest_names(name, known)))
    lacking = _lacking(name)
    if lacking:
        expected = f"the extra '{EXTRA}' to be installed (pip install 'impact-reistijd[{EXTRA}]')"
        raise InputError(Fault("engine", "", "", name, f"{expected}: {lacking}"))
    return Choice(name, _load(name))


def _automatic(nodes: int, destinations: int, matrices: int) -> Choice:
    asked = f"{nodes} nodes, {destinations} destinations, {matrices} matrices"
    if nodes * destinations * matrices < _ENOUGH:
        return Choice("scipy", _load("scipy"), asked)
    wished = "hierarchy" if destinations * matrices >= _MANY else "contracted"
    for name in dict.fromkeys([wished, "contracted"]):
        lacking = _lacking(name)
        if not lacking:
            return Choice(name, _load(name), asked)
        asked += f"; not {name}: {lacking}"
    return Choice("scipy", _load("scipy"), asked)


def _lacking(name: str) -> str:
    """Say what an engine lacks; nothing where it can be loaded."""
    missing = [package for package in _NEEDS.get(name, ()) if find_spec(package) is None]
    if missing:
        return f"{' and '.join(missing)} not installed"
    try:
        _load(name)
    except ImportError as error:
        # a package that is there, but does not fit the others
        return str(error)
    return ""


def _load(name: str) -> Engine:
    engine: Engine = import_module(ENGINES[name]).prepare
    return engine
