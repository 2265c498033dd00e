"""What a run means for the hospitals, and the published travel table, as sentences and tables.

A document and a workbook show the same; here is what they say, whatever it is written as.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.analysis.hospitals import ALL_TREATMENTS, PATIENTS
from impact.model.facilities import BASES, largest_changes
from impact.model.travel_table import BANDS
from impact.outputs.files.columns import DEMAND, MINUTES, NUMBER, TEXT
from impact.outputs.text.people import amount_text
from impact.outputs.text.wording import (
    known_text,
    names_text,
    note_text,
    titled_scenario,
    whole_text,
)
from impact.study.model import LAYERS, MODELLED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from impact.analysis.result import Result
    from impact.outputs.text import Texts

ROWS = 24
"""Rows of a table that are shown, of what changes most; the CSV file has all."""

_COUNTED = ("impact_unknown", "impact_no_volumes", "impact_unused", "impact_others")
_NEARLY = 0.995
_FEW, _MANY = 10.0, 1000.0
_REGISTERED = "registered"
_BANDED = 3
"""Columns of the table of bands before the bands."""


@dataclass(frozen=True)
class ShownColumn:
    """Head of a column: its text, the kind of its cells, and its width in characters."""

    text: str
    kind: str = TEXT
    width: int = 0


@dataclass(frozen=True)
class ShownTable:
    """A table as readers see it; numbers with a sign are text already."""

    caption: str
    columns: tuple[ShownColumn, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class ShownScenario:
    """What one scenario does to every hospital."""

    title: str
    table: ShownTable
    left_out: str


@dataclass(frozen=True)
class ShownImpact:
    """Everything that the chapter on hospitals says.

    Attributes
    ----------
    intro
        Sentences on what is shown.
    modelled
        That volumes are modelled; empty where they are registered.
    unknown
        What is not known or not counted.
    largest
        The largest rise and fall of each scenario.
    scenarios
        A table each; none without a workbook.
    combined
        Scenarios together; `None` where none go together.
    combined_left_out
        What the table and the combinations leave out.
    excluding
        What excludes what.
    """

    intro: tuple[str, ...]
    modelled: str
    unknown: tuple[str, ...]
    largest: tuple[str, ...]
    scenarios: tuple[ShownScenario, ...]
    combined: ShownTable | None
    combined_left_out: tuple[str, ...]
    excluding: tuple[str, ...]


def quantity_text(t: Texts, quantity: str) -> str:
    """Name what is counted, with its unit.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> quantity_text(texts("nl"), "ward_days"), quantity_text(texts("nl"), "patients")
    ('Verpleegdagen (dagen)', 'Patiënten (aantal)')
    """
    return t("facilities.patients") if quantity == PATIENTS else t(f"template.{quantity}")


def signed(t: Texts, value: float, *, estimated: bool = False) -> str:
    """Write a change with its sign; a dash where it is not known, in tens where it is estimated.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> [signed(texts("nl"), value) for value in (12.6, -1234.0, 0.0, float("nan"))]
    ['+13', '−1.234', '0', '–']
    >>> signed(texts("nl"), -0.2), signed(texts("nl"), -41.4, estimated=True)
    ('tussen 0 en −1', 'ongeveer −40')
    """
    if not estimated or not math.isfinite(value) or value == 0.0:
        return _signed(t, value, unit="")
    sign = "+" if value > 0.0 else "−"
    if abs(value) < _FEW:
        return t("facilities.small", value=f"{sign}{t.number(_FEW)}")
    step = _FEW if abs(value) < _MANY else _FEW * _FEW
    return t("common.about", value=f"{sign}{t.number(step * round(abs(value) / step))}")


def signed_share(t: Texts, value: float) -> str:
    """Write a relative change with its sign; a dash where it is not known.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> [signed_share(texts("nl"), value) for value in (0.104, -1.0, -0.001, float("nan"))]
    ['+10%', '−100%', 'tussen 0 en −1%', '–']
    >>> signed_share(texts("nl"), -0.998)
    'bijna −100%'
    """
    if _NEARLY <= -value < 1.0:
        return t("facilities.nearly", value="−100%")
    return _signed(t, 100.0 * value, unit="%")


def _signed(t: Texts, value: float, *, unit: str) -> str:
    if not math.isfinite(value):
        return "–"
    sign = "+" if value > 0.0 else "−" if value < 0.0 else ""
    if 0.0 < abs(value) <= 0.5:  # noqa: PLR2004 (a half is rounded to even: to 0)
        return t("facilities.small", value=f"{sign}1{unit}")
    return f"{sign}{t.number(abs(value))}{unit}"


def shown_impact(result: Result, t: Texts) -> ShownImpact | None:
    """Say what the scenarios mean for the hospitals; nothing where nothing is known of it."""
    if not len(result.facilities) and not len(result.combinations):
        return None
    notes = result.manifest["notes"]
    said = {note["key"]: note_text(t, note) for note in notes}
    kinds = {*result.facilities.get("kind", ()), *result.effects.get("kind", ())} - {_REGISTERED}
    combined, more = _combined(result, t)
    left_out = said.get("combinations_left_out", "")
    worked_out = len(result.facilities) > 0
    file = result.study.workbook
    return ShownImpact(
        (t("facilities.intro"), t("facilities.unknown", file=file))
        if worked_out
        else (t("facilities.intro_volumes"),),
        t("facilities.modelled") if kinds else "",
        tuple(said[key] for key in _COUNTED if key in said),
        tuple(_largest(result, t)),
        tuple(_scenarios(result, t)),
        combined,
        tuple(text[:1].upper() + text[1:] for text in (*more, left_out) if text),
        tuple(_excluding(result, t)),
    )


def _title(result: Result, t: Texts, scenario: str) -> str:
    """Name of a scenario over all its treatments, as the rest of the page has it."""
    cases = [line.case for line in result.principal if line.case.scenario == scenario]
    return titled_scenario(t, result, cases[0]) if len(cases) == 1 else t.scenario(scenario)


def _together(result: Result) -> pd.DataFrame:
    """Rows over all treatments of a scenario."""
    rows = result.facilities
    return rows[rows["intervention"] == ALL_TREATMENTS] if len(rows) else rows


def _where(t: Texts, row: Mapping[Any, Any]) -> str:
    parts = [str(row["organisation"])]
    if row["site"]:
        parts.append(t("facilities.site", name=row["site"]))
    if row["specialism"]:
        parts.append(t("facilities.specialism", name=row["specialism"]))
    return ", ".join(parts)


def _largest(result: Result, t: Texts) -> Iterator[str]:
    rows = _together(result)
    if not len(rows):
        return
    rows = rows[rows["quantity"] != PATIENTS]
    found = {basis: largest_changes(rows, basis=basis) for basis in BASES}
    for scenario in dict.fromkeys(rows["scenario"]):
        name = t.scenario(scenario)
        estimated = (rows.loc[rows["scenario"] == scenario, "kind"] != _REGISTERED).any()
        said = False
        for basis, table in found.items():
            for row in table[table["scenario"] == scenario].to_dict("records"):
                said = True
                yield t(
                    f"facilities.largest_{row['kind']}",
                    scenario=name,
                    quantity=quantity_text(t, row["quantity"]),
                    where=_where(t, row),
                    share=signed_share(t, row["relative"]),
                    change=signed(t, row["change"], estimated=bool(estimated)),
                    total=whole_text(t, row["total"]),
                    basis=t(f"facilities.basis_{basis}"),
                )
        if not said:
            yield t("facilities.largest_unknown", scenario=name)


def _scenarios(result: Result, t: Texts) -> Iterator[ShownScenario]:
    rows = _together(result)
    columns = (
        ShownColumn(t("tables.col_organisation"), TEXT, 30),
        ShownColumn(t("tables.col_quantity"), TEXT, 34),
        ShownColumn(t("tables.col_year_total"), NUMBER),
        *_change_columns(t),
    )
    for scenario in dict.fromkeys(rows["scenario"] if len(rows) else ()):
        here = rows[rows["scenario"] == scenario]
        known = here[list(BASES)].fillna(0.0).abs().sum(axis=1) > 0.0
        shown = here[known].loc[_most(here[known])]
        cells = tuple(
            (
                _where(t, row),
                quantity_text(t, row["quantity"]),
                _today(t, row),
                *_changes(t, row, estimated=row["kind"] != _REGISTERED),
            )
            for row in shown.to_dict("records")
        )
        table = ShownTable(t("facilities.caption", scenario=t.scenario(scenario)), columns, cells)
        more = int(known.sum()) - len(shown)
        said = t("facilities.more", count=t.number(more), file="facilities.csv") if more else ""
        yield ShownScenario(_title(result, t, scenario), table, said)


def _most(rows: pd.DataFrame) -> pd.Index[Any]:
    """Choose the rows that are shown: volumes first, then what changes most; in their order."""
    size = rows[[f"relative_{basis}" for basis in BASES]].abs().max(axis=1).fillna(0.0)
    order = pd.DataFrame({"later": rows["quantity"] != PATIENTS, "size": -size})
    kept = order.sort_values(["later", "size"], kind="stable").index[:ROWS]
    return rows.index[rows.index.isin(kept)]


def _change_columns(t: Texts) -> tuple[ShownColumn, ...]:
    names = ("own", "relative_own", "national", "relative_national")
    return tuple(ShownColumn(t(f"tables.col_{name}"), NUMBER) for name in names)


def _today(t: Texts, row: Mapping[Any, Any]) -> str:
    """Yearly total; what is estimated of it is the number of patients."""
    kind = MODELLED if row["quantity"] == PATIENTS and row["kind"] != _REGISTERED else ""
    return amount_text(t, float(row["total"]), kind)


def _changes(t: Texts, row: Mapping[Any, Any], *, estimated: bool) -> tuple[str, ...]:
    return tuple(
        text
        for basis in BASES
        for text in (
            signed(t, float(row[basis]), estimated=estimated),
            signed_share(t, float(row[f"relative_{basis}"])),
        )
    )


def _combined(result: Result, t: Texts) -> tuple[ShownTable | None, tuple[str, ...]]:
    rows = result.combinations
    if not len(rows):
        return None, ()
    several = rows[rows["scenarios"] > 1]
    if not len(several):
        return None, ()
    fullest = several["scenarios"] == several.groupby("institution")["scenarios"].transform("max")
    shown = several[fullest].loc[_most(several[fullest])]
    estimated = bool((result.effects["kind"] != _REGISTERED).any())
    columns = (
        ShownColumn(t("tables.col_institution"), TEXT, 26),
        ShownColumn(t("facilities.c_together"), TEXT, 50),
        ShownColumn(t("tables.col_quantity"), TEXT, 30),
        *_change_columns(t),
    )
    cells = tuple(
        (
            row["institution"],
            names_text(
                t,
                [
                    t("facilities.taken", network=row[layer], scenario=row[f"{layer}_scenario"])
                    for layer in LAYERS
                    if row[layer]
                ],
            ),
            quantity_text(t, row["quantity"]),
            *_changes(t, row, estimated=estimated),
        )
        for row in shown.to_dict("records")
    )
    more = len(several) - len(shown)
    said = (t("facilities.more", count=t.number(more), file="combinations.csv"),) if more else ()
    return ShownTable(t("facilities.combined_caption"), columns, cells), said


def _excluding(result: Result, t: Texts) -> Iterator[str]:
    rows = result.exclusions
    for row in rows[:ROWS].to_dict("records"):
        yield t(
            "facilities.excludes",
            first=row["first_scenario"],
            second=row["second_scenario"],
            reason=known_text(t, "tables.value", row["reason"]),
            treatments=row["treatments"] or "–",
            institutions=row["institutions"] or "–",
        )
    if len(rows) > ROWS:
        count = t.number(len(rows) - ROWS)
        yield t("facilities.more", count=count, file="exclusions.csv")


@dataclass(frozen=True)
class ShownTravel:
    """The published travel table: means beside ours, then bands."""

    intro: str
    means: ShownTable
    bands: ShownTable


def shown_travel(result: Result, t: Texts) -> ShownTravel | None:
    """Show the published travel table beside our own means; nothing where there is none."""
    if not len(result.travel):
        return None
    ours = {line.key: line.row for line in result.principal}
    about = (
        ShownColumn(t("tables.col_intervention"), TEXT, 26),
        ShownColumn(t("tables.col_scenario"), TEXT, 30),
        ShownColumn(t("tables.col_network"), TEXT, 24),
    )
    names = ("published_mean_before", "published_mean_extra", "published_greatest_extra")
    weight = "published_weight"
    unit = t.unit(result.said_unit())
    columns = (
        *about,
        *(ShownColumn(t(f"tables.col_{name}"), MINUTES) for name in names),
        ShownColumn(t(f"tables.col_{weight}", unit=unit), DEMAND),
        ShownColumn(t("facilities.c_ours"), MINUTES, 20),
        ShownColumn(t("facilities.c_ours_moved"), DEMAND, 18),
    )
    means, bands = [], []
    for row in result.travel.to_dict("records"):
        key = (row["intervention"], row["scenario"])
        head = (row["intervention"], t.scenario(row["scenario"]), row["network"])
        mine = ours[key]
        figures = (*(row[name] for name in names), row[weight])
        means.append((*head, *figures, mine["mean_extra_moved"], mine["moved"]))
        bands.append((*head, *(row[name] for name in (*BANDS, "published_no_route"))))
    some = (*BANDS, "published_no_route")
    kept = [
        place
        for place in range(len(some))
        if any(float(str(row[_BANDED + place])) > 0.0 for row in bands)
    ]
    shown = (
        *about,
        *(ShownColumn(t(f"facilities.band_{some[place]}"), DEMAND) for place in kept),
    )
    cells = tuple((*row[:_BANDED], *(row[_BANDED + place] for place in kept)) for row in bands)
    return ShownTravel(
        t("facilities.travel_intro"),
        ShownTable(t("facilities.travel_caption"), columns, tuple(means)),
        ShownTable(t("facilities.bands_caption", unit=unit), shown, cells),
    )
