"""The page around a map: folium's elements, made to work without a network."""

from __future__ import annotations

from typing import Any

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template

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
    """A folium map without folium's scripts from the web, and with zoom for all.

    Parameters
    ----------
    location
        Latitude and longitude of the middle, degrees.
    label
        What a screen reader calls it.
    """

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
