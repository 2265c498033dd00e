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

from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from impact.evidence.published.lattice import over_subsets
from impact.evidence.published.rows import median_place, membership
from impact.model.catchment import EXACT, WHOLE_MINUTES
from impact.model.networks import REGION, SUBREGION, VASCULAR
from impact.study.model import Intervention

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from impact.evidence.published.table import PublishedRange, PublishedRow
    from impact.model.catchment import Nearness

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


@dataclass(frozen=True, eq=False)
class NetworkMeans:
    """Published means of the candidates of one treatment in one network.

    Attributes
    ----------
    region, treatment, network
        Whose; the first two are empty where candidates of no row in particular are asked for.
    providers
        Of the network, sorted.
    candidate : ndarray of int64, shape (n,)
        Place of each candidate in which somebody of the network stops.
    sets : ndarray of int64, shape (n,)
        Who of the network stops: bit h for provider h.
    before, extra, weight, same : ndarray of float, shape (n,)
        Mean minutes before and extra of those whose minutes change, how many they are, and how
        many move without a change; NaN where somebody of the network has nowhere left to go.
    feasible : ndarray of bool, shape (n,)
        Whether everybody of the network has somewhere left to go.
    """

    region: str
    treatment: str
    network: str
    providers: tuple[str, ...]
    candidate: NDArray[np.int64]
    sets: NDArray[np.int64]
    before: NDArray[np.float64]
    extra: NDArray[np.float64]
    weight: NDArray[np.float64]
    same: NDArray[np.float64]
    feasible: NDArray[np.bool_]

    def take(self, some: NDArray[Any]) -> NetworkMeans:
        """Keep some of the candidates."""
        columns = ("candidate", "sets", "before", "extra", "weight", "same", "feasible")
        return replace(self, **{name: getattr(self, name)[some] for name in columns})

    def stops(self) -> list[str]:
        """Names of who stops, per candidate."""
        names = [(1 << place, name) for place, name in enumerate(self.providers)]
        return ["; ".join(n for bit, n in names if bit & each) for each in self.sets.tolist()]


def means_table(parts: Sequence[NetworkMeans]) -> pd.DataFrame:
    """Put means in one table: `MEANS_COLUMNS`."""
    frames = []
    for each in parts:
        figures = (each.before, each.extra, each.weight, each.same, each.feasible)
        columns = (each.region, each.treatment, each.network, each.candidate, each.stops())
        frames.append(pd.DataFrame(dict(zip(MEANS_COLUMNS, (*columns, *figures), strict=True))))
    return pd.concat(frames, ignore_index=True)


@dataclass(frozen=True, eq=False)
class MethodTables:
    """Rows of the published table, and who may take part in each.

    Attributes
    ----------
    rows
        Of the published table.
    register
        See `impact.study.register.read_register`.
    networks
        See `impact.model.networks.read_networks`.
    organisation_of
        Location -> its organisation.
    """

    rows: Sequence[PublishedRow]
    register: pd.DataFrame
    networks: pd.DataFrame
    organisation_of: Mapping[str, str]

    @cached_property
    def _listed(self) -> Mapping[str, Mapping[str, set[str]]]:
        """Treatment -> region -> locations that the register lists."""
        out: dict[str, dict[str, set[str]]] = {}
        columns = ("treatment_id", "region", "location")
        for treatment, region, name in zip(*(self.register[c] for c in columns), strict=True):
            out.setdefault(treatment, {}).setdefault(region, set()).add(name)
        return out

    @cached_property
    def _members(self) -> Mapping[str, Mapping[str, set[str]]]:
        """Layer -> network, by name -> its organisations; only networks that are known in full."""
        out: dict[str, dict[str, set[str]]] = {}
        columns = ("layer", "network", "member")
        for layer, network, member in sorted(
            zip(*(self.networks[c] for c in columns), strict=True)
        ):
            out.setdefault(layer, {}).setdefault(network, set()).add(member)
        return {
            layer: {name: members for name, members in networks.items() if "" not in members}
            for layer, networks in out.items()
        }

    @cached_property
    def _divided(self) -> set[str]:
        """Regions that are divided into subregions."""
        return set(self.networks.loc[self.networks["layer"] == SUBREGION, "main_region"])

    def providers(self, region: str, treatment: str) -> tuple[str, ...]:
        """List the providers of a treatment in a region, sorted."""
        return tuple(sorted(self._listed[treatment].get(region, ())))

    def everywhere(self, treatment: str) -> tuple[str, ...]:
        """Every provider of a treatment that is known, sorted."""
        return tuple(sorted(set().union(*self._listed[treatment].values())))

    def candidates(self, row: PublishedRow) -> NDArray[np.bool_]:
        """Every choice of who stops, by place among the providers."""
        providers = self.providers(row.region, row.treatment)
        return membership(Intervention(row.treatment, providers, stop_count=row.below))[1]

    def divided(
        self, region: str, treatment: str, *, within: str = SUBREGION, vascular: bool = False
    ) -> dict[str, tuple[str, ...]]:
        """Divide the providers of one treatment in one region over its networks."""
        layers = [SUBREGION] if within == SUBREGION else []
        if vascular and treatment in VASCULAR_TREATMENTS:
            layers.insert(0, VASCULAR)
        out: dict[str, tuple[str, ...]] = {}
        left, organisation = set(self.providers(region, treatment)), self.organisation_of
        for layer in layers:
            for name, members in self._members.get(layer, {}).items():
                inside = {each for each in left if organisation[each] in members}
                if not inside:
                    continue
                left -= inside
                if layer == VASCULAR:
                    known = self.everywhere(treatment)
                    inside = {each for each in known if organisation[each] in members}
                out[f"{layer}: {name}" if layer == VASCULAR else name] = tuple(sorted(inside))
        if left and (within == REGION or region not in self._divided):
            out[region] = tuple(sorted(left))
        elif left:
            out |= {name: (name,) for name in sorted(left)}
        return out


@dataclass(frozen=True, eq=False)
class SetSums:
    """Sums over every set of providers that stops, in networks of one country.

    Attributes
    ----------
    near
        Minutes of the country.
    weights : ndarray of float, shape (n_postcodes,)
        Who counts.

    Notes
    -----
    A postcode goes to its next provider when all before it stop, so what it adds belongs to one
    set of providers (those before), and a set sums over its subsets.
    """

    near: Nearness
    weights: NDArray[np.float64]
    _nearest: dict[tuple[str, ...], NDArray[np.int64]] = field(default_factory=dict)
    _sums: dict[tuple[tuple[str, ...], tuple[str, ...]], NDArray[np.float64]] = field(
        default_factory=dict
    )

    def of(self, everywhere: Sequence[str], providers: Sequence[str]) -> NDArray[np.float64]:
        """Sum, for every set of providers, the stuck, all who go, w, w before and w x.

        The last three over x ≠ 0.
        """
        key = (tuple(everywhere), tuple(providers))
        if key not in self._sums:
            if key[0] not in self._nearest:
                self._nearest[key[0]] = self.near.nearest(everywhere)
            self._sums[key] = self._added(self._nearest[key[0]], providers)
        return self._sums[key]

    def _added(self, chosen: NDArray[np.int64], providers: Sequence[str]) -> NDArray[np.float64]:
        near = self.near
        columns = np.array(near.times.columns(providers), dtype=np.int64)
        here = np.flatnonzero(np.isin(chosen, columns) & (self.weights > 0.0))
        order, w = near.ranked(providers, here), self.weights[here][:, None]
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


def candidate_means(
    sums: SetSums,
    *,
    everywhere: Sequence[str],
    networks: Mapping[str, Sequence[str]],
    providers: Sequence[str],
    members: NDArray[np.bool_],
) -> list[NetworkMeans]:
    """Work out the published mean of every candidate in every network where somebody stops.

    Parameters
    ----------
    sums
        Minutes and weights of the country.
    everywhere
        Every provider.
    networks
        Network -> its providers.
    providers
        Who may stop.
    members : ndarray of bool, shape (n_candidates, n_providers)
        Who stops in each candidate.

    Examples
    --------
    >>> from impact.model.catchment import Nearness
    >>> from impact.times import TravelTimes
    >>> times = TravelTimes(("1", "2"), ("A", "B"), np.array([[5.0, 20.0], [30.0, 10.0]]))
    >>> found = candidate_means(
    ...     SetSums(Nearness(times), np.array([100.0, 50.0])),
    ...     everywhere=["A", "B"],
    ...     networks={"Oost": ["A", "B"]},
    ...     providers=["A", "B"],
    ...     members=np.eye(2, dtype=bool),
    ... )
    >>> found[0].extra.tolist()
    [15.0, 20.0]
    """
    place = {name: column for column, name in enumerate(providers)}
    parts = []
    for network, inside in networks.items():
        names = tuple(sorted(inside))
        bits = [(place[name], 1 << bit) for bit, name in enumerate(names) if name in place]
        columns, powers = zip(*bits, strict=True) if bits else ((), ())
        sets = members[:, list(columns)].astype(np.int64) @ np.array(powers, dtype=np.int64)
        some = np.flatnonzero(sets)
        stuck, moved, weight, before, extra = sums.of(everywhere, names)[:, sets[some]]
        weight = np.where(stuck > 0.0, np.nan, weight)
        means = np.full((2, len(some)), np.nan)
        np.divide((before, extra), weight, out=means, where=weight > 0.0)
        parts.append(
            NetworkMeans(
                "",
                "",
                network,
                names,
                candidate=some,
                sets=sets[some],
                before=means[0],
                extra=means[1],
                weight=weight,
                same=moved - weight,
                feasible=stuck == 0.0,
            )
        )
    return parts


def method_means(
    tables: MethodTables,
    sums: SetSums,
    *,
    within: str = SUBREGION,
    vascular: bool = False,
) -> list[NetworkMeans]:
    """Work out the published mean of every candidate of every row of the published table."""
    out = []
    for row in tables.rows:
        region, treatment = row.region, row.treatment
        means = partial(
            candidate_means,
            sums,
            everywhere=tables.everywhere(treatment),
            providers=tables.providers(region, treatment),
            members=tables.candidates(row),
        )
        inside = SUBREGION if within == EITHER else within
        divided = tables.divided(region, treatment, within=inside, vascular=vascular)
        found = means(networks=divided)
        if within == EITHER:
            wide = np.unique(np.concatenate([each.candidate[~each.feasible] for each in found]))
            whole = tables.divided(region, treatment, within=REGION)
            again = means(networks=whole)
            found = [each.take(~np.isin(each.candidate, wide)) for each in found]
            found += [each.take(np.isin(each.candidate, wide)) for each in again]
        out += [replace(each, region=region, treatment=treatment) for each in found]
    return out


def method_ends(
    tables: MethodTables,
    sums: Mapping[str, SetSums],
    *,
    published: Mapping[str, PublishedRange],
    readings: Sequence[PublishedReading] | None = None,
) -> pd.DataFrame:
    """Take the ends of every region under every reading; `sums` by the rounding of minutes."""
    made: dict[tuple[str, str, bool], list[NetworkMeans]] = {}
    summed: dict[tuple[str, str, bool, bool], dict[str, list[_Summary]]] = {}
    rows = []
    for reading in published_readings() if readings is None else readings:
        key = (reading.within, reading.rounding, reading.vascular)
        if key not in made:
            own = sums[reading.rounding]
            made[key] = method_means(tables, own, within=reading.within, vascular=reading.vascular)
        rule = (*key, reading.zero_rule)
        if rule not in summed:
            summed[rule] = _summaries(made[key], zero_rule=reading.zero_rule)
        rows += _ends_of(reading, summed[rule], published)
    return pd.DataFrame(rows, columns=list(ENDS_COLUMNS))


def scenarios_behind(
    means: Sequence[NetworkMeans], published: Mapping[str, PublishedRange]
) -> pd.DataFrame:
    """Find the scenarios that could be behind every published end."""
    keys = ["region", "treatment", "network", "stops"]
    known = [each.take(~np.isnan(each.extra)) for each in means]
    distinct = [each.take(np.unique(each.sets, return_index=True)[1]) for each in known]
    some = means_table(distinct).drop_duplicates(keys).sort_values(keys)
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
    reading: PublishedReading,
    means: Sequence[NetworkMeans],
    published: Mapping[str, PublishedRange],
) -> pd.DataFrame:
    """Take the ends of every region under one reading."""
    rows = _ends_of(reading, _summaries(means, zero_rule=reading.zero_rule), published)
    return pd.DataFrame(rows, columns=list(ENDS_COLUMNS))


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


def _summaries(means: Sequence[NetworkMeans], *, zero_rule: bool) -> dict[str, list[_Summary]]:
    """Summarise the candidates of every treatment and network, by region and name."""
    grouped: dict[tuple[str, str, str], list[NetworkMeans]] = {}
    for each in means:
        grouped.setdefault((each.region, each.treatment, each.network), []).append(each)
    out: dict[str, list[_Summary]] = {}
    for (region, treatment, network), parts in sorted(grouped.items()):
        extra, weight, same = (
            np.concatenate([getattr(each, name) for each in parts])
            for name in ("extra", "weight", "same")
        )
        if zero_rule:
            # where nobody lives nearest to who stops there is nothing that could be 0
            extra = np.where((weight == 0.0) & (same > 0.0), 0.0, extra)
        known = ~np.isnan(extra)
        own = extra[known]
        place = median_place(own)
        if place is None:
            continue
        figures = (own.min(), own.max(), own[place], np.median(own), weight[known][place])
        summary = _Summary(treatment, network, *(float(each) for each in figures))
        out.setdefault(region, []).append(summary)
    return out


def _ends_of(
    reading: PublishedReading,
    summaries: Mapping[str, Sequence[_Summary]],
    published: Mapping[str, PublishedRange],
) -> list[tuple[object, ...]]:
    """Rows of `reading_ends`."""
    rows: list[tuple[object, ...]] = []
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
    return rows


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
