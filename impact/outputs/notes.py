"""Notes of the program, which are English in manifest.json, in the language of a reader."""

from __future__ import annotations

import re
from functools import cache
from string import Formatter
from typing import TYPE_CHECKING

from impact.outputs.texts import texts

if TYPE_CHECKING:
    from impact.outputs.texts import Texts

_AREA = "notes."
_NUMBERS = {"count", "total", "patients", "left_out", "value", "low", "high", "km"}
_NUMBERS |= {"beta", "alpha", "fit"}
_ANY_LENGTH = {"source"}
"""Fields that may be empty."""
_TEXTS = {"why", "kind"}
"""Fields that are texts of the catalogue themselves."""


def note_text(t: Texts, note: str) -> str:
    """Say a note in the language of a catalogue.

    Parameters
    ----------
    t
        Catalogue.
    note
        As in ``manifest["notes"]``.

    Returns
    -------
    str
        The note itself where the catalogue has no such sentence: it may come from a library.

    Notes
    -----
    The English catalogue has the sentences that the program writes. A note is found by its
    sentence, and what stood in its fields goes into the sentence of the other language. So
    manifest.json stays in one language, and runs of before can be read.

    Examples
    --------
    >>> from impact.outputs.texts import texts
    >>> note_text(texts("nl"), "a.csv: 2 columns not used: mayor, colour")
    'a.csv: kolommen die niet gebruikt zijn (2): mayor, colour'
    """
    return _found(t, note) or _in_parts(t, note) or note


def note_language(t: Texts, note: str) -> str:
    """Return the language in which `note_text` says a note.

    Parameters
    ----------
    t, note
        As for `note_text`.

    Returns
    -------
    str
        ``nl`` or ``en``.
    """
    return t.lang if note_text(t, note) != note else "en"


def _in_parts(t: Texts, note: str) -> str | None:
    """Say a note to which remarks were added, apart by semicolons."""
    parts = [_found(t, part) for part in note.split("; ")]
    return "; ".join(part for part in parts if part) if all(parts) else None


def _found(t: Texts, note: str) -> str | None:
    for key, pattern in _patterns():
        if match := pattern.fullmatch(note):
            fields = {name: _field(t, name, text) for name, text in match.groupdict().items()}
            return t(key, **fields)
    return None


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Sentences as patterns; those that say most themselves come first."""
    entries = texts("en").entries
    keys = [key for key in entries if key.startswith(_AREA)]
    return tuple(
        (key, _pattern(entries[key])) for key in sorted(keys, key=lambda x: -len(entries[x]))
    )


def _pattern(text: str) -> re.Pattern[str]:
    out = ""
    for literal, name, _, _ in Formatter().parse(text):
        out += re.escape(literal)
        if name:
            any_text = ".*?" if name in _ANY_LENGTH else ".+?"
            out += f"(?P<{name}>{'-?[0-9][0-9.,e+]*|nan' if name in _NUMBERS else any_text})"
    return re.compile(out, re.DOTALL)


def _field(t: Texts, name: str, text: str) -> str:
    if name in _TEXTS:
        return note_text(t, text)
    if name not in _NUMBERS or text == "nan":
        return text
    _, _, decimals = text.partition(".")
    return t.number(float(text.replace(",", "")), decimals=len(decimals))
