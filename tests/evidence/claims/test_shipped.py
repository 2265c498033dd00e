"""What the shipped claims come to, off-peak, with residents: published in docs/methods.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from methods_page import methods_say

from impact.evidence.claims.claim import SHIPPED
from impact.evidence.claims.judge import figure, parts
from impact.evidence.claims.read import claim_paths, read_claims
from impact.evidence.claims.shipped import shipped_figures
from impact.evidence.published.definitions import Definition
from impact.evidence.published.rows import Sweeps
from impact.evidence.published.world import Assumptions

if TYPE_CHECKING:
    from impact.evidence.published.run import Reproduction


def test_figures_of_the_shipped_claims(reproduction: Reproduction) -> None:
    claims = {each.name: each for each in read_claims(claim_paths()[SHIPPED]).claims}
    studies = shipped_figures(Sweeps(reproduction.shipped), Assumptions())
    definition = Definition("interventions")
    found = {
        name: [(part, figure(part, claim, studies)) for part in parts(claim, studies, definition)]
        for name, claim in claims.items()
        if claim.by == "car"
    }
    # ranges are those of the reproduction
    row = reproduction.ranges.set_index(["region", "definition"])
    for name, claim in claims.items():
        if claim.kind == "range":
            low, high, peak = (value for _, value in found[name])
            ours = row.loc[(claim.region, "interventions")]
            assert (low, high) == (ours["ours_low"], ours["ours_high"])
            assert bool(peak) == bool(ours["peak_same"])
    small = found["Verzekeraar: de impact op reistijd is minimaal"]
    counted = {
        of: [part.holds(value) for part, value in small if part.of == of and not np.isnan(value)]
        for of in ("all", "moved")
    }
    assert {of: (sum(each), len(each)) for of, each in counted.items()} == {
        "all": (32, 54),
        "moved": (3, 54),
    }
    assert methods_say("for 31 of 54 treatments (32 without the margin)")
    assert methods_say("for 3 of 54 (3 without)")
    choice = [value for _, value in found["Welke ziekenhuizen stoppen telt zwaarder dan hoeveel"]]
    known = [value for value in choice if not np.isnan(value)]
    assert (sum(value >= 0 for value in known), len(known)) == (43, 51)
    assert methods_say("for 41 of 51 treatments (43 without the margin)")
