"""By catchments a sweep, an optimum and a margin give what a run of each candidate gives."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_run_catchments import changed, write

from impact.analysis.optimise import optimise_study
from impact.analysis.run import run_study
from impact.analysis.sweep import sweep_study
from impact.errors import InputError
from impact.evidence.sensitivity import sensitivity
from impact.model.inputs import load_inputs
from impact.model.travel_table import BANDS
from impact.notes import Note
from impact.optimise.query import Query
from impact.outputs.files.folder import write_sweep
from impact.study.read import read_study
from impact.sweep.arrays import FIGURES

MINUTES = ["published_mean_before", "published_mean_extra", "published_weight", *BANDS]


def test_the_candidate_that_the_page_works_out_by_hand(tmp_path: Path) -> None:
    (swept,) = sweep_study(read_study(write(tmp_path))).swept
    travel = swept.travel[swept.travel["kind"] == "candidate"].set_index("stops")
    row = travel.loc["A"]
    assert row["network"] == "A + B + C"
    assert row["published_mean_extra"] == pytest.approx(15.0)
    assert row["published_mean_before"] == pytest.approx(11.0)
    assert row["published_weight"] == pytest.approx(44.0)
    # nobody stops, but C is filled up
    assert travel.loc["", "published_weight"] == pytest.approx(8.0)
    front = swept.travel[swept.travel["kind"] == "scenario"]
    assert front["name"].tolist() == ["A stops"]
    assert front["published_mean_extra"].tolist() == pytest.approx([15.0])


HOSPITALS = ["A", "B", "C", "D", "E", "F"]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[str, dict[str, pd.DataFrame], list[tuple[str, ...]]]:
    """A study of three providers in one or two networks, its tables, and who stops in each case."""
    many = draw(st.integers(3, 7))
    codes = [str(1001 + row) for row in range(many)]
    minute = st.integers(2, 60).map(lambda value: value / 2.0)
    pairs = [(code, name, draw(minute)) for code in [*codes, *HOSPITALS] for name in HOSPITALS]
    times = pd.DataFrame(pairs, columns=["origin", "destination", "minutes"])
    residents = [draw(st.integers(1, 50)) for _ in codes]
    rounding = draw(st.sampled_from(["exact", "minutes"]))
    within = draw(st.sampled_from([["A", "B", "C"], ["A", "B"], ["A", "B", "C", "D"]]))
    lines = [
        '[study]\ntitle = "T"\nregion = "R"\npostcodes = "postcodes.csv"',
        'hospitals = "hospitals.csv"\ntimes = "times.csv"',
        '[[intervention]]\nname = "Example"\nproviders = ["A", "B", "C"]\noutside = ["D", "E"]',
        f'allocation = "catchment"\nrounding = "{rounding}"\nwithin = {within}',
    ]
    lines[2] += "\nnorm = 20"
    if "C" in within and draw(st.booleans()):
        lines.append('may_open = ["F"]')
        lines[3] = lines[3].replace(f"within = {within}", f"within = {[*within, 'F']}")
        opening = [(), ("F",)]
    else:
        opening = [()]
    tables = {
        "times": times,
        "postcodes": pd.DataFrame(
            {"postcode": codes, "lat": 52.0, "lon": 5.0, "population": residents}
        ),
        "hospitals": pd.DataFrame({"name": HOSPITALS, "lat": 52.0, "lon": 5.0}),
    }
    tables["postcodes"]["lat"] += np.arange(many) / 100
    tables["hospitals"]["lat"] += np.arange(len(HOSPITALS)) / 50
    share = draw(st.sampled_from([1.0, 0.1]))
    lines.append(f"moves_share = {share}")
    near = times[times["origin"].isin(codes) & (times["destination"] != "F")]
    own = near.assign(
        minutes=np.rint(near["minutes"]) if rounding == "minutes" else near["minutes"]
    ).sort_values(["minutes", "destination"], kind="stable")
    nearest = set(own.drop_duplicates("origin")["destination"])
    if draw(st.booleans()):
        volumes = [
            (name, float(draw(st.integers(1, 60))) if name in nearest else 0.0)
            for name in HOSPITALS[:5]
        ]
        tables["volumes"] = pd.DataFrame(volumes, columns=["location", "volume"])
        lines.append('volumes = "volumes.csv"')
        fill = draw(st.sampled_from(["", "published", "least_travel"]))
        if fill and any(volume > 0.0 for _, volume in volumes):
            lines.append(f'fill = "{fill}"')
    free = [name for name in "ABC" if name in within]
    sets = [
        (stops, opens)
        for opens in opening
        for size in range(min(len(free) + 1, 3))
        for stops in combinations(free, size)
        if stops or opens
    ]
    for number, (stops, opens) in enumerate(sets):
        lines.append(f'[[scenario]]\nname = "s{number}"')
        if stops:
            lines.append(f'stops = {{ "Example" = {list(stops)} }}')
        if opens:
            lines.append(f'opens = {{ "Example" = {list(opens)} }}')
    return "\n".join(lines).replace("'", '"'), tables, sets


def study_of(folder: Path, text: str, tables: dict[str, pd.DataFrame]) -> Path:
    """Write a study and its tables."""
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder / "study.toml"


@settings(max_examples=25)
@given(worlds())
def test_every_candidate_is_as_the_run_that_names_it(world: tuple) -> None:
    text, tables, sets = world
    with tempfile.TemporaryDirectory() as folder:
        study = read_study(study_of(Path(folder), text, tables))
        result = run_study(study)
        (swept,) = sweep_study(study, every_subset=True).swept
    assert len(swept.table) >= len(sets) + 1
    table = swept.table.set_index(["stops", "opens"])
    travel = swept.travel[swept.travel["kind"] == "candidate"].set_index(["stops", "opens"])
    summary = result.summary[result.summary["group"] == "all"].set_index("scenario")
    said = result.travel.set_index("scenario")
    for number, (stops, opens) in enumerate(sets):
        key = ("; ".join(stops), "; ".join(opens))
        mine, run = table.loc[key], summary.loc[f"s{number}"]
        for name in FIGURES:
            if not name.startswith("worst"):
                assert mine[name] == pytest.approx(run[name], nan_ok=True), (key, name)
        published = travel.loc[[key]][MINUTES].to_numpy(float)
        assert published == pytest.approx(said.loc[[f"s{number}"]][MINUTES].to_numpy(float))


@settings(max_examples=25)
@given(worlds())
def test_the_optimum_is_the_best_of_the_sweep(world: tuple) -> None:
    text, tables, _ = world
    kept = [line for line in text.splitlines() if not line.startswith(("fill", "moves_share"))]
    text = "\n".join(kept).replace('rounding = "minutes"', 'rounding = "exact"')
    if "volumes" in tables:
        # no rounding: which provider is nearest may be another
        text = text.replace('volumes = "volumes.csv"', "")
    with tempfile.TemporaryDirectory() as folder:
        study = read_study(study_of(Path(folder), text, tables))
        (swept,) = sweep_study(study, every_subset=True).swept
        at_most = Query(at_most=2, beside=0.0)
        (found,) = optimise_study(study, at_most, engine="auto").found
    few = swept.table[(swept.table["locations_after"] <= 2) & (swept.table["unreachable"] == 0.0)]
    if few.empty or not found.problem.demand.any():
        # two networks that keep two of three, or everybody nearest to a hospital elsewhere
        assert found.best is None
        return
    mean = found.best.case.figures["mean_extra_all"]
    assert mean == pytest.approx(few["mean_extra_all"].min())
    row = few[
        (few["stops"] == "; ".join(found.best.case.stops))
        & (few["opens"] == "; ".join(found.best.case.opens))
    ]
    assert row["mean_extra_all"].tolist() == pytest.approx([mean])


@pytest.mark.parametrize(
    ("study", "expected"),
    [
        (changed(fill=""), "'exact': equal whole minutes have no best choice"),
        (changed(fill="moves_share = 0.1"), "no location is closed"),
        (changed(rounding=""), "it sends patients past the nearest that is open"),
    ],
)
def test_an_optimum_says_what_it_cannot_mean(tmp_path: Path, study: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        optimise_study(read_study(write(tmp_path, study)), Query(), engine="auto")


def test_who_is_in_no_network_goes_on(tmp_path: Path) -> None:
    study = changed(within='within = ["A", "B"]', fill="")
    swept = sweep_study(read_study(write(tmp_path, study)))
    assert swept.swept[0].table["stops"].tolist() == ["", "A", "A; B", "B"]
    assert Note.of("outside_networks", name="Example", names=("C",)) in swept.notes
    study = changed(fill='must_stop = ["C"]', within='within = ["A", "B"]')
    with pytest.raises(InputError, match="a location of the networks that within names"):
        sweep_study(
            read_study(
                write(tmp_path, changed(fill='must_stop = ["C"]', within='within = ["A", "B"]'))
            )
        )


def test_the_published_figures_are_a_table_of_the_sweep(tmp_path: Path) -> None:
    swept = sweep_study(read_study(write(tmp_path)))
    write_sweep(swept, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "travel_table.csv", keep_default_na=False)
    assert {"intervention", "kind", "stops", "network", "published_mean_extra"} <= {*table.columns}
    assert table.loc[table["stops"] == "A", "published_mean_extra"].tolist() == [15.0, 15.0]
    # our own columns stay ours
    ours = pd.read_csv(tmp_path / "out" / "candidates.csv")
    assert not [name for name in ours.columns if name.startswith("published")]
    page = (tmp_path / "out" / "choices.html").read_text(encoding="utf-8")
    assert "Deze studie volgt de gepubliceerde methode" in page


@pytest.mark.parametrize("fill", ["", "published"])
def test_a_margin_divides_the_country_anew(tmp_path: Path, fill: str) -> None:
    study = read_study(write(tmp_path, changed(fill=f'fill = "{fill}"' if fill else "")))
    result = run_study(study)
    inputs = load_inputs(study, engine="auto")
    found = sensitivity(study, result, inputs=inputs, members=2)
    rows = found.rows[found.rows["factor"] == "as asked"]
    assert rows["mean_extra_moved"].tolist() == [result.cases[0].figures["mean_extra_moved"]]
    # the weights of a postcode spread the volume of its provider, and add up to it
    varied = found.rows[found.rows["factor"] == "weights"]
    assert (varied["moved"] > 0.0).all()
    assert replace(study, demand="population") == study
