"""The command line: find the command, call it, say what went wrong."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.main import get_command

from impact import __version__
from impact.commands.language import SpokenCommand, SpokenGroup, UsageError, show_usage_error
from impact.errors import Fault, ImpactError, InputError, nearest_names, refused_by_system
from impact.messages import LANGUAGES, asked_language, said, translations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BAD_INPUT = 2
_INTERNAL = 1
_INTERRUPTED = 130
_ENDED = 143
_RARELY = (100_000, 20, 100)
"""Objects, and rounds of the younger, between two rounds of the garbage collector."""
_MEMORY = (
    "there is not enough memory for this on this machine; a region needs about 1 GB, the whole "
    "country more: close other programs, or ask for less at once"
)
_OURS = "internal error; please report it with these lines:"
_MEMORY_SIGNS = (
    "cannot allocate memory",
    "failed to map segment",
    "can't start new thread",
    "out of memory",
)
COMMANDS = {
    "demo": "run:demo",
    "run": "run:run",
    "sweep": "sweep:sweep",
    "optimise": "optimise:optimise",
    "portfolio": "portfolio:portfolio",
    "plan": "plan:plan",
    "monitor": "monitor:monitor",
    "seal": "sealed:seal",
    "contribute": "sealed:contribute",
    "merge": "sealed:merge",
    "times": "times:times",
    "lookup": "lookup:lookup",
    "reproduce": "reproduce:reproduce",
    "validate": "validate:validate",
    "check": "check:check",
    "postcodes": "fetch:demand_points",
    "compare": "compare:app",
    "combine": "combine:combine",
    "report": "report:report",
    "template": "template:template",
    "roads": "roads:app",
    "fetch": "fetch:app",
}
"""Name -> module of `impact.commands` and what in it, in the order of use."""


class _CommandsOnDemand(SpokenGroup):
    """Loads the module of a command when that command is asked for.

    Building a network of a country needs none of what draws a map, and the other way round.
    """

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002
        """Names, in the order of use."""
        return list(COMMANDS)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        """Find the command; of a name that is none, say which look like it."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = ", ".join(map(repr, nearest_names(name, COMMANDS, count=1)))
            text = f"No such command {name!r}."
            ctx.fail(f"{text} Did you mean {near}?" if near else text)
        return super().resolve_command(ctx, args)

    def find_command(self, ctx: Any, name: str) -> Any:  # noqa: ANN401, ARG002
        """Load one command; `None` for a name that is none."""
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        found = getattr(import_module(f"impact.commands.{module}"), attribute)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False, rich_markup_mode="rich")
            single.command(name, cls=SpokenCommand)(found)
            found = single
        command = get_command(found)
        command.name = name
        return command


app = typer.Typer(
    cls=_CommandsOnDemand,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _version(value: bool) -> None:  # noqa: FBT001 (a callback of the option)
    if value:
        sys.stdout.write(f"impact {__version__}\n")
        raise typer.Exit


def _language(value: str | None) -> str | None:
    if value is not None and value not in LANGUAGES:
        expected = said("one of {names}", names=", ".join(LANGUAGES))
        near = nearest_names(value, LANGUAGES)
        raise InputError(Fault("--lang", "", "", value, expected, near))
    return value


@app.callback()
def impact(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
    lang: Annotated[
        str | None,
        typer.Option(
            "--lang", callback=_language, help="nl or en, for every command that says nothing else."
        ),
    ] = None,
) -> None:
    """Who travels how much longer when a treatment stops in these hospitals?"""  # noqa: D400


class _UntilNobodyReads(io.FileIO):
    """Standard output into a pipe; when its reader leaves (``| head``), the work goes on."""

    def write(self, data: Any, /) -> int:  # noqa: ANN401
        """Write, or throw away what nobody reads."""
        try:
            return super().write(data)
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return len(memoryview(data).cast("B"))


def _outlive_readers() -> None:
    """Let a command finish its files although nobody reads what it prints."""
    out = sys.stdout
    if isinstance(out, io.TextIOWrapper) and not out.isatty():
        raw = _UntilNobodyReads(out.fileno(), "w", closefd=False)
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(raw), encoding=out.encoding, line_buffering=True
        )


def _words() -> Mapping[str, str]:
    """Return translations into the language of this command line."""
    return translations(asked_language(sys.argv))


def _out_of_memory(error: BaseException) -> bool:
    """Whether there was too little memory: for numbers, a library, or a thread."""
    seen: BaseException | None = error
    while seen is not None:
        text = str(seen).lower()
        if isinstance(seen, MemoryError) or any(sign in text for sign in _MEMORY_SIGNS):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _check_arguments(arguments: Sequence[str]) -> None:
    """Refuse what no file that we write could name."""
    for each in arguments:
        if any("\ud800" <= letter <= "\udfff" for letter in each):
            raise InputError(Fault("impact", "", "", each, "a name in UTF-8"))


def main() -> None:
    """Run the command line; exit 0 on success, 2 on bad input, 1 on an internal error."""
    _outlive_readers()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a terminal that lacks a character shows another; that is no reason to fail
            stream.reconfigure(errors="replace")
    # one that is asked to end removes what is half written, as one that is interrupted does
    taken = signal.signal(signal.SIGTERM, lambda *_: sys.exit(_ENDED))
    # a command ends soon: looking for what can go, again and again, takes longer than it spares
    thresholds = gc.get_threshold()
    gc.set_threshold(*_RARELY)
    try:
        _check_arguments(sys.argv[1:])
        sys.exit(app(standalone_mode=False))
    except UsageError as error:
        show_usage_error(error)
        sys.exit(_BAD_INPUT)
    except ImpactError as error:
        sys.stderr.write(f"impact: {error.words(_words())}\n")
        sys.exit(_BAD_INPUT)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except Exception as error:  # noqa: BLE001
        if _out_of_memory(error):
            sys.stderr.write(f"impact: {_words().get(_MEMORY, _MEMORY)}\n")
            sys.exit(_BAD_INPUT)
        if (refused := refused_by_system(error)) is not None:
            sys.stderr.write(f"impact: {refused.words(_words())}\n")
            sys.exit(_BAD_INPUT)
        # the last door: whatever comes here is our fault, and is said as such
        sys.stderr.write(f"impact: {_words().get(_OURS, _OURS)}\n")
        sys.stderr.write(traceback.format_exc())
        sys.exit(_INTERNAL)
    finally:
        gc.set_threshold(*thresholds)
        # whoever calls this from Python has handlers of its own; those of C cannot be given back
        if taken is not None:
            signal.signal(signal.SIGTERM, taken)
