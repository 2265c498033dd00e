"""Trips by public transport as pages hold them: small, and read by `impactTransit` of card.js."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.analysis.transit import last_ways_home
from impact.outputs.pages.hundredths import base64_hundredths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.analysis.result import Result

_UNTIMED, _UNCOUNTED, _COUNTED_FROM = 0x7FF, 0x1F, 11
"""No last way home in 11 bits, no known changes in the 5 bits above them."""


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
        Base64: ``has``, a bit per pair, row by row, whether there is a connection; and of pairs
        with one, 16 bits each, little-endian: ``minutes`` in hundredths, and ``more``: minutes of
        the day of the last way home, and changes times 2048.
    """
    transit = result.transit
    if transit is None or transit.origins != result.times.origins:
        return None
    said = replace(transit, last_home=last_ways_home(transit))
    part = said.select(transit.origins, locations)
    has = part.connected
    last = _whole(part.last_home[has] // 60.0, _UNTIMED)
    more = last + (_whole(part.changes[has], _UNCOUNTED) << _COUNTED_FROM)
    return {
        "has": _packed(np.packbits(has)),
        "minutes": base64_hundredths(part.minutes[has]),
        "more": _packed(more.astype("<u2")),
    }


def _whole(values: NDArray[np.float64], nothing: int) -> NDArray[np.int64]:
    """Whole numbers, and one that means nothing where there is none, or it is as large."""
    return np.where(values < nothing, values, nothing).astype(np.int64)


def _packed(values: NDArray[Any]) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")
