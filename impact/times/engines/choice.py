"""Which engine: by name, or by what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
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
}
"""Modules of the engines by name, loaded when chosen: compiled ones take time to load."""


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
        Naming the engines that exist.
    """
    if name == DEFAULT_ENGINE:
        reason = f"{nodes} nodes, {destinations} destinations, {matrices} matrices"
        return Choice("scipy", _load("scipy"), reason)
    if name not in ENGINES:
        known = (DEFAULT_ENGINE, *ENGINES)
        expected = "one of " + ", ".join(known)
        raise InputError(Fault("engine", "", "", name, expected, nearest_names(name, known)))
    return Choice(name, _load(name))


def _load(name: str) -> Engine:
    engine: Engine = import_module(ENGINES[name]).prepare
    return engine
