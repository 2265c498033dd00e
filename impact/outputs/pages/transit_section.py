"""The section of a report on public transport: a table, and a map per case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impact.analysis.result import postcode_rows, stacked
from impact.analysis.transit import by_transit
from impact.outputs.pictures.atlas import case_maps
from impact.outputs.text.transit import transit_lines, transit_rules_text

if TYPE_CHECKING:
    from impact.analysis.result import Result
    from impact.outputs.text import Texts


def transit_context(t: Texts, result: Result) -> dict[str, Any]:
    """Return what transit.html.j2 shows; no lines where a study is by car only."""
    cases = by_transit(result)
    if not cases:
        return {"transit_lines": ()}
    rows = stacked(cases, postcode_rows, result.postcodes["ferry"])
    return {
        "transit_lines": transit_lines(t, result),
        "transit_rules": transit_rules_text(t, result),
        "transit_atlas": case_maps(cases, result.postcodes, result.hospitals, rows),
    }
