from __future__ import annotations

import errno
from zipfile import BadZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.errors import (
    Fault,
    ImpactError,
    InputError,
    MissingDataError,
    OutputError,
    nearest_names,
    refused_by_system,
    why,
)
from impact.messages import in_words, said, translations


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (InputError(Fault("a.csv", "row 2", "lat", "x", "a number")), ValueError),
        (MissingDataError("gone"), LookupError),
        (OutputError("full"), OSError),
    ],
)
def test_each_error_is_ours_and_the_nearest_builtin(
    error: ImpactError, builtin: type[Exception]
) -> None:
    assert isinstance(error, ImpactError)
    assert isinstance(error, builtin)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (
            Fault("a.csv", "row 2", "lat", "x", "a number"),
            ("a.csv, row 2, lat: found 'x', expected a number"),
        ),
        (Fault("a.csv", "", "", None, "a table"), "a.csv: expected a table"),
        (
            Fault("a.csv", "", "name", "Noort", "a hospital", ("Noord", "Noort 2")),
            "a.csv, name: found 'Noort', expected a hospital; nearest known: 'Noord', 'Noort 2'",
        ),
        (
            Fault("a.csv", "", "", "a\nb\x1b[31m", "text"),
            (r"a.csv: found 'a\nb\x1b[31m', expected text"),
        ),
    ],
)
def test_fault_says_place_value_expectation_and_nearest(fault: Fault, text: str) -> None:
    assert str(fault) == text


def test_what_a_terminal_obeys_is_never_said_raw() -> None:
    told = OutputError(said("{path}: cannot be used", path="a\x1b[31m\rb\u202e")).words({})
    assert told == r"a\x1b[31m\rb\u202e: cannot be used"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENAMETOOLONG, "x", "a.csv"), "a.csv: cannot be used (file name too long)"),
        (OSError(errno.ENOSPC, "x", "a.csv"), "a.csv: cannot be used (no space left on device)"),
        (
            RuntimeError("Symlink loop from 'a.csv'"),
            "'a.csv': cannot be used (too many levels of symbolic links)",
        ),
        (FileNotFoundError(errno.ENOENT, "x", "ours.csv"), "None"),
        (RuntimeError("of ours"), "None"),
    ],
)
def test_what_the_system_refuses_is_not_our_fault(error: Exception, told: str) -> None:
    assert str(refused_by_system(error)) == told


def test_long_value_is_cut() -> None:
    assert len(str(Fault("a.csv", "", "", "x" * 1000, "less"))) < 160


def test_every_fault_is_kept_and_twenty_are_shown() -> None:
    faults = [Fault("a.csv", f"row {row}", "", None, "more") for row in range(50)]

    error = InputError(faults)

    assert error.faults == tuple(faults)
    assert str(error).splitlines()[-1] == "and 30 more of the same kind"
    assert len(str(error).splitlines()) == 21


def test_single_fault_is_one_line() -> None:
    assert str(InputError(Fault("a.csv", "", "", None, "more"))) == "a.csv: expected more"


@pytest.mark.parametrize(
    ("error", "dutch"),
    [
        (PermissionError(13, "Permission denied"), "geen toestemming"),
        (KeyError("seal"), "'seal' ontbreekt"),
        (BadZipFile("File is not a zip file"), "het bestand is geen zip-bestand"),
        (RuntimeError("PBF error: unexpected EOF\n"), "PBF-fout: het bestand houdt te vroeg op"),
        (RuntimeError("PBF error: no blob"), "PBF-fout: no blob"),
        (ValueError("nobody translated this"), "nobody translated this"),
        (ValueError(), "ValueError"),
    ],
)
def test_why_a_file_cannot_be_read_is_dutch_as_far_as_known(error: Exception, dutch: str) -> None:
    assert in_words(why(error), translations("nl")) == dutch


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("umc groningen", ("UMC Groningen", "UMC Utrecht")),
        ("isla zwole", ("Isala Zwolle",)),
        ("Maasstad", ()),
        ("groningen", ("UMC Groningen",)),
        ("Isala", ("Isala Zwolle",)),
        ("isa", ("Isala Zwolle",)),
        ("i", ()),
        ("", ()),
    ],
)
def test_nearest_names(name: str, expected: tuple[str, ...]) -> None:
    assert nearest_names(name, ["UMC Utrecht", "UMC Groningen", "Isala Zwolle"]) == expected


@settings(deadline=None)
@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=10))
def test_nearest_names_are_known_names_whatever_the_order(name: str, known: list[str]) -> None:
    near = nearest_names(name, known)

    assert set(near) <= set(known)
    assert len(near) <= 3
    assert near == nearest_names(name, known[::-1])
