"""Who is worst off when what a claim is about happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.evidence.claims.claim import NOTHING
from impact.evidence.claims.outcome import WorstOff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.evidence.claims.basis import Basis
    from impact.evidence.claims.parts import Part


def worst_off(asked: Sequence[Part], basis: Basis) -> WorstOff | None:
    """Most extra minutes of anybody in the changes that a claim is about.

    Parameters
    ----------
    asked
        Parts of the claim.
    basis
        What is computed on.

    Returns
    -------
    WorstOff or None
        `None` where nobody has to go elsewhere, or nobody who does finds a way.
    """
    best: WorstOff | None = None
    for part in asked:
        if part.change == NOTHING or not part.treatment:
            continue
        found = basis.flows(part.region, part.treatment, part.change)
        extra, place = found.greatest()
        if not np.isfinite(extra) or (best is not None and extra <= best.extra):
            continue
        people = basis.people(part.region)
        row, after = found.row[place], float(found.late[place])
        best = WorstOff(
            postcode=str(people.index[row]),
            municipality=str(people["municipality"].iloc[row]),
            treatment=part.treatment,
            stops=part.change.stops,
            before=after - extra,
            after=after,
            extra=extra,
            residents=float(people["residents"].iloc[row]),
        )
    return best
