"""What is said on the screen: English in the code, other languages by catalogue.

The English wording is the key of its translation, as with gettext. A wording with names or numbers
in it is made by `said`, which keeps what was filled in beside the English text; so the library
raises English, and the command line says the same in the reader's language.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LANGUAGES = ("nl", "en")
"""Dutch is the default."""

CATALOGUES = Path(__file__).resolve().parent / "outputs" / "text"
"""A folder of texts per language."""


class Said(str):
    """An English text that remembers of which wording it was made.

    Attributes
    ----------
    template
        The wording, with named fields.
    fields
        Name -> what was filled in: a text (which may be `Said` itself) or anything else.
    """

    __slots__ = ("fields", "template")
    template: str
    fields: Mapping[str, object]

    def __reduce__(self) -> tuple[object, tuple[str, dict[str, object]]]:
        """Pickle the wording with its fields: a fault may come from another process."""
        return _said, (self.template, dict(self.fields))


class Verbatim(str):
    """A name, which is the same in every language, also where it looks like a wording."""

    __slots__ = ()


def said(template: str, /, **fields: object) -> Said:
    """Fill in a wording, and remember it.

    Examples
    --------
    >>> text = said("at most {count} rows", count=3)
    >>> text, text.template
    ('at most 3 rows', 'at most {count} rows')
    """
    return _said(template, fields)


def _said(template: str, fields: Mapping[str, object]) -> Said:
    made = Said(template.format(**fields))
    made.template, made.fields = template, fields
    return made


def in_words(text: str, catalogue: Mapping[str, str]) -> str:
    """Say a text in the language of a catalogue; what it does not hold stays English.

    Examples
    --------
    >>> nl = {"row {n}": "rij {n}", "a name": "een naam"}
    >>> in_words(said("row {n}", n=3), nl), in_words("a name", nl), in_words("Oost", nl)
    ('rij 3', 'een naam', 'Oost')
    """
    if isinstance(text, Verbatim):
        return text
    if not isinstance(text, Said):
        return catalogue.get(text, text)
    fields = {
        name: in_words(each, catalogue) if isinstance(each, str) else each
        for name, each in text.fields.items()
    }
    return catalogue.get(text.template, text.template).format(**fields)


def recognised(text: str, wordings: Iterable[str]) -> str:
    """Recognise a text of a library as one of its wordings, so that it can be translated.

    Examples
    --------
    >>> text = recognised("Cannot declare ('a',) twice", ["Cannot declare {key} twice"])
    >>> text.fields
    {'key': "('a',)"}
    """
    for wording in wordings:
        parts = Formatter().parse(wording)
        pattern = "".join(
            re.escape(plain) + (f"(?P<{name}>.*)" if name else "") for plain, name, _, _ in parts
        )
        if match := re.fullmatch(pattern, text, re.DOTALL):
            return said(wording, **match.groupdict())
    return text


@cache
def translations(lang: str, only: str = "*") -> Mapping[str, str]:
    """Return English wording -> wording in a language; empty for English itself.

    Parameters
    ----------
    lang
        ``nl`` or ``en``.
    only
        Name of the one catalogue that is needed; every one by default.
    """
    found: dict[str, str] = {}
    for path in sorted((CATALOGUES / lang / "messages").glob(f"{only}.toml")):
        found |= tomllib.loads(path.read_text(encoding="utf-8"))
    return found


def asked_language(arguments: Sequence[str]) -> str:
    """Return the language that a command line asks for, before anything is known of it.

    Examples
    --------
    >>> asked_language(["run", "--lang", "en"]), asked_language(["--lang=en"])
    ('en', 'en')
    >>> asked_language(["run", "--lang", "fr"]), asked_language([])
    ('nl', 'nl')
    >>> asked_language(["--lang", "en", "lookup", "--", "--lang", "nl"])
    'en'
    """
    lang = LANGUAGES[0]
    if "--" in arguments:
        # what stands behind it are no options
        arguments = arguments[: arguments.index("--")]
    for place, each in enumerate(arguments):
        name, _, value = each.partition("=")
        if name == "--lang":
            value = value or "".join(arguments[place + 1 : place + 2])
            lang = value if value in LANGUAGES else lang
    return lang
