"""What the published sentence can mean: every definition, and how far it lies from the table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.ranges import DEFAULT, GREATEST, LEAST
from impact.evidence.published.rows import ends, middle
from impact.evidence.published.treatments import PRIORS
from impact.evidence.published.world import EDGES, LOCATIONS
from impact.model.allocation_rule import BYPASS_BETAS
from impact.model.measures import weighted_percentile
from impact.study.model import ALTERNATIVES, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.evidence.published.rows import Sweeps
    from impact.evidence.published.table import PublishedRange
    from impact.evidence.published.treatments import Treatment
    from impact.evidence.published.world import Assumptions

PROFILES = ("vrij", "dal", "spits")

FIRST_TRIAL = "interventions, mean of two middle candidates, weights 65+"
"""What an earlier trial on the same tables took; here to be compared with."""

PICKS = ("median", "least", "greatest")
"""Candidates that can stand for a treatment."""

_Ends = tuple[float, float, str, str]


@dataclass(frozen=True)
class Definition:
    """One meaning of the published sentence, or of a claim.

    Attributes
    ----------
    name
        As in reproduction.csv.
    statistic
        What is taken of each treatment; the key of its text.
    changes
        Assumptions that differ from what was asked.
    of
        Of a claim: whose minutes; empty: as the claim says.
    agreed
        Of a claim: whether recipients that it names take over; else the rule decides.
    """

    name: str
    statistic: str = "median"
    changes: Mapping[str, Any] = field(default_factory=dict)
    of: str = ""
    agreed: bool = True

    @property
    def pick(self) -> str:
        """The candidate of each treatment that is meant: one of `PICKS`."""
        return self.statistic if self.statistic in PICKS else PICKS[0]


def definitions(asked: Assumptions) -> tuple[Definition, ...]:
    """Every definition that is tried; the first is the default, fixed before the comparison."""
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
    definition: Definition,
    region: str,
    rows: Sequence[Treatment],
    sweeps: Sweeps,
    asked: Assumptions,
) -> _Ends:
    """Range of one region under one definition."""
    setting = replace(asked, **definition.changes)
    kind = definition.statistic
    if kind == "median":
        return ends(sweeps.medians(region, setting))
    if kind == "middle":
        every = sweeps.shipped.study(region).interventions
        return ends({e.treatment: middle(sweeps.of(region, e, setting).means) for e in every})
    if kind == "p50":
        return ends({row.intervention.treatment: _half(row, sweeps, asked) for row in rows})
    if kind in _PER_TREATMENT:
        take = _PER_TREATMENT[kind]
        return ends({row.intervention.treatment: take(row) for row in rows})
    return _of_some(kind, region, rows, sweeps, asked)


def _of_some(
    statistic: str, region: str, rows: Sequence[Treatment], sweeps: Sweeps, asked: Assumptions
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
    asked: Assumptions,
    shares: tuple[float, float],
) -> _Ends:
    """Percentiles over everybody who is moved in the median candidates of these treatments."""
    extra, demand, of = [np.empty(0)], [np.empty(0)], [np.empty(0, dtype=object)]
    for row in rows:
        place = row.swept.median
        if place is None:
            continue
        moved = sweeps.moved(region, row.intervention, row.swept.stops[place], asked)
        extra.append(moved["extra_minutes"].to_numpy(np.float64))
        demand.append(moved["demand"].to_numpy(np.float64))
        of.append(np.full(len(moved), row.intervention.treatment, dtype=object))
    every, weights, names = map(np.concatenate, (extra, demand, of))
    low, high = (weighted_percentile(every, weights, share) for share in shares)
    counted = weights > 0.0
    who = [str(min(names[counted & (every == end)], default="")) for end in (low, high)]
    return (low, high, who[0], who[1])


def _half(row: Treatment, sweeps: Sweeps, asked: Assumptions) -> float:
    """Extra minutes of the middle person among the moved, in the median candidate."""
    return _over_people(row.region, [row], sweeps, asked, (0.5, 0.5))[0]


def _over_profiles(
    region: str, rows: Sequence[Treatment], sweeps: Sweeps, asked: Assumptions
) -> _Ends:
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


SCORE_COLUMNS = (
    "definition",
    "ends",
    "mae",
    "mae_low",
    "mae_high",
    "bias_low",
    "bias_high",
    "r_low",
    "r_high",
    "equal_when_rounded",
    "peaks_same",
)
_LEAST_FOR_R = 3


def scores(ranges: pd.DataFrame) -> pd.DataFrame:
    """Errors of every definition over the regions."""
    out = []
    for definition, rows in ranges.groupby("definition", sort=False):
        low = (rows["ours_low"] - rows["published_low"]).to_numpy(np.float64)
        high = (rows["ours_high"] - rows["published_high"]).to_numpy(np.float64)
        both = np.concatenate([low, high])
        out.append(
            (
                definition,
                int((~np.isnan(both)).sum()),
                _mean(np.abs(both)),
                _mean(np.abs(low)),
                _mean(np.abs(high)),
                _mean(low),
                _mean(high),
                _r(rows["ours_low"], rows["published_low"]),
                _r(rows["ours_high"], rows["published_high"]),
                int((np.rint(low) == 0).sum() + (np.rint(high) == 0).sum()),
                int(rows["peak_same"].sum()),
            )
        )
    return pd.DataFrame(out, columns=SCORE_COLUMNS)


def guesses(published: Sequence[PublishedRange]) -> dict[str, float]:
    """Error of somebody who knows only the averages of the published ends and computes nothing.

    Examples
    --------
    >>> from impact.evidence.published.table import published_ranges
    >>> {key: round(value, 1) for key, value in guesses([*published_ranges().values()]).items()}
    {'low': 2.8, 'high': 6.7, 'both': 4.7}
    """
    low = np.array([each.low for each in published])
    high = np.array([each.high for each in published])
    errors = [np.abs(values - values.mean()) for values in (low, high)]
    return {
        "low": float(errors[0].mean()),
        "high": float(errors[1].mean()),
        "both": float(np.concatenate(errors).mean()),
    }


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _r(ours: pd.Series[float], theirs: pd.Series[float]) -> float:
    known = ours.notna().to_numpy()
    if known.sum() < _LEAST_FOR_R or np.ptp(ours[known]) == 0.0 or np.ptp(theirs[known]) == 0.0:
        return float("nan")
    return float(np.corrcoef(ours[known], theirs[known])[0, 1])
