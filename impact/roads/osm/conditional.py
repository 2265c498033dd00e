"""Tags that hold at certain times: what they mean on a working day outside the peak."""

from __future__ import annotations

import re

_CLAUSE = re.compile(r"([^@;]+)@\s*(\([^)]*\)|[^;]+)")
_WINDOW = re.compile(
    r"(?:(Mo-Fr|Mo-Sa|Mo-Su)\s*,?\s*)?(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\+?"
)
_ALWAYS = ("24/7", "Mo-Fr", "Mo-Sa", "Mo-Su")
_BEGIN, _END = 9 * 60 + 30, 15 * 60 + 30
"""Off-peak: from half past nine to half past three."""


def off_peak(text: str) -> str | None:
    """Value that a conditional tag has all through a working day outside the peak.

    Parameters
    ----------
    text
        Such as ``no @ (Mo-Fr 07:00-19:00)``. Conditions of another kind (wet, weight, a season) do
        not count, nor do hours that cover a part of the time between the peaks.

    Returns
    -------
    str or None
        `None` where no value holds all that time.

    Examples
    --------
    >>> off_peak("100 @ (06:00-19:00)"), off_peak("30 @ (22:00-06:00)")
    ('100', None)
    >>> off_peak("destination @ (06:30-08:30); no @ (Mo-Fr 00:00-24:00)")
    'no'
    """
    for value, condition in _CLAUSE.findall(text):
        if any(_covers(each.strip()) for each in re.split("[;,]", condition.strip("() "))):
            return str(value).strip()
    return None


def _covers(condition: str) -> bool:
    """Whether one window of hours covers the off-peak of every working day."""
    if condition in _ALWAYS:
        return True
    window = _WINDOW.fullmatch(condition)
    if window is None:
        return False
    begin, end = (int(window[i]) * 60 + int(window[i + 1]) for i in (2, 4))
    if begin < end:
        return begin <= _BEGIN and end >= _END
    # over midnight
    return begin <= _BEGIN or end >= _END
