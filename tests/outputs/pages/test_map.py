from __future__ import annotations

import datetime as dt
import json
import math
import re
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import folium
import numpy as np
import pytest
import shapely
from toy import (
    EMMEN,
    EMMEN_OPENS,
    GRONINGEN,
    KIDNEY,
    LEEUWARDEN,
    PANCREAS,
    TO_GRONINGEN,
    ZWOLLE,
    toy_result,
)

from impact.analysis.result import CaseView
from impact.errors import InputError
from impact.model.measures import LEGEND
from impact.outputs.pages.map import (
    folium_map,
    leaflet_script,
    leaflet_style,
    map_page,
    write_map,
)
from impact.outputs.pages.map_layers import (
    STEPS_PER_DEGREE,
    encoded,
    layer,
    map_shapes,
    opening,
    short_name,
    used_locations,
)
from impact.outputs.text import texts
from impact.outputs.text.overview import extra_text, layer_facts, layer_name, page_notes
from impact.outputs.text.wording import minutes_text

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result
    from impact.model.case import Case

EXTRA = "Extra reistijd van wie naar een ander ziekenhuis moet, enkele reis"
OTHERS = "Alle mogelijke verdelingen"
HOSTILE = {
    GRONINGEN: "</script><script>window.hacked = 1</script>",
    LEEUWARDEN: '"><img src=x onerror="window.hacked = 2"> & {{ 7 * 7 }}',
    EMMEN: '=HYPERLINK("http://example.org")',
    PANCREAS: "<b>Pancreas</b> & {% raw %}",
    TO_GRONINGEN: "<!-- <script>",
    "Emmen": "<i>Emmen</i>",
}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


def case_of(result: Result, intervention: str, scenario: str) -> Case:
    return next(view.case for view in result.principal if view.key == (intervention, scenario))


def bands_of(result: Result, intervention: str, scenario: str) -> dict[str, str]:
    made = layer(result, case_of(result, intervention, scenario), used_locations(result))
    keys = [LEGEND[number].key for number in made.bands]
    return dict(zip(result.postcodes.index, keys, strict=True))


def html_of(result: Result, *, lang: str = "nl", tiles: bool = False) -> str:
    return map_page(result, lang=lang, tiles=tiles)


def data_of(html: str) -> dict[str, Any]:
    content = re.search(r'<script type="application/json" id="impact-data">(.*?)</script>', html)
    assert content is not None
    return json.loads(content[1])


def test_each_intervention_and_scenario_is_one_layer(toy: Result) -> None:
    assert [view.key for view in toy.principal] == [
        (KIDNEY, "displayed candidate"),
        (PANCREAS, TO_GRONINGEN),
        (PANCREAS, EMMEN_OPENS),
    ]


def test_postcodes_are_drawn_in_the_band_of_their_extra_minutes(toy: Result) -> None:
    assert bands_of(toy, PANCREAS, TO_GRONINGEN) == {
        "7811": "band_nobody",
        "8899": "no_route",
        "8911": "band_30",  # 6 -> 52 minutes
        "9166": "band_5_10",  # 70 -> 80 minutes
        "9712": "band_nobody",
    }


def test_who_is_drawn_to_a_location_that_opens_travels_less(toy: Result) -> None:
    assert bands_of(toy, PANCREAS, EMMEN_OPENS)["7811"] == "band_shorter"  # 48 -> 4.5 minutes


def test_flows_hold_whole_minutes_and_who_goes_where(toy: Result) -> None:
    locations = used_locations(toy)
    made = layer(toy, case_of(toy, PANCREAS, TO_GRONINGEN), locations)
    groningen, leeuwarden = locations.index(GRONINGEN), locations.index(LEEUWARDEN)
    assert dict(zip(toy.postcodes.index, made.flows, strict=True)) == {
        "7811": [[groningen, 48]],
        "8899": [[-1, None]],
        "8911": [[leeuwarden, groningen, 6, 52, 46, None]],
        "9166": [[leeuwarden, groningen, 70, 80, 10, None]],
        "9712": [[groningen, 5]],
    }


def test_shared_recipients_say_their_share(toy: Result) -> None:
    case = case_of(toy, PANCREAS, TO_GRONINGEN)
    whole = case.flows[case.flows["postcode"] == "8911"]
    rest = case.flows[case.flows["postcode"] != "8911"]
    parts = [
        rest,
        whole.assign(demand=7500.0),
        whole.assign(demand=2500.0, provider_after=EMMEN, minutes_after=6.3, extra_minutes=0.3),
    ]
    shared = replace(case, flows=type(rest)(np.vstack(parts), columns=rest.columns))
    locations = used_locations(toy)
    made = layer(toy, shared, locations).flows[list(toy.postcodes.index).index("8911")]
    # 0.3 minutes are not nothing: the page says 'less than a minute'
    assert [(row[1], row[4], row[5]) for row in made] == [
        (locations.index(GRONINGEN), 46, 75),
        (locations.index(EMMEN), 0.1, 25),
    ]


def test_hospitals_have_a_role_and_their_demand(toy: Result) -> None:
    locations = used_locations(toy)
    made = layer(toy, case_of(toy, PANCREAS, EMMEN_OPENS), locations)
    marks = {locations[mark["at"]]: mark for mark in made.markers}
    assert {name: mark["role"] for name, mark in marks.items()} == {
        LEEUWARDEN: "stops",
        EMMEN: "opens",
        GRONINGEN: "stays",
    }
    assert (marks[LEEUWARDEN]["before"], marks[LEEUWARDEN]["after"]) == (10_900, 0)
    assert (marks[EMMEN]["before"], marks[EMMEN]["after"]) == (0, 5_000)
    assert (marks[GRONINGEN]["before"], marks[GRONINGEN]["after"]) == (25_000, 30_900)
    assert [name for name, mark in marks.items() if mark["more"]] == [GRONINGEN]
    assert marks[LEEUWARDEN]["status"] == "unverified"
    assert marks[EMMEN]["status"] == ""


def test_facts_give_means_of_the_moved_and_of_all_with_their_numbers(toy: Result) -> None:
    facts = dict(layer_facts(CaseView(toy, case_of(toy, PANCREAS, TO_GRONINGEN)), texts("nl")))
    # (10,000 x 46 + 900 x 10) / 10,900 = 43.03; over the 35,900 with a route 13.06
    assert facts[EXTRA] == ("gemiddeld 43 minuten, 1 op de 10 minstens 46")
    assert facts["Moet naar een ander ziekenhuis"] == "10.900 van 37.000 inwoners"
    assert facts["Over allen in de oncologieregio"] == "gemiddeld 13 minuten extra (37.000)"
    assert facts["In patiënten"] == (
        "ten hoogste 49 per jaar, mits dit ziekenhuis onder de voorlopige norm zit"
    )
    assert facts["Neemt over"] == f"{GRONINGEN} (zo noemt het scenario het)"
    assert facts["Zonder berekende route"] == "1.100 inwoners"
    assert facts["Bronnen voor wie het nu doet"].startswith("2 niet geverifieerd. ")


def test_no_figure_is_invented_where_nobody_moves(toy: Result) -> None:
    nobody = replace(
        toy, summary=toy.summary.assign(mean_extra_moved=math.nan, p90_extra=math.nan, moved=0.0)
    )
    facts = dict(layer_facts(CaseView(nobody, case_of(toy, PANCREAS, TO_GRONINGEN)), texts("nl")))
    assert facts["Moet naar een ander ziekenhuis"] == "0 van 37.000 inwoners"
    assert EXTRA not in facts


def facts_with(result: Result, case: Case, **figures: float) -> dict[str, str]:
    """Facts of a case, with other figures in the summary."""
    changed = replace(result, summary=result.summary.assign(**figures))
    return dict(layer_facts(CaseView(changed, case), texts("nl")))


def test_minutes_are_counted_in_good_language(toy: Result) -> None:
    case = case_of(toy, PANCREAS, TO_GRONINGEN)
    few = facts_with(toy, case, mean_extra_moved=1.3, p90_extra=4.0, mean_extra_all=0.2)
    assert few[EXTRA] == "gemiddeld 1 minuut, 1 op de 10 minstens 4"
    assert few["Over allen in de oncologieregio"] == "gemiddeld minder dan 1 minuut extra (37.000)"
    less = facts_with(toy, case, mean_extra_moved=0.4, p90_extra=0.4, mean_extra_all=-2.0)
    assert less[EXTRA] == "gemiddeld minder dan 1 minuut"
    assert less["Over allen in de oncologieregio"] == "gemiddeld 2 minuten korter (37.000)"
    assert minutes_text(texts("en"), 1.0) == "1 minute"
    assert extra_text(texts("en"), 0.1) == "less than 1 minute extra"


def test_people_that_round_to_none_are_still_some(toy: Result) -> None:
    facts = facts_with(toy, case_of(toy, PANCREAS, TO_GRONINGEN), moved=0.3, demand=31.0)
    assert facts["Moet naar een ander ziekenhuis"].startswith("minder dan 1 van 31 ")


def test_a_bound_in_patients_is_the_one_of_the_summary_and_says_on_what_it_rests(
    toy: Result,
) -> None:
    case = case_of(toy, PANCREAS, TO_GRONINGEN)
    assert "In patiënten" not in facts_with(toy, case, moved_bound=math.nan)
    two = replace(case, stops=(LEEUWARDEN, EMMEN))
    assert facts_with(toy, two, moved_bound=98.0)["In patiënten"] == (
        "ten hoogste 98 per jaar, mits deze ziekenhuizen onder de voorlopige norm zitten"
    )


def test_candidates_stand_only_beside_what_stops_as_many(toy: Result) -> None:
    case = case_of(toy, KIDNEY, "displayed candidate")
    low, high = toy.candidates[KIDNEY]["mean_extra_moved"].agg(["min", "max"])
    facts = dict(layer_facts(CaseView(toy, case), texts("nl")))
    assert facts[OTHERS] == (f"1 van de 3 stopt: gemiddeld {low:.0f} tot {high:.0f} minuten extra")
    other = replace(case, in_range=False, kind="scenario", stops=(GRONINGEN, LEEUWARDEN))
    assert OTHERS not in dict(layer_facts(CaseView(toy, other), texts("nl")))
    same = replace(case, in_range=False, kind="scenario", stops=(LEEUWARDEN,))
    assert OTHERS in dict(layer_facts(CaseView(toy, same), texts("nl")))


def test_the_real_example_of_another_number_has_no_range(noordoost_result: Result) -> None:
    for view in noordoost_result.principal:
        case, facts = view.case, dict(layer_facts(view, texts("nl")))
        if case.intervention.name == "Lokale behandeling nierkanker":
            assert (OTHERS in facts) == (case.kind == "candidate")
        if OTHERS in facts:
            total = len(case.intervention.providers)
            assert f"{len(case.stops)} van de {total} stop" in facts[OTHERS]


def test_agreed_recipients_are_told_from_the_nearest(toy: Result) -> None:
    case = replace(case_of(toy, PANCREAS, TO_GRONINGEN), stops=(EMMEN, LEEUWARDEN))
    assert dict(layer_facts(CaseView(toy, case), texts("nl")))["Neemt over"] == (
        f"van {EMMEN}: het dichtstbijzijnde ziekenhuis dat het dan doet; "
        f"van {LEEUWARDEN}: {GRONINGEN} (zo noemt het scenario het)"
    )
    nearest = case_of(toy, PANCREAS, EMMEN_OPENS)
    assert dict(layer_facts(CaseView(toy, nearest), texts("nl")))["Neemt over"] == (
        "het dichtstbijzijnde ziekenhuis dat het dan doet"
    )


def test_what_follows_from_a_source_about_others_counts_as_inferred(toy: Result) -> None:
    sources = {LEEUWARDEN: "https://example.org/", GRONINGEN: "all members of the network"}
    listed = toy.providers.assign(
        status="sourced", source=toy.providers["location"].map(sources).fillna("")
    )
    known = replace(toy, providers=listed)
    case = case_of(known, PANCREAS, TO_GRONINGEN)
    facts = dict(layer_facts(CaseView(known, case), texts("nl")))
    assert facts["Bronnen voor wie het nu doet"] == (
        "1 met bron, 1 afgeleid. Wie een behandeling nu uitvoert: "
        "1 van de 2 vermeldingen (50%) zijn door niemand bevestigd."
    )
    locations = used_locations(known)
    marks = layer(known, case, locations).markers
    assert {locations[mark["at"]]: mark["status"] for mark in marks} == {
        LEEUWARDEN: "sourced",
        GRONINGEN: "inferred",
    }
    shown = data_of(html_of(known))["layers"][1]["markers"]
    assert {mark["status"] for mark in shown} == {"met bron", "afgeleid"}


def with_cases(result: Result, **changes: dict[str, Any]) -> Result:
    """The same result with other fields in the cases of a scenario."""
    cases = tuple(replace(case, **changes.get(case.scenario, {})) for case in result.cases)
    return replace(result, cases=cases)


def selected(html: str) -> str:
    (label,) = re.findall(r"<option [^>]*\bselected>([^<]*)<", html)
    return label


def test_the_map_opens_on_what_is_decided(toy: Result) -> None:
    # the displayed candidate of kidney tumours is the first layer
    assert selected(html_of(toy)) == f"{PANCREAS} – {TO_GRONINGEN} (STATUS NIET VERMELD)"
    decided = with_cases(
        toy,
        **{
            TO_GRONINGEN: {"status": "example"},
            EMMEN_OPENS: {"status": "decided", "start": dt.date(2027, 1, 2)},
        },
    )
    html = html_of(decided)
    assert selected(html) == f"{PANCREAS} – {EMMEN_OPENS} (BESLOTEN per 2-1-2027)"
    assert f"{PANCREAS} – {TO_GRONINGEN} (VOORBEELD: niemand koos dit)" in html
    facts = dict(data_of(html)["layers"][2]["facts"])
    assert (facts["Status"], facts["Vanaf"]) == ("BESLOTEN per 2-1-2027", "2-1-2027")
    assert opening([case_of(toy, KIDNEY, "displayed candidate")]) == 0


def test_a_candidate_is_called_an_example(toy: Result) -> None:
    case = case_of(toy, KIDNEY, "displayed candidate")
    caveat = "REKENVOORBEELD: niemand koos dit"
    assert layer_name(case, texts("nl")).endswith(f"({caveat})")
    facts = dict(layer_facts(CaseView(toy, case), texts("nl")))
    assert facts["Status"] == caveat
    assert "Vanaf" not in facts


def test_a_status_of_the_users_own_is_shown_as_it_is(toy: Result) -> None:
    case = replace(case_of(toy, PANCREAS, TO_GRONINGEN), status="under review")
    assert layer_name(case, texts("nl")).endswith("(under review)")


def test_incomplete_providers_outside_are_warned_of(toy: Result) -> None:
    outside = with_cases(toy, **{TO_GRONINGEN: {"outside": (ZWOLLE,)}})
    warnings = [each["warning"] for each in data_of(html_of(outside))["layers"]]
    assert warnings == ["", texts("nl")("common.caveat_outside"), ""]


def test_the_users_own_minutes_are_not_called_by_car(toy: Result, noordoost_result: Result) -> None:
    by_car, own = texts("nl")("common.one_way")[1:], texts("nl")("common.one_way_own")[1:]
    html = html_of(toy)
    assert f"E{own}. Inwoners" in html
    assert by_car not in html
    assert f"E{by_car}, buiten de spits" in html_of(noordoost_result)


def test_a_postcode_without_moved_people_is_grey_not_without_route(toy: Result) -> None:
    rows = toy.postcode_rows
    empty = rows["postcode"].isin(["8911", "7811"])
    changed = replace(
        toy,
        postcode_rows=rows.assign(
            demand=rows["demand"].mask(empty, 0.0),
            moved=rows["moved"].mask(empty, 0.0),
            mean_extra_moved=rows["mean_extra_moved"].mask(empty),
        ),
    )
    assert bands_of(changed, PANCREAS, TO_GRONINGEN)["8911"] == "band_nobody"
    assert bands_of(changed, PANCREAS, EMMEN_OPENS)["7811"] == "band_nobody"


def test_notes_name_own_times_and_files(toy: Result) -> None:
    notes = page_notes(toy, texts("nl"))
    assert "Reistijden: eigen tabel minutes.csv." in notes
    assert "hospitals.csv (eigen bestand)" in notes


def test_notes_name_source_year_and_licence_of_shipped_data(noordoost_result: Result) -> None:
    notes = " ".join(page_notes(noordoost_result, texts("nl")))
    for expected in ("CBS", "NDW, Rijkswaterstaat", "RIVM", "2024", "CC-BY-4.0"):
        assert expected in notes


def test_every_text_is_in_both_languages() -> None:
    keys = [{key for key in texts(lang).entries if key.startswith("map.")} for lang in ("nl", "en")]
    assert keys[0] == keys[1]


def test_the_page_speaks_the_language_asked_for(toy: Result) -> None:
    dutch, english = html_of(toy), html_of(toy, lang="en")
    assert '<html lang="nl">' in dutch
    assert "Stopt met deze behandeling" in dutch
    assert '<html lang="en">' in english
    assert "Stops this treatment" in english
    with pytest.raises(InputError, match="nl, en"):
        folium_map(toy, lang="de")


def test_the_roads_say_what_they_lack_and_whom_they_are_from(
    toy: Result, noordoost_result: Result
) -> None:
    t = texts("nl")
    html = html_of(noordoost_result)
    assert html.count(t("common.streets_note")) == 1
    assert data_of(html)["attribution"] == (
        "Grenzen: CBS | Wegen: © OpenStreetMap contributors (ODbL)"
    )
    assert t("common.screening_warning") not in html
    assert t("common.streets_note") not in html_of(toy)


def test_the_main_roads_keep_their_warning(toy: Result) -> None:
    roads = {**toy.manifest["roads"], "kind": "screening"}
    html = html_of(replace(toy, manifest={**toy.manifest, "roads": roads}))
    assert texts("nl")("common.screening_warning") in html
    assert data_of(html)["attribution"] == texts("nl")("map.attribution_screening")


def test_nothing_is_fetched_and_folium_brings_no_scripts_of_its_own(toy: Result) -> None:
    html = html_of(toy)
    assert re.findall(r"<(?:script|img|link|iframe)[^>]*\b(?:src|href)=\"(?!data:)", html) == []
    assert re.findall(r"url\((?!#|data:|[\"']?#)", html.replace(leaflet_script(), "")) == []
    for name in ("jquery", "bootstrap", "awesome", "cdn."):
        assert name not in html.replace(leaflet_script(), "").lower()
    assert "default-src 'none'" in html
    assert "openstreetmap.org" not in html


def test_streets_are_an_option(toy: Result) -> None:
    html = html_of(toy, tiles=True)
    assert "img-src data: https://tile.openstreetmap.org" in html
    assert data_of(html)["tiles"] == "https://tile.openstreetmap.org/{z}/{x}/{y}.png"


def test_leaflet_comes_whole_and_without_files_beside_it() -> None:
    assert ".map=function" in leaflet_script()
    assert "sourceMappingURL" not in leaflet_script()
    assert "</script" not in leaflet_script()
    assert leaflet_style().count("url(data:image/png;base64,") == 3


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    result = toy_result(tmp_path, names=HOSTILE, title='<script>alert("x")</script> & {{ 1 }}')
    html = html_of(result)
    data = data_of(html)
    names = {location[0] for location in data["locations"]}
    assert names == {HOSTILE[GRONINGEN], HOSTILE[LEEUWARDEN], HOSTILE[EMMEN]}
    for name in HOSTILE.values():
        if "<" in name:
            assert name not in html
    assert "<title>Extra reistijd: &lt;script&gt;alert(" in html
    assert "{{ 1 }}" in html


def test_the_same_result_gives_the_same_bytes(toy: Result, tmp_path: Path) -> None:
    paths = [tmp_path / "one.html", tmp_path / "two.html"]
    for path in paths:
        write_map(toy, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_map_shows_itself_in_a_notebook(toy: Result) -> None:
    shown = folium_map(toy)
    assert isinstance(shown, folium.Map)
    assert "impact-data" in shown._repr_html_()


def test_noordoost_is_a_small_file(noordoost_result: Result, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    write_map(noordoost_result, path)
    assert path.stat().st_size < 1_500_000
    data = data_of(path.read_text(encoding="utf-8"))
    with_polygon = sum(1 for postcode in data["postcodes"] if postcode[-1])
    assert with_polygon >= 600
    # two of the six postcodes without polygon lie here: 8269, and 7524, which gets the gap that its
    # neighbours leave
    assert len(data["postcodes"]) - with_polygon == 1
    assert [data["postcodes"][place][0] for place in data["ringed"]] == ["7524", "8269"]
    assert len(data["layers"]) == sum(case.principal for case in noordoost_result.cases)


def test_islands_where_visitors_bring_no_car_are_marked(noordoost_result: Result) -> None:
    data = data_of(html_of(noordoost_result))
    assert [island[0] for island in data["islands"]] == ["Schiermonnikoog", "Vlieland"]
    remarks = {postcode[0]: postcode[3] for postcode in data["postcodes"]}
    assert remarks["9166"] == remarks["8899"] == "no visitor cars"
    assert remarks["9712"] == ""


def test_shapes_survive_the_rounding(noordoost_result: Result) -> None:
    shapes = map_shapes(noordoost_result.postcodes)
    polygons = shapes.postcodes[list(noordoost_result.postcodes.index).index("9712")]
    point = noordoost_result.postcodes.loc["9712"]
    drawn = shapely.Polygon(decoded(polygons[0][0]))
    assert drawn.distance(shapely.Point(point["lon"], point["lat"])) < 0.01
    south, west, north, east = shapes.bounds
    assert 52 < south + 0.2 < north < 53.6
    assert 4.8 < west < east < 7.3
    assert {"Drenthe", "Groningen", "Overijssel"} <= {each.name for each in shapes.provinces}
    assert "Assen" in {each.name for each in shapes.municipalities}
    assert "Rotterdam" not in {each.name for each in shapes.municipalities}


def decoded(ring: list[int]) -> np.ndarray:
    return np.cumsum(np.reshape(ring, (-1, 2)), axis=0) / STEPS_PER_DEGREE


def test_holes_are_kept_and_specks_dropped() -> None:
    square = shapely.box(0, 0, 1, 1)
    holed = square.difference(shapely.box(0.4, 0.4, 0.6, 0.6))
    assert len(encoded(holed)[0]) == 2
    assert encoded(shapely.box(0, 0, 1e-6, 1e-6)) == []


def test_a_postcode_of_another_country_gets_a_point(noordoost_result: Result) -> None:
    frame = noordoost_result.postcodes.loc[["9712"]]
    assert map_shapes(frame).postcodes[0] != []
    abroad = map_shapes(frame.assign(lat=47.2, lon=9.5))
    assert abroad.postcodes == [[]]
    assert abroad.outline == []
    assert abroad.municipalities == []


def test_labels_are_short() -> None:
    assert short_name("Frisius MC Heerenveen (Tjongerschans)") == "Frisius MC Heerenveen"
    assert short_name("(x)") == "(x)"
    assert len(short_name("x" * 200)) == 34


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_text_that_the_page_asks_for_is_in_the_catalogue(lang: str) -> None:
    script = (files("impact.outputs") / "templates" / "map.js").read_text(encoding="utf-8")
    asked = set(re.findall(r"\btexts\.(\w+)", script))
    assert len(asked) > 20
    own = {key for key in asked if not key.startswith("search_") or key == "search_none"}
    assert sorted(key for key in own if f"map.{key}" not in texts(lang).entries) == []
    assert {f"explorer.{key}" for key in asked - own} <= set(texts(lang).entries)
