"""What of the program is said to readers: found in its source, and caught while tests run."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, NamedTuple

from impact.errors import Fault, ImpactError, InputError
from impact.messages import Said, Verbatim, translations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "impact"

_ERRORS = {"MissingDataError", "OutputError"}
"""Errors that say something themselves; an `InputError` has faults that do."""

_WHERE, _VALUE, _EXPECTED = 1, 3, 4
"""Places of what is said among the arguments of a fault."""

_WORD = re.compile(r"[A-Za-z]{2,}")
_SENTENCE = re.compile(r"[A-Za-z]+ +[A-Za-z]+")
_PART = re.compile(r"[A-Za-z]+ |^ [A-Za-z]{3,}")


class Saying(NamedTuple):
    """Something that the source says to readers."""

    place: str
    text: str
    """The wording; what it is made of where it cannot be translated."""

    fixed: bool
    """Whether it is one wording, which can be a key."""


def has_words(wording: str) -> bool:
    """Whether there is something to translate outside the fields of a wording."""
    try:
        return any(_WORD.search(plain) for plain, _, _, _ in Formatter().parse(wording))
    except ValueError:
        return bool(_WORD.search(wording))


@cache
def dutch() -> frozenset[str]:
    """Return every wording that has a translation."""
    return frozenset(translations("nl"))


@cache
def constants() -> frozenset[str]:
    """Return every constant text of the program, and the paragraphs of what explains it."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
                found |= {" ".join(each.split()) for each in re.split(r"\n\s*\n", node.value)}
    return frozenset(found)


def sayings(path: Path) -> Iterator[Saying]:
    """Find what a source file says in faults and errors."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    globals_ = _assigned(tree.body)
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    inner = {id(node) for each in functions for node in ast.walk(each) if node is not each}
    for scope in [tree, *(each for each in functions if id(each) not in inner)]:
        names = globals_ | _assigned(list(ast.walk(scope)) if scope is not tree else [])
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and (scope is not tree or id(node) not in inner):
                yield from _call(path, node, names)


def _assigned(nodes: list[ast.stmt] | list[ast.AST]) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:
        value = getattr(node, "value", None)
        if value is None or not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            continue
        for target in getattr(node, "targets", None) or [getattr(node, "target", None)]:
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(value)
    return found


def _call(path: Path, node: ast.Call, names: dict[str, list[ast.expr]]) -> Iterator[Saying]:
    called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    called = node.func.id if isinstance(node.func, ast.Name) else called
    by_name = {each.arg: each.value for each in node.keywords}
    if called == "said" and node.args:
        yield from _text(path, node.args[0], names)
    elif called == "Fault":
        for place, key in ((_WHERE, "where"), (_VALUE, "value"), (_EXPECTED, "expected")):
            given = node.args[place] if len(node.args) > place else by_name.get(key)
            # a value is what was found, and a place may be a key: only sentences are ours
            if given is not None:
                yield from _text(path, given, names, sentences=place != _EXPECTED)
    elif called in _ERRORS and node.args:
        yield from _text(path, node.args[0], names)
    elif called.lower().endswith("fault"):
        for each in [*node.args, *by_name.values()]:
            yield from _text(path, each, names, sentences=True)
    elif called in {"Expecting", "_expected"} and node.args:
        yield from _text(path, node.args[0], names)


def _text(
    path: Path, node: ast.expr, names: dict[str, list[ast.expr]], *, sentences: bool = False
) -> Iterator[Saying]:
    place = f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and (not sentences or _SENTENCE.search(node.value)):
            yield Saying(place, node.value, fixed=True)
    elif isinstance(node, ast.IfExp):
        for each in (node.body, node.orelse):
            yield from _text(path, each, names, sentences=sentences)
    elif isinstance(node, ast.Name):
        for each in names.get(node.id, ()):
            if not (isinstance(each, ast.Name) and each.id == node.id):
                rest = {name: values for name, values in names.items() if name != node.id}
                yield from _text(path, each, rest, sentences=sentences)
    elif isinstance(node, ast.JoinedStr | ast.BinOp):
        parts = [
            each.value
            for each in ast.walk(node)
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        if any((_PART if sentences else _WORD).search(part) for part in parts):
            yield Saying(place, ast.unparse(node), fixed=False)


def untranslated(text: str, *, sentence: bool = False) -> Iterator[str]:
    """Find the wordings of a text that were filled in and have no translation."""
    if isinstance(text, Verbatim):
        return
    if isinstance(text, Said):
        if has_words(text.template) and text.template not in dutch():
            yield text.template
        for each in text.fields.values():
            if isinstance(each, Said):
                yield from untranslated(each)
    elif (_SENTENCE.search(text) if sentence else has_words(text)) and text not in dutch():
        yield text


class Caught:
    """Wordings without a translation that errors of the program said."""

    def __init__(self) -> None:
        self.wordings: list[str] = []

    def fault(self, fault: Fault) -> None:
        """Look at a fault that was just made."""
        place = _speaker()
        if place:
            found = [*untranslated(fault.where, sentence=True), *untranslated(fault.expected)]
            if isinstance(fault.value, Said):
                found += untranslated(fault.value)
            self.wordings += [f"{place}: {each!r}" for each in found]

    def error(self, error: ImpactError) -> None:
        """Look at an error that was just made; its faults were looked at one by one."""
        place = "" if isinstance(error, InputError) else _speaker()
        if place:
            found = [
                each
                for text in error.args[:1]
                if isinstance(text, str)
                for each in untranslated(text)
            ]
            self.wordings += [f"{place}: {each!r}" for each in found]


def _speaker() -> str:
    """Place in the program that speaks; empty where a test does."""
    frame = sys._getframe(1)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT / "tests") and path != Path(__file__):
            return ""
        if path.is_relative_to(PACKAGE) and path.name != "errors.py":
            return f"{path.name}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def listen(caught: Caught) -> Callable[[], None]:
    """Look at every fault and error from now on; returns how to stop."""
    made = Fault.__init__

    def fault(self: Fault, *args: object, **fields: object) -> None:
        made(self, *args, **fields)  # type: ignore[arg-type]
        caught.fault(self)

    def error(self: ImpactError, *args: object) -> None:
        super(ImpactError, self).__init__(*args)
        caught.error(self)

    Fault.__init__ = fault  # type: ignore[method-assign]
    ImpactError.__init__ = error  # type: ignore[method-assign]

    def stop() -> None:
        Fault.__init__ = made  # type: ignore[method-assign]
        del ImpactError.__init__

    return stop
