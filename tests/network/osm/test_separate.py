"""Roads across the water that no car ferry reaches, and loose roads beside the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from drawing import METRE, built, osm_xml, plain_tables
from three_towns import impact

from impact.network.islands import NO_ROUTE, ferry_remarks
from impact.times.engines.protocol import ENGINES
from impact.times.matrix import travel_times

if TYPE_CHECKING:
    from pathlib import Path

    from impact.network.network import RoadNetwork

ROAD = {"highway": "secondary"}
# the mainland is a cross of four kilometres; on the island a street of one and a half
MAINLAND = {1: (0, 0), 2: (2000, 0), 3: (4000, 0), 4: (2000, -1000), 5: (2000, 1000)}
WAYS = [([1, 2, 3], ROAD), ([4, 2, 5], ROAD)]
FERRY = {"route": "ferry", "name": "Overzet"}


def town(
    folder: Path, gap: float, *, length: float = 1500.0, ferry: dict[str, str] | None = None
) -> RoadNetwork:
    """A street that begins `gap` metres north of the cross."""
    places = {**MAINLAND, 6: (2000, 1000 + gap), 7: (2000, 1000 + gap + length)}
    ways = [*WAYS, ([6, 7], ROAD), *([([5, 6], ferry)] if ferry else [])]
    return built(folder, osm_xml(places, ways), tables=plain_tables())


def points(**places: tuple[float, float]) -> pd.DataFrame:
    rows = [(y * METRE, x * METRE) for x, y in places.values()]
    return pd.DataFrame(rows, columns=["lat", "lon"], index=list(places))


@pytest.mark.parametrize("engine", [name for name in ENGINES if name in {"networkx", "scipy"}])
@pytest.mark.parametrize("ferry", [None, FERRY, {**FERRY, "motor_vehicle": "no"}])
def test_across_the_water_there_is_no_route(
    tmp_path: Path, engine: str, ferry: dict[str, str] | None
) -> None:
    network = town(tmp_path, 600.0, ferry=ferry)
    here = points(island=(2000, 1800), shore=(2000, 900))
    there = points(hospital=(1000, 0), doctor=(2000, 2800))
    found = travel_times(network, here, there, engine=engine)
    minutes = found.minutes - network.profile.fixed_minutes
    np.testing.assert_allclose(minutes, [[np.inf, 1.0], [1.9, np.inf]], rtol=1e-3)
    assert found.manifest["separate_points"] == ["island", "doctor"]
    assert found.legs is not None
    assert found.legs.set_index("point")["separate"].to_dict() == {
        "island": True,
        "shore": False,
        "hospital": False,
        "doctor": True,
    }
    assert found.far_points == ()
    (part,) = network.about["separate"]
    assert part["km"] == 1.5
    assert network.about["dropped"]["km"] == 0.0
    assert set(ferry_remarks(network)) == {"", NO_ROUTE}


def test_with_a_car_ferry_it_is_reached(tmp_path: Path) -> None:
    network = town(tmp_path, 600.0, ferry={**FERRY, "motor_vehicle": "yes"})
    found = travel_times(network, points(island=(2000, 1800)), points(hospital=(1000, 0)))
    assert np.isfinite(found.minutes).all()
    assert "separate_points" not in found.manifest
    assert network.about["separate"] == []


@pytest.mark.parametrize(("gap", "length"), [(100.0, 1500.0), (600.0, 700.0)])
def test_loose_roads_beside_the_network_or_short_ones_are_left_out(
    tmp_path: Path, gap: float, length: float
) -> None:
    network = town(tmp_path, gap, length=length)
    found = travel_times(network, points(house=(2000, 1100 + gap)), points(hospital=(1000, 0)))
    assert np.isfinite(found.minutes).all()
    assert found.legs is not None
    assert not found.legs["separate"].any()
    assert network.about["separate"] == []
    assert network.about["dropped"]["km"] == pytest.approx(length / 1000.0, abs=0.05)


def test_the_commands_say_so(tmp_path: Path) -> None:
    town(tmp_path, 600.0)
    roads = tmp_path / "town.impact"
    done = impact("roads", "build", tmp_path / "drawn.osm", "--out", roads, "--lang", "en")
    assert done.code == 0, done.err
    assert "2 km of road in 1 parts lies apart" in " ".join(done.out.split())
    for name, table in (
        ("postcode", points(eiland=(2000, 1800))),
        ("name", points(ziekenhuis=(1000, 0))),
    ):
        table.to_csv(tmp_path / f"{name}.csv", index_label=name)
    out, legs = tmp_path / "minutes.csv", tmp_path / "legs.csv"
    done = impact(
        *("times", "--roads", roads, "--origins", tmp_path / "postcode.csv"),
        *("--destinations", tmp_path / "name.csv", "--out", out, "--legs", legs, "--lang", "en"),
    )
    assert done.code == 0, done.err
    assert "eiland: no road or car ferry to the rest" in done.out
    assert out.read_text(encoding="utf-8").splitlines()[1].endswith(",inf")
    assert legs.read_text(encoding="utf-8").splitlines()[1].endswith(",True")
