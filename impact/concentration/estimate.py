"""Estimate Huff's parameters from observed flows, by maximum likelihood.

The model is a conditional logit (McFadden 1974): a patient of postcode i goes to location h with
probability ``P_ih`` proportional to ``exp(alpha * log(a_h) - beta * t_ih)``. The log-likelihood
``sum of n_ih * log(P_ih)`` is concave in (beta, alpha), so what is found is the maximum, if there
is one: where everybody goes to the nearest, a larger beta is always better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

from impact.concentration.choice import shares

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

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
    warnings: tuple[str, ...] = ()

    @property
    def pseudo_r2(self) -> float:
        """Compare the fit with equal shares: McFadden's pseudo R squared, 0 to 1."""
        if self.log_likelihood_null == 0.0:
            return np.nan
        return 1.0 - self.log_likelihood / self.log_likelihood_null

    def sentence(self) -> str:
        """Say the fit in one line, for notes."""
        half = _NORMAL_95 * self.beta_error
        text = (
            f"beta {self.beta:.3f} per minute (95% interval {self.beta - half:.3f} to "
            f"{self.beta + half:.3f}), alpha {self.alpha:.2f}, pseudo R2 {self.pseudo_r2:.2f}, "
            f"{self.patients:g} patients"
        )
        if self.left_out:
            text += f", {self.left_out:g} left out without a route"
        return "; ".join((text, *self.warnings))


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


def _warnings(beta: float, *, flat: bool, used: NDArray[np.float64]) -> tuple[str, ...]:
    out = []
    if int((used.sum(axis=0) > 0.0).sum()) < 2:  # noqa: PLR2004 (a choice needs two)
        out.append("not identified: the counts know one location only")
    if beta >= _STEEPEST * (1.0 - _FLAT):
        out.append("not identified: everybody goes to the nearest, any larger beta fits as well")
    elif beta <= 0.0:
        out.append("beta is not above zero: these patients do not choose by minutes")
    if flat and not out:
        out.append("not identified: minutes and attraction hardly vary in these counts")
    return tuple(out)
