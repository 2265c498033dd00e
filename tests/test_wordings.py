"""Everything that is said to readers has a Dutch wording, and nothing else is in the catalogues."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from wordings import PACKAGE, Caught, constants, dutch, has_words, sayings

from impact.errors import Fault, InputError, MissingDataError
from impact.messages import Verbatim, said

if TYPE_CHECKING:
    from pathlib import Path

    from impact.errors import ImpactError

SOURCES = sorted(PACKAGE.rglob("*.py"))


def test_sources_say_something() -> None:
    found = [each for path in SOURCES for each in sayings(path)]
    assert len(found) > 200


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_errors_say_can_be_said_in_dutch(path: Path) -> None:
    lacking = [
        f"{each.place}: {each.text}"
        for each in sayings(path)
        if not each.fixed or (has_words(each.text) and each.text not in dutch())
    ]
    assert lacking == []


def test_every_translation_is_of_something_that_is_said() -> None:
    assert sorted(dutch() - constants()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('Fault("a", f"row {n}", "", None, "a number")', ["f'row {n}'", "a number"]),
        ('Fault("a", f"case[{n}]", "", None, said("{n} rows", n=2))', ["{n} rows"]),
        ('reader.fault(f"a.{n}", None, "a name" + more)', ["'a name' + more"]),
        ("def f():\n    msg = 'no room'\n    raise OutputError(msg)", ["no room"]),
    ],
)
def test_sayings_are_found_in_source(
    source: str, found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wordings.ROOT", tmp_path)
    path = tmp_path / "saying.py"
    path.write_text(source, encoding="utf-8")
    assert [each.text for each in sayings(path)] == found


def test_an_error_without_a_translation_is_caught() -> None:
    for caught, count in (
        (InputError(Fault("a", said("line {n}", n=1), "", None, "a number")), 0),
        (InputError(Fault("a", "", "", None, Verbatim("the same everywhere"))), 0),
        (InputError(Fault("a", "", "", None, "a wording that nobody wrote")), 1),
        (InputError(Fault("a", "row 3 of it", "", None, said("{n} of what", n=1))), 2),
        (MissingDataError("a wording that nobody wrote"), 1),
    ):
        heard = Caught()
        _hear(heard, caught)
        assert len(heard.wordings) == count


def _hear(heard: Caught, error: ImpactError) -> None:
    """Let the program itself speak."""
    code = compile(
        "for each in getattr(error, 'faults', ()):\n    heard.fault(each)\nheard.error(error)",
        str(PACKAGE / "spoken.py"),
        "exec",
    )
    exec(code, {"error": error, "heard": heard})  # noqa: S102
