"""Trips by public transport as pages hold them: small, and read by `impactTransit` of card.js."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from impact.analysis.transit import last_ways_home
from impact.outputs.pages.hundredths import base64_hundredths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.analysis.result import Result

_NOTHING, _UNKNOWN = 0xFFFF, 0xFF


def transit_data(result: Result, locations: Sequence[str]) -> dict[str, str] | None:
    """Write the trips of a run, postcode by location; null where it has none for its points.

    Parameters
    ----------
    result
        Of a study.
    locations
        The columns.

    Returns
    -------
    dict or None
        Base64: ``minutes`` in hundredths (16 bits, little-endian), ``last`` (16 bits: minutes of
        the day), ``changes`` (8 bits).
    """
    transit = result.transit
    if transit is None or transit.origins != result.times.origins:
        return None
    said = replace(transit, last_home=last_ways_home(transit))
    part = said.select(transit.origins, locations)
    changes = np.where(np.isfinite(part.changes), np.minimum(part.changes, _UNKNOWN - 1), _UNKNOWN)
    return {
        "minutes": base64_hundredths(part.minutes),
        "last": _packed(part.last_home // 60.0, "<u2", _NOTHING),
        "changes": _packed(changes, "u1", _UNKNOWN),
    }


def _packed(values: NDArray[np.float64], kind: str, nothing: int) -> str:
    whole = np.where(np.isfinite(values), np.minimum(values, nothing), nothing)
    return base64.b64encode(whole.astype(kind).tobytes()).decode("ascii")
