"""Help and usage errors follow the language of the command line; Dutch is the default."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from three_towns import impact
from typer.main import get_command

from impact.cli import app
from impact.commands.language import fault_words, help_text
from impact.messages import translations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DUTCH = translations("nl", "help")
SAME = re.compile(r"(postcode|name|CSV|place_longer)[,:]")
"""Help that is names of columns or words of a file is the same in every language."""


def commands(command: Any, parent: Any, name: str) -> Iterator[tuple[tuple[str, ...], Any, Any]]:  # noqa: ANN401
    """Walk through a command and all that are in it."""
    ctx = command.context_class(command, info_name=name, parent=parent)
    path = () if parent is None else (*ctx.command_path.split()[1:],)
    yield path, command, ctx
    for each in command.list_commands(ctx) if hasattr(command, "list_commands") else ():
        yield from commands(command.get_command(ctx, each), ctx, each)


EVERY = list(commands(get_command(app), None, "impact"))


def test_every_command_is_walked_through() -> None:
    paths = {path for path, _, _ in EVERY}
    assert len(EVERY) > 25
    assert {(), ("run",), ("roads", "build"), ("fetch", "timetable")} <= paths


@pytest.mark.parametrize(("path", "command", "ctx"), EVERY, ids=lambda part: str(part)[:40])
def test_every_help_text_has_a_dutch_wording(path: tuple[str, ...], command: Any, ctx: Any) -> None:  # noqa: ANN401
    params = command.get_params(ctx)
    texts = [command.help, *(each.help for each in params)]
    texts += [each.rich_help_panel for each in params if getattr(each, "rich_help_panel", None)]
    assert command.help, path
    assert all(texts), [each.name for each in params if not each.help]
    for text in texts:
        dutch = help_text(text, DUTCH)
        assert SAME.match(text) or dutch != help_text(text, {}), text
        for mark in re.findall(r"`[^`]+`|(?<!\w)--[\w-]+", text):
            assert mark in dutch, text
    assert all("--lang" in each.opts for each in params if each.name == "lang")


@pytest.mark.parametrize("path", [path for path, _, _ in EVERY], ids=" ".join)
def test_help_is_dutch_by_default_and_english_where_asked(path: tuple[str, ...]) -> None:
    dutch, english = impact(*path, "--help"), impact("--lang", "en", *path, "--help")
    assert (dutch.code, english.code) == (0, 0)
    assert dutch.err == english.err == ""
    for told, words, others in (
        (dutch.out, ("Gebruik: ", "Opties", "Toon deze uitleg, en stop."), ("Usage", "Options")),
        (english.out, ("Usage: ", "Options", "Show this message and exit."), ("Gebruik", "Opties")),
    ):
        assert all(word in told for word in words)
        assert not any(word in told for word in others)
    assert not {"[default", "[required]", "Example:", "Commands"} & set(dutch.out.split())


def test_the_language_of_a_command_goes_before_that_of_the_whole_line() -> None:
    assert "Usage: " in impact("run", "--help", "--lang", "en").out
    assert "Usage: " in impact("--lang", "nl", "run", "--lang", "en", "--help").out
    assert "Gebruik: " in impact("--lang", "en", "run", "--lang", "nl", "--help").out
    english = impact("--lang", "en", "fetch", "roads", "--list")
    assert "(about " in english.out
    assert impact("fetch", "roads", "--list", "--lang", "en").out == english.out
    assert "(ongeveer " in impact("--lang", "en", "fetch", "roads", "--list", "--lang", "nl").out


@pytest.mark.parametrize(
    ("arguments", "dutch", "english"),
    [
        (["run"], "Het argument 'study' ontbreekt.", "Missing argument 'study'."),
        (["fly"], "De opdracht 'fly' bestaat niet", "No such command 'fly'"),
        (["roads", "fly"], "De opdracht 'fly' bestaat niet", "No such command 'fly'"),
        (["run", "a.toml", "--colour"], "De optie --colour bestaat niet.", "No such option: --col"),
        (["run", "a.toml", "--ou"], "De optie --ou bestaat niet.", "No such option: --ou"),
        (["run", "a.toml", "b.toml"], "Dit staat er te veel: b.toml.", "unexpected extra argument"),
        (["run", "a.toml", "--draws", "x"], "van '--draws' kan niet: ", "Invalid value for"),
        (["run", "a.toml", "--draws", "0"], "van '--draws' kan niet: ", "Invalid value for"),
        (["run", "a.toml", "--spread", "x"], "een getal.", "Invalid value for '--spread'"),
        (["run", "a.toml", "--out"], "Achter de optie '--out' hoort een", "requires an argument"),
        (["demo", "--quiet=1"], "Achter de optie '--quiet' hoort geen", "does not take a value"),
        (["seal", "a.toml"], "De optie '--out' ontbreekt.", "Missing option '--out'"),
    ],
)
def test_what_is_wrong_with_a_command_line_is_told_in_its_language(
    arguments: list[str], dutch: str, english: str
) -> None:
    told = impact(*arguments)
    assert told.code == 2
    assert told.out == ""
    assert dutch in told.err
    shown = "Gebruik: " in told.err
    assert ("Uitleg: " in told.err) == shown
    for word in ("Error", "Usage", "Try", "Invalid", "Missing", "should", "option:"):
        assert word not in told.err
    told = impact("--lang", "en", *arguments)
    assert told.code == 2
    assert english in told.err
    # what Typer does not know the command of, it cannot say the usage of
    assert ("Usage: " in told.err) == shown


def test_a_command_that_is_none_is_told_with_those_that_look_like_it() -> None:
    for arguments, dutch in (
        (["rnu"], "De opdracht 'rnu' bestaat niet. Bedoelt u 'run'?"),
        (["optimize"], "Bedoelt u 'optimise'?"),
        (["road"], "Bedoelt u 'roads'"),
        (["roads", "biuld"], "Bedoelt u 'build'?"),
        (["fetch", "road"], "Bedoelt u 'roads'?"),
    ):
        told = impact(*arguments)
        assert told.code == 2
        assert dutch in told.err
        assert "Did you mean" in impact("--lang", "en", *arguments).err


@pytest.mark.parametrize("bad", ["\x1b[31mrood", "naam\r", "\u202egroN", "[red]x[/red]"])
def test_what_steers_a_terminal_is_shown_as_its_code(bad: str, tmp_path: Path) -> None:
    for arguments in (
        ["run", "a.toml", bad],
        ["run", "a.toml", f"--{bad}"],
        [bad],
        ["run", bad],
        ["run", tmp_path / "a.toml", "--draws", bad],
        ["report", bad],
        ["lookup", bad],
        ["lookup", "9712", "--html", tmp_path / bad / "x" / ".."],
    ):
        told = impact("--lang", "nl", *arguments)
        assert told.code == 2, arguments
        assert not {"\x1b", "\r", "\u202e"} & set(told.out + told.err)
        if arguments[:2] == ["run", "a.toml"] and bad in arguments and bad.isprintable():
            assert bad in told.err


def test_a_name_that_no_output_can_hold_is_refused() -> None:
    told = impact("--lang", "nl", "run", "st\udcff.toml")
    assert told.code == 2
    assert told.err == "impact: impact: gevonden: 'st\\udcff.toml', verwacht: een naam in UTF-8\n"


def test_an_unknown_language_of_the_whole_line_is_told() -> None:
    told = impact("--lang", "nl", "--lang", "fr", "run", "a.toml")
    assert told.code == 2
    assert told.err == "impact: --lang: gevonden: 'fr', verwacht: een van nl, en\n"


def test_no_arguments_show_help() -> None:
    for arguments in ((), ("fetch",), ("roads",)):
        shown = impact(*arguments)
        assert shown.code == 2
        assert "Gebruik: " in shown.out + shown.err


def test_words_of_other_versions_of_typer_are_known() -> None:
    said = {
        "Got unexpected extra argument (b)": "Dit staat er te veel: b.",
        "Invalid value for '--n': 'x' is not a valid integer.": (
            "De waarde van '--n' kan niet: 'x' is geen heel getal."
        ),
        "Invalid value for '--n': 0 is not in the range x>=1.": (
            "De waarde van '--n' kan niet: 0 ligt niet binnen x>=1."
        ),
        "No such option: --ou Did you mean --out?": (
            "De optie --ou bestaat niet. Bedoelt u --out?"
        ),
        "Something new": "Something new",
    }
    assert {text: fault_words(text, DUTCH) for text in said} == said


def test_help_is_read_from_one_catalogue() -> None:
    assert set(DUTCH) < set(translations("nl"))
    assert translations("en", "help") == {}
