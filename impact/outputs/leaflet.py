"""Leaflet's own files, ready to stand inside a page that works without a network.

They come from the installed package django-js-lib-leaflet (Leaflet 1.9.4 and nothing else); folium
itself would fetch them, and four libraries that we don't use, from the web.
"""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib import resources

_PACKAGE = "js_lib_leaflet"
_FOLDER = "static/js_lib_leaflet"
_URL = re.compile(r"url\((?P<name>images/[\w.-]+\.png)\)")
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


@cache
def leaflet_script() -> str:
    """Leaflet's JavaScript.

    Returns
    -------
    str
        Without the reference to its source map, which a browser's tools would try to fetch.

    Examples
    --------
    >>> "Leaflet 1.9" in leaflet_script()[:200]
    True
    """
    return _SOURCE_MAP.sub("", _content("leaflet.js").decode("utf-8")).strip()


@cache
def leaflet_style() -> str:
    """Leaflet's style sheet.

    Returns
    -------
    str
        Its images stand in it as data URIs.

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
