"""Contributions put together: one result, with bounds for what the cells leave open.

A cell of n patients somewhere in its municipalities, whose location stops, travels before and after
between the least and the greatest extra minutes of the postcodes there: so the sum of extra minutes
lies between n times the one and n times the other, whatever the true addresses. A cell that is told
as a bound holds any number within it. The estimate in between puts patients where residents live,
and a bound of 0 to T - 1 at its middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError
from impact.model.allocation import nearest
from impact.sealed.facilities import CHANGES, merged_facilities

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from impact.sealed.contribution import Contribution, Told
    from impact.sealed.study import SealedCase, SealedStudy, SealedTreatment

EXTRA_LIMIT = 30.0
"""Minutes extra beyond which patients are counted apart."""

_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Merged:
    """What contributions say together.

    Attributes
    ----------
    sealed
        The study.
    contributions
        In the order of institutions.
    missing
        Organisations that perform a treatment and did not contribute.
    figures
        A row per treatment and scenario: patients, moved, mean_extra_moved, beyond_30_extra and
        unreachable, each low, estimate and high; missing (who of those that stop).
    volumes
        A row per treatment, scenario and location: before and after, low, estimate, high; meets
        (yes, no, unknown), norm, change.
    facilities
        From `impact.sealed.facilities.merged_facilities`; empty where no workbook came along.
    """

    sealed: SealedStudy
    contributions: tuple[Contribution, ...]
    missing: tuple[str, ...]
    figures: pd.DataFrame
    volumes: pd.DataFrame
    facilities: pd.DataFrame


@dataclass(frozen=True)
class _Moving:
    """A cell whose location stops: numbers, minutes, and the shares of who takes over."""

    low: float
    middle: float
    high: float
    least: float
    mean: float
    most: float
    far: tuple[float, float, float]
    lost: tuple[float, float, float]
    takers: Mapping[str, tuple[float, float, float]]


def merge(sealed: SealedStudy, contributions: Sequence[Contribution]) -> Merged:
    """Put contributions together.

    Parameters
    ----------
    sealed
        The study that they belong to.
    contributions
        From `impact.sealed.contribution.read_contribution`, which has checked each of them.

    Returns
    -------
    Merged

    Raises
    ------
    InputError
        For an institution that is there twice.
    """
    found: dict[str, Contribution] = {}
    for each in contributions:
        if each.institution in found:
            expected = "each institution once: one of the two is left out by hand"
            raise InputError(Fault("contributions", "", "institution", each.institution, expected))
        found[each.institution] = each
    ordered = tuple(found[name] for name in sorted(found))
    told = {(each.treatment, each.location): each for made in ordered for each in made.told}
    figures, volumes = [], []
    for treatment in sealed.treatments:
        for case in treatment.cases:
            moving = {
                name: list(_moving(sealed, case, told[treatment.name, name]))
                for name in case.stops
                if (treatment.name, name) in told
            }
            figures.append(_figures(sealed, treatment, case, moving, told))
            volumes += _volumes(treatment, case, moving, told)
    missing = tuple(name for name in sealed.institutions if name not in found)
    places = pd.DataFrame(volumes)
    facilities = merged_facilities(sealed, ordered, places)
    return Merged(sealed, ordered, missing, pd.DataFrame(figures), places, facilities)


def _moving(sealed: SealedStudy, case: SealedCase, told: Told) -> Iterator[_Moving]:
    """Tell what the cells of a location that stops leave open."""
    before = sealed.to([told.location])[:, 0]
    after, shares = _after(sealed, case, told.location)
    with np.errstate(invalid="ignore"):
        extra = after - before
    residents = sealed.postcodes["residents"].to_numpy(np.float64)
    municipality = sealed.postcodes["municipality"].to_numpy()
    for cell in told.cells:
        here = np.isin(municipality, cell.areas)
        # nobody says that an address without residents has no patient, but there is little of it
        weight = residents[here] if residents[here].sum() > 0.0 else np.ones(int(here.sum()))
        weight = weight / weight.sum()
        values, reached = extra[here], np.isfinite(extra[here])
        numbers = float(cell.low), (cell.low + cell.high) / 2.0, float(cell.high)
        some = bool(reached.any())
        yield _Moving(
            *numbers,
            least=float(values[reached].min()) if some else 0.0,
            mean=_mean(values[reached], weight[reached]),
            most=float(values[reached].max()) if some else 0.0,
            far=_part(reached & (values > EXTRA_LIMIT), weight, numbers),
            lost=_part(~reached, weight, numbers),
            takers={name: _shared(share[here], weight, numbers) for name, share in shares.items()},
        )


def _mean(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    if not len(values):
        return 0.0
    total = weight.sum()
    return float((values * weight).sum() / total) if total > 0.0 else float(values.mean())


def _part(
    which: NDArray[np.bool_], weight: NDArray[np.float64], numbers: tuple[float, float, float]
) -> tuple[float, float, float]:
    """How many of a cell are in some of its postcodes: all, none, or anything between."""
    low = numbers[0] if which.all() else 0.0
    high = numbers[2] if which.any() else 0.0
    return low, numbers[1] * float(weight[which].sum()), high


def _shared(
    share: NDArray[np.float64], weight: NDArray[np.float64], numbers: tuple[float, float, float]
) -> tuple[float, float, float]:
    middle = numbers[1] * float((share * weight).sum())
    return numbers[0] * float(share.min()), middle, numbers[2] * float(share.max())


def _after(
    sealed: SealedStudy, case: SealedCase, location: str
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """Minutes after the change per postcode, and the share of it that each recipient takes."""
    count = len(sealed.postcodes)
    if location in case.moves_to:
        takers = case.moves_to[location]
        total = sum(takers.values())
        shares = {name: np.full(count, share / total) for name, share in takers.items()}
        minutes = sealed.to(list(takers))
        return (minutes * np.array([share / total for share in takers.values()])).sum(
            axis=1
        ), shares
    names = list(case.recipients)
    minutes = sealed.to(names)
    chosen = nearest(minutes)
    padded = np.column_stack([minutes, np.full(count, np.inf)])
    taken = {name: (chosen == place).astype(np.float64) for place, name in enumerate(names)}
    return padded[np.arange(count), chosen], taken


def bounded_mean(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    values: NDArray[np.float64],
    *,
    least: bool,
) -> float:
    """Least (or greatest) weighted mean when every weight may lie anywhere between two limits.

    Parameters
    ----------
    low, high : ndarray of float, shape (n,)
        Limits of the weights.
    values : ndarray of float, shape (n,)
    least
        Whether the least is asked, or the greatest.

    Returns
    -------
    float
        NaN where every weight must be zero.

    Examples
    --------
    Twenty patients 10 minutes, and up to nine more who go 4 or 40:

    >>> low, high = np.array([20.0, 0.0]), np.array([20.0, 9.0])
    >>> round(bounded_mean(low, high, np.array([10.0, 4.0]), least=True), 2)
    8.14
    >>> bounded_mean(low, high, np.array([10.0, 40.0]), least=True)
    10.0
    """
    sign = 1.0 if least else -1.0
    weight, total = float(low.sum()), float((low * values).sum())
    for place in np.argsort(sign * values, kind="stable").tolist():
        more = float(high[place] - low[place])
        if more > 0.0 and (weight == 0.0 or sign * values[place] < sign * total / weight):
            weight, total = weight + more, total + more * float(values[place])
    return total / weight if weight > 0.0 else float("nan")


def _figures(
    sealed: SealedStudy,
    treatment: SealedTreatment,
    case: SealedCase,
    moving: Mapping[str, list[_Moving]],
    told: Mapping[tuple[str, str], Told],
) -> dict[str, object]:
    cells = [cell for part in moving.values() for cell in part]
    all_cells = [
        cell
        for name in treatment.providers
        if (treatment.name, name) in told
        for cell in told[treatment.name, name].cells
    ]
    low = np.array([max(each.low - each.lost[2], 0.0) for each in cells])
    high = np.array([each.high - each.lost[0] for each in cells])
    middle = np.array([each.middle - each.lost[1] for each in cells])
    means = np.array([each.mean for each in cells])
    row: dict[str, object] = {
        "intervention": treatment.name,
        "scenario": case.scenario,
        "stops": "; ".join(case.stops),
        "missing": "; ".join(
            sorted({sealed.organisations[name] for name in case.stops if name not in moving})
        ),
        "patients_low": sum(cell.low for cell in all_cells),
        "patients": sum((cell.low + cell.high) / 2.0 for cell in all_cells),
        "patients_high": sum(cell.high for cell in all_cells),
        "moved_low": sum(each.low for each in cells),
        "moved": sum(each.middle for each in cells),
        "moved_high": sum(each.high for each in cells),
        "mean_extra_low": bounded_mean(
            low, high, np.array([each.least for each in cells]), least=True
        ),
        "mean_extra_moved": _mean(means, middle) if middle.sum() > 0.0 else float("nan"),
        "mean_extra_high": bounded_mean(
            low, high, np.array([each.most for each in cells]), least=False
        ),
    }
    for name, parts in (
        ("beyond_30_extra", [each.far for each in cells]),
        ("unreachable", [each.lost for each in cells]),
    ):
        for place, ending in enumerate(("_low", "", "_high")):
            row[name + ending] = sum(part[place] for part in parts)
    return row


def _volumes(
    treatment: SealedTreatment,
    case: SealedCase,
    moving: Mapping[str, list[_Moving]],
    told: Mapping[tuple[str, str], Told],
) -> list[dict[str, object]]:
    rows = []
    names = sorted({*treatment.providers, *case.recipients})
    unknown = [name for name in case.stops if name not in moving]
    for name in names:
        own = told.get((treatment.name, name))
        before = (
            np.zeros(3)
            if own is not None or name not in treatment.providers
            else np.full(3, np.nan)
        )
        if own is not None:
            for cell in own.cells:
                before += (cell.low, (cell.low + cell.high) / 2.0, cell.high)
        if name in case.stops:
            after, change = np.zeros(3), -before[::-1]
        else:
            change = np.zeros(3)
            for moved in (each for part in moving.values() for each in part):
                change += moved.takers.get(name, (0.0, 0.0, 0.0))
            if unknown:
                # who did not say how many would come may send any number
                change[1:] = np.nan
            after = before + change
        if name not in treatment.providers and not after.any():
            continue
        rows.append(
            {
                "intervention": treatment.name,
                "scenario": case.scenario,
                "location": name,
                **dict(zip(("before_low", "before", "before_high"), before.tolist(), strict=True)),
                **dict(zip(("after_low", "after", "after_high"), after.tolist(), strict=True)),
                "norm": np.nan if treatment.norm is None else treatment.norm,
                "meets": "" if name in case.stops else _meets(treatment.norm, after),
                **dict(zip(CHANGES, change.tolist(), strict=True)),
            }
        )
    return rows


def _meets(norm: float | None, after: NDArray[np.float64]) -> str:
    """Judge a volume by its bounds: no yes or no where they disagree."""
    if norm is None:
        return ""
    if after[0] >= norm - _TOLERANCE:
        return "yes"
    return "no" if after[2] < norm - _TOLERANCE else "unknown"
