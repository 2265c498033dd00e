"""`impact.folium_map` gives a map of folium, to which a user adds layers of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import folium
import pytest
from browser import LAPTOP, NEEDS_BROWSER
from selenium.webdriver.common.by import By
from toy import EMMEN_OPENS, LEEUWARDEN, PANCREAS, TO_GRONINGEN, toy_result

import impact
from impact.outputs.pages.map import write_map

if TYPE_CHECKING:
    from pathlib import Path

    from browser import Browser

    from impact.analysis.result import Result

ROUTE = {
    "type": "Feature",
    "properties": {},
    "geometry": {"type": "LineString", "coordinates": [[5.8, 53.2], [6.57, 53.22]]},
}
CHOICES = """
    return [...document.querySelectorAll('.leaflet-control-layers label')]
      .map((each) => [each.textContent.trim(), each.querySelector('input').checked]);
"""
FILL = "return getComputedStyle(document.querySelector(arguments[0])).fill"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


def case_layers(shown: folium.Map) -> list[folium.GeoJson]:
    return [each for each in shown._children.values() if isinstance(each, folium.GeoJson)]


def test_every_case_is_a_base_layer_of_folium_with_its_data(toy: Result) -> None:
    shown = impact.folium_map(toy)
    assert isinstance(shown, folium.Map)
    layers = case_layers(shown)
    assert [(each.overlay, each.show) for each in layers] == [
        (False, False),
        (False, True),  # the first that is named
        (False, False),
    ]
    features = {each["properties"]["postcode"]: each for each in layers[1].data["features"]}
    assert features["8911"]["properties"] == {
        "postcode": "8911",
        "place": "Leeuwarden",
        "municipality": "Leeuwarden",
        "band": "band_30",
        "demand": 10_000.0,
        "moved": 10_000.0,
        "mean_before": 6.0,
        "mean_after": 52.0,
        "mean_extra_moved": 46.0,
    }
    assert features["8911"]["geometry"]["type"] == "MultiPolygon"
    (south, west), (north, east) = shown.get_bounds()
    assert 52.6 < south < north < 53.6
    assert 4.8 < west < east < 7.2


def own_layers(toy: Result) -> folium.Map:
    shown = impact.folium_map(toy)
    group = folium.FeatureGroup(name="Eigen laag").add_to(shown)
    folium.GeoJson(ROUTE, tooltip="Lijn 1").add_to(group)
    folium.Marker((53.2, 6.2), tooltip="Eigen punt").add_to(group)
    return shown


def test_a_layer_of_ones_own_is_saved_and_listed_though_it_came_last(
    toy: Result, tmp_path: Path
) -> None:
    own_layers(toy).save(tmp_path / "own.html")
    page = (tmp_path / "own.html").read_text("utf-8")
    control, group = page.index("L.control.layers("), page.index("= L.featureGroup(")
    assert group < control
    assert '"Eigen laag" : feature_group_' in page
    assert "Content-Security-Policy" not in page  # what a user adds may ask the web


def test_names_reach_the_choice_of_layers_as_text_for_both_readers_of_it(tmp_path: Path) -> None:
    hostile = "<img src=x onerror='window.hacked = 1'> {% raw %} {{ 7 * 7 }}"
    shown = impact.folium_map(toy_result(tmp_path, names={TO_GRONINGEN: hostile}))
    (name,) = (each.layer_name for each in case_layers(shown) if "onerror" in each.layer_name)
    assert "<" not in name
    assert "{" not in name


def in_browser(test: object) -> object:
    """Mark a test that opens a page."""
    for mark in NEEDS_BROWSER:
        test = mark(test)
    return test


@in_browser
def test_a_layer_of_ones_own_works_without_a_network(
    browser: Browser, toy: Result, tmp_path: Path
) -> None:
    own_layers(toy).save(tmp_path / "own.html")
    page = browser.open(tmp_path / "own.html", **LAPTOP)
    assert page.run(CHOICES)[-1] == ["Eigen laag", True]
    line = page.driver.find_element(By.CSS_SELECTOR, ".leaflet-overlay-pane path")
    assert line.is_displayed()
    pin = page.driver.find_element(By.CSS_SELECTOR, "img.leaflet-marker-icon")
    page.wait(lambda _: pin.get_property("naturalWidth") > 0)
    assert page.console_errors() == []
    assert page.outside_requests() == []


@in_browser
def test_panel_and_choice_on_the_map_follow_each_other(
    browser: Browser, toy: Result, tmp_path: Path
) -> None:
    write_map(toy, tmp_path / "map.html")
    page = browser.open(tmp_path / "map.html", **LAPTOP)
    chooser = page.driver.find_element(By.ID, "impact-layer")
    chooser.send_keys(f"{PANCREAS} – B")
    names = [name for name, on in page.run(CHOICES) if on]
    assert names == [f"{PANCREAS} – {EMMEN_OPENS} (STATUS NIET VERMELD)"]
    assert page.run(FILL, "path.shape.band-band_shorter") == 'url("#impact-dots")'
    toggle = page.driver.find_element(By.CSS_SELECTOR, ".leaflet-control-layers-toggle")
    assert toggle.get_attribute("title") == "Verdeling kiezen"
    toggle.click()
    labels = page.driver.find_elements(By.CSS_SELECTOR, ".leaflet-control-layers-base label")
    (mine,) = (each for each in labels if TO_GRONINGEN in each.text)
    mine.click()
    assert page.run("return document.getElementById('impact-chosen').textContent") == (
        f"{PANCREAS} – {TO_GRONINGEN} (STATUS NIET VERMELD)"
    )
    assert chooser.get_property("value") == "1"
    assert len(page.driver.find_elements(By.CSS_SELECTOR, "path.shape")) == 5
    assert page.run("return document.querySelectorAll('.marker').length") == 4
    assert LEEUWARDEN in page.run("return document.querySelector('#impact-facts').textContent")
    assert page.console_errors() == []


@in_browser
def test_a_base_layer_of_ones_own_takes_the_place_of_the_cases(
    browser: Browser, toy: Result, tmp_path: Path
) -> None:
    shown = impact.folium_map(toy)
    folium.FeatureGroup(name="Leeg", overlay=False, show=False).add_to(shown)
    shown.save(tmp_path / "own.html")
    page = browser.open(tmp_path / "own.html", **LAPTOP)
    page.driver.find_element(By.CSS_SELECTOR, ".leaflet-control-layers-toggle").click()
    labels = page.driver.find_elements(By.CSS_SELECTOR, ".leaflet-control-layers-base label")
    labels[-1].click()
    assert page.driver.find_elements(By.CSS_SELECTOR, "path.shape") == []
    page.driver.find_element(By.ID, "impact-layer").send_keys(f"{PANCREAS} – B")
    assert len(page.driver.find_elements(By.CSS_SELECTOR, "path.shape")) == 5
    assert page.console_errors() == []
