"""What 'the extra travel time lies between a and b minutes' can mean: every definition tried."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.concentration.choice import BYPASS_BETAS
from impact.concentration.measures import weighted_percentile
from impact.concentration.ranges import DEFAULT, GREATEST, LEAST
from impact.evidence.reproduce.plausibility import PRIORS
from impact.evidence.reproduce.rows import people
from impact.evidence.reproduce.setting import EDGES, LOCATIONS
from impact.evidence.reproduce.sweeps import ends, middle
from impact.study import ALTERNATIVES, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.sweeps import Sweeps
    from impact.evidence.reproduce.treatments import Treatment

PROFILES = ("vrij", "dal", "spits")

FIRST_TRIAL = "interventions, mean of two middle candidates, weights 65+"
"""What an earlier trial on the same tables took; here to be compared with."""

_Ends = tuple[float, float, str, str]


@dataclass(frozen=True)
class Definition:
    """One meaning of the published sentence.

    Attributes
    ----------
    name
        As in reproduction.csv.
    statistic
        What is taken of each treatment; the key of its text.
    changes
        Fields of the setting that differ from what was asked.
    """

    name: str
    statistic: str
    changes: Mapping[str, Any] = field(default_factory=dict)


def definitions(asked: Setting) -> tuple[Definition, ...]:
    """Every definition that is tried; the first is the default, fixed before the comparison.

    Parameters
    ----------
    asked
        Assumptions of the run; changes that would change nothing are left out.

    Returns
    -------
    tuple of Definition
    """
    named = [
        Definition(DEFAULT, "median"),
        Definition(LEAST, "least"),
        Definition(GREATEST, "greatest"),
        Definition("interventions, mean of two middle candidates", "middle"),
        Definition("interventions, mean candidate", "mean"),
        Definition("interventions, expected candidate", "expected"),
        Definition("interventions, median provider set", "sets"),
        Definition("interventions, named in the source", "named"),
        Definition("interventions, leaving the region", "leaves"),
        Definition("interventions, over all residents", "all"),
        Definition("interventions, median resident", "p50"),
        Definition("candidates", "candidates"),
        Definition("candidates of the peak", "peak_candidates"),
        Definition("postcodes P10-P90", "p10_p90"),
        Definition("postcodes min-max", "min_max"),
        Definition("postcodes P10-P90 of the peak", "peak_p10_p90"),
        Definition("postcodes min-max of the peak", "peak_min_max"),
        Definition("profiles", "profiles"),
        Definition("profiles of the peak", "peak_profiles"),
    ]
    changes: list[tuple[str, dict[str, Any]]] = [
        *((f"weights {each}", {"weights": each}) for each in WEIGHTS),
        *((f"profile {each}", {"profile": each}) for each in PROFILES),
        *((f"alternatives {each}", {"alternatives": each}) for each in ALTERNATIVES),
        *((f"locations {each}", {"locations": each}) for each in LOCATIONS),
        *((f"edge {each}", {"edge": each}) for each in EDGES),
        ("baseline nearest", {"baseline": "nearest"}),
    ]
    for beta in BYPASS_BETAS:
        huff = {"baseline": "huff", "beta": beta}
        changes.append((f"baseline huff {beta:g}", {**huff, "recipients": "rule"}))
        changes.append(
            (f"baseline huff {beta:g}, to the nearest", {**huff, "recipients": "nearest"})
        )
    named += [
        Definition(f"{DEFAULT}, {name}", "median", change)
        for name, change in changes
        if replace(asked, **change) != asked
    ]
    named.append(Definition(FIRST_TRIAL, "middle", {"weights": "65+"}))
    return tuple(named)


def region_range(
    definition: Definition, region: str, rows: Sequence[Treatment], sweeps: Sweeps, asked: Setting
) -> _Ends:
    """Range of one region under one definition.

    Parameters
    ----------
    definition
        Which.
    region
        Oncology region.
    rows
        Its treatments.
    sweeps
        What was swept so far.
    asked
        Assumptions of the run.

    Returns
    -------
    low, high : float
        Minutes; NaN where nothing is known.
    low_from, high_from : str
        Treatment ids.
    """
    setting = replace(asked, **definition.changes)
    kind = definition.statistic
    if kind == "median":
        return ends(sweeps.medians(region, setting))
    if kind == "middle":
        every = sweeps.world.study(region).interventions
        return ends({e.treatment: middle(sweeps.of(region, e, setting).means) for e in every})
    if kind == "p50":
        return ends({row.intervention.treatment: _half(row, sweeps, asked) for row in rows})
    if kind in _PER_TREATMENT:
        take = _PER_TREATMENT[kind]
        return ends({row.intervention.treatment: take(row) for row in rows})
    return _of_some(kind, region, rows, sweeps, asked)


def _of_some(
    statistic: str, region: str, rows: Sequence[Treatment], sweeps: Sweeps, asked: Setting
) -> _Ends:
    """Definitions over candidates, people or profiles: of all treatments, or of our peak only."""
    kind = statistic.removeprefix("peak_")
    if kind != statistic:
        peak = ends({row.intervention.treatment: row.chosen for row in rows})[3]
        rows = [row for row in rows if row.intervention.treatment == peak]
    if kind == "candidates":
        low = ends({row.intervention.treatment: _least(row) for row in rows})
        high = ends({row.intervention.treatment: _greatest(row) for row in rows})
        return (low[0], high[1], low[2], high[3])
    if kind == "profiles":
        return _over_profiles(region, rows, sweeps, asked)
    shares = (0.1, 0.9) if kind == "p10_p90" else (0.0, 1.0)
    return _over_people(region, rows, sweeps, asked, shares)


def _least(row: Treatment) -> float:
    return _pick(row.swept.means, np.min)


def _greatest(row: Treatment) -> float:
    return _pick(row.swept.means, np.max)


def _pick(values: NDArray[np.float64], take: Callable[..., Any]) -> float:
    known = values[~np.isnan(values)]
    return float(take(known)) if len(known) else float("nan")


def _over_all(row: Treatment) -> float:
    place = row.swept.median
    return float("nan") if place is None else float(row.swept.means_all[place])


def _leaving(row: Treatment) -> float:
    """Where all n of n fall short, the treatment leaves the region; the others as they are."""
    return row.chosen if np.isnan(row.leaves_region) else row.leaves_region


_PER_TREATMENT: Mapping[str, Callable[[Treatment], float]] = {
    "least": _least,
    "greatest": _greatest,
    "mean": lambda row: _pick(row.swept.means, np.mean),
    "expected": lambda row: row.expected(PRIORS[0].name),
    "sets": lambda row: middle(row.hypotheses["median"].to_numpy(np.float64)),
    "named": lambda row: row.chosen if row.published.named else float("nan"),
    "leaves": _leaving,
    "all": _over_all,
}


def _over_people(
    region: str,
    rows: Sequence[Treatment],
    sweeps: Sweeps,
    asked: Setting,
    shares: tuple[float, float],
) -> _Ends:
    """Percentiles over everybody who is moved in the median candidates of these treatments."""
    extra, demand, of = [np.empty(0)], [np.empty(0)], [np.empty(0, dtype=object)]
    for row in rows:
        place = row.swept.median
        if place is None:
            continue
        given = sweeps.matrix(region, row.intervention, asked)
        more, weight = people(given, row.swept.stops[place], asked)
        extra.append(more)
        demand.append(weight)
        of.append(np.full(len(more), row.intervention.treatment, dtype=object))
    every, weights, names = map(np.concatenate, (extra, demand, of))
    low, high = (weighted_percentile(every, weights, share) for share in shares)
    counted = weights > 0.0
    who = [str(min(names[counted & (every == end)], default="")) for end in (low, high)]
    return (low, high, who[0], who[1])


def _half(row: Treatment, sweeps: Sweeps, asked: Setting) -> float:
    """Extra minutes of the middle person among the moved, in the median candidate."""
    return _over_people(row.region, [row], sweeps, asked, (0.5, 0.5))[0]


def _over_profiles(region: str, rows: Sequence[Treatment], sweeps: Sweeps, asked: Setting) -> _Ends:
    """Least and greatest over the speed profiles of the range over these treatments."""
    found = []
    for profile in PROFILES:
        setting = replace(asked, profile=profile)
        medians = sweeps.medians(region, setting)
        found.append(
            ends(
                {
                    row.intervention.treatment: medians.get(row.intervention.treatment, np.nan)
                    for row in rows
                }
            )
        )
    low = min(found, key=lambda each: each[0])
    high = max(found, key=lambda each: each[1])
    return (low[0], high[1], low[2], high[3])
