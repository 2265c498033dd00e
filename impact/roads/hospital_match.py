"""Match the hospitals of an extract to known ones, by distance and name."""

from __future__ import annotations

import json
import re
import unicodedata
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from impact.roads.distance import great_circle_km
from impact.roads.osm_hospitals import ATTRIBUTION
from impact.storage import replacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd

STATES = ("same", "renamed", "moved", "new", "gone")
"""What can be said of a hospital, from reassuring to worth a look."""

NEAR_KM = 1.0
"""Within this distance a hospital with a like name is the same: a large site, another entrance."""

SITE_KM = 0.3
"""Within this distance it is the same whatever its name."""

MOVED_KM = 5.0
"""Within this distance a hospital with nearly the same name has moved."""

_ALIKE, _NEARLY_EQUAL = 0.6, 0.85
_GENERIC = {
    *("ziekenhuis", "hospital", "medisch", "medical", "centrum", "center", "centre", "mc"),
    *("locatie", "stichting", "sint", "st", "het", "de", "van", "en", "gasthuis"),
}
_WRITTEN_OUT = {"universitair medisch centrum": "umc", "academisch ziekenhuis": "umc"}
_COLUMNS = ["state", "found", "known", "km", "likeness", "osm"]


def match_hospitals(found: gpd.GeoDataFrame, known: gpd.GeoDataFrame) -> pd.DataFrame:
    """Say of each hospital whether it is the same, renamed, moved, new or gone.

    Parameters
    ----------
    found
        From `impact.roads.osm_hospitals.find_hospitals`.
    known
        From `impact.places.read_hospitals`.

    Returns
    -------
    pandas.DataFrame
        One row per hospital, sorted by state and name: ``state``; ``found`` and ``known`` (names,
        empty where there is none); ``km`` between them; ``likeness`` of their names (0 to 1);
        ``osm``. A known hospital is gone if it is open (or its status is not given), lies within
        the bounds of the extract, and matches nothing.

    Notes
    -----
    One to one, the surest first: near with a like name, then on the same site, then moved; of
    equally sure ones the shortest distance, then names. Words that any hospital may carry do not
    count, nor does the place where another word is left.
    """
    pairs = _pairs(found, known)
    rows: list[tuple[object, ...]] = []
    left_found, left_known = set(found.index), set(known.index)
    for _, km, name, other, state, likeness in sorted(pairs):
        if name in left_found and other in left_known:
            left_found.remove(name)
            left_known.remove(other)
            rows.append((state, name, other, round(km, 3), round(likeness, 2), found["osm"][name]))
    rows += [("new", name, "", None, None, found["osm"][name]) for name in left_found]
    west, south, east, north = found.attrs["bounds"]
    rows += [
        ("gone", "", name, None, None, "")
        for name in left_known
        if known["status"][name] in {"", "open"}
        and west <= known["lon"][name] <= east
        and south <= known["lat"][name] <= north
    ]
    out = pd.DataFrame(rows, columns=_COLUMNS)
    out["state"] = pd.Categorical(out["state"], categories=STATES, ordered=True)
    out = out.sort_values(["state", "found", "known"], ignore_index=True)
    return out.astype({"state": object, "km": float, "likeness": float})


def write_candidates(found: gpd.GeoDataFrame, report: pd.DataFrame, path: Path | str) -> None:
    """Write the hospitals of an extract as a file that a study can name.

    Parameters
    ----------
    found
        From `impact.roads.osm_hospitals.find_hospitals`.
    report
        From `match_hospitals`.
    path
        Ending in ``.geojson``. Properties: name, organisation (operator), city, emergency, osm,
        amenity, healthcare, merged, state, known, km, source, year (date of the extract). Gone
        hospitals are a list ``gone`` beside the features.

    Raises
    ------
    OutputError
        When the folder cannot be written.
    """
    of = report[report["found"] != ""].set_index("found")
    kept = ("city", "emergency", "osm", "amenity", "healthcare", "merged")
    features = [
        {
            "type": "Feature",
            "properties": {
                "name": name,
                "organisation": row["operator"],
                **{column: row[column] for column in kept},
                "state": of["state"][name],
                "known": of["known"][name],
                "km": None if pd.isna(of["km"][name]) else float(of["km"][name]),
                "source": ATTRIBUTION,
                "year": found.attrs["date"],
            },
            "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
        }
        for name, row in found.iterrows()
    ]
    collection = {
        "type": "FeatureCollection",
        "gone": report.loc[report["state"] == "gone", "known"].tolist(),
        "features": features,
    }
    text = json.dumps(collection, ensure_ascii=False, indent=1, allow_nan=False)
    with replacing(Path(path)) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8", newline="\n")


def likeness(names: Iterable[str], others: Iterable[str], city: str = "") -> float:
    """How like two hospitals are by name.

    Parameters
    ----------
    names, others
        What each is called; the best pair counts.
    city
        Place, which tells hospitals of one town not apart.

    Returns
    -------
    float
        0 to 1.

    Examples
    --------
    >>> likeness(["Universitair Medisch Centrum Groningen"], ["UMC Groningen"], "Groningen")
    1.0
    >>> likeness(["Martini Ziekenhuis"], ["UMC Groningen"], "Groningen") < 0.5
    True
    """
    place = _words(city)
    left = [words for name in names if (words := _telling(name, place))]
    right = [words for name in others if (words := _telling(name, place))]
    return max((_alike(one, other) for one in left for other in right), default=0.0)


def _pairs(
    found: gpd.GeoDataFrame, known: gpd.GeoDataFrame
) -> list[tuple[int, float, str, str, str, float]]:
    """List possible matches: how sure (0 is surest), km, names, state, likeness."""
    pairs = []
    for name, row in found.iterrows():
        km = great_circle_km(row["lat"], row["lon"], known["lat"], known["lon"])
        for place in (km <= MOVED_KM).nonzero()[0]:
            other = known.iloc[place]
            alike = likeness(
                [str(name), row["operator"]],
                [str(other.name), other["organisation"]],
                other["city"] or row["city"],
            )
            if km[place] <= NEAR_KM and alike >= _ALIKE:
                sure, state = 0, "same"
            elif km[place] <= SITE_KM:
                sure, state = 1, "renamed"
            elif alike >= _NEARLY_EQUAL:
                sure, state = 2, "moved"
            else:
                continue
            pairs.append((sure, float(km[place]), str(name), str(other.name), state, alike))
    return pairs


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    for long, short in _WRITTEN_OUT.items():
        plain = plain.replace(long, short)
    return re.findall(r"[a-z0-9]+", plain)


def _telling(name: str, place: Sequence[str]) -> list[str]:
    """Words that tell a hospital from others; at least one, where it has any."""
    words = _words(name)
    own = [word for word in words if word not in _GENERIC and word not in place]
    return sorted(set(own or [word for word in words if word not in _GENERIC] or words))


def _alike(one: Sequence[str], other: Sequence[str]) -> float:
    shared = len({*one} & {*other}) / len({*one} | {*other})
    return max(shared, SequenceMatcher(None, " ".join(one), " ".join(other)).ratio())
