"""Three municipalities, three scenarios: who is moved where.

```
            A     B     C
Emmen      20    30     -      30 is the greatest: second
Assen       -     -     -      nobody is moved: left out
Vlieland   inf    -     5      no route in A: first
```
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
import pytest

from impact.analysis.side_by_side import side_by_side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.analysis.result import CaseView

NAN = np.nan
PLACES = ["Assen", "Emmen", "Vlieland"]


def view(moved: Sequence[float], extra: Sequence[float]) -> CaseView:
    table = {
        "demand": [50.0, 40.0, 7.0],
        "mean_before": [5.0, 6.0, 90.0],
        "moved": moved,
        "mean_extra_moved": extra,
    }
    frame = pd.DataFrame(table, index=pd.Index(PLACES, name="municipality"))
    return cast("CaseView", SimpleNamespace(municipalities=frame))


def test_a_place_has_a_figure_per_scenario_and_the_hardest_hit_of_any_comes_first() -> None:
    cases = [
        view([0.0, 10.0, 3.0], [NAN, 20.0, NAN]),
        view([0.0, 12.0, 0.0], [NAN, 30.0, NAN]),
        view([0.0, 0.0, 4.0], [NAN, NAN, 5.0]),
    ]

    found = side_by_side(cases)

    assert list(found.before.items()) == [("Vlieland", 90.0), ("Emmen", 6.0)]
    assert found.demand.tolist() == [7.0, 40.0]
    assert found.extra.to_numpy() == pytest.approx(
        np.array([[np.inf, NAN, 5.0], [20.0, 30.0, NAN]]), nan_ok=True
    )
    assert found.moved.to_numpy().tolist() == [[3.0, 0.0, 4.0], [10.0, 12.0, 0.0]]


def test_where_nobody_is_moved_no_place_is_left() -> None:
    assert side_by_side([view([0.0] * 3, [NAN] * 3)]).extra.empty
