"""A result gives every case with its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from toy import EMMEN_OPENS, GRONINGEN, KIDNEY, LEEUWARDEN, PANCREAS, TO_GRONINGEN, toy_result

from impact.errors import InputError

if TYPE_CHECKING:
    from impact.analysis.result import Result


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


def test_a_case_comes_with_its_rows_of_every_table(toy: Result) -> None:
    view = toy.case(PANCREAS, TO_GRONINGEN)
    assert view.case.scenario == TO_GRONINGEN
    assert view.row["mean_extra_moved"] == pytest.approx((10_000 * 46 + 900 * 10) / 10_900)
    assert view.postcodes.index.tolist() == toy.postcodes.index.tolist()
    assert view.postcodes.loc["8911", "mean_after"] == 52.0
    assert set(view.municipalities.index) == set(toy.postcodes["municipality"])
    assert view.volumes.index.tolist() == [LEEUWARDEN, GRONINGEN]
    assert view.destinations == ((GRONINGEN, 1.0),)
    assert view.hardest_hit.index.tolist() == ["Leeuwarden", "Schiermonnikoog"]


def test_every_row_belongs_to_exactly_one_view(toy: Result) -> None:
    for table in ("flows", "postcode_rows", "municipalities", "volumes"):
        name = {"postcode_rows": "postcodes"}.get(table, table)
        parts = sum(len(getattr(view, name)) for view in toy.principal)
        assert parts == len(getattr(toy, table)), table
    assert [view.key for view in toy.principal] == [
        (KIDNEY, "displayed candidate"),
        (PANCREAS, TO_GRONINGEN),
        (PANCREAS, EMMEN_OPENS),
    ]


def test_the_second_reading_of_a_scenario_has_a_row_and_no_tables(toy: Result) -> None:
    second = toy.case(PANCREAS, TO_GRONINGEN, "nearest")
    assert not second.case.principal
    assert second.row["recipients"] == "nearest"
    with pytest.raises(LookupError, match="first reading"):
        _ = second.postcodes


def test_an_unknown_case_names_the_nearest(toy: Result) -> None:
    with pytest.raises(InputError, match=r"Pancreasresecties \| A\. Leeuwarden naar Groningen"):
        toy.case(PANCREAS, "A. Leeuwarden naar Gronigen")


def test_a_band_that_was_not_computed_is_none(toy: Result) -> None:
    view = toy.case(PANCREAS, EMMEN_OPENS)
    assert view.span("extra") is None
    low, high = view.span("mean") or (0.0, 0.0)
    assert low <= view.row["mean_extra_moved"] <= high


def test_views_of_a_table_that_is_empty_are_empty(toy: Result) -> None:
    empty = replace(toy, volumes=toy.volumes[:0])
    assert isinstance(empty.case(PANCREAS, TO_GRONINGEN).volumes, pd.DataFrame)
    assert empty.case(PANCREAS, TO_GRONINGEN).volumes.empty
