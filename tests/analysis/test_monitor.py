"""How near care is: by hand, against last year, against a plan."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact.analysis.monitor import (
    WITHIN,
    area_figures,
    compare,
    monitor,
    monitor_json,
    read_earlier,
)
from impact.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.monitor import Monitor

REGION = "Noordoost-Nederland"
POSTS = """\
name,lat,lon
Groningen,53.2194,6.5665
Leeuwarden,53.2012,5.7999
Zwolle,52.5168,6.0830
Utrecht,52.0907,5.1214
"""


def measured(folder: Path, posts: str = POSTS, **options: object) -> Monitor:
    """Of a region, on a fixed day."""
    path = folder / "posts.csv"
    path.write_text(posts, encoding="utf-8")
    made = dt.date(2026, 1, 1)
    return monitor(path, care="post", region=REGION, made=made, **options)  # type: ignore[arg-type]


def test_the_figures_by_hand() -> None:
    """Four postcodes: shares of everybody, minutes of who has a route."""
    minutes = np.array([5.0, 10.0, 31.0, np.inf])
    people = np.array([100.0, 50.0, 30.0, 20.0])
    found = area_figures(minutes, people, 2.0)
    assert [found[f"within_{limit}"] for limit in WITHIN] == [0.75, 0.75, 0.75, 0.75, 0.9]
    assert found["mean"] == pytest.approx((500 + 500 + 930) / 180)
    assert found["p90"] == 31.0
    assert found["reached"] == 180.0
    assert found["locations_per_100000"] == 1000.0


@given(
    st.lists(st.tuples(st.floats(0, 99), st.integers(0, 50)), min_size=1, max_size=8),
    st.integers(1, 9),
)
def test_scaling_and_order_change_nothing(parts: list[tuple[float, int]], factor: int) -> None:
    """Shares, mean and percentile are those of the same people ten times over, in any order."""
    minutes, people = (np.array(each, float) for each in zip(*parts, strict=True))
    one = area_figures(minutes, people, 1.0)
    other = area_figures(minutes[::-1], people[::-1] * factor, 1.0)
    for name in (*(f"within_{limit}" for limit in WITHIN), "mean", "p90"):
        assert one[name] == pytest.approx(other[name], nan_ok=True)


def test_levels_add_up(tmp_path: Path) -> None:
    """Municipalities and urbanities are the whole; a location elsewhere is counted nowhere here."""
    areas = measured(tmp_path).areas
    whole = areas[areas["level"] == "all"].iloc[0]
    assert whole["locations"] == 3.0
    for level in ("region", "municipality", "urbanity"):
        part = areas[areas["level"] == level]
        assert part["residents"].sum() == pytest.approx(whole["residents"])
        within = (part["residents"] * part["within_30"]).sum()
        assert within == pytest.approx(whole["residents"] * whole["within_30"])
    assert areas[areas["level"] == "municipality"]["locations"].sum() == 3.0


def test_what_changed_since(tmp_path: Path) -> None:
    """Leeuwarden closes; Zwolle moves by a street and gets another name: that is no change."""
    earlier = measured(tmp_path)
    (tmp_path / "monitor.json").write_text(monitor_json(earlier), encoding="utf-8")
    posts = "\n".join(line for line in POSTS.splitlines() if "Leeuwarden" not in line)
    posts = posts.replace("Zwolle,52.5168", "Zwolle Zuid,52.5160") + "\n"
    now = measured(tmp_path, posts, against=tmp_path / "monitor.json")
    assert now.changes is not None
    assert now.changes.closed == ("Leeuwarden",)
    assert now.changes.opened == ()
    assert now.changes.since == dt.date(2026, 1, 1)
    row = now.changes.areas[now.changes.areas["area"] == "Leeuwarden"].iloc[0]
    assert row["mean_change"] > 20
    assert row["within_15_change"] == pytest.approx(row["within_15"] - row["within_15_before"])


def test_against_itself_nothing_changed(tmp_path: Path) -> None:
    """Written and read again, every figure is the same."""
    found = measured(tmp_path)
    (tmp_path / "monitor.json").write_text(monitor_json(found), encoding="utf-8")
    changes = compare(found, read_earlier(tmp_path / "monitor.json"))
    assert changes.closed == changes.opened == ()
    columns = [name for name in changes.areas if str(name).endswith("_change")]
    assert (changes.areas[columns].fillna(0.0) == 0.0).to_numpy().all()


@pytest.mark.parametrize("figure", ["9" * 400, '"many"', "[1]"])
def test_an_earlier_file_whose_figures_are_none(figure: str, tmp_path: Path) -> None:
    path = tmp_path / "monitor.json"
    said = json.loads(monitor_json(measured(tmp_path)))
    text = json.dumps(said).replace(f'"mean": {said["areas"][0]["mean"]}', f'"mean": {figure}', 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"monitor.json: .*an earlier run of `impact monitor`"):
        read_earlier(path)


@pytest.mark.parametrize("area", ["[1]", '"all"'])
def test_an_earlier_file_whose_areas_are_none_or_stand_twice(area: str, tmp_path: Path) -> None:
    said = json.loads(monitor_json(measured(tmp_path)))
    said["areas"] = [said["areas"][0] | {"area": name} for name in ("all", json.loads(area))]
    (tmp_path / "monitor.json").write_text(json.dumps(said), encoding="utf-8")
    if area == "[1]":
        assert read_earlier(tmp_path / "monitor.json").areas["area"].tolist() == ["all", "[1]"]
        return
    with pytest.raises(InputError, match="an area that stands twice"):
        read_earlier(tmp_path / "monitor.json")


def test_a_plan(tmp_path: Path) -> None:
    """Shares at least, minutes at most."""
    plan = "level,area,indicator,target\n"
    plan += "all,,within_45,0.1\nmunicipality,Emmen,mean,5\n65+,65+,p90,200\n"
    (tmp_path / "plan.csv").write_text(plan, encoding="utf-8")
    found = measured(tmp_path, plan=tmp_path / "plan.csv").plan
    assert found["met"].tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("level,area,indicator,target\nal,,mean,5\n", "level: found 'al'"),
        ("level,area,indicator,target\nall,,median,5\n", "indicator: found 'median'"),
        ("level,area,indicator,target\nmunicipality,Emen,mean,5\n", "nearest known: 'Emmen'"),
        ("level,area,indicator,target\nall,,mean,snel\n", "found 'snel'"),
        ("level,area,target\nall,,5\n", "indicator"),
    ],
)
def test_a_wrong_plan_is_refused(tmp_path: Path, plan: str, message: str) -> None:
    """Row, field, value, nearest name."""
    (tmp_path / "plan.csv").write_text(plan, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        measured(tmp_path, plan=tmp_path / "plan.csv")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"care": "huisarts"}, "care: found 'huisarts'"),
        ({"region": ""}, "region"),
        ({"format": 9}, "format 1"),
        ({"areas": 3}, "of an earlier run"),
    ],
)
def test_another_run_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    """Another care, another region, another format, or no run at all."""
    said = json.loads(monitor_json(measured(tmp_path)))
    (tmp_path / "monitor.json").write_text(json.dumps({**said, **change}), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        measured(tmp_path, against=tmp_path / "monitor.json")


def test_by_public_transport(tmp_path: Path) -> None:
    """A matrix of one's own: who is not in it has no connection, and is counted so."""
    (tmp_path / "ov.csv").write_text(
        "origin,destination,minutes\n"
        + "".join(
            f"9711,{name},{minutes}\n"
            for name, minutes in (
                ("Groningen", 12),
                ("Leeuwarden", 60),
                ("Zwolle", 90),
                ("Utrecht", 150),
            )
        ),
        encoding="utf-8",
    )
    found = measured(tmp_path, transit=tmp_path / "ov.csv")
    whole = found.areas.iloc[0]
    residents = found.postcodes.loc["9711", "residents"]
    assert whole["transit_reached"] == residents
    assert whole["transit_within_15"] == pytest.approx(residents / whole["residents"])
    assert "absent" in [note.key for note in found.notes]
    (tmp_path / "ov.csv").write_text("origin,destination,minutes\n9711,Groningen,12\n", "utf-8")
    with pytest.raises(InputError, match="minutes to every location"):
        measured(tmp_path, transit=tmp_path / "ov.csv")
