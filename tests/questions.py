"""Random questions to a sweep: candidates, volumes and openings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd
from hypothesis import strategies as st
from matrices import Instance, instances

from impact.sweep.figures import sweep_arrays

if TYPE_CHECKING:
    from impact.study.model import Intervention
    from impact.sweep.arrays import SweepArrays


@dataclass(frozen=True)
class Question:
    """A random question, with volumes and openings."""

    instance: Instance
    asked: Intervention
    every_subset: bool
    unit: str
    registered: dict[str, float] | None


@st.composite
def questions(draw: st.DrawFn) -> Question:
    instance = draw(instances())
    asked = instance.intervention
    spare = sorted(set(instance.times.destinations) - {*asked.providers, *instance.outside})
    asked = replace(
        asked,
        may_open=tuple(spare[: draw(st.integers(0, 2))]),
        norm=draw(st.sampled_from([None, 1.0, 7.0, 20.0])),
    )
    every = draw(st.booleans()) and len(asked.must_stop) < len(asked.providers)
    counts = st.sampled_from([0.0, 5.0, 7.0, 40.5])
    registered = draw(
        st.none() | st.dictionaries(st.sampled_from(asked.providers), counts, min_size=1)
    )
    return Question(
        instance, asked, every, draw(st.sampled_from(["residents", "patients"])), registered
    )


def arrays_of(question: Question, *, counted: bool = False) -> SweepArrays:
    times = question.instance.times
    return sweep_arrays(
        question.asked,
        times,
        question.instance.demand,
        outside=question.instance.outside,
        municipality=[f"m{code}" for code in times.origins],
        registered=question.registered,
        modelled=question.unit == "patients",
        judged=question.registered is not None or counted,
    )


def assert_same(table: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        table, other, rtol=1e-9, atol=1e-9, check_dtype=False, check_column_type=False
    )
