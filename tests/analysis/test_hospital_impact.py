"""What a run means for the hospitals, by hand, for every way in which volumes are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hospitals_study import TOTALS, VALUES, write_study

from impact.analysis.hospitals import combined
from impact.analysis.run import run_study
from impact.errors import InputError
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

LUNG = "Lung to B and C"


def run(folder: Path, change: dict[str, str] | None = None, **cells: object) -> Result:
    return run_study(read_study(write_study(folder, change, **cells)))  # type: ignore[arg-type]


def days(result: Result, scenario: str = LUNG, quantity: str = "ward_days") -> pd.DataFrame:
    rows = result.facilities
    rows = rows[(rows["intervention"] == "") & (rows["scenario"] == scenario)]
    return rows[rows["quantity"] == quantity].set_index(["organisation", "site", "specialism"])


def said(result: Result) -> str:
    return "\n".join(note["text"] for note in result.manifest["notes"])


# the nearest that is left, of registered volumes: A's 60 go where its residents go
NEAREST = {
    'outside = ["D"]\nallocation = "catchment"\nwithin = ["A", "B", "C"]\n'
    'rounding = "minutes"\n': "",
    'fill = "published"\n': "",
    'allocation = "catchment"\nwithin = ["A", "D"]\nlayer = "vascular"        # what kind of'
    ' network the list is\nrounding = "minutes"\n': "",
}


def test_catchments_give_the_figures_of_the_page(tmp_path: Path) -> None:
    result = run(tmp_path)
    rows = days(result)
    assert rows["own"].droplevel([1, 2]).to_dict() == pytest.approx(
        {"A": -360.0, "B": 208.0, "C": np.nan}, nan_ok=True
    )
    assert set(result.facilities["kind"]) == {"registered"}
    patients = days(result, quantity="patients")
    assert patients["total"].droplevel([1, 2]).to_dict() == {"A": 60.0, "B": 20.0, "C": 12.0}
    assert patients["relative_own"].droplevel([1, 2])["A"] == -1.0
    # per treatment and all together are the same where a scenario has one treatment
    whole, one = (
        result.facilities[
            (result.facilities["scenario"] == LUNG) & (result.facilities["intervention"] == name)
        ]
        for name in ("", "Lung")
    )
    columns = ["organisation", "quantity", "own", "national", "total"]
    pd.testing.assert_frame_equal(
        whole[columns].reset_index(drop=True), one[columns].reset_index(drop=True)
    )


def test_the_nearest_with_registered_volumes(tmp_path: Path) -> None:
    result = run(tmp_path, NEAREST)
    # 1001 and 1002 go from A to B: everybody whose nearest was A
    assert days(result)["own"].droplevel([1, 2])[["A", "B"]].tolist() == [-360.0, 240.0]
    assert result.effects["layer"].unique().tolist() == ["region"]


def test_modelled_patients_are_said_to_be_modelled(tmp_path: Path) -> None:
    modelled = {
        **NEAREST,
        'volumes = "volumes.csv"\n': "patients = { rates = { all = 100 } }\n",
    }
    result = run(tmp_path, modelled)
    # 100 per 100,000 of the residents whose nearest is A
    people = days(result, quantity="patients")["own"].droplevel([1, 2])
    assert people["A"] == pytest.approx(-(3000 + 1000 + 3000) / 1000)
    assert set(result.facilities["kind"]) == {"modelled"}
    assert "modelled, not registered, for Aorta, Lung" in said(result)


def test_residents_are_no_patients(tmp_path: Path) -> None:
    residents = {**NEAREST, 'volumes = "volumes.csv"\n': ""}
    path = write_study(tmp_path, residents)
    with pytest.raises(InputError, match=r"impact\.workbook: found 'values\.xlsx'.*no patients"):
        run_study(read_study(path))
    # without a workbook there is nothing to refuse
    path = write_study(tmp_path, {**residents, '[impact]\nworkbook = "values.xlsx"\n': ""})
    result = run_study(read_study(path))
    assert result.facilities.empty
    assert result.combinations.empty


def test_a_treatment_without_volumes_is_named_and_left_out(tmp_path: Path) -> None:
    one = {
        **NEAREST,
        'providers = ["A", "D"]\nvolumes = "volumes.csv"\n': 'providers = ["A", "D"]\n',
    }
    result = run(tmp_path, one)
    assert set(result.facilities["intervention"]) == {"", "Lung"}
    assert "without numbers of patients not computed, and not counted: Aorta" in said(result)


def test_of_a_location_outside_what_comes_is_known(tmp_path: Path) -> None:
    outside = {
        **NEAREST,
        'providers = ["A", "B", "C"]\n': 'providers = ["A", "B", "C"]\noutside = ["D"]\n'
        'alternatives = "all"\n',
    }
    path = write_study(tmp_path, outside)
    # D is nearer than B to the thousand of 1002, and no longer to the three thousand of 1001
    edits = {"volumes.csv": ("Lung,D,25\n", ""), "times.csv": ("50.2,22.1", "50.2,30.1")}
    for name, (old, new) in edits.items():
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert old in text
        (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")
    result = run_study(read_study(path))
    people = days(result, quantity="patients")["own"].droplevel([1, 2])
    assert people.to_dict() == pytest.approx({"A": -60.0, "B": 45.0, "D": 15.0})


def test_sites_and_specialisms_have_totals_of_their_own(tmp_path: Path) -> None:
    totals = {**TOTALS, ("A", "A", ""): 900.0, ("A", "", "chirurgie"): 720.0}
    path = write_study(tmp_path, totals=totals)
    book = openpyxl.load_workbook(tmp_path / "values.xlsx")
    for row in book["Behandelingen"].iter_rows(4):
        row[1].value = "chirurgie" if row[0].value == "Lung" else "vaten"
    book.save(tmp_path / "values.xlsx")
    rows = days(run_study(read_study(path)))
    assert rows.loc[("A", "A", ""), "relative_own"] == pytest.approx(-0.4)
    assert rows.loc[("A", "", "chirurgie"), "relative_own"] == pytest.approx(-0.5)


def test_what_does_not_count_is_said(tmp_path: Path) -> None:
    lung = {'name = "Aorta"\nproviders = ["A", "D"]': 'name = "Carotid"\nproviders = ["A", "D"]'}
    renames = {'"Aorta" = ': '"Carotid" = '}
    path = write_study(tmp_path, {**lung, **renames}, values={**VALUES, ("Lung", "D"): 3.0})
    volumes = (tmp_path / "volumes.csv").read_text(encoding="utf-8")
    (tmp_path / "volumes.csv").write_text(volumes.replace("Aorta", "Carotid"), encoding="utf-8")
    text = said(run_study(read_study(path)))
    assert "treatments that this study does not have do not count: Aorta" in text
    assert "not filled in, so unknown" in text


def test_values_of_a_hospital_where_nothing_changes_are_named(tmp_path: Path) -> None:
    alone = {
        '[[scenario]]\nname = "Aorta to A"\nstops = { "Aorta" = ["D"] }\n': "",
        '[[scenario]]\nname = "Aorta to D"\nstops = { "Aorta" = ["A"] }\n': "",
    }
    result = run(tmp_path, alone, values={**VALUES, ("Lung", "D"): 3.0})
    assert "values of hospitals where nothing changes do not count: D" in said(result)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (
            {"totals": {("A", "", ""): 100.0}},
            r"xlsx, A, scenario Aorta to D, ward_days: found '100'.*at least the 300 a year",
        ),
        (
            {"values": {("Lung", "A"): "veel"}},
            r"values\.xlsx, sheet Waarden, row \d+, ward_days: found 'veel', expected a number",
        ),
        ({"values": {("Lung", "E"): 1.0}}, "organisation: found 'E', expected an organisation"),
    ],
)
def test_a_workbook_that_cannot_be(tmp_path: Path, cells: dict[str, object], expected: str) -> None:
    path = write_study(tmp_path, **cells)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=expected):
        run_study(read_study(path))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({'workbook = "values.xlsx"': 'workbook = ""'}, r"impact\.workbook: .*the workbook of"),
        ({'workbook = "values.xlsx"': 'workbok = "values.xlsx"'}, "nearest known: 'workbook'"),
        ({'workbook = "values.xlsx"': 'workbook = "nowhere.xlsx"'}, "a workbook that 'impact"),
        ({'within = ["A", "D"]': "within = []"}, "a network, or at least one member"),
        ({'within = ["A", "D"]': 'within = "region"'}, "layer: found 'vascular', expected a list"),
        ({'layer = "vascular"': 'layer = "vasculair"'}, "nearest known: 'vascular'"),
        (
            {
                'stops = { "Lung" = ["A"] }': 'stops = { "Lung" = ["A"] }\n'
                'moves_to = { "A" = { "B" = 0.7, "C" = 0.6 } }'
            },
            "shares that add to 1.3', expected shares that add to 1",
        ),
    ],
)
def test_a_study_that_cannot_be(tmp_path: Path, change: dict[str, str], expected: str) -> None:
    path = write_study(tmp_path, change)
    with pytest.raises(InputError, match=expected):
        run_study(read_study(path))


def test_two_runs_together_are_one(tmp_path: Path) -> None:
    whole = run(tmp_path)
    effects = whole.effects
    parts = [effects[effects["treatment"] == name] for name in ("Aorta", "Lung")]
    rows, excluding, left_out = combined(pd.concat(parts))
    pd.testing.assert_frame_equal(rows, whole.combinations)
    pd.testing.assert_frame_equal(excluding, whole.exclusions)
    assert left_out is None
    with pytest.raises(InputError, match="each scenario of a network once over the runs"):
        combined(pd.concat([*parts, parts[0]]))
    # nothing to combine: one scenario of one treatment
    none, pairs, _ = combined(parts[1])
    assert none.empty
    assert pairs.empty


def test_a_total_that_two_runs_give_differently_is_not_known(tmp_path: Path) -> None:
    effects = run(tmp_path).effects
    other = effects["treatment"].eq("Aorta") & effects["quantity"].eq("ward_days")
    effects = effects.assign(total=effects["total"].where(~other, 9999.0))
    rows, _, _ = combined(effects)
    a = rows[(rows["institution"] == "A") & (rows["scenarios"] == 2)]
    a = a[a["quantity"] == "ward_days"]
    assert sorted(a["own"]) == [-660.0, 40.0]
    assert a["total"].isna().all()
    assert a["relative_own"].isna().all()


def test_who_travels_less_is_folded_on_request(tmp_path: Path) -> None:
    own = run(tmp_path).travel.set_index("scenario")
    line = 'layer = "vascular"        # what kind of network the list is\n'
    folded = run(tmp_path, {line: f"{line}fold_less = true\n"}).travel.set_index("scenario")
    assert own["less"].unique().tolist() == ["own band"]
    assert folded.loc["Aorta to D", "less"] == "below 5"
    for scenario in own.index:
        one, other = own.loc[scenario], folded.loc[scenario]
        bands = ["published_less", "published_below_5"]
        assert one[bands].sum() == other[bands].sum()
    assert folded.loc["Aorta to D", "published_less"] == 0.0
