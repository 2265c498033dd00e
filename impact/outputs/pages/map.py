"""map.html: a folium map that works from a file, without any network.

Leaflet comes from the installed package django-js-lib-leaflet (1.9.4 and nothing else); folium
itself would fetch it, and four libraries that we don't use, from the web.

Every case is a layer of folium, chosen in the panel or on the map; the corners of the postcodes are
embedded once for all layers. Whatever comes from data (names, notes) goes in as JSON or as escaped
text and is shown as text; the page itself forbids requests.
"""

from __future__ import annotations

import base64
import html
import json
import re
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template

from impact.analysis.result import CaseView
from impact.model.measures import LEGEND
from impact.outputs.pages.map_layers import (
    FEW_RESIDENTS,
    base_data,
    few_residents,
    geometry,
    layer,
    map_shapes,
    opening,
    short_name,
    used_locations,
)
from impact.outputs.pages.page import environment, json_script, template_text
from impact.outputs.pages.place_names import search_data
from impact.outputs.text import texts
from impact.outputs.text.overview import layer_facts, layer_name, page_notes, subtitle
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import map_attribution, outside_caveat, roads_text, status_text
from impact.storage import replacing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from impact.analysis.result import Result
    from impact.outputs.pages.map_layers import Layer, MapShapes
    from impact.outputs.text import Texts

_PACKAGE = "js_lib_leaflet"
_FOLDER = "static/js_lib_leaflet"
_URL = re.compile(r"url\((?P<name>images/[\w.-]+\.png)\)")
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


@cache
def leaflet_script() -> str:
    """Leaflet's JavaScript.

    Examples
    --------
    >>> "Leaflet 1.9" in leaflet_script()[:200]
    True
    """
    return _SOURCE_MAP.sub("", _content("leaflet.js").decode("utf-8")).strip()


@cache
def leaflet_style() -> str:
    """Leaflet's style sheet.

    Examples
    --------
    >>> "url(images" in leaflet_style()
    False
    """
    return _URL.sub(_inlined, _content("leaflet.css").decode("utf-8"))


def _inlined(match: re.Match[str]) -> str:
    return f"url({_picture(match['name'])})"


def _picture(name: str) -> str:
    """Return a picture of Leaflet as an address that holds it."""
    return f"data:image/png;base64,{base64.b64encode(_content(name)).decode('ascii')}"


def _content(name: str) -> bytes:
    return resources.files(_PACKAGE).joinpath(_FOLDER, name).read_bytes()


TILES = "https://tile.openstreetmap.org"
"""Where streets come from, if the reader may switch them on."""

_SEARCHED = ("explorer.search_outside", "explorer.search_outside_only", "explorer.search_which")
"""What the explorer says too of a search."""

_ID = "impact"
_ICONS = {"icon": "marker-icon", "iconRetina": "marker-icon-2x", "shadow": "marker-shadow"}
"""Pictures of a plain marker: option of Leaflet, and its file."""


class OfflinePage(Figure):
    """A page that says its language and forbids what its policy forbids.

    Parameters
    ----------
    title
        As text; it is escaped.
    lang
        Language of the page.
    """

    _template = Template(
        "<!DOCTYPE html>\n"
        '<html lang="{{ this.lang }}">\n<head>\n'
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "{% if this.policy %}"
        '<meta http-equiv="Content-Security-Policy" content="{{ this.policy }}">\n'
        "{% endif %}"
        "<title>{{ this.title|e }}</title>\n"
        '<link rel="icon" href="data:,">\n'
        "{{ this.header.render(**kwargs) }}\n</head>\n"
        "<body>\n{{ this.html.render(**kwargs) }}\n"
        "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n</body>\n</html>\n"
    )
    policy = ""

    def __init__(self, title: str, lang: str) -> None:
        super().__init__(title=title)
        self.lang = lang
        self.header = Element()
        self.header._parent = self  # noqa: SLF001 (as Figure does; it has our charset already)


class OfflineMap(folium.Map):
    """A folium map without folium's scripts from the web, and with zoom for all."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 (as folium declares it)
    default_css: list[tuple[str, str]] = []  # noqa: RUF012
    _template = Template(
        """
        {% macro html(this, kwargs) %}
            <div class="folium-map" id="{{ this.get_name() }}" role="region"
                 aria-label="{{ this.label|e }}"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map(
                {{ this.get_name()|tojson }},
                {center: {{ this.location|tojson }}, ...{{ this.options|tojavascript }}}
            );
            var {{ this.get_name() }}_cases = impactMap({{ this.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, location: tuple[float, float], label: str) -> None:
        super().__init__(location=location, tiles=None, zoom_control=False, zoom_snap=0.25)
        self.options["attributionControl"] = False
        self.label = label
        # folium draws random names, and then no two files are equal
        self._id = _ID

    def render(self, **kwargs: Any) -> None:  # type: ignore[override] # noqa: ANN401
        """Render with the choice of layers last, so that it lists layers that were added later."""
        for name in [each for each in self._children if each.startswith("layer_control")]:
            self._children.move_to_end(name)
        super().render(**kwargs)  # type: ignore[no-untyped-call]


class CaseLayer(folium.GeoJson):
    """One case as a base layer; its ``data`` are GeoJSON, its style is the band of each postcode.

    The page holds the corners once for all layers, and shows names as text: folium itself would
    write them once per layer, and as HTML.

    Parameters
    ----------
    features
        Gives a GeoJSON feature per postcode; called when somebody asks for ``data``.
    number
        Of the layer in the data of the page.
    name
        In the choice of layers.
    show
        Whether the page opens on it.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} =
                {{ this._parent.get_name() }}_cases.layer({{ this.number }});
        {% endmacro %}
        """
    )

    def __init__(
        self, features: Callable[[], list[dict[str, Any]]], number: int, name: str, *, show: bool
    ) -> None:
        # Leaflet writes names of layers as HTML, and folium reads them as a template
        safe = html.escape(name).replace("{", "&#123;")
        super().__init__(features, name=safe, overlay=False, show=show)
        self.number = number
        self._id = f"{_ID}_{number}"

    def process_data(self, data: Any) -> Any:  # noqa: ANN401 (folium calls it on what it was given)
        """Keep what makes the features."""
        return data

    @property
    def data(self) -> dict[str, Any]:
        """The features of the layer."""
        return {"type": "FeatureCollection", "features": self._features()}

    @data.setter
    def data(self, features: Any) -> None:  # noqa: ANN401 (what `process_data` gave)
        self._features = features


class LayerChoice(folium.LayerControl):
    """The choice of layers on the map, named in the language of the page."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self._id = _ID
        self.add_child(_Script(f"{self.get_name()}.getContainer().firstChild.title = ", label))


class _Script(MacroElement):
    """A statement that ends in a text."""

    _template = Template(
        "{% macro script(this, kwargs) %}{{ this.statement }}{{ this.text|tojson }};{% endmacro %}"
    )

    def __init__(self, statement: str, text: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.statement, self.text = statement, text


class Panel(MacroElement):
    """What stands beside the map: choice, figures, legend, search and sources.

    Parameters
    ----------
    head, body
        HTML, made safe by whoever made it.
    """

    def __init__(self, head: str, body: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.head, self.body = head, body

    def render(self, **_: Any) -> None:  # type: ignore[override] # noqa: ANN401
        """Put the panel on the page as it is: folium would read it as a template."""
        page: Any = self.get_root()
        page.header.add_child(Verbatim(self.head), name="panel_head")
        page.html.add_child(Verbatim(self.body), name="panel_body")


class Verbatim(Element):
    """Text that goes into the page as it is.

    Parameters
    ----------
    text
        HTML, made safe by whoever made it.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_: Any) -> str:  # noqa: ANN401 (folium passes what it likes)
        """Return the text."""
        return self.text


def write_map(result: Result, path: Path, *, lang: str = "nl", tiles: bool = False) -> None:
    """Write the map of a run as one self-contained HTML file."""
    with replacing(path) as temporary:
        text = map_page(result, lang=lang, tiles=tiles)
        temporary.write_text(text, encoding="utf-8", newline="\n")


def map_page(result: Result, *, lang: str = "nl", tiles: bool = False) -> str:
    """Return the map of a run as a page that asks nobody for anything, but tiles where offered."""
    page: Any = folium_map(result, lang=lang, tiles=tiles).get_root()
    page.policy = (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        f"img-src data:{f' {TILES}' if tiles else ''}"
    )
    text: str = page.render()
    return text


def folium_map(result: Result, *, lang: str = "nl", tiles: bool = False) -> folium.Map:
    """Map of a run, to add layers of your own to.

    Every case is a base layer (`folium.GeoJson`); an overlay that you add is listed in the choice
    of layers. Nothing is fetched from the web but what your own layers ask for; `folium.Icon`
    needs scripts that this map does not load, a plain `folium.Marker` needs none.

    Examples
    --------
    >>> import folium
    >>> from impact import folium_map, read_study, run_study
    >>> shown = folium_map(run_study(read_study("noordoost")))
    >>> folium.Marker((53.22, 6.57), tooltip="Groningen").add_to(shown)  # doctest: +ELLIPSIS
    <folium.map.Marker object at ...>
    """
    t = texts(lang)
    shapes = map_shapes(result.postcodes)
    south, west, north, east = shapes.bounds
    page = OfflinePage(t("map.title", study=result.study.title), lang)
    out = OfflineMap(((south + north) / 2, (west + east) / 2), t("map.map_label"))
    locations = used_locations(result)
    layers = [layer(result, view.case, locations) for view in result.principal]
    first = opening([each.case for each in layers])
    side = environment().get_template("map_panel.html.j2")
    body = side.render(
        t=t,
        study=result.study,
        subtitle=subtitle(result, t),
        groups=_groups(layers, t),
        opening=first,
        roads=roads_text(t, result.manifest["roads"]),
        notes=page_notes(result, t),
        legend=LEGEND,
        few=t.number(FEW_RESIDENTS) if few_residents(result).any() else "",
        ringed=bool(shapes.ringed),
        sized=any(mark["size"] != 1.0 for each in layers for mark in each.markers),
        tiles=tiles,
    )
    streets = f"{TILES}/{{z}}/{{x}}/{{y}}.png"
    data = _page_data(result, layers, t) | {"tiles": streets if tiles else None}
    page.add_child(Panel(_head(), body + json_script("impact-data", data)), name="panel")
    page.add_child(out)
    places = cache(partial(_places, result, shapes))
    for number, (view, each) in enumerate(zip(result.principal, layers, strict=True)):
        name = layer_name(each.case, t)
        features = partial(_features, view, places)
        CaseLayer(features, number, name, show=number == first).add_to(out)
    LayerChoice(t("map.layer_control")).add_to(out)
    return out


def _places(result: Result, shapes: MapShapes) -> list[dict[str, Any]]:
    """Give the GeoJSON geometry of every postcode, with the properties that do not change."""
    frame = result.postcodes
    columns = zip(
        frame.index.astype(str),
        frame["place"],
        frame["municipality"],
        frame["lat"],
        frame["lon"],
        shapes.postcodes,
        strict=True,
    )
    return [
        {
            "geometry": geometry(polygons)
            or {"type": "Point", "coordinates": [round(float(lon), 4), round(float(lat), 4)]},
            "properties": {"postcode": code, "place": place, "municipality": municipality},
        }
        for code, place, municipality, lat, lon, polygons in columns
    ]


def _features(shown: CaseView, places: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Give every postcode with its band and minutes (infinite: no route) in a case."""
    rows = shown.postcodes
    names = ("demand", "moved", "mean_before", "mean_after", "mean_extra_moved")
    figures = zip(*(rows[name].tolist() for name in names), strict=True)
    return [
        {
            "type": "Feature",
            "geometry": each["geometry"],
            "properties": each["properties"]
            | {"band": LEGEND[band].key, **dict(zip(names, values, strict=True))},
        }
        for each, band, values in zip(places(), shown.bands.tolist(), figures, strict=True)
    ]


def _page_data(result: Result, layers: list[Layer], t: Texts) -> dict[str, Any]:
    """Everything that map.js draws and says."""
    locations = used_locations(result)
    return {
        **base_data(result),
        "search": search_data(result.postcodes),
        "texts": {
            key.partition(".")[2]: text
            for key, text in t.entries.items()
            if key.startswith("map.") or key in _SEARCHED
        },
        "lang": t.lang,
        "attribution": _attribution(result, t),
        "remarks": {
            "car ferry": t("common.car_ferry"),
            "no visitor cars": t("common.no_visitor_cars"),
            "no route": t("common.no_route"),
            "nobody": t("common.band_nobody"),
        },
        "locations": [
            [name, short_name(name), *_degrees(result.hospitals.loc[name, ["lat", "lon"]])]
            for name in locations
        ],
        "layers": [
            {
                "bands": each.bands,
                "flows": each.flows,
                "name": layer_name(each.case, t),
                "plain": plain_treatment(t, each.case.intervention.name),
                "unit": t.unit(result.said_unit(each.case.intervention.name)),
                "demand": each.demand,
                "warning": outside_caveat(t, each.case),
                "facts": layer_facts(CaseView(result, each.case), t),
                "markers": [_marker(mark, t) for mark in each.markers],
            }
            for each in layers
        ],
    }


def _marker(mark: dict[str, Any], t: Texts) -> dict[str, Any]:
    return mark | {"status": status_text(t, mark["status"])}


@cache
def _head() -> str:
    """Return styles and scripts of the page."""
    fills = "\n".join(f".band-{band.key} {{ fill: {band.colour}; }}" for band in LEGEND)
    icons = {f"{name}Url": _picture(f"images/{file}.png") for name, file in _ICONS.items()}
    icon = f"L.Icon.Default.imagePath = '';\nL.Icon.Default.mergeOptions({json.dumps(icons)});\n"
    scripts = [
        template_text(name) for name in ("map_shapes.js", "map_labels.js", "search.js", "map.js")
    ]
    return "".join(
        [
            f"<style>{leaflet_style()}</style>",
            f"<script>{leaflet_script()}\n{icon}</script>",
            f"<style>{template_text('search.css')}\n{template_text('map.css')}\n{fills}\n</style>",
            *(f"<script>\n{script}</script>\n" for script in scripts),
        ]
    )


def _attribution(result: Result, t: Texts) -> str:
    return map_attribution(t, result.manifest["roads"])


def _groups(layers: list[Layer], t: Texts) -> dict[str, list[tuple[int, str]]]:
    """List number and name of each layer, by intervention."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for number, each in enumerate(layers):
        name = each.case.intervention.name
        groups.setdefault(name, []).append((number, layer_name(each.case, t)))
    return groups


def _degrees(point: Any) -> list[float]:  # noqa: ANN401 (a row of a frame)
    return [round(float(each), 4) for each in point]
