"""Which engine `auto` takes, and what is said where a package is missing."""

from __future__ import annotations

import sys

import pytest

from impact.errors import InputError
from impact.times.engines import protocol as choice_module
from impact.times.engines.protocol import ENGINES, choose_engine


def lack(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Let the import of a package fail."""
    monkeypatch.setitem(sys.modules, package, None)


def test_an_unknown_engine_is_refused_with_the_known_ones() -> None:
    assert choose_engine("scipy").name == "scipy"
    known = "auto, networkx, scipy, contracted, hierarchy"
    with pytest.raises(InputError, match=f"found 'scipi', expected one of {known}"):
        choose_engine("scipi")


@pytest.mark.parametrize(
    ("nodes", "destinations", "matrices", "engine"),
    [
        (19_334, 111, 1, "scipy"),  # the shipped main roads: nothing is compiled
        (31_706, 40, 1, "scipy"),
        (1_100_000, 1, 1, "scipy"),
        (10_000_000, 5, 1, "contracted"),  # too few trees to find an order for
        (1_100_000, 111, 1, "hierarchy"),
        (19_334, 21, 200, "hierarchy"),  # many speed tables on one topology
    ],
)
def test_auto_goes_by_size_and_by_how_much_is_asked(
    nodes: int, destinations: int, matrices: int, engine: str
) -> None:
    found = choose_engine("auto", nodes=nodes, destinations=destinations, matrices=matrices)
    assert found.name == engine
    reason = f"{nodes} nodes, {destinations} destinations, {matrices} matrices"
    assert found.notes == {"engine": engine, "engine_chosen_for": reason}


def test_an_engine_asked_for_by_name_needs_no_reason() -> None:
    for name in ENGINES:
        assert choose_engine(name).notes == {"engine": name}


def test_without_numba_auto_takes_scipy_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    lack(monkeypatch, "numba")
    found = choose_engine("auto", nodes=1_100_000, destinations=111)
    assert found.name == "scipy"
    assert found.reason.endswith("not contracted: numba not installed")


def test_without_metis_auto_takes_contraction(monkeypatch: pytest.MonkeyPatch) -> None:
    lack(monkeypatch, "pymetis")
    found = choose_engine("auto", nodes=1_100_000, destinations=111)
    assert found.name == "contracted"
    assert found.reason.endswith("not hierarchy: pymetis not installed")


@pytest.mark.parametrize(
    ("engine", "package"),
    [("contracted", "numba"), ("hierarchy", "numba"), ("hierarchy", "pymetis")],
)
def test_without_its_package_an_engine_names_the_extra(
    engine: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lack(monkeypatch, package)
    expected = rf"found '{engine}', expected the extra 'fast' .*\[fast\].*{package} not installed"
    with pytest.raises(InputError, match=expected):
        choose_engine(engine)


def test_a_package_that_does_not_fit_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        if name != "scipy":
            message = "Numba needs another NumPy"
            raise ImportError(message)

    monkeypatch.setattr(choice_module, "_load", refuse)
    found = choose_engine("auto", nodes=1_100_000, destinations=111)
    assert found.name == "scipy"
    assert "not contracted: Numba needs another NumPy" in found.reason
