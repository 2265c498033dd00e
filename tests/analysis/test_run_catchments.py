"""A study by catchments: the worked example of docs/published_method.md as files, run whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from published_example import (
    HOSPITALS,
    NETWORKS,
    POSTCODES,
    RESIDENTS,
    VOLUMES,
    between,
    nearness,
    step_1,
)

from impact.analysis.run import run_study
from impact.analysis.travel import TRAVEL_COLUMNS
from impact.errors import InputError
from impact.model.fill import fill_by_least_travel, fill_to_norm
from impact.model.travel_table import travel_table
from impact.outputs.files.folder import write_run
from impact.outputs.text import texts
from impact.outputs.text.assumptions import assumptions
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

STUDY = """
[study]
title = "Oost"
region = "Oost"
postcodes = "postcodes.csv"
hospitals = "hospitals.csv"
times = "times.csv"

[[intervention]]
name = "Example"
norm = 20
providers = ["A", "B", "C"]
outside = ["D"]
allocation = "catchment"
rounding = "minutes"
within = ["A", "B", "C"]
volumes = "volumes.csv"
fill = "published"

[[scenario]]
name = "A stops"
stops = { "Example" = ["A"] }
"""


def write(folder: Path, study: str = STUDY, *, volumes: dict[str, float] = VOLUMES) -> Path:
    """Write the study and its tables."""
    times, apart = nearness().times, between().times
    pairs = [
        (origin, hospital, each.minutes[row, column])
        for each in (times, apart)
        for row, origin in enumerate(each.origins)
        for column, hospital in enumerate(each.destinations)
    ]
    tables = {
        "times": pd.DataFrame(pairs, columns=["origin", "destination", "minutes"]),
        "volumes": pd.DataFrame(sorted(volumes.items()), columns=["location", "volume"]),
        "hospitals": pd.DataFrame(
            {"name": HOSPITALS, "lat": [52.0, 52.1, 52.2, 52.3], "lon": [5.0, 5.1, 5.2, 5.3]}
        ),
        "postcodes": pd.DataFrame(
            {
                "postcode": POSTCODES,
                "lat": [52.0, 52.05, 52.1, 52.15, 52.2, 52.3],
                "lon": [5.05, 5.1, 5.15, 5.2, 5.25, 5.35],
                "population": RESIDENTS,
            }
        ),
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return folder / "study.toml"


def changed(**lines: str) -> str:
    """Return the study with other lines, or without them where they are empty."""
    text = STUDY
    for key, line in lines.items():
        old = next(each for each in STUDY.splitlines() if each.startswith(f"{key} = "))
        text = text.replace(f"{old}\n", f"{line}\n" if line else "")
    return text


OOST = {"Oost": NETWORKS["Oost"]}


@pytest.mark.parametrize("fill", ["", "published", "least_travel"])
def test_a_run_gives_the_tables_of_the_worked_example(tmp_path: Path, fill: str) -> None:
    line = f'fill = "{fill}"' if fill else ""
    result = run_study(read_study(write(tmp_path, changed(fill=line))))
    expected = step_1(nearness())
    if fill:
        about = {"networks": OOST, "goes_on": ["B", "C", "D"]}
        expected = fill_to_norm(nearness(), between(), expected, norm=20.0, **about).flows
    if fill == "least_travel":
        expected = fill_by_least_travel(nearness(), expected, **about)
    # who lives nearest to D is not of Oost
    expected = expected[expected["provider_before"] != "D"].reset_index(drop=True)
    (case,) = result.cases
    pd.testing.assert_frame_equal(case.flows, expected)
    (row,) = result.travel.to_dict("records")
    assert {name: row[name] for name in travel_table(expected)} == travel_table(expected)
    assert (row["network"], row["demand"]) == ("A + B + C", pytest.approx(92.0))
    if fill == "published":
        # as the page has it by hand
        assert row["published_mean_extra"] == pytest.approx(15.0)
        assert row["published_mean_before"] == pytest.approx(11.0)
        assert row["published_weight"] == pytest.approx(44.0)
        assert any("kost dat 130 minuten" in said for said in notes(result))
        assert any("dezelfde aantallen 72" in said for said in notes(result))
    volumes = result.volumes.set_index("location")[["volume_before", "volume_after"]]
    filled = {"A": [60.0, 0.0], "B": [20.0, 72.0], "C": [12.0, 20.0]}
    short = {**filled, "B": [20.0, 80.0], "C": [12.0, 12.0]}
    for name, figures in (filled if fill else short).items():
        assert volumes.loc[name].tolist() == pytest.approx(figures)


def notes(result: object) -> list[str]:
    """Notes of a run in Dutch."""
    return [each.text for each in assumptions(result, texts("nl"))]


def test_what_stays_short_is_said(tmp_path: Path) -> None:
    result = run_study(read_study(write(tmp_path, changed(norm="norm = 50"))))
    said = [each for each in notes(result) if "onder de norm blijven na aanvullen" in each]
    assert len(said) == 1
    assert "C (8)" in said[0]


def test_a_tenth_moves_and_the_rest_stays(tmp_path: Path) -> None:
    study = changed(fill="moves_share = 0.1")
    result = run_study(read_study(write(tmp_path, study)))
    volumes = result.volumes.set_index("location")["volume_after"]
    assert volumes.to_dict() == pytest.approx({"A": 54.0, "B": 26.0, "C": 12.0})


def test_residents_count_where_there_are_no_volumes(tmp_path: Path) -> None:
    study = changed(fill="", volumes="", norm="", rounding="")
    result = run_study(read_study(write(tmp_path, study)))
    # by exact minutes 1003 belongs to B
    assert result.unit == "residents"
    row = result.summary.iloc[0]
    assert (row["moved"], row["demand"]) == (4000.0, 12000.0)
    assert sorted(result.postcodes.index) == ["1001", "1002", "1003", "1004", "1005"]


def test_the_travel_table_is_a_file_of_the_run(tmp_path: Path) -> None:
    result = run_study(read_study(write(tmp_path)))
    write_run(result, tmp_path / "out", only_tables=True)
    table = pd.read_csv(tmp_path / "out" / "data" / "travel_table.csv", keep_default_na=False)
    assert table.columns.tolist() == [*TRAVEL_COLUMNS]
    assert table["published_mean_extra"].tolist() == [15.0]
    # a run by another rule leaves none behind
    plain = changed(allocation="", rounding="", within="", fill="", outside="")
    other = run_study(read_study(write(tmp_path, plain)))
    write_run(other, tmp_path / "out", only_tables=True)
    assert not (tmp_path / "out" / "data" / "travel_table.csv").exists()


@pytest.mark.parametrize(
    ("study", "expected"),
    [
        (changed(within="within = []"), "a network, or at least one member"),
        (changed(within='within = "Nergens"'), "the name of a network"),
        (changed(within='within = "ONZ"'), "at least one location that performs"),
        (changed(rounding='rounding = "hours"'), "one of exact, minutes"),
        (changed(fill="moves_share = 1.5"), "a part above 0 and at most 1"),
        (changed(norm=""), "a norm beside it"),
        (changed(volumes=""), "volumes beside it"),
        (changed(norm="stop_count = 1", fill=""), "no stop_count beside 'catchment'"),
        (changed(allocation=""), "allocation = 'catchment' beside it"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, study: str, expected: str) -> None:
    path = write(tmp_path, study)
    with pytest.raises(InputError, match=expected):
        run_study(read_study(path))


def test_a_volume_of_no_provider_is_a_fault(tmp_path: Path) -> None:
    path = write(tmp_path, changed(outside=""))
    with pytest.raises(InputError, match=r"volumes\.csv.*'D'.*a provider of 'Example'"):
        run_study(read_study(path))
    path = write(tmp_path, volumes={"A": 60.0, "B": 20.0})
    with pytest.raises(InputError, match="a volume of every provider of its networks"):
        run_study(read_study(path))


def test_every_intervention_goes_by_catchments_or_none(tmp_path: Path) -> None:
    more = '\n[[intervention]]\nname = "Other"\nproviders = ["A", "B"]\n'
    path = write(tmp_path, STUDY.replace("\n[[scenario]]", f"{more}\n[[scenario]]"))
    with pytest.raises(InputError, match="for every intervention, or for none"):
        read_study(path)
