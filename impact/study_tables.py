"""The tables of study.toml that may stand there more than once: interventions and scenarios."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

from impact.study import (
    ALL_FAIL,
    ALLOCATIONS,
    ALTERNATIVES,
    CANDIDATE_RULES,
    Huff,
    Intervention,
    Logit,
    Scenario,
)
from impact.study_patients import read_patients

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.toml_reader import TomlReader

_INTERVENTION_KEYS = (
    "name",
    "treatment",
    "norm",
    "norm_unit",
    "providers",
    "stop_count",
    "all_fail",
    "alternatives",
    "outside",
    "allocation",
    "flows",
    "huff",
    "logit",
    "must_stay",
    "must_stop",
    "may_open",
    "volumes",
    "candidates",
    "patients",
)
_SCENARIO_KEYS = ("name", "stops", "opens", "moves_to", "from", "status", "source")


def read_intervention(reader: TomlReader, table: Mapping[str, Any], path: str) -> Intervention:
    """Read an ``[[intervention]]``; faults go to the reader.

    Parameters
    ----------
    reader
        Collects the faults.
    table
        The values.
    path
        Where the table stands: ``intervention[1]``.

    Returns
    -------
    Intervention
        To be thrown away where the reader has faults.
    """
    reader.unknown_keys(table, _INTERVENTION_KEYS, path)
    return Intervention(
        name=reader.text(table, "name", path),
        providers=tuple(sorted(reader.texts(table, "providers", path))),
        treatment=reader.text(table, "treatment", path, default=""),
        norm=reader.number(table, "norm", path, minimum=1.0),
        norm_unit=reader.text(table, "norm_unit", path, default=""),
        stop_count=reader.count(table, "stop_count", path),
        all_fail=reader.choice(table, "all_fail", path, ALL_FAIL, ""),
        alternatives=reader.choice(table, "alternatives", path, ALTERNATIVES, "inside"),
        outside=tuple(sorted(reader.texts(table, "outside", path, default=()))),
        allocation=reader.choice(table, "allocation", path, ALLOCATIONS, "nearest"),
        flows=reader.text(table, "flows", path, default=""),
        huff=_huff(reader, table, f"{path}.huff"),
        logit=_logit(reader, table, f"{path}.logit"),
        must_stay=tuple(sorted(reader.texts(table, "must_stay", path, default=()))),
        must_stop=tuple(sorted(reader.texts(table, "must_stop", path, default=()))),
        may_open=tuple(sorted(reader.texts(table, "may_open", path, default=()))),
        volumes=reader.text(table, "volumes", path, default=""),
        candidates=reader.choice(table, "candidates", path, CANDIDATE_RULES, "all"),
        patients=read_patients(reader, table, path),
    )


def _huff(reader: TomlReader, table: Mapping[str, Any], path: str) -> Huff | None:
    if "huff" not in table:
        return None
    given = reader.table(table, "huff", path=path)
    reader.unknown_keys(given, ("beta", "alpha", "attraction"), path)
    alpha = reader.number(given, "alpha", path, minimum=0.0)
    return Huff(
        beta=reader.number(given, "beta", path, minimum=0.0),
        alpha=1.0 if alpha is None else alpha,
        attraction=reader.text(given, "attraction", path, default=""),
    )


def _logit(reader: TomlReader, table: Mapping[str, Any], path: str) -> Logit | None:
    if "logit" not in table:
        return None
    given = reader.table(table, "logit", path=path)
    names = [key for key in given if key != "attributes"]
    values = {name: reader.number(given, name, path, minimum=-math.inf) for name in names}
    minutes = values.pop("minutes", None)
    if minutes is None or minutes >= 0.0:
        reader.fault(f"{path}.minutes", minutes, "a coefficient below zero: minutes deter")
    return Logit(
        minutes=0.0 if minutes is None else minutes,
        coefficients={name: value for name, value in values.items() if value is not None},
        attributes=reader.text(given, "attributes", path, default=""),
    )


def read_scenario(reader: TomlReader, table: Mapping[str, Any], path: str) -> Scenario:
    """Read a ``[[scenario]]``; faults go to the reader.

    Parameters
    ----------
    reader, table, path
        As in `read_intervention`.

    Returns
    -------
    Scenario
        To be thrown away where the reader has faults.
    """
    reader.unknown_keys(table, _SCENARIO_KEYS, path)
    start = table.get("from")
    if isinstance(start, dt.datetime) or not isinstance(start, dt.date | None):
        reader.fault(f"{path}.from", str(start), "a date such as 2027-01-01")
        start = None
    return Scenario(
        name=reader.text(table, "name", path),
        stops=reader.locations(table, "stops", path),
        opens=reader.locations(table, "opens", path),
        moves_to=reader.shares(table, "moves_to", path),
        start=start,
        status=reader.text(table, "status", path, default=""),
        source=reader.text(table, "source", path, default=""),
    )
