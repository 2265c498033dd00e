"""Words for what the tables hold as codes: definitions, scenarios, recipients, statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.concentration.demand import MIXED
from impact.concentration.ranges import DEFAULT, GREATEST, LEAST
from impact.study import MEDIAN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from impact.concentration.result import Case, Result
    from impact.outputs.overview import Line
    from impact.outputs.texts import Texts

_MOST_DESTINATIONS = 4
_HALF_PERCENT = 0.005
_ROUNDING = 1e-9


def names_text(t: Texts, names: Sequence[str]) -> str:
    """Join names as a sentence does.

    Parameters
    ----------
    t
        Catalogue.
    names
        Any number.

    Returns
    -------
    str

    Examples
    --------
    >>> from impact.outputs.texts import texts
    >>> names_text(texts("nl"), ["A", "B", "C"])
    'A, B en C'
    """
    if len(names) < 2:  # noqa: PLR2004
        return "".join(names)
    return t("report.and", first=", ".join(names[:-1]), last=names[-1])


def whole_text(t: Texts, value: float) -> str:
    """Write people or minutes without decimals, and never 0 for some.

    Parameters
    ----------
    t
        Catalogue.
    value
        NaN gives a dash.

    Returns
    -------
    str

    Examples
    --------
    >>> from impact.outputs.texts import texts
    >>> whole_text(texts("nl"), 0.2), whole_text(texts("nl"), 1234.5)
    ('minder dan 1', '1.234')
    """
    if 0.0 < value <= 0.5:  # noqa: PLR2004 (a half is rounded to even: to 0)
        return t("report.less_than_one")
    return t.number(value)


def minutes_text(t: Texts, value: float) -> str:
    """Write minutes without decimals and with their unit, singular or plural.

    Parameters
    ----------
    t
        Catalogue.
    value
        NaN gives a dash and the unit.

    Returns
    -------
    str

    Examples
    --------
    >>> from impact.outputs.texts import texts
    >>> [minutes_text(texts("nl"), value) for value in (0.2, 1.2, 12.0)]
    ['minder dan 1 minuut', '1 minuut', '12 minuten']
    """
    single = value > 0.0 and round(value) <= 1
    key = "report.one_minute" if single else "report.some_minutes"
    return t(key, count=whole_text(t, value))


def share_text(t: Texts, share: float) -> str:
    """Write a share as a percentage without decimals.

    Parameters
    ----------
    t
        Catalogue.
    share
        0 to 1.

    Returns
    -------
    str

    Examples
    --------
    >>> from impact.outputs.texts import texts
    >>> share_text(texts("nl"), 0.123), share_text(texts("nl"), 0.001)
    ('12%', 'minder dan 1%')
    """
    if 0.0 < share <= _HALF_PERCENT:
        return t("report.less_than_one_percent")
    if 1.0 - _HALF_PERCENT <= share < 1.0 - _ROUNDING:
        return t("report.more_than_99_percent")
    return f"{t.number(100.0 * share)}%"


def counted_text(t: Texts, result: Result) -> str:
    """Say how much demand there is, and of what.

    Parameters
    ----------
    t, result
        Catalogue and run.

    Returns
    -------
    str
        One number where all interventions have the same demand, else the least and the most.
    """
    amounts = result.manifest["counts"]["demands"]
    unit = t.unit(result.unit)
    low, high = (whole_text(t, end(amounts.values())) for end in (min, max))
    if result.unit == MIXED:
        return t("report.counted_mixed", unit=unit)
    if low == high:
        return t("report.counted", count=high, unit=unit)
    return t("report.counted_range", low=low, high=high, unit=unit)


def scenario_text(t: Texts, result: Result, case: Case) -> str:
    """Name of a case, with how many candidates a displayed one was chosen from.

    Parameters
    ----------
    t, result
        Catalogue and run.
    case
        One of the run's.

    Returns
    -------
    str
    """
    if case.scenario != MEDIAN:
        return t.scenario(case.scenario)
    count = result.choices(case.intervention.name)
    return t("report.median_of", count=t.number(count)) if count > 1 else t("report.only_one")


def destination_text(t: Texts, line: Line) -> str:
    """Say where those who must go to another hospital go.

    Parameters
    ----------
    t
        Catalogue.
    line
        A case.

    Returns
    -------
    str
        The recipients, the largest first; with their shares where there are several.
    """
    names = [(name or t("common.no_route"), share) for name, share in line.destinations]
    if len(names) == 1:
        return names[0][0]
    found = [t("report.destination", name=n, share=share_text(t, share)) for n, share in names]
    rest = len(found) - _MOST_DESTINATIONS
    if rest > 1:
        found = [*found[:_MOST_DESTINATIONS], t("report.other_locations", count=rest)]
    return names_text(t, found)


def known_text(t: Texts, key: str, value: str) -> str:
    """Return the text of a code, or the code itself where it is the user's own.

    Parameters
    ----------
    t
        Catalogue.
    key
        Start of the text key, such as ``"common.status"``.
    value
        The code.

    Returns
    -------
    str

    Examples
    --------
    >>> from impact.outputs.texts import texts
    >>> known_text(texts("nl"), "common.status", "weak")
    'zwakke bron'
    >>> known_text(texts("nl"), "common.status", "our own word")
    'our own word'
    """
    return t.entries.get(f"{key}_{value.replace(' ', '_')}", value)


def ferry_text(t: Texts, remark: str) -> str:
    """Return the ferry remark of a postcode or municipality in words; empty where there is none."""
    return t.entries.get(f"common.{remark.replace(' ', '_')}", remark)


def definition_texts(t: Texts, result: Result) -> Mapping[str, str]:
    """Return the words of every definition in the ranges table.

    Parameters
    ----------
    t, result
        Catalogue and run.

    Returns
    -------
    dict of str to str
        Definition as in ranges.csv -> words.
    """
    out = {
        DEFAULT: t("report.range_interventions"),
        LEAST: t("report.range_least"),
        GREATEST: t("report.range_greatest"),
    }
    for name in result.candidates:
        count = t.number(result.choices(name))
        out[f"candidates: {name}"] = t("report.range_candidates", name=name, count=count)
    for case in result.cases:
        name, scenario = case.intervention.name, case.scenario
        fields = {"name": name, "scenario": t.scenario(scenario)}
        key = f"{name} | {scenario}"
        out[f"postcodes P10-P90: {key}"] = t("report.range_p10_p90", **fields)
        out[f"postcodes min-max: {key}"] = t("report.range_min_max", **fields)
    return out


def origin_text(t: Texts, result: Result, label: str) -> str:
    """Say what gives the low or the high end of a range.

    Parameters
    ----------
    t, result
        Catalogue and run.
    label
        As in ranges.csv: a percentile, locations that stop, or an intervention and those.

    Returns
    -------
    str
    """
    if f"report.origin_{label}" in t.entries:
        return t(f"report.origin_{label}")
    for name in sorted(result.candidates, key=len, reverse=True):
        if label.startswith(f"{name}: "):
            stops = label.removeprefix(f"{name}: ").split("; ")
            return t("report.origin_both", name=name, stops=names_text(t, stops))
    return t("report.origin_stops", stops=names_text(t, label.split("; "))) if label else ""
