"""Read where the patients of an intervention come from: a national count, rates by age, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impact.study import PatientRates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.toml_reader import TomlReader

PUBLISHED = "published"
"""Stands for a row of the shipped table of published counts."""

_KEYS = ("national", "volume", "year", "rates", "source")


def read_patients(reader: TomlReader, table: Mapping[str, Any], path: str) -> PatientRates | None:
    """Read the table `patients` of an intervention.

    Parameters
    ----------
    reader
        Collects the faults.
    table
        The intervention; without a key ``patients`` there is nothing to read.
    path
        Key path of the intervention.

    Returns
    -------
    PatientRates or None

    Examples
    --------
    >>> from impact.toml_reader import TomlReader
    >>> rates = read_patients(TomlReader("study.toml", {}), {"patients": {"national": 2400}}, "")
    >>> rates.national
    2400.0
    """
    found = table.get("patients")
    if found is None:
        return None
    path = f"{path}.patients"
    if not isinstance(found, dict):
        reader.fault(path, found, '{ national = 2400, rates = { "0-64" = 1, "65+" = 8 } }')
        return None
    reader.unknown_keys(found, _KEYS, path)
    published = found.get("national") == PUBLISHED
    national = None if published else reader.number(found, "national", path, minimum=1.0)
    volume = reader.text(found, "volume", path, default=None if published else "")
    if volume and not published:
        reader.fault(f"{path}.volume", volume, f"national = {PUBLISHED!r} beside it")
    rates = found.get("rates", {})
    in_file = isinstance(rates, str)
    if "national" not in found and not rates:
        expected = "national (patients per year), rates (per 100,000 residents per year), or both"
        reader.fault(path, None, expected)
    return PatientRates(
        national=national,
        published=volume if published else "",
        year=str(found.get("year", "")),
        rates={} if in_file else reader.numbers(found, "rates", path),
        rates_file=str(rates) if in_file else "",
        source=reader.text(found, "source", path, default=""),
    )
