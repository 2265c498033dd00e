"""Minutes by public transport, and of a mix: by hand, and what must always hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from three_towns import POSTCODES, impact, write_files
from transit_study import MATRIX, transit_files

from impact.analysis.sweep import sweep_study
from impact.errors import InputError
from impact.model.inputs import load_inputs
from impact.model.travel_modes import mixed_minutes
from impact.study.read import read_study
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from pathlib import Path

    from impact.study.model import Study

SHARES = {"9712": 0.4, "8911": 0.25, "7811": 0.0}
WITH_SHARES = "\n".join(
    f"{line},{SHARES.get(line[:4], 'without_car')}" for line in POSTCODES.splitlines()
)
MINUTES = st.one_of(st.floats(0.0, 500.0), st.just(np.inf))


def study(folder: Path, mode: str, column: str = "", **files: str) -> Study:
    made = transit_files() | {"postcodes.csv": WITH_SHARES + "\n"} | files
    read = read_study(write_files(folder, made))
    return replace(read, travel_mode=mode, without_car=column)


def minutes(asked: Study) -> pd.DataFrame:
    times = load_inputs(asked, engine=DEFAULT_ENGINE, use_cache=False).times
    return pd.DataFrame(times.minutes, index=times.origins, columns=times.destinations)


@given(arrays(np.float64, (3, 2), elements=MINUTES), arrays(np.float64, (3, 2), elements=MINUTES))
def test_nobody_without_a_car_is_the_car_bit_for_bit(car: np.ndarray, bus: np.ndarray) -> None:
    assert mixed_minutes(car, bus, np.zeros(3)).tobytes() == car.tobytes()
    assert mixed_minutes(car, bus, np.ones(3)).tobytes() == bus.tobytes()


@given(
    arrays(np.float64, (2, 2), elements=MINUTES),
    arrays(np.float64, (2, 2), elements=MINUTES),
    arrays(np.float64, 2, elements=st.floats(0.0, 1.0)),
)
def test_a_mix_lies_between_both(car: np.ndarray, bus: np.ndarray, share: np.ndarray) -> None:
    mixed = mixed_minutes(car, bus, share)
    known = np.isfinite(car) & np.isfinite(bus)
    low, high = np.minimum(car, bus)[known], np.maximum(car, bus)[known]
    assert ((mixed[known] >= low - 1e-9) & (mixed[known] <= high + 1e-9)).all()
    some = np.broadcast_to((share > 0.0)[:, None], bus.shape)
    assert np.isinf(mixed[some & np.isinf(bus)]).all()
    assert not np.isnan(mixed).any()


def test_three_modes_of_one_study(tmp_path: Path) -> None:
    car = minutes(study(tmp_path / "a", "car"))
    bus = minutes(study(tmp_path / "b", "transit"))
    mix = minutes(study(tmp_path / "c", "mix", "without_car"))
    assert (car.loc["8911", "Noord"], bus.loc["8911", "Noord"]) == (52.0, 95.0)
    assert mix.loc["8911", "Noord"] == 0.75 * 52.0 + 0.25 * 95.0
    # some there have no car, and no bus goes to Zuid
    assert mix.loc["8911", "Zuid"] == np.inf
    # everybody of 7811 has a car
    assert mix.loc["7811"].equals(car.loc["7811"])
    assert np.isinf(bus.loc["7811"]).all()


def test_a_sweep_by_public_transport(tmp_path: Path) -> None:
    by_car = sweep_study(study(tmp_path / "a", "car")).swept[0].table.set_index("stops")
    by_bus = sweep_study(study(tmp_path / "b", "transit"))
    table = by_bus.swept[0].table.set_index("stops")
    assert by_car.loc["West", "mean_extra_moved"] == 46.0
    assert table.loc["West", "mean_extra_moved"] == 75.0
    # of 7811 nobody has a connection: counted, and in no mean
    assert (by_car.loc["West", "unreachable"], table.loc["West", "unreachable"]) == (0.0, 50.0)
    (note,) = (each for each in by_bus.notes if each.key == "cut_off_transit")
    assert note.fields["count"] == 1


def test_pages_say_which_minutes_they_are(tmp_path: Path) -> None:
    path = write_files(tmp_path, transit_files() | {"postcodes.csv": WITH_SHARES + "\n"})
    ran = impact("sweep", path, "--mode", "transit", "--out", tmp_path / "sweep")
    assert ran.code == 0, ran.err
    assert "met het openbaar vervoer, van huis weg tot de afspraak" in ran.out
    page = (tmp_path / "sweep" / "choices.html").read_text(encoding="utf-8")
    assert "met de auto" not in page
    mixed = ("--mode", "mix", "--without-car", "without_car", "--locations", "2")
    ran = impact("optimise", path, *mixed, "--out", tmp_path / "optimum")
    assert ran.code == 0, ran.err
    page = (tmp_path / "optimum" / "choices.html").read_text(encoding="utf-8")
    assert "gemiddeld over wie een auto heeft en wie met het openbaar vervoer gaat" in page


@pytest.mark.parametrize(
    ("mode", "column", "files", "message"),
    [
        ("bike", "", {}, "--mode: found 'bike', expected one of car, transit, mix"),
        ("mix", "", {}, "--without-car: expected the column"),
        ("mix", "autoloos", {}, "autoloos"),
        (
            "mix",
            "without_car",
            {"postcodes.csv": WITH_SHARES.replace("0.25", "25") + "\n"},
            "postcode 8911, without_car: found '25', expected a share from 0 to 1",
        ),
        (
            "transit",
            "",
            {"study.toml": transit_files()["study.toml"].replace('transit = ["ov.csv"]', "")},
            "study.transit: expected a timetable",
        ),
        ("transit", "", {"ov.csv": MATRIX.replace("8911,Zuid", "8911,Zuiden")}, "Zuid"),
    ],
    ids=["mode", "no column", "unknown column", "share", "no timetable", "matrix"],
)
def test_what_is_refused(
    tmp_path: Path, mode: str, column: str, files: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        minutes(study(tmp_path, mode, column, **files))


def test_a_column_means_nothing_by_car(tmp_path: Path) -> None:
    path = write_files(tmp_path, transit_files())
    ran = impact("sweep", path, "--without-car", "x", "--out", tmp_path / "out")
    assert ran.code != 0
    assert "--mode mix beside it" in ran.err
