"""What is said of a norm: its remarks, and no verdict where nobody can tell."""

from __future__ import annotations

import pytest

from impact.bundled import data_path
from impact.outputs.text import texts
from impact.outputs.text.norms import norm_remark
from impact.study.model import Intervention
from impact.study.read import read_study
from impact.tables.text_table import read_table


@pytest.mark.parametrize(
    ("treatment", "norm", "said"),
    [
        ("kidney_local", 75.0, "verzekeraars rekenen voor operaties met 50"),
        ("pancreas_ercp", 150.0, "verhuist maar 10%"),
        ("pancreas_resections", 50.0, ""),
        ("", 75.0, ""),
    ],
)
def test_the_remark_of_the_table_stands_beside_the_norm(
    treatment: str, norm: float, said: str
) -> None:
    remark = norm_remark(texts("nl"), Intervention("x", ("A", "B"), treatment=treatment, norm=norm))
    assert said in remark
    assert bool(remark) == bool(said)


def test_every_remark_on_a_treatment_of_ours_has_dutch_words() -> None:
    norms = read_table(data_path("norms.csv")).frame
    treatments = read_table(data_path("treatments.csv")).frame
    keys = set(norms.loc[norms["note"] != "", "norm_key"])
    remarked = treatments.loc[treatments["norm_key"].isin(keys), "treatment_id"].tolist()
    assert "kidney_local" in remarked
    for treatment in remarked:
        asked = Intervention("x", ("A", "B"), treatment=treatment, norm=1.0)
        dutch, english = (norm_remark(texts(lang), asked) for lang in ("nl", "en"))
        assert english in set(norms["note"])
        assert dutch not in set(norms["note"])


def test_no_norm_has_no_remark() -> None:
    asked = Intervention("x", ("A", "B"), treatment="kidney_local")
    assert norm_remark(texts("nl"), asked) == ""


def test_the_dutch_name_of_an_ercp_says_no_cancer() -> None:
    names = [each.name for each in read_study("west").interventions]
    ercp = [name for name in names if "ERCP" in name]
    assert ercp == ["ERCP (alle indicaties)"]
