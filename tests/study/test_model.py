from __future__ import annotations

from pathlib import Path

import pytest

from impact.errors import InputError
from impact.study.model import WEIGHTS, Intervention, Study

STUDY = Study(
    "t",
    "Noord",
    (Intervention("Longresecties", ("a",)), Intervention("Pancreasresecties", ("a", "b"))),
    source="study.toml",
    folder=Path("somewhere"),
)


def test_intervention_is_found_by_name() -> None:
    assert STUDY.intervention("Pancreasresecties").providers == ("a", "b")


def test_unknown_intervention_suggests_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        STUDY.intervention("Pancreasresectie")

    assert str(caught.value) == (
        "study.toml, intervention: found 'Pancreasresectie', expected an intervention of the "
        "study; nearest known: 'Pancreasresecties', 'Longresecties'"
    )


def test_paths_are_relative_to_the_study() -> None:
    assert STUDY.path("a.csv") == Path("somewhere/a.csv")
    assert STUDY.path("/elsewhere/a.csv") == Path("/elsewhere/a.csv")


def test_defaults_are_the_shipped_tables_off_peak_and_residents() -> None:
    assert (STUDY.roads, STUDY.postcodes, STUDY.hospitals) == ("bundled",) * 3
    assert (STUDY.profile, STUDY.demand) == ("dal", "population")
    assert set(WEIGHTS) == {"population", "65+", "75+"}
