"""explorer.html: switch hospitals on and off, and see at once who travels how much longer.

One file that works without a server and without a network. It holds the travel-time matrix and
computes by the definitions of `impact.concentration`; names go in as JSON and are shown as text.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from impact.outputs.bands import BANDS
from impact.outputs.coarse import drawn_by_pc4
from impact.outputs.explorer_data import explorer_data
from impact.outputs.explorer_points import computed_by_pc4
from impact.outputs.explorer_study import shareable_text
from impact.outputs.few_residents import FEW_RESIDENTS, few_residents
from impact.outputs.map_facts import page_notes
from impact.outputs.map_layers import LEGEND, principal_cases
from impact.outputs.map_shapes import STEPS_PER_DEGREE, map_shapes
from impact.outputs.map_words import subtitle
from impact.outputs.pages import environment, json_script, template_text
from impact.outputs.texts import texts
from impact.storage import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from impact.concentration.result import Result
    from impact.outputs.map_shapes import MapShapes
    from impact.outputs.texts import Texts

_SCRIPTS = (
    "explorer_engine.js",
    "explorer_words.js",
    "explorer_search.js",
    "explorer_state.js",
    "explorer_charts.js",
    "explorer_view.js",
    "canvas_fills.js",
    "explorer_map.js",
    "explorer.js",
)
_BORROWED = (
    "common.caveat_outside",
    "common.no_route",
    "map.equally_long",
    "map.longer",
    "map.municipality",
    "map.role_more",
    "map.role_opens",
    "map.role_outside",
    "map.role_stays",
    "map.role_stops",
    "map.search_none",
    "map.shorter",
    "report.and",
    "report.less_than_one",
    "report.less_than_one_percent",
    "report.more_than_99_percent",
    "report.one_minute",
    "report.some_minutes",
)
"""Texts of other outputs that the page says too, in the same words."""


def write_explorer(result: Result, path: Path, *, lang: str = "nl") -> None:
    """Write the explorer of a run as one self-contained HTML file.

    Parameters
    ----------
    result
        Of a run.
    path
        The file; an older one is replaced when the new one is complete.
    lang
        ``nl`` or ``en``.

    Raises
    ------
    InputError
        For another language.
    OutputError
        When the file cannot be written.

    Notes
    -----
    Everybody goes to the nearest provider, or to the recipients that a scenario of the study
    names. The figures are those of `impact.concentration.measures.measures`, bit by bit; with more
    demand points than a page holds it computes per PC4, and says so.
    """
    html = _page(computed_by_pc4(result, drawn_by_pc4(result)), texts(lang))
    with replacing(path) as temporary:
        temporary.write_text(html, encoding="utf-8", newline="\n")


def _page(result: Result, t: Texts) -> str:
    few = few_residents(result)
    return (
        environment()
        .get_template("explorer.html.j2")
        .render(
            t=t,
            study=result.study,
            unit=t.unit(result.unit),
            subtitle=subtitle(result, t),
            notes=page_notes(result, t),
            screening=result.manifest["roads"]["kind"] == "screening",
            legend=LEGEND,
            few=t("map.few_residents", count=t.number(FEW_RESIDENTS)) if few.any() else "",
            summed="drawn" in result.manifest,
            whole_study=bool(shareable_text(result.study)),
            style=template_text("explorer.css"),
            fills={band.key: band.colour for band in LEGEND},
            scripts=[template_text(name) for name in _SCRIPTS],
            data=json_script("impact-data", _data(result, t)),
        )
    )


def _data(result: Result, t: Texts) -> dict[str, Any]:
    shapes = map_shapes(result.postcodes)
    south, west, north, east = shapes.bounds
    own = {key: text for key, text in t.entries.items() if key.startswith("explorer.")}
    own |= {key: t.entries[key] for key in _BORROWED}
    return {
        "lang": t.lang,
        "texts": {key.partition(".")[2]: text for key, text in own.items()},
        "bands": [band.key for band in LEGEND],
        "colours": [band.colour for band in LEGEND],
        "ends": [[band.key, band.high if band.high < float("inf") else None] for band in BANDS[1:]],
        "stepsPerDegree": STEPS_PER_DEGREE,
        "bounds": [[south, west], [north, east]],
        "outline": shapes.outline,
        "municipalities": [["", 0.0, 0.0, each.polygons] for each in shapes.municipalities],
        "provinces": [[each.name, each.lat, each.lon, each.polygons] for each in shapes.provinces],
        "postcodes": _postcodes(result, shapes),
        "few": few_residents(result).nonzero()[0].tolist(),
        "remarks": {
            "car ferry": t("common.car_ferry"),
            "no visitor cars": t("common.no_visitor_cars"),
        },
        "opening": _opening(result),
        "study": shareable_text(result.study),
        "fileName": f"{PurePath(result.study.source).stem}-scenario.toml",
        **explorer_data(result, t),
    }


def _postcodes(result: Result, shapes: MapShapes) -> list[list[Any]]:
    frame = result.postcodes
    columns = [
        frame.index.astype(str).tolist(),
        frame["place"].tolist(),
        frame["municipality"].tolist(),
        frame["ferry"].tolist(),
        frame["lat"].astype(float).round(4).tolist(),
        frame["lon"].astype(float).round(4).tolist(),
        shapes.postcodes,
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def _opening(result: Result) -> int:
    """Preset that the page opens on, chosen as the map chooses; -1 where there is none."""
    cases = principal_cases(result)
    named = [place for place, each in enumerate(cases) if each.kind == "scenario"]
    decided = [place for place in named if cases[place].status == "decided"]
    return next(iter((*decided, *named)), 0 if cases else -1)
