"""map.html: a folium map that works from a file, without any network.

They come from the installed package django-js-lib-leaflet (Leaflet 1.9.4 and nothing else); folium
itself would fetch them, and four libraries that we don't use, from the web.

Postcodes are embedded once and every layer restyles them. Whatever comes from data (names, notes)
goes in as JSON or as escaped text and is shown as text; the page itself forbids requests.
"""

from __future__ import annotations

import base64
import datetime as dt
import math
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template

from impact.analysis.result import CaseView
from impact.model.candidates import stops_asked
from impact.model.measures import LEGEND
from impact.outputs.pages.map_layers import (
    STEPS_PER_DEGREE,
    extra_text,
    layer,
    layer_name,
    map_shapes,
    mark_of,
    opening,
    short_name,
    subtitle,
    used_locations,
)
from impact.outputs.pages.page import environment, json_script, template_text
from impact.outputs.text import texts
from impact.outputs.text.wording import (
    FEW_RESIDENTS,
    few_residents,
    listing_counts,
    minutes_text,
    status_text,
    whole_text,
)
from impact.storage import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from impact.analysis.result import Result
    from impact.model.case import Case
    from impact.outputs.pages.map_layers import Layer, MapShapes, NamedShape
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
    encoded = base64.b64encode(_content(match["name"])).decode("ascii")
    return f"url(data:image/png;base64,{encoded})"


def _content(name: str) -> bytes:
    return resources.files(_PACKAGE).joinpath(_FOLDER, name).read_bytes()


TILES = "https://tile.openstreetmap.org"
"""Where streets come from, if the reader may switch them on."""

_ID = "impact"


class OfflinePage(Figure):
    """A page that says its language and forbids every request (but tiles, if asked for).

    Parameters
    ----------
    title
        As text; it is escaped.
    lang
        Language of the page.
    tiles
        Whether streets may be fetched.
    """

    _template = Template(
        "<!DOCTYPE html>\n"
        '<html lang="{{ this.lang }}">\n<head>\n'
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="{{ this.policy }}">\n'
        "<title>{{ this.title|e }}</title>\n"
        '<link rel="icon" href="data:,">\n'
        "{{ this.header.render(**kwargs) }}\n</head>\n"
        "<body>\n{{ this.html.render(**kwargs) }}\n"
        "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n</body>\n</html>\n"
    )

    def __init__(self, title: str, lang: str, *, tiles: bool) -> None:
        super().__init__(title=title)
        self.lang = lang
        images = f"data: {TILES}" if tiles else "data:"
        self.policy = (
            "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
            f"img-src {images}"
        )
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
        {% endmacro %}
        """
    )

    def __init__(self, location: tuple[float, float], label: str) -> None:
        super().__init__(location=location, tiles=None, zoom_control=False, zoom_snap=0.25)
        self.options["attributionControl"] = False
        self.label = label
        # folium draws random names, and then no two files are equal
        self._id = _ID


class DrawLayers(MacroElement):
    """Draws the embedded data on the map that it is added to."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            impactMap({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id = "Layers", _ID


class Verbatim(Element):
    """Text that goes into the page as it is: folium would read it as a template.

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


Fact = list[str]
"""A term and what is said of it."""


def layer_facts(shown: CaseView, t: Texts) -> list[Fact]:
    """Say what a layer shows."""
    result, case, row = shown.result, shown.case, shown.row
    unit = t.unit(result.unit_of(case.intervention.name))
    facts = _extra(row, t)
    moved, demand = whole_text(t, row["moved"]), whole_text(t, row["demand"])
    facts.append([t("map.moved"), t("map.moved_value", moved=moved, demand=demand, unit=unit)])
    if not math.isnan(row["moved_bound"]):
        key = "map.moved_bound_value" if len(case.stops) == 1 else "map.moved_bound_value_more"
        facts.append([t("map.moved_bound"), t(key, bound=t.number(row["moved_bound"]))])
    facts += _certainty(case, t) + _changes(case, t)
    if not math.isnan(row["mean_extra_all"]):
        mean = extra_text(t, row["mean_extra_all"])
        facts.append([t("map.extra_all"), t("map.extra_all_value", mean=mean, demand=demand)])
    if row["unreachable"] > 0:
        count = whole_text(t, row["unreachable"])
        facts.append([t("map.unreachable"), t("map.unreachable_value", count=count, unit=unit)])
    return facts + _others(result, case, t) + _register(result.providers, case, t)


def page_notes(result: Result, t: Texts) -> list[str]:
    """Say how the map was made and from what."""
    manifest = result.manifest
    roads: Mapping[str, Any] = manifest["roads"]
    notes = [t("map.baseline")]
    if any(case.kind == "candidate" for case in result.cases):
        notes.append(t("map.candidate"))
    notes += [t("map.rounding"), t("map.boundaries")]
    if drawn := manifest.get("drawn"):
        notes.append(t("map.drawn", **{key: t.number(drawn[key]) for key in ("points", "areas")}))
    if result.study.times:
        notes.append(t("map.own_times", name=roads["name"]))
    else:
        fields = {key: roads.get(key, t("map.nothing")) for key in ("name", "source", "licence")}
        notes.append(t("map.roads", **fields))
    for each in manifest["inputs"]:
        known = {key: each.get(key) or t("map.nothing") for key in ("name", "year", "licence")}
        if each.get("source"):
            notes.append(t("map.input", source=each["source"], **known))
        else:
            notes.append(t("map.input_own", name=each["name"]))
    made = dt.datetime.fromisoformat(manifest["created"])
    notes.append(
        t(
            "map.made",
            date=t("map.date", **_day(made)),
            program=manifest["program"],
            version=manifest["version"],
        )
    )
    notes.append(t("map.library"))
    return notes


def _extra(row: Mapping[str, Any], t: Texts) -> list[Fact]:
    mean, p90 = row["mean_extra_moved"], row["p90_extra"]
    if math.isnan(mean):
        return []
    text = minutes_text(t, mean) if mean >= 0.0 else extra_text(t, mean)
    if round(p90) < 1:
        return [[t("map.extra"), t("map.extra_value", mean=text)]]
    return [[t("map.extra"), t("map.extra_value_p90", mean=text, p90=t.number(p90))]]


def _certainty(case: Case, t: Texts) -> list[Fact]:
    facts = []
    if mark := mark_of(case, t):
        facts.append([t("map.status"), mark])
    if case.start is not None:
        facts.append([t("map.starts"), t("map.date", **_day(case.start))])
    return facts


def _changes(case: Case, t: Texts) -> list[Fact]:
    facts = []
    if case.stops:
        facts.append([t("map.stops"), "; ".join(case.stops)])
    if case.opens:
        facts.append([t("map.opens"), "; ".join(case.opens)])
    if case.stops:
        facts.append([t("map.takes_over"), _takers(case, t)])
    return facts


def _takers(case: Case, t: Texts) -> str:
    """Who takes over, apart for each hospital that stops where that differs."""
    takers = {
        giver: t("map.takes_over_named", names="; ".join(sorted(case.moves_to[giver])))
        if giver in case.moves_to
        else t("map.takes_over_nearest")
        for giver in case.stops
    }
    if len(set(takers.values())) == 1:
        return takers[case.stops[0]]
    return "; ".join(
        t("map.takes_over_from", giver=giver, takers=names) for giver, names in takers.items()
    )


def _others(result: Result, case: Case, t: Texts) -> list[Fact]:
    """Give the range over the candidates, beside a case that stops as many as they do."""
    ranges, stopping = result.ranges, len(case.stops)
    if not (case.in_range or stopping == stops_asked(case.intervention)):
        return []
    count = {"k": t.number(stopping), "n": t.number(len(case.intervention.providers))}
    stops = t("map.stop_count_one" if stopping == 1 else "map.stop_count", **count)
    mine = ranges[ranges["definition"] == f"candidates: {case.intervention.name}"]
    facts = []
    for low, high in zip(mine["low"], mine["high"], strict=True):
        if result.choices(case.intervention.name) == 1:
            text = t("map.others_value_single", stops=stops)
        elif not math.isfinite(low):
            continue  # nobody who must go elsewhere can: there is nothing to average
        elif round(low) == round(high):
            text = t("map.others_value_same", stops=stops, mean=extra_text(t, high))
        else:
            fields = {"low": whole_text(t, low), "high": extra_text(t, high)}
            text = t("map.others_value", stops=stops, **fields)
        facts.append([t("map.others"), text])
    return facts


def _register(providers: pd.DataFrame, case: Case, t: Texts) -> list[Fact]:
    counts = listing_counts(providers[providers["intervention"] == case.intervention.name])
    parts = [
        t("map.register_value", count=count, status=status_text(t, status))
        for status, count in counts.items()
        if count
    ]
    return [[t("map.register"), ", ".join(parts)]]


def _day(day: dt.date) -> dict[str, str]:
    return {"day": f"{day.day:02d}", "month": f"{day.month:02d}", "year": str(day.year)}


def write_map(result: Result, path: Path, *, lang: str = "nl", tiles: bool = False) -> None:
    """Write the map of a run as one self-contained HTML file."""
    html = build_map(result, lang=lang, tiles=tiles).get_root().render()
    with replacing(path) as temporary:
        temporary.write_text(html, encoding="utf-8", newline="\n")


def build_map(result: Result, *, lang: str = "nl", tiles: bool = False) -> folium.Map:
    """Build the map of a run."""
    t = texts(lang)
    shapes = map_shapes(result.postcodes)
    south, west, north, east = shapes.bounds
    page = OfflinePage(t("map.title", study=result.study.title), lang, tiles=tiles)
    out = OfflineMap(((south + north) / 2, (west + east) / 2), t("map.map_label"))
    locations = used_locations(result)
    layers = [layer(result, view.case, locations) for view in result.principal]
    streets = f"{TILES}/{{z}}/{{x}}/{{y}}.png"
    panel = environment().get_template("map_panel.html.j2")
    side = panel.render(
        t=t,
        study=result.study,
        subtitle=subtitle(result, t),
        groups=_groups(layers, t),
        opening=opening([each.case for each in layers]),
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
                "facts": layer_facts(CaseView(result, each.case), t),
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
