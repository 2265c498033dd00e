"""Two points of one PC4, a third elsewhere.

```
    9712 AB  10 people, 20 minutes to A, no route to B
    9712 CD  30 people, 40 minutes to A, 50 to B
    9713 AB   5 people,  7 minutes to A, no route to B
```
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from toy import GRONINGEN, LEEUWARDEN, toy_result

from impact.model.allocation import flows
from impact.outputs.pages.explorer import write_explorer
from impact.outputs.pages.map_layers import drawn_by_pc4
from impact.times.matrix import TravelTimes

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

POINTS = ("9712 AB", "9712 CD", "9713 AB")


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Result:
    toy = toy_result(tmp_path_factory.mktemp("toy"))
    demand = np.array([10.0, 30.0, 5.0])
    frame = toy.postcodes.iloc[[4, 4, 4]].set_axis(list(POINTS)).assign(demand=demand)
    frame.index.name = "postcode"
    minutes = np.array([[20.0, np.inf], [40.0, 50.0], [7.0, np.inf]])
    times = TravelTimes(POINTS, (GRONINGEN, LEEUWARDEN), minutes)
    names = [each.name for each in toy.study.interventions]
    rows = flows(times, demand, providers=[GRONINGEN, LEEUWARDEN], stops=[LEEUWARDEN])
    return replace(
        toy,
        postcodes=frame,
        times=times,
        weights=dict.fromkeys(names, demand),
        cases=(replace(toy.cases[0], flows=rows),),
    )


def test_many_points_become_means_and_sums_per_pc4(points: Result) -> None:
    found = drawn_by_pc4(points, most=2)
    assert found.times.origins == ("9712", "9713")
    # 10 x 20 and 30 x 40 over 40 people; who has no route to B does not count there
    assert found.times.minutes.tolist() == [[35.0, 50.0], [7.0, np.inf]]
    assert {tuple(each) for each in found.weights.values()} == {(40.0, 5.0)}


def test_few_points_stay_as_they_are(points: Result) -> None:
    assert drawn_by_pc4(points) is points


def test_the_page_says_that_it_sums(tmp_path: Path) -> None:
    toy = toy_result(tmp_path)
    summed = replace(
        toy, manifest={**toy.manifest, "drawn": {"points": 99, "areas": 5, "by": "PC4"}}
    )
    for result, said in ((toy, False), (summed, True)):
        write_explorer(result, tmp_path / "explorer.html")
        text = (tmp_path / "explorer.html").read_text("utf-8")
        assert ("rekent per postcode van vier cijfers" in text.split("impact-data")[0]) is said
