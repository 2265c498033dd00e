"""Ensembles: a matrix per random speed table, and what they have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from networks import points, roads

from impact import read_hospitals, read_main_roads, read_postcodes, travel_times
from impact.errors import InputError
from impact.times import ensemble as module
from impact.times.ensemble import Ensemble, ensemble, summarise

if TYPE_CHECKING:
    from pathlib import Path


def toy(members: int = 10, spread: float = 0.2, **how: object) -> Ensemble:
    #  A --10-- B --20-- C    D (no road)
    network = roads("a - b 10", "b - c 20", at={"d": (52.0, 9.0)})
    every = points(network, "a b c d")
    here, there = every.loc[["a", "d"]], every.loc[["b", "c"]]
    return ensemble(network, here, there, members=members, spread=spread, **how)  # type: ignore[arg-type]


def test_minutes_are_those_of_each_table() -> None:
    many = toy()

    for number, times in enumerate(many):
        drawn = many.tables.draw(number).minutes
        assert times.minutes[0].tolist() == pytest.approx([drawn[0], drawn[0] + drawn[2]])
        assert np.isinf(times.minutes[1]).all()
        assert times.manifest["member"] == number
    assert len(many) == 10
    assert many.manifest["ensemble"]["spread"] == 0.2


def test_mean_and_percentiles_by_their_plain_definition() -> None:
    many = toy()
    to_b = sorted(float(times.minutes[0, 0]) for times in many)
    with summarise(many) as found:
        # one, five and nine of ten do not exceed them
        shown = [found.percentiles[each][0, 0] for each in (10, 50, 90)]
        assert shown == pytest.approx([to_b[0], to_b[4], to_b[8]], rel=1e-6)
        assert found.mean[0, 0] == pytest.approx(np.mean(to_b), rel=1e-6)
        assert found.members.shape == (10, 2, 2)
        assert np.isinf(found.mean[1]).all()
        assert np.isinf(found.percentiles[10][1]).all()
        assert np.array_equal(found.base.minutes[0], [10.0, 30.0])


def test_without_spread_every_member_is_the_profile() -> None:
    with summarise(toy(members=3, spread=0.0)) as found:
        for each in (found.mean, *found.percentiles.values(), *found.members):
            assert np.array_equal(each, found.base.minutes)


def test_one_member_is_its_own_mean_and_percentiles() -> None:
    with summarise(toy(members=1)) as found:
        for each in (found.mean, *found.percentiles.values()):
            assert np.array_equal(each, found.members[0])


def test_members_in_a_file_change_no_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[tuple[int, int]] = []
    with summarise(toy()) as held:
        monkeypatch.setattr(module, "_IN_MEMORY", 0)
        monkeypatch.setattr(module, "_CELLS", 1)
        with summarise(
            toy(), scratch=tmp_path, progress=lambda *done: steps.append(done)
        ) as stored:
            assert isinstance(stored.members, np.memmap)
            assert np.array_equal(stored.members, held.members)
            assert np.array_equal(stored.mean, held.mean)
            for each, minutes in held.percentiles.items():
                assert np.array_equal(stored.percentiles[each], minutes)
    assert steps == [(done, 10) for done in range(1, 11)]
    assert not list(tmp_path.iterdir())


def test_members_on_the_shipped_roads_are_matrices_of_their_networks() -> None:
    network, here = read_main_roads(), read_postcodes().iloc[::200]
    there = read_hospitals().iloc[::50]
    for by in ("class", "road"):
        many = ensemble(network, here, there, members=1, spread=0.1, seed=3, by=by)
        times = many.member(0)
        plain = travel_times(many.tables.draw(0), here, there)
        np.testing.assert_allclose(times.minutes, plain.minutes, rtol=0, atol=1e-6)
        ratio = times.minutes / many.base.minutes
        assert 0.6 < ratio.min() < ratio.max() < 1.6


def test_no_members_are_no_ensemble() -> None:
    with pytest.raises(InputError, match="members: found '0', expected a whole number of 1"):
        toy(members=0)
