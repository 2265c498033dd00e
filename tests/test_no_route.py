"""When a hospital stops and nobody has a route to another: every command says so, none breaks.

```
    8911 West     9712 Noord     7811 Zuid
      6 min         5 min          4 min       and no road between them
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from three_towns import impact, write_files

if TYPE_CHECKING:
    from pathlib import Path

APART = "origin,Noord,West,Zuid\n9712,5,inf,inf\n8911,inf,6,inf\n7811,inf,inf,4\n"
NOWHERE = "origin,Noord,West,Zuid\n9712,inf,inf,inf\n8911,inf,inf,inf\n7811,inf,inf,inf\n"


@pytest.mark.parametrize("minutes", [APART, NOWHERE], ids=["apart", "no roads at all"])
def test_a_run_without_a_mean_writes_everything(tmp_path: Path, minutes: str) -> None:
    path = write_files(tmp_path, {"minutes.csv": minutes})

    outcome = impact("run", path, "--out", tmp_path / "out", "--sensitivity", "--draws", "2")

    assert outcome.code == 0, outcome.err
    lost = "100" if minutes == APART else "350"
    assert f"Na de verandering is voor {lost} inwoners geen route" in outcome.out
    summary = pd.read_csv(tmp_path / "out" / "data" / "summary.csv")
    assert summary["mean_extra_moved"].isna().all()
    assert str(summary["unreachable"].iloc[0]) == lost
    assert impact("report", tmp_path / "out").code == 0
    for page in ("report.html", "a4.html"):
        assert ">nan<" not in (tmp_path / "out" / page).read_text("utf-8")
        assert "bij nan" not in (tmp_path / "out" / page).read_text("utf-8")


def test_a_sweep_without_a_mean_does_not_say_that_nobody_must_go(tmp_path: Path) -> None:
    path = write_files(tmp_path, {"minutes.csv": APART})

    outcome = impact("sweep", path, "--out", tmp_path / "out")

    assert outcome.code == 0, outcome.err
    assert "of er is geen route naartoe berekend" in outcome.out


def test_nothing_can_be_best_where_nobody_gets_anywhere(tmp_path: Path) -> None:
    path = write_files(tmp_path, {"minutes.csv": NOWHERE})

    outcome = impact("optimise", path, "--locations", 2, "--out", tmp_path / "out")

    assert outcome.code == 2
    assert outcome.err == (
        "impact: study.toml, Pancreas: expected other limits: nobody has a route to a "
        "location that may be open: 350 residents\n"
    )


def test_a_postcode_that_loses_its_route_is_told(tmp_path: Path) -> None:
    postcodes = "postcode,lat,lon,population\n9712,53.2195,6.5642,200\n8911,53.2014,5.7977,100\n"
    postcodes += "7811,52.7880,6.8936,50\n"
    path = write_files(tmp_path, {"minutes.csv": APART, "postcodes.csv": postcodes})

    outcome = impact("lookup", "8911", path, "--html", tmp_path / "card.html")

    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("8911, oncologieregio Noorden\n")
    assert "nu 6 minuten → straks geen route berekend" in outcome.out
    assert "<h1>Uw reistijd vanuit 8911</h1>" in (tmp_path / "card.html").read_text("utf-8")
