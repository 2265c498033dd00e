"""Sensitivity of a run: how sure each figure is, and whether the order of scenarios ever changes.

- the point of a postcode: in the middle of its area, and drawn at random within it;
- the way between a point and the roads: shorter and longer than the join rule takes it;
- the fixed minutes for start and parking: none, and twice as many.

Two kinds. A *choice* is something that could be decided or defined otherwise (peak hours, whether
other regions take part, who takes over). A *margin* is something that we do not know exactly
(where in the postcode people live, how fast one drives, how many are old). Choices make a figure
another figure; margins make it less sharp.

Every assumption is varied one at a time (`impact.evidence.sensitivity`), and speeds are drawn at
random around their table, hundreds of times, on the same roads. What comes out per case is

- a tornado: the mean extra minutes of the moved from least to greatest, per factor;
- the margin of calculation: the span of what we do not know exactly (speeds from the 5th to the
  95th percentile of the draws, the point of a postcode, weights, other roads), which excludes
  choices, because a choice makes it another question;
- whether one scenario stays better than another in every one of these computations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from impact.analysis.cases import make_case
from impact.analysis.result import COLUMNS, Sensitivity
from impact.analysis.run import ALL
from impact.bundled import data_path
from impact.model.allocation_rule import (
    BYPASS_BETAS,
    HUFF,
    NEAREST,
    AllocationRule,
    allocation_rules,
)
from impact.model.demand import PATIENTS, patients
from impact.model.inputs import (
    load_inputs,
    locations_within_reach,
    postcode_path,
    table_bounds,
    timed,
    with_overrides,
)
from impact.model.study_catchments import by_catchment, with_catchments
from impact.network.random_speeds import RUN_TABLES, SPREAD
from impact.study.model import BUNDLED, MODELLED, WEIGHTS
from impact.study.register import outside_providers
from impact.sweep.means import share_means
from impact.tables.places import read_postcodes
from impact.times.engines.protocol import DEFAULT_ENGINE
from impact.times.ensemble import ensemble
from impact.times.matrix import prepare, travel_times
from impact.times.snap import legs_both_ways

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.analysis.result import Result
    from impact.model.case import Case
    from impact.model.inputs import Inputs
    from impact.network.network import RoadNetwork
    from impact.study.model import Study
    from impact.times.ensemble import Ensemble
    from impact.times.matrix import PreparedTimes, TravelTimes

POINT, LEGS, FIXED = "point", "legs", "fixed"

POLYGONS = "postcodes/pc4_polygons.geojson"
"""Shipped areas of postcodes."""

DRAWN_POINTS = 10
"""Draws of a point per postcode."""

DETOURS = (1.1, 1.5)
"""Road length of the way between a point and the roads over its straight line, beside the 1.3 of
the join rule. An assumption; source: general knowledge, unverified."""

FIXED_MINUTES = (0.0, 5.0)
"""Minutes per trip for start and parking, beside the 2.5 of the shipped profiles. An assumption:
none, and twice as many."""


@dataclass(frozen=True, eq=False)
class OtherTimes:
    """A matrix with one thing otherwise.

    Attributes
    ----------
    factor, value
        What is otherwise, and what it is set to.
    times
        The matrix.
    """

    factor: str
    value: str
    times: TravelTimes


def other_times(
    times: TravelTimes,
    network: RoadNetwork,
    postcodes: pd.DataFrame,
    locations: pd.DataFrame,
    *,
    engine: str,
    seed: int,
    areas: bool,
    prepared: PreparedTimes | None = None,
) -> Iterator[OtherTimes]:
    """Make the matrices, one thing otherwise at a time.

    Roads that are prepared for the same points and locations serve other access legs too.
    """
    if areas:
        chosen = engine if prepared is None else prepared.choice.name
        yield from _points(times, network, postcodes, locations, engine=chosen, seed=seed)
    for detour in DETOURS:
        # the ways on both sides of a trip
        roads = replace(network, join=replace(network.join, detour=detour))
        access, egress = legs_both_ways(roads, postcodes, locations)
        if prepared is None:
            prepared = prepare(roads, access, egress, engine=engine)
        # another detour joins the same nodes
        ready = replace(prepared, network=roads, access=access, egress=egress)
        minutes = ready.minutes()
        yield OtherTimes(LEGS, f"{detour:g}", replace(times, minutes=minutes))
    for fixed in FIXED_MINUTES:
        # they change who is within a limit, and no difference between two trips
        minutes = times.minutes + (fixed - network.profile.fixed_minutes)
        yield OtherTimes(FIXED, f"{fixed:g}", replace(times, minutes=minutes))


def _points(
    times: TravelTimes,
    network: RoadNetwork,
    postcodes: pd.DataFrame,
    locations: pd.DataFrame,
    *,
    engine: str,
    seed: int,
) -> Iterator[OtherTimes]:
    """Move the point of each postcode inside its polygon; where there is none it stays."""
    polygons = gpd.read_file(data_path(POLYGONS)).set_index("postcode")
    shapes = polygons.geometry.reindex(postcodes.index)
    known = shapes.notna().to_numpy()
    generator = np.random.default_rng(seed)
    inside = gpd.GeoSeries(shapes[known].to_numpy(), crs=polygons.crs)
    drawn = inside.sample_points(DRAWN_POINTS, rng=generator).explode(index_parts=False)
    draws = {"centroid": inside.representative_point()}
    for number in range(DRAWN_POINTS):
        draws[f"drawn {number + 1}"] = drawn.groupby(level=0).nth(number)
    moved = {}
    for value, points in draws.items():
        moved[value] = pd.DataFrame(postcodes[["lat", "lon"]])
        moved[value].loc[known, "lat"] = points.y.to_numpy()
        moved[value].loc[known, "lon"] = points.x.to_numpy()
    # one tree per location serves the points of all draws
    every = pd.concat([points.add_prefix(f"{value} ", axis=0) for value, points in moved.items()])
    found = travel_times(network, every, locations, engine=engine).minutes
    for value, minutes in zip(moved, np.split(found, len(moved)), strict=True):
        yield OtherTimes(POINT, value, replace(times, minutes=minutes))


CHOICE, MARGIN = "choice", "margin"
PROFILE, WEIGHTS_OF, ROADS = "profile", "weights", "roads"
BYPASS, ALTERNATIVES = "bypass", "alternatives"
PROFILES = ("vrij", "dal", "spits")


@dataclass(frozen=True, eq=False)
class Variation:
    """One thing that is otherwise.

    Attributes
    ----------
    factor
        What is varied.
    kind
        `CHOICE` or `MARGIN`.
    value
        What it is set to.
    inputs
        Times and demand under it.
    alternatives
        Whether demand may leave the region; empty: as the study says.
    """

    factor: str
    kind: str
    value: str
    inputs: Inputs
    alternatives: str = ""


def variations(
    study: Study,
    inputs: Inputs,
    *,
    engine: str,
    seed: int,
    other_roads: Sequence[str] = (),
    prepared: PreparedTimes | None = None,
) -> Iterator[Variation]:
    """Make every variation that the data of a study allow."""
    network = inputs.data.network
    if network is not None:
        yield from _profiles(study, inputs, network, prepared, engine=engine)
        for roads in other_roads:
            other = load_inputs(with_overrides(study, roads=roads), engine=engine)
            yield Variation(ROADS, MARGIN, str(other.times.manifest["roads"]["name"]), other)
    if study.demand == MODELLED and not _registered(inputs):
        yield from _spreads(study, inputs)
    elif study.demand in WEIGHTS and PATIENTS not in map(
        inputs.demand.unit_of, inputs.allocation_rules
    ):
        yield from _weights(study, inputs)
    if network is not None:
        for other_matrix in other_times(
            inputs.times,
            network,
            inputs.postcodes,
            inputs.hospitals.loc[list(inputs.times.destinations)],
            engine=engine,
            seed=seed,
            areas=study.postcodes == BUNDLED,
            prepared=prepared,
        ):
            varied = replace(inputs, times=other_matrix.times)
            yield Variation(other_matrix.factor, MARGIN, other_matrix.value, varied)
    if any(choice.rule == NEAREST for choice in inputs.allocation_rules.values()):
        for beta in BYPASS_BETAS:
            choices = {
                name: AllocationRule(HUFF, beta=beta) if choice.rule == NEAREST else choice
                for name, choice in inputs.allocation_rules.items()
            }
            yield Variation(BYPASS, CHOICE, f"{beta:g}", replace(inputs, allocation_rules=choices))
    if not by_catchment(study):
        # by catchments `within` says where patients may go
        yield from _alternatives(study, inputs, engine=engine)


def _profiles(
    study: Study,
    inputs: Inputs,
    network: RoadNetwork,
    prepared: PreparedTimes | None,
    *,
    engine: str,
) -> Iterator[Variation]:
    """Take other speeds on the same roads; parameters estimated from minutes are estimated anew."""
    if prepared is None:
        locations = inputs.hospitals.loc[list(inputs.times.destinations)]
        legs = legs_both_ways(network, inputs.postcodes, locations)
        prepared = prepare(network, *legs, engine=engine, matrices=len(PROFILES) - 1)
    for name in PROFILES:
        other = timed(network, name)
        if other.profile.name == network.profile.name:
            continue
        minutes = prepared.minutes(other.minutes, profile=other.profile)
        times = replace(inputs.times, minutes=minutes)
        choices = allocation_rules(study, times, inputs.observed).value
        yield Variation(
            PROFILE, CHOICE, name, replace(inputs, times=times, allocation_rules=choices)
        )


def _registered(inputs: Inputs) -> bool:
    """Whether the study has counts of its own, which no assumption spreads."""
    own = (each for each in inputs.demand.kinds if each not in inputs.demand.spreads)
    return any(own)


def _spreads(study: Study, inputs: Inputs) -> Iterator[Variation]:
    """Spread modelled patients, and the weight where there are none, over all and over 75+."""
    for name in WEIGHTS:
        demand = patients(replace(study, groups=()), inputs.postcodes, spread=name).value
        if any(
            not np.array_equal(demand.weights[each], inputs.demand.weights[each])
            for each in demand.weights
        ):
            yield Variation(WEIGHTS_OF, MARGIN, name, replace(inputs, demand=demand))


def _weights(study: Study, inputs: Inputs) -> Iterator[Variation]:
    known = WEIGHTS.values() if study.postcodes == BUNDLED else inputs.postcodes.columns
    columns = {
        name: column for name, column in WEIGHTS.items() if name != study.demand and column in known
    }
    if not columns:
        return
    bounds = table_bounds(study, inputs.data.network)
    every = read_postcodes(postcode_path(study), weights=tuple(columns.values()), bounds=bounds)
    residents = every.loc[inputs.postcodes.index]
    for name in columns:
        demand = patients(replace(study, demand=name, groups=()), residents).value
        yield Variation(WEIGHTS_OF, MARGIN, name, replace(inputs, demand=demand))


def _alternatives(study: Study, inputs: Inputs, *, engine: str) -> Iterator[Variation]:
    """Let demand leave the region where the study keeps it inside, and the other way round.

    It may leave where there are minutes to all who could take it in: the nearest may be absent.
    """
    reached = locations_within_reach(study, inputs.data)
    for value in ("inside", "all"):
        turned = [each for each in study.interventions if each.alternatives != value]
        if value == "all":
            known = inputs.register
            beyond = {
                each.name: outside_providers(each, study.region_names, known) for each in turned
            }
            turned = [each for each in turned if beyond[each.name]]
            turned = [each for each in turned if reached.issuperset(beyond[each.name])]
        if not turned:
            continue
        names = {each.name for each in turned}
        changed = tuple(
            replace(each, alternatives=value) if each.name in names else each
            for each in study.interventions
        )
        turned_study = replace(study, interventions=changed)
        other = load_inputs(turned_study, engine=engine, data=inputs.data)
        yield Variation(ALTERNATIVES, CHOICE, value, other, alternatives=value)


SPEEDS, AS_ASKED = "speeds", "as asked"
CALCULATION = "calculation"
"""Word in the column `band`: what the margin is over."""

OVER_ALL = "mean_extra_all"
"""By which scenarios are ordered: the moved of two scenarios are not the same people."""

_LOW, _HIGH = 5, 95
_SAME = 1e-9
"""Minutes that only the order of summation can make."""

_SHOWN_PERCENTILES = (0, 5, 50, 95, 100)
_SPAN_COLUMNS = ["factor", "kind", "low", "high", "low_value", "high_value"]


def sensitivity(
    study: Study,
    result: Result,
    *,
    members: int = RUN_TABLES,
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
        What was asked, and what `impact.analysis.run.run_study` gave.
    members, spread, seed
        Random speed tables: how many, how far (standard deviation of the logarithm), which.
    engine
        Shortest-path engine.
    other_roads
        Networks to compare with.
    inputs
        What `impact.analysis.run.run_study` was given; loaded by default.
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
            for case, figures in _varied(study, result, variation, engine=engine)
        ]
    draws, over_all = _draws(study, result, inputs, many, engine=engine, progress=progress)
    varied = pd.DataFrame(rows, columns=[*COLUMNS, OVER_ALL])
    table = pd.concat([varied[list(COLUMNS)], _drawn(result.cases, draws)], ignore_index=True)
    by_case = list(zip(result.cases, draws.T, strict=True))
    return Sensitivity(
        rows=table,
        draws=draws,
        spans=tuple(_span(varied, case, drawn) for case, drawn in by_case),
        margins=tuple(_margin(varied, case, drawn) for case, drawn in by_case),
        orders=_orders(result.cases, varied, over_all),
        members=len(draws),
        spread=spread,
        seed=seed,
    )


def with_sensitivity(result: Result, found: Sensitivity) -> Result:
    """Put the margins of calculation into the summary of a run."""
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
        "orders_by": OVER_ALL,
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
            figures |= {"moved": np.nan, "beyond_60_after": np.nan, OVER_ALL: np.nan}
            rows.append(_row(case, SPEEDS, MARGIN, f"P{percent}", figures))
    return pd.DataFrame(rows, columns=[*COLUMNS, OVER_ALL])[list(COLUMNS)]


def _margin(rows: pd.DataFrame, case: Case, draws: NDArray[np.float64]) -> tuple[float, float]:
    """Least and greatest mean over all that is a margin and the figure; NaN if nothing varied."""
    mine = _of(rows, case)
    if not (mine["kind"] == MARGIN).any() and not len(draws):
        return np.nan, np.nan
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
    measured = ("mean_extra_moved", "moved", "beyond_60_after", OVER_ALL)
    return (*names, factor, kind, value, *(figures[key] for key in measured))


def _varied(
    study: Study, result: Result, variation: Variation, *, engine: str
) -> list[tuple[Case, Mapping[str, float]]]:
    """Every case under one variation; where it changes nothing that is a result too."""
    out = []
    varied = with_catchments(study, variation.inputs, result.registered, engine=engine)
    for case in result.cases:
        intervention = case.intervention
        if variation.alternatives:
            if not variation.inputs.outside[intervention.name] and variation.alternatives == "all":
                continue
            intervention = replace(intervention, alternatives=variation.alternatives)
        again = make_case(
            intervention,
            varied,
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
    """Prepare the draws of speeds, around those of the study."""
    if inputs.data.network is None:
        return None
    return ensemble(
        inputs.data.network,
        inputs.postcodes,
        inputs.hospitals.loc[list(inputs.times.destinations)],
        members=members,
        spread=spread,
        seed=seed,
        engine=engine,
    )


def _draws(
    study: Study,
    result: Result,
    inputs: Inputs,
    many: Ensemble | None,
    *,
    engine: str,
    progress: Callable[[int, int], None] | None,
) -> NDArray[np.float64]:
    """Mean of the moved and mean over all: shape (2, n_members, n_cases).

    By catchments each draw divides the country anew; who fills up whom, the nearest hospital to
    another first, stays as by the speeds of the study.
    """
    if many is None:
        return np.empty((2, 0, len(result.cases)))
    out = np.empty((2, len(many), len(result.cases)))
    for number, times in enumerate(many):
        # equal whole minutes are told apart by the distances of the study
        drawn = replace(inputs, times=replace(times, km=inputs.times.km))
        drawn = with_catchments(study, drawn, result.registered, engine=engine)
        out[:, number] = np.transpose([_means(case, drawn) for case in result.cases])
        if progress is not None:
            progress(number + 1, len(many))
    return out


def _means(case: Case, inputs: Inputs) -> tuple[float, float]:
    """Mean of the moved and over all; by products where nobody is sent anywhere in particular."""
    name = case.intervention.name
    if case.moves_to or name in inputs.catchments:
        again = make_case(
            case.intervention,
            inputs,
            name=case.scenario,
            stops=case.stops,
            opens=case.opens,
            moves_to=case.moves_to,
        )
        return again.figures["mean_extra_moved"], again.figures[OVER_ALL]
    sums = share_means(
        inputs.times,
        inputs.demand.weights[name],
        inputs.allocation_rules[name],
        providers=case.before,
        extra_after=case.joining,
        candidates=[case.stops],
    )
    return float(sums[0, 1]), float(sums[0, 2])


def _orders(cases: Sequence[Case], rows: pd.DataFrame, draws: NDArray[np.float64]) -> pd.DataFrame:
    """For each pair of scenarios of an intervention: in how many computations one is better.

    Better is over everybody: fewer extra minutes on average over all demand.
    """
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
            less = int((first < second - _SAME)[known].sum())
            more = int((first > second + _SAME)[known].sum())
            better, worse = (case, other) if less >= more else (other, case)
            agree, of = max(less, more), int(known.sum())
            name = case.intervention.name
            out.append((name, better.scenario, worse.scenario, agree, of))
    return pd.DataFrame(out, columns=["intervention", "better", "worse", "agree", "of"])


def _paired(
    rows: pd.DataFrame, case: Case, other: Case
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    keys = ["factor", "kind", "value"]
    one = _of(rows, case).set_index(keys)[OVER_ALL]
    two = _of(rows, other).set_index(keys)[OVER_ALL]
    both = pd.concat([one, two], axis=1, join="inner")
    return both.iloc[:, 0].to_numpy(np.float64), both.iloc[:, 1].to_numpy(np.float64)
