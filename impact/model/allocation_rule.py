"""The rule by which demand chooses among providers: nearest, Huff, logit or observed.

- ``nearest``: everybody goes to the nearest.
- ``huff``: shares proportional to ``attraction ** alpha * exp(-beta * minutes)`` (Huff 1964, with
  an exponential deterrence).
- ``logit``: a conditional logit (McFadden 1974) with the user's coefficients: shares proportional
  to ``exp(c_minutes * minutes + sum of c_k * x_k)`` over the attributes x_k of a location.
- ``observed``: the patients that a table counts, from each postcode at each provider.

Huff is the conditional logit with utility ``alpha * log(attraction) - beta * minutes``, so both are
one formula here: a utility per location, and beta per minute.

The model is a conditional logit (McFadden 1974): a patient of postcode i goes to location h with
probability ``P_ih`` proportional to ``exp(alpha * log(a_h) - beta * t_ih)``. The log-likelihood
``sum of n_ih * log(P_ih)`` is concave in (beta, alpha), so what is found is the maximum, if there
is one: where everybody goes to the nearest, a larger beta is always better.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.model.candidates import locations_before
from impact.model.known_totals import FLOWS, known_totals
from impact.model.observed import Observed, read_observed
from impact.notes import Loaded, Note, distinct_sources
from impact.study.model import CATCHMENT
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from impact.study.model import Intervention, Study
    from impact.times.matrix import TravelTimes

NEAREST, OBSERVED, HUFF, LOGIT = "nearest", "observed", "huff", "logit"

BYPASS_BETAS = (0.05, 0.1, 0.2)
"""Per minute: how strongly minutes deter, for the band where no flows are known.

A choice among three, from weak to strong; source: general knowledge, unverified. With 0.05 a
provider that lies 14 minutes further draws half as much, with 0.2 one that lies 3.5 minutes
further.
"""


@dataclass(frozen=True, eq=False)
class AllocationRule:
    """The rule by which demand of one intervention is allotted to providers.

    Attributes
    ----------
    rule
        ``nearest``, ``observed``, ``huff``, ``logit`` or ``catchment``.
    beta
        Per minute, for ``huff`` and ``logit``.
    utility
        Location -> what draws people there beside the minutes; zero where it is not named.
    observed
        The table of counts, for ``observed``.
    about
        Parameters and where they come from, for the manifest.
    """

    rule: str = NEAREST
    beta: float = 0.0
    utility: Mapping[str, float] = field(default_factory=dict)
    observed: Observed | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def spreads(self) -> bool:
        """Whether people of one postcode may go to several providers by a formula."""
        return self.rule in {HUFF, LOGIT}

    @property
    def observes(self) -> bool:
        """Whether patients were counted at each provider, perhaps with some counts hidden."""
        return self.observed is not None

    @property
    def counted(self) -> bool:
        """Whether patients were counted at each provider, with no count hidden."""
        return self.observed is not None and not self.observed.suppressed

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """Locations that are no providers of the study, but where the counts find patients."""
        return () if self.observed is None else self.observed.elsewhere

    def shares(self, minutes: NDArray[np.float64], locations: Sequence[str]) -> NDArray[np.float64]:
        """Shares by formula among locations; only for ``huff`` and ``logit``.

        Parameters
        ----------
        minutes : ndarray of float, shape (n_postcodes, n_locations)
            Infinite where a location cannot be reached.
        locations
            Names of the columns.

        Returns
        -------
        ndarray of float, shape (n_postcodes, n_locations)
        """
        utility = np.array([self.utility.get(name, 0.0) for name in locations])
        return shares(minutes, beta=self.beta, utility=utility)


EVERYBODY_NEAREST = AllocationRule()


def shares(
    minutes: NDArray[np.float64],
    *,
    beta: float,
    utility: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Shares proportional to ``exp(utility - beta * minutes)``.

    Parameters
    ----------
    minutes : ndarray of float, shape (n_postcodes, n_locations)
        Infinite where a location cannot be reached; its share is zero.
    beta
        Per minute.
    utility : ndarray of float, shape (n_locations,), optional
        Of each location; zeros by default.

    Returns
    -------
    ndarray of float, shape (n_postcodes, n_locations)
        Rows add to one, or to zero where nothing can be reached.

    Examples
    --------
    >>> shares(np.array([[10.0, 20.0], [np.inf, np.inf]]), beta=np.log(2) / 10).round(3)
    array([[0.667, 0.333],
           [0.   , 0.   ]])
    """
    if minutes.shape[1] == 0:
        return np.zeros(minutes.shape)
    reached = np.isfinite(minutes)
    # minutes that cannot be driven are masked, so that beta = 0 leaves no 0 * inf
    score = np.where(reached, -beta * np.where(reached, minutes, 0.0), -np.inf)
    if utility is not None:
        score = score + utility
    best = score.max(axis=1, keepdims=True)
    # the best scores zero, so that the exponent can neither overflow nor all vanish
    weight = np.exp(score - np.where(np.isfinite(best), best, 0.0))
    total = weight.sum(axis=1, keepdims=True)
    out: NDArray[np.float64] = np.divide(
        weight, total, out=np.zeros_like(weight), where=total > 0.0
    )
    return out


_STEEPEST = 3.0
"""Per minute; beyond it a provider one minute further draws a twentieth: that is nearest."""

_FLAT = 1e-9
_NORMAL_95 = 1.959964


@dataclass(frozen=True)
class HuffFit:
    """What the counts say about Huff's parameters.

    Attributes
    ----------
    beta, alpha
        Estimates; `alpha` is 1 where no attraction was given.
    beta_error, alpha_error
        Standard errors, from the curvature of the likelihood; NaN where it is flat.
    log_likelihood, log_likelihood_null
        Of the estimate, and of equal shares among what can be reached.
    patients
        Counted in the estimate.
    left_out
        Patients at a location to which no route was computed.
    warnings
        Why the estimates may not be identified; empty if they are.
    """

    beta: float
    alpha: float
    beta_error: float
    alpha_error: float
    log_likelihood: float
    log_likelihood_null: float
    patients: float
    left_out: float
    warnings: tuple[Note, ...] = ()

    @property
    def pseudo_r2(self) -> float:
        """Compare the fit with equal shares: McFadden's pseudo R squared, 0 to 1."""
        if self.log_likelihood_null == 0.0:
            return np.nan
        return 1.0 - self.log_likelihood / self.log_likelihood_null

    def note(self, *, intervention: str, file: str) -> Note:
        """Return the fit of an intervention to a table as a note."""
        half = _NORMAL_95 * self.beta_error
        fields = {
            "beta": self.beta,
            "low": self.beta - half,
            "high": self.beta + half,
            "alpha": self.alpha,
            "fit": self.pseudo_r2,
            "patients": self.patients,
        }
        key = "huff"
        if self.left_out:
            key, fields["left_out"] = "huff_left_out", self.left_out
        stated = Note.of(key, name=intervention, file=file, **fields)
        return Note.of("huff_doubted", why=(stated, *self.warnings)) if self.warnings else stated


def estimate_huff(
    minutes: NDArray[np.float64],
    counts: NDArray[np.float64],
    attraction: NDArray[np.float64] | None = None,
) -> HuffFit:
    """Estimate beta, and alpha where locations differ in attraction.

    Parameters
    ----------
    minutes : ndarray of float, shape (n_postcodes, n_locations)
        Infinite where a location cannot be reached.
    counts : ndarray of float, shape (n_postcodes, n_locations)
        Patients.
    attraction : ndarray of float, shape (n_locations,), optional
        Above zero. Without it alpha is 1 and all locations are alike.

    Returns
    -------
    HuffFit

    Examples
    --------
    Twice as many at a provider that lies ten minutes nearer: beta is log(2) / 10.

    >>> minutes = np.array([[10.0, 20.0], [20.0, 10.0]])
    >>> fit = estimate_huff(minutes, np.array([[200.0, 100.0], [100.0, 200.0]]))
    >>> round(fit.beta, 4)
    0.0693
    """
    reached = np.isfinite(minutes)
    left_out = float(counts[~reached].sum())
    used = np.where(reached, counts, 0.0)
    logs = None if attraction is None else np.log(attraction)
    if logs is not None and np.ptp(logs) < _FLAT:
        logs = None
    traits = [np.where(reached, -minutes, 0.0)]
    if logs is not None:
        traits.append(np.broadcast_to(logs, minutes.shape).astype(np.float64))
    from scipy.optimize import minimize

    found = minimize(
        _minus_log_likelihood(minutes, used, logs),
        np.r_[0.05, np.ones(len(traits) - 1)],
        jac=True,
        method="L-BFGS-B",
        bounds=[(-1.0, _STEEPEST), *[(None, None)] * (len(traits) - 1)],
        options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500},
    )
    beta, alpha = float(found.x[0]), float(found.x[1]) if logs is not None else 1.0
    chances = _chances(minutes, found.x, logs)
    errors, flat = _errors(traits, used, chances)
    equal = shares(minutes, beta=0.0)
    return HuffFit(
        beta=beta,
        alpha=alpha,
        beta_error=float(errors[0]),
        alpha_error=float(errors[1]) if logs is not None else np.nan,
        log_likelihood=_log_likelihood(used, chances),
        log_likelihood_null=_log_likelihood(used, equal),
        patients=float(used.sum()),
        left_out=left_out,
        warnings=_warnings(beta, flat=flat, used=used),
    )


def _chances(
    minutes: NDArray[np.float64],
    parameters: NDArray[np.float64],
    logs: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    utility = None if logs is None else parameters[1] * logs
    return shares(minutes, beta=float(parameters[0]), utility=utility)


def _log_likelihood(counts: NDArray[np.float64], chances: NDArray[np.float64]) -> float:
    seen = counts > 0.0
    # a chance too small for a float is not impossible
    return float((counts[seen] * np.log(np.maximum(chances[seen], np.finfo(float).tiny))).sum())


def _minus_log_likelihood(
    minutes: NDArray[np.float64],
    counts: NDArray[np.float64],
    logs: NDArray[np.float64] | None,
) -> Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]]:
    """Give the function to minimise, per patient, with its gradient."""
    total = counts.sum(axis=1, keepdims=True)
    scale = max(float(counts.sum()), 1.0)
    driven = np.where(np.isfinite(minutes), minutes, 0.0)

    def value(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        chances = _chances(minutes, parameters, logs)
        surplus = counts - total * chances
        slope = [-(surplus * driven).sum()]
        if logs is not None:
            slope.append(float((surplus @ logs).sum()))
        return -_log_likelihood(counts, chances) / scale, -np.array(slope) / scale

    return value


def _errors(
    traits: list[NDArray[np.float64]],
    counts: NDArray[np.float64],
    chances: NDArray[np.float64],
) -> tuple[NDArray[np.float64], bool]:
    """Give standard errors from the information matrix, and whether it is singular."""
    total = counts.sum(axis=1)
    size = len(traits)
    information = np.zeros((size, size))
    means = [(chances * trait).sum(axis=1) for trait in traits]
    for row in range(size):
        for column in range(size):
            product = (chances * traits[row] * traits[column]).sum(axis=1)
            information[row, column] = total @ (product - means[row] * means[column])
    scale = max(float(counts.sum()), 1.0)
    if np.linalg.cond(information) > 1.0 / _FLAT or information[0, 0] / scale < _FLAT:
        return np.full(size, np.nan), True
    return np.sqrt(np.diag(np.linalg.inv(information))), False


def _warnings(beta: float, *, flat: bool, used: NDArray[np.float64]) -> tuple[Note, ...]:
    out = []
    if int((used.sum(axis=0) > 0.0).sum()) < 2:  # noqa: PLR2004 (a choice needs two)
        out.append(Note.of("huff_one"))
    if beta >= _STEEPEST * (1.0 - _FLAT):
        out.append(Note.of("huff_nearest"))
    elif beta <= 0.0:
        out.append(Note.of("huff_not_minutes"))
    if flat and not out:
        out.append(Note.of("huff_alike"))
    return tuple(out)


_ESTIMATED, _GIVEN = "estimated from the flows", "given in the study"


def observed_flows(
    study: Study,
    *,
    residents: Sequence[str],
    municipalities: pd.Series[str],
    hospitals: Sequence[str],
    registered: Mapping[str, Mapping[str, float]],
) -> Loaded[dict[str, Observed]]:
    """Read the counts of every intervention that has them.

    Parameters
    ----------
    study
        Its interventions.
    residents
        Postcodes of the region.
    municipalities
        Postcode -> municipality, of all that are known.
    hospitals
        Known locations.
    registered
        Intervention -> location -> registered count, where it is not hidden itself.

    Returns
    -------
    Loaded
        Of a dict of str to Observed, by name of the intervention.

    Raises
    ------
    InputError
        Whatever is wrong with a table, or a region without a single patient.
    """
    out = {}
    notes: list[Note] = []
    sources: list[Mapping[str, str]] = []
    for each in study.interventions:
        if not each.flows:
            continue
        found, stated, read = read_observed(
            study.path(each.flows),
            intervention=each.name,
            interventions=study.names,
            residents=residents,
            postcodes=list(municipalities.index),
            providers=locations_before(each, each.outside),
            hospitals=hospitals,
            years=study.years_of(each),
            municipalities=municipalities,
            known=known_totals(study, each, FLOWS).beside(registered.get(each.name, {})),
        )
        notes += stated
        sources += read
        if not found.counts.sum() > 0.0:
            expected = said(
                "patients of {name!r} somewhere in the region {region!r}",
                name=each.name,
                region=study.region,
            )
            raise InputError(Fault(each.flows, "", "patients", None, expected))
        if found.elsewhere:
            file = PureWindowsPath(each.flows).name
            notes.append(Note.of("elsewhere", file=file, name=each.name, names=found.elsewhere))
        out[each.name] = found
    return Loaded(out, tuple(notes), distinct_sources(*sources))


def allocation_rules(
    study: Study,
    times: TravelTimes,
    observed: Mapping[str, Observed],
) -> Loaded[dict[str, AllocationRule]]:
    """Return the allocation rule of every intervention, with its parameters.

    Parameters
    ----------
    study
        Its interventions.
    times
        Minutes from the residents to every location that matters.
    observed
        From `observed_flows`.

    Returns
    -------
    Loaded
        Of a dict of str to AllocationRule, by name of the intervention; a note for each estimate.

    Raises
    ------
    InputError
        Whatever is wrong with a table of locations.
    """
    out = {}
    notes: list[Note] = []
    sources: list[Mapping[str, str]] = []
    for each in study.interventions:
        found = observed.get(each.name)
        if each.allocation == OBSERVED and found is not None:
            bounds = {"patients_low": found.low.sum(), "patients_high": found.high.sum()}
            file = PureWindowsPath(each.flows).name
            about = {"flows": file, **{name: float(x) for name, x in bounds.items()}}
            if known_totals(study, each, FLOWS).totals:
                about["totals"] = PureWindowsPath(study.totals).name
            out[each.name] = AllocationRule(OBSERVED, observed=found, about=about)
        elif each.allocation == HUFF:
            out[each.name], stated, read = _huff(each, study, times, found)
            notes += stated
            sources += read
        elif each.allocation == LOGIT:
            out[each.name], _, read = _logit(each, study, times)
            sources += read
        elif each.allocation == CATCHMENT:
            within = each.within if isinstance(each.within, str) else list(each.within)
            about = {
                "within": within,
                "rounding": each.rounding,
                "moves_share": each.moves_share,
                "fill": each.fill,
                "volumes": each.volumes,
            }
            out[each.name] = AllocationRule(CATCHMENT, about=about)
        else:
            out[each.name] = EVERYBODY_NEAREST
    return Loaded(out, tuple(notes), distinct_sources(*sources))


def _huff(
    intervention: Intervention,
    study: Study,
    times: TravelTimes,
    found: Observed | None,
) -> Loaded[AllocationRule]:
    asked = intervention.huff
    if asked is None:
        return Loaded(EVERYBODY_NEAREST)
    notes: tuple[Note, ...] = ()
    sources: tuple[Mapping[str, str], ...] = ()
    names = list(times.destinations)
    logs = dict.fromkeys(names, 0.0)
    if asked.attraction:
        file = study.path(asked.attraction)
        values, _, sources = _attributes(file, ["attraction"], names, above_zero=True)
        logs = {name: float(np.log(value)) for name, (value,) in values.items()}
    alpha = asked.alpha
    about: dict[str, Any] = {"attraction": asked.attraction or "all alike"}
    if asked.beta is not None:
        beta = asked.beta
        about |= {"beta": beta, "alpha": alpha, "parameters": _GIVEN}
    elif found is not None:
        minutes = times.to(found.locations)
        attraction = np.exp([logs[name] for name in found.locations])
        fit = estimate_huff(minutes, found.counts, attraction if asked.attraction else None)
        beta, alpha = fit.beta, fit.alpha
        named = PureWindowsPath(intervention.flows).name
        notes = (fit.note(intervention=intervention.name, file=named),)
        about |= {
            "beta": beta,
            "alpha": alpha,
            "parameters": _ESTIMATED,
            "beta_error": fit.beta_error,
            "alpha_error": fit.alpha_error,
            "pseudo_r2": fit.pseudo_r2,
            "patients": fit.patients,
            "warnings": list(map(str, fit.warnings)),
        }
    else:
        return Loaded(EVERYBODY_NEAREST)
    utility = {name: alpha * logs[name] for name in names}
    return Loaded(AllocationRule(HUFF, beta=beta, utility=utility, about=about), notes, sources)


def _logit(intervention: Intervention, study: Study, times: TravelTimes) -> Loaded[AllocationRule]:
    asked = intervention.logit
    if asked is None:
        return Loaded(EVERYBODY_NEAREST)
    sources: tuple[Mapping[str, str], ...] = ()
    names = list(times.destinations)
    utility = dict.fromkeys(names, 0.0)
    if asked.attributes:
        columns = sorted(asked.coefficients)
        weights = np.array([asked.coefficients[column] for column in columns])
        values, _, sources = _attributes(study.path(asked.attributes), columns, names)
        utility = {name: float(weights @ values[name]) for name in names}
    coefficients = {"minutes": asked.minutes, **asked.coefficients}
    about = {"coefficients": coefficients, "parameters": _GIVEN, "attributes": asked.attributes}
    rule = AllocationRule(LOGIT, beta=-asked.minutes, utility=utility, about=about)
    return Loaded(rule, (), sources)


def _attributes(
    path: Path,
    columns: Sequence[str],
    locations: Sequence[str],
    *,
    above_zero: bool = False,
) -> Loaded[dict[str, tuple[float, ...]]]:
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
                Fault(table.name, table.where(row), column, str(value), "a number above 0")
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
    values_of = dict(zip(listed, zip(*numbers, strict=True), strict=True))
    return Loaded(values_of, (), ({"name": table.name, "sha256": table.sha256},))
