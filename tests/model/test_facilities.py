"""What a shift means for facilities and staff: values, totals and what nobody filled in."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from impact.errors import InputError
from impact.model.facilities import (
    QUANTITIES,
    facility_impact,
    largest_changes,
    treatment_impact,
)

CHANGES = pd.DataFrame(
    [
        ("A stops", "Pancreas", "A", "A Noord", -20.0),
        ("A stops", "Pancreas", "B", "B Zuid", 20.0),
        ("A stops", "Lung", "B", "B Zuid", 10.0),
        ("A stops", "Lung", "B", "B West", 0.0),
    ],
    columns=["scenario", "intervention", "organisation", "site", "change"],
)
VALUES = pd.DataFrame(
    [
        ("Pancreas", "", "ward_days", 12.0),
        ("Lung", "", "ward_days", 6.0),
        ("Pancreas", "A", "ward_days", 10.0),
        ("Pancreas", "B", "ward_days", 11.0),
        ("Lung", "B", "ward_days", 5.0),
        ("Pancreas", "", "theatre_hours", 7.0),
        ("Pancreas", "B", "theatre_hours", 8.0),
    ],
    columns=["intervention", "organisation", "quantity", "value"],
)
TOTALS = pd.DataFrame(
    [
        ("A", "", "", "ward_days", 1000.0),
        ("B", "", "", "ward_days", 2000.0),
        ("B", "B Zuid", "", "ward_days", 1000.0),
        ("B", "", "surgery", "ward_days", 500.0),
        ("B", "", "", "theatre_hours", 400.0),
    ],
    columns=["organisation", "site", "specialism", "quantity", "total"],
)
SPECIALISMS = {"Pancreas": "surgery", "Lung": "lungs"}


def found(
    changes: pd.DataFrame = CHANGES, values: pd.DataFrame = VALUES, totals: pd.DataFrame = TOTALS
) -> pd.DataFrame:
    out = facility_impact(treatment_impact(changes, values), totals, SPECIALISMS)
    return out.set_index(["organisation", "site", "specialism", "quantity"])


def test_own_and_national_values_stand_side_by_side() -> None:
    rows = found()
    a = rows.loc[("A", "", "", "ward_days")]
    assert (a["own"], a["national"]) == (-200.0, -240.0)
    assert (a["relative_own"], a["relative_national"]) == (-0.2, -0.24)
    # 20 x 11 + 10 x 5, and 20 x 12 + 10 x 6
    b = rows.loc[("B", "", "", "ward_days")]
    assert (b["own"], b["national"], b["relative_own"]) == (270.0, 300.0, 0.135)


def test_sites_and_specialisms_have_totals_of_their_own() -> None:
    rows = found()
    assert rows.loc[("B", "B Zuid", "", "ward_days"), "relative_own"] == 0.27
    surgery = rows.loc[("B", "", "surgery", "ward_days")]
    assert (surgery["own"], surgery["relative_own"]) == (220.0, 0.44)
    # nothing changes there, whatever the values
    west = rows.loc[("B", "B West", "", "icu_days")]
    assert (west["own"], west["unknown_own"]) == (0.0, 0)


def test_what_nobody_filled_in_stays_unknown_and_is_counted() -> None:
    rows = found()
    theatre = rows.loc[("B", "", "", "theatre_hours")]
    assert math.isnan(theatre["own"])
    assert math.isnan(theatre["relative_own"])
    # the hours of the pancreas are known, those of the lung are not
    assert (theatre["known_own"], theatre["unknown_own"]) == (160.0, 1)
    assert (theatre["known_national"], theatre["unknown_national"]) == (140.0, 1)
    own = rows.loc[("A", "", "", "theatre_hours")]
    assert (own["known_own"], own["unknown_own"], own["national"]) == (0.0, 1, -140.0)
    # an unknown change is as unknown as an unknown value
    lost = found(CHANGES.assign(change=[math.nan, 20.0, 10.0, 0.0]))
    assert lost.loc[("A", "", "", "ward_days"), "unknown_own"] == 1
    assert math.isnan(lost.loc[("A", "", "", "ward_days"), "own"])


def test_every_quantity_of_every_institution_has_a_row() -> None:
    rows = found().reset_index()
    units = rows[["organisation", "site", "specialism"]].drop_duplicates()
    assert len(units) == 6
    assert len(rows) == 6 * len(QUANTITIES)


def test_the_largest_rise_and_fall_of_each_scenario() -> None:
    rows = largest_changes(found().reset_index())
    picked = rows.set_index("kind")[["organisation", "specialism", "quantity", "relative"]]
    assert picked.loc["rise"].tolist() == ["B", "surgery", "ward_days", 0.44]
    assert picked.loc["fall"].tolist() == ["A", "", "ward_days", -0.2]
    national = largest_changes(found().reset_index(), basis="national").set_index("kind")
    assert national.loc["rise", "relative"] == 0.48
    risen = CHANGES[CHANGES["change"] > 0.0]
    assert largest_changes(found(risen).reset_index())["kind"].tolist() == ["rise"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"total": [199.0, 2000.0, 1000.0, 500.0, 400.0]}, "A, scenario A stops, ward_days"),
        ({"total": [-1.0, 2000.0, 1000.0, 500.0, 400.0]}, "ward_days: found '-1'"),
        ({"quantity": ["ward_day", *["ward_days"] * 3, "theatre_hours"]}, "known: 'ward_days'"),
        ({"site": "", "specialism": "", "organisation": "A"}, "each combination once"),
    ],
)
def test_totals_that_cannot_be_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        found(totals=TOTALS.assign(**changed))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputError, match="values, header, value: expected a column"):
        treatment_impact(CHANGES, VALUES.drop(columns="value"))


def test_nothing_that_changes_gives_an_empty_table() -> None:
    none = found(CHANGES.iloc[:0])
    assert none.empty
    assert largest_changes(none.reset_index()).empty
