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
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

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

    Returns
    -------
    tuple of PublishedReading
        First what stands in the scripts, with the median candidate; then every statistic within
        regions and subregions, with each rounding and with the zero rule on and off; then vascular
        networks, and nothing left out. Last `EITHER`, which was added when it was seen that
        treatments of one provider per subregion have no scenario within subregions.

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
    """Divide the providers of one treatment in one region over the networks that redistribute it.

    Parameters
    ----------
    providers
        Of the region.
    region, treatment
        Which.
    everywhere
        All providers of the treatment; those of other regions count where a vascular network has
        them as members.
    networks
        From `impact.model.networks.read_networks`.
    organisation_of
        Location -> organisation.
    within
        ``"region"`` or ``"subregion"``.
    vascular
        Whether a vascular treatment is redistributed in vascular networks; one whose members are
        not all known does not count, and its providers stay in their region or subregion.

    Returns
    -------
    dict of str to tuple of str
        Network -> its providers, sorted; every one of `providers` is in one. A provider that no
        subregion names is a network of its own, by its own name.
    """
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

    Parameters
    ----------
    near
        Times from all postcodes to all providers.
    weights : ndarray of float, shape (n_postcodes,)
        Residents.
    everywhere
        All providers of the treatment.
    networks
        Network -> its providers.
    stops
        Candidates: who stops.

    Returns
    -------
    pandas.DataFrame
        network, candidate (position in `stops`), stops (joined by "; ", those of the network),
        mean_before, mean_extra (NaN where nobody's minutes change), weight (over x ≠ 0), same
        (weight of those with x = 0), feasible (whether somebody of the network goes on and can be
        reached by all who must go; else the figures are NaN).

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
    out = []
    for network, providers in networks.items():
        columns = near.times.columns(providers)
        here = np.flatnonzero(np.isin(chosen, columns) & (weights > 0.0))
        order, at, n = near.ranked(providers)[here], chosen[here], weights[here]
        minutes = near.minutes()[here]
        found: dict[tuple[str, ...], tuple[float, float, float, float]] = {}
        for candidate, names in enumerate(stops):
            some = tuple(sorted(set(names) & set(providers)))
            if not some:
                continue
            if some not in found:
                stopping = np.zeros(len(near.times.destinations), dtype=bool)
                stopping[near.times.columns(some)] = True
                gone = stopping[at]
                found[some] = _means(minutes[gone], at[gone], order[gone], n[gone], stopping)
            out.append((network, candidate, "; ".join(some), *found[some]))
    frame = pd.DataFrame(out, columns=list(MEANS_COLUMNS[2:-1]))
    return frame.assign(feasible=frame["weight"].notna())


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
    """Work out the published mean of every candidate of every row of the published table.

    Parameters
    ----------
    times
        From every postcode of the country to every location of the register; ``km`` where distance
        is to tell equal minutes apart.
    weights : ndarray of float, shape (n_postcodes,)
        Residents.
    rows
        k of n per region and treatment.
    register
        Who performs what: region, treatment_id, location.
    networks
        From `impact.model.networks.read_networks`.
    organisation_of
        Location -> organisation.
    within, rounding, vascular
        As of `PublishedReading`.

    Returns
    -------
    pandas.DataFrame
        region and treatment, and the columns of `candidate_means`. Candidates are those of
        `impact reproduce`: k of the n stop; where all n fall short, one takes all.
    """
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
    """Take the ends of every region under every reading.

    Parameters
    ----------
    times, weights, rows, register, networks, organisation_of
        As for `method_means`.
    published
        Region -> published range.
    readings
        `published_readings` by default.

    Returns
    -------
    pandas.DataFrame
        As `reading_ends`, reading after reading.
    """
    made: dict[tuple[str, str, bool], pd.DataFrame] = {}
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
        parts.append(reading_ends(reading, made[key], published))
    return pd.concat(parts, ignore_index=True)


def scenarios_behind(means: pd.DataFrame, published: Mapping[str, PublishedRange]) -> pd.DataFrame:
    """Find the scenarios that could be behind every published end.

    Parameters
    ----------
    means
        From `method_means`.
    published
        Region -> published range.

    Returns
    -------
    pandas.DataFrame
        region, end (``low``, ``high``, or ``peak``: the upper end among the treatments that are
        said to have it), published (minutes), scenarios (sets of providers of one treatment and
        network that stop), fitting (those whose mean is the published one when rounded), and of
        the nearest: treatment, network, stops, mean_extra (empty without any scenario). With many
        scenarios one that fits says little; that none fits says more.
    """
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
    """Take the ends of every region under one reading.

    Parameters
    ----------
    reading
        Which; its `statistic`, `zero_rule` and `left_out` count here.
    means
        From `method_means`, made with the rest of the reading.
    published
        Region -> published range.

    Returns
    -------
    pandas.DataFrame
        region, definition, published_low, published_high, low, high (minutes; NaN where nothing is
        known), low_from and high_from (treatment and network).
    """
    if reading.left_out:
        network, treatment = LEFT_OUT
        out = means["network"].eq(network) & means["treatment"].eq(treatment)
        means = means[~out]
    if reading.zero_rule:
        # where nobody lives nearest to who stops there is nothing that could be 0
        unchanged = means["weight"].eq(0.0) & means["same"].gt(0.0)
        means = means.assign(mean_extra=means["mean_extra"].mask(unchanged, 0.0))
    rows = []
    for region, said in published.items():
        own = means[means["region"].eq(region) & means["mean_extra"].notna()]
        lows, highs = _taken(reading.statistic, own)
        (low, low_from), (high, high_from) = _end(lows, least=True), _end(highs, least=False)
        ends = (said.low, said.high, low, high, low_from, high_from)
        rows.append((region, reading.name, *ends))
    return pd.DataFrame(rows, columns=list(ENDS_COLUMNS))


def _means(
    minutes: NDArray[np.float64],
    before: NDArray[np.int64],
    order: NDArray[np.int64],
    weights: NDArray[np.float64],
    stopping: NDArray[np.bool_],
) -> tuple[float, float, float, float]:
    """Mean before and mean extra over x ≠ 0, their weight, and the weight of x = 0."""
    goes_on = ~stopping[order]
    every = np.arange(len(order))
    after = minutes[every, order[every, goes_on.argmax(axis=1)]]
    if not goes_on.any(axis=1).all() or not np.isfinite(after).all():
        return np.nan, np.nan, np.nan, np.nan
    now = minutes[every, before]
    extra = after - now
    changed = extra != 0.0
    weight, same = float(weights[changed].sum()), float(weights[~changed].sum())
    if weight == 0.0:
        return np.nan, np.nan, 0.0, same
    return (
        float((weights * now)[changed].sum()) / weight,
        float((weights * extra)[changed].sum()) / weight,
        weight,
        same,
    )


def _taken(statistic: str, rows: pd.DataFrame) -> tuple[pd.Series[float], pd.Series[float]]:
    """Values of which the least and the greatest are the ends, by treatment and network."""
    keys = ["treatment", "network"]
    grouped = rows.groupby(keys)["mean_extra"]
    if statistic in {LEAST, CANDIDATES}:
        return grouped.min(), grouped.min() if statistic == LEAST else grouped.max()
    if statistic == GREATEST:
        return grouped.max(), grouped.max()
    if statistic == MIDDLE:
        return grouped.median(), grouped.median()
    medians = rows[rows.groupby(keys)["mean_extra"].transform(_is_median).astype(bool)]
    medians = medians.set_index(keys)
    if statistic == MEDIAN:
        return medians["mean_extra"], medians["mean_extra"]
    total = (medians["mean_extra"] * medians["weight"]).groupby("network").sum()
    weight = medians["weight"].groupby("network").sum()
    average = (total / weight.where(weight > 0.0)).dropna()
    average.index = pd.MultiIndex.from_product([["every treatment"], average.index], names=keys)
    return average, average


def _is_median(means: pd.Series[float]) -> pd.Series[float]:
    """1 for the median candidate, 0 for the others."""
    place = median_place(np.asarray(means, dtype=np.float64))
    return pd.Series(np.arange(len(means)) == place, index=means.index, dtype=np.float64)


def _end(values: pd.Series[float], *, least: bool) -> tuple[float, str]:
    """Least or greatest value and where it is, of equals the first by name."""
    if values.empty:
        return np.nan, ""
    ordered = values.sort_index()
    place = int(ordered.argmin() if least else ordered.argmax())
    return float(ordered.iloc[place]), ", ".join(map(str, ordered.index[place]))
