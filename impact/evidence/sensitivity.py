"""Sensitivity of a run: how sure each figure is, and whether the order of scenarios ever changes.

Every assumption is varied one at a time (`impact.evidence.variations`), and speeds are drawn at
random around their table, hundreds of times, on the same roads. What comes out per case is

- a tornado: the mean extra minutes of the moved from least to greatest, per factor;
- the margin of calculation: the span of what we do not know exactly (speeds from the 5th to the
  95th percentile of the draws, the point of a postcode, weights, other roads), which excludes
  choices, because a choice makes it another question;
- whether one scenario stays better than another in every one of these computations.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.concentration.cases import make_case
from impact.concentration.inputs import load_inputs
from impact.concentration.run import ALL
from impact.concentration.sensitivity import COLUMNS, Sensitivity
from impact.concentration.sweep_shares import share_means
from impact.evidence.variations import MARGIN, Variation, variations
from impact.times.engines import DEFAULT_ENGINE
from impact.times.ensemble import ensemble

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.concentration.inputs import Inputs
    from impact.concentration.result import Case, Result
    from impact.study import Study
    from impact.times import TravelTimes
    from impact.times.ensemble import Ensemble

MEMBERS = 200
"""Random speed tables."""

SPREAD = 0.1
"""Of the logarithm of a speed: about ten per cent per road class and setting. An assumption."""

SPEEDS, AS_ASKED = "speeds", "as asked"
CALCULATION = "calculation"
"""Word in the column `band`: what the margin is over."""

_LOW, _HIGH = 5, 95
_SHOWN_PERCENTILES = (0, 5, 50, 95, 100)
_SPAN_COLUMNS = ["factor", "kind", "low", "high", "low_value", "high_value"]


def sensitivity(
    study: Study,
    result: Result,
    *,
    members: int = MEMBERS,
    spread: float = SPREAD,
    seed: int = 1,
    engine: str = DEFAULT_ENGINE,
    other_roads: Sequence[str] = (),
    inputs: Inputs | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Sensitivity:
    """Vary every assumption of a run, one at a time, and speeds at random.

    Parameters
    ----------
    study, result
        What was asked, and what `impact.concentration.run.run_study` gave.
    members, spread, seed
        Random speed tables: how many, how far (standard deviation of the logarithm), which.
    engine
        Shortest-path engine.
    other_roads
        Networks to compare with.
    inputs
        What `impact.concentration.run.run_study` was given; loaded by default.
    progress
        Called with (draws done, all draws).

    Returns
    -------
    Sensitivity
    """
    inputs = load_inputs(study, engine=engine) if inputs is None else inputs
    many = random_speeds(inputs, members, spread, seed, engine)
    prepared = None if many is None else many.prepared
    rows = [_row(case, AS_ASKED, "", "", case.figures) for case in result.cases]
    for variation in variations(
        study, inputs, engine=engine, seed=seed, other_roads=other_roads, prepared=prepared
    ):
        rows += [
            _row(case, variation.factor, variation.kind, variation.value, figures)
            for case, figures in _varied(result.cases, variation)
        ]
    draws = _draws(result, inputs, many, progress)
    varied = pd.DataFrame(rows, columns=list(COLUMNS))
    table = pd.concat([varied, _drawn(result.cases, draws)], ignore_index=True)
    by_case = list(zip(result.cases, draws.T, strict=True))
    return Sensitivity(
        rows=table,
        draws=draws,
        spans=tuple(_span(varied, case, drawn) for case, drawn in by_case),
        margins=tuple(_margin(varied, case, drawn) for case, drawn in by_case),
        orders=_orders(result.cases, varied, draws),
        members=len(draws),
        spread=spread,
        seed=seed,
    )


def with_sensitivity(result: Result, found: Sensitivity) -> Result:
    """Put the margins of calculation into the summary of a run.

    Parameters
    ----------
    result
        What a run gave.
    found
        From `sensitivity`.

    Returns
    -------
    Result
        `extra_low`, `extra_high` and `band` filled for everybody (groups have none).
    """
    summary = result.summary.copy()
    everybody = (summary["group"] == ALL).to_numpy()
    low, high = np.array(found.margins).reshape(-1, 2).T
    summary.loc[everybody, "extra_low"] = low
    summary.loc[everybody, "extra_high"] = high
    words = np.where(np.isfinite(low), CALCULATION, "").astype(object)
    summary["band"] = pd.Series("", index=summary.index, dtype=object)
    summary.loc[everybody, "band"] = words
    margin_factors = found.rows["factor"][found.rows["kind"] == MARGIN]
    about = {
        "members": found.members,
        "spread": found.spread,
        "seed": found.seed,
        "speeds": f"P{_LOW}-P{_HIGH} of the draws",
        "margin_over": sorted({*margin_factors, *([SPEEDS] if found.members else [])}),
        "orders": found.orders.to_dict("records"),
    }
    manifest = {**result.manifest, "sensitivity": about}
    return replace(result, summary=summary, manifest=manifest, sensitivity=found)


def _drawn(cases: Sequence[Case], draws: NDArray[np.float64]) -> pd.DataFrame:
    """Rows of the random speeds: a few percentiles per case stand for all of them."""
    rows = []
    for case, drawn in zip(cases, draws.T, strict=True):
        known = drawn[np.isfinite(drawn)]
        for percent in _SHOWN_PERCENTILES if len(known) else ():
            figures = {"mean_extra_moved": float(np.percentile(known, percent))}
            figures |= {"moved": np.nan, "beyond_60_after": np.nan}
            rows.append(_row(case, SPEEDS, MARGIN, f"P{percent}", figures))
    return pd.DataFrame(rows, columns=COLUMNS)


def _margin(rows: pd.DataFrame, case: Case, draws: NDArray[np.float64]) -> tuple[float, float]:
    """Least and greatest mean over everything that is a margin, the figure itself included."""
    mine = _of(rows, case)
    values = mine["mean_extra_moved"][mine["kind"].isin(["", MARGIN])].to_numpy(np.float64)
    known = draws[np.isfinite(draws)]
    if len(known):
        values = np.r_[values, np.percentile(known, [_LOW, _HIGH])]
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else (np.nan, np.nan)


def _span(rows: pd.DataFrame, case: Case, draws: NDArray[np.float64]) -> pd.DataFrame:
    """Span of the mean extra minutes of the moved per factor, widest first."""
    mine = _of(rows, case)
    figure = float(case.figures["mean_extra_moved"])
    out = []
    for (factor, kind), part in mine[mine["factor"] != AS_ASKED].groupby(["factor", "kind"]):
        values = [(figure, "")]
        values += [
            (float(mean), str(value))
            for mean, value in zip(part["mean_extra_moved"], part["value"], strict=True)
            if np.isfinite(mean)
        ]
        (low, low_value), (high, high_value) = min(values), max(values)
        out.append((factor, kind, low, high, low_value, high_value))
    known = draws[np.isfinite(draws)]
    if len(known):
        low, high = np.percentile(known, [_LOW, _HIGH])
        ends = (min(low, figure), max(high, figure), f"P{_LOW}", f"P{_HIGH}")
        out.append((SPEEDS, MARGIN, *ends))
    table = pd.DataFrame(out, columns=_SPAN_COLUMNS)
    order = np.lexsort((table["factor"].to_numpy(str), -(table["high"] - table["low"]).to_numpy()))
    return table.iloc[order].reset_index(drop=True)


def _of(rows: pd.DataFrame, case: Case) -> pd.DataFrame:
    return rows[
        (rows["intervention"] == case.intervention.name)
        & (rows["scenario"] == case.scenario)
        & (rows["recipients"] == case.recipients)
    ]


def _row(
    case: Case, factor: str, kind: str, value: str, figures: Mapping[str, float]
) -> tuple[object, ...]:
    names = (case.intervention.name, case.scenario, case.recipients)
    said = (figures["mean_extra_moved"], figures["moved"], figures["beyond_60_after"])
    return (*names, factor, kind, value, *said)


def _varied(cases: Sequence[Case], variation: Variation) -> list[tuple[Case, Mapping[str, float]]]:
    """Every case under one variation; where it changes nothing that is a result too."""
    out = []
    for case in cases:
        intervention = case.intervention
        if variation.alternatives:
            if not variation.inputs.outside[intervention.name] and variation.alternatives == "all":
                continue
            intervention = replace(intervention, alternatives=variation.alternatives)
        again = make_case(
            intervention,
            variation.inputs,
            name=case.scenario,
            stops=case.stops,
            opens=case.opens,
            moves_to=case.moves_to,
        )
        out.append((case, again.figures))
    return out


def random_speeds(
    inputs: Inputs, members: int, spread: float, seed: int, engine: str
) -> Ensemble | None:
    """Prepare the draws of speeds, around those of the study.

    Parameters
    ----------
    inputs
        Of a run.
    members, spread, seed, engine
        See `impact.times.ensemble.ensemble`.

    Returns
    -------
    Ensemble or None
        `None` where there are no roads.
    """
    if inputs.ground.network is None:
        return None
    return ensemble(
        inputs.ground.network,
        inputs.postcodes,
        inputs.hospitals.loc[list(inputs.times.destinations)],
        members=members,
        spread=spread,
        seed=seed,
        engine=engine,
    )


def _draws(
    result: Result,
    inputs: Inputs,
    many: Ensemble | None,
    progress: Callable[[int, int], None] | None,
) -> NDArray[np.float64]:
    if many is None:
        return np.empty((0, len(result.cases)))
    out = np.empty((len(many), len(result.cases)))
    for number, times in enumerate(many):
        out[number] = [_mean(case, inputs, times) for case in result.cases]
        if progress is not None:
            progress(number + 1, len(many))
    return out


def _mean(case: Case, inputs: Inputs, times: TravelTimes) -> float:
    """Mean extra minutes of the moved; by products where nobody is sent anywhere in particular."""
    name = case.intervention.name
    if case.moves_to:
        again = make_case(
            case.intervention,
            replace(inputs, times=times),
            name=case.scenario,
            stops=case.stops,
            opens=case.opens,
            moves_to=case.moves_to,
        )
        return again.figures["mean_extra_moved"]
    sums = share_means(
        times,
        inputs.demand.weights[name],
        inputs.choices[name],
        providers=case.before,
        extra_after=case.joining,
        candidates=[case.stops],
    )
    return float(sums[0, 1])


def _orders(cases: Sequence[Case], rows: pd.DataFrame, draws: NDArray[np.float64]) -> pd.DataFrame:
    """For each pair of scenarios of an intervention: in how many computations one is better."""
    out = []
    for one, case in enumerate(cases):
        for two, other in enumerate(cases[one + 1 :], start=one + 1):
            same = case.intervention.name == other.intervention.name
            if not same or not (case.principal and other.principal):
                continue
            first, second = _paired(rows, case, other)
            first = np.r_[first, draws[:, one]]
            second = np.r_[second, draws[:, two]]
            known = np.isfinite(first) & np.isfinite(second)
            less = int((first < second)[known].sum())
            more = int((first > second)[known].sum())
            better, worse = (case, other) if less >= more else (other, case)
            agree, of = max(less, more), int(known.sum())
            name = case.intervention.name
            out.append((name, better.scenario, worse.scenario, agree, of))
    return pd.DataFrame(out, columns=["intervention", "better", "worse", "agree", "of"])


def _paired(
    rows: pd.DataFrame, case: Case, other: Case
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    keys = ["factor", "kind", "value"]
    one = _of(rows, case).set_index(keys)["mean_extra_moved"]
    two = _of(rows, other).set_index(keys)["mean_extra_moved"]
    both = pd.concat([one, two], axis=1, join="inner")
    return both.iloc[:, 0].to_numpy(np.float64), both.iloc[:, 1].to_numpy(np.float64)
