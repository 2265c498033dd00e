"""Patients per year in words: registered, or estimated and called so; residents come second.

An estimate of a few patients knows no units: it is written in tens, and never finer than 'fewer
than 10'. Above a thousand it is written in hundreds.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impact.analysis.ranges import SUPPRESSED
from impact.model.demand import MIXED, REGISTERED
from impact.model.volumes import lowest_ends
from impact.notes import Note
from impact.outputs.text.rounding import rounded_down, rounded_up
from impact.outputs.text.wording import minutes_text, tenth_text, whole_text
from impact.study.model import MODELLED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from impact.analysis.result import CaseView, Result
    from impact.outputs.text import Texts
    from impact.study.model import Intervention

_TEN, _HUNDRED, _THOUSAND = 10.0, 100.0, 1000.0


def amount_text(t: Texts, value: float, kind: str) -> str:
    """Write a number of people, as fine as it is known.

    Parameters
    ----------
    t
        Catalogue.
    value
        How many.
    kind
        ``modelled``, ``registered``, or empty for residents (`Result.kind_of`).

    Returns
    -------
    str

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> t = texts("nl")
    >>> [amount_text(t, value, "modelled") for value in (0.0, 3.2, 41.4, 1234.0)]
    ['0', 'minder dan 10', 'ongeveer 40', 'ongeveer 1.200']
    >>> amount_text(t, 41.4, "registered"), amount_text(t, 1234.0, "")
    ('41', '1.234')
    """
    if kind != MODELLED or value == 0.0 or math.isnan(value):
        return whole_text(t, value)
    if value < _TEN:
        return t("people.fewer", count=t.number(_TEN))
    step = _HUNDRED if value >= _THOUSAND else _TEN
    return t("common.about", value=t.number(step * round(value / step)))


def counted_text(t: Texts, result: Result) -> str:
    """Say how much demand there is, and of what."""
    said_unit = result.said_unit()
    if said_unit.endswith(REGISTERED) and mostly_hidden(result, result.study.interventions):
        said_unit += " hidden"
    unit = t.unit(said_unit)
    if result.unit == MIXED:
        return t("report.counted_mixed", unit=unit)
    said = sorted(
        (amount, amount_text(t, amount, result.kind_of(name)))
        for name, amount in result.manifest["counts"]["demands"].items()
    )
    (_, low), (_, high) = said[0], said[-1]
    if low == high:
        return t("report.counted", count=high, unit=unit)
    return t("report.counted_range", low=low, high=high, unit=unit)


def people_text(t: Texts, view: CaseView) -> str:
    """Say who must go to another hospital: patients a year where known, or else residents."""
    row, kind = view.row, str(view.row["patients_kind"])
    count, bound = float(row["patients_moved"]), float(row["moved_bound"])
    if math.isnan(count):
        unit = t.unit(view.result.said_unit(view.case.intervention.name))
        return f"{whole_text(t, row['moved'])} {unit}"
    if above_bound(row):
        return t("people.bounded", bound=t.number(bound), patients=_patients(t, bound))
    said = {"count": amount_text(t, count, kind), "patients": _patients(t, count)}
    if ends := people_ends(t, row):
        key = (
            "hidden.people_mostly"
            if mostly_hidden(view.result, [view.case.intervention])
            else "hidden.people"
        )
        return t(key, **said, **ends)
    return t(f"people.{kind}", **said)


def _patients(t: Texts, count: float) -> str:
    """Return the word behind a count: of one, or of more."""
    return t("people.patient" if 0.0 < count < 1.5 else "people.patients")  # noqa: PLR2004 (1)


def counted_or_bound(t: Texts, count: float, bound: float, *, kind: str, unit: str) -> str:
    """Write how many people, or the bound that published shortfalls put below an estimate.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> t = texts("nl")
    >>> counted_or_bound(t, 12.0, 9.0, kind="registered", unit="patiënten")
    '12 patiënten'
    >>> counted_or_bound(t, 12.0, 9.0, kind="modelled", unit="patiënten")
    'hooguit 9 patiënten per jaar (als wie stopt onder de norm zit; de schatting is hoger)'
    """
    if kind == MODELLED and bound < count:
        return t("people.bounded", bound=t.number(bound), patients=_patients(t, bound))
    return f"{amount_text(t, count, kind)} {unit}"


def mostly_hidden(result: Result, interventions: Sequence[Intervention]) -> bool:
    """Tell whether so many counts of an intervention are hidden that readers are warned."""
    files = {Path(name).name for each in interventions for name in (each.flows, each.volumes)}
    files.add(Path(result.study.demand).name)
    notes = (Note.read(each) for each in result.manifest["notes"])
    return any(note.key == "mostly_hidden" and note.fields["file"] in files for note in notes)


def people_ends(t: Texts, row: Mapping[Any, Any]) -> dict[str, str]:
    """Write the least and the most patients that hidden counts leave; empty without them."""
    low, high = float(row["patients_low"]), float(row["patients_high"])
    if row["patients_kind"] == MODELLED:
        return {}
    return ends_text(t, low, high)


def ends_text(t: Texts, low: float, high: float) -> dict[str, str]:
    """Write bounds, the low one down and the high one up; empty where they do not differ.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> t = texts("nl")
    >>> ends_text(t, 12.4, 30.2), ends_text(t, 12.0, 12.0 + 1e-12), ends_text(t, math.nan, 1.0)
    ({'low': '12', 'high': '31'}, {}, {})
    """
    least, most = rounded_down(low), rounded_up(high)
    return {"low": t.number(least), "high": t.number(most)} if least < most else {}


def count_text(t: Texts, value: float, low: float, high: float, *, kind: str = "") -> str:
    """Write a count, with the bounds that hidden counts leave beside it.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> t = texts("nl")
    >>> count_text(t, 50.0, 32.5, 71.0), count_text(t, 50.0, math.nan, math.nan)
    ('50 (32 tot 71)', '50')
    """
    said = amount_text(t, value, kind)
    ends = ends_text(t, low, high)
    return t("hidden.count", value=said, **ends) if ends else said


def volume_text(t: Texts, row: Mapping[Any, Any], when: str) -> str:
    """Write a volume of `impact.model.volumes.case_volumes`, with its bounds where it has any.

    Parameters
    ----------
    t
        Catalogue.
    row
        Of the volumes.
    when
        ``before`` or ``after``.

    Returns
    -------
    str
    """
    name = f"volume_{when}"
    value, low, high = (float(row[each]) for each in (name, f"{name}_low", f"{name}_high"))
    return count_text(t, value, low, high)


def lowest_text(t: Texts, rows: pd.DataFrame) -> str:
    """Write the smallest volume after a change, with the bounds that hidden counts leave.

    Parameters
    ----------
    t
        Catalogue.
    rows
        Volumes of the locations that go on.

    Returns
    -------
    str
    """
    low, high = lowest_ends(rows)
    return count_text(t, float(rows["volume_after"].min()), low, high)


def above_bound(row: Mapping[Any, Any]) -> bool:
    """Tell whether an estimate is more than what published shortfalls leave room for.

    They know more of the hospitals than an estimate does: then the bound is the count that is said.
    """
    estimated = row["patients_kind"] == MODELLED
    return estimated and float(row["moved_bound"]) < float(row["patients_moved"])


def bound_remark(t: Texts, row: Mapping[Any, Any]) -> str:
    """Say beside a bound why an estimate that stands there too is more; else empty."""
    return t("people.above") if above_bound(row) else ""


def residents_text(t: Texts, row: Mapping[Any, Any]) -> str:
    """Say how many residents that is; empty where residents are counted, or not known.

    Of a row of the summary for everybody.
    """
    residents = float(row["residents_moved"])
    if math.isnan(residents) or row["unit"] == "residents":
        return ""
    return t("people.residents", count=whole_text(t, residents))


def hidden_text(t: Texts, row: Mapping[Any, Any]) -> str:
    """Say between which ends hidden counts leave the mean of the moved; empty without them."""
    low, high = float(row["mean_low"]), float(row["mean_high"])
    if row["mean_over"] != SUPPRESSED or not low < high:
        return ""
    ends = {"low": t.number(rounded_down(low)), "high": t.number(rounded_up(high))}
    return t("people.hidden", **ends)


def headline(t: Texts, view: CaseView, name: str, *, most: bool = False) -> str:
    """Say in two sentences how many must go elsewhere and how much longer they travel.

    Parameters
    ----------
    t, view
        Catalogue and case; its mean is known.
    name
        What the case is called.
    most
        Whether no case travels longer.

    Returns
    -------
    str
    """
    mean, p90 = float(view.row["mean_extra_moved"]), float(view.row["p90_extra"])
    longer = t(
        "people.shorter" if mean < 0.0 else "people.longer", minutes=minutes_text(t, abs(mean))
    )
    first = t(
        "people.most" if most else "people.headline",
        name=name,
        people=people_text(t, view),
        mean=longer,
        p90=tenth_text(t, p90),
    )
    if hidden := hidden_text(t, view.row):
        first = f"{first} {t('people.hidden_mean', ends=hidden)}"
    residents = residents_text(t, view.row)
    return f"{first} {t('people.second', residents=residents)}" if residents else first


def effect_texts(t: Texts, result: Result) -> tuple[str, ...]:
    """Say what modelling does to the mean, beside plain residents, and how sure the numbers are."""
    means, spans = [], []
    seen = set()
    for view in result.principal:
        name, row = view.case.intervention.name, view.row
        mean, plain = float(row["mean_extra_moved"]), float(row["mean_extra_residents"])
        unlike = result.unit_of(name) != "residents" and name not in seen
        if not unlike or math.isnan(mean) or math.isnan(plain):
            continue
        seen.add(name)
        about = {"mean": t.number(mean), "plain": minutes_text(t, plain)}
        means.append(t("people.effect_line", name=name, **about))
        low, high = float(row["patients_low"]), float(row["patients_high"])
        if low < high:
            ends = (amount_text(t, low, MODELLED), amount_text(t, high, MODELLED))
            if ends[0] != ends[1]:
                spans.append(t("people.span_line", name=name, low=ends[0], high=ends[1]))
    found = []
    if means:
        found.append(t("people.effect", lines="; ".join(means)))
    if spans:
        found.append(t("people.span", lines="; ".join(spans)))
    return tuple(found)
