"""A study on a clip of a drawn extract, whose tables hold points far outside of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drawing import METRE, osm_xml

from impact.network.npz import write_network
from impact.network.osm.build import build_network
from impact.network.osm.component import bounding_box

if TYPE_CHECKING:
    from pathlib import Path

HERE, THERE = 0, 20_000
FAR = 200_000
"""Metres east along one road, of which the network holds the first forty kilometres."""

STUDY = """
[study]
title = "a part"
region = "Hier"
postcodes = "postcodes.csv"
hospitals = "hospitals.csv"
roads = "part.impact"

[[intervention]]
name = "kidney"
providers = ["West", "Midden"]
stop_count = 1
"""


def a_part(folder: Path, text: str = STUDY, *, region_of_far: str = "Daar") -> Path:
    """Write a study on a clip of a drawn extract, with points far outside in its tables."""
    places = {1: (HERE, 0), 2: (THERE, 0), 3: (2 * THERE, 0), 4: (FAR, 0)}
    drawn = folder / "drawn.osm"
    drawn.write_text(osm_xml(places, [((1, 2, 3, 4), {"highway": "primary"})]), encoding="utf-8")
    clip = bounding_box("-0.1,-0.1,0.3,0.1", buffer_km=1.0)
    write_network(build_network(drawn, clip=clip), folder / "part.impact")
    regions = {HERE: "Hier", THERE: "Hier", FAR: region_of_far}
    points = [f"{1011 + n},0,{m * METRE},10,{regions[m]}" for n, m in enumerate(regions)]
    rows = ["postcode,lat,lon,population,region", *points]
    (folder / "postcodes.csv").write_text("\n".join(rows), encoding="utf-8")
    named = {"West": HERE, "Midden": THERE, "Oost": 2 * THERE, "Ver": FAR}
    rows = ["name,lat,lon", *(f"{name},0,{m * METRE}" for name, m in named.items())]
    (folder / "hospitals.csv").write_text("\n".join(rows), encoding="utf-8")
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path
