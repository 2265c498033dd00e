"""Take values out of a TOML document and collect what is wrong with them, with its place."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from impact.errors import Fault, nearest_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_-]+)((?:\.[A-Za-z0-9_-]+)*)\s*\]\]?")
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")


def key_lines(text: str) -> dict[str, int]:
    r"""Find the lines on which the keys of a TOML text stand.

    Examples
    --------
    >>> key_lines('[study]\ntitle = "x"\n[[scenario]]\nname = "y"')
    {'study': 1, 'study.title': 2, 'scenario[1]': 3, 'scenario[1].name': 4}
    """
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    prefix = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            prefix = header[2]
            if header[1] == "[[":
                counts[prefix] = counts.get(prefix, 0) + 1
                prefix = f"{prefix}[{counts[prefix]}]"
            elif prefix in counts:
                prefix = f"{prefix}[{counts[prefix]}]{header[3]}"
            else:
                prefix += header[3]
            lines.setdefault(prefix, number)
        elif key := _KEY.match(line):
            lines.setdefault(f"{prefix}.{key[1]}" if prefix else key[1], number)
    return lines


class TomlReader:
    """Takes values out of a TOML document and collects the faults.

    Each method returns a usable value whatever it found, so that reading goes on and every fault
    is reported at once.

    Parameters
    ----------
    source
        File name, for messages.
    lines
        Key path -> line, from `key_lines`.
    """

    def __init__(self, source: str, lines: Mapping[str, int]) -> None:
        self.source = source
        self.lines = lines
        self.faults: list[Fault] = []

    def fault(self, path: str, value: object, expected: str, known: Iterable[str] = ()) -> None:
        """Note one fault; the line is that of the key or of the nearest table above it."""
        line, shorter = None, path
        while shorter and line is None:
            line = self.lines.get(shorter)
            shorter = shorter.rpartition(".")[0]
        shown = None if value is None else _shown(value)
        names = nearest_names(shown, known) if shown is not None else ()
        where = "" if line is None else f"line {line}"
        self.faults.append(Fault(self.source, where, path, shown, expected, names))

    def unknown_keys(self, table: Mapping[str, Any], known: Sequence[str], path: str) -> None:
        """Note keys that mean nothing here: a typing error must not pass in silence."""
        for key in table:
            if key not in known:
                place = f"{path}.{key}" if path else key
                self.fault(place, key, "one of the keys " + ", ".join(known), known)

    def repeated(self, names: Sequence[str], kind: str) -> None:
        """Note names that occur twice among tables of one kind."""
        for number, name in enumerate(names, start=1):
            if name and name in names[: number - 1]:
                self.fault(f"{kind}[{number}].name", name, "each name once")

    def one_of(self, name: str, known: Sequence[str], path: str) -> None:
        """Note a name that is not among the known ones."""
        if name not in known:
            self.fault(path, name, "one of " + ", ".join(known), known)

    def table(
        self, document: Mapping[str, Any], key: str, *, path: str | None = None
    ) -> Mapping[str, Any]:
        """Return a table; empty where it is missing. `path` is its key path, for messages."""
        value = document.get(key)
        if isinstance(value, dict):
            return value
        shape = f"a table [{key}]" if path is None else f"{key} = {{ ... }}"
        self.fault(path or key, value, shape)
        return {}

    def tables(self, document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
        """Return an array of tables; empty where it is missing."""
        value = document.get(key, [])
        if isinstance(value, list) and all(isinstance(each, dict) for each in value):
            return value
        self.fault(key, type(value).__name__, f"tables headed [[{key}]]")
        return []

    def text(
        self, table: Mapping[str, Any], key: str, path: str, *, default: str | None = None
    ) -> str:
        """Return a text; without a default it may not be empty."""
        value = table.get(key, default)
        if isinstance(value, str) and (value.strip() or default is not None):
            return value.strip()
        if table or default is None:
            self.fault(f"{path}.{key}", value, "a text that is not empty")
        return ""

    def texts(
        self,
        table: Mapping[str, Any],
        key: str,
        path: str,
        *,
        default: tuple[str, ...] | None = None,
    ) -> tuple[str, ...]:
        """Return a list of texts."""
        value = table.get(key, default)
        if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
            return tuple(value)
        self.fault(f"{path}.{key}", value, "a list of names")
        return ()

    def choice(
        self,
        table: Mapping[str, Any],
        key: str,
        path: str,
        known: Sequence[str],
        default: str,
    ) -> str:
        """Return one of a few words."""
        value = table.get(key, default)
        if value == default or value in known:
            return str(value)
        self.fault(f"{path}.{key}", value, "one of " + ", ".join(known), known)
        return default

    def number(
        self, table: Mapping[str, Any], key: str, path: str, *, minimum: float
    ) -> float | None:
        """Return a finite number of at least the minimum, or `None` where the key is absent."""
        value = table.get(key)
        if value is None:
            return None
        if _is_number(value) and value >= minimum:
            return float(value)
        limit = f" of {minimum:g} or more" if math.isfinite(minimum) else ""
        self.fault(f"{path}.{key}", value, f"a number{limit}")
        return None

    def count(self, table: Mapping[str, Any], key: str, path: str) -> int | None:
        """Return a whole number of one or more, or `None` where the key is absent."""
        value = table.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
            return value
        self.fault(f"{path}.{key}", value, "a whole number of 1 or more")
        return None

    def numbers(self, table: Mapping[str, Any], key: str, path: str) -> dict[str, float]:
        """Return name -> number of zero or more, in the order of the file."""
        value = table.get(key, {})
        shape = '{ "name" = 1.5 } with numbers of 0 or more'
        if not isinstance(value, dict):
            self.fault(f"{path}.{key}", value, shape)
            return {}
        for name, number in value.items():
            if not _is_number(number) or number < 0:
                self.fault(f"{path}.{key}", f"{name} = {number}", shape)
        return {name: float(n) for name, n in value.items() if _is_number(n) and n >= 0}

    def switch(self, table: Mapping[str, Any], key: str, path: str, *, default: bool) -> bool:
        """Return true or false."""
        value = table.get(key, default)
        if isinstance(value, bool):
            return value
        self.fault(f"{path}.{key}", value, "true or false")
        return default

    def locations(
        self, table: Mapping[str, Any], key: str, path: str
    ) -> dict[str, tuple[str, ...]]:
        """Return intervention -> locations, each list sorted."""
        value = table.get(key, {})
        if not isinstance(value, dict):
            self.fault(f"{path}.{key}", value, '{ "intervention" = ["location"] }')
            return {}
        return {name: tuple(sorted(self.texts(value, name, f"{path}.{key}"))) for name in value}

    def shares(self, table: Mapping[str, Any], key: str, path: str) -> dict[str, dict[str, float]]:
        """Return giver -> taker -> share, takers sorted."""
        value = table.get(key, {})
        shape = '{ "stops here" = { "goes there" = 1.0 } }'
        if not isinstance(value, dict):
            self.fault(f"{path}.{key}", value, shape)
            return {}
        out = {}
        for giver, takers in value.items():
            if not isinstance(takers, dict) or not all(_is_number(n) for n in takers.values()):
                self.fault(f"{path}.{key}", f"{giver} = {takers}", shape)
                continue
            out[giver] = {name: float(takers[name]) for name in sorted(takers)}
        return out


def _shown(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # Python does not write whole numbers of thousands of digits
        return f"a value of type {type(value).__name__} that is too long to show"


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number too large for a float
        return False
