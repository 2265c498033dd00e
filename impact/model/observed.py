"""Observed flows: patient counts per postcode and provider, with cells that are suppressed.

Whoever publishes such counts hides the small ones as ``<10``. Such a cell holds between one and
nine patients: it counts as the middle, five, and what follows from the table is bounded by taking
every cell at its least and at its most. Where totals are known, hidden cells are scaled so that
they add up to them (`impact.model.known_totals`); a registered total of a provider is the most that
its cells can be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.model.known_totals import (
    HOSPITAL,
    MUNICIPALITY,
    NATIONAL,
    REGION,
    CountedRows,
    KnownTotals,
    hold_to_totals,
)
from impact.notes import Loaded, Note
from impact.tables.places import normal_postcode, pc6_faults
from impact.tables.text_table import Counts, read_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.model.known_totals import Held
    from impact.tables.count_totals import Total
    from impact.tables.text_table import Table

_COLUMNS = ("postcode", "provider", "patients")
_SHOWN = 5


@dataclass(frozen=True, eq=False)
class Observed:
    """Patients per year from each postcode at each location.

    Attributes
    ----------
    locations
        Columns, sorted.
    counts, low, high : ndarray of float, shape (n_postcodes, n_locations)
        Rows as the residents of the study; `low` and `high` differ from `counts` where a cell is
        suppressed.
    elsewhere
        Those locations that are no provider of the study.
    levels
        Known totals of the counts, row after row (`impact.tables.count_totals.Cells`).
    """

    locations: tuple[str, ...]
    counts: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    elsewhere: tuple[str, ...] = ()
    levels: tuple[tuple[Total, ...], ...] = ()

    @property
    def totals(self) -> NDArray[np.float64]:
        """Patients per postcode, shape (n_postcodes,)."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def suppressed(self) -> bool:
        """Whether any cell is known by bounds only."""
        return bool((self.low < self.high).any())

    def table(self, locations: Sequence[str], *, of: str = "counts") -> NDArray[np.float64]:
        """Give the counts at some locations, zero where none were counted.

        Parameters
        ----------
        locations
            Wanted columns.
        of
            ``counts``, ``low`` or ``high``.

        Returns
        -------
        ndarray of float, shape (n_postcodes, n_locations)
        """
        known: NDArray[np.float64] = getattr(self, of)
        place = {name: column for column, name in enumerate(self.locations)}
        out = np.zeros((len(known), len(locations)))
        for column, name in enumerate(locations):
            if name in place:
                out[:, column] = known[:, place[name]]
        return out


def read_observed(
    path: Path,
    *,
    intervention: str,
    interventions: Sequence[str],
    residents: Sequence[str],
    postcodes: Sequence[str],
    providers: Sequence[str],
    hospitals: Sequence[str],
    years: int = 1,
    municipalities: pd.Series[str] | None = None,
    known: KnownTotals | None = None,
) -> Loaded[Observed]:
    """Read patient counts.

    Parameters
    ----------
    path
        CSV with ``postcode``, ``provider``, ``patients`` (a number, or ``<10``) and perhaps
        ``intervention``; a pair that is not listed has no patients.
    intervention, interventions
        The one that is read, and all that the table may name.
    residents, postcodes
        Those of the region, and all that are known.
    providers, hospitals
        Those of the study, and all that are known.
    years
        That the table is counted over; what is returned is per year.
    municipalities
        Of all postcodes, for totals per municipality.
    known
        Totals of the table, and registered totals of providers; none by default.

    Returns
    -------
    Loaded
        Of `Observed`.

    Raises
    ------
    InputError
        Listing every fault: unknown postcodes, providers or interventions, counts that are
        negative or no numbers, a pair twice, no row of the intervention; totals that the counts
        cannot add up to.
    """
    table = read_table(path)
    table.require(_COLUMNS)
    codes = table.frame["postcode"].map(normal_postcode)
    table = replace(table, frame=table.frame.assign(postcode=codes))
    faults = [
        *pc6_faults(table, postcodes),
        *_unknown(table, "postcode", postcodes, "a postcode of the study's table"),
        *_unknown(table, "provider", hospitals, "the name of a hospital location"),
    ]
    if "intervention" in table.frame:
        faults += _unknown(table, "intervention", interventions, "an intervention of the study")
        table = table.part((table.frame["intervention"] == intervention).to_numpy())
    raw, wrong = table.counts("patients")
    faults += wrong
    again = table.frame[table.frame.duplicated(["postcode", "provider"])]
    faults += [
        Fault(table.name, table.where(row), "postcode and provider", f"{code}, {name}", "each once")
        for row, code, name in zip(again.index, again["postcode"], again["provider"], strict=True)
    ]
    if table.frame.empty and not faults:
        expected = said("at least one row of {name!r}", name=intervention)
        faults.append(Fault(table.name, "", "intervention", None, expected))
    if faults:
        raise InputError(faults)
    codes = table.frame["postcode"]
    inside = codes.isin(list(residents)).to_numpy()
    if municipalities is None:
        municipalities = pd.Series("", index=pd.Index(postcodes))
    members = {
        HOSPITAL: list(table.frame["provider"]),
        MUNICIPALITY: list(municipalities.reindex(codes)),
        REGION: [REGION if each else "" for each in inside],
        NATIONAL: [NATIONAL] * len(codes),
    }
    rows = CountedRows(
        table.name,
        years,
        members,
        {HOSPITAL: hospitals, MUNICIPALITY: sorted(set(municipalities) - {""})},
        whole=not inside.all() or len(set(postcodes)) == len(set(residents)),
    )
    known = KnownTotals(intervention=intervention) if known is None else known
    held, noticed, read = hold_to_totals(raw.per_year(years), known, rows)
    return Loaded(
        _pivot(table, residents, providers, held),
        (*table.notes, *noticed, *_remarks(table, residents, held.counts)),
        ({"name": table.name, "sha256": table.sha256}, *read),
    )


def _remarks(table: Table, residents: Sequence[str], counts: Counts) -> tuple[Note, ...]:
    """Note what was not used."""
    out: list[Note] = []
    out += table.unused({*_COLUMNS, "intervention"}, known=("intervention",))
    strange = ~table.frame["postcode"].isin(list(residents)).to_numpy()
    if strange.any():
        codes = table.frame["postcode"][strange]
        out.append(outside_rows(table.name, codes, float(counts.middle[strange].sum())))
    absent = len(set(residents) - set(table.frame["postcode"]))
    if absent:
        out.append(Note.of("absent", file=table.name, count=absent))
    return tuple(out)


def outside_rows(file: str, codes: pd.Series[str], patients: float) -> Note:
    """Note the rows of a table whose postcodes lie outside the region."""
    shown = tuple(codes.unique()[:_SHOWN])
    return Note.of("outside_rows", file=file, count=len(codes), patients=patients, names=shown)


def _pivot(
    table: Table,
    residents: Sequence[str],
    providers: Sequence[str],
    held: Held,
) -> Observed:
    counts = held.counts
    row = pd.Index(residents).get_indexer(pd.Index(table.frame["postcode"]))
    used = set(table.frame["provider"][(row >= 0) & (counts.high > 0.0)])
    locations = tuple(sorted(used | set(providers)))
    column = pd.Index(locations).get_indexer(pd.Index(table.frame["provider"]))
    shape = (len(residents), len(locations))
    place = np.where((row >= 0) & (column >= 0), row * shape[1] + column, -1)
    middle = np.zeros(shape[0] * shape[1])
    middle[place[place >= 0]] = counts.middle[place >= 0]
    cells = held.cells.placed(place, len(middle))
    elsewhere = tuple(name for name in locations if name not in set(providers))
    grid, low, high = (each.reshape(shape) for each in (middle, cells.low, cells.high))
    return Observed(locations, grid, low, high, elsewhere, cells.levels)


def _unknown(table: Table, column: str, known: Sequence[str], expected: str) -> list[Fault]:
    names = set(known)
    return [
        Fault(table.name, table.where(row), column, name, expected, nearest_names(name, known))
        for row, name in zip(table.rows, table.frame[column], strict=True)
        if name not in names
    ]
