"""Layers of a map: per principal case what each postcode and each hospital shows.

Plain lists and numbers, ready for JSON; the page draws every layer on the same shapes.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.outputs.bands import BANDS, NO_ROUTE, NOBODY, SHORTER, Band, band_of
from impact.outputs.listings import listing_statuses

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from impact.concentration.result import Case, Result

LEGEND = (*BANDS, SHORTER, NOBODY, NO_ROUTE)
"""Bands in the order of the legend; a layer names them by their place in it."""

_NOWHERE = -1
_ROLES = ("stops", "opens", "stays", "outside")
_SOME = 0.1
"""Stands for what is more than nothing but rounds to it: the page says 'less than 1'."""
_MORE = 0.5
"""Demand above which a hospital counts as receiving more."""
_IN_BRACKETS = re.compile(r"\s*\([^()]*\)$")
_LABEL_LENGTH = 34
_SIZES = (0.7, 1.5)
"""Least and greatest size of a symbol, times the plain one."""

FlowRow = list[int | float | None]


@dataclass(frozen=True)
class Layer:
    """What one layer shows.

    Attributes
    ----------
    case
        The case behind it.
    bands
        Per postcode the place of its band in `LEGEND`.
    demand
        Per postcode, of this intervention.
    flows
        Per postcode its flows: [before, minutes] where nothing changes, else rows of [before,
        after, minutes before, minutes after, extra minutes, share in percent]. Hospitals by their
        number, -1 where none can be reached; minutes are whole, `None` where there is no route;
        a share is `None` where there is one flow.
    markers
        Hospitals: number, role, more (whether it receives more), before, after (demand), size
        (times the plain symbol: 1 where volumes are not known), status (see
        `impact.outputs.listings.listing_status`; empty where the register says nothing).
    """

    case: Case
    bands: list[int]
    demand: list[float]
    flows: list[list[FlowRow]]
    markers: list[dict[str, Any]]


def principal_cases(result: Result) -> tuple[Case, ...]:
    """Cases that are layers: one per intervention and scenario.

    Parameters
    ----------
    result
        Of a run.

    Returns
    -------
    tuple of Case
    """
    return tuple(case for case in result.cases if case.principal)


def opening_layer(layers: Sequence[Layer]) -> int:
    """Choose the layer that the page opens on.

    Parameters
    ----------
    layers
        At least one.

    Returns
    -------
    int
        Its place: the first scenario that is decided, else the first that is named, else 0.
    """
    named = [place for place, each in enumerate(layers) if each.case.kind == "scenario"]
    decided = [place for place in named if layers[place].case.status == "decided"]
    return next(iter((*decided, *named)), 0)


def used_locations(result: Result) -> list[str]:
    """Hospitals that any layer shows.

    Parameters
    ----------
    result
        Of a run.

    Returns
    -------
    list of str
        Sorted; their place is their number in `Layer`.
    """
    return sorted(
        {
            name
            for case in principal_cases(result)
            for role in _ROLES
            for name in getattr(case, role)
        }
    )


def layer(result: Result, case: Case, locations: list[str]) -> Layer:
    """Make one layer.

    Parameters
    ----------
    result, case
        Of a run; one of its cases.
    locations
        From `used_locations`.

    Returns
    -------
    Layer
    """
    number = {name: place for place, name in enumerate(locations)}
    rows = result.postcode_rows
    mine = (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    places = rows[mine].set_index("postcode").loc[result.postcodes.index]
    bands = [
        LEGEND.index(postcode_band(before, after, extra, demand))
        for before, after, extra, demand in zip(
            places["mean_before"],
            places["mean_after"],
            places["mean_extra_moved"],
            places["demand"],
            strict=True,
        )
    ]
    flows = _flow_rows(case.flows, number)
    return Layer(
        case=case,
        bands=bands,
        demand=places["demand"].astype(float).round(2).tolist(),
        flows=[flows[code] for code in result.postcodes.index],
        markers=_markers(result, case, number),
    )


def postcode_band(before: float, after: float, extra_moved: float, demand: float) -> Band:
    """Band in which a postcode is drawn.

    Parameters
    ----------
    before, after
        Mean minutes of all its demand; infinite where a part of it has no route.
    extra_moved
        Mean extra minutes of its moved demand; NaN where nobody is moved.
    demand
        Of the postcode. Where it is zero nobody is moved or drawn, though minutes may change.

    Returns
    -------
    Band
        Where nobody is moved but people are drawn to a location that opens: `SHORTER`.

    Examples
    --------
    >>> nan, inf = float("nan"), float("inf")
    >>> postcode_band(6.0, 52.0, 46.0, 900.0).key, postcode_band(6.0, 52.0, nan, 0.0).key
    ('band_30', 'band_nobody')
    >>> postcode_band(48.0, 5.0, nan, 900.0).key, postcode_band(6.0, inf, 3.0, 900.0).key
    ('band_shorter', 'no_route')
    """
    if math.isinf(after):
        return NO_ROUTE
    if not math.isnan(extra_moved):
        return band_of(extra_moved)
    drawn = demand > 0.0 and math.isfinite(before) and band_of(after - before) is SHORTER
    return SHORTER if drawn else NOBODY


def short_name(name: str) -> str:
    """Name of a hospital as a label on the map.

    Parameters
    ----------
    name
        In full.

    Returns
    -------
    str
        Without what stands in brackets behind it, and cut where it is very long.

    Examples
    --------
    >>> short_name("Frisius MC Leeuwarden (MCL)")
    'Frisius MC Leeuwarden'
    """
    label = _IN_BRACKETS.sub("", name) or name
    return label if len(label) <= _LABEL_LENGTH else label[: _LABEL_LENGTH - 1] + "…"


def _flow_rows(flows: pd.DataFrame, number: dict[str, int]) -> dict[str, list[FlowRow]]:
    total = flows.groupby("postcode")["demand"].transform("sum")
    alone = ~flows["postcode"].duplicated(keep=False)
    rows: dict[str, list[FlowRow]] = {}
    for postcode, before, after, was, will_be, extra, demand, of_all, single in zip(
        flows["postcode"],
        flows["provider_before"].map(number).fillna(_NOWHERE).astype(int),
        flows["provider_after"].map(number).fillna(_NOWHERE).astype(int),
        flows["minutes_before"].tolist(),
        flows["minutes_after"].tolist(),
        flows["extra_minutes"].tolist(),
        flows["demand"].tolist(),
        total.tolist(),
        alone.tolist(),
        strict=True,
    ):
        row: FlowRow
        if single and before == after:
            row = [before, _whole(was)]
        else:
            share = None if single or of_all == 0.0 else round(100.0 * demand / of_all)
            row = [before, after, _whole(was), _whole(will_be), _whole(extra), share]
        rows.setdefault(str(postcode), []).append(row)
    return rows


def _whole(minutes: float) -> float | None:
    """Whole minutes, but never zero for what is not zero."""
    if not math.isfinite(minutes):
        return None
    if band_of(minutes) is BANDS[0]:
        return 0
    return round(minutes) or math.copysign(_SOME, minutes)


def _people(demand: float) -> float:
    return round(demand) or (_SOME if demand > 0.0 else 0)


def _markers(result: Result, case: Case, number: dict[str, int]) -> list[dict[str, Any]]:
    before = case.flows.groupby("provider_before")["demand"].sum()
    after = case.flows.groupby("provider_after")["demand"].sum()
    listed = result.providers[result.providers["intervention"] == case.intervention.name]
    status = dict(zip(listed["location"], listing_statuses(listed), strict=True))
    sizes = symbol_sizes(result, case)
    markers = []
    for role in _ROLES:
        for name in getattr(case, role):
            had, has = float(before.get(name, 0.0)), float(after.get(name, 0.0))
            markers.append(
                {
                    "at": number[name],
                    "role": role,
                    "more": bool(has > had + _MORE and role in {"stays", "outside"}),
                    "before": _people(had),
                    "after": _people(has),
                    "size": sizes.get(name, 1.0),
                    "status": status.get(name, ""),
                }
            )
    return markers


def symbol_sizes(result: Result, case: Case) -> dict[str, float]:
    """Size of the symbols of hospitals by volume, where volumes are known.

    Parameters
    ----------
    result, case
        Of a run; one of its principal cases.

    Returns
    -------
    dict of str to float
        Location -> times the plain size: the area of a symbol is proportional to the volume after
        the change (before it, where the location stops), between `_SIZES`. Empty where any
        volume is unknown: sizes beside plain symbols would be read as volumes.
    """
    rows = result.volumes
    mine = rows[
        (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    ]
    stops = mine["location"].isin(case.stops)
    volume = mine["volume_before"].where(stops, mine["volume_after"]).to_numpy(float)
    if not len(volume) or not np.isfinite(volume).all() or not volume.max() > 0.0:
        return {}
    low, high = _SIZES
    sizes = np.clip(high * np.sqrt(volume / volume.max()), low, high).round(2)
    return dict(zip(mine["location"], sizes.tolist(), strict=True))
