"""Help and usage errors in the reader's language.

Typer and what it is made of speak English; their words are wordings like our own, recognised here
and said again. Catalogues are read only where something is said.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from impact.messages import asked_language, in_words, recognised, translations
from impact.tables.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

UsageError = cast("type[Exception]", typer.BadParameter.__bases__[0])
"""What Typer raises for a command line that it cannot read."""

_HELP = "help"
"""Catalogue of what help says."""

_TITLES = {
    "DEPRECATED_STRING": "(deprecated) ",
    "DEFAULT_STRING": "[default: {}]",
    "ENVVAR_STRING": "[env var: {}]",
    "REQUIRED_LONG_STRING": "[required]",
    "ARGUMENTS_PANEL_TITLE": "Arguments",
    "OPTIONS_PANEL_TITLE": "Options",
    "COMMANDS_PANEL_TITLE": "Commands",
    "ERRORS_PANEL_TITLE": "Error",
    "ABORTED_TEXT": "Aborted.",
    "RICH_HELP": "Try [blue]'{command_path} {help_option}'[/] for help.",
}
"""Names of what Typer's help and errors are set with -> their wordings."""

_USAGE = "Usage: "
_WORDS = ("[OPTIONS]", "COMMAND [ARGS]...")
"""What a line of usage says beside names."""

_OF_TYPER = ("Show this message and exit.",)
"""Help of the option that Typer adds to every command."""

_TYPES = (
    "<str>",
    "<path>",
    "<int>",
    "<int range>",
    "<float>",
    "<float range>",
    "<bool>",
    "<list[str]>",
    "<list[path]>",
)
"""Kinds of values as Typer calls them."""

_EXAMPLES = ("Example: {example}", "One claim: {example}")
_FAULTS = (
    "Missing option {name}.",
    "Missing argument {name}.",
    "Missing parameter {name}.",
    "Missing command.",
    "No such option: {name} (Possible options: {names})",
    "No such option: {name} Did you mean {names}?",
    "No such option: {name} (Did you mean one of: {names}?)",
    "No such option: {name}",
    "No such command {name}. Did you mean {names}?",
    "No such command {name}.",
    "Invalid value for {name}: {reason}",
    "Invalid value: {reason}",
    "Got unexpected extra argument(s) ({names})",
    "Got unexpected extra argument ({names})",
    "Got unexpected extra arguments ({names})",
    "Option {name} requires an argument.",
    "Option {name} requires {count} arguments.",
    "Option {name} does not take a value.",
    "Argument {name} takes {count} values.",
)
_REASONS = (
    "{value} is not a valid integer range.",
    "{value} is not a valid float range.",
    "{value} is not a valid integer.",
    "{value} is not a valid float.",
    "{value} is not a valid boolean.",
    "{value} is not in the range {limits}.",
    "Input should be a valid integer, unable to parse string as an integer",
    "Input should be a valid integer, got a number with a fractional part",
    "Input should be a valid number, unable to parse string as a number",
    "Input should be a valid boolean, unable to interpret input",
    "Input should be greater than or equal to {least}",
    "Input should be less than or equal to {most}",
    "Input should be a finite number",
)
"""What is wrong with a value, in the words of Typer and of pydantic."""


def help_words() -> Mapping[str, str]:
    """Return the catalogue of help in the language of this command line."""
    return translations(asked_language(sys.argv), _HELP)


def fault_words(message: str, words: Mapping[str, str]) -> str:
    """Say in the language of a catalogue what Typer finds wrong with a command line.

    Examples
    --------
    >>> nl = translations("nl", "help")
    >>> fault_words("Missing option '--out'.", nl), fault_words("No such option: --ui", nl)
    ("De optie '--out' ontbreekt.", 'De optie --ui bestaat niet.')
    """
    text = recognised(message, _FAULTS)
    fields = dict(getattr(text, "fields", {}))
    if "reason" in fields:
        fields["reason"] = in_words(recognised(str(fields["reason"]), _REASONS), words)
    template = str(getattr(text, "template", text))
    return words.get(template, template).format(**fields) if fields else in_words(text, words)


def help_text(text: str, words: Mapping[str, str]) -> str:
    """Say a help text in the language of a catalogue, paragraph by paragraph.

    Examples
    --------
    >>> help_text("Print the version.", translations("nl", "help"))
    'Toon de versie.'
    """
    return "\n\n".join(_paragraph(each, words) for each in re.split(r"\n\s*\n", text.strip()))


def _paragraph(text: str, words: Mapping[str, str]) -> str:
    plain = " ".join(text.split())
    if plain in words:
        return words[plain]
    filled = [each for each in words if "{" in each]
    return in_words(recognised(plain, (*_EXAMPLES, *_OF_TYPER, *filled)), words)


def set_titles(words: Mapping[str, str]) -> None:
    """Set what Typer's help and errors say between our texts."""
    from typer import rich_utils

    for name, wording in _TITLES.items():
        setattr(rich_utils, name, words.get(wording, wording))


def _always(text: str) -> Callable[[Any], str]:
    return lambda ctx: text  # noqa: ARG005 (asked of what it replaces)


def translate(command: Any, ctx: Any, words: Mapping[str, str]) -> None:  # noqa: ANN401
    """Say the help of a command, of its options and of the commands in it."""
    command.help = help_text(command.help or "", words)
    for param in command.get_params(ctx):
        if param.help:
            param.help = help_text(param.help, words)
        kind = getattr(param, "display_type_rich", str)(ctx)
        if kind in _TYPES:
            param.display_type_rich = _always(words.get(kind, kind))
        if panel := getattr(param, "rich_help_panel", None):
            param.rich_help_panel = words.get(panel, panel)


class _Spoken:
    """What commands and groups have in common: they speak the reader's language."""

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:  # noqa: ANN401
        """Take the language of the whole command line where the command itself names none."""
        lang = None if parent is None else parent.find_root().params.get("lang")
        if lang is not None:
            extra["default_map"] = {"lang": lang}
        return super().make_context(info_name, args, parent, **extra)  # type: ignore[misc]

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write help."""
        words = help_words()
        set_titles(words)
        translate(self, ctx, words)
        super().format_help(ctx, formatter)  # type: ignore[misc]

    def get_usage(self, ctx: Any) -> str:  # noqa: ANN401
        """Return the line that says how the command is called."""
        words = help_words()
        usage = str(super().get_usage(ctx))  # type: ignore[misc]
        for each in _WORDS:
            usage = usage.replace(each, words.get(each, each))
        return words.get(_USAGE, _USAGE) + usage.removeprefix(_USAGE)


class SpokenCommand(_Spoken, TyperCommand):
    """A command whose help is in the reader's language."""


class SpokenGroup(_Spoken, TyperGroup):
    """Commands of which the list, too, is in the reader's language."""

    words: Mapping[str, str] | None = None
    """Catalogue of help while help is written."""

    def find_command(self, ctx: Any, name: str) -> Any:  # noqa: ANN401
        """Return one command; `None` for a name that is none."""
        return super().get_command(ctx, name)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401
        """Return one command, which for a list says what it does in the reader's language."""
        command = self.find_command(ctx, cmd_name)
        if command is not None and self.words is not None:
            command.help = help_text(command.help or "", self.words)
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write help, with what each command does."""
        self.words = help_words()
        super().format_help(ctx, formatter)
        self.words = None


def show_usage_error(error: Any) -> None:  # noqa: ANN401
    """Say what is wrong with a command line, below how it is called."""
    from typer import rich_utils

    words = help_words()
    set_titles(words)
    message = visible(fault_words(error.format_message(), words))
    error.format_message = lambda: message
    rich_utils.rich_format_error(error)
