"""explorer.html: switch hospitals on and off, and see at once who travels how much longer.

Minutes and demand go into the page bit by bit (float64), so that its figures are those of
`impact.model.measures`, not figures near them.

One file that works without a server and without a network. It holds the travel-time matrix and
computes by the definitions of `impact.model`; names go in as JSON and are shown as text.
"""

from __future__ import annotations

import base64
import hashlib
import tomllib
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from impact.model.allocation_rule import NEAREST, OBSERVED
from impact.model.candidates import stops_asked
from impact.model.demand import PATIENTS, REGISTERED
from impact.model.measures import BANDS, LEGEND
from impact.model.volumes import hidden_ends
from impact.outputs.pages.hundredths import base64_hundredths
from impact.outputs.pages.map_layers import (
    FEW_RESIDENTS,
    base_data,
    drawn_by_pc4,
    few_residents,
    opening,
    short_name,
)
from impact.outputs.pages.page import environment, json_script, template_text
from impact.outputs.pages.place_names import search_data
from impact.outputs.pages.transit_data import transit_data
from impact.outputs.text import texts
from impact.outputs.text.card import card_texts, lookup_command, roads_abroad
from impact.outputs.text.overview import page_notes, subtitle
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import (
    FACTS,
    listing_statuses,
    map_attribution,
    roads_text,
    status_badge,
    status_text,
    unconfirmed_text,
)
from impact.storage import replacing
from impact.study.model import MODELLED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.analysis.result import CaseView, Result
    from impact.outputs.text import Texts
    from impact.study.model import Intervention, Study


_NAME = "explorer.html"
_NOWHERE = -1
"""Place of a location that takes nobody, as in explorer_engine.js."""


def shareable_text(study: Study) -> str:
    """Return the text of the study file, if it may travel with a page."""
    path = study.path(study.source)
    content = path.read_bytes() if study.source and path.is_file() else b""
    if not content or hashlib.sha256(content).hexdigest() != study.sha256:
        return ""
    text = content.decode("utf-8-sig")
    return "" if _names_a_place(tomllib.loads(text)) else text


def _names_a_place(value: object) -> bool:
    if isinstance(value, str):
        return PurePosixPath(value).is_absolute() or PureWindowsPath(value).is_absolute()
    if isinstance(value, list):
        return any(map(_names_a_place, value))
    return isinstance(value, dict) and any(map(_names_a_place, value.values()))


_MOST_MEANS = 1001
"""More candidates than this are shown by as many of them, evenly over their ranks."""


def base64_doubles(values: NDArray[np.float64]) -> str:
    """Write numbers bit by bit.

    Examples
    --------
    >>> base64_doubles(np.array([1.0, np.inf]))
    'AAAAAAAA8D8AAAAAAADwfw=='
    """
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode("ascii")


def _other_ways(result: Result, order: NDArray[np.int64]) -> dict[str, str]:
    """Minutes home and in the peak, where they were computed for the points of the page."""
    ways = {"back": result.back, "peak": result.peak}
    return {
        name: base64_hundredths(way.minutes[:, order])
        for name, way in ways.items()
        if way is not None and way.origins == result.times.origins
    }


def explorer_data(result: Result, t: Texts) -> dict[str, Any]:
    """Collect the numbers and names of a run for the explorer."""
    order = np.argsort(np.array(result.times.destinations, dtype=object))
    names = [result.times.destinations[place] for place in order]
    number = {name: place for place, name in enumerate(names)}
    points = result.hospitals.loc[names, ["lat", "lon"]].astype(float).round(5)
    interventions = [
        _intervention(result, each, number, t) | _observed(result, each, number)
        for each in result.study.interventions
    ]
    return {
        "locations": [
            [name, short_name(name), lat, lon]
            for name, (lat, lon) in zip(names, points.to_numpy().tolist(), strict=True)
        ],
        "minutes": base64_doubles(result.times.minutes[:, order]),
        **_other_ways(result, order),
        "transit": transit_data(result, names),
        **_weights(result),
        "interventions": interventions,
        "presets": [_preset(view, number, t) for view in result.principal],
        "scenarioNames": [each.name for each in result.study.scenarios],
    }


def _weights(result: Result) -> dict[str, Any]:
    """Demand per intervention; where interventions share it, it is written once."""
    written: dict[str, int] = {}
    place = {
        each.name: written.setdefault(base64_doubles(result.weights[each.name]), len(written))
        for each in result.study.interventions
    }
    return {"weights": list(written), "weightOf": list(place.values())}


def _intervention(
    result: Result, intervention: Intervention, number: Mapping[str, int], t: Texts
) -> dict[str, Any]:
    name = intervention.name
    unit = result.unit_of(name)
    listed = result.providers[result.providers["intervention"] == name]
    registered = result.registered.get(name)
    return {
        "name": name,
        "plain": plain_treatment(t, name),
        "providers": [number[each] for each in sorted(intervention.providers)],
        "outside": [number[each] for each in sorted(result.outside[name])],
        "everywhere": intervention.alternatives == "all",
        "mayLeave": intervention.all_fail == "leaves_region",
        "outsideIncomplete": bool(result.outside[name]) and not intervention.outside,
        "otherRule": intervention.allocation not in {NEAREST, OBSERVED},
        "norm": intervention.norm,
        "stopCount": intervention.stop_count,
        "unit": t.unit(result.said_unit(name)),
        # an assumed spread of patients is no volume of a hospital
        "patients": unit == PATIENTS and not _assumed(result, intervention),
        "kind": result.kind_of(name),
        "countsResidents": unit == "residents",
        "bounded": result.kind_of(name) != REGISTERED and not intervention.volumes,
        "registered": None if registered is None else _by_number(registered, number),
        "hidden": [_by_number(each, number) for each in hidden_ends(registered)],
        "suppressed": _suppressed(result, name),
        # the same whatever is chosen
        "today": _ends_today(result, intervention, number),
        "status": {
            str(number[place]): status_text(t, status)
            for place, status in zip(listed["location"], listing_statuses(listed), strict=True)
            if place in number  # a correction of the register can take a location out
        },
        "candidates": _candidates(result, intervention),
    }


def _hidden_people(shown: CaseView) -> tuple[float, float] | None:
    """Between which hidden counts leave the patients of a case."""
    ends = None if shown.row["patients_kind"] == MODELLED else shown.span("patients")
    return ends if ends is not None and ends[0] < ends[1] else None


def _ends_today(
    result: Result, intervention: Intervention, number: Mapping[str, int]
) -> dict[str, list[float]]:
    """Between which hidden counts leave the volumes of today."""
    shown = (each for each in result.principal if each.case.intervention is intervention)
    return next((_ends_of_volumes(each, "before", number) for each in shown), {})


def _ends_of_volumes(
    shown: CaseView, when: str, number: Mapping[str, int]
) -> dict[str, list[float]]:
    """Between which hidden counts leave the volumes of a case, by number of the location."""
    ends = shown.volumes[[f"volume_{when}_low", f"volume_{when}_high"]].dropna()
    rows = zip(ends.index, ends.to_numpy().tolist(), strict=True)
    return {str(number[str(name)]): row for name, row in rows if name in number}


def _suppressed(result: Result, name: str) -> bool:
    """Whether some of the flows or patients of an intervention are known by bounds only."""
    rows = result.summary[result.summary["intervention"] == name]
    return bool((rows["moved_low"] < rows["moved_high"]).any())


def _by_number(counts: Mapping[str, float], number: Mapping[str, int]) -> dict[str, float]:
    return {str(number[each]): count for each, count in counts.items()}


def _observed(
    result: Result, intervention: Intervention, number: Mapping[str, int]
) -> dict[str, Any]:
    """Where patients go now, where that was counted: postcode, location, patients a year."""
    if intervention.allocation != OBSERVED:
        return {}
    flows = next(each.flows for each in result.cases if each.intervention is intervention)
    counts = flows.groupby(["postcode", "provider_before"], sort=False, as_index=False)
    cells = counts["demand"].sum()
    places = {str(code): place for place, code in enumerate(result.times.origins)}
    return {
        "observed": [
            [places[str(code)], number.get(location, _NOWHERE), count]
            for code, location, count in zip(*(cells[each] for each in cells), strict=True)
        ]
    }


def _assumed(result: Result, intervention: Intervention) -> bool:
    shipped = result.study.demand == MODELLED and intervention.patients is None
    return shipped and result.kind_of(intervention.name) == MODELLED


def _candidates(result: Result, intervention: Intervention) -> dict[str, Any] | None:
    """How many there are, how many stop in each, and their means from low to high."""
    means = result.candidates[intervention.name]["mean_extra_moved"].to_numpy(np.float64)
    known = np.sort(means[np.isfinite(means)])
    if not len(known):
        return None
    places = np.linspace(0, len(known) - 1, min(len(known), _MOST_MEANS)).round().astype(int)
    return {
        "count": result.choices(intervention.name),
        "stops": stops_asked(intervention),
        "means": known[places].round(2).tolist(),
    }


def _opening(result: Result) -> int:
    """Place of the preset that the page opens on; -1, today, where the study names nothing."""
    cases = [view.case for view in result.principal]
    named = any(case.kind == "scenario" for case in cases)
    return opening(cases) if named else -1


def _preset(shown: CaseView, number: Mapping[str, int], t: Texts) -> dict[str, Any]:
    case = shown.case
    badge = status_badge(t, case)
    return {
        "intervention": shown.result.study.interventions.index(case.intervention),
        "label": t("map.marked", name=t.scenario(case.scenario), mark=badge),
        "badge": badge,
        "fact": case.status in FACTS,
        "stops": [number[each] for each in case.stops],
        "opens": [number[each] for each in case.opens],
        "movesTo": {
            str(number[giver]): [[number[taker], takers[taker]] for taker in sorted(takers)]
            for giver, takers in case.moves_to.items()
        },
        "margin": shown.span("extra"),
        "bypass": shown.span("mean"),
        "hidden": _hidden_people(shown),
        "volumes": _ends_of_volumes(shown, "after", number),
    }


_SCRIPTS = (
    "explorer_engine.js",
    "explorer_words.js",
    "card.js",
    "search.js",
    "explorer_state.js",
    "explorer_charts.js",
    "explorer_view.js",
    "canvas_fills.js",
    "explorer_map.js",
    "explorer_export.js",
    "explorer.js",
)
_BORROWED = (
    "common.about",
    "common.badge_own",
    "common.caveat_outside",
    "common.not_calculable",
    "common.no_route",
    "map.equally_long",
    "map.island_without_cars",
    "map.legend_minutes",
    "map.legend_no_route",
    "map.longer",
    "map.role_more",
    "map.role_opens",
    "map.role_outside",
    "map.role_stays",
    "map.role_stops",
    "map.search_none",
    "map.shorter",
    "people.fewer",
    "people.residents",
    "people.second",
    "report.and",
    "report.from_to",
    "report.less_than_one",
    "report.less_than_one_percent",
    "report.more_than_99_percent",
    "report.one_minute",
    "report.some_minutes",
)
"""Texts of other outputs that the page says too, in the same words."""


def write_explorer(result: Result, path: Path, *, lang: str = "nl", picture: str = "") -> None:
    """Write the explorer of a run as one self-contained HTML file.

    Parameters
    ----------
    result
        Of a study.
    path
        Where to.
    lang
        Language of the page.
    picture
        Where the picture goes that sites show with a link to the page, from its folder (a name such
        as ``extra/map.png``); none is made without it. Sites find it only where the study says at
        which address the folder will stand (``site``): an address that goes from a page is not
        known to them.

    Notes
    -----
    Everybody goes to the nearest provider, or to the recipients that a scenario of the study
    names. The figures are those of `impact.model.measures.measures`, bit by bit; with more
    demand points than a page holds it computes per PC4, and says so.
    """
    shown, t = drawn_by_pc4(result), texts(lang)
    html = _page(shown, t, picture)
    if picture:
        from impact.outputs.pictures.share import share_picture

        first = _opening(shown)
        view = shown.principal[first] if first >= 0 else None
        with replacing(path.parent / picture) as temporary:
            temporary.write_bytes(share_picture(shown, view, t))
    with replacing(path) as temporary:
        temporary.write_text(html, encoding="utf-8", newline="\n")


def _on_site(site: str, name: str) -> str:
    """Address of a file of the folder; its name where the study has no site.

    Examples
    --------
    >>> _on_site("https://example.org/zorg/", "extra/map.png"), _on_site("", "extra/map.png")
    ('https://example.org/zorg/extra/map.png', 'extra/map.png')
    """
    return f"{site.rstrip('/')}/{quote(name)}" if site else name


def _page(result: Result, t: Texts, picture: str) -> str:
    few = few_residents(result)
    data = _data(result, t)
    return (
        environment()
        .get_template("explorer.html.j2")
        .render(
            t=t,
            study=result.study,
            subtitle=subtitle(result, t),
            notes=[*page_notes(result, t), unconfirmed_text(t, result.providers)],
            roads=roads_text(t, result.manifest["roads"]),
            legend=LEGEND,
            ringed=bool(data["ringed"]),
            islands=bool(data["islands"]),
            picture=_on_site(result.study.site, picture) if picture else "",
            address=_on_site(result.study.site, _NAME) if result.study.site else "",
            source=data["source"],
            few=t("map.few_residents", count=t.number(FEW_RESIDENTS)) if few.any() else "",
            summed="drawn" in result.manifest,
            whole_study=bool(shareable_text(result.study)),
            style="".join(map(template_text, ("card.css", "search.css", "explorer.css"))),
            fills={band.key: band.colour for band in LEGEND},
            scripts=[template_text(name) for name in _SCRIPTS],
            data=json_script("impact-data", data),
        )
    )


def _data(result: Result, t: Texts) -> dict[str, Any]:
    own = {key: text for key, text in t.entries.items() if key.startswith("explorer.")}
    own |= {key: t.entries[key] for key in _BORROWED}
    return {
        **base_data(result),
        "search": search_data(result.postcodes),
        "residents": "population" in result.postcodes,
        "lang": t.lang,
        "texts": {key.partition(".")[2]: text for key, text in own.items()},
        "colours": [band.colour for band in LEGEND],
        "ends": [[band.key, band.high if band.high < float("inf") else None] for band in BANDS[1:]],
        "cardTexts": card_texts(t),
        "lookup": lookup_command(result),
        "abroad": roads_abroad(result.manifest["roads"]),
        "source": map_attribution(t, result.manifest["roads"]),
        "opening": _opening(result),
        "study": shareable_text(result.study),
        "fileName": f"{PurePath(result.study.source).stem}-scenario.toml",
        **explorer_data(result, t),
    }
