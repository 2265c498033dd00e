"""Places with a column per scenario: what each does to a municipality or a postcode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.model.measures import hardest_hit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.analysis.result import CaseView, Result

MUNICIPALITY, POSTCODE = "municipalities", "postcodes"
"""Kinds of place, by the table of a case that has a row for each."""


@dataclass(frozen=True, eq=False)
class SideBySide:
    """The places where some scenario sends people elsewhere, hardest hit first.

    Attributes
    ----------
    demand, before : pandas.Series of float, shape (n_places,)
        How many there are, and their mean minutes today; infinite without a route. Index: place.
    extra : pandas.DataFrame of float, shape (n_places, n_scenarios)
        Mean extra minutes of who must go elsewhere; NaN where nobody must, infinite where none of
        them has a route. Columns are in the order of the cases.
    moved : pandas.DataFrame of float, shape (n_places, n_scenarios)
        How many must go elsewhere.
    """

    demand: pd.Series[float]
    before: pd.Series[float]
    extra: pd.DataFrame
    moved: pd.DataFrame


def side_by_side(views: Sequence[CaseView], places: str = MUNICIPALITY) -> SideBySide:
    """Put the principal cases of one intervention beside one another, place by place.

    Parameters
    ----------
    views
        Of one intervention and one result; at least one.
    places
        ``municipalities`` or ``postcodes``.

    Returns
    -------
    SideBySide
        Ordered by the greatest mean of any scenario; of equals by name.

    Examples
    --------
    >>> from impact.study.read import read_study
    >>> from impact.analysis.run import run_study
    >>> result = run_study(read_study("noordoost"))
    >>> found = side_by_side([result.case("Longresecties", "displayed candidate")])
    >>> found.extra.shape == found.moved.shape == (len(found.before), 1)
    True
    """
    tables = [getattr(view, places) for view in views]
    columns = range(len(tables))
    moved = pd.concat([each["moved"] for each in tables], axis=1, keys=columns)
    means = pd.concat([each["mean_extra_moved"] for each in tables], axis=1, keys=columns)
    extra = means.where(means.notna(), np.inf).where(moved > 0.0)
    worst = pd.DataFrame({"moved": moved.max(axis=1), "mean_extra_moved": extra.max(axis=1)})
    order = hardest_hit(worst).index
    first = tables[0].reindex(order)
    return SideBySide(
        first["demand"], first["mean_before"], extra.reindex(order), moved.reindex(order)
    )


def compared(result: Result) -> dict[str, tuple[CaseView, ...]]:
    """Return intervention -> its principal cases, of those that have two or more."""
    found: dict[str, tuple[CaseView, ...]] = {}
    for view in result.principal:
        name = view.case.intervention.name
        found[name] = (*found.get(name, ()), view)
    return {name: views for name, views in found.items() if len(views) > 1}
