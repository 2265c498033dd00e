"""Who is worst off when what a claim is about happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impact.evidence.claims.flows import flows
from impact.evidence.claims.outcome import WorstOff
from impact.evidence.claims.parts import intervention_of
from impact.evidence.reproduce.residents import residents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.evidence.claims.parts import Part
    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.sweeps import Sweeps


def worst_off(asked: Sequence[Part], sweeps: Sweeps, setting: Setting) -> WorstOff | None:
    """Most extra minutes of anybody in the changes that a claim is about.

    Parameters
    ----------
    asked
        Parts of the claim.
    sweeps, setting
        What is computed on, under which assumptions.

    Returns
    -------
    WorstOff or None
        `None` where nobody has to go elsewhere.
    """
    best: WorstOff | None = None
    world = sweeps.world
    for part in asked:
        if not part.change.stops or not part.treatment:
            continue
        intervention = intervention_of(sweeps, part)
        given = sweeps.matrix(part.region, intervention, setting)
        found = flows(given, part.change, setting)
        extra, row = found.greatest()
        if row < 0 or (best is not None and extra <= best.extra):
            continue
        place = residents(world, part.region, setting)[row]
        flow = int(np.flatnonzero((found.row == row) & (found.extra == extra))[0])
        after = float(found.late[flow])
        best = WorstOff(
            postcode=str(world.postcodes.index[place]),
            municipality=str(world.postcodes["municipality"].iloc[place]),
            treatment=part.treatment,
            stops=part.change.stops,
            before=after - extra,
            after=after,
            extra=extra,
            residents=float(world.weights["population"][place]),
        )
    return best
