"""Known totals of tables with hidden counts: how they are read, and what they are totals of.

A total is of what one table counts for one treatment: of the rows of a hospital, of those of a
municipality, of the residents of the region, or of all rows (national). Where the table holds only
a part of what a total counts, the total is the most that they can be: ``≤295``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.model.national_counts import read_national_counts
from impact.notes import Loaded, Note
from impact.tables.count_totals import Cells, ContradictionError, Total, held_to
from impact.tables.expected import thousand_or_number
from impact.tables.text_table import Counts, parse_number, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from impact.study.model import Intervention, Study
    from impact.tables.text_table import Table

FLOWS, VOLUMES, PATIENTS = "flows", "volumes", "patients"
"""Tables of counts that a total can be of."""

HOSPITAL, MUNICIPALITY, REGION, NATIONAL = "hospital", "municipality", "region", "national"
LEVELS = (HOSPITAL, MUNICIPALITY, REGION, NATIONAL)
LEVELS_OF: Mapping[str, tuple[str, ...]] = {
    FLOWS: LEVELS,
    PATIENTS: (MUNICIPALITY, REGION, NATIONAL),
    VOLUMES: (HOSPITAL, REGION, NATIONAL),
}
"""Table -> what its rows can be added up by."""

PUBLISHED = "published"
_AT_MOST = ("≤", "<=")
_COLUMNS = ("level", "name", "patients")
_OPTIONAL = ("intervention", "table", "years")
_NAMED = {HOSPITAL, MUNICIPALITY}
_YEARS = re.compile(r"0?[1-9]|[12][0-9]|30", re.ASCII)
_SHOWN = 5
_A_NAME = "a name beside hospital and municipality, and none beside region and national"
_A_NUMBER = "a number of 0 or more, ≤ before it where it is the most"
_A_NATIONAL_NUMBER = "a number of 0 or more, ≤ before it where it is the most, or published"


@dataclass(frozen=True)
class KnownTotal:
    """One row of a table of totals.

    Attributes
    ----------
    where
        Place in the file, for messages.
    level, name
        What it is a total of; nameless for the region and the country.
    patients
        As it stands there.
    low, high
        Between which the sum lies, over `years`.
    years
        That it is counted over; `None`: as the table that it is a total of.
    """

    where: str
    level: str
    name: str
    patients: str
    low: float
    high: float
    years: int | None


@dataclass(frozen=True)
class KnownTotals:
    """What is known of the sums of one table of counts, for one intervention.

    Attributes
    ----------
    file
        Name of the table of totals; empty without one.
    intervention
        Whose counts they are.
    totals
        In the order of the file.
    registered
        Hospital -> registered count per year of patients from everywhere: no less than its rows
        add up to.
    sources
        Name and hash of the file.
    """

    file: str = ""
    intervention: str = ""
    totals: tuple[KnownTotal, ...] = ()
    registered: tuple[tuple[str, float], ...] = ()
    sources: tuple[Mapping[str, str], ...] = ()

    def fault(
        self,
        total: KnownTotal,
        field: str,
        value: str,
        expected: str,
        near: Sequence[str] = (),
    ) -> Fault:
        """Return what is wrong with one of the totals."""
        return Fault(self.file, total.where, field, value, expected, tuple(near))

    def beside(self, registered: Mapping[str, float]) -> KnownTotals:
        """Return the same with registered counts of hospitals."""
        return replace(self, registered=tuple(sorted(registered.items())))


def table_of(study: Study, intervention: Intervention) -> str:
    """Name the table that a total without `table` is of; empty where there is none."""
    if intervention.flows:
        return FLOWS
    if intervention.patients is None and study.demand.lower().endswith(".csv"):
        return PATIENTS
    return VOLUMES if intervention.volumes else ""


def tables_of(study: Study, intervention: Intervention) -> tuple[str, ...]:
    """Name the tables of counts that a study has of an intervention."""
    found = {table_of(study, intervention)} | ({VOLUMES} if intervention.volumes else set())
    if intervention.patients is None and study.demand.lower().endswith(".csv"):
        found.add(PATIENTS)
    return tuple(sorted(found - {""}))


def known_totals(study: Study, intervention: Intervention, table: str) -> KnownTotals:
    """Read the totals of one table of an intervention.

    Parameters
    ----------
    study, intervention
        Its `totals`: a CSV with ``level``, ``name``, ``patients`` and perhaps ``intervention``,
        ``table`` and ``years``.
    table
        `FLOWS`, `VOLUMES` or `PATIENTS`.

    Returns
    -------
    KnownTotals
        Without any where the study names none.

    Raises
    ------
    InputError
        Listing every fault: a level that the table cannot be added up by, names where none are
        wanted, numbers that are none.
    """
    if not study.totals:
        return KnownTotals(intervention=intervention.name)
    given = read_table(study.path(study.totals))
    given.require(_COLUMNS)
    faults: list[Fault] = []
    totals = []
    for row, cells in zip(given.rows, given.frame.to_dict("records"), strict=True):
        if str(cells.get("intervention", "")) not in {"", intervention.name}:
            continue
        if (str(cells.get("table", "")) or table_of(study, intervention)) != table:
            continue
        level, name = str(cells["level"]), str(cells["name"])
        if level not in LEVELS_OF[table]:
            levels = ", ".join(LEVELS_OF[table])
            expected = said("one of {levels}, by which {table} add up", levels=levels, table=table)
            faults.append(_fault(given, row, "level", level, expected))
        nameless = {"", study.region} if level == REGION else {""}
        if (name == "") if level in _NAMED else (name not in nameless):
            faults.append(_fault(given, row, "name", name or None, _A_NAME))
        total, wrong = _total(given, row, intervention)
        faults += wrong
        totals += [total] if total is not None else []
    if faults:
        raise InputError(faults)
    source = {"name": given.name, "sha256": given.sha256}
    return KnownTotals(given.name, intervention.name, tuple(totals), (), (source,))


def _total(
    given: Table, row: int, intervention: Intervention
) -> tuple[KnownTotal | None, list[Fault]]:
    """Read the numbers of one row: exact, the most it can be, or the published national count."""
    cells = given.frame.loc[row]
    level, text, over = str(cells["level"]), str(cells["patients"]), str(cells.get("years", ""))
    faults = []
    years = int(over) if _YEARS.fullmatch(over) else None
    if over and years is None:
        faults.append(_fault(given, row, "years", over, "a number of years from 1 to 30"))
    most = text.startswith(_AT_MOST)
    bare = text.removeprefix(_AT_MOST[0]).removeprefix(_AT_MOST[1]).strip()
    if bare == PUBLISHED and level == NATIONAL:
        count = read_national_counts().by_treatment.get(intervention.treatment)
        number, years = None if count is None else count.patients, 1
        if number is None:
            wording = "a number: of {name} no national count is shipped"
            expected: str = said(wording, name=intervention.name)
            return None, [*faults, _fault(given, row, "patients", text, expected)]
    else:
        if given.semicolons and (wanted := thousand_or_number(bare)):
            faults.append(_fault(given, row, "patients", text, wanted))
        number = parse_number(bare, decimal_comma=given.decimal_comma)
    if number is None or not 0.0 <= number < np.inf:
        expected = _A_NATIONAL_NUMBER if level == NATIONAL else _A_NUMBER
        return None, [*faults, _fault(given, row, "patients", text, expected)]
    name = str(cells["name"]) if level in _NAMED else ""
    low = 0.0 if most else number
    return KnownTotal(given.where(row), level, name, text, low, number, years), faults


def check_totals(study: Study) -> tuple[Note, ...]:
    """Check what the table of totals of a study speaks of, and note how it was read.

    Raises
    ------
    InputError
        Listing every fault: unknown levels, tables or interventions, a total twice, a total of a
        table that the study does not have.
    """
    if not study.totals:
        return ()
    given = read_table(study.path(study.totals))
    given.require(_COLUMNS)
    faults = [*_words_faults(given, study), *_repeated(given)]
    for row, cells in zip(given.rows, given.frame.to_dict("records"), strict=True):
        asked, of = str(cells.get("intervention", "")), str(cells.get("table", ""))
        named = [each for each in study.interventions if asked in {"", each.name}]
        if asked in study.left_out or any(
            (of or table_of(study, each)) in tables_of(study, each) for each in named
        ):
            continue
        expected = "a table of counts in the study: flows, volumes, or patients in demand"
        faults.append(_fault(given, row, "table", of or None, expected))
    if faults:
        raise InputError(faults)
    return (*given.notes, *given.unused({*_COLUMNS, *_OPTIONAL}, known=_OPTIONAL))


@dataclass(frozen=True)
class CountedRows:
    """What the rows of a table are counts of.

    Attributes
    ----------
    file
        Name of the table.
    years
        That it is counted over.
    members
        Level -> name per row; of the region and the country the level itself where a row is of it.
    names
        Level -> names that a total may have, whether or not the table has rows of them.
    whole
        Whether the table goes beyond the region, so that a national total can be its own.
    """

    file: str
    years: int
    members: Mapping[str, Sequence[str]]
    names: Mapping[str, Sequence[str]]
    whole: bool

    def of(self, level: str, name: str) -> NDArray[np.intp]:
        """Return the rows of a hospital, a municipality, the region or the country."""
        return np.flatnonzero(np.asarray(self.members.get(level, ()), dtype=object) == name)


class Held(NamedTuple):
    """Counts that add up to what is known of them.

    Attributes
    ----------
    counts
        The estimate, with its bounds.
    cells
        The bounds, and the totals.
    """

    counts: Counts
    cells: Cells


def hold_to_totals(counts: Counts, known: KnownTotals, rows: CountedRows) -> Loaded[Held]:
    """Scale hidden counts so that they add up to what is known of them.

    Parameters
    ----------
    counts
        Per year, one for each row of a table.
    known
        The totals.
    rows
        What the counts are of.

    Returns
    -------
    Loaded
        Of `Held`.

    Raises
    ------
    InputError
        Where a total is not what its rows can add up to, or totals contradict one another.
    """
    faults: list[Fault] = []
    totals, used, unused = [], [], []
    for each in known.totals:
        chosen = rows.of(each.level, each.name or each.level)
        over = float(each.years or rows.years)
        total = Total(chosen, each.low / over, each.high / over)
        if wrong := _misfit(counts, known, each, total, rows):
            faults.append(wrong)
        elif len(chosen):
            totals.append(total)
            used.append(each)
        else:
            unused.append(each.name or each.level)
    if faults:
        raise InputError(faults)
    more, scaled, short = _registered(counts, known, rows)
    try:
        found = held_to(counts, [*totals, *more])
    except ContradictionError as error:
        culprits = [used[place] for place in error.places if place < len(used)] or used
        expected = said(
            "totals that go together: no counts of {file} within their bounds add up to all",
            file=rows.file,
        )
        raise InputError(
            [known.fault(each, "patients", each.patients, expected) for each in culprits]
        ) from error
    about = {"file": rows.file, "name": known.intervention}
    notes = _notes(counts, found, rows, known)
    if unused:
        left = {"count": len(unused), "names": tuple(unused[:_SHOWN])}
        notes.append(Note.of("totals_unused", totals=known.file, **left, **about))
    notes += [Note.of("scaled_counts", names=scaled, **about)] if scaled else []
    notes += [Note.of("total_too_small", names=short, **about)] if short else []
    by_level = [
        tuple(total for total, each in zip(totals, used, strict=True) if each.level == level)
        for level in LEVELS
    ]
    levels = tuple(level for level in (*by_level, tuple(more)) if level)
    held = Held(found, Cells(found.low, found.high, levels))
    return Loaded(held, tuple(notes), known.sources if known.totals else ())


def _misfit(
    counts: Counts, known: KnownTotals, each: KnownTotal, total: Total, rows: CountedRows
) -> Fault | None:
    """Say why a total cannot be one of these rows; `None` where it can."""
    names = rows.names.get(each.level, ())
    if each.name and each.name not in set(names):
        expected = said("the name of a {level}", level=each.level)
        return known.fault(each, "name", each.name, expected, nearest_names(each.name, names))
    if each.level == NATIONAL and each.low > 0.0 and not rows.whole:
        about = {"patients": each.patients, "file": rows.file}
        expected = said("≤{patients}: {file} counts the region only", **about)
        return known.fault(each, "patients", each.patients, expected)
    if not len(total.rows) or total.fits(counts.low, counts.high):
        return None
    over = float(each.years or rows.years)
    least, most = (end * over for end in total.room(counts.low, counts.high))
    expected = said(
        "from {low} to {high}: what the rows of {name} in {file} can add up to",
        low=f"{least:.12g}",
        high=f"{most:.12g}",
        name=each.name or each.level,
        file=rows.file,
    )
    return known.fault(each, "patients", each.patients, expected)


def _registered(
    counts: Counts, known: KnownTotals, rows: CountedRows
) -> tuple[list[Total], tuple[str, ...], tuple[str, ...]]:
    """Return the registered counts as totals, whose counts they scale, and which are too small."""
    totals, scaled, short = [], [], []
    for name, most in known.registered:
        total = Total(rows.of(HOSPITAL, name), 0.0, most)
        if not len(total.rows):
            continue
        if not total.fits(counts.low, counts.high):
            short.append(name)
            continue
        totals.append(total)
        if total.misfit(counts.middle) > total.slack:
            scaled.append(name)
    return totals, tuple(scaled), tuple(short)


def _notes(before: Counts, after: Counts, rows: CountedRows, known: KnownTotals) -> list[Note]:
    """Note how many counts are hidden, and what they hold without and with the totals."""
    notes = list(after.notes(rows.file, rows.years))
    hidden = before.low < before.high
    if not hidden.any() or (not known.totals and np.array_equal(before.middle, after.middle)):
        return notes
    held = Note.of(
        "held_to_totals",
        file=rows.file,
        name=known.intervention,
        count=int(hidden.sum()),
        patients=float(after.middle.sum()),
        before=float(before.middle[hidden].sum()),
        after=float(after.middle[hidden].sum()),
        low=float(after.low[hidden].sum()),
        high=float(after.high[hidden].sum()),
    )
    # what counts as its middle no longer does
    return [held, *(note for note in notes if note.key != "suppressed")]


def _words_faults(given: Table, study: Study) -> list[Fault]:
    """Faults for words that mean nothing here."""
    known = {"level": LEVELS, "table": tuple(LEVELS_OF), "intervention": study.names}
    out = []
    for column, words in known.items():
        if column not in given.frame:
            continue
        expected = said("one of {words}", words=", ".join(words))
        out += [
            _fault(given, row, column, word or None, expected, nearest_names(word, words))
            for row, word in zip(given.rows, given.frame[column], strict=True)
            if word not in words and (word or column == "level")
        ]
    return out


def _repeated(given: Table) -> list[Fault]:
    keys = ["level", "name", *(name for name in _OPTIONAL[:2] if name in given.frame)]
    again = given.frame.duplicated(keys).to_numpy()
    return [
        _fault(given, row, " and ".join(keys[:2]), f"{level}, {name}", "each once")
        for row, level, name, twice in zip(
            given.rows, given.frame["level"], given.frame["name"], again, strict=True
        )
        if twice
    ]


def _fault(
    given: Table,
    row: int,
    field: str,
    value: str | None,
    expected: str,
    near: Sequence[str] = (),
) -> Fault:
    return Fault(given.name, given.where(row), field, value, expected, tuple(near))
