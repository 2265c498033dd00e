"""Which places a name could mean: villages that share a name are never taken together.

Postcodes with the same place name are one place where they lie in one municipality, or within
`ONE_PLACE_KM` of each other (a town across the border of a municipality), directly or through
others. What is left are places of their own, told apart by their municipality.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from impact.errors import Fault, InputError, nearest_names
from impact.geodesy import great_circle_km
from impact.messages import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

ONE_PLACE_KM = 5.0
"""Postcodes of one name this near are one place, whatever their municipality."""

_WITH_MUNICIPALITY = re.compile(r"(?P<name>.+?)\s*(?:\((?P<inside>[^()]+)\)|,\s*(?P<after>[^,]+))")


@dataclass(frozen=True)
class Place:
    """One village or town.

    Attributes
    ----------
    name
        As written in the postcodes.
    municipality
        In which most of its residents live; empty where the postcodes do not say.
    postcodes
        Sorted.
    shared
        Whether another place has the same name.
    """

    name: str
    municipality: str
    postcodes: tuple[str, ...]
    shared: bool = False

    @property
    def label(self) -> str:
        """The name, with the municipality where another place has the same name.

        Examples
        --------
        >>> Place("Winsum", "Waadhoeke", ("8831",), shared=True).label
        'Winsum (Waadhoeke)'
        """
        return (
            f"{self.name} ({self.municipality or self.postcodes[0]})" if self.shared else self.name
        )


def places_named(postcodes: pd.DataFrame, name: str) -> tuple[Place, ...]:
    """Find the places that a name could mean.

    Parameters
    ----------
    postcodes
        With ``place``, ``municipality``, ``lat``, ``lon`` and ``population``, from
        `impact.tables.places.read_postcodes`.
    name
        Such as ``Winsum``, or ``Winsum (Waadhoeke)`` or ``Winsum, Waadhoeke`` for one of them;
        capitals and accents do not count.

    Returns
    -------
    tuple of Place
        Those with most residents first; none where nothing has the name; one where there is no
        doubt.

    Examples
    --------
    >>> from impact.tables.places import read_postcodes
    >>> [place.label for place in places_named(read_postcodes(), "winsum")]
    ['Winsum (Het Hogeland)', 'Winsum (Waadhoeke)']
    >>> [place.postcodes for place in places_named(read_postcodes(), "Winsum, Waadhoeke")]
    [('8831',)]
    """
    key = _plain(name)
    names = postcodes["place"].map(_plain)
    found = tuple(_places(postcodes[names == key])) if key else ()
    match = _WITH_MUNICIPALITY.fullmatch(name.strip())
    if found or match is None:
        return found
    inside = _plain(match["inside"] or match["after"])
    named = _places(postcodes[names == _plain(match["name"])])
    return tuple(
        place for place in named if inside in {_plain(place.municipality), *place.postcodes}
    )


def one_place(postcodes: pd.DataFrame, name: str, *, source: str, where: str = "") -> Place:
    """Return the place that a name means.

    Parameters
    ----------
    postcodes, name
        See `places_named`.
    source, where
        Of the name, for the message.

    Returns
    -------
    Place

    Raises
    ------
    InputError
        Where no place has the name, with the nearest known ones; where several have it, with all of
        them.
    """
    found = places_named(postcodes, name)
    if len(found) == 1:
        return found[0]
    labels = tuple(place.label for place in found)
    expected = "a place with residents"
    if found:
        expected = said("one of the places of this name: {names}", names="; ".join(labels))
    else:
        labels = nearest_names(name, sorted({each for each in postcodes["place"] if each}))
    raise InputError(Fault(source, where, "place", name, expected, labels))


def place_labels(postcodes: pd.DataFrame) -> pd.Series[str]:
    """Name the place of every postcode so that different places have different names.

    Parameters
    ----------
    postcodes
        See `places_named`.

    Returns
    -------
    pandas.Series of str
        On the index of the postcodes: the place, with its municipality where several places have
        the name (``Winsum (Waadhoeke)``); empty where the postcode has no place.

    Examples
    --------
    >>> from impact.tables.places import read_postcodes
    >>> place_labels(read_postcodes()).loc[["9951", "8831", "9712"]].tolist()
    ['Winsum (Het Hogeland)', 'Winsum (Waadhoeke)', 'Groningen']
    """
    labels = postcodes["place"].astype(object).copy()
    names = postcodes["place"].map(_plain)
    for _, rows in postcodes[(names != "") & names.duplicated(keep=False)].groupby(names):
        for place in _places(rows):
            labels.loc[list(place.postcodes)] = place.label
    return labels.rename("place")


def _places(rows: pd.DataFrame) -> Iterator[Place]:
    """Divide postcodes of one name into places, those with most residents first."""
    if rows.empty:
        return
    lat, lon = (rows[name].to_numpy(np.float64) for name in ("lat", "lon"))
    municipality = rows["municipality"].to_numpy(dtype=object)
    near = great_circle_km(lat[:, None], lon[:, None], lat, lon) <= ONE_PLACE_KM
    near |= (municipality[:, None] == municipality) & (municipality != "")
    count, owner = connected_components(coo_array(near), directed=False)
    parts = [rows[owner == part] for part in range(count)]
    parts.sort(key=lambda part: (-part["population"].sum(), part.index[0]))
    for part in parts:
        homes = part.groupby("municipality")["population"].sum()
        yield Place(
            name=str(part["place"].iloc[0]),
            municipality=str(homes.idxmax()),
            postcodes=tuple(map(str, part.index)),
            shared=count > 1,
        )


def _plain(name: str) -> str:
    """Write a name without capitals, accents and double spaces."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(each for each in letters if not unicodedata.combining(each)).split())
