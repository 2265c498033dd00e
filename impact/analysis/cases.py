"""The cases of a study: its named scenarios, and one displayed candidate where none is named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from impact.model.allocation import flows, split_flows
from impact.model.candidates import candidates, locations_before, locations_joining, stops_asked
from impact.model.case import Case
from impact.model.catchment_case import CatchmentFlows, catchment_case
from impact.model.measures import UNKNOWN_WITHOUT_DESTINATION, measures
from impact.model.staying import Display, display_of, displayed_candidate, kept_by_rule
from impact.study.model import DISPLAYED, RULE
from impact.sweep.means import TIE_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from impact.model.inputs import Inputs
    from impact.model.policy_rules import Ruling
    from impact.study.model import Intervention, Scenario, Study


def study_cases(
    study: Study,
    inputs: Inputs,
    swept: Mapping[str, pd.DataFrame],
    rulings: Mapping[str, Ruling] | None = None,
    registered: Mapping[str, Mapping[str, float]] | None = None,
) -> tuple[Case, ...]:
    """Every case that a run shows in full.

    Parameters
    ----------
    study
        Interventions and named scenarios.
    inputs
        Times and demand.
    swept
        Intervention -> its candidates, from `impact.sweep.means.sweep_means`.
    rulings
        Intervention -> what the rule that the study names says of it.
    registered
        Intervention -> location -> registered count per year.

    Returns
    -------
    tuple of Case
        Per intervention its named scenarios by name (a scenario with named recipients twice: as
        agreed, and with the nearest that is left), then, unless a named scenario stops as many
        providers as `stop_count` says, what the rule points at, or else the displayed candidate of
        `impact.model.staying`.
    """
    cases = []
    for intervention in study.interventions:
        range_taken = False
        for scenario in study.scenarios:
            stops = scenario.stops.get(intervention.name, ())
            if not stops and not scenario.opens.get(intervention.name, ()):
                continue
            fits = len(stops) == stops_asked(intervention) and not range_taken
            range_taken = range_taken or fits
            cases += _scenario_cases(intervention, scenario, inputs, in_range=fits)
        table = swept[intervention.name]
        ruling = (rulings or {}).get(intervention.name)
        if not range_taken and ruling is not None and ruling.changes:
            cases.append(
                make_case(
                    intervention,
                    inputs,
                    name=f"{RULE}{intervention.candidates}",
                    stops=ruling.stops or (),
                    quotas=ruling.quotas,
                    in_range=True,
                )
            )
        elif not range_taken and len(table):
            # not from the joined names: a name may hold the separator
            sets = candidates(intervention)
            counts = (registered or {}).get(intervention.name)
            rests = display(study, intervention, inputs, counts)
            means = table["mean_extra_moved"].round(TIE_DECIMALS).tolist()
            stops = sets[displayed_candidate(sets, means, rests)]
            case = make_case(intervention, inputs, name=DISPLAYED, stops=stops, in_range=True)
            cases.append(replace(case, kept=rests.kept, volumes_by=rests.kind))
    return tuple(cases)


def display(
    study: Study,
    intervention: Intervention,
    inputs: Inputs,
    registered: Mapping[str, float] | None,
) -> Display:
    """Say on what the displayed candidate of an intervention rests."""
    baseline = make_case(intervention, inputs, name="", stops=())
    demand = baseline.flows.groupby("provider_before")["demand"].sum()
    return display_of(
        intervention,
        kept_by_rule(intervention, inputs.hospitals, switched_on=study.university_hospitals_stay),
        registered,
        inputs.demand.unit_of(intervention.name),
        {str(name): float(value) for name, value in demand.items()},
    )


def _scenario_cases(
    intervention: Intervention, scenario: Scenario, inputs: Inputs, *, in_range: bool
) -> list[Case]:
    stops = scenario.stops.get(intervention.name, ())
    named = {giver: takers for giver, takers in scenario.moves_to.items() if giver in stops}
    first = make_case(
        intervention,
        inputs,
        name=scenario.name,
        stops=stops,
        opens=scenario.opens.get(intervention.name, ()),
        moves_to=named,
        scenario=scenario,
        in_range=in_range,
    )
    if not named:
        return [first]
    second = make_case(
        intervention,
        inputs,
        name=scenario.name,
        stops=stops,
        opens=scenario.opens.get(intervention.name, ()),
        scenario=scenario,
        principal=False,
    )
    return [first, second]


def make_case(
    intervention: Intervention,
    inputs: Inputs,
    *,
    name: str,
    stops: tuple[str, ...],
    opens: tuple[str, ...] = (),
    moves_to: Mapping[str, Mapping[str, float]] | None = None,
    scenario: Scenario | None = None,
    in_range: bool = False,
    principal: bool = True,
    weights: NDArray[np.float64] | None = None,
    quotas: Mapping[str, float] | None = None,
) -> Case:
    """Compute one case.

    Parameters
    ----------
    intervention
        What is concentrated.
    inputs
        Times and demand.
    name
        Of the scenario, or `DISPLAYED`.
    stops, opens
        Locations, sorted.
    moves_to
        Provider that stops -> recipient -> share; empty: the nearest that is left.
    scenario
        Where it comes from; `None` for a candidate.
    in_range, principal
        See `Case`.
    weights : ndarray of float, shape (n_postcodes,), optional
        Instead of the demand of the study, for groups.
    quotas
        Provider that stays -> its volume after the change, where volumes are divided.

    Returns
    -------
    Case
    """
    beyond = inputs.outside[intervention.name]
    providers = locations_before(intervention, beyond)
    joining = locations_joining(intervention, beyond, stopping=len(stops), opens=opens)
    own = inputs.catchments.get(intervention.name)
    if own is None:
        rows = case_flows(
            intervention,
            inputs,
            stops=stops,
            opens=opens,
            moves_to=moves_to,
            weights=weights,
            quotas=quotas,
        )
        made = CatchmentFlows(rows, None, {})
    else:
        made = catchment_case(
            intervention, own, stops=stops, opens=opens, moves_to=moves_to, group=weights
        )
        providers = own.providers
    case = Case(
        intervention=intervention,
        scenario=name,
        kind="candidate" if scenario is None else "scenario",
        recipients="split" if quotas else "named" if moves_to else "nearest",
        stops=stops,
        opens=opens,
        stays=tuple(each for each in intervention.providers if each not in stops),
        outside=tuple(name for name in beyond if name in {*providers, *joining}),
        in_range=in_range,
        principal=principal,
        flows=made.flows,
        figures=measures(made.flows),
        start=None if scenario is None else scenario.start,
        status="" if scenario is None else scenario.status,
        source="" if scenario is None else scenario.source,
        moves_to=moves_to or {},
        quotas=quotas or {},
        filling=made.filling,
        filling_minutes=made.minutes,
    )
    if case.not_calculable:
        # that nobody is known who takes them is no journey of more than an hour
        unknown = dict.fromkeys(UNKNOWN_WITHOUT_DESTINATION, np.nan)
        return replace(case, figures=dict(case.figures) | unknown)
    return case


def with_weights(case: Case, inputs: Inputs, weights: NDArray[np.float64]) -> Case:
    """Compute a case for other people."""
    return make_case(
        case.intervention,
        inputs,
        name=case.scenario,
        stops=case.stops,
        opens=case.opens,
        moves_to=case.moves_to,
        quotas=case.quotas,
        weights=weights,
    )


def case_flows(
    intervention: Intervention,
    inputs: Inputs,
    *,
    stops: tuple[str, ...],
    opens: tuple[str, ...] = (),
    moves_to: Mapping[str, Mapping[str, float]] | None = None,
    weights: NDArray[np.float64] | None = None,
    quotas: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Work out who goes where in a case, without its measures."""
    beyond = inputs.outside[intervention.name]
    demand = inputs.demand.weights[intervention.name] if weights is None else weights
    providers = locations_before(intervention, beyond)
    choice = inputs.allocation_rules[intervention.name]
    if quotas:
        return split_flows(inputs.times, demand, providers=providers, quotas=quotas, choice=choice)
    return flows(
        inputs.times,
        demand,
        providers=providers,
        stops=stops,
        opens=locations_joining(intervention, beyond, stopping=len(stops), opens=opens),
        moves_to=moves_to,
        choice=choice,
    )
