"""How plausible it is that just these hospitals are the ones below the norm."""

from __future__ import annotations

import numpy as np
import pytest

from impact.evidence.published.treatments import (
    NATIONAL,
    PRIORS,
    Prior,
    national_counts,
    plausibility,
)

CERTAIN = Prior("certain", sigma=1e-6)


def weights(
    catchment: list[float],
    prior: Prior,
    *,
    stop: int = 1,
    norm: float | None = 50.0,
    total: float | None = None,
    university: list[bool] | None = None,
) -> np.ndarray:
    places = len(catchment)
    from itertools import combinations  # noqa: PLC0415

    members = np.array(
        [[h in some for h in range(places)] for some in combinations(range(places), stop)]
    )
    return plausibility(
        np.array(catchment),
        np.zeros(places, dtype=bool) if university is None else np.array(university),
        members,
        prior,
        norm_count=norm,
        expected_total=total,
        all_below=False,
        draws=2000,
        seed=7,
    )


def test_the_smallest_catchment_is_below_the_norm_when_volumes_follow_it() -> None:
    assert weights([10.0, 30.0, 60.0], CERTAIN).round(6).tolist() == [1.0, 0.0, 0.0]
    # two below the norm: the first two, the candidate (0, 1)
    assert weights([10.0, 30.0, 60.0], CERTAIN, stop=2).round(6).tolist() == [1.0, 0.0, 0.0]


def test_weights_add_to_one_and_blur_with_the_spread() -> None:
    narrow, broad = (weights([10.0, 20.0, 40.0], Prior("x", sigma=s)) for s in (0.2, 2.0))
    assert narrow.sum() == pytest.approx(1.0)
    assert broad.sum() == pytest.approx(1.0)
    assert narrow[0] > broad[0] > 1 / 3


def test_hospitals_that_are_alike_are_equally_likely() -> None:
    found = weights([10.0, 30.0, 60.0], Prior("x", by_catchment=False))
    np.testing.assert_allclose(found, 1 / 3, atol=0.05)


def test_a_known_total_rules_out_what_does_not_fit() -> None:
    # 10 : 30 : 60 with 100 in all: 10 and 30 are below 50, so nothing fits exactly one below it
    loose = Prior("x", sigma=0.3)
    with_total = weights([10.0, 30.0, 60.0], loose, total=100.0, stop=2)
    assert with_total[0] > 0.95
    # with 1000 in all, one below 50 must be far smaller than its catchment says
    few = weights([10.0, 30.0, 60.0], loose, total=1000.0)
    assert few[0] > weights([10.0, 30.0, 60.0], loose)[0]


def test_university_hospitals_can_count_for_more() -> None:
    twice = Prior("x", university=4.0)
    plain, other = (
        weights([20.0, 25.0], prior, university=[True, False]) for prior in (Prior("x"), twice)
    )
    assert other[0] < plain[0]


def test_the_same_seed_gives_the_same_weights() -> None:
    first, second = (weights([10.0, 20.0, 40.0], PRIORS[0]) for _ in range(2))
    assert np.array_equal(first, second)


def test_where_all_are_below_the_norm_the_largest_stays() -> None:
    members = ~np.eye(3, dtype=bool)
    found = plausibility(
        np.array([10.0, 30.0, 60.0]),
        np.zeros(3, dtype=bool),
        members,
        CERTAIN,
        norm_count=75.0,
        expected_total=100.0,
        all_below=True,
        draws=50,
        seed=1,
    )
    assert found.round(6).tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize("all_below", [False, True])
def test_weights_are_those_of_drawing_every_volume(all_below: bool) -> None:  # noqa: FBT001
    """The closed form beside its plain definition: draw volumes, keep what fits, and count."""
    catchment, norm, total, prior = np.array([15.0, 30.0, 55.0]), 50.0, 120.0, Prior("x", sigma=1.0)
    members = ~np.eye(3, dtype=bool) if all_below else np.eye(3, dtype=bool)
    found = plausibility(
        catchment,
        np.zeros(3, dtype=bool),
        members,
        prior,
        norm_count=norm,
        expected_total=total,
        all_below=all_below,
        draws=20_000,
        seed=1,
    )
    chance, draws = np.random.default_rng(5), 400_000
    # a hundredth of all is divided over the three, so that no catchment is empty
    share = (catchment + 1 / 3) * np.exp(chance.standard_normal((draws, 3)))
    whole = total * np.exp(0.3 * chance.standard_normal((draws, 1)))
    volume = whole * share / share.sum(axis=1, keepdims=True)
    below = (volume < norm).sum(axis=1)
    stays = volume.argmax(axis=1)[below == 3]
    stops = volume.argmin(axis=1)[below == 1]
    counted = np.bincount(stays if all_below else stops, minlength=3)
    np.testing.assert_allclose(found, counted / counted.sum(), atol=0.02)


def test_national_counts_are_read_from_the_shipped_table() -> None:
    counts = national_counts()
    assert set(counts) == set(NATIONAL)
    # 725 of the oesophagus and 346 of the stomach in 2022
    assert counts["oesophagus_stomach_resections"] == 1071.0
