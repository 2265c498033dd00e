"""Villages that share a name are told apart, and one town is never divided."""

from __future__ import annotations

import pandas as pd
import pytest

from impact.errors import InputError
from impact.geodesy import great_circle_km
from impact.tables.place_names import Place, one_place, place_labels, places_named
from impact.tables.places import read_postcodes

SHARED_IN_NOORDOOST = [
    "Alteveer",
    "Den Ham",
    "Echten",
    "Eursinge",
    "Geesteren",
    "Haarle",
    "Nes",
    "Niekerk",
    "Noordwolde",
    "Oostwold",
    "Oudega",
    "Rottum",
    "Vledderveen",
    "Winsum",
    "Wirdum",
    "Zuidwolde",
]


@pytest.fixture(scope="module")
def known() -> pd.DataFrame:
    return read_postcodes()


def points(*rows: tuple[str, str, str, float, float]) -> pd.DataFrame:
    """Postcode, place, municipality, longitude, population; all at 52 degrees north."""
    columns = ["postcode", "place", "municipality", "lon", "population"]
    return pd.DataFrame(list(rows), columns=columns).assign(lat=52.0).set_index("postcode")


def test_winsum_is_two_villages_and_a_municipality_says_which(known: pd.DataFrame) -> None:
    both = places_named(known, "winsum")

    assert [place.label for place in both] == ["Winsum (Het Hogeland)", "Winsum (Waadhoeke)"]
    for place in both:
        assert places_named(known, place.label) == (place,)
        assert places_named(known, f"Winsum, {place.municipality.lower()}") == (place,)
    assert places_named(known, "Winsum (Texel)") == ()


def test_every_shared_name_of_the_north_east_asks_which(known: pd.DataFrame) -> None:
    here = known[known["region"] == "Noordoost-Nederland"]
    labels = place_labels(here)

    assert sorted(set(here["place"][labels != here["place"]])) == SHARED_IN_NOORDOOST
    for name in SHARED_IN_NOORDOOST:
        first, second, *_ = (here.loc[list(p.postcodes)] for p in places_named(here, name))
        away = great_circle_km(
            first["lat"].mean(), first["lon"].mean(), second["lat"].mean(), second["lon"].mean()
        )
        assert away > 12.0


def test_a_label_names_one_place_only(known: pd.DataFrame) -> None:
    labels = place_labels(known)

    for label, rows in known.groupby(labels):
        if label:
            assert places_named(known, str(label)) == (
                Place(
                    rows["place"].iloc[0],
                    rows.groupby("municipality")["population"].sum().idxmax(),
                    tuple(rows.index),
                    shared=label != rows["place"].iloc[0],
                ),
            )


def test_a_town_across_a_border_stays_one_place() -> None:
    town = points(("1", "Stad", "A", 5.00, 90.0), ("2", "Stad", "B", 5.05, 10.0))
    village = points(("3", "Stad", "C", 5.30, 5.0))

    assert [place.label for place in places_named(town, "Stad")] == ["Stad"]
    found = places_named(pd.concat([town, village]), "Stad")
    assert [(place.label, place.postcodes) for place in found] == [
        ("Stad (A)", ("1", "2")),
        ("Stad (C)", ("3",)),
    ]


def test_a_municipality_is_one_place_however_wide() -> None:
    wide = points(("1", "Polder", "P", 5.0, 1.0), ("2", "Polder", "P", 5.2, 1.0))

    assert [place.postcodes for place in places_named(wide, "Polder")] == [("1", "2")]


def test_accents_capitals_and_empty_names(known: pd.DataFrame) -> None:
    assert places_named(known, " ") == ()
    assert len(places_named(known, "WINSUM (súdwest-fryslân)")) == 0
    assert len(places_named(known, "OUDEGA (sudwest-fryslan)")) == 1
    assert (place_labels(known)[known["place"] == ""] == "").all()


def test_one_place_asks_which_or_names_the_nearest(known: pd.DataFrame) -> None:
    assert one_place(known, "Groningen", source="x").municipality == "Groningen"
    with pytest.raises(InputError, match=r"Wirdum \(Leeuwarden\); Wirdum \(Eemsdelta\)"):
        one_place(known, "Wirdum", source="lookup")
    with pytest.raises(InputError, match="Wirdum"):
        one_place(known, "Wirdumm", source="lookup")
