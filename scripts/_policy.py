"""Treatments, norms and the published figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from _sources import KPMG, KPMG_YEAR, refuse, repeated, rows_of, unknown, write_csv

from impact.errors import Fault, nearest_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from _sources import Sources


_COUNTS = ("hospitals_below_norm", "hospitals_providing")
_NAMED = "treatment_named_in_source"
PROVISIONAL = "provisional"
"""How the status of every norm begins: what pages say of norms rests on it."""


@dataclass(frozen=True)
class Treatment:
    """One treatment: the key that joins the tables, with its norm."""

    treatment_id: str
    name: str
    condition: str
    peak_names: tuple[str, ...]
    norm: str
    unit: str


def write_treatments(sources: Sources, out: Path) -> dict[str, Treatment]:
    """Write ``treatments.csv`` and ``norms.csv``.

    Parameters
    ----------
    sources
        Tables to read.
    out
        Folder to write into.

    Returns
    -------
    dict of str to Treatment
        By identifier, in the order of the source.

    Raises
    ------
    InputError
        When a treatment points to a norm that is not there, a key occurs twice, or a norm is no
        longer provisional, which every page says of them.
    """
    quoted = ["condition", "treatment", "norm", "unit", "note", "status"]
    norms = sources.table("volume_norms.csv", quoted)
    by_key = {f"{cells['condition']}|{cells['treatment']}": cells for _, cells in rows_of(norms)}
    columns = ["treatment_id", "name_nl", "name_en", "condition", "norm_key"]
    alias = "named_in_published_peaks_as"
    table = sources.table("treatments.csv", [*columns, alias])
    refuse(
        repeated(norms, ["condition", "treatment"])
        + repeated(table, ["treatment_id"])
        + repeated(table, ["name_nl"])
        + unknown(table, "norm_key", by_key, "condition|treatment of volume_norms.csv")
        + [
            Fault(norms.name, norms.where(row), "status", cells["status"], f"{PROVISIONAL} ...")
            for row, cells in rows_of(norms)
            if not cells["status"].startswith(PROVISIONAL)
        ]
    )
    origin = {"source": f"{KPMG}, Bijlage I", "year": KPMG_YEAR}
    write_csv(
        out / "norms.csv",
        ["norm_key", *quoted, "source", "year"],
        [{"norm_key": key, **cells, **origin} for key, cells in by_key.items()],
        sort=["norm_key"],
    )
    naming = {"source": f"key of this project; treatments as in {KPMG}, Bijlage I"}
    write_csv(
        out / "treatments.csv",
        [*columns, "published_peak_name", "source", "year"],
        [
            cells | {"published_peak_name": cells[alias], **naming, "year": KPMG_YEAR}
            for _, cells in rows_of(table)
        ],
        sort=["treatment_id"],
    )
    return {
        cells["treatment_id"]: Treatment(
            cells["treatment_id"],
            cells["name_nl"],
            cells["condition"],
            (cells["name_en"].lower(), cells[alias]),
            by_key[cells["norm_key"]]["norm"],
            by_key[cells["norm_key"]]["unit"],
        )
        for _, cells in rows_of(table)
    }


def write_published(
    sources: Sources, out: Path, treatments: Mapping[str, Treatment], regions: set[str]
) -> dict[tuple[str, str], tuple[int, int]]:
    """Write the two tables with published figures.

    Parameters
    ----------
    sources, out
        Tables to read, folder to write into.
    treatments
        By identifier.
    regions
        Names that exist.

    Returns
    -------
    dict of (str, str) to (int, int)
        Hospitals below the norm and hospitals that provide it, by region and treatment.

    Raises
    ------
    InputError
        When a region, treatment or peak is unknown, or k of n is none.
    """
    table = sources.table(
        "published_norm_shortfalls.csv",
        ["region", "condition", "treatment_id", "treatment", *_COUNTS, _NAMED],
    )
    below, below_faults = table.numbers(_COUNTS[0], minimum=1)
    providing, providing_faults = table.numbers(_COUNTS[1], minimum=1)
    refuse(
        below_faults
        + providing_faults
        + unknown(table, "region", regions, "a region of region_members.csv")
        + _without_shortfalls(regions, set(table.frame["region"]))
        + unknown(table, "treatment_id", treatments, "a treatment_id of treatments.csv")
        + unknown(table, _NAMED, {"yes", "no"}, "yes or no")
        + repeated(table, ["region", "treatment_id"])
    )
    rows = rows_of(table)
    refuse(
        [
            Fault(table.name, table.where(row), "condition", cells["condition"], expected)
            for row, cells in rows
            for expected in [treatments[cells["treatment_id"]].condition]
            if cells["condition"] != expected
        ]
        + [
            Fault(table.name, table.where(row), _COUNTS[0], f"{k:g}", f"{n:g} or less")
            for (row, _), k, n in zip(rows, below, providing, strict=True)
            if k > n
        ]
    )
    origin = {"source": f"{KPMG}, Bijlage II", "year": KPMG_YEAR}
    write_csv(
        out / "published_norm_shortfalls.csv",
        ["region", "treatment_id", "treatment", "condition", *_COUNTS, _NAMED, "source", "year"],
        [
            cells | {"treatment": treatments[cells["treatment_id"]].name, **origin}
            for _, cells in rows
        ],
        sort=["region", "treatment_id"],
    )
    shortfalls = {
        (cells["region"], cells["treatment_id"]): (int(k), int(n))
        for (_, cells), k, n in zip(rows, below, providing, strict=True)
    }
    _write_extra_minutes(sources, out, treatments, set(shortfalls))
    return shortfalls


def _without_shortfalls(regions: set[str], published: set[str]) -> list[Fault]:
    """Faults for regions that have members and nothing published."""
    expected = "a region of published_norm_shortfalls.csv"
    return [
        Fault(
            "region_members.csv", "", "region", region, expected, nearest_names(region, published)
        )
        for region in sorted(regions - published)
    ]


def _write_extra_minutes(
    sources: Sources,
    out: Path,
    treatments: Mapping[str, Treatment],
    shortfalls: set[tuple[str, str]],
) -> None:
    name, peaks = "published_extra_minutes.csv", "peak_treatments"
    numbers = ["extra_minutes_min", "extra_minutes_max"]
    table = sources.table(name, ["region", *numbers, peaks])
    regions = {region for region, _ in shortfalls}
    low, faults = table.numbers(numbers[0], minimum=0)
    high, high_faults = table.numbers(numbers[1], minimum=0)
    faults += high_faults + repeated(table, ["region"])
    faults += unknown(table, "region", regions, "a region of published_norm_shortfalls.csv")
    faults += [
        Fault(name, "", "region", None, f"a row for {region}")
        for region in sorted(regions - set(table.frame["region"]))
    ]
    rows = []
    for (row, cells), least, most in zip(rows_of(table), low, high, strict=True):
        if least > most:
            expected = f"no more than the maximum {most:g}"
            faults.append(Fault(name, table.where(row), numbers[0], f"{least:g}", expected))
        named = {
            peak: [each.treatment_id for each in treatments.values() if peak in each.peak_names]
            for peak in cells[peaks].split("; ")
        }
        faults += [
            Fault(name, table.where(row), peaks, peak, "a peak that has a shortfall in its region")
            for peak, ids in named.items()
            if not any((cells["region"], each) in shortfalls for each in ids)
        ]
        joined = "; ".join(each for ids in named.values() for each in ids)
        rows.append(cells | {"peak_treatment_ids": joined, "peak_as_published": cells[peaks]})
    refuse(faults)
    origin = {"source": f"{KPMG}, Bijlage II", "year": KPMG_YEAR}
    write_csv(
        out / name,
        ["region", *numbers, "peak_treatment_ids", "peak_as_published", "source", "year"],
        [row | origin for row in rows],
        sort=["region"],
    )
