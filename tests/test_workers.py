"""A sweep on a cluster gives the bytes of a sweep here; for matrices see times/test_shared.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from clusters import NEEDS_DISTRIBUTED, two_processes

from impact.errors import InputError
from impact.study.model import Intervention
from impact.sweep import figures as module
from impact.sweep.figures import sweep_all, sweep_arrays
from impact.times.matrix import TravelTimes
from impact.workers import cluster, threads

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def address() -> Iterator[str]:
    with two_processes() as here:
        yield here


@NEEDS_DISTRIBUTED
def test_two_worker_processes_give_the_same_bytes(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(7)
    names = tuple("abcdefgh")
    times = TravelTimes(
        tuple(f"p{row}" for row in range(60)), names, random.uniform(1.0, 90.0, (60, 8)).round(1)
    )
    asked = Intervention("x", names, norm=5.0)
    arrays = sweep_arrays(
        asked, times, random.uniform(0.0, 9.0, 60), municipality=["m"] * 60, modelled=True
    )
    here = sweep_all(asked, arrays, every_subset=True)
    assert len(here) == 255
    # several blocks, so that both workers get some
    monkeypatch.setattr(module, "BLOCK", 50)
    with cluster(address) as workers:
        there = sweep_all(asked, arrays, every_subset=True, workers=workers)
    pd.testing.assert_frame_equal(there, here, rtol=0.0, atol=0.0)


@NEEDS_DISTRIBUTED
@pytest.mark.parametrize("wrong", ["tcp://127.0.0.1:9", "no address at all"])
def test_a_scheduler_that_does_not_answer_is_bad_input(wrong: str) -> None:
    with pytest.raises(InputError, match="--scheduler"), cluster(wrong, patience="300ms"):
        pass


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(InputError, match=r"impact-reistijd\[cluster\]"), cluster("tcp://x:1"):
        pass


def test_threads_keep_the_order() -> None:
    assert list(threads(lambda task, start: task * start, 3, range(20))) == [
        3 * start for start in range(20)
    ]
    assert list(threads(lambda task, start: task * start, 3, [])) == []
