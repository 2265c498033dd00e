"""What the explorer computes with: the matrix, demand, interventions, scenarios and candidates.

Minutes and demand go into the page bit by bit (float64), so that its figures are those of
`impact.concentration.measures`, not figures near them.
"""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.concentration.candidates import stops_asked
from impact.concentration.demand import PATIENTS
from impact.outputs.listings import listing_statuses, status_text
from impact.outputs.map_layers import principal_cases, short_name
from impact.outputs.map_words import mark_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from impact.concentration.result import Case, Result
    from impact.outputs.texts import Texts
    from impact.study import Intervention

_MOST_MEANS = 1001
"""More candidates than this are shown by as many of them, evenly over their ranks."""


def base64_doubles(values: NDArray[np.float64]) -> str:
    """Write numbers bit by bit.

    Parameters
    ----------
    values : ndarray of float
        Any shape; rows follow each other.

    Returns
    -------
    str
        Base64 of little-endian float64.

    Examples
    --------
    >>> base64_doubles(np.array([1.0, np.inf]))
    'AAAAAAAA8D8AAAAAAADwfw=='
    """
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode("ascii")


def explorer_data(result: Result, t: Texts) -> dict[str, Any]:
    """Collect the numbers and names of a run for the explorer.

    Parameters
    ----------
    result
        Of a run.
    t
        Catalogue.

    Returns
    -------
    dict
        Plain values. Locations are named by their place in `locations`, which is in the order of
        their names: the first of equal minutes is the first by name.
    """
    order = np.argsort(np.array(result.times.destinations, dtype=object))
    names = [result.times.destinations[place] for place in order]
    number = {name: place for place, name in enumerate(names)}
    points = result.hospitals.loc[names, ["lat", "lon"]].astype(float).round(5)
    interventions = [_intervention(result, each, number, t) for each in result.study.interventions]
    return {
        "locations": [
            [name, short_name(name), lat, lon]
            for name, (lat, lon) in zip(names, points.to_numpy().tolist(), strict=True)
        ],
        "minutes": base64_doubles(result.times.minutes[:, order]),
        **_weights(result),
        "interventions": interventions,
        "presets": [_preset(result, case, number, t) for case in principal_cases(result)],
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
        "providers": [number[each] for each in sorted(intervention.providers)],
        "outside": [number[each] for each in sorted(result.outside[name])],
        "everywhere": intervention.alternatives == "all",
        "mayLeave": intervention.all_fail == "leaves_region",
        "outsideIncomplete": bool(result.outside[name]) and not intervention.outside,
        "otherRule": intervention.allocation != "nearest",
        "norm": intervention.norm,
        "stopCount": intervention.stop_count,
        "unit": t.unit(unit),
        "patients": unit == PATIENTS,
        "bounded": unit != PATIENTS and not intervention.volumes,
        "registered": None
        if registered is None
        else {str(number[each]): count for each, count in registered.items()},
        "status": {
            str(number[place]): status_text(t, status)
            for place, status in zip(listed["location"], listing_statuses(listed), strict=True)
            if place in number  # a correction of the register can take a location out
        },
        "candidates": _candidates(result, intervention),
    }


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


def _preset(result: Result, case: Case, number: Mapping[str, int], t: Texts) -> dict[str, Any]:
    mark = mark_of(case, t)
    name = t.scenario(case.scenario)
    return {
        "intervention": result.study.interventions.index(case.intervention),
        "label": t("map.marked", name=name, mark=mark) if mark else name,
        "stops": [number[each] for each in case.stops],
        "opens": [number[each] for each in case.opens],
        "movesTo": {
            str(number[giver]): [[number[taker], takers[taker]] for taker in sorted(takers)]
            for giver, takers in case.moves_to.items()
        },
        "margin": _ends(result, case, "extra"),
        "bypass": _ends(result, case, "mean"),
    }


def _ends(result: Result, case: Case, kind: str) -> list[float] | None:
    """Low and high end of a band of the summary, where it was computed.

    ``extra`` is the margin of calculation, ``mean`` what not knowing who goes where today does.
    """
    rows = result.summary
    mine = rows[
        (rows["intervention"] == case.intervention.name)
        & (rows["scenario"] == case.scenario)
        & (rows["recipients"] == case.recipients)
        & (rows["group"] == "all")
    ]
    low, high = (float(mine[f"{kind}_{end}"].iloc[0]) for end in ("low", "high"))
    return [low, high] if math.isfinite(low) and math.isfinite(high) else None
