"""From what people type to postcodes: a postcode, a place, a municipality, or the start of one.

`templates/search.js` finds the same in a browser; a test holds the two together.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from impact.bundled import data_path
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from impact.tables.place_names import Place

_SAINT = re.compile(r"\b(?:sint|st)[.\-\s]+")
_MARKS = re.compile(r"['’‘`´.,()/\-]+")
_CODE = re.compile(r"(?<!\d)(\d{4})\s?([a-z]{2})?(?![a-z\d])")
_MOST = 12


def searched_name(text: str) -> str:
    """Write a name as it is looked for: without capitals, accents, signs and ways of writing Saint.

    Examples
    --------
    >>> searched_name("St.-Annaparochie"), searched_name("Sint Annaparochie")
    ('sintannaparochie', 'sintannaparochie')
    >>> searched_name("Súdwest-Fryslân"), searched_name("'s-Hertogenbosch")
    ('sudwest fryslan', 's hertogenbosch')
    """
    letters = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(each for each in letters if not unicodedata.combining(each))
    return " ".join(_MARKS.sub(" ", _SAINT.sub("sint", plain)).split())


@cache
def other_names() -> tuple[tuple[str, str, str], ...]:
    """Return other names of places: name, name in the postcodes, its column.

    Examples
    --------
    >>> ("Ljouwert", "Leeuwarden", "place") in other_names()
    True
    """
    frame = read_table(data_path("postcodes/other_names.csv")).frame
    return tuple(frame[["name", "of", "kind"]].itertuples(index=False, name=None))


@dataclass(frozen=True)
class Found:
    """What a text means.

    Attributes
    ----------
    name
        As a reader sees it.
    postcodes
        All of them, sorted; none where the text can mean several places.
    which
        The places that it can mean, where they are several.
    """

    name: str
    postcodes: tuple[str, ...] = ()
    which: tuple[str, ...] = ()


def find_places(postcodes: pd.DataFrame, text: str) -> Found | None:
    """Find what a text means.

    Parameters
    ----------
    postcodes
        Index postcode; with ``place``, ``municipality``, ``lat``, ``lon`` and ``population``.
    text
        As people type: ``9203 AB``, ``Zwolle 8011``, ``St Annaparochie``, ``Winsum (Waadhoeke)``.

    Returns
    -------
    Found or None
        A postcode goes before a place, a place before a municipality, a whole name before the start
        of one. Different places of one name are never taken together.

    Examples
    --------
    >>> from impact.tables.places import read_postcodes
    >>> find_places(read_postcodes(), "Zwolle 8011").postcodes
    ('8011',)
    >>> find_places(read_postcodes(), "winsum").which
    ('Winsum (Het Hogeland)', 'Winsum (Waadhoeke)')
    """
    asked = searched_name(text)
    if not asked:
        return None
    code = _postcode(postcodes, asked)
    if code:
        return Found(code, (code,))
    names = postcodes["place"].map(searched_name)
    towns = postcodes["municipality"].map(searched_name)
    others = _others(asked)
    place = _one_of(_labelled(postcodes, asked, names, others))
    if place is not None:
        return place
    for known in (asked, *others["municipality"]):
        here = postcodes[towns == known]
        if len(here):
            return Found(str(here["municipality"].iloc[0]), tuple(map(str, here.index)))
    starts = sorted({name for name in names if name.startswith(asked)})
    if len(starts) > _MOST:
        return None
    return _one_of([each for name in starts for each in _of_name(postcodes, names, name)])


def _postcode(postcodes: pd.DataFrame, asked: str) -> str:
    """Return the postcode in a text, if it is one of these; that of six characters first."""
    known = {str(code).lower(): str(code) for code in postcodes.index}
    whole = asked.replace(" ", "")
    if whole in known:
        return known[whole]
    match = _CODE.search(asked)
    if match is None:
        return ""
    return known.get(match[1] + (match[2] or "")) or known.get(match[1], "")


def _others(asked: str) -> dict[str, list[str]]:
    """Return what an other name stands for, by column."""
    found: dict[str, list[str]] = {"place": [], "municipality": []}
    for name, of, kind in other_names():
        if searched_name(name) == asked:
            found[kind].append(searched_name(of))
    return found


def _labelled(
    postcodes: pd.DataFrame, asked: str, names: pd.Series[str], others: dict[str, list[str]]
) -> list[Place]:
    """Return the places of a name or an other name; else the one that is named with more."""
    wanted = (asked, *others["place"])
    found = [each for name in wanted for each in _of_name(postcodes, names, name)]
    if found:
        return found
    # 'Winsum Waadhoeke': the name of a place, then that of its municipality
    begun = {name for name in names if name and asked.startswith(f"{name} ")}
    return [
        each
        for name in sorted(begun)
        for each in _of_name(postcodes, names, name)
        if asked in {searched_name(f"{each.name} {each.municipality}"), searched_name(each.label)}
    ]


def _of_name(postcodes: pd.DataFrame, names: pd.Series[str], name: str) -> Iterable[Place]:
    from impact.tables.place_names import places_named

    here = postcodes[names == name]
    return () if here.empty else places_named(here, str(here["place"].iloc[0]))


def _one_of(places: list[Place]) -> Found | None:
    if not places:
        return None
    if len(places) == 1:
        return Found(places[0].label, places[0].postcodes)
    return Found("", which=tuple(each.label for each in places))
