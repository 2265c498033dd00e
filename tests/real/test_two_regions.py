"""Two regions as one study: both regions' residents, both regions' providers and what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from impact.analysis.run import run_study
from impact.errors import InputError
from impact.outputs.pages.report import write_report
from impact.study.read import read_study
from impact.study.register import read_register
from impact.tables.places import read_postcodes

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

NORTH, EAST = "Noordoost-Nederland", "Oost-Nederland"
BOTH = f"{NORTH} + {EAST}"
HEAD = f"""
[study]
title = "Longen in Noord en Oost"
regions = ["{NORTH}", "{EAST}"]

[[intervention]]
name = "Longresecties"
treatment = "lung_resections"
"""


def _study(folder: Path, more: str = "", head: str = HEAD) -> Path:
    register = read_register()
    rows = register[register["region"].isin([NORTH, EAST])]
    names = sorted(set(rows.loc[rows["treatment_id"] == "lung_resections", "location"]))
    path = folder / "study.toml"
    listed = ", ".join(f'"{name}"' for name in names)
    path.write_text(f"{head}providers = [{listed}]\n{more}", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Result:
    stops = """
[[scenario]]
name = "Enschede stopt"
stops = { "Longresecties" = ["Medisch Spectrum Twente"] }
"""
    return run_study(read_study(_study(tmp_path_factory.mktemp("two"), stops)))


def test_the_demand_is_that_of_both(both: Result) -> None:
    every = read_postcodes()
    mine = every[every["region"].isin([NORTH, EAST])]
    assert both.study.region == BOTH
    assert both.study.region_names == (NORTH, EAST)
    assert set(both.postcodes["region"]) == {NORTH, EAST}
    assert both.postcodes["demand"].sum() == pytest.approx(mine["population"].sum())


def test_who_stops_in_one_region_may_be_taken_over_in_the_other(both: Result) -> None:
    """The south of Twente has Doetinchem nearer than Deventer or Zwolle."""
    register = read_register()
    east = set(register.loc[register["region"] == EAST, "location"])
    moved = both.postcode_rows[both.postcode_rows["moved"] > 0]
    homes = both.postcodes["region"].reindex(moved["postcode"]).to_numpy()
    taken = moved.loc[homes == NORTH, "nearest_after"]
    assert taken.isin(east).any()


def test_the_register_of_both_is_kept(both: Result) -> None:
    register = read_register()
    mine = register[register["treatment_id"] == "lung_resections"]
    known = mine[mine["region"].isin([NORTH, EAST])].set_index("location")
    rows = both.providers.set_index("location")
    assert set(rows.index) == set(known.index)
    for column in ("status", "source", "note"):
        assert rows[column].to_dict() == known.loc[rows.index, column].to_dict()
    assert set(known["region"]) == {NORTH, EAST}


def test_pages_name_both(both: Result, tmp_path: Path) -> None:
    write_report(both, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"Oncologieregio {BOTH}" in page
    assert "Longen in Noord en Oost" in page


def test_a_correction_goes_to_the_region_that_lists_the_hospital(tmp_path: Path) -> None:
    register = read_register()
    mine = register[register["treatment_id"] == "lung_resections"]
    east = min(mine.loc[mine["region"] == EAST, "location"])
    more = f"""
[[provider]]
location = "{east}"
treatment = "lung_resections"
performs = false
by = "the board"
reason = "stopped"
"""
    (override,) = read_study(_study(tmp_path, more)).overrides
    assert (override.region, override.location) == (EAST, east)


def test_regions_that_are_wrong_are_named(tmp_path: Path) -> None:
    for said, words in (
        (f'regions = ["{NORTH}", "Oost-Nederlan"]', "nearest known: 'Oost-Nederland'"),
        (f'regions = ["{NORTH}", "{NORTH}"]', "study.regions"),
        (f'region = "{NORTH}"\nregions = ["{EAST}"]', "region or regions, and not both"),
        ("", r"a region, or regions = \[\.\.\.\]"),
    ):
        head = HEAD.replace(f'regions = ["{NORTH}", "{EAST}"]', said)
        with pytest.raises(InputError, match=words):
            read_study(_study(tmp_path, head=head))
