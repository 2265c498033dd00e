"""Conditions on a portfolio, as a table states them: read, checked, and written as linear rows.

A row of the table says one condition; ``organisation`` empty means every one, ``treatments`` empty
means all, several are parted by semicolons:

================  ==================================================================================
condition         what it asks
================  ==================================================================================
norm              every provider has at least value x its norm (1.1 = a margin of a tenth)
keeps_share       the organisation keeps at least this share of its volume over the treatments
at_most_share     it gets at most this share of all volume over the treatments
loses_at_most     it loses at most so many treatments
gets_back         if it loses value treatments or more, it gets at least ``back`` others
same_site         each location that performs one of the treatments performs all of them
needs             each location that performs the first treatment performs the others too
keeps             the organisation (or location) performs the treatments
stops             it does not
municipality      no municipality travels more than value minutes longer, over all treatments
================  ==================================================================================

``quantity`` beside a share counts something else than patients: theatre hours, for instance. Each
treatment then weighs its value per patient in the workbook of the hospitals, the organisation's own
or else the national one; a treatment without a value, or without patients, is left out and said.

A treatment's university hospitals and declared centres stay (`UNIVERSITY_STAYS`), as the study
says: a condition of its own kind, first among the others, with its own price.

An organisation loses a treatment when it performs it today and nowhere after; it gets one where it
performs it after and not today, or where its volume grows by a tenth (`GROWTH`) or more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.model.facilities import QUANTITIES
from impact.model.staying import UNIVERSITY_STAYS
from impact.notes import Loaded
from impact.optimise.portfolio import Row
from impact.tables.text_table import parse_number, read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.optimise.portfolio import Portfolio, Treatment

KINDS = (
    "norm",
    "keeps_share",
    "at_most_share",
    "loses_at_most",
    "gets_back",
    "same_site",
    "needs",
    "keeps",
    "stops",
    "municipality",
)
GROWTH = 0.1
"""Share by which a volume must grow for a treatment to count as got."""

_SHARES = {"keeps_share", "at_most_share"}
_COUNTS = {"loses_at_most", "gets_back"}
_NUMBERS = {"norm", "municipality", *_SHARES, *_COUNTS}
_SEVERAL = {"same_site", "needs"}
STOPS = "stops"
_WHO = {"keeps", STOPS}
_ROUNDING = 1e-9
_TWO = 2


@dataclass(frozen=True)
class Condition:
    """One condition, as the table says it.

    Attributes
    ----------
    kind
        One of `KINDS`.
    organisation
        Organisation or location; empty for every organisation.
    treatments
        Names; empty for all.
    value
        Number that belongs to the kind; NaN where none does.
    back
        Treatments that are got back (``gets_back``).
    text
        In the words of who wrote the table; may be empty.
    quantity
        What a share is of; empty: patients, each treatment by its weight.
    """

    kind: str
    organisation: str = ""
    treatments: tuple[str, ...] = ()
    value: float = float("nan")
    back: float = float("nan")
    text: str = ""
    quantity: str = ""


def read_conditions(
    path: Path,
    *,
    treatments: Sequence[str],
    organisations: Mapping[str, str],
    quantities: Collection[str] | None = None,
) -> Loaded[tuple[Condition, ...]]:
    """Read a table of conditions.

    Parameters
    ----------
    path
        CSV or Parquet with a column ``condition``; ``organisation``, ``treatments``, ``value``,
        ``back``, ``quantity`` and ``text`` where they say something.
    treatments
        Names in the study.
    organisations
        Location -> its organisation.
    quantities
        Those of which a treatment that counts patients has a value; `None` without a workbook.

    Returns
    -------
    Loaded of tuple of Condition

    Raises
    ------
    InputError
        For a kind, organisation or treatment that is not known, and numbers outside their limits.
    """
    table = read_table(path)
    table.require(["condition"])
    known = {*organisations, *organisations.values()}
    faults: list[Fault] = []
    found = []
    for row in table.rows:
        cells = {name: str(table.frame.loc[row, name]) for name in table.frame.columns}
        about = (table.name, table.where(row))
        condition = _condition(cells, about, treatments, known, faults)
        quantity = _quantity(cells, about, quantities, faults)
        found.append(replace(condition, quantity=quantity))
    if faults:
        raise InputError(faults)
    source = {"name": table.name, "sha256": table.sha256}
    used = ("condition", "organisation", "treatments", "value", "back", "quantity", "text")
    return Loaded(tuple(found), (*table.notes, *table.unused(used)), (source,))


def _condition(
    cells: Mapping[str, str],
    about: tuple[str, str],
    treatments: Sequence[str],
    known: set[str],
    faults: list[Fault],
) -> Condition:
    def fault(field: str, value: str | None, expected: str, names: Sequence[str] = ()) -> None:
        near = nearest_names(value or "", names)
        faults.append(Fault(*about, field, value or None, expected, near))

    kind = cells["condition"].strip()
    if kind not in KINDS:
        fault("condition", kind, said("one of {names}", names=", ".join(KINDS)), KINDS)
        return Condition(kind)
    who = cells.get("organisation", "").strip()
    if who and who not in known:
        fault("organisation", who, "an organisation or location of this study", sorted(known))
    elif not who and kind in _WHO:
        fault("organisation", None, said("who {kind}: an organisation or location", kind=kind))
    names = tuple(each.strip() for each in cells.get("treatments", "").split(";") if each.strip())
    for name in names:
        if name not in treatments:
            fault("treatments", name, "treatments of this study, parted by ';'", treatments)
    if kind in _SEVERAL and len(names) < _TWO:
        fault("treatments", "; ".join(names), "two treatments or more, parted by ';'")
    value, back = float("nan"), float("nan")
    if kind in _NUMBERS:
        most = 1.0 if kind in _SHARES else np.inf
        value = _number(cells.get("value", ""), fault, "value", most, whole=kind in _COUNTS)
    if kind == "gets_back":
        back = _number(cells.get("back", ""), fault, "back", np.inf, whole=True)
    return Condition(kind, who, names, value, back, cells.get("text", "").strip())


def _quantity(
    cells: Mapping[str, str],
    about: tuple[str, str],
    quantities: Collection[str] | None,
    faults: list[Fault],
) -> str:
    """Read what a share is of."""
    stated = cells.get("quantity", "").strip()
    if not stated:
        return ""
    expected = ""
    if cells["condition"].strip() not in _SHARES:
        expected = said(
            "nothing: only these conditions are of a quantity: {names}",
            names=", ".join(sorted(_SHARES)),
        )
    elif stated not in QUANTITIES:
        expected = said("one of {names}", names=", ".join(QUANTITIES))
    elif quantities is None:
        expected = "a workbook in the study ([impact] workbook), or nothing"
    elif stated not in quantities:
        known = ", ".join(quantities) or "none"
        expected = said(
            "a quantity with a value for a treatment that counts patients: {known}", known=known
        )
    if expected:
        faults.append(
            Fault(*about, "quantity", stated, expected, nearest_names(stated, QUANTITIES))
        )
    return stated


def _number(
    text: str,
    fault: Callable[[str, str | None, str], None],
    field: str,
    most: float,
    *,
    whole: bool,
) -> float:
    number = parse_number(text, decimal_comma=True)
    fits = number is not None and 0.0 <= number <= most
    if not fits or (whole and number != round(number or 0.0)):
        limits = "a number from 0 to 1" if np.isfinite(most) else "a number of 0 or more"
        fault(field, text, "a whole number of 0 or more" if whole else limits)
        return float("nan")
    return float(number or 0.0)


@dataclass(frozen=True, eq=False)
class Written:
    """A condition as the solver takes it.

    Attributes
    ----------
    condition
        As stated.
    allowed : ndarray of bool, shape (n_choices,)
        Choices that it leaves.
    rows
        Over several treatments.
    reasons
        Why it cannot be met whatever is chosen: (key, fields) with numbers.
    """

    condition: Condition
    allowed: NDArray[np.bool_]
    rows: tuple[Row, ...]
    reasons: tuple[tuple[str, Mapping[str, object]], ...]


def staying(
    portfolio: Portfolio, kept: Mapping[str, Collection[str]]
) -> tuple[Written, tuple[str, ...]]:
    """Write the rule that some providers stay.

    Parameters
    ----------
    portfolio
        Treatments and candidates.
    kept
        Treatment -> providers that stay.

    Returns
    -------
    written : Written
        Leaves the candidates that stop none of them.
    dropped : tuple of str
        Treatments of which every candidate stops one: the rule is dropped for these.
    """
    parts, dropped = [], []
    for each in portfolio.treatments:
        names = set(kept.get(each.name, ()))
        part = np.array([names.isdisjoint(stops) for stops in each.stops], dtype=bool)
        if not part.any():
            dropped.append(each.name)
            part[:] = True
        parts.append(part)
    return Written(Condition(UNIVERSITY_STAYS), np.concatenate(parts), (), ()), tuple(dropped)


class ConditionWriter:
    """Writes conditions on one portfolio as limits and rows.

    Parameters
    ----------
    portfolio
        Treatments and candidates.
    organisations
        Location -> its organisation.
    values
        (Treatment, quantity) -> value per patient of each of its locations; NaN: not known. Of a
        treatment that counts no patients there are none.
    """

    def __init__(
        self,
        portfolio: Portfolio,
        organisations: Mapping[str, str],
        values: Mapping[tuple[str, str], NDArray[np.float64]] | None = None,
    ) -> None:
        self._portfolio = portfolio
        self._values = values or {}
        self._organisation = organisations
        self._switches = 0
        names = {name for each in portfolio.treatments for name in each.locations}
        self.organisations = tuple(sorted({organisations.get(name, name) for name in names}))

    def write(self, condition: Condition) -> Written:
        """Write one condition."""
        many = int(self._portfolio.starts[-1])
        allowed, rows = np.ones(many, dtype=bool), []
        reasons: list[tuple[str, Mapping[str, object]]] = []
        kind = condition.kind
        if kind == "norm":
            allowed = self._norm(condition, reasons)
        elif kind in _WHO:
            allowed = self._locks(condition, reasons)
        elif kind in _SEVERAL:
            rows = list(self._sites(condition))
        elif kind == "municipality":
            value = condition.value + _ROUNDING
            rows = [
                Row(terms, -np.inf, value, about=place)
                for place, terms in zip(
                    self._portfolio.places, self._portfolio.by_place.T, strict=True
                )
            ]
        else:
            for organisation in self._who(condition):
                rows += self._balance(condition, organisation)
        reasons += self._impossible(condition, rows)
        return Written(condition, allowed, tuple(rows), tuple(reasons))

    def _who(self, condition: Condition) -> tuple[str, ...]:
        name = condition.organisation
        return (name,) if name else self.organisations

    def _chosen(self, condition: Condition) -> Iterator[tuple[Treatment, slice]]:
        starts = self._portfolio.starts
        for number, each in enumerate(self._portfolio.treatments):
            if not condition.treatments or each.name in condition.treatments:
                yield each, slice(int(starts[number]), int(starts[number + 1]))

    def own(self, treatment: Treatment, who: str) -> NDArray[np.bool_]:
        """Which locations of a treatment are an organisation's, or are the location itself."""
        return np.array(
            [who in {name, self._organisation.get(name, name)} for name in treatment.locations],
            dtype=bool,
        )

    def _norm(
        self, condition: Condition, reasons: list[tuple[str, Mapping[str, object]]]
    ) -> NDArray[np.bool_]:
        allowed = np.ones(int(self._portfolio.starts[-1]), dtype=bool)
        for each, part in self._chosen(condition):
            if np.isnan(each.norm) or np.isnan(each.volume).all():
                continue
            least = each.norm * condition.value
            shown = each.performs
            if condition.organisation:
                shown = shown & self.own(each, condition.organisation)
            lowest = np.where(shown, each.volume, np.inf).min(axis=1, initial=np.inf)
            allowed[part] = lowest >= least * (1.0 - _ROUNDING)
            if not allowed[part].any():
                fields = {"treatment": each.name, "most": float(lowest.max()), "norm": least}
                reasons.append(("norm", fields))
        return allowed

    def _locks(
        self, condition: Condition, reasons: list[tuple[str, Mapping[str, object]]]
    ) -> NDArray[np.bool_]:
        allowed = np.ones(int(self._portfolio.starts[-1]), dtype=bool)
        for each, part in self._chosen(condition):
            own = self.own(each, condition.organisation)
            if not own.any() and not condition.treatments:
                continue
            there = (each.performs & own).any(axis=1)
            allowed[part] = there if condition.kind == "keeps" else ~there
            if not allowed[part].any():
                fields = {"treatment": each.name, "organisation": condition.organisation}
                reasons.append((condition.kind, fields))
        return allowed

    def _sites(self, condition: Condition) -> Iterator[Row]:
        parts = {each.name: (each, part) for each, part in self._chosen(condition)}
        first = condition.treatments[0]
        locations = sorted({name for each, _ in parts.values() for name in each.locations})
        for location in locations:
            lead = self._performs(parts[first], location)
            for name in condition.treatments[1:]:
                terms = lead - self._performs(parts[name], location)
                if terms.any():
                    low = 0.0 if condition.kind == "same_site" else -np.inf
                    yield Row(terms, low, 0.0, about=location)

    def _performs(self, pair: tuple[Treatment, slice], location: str) -> NDArray[np.float64]:
        each, part = pair
        out = np.zeros(int(self._portfolio.starts[-1]))
        if location in each.locations:
            out[part] = each.performs[:, each.locations.index(location)]
        return out

    def _balance(self, condition: Condition, organisation: str) -> Iterator[Row]:
        many = int(self._portfolio.starts[-1])
        lost, got, volume = np.zeros(many), np.zeros(many), np.zeros(many)
        before = total = 0.0
        treatments = 0
        names = [each.name for each in self._portfolio.treatments]
        weights = dict(zip(names, self._portfolio.weights.tolist(), strict=True))
        for each, part in self._chosen(condition):
            own = self.own(each, organisation)
            # hours and the like are added up as they are
            weight = 1.0 if condition.quantity else weights[each.name]
            had = bool((each.performed & own).any())
            has = np.asarray((each.performs & own).any(axis=1))
            known = np.nan_to_num(each.volume), np.nan_to_num(each.volume_before)
            now, was = known[0][:, own].sum(axis=1), float(known[1][own].sum())
            value = self._value(each, condition)
            lost[part] = had & ~has
            got[part] = has & (np.logical_or(not had, now >= was * (1.0 + GROWTH)))
            volume[part] = weight * (known[0] * value)[:, own].sum(axis=1)
            before += weight * float((known[1] * value)[own].sum())
            total += weight * float((known[1] * value).sum())
            treatments += 1
        if condition.kind == "loses_at_most":
            yield Row(lost, -np.inf, condition.value, about=organisation)
        elif condition.kind == "keeps_share" and before > 0.0:
            yield Row(volume / before, condition.value - _ROUNDING, np.inf, about=organisation)
        elif condition.kind == "at_most_share" and total > 0.0:
            yield Row(volume / total, -np.inf, condition.value + _ROUNDING, about=organisation)
        elif condition.kind == "gets_back" and condition.value <= treatments:
            # y = 1 where value treatments or more are lost; then back or more must be got
            switch, self._switches = self._switches, self._switches + 1
            room = -(treatments - condition.value + 1.0)
            yield Row(lost, -np.inf, condition.value - 1.0, switch, room, organisation)
            yield Row(got, 0.0, np.inf, switch, -condition.back, organisation)

    def _value(self, treatment: Treatment, condition: Condition) -> NDArray[np.float64]:
        """Value per patient at each location; 0 where it is not known."""
        ones = np.ones(len(treatment.locations))
        if not condition.quantity:
            return ones
        return np.nan_to_num(self._values.get((treatment.name, condition.quantity), 0.0 * ones))

    def unvalued(self, condition: Condition) -> tuple[str, ...]:
        """Treatments that a share of a quantity leaves out, somewhere or everywhere."""
        if not condition.quantity:
            return ()
        values = {
            each.name: self._values.get((each.name, condition.quantity))
            for each, _ in self._chosen(condition)
        }
        return tuple(name for name, each in values.items() if each is None or np.isnan(each).any())

    def _impossible(
        self, condition: Condition, rows: Sequence[Row]
    ) -> Iterator[tuple[str, Mapping[str, object]]]:
        """Rows that no choice meets, with the best that is possible: a bound per treatment."""
        starts = self._portfolio.starts[:-1]
        for row in rows:
            if row.switch >= 0:
                continue
            most = float(np.maximum.reduceat(row.terms, starts).sum())
            least = float(np.minimum.reduceat(row.terms, starts).sum())
            if most >= row.low - _ROUNDING and least <= row.high + _ROUNDING:
                continue
            best, asked = (most, row.low) if most < row.low - _ROUNDING else (least, row.high)
            yield condition.kind, {"organisation": row.about, "best": best, "asked": asked}
