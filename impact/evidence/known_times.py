"""Known travel times: a user's table, public facts, and the square-root law.

If n locations lie like random points in a plane of area A, the mean distance to the nearest is
1 / (2 √(n / A)): with a quarter of the locations it doubles. The rule of thumb says the same of
travel times. It holds for thinning at random over a country, not for a chosen closure.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.bundled import data_path
from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.model.measures import weighted_mean
from impact.notes import Note
from impact.tables.places import normal_postcode
from impact.tables.text_table import parse_number, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.tables.places import Bounds
    from impact.tables.text_table import Table
    from impact.times.matrix import TravelTimes

LAW, NATIONAL, TRIP = "law", "national", "trip"

FACT_COLUMNS = [
    "kind",
    "from",
    "to",
    "quantity",
    "value",
    "unit",
    "tolerance",
    "ours",
    "error",
    "holds",
    "source",
]
"""Columns of `public_facts`."""

_COUNTED = ("open", "outpatient")
_HOSPITAL = "hospital "


def shipped_facts() -> Table:
    """Read the shipped facts as text."""
    return read_table(data_path("validation_public.csv"))


def fact_places(facts: Table, postcodes: pd.DataFrame, hospitals: pd.DataFrame) -> pd.DataFrame:
    """List the places that the facts lead to."""
    trips = facts.frame[facts.frame["kind"] == TRIP]
    targets = sorted({place for place in trips["to_place"] if not place.startswith(_HOSPITAL)})
    counted = hospitals[hospitals["status"].isin(_COUNTED)]
    return pd.concat([each[["lat", "lon"]] for each in (counted, postcodes.loc[targets])])


def public_facts(
    facts: Table,
    times: TravelTimes,
    postcodes: pd.DataFrame,
    hospitals: pd.DataFrame,
    thinned: Thinning,
    *,
    shortest: TravelTimes,
) -> pd.DataFrame:
    """Hold the minutes and kilometres of a country against the shipped public facts.

    Notes
    -----
    A trip from several postcodes is their plain mean. A trip to a postcode has that postcode as its
    destination; its kilometres are those of the fastest route. National means are weighted with
    residents, over `shortest`, the kilometres of the shortest routes
    (`impact.network.network.RoadNetwork.by_length`): Statistics Netherlands takes the distance by
    road to the hospital that is nearest by road.
    """
    values, _ = facts.numbers("value")
    tolerances, _ = facts.numbers("tolerance")
    km = np.empty((0, 0)) if times.km is None else times.km
    rows = []
    for value, tolerance, (_, fact) in zip(values, tolerances, facts.frame.iterrows(), strict=True):
        if fact["kind"] == LAW:
            ours = float(thinned.ratios.mean())
        elif fact["kind"] == NATIONAL:
            chosen = ["open"] + ["outpatient"] * ("including outpatient" in str(fact["to"]))
            names = hospitals.index[hospitals["status"].isin(chosen)]
            chosen_at = pd.Index(shortest.destinations).get_indexer(names)
            nearest = shortest.minutes[:, chosen_at].min(axis=1)
            ours = weighted_mean(nearest, postcodes["population"].to_numpy(np.float64))
        else:
            ours = _trip(times, km if fact["unit"] == "km" else times.minutes, fact)
        error = ours - value
        stated = {name: str(fact[name]) for name in ("kind", "from", "to", "quantity", "unit")}
        figures = {"value": value, "tolerance": tolerance, "ours": ours, "error": error}
        rows.append(
            {**stated, **figures, "holds": abs(error) <= tolerance, "source": fact["source"]}
        )
    return pd.DataFrame(rows, columns=FACT_COLUMNS)


def _trip(times: TravelTimes, costs: NDArray[np.float64], fact: pd.Series[str]) -> float:
    """Mean minutes or road kilometres of one trip of the facts."""
    codes = fact["from_pc4"].removesuffix(" (mean)").split("-")
    first, last = codes[0], codes[-1]
    origins = [place for place, code in enumerate(times.origins) if first <= code <= last]
    return float(
        costs[origins, times.destinations.index(fact["to_place"].removeprefix(_HOSPITAL))].mean()
    )


DRAWS = 400
"""Orders in which locations close."""

SEED = 1

_LEAST_SHARE = 1.0 / 16.0
_RESAMPLES = 2000
_AT_ONCE = 512
_MIDDLE_95 = (2.5, 97.5)


@dataclass(frozen=True, eq=False)
class Thinning:
    """Mean travel to the nearest location, by how many are left.

    Attributes
    ----------
    left : ndarray of int64, shape (n_sizes,)
        Locations left, from all to a sixteenth.
    means : ndarray of float, shape (n_draws, n_sizes)
        Minutes or kilometres.
    seed
        Of the draws.
    left_out
        Share of the weight that cannot reach every location, and does not count.
    """

    left: NDArray[np.int64]
    means: NDArray[np.float64]
    seed: int
    left_out: float

    @property
    def quarter(self) -> int:
        """Locations left of which the ratio is taken: a quarter, rounded."""
        return round(int(self.left[0]) / 4)

    @property
    def ratios(self) -> NDArray[np.float64]:
        """Mean with a quarter of the locations over that with all, per draw."""
        place = int(np.flatnonzero(self.left == self.quarter)[0])
        return np.asarray(self.means[:, place] / self.means[:, 0])

    @property
    def exponents(self) -> NDArray[np.float64]:
        """Exponent e of mean ∝ (1 / left)^e per draw; see `exponents`."""
        return exponents(self.left, self.means)

    def band(self, values: NDArray[np.float64]) -> tuple[float, float]:
        """Give the middle 95 % of the draws."""
        low, high = np.percentile(values, _MIDDLE_95)
        return float(low), float(high)

    def interval(self, values: NDArray[np.float64]) -> tuple[float, float]:
        """Give the 95 % confidence interval of the mean over draws, by a seeded bootstrap."""
        picks = np.random.default_rng(self.seed).integers(
            len(values), size=(_RESAMPLES, len(values))
        )
        return self.band(values[picks].mean(axis=1))


def thin(
    costs: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Thinning:
    """Close locations in random orders and average the way to the nearest that is left.

    Notes
    -----
    O(draws · origins · locations): minima along each order, for as many origins at a time as the
    processor has at hand.

    Examples
    --------
    >>> line = np.abs(np.linspace(0, 1, 501)[:, None] - np.linspace(0, 1, 65)[None, :])
    >>> found = thin(line, np.ones(501), draws=20)
    >>> found.left.tolist()
    [65, 46, 32, 23, 16, 11, 8, 6, 4]
    """
    reached = np.isfinite(costs).all(axis=1)
    count, total = costs.shape[1], float(weights.sum())
    if count < 4 or not weights[reached].sum() > 0.0:  # noqa: PLR2004 (a quarter is then none)
        expected = "four locations or more, and people who reach all of them"
        raise InputError(
            Fault("thin", "", "costs", said("{count} locations", count=count), expected)
        )
    left = left_sizes(count)
    # from few to many: each size takes the minimum over the locations that it adds
    starts = np.r_[0, left[:1:-1]]
    ways, shares = costs[reached], weights[reached] / weights[reached].sum()
    chance = np.random.default_rng(seed)
    orders = [chance.permutation(count)[: left[1]] for _ in range(draws)]
    means = np.zeros((draws, len(left)))
    for start in range(0, len(shares), _AT_ONCE):
        # a location per row, so that minima go through memory in order
        rows = np.ascontiguousarray(ways[start : start + _AT_ONCE].T)
        share = shares[start : start + _AT_ONCE]
        # with all of them the order is nothing
        means[:, 0] += rows.min(axis=0) @ share
        for draw, order in enumerate(orders):
            added = np.minimum.reduceat(rows[order], starts, axis=0)
            means[draw, :0:-1] += np.minimum.accumulate(added, axis=0) @ share
    return Thinning(left, means, seed, 1.0 - float(weights[reached].sum()) / total)


def left_sizes(count: int) -> NDArray[np.int64]:
    """Numbers of locations left: all, and each time 1/√2 of those, to a sixteenth.

    Examples
    --------
    >>> left_sizes(111).tolist()
    [111, 78, 56, 39, 28, 20, 14, 10, 7]
    """
    steps = int(np.log2(1.0 / _LEAST_SHARE) * 2)
    sizes = [max(1, round(count / 2.0 ** (step / 2.0))) for step in range(steps + 1)]
    return np.array(sorted(set(sizes), reverse=True), dtype=np.int64)


def exponents(
    left: NDArray[np.int64] | Sequence[int], means: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fit mean ∝ (1 / left)^e by least squares on logarithms.

    Examples
    --------
    >>> exponents([64, 16, 4], np.array([[1.0, 2.0, 4.0]])).round(3).tolist()
    [0.5]
    """
    x = -np.log(np.asarray(left, dtype=np.float64))
    x = x - x.mean()
    return np.asarray(np.log(means) @ x / (x @ x))


KINDS = ("minutes", "class", "km")
"""What can be known of a trip, each in the column of that name."""

KNOWN_COLUMNS = ["from", "to", "kind", "known", "value", "low", "high", "tolerance", "source"]
"""Columns of `KnownTimes.frame`."""

_CLASS = re.compile(r"(<=|≤|<|>=|≥|>)\s*([\d.,]+)|([\d.,]+)\s*[-–]\s*([\d.,]+)", re.ASCII)
_EXPECTED_CLASS = "a class of minutes such as <=25, 25-30 or >30"
_USED = {"from", "to", *KINDS, "tolerance", "source"}
_ENDS = ("from", "to")
_COORDINATES = ("lat", "lon")


@dataclass(frozen=True, eq=False)
class KnownTimes:
    """What somebody knows about trips.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per known figure: from, to, kind (of `KINDS`), known (as written), value (minutes or
        km; NaN for a class), low and high (minutes: above low, at most high; NaN but for a class),
        tolerance (minutes or km; NaN where none is given), source.
    origins, destinations : pandas.DataFrame
        Index: names as in `frame`; columns ``lat`` and ``lon`` (degrees).
    name, sha256
        Of the file.
    notes
        What was adapted or ignored, in plain words.
    """

    frame: pd.DataFrame
    origins: pd.DataFrame
    destinations: pd.DataFrame
    name: str
    sha256: str
    notes: tuple[Note, ...] = ()


def read_known(
    path: Path | str, *, postcodes: pd.DataFrame, hospitals: pd.DataFrame, bounds: Bounds
) -> KnownTimes:
    """Read known travel times."""
    table = read_table(path)
    table.require(_ENDS)
    present = [kind for kind in KINDS if kind in table.frame]
    if not present:
        expected = said("at least one of the columns {names}", names=", ".join(KINDS))
        raise InputError(
            Fault(table.name, "header", "", ", ".join(map(str, table.frame)), expected)
        )
    ends = {}
    faults: list[Fault] = []
    for end, known in zip(_ENDS, ((postcodes,), (postcodes, hospitals)), strict=True):
        ends[end] = _places(table, end, known, bounds)
        faults += ends[end].faults
    rows: list[dict[str, object]] = []
    tolerance, wrong = _filled_numbers(table, "tolerance")
    faults += wrong
    for kind in present:
        found, wrong = _classes(table) if kind == "class" else _figures(table, kind)
        faults += wrong
        rows += found
    nothing = (table.frame[present] == "").all(axis=1)
    faults += [
        Fault(table.name, table.where(row), ", ".join(present), None, "at least one filled in")
        for row in table.frame.index[nothing]
    ]
    if faults:
        raise InputError(faults)
    source = table.frame["source"] if "source" in table.frame else pd.Series("", table.frame.index)
    frame = pd.DataFrame(rows).sort_values("row", kind="stable")
    at = frame["row"].to_numpy()
    frame = frame.assign(
        **{end: ends[end].names.loc[at].to_numpy() for end in _ENDS},
        tolerance=np.where(frame["kind"] == "class", np.nan, tolerance.loc[at].to_numpy()),
        source=source.loc[at].to_numpy(),
    )
    return KnownTimes(
        frame[KNOWN_COLUMNS].reset_index(drop=True),
        ends["from"].points,
        ends["to"].points,
        table.name,
        table.sha256,
        (*table.notes, *_unused(table)),
    )


def class_limits(text: str, *, decimal_comma: bool = False) -> tuple[float, float] | None:
    """Read a class of minutes.

    Examples
    --------
    >>> class_limits("<=25"), class_limits("25-30"), class_limits(">30"), class_limits("30-25")
    ((-inf, 25.0), (25.0, 30.0), (30.0, inf), None)
    """
    match = _CLASS.fullmatch(text.strip())
    if match is None:
        return None
    sign, *limits = match.groups()
    numbers = [
        parse_number(limit, decimal_comma=decimal_comma) for limit in limits if limit is not None
    ]
    if any(number is None for number in numbers):
        return None
    first, last = float(numbers[0] or 0.0), float(numbers[-1] or 0.0)
    if sign is None:
        return (first, last) if first < last else None
    # the next number below a limit: that limit itself is then outside, or inside
    limit = math.nextafter(first, -math.inf) if sign in {"<", ">=", "≥"} else first
    return (-math.inf, limit) if sign in {"<=", "≤", "<"} else (limit, math.inf)


@dataclass(frozen=True, eq=False)
class _Places:
    """One end of every row: its name, the points behind the names, and what is wrong."""

    names: pd.Series[str]
    points: pd.DataFrame
    faults: list[Fault]


def _places(table: Table, end: str, known: tuple[pd.DataFrame, ...], bounds: Bounds) -> _Places:
    names, faults = table.texts(end)
    names = names.map(normal_postcode)
    own = [f"{end}_{axis}" for axis in _COORDINATES]
    (lats, lat_faults), (lons, lon_faults) = (
        _filled_numbers(table, name, minimum=-limit, maximum=limit)
        for name, limit in zip(own, (90.0, 180.0), strict=True)
    )
    faults += [*lat_faults, *lon_faults]
    given = np.array(
        [
            table.frame[name].to_numpy() != ""
            if name in table.frame
            else np.zeros(len(names), bool)
            for name in own
        ]
    )
    points: dict[str, tuple[float, float]] = {}
    first: dict[str, int] = {}
    places = {
        str(each): (float(lat), float(lon))
        for frame in known
        for each, lat, lon in zip(frame.index, frame["lat"], frame["lon"], strict=True)
    }
    west, south, east, north = bounds
    for position, (row, name) in enumerate(names.items()):
        where = table.where(row)
        if not name:
            continue
        if given[:, position].any():
            if not given[:, position].all():
                expected = said(
                    "{first} and {second}, both or neither", first=own[0], second=own[1]
                )
                faults.append(Fault(table.name, where, ", ".join(own), None, expected))
                continue
            here = (float(lats.iloc[position]), float(lons.iloc[position]))
            if not np.isfinite(here).all():
                continue
            if not (south <= here[0] <= north and west <= here[1] <= east):
                expected = said(
                    "a latitude from {south:.4g} to {north:.4g} and a longitude from {west:.4g} "
                    "to {east:.4g}: the roads lie there",
                    south=south,
                    north=north,
                    west=west,
                    east=east,
                )
                found = f"{here[0]:g}, {here[1]:g}"
                faults.append(Fault(table.name, where, ", ".join(own), found, expected))
                continue
        elif name in places:
            here = places[name]
        else:
            faults.append(_unknown(table, where, end, name, places))
            continue
        if points.setdefault(name, here) != here:
            expected = said(
                "the same point for {name!r} as in {where}",
                name=name,
                where=table.where(first[name]),
            )
            found = f"{here[0]:g}, {here[1]:g}"
            faults.append(Fault(table.name, where, end, found, expected))
        first.setdefault(name, int(str(row)))
    frame = pd.DataFrame.from_dict(points, orient="index", columns=list(_COORDINATES), dtype=float)
    return _Places(names, frame.rename_axis("name").sort_index(), faults)


def _unknown(table: Table, where: str, end: str, name: str, places: Iterable[str]) -> Fault:
    what = "a postcode such as 9712"
    if end == "to":
        what = "a postcode such as 9712 or the name of a hospital"
    expected = said(
        "{what} that is known, or {end}_lat and {end}_lon beside it", what=what, end=end
    )
    return Fault(table.name, where, end, name, expected, nearest_names(name, places))


def _filled_numbers(
    table: Table, column: str, *, minimum: float = 0.0, maximum: float = math.inf
) -> tuple[pd.Series[float], list[Fault]]:
    """Numbers of a column that may be absent or empty; NaN where it is."""
    out = pd.Series(np.nan, index=table.frame.index)
    if column not in table.frame:
        return out, []
    filled = table.frame[column].to_numpy() != ""
    values, faults = table.part(filled).numbers(column, minimum=minimum, maximum=maximum)
    out[filled] = values
    return out, faults


def _figures(table: Table, kind: str) -> tuple[list[dict[str, object]], list[Fault]]:
    values, faults = _filled_numbers(table, kind)
    nothing = {"low": np.nan, "high": np.nan}
    rows: list[dict[str, object]] = [
        {"row": row, "kind": kind, "known": text, "value": value, **nothing}
        for row, text, value in zip(table.rows, table.frame[kind], values, strict=True)
        if not math.isnan(value)
    ]
    return rows, faults


def _classes(table: Table) -> tuple[list[dict[str, object]], list[Fault]]:
    rows: list[dict[str, object]] = []
    faults = []
    read = {
        text: class_limits(text, decimal_comma=table.decimal_comma)
        for text in table.frame["class"].unique()
        if text
    }
    for row, text in table.frame["class"].items():
        limits = read.get(text)
        if limits is not None:
            low, high = limits
            rows.append(
                {
                    "row": row,
                    "kind": "class",
                    "known": text,
                    "value": np.nan,
                    "low": low,
                    "high": high,
                }
            )
        elif text:
            faults.append(Fault(table.name, table.where(row), "class", text, _EXPECTED_CLASS))
    return rows, faults


def _unused(table: Table) -> Iterator[Note]:
    used = _USED | {f"{end}_{axis}" for end in _ENDS for axis in _COORDINATES}
    ignored = [str(name) for name in table.frame.columns if name not in used]
    if ignored:
        names = tuple(ignored)
        yield Note.of("columns", file=table.name, count=len(names), names=names)
