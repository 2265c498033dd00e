"""Random thinning, where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from impact.errors import InputError
from impact.evidence.known_times import exponents, left_sizes, thin


def test_a_quarter_is_always_among_the_sizes() -> None:
    for count in range(4, 300):
        sizes = left_sizes(count).tolist()
        assert round(count / 4) in sizes
        assert sizes == sorted(set(sizes), reverse=True)
        assert sizes[0] == count
        assert sizes[-1] == max(1, round(count / 16))


def test_equal_costs_never_grow() -> None:
    found = thin(np.full((5, 16), 7.0), np.ones(5), draws=10)
    np.testing.assert_allclose(found.means, 7.0)
    np.testing.assert_allclose(found.exponents, 0.0, atol=1e-12)
    assert found.interval(found.ratios) == pytest.approx((1.0, 1.0))


def test_means_are_those_of_the_locations_that_are_left() -> None:
    # origin i is 0 from location i and 10 from every other: with m of 16 left, m are at home
    costs = np.full((16, 16), 10.0)
    np.fill_diagonal(costs, 0.0)
    found = thin(costs, np.ones(16), draws=5)
    expected = 10.0 * (16 - found.left) / 16
    np.testing.assert_allclose(found.means, np.tile(expected, (5, 1)))


def test_people_count_and_not_places() -> None:
    costs = np.array([[1.0] * 4, [5.0] * 4])
    np.testing.assert_allclose(thin(costs, np.array([3.0, 1.0]), draws=2).means, 2.0)


def test_closing_more_never_helps_and_a_seed_repeats() -> None:
    chance = np.random.default_rng(3)
    costs, weights = chance.uniform(1.0, 90.0, (40, 20)), chance.uniform(0.0, 5.0, 40)
    first, again, other = (thin(costs, weights, draws=30, seed=seed) for seed in (1, 1, 2))
    assert (np.diff(first.means, axis=1) >= -1e-12).all()
    np.testing.assert_array_equal(first.means, again.means)
    assert (first.means != other.means).any()
    # only shares of the weight count
    np.testing.assert_allclose(thin(costs, 9.0 * weights, draws=30).means, first.means)


def test_random_points_in_a_plane_follow_the_square_root() -> None:
    # on a torus there is no edge: the mean distance to the nearest of n points is 1 / (2 √n)
    chance = np.random.default_rng(7)
    origins, places = chance.uniform(size=(1500, 2)), chance.uniform(size=(256, 2))
    gap = np.abs(origins[:, None, :] - places[None, :, :])
    gap = np.hypot(*np.moveaxis(np.minimum(gap, 1.0 - gap), 2, 0))
    found = thin(gap, np.ones(1500), draws=200)
    assert found.means[:, 0].mean() == pytest.approx(0.5 / 16.0, rel=0.05)
    assert found.ratios.mean() == pytest.approx(2.0, abs=0.1)
    assert found.exponents.mean() == pytest.approx(0.5, abs=0.03)
    # the interval of a mean is narrower than the draws themselves
    for values in (found.ratios, found.exponents):
        low, high = found.interval(values)
        least, most = found.band(values)
        assert least < low < values.mean() < high < most


def test_who_cannot_reach_every_location_does_not_count() -> None:
    costs = np.ones((3, 4))
    costs[2] = [5.0, 5.0, 5.0, np.inf]
    found = thin(costs, np.array([1.0, 2.0, 1.0]), draws=3)
    np.testing.assert_allclose(found.means, 1.0)
    assert found.left_out == 0.25


def test_it_refuses_what_cannot_be_thinned() -> None:
    with pytest.raises(InputError, match="four locations or more"):
        thin(np.ones((3, 3)), np.ones(3))
    with pytest.raises(InputError, match="reach all of them"):
        thin(np.full((3, 4), np.inf), np.ones(3))


def test_the_exponent_is_a_slope_on_logarithms() -> None:
    left = [100, 50, 25]
    means = np.array([[1.0, 2.0, 4.0], [3.0, 3.0, 3.0]])
    np.testing.assert_allclose(exponents(left, means), [1.0, 0.0], atol=1e-12)
