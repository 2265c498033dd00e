"""Many points are drawn per PC4: split the postcodes of a run in two and put them together."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from impact.outputs.files import folder, xlsx
from impact.outputs.pages import a4, explorer, index, map_layers, report
from impact.outputs.pages import map as page_map
from impact.outputs.pages.map_layers import drawn_by_pc4
from impact.outputs.text import texts
from impact.outputs.text.assumptions import assumptions
from impact.outputs.text.overview import page_notes

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result
    from impact.times.matrix import TravelTimes

SHARES = {"AA": 0.75, "AB": 0.25}


def in_two(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Rows of both halves: three quarters a minute sooner, the rest three minutes later."""
    parts = []
    for ending, share in SHARES.items():
        part = frame.assign(postcode=frame["postcode"] + ending)
        for name in columns:
            part[name] = part[name] * share
        for name in ("minutes_before", "minutes_after"):
            if name in part:
                part[name] += -1.0 if ending == "AA" else 3.0
        parts.append(part)
    return pd.concat(parts, ignore_index=True).sort_values("postcode", kind="stable")


@pytest.fixture(scope="module")
def halves(noordoost_result: Result) -> Result:
    points = in_two(noordoost_result.postcodes.reset_index(), ("demand", "population"))
    cases = tuple(
        replace(case, flows=in_two(case.flows, ("demand",))) for case in noordoost_result.cases
    )
    times = noordoost_result.times
    of = [times.origins.index(code[:4]) for code in points["postcode"]]
    share = points["postcode"].str[4:].map(SHARES).to_numpy()

    def split(each: TravelTimes | None) -> TravelTimes:
        assert each is not None
        codes = tuple(points["postcode"])
        return replace(each, origins=codes, minutes=each.minutes[of], km=None, legs=None)

    return replace(
        noordoost_result,
        postcodes=points.set_index("postcode"),
        times=split(times),
        back=split(noordoost_result.back),
        peak=split(noordoost_result.peak),
        weights={name: each[of] * share for name, each in noordoost_result.weights.items()},
        cases=cases,
        flows=in_two(noordoost_result.flows, ("demand",)),
        postcode_rows=in_two(noordoost_result.postcode_rows, ("demand", "moved")),
    )


@pytest.fixture(scope="module")
def shown(halves: Result) -> Result:
    return drawn_by_pc4(halves, most=100)


def test_put_together_they_are_the_postcodes(
    halves: Result, shown: Result, noordoost_result: Result
) -> None:
    places, before = shown.postcodes, noordoost_result.postcodes
    assert shown.back is not None
    assert shown.back.minutes.shape == shown.times.minutes.shape
    assert places.index.tolist() == before.index.tolist()
    for name in ("lat", "lon", "demand", "population"):
        assert np.allclose(places[name], before[name]), name
    assert (places["municipality"] == before["municipality"]).all()
    assert np.allclose(places.geometry.x, before["lon"])
    count = len(before)
    assert shown.manifest["drawn"] == {"points": 2 * count, "areas": count, "by": "PC4"}
    keys = ["intervention", "scenario", "postcode"]
    rows, expected = (
        each.postcode_rows.set_index(keys).sort_index() for each in (shown, noordoost_result)
    )
    for name in ("demand", "moved", "mean_before", "mean_after", "mean_extra_moved"):
        inhabited = expected["demand"] > 0.0
        assert np.allclose(rows[name][inhabited], expected[name][inhabited], equal_nan=True), name
    assert (rows["nearest_after"] == expected["nearest_after"]).all()
    assert shown.summary is halves.summary
    assert np.allclose(shown.times.minutes, noordoost_result.times.minutes)
    for name, weight in shown.weights.items():
        assert np.allclose(weight, noordoost_result.weights[name]), name


def test_points_without_a_route_stay_apart(halves: Result) -> None:
    case = halves.cases[0]
    flows = case.flows.reset_index(drop=True)
    here = flows["postcode"] == flows["postcode"].iloc[0]
    flows.loc[here, ["minutes_after", "extra_minutes"]] = np.inf
    shown = drawn_by_pc4(replace(halves, cases=(replace(case, flows=flows),)), most=100)
    code = flows["postcode"].iloc[0][:4]
    mine = shown.cases[0].flows[shown.cases[0].flows["postcode"] == code]
    lost = np.isinf(mine["minutes_after"])
    assert mine.loc[lost, "demand"].sum() == pytest.approx(flows.loc[here, "demand"].sum())
    assert mine["demand"].sum() == pytest.approx(flows.loc[here, "demand"].sum() / 0.75)


def test_few_points_and_other_codes_stay_as_they_are(halves: Result) -> None:
    assert drawn_by_pc4(halves) is halves
    other = halves.postcodes.rename(index=lambda code: f"point {code}")
    foreign = replace(halves, postcodes=other)
    assert drawn_by_pc4(foreign, most=100) is foreign


def test_map_and_report_say_so(shown: Result) -> None:
    said = f"{shown.manifest['drawn']['areas']:,} four-digit postcode areas"
    assert any(said in note for note in page_notes(shown, texts("en")))
    assert any(said in each.text for each in assumptions(shown, texts("en")))


def test_tables_hold_the_points_and_pages_the_areas(
    halves: Result, shown: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_layers, "drawn_by_pc4", {halves: shown}.__getitem__)
    given: dict[str, int] = {}
    drawn = shown.manifest["drawn"]
    monkeypatch.setattr(folder, "hashed", lambda *_: {"drawn": drawn, "files": {}})
    homes = {"tables": folder, "workbook": xlsx, "archive": folder, "report": report}
    homes |= {"a4": a4, "map": page_map, "explorer": explorer, "index": index}
    for name, home in homes.items():

        def write(result: Result, path: Path, name: str = name, **_: object) -> None:
            given[name] = len(result.postcodes)
            (path / "empty.csv" if path.is_dir() else path).touch()

        monkeypatch.setattr(home, f"write_{name}", write)
    folder.write_run(halves, tmp_path / "out")
    points = len(halves.postcodes)
    areas = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["drawn"]["areas"]
    assert areas == points / 2
    whole = dict.fromkeys(["tables", "workbook", "a4", "archive"], points)
    assert given == {**whole, **dict.fromkeys(["report", "map", "explorer", "index"], areas)}
