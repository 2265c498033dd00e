"""What a merged change means for institutions: by hand, within bounds, and what cannot be read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sealed_world import SITES, counts_of, draw, write_world

from impact.errors import InputError
from impact.model.inputs import load_inputs
from impact.sealed.contribution import contribute, read_contribution, write_contribution
from impact.sealed.facilities import ALL_TREATMENTS, merged_facilities
from impact.sealed.merge import merge
from impact.sealed.study import read_sealed, seal_study
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.sealed.contribution import Contribution
    from impact.sealed.study import SealedStudy

HOURS = "theatre_hours"


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> SealedStudy:
    folder = tmp_path_factory.mktemp("sealed")
    study = read_study(write_world(folder))
    inputs = load_inputs(study, engine="auto", use_cache=False)
    seal_study(study, inputs, folder / "s.sealed", threshold=10)
    return read_sealed(folder / "s.sealed")


def value(treatment: str, organisation: str, number: float) -> dict[str, Any]:
    """One cell of the sheet of values."""
    about = {"kind": "per patient", "intervention": treatment, "organisation": organisation}
    return {**about, "quantity": HOURS, "value": number}


def total(organisation: str, number: float, site: str = "") -> dict[str, Any]:
    """One cell of the sheet of totals."""
    about = {"kind": "per year", "organisation": organisation, "site": site, "specialism": ""}
    return {**about, "quantity": HOURS, "total": number}


def sent(
    sealed: SealedStudy, folder: Path, seed: int = 4, **templates: list[dict[str, Any]]
) -> list[Contribution]:
    """What the three institutions send, with rows of their workbooks."""
    patients = draw(np.random.default_rng(seed))
    out = []
    for site in SITES:
        path = folder / f"{site}.csv"
        counts_of(patients, site).to_csv(path, index=False)
        out.append(contribute(sealed, site, path, template=templates.get(site, [])).value)
    return out


def test_bounds_times_the_own_value(sealed: SealedStudy, tmp_path: Path) -> None:
    """West stops with Long at 3 hours each; of Maag it gave no value, so its sum stays open."""
    parts = sent(sealed, tmp_path, West=[value("Long", "West", 3.0), total("West", 900.0)])
    merged = merge(sealed, parts)
    rows = merged.facilities.set_index(["scenario", "intervention"])
    volumes = merged.volumes.set_index(["scenario", "intervention", "location"])
    before = volumes.loc[("Plan", "Long", "West")]
    gone = rows.loc[("Plan", "Long")]
    assert gone["change_low"] == -3.0 * before["before_high"]
    assert gone["change_high"] == -3.0 * before["before_low"]
    assert gone["relative"] == pytest.approx(gone["change"] / 900.0)
    assert set(rows["organisation"]) == {"West"}
    assert rows.loc[("Afspraak", "Maag"), "unknown"] == 1.0
    assert rows.loc[("Afspraak", ALL_TREATMENTS)][["change_low", "change_high"]].isna().all()
    assert rows.loc[("Plan", ALL_TREATMENTS), "change"] == gone["change"]


@pytest.mark.parametrize("seed", range(20))
def test_the_true_change_lies_within(sealed: SealedStudy, tmp_path: Path, seed: int) -> None:
    """Zuid takes over who is nearest to it then: counted on the figures that nobody shares."""
    parts = sent(sealed, tmp_path, seed, Zuid=[value("Long", "Zuid", 2.0)])
    found = merge(sealed, parts).facilities.set_index(["scenario", "intervention"])
    row = found.loc[("Plan", "Long")]
    own = pd.read_csv(tmp_path / "West.csv", dtype={"postcode": str})
    own = own[own["intervention"] == "Long"].set_index("postcode")["patients"]
    left = ["Noord", "Zuid"]
    at = sealed.to(left).argmin(axis=1)
    there = sealed.postcodes.index[at == left.index("Zuid")]
    truth = 2.0 * float(own.reindex(there).fillna(0.0).sum())
    assert row["change_low"] <= truth <= row["change_high"]


def test_who_did_not_send_leaves_the_change_open(sealed: SealedStudy, tmp_path: Path) -> None:
    parts = sent(sealed, tmp_path, Zuid=[value("Long", "Zuid", 2.0)])
    without = [each for each in parts if each.institution != "West"]
    row = merge(sealed, without).facilities.set_index(["scenario", "intervention"])
    assert row.loc[("Plan", "Long"), "change_low"] == 0.0
    assert np.isnan(row.loc[("Plan", "Long"), "change_high"])


def test_two_locations_of_one_institution_are_added(sealed: SealedStudy, tmp_path: Path) -> None:
    """A bound that one of them lacks is a bound of neither."""
    parts = sent(sealed, tmp_path, Zuid=[value("Long", "Zuid", 2.0), total("Zuid", 5.0, "Zuid")])
    one = replace(sealed, organisations={**sealed.organisations, "Noord": "Zuid"})
    places = merge(sealed, parts).volumes
    both = merged_facilities(one, parts[2:], places).set_index(["scenario", "intervention"])
    plan = places[(places["scenario"] == "Plan") & (places["location"] != "West")]
    assert both.loc[("Plan", "Long"), "change"] == pytest.approx(2.0 * plan["change"].sum())
    # the total of one location is not that of the institution
    assert both["total"].isna().all()
    open_ = places.assign(change_high=places["change_high"].mask(places["location"] == "Noord"))
    left = merged_facilities(one, parts[2:], open_).set_index(["scenario", "intervention"])
    assert np.isnan(left.loc[("Plan", "Long"), "change_high"])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"kind": "per month"}, "'per patient' or 'per year'"),
        (value("Maagg", "West", 1.0), "nearest known: 'Maag'"),
        (value("Maag", "Noord", 1.0), "organisation: found 'Noord'"),
        (value("Maag", "West", -1.0), "a number of 0 or more"),
        ({**value("Maag", "West", 1.0), "quantity": "theatre_hour"}, "'theatre_hours'"),
        ({**total("West", 1.0), "total": "veel"}, "a number of 0 or more"),
        (total("West", 1.0, "Noord"), "site: found 'Noord'"),
        ({**total("West", 1.0), "specialism": 3}, "specialism: found '3'"),
    ],
)
def test_a_row_that_nobody_could_have_sent_is_refused(
    sealed: SealedStudy, tmp_path: Path, row: dict[str, Any], expected: str
) -> None:
    west = sent(sealed, tmp_path, West=[row])[1]
    write_contribution(west, tmp_path / "west.json")
    with pytest.raises(InputError) as error:
        read_contribution(tmp_path / "west.json", sealed)
    assert expected in str(error.value)
    assert json.loads((tmp_path / "west.json").read_text(encoding="utf-8"))["template"] == [row]
