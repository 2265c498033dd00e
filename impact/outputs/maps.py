"""map.html: a folium map that works from a file, without any network.

Postcodes are embedded once and every layer restyles them. Whatever comes from data (names, notes)
goes in as JSON or as escaped text and is shown as text; the page itself forbids requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impact.outputs.few_residents import FEW_RESIDENTS, few_residents
from impact.outputs.leaflet import leaflet_script, leaflet_style
from impact.outputs.listings import status_text
from impact.outputs.map_facts import layer_facts, page_notes
from impact.outputs.map_layers import (
    LEGEND,
    layer,
    opening_layer,
    principal_cases,
    short_name,
    used_locations,
)
from impact.outputs.map_page import TILES, DrawLayers, OfflineMap, OfflinePage, Verbatim
from impact.outputs.map_shapes import STEPS_PER_DEGREE, map_shapes
from impact.outputs.map_words import layer_name, subtitle
from impact.outputs.pages import environment, json_script, template_text
from impact.outputs.texts import texts
from impact.storage import replacing

if TYPE_CHECKING:
    from pathlib import Path

    import folium
    import geopandas as gpd

    from impact.concentration.result import Result
    from impact.outputs.map_layers import Layer
    from impact.outputs.map_shapes import MapShapes, NamedShape
    from impact.outputs.texts import Texts


def write_map(result: Result, path: Path, *, lang: str = "nl", tiles: bool = False) -> None:
    """Write the map of a run as one self-contained HTML file.

    Parameters
    ----------
    result
        Of a run.
    path
        The file; an older one is replaced when the new one is complete.
    lang
        ``nl`` or ``en``.
    tiles
        Whether the reader may switch on streets, which are fetched from OpenStreetMap. Without
        it no request can leave the machine.

    Raises
    ------
    InputError
        For another language.
    OutputError
        When the file cannot be written.
    """
    html = build_map(result, lang=lang, tiles=tiles).get_root().render()
    with replacing(path) as temporary:
        temporary.write_text(html, encoding="utf-8", newline="\n")


def build_map(result: Result, *, lang: str = "nl", tiles: bool = False) -> folium.Map:
    """Build the map of a run.

    Parameters
    ----------
    result, lang, tiles
        See `write_map`.

    Returns
    -------
    folium.Map
        In a notebook it shows itself. The same result gives the same bytes.

    Raises
    ------
    InputError
        For another language.
    """
    t = texts(lang)
    shapes = map_shapes(result.postcodes)
    south, west, north, east = shapes.bounds
    page = OfflinePage(t("map.title", study=result.study.title), lang, tiles=tiles)
    out = OfflineMap(((south + north) / 2, (west + east) / 2), t("map.map_label"))
    locations = used_locations(result)
    layers = [layer(result, case, locations) for case in principal_cases(result)]
    streets = f"{TILES}/{{z}}/{{x}}/{{y}}.png"
    panel = environment().get_template("map_panel.html.j2")
    side = panel.render(
        t=t,
        study=result.study,
        subtitle=subtitle(result, t),
        groups=_groups(layers, t),
        opening=opening_layer(layers),
        screening=result.manifest["roads"]["kind"] == "screening",
        notes=page_notes(result, t),
        legend=LEGEND,
        few=t.number(FEW_RESIDENTS) if few_residents(result).any() else "",
        sized=any(mark["size"] != 1.0 for each in layers for mark in each.markers),
        tiles=tiles,
    )
    data = _page_data(result, shapes, layers, t) | {"tiles": streets if tiles else None}
    page.add_child(out)
    page.header.add_child(Verbatim(f"<style>{leaflet_style()}</style>"), name="leaflet_css")
    page.header.add_child(Verbatim(f"<script>{leaflet_script()}</script>"), name="leaflet_js")
    page.header.add_child(Verbatim(_style()), name="impact_css")
    page.header.add_child(
        Verbatim(_script("map_shapes.js", "map_labels.js", "map.js")), name="impact_js"
    )
    page.html.add_child(Verbatim(side), name="impact_panel")
    page.html.add_child(Verbatim(json_script("impact-data", data)), name="impact_data")
    out.add_child(DrawLayers(), name="impact_layers")
    return out


def _page_data(result: Result, shapes: MapShapes, layers: list[Layer], t: Texts) -> dict[str, Any]:
    """Everything that map.js draws and says."""
    south, west, north, east = shapes.bounds
    locations = used_locations(result)
    return {
        "texts": {
            key.removeprefix("map."): text
            for key, text in t.entries.items()
            if key.startswith("map.")
        },
        "lang": t.lang,
        "stepsPerDegree": STEPS_PER_DEGREE,
        "bounds": [[south, west], [north, east]],
        "attribution": _attribution(result, t),
        "outline": shapes.outline,
        "municipalities": _areas(shapes.municipalities, result.postcodes, "municipality"),
        "provinces": _areas(shapes.provinces, result.postcodes, "province"),
        "bands": [band.key for band in LEGEND],
        "postcodes": _postcodes(result, shapes.postcodes),
        "few": few_residents(result).nonzero()[0].tolist(),
        "remarks": {
            "car ferry": t("common.car_ferry"),
            "no visitor cars": t("common.no_visitor_cars"),
            "no route": t("common.no_route"),
            "nobody": t("common.band_nobody"),
        },
        "islands": _islands(result),
        "locations": [
            [name, short_name(name), *_degrees(result.hospitals.loc[name, ["lat", "lon"]])]
            for name in locations
        ],
        "layers": [
            {
                "bands": each.bands,
                "flows": each.flows,
                "name": layer_name(each.case, t),
                "unit": t.unit(result.unit_of(each.case.intervention.name)),
                "demand": each.demand,
                "warning": t("common.caveat_outside") if each.case.outside_incomplete else "",
                "facts": layer_facts(result, each.case, t),
                "markers": [_marker(mark, t) for mark in each.markers],
            }
            for each in layers
        ],
    }


def _marker(mark: dict[str, Any], t: Texts) -> dict[str, Any]:
    return mark | {"status": status_text(t, mark["status"])}


def _style() -> str:
    fills = "\n".join(f".band-{band.key} {{ fill: {band.colour}; }}" for band in LEGEND)
    return f"<style>{template_text('map.css')}\n{fills}\n</style>"


def _script(*names: str) -> str:
    return "".join(f"<script>\n{template_text(name)}</script>\n" for name in names)


def _attribution(result: Result, t: Texts) -> str:
    screening = result.manifest["roads"]["kind"] == "screening"
    return t("map.attribution_screening" if screening else "map.attribution")


def _groups(layers: list[Layer], t: Texts) -> dict[str, list[tuple[int, str]]]:
    """List number and name of each layer, by intervention."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for number, each in enumerate(layers):
        name = each.case.intervention.name
        groups.setdefault(name, []).append((number, layer_name(each.case, t)))
    return groups


def _areas(shapes: list[NamedShape], postcodes: gpd.GeoDataFrame, column: str) -> list[list[Any]]:
    """Name, point and polygons; where most demand is comes first, and gets its name first."""
    weight = postcodes.groupby(column)["demand"].sum()
    ordered = sorted(shapes, key=lambda each: (-float(weight.get(each.name, 0.0)), each.name))
    return [[each.name, each.lat, each.lon, each.polygons] for each in ordered]


def _postcodes(result: Result, polygons: list[Any]) -> list[list[Any]]:
    frame = result.postcodes
    remarks = result.flows.drop_duplicates("postcode").set_index("postcode")["ferry"]
    columns = [
        frame.index.astype(str).tolist(),
        frame["place"].tolist(),
        frame["municipality"].tolist(),
        remarks.reindex(frame.index).tolist(),
        frame["lat"].round(4).tolist(),
        frame["lon"].round(4).tolist(),
        polygons,
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def _islands(result: Result) -> list[list[Any]]:
    """Islands where visitors bring no car: name and middle."""
    without = result.postcodes[result.postcodes["visitor_cars"] == "no"]
    middles = without.groupby("island")[["lat", "lon"]].mean()
    return [[str(name), *_degrees(row)] for name, row in middles.iterrows()]


def _degrees(point: Any) -> list[float]:  # noqa: ANN401 (a row of a frame)
    return [round(float(each), 4) for each in point]
