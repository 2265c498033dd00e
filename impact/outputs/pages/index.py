"""index.html: the front door of a run: where do you live, and what changes there.

One file that works without a server and without a network. It holds who goes where in every case,
and the minutes there, home again and in the peak; names go in as JSON and are shown as text.
"""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.outputs.pages.map_layers import drawn_by_pc4
from impact.outputs.pages.page import environment, json_script, template_text
from impact.outputs.pages.place_names import search_data
from impact.outputs.pages.transit_data import transit_data
from impact.outputs.text import texts
from impact.outputs.text.card import card_texts, lookup_command, roads_abroad, unknown_text
from impact.outputs.text.people import counted_text
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import FACTS, known_text, roads_text, status_badge
from impact.storage import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.analysis.result import CaseView, Result
    from impact.outputs.text import Texts
    from impact.study.model import Intervention
    from impact.times.matrix import TravelTimes

_SCRIPTS = ("explorer_words.js", "card.js", "search.js", "index.js")
_STYLES = ("card.css", "search.css", "index.css")
_NOWHERE = -1


def write_index(result: Result, path: Path, *, lang: str = "nl") -> None:
    """Write the front door of a run as one self-contained HTML file.

    Parameters
    ----------
    result
        From `impact.analysis.run.run_study`.
    path
        Of the page; the explorer, the sheet and the report stand beside it.
    lang
        ``nl`` or ``en``.
    """
    t = texts(lang)
    shown = drawn_by_pc4(result)
    page = (
        environment()
        .get_template("index.html.j2")
        .render(
            t=t,
            study=result.study,
            counted=counted_text(t, result),
            roads=roads_text(t, result.manifest["roads"]),
            unknown=unknown_text(t, result),
            manifest=result.manifest,
            style="".join(map(template_text, _STYLES)),
            scripts=[template_text(name) for name in _SCRIPTS],
            data=json_script("impact-data", index_data(shown, t)),
        )
    )
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8", newline="\n")


def index_data(result: Result, t: Texts) -> dict[str, Any]:
    """Collect the names and numbers of a run for the front door."""
    frame = result.postcodes
    columns = (frame.index.astype(str), frame["place"], frame["municipality"], frame["ferry"])
    own = {key: text for key, text in t.entries.items() if key.startswith("index.")}
    profile = known_text(t, "common.profile", str(result.manifest["parameters"]["profile"]))
    return {
        "lang": t.lang,
        "texts": {key.partition(".")[2]: text for key, text in own.items()},
        "card": card_texts(t),
        "lookup": lookup_command(result),
        "caveat": t("common.caveat_outside"),
        "region": result.study.region,
        "oneWay": t.one_way(str(result.manifest["roads"]["kind"])),
        "profile": profile,
        "postcodes": [list(row) for row in zip(*columns, strict=True)],
        "search": search_data(frame),
        "locations": list(result.times.destinations),
        "abroad": roads_abroad(result.manifest["roads"]),
        **ways_data(result),
        "treatments": [_treatment(result, each, t) for each in result.study.interventions],
    }


def ways_data(result: Result) -> dict[str, Any]:
    """Minutes for the card, postcode by location: there, home again (back) and in the peak.

    32-bit floating point numbers in base64, rows in the order of the postcodes, columns in the
    order of ``result.times.destinations``; null where they were not computed. ``transit`` is as
    `impact.outputs.pages.transit_data.transit_data` writes it.
    """

    def written(times: TravelTimes | None) -> str | None:
        return None if times is None else _base64_floats(times.minutes)

    return {
        "minutes": written(result.times),
        "back": written(result.back),
        "peak": written(result.peak),
        "transit": transit_data(result, result.times.destinations),
    }


def _base64_floats(values: NDArray[np.float64]) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode("ascii")


def _treatment(result: Result, intervention: Intervention, t: Texts) -> dict[str, Any]:
    views = [view for view in result.principal if view.case.intervention is intervention]
    return {
        "name": intervention.name,
        "plain": plain_treatment(t, intervention.name),
        "cases": [_case(view, t) for view in views],
    }


def _case(view: CaseView, t: Texts) -> dict[str, Any]:
    case, row = view.case, view.row
    number = {name: at for at, name in enumerate(view.result.times.destinations)}
    extra = float(row["mean_extra_moved"])
    return {
        "name": t.scenario(case.scenario),
        "badge": status_badge(t, case),
        "fact": case.status in FACTS,
        "named": case.kind == "scenario",
        "stops": list(case.stops),
        "opens": list(case.opens),
        "extra": extra if math.isfinite(extra) else None,
        "incomplete": case.doubtful,
        "rows": _rows(view, number),
    }


def _rows(view: CaseView, number: Mapping[str, int]) -> list[list[float]]:
    """Who goes where, per postcode: before, after, and the share where there are several."""
    flows = view.case.flows
    at = view.result.postcodes.index.get_indexer(flows["postcode"])
    ends = [
        [number.get(str(name), _NOWHERE) for name in flows[key]]
        for key in ("provider_before", "provider_after")
    ]
    demand = flows["demand"].to_numpy(np.float64)
    found: list[list[float]] = [[] for _ in range(len(view.result.postcodes))]
    for place, before, after, weight in zip(at.tolist(), *ends, demand.tolist(), strict=True):
        found[place] += [before, after, weight]
    # of one row the share says nothing
    return [row[:2] if len(row) == 3 else row for row in found]  # noqa: PLR2004
