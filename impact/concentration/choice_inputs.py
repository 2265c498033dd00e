"""Read what the allocation rules of a study need: counts, parameters, attributes of locations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from impact.concentration.choice import EVERYBODY_NEAREST, HUFF, LOGIT, OBSERVED, Choice
from impact.concentration.estimate import estimate_huff
from impact.concentration.locations import locations_before
from impact.concentration.observed import Observed, read_observed
from impact.errors import Fault, InputError, nearest_names
from impact.reading import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from impact.study import Intervention, Study
    from impact.times import TravelTimes

_ESTIMATED, _GIVEN = "estimated from the flows", "given in the study"


def observed_flows(
    study: Study,
    *,
    residents: Sequence[str],
    postcodes: Sequence[str],
    hospitals: Sequence[str],
    notes: list[str],
    sources: list[dict[str, Any]],
) -> dict[str, Observed]:
    """Read the counts of every intervention that has them.

    Parameters
    ----------
    study
        Its interventions.
    residents, postcodes
        Postcodes of the region, and all that are known.
    hospitals
        Known locations.
    notes, sources
        Lists that get a line for what was not used and for each file.

    Returns
    -------
    dict of str to Observed
        By name of the intervention.

    Raises
    ------
    InputError
        Whatever is wrong with a table, or a region without a single patient.
    """
    out = {}
    for each in study.interventions:
        if not each.flows:
            continue
        found = read_observed(
            study.path(each.flows),
            intervention=each.name,
            interventions=[other.name for other in study.interventions],
            residents=residents,
            postcodes=postcodes,
            providers=locations_before(each, each.outside),
            hospitals=hospitals,
            notes=notes,
            sources=sources,
        )
        if not found.counts.sum() > 0.0:
            expected = f"patients of {each.name!r} somewhere in the region {study.region!r}"
            raise InputError(Fault(each.flows, "", "patients", None, expected))
        if found.elsewhere:
            notes.append(
                f"{each.flows}: patients of {each.name!r} at locations that are no provider in "
                f"this study stay there: {', '.join(found.elsewhere)}"
            )
        out[each.name] = found
    return out


def choices_of(
    study: Study,
    times: TravelTimes,
    observed: Mapping[str, Observed],
    notes: list[str],
    sources: list[dict[str, Any]],
) -> dict[str, Choice]:
    """Give the allocation rule of every intervention, with its parameters.

    Parameters
    ----------
    study
        Its interventions.
    times
        Minutes from the residents to every location that matters.
    observed
        From `observed_flows`.
    notes, sources
        Lists that get a line for each estimate and each file.

    Returns
    -------
    dict of str to Choice
        By name of the intervention.

    Raises
    ------
    InputError
        Whatever is wrong with a table of locations.
    """
    out = {}
    for each in study.interventions:
        found = observed.get(each.name)
        if each.allocation == OBSERVED and found is not None:
            bounds = {"patients_low": found.low.sum(), "patients_high": found.high.sum()}
            about = {"flows": each.flows, **{name: float(x) for name, x in bounds.items()}}
            out[each.name] = Choice(OBSERVED, observed=found, about=about)
        elif each.allocation == HUFF:
            out[each.name] = _huff(each, study, times, found, notes, sources)
        elif each.allocation == LOGIT:
            out[each.name] = _logit(each, study, times, sources)
        else:
            out[each.name] = EVERYBODY_NEAREST
    return out


def _huff(
    intervention: Intervention,
    study: Study,
    times: TravelTimes,
    found: Observed | None,
    notes: list[str],
    sources: list[dict[str, Any]],
) -> Choice:
    asked = intervention.huff
    if asked is None:
        return EVERYBODY_NEAREST
    names = list(times.destinations)
    logs = dict.fromkeys(names, 0.0)
    if asked.attraction:
        file = study.path(asked.attraction)
        values = _attributes(file, ["attraction"], names, sources, above_zero=True)
        logs = {name: float(np.log(value)) for name, (value,) in values.items()}
    alpha = asked.alpha
    about: dict[str, Any] = {"attraction": asked.attraction or "all alike"}
    if asked.beta is not None:
        beta = asked.beta
        about |= {"beta": beta, "alpha": alpha, "parameters": _GIVEN}
    elif found is not None:
        place = {name: column for column, name in enumerate(names)}
        minutes = times.minutes[:, [place[name] for name in found.locations]]
        attraction = np.exp([logs[name] for name in found.locations])
        fit = estimate_huff(minutes, found.counts, attraction if asked.attraction else None)
        beta, alpha = fit.beta, fit.alpha
        notes.append(
            f"{intervention.name}: Huff estimated from {intervention.flows}: {fit.sentence()}"
        )
        about |= {
            "beta": beta,
            "alpha": alpha,
            "parameters": _ESTIMATED,
            "beta_error": fit.beta_error,
            "alpha_error": fit.alpha_error,
            "pseudo_r2": fit.pseudo_r2,
            "patients": fit.patients,
            "warnings": list(fit.warnings),
        }
    else:
        return EVERYBODY_NEAREST
    utility = {name: alpha * logs[name] for name in names}
    return Choice(HUFF, beta=beta, utility=utility, about=about)


def _logit(
    intervention: Intervention, study: Study, times: TravelTimes, sources: list[dict[str, Any]]
) -> Choice:
    asked = intervention.logit
    if asked is None:
        return EVERYBODY_NEAREST
    names = list(times.destinations)
    utility = dict.fromkeys(names, 0.0)
    if asked.attributes:
        columns = sorted(asked.coefficients)
        weights = np.array([asked.coefficients[column] for column in columns])
        values = _attributes(study.path(asked.attributes), columns, names, sources)
        utility = {name: float(weights @ values[name]) for name in names}
    coefficients = {"minutes": asked.minutes, **asked.coefficients}
    about = {"coefficients": coefficients, "parameters": _GIVEN, "attributes": asked.attributes}
    return Choice(LOGIT, beta=-asked.minutes, utility=utility, about=about)


def _attributes(
    path: Any,  # noqa: ANN401
    columns: Sequence[str],
    locations: Sequence[str],
    sources: list[dict[str, Any]],
    *,
    above_zero: bool = False,
) -> dict[str, tuple[float, ...]]:
    """Numbers of every location: a table that lacks one is refused, nothing is filled in."""
    table = read_table(path)
    table.require(["location", *columns])
    faults = table.unique("location")
    numbers = []
    for column in columns:
        values, wrong = table.numbers(column)
        faults += wrong
        if above_zero:
            faults += [
                Fault(table.name, table.where(row), column, str(value), "a number above zero")
                for row, value in zip(table.rows, values, strict=True)
                if value <= 0.0
            ]
        numbers.append(values)
    listed = list(table.frame["location"])
    faults += [
        Fault(
            table.name,
            "",
            "location",
            name,
            "a row for every location",
            nearest_names(name, listed),
        )
        for name in locations
        if name not in set(listed)
    ]
    if faults:
        raise InputError(faults)
    if table.name not in {each["name"] for each in sources}:
        sources.append({"name": table.name, "sha256": table.sha256})
    return dict(zip(listed, zip(*numbers, strict=True), strict=True))
