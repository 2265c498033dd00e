from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from impact.errors import InputError
from impact.study.model import Intervention, Study
from impact.study.register import (
    STATUSES,
    goes_outside,
    outside_providers,
    provider_rows,
    read_register,
)
from impact.tables.places import read_hospitals

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

REGISTER = """\
region,treatment_id,location,status,source,year,note
Noord,pancreas,Groningen,sourced,a page,2024,
Noord,pancreas,Leeuwarden,disputed,another page,2023,says otherwise
Oost,pancreas,Zwolle,weak,,,
West,pancreas,Leiden,unverified,,,
West,lung,Delft,unverified,,,
"""


@pytest.fixture
def register(tmp_path: Path) -> pd.DataFrame:
    path = tmp_path / "providers.csv"
    path.write_text(REGISTER, encoding="utf-8")
    return read_register(path)


def pancreas(**settings: str) -> Intervention:
    return Intervention("Pancreas", ("Groningen", "Leeuwarden"), treatment="pancreas", **settings)


def test_unknown_status_is_told(tmp_path: Path) -> None:
    path = tmp_path / "providers.csv"
    path.write_text(REGISTER.replace("weak", "certain"), encoding="utf-8")

    with pytest.raises(InputError, match=r"providers\.csv, row 4, status: found 'certain'"):
        read_register(path)


def test_missing_column_is_told(tmp_path: Path) -> None:
    path = tmp_path / "providers.csv"
    path.write_text(REGISTER.replace("location", "place"), encoding="utf-8")

    with pytest.raises(InputError, match="header, location: expected a column 'location'"):
        read_register(path)


@pytest.mark.parametrize(
    ("settings", "outside"),
    [
        ({}, False),
        ({"alternatives": "all"}, True),
        ({"all_fail": "leaves_region"}, True),
        ({"all_fail": "one_takes_all"}, False),
    ],
)
def test_when_demand_may_leave_the_region(settings: dict[str, str], outside: bool) -> None:  # noqa: FBT001
    assert goes_outside(pancreas(**settings)) is outside


def test_outside_are_the_providers_of_other_regions(register: pd.DataFrame) -> None:
    assert outside_providers(pancreas(), ["Noord"], register) == ("Leiden", "Zwolle")
    assert outside_providers(pancreas(), ["Oost"], register) == ("Leiden",)
    assert "Leiden" in outside_providers(pancreas(), ["Noord", "Oost"], register)


def test_own_list_of_outside_providers_wins(register: pd.DataFrame) -> None:
    own = Intervention("x", ("Groningen",), treatment="pancreas", outside=("Antwerpen",))

    assert outside_providers(own, ["Noord"], register) == ("Antwerpen",)


def test_treatment_of_the_users_own_has_no_outside_providers(register: pd.DataFrame) -> None:
    assert outside_providers(Intervention("x", ("Groningen",)), ["Noord"], register) == ()


def test_each_provider_says_how_sure_it_is(register: pd.DataFrame) -> None:
    unlisted = Intervention("Lung", ("Groningen",), treatment="lung")
    study = Study("t", "Noord", (unlisted, pancreas()), source="study.toml")

    rows = provider_rows(study, register).set_index(["intervention", "location"])

    assert rows.loc[("Pancreas", "Groningen"), "status"] == "sourced"
    assert rows.loc[("Pancreas", "Leeuwarden"), "note"] == "says otherwise"
    assert rows.loc[("Lung", "Groningen"), ["status", "source"]].tolist() == [
        "unverified",
        "study.toml",
    ]


def test_shipped_register_names_known_hospitals_and_statuses() -> None:
    register = read_register()

    assert set(register["status"]) <= set(STATUSES)
    assert set(register["location"]) <= set(read_hospitals().index)
    assert len(register) == 409
