"""What must hold of a run that was read back, before anything reads its tables.

An archive may have been damaged, or edited by hand: whatever differs is a fault with its place.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from impact.analysis.result import COLUMNS, EVERYONE, Result, Sensitivity
from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.model.case import Case
from impact.model.fill import Filling
from impact.model.volumes import RegisteredCounts
from impact.outputs.files.columns import (
    KINDS,
    MUNICIPALITIES,
    POSTCODES,
    SOMETIMES,
    TABLES,
    TEXT,
    columns_of,
)
from impact.study.model import (
    Huff,
    Intervention,
    Logit,
    PatientRates,
    ProviderOverride,
    Scenario,
    Study,
)
from impact.times.matrix import TravelTimes
from impact.transit.times import TransitTimes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from impact.outputs.files.columns import Column

_PATH = " › "
_FLAG = "flag"
_PLACES = columns_of("lat lon", lat="number", lon="number")
_POSTCODES = (
    *_PLACES,
    *columns_of("municipality island visitor_cars demand ferry"),
)
_CASE_FLOWS = columns_of(
    "postcode provider_before provider_after demand minutes_before minutes_after extra_minutes"
    " moved",
    moved=_FLAG,
)
_MEANS = columns_of("moved mean_extra_moved mean_extra_all")
_VARIED = columns_of(" ".join(COLUMNS), value=TEXT)
_UNIQUE = {
    POSTCODES.frame: ["intervention", "scenario", "postcode"],
    MUNICIPALITIES.frame: ["intervention", "scenario", "municipality"],
}


CLASSES: dict[str, type[Any]] = {
    each.__name__: each
    for each in (
        Result,
        Case,
        Filling,
        RegisteredCounts,
        Study,
        Intervention,
        Huff,
        Logit,
        PatientRates,
        ProviderOverride,
        Scenario,
        TravelTimes,
        TransitTimes,
        Sensitivity,
    )
}
"""Dataclasses of a run, by name."""


def check_types(value: object, kind: Any, place: str) -> Iterator[Fault]:  # noqa: ANN401
    """Hold a decoded value, and what is in it, against the annotation of its field."""
    origin, arguments = typing.get_origin(kind) or kind, typing.get_args(kind)
    if origin in {typing.Union, types.UnionType}:
        found = [list(check_types(value, each, place)) for each in arguments]
        if all(found):
            # the member that is most alike has its faults further in
            yield from max(found, key=lambda faults: len(faults[0].where))
    elif not _is(value, origin):
        expected = said("a value of the kind {kind}", kind=getattr(origin, "__name__", origin))
        yield _fault(place, type(value).__name__, expected)
    elif dataclasses.is_dataclass(value):
        kind = type(value)
        for name, annotation in _annotations(kind).items():
            yield from check_types(getattr(value, name), annotation, place + _PATH + name)
    elif isinstance(value, tuple) and arguments:
        yield from _check_tuple(value, arguments, place)
    elif isinstance(value, Mapping) and arguments:
        for key, each in value.items():
            yield from check_types(each, arguments[1], f"{place}{_PATH}{key}")


def _check_tuple(value: tuple[object, ...], kinds: tuple[Any, ...], place: str) -> Iterator[Fault]:
    if kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(value)
    if len(value) != len(kinds):
        found, expected = (said("{count} values", count=len(each)) for each in (value, kinds))
        yield _fault(place, found, expected)
        return
    for number, (each, kind) in enumerate(zip(value, kinds, strict=True), start=1):
        yield from check_types(each, kind, f"{place}[{number}]")


def _is(value: object, kind: Any) -> bool:  # noqa: ANN401
    if kind is Any:
        return True
    if kind in {float, int}:
        numbers = (float, int) if kind is float else int
        return isinstance(value, numbers) and not isinstance(value, bool)
    # a note is a tuple with names, and comes back as a tuple
    return isinstance(value, tuple if issubclass(kind, tuple) else kind)


@cache
def _annotations(kind: type[Any]) -> dict[str, Any]:
    """Return the fields of a dataclass with their types; some are imported for typing only."""
    known = {
        **CLASSES,
        "Any": Any,
        "Mapping": Mapping,
        "NDArray": NDArray,
        "_Floats": NDArray[np.float64],
        "dt": dt,
        "gpd": gpd,
        "np": np,
        "pd": pd,
    }
    hints = typing.get_type_hints(kind, localns=known)
    return {each.name: hints[each.name] for each in dataclasses.fields(kind)}


def check_result(result: Result) -> None:
    """Refuse a result whose tables have other columns, kinds or labels than those of a run.

    Parameters
    ----------
    result
        As decoded, every field of its own type.

    Raises
    ------
    InputError
        With every fault: table, column, what was found.
    """
    faults = [*_table_faults(result), *_point_faults(result), *_times_faults(result)]
    # only where every table is one is it known what stands in them
    faults = faults or [*_case_faults(result)]
    if faults:
        raise InputError(faults)


def _table_faults(result: Result) -> Iterator[Fault]:
    for table in TABLES:
        yield from frame_faults(getattr(result, table.frame), table.columns, table.frame)
    for table in SOMETIMES:
        frame = getattr(result, table.frame)
        if len(frame):
            yield from frame_faults(frame, table.columns, table.frame)
    for name, unique in _UNIQUE.items():
        frame = getattr(result, name)
        if set(unique) <= set(frame) and frame.columns.is_unique and frame.duplicated(unique).any():
            twice = frame.loc[frame.duplicated(unique), unique].iloc[0]
            yield _fault(name, " | ".join(map(str, twice)), "each row once")
    for name, frame in result.candidates.items():
        yield from frame_faults(frame, _MEANS, f"candidates{_PATH}{name}", others=("stops",))
    if result.sensitivity is not None:
        yield from frame_faults(result.sensitivity.rows, _VARIED[:-3], "sensitivity")


def frame_faults(
    frame: pd.DataFrame, columns: Iterable[Column], place: str, *, others: Sequence[str] = ()
) -> Iterator[Fault]:
    """Find columns that are missing, stand twice, or hold values of another kind."""
    names = [str(name) for name in frame.columns]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield _fault(place, name, "each column once", field="column")
    kinds = {each.name: each.kind for each in columns} | dict.fromkeys(others, "")
    for name, kind in kinds.items():
        if names.count(name) == 0:
            expected = said("a column '{name}'", name=name)
            yield _fault(place, None, expected, nearest_names(name, names))
        elif names.count(name) == 1 and not _holds(frame[name], kind):
            wanted = {TEXT: "texts", _FLAG: "yes or no (boolean)"}.get(kind, "numbers")
            yield _fault(place, str(frame[name].dtype), wanted, field=name)


def _holds(values: pd.Series[Any], kind: str) -> bool:
    if kind == _FLAG:
        return values.dtype == bool
    if not len(values) or not kind or values.isna().all():
        return True
    if kind == TEXT:
        kinds = {type(each) for each in pd.unique(values.dropna())}
        return kinds <= {str, bool, np.bool_}
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _point_faults(result: Result) -> Iterator[Fault]:
    """Check the tables of points: labels unique, coordinates, and as many weights as points."""
    for name, columns in (("postcodes", _POSTCODES), ("hospitals", _PLACES)):
        frame: gpd.GeoDataFrame = getattr(result, name)
        yield from frame_faults(frame, columns, name)
        if not frame.index.is_unique:
            twice = str(frame.index[frame.index.duplicated()][0])
            yield _fault(name, twice, "each label once", field="index")
        if not all(isinstance(label, str) for label in frame.index):
            yield _fault(name, str(frame.index.dtype), "texts", field="index")
        if not bool((frame.geometry.geom_type == "Point").all()):
            yield _fault(name, None, "a point in every row", field="geometry")
    for name, values in result.weights.items():
        if values.shape != (len(result.postcodes),) or values.dtype.kind != "f":
            found = f"{values.dtype} {values.shape}"
            expected = said("{count} numbers, one per postcode", count=len(result.postcodes))
            yield _fault(f"weights{_PATH}{name}", found, expected)


def _times_faults(result: Result) -> Iterator[Fault]:
    for name in ("times", "back", "peak"):
        times: TravelTimes | None = getattr(result, name)
        if times is None:
            continue
        shape = (len(times.origins), len(times.destinations))
        for table, values in (("minutes", times.minutes), ("km", times.km)):
            if values is not None and (values.shape != shape or values.dtype.kind != "f"):
                found = f"{values.dtype} {values.shape}"
                expected = said("numbers of shape {shape}", shape=shape)
                yield _fault(f"{name}{_PATH}{table}", found, expected)
        for side in ("origins", "destinations"):
            labels = getattr(times, side)
            if len(set(labels)) != len(labels):
                yield _fault(f"{name}{_PATH}{side}", None, "each label once")
    if list(result.times.origins) != list(result.postcodes.index):
        yield _fault(f"times{_PATH}origins", None, "the postcodes of the run, in their order")


def _case_faults(result: Result) -> Iterator[Fault]:
    """Check that what cases speak of is there: interventions, locations, postcodes, rows."""
    interventions = {each.name for each in result.study.interventions}
    places, postcodes = set(result.hospitals.index), set(result.postcodes.index)
    everyone = result.summary[result.summary["group"] == EVERYONE]
    rows = set(map(tuple, everyone[["intervention", "scenario", "recipients"]].to_numpy()))
    for name in sorted(interventions - set(result.candidates)):
        yield _fault("candidates", None, said("a table of '{name}'", name=name))
    for number, case in enumerate(result.cases, start=1):
        place = f"cases[{number}]"
        yield from frame_faults(case.flows, _CASE_FLOWS, f"{place}{_PATH}flows")
        name = case.intervention.name
        if name not in interventions:
            yield _fault(f"{place}{_PATH}intervention", name, "an intervention of the study")
        if (name, case.scenario, case.recipients) not in rows:
            expected = said("a row of {row}", row=f"{name} | {case.scenario} | {case.recipients}")
            yield _fault("summary", None, expected)
        for field in ("stops", "opens", "stays", "outside"):
            unknown = sorted(set(getattr(case, field)) - places)
            if unknown:
                yield _fault(f"{place}{_PATH}{field}", unknown[0], "a location of the run")
        for column, known in (
            ("postcode", postcodes),
            ("provider_before", places | {""}),
            ("provider_after", places | {""}),
        ):
            if column in case.flows and case.flows.columns.is_unique:
                unknown = sorted(set(map(str, case.flows[column].dropna())) - known)
                if unknown:
                    wanted = "a postcode or location of the run"
                    yield _fault(f"{place}{_PATH}flows", unknown[0], wanted, field=column)
        yield from _figure_faults(case.figures, f"{place}{_PATH}figures")


def _figure_faults(figures: Mapping[str, float], place: str) -> Iterator[Fault]:
    for name in ("demand", "moved", "mean_extra_moved", "mean_extra_all", "p90_extra"):
        if name not in figures:
            expected = said("a figure '{name}'", name=name)
            yield _fault(place, None, expected, nearest_names(name, KINDS))


def _fault(
    place: str,
    found: str | None,
    expected: str,
    nearest: tuple[str, ...] = (),
    *,
    field: str = "",
) -> Fault:
    wanted = said("{expected}; run the study again", expected=expected)
    return Fault("run.zip", place, field, found, wanted, nearest)
