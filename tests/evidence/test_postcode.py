"""The card of a postcode: three towns with a road that is slower on the way home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe import serious_violations
from browser import NEEDS_BROWSER, PHONE, Browser
from three_towns import impact, with_roads, write_files

from impact.analysis.run import run_study
from impact.evidence.postcode import _by_edges, _by_nodes, postcode_trips
from impact.model.inputs import load_roads, timed, with_overrides
from impact.network.random_speeds import SPREAD
from impact.outputs.pages.postcode_card import published_line, trip_figures, trip_lines
from impact.outputs.text import texts
from impact.study.read import read_study
from impact.tables.places import read_hospitals, read_postcodes
from impact.times.ensemble import ensemble
from impact.times.matrix import travel_times

if TYPE_CHECKING:
    from pathlib import Path


def test_the_way_back_is_a_trip_of_its_own(tmp_path: Path) -> None:
    result = run_study(read_study(with_roads(tmp_path)), use_cache=False)
    trip = postcode_trips(result, "8911", members=5)[0]
    assert (trip.before, trip.after) == (("West",), ("Noord",))
    row = result.flows[result.flows["postcode"] == "8911"].iloc[0]
    assert (trip.out.now, trip.out.then) == (row["minutes_before"], row["minutes_after"])
    # the toy roads are as fast either way
    assert trip.back.then == pytest.approx(trip.out.then)
    assert trip.low.then <= trip.high.then
    figures = trip_figures(result, "8911", trip)
    assert figures.both == (trip.out.now + trip.back.now, trip.out.then + trip.back.then)
    lines = trip_lines(texts("nl"), figures, trip, (6.0, 30.0))
    assert lines[0] == f"nu {round(trip.out.now)} → straks {round(trip.out.then)} minuten"
    assert "heen en terug" in lines[2]
    assert "alleen als West deze behandeling houdt" in lines[-1]


def test_a_matrix_of_ones_own_knows_no_way_back(tmp_path: Path) -> None:
    result = run_study(read_study(write_files(tmp_path)), use_cache=False)
    # the named recipient, and the nearest in its stead: here the same
    first, second = postcode_trips(result, "8911")
    assert trip_lines(texts("nl"), trip_figures(result, "8911", first), first, None) == [
        "nu 6 → straks 52 minuten",
        "Van West naar Noord.",
        "46 minuten langer",
        "Niet berekend: de rekenmarge, de spits, heen en terug en het openbaar vervoer.",
    ]
    assert (first.case.principal, second.case.principal) == (True, False)
    assert postcode_trips(result, "9712") == ()


def test_a_published_range_that_holds_here(tmp_path: Path) -> None:
    result = run_study(read_study(write_files(tmp_path)), use_cache=False)
    trip = postcode_trips(result, "8911")[0]
    say = texts("en")
    assert "that lies inside" in published_line(say, trip, (6.0, 46.0))
    assert "Here it is less" in published_line(say, trip, (47.0, 50.0))


def test_six_characters_may_be_two_words_and_the_card_is_a_page(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "card.html"
    outcome = impact("lookup", "9203", "AB", "--draws", "2", "--html", path)
    assert outcome.code == 0, outcome.err
    assert "heen en terug" in outcome.out
    assert "in de spits" in outcome.out
    # what was published for the region stands beside it: 6 to 30 minutes
    assert "6 tot 30" in outcome.out
    page = path.read_text(encoding="utf-8")
    assert "openbaar vervoer" in page
    assert "regel university_hospitals_stay" in page
    assert "patiënten" not in page.replace("geen patiënten", "")


def test_an_unknown_postcode_names_its_neighbours() -> None:
    outcome = impact("lookup", "9200")
    assert outcome.code == 2
    assert "'9201', '9202', '9203'" in outcome.err


@pytest.mark.parametrize("size", [pytest.param(PHONE, marks=NEEDS_BROWSER, id="phone")])
def test_the_card_fits_a_phone(tmp_path: Path, size: dict[str, int], browser: Browser) -> None:
    study = write_files(tmp_path)
    outcome = impact("lookup", "8911", study, "--html", tmp_path / "card.html")
    assert outcome.code == 0, outcome.err
    page = browser.open(tmp_path / "card.html", **size)
    assert page.console_errors() == []
    assert page.outside_requests() == []
    assert page.fits_the_screen()
    assert serious_violations(page) == []


@pytest.mark.parametrize("roads", ["main", "bundled"])
def test_a_search_of_the_roads_around_finds_what_one_of_all_roads_finds(roads: str) -> None:
    study = with_overrides(read_study("noordoost"), roads=roads)
    network, hospitals = load_roads(study), read_hospitals()
    here = read_postcodes().loc[["9203"]]
    there = hospitals[hospitals["region"] == "Noordoost-Nederland"]
    search = _by_edges if roads == "bundled" else _by_nodes
    found = search(network, here, there, 2, "scipy")
    back = travel_times(network, there, here, engine="scipy")
    assert list(found.back.values()) == back.minutes[:, 0].tolist()
    peak = travel_times(timed(network, "spits"), here, there, engine="scipy")
    assert found.peak == dict(zip(peak.destinations, peak.minutes[0].tolist(), strict=True))
    for drawn, member in zip(
        found.drawn,
        ensemble(network, here, there, members=2, spread=SPREAD, engine="scipy"),
        strict=True,
    ):
        assert list(drawn.values()) == member.minutes[0].tolist()


def test_a_name_of_several_places_is_asked_about() -> None:
    outcome = impact("lookup", "Nes", "--draws", "0")
    assert outcome.code == 2
    for name in ("Nes (Ameland)", "Nes (Heerenveen)", "Nes (Noardeast-Fryslân)"):
        assert name in outcome.err
    one = impact("lookup", "Nes (Ameland)", "--draws", "0", "--quiet")
    assert one.code == 0, one.err
    assert one.out.startswith("9163 Nes (Ameland)")
    said = " ".join(one.out.split())
    plain = "Een operatie die een deel van de alvleesklier weghaalt, bij kanker."
    assert f"Pancreasresecties {plain}" in said
    # groups are not what a card is about
    assert "postcodes zonder waarde" not in said
    assert not any(name in said for name in ("urbanity", "house_value", "cars_per_1000"))


def test_a_place_of_several_postcodes_is_never_averaged(tmp_path: Path) -> None:
    outcome = impact("lookup", "st annaparochie", "--quiet", "--draws", "0")
    assert outcome.out.startswith("9076 St.-Annaparochie")
    town = impact("lookup", "Dokkum", "--quiet")
    assert town.code == 0, town.err
    assert town.out.startswith("Dokkum: 3 postcodes; wat hetzelfde is staat bij elkaar")
    # what is the same is said once
    for codes in ("9101, 9103", "9102"):
        assert town.out.count(f"\n{codes} Dokkum\n") == 1
    same = impact("lookup", "Zwolle", "--quiet").out
    assert "\nAlle 25 postcodes\n" in same
    assert same.count("niemand met deze postcode") == 1
    assert "gemiddeld" not in town.out
    refused = impact("lookup", "Dokkum", "--quiet", "--html", tmp_path / "card.html")
    assert refused.code == 2
    assert "9101, 9102, 9103" in refused.err


@pytest.mark.parametrize("words", [("Zwolle", "8011"), ("8011", "AB"), ("8011ab",)])
def test_a_postcode_beside_a_name_is_the_postcode(words: tuple[str, ...]) -> None:
    outcome = impact("lookup", *words, "--quiet", "--draws", "0")
    assert outcome.code == 0, outcome.err
    assert "8011 Zwolle (Zwolle), oncologieregio Noordoost-Nederland" in outcome.out
    assert ("postcodes van vier cijfers" in outcome.out) == (words[0] != "Zwolle")


def test_unknown_places_name_the_nearest_and_the_region() -> None:
    outcome = impact("lookup", "Drachtn")
    assert outcome.code == 2
    assert "'Drachten'" in outcome.err
    away = impact("lookup", "3511", "noordoost")
    assert away.code == 2
    assert "in the region Noordoost-Nederland" in away.err


def test_kept_trips_are_those_that_are_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPACT_CACHE", str(tmp_path / "cache"))
    result = run_study(read_study(with_roads(tmp_path)), use_cache=False)
    first = postcode_trips(result, "8911", members=3, use_cache=False)
    assert not list(tmp_path.glob("cache/trips-*"))
    assert postcode_trips(result, "8911", members=3) == first
    monkeypatch.setattr("impact.evidence.postcode._by_nodes", None)
    assert postcode_trips(result, "8911", members=3) == first
    with pytest.raises(TypeError):
        postcode_trips(result, "8911", members=4)
