"""Every text that a person reads in an output: one catalogue per language.

A catalogue is a folder of TOML files (one per kind of output); a text is asked for by
``"file.key"`` and filled in with `str.format`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from impact.errors import Fault, InputError, nearest_names
from impact.messages import LANGUAGES, said
from impact.study.model import DISPLAYED, RULE
from impact.tables.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER = Path(__file__).resolve().parent
_SEPARATORS = {"nl": (".", ","), "en": (",", ".")}


@dataclass(frozen=True)
class Texts:
    """The catalogue of one language.

    Attributes
    ----------
    lang
        ``nl`` or ``en``.
    entries
        ``"file.key"`` -> text with named fields.
    """

    lang: str
    entries: Mapping[str, str]

    def __call__(self, key: str, /, **fields: object) -> str:
        """Return a text, filled in; what a screen would obey in a name is made visible."""
        shown = {
            name: visible(str(each)) if isinstance(each, (str, PurePath)) else each
            for name, each in fields.items()
        }
        text = self.entries[key]
        if "({unit})" in text:
            shown["unit"] = _unbracketed(str(shown["unit"]))
        return text.format(**shown)

    def number(self, value: float, *, decimals: int = 0) -> str:
        """Write a number as this language does.

        Examples
        --------
        >>> texts("nl").number(1234567), texts("en").number(1234567.25, decimals=1)
        ('1.234.567', '1,234,567.2')
        >>> texts("nl").number(-41)
        '−41'
        """
        if value != value:  # noqa: PLR0124 (NaN is the one number unlike itself)
            return "–"
        thousands, point = _SEPARATORS[self.lang]
        text = f"{value:,.{decimals}f}"
        if text.strip("-0.,") == "":
            text = text.lstrip("-")
        return text.translate({ord(","): thousands, ord("."): point, ord("-"): "−"})

    def decimals(self, value: float, decimals: int) -> str:
        """Write a number with so many decimals, as notes are filled in."""
        return self.number(value, decimals=decimals)

    def scenario(self, name: str) -> str:
        """Return the name of a scenario as a reader sees it."""
        if name == DISPLAYED:
            return self("common.displayed_candidate")
        if name.startswith(RULE):
            return self.entries.get(f"common.rule_{name.removeprefix(RULE)}", name)
        return name

    def one_way(self, kind: str) -> str:
        """Say what minutes mean: our own are by car, door to door; a user's may be anything."""
        kinds = {"own matrix": "own", "transit": "transit", "mix": "mix"}
        return self(f"common.one_way_{kinds[kind]}" if kind in kinds else "common.one_way")

    def unit(self, unit: str) -> str:
        """Return the unit of demand as a reader sees it, such as 'inwoners'."""
        kind, _, rest = unit.partition(": ")
        return self(f"common.unit_{kind.replace(' ', '_').replace('+', 'plus')}", name=rest)


def _unbracketed(unit: str) -> str:
    """Write a unit for between brackets: with commas for its own.

    Examples
    --------
    >>> _unbracketed("patients per year (modelled) or residents")
    'patients per year, modelled, or residents'
    """
    plain = unit.replace(" (", ", ").replace("),", ",").replace(") ", ", ")
    return plain.removesuffix(")")


@cache
def texts(lang: str) -> Texts:
    """Load the catalogue of a language.

    Parameters
    ----------
    lang
        ``nl`` or ``en``.

    Returns
    -------
    Texts

    Raises
    ------
    InputError
        For another language.
    """
    if lang not in LANGUAGES:
        expected = said("one of {names}", names=", ".join(LANGUAGES))
        raise InputError(Fault("--lang", "", "", lang, expected, nearest_names(lang, LANGUAGES)))
    entries = {}
    for path in sorted((_FOLDER / lang).glob("*.toml")):
        for key, text in tomllib.loads(path.read_text(encoding="utf-8")).items():
            entries[f"{path.stem}.{key}"] = text
    return Texts(lang, entries)
