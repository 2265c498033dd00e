"""The explorer computes in the browser: its figures must be those of Python, to the last bit."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from browser import NEEDS_BROWSER, Browser
from toy import EMMEN, GRONINGEN, KIDNEY, LEEUWARDEN, PANCREAS, toy_result

from impact.model.allocation import flows
from impact.model.measures import by_place, measures, place_bands
from impact.model.volumes import RegisteredCounts, case_volumes
from impact.outputs.pages.explorer import write_explorer
from impact.outputs.pages.map_layers import (
    layer,
    used_locations,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from browser import Page

    from impact.analysis.result import Result
    from impact.model.case import Case

pytestmark = NEEDS_BROWSER

CLOSURES = 50
LITTLE = {GRONINGEN: 8.0}
JUDGED = {"yes": True, "no": False, "": None}

COMPUTE = """
const [asked] = arguments;
const plain = (value) => Number.isFinite(value) ? value : String(value);
return asked.map(({intervention, stops, opens, movesTo}) => {
  const {figures, places, flows, volumes} = explorer.engine.compute(
    {intervention, stops: new Set(stops), opens: new Set(opens), movesTo});
  return {
    figures: Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, plain(value)])),
    extra: [...places.extra].map(plain),
    after: [...places.after].map(plain),
    to: flows.to,
    bands: explorer.bandsOf(places),
    volumes: volumes && volumes.map(({at, before, after, meets, kind}) =>
      [at, plain(before), plain(after), meets, kind]),
  };
});
"""


@pytest.fixture(scope="module")
def page(browser: Browser, noordoost_folder: Path) -> Page:
    return browser.open(noordoost_folder / "explorer.html")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


def plain(value: float) -> float | str:
    """Write a number as the page does: JSON has no NaN and no infinity."""
    if math.isfinite(value):
        return float(value)
    return "NaN" if math.isnan(value) else "Infinity"


def asked(
    result: Result,
    name: str,
    stops: Sequence[str],
    opens: Sequence[str] = (),
    moves_to: Mapping[str, Mapping[str, float]] | None = None,
) -> dict[str, Any]:
    number = {name: place for place, name in enumerate(sorted(result.times.destinations))}
    return {
        "intervention": [each.name for each in result.study.interventions].index(name),
        "stops": [number[each] for each in stops],
        "opens": [number[each] for each in opens],
        "movesTo": {
            str(number[giver]): [[number[taker], share] for taker, share in takers.items()]
            for giver, takers in (moves_to or {}).items()
        },
    }


def question(result: Result, case: Case) -> dict[str, Any]:
    return asked(result, case.intervention.name, case.stops, case.opens, case.moves_to)


def agrees(said: dict[str, Any], result: Result, rows: pd.DataFrame) -> None:
    """Every figure, every postcode and every destination, exactly."""
    assert said["figures"] == {key: plain(value) for key, value in measures(rows).items()}
    places = by_place(rows, rows["postcode"]).loc[result.postcodes.index]
    assert said["extra"] == [plain(each) for each in places["mean_extra_moved"]]
    assert said["after"] == [plain(each) for each in places["mean_after"]]
    names = sorted(result.times.destinations)
    assert [names[at] if at >= 0 else "" for at in said["to"]] == rows["provider_after"].tolist()


def test_fifty_random_closures_give_the_figures_of_python(
    page: Page, noordoost_result: Result
) -> None:
    result = noordoost_result
    chance = random.Random(20261122)  # noqa: S311 (a draw that everybody can repeat)
    questions, answers = [], []
    for _ in range(CLOSURES):
        intervention = chance.choice(result.study.interventions)
        providers = list(intervention.providers)
        stops = sorted(chance.sample(providers, chance.randrange(len(providers))))
        others = sorted(set(result.times.destinations) - set(providers))
        opens = sorted(chance.sample(others, min(len(others), chance.choice([0, 0, 1, 2]))))
        moves_to = None
        left = sorted({*providers, *opens} - set(stops))
        if stops and len(left) > 1 and chance.random() < 0.4:
            takers = chance.sample(left, 2)
            moves_to = {chance.choice(stops): {takers[0]: 0.3, takers[1]: 0.7}}
        weights = result.weights[intervention.name]
        rows = flows(
            result.times, weights, providers=providers, stops=stops, opens=opens, moves_to=moves_to
        )
        questions.append(asked(result, intervention.name, stops, opens, moves_to))
        answers.append(rows)
    said = page.run(COMPUTE, questions)
    assert len(said) == CLOSURES
    for one, rows in zip(said, answers, strict=True):
        agrees(one, result, rows)


def test_the_cases_of_a_run_are_coloured_as_on_the_map(
    page: Page, noordoost_result: Result
) -> None:
    result = noordoost_result
    cases = [view.case for view in result.principal]
    questions = [question(result, case) for case in cases]
    said = page.run(COMPUTE, questions)
    names = used_locations(result)
    for one, case in zip(said, cases, strict=True):
        agrees(one, result, case.flows)
        assert one["figures"] == {key: plain(value) for key, value in case.figures.items()}
        assert one["bands"] == layer(result, case, names).bands


def test_every_band_is_that_of_python(page: Page) -> None:
    values = [math.nan, 0.0, 0.004, 0.006, 5.0, 5.1, 10.0, 20.0, 30.0, 30.1, math.inf, -0.004, -9.0]
    cases = [
        (before, after, extra, demand)
        for before in (20.0, math.inf)
        for after in (10.0, 25.0, math.inf)
        for extra in values
        for demand in (0.0, 9.0)
    ]
    columns = [[plain(each) for each in column] for column in zip(*cases, strict=True)]
    found = page.run(
        """
        const [before, after, extra, demand] = arguments[0].map((each) => each.map(Number));
        return explorer.bandsOf({before, after, extra, demand});
        """,
        columns,
    )
    assert found == place_bands(*np.array(cases).T).tolist()


def test_counts_and_norms_are_those_of_python(
    browser: Browser, toy: Result, tmp_path: Path
) -> None:
    everything = {GRONINGEN: 60.0, LEEUWARDEN: 25.5, EMMEN: 11.0}
    # four more or fewer in Leeuwarden, whose norm for kidneys is 20
    middle = {GRONINGEN: 60.0, LEEUWARDEN: 20.0, EMMEN: 11.0}
    hidden = RegisteredCounts(middle, {**middle, LEEUWARDEN: 16.0}, {**middle, LEEUWARDEN: 24.0})
    as_patients = replace(
        toy, unit="patients", summary=toy.summary.assign(unit="patients"), registered={}
    )
    for number, (result, counts) in enumerate(
        [
            (replace(toy, registered={PANCREAS: everything, KIDNEY: everything}), everything),
            (replace(toy, registered={PANCREAS: LITTLE}), LITTLE),
            (replace(toy, registered={PANCREAS: hidden, KIDNEY: hidden}), hidden),
            (as_patients, None),
            (toy, None),
        ]
    ):
        path = tmp_path / f"explorer{number}.html"
        write_explorer(result, path)
        names = sorted(result.times.destinations)
        cases = [
            view.case
            for view in result.principal
            if number != 1 or view.case.intervention.name == PANCREAS
        ]
        said = browser.open(path).run(COMPUTE, [question(result, case) for case in cases])
        for one, case in zip(said, cases, strict=True):
            if result is toy:
                assert one["volumes"] is None
                continue
            table = case_volumes(case, result.unit, counts)
            if counts is hidden and case.intervention.name == KIDNEY:
                open_still = table.set_index("location").loc[LEEUWARDEN]
                assert (open_still["volume_after"], open_still["meets_norm"]) == (20.0, "")
            columns = [
                [names.index(name) for name in table["location"]],
                [plain(each) for each in table["volume_before"]],
                [plain(each) for each in table["volume_after"]],
                [JUDGED[each] for each in table["meets_norm"]],
                table["kind"].tolist(),
            ]
            assert one["volumes"] == [list(row) for row in zip(*columns, strict=True)]


def test_providers_outside_the_region_take_over_where_the_study_says_so(
    browser: Browser, noordoost_result: Result, tmp_path: Path
) -> None:
    before = noordoost_result.study.intervention("Pancreasresecties")
    inside, beyond = before.providers[:2], before.providers[2:]
    everywhere = replace(before, name="A", providers=inside, outside=beyond, alternatives="all")
    leaves = replace(
        before, name="B", providers=inside, outside=beyond, stop_count=2, all_fail="leaves_region"
    )
    weights = noordoost_result.weights[before.name]
    result = replace(
        noordoost_result,
        study=replace(noordoost_result.study, interventions=(everywhere, leaves), scenarios=()),
        cases=(),
        candidates=dict.fromkeys("AB", noordoost_result.candidates[before.name]),
        weights=dict.fromkeys("AB", weights),
        outside=dict.fromkeys("AB", beyond),
        registered={},
    )
    path = tmp_path / "explorer.html"
    write_explorer(result, path)
    page = browser.open(path)
    asked_for = [("A", inside[:1]), ("A", inside), ("B", inside[:1]), ("B", inside)]
    said = page.run(COMPUTE, [asked(result, name, list(stops)) for name, stops in asked_for])
    for one, (name, stops) in zip(said, asked_for, strict=True):
        rows = flows(
            result.times,
            weights,
            providers=(*inside, *(beyond if name == "A" else ())),
            stops=stops,
            opens=beyond if name == "B" and stops == inside else (),
        )
        agrees(one, result, rows)
    assert said[3]["figures"]["unreachable"] == 0.0
    assert said[3]["figures"]["moved"] == float(weights.sum())
