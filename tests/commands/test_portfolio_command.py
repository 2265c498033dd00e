"""`impact portfolio` from a study and a table of conditions to its folder and page.

```
    8911 West          9712 Noord          Patients: 60 in Noord, 30 in West, 20 in Zuid.
      6 min              5 min             Two treatments; of each one hospital stops.
                       7811 Zuid           Zuid: 20 x 44 minutes; West: 30 x 44.
                         4 min
```
"""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from three_towns import impact, tree, write_files
from two_treatments import PATIENTS, TWO, portfolio_of

from impact.analysis.portfolio import chosen_cases, kept_shares, study_portfolio, summed_rows
from impact.analysis.sweep import sweep_study
from impact.optimise.conditions import ConditionWriter
from impact.outputs.pages.portfolio import _organisations
from impact.outputs.text import texts
from impact.outputs.text.wording import share_text
from impact.study.read import read_study

if TYPE_CHECKING:
    from pathlib import Path


def rows(path: Path) -> list[dict[str, str]]:
    """Rows of a table."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_it_writes_its_folder(tmp_path: Path) -> None:
    """Without conditions each treatment takes its own best: Zuid stops with both, 880 of 110."""
    done = impact(*portfolio_of(tmp_path))
    assert (done.code, done.err) == (0, "")
    assert "Samen kost deze keuze gemiddeld 8 minuten extra" in done.out
    assert "Zuid verliest alles wat zij van deze behandelingen doet." in done.out
    assert sorted(tree(tmp_path / "out")) == [
        "choices.csv",
        "conditions.csv",
        "front.csv",
        "manifest.json",
        "municipalities.csv",
        "organisations.csv",
        "portfolio.html",
    ]
    assert [row["stops"] for row in rows(tmp_path / "out" / "choices.csv")] == ["Zuid", "Zuid"]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["portfolio"]["status"] == "optimal"
    assert manifest["portfolio"]["unit"] == "patients"


def test_a_condition_has_its_price(tmp_path: Path) -> None:
    """Nobody may lose both: Zuid with one, West with the other; 30 x 39 rather than 20 x 44."""
    conditions = "condition,value,text\nloses_at_most,1,Niemand verliest alles\n"
    done = impact(*portfolio_of(tmp_path, conditions))
    assert done.code == 0, done.err
    stops = sorted(row["stops"] for row in rows(tmp_path / "out" / "choices.csv"))
    assert stops == ["West", "Zuid"]
    [price] = rows(tmp_path / "out" / "conditions.csv")
    result = study_portfolio(
        read_study(tmp_path / "study.toml"), conditions=tmp_path / "voorwaarden.csv"
    )
    assert result.best is not None
    assert float(price["price"]) == pytest.approx(result.best.travel - result.single, abs=0.01)
    assert float(price["price"]) > 0.0


def test_what_cannot_be_is_said_with_numbers(tmp_path: Path) -> None:
    """When Zuid stops the smallest, West, has 30; it is 20 when West stops. Nobody reaches 50."""
    arguments = portfolio_of(tmp_path, "condition,value\nnorm,1\n")
    text = TWO.replace('name = "Tweede"', 'name = "Tweede"\nnorm = 50')
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    done = impact(*arguments)
    assert done.code == 0, done.err
    assert "Geen keuze voldoet aan alle voorwaarden." in done.out
    said = " ".join(done.out.split())
    assert "Tweede: in de beste keuze heeft de kleinste aanbieder er 30, gevraagd is 50." in said
    assert "Weglaten van één voorwaarde maakt het mogelijk" in said


def test_conditions_that_exclude_each_other(tmp_path: Path) -> None:
    """Each can be met, both cannot: leaving out either makes it possible."""
    conditions = "condition,organisation,treatments\nkeeps,Zuid,Tweede\nstops,Zuid,Tweede\n"
    done = impact(*portfolio_of(tmp_path, conditions))
    assert done.code == 0, done.err
    assert "Geen keuze voldoet aan alle voorwaarden." in done.out
    page = (tmp_path / "out" / "portfolio.html").read_text(encoding="utf-8")
    assert page.count("met deze voorwaarde kan het niet, zonder wel") == 2


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ("condition,value\nnorms,1\n", "row 2, condition: found 'norms', expected one of norm,"),
        ("condition,value\nnorm,veel\n", "row 2, value: found 'veel', expected a number of 0"),
        ("condition,value\nkeeps_share,1.5\n", "value: found '1.5', expected a number from 0 to 1"),
        ("condition,value\nloses_at_most,0.5\n", "found '0.5', expected a whole number"),
        ("condition,organisation\nkeeps,Zuidd\n", "nearest known: 'Zuid'"),
        ("condition,organisation\nkeeps,\n", "organisation: expected who keeps"),
        ("condition,treatments\nneeds,Tweede\n", "two treatments or more"),
        ("condition,treatments,value\nnorm,Twede,1\n", "nearest known: 'Tweede'"),
        ("kind,value\nnorm,1\n", "condition"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, conditions: str, message: str) -> None:
    """File, row, field, value, and what was expected."""
    done = impact(*portfolio_of(tmp_path, conditions))
    assert done.code == 2
    assert "voorwaarden.csv" in done.err
    assert message in " ".join(done.err.split())
    assert not (tmp_path / "out").exists()


def test_another_allocation_is_refused(tmp_path: Path) -> None:
    """The formula sends everybody to the nearest."""
    text = TWO.replace('name = "Tweede"', 'name = "Tweede"\nallocation = "logit"\nbeta = 0.1')
    study = write_files(tmp_path, {"study.toml": text, "patients.csv": PATIENTS})
    done = impact("portfolio", study, "--out", tmp_path / "out")
    assert done.code == 2


def test_every_choice_has_the_figures_of_the_sweep() -> None:
    """Noordoost: mean extra minutes over everybody of each candidate, as a sweep has them."""
    study = read_study("noordoost")
    kept = tuple(each for each in study.interventions if each.name != "ERCP (alle indicaties)")[:4]
    study = replace(study, interventions=kept, scenarios=())
    result = study_portfolio(study)
    for each, swept in zip(result.portfolio.treatments, sweep_study(study).swept, strict=True):
        found = pd.Series(
            each.minutes.sum(axis=1) / each.demand.sum(), ["; ".join(s) for s in each.stops]
        )
        table = swept.table.set_index("stops")["mean_extra_all"]
        assert np.allclose(found.reindex(table.index), table)


def test_the_map_sums_up_to_the_choice(tmp_path: Path) -> None:
    """Minutes of the postcodes, weighed, are the minutes of the choice."""
    portfolio_of(tmp_path)
    result = study_portfolio(read_study(tmp_path / "study.toml"))
    assert result.best is not None
    mapped = summed_rows(result, chosen_cases(result))
    extra = (mapped["mean_after"] - mapped["mean_before"]) * mapped["demand"]
    assert extra.sum() / mapped["demand"].sum() == pytest.approx(result.best.travel)


def test_shares_on_the_page_are_those_of_the_conditions(tmp_path: Path) -> None:
    """With one treatment in patients and one in residents, each weighs the same on the page too."""
    text = TWO.replace('name = "Tweede"', 'name = "Tweede"\nnorm = 1').replace(
        'demand = "patients.csv"', 'demand = "population"'
    )
    patients = '[intervention.patients]\nnational = 110\nrates = { all = 1 }\nsource = "test"\n'
    head, _, tail = text.partition("\n[[intervention]]\n" + 'name = "Tweede"')
    study = write_files(
        tmp_path,
        {
            "study.toml": head + "\n" + patients + '\n[[intervention]]\nname = "Tweede"' + tail,
            "voorwaarden.csv": "condition,organisation,value\nkeeps_share,,0.1\nloses_at_most,,1\n",
        },
    )
    result = study_portfolio(read_study(study), conditions=tmp_path / "voorwaarden.csv")
    assert result.best is not None
    assert len({each.unit for each in result.portfolio.treatments}) == 2
    writer = ConditionWriter(result.portfolio, result.organisations)
    shares = kept_shares(result.portfolio, writer, result.best.chosen.choice)
    rows_ = {row["name"]: row["share"] for row in _organisations(result, texts("nl"))}
    assert rows_ == {name: share_text(texts("nl"), share) for name, share in shares.items()}
    assert min(shares.values()) == pytest.approx(result.best.balance)
