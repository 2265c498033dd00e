"""The streets beside the main roads: ten trips that a local knows, and the seven regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from methods_page import methods_table, numbers

from impact import (
    read_hospitals,
    read_main_roads,
    read_postcodes,
    read_street_network,
    travel_times,
)
from impact.analysis.ranges import DEFAULT
from impact.evidence.published.rows import Sweeps, ends
from impact.evidence.published.world import Assumptions, load_shipped

if TYPE_CHECKING:
    from impact.evidence.published.run import Reproduction

TRIPS = {
    "Ter Apel (9561) – Emmen": "Treant Scheper",
    "Hulst (4561) – Terneuzen": "ZorgSaam Terneuzen",
    "Hulst (4561) – Breda": "Amphia Breda",
    "Winterswijk (7101) – Doetinchem": "Slingeland Ziekenhuis",
    "Den Helder (1781) – Alkmaar": "Noordwest Alkmaar",
    "Schoonhoven (2871) – Gouda": "Groene Hart Ziekenhuis",
    "Millingen aan de Rijn (6566) – Nijmegen": "Canisius Wilhelmina Ziekenhuis",
    "Urk (8321) – Zwolle": "Isala Zwolle",
    "Renesse (4325) – Goes": "Adrz Goes",
    "Vaals (6291) – Heerlen": "Zuyderland Heerlen",
}
"""Row of docs/methods.md -> hospital."""


def test_ten_trips_on_both_networks_are_those_of_the_methods() -> None:
    codes = [trip.partition("(")[2][:4] for trip in TRIPS]
    origins = read_postcodes().loc[sorted(set(codes))]
    hospitals = read_hospitals().loc[sorted(TRIPS.values())]
    both = [
        travel_times(roads, origins, hospitals, km=True)
        for roads in (read_main_roads(), read_street_network())
    ]
    said = methods_table("trip", "main roads: minutes, km", "streets: minutes, km")
    assert list(said) == list(TRIPS)
    for (trip, hospital), code in zip(TRIPS.items(), codes, strict=True):
        assert len(said[trip]) == len(both)
        for cell, times in zip(said[trip], both, strict=True):
            assert times.km is not None
            place = (times.origins.index(code), times.destinations.index(hospital))
            assert numbers(cell) == [round(each[place], 1) for each in (times.minutes, times.km)]


def test_the_seven_ranges_on_both_networks_are_those_of_the_decisions(
    reproduction: Reproduction,
) -> None:
    said = methods_table("region", "published", "main roads", "streets", page="decisions.md")
    main = Sweeps(load_shipped(roads="main", profiles=("dal",), engine="auto"))
    rows = reproduction.ranges.set_index(["definition", "region"])
    assert set(said) == set(reproduction.published)
    for region, (published, before, after) in said.items():
        low, high, *_ = ends(main.medians(region, Assumptions()))
        streets = rows.loc[(DEFAULT, region)]
        given = reproduction.published[region]
        assert numbers(published) == [given.low, given.high]
        assert numbers(before) == np.round([low, high], 1).tolist()
        assert numbers(after) == [round(streets[f"ours_{end}"], 1) for end in ("low", "high")]
