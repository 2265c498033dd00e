"""An ensemble as a table: what `summarise` found, in the places where it belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from networks import points, roads

from impact.errors import InputError
from impact.times import ensemble as ensemble_files
from impact.times.ensemble import ensemble, summarise, write_ensemble
from impact.times.files import read_times

if TYPE_CHECKING:
    from pathlib import Path

NETWORK = roads("a - b 10", "b - c 20", at={"d": (52.0, 9.0)})
EVERY = points(NETWORK, "a b c d")
MANY = ensemble(NETWORK, EVERY.loc[["d", "a"]], EVERY.loc[["b", "c"]], members=12, spread=0.2)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_every_pair_gets_its_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(ensemble_files, "_CELLS", 1)
    path = tmp_path / f"many.{ending}"
    with summarise(MANY) as found:
        write_ensemble(found, path, members=True)
        table = pd.read_csv(path) if ending == "csv" else pd.read_parquet(path)
        table = table.set_index(["origin", "destination"])

        names = [f"member_{number:02}" for number in range(1, 13)]
        assert list(table) == ["minutes", "mean", "p10", "p50", "p90", *names]
        row = table.loc["a", "c"]
        assert row["minutes"] == 30.0
        expected = [found.mean[1, 1], *(found.percentiles[each][1, 1] for each in (10, 50, 90))]
        assert row.to_numpy()[1:5] == pytest.approx(expected, abs=0.005)
        assert row[names].to_numpy(float) == pytest.approx(found.members[:, 1, 1], abs=0.005)
    assert np.isinf(table.loc["d"].to_numpy(float)).all()
    assert read_times(path).minutes.tolist() == [[10.0, 30.0], [np.inf, np.inf]]


def test_members_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    with summarise(MANY) as found:
        write_ensemble(found, tmp_path / "many.csv")
        with pytest.raises(InputError, match=r"expected a name ending in one of \.csv, \.parquet"):
            write_ensemble(found, tmp_path / "many.npy")

    header = (tmp_path / "many.csv").read_text("utf-8").splitlines()[0]
    assert header == "origin,destination,minutes,mean,p10,p50,p90"
    assert [each.name for each in tmp_path.iterdir()] == ["many.csv"]
