"""The fourteen published ends by the published method: steps 0 and 1, and its travel table.

Volumes per institution are not public, so residents are the weights; nor is it known who is below
a norm, so that every choice of k of the n providers is a candidate. The register lists a treatment
only in regions where providers fall short, so that national catchments are those of the providers
that it knows. Step 2 needs volumes and is left out.

For a candidate S of stopping providers and a network g, over the postcodes i whose nearest provider
of the country is in S and g, with x_i = minutes to the nearest of g that goes on, less minutes to
the nearest provider:

    mean extra(S, g) = sum of w_i x_i / sum of w_i   over i with x_i ≠ 0

What "between a and b minutes" was read off is not in the scripts: each reading is a definition, and
all of them are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from impact.evidence.published.lattice import over_subsets
from impact.evidence.published.rows import median_place, membership
from impact.model.catchment import EXACT, WHOLE_MINUTES, Nearness
from impact.model.networks import REGION, SUBREGION, VASCULAR
from impact.study.model import Intervention

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from impact.evidence.published.table import PublishedRange, PublishedRow
    from impact.times.matrix import TravelTimes

MEDIAN = "median candidate"
LEAST = "least candidate"
GREATEST = "greatest candidate"
MIDDLE = "mean of two middle candidates"
CANDIDATES = "every candidate"
AVERAGE = "mean over treatments"
STATISTICS = (MEDIAN, MIDDLE, LEAST, GREATEST, CANDIDATES, AVERAGE)

EITHER = "subregion, else region"
"""Within subregions, but a candidate that leaves a subregion without any within the region."""

VASCULAR_TREATMENTS = ("aortic_complex_endovascular", "aortic_surgery")
LEFT_OUT = ("Oncologienetwerk Veluwe-IJssel", "kidney_local")
"""Network and treatment that the published travel table leaves out."""

MEANS_COLUMNS = (
    "region",
    "treatment",
    "network",
    "candidate",
    "stops",
    "mean_before",
    "mean_extra",
    "weight",
    "same",
    "feasible",
)
ENDS_COLUMNS = (
    "region",
    "definition",
    "published_low",
    "published_high",
    "low",
    "high",
    "low_from",
    "high_from",
)


@dataclass(frozen=True)
class PublishedReading:
    """One reading of "the extra travel time lies between a and b minutes".

    Attributes
    ----------
    statistic
        One of `STATISTICS`: what is taken over the candidates of a treatment in a network; the ends
        are the least and the greatest of that over treatments and networks. With `AVERAGE` the
        median candidates of a network are first averaged over treatments, by their weights.
    within
        ``"region"``, ``"subregion"`` or `EITHER`: where patients are redistributed.
    rounding
        ``"minutes"`` (as published) or ``"exact"``.
    zero_rule
        Whether a candidate in which nobody's minutes change has a mean of 0, or none.
    vascular
        Whether vascular treatments are redistributed in their own networks, where members are
        known.
    left_out
        Whether kidney treatment in Veluwe-IJssel is left out.
    """

    statistic: str = MEDIAN
    within: str = SUBREGION
    rounding: str = WHOLE_MINUTES
    zero_rule: bool = True
    vascular: bool = False
    left_out: bool = True

    @property
    def name(self) -> str:
        """Identifier; starts with ``published``."""
        parts = [
            "published",
            self.statistic,
            self.within,
            "whole minutes" if self.rounding == WHOLE_MINUTES else "exact minutes",
            "zero rule" if self.zero_rule else "no zero rule",
        ]
        if self.vascular:
            parts.append("vascular networks")
        if not self.left_out:
            parts.append("nothing left out")
        return ", ".join(parts)


def published_readings() -> tuple[PublishedReading, ...]:
    """Every reading that is tried, laid down before any is compared.

    Examples
    --------
    >>> published_readings()[0].name
    'published, median candidate, subregion, whole minutes, zero rule'
    """
    crossed = [
        PublishedReading(statistic, within, rounding, zero_rule)
        for statistic in STATISTICS
        for within in (SUBREGION, REGION)
        for rounding in (WHOLE_MINUTES, EXACT)
        for zero_rule in (True, False)
    ]
    base = [PublishedReading(statistic) for statistic in STATISTICS]
    more = [replace(each, vascular=True) for each in base]
    more += [replace(each, left_out=False) for each in base]
    more += [replace(each, within=EITHER) for each in base]
    return tuple(dict.fromkeys([*crossed, *more]))


def treatment_networks(
    providers: Sequence[str],
    region: str,
    treatment: str,
    *,
    everywhere: Sequence[str],
    networks: pd.DataFrame,
    organisation_of: Mapping[str, str],
    within: str = SUBREGION,
    vascular: bool = False,
) -> dict[str, tuple[str, ...]]:
    """Divide the providers of one treatment in one region over its networks."""
    layers = [SUBREGION] if within == SUBREGION else []
    if vascular and treatment in VASCULAR_TREATMENTS:
        layers.insert(0, VASCULAR)
    incomplete = networks[networks["member"] == ""]
    closed = set(zip(incomplete["layer"], incomplete["network"], strict=True))
    out: dict[str, tuple[str, ...]] = {}
    left = set(providers)
    for layer in layers:
        for name, members in networks[networks["layer"] == layer].groupby("network")["member"]:
            organisations = set(members)
            inside = {each for each in left if organisation_of[each] in organisations}
            if not inside or (layer, name) in closed:
                continue
            left -= inside
            if layer == VASCULAR:
                inside = {each for each in everywhere if organisation_of[each] in organisations}
            out[f"{layer}: {name}" if layer == VASCULAR else str(name)] = tuple(sorted(inside))
    divided = networks["layer"].eq(SUBREGION) & networks["main_region"].eq(region)
    if left and (within == REGION or not divided.any()):
        out[region] = tuple(sorted(left))
    elif left:
        out |= {name: (name,) for name in sorted(left)}
    return out


def candidate_means(
    near: Nearness,
    weights: NDArray[np.float64],
    *,
    everywhere: Sequence[str],
    networks: Mapping[str, Sequence[str]],
    stops: Sequence[Sequence[str]],
) -> pd.DataFrame:
    """Work out the published mean of every candidate in every network where somebody stops.

    Examples
    --------
    >>> from impact.times import TravelTimes
    >>> times = TravelTimes(("1", "2"), ("A", "B"), np.array([[5.0, 20.0], [30.0, 10.0]]))
    >>> found = candidate_means(
    ...     Nearness(times),
    ...     np.array([100.0, 50.0]),
    ...     everywhere=["A", "B"],
    ...     networks={"Oost": ["A", "B"]},
    ...     stops=[["A"], ["B"]],
    ... )
    >>> found["mean_extra"].tolist()
    [15.0, 20.0]
    """
    chosen = near.nearest(everywhere)
    parts = []
    for network, providers in networks.items():
        names = sorted(providers)
        bits = {name: 1 << place for place, name in enumerate(names)}
        sets = np.array([sum(bits.get(name, 0) for name in each) for each in stops], np.int64)
        some = np.flatnonzero(sets)
        sums = _sums_over_sets(near, weights, chosen, names)[:, sets[some]]
        stuck, moved, weight, before, extra = sums
        weight = np.where(stuck > 0.0, np.nan, weight)
        means = np.full((2, len(some)), np.nan)
        np.divide((before, extra), weight, out=means, where=weight > 0.0)
        said = {
            each: "; ".join(name for name in names if bits[name] & each)
            for each in set(sets[some].tolist())
        }
        columns = (
            network,
            some,
            [said[each] for each in sets[some].tolist()],
            *means,
            weight,
            moved - weight,
            stuck == 0.0,
        )
        parts.append(pd.DataFrame(dict(zip(MEANS_COLUMNS[2:], columns, strict=True))))
    return pd.concat(parts, ignore_index=True)


def _sums_over_sets(
    near: Nearness,
    weights: NDArray[np.float64],
    chosen: NDArray[np.int64],
    providers: Sequence[str],
) -> NDArray[np.float64]:
    """Sum, for every set of stopping providers, the stuck, all who go, w, w before and w x.

    The last three over x ≠ 0. A postcode goes to its next provider when all before it stop, so what
    it adds belongs to one set of providers (those before), and a set sums over its subsets.
    """
    columns = np.array(near.times.columns(providers), dtype=np.int64)
    here = np.flatnonzero(np.isin(chosen, columns) & (weights > 0.0))
    order, w = near.ranked(providers)[here], weights[here][:, None]
    ranked = near.minutes()[here[:, None], order]
    bit = np.zeros(len(near.times.destinations), dtype=np.int64)
    bit[columns] = np.left_shift(np.int64(1), np.arange(len(columns)))
    after = np.column_stack([ranked[:, 1:], np.full(len(here), np.inf)])
    now, stuck = ranked[:, :1], np.isinf(after)
    changed = (after != now) & ~stuck
    extra = np.where(stuck, 0.0, after - now)
    steps = (stuck, np.broadcast_to(w, after.shape), w * changed, w * now * changed, w * extra)
    prefix = np.bitwise_or.accumulate(bit[order], axis=1).ravel()
    size = 1 << len(columns)
    added = [
        np.bincount(prefix, np.diff(each.astype(np.float64), prepend=0.0, axis=1).ravel(), size)
        for each in steps
    ]
    return over_subsets(np.stack(added), len(columns))


def method_means(
    times: TravelTimes,
    weights: NDArray[np.float64],
    rows: Sequence[PublishedRow],
    register: pd.DataFrame,
    networks: pd.DataFrame,
    organisation_of: Mapping[str, str],
    *,
    within: str = SUBREGION,
    rounding: str = WHOLE_MINUTES,
    vascular: bool = False,
) -> pd.DataFrame:
    """Work out the published mean of every candidate of every row of the published table."""
    near = Nearness(times, rounding)
    parts = []
    for row in rows:
        same = register[register["treatment_id"] == row.treatment]
        providers = sorted(set(same.loc[same["region"] == row.region, "location"]))
        everywhere = sorted(set(same["location"]))
        stops = membership(Intervention(row.treatment, tuple(providers), stop_count=row.below))[0]
        divide = partial(
            treatment_networks,
            providers,
            row.region,
            row.treatment,
            everywhere=everywhere,
            networks=networks,
            organisation_of=organisation_of,
        )
        means = partial(candidate_means, near, weights, everywhere=everywhere)
        inside = SUBREGION if within == EITHER else within
        found = means(networks=divide(within=inside, vascular=vascular), stops=stops)
        if within == EITHER:
            wide = np.unique(found.loc[~found["feasible"], "candidate"].to_numpy(np.int64))
            whole = means(networks=divide(within=REGION), stops=[stops[each] for each in wide])
            whole["candidate"] = wide[whole["candidate"].to_numpy(np.int64)]
            found = pd.concat([found[~found["candidate"].isin(wide)], whole])
        parts.append(found.assign(region=row.region, treatment=row.treatment))
    return pd.concat(parts, ignore_index=True)[list(MEANS_COLUMNS)]


def method_ends(
    times: TravelTimes,
    weights: NDArray[np.float64],
    rows: Sequence[PublishedRow],
    register: pd.DataFrame,
    networks: pd.DataFrame,
    organisation_of: Mapping[str, str],
    *,
    published: Mapping[str, PublishedRange],
    readings: Sequence[PublishedReading] | None = None,
) -> pd.DataFrame:
    """Take the ends of every region under every reading."""
    made: dict[tuple[str, str, bool], pd.DataFrame] = {}
    summed: dict[tuple[str, str, bool, bool], dict[str, list[_Summary]]] = {}
    parts = []
    for reading in published_readings() if readings is None else readings:
        key = (reading.within, reading.rounding, reading.vascular)
        if key not in made:
            made[key] = method_means(
                times,
                weights,
                rows,
                register,
                networks,
                organisation_of,
                within=reading.within,
                rounding=reading.rounding,
                vascular=reading.vascular,
            )
        rule = (*key, reading.zero_rule)
        if rule not in summed:
            summed[rule] = _summaries(made[key], zero_rule=reading.zero_rule)
        parts.append(_ends_of(reading, summed[rule], published))
    return pd.concat(parts, ignore_index=True)


def scenarios_behind(means: pd.DataFrame, published: Mapping[str, PublishedRange]) -> pd.DataFrame:
    """Find the scenarios that could be behind every published end."""
    keys = ["region", "treatment", "network", "stops"]
    some = means.dropna(subset=["mean_extra"]).drop_duplicates(keys).sort_values(keys)
    rows = []
    for region, said in published.items():
        own = some[some["region"] == region]
        peak = own[own["treatment"].isin(said.peaks)]
        for end, minutes, among in (
            ("low", said.low, own),
            ("high", said.high, own),
            ("peak", said.high, peak),
        ):
            cells: list[object] = ["", "", "", np.nan]
            if not among.empty:
                nearest = among.iloc[int((among["mean_extra"] - minutes).abs().argmin())]
                cells = [nearest[name] for name in (*keys[1:], "mean_extra")]
            fitting = int(among["mean_extra"].round().eq(minutes).sum())
            rows.append((region, end, minutes, len(among), fitting, *cells))
    columns = ["region", "end", "published", "scenarios", "fitting", *keys[1:], "mean_extra"]
    return pd.DataFrame(rows, columns=columns)


def reading_ends(
    reading: PublishedReading, means: pd.DataFrame, published: Mapping[str, PublishedRange]
) -> pd.DataFrame:
    """Take the ends of every region under one reading."""
    return _ends_of(reading, _summaries(means, zero_rule=reading.zero_rule), published)


class _Summary(NamedTuple):
    """Candidates of one treatment in one network."""

    treatment: str
    network: str
    least: float
    greatest: float
    median: float
    middle: float
    weight: float
    """Of the median candidate."""


def _summaries(means: pd.DataFrame, *, zero_rule: bool) -> dict[str, list[_Summary]]:
    """Summarise the candidates of every treatment and network, by region and name."""
    if zero_rule:
        # where nobody lives nearest to who stops there is nothing that could be 0
        unchanged = means["weight"].eq(0.0) & means["same"].gt(0.0)
        means = means.assign(mean_extra=means["mean_extra"].mask(unchanged, 0.0))
    known = means[means["mean_extra"].notna()]
    extra = known["mean_extra"].to_numpy(np.float64)
    weight = known["weight"].to_numpy(np.float64)
    out: dict[str, list[_Summary]] = {}
    names = zip(known["region"], known["treatment"], known["network"], strict=True)
    grouped: dict[tuple[str, str, str], list[int]] = {}
    for row, name in enumerate(names):
        grouped.setdefault(name, []).append(row)
    for (region, treatment, network), rows in sorted(grouped.items()):
        own = extra[rows]
        place = median_place(own) or 0
        figures = (own.min(), own.max(), own[place], np.median(own), weight[rows[place]])
        summary = _Summary(treatment, network, *(float(each) for each in figures))
        out.setdefault(region, []).append(summary)
    return out


def _ends_of(
    reading: PublishedReading,
    summaries: Mapping[str, Sequence[_Summary]],
    published: Mapping[str, PublishedRange],
) -> pd.DataFrame:
    """Rows of `reading_ends`."""
    rows = []
    for region, said in published.items():
        own = [
            each
            for each in summaries.get(region, [])
            if not (reading.left_out and (each.network, each.treatment) == LEFT_OUT)
        ]
        lows, highs = _taken(reading.statistic, own)
        low, low_from = min(lows, key=lambda each: each[0], default=_NOTHING)
        high, high_from = max(highs, key=lambda each: each[0], default=_NOTHING)
        ends = (said.low, said.high, low, high, ", ".join(low_from), ", ".join(high_from))
        rows.append((region, reading.name, *ends))
    return pd.DataFrame(rows, columns=list(ENDS_COLUMNS))


_Value = tuple[float, tuple[str, ...]]
_NOTHING: _Value = (np.nan, ())


def _taken(statistic: str, own: Sequence[_Summary]) -> tuple[list[_Value], list[_Value]]:
    """Values of which the least and the greatest are the ends, and where they are."""
    if statistic == AVERAGE:
        averages = _averages(own)
        return averages, averages
    low, high = _ENDS_TAKEN[statistic]
    places = [(each.treatment, each.network) for each in own]
    lows, highs = ([float(getattr(each, name)) for each in own] for name in (low, high))
    return list(zip(lows, places, strict=True)), list(zip(highs, places, strict=True))


_ENDS_TAKEN = {
    MEDIAN: ("median", "median"),
    MIDDLE: ("middle", "middle"),
    LEAST: ("least", "least"),
    GREATEST: ("greatest", "greatest"),
    CANDIDATES: ("least", "greatest"),
}


def _averages(own: Sequence[_Summary]) -> list[_Value]:
    """Median candidates of every network, averaged over treatments by their weights."""
    out: list[_Value] = []
    for network in sorted({each.network for each in own}):
        here = [each for each in own if each.network == network]
        weight = sum(each.weight for each in here)
        if weight > 0.0:
            total = sum(each.median * each.weight for each in here)
            out.append((total / weight, ("every treatment", network)))
    return out
