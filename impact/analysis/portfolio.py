"""A portfolio of a study: one choice per treatment at once, its conditions, front and price."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.cases import make_case
from impact.analysis.hospitals import read_study_workbook
from impact.analysis.optimise import make_volume
from impact.analysis.portfolio_matrix import organisations_matrix
from impact.analysis.result import postcode_rows
from impact.errors import Fault, InputError
from impact.messages import said
from impact.model.allocation_rule import NEAREST
from impact.model.candidates import locations_before, locations_joining, open_sets, stop_sets
from impact.model.demand import PATIENTS
from impact.model.facilities import NATIONAL, QUANTITIES
from impact.model.hidden import rests_on_hidden, volumes_of
from impact.model.inputs import load_inputs
from impact.model.staying import kept_by_rule
from impact.model.volumes import read_volumes
from impact.notes import Note, distinct_sources
from impact.optimise.conditions import (
    STOPS,
    Condition,
    ConditionWriter,
    read_conditions,
    staying,
)
from impact.optimise.portfolio import (
    MOST_CHOICES,
    Chosen,
    Portfolio,
    Treatment,
    evaluate,
    solve_portfolio,
    weights_of,
)
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.model.case import Case
    from impact.model.facility_workbook import FacilityTables
    from impact.model.inputs import Inputs
    from impact.optimise.conditions import Written
    from impact.optimise.portfolio import Row
    from impact.optimise.problem import Volume
    from impact.study.model import Intervention, Study

_POINTS = 12
"""Of the front between travel and balance, at most."""
_STEP = 0.05
"""Least step between points, as a share of volume."""
_POINT_SECONDS = 5.0
"""In the solver per point of the front, whose gap is said where that was not enough."""
_EVERY = "keeps_share"

SUM = "portfolio"
"""In place of the name of a scenario: the sum over all treatments."""


@dataclass(frozen=True, eq=False)
class Point:
    """One set of choices.

    Attributes
    ----------
    name
        ``travel``, ``worst``, ``balance``, ``middle``, or empty.
    chosen
        What the solver gave.
    travel, worst, balance
        Mean extra minutes over everybody, of the worst municipality, and the least share of its
        volume that an organisation keeps.
    """

    name: str
    chosen: Chosen
    travel: float
    worst: float
    balance: float


@dataclass(frozen=True, eq=False)
class StudyPortfolio:
    """The portfolio of a study.

    Attributes
    ----------
    study, inputs
        What was asked, and what it was computed with.
    portfolio
        Treatments and candidates.
    organisations
        Location -> its organisation.
    conditions
        As stated, and as written for the solver.
    objective
        One of `impact.optimise.portfolio.OBJECTIVES`.
    best
        The choice; `None` where nothing meets the conditions.
    single
        Mean extra minutes when each treatment takes the best that its own conditions leave.
    front
        From least travel to most balance.
    prices
        One row per condition: minutes over everybody that it costs, left out alone; infinite where
        nothing is possible with it and something is without.
    choices
        One row per treatment: stops, opens, mean extra minutes, demand.
    kept, dropped
        Treatment -> provider -> why the rule keeps it (`impact.model.staying`), and treatments for
        which the rule is dropped, because every candidate stops one of these.
    matrix
        One row per organisation and treatment: see `impact.analysis.portfolio_matrix`.
    municipalities
        One row per municipality: demand and mean extra minutes over all treatments.
    reasons
        Why nothing is possible, or which candidates were left out: (key, fields).
    notes, sources
        As of any result.
    """

    study: Study
    inputs: Inputs
    portfolio: Portfolio
    organisations: Mapping[str, str]
    conditions: tuple[Written, ...]
    objective: str
    best: Point | None
    single: float
    front: tuple[Point, ...]
    prices: pd.DataFrame
    choices: pd.DataFrame
    kept: Mapping[str, Mapping[str, str]]
    dropped: tuple[str, ...]
    matrix: pd.DataFrame
    municipalities: pd.DataFrame
    reasons: tuple[tuple[str, Mapping[str, object]], ...]
    notes: tuple[Note, ...]
    sources: tuple[Mapping[str, Any], ...]


def study_portfolio(
    study: Study,
    *,
    conditions: Path | None = None,
    objective: str = "travel",
    time_limit: float = 60.0,
    engine: str = DEFAULT_ENGINE,
    progress: Callable[[int, int], None] | None = None,
    use_cache: bool = True,
) -> StudyPortfolio:
    """Choose for every treatment of a study at once.

    Parameters
    ----------
    study
        From `impact.study.read.read_study`.
    conditions
        Table of conditions, see `impact.optimise.conditions`; none by default.
    objective
        One of `impact.optimise.portfolio.OBJECTIVES`.
    time_limit
        Seconds per question to the solver.
    engine, progress, use_cache
        As in `impact.analysis.sweep.sweep_study`.

    Returns
    -------
    StudyPortfolio

    Raises
    ------
    InputError
        For faults in an input, an allocation other than the nearest, and too many candidates.
    """
    _check(study)
    inputs = load_inputs(study, engine=engine, progress=progress, use_cache=use_cache)
    registered, noticed, read = read_volumes(study, list(inputs.hospitals.index))
    codes, places = pd.factorize(inputs.postcodes["municipality"], sort=True)
    where = (codes.astype(np.int64), tuple(str(place) for place in places))
    volumes = [
        make_volume(study, each, inputs, registered.get(each.name)) for each in study.interventions
    ]
    treatments = tuple(
        _treatment(study, each, inputs, volume, where)
        for each, volume in zip(study.interventions, volumes, strict=True)
    )
    portfolio = Portfolio(treatments, weights_of(treatments, PATIENTS), where[1])
    named = inputs.hospitals["organisation"]
    organisations = {str(name): str(of) or str(name) for name, of in named.items()}
    stated: tuple[Condition, ...] = ()
    filled = read_study_workbook(study, inputs.hospitals)
    workbook = filled.value
    counting = {
        each.name: volume.unit == PATIENTS for each, volume in zip(treatments, volumes, strict=True)
    }
    values = {} if workbook is None else _values(treatments, organisations, counting, workbook)
    notes = [*inputs.notes, *noticed, *filled.notes]
    doubted = {
        each.name: rests_on_hidden(inputs, each.name, registered.get(each.name))
        for each in study.interventions
    }
    notes += chain(*doubted.values())
    sources = [*inputs.sources, *read, *filled.sources]
    if conditions is not None:
        loaded = read_conditions(
            conditions,
            treatments=[each.name for each in treatments],
            organisations={
                name: organisations[name] for each in treatments for name in each.locations
            },
            quantities=None if workbook is None else sorted({name for _, name in values}),
        )
        stated = loaded.value
        notes += loaded.notes
        sources += loaded.sources
    writer = ConditionWriter(portfolio, organisations, values)
    asked = _Asked(portfolio, writer, objective, time_limit)
    kept = _kept(study, inputs, stated, organisations)
    rule, dropped = staying(portfolio, kept)
    written = tuple(writer.write(each) for each in stated)
    if not rule.allowed.all():
        written = (rule, *written)
    best = asked.solve(written)
    front = asked.front(written, best) if best is not None else ()
    choice = () if best is None else best.chosen.choice
    known = {
        each.name: volumes_of(
            _case(each, inputs, treatment, picked), inputs, registered.get(each.name)
        )
        for each, treatment, picked in zip(study.interventions, treatments, choice, strict=False)
        if doubted[each.name]
    }
    left_out = [
        ("stranded", {"treatment": each.name, "count": each.left_out})
        for each in treatments
        if each.left_out
    ]
    reasons: list[tuple[str, Mapping[str, object]]] = [
        *left_out,
        *(("dropped", {"treatment": name, "names": tuple(kept[name])}) for name in dropped),
        *(
            ("unvalued", {"quantity": each.quantity, "names": names})
            for each in stated
            if (names := writer.unvalued(each))
        ),
        *(reason for each in written for reason in each.reasons),
    ]
    single = asked.value(())
    return StudyPortfolio(
        study=study,
        inputs=inputs,
        portfolio=portfolio,
        organisations=organisations,
        conditions=written,
        objective=objective,
        best=best,
        single=single,
        front=front,
        prices=_prices(asked, written, best),
        choices=_choices(portfolio, best),
        kept=kept,
        dropped=dropped,
        matrix=organisations_matrix(portfolio, writer, choice, known),
        municipalities=_municipalities(portfolio, best),
        reasons=tuple(reasons),
        notes=tuple(notes),
        sources=distinct_sources(*sources),
    )


def _kept(
    study: Study,
    inputs: Inputs,
    stated: Sequence[Condition],
    organisations: Mapping[str, str],
) -> dict[str, dict[str, str]]:
    """Find whom the rule keeps per treatment; who a condition stops by name is not kept."""
    out = {}
    for each in study.interventions:
        stops = {
            condition.organisation
            for condition in stated
            if condition.kind == STOPS and each.name in (condition.treatments or (each.name,))
        }
        found = kept_by_rule(each, inputs.hospitals, switched_on=study.university_hospitals_stay)
        out[each.name] = {
            name: why
            for name, why in found.items()
            if stops.isdisjoint({name, organisations.get(name, name)})
        }
    return out


def _values(
    treatments: Sequence[Treatment],
    organisations: Mapping[str, str],
    counting: Mapping[str, bool],
    workbook: FacilityTables,
) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Value per patient at every location: its organisation's own, else the national one."""
    keys = ["intervention", "organisation", "quantity"]
    stated = workbook.per_patient.dropna(subset=["value"]).set_index(keys)["value"].to_dict()
    out = {}
    for each in treatments:
        for quantity in QUANTITIES if counting[each.name] else ():
            national = stated.get((each.name, NATIONAL, quantity), np.nan)
            owners = [organisations.get(name, name) for name in each.locations]
            found = np.array([stated.get((each.name, of, quantity), national) for of in owners])
            if np.isfinite(found).any():
                out[each.name, quantity] = found
    return out


def _check(study: Study) -> None:
    """Refuse what the formula does not cover, and more candidates than memory holds."""
    faults = []
    total = 0
    for each in study.interventions:
        where = said("intervention {name}", name=each.name)
        if each.allocation != NEAREST:
            expected = said(
                "'{nearest}': a portfolio sends everybody to the nearest that is left",
                nearest=NEAREST,
            )
            faults.append(Fault(study.source, where, "allocation", each.allocation, expected))
        every = each.stop_count is None
        total += stop_sets(each, every_subset=every, opening=each.may_open).count * len(
            open_sets(each.may_open)
        )
    if total > MOST_CHOICES:
        expected = said(
            "at most {most:,} candidates over all treatments; these have {total:,}",
            most=MOST_CHOICES,
            total=total,
        )
        faults.append(Fault(study.source, "", "intervention", None, expected))
    if faults:
        raise InputError(faults)


def _treatment(
    study: Study,
    intervention: Intervention,
    inputs: Inputs,
    volume: Volume,
    where: tuple[NDArray[np.int64], tuple[str, ...]],
) -> Treatment:
    """Evaluate every candidate of one treatment."""
    outside = inputs.outside[intervention.name]
    before = locations_before(intervention, outside)
    names = sorted({*before, *intervention.may_open, *outside})
    minutes = inputs.times.to(names)
    number = {name: place for place, name in enumerate(names)}
    demand = inputs.demand.weights[intervention.name]
    every = intervention.stop_count is None
    sets = list(stop_sets(intervention, every_subset=every, opening=intervention.may_open))
    pairs = [(stops, opens) for opens in open_sets(intervention.may_open) for stops in sets]

    def mask(these: Sequence[str]) -> NDArray[np.bool_]:
        out = np.zeros(len(names), dtype=bool)
        out[[number[name] for name in these]] = True
        return out

    def usable() -> Iterator[NDArray[np.bool_]]:
        for stops, opens in pairs:
            joins = locations_joining(intervention, outside, stopping=len(stops), opens=opens)
            yield mask([*before, *joins]) & ~mask(stops)

    code, places = where
    gained, volumes, was, stranded = evaluate(
        minutes, demand, volume.brings, code, len(places), before=mask(before), usable=usable()
    )
    kept = np.flatnonzero(~stranded)
    if not len(kept):
        expected = "a candidate that leaves everybody a route"
        place = said("intervention {name}", name=intervention.name)
        raise InputError(Fault(study.source, place, "providers", None, expected))
    own = tuple(sorted({*intervention.providers, *intervention.may_open}))
    columns = [number[name] for name in own]
    performed = np.array([name in intervention.providers for name in own], dtype=bool)
    performs = np.array(
        [
            [
                (name in intervention.providers or name in opens) and name not in stops
                for name in own
            ]
            for stops, opens in (pairs[place] for place in kept.tolist())
        ],
        dtype=bool,
    ).reshape(len(kept), len(own))
    return Treatment(
        name=intervention.name,
        unit=inputs.demand.unit_of(intervention.name),
        norm=np.nan if intervention.norm is None else float(intervention.norm),
        locations=own,
        stops=tuple(pairs[place][0] for place in kept.tolist()),
        opens=tuple(tuple(pairs[place][1]) for place in kept.tolist()),
        performs=performs,
        volume=volumes[kept][:, columns],
        performed=performed,
        volume_before=was[columns],
        minutes=gained[kept],
        demand=np.bincount(code, demand, len(places)).astype(np.float64),
        left_out=int(stranded.sum()),
    )


@dataclass(frozen=True, eq=False)
class _Asked:
    """Questions to the solver about one portfolio."""

    portfolio: Portfolio
    writer: ConditionWriter
    objective: str
    time_limit: float

    def chosen(
        self, written: Sequence[Written], *, objective: str = "", most: float = np.inf
    ) -> Chosen:
        """Solve under these conditions, within the time limit or `most` seconds."""
        allowed = np.ones(int(self.portfolio.starts[-1]), dtype=bool)
        rows: list[Row] = []
        for each in written:
            allowed &= each.allowed
            rows += each.rows
        return solve_portfolio(
            self.portfolio,
            rows,
            allowed=allowed,
            objective=objective or self.objective,
            time_limit=min(self.time_limit, most),
        )

    def value(self, written: Sequence[Written]) -> float:
        """Value of the objective under these conditions; NaN where nothing is possible."""
        return self.chosen(written).value

    def solve(self, written: Sequence[Written]) -> Point | None:
        """Solve, and say what the choice is worth."""
        if any(each.reasons for each in written):
            return None
        found = self.chosen(written)
        return self.point(self.objective, found) if found.choice else None

    def point(self, name: str, found: Chosen) -> Point:
        """Say what a choice is worth in each respect."""
        values = self.portfolio.values(found.choice)
        return Point(name, found, values["travel"], values["worst"], self.balance(found.choice))

    def balance(self, choice: Sequence[int]) -> float:
        """Least share of its volume that an organisation keeps, over all treatments."""
        shares = kept_shares(self.portfolio, self.writer, choice)
        return min(shares.values(), default=1.0)

    def front(self, written: Sequence[Written], best: Point) -> tuple[Point, ...]:
        """Trade travel for balance: the least travel at which everybody keeps ever more."""
        found = best.chosen
        if best.name != "travel":
            found = self.chosen(written, objective="travel")
        points = [self.point("travel", found)]
        while len(points) < _POINTS:
            share = points[-1].balance + _STEP
            if share > 1.0 + _STEP:
                break
            more = self.writer.write(Condition(_EVERY, value=share))
            if more.reasons:
                break
            found = self.chosen([*written, more], objective="travel", most=_POINT_SECONDS)
            if not found.choice:
                break
            points.append(self.point("", found))
        if len(points) > 1:
            points[-1] = replace(points[-1], name="balance")
        if len(points) > 2:  # noqa: PLR2004
            # where the bend is: the furthest below the line between the ends
            ends = points[0], points[-1]
            middle = max(range(1, len(points) - 1), key=lambda k: _below(points[k], *ends))
            points[middle] = replace(points[middle], name="middle")
        if best.name != "travel":
            points.append(best)
        return tuple(points)


def _below(point: Point, first: Point, last: Point) -> float:
    width = (last.balance - first.balance) or 1.0
    height = (last.travel - first.travel) or 1.0
    return (point.balance - first.balance) / width - (point.travel - first.travel) / height


def kept_shares(
    portfolio: Portfolio, writer: ConditionWriter, choice: Sequence[int]
) -> dict[str, float]:
    """Share of its volume that each organisation keeps, over all treatments.

    Parameters
    ----------
    portfolio, writer
        Treatments, and who owns which location.
    choice
        Number of the candidate per treatment.

    Returns
    -------
    dict
        Organisations without volume before the change are left out.
    """
    out = {}
    for organisation in writer.organisations:
        before = after = 0.0
        for weight, each, picked in zip(
            portfolio.weights, portfolio.treatments, choice, strict=True
        ):
            own = writer.own(each, organisation)
            before += weight * float(np.nan_to_num(each.volume_before[own]).sum())
            after += weight * float(np.nan_to_num(each.volume[picked, own]).sum())
        if before > 0.0:
            out[organisation] = after / before
    return out


def chosen_cases(result: StudyPortfolio) -> tuple[Case, ...]:
    """Return the chosen candidate of each treatment as a case with its flows."""
    if result.best is None:
        return ()
    chosen = zip(
        result.study.interventions,
        result.portfolio.treatments,
        result.best.chosen.choice,
        strict=True,
    )
    return tuple(
        _case(each, result.inputs, treatment, picked) for each, treatment, picked in chosen
    )


def _case(intervention: Intervention, inputs: Inputs, treatment: Treatment, picked: int) -> Case:
    """Make a case of a candidate of a treatment."""
    stops, opens = treatment.stops[picked], treatment.opens[picked]
    return make_case(intervention, inputs, name=SUM, stops=stops, opens=opens)


def summed_rows(result: StudyPortfolio, cases: Sequence[Case]) -> pd.DataFrame:
    """Average minutes per postcode over all treatments, each by its weight.

    Returns
    -------
    pandas.DataFrame
        A row per postcode, with the columns that a map needs; ``mean_extra_moved`` is the extra
        minutes over all treatments where one of them moves somebody.
    """
    weight = dict(
        zip((case.intervention.name for case in cases), result.portfolio.weights, strict=True)
    )
    rows = pd.concat([postcode_rows(case) for case in cases], ignore_index=True)
    part = rows["demand"] * rows["intervention"].map(weight)
    sums = pd.DataFrame(
        {
            "postcode": rows["postcode"],
            "demand": part,
            "before": rows["mean_before"] * part,
            "after": rows["mean_after"] * part,
            "moved": rows["moved"],
        }
    )
    out = sums.groupby("postcode", sort=True).sum()
    mean = out[["before", "after"]].div(out["demand"], axis=0)
    extra = (mean["after"] - mean["before"]).where(out["moved"] > 0.0)
    return pd.DataFrame(
        {
            "intervention": cases[0].intervention.name,
            "scenario": SUM,
            "postcode": out.index,
            "demand": out["demand"],
            "mean_before": mean["before"],
            "mean_after": mean["after"],
            "mean_extra_moved": extra,
        }
    ).reset_index(drop=True)


def _prices(asked: _Asked, written: Sequence[Written], best: Point | None) -> pd.DataFrame:
    """Leave out one condition at a time."""
    rows: list[dict[str, object]] = []
    for number in range(len(written)):
        others = [each for place, each in enumerate(written) if place != number]
        without = asked.solve(others)
        if without is None:
            price = np.nan
        else:
            price = np.inf if best is None else best.travel - without.travel
            if best is not None and asked.objective == "worst":
                price = best.worst - without.worst
        rows.append({"condition": number, "price": price})
    return pd.DataFrame(rows, columns=["condition", "price"])


def _choices(portfolio: Portfolio, best: Point | None) -> pd.DataFrame:
    columns = ["intervention", "stops", "opens", "mean_extra_all", "demand", "unit", "candidates"]
    if best is None:
        return pd.DataFrame(columns=columns)
    rows: list[tuple[object, ...]] = []
    for each, picked in zip(portfolio.treatments, best.chosen.choice, strict=True):
        total = float(each.demand.sum())
        mean = float(each.minutes[picked].sum()) / total if total else 0.0
        stops, opens = "; ".join(each.stops[picked]), "; ".join(each.opens[picked])
        rows.append((each.name, stops, opens, mean, total, each.unit, len(each.stops)))
    return pd.DataFrame(rows, columns=columns)


def _municipalities(portfolio: Portfolio, best: Point | None) -> pd.DataFrame:
    columns = ["municipality", "demand", "mean_extra_all"]
    if best is None:
        return pd.DataFrame(columns=columns)
    pairs = list(zip(portfolio.weights, portfolio.treatments, strict=True))
    demand = np.sum([weight * each.demand for weight, each in pairs], axis=0)
    at = portfolio.starts[:-1] + np.asarray(best.chosen.choice, dtype=np.int64)
    mean = portfolio.by_place[at].sum(axis=0)
    out = pd.DataFrame({"municipality": portfolio.places, "demand": demand, "mean_extra_all": mean})
    out = out[out["demand"] > 0.0]
    return out.sort_values(["mean_extra_all", "municipality"], ascending=[False, True])
