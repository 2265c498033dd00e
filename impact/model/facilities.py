"""What a shift of patients means for facilities and staff, per institution and scenario.

The change in patients a year is multiplied by a value per patient (visits, days, hours, euros) of
the institution itself and by the national one, side by side, and held against yearly totals. A
value that nobody filled in stays unknown: it is counted, never taken for zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FACILITIES = (
    "visits",
    "ed_visits",
    "ward_days",
    "icu_days",
    "theatre_hours",
    "endoscopy_hours",
)
STAFF = (
    "surgeon_hours",
    "endoscopist_hours",
    "anaesthetist_hours",
    "theatre_assistant_hours",
    "anaesthesia_nurse_hours",
    "recovery_nurse_hours",
    "ward_nurse_hours",
    "icu_nurse_hours",
    "nurse_specialist_hours",
    "endoscopy_nurse_hours",
)
MONEY = ("revenue", "cost")
QUANTITIES = (*FACILITIES, *STAFF, *MONEY)
"""What is counted, per patient of a treatment and per year of an institution."""

NATIONAL = ""
"""In the column ``organisation`` of the values: the national value."""

BASES = ("own", "national")
"""Whose values: those of the institution itself, or the national ones."""

CHANGE_COLUMNS = ("scenario", "intervention", "organisation", "site", "change")
VALUE_COLUMNS = ("intervention", "organisation", "quantity", "value")
TOTAL_COLUMNS = ("organisation", "site", "specialism", "quantity", "total")
_UNIT = ["organisation", "site", "specialism"]


def treatment_impact(changes: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Multiply the change in patients per treatment by the values per patient.

    Parameters
    ----------
    changes
        Columns `CHANGE_COLUMNS`: patients a year more (or, negative, less) at a site of an
        organisation; NaN where that is not known.
    values
        Columns `VALUE_COLUMNS`: per patient; `NATIONAL` as organisation is the national value. A
        value that is NaN, or has no row, is unknown.

    Returns
    -------
    pandas.DataFrame
        A row per row of `changes` and quantity: the columns of `changes`, quantity, own and
        national (change x value a year). NaN where the value or the change is not known; 0 where
        nothing changes, whatever the value.

    Raises
    ------
    InputError
        For a missing column, an unknown quantity, or a value that is given twice.
    """
    _check(changes, "changes", CHANGE_COLUMNS, CHANGE_COLUMNS[:-1])
    _check(values, "values", VALUE_COLUMNS, VALUE_COLUMNS[:-1])
    quantities = pd.DataFrame({"quantity": QUANTITIES})
    out = changes[list(CHANGE_COLUMNS)].merge(quantities, how="cross")
    known = values.set_index(list(VALUE_COLUMNS[:-1]))["value"].astype(np.float64)
    change = out["change"].to_numpy(np.float64)
    for basis in BASES:
        owner = out["organisation"] if basis == "own" else pd.Series(NATIONAL, index=out.index)
        keys = pd.MultiIndex.from_arrays([out["intervention"], owner, out["quantity"]])
        product = change * known.reindex(keys).to_numpy()
        out[basis] = np.where(change == 0.0, 0.0, product)
    return out


def facility_impact(
    impact: pd.DataFrame,
    totals: pd.DataFrame,
    specialisms: Mapping[str, str],
    *,
    source: str = "totals",
) -> pd.DataFrame:
    """Add up over treatments, per organisation, site and specialism, and compare with a year.

    Parameters
    ----------
    impact
        From `treatment_impact`.
    totals
        Columns `TOTAL_COLUMNS`: of a year today. An empty site is the whole organisation, an empty
        specialism all of them; NaN is unknown.
    specialisms
        Intervention -> specialism, where known.
    source
        Where the totals stand, for messages.

    Returns
    -------
    pandas.DataFrame
        scenario, organisation, site, specialism, quantity, total, and for each of `BASES`:

        - the change a year (``own``, ``national``), NaN where a part of it is not known,
        - ``known_own``, ``known_national``: the sum of what is known of it,
        - ``unknown_own``, ``unknown_national``: how many treatments of how they add up are not,
        - ``relative_own``, ``relative_national``: change / total.

        A row for every organisation and site that a scenario changes, and for what `totals` lists.

    Raises
    ------
    InputError
        For a missing column, an unknown quantity, a total that is given twice or negative, or one
        that is smaller than what would leave.
    """
    _check(totals, "totals", TOTAL_COLUMNS, TOTAL_COLUMNS[:-1])
    parts = impact.assign(specialism=[specialisms.get(name, "") for name in impact["intervention"]])
    listed = totals[_UNIT].drop_duplicates()
    found = []
    keys = ["scenario", "quantity"]
    for organisation, site, specialism in _units(parts, listed):
        here = parts["organisation"] == organisation
        here &= (parts["site"] == site) | (site == "")
        here &= (parts["specialism"] == specialism) | (specialism == "")
        if not here.any():
            continue
        some = parts[here]
        by = [some[key] for key in keys]
        frames = []
        for basis in BASES:
            sums = some[basis].groupby(by).sum()
            unknown = some[basis].isna().groupby(by).sum()
            named = {
                basis: sums.mask(unknown > 0),
                f"known_{basis}": sums,
                f"unknown_{basis}": unknown,
            }
            frames.append(pd.DataFrame(named))
        frame = pd.concat(frames, axis=1).reset_index()
        found.append(frame.assign(organisation=organisation, site=site, specialism=specialism))
    columns = ["scenario", *_UNIT, "quantity"]
    figures = [f"{kind}{basis}" for kind in ("", "known_", "unknown_") for basis in BASES]
    out = (
        pd.concat(found, ignore_index=True)[[*columns, *figures]]
        if found
        else pd.DataFrame(columns=[*columns, *figures])
    )
    year = totals.set_index([*_UNIT, "quantity"])["total"].astype(np.float64)
    wanted = pd.MultiIndex.from_frame(out[[*_UNIT, "quantity"]])
    out.insert(len(columns), "total", year.reindex(wanted).to_numpy())
    _check_totals(out, totals, source)
    for basis in BASES:
        positive = out["total"].where(out["total"] > 0.0)
        out[f"relative_{basis}"] = out[basis].astype(np.float64) / positive
    return out.sort_values(columns, kind="stable", ignore_index=True)


def largest_changes(found: pd.DataFrame, *, basis: str = "own") -> pd.DataFrame:
    """Take the largest relative rise and fall of every scenario.

    Parameters
    ----------
    found
        From `facility_impact`.
    basis
        One of `BASES`.

    Returns
    -------
    pandas.DataFrame
        scenario, kind (``rise`` or ``fall``), organisation, site, specialism, quantity, change,
        total and relative. A scenario without a rise (or a fall) that is known has no such row;
        of equal ones the first by name.
    """
    columns = ["scenario", "kind", *_UNIT, "quantity", "change", "total", "relative"]
    rows = found.rename(columns={basis: "change", f"relative_{basis}": "relative"})
    rows = rows[rows["relative"].notna()].sort_values(["scenario", *_UNIT, "quantity"])
    parts = []
    for kind, sign in (("rise", 1.0), ("fall", -1.0)):
        some = rows[sign * rows["relative"] > 0.0].assign(kind=kind)
        order = some.assign(size=sign * some["relative"]).sort_values(
            "size", ascending=False, kind="stable"
        )
        parts.append(order.drop_duplicates("scenario")[columns])
    return pd.concat(parts).sort_values(["scenario", "kind"], ignore_index=True)


def _units(parts: pd.DataFrame, listed: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Organisations and sites that change, and everything that has a total."""
    units = {(name, "", "") for name in parts["organisation"]}
    units |= {(*pair, "") for pair in zip(parts["organisation"], parts["site"], strict=True)}
    units |= set(listed.itertuples(index=False, name=None))
    return sorted(units)


def _check(table: pd.DataFrame, name: str, columns: Sequence[str], keys: Sequence[str]) -> None:
    """Refuse a table that lacks a column, has an unknown quantity, or says something twice."""
    present = [str(column) for column in table.columns]
    faults = [
        Fault(name, "header", column, None, "a column", nearest_names(column, present))
        for column in columns
        if column not in present
    ]
    if faults:
        raise InputError(faults)
    if "quantity" in columns:
        for value in sorted(set(table["quantity"]) - set(QUANTITIES)):
            near = nearest_names(value, QUANTITIES)
            faults.append(Fault(name, "", "quantity", value, "a quantity of the template", near))
    twice = table[table[list(keys)].duplicated()][list(keys)]
    faults += [
        Fault(name, "", "", "; ".join(cells), "each combination once")
        for cells in twice.itertuples(index=False)
    ]
    if faults:
        raise InputError(faults)


def _check_totals(out: pd.DataFrame, totals: pd.DataFrame, source: str) -> None:
    """Refuse totals below zero, and those smaller than what would leave."""
    faults = [
        Fault(source, _place(row), row["quantity"], f"{row['total']:g}", "0 or more")
        for row in totals[totals["total"] < 0.0].to_dict("records")
    ]
    for basis in BASES:
        short = out[out["total"] + out[f"known_{basis}"].astype(np.float64) < 0.0]
        faults += [
            Fault(
                source,
                said("{place}, scenario {scenario}", place=_place(row), scenario=row["scenario"]),
                row["quantity"],
                f"{row['total']:g}",
                said(
                    "at least the {least:g} a year that would leave ({basis} values)",
                    least=-row[f"known_{basis}"],
                    basis=basis,
                ),
            )
            for row in short[short["quantity"] != "revenue"].to_dict("records")
        ]
    if faults:
        raise InputError(faults)


def _place(row: Mapping[Any, Any]) -> str:
    return ", ".join(row[name] for name in _UNIT if row[name])
