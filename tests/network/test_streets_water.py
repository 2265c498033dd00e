"""No shipped road crosses open water without a bridge, dam, tunnel or ferry.

Outlines of municipalities leave out the large waters, to some hundreds of metres; rivers they know
as borders in mid-stream only. So the large waters are checked against the outlines, and rivers
where both banks are in the table of water barriers: a link over such a border lies beside a bridge
or tunnel of the extract, or on a border of which a stretch lies on land or a dam. Rivers inside a
municipality, canals and the waters abroad are not checked.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from impact.bundled import data_path
from impact.network.main_roads import read_barriers
from impact.network.shipped import STREETS
from impact.network.streets import PER_DEGREE, Streets, read_streets
from impact.tables.text_table import decode, read_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FILLED, BOAT = 1, 3
NARROW = np.cos(np.radians(52.2))
KM_PER_DEGREE = 111.195
WIDE_KM = 1.2
"""Roads on dikes and in harbours lie up to so far outside the simplified outlines."""
BESIDE_KM = 0.5

SEAS = {
    "IJsselmeer": (52.25, 53.1, 5.0, 5.95),
    "Wadden": (52.9, 53.6, 4.7, 6.6),
    "Zeeland": (51.4, 51.85, 3.5, 4.3),
}
"""South, north, west, east: inside them what no outline holds is water, not abroad."""

OVER_SEA = {
    "Zeelandbrug": (51.55, 51.67, 3.82, 3.96),
    "Oosterscheldekering": (51.58, 51.66, 3.66, 3.74),
    "beach road of Ameland": (53.42, 53.44, 5.63, 5.71),
    "Lauwersmeerdijk": (53.38, 53.42, 6.19, 6.32),
    "Oesterdam": (51.43, 51.55, 4.15, 4.24),
    "pier of Sint Philipsland": (51.59, 51.63, 4.07, 4.12),
}
"""South, north, west, east of dams, bridges and roads outside the outlines."""

ON_LAND = {
    ("Altena", "Gorinchem"): "the A27 at Gorinchem lost its tag of a bridge at the edge of a tile",
    ("Altena", "Zaltbommel"): "dam with the Wilhelmina lock, N322",
    ("Brummen", "Zutphen"): "De Hoven lies west of the river",
    ("Dordrecht", "Moerdijk"): "the bridge of Moerdijk has its tag near the banks only",
    ("Dronten", "Kampen"): "dam of Roggebot, N307",
    ("Duiven", "Lingewaard"): "the Loowaard lies on both sides of the border",
    ("Epe", "Olst-Wijhe"): "Welsum and Den Nul lie west of the river",
    ("Goeree-Overflakkee", "Moerdijk"): "locks of Volkerak",
    ("Goeree-Overflakkee", "Schouwen-Duiveland"): "Brouwersdam and Grevelingendam",
    ("Goes", "Noord-Beveland"): "Zandkreekdam",
    ("Heerde", "Olst-Wijhe"): "Marle lies west of the river",
    ("Hollands Kroon", "Súdwest-Fryslân"): "Afsluitdijk",
    ("Houten", "Vijfheerenlanden"): "the Ossenwaard lies north of the river",
    ("Kampen", "Noordoostpolder"): "main roads that fill in have no tags: Ramspol",
    ("Krimpenerwaard", "Zuidplas"): "streets on the bank of Gouderak and Moordrecht",
    ("Neder-Betuwe", "Wageningen"): "the Maneswaard lies on both sides of the border",
    ("Nieuwegein", "Vijfheerenlanden"): "the A27 at Hagestein lost its tag, as at Gorinchem",
    ("Noord-Beveland", "Veere"): "Veerse Gatdam and Oosterscheldekering",
    ("Olst-Wijhe", "Voorst"): "Welsum lies west of the river",
    ("Oss", "Wijchen"): "the bridge of Ravenstein is a hole of the extract that is mended",
    ("Reimerswaal", "Tholen"): "Oesterdam",
    ("Schouwen-Duiveland", "Tholen"): "Philipsdam",
    ("Schouwen-Duiveland", "Veere"): "Oosterscheldekering",
}
"""Pairs of banks of which the border does not lie in mid-stream everywhere."""


@pytest.fixture(scope="module")
def shipped() -> Streets:
    return read_streets(data_path(f"roads/{STREETS}"))


@pytest.fixture(scope="module")
def outlines() -> dict[str, shapely.Geometry]:
    path = data_path("boundaries/municipalities.geojson")
    features = json.loads(decode(path.name, read_bytes(path)))["features"]
    return {
        each["properties"]["municipality"]: shapely.from_geojson(json.dumps(each["geometry"]))
        for each in features
    }


def steps(streets: Streets) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Give link, latitudes and longitudes of both ends of every straight step of every link."""
    lat, lon, bounds = streets.course()
    link = np.repeat(np.arange(len(streets.tail)), np.diff(bounds))
    first = np.flatnonzero(link[1:] == link[:-1])
    both = np.column_stack([first, first + 1])
    return link[first], lat[both] / PER_DEGREE, lon[both] / PER_DEGREE


def inside(
    box: tuple[float, float, float, float], lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> NDArray[np.bool_]:
    south, north, west, east = box
    return (lat > south) & (lat < north) & (lon > west) & (lon < east)


def test_the_large_waters_are_crossed_where_known_only(
    shipped: Streets, outlines: dict[str, shapely.Geometry]
) -> None:
    land = shapely.union_all(list(outlines.values()))
    shapely.prepare(land)
    link, lat, lon = steps(shipped)
    at_sea = np.any([inside(box, lat[:, 0], lon[:, 0]) for box in SEAS.values()], axis=0)
    link, lat, lon = link[at_sea], lat[at_sea], lon[at_sea]
    share = (np.arange(20) + 0.5) / 20
    north = lat[:, :1] * (1.0 - share) + lat[:, 1:] * share
    east = lon[:, :1] * (1.0 - share) + lon[:, 1:] * share
    dry = shapely.contains_xy(land, east.ravel(), north.ravel()).reshape(north.shape)
    length = np.hypot(np.diff(lat)[:, 0], np.diff(lon)[:, 0] * NARROW) * KM_PER_DEGREE
    wet = np.bincount(link, length * (1.0 - dry.mean(axis=1)), minlength=len(shipped.tail))
    middle = {
        each: (north[link == each].mean(), east[link == each].mean())
        for each in np.flatnonzero(wet > WIDE_KM)
    }
    known = {
        each
        for each, (y, x) in middle.items()
        if any(inside(box, np.array(y), np.array(x)) for box in OVER_SEA.values())
    }
    assert {each for each in middle if shipped.origin[each] != BOAT} - known == set()
    # and the boats are found by this measure
    boats = {
        name
        for link, name in zip(shipped.ferry, shipped.ferries, strict=True)
        if wet[link] > WIDE_KM
    }
    assert len(boats) >= 4
    # roads that fill in keep to their side of the lakes: local legs over water are dropped
    classes = np.array([name for name, _ in shipped.kinds])[shipped.kind]
    legs = (shipped.origin == FILLED) & (classes == "unclassified")
    assert wet[legs].max() < 0.35


@pytest.fixture(scope="module")
def spans(shared_data: Path) -> shapely.STRtree:
    """Bridges and tunnels of the extract."""
    osmium = pytest.importorskip("osmium")
    extract = shared_data / "osm" / "netherlands_2021.osm.pbf"
    if not extract.is_file():
        pytest.skip("the extract is not here")
    ways = osmium.FileProcessor(str(extract), osmium.osm.WAY | osmium.osm.NODE).with_locations()
    found = [
        shapely.LineString([(node.lon * NARROW, node.lat) for node in each.nodes])
        for each in ways.with_filter(osmium.filter.KeyFilter("bridge", "tunnel"))
        if each.is_way() and "highway" in each.tags
    ]
    return shapely.STRtree(found)


def test_rivers_are_crossed_by_bridge_tunnel_or_ferry(
    shipped: Streets, outlines: dict[str, shapely.Geometry], spans: shapely.STRtree
) -> None:
    pairs = {tuple(sorted(each)) for each in read_barriers(data_path("roads/water_barriers.csv"))}
    banks, borders = [], []
    for one, other in sorted(pairs):
        shared = shapely.intersection(outlines[one].boundary, outlines[other].boundary)
        if shapely.length(shared) > 0.0:
            banks.append((one, other))
            borders.append(shared)
    link, lat, lon = steps(shipped)
    tree = shapely.STRtree(borders)
    lines = shapely.linestrings(np.stack([lon, lat], axis=2))
    step, border = tree.query(lines, predicate="crosses")
    assert len(step) > 100
    by_road = shipped.origin[link[step]] != BOAT
    place = shapely.centroid(shapely.intersection(lines[step], np.array(borders)[border]))
    there = shapely.points(shapely.get_x(place) * NARROW, shapely.get_y(place))
    near = spans.query_nearest(there, max_distance=BESIDE_KM / KM_PER_DEGREE, all_matches=False)[0]
    beside = np.zeros(len(step), dtype=bool)
    beside[near] = True
    # the ramp of a ferry ends in the river
    ramp = np.zeros(len(shipped.lat), dtype=bool)
    ramp[shipped.tail[shipped.ferry]] = ramp[shipped.head[shipped.ferry]] = True
    beside |= ramp[shipped.tail[link[step]]] | ramp[shipped.head[link[step]]]
    bare = [banks[each] for each in border[by_road & ~beside]]
    assert set(bare) - set(ON_LAND) == set()
    # some of the car ferries cross such borders too, so that the measure would see them
    assert (~by_road).sum() > 10
