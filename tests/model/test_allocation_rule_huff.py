"""Huff's parameters from counts."""

from __future__ import annotations

import numpy as np
import pytest

from impact.model.allocation_rule import estimate_huff, shares
from impact.notes import Note


def world(seed: int = 1) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.uniform(5.0, 60.0, size=(200, 5))


def test_parameters_that_made_the_counts_are_found_again() -> None:
    minutes = world()
    attraction = np.array([1.0, 2.0, 3.0, 1.0, 5.0])
    chances = shares(minutes, beta=0.08, utility=0.7 * np.log(attraction))
    fit = estimate_huff(minutes, 40.0 * chances, attraction)
    assert fit.beta == pytest.approx(0.08, abs=1e-4)
    assert fit.alpha == pytest.approx(0.7, abs=1e-3)
    assert fit.patients == pytest.approx(8000.0)
    assert 0.0 < fit.pseudo_r2 < 1.0
    assert fit.warnings == ()


def test_the_error_covers_what_chance_makes_of_the_counts() -> None:
    minutes = world()
    chances = shares(minutes, beta=0.08)
    generator = np.random.default_rng(7)
    found = [
        estimate_huff(minutes, np.array([generator.multinomial(10, row) for row in chances]))
        for _ in range(20)
    ]
    spread = np.std([fit.beta for fit in found], ddof=1)
    assert np.mean([fit.beta_error for fit in found]) == pytest.approx(spread, rel=0.5)


def test_everybody_to_the_nearest_does_not_identify_beta() -> None:
    minutes = np.array([[10.0, 20.0], [25.0, 5.0]])
    fit = estimate_huff(minutes, np.array([[100.0, 0.0], [0.0, 50.0]]))
    assert "not identified: everybody goes to the nearest" in str(
        fit.note(intervention="x", file="f.csv")
    )


def test_one_location_identifies_nothing() -> None:
    fit = estimate_huff(np.array([[10.0], [20.0]]), np.array([[5.0], [5.0]]))
    assert fit.warnings == (Note.of("huff_one"),)
    assert np.isnan(fit.beta_error)
    assert np.isnan(fit.pseudo_r2)


def test_who_prefers_what_is_far_does_not_choose_by_minutes() -> None:
    minutes = np.array([[10.0, 20.0], [25.0, 5.0]])
    fit = estimate_huff(minutes, np.array([[10.0, 90.0], [80.0, 20.0]]))
    assert fit.beta < 0.0
    assert "do not choose by minutes" in str(fit.note(intervention="x", file="f.csv"))


def test_patients_without_a_route_are_left_out_and_counted() -> None:
    minutes = np.array([[10.0, np.inf], [20.0, 10.0]])
    fit = estimate_huff(minutes, np.array([[60.0, 7.0], [40.0, 80.0]]))
    assert fit.left_out == 7.0
    assert "left out without a route: 7" in str(fit.note(intervention="x", file="f.csv"))
    # half as many at ten minutes more
    assert fit.beta == pytest.approx(np.log(2.0) / 10.0, abs=1e-4)


def test_attraction_that_is_the_same_everywhere_says_nothing() -> None:
    fit = estimate_huff(world(), 10.0 * shares(world(), beta=0.1), np.full(5, 3.0))
    assert fit.alpha == 1.0
    assert np.isnan(fit.alpha_error)
