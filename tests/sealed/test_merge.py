"""What is merged lies around what the full counts would say, and tells nobody's number."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sealed_world import (
    AREAS,
    CODES,
    SITES,
    STUDY,
    TREATMENTS,
    counts_of,
    draw,
    flows_of,
    pooled,
    write_world,
)

from impact.analysis.run import run_study
from impact.errors import InputError
from impact.model.inputs import load_inputs
from impact.sealed.contribution import (
    Contribution,
    contribute,
    read_contribution,
    write_contribution,
)
from impact.sealed.merge import bounded_mean, merge
from impact.sealed.study import SealedStudy, read_sealed, seal_study
from impact.sealed.suppression import Tree, areas_of, cells_of
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

THRESHOLD = 10
DRAWS = 200


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> SealedStudy:
    folder = tmp_path_factory.mktemp("sealed")
    study = read_study(write_world(folder))
    inputs = load_inputs(study, engine="auto", use_cache=False)
    seal_study(study, inputs, folder / "study.sealed", threshold=THRESHOLD)
    return read_sealed(folder / "study.sealed")


def contributions(
    sealed: SealedStudy, patients: NDArray[np.int64], folder: Path
) -> list[Contribution]:
    """What the three institutions send."""
    out = []
    for site in SITES:
        counts_of(patients, site).to_csv(folder / f"{site}.csv", index=False)
        out.append(contribute(sealed, site, folder / f"{site}.csv").value)
    return out


def test_the_same_study_has_the_same_seal(tmp_path: Path, sealed: SealedStudy) -> None:
    """Written twice it is the same file; a changed threshold is another study."""
    study = read_study(write_world(tmp_path))
    inputs = load_inputs(study, engine="auto", use_cache=False)
    again = seal_study(study, inputs, tmp_path / "a.sealed", threshold=THRESHOLD)
    seal_study(study, inputs, tmp_path / "b.sealed", threshold=THRESHOLD)
    other = seal_study(study, inputs, tmp_path / "c.sealed", threshold=20)
    assert (tmp_path / "a.sealed").read_bytes() == (tmp_path / "b.sealed").read_bytes()
    assert again == sealed.seal
    assert other != again
    assert sorted(sealed.institutions) == sorted(SITES)
    assert sorted(areas_of(sealed.tree)) == AREAS


def test_the_reference_is_what_a_run_says(tmp_path: Path) -> None:
    """The plain sums of these tests are the figures of `impact run` on the pooled counts."""
    patients = draw(np.random.default_rng(1))
    flows_of(patients).to_csv(tmp_path / "flows.csv", index=False)
    text = STUDY.replace("[[scenario]]", "@").replace(
        'providers = ["Noord", "West", "Zuid"]',
        'providers = ["Noord", "West", "Zuid"]\nallocation = "observed"\nflows = "flows.csv"',
    )
    study = read_study(write_world(tmp_path, text.replace("@", "[[scenario]]")))
    cases = {
        case.intervention.name: case
        for case in run_study(study, use_cache=False).cases
        if case.principal
    }
    for treatment, found in pooled(patients).items():
        figures = cases[treatment].figures
        assert figures["moved"] == found["moved"]
        assert figures["mean_extra_moved"] == pytest.approx(found["mean_extra"])


def test_200_draws_lie_within_their_bounds(sealed: SealedStudy, tmp_path: Path) -> None:
    """Of every figure: moved, mean extra minutes, more than thirty extra, volumes afterwards."""
    random = np.random.default_rng(2025)
    narrow = 0
    for _ in range(DRAWS):
        patients = draw(random, mean=float(random.choice([0.2, 1.0, 4.0, 15.0])))
        merged = merge(sealed, contributions(sealed, patients, tmp_path))
        assert merged.missing == ()
        truth = pooled(patients)
        for row in merged.figures.to_dict("records"):
            found = truth[row["intervention"]]
            assert row["moved_low"] <= found["moved"] <= row["moved_high"]
            assert row["moved_low"] <= row["moved"] <= row["moved_high"]
            if found["moved"]:
                low, high = row["mean_extra_low"], row["mean_extra_high"]
                assert low - 1e-9 <= found["mean_extra"] <= high + 1e-9
                assert low - 1e-9 <= row["mean_extra_moved"] <= high + 1e-9
                narrow += high - low < 30.0
            assert row["beyond_30_extra_low"] <= found["beyond_30"] <= row["beyond_30_extra_high"]
        for row in merged.volumes.to_dict("records"):
            after = truth[row["intervention"]].get(f"after {row['location']}", 0.0)
            assert row["after_low"] - 1e-9 <= after <= row["after_high"] + 1e-9
    assert narrow > DRAWS // 2


def test_a_norm_is_judged_where_the_bounds_agree(sealed: SealedStudy, tmp_path: Path) -> None:
    """No yes and no no where the bounds lie on both sides of the norm."""
    seen = set()
    random = np.random.default_rng(3)
    for mean in (0.3, 0.8, 1.0, 1.5, 4.0) * 8:
        patients = draw(random, mean)
        truth = pooled(patients)["Long"]
        for row in merge(sealed, contributions(sealed, patients, tmp_path)).volumes.to_dict(
            "records"
        ):
            if row["intervention"] != "Long" or row["location"] == "West":
                continue
            after = truth[f"after {row['location']}"]
            seen.add(row["meets"])
            assert row["meets"] != "yes" or after >= 50
            assert row["meets"] != "no" or after < 50
    assert seen == {"yes", "no", "unknown"}


def test_who_is_missing_is_said_and_leaves_figures_open(
    sealed: SealedStudy, tmp_path: Path
) -> None:
    """Without the west nobody knows how many move; without the south only what it has now."""
    made = contributions(sealed, draw(np.random.default_rng(4)), tmp_path)
    merged = merge(sealed, [each for each in made if each.institution != "West"])
    assert merged.missing == ("West",)
    rows = {row["intervention"]: row for row in merged.figures.to_dict("records")}
    assert rows["Long"]["missing"] == "West"
    assert rows["Long"]["moved"] == 0
    south = merged.volumes.query("intervention == 'Long' and location == 'Zuid'").iloc[0]
    assert south["after_low"] == south["before"]
    assert np.isnan(south["after_high"])
    assert south["meets"] in {"yes", "unknown"}


def changed(path: Path, **fields: object) -> None:
    said = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**said, **fields}), encoding="utf-8")


def test_what_does_not_fit_is_refused(sealed: SealedStudy, tmp_path: Path) -> None:
    """Another study or version, a forged number, twice the same institution."""
    made = contributions(sealed, draw(np.random.default_rng(5)), tmp_path)
    path = tmp_path / "west.json"

    def refused(match: str, **fields: object) -> None:
        write_contribution(made[1], path)
        changed(path, **fields)
        with pytest.raises(InputError, match=match):
            read_contribution(path, sealed)

    write_contribution(made[1], path)
    assert read_contribution(path, sealed) == made[1]
    refused("made for this study", seal="0" * 64)
    refused("made by the same version", format=2)
    refused("it was changed afterwards", institution="Zuid")
    refused("it was changed afterwards", told=[])
    refused("it was changed afterwards", sha256="0" * 64)
    with pytest.raises(InputError, match="each institution once"):
        merge(sealed, [made[0], made[1], made[1]])
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="as `impact contribute` writes it"):
        read_contribution(path, sealed)


def test_a_forger_who_also_makes_the_hash_still_tells_no_small_cell(
    sealed: SealedStudy, tmp_path: Path
) -> None:
    """A hash is no signature, but cells below the threshold are refused whoever made them."""
    [north, *_] = contributions(sealed, draw(np.random.default_rng(6)), tmp_path)
    first = north.told[0]
    small = first.__class__(
        first.treatment, first.location, (first.cells[0].__class__(tuple(AREAS), 3, 3),)
    )
    write_contribution(
        Contribution(north.institution, north.seal, north.threshold, (small, *north.told[1:])),
        tmp_path / "forged.json",
    )
    with pytest.raises(InputError, match="10 or more, or the bound of the whole"):
        read_contribution(tmp_path / "forged.json", sealed)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("intervention,postcode,patients\nLongen,9000,4\n", "nearest known: 'Long'"),
        ("postcode,patients\n9000,4\n", "a column intervention: one of Long, Maag"),
        ("intervention,postcode,patients\nLong,9000,4.5\n", "whole patients"),
        ("intervention,postcode,patients\nLong,9000,-4\n", "0 or more"),
        ("intervention,postcode,patients\nLong,9000,<10\n", "found '<10'"),
        ("intervention,postcode,patients\nLong,9000,4\nLong,9000,4\n", "each once"),
        ("intervention,postcode,patients,provider\nLong,9000,4,Zuid\n", "one of West"),
    ],
)
def test_wrong_counts_are_refused(
    sealed: SealedStudy, tmp_path: Path, table: str, message: str
) -> None:
    """File, row, field and value."""
    (tmp_path / "own.csv").write_text(table, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        contribute(sealed, "West", tmp_path / "own.csv")
    with pytest.raises(InputError, match="nearest known: 'West'"):
        contribute(sealed, "Wst", tmp_path / "own.csv")


def test_patients_from_elsewhere_are_noted(sealed: SealedStudy, tmp_path: Path) -> None:
    """They are in no cell, and are counted."""
    table = "intervention,postcode,patients\nLong,9000,40\nLong,1011,7\n"
    (tmp_path / "own.csv").write_text(table, encoding="utf-8")
    made = contribute(sealed, "West", tmp_path / "own.csv")
    assert [note.key for note in made.notes] == ["sealed_outside"]
    [long] = [each for each in made.value.told if each.treatment == "Long"]
    assert sum(cell.low for cell in long.cells) == 40


# --- attacks -------------------------------------------------------------------------------------

TREE: Tree = ((("A", "B"), ("C", "D")), (("E", "F"), ("G", "H")))
LEAVES = areas_of(TREE)
SMALL = st.lists(st.integers(0, 30), min_size=8, max_size=8)


@given(SMALL, st.integers(5, 12))
def test_no_cell_tells_fewer_than_the_threshold(numbers: list[int], threshold: int) -> None:
    """Every cell has the threshold or is a bound, cells part the areas and add up to the total."""
    cells = cells_of(dict(zip(LEAVES, numbers, strict=True)), TREE, threshold)
    assert sorted(area for cell in cells for area in cell.areas) == sorted(LEAVES)
    for cell in cells:
        assert cell.low >= threshold or (len(cells) == 1 and cell.low == 0)
    if sum(numbers) >= threshold:
        assert sum(cell.low for cell in cells) == sum(numbers)
    else:
        assert (cells[0].low, cells[0].high) == (0, threshold - 1)


@given(SMALL, st.integers(0, 7))
def test_totals_never_give_a_small_number_back(numbers: list[int], asked: int) -> None:
    """A reader who knows the rule, the tree and all cells cannot narrow a small number down.

    Every other way to divide what a cell holds is tried that would be told in the same cells: the
    municipality whose number is below the threshold may then have any number from 0 up to the
    threshold that fits into its cell.
    """
    threshold = 5
    counts = dict(zip(LEAVES, numbers, strict=True))
    if counts[LEAVES[asked]] >= threshold or sum(numbers) < threshold:
        return
    cells = cells_of(counts, TREE, threshold)
    mine = next(cell for cell in cells if LEAVES[asked] in cell.areas)
    others = [area for area in mine.areas if area != LEAVES[asked]]
    possible = set()
    for other in range(threshold):
        # give the rest to one other municipality after the other
        for area in others:
            tried = {**counts, **dict.fromkeys(mine.areas, 0)}
            tried[LEAVES[asked]] = other
            tried[area] = mine.low - other
            if tried[area] >= 0 and cells_of(tried, TREE, threshold) == cells:
                possible.add(other)
    assert possible == set(range(threshold))


def test_one_patient_is_not_seen(sealed: SealedStudy, tmp_path: Path) -> None:
    """A contribution with one patient is the same file, but for nothing, as one with nobody."""
    texts = []
    for number in (0, 1, THRESHOLD - 1):
        table = f"intervention,postcode,patients\nLong,9000,{number}\n"
        (tmp_path / "own.csv").write_text(table, encoding="utf-8")
        write_contribution(
            contribute(sealed, "West", tmp_path / "own.csv").value, tmp_path / "one.json"
        )
        texts.append((tmp_path / "one.json").read_text(encoding="utf-8"))
    assert texts[0] == texts[1] == texts[2]


def test_differencing_two_merges_gives_no_more_than_the_contribution(
    sealed: SealedStudy, tmp_path: Path
) -> None:
    """With and without the west: what differs follows from its cells, none below the threshold."""
    made = contributions(sealed, draw(np.random.default_rng(8)), tmp_path)
    everybody = merge(sealed, made)
    without = merge(sealed, [each for each in made if each.institution != "West"])
    for treatment in TREATMENTS:
        one, other = (
            each.figures.set_index("intervention").loc[treatment] for each in (everybody, without)
        )
        told = next(
            each for each in made[1].told if each.treatment == treatment and each.location == "West"
        )
        assert one["patients"] - other["patients"] == sum(
            (cell.low + cell.high) / 2 for cell in told.cells
        )
    # the merger holds the contributions anyway: these are all that there is to learn
    for made_by, each in product(made, range(len(TREATMENTS))):
        for cell in made_by.told[each].cells:
            assert cell.low >= THRESHOLD or (cell.low, cell.high) == (0, THRESHOLD - 1)


def test_nothing_but_cells_leaves_the_house(sealed: SealedStudy, tmp_path: Path) -> None:
    """No postcode, no file name, no minutes, no date stand in a contribution."""
    patients = draw(np.random.default_rng(9))
    counts_of(patients, "Noord").to_csv(tmp_path / "geheim_noord.csv", index=False)
    made = contribute(sealed, "Noord", tmp_path / "geheim_noord.csv").value
    write_contribution(made, tmp_path / "noord.json")
    said = json.loads((tmp_path / "noord.json").read_text(encoding="utf-8"))
    assert sorted(said) == [
        "format",
        "institution",
        "seal",
        "sha256",
        "template",
        "threshold",
        "told",
    ]
    assert {key for each in said["told"] for key in each} == {"treatment", "location", "cells"}
    keys = {key for each in said["told"] for cell in each["cells"] for key in cell}
    assert keys == {"areas", "low", "high"}
    assert "geheim" not in json.dumps(said)


weights = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.floats(-50, 50, width=16)),
    min_size=1,
    max_size=5,
)


@given(weights, st.booleans())
def test_a_bounded_mean_is_what_trying_everything_gives(
    parts: list[tuple[int, int, float]],
    least: bool,  # noqa: FBT001
) -> None:
    """The extreme is where every weight is at one of its limits."""
    low = np.array([low for low, _, _ in parts], float)
    high = low + np.array([more for _, more, _ in parts], float)
    values = np.array([value for _, _, value in parts])
    found = bounded_mean(low, high, values, least=least)
    tried = [
        float((np.array(each) * values).sum() / sum(each))
        for each in product(*zip(low.tolist(), high.tolist(), strict=True))
        if sum(each) > 0.0
    ]
    if not tried:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(min(tried) if least else max(tried))


def test_counts_of_one_year_are_asked_for(tmp_path: Path) -> None:
    name = 'title = "'
    text = STUDY.replace(name, f'demand = "patients.csv"\nyears = 3\n{name}', 1)
    (tmp_path / "patients.csv").write_text(f"postcode,patients\n{CODES[0]},9\n", encoding="utf-8")
    study = read_study(write_world(tmp_path, text))
    with pytest.raises(InputError, match="no years: institutions contribute counts of one year"):
        seal_study(
            study, load_inputs(study, engine="auto"), tmp_path / "s.sealed", threshold=THRESHOLD
        )
    assert not (tmp_path / "s.sealed").exists()
