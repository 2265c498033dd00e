"""Car and public transport side by side: by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from three_towns import impact, write_files
from transit_study import MATRIX, transit_files, transit_result

from impact.analysis.transit import by_transit, ridden
from impact.outputs.text import texts
from impact.outputs.text.assumptions import assumptions
from impact.outputs.text.transit import transit_lines, transit_note

if TYPE_CHECKING:
    from pathlib import Path


def test_the_row_of_a_case_by_hand(tmp_path: Path) -> None:
    result = transit_result(tmp_path)
    row = result.transit_table.iloc[0]
    assert (row["moved"], row["compared"], row["demand"]) == (100.0, 100.0, 350.0)
    assert (row["no_connection_before"], row["no_connection_after"]) == (50.0, 50.0)
    assert (row["car_mean_extra"], row["transit_mean_extra"]) == (46.0, 75.0)
    assert (row["last_home_before"], row["last_home_after"]) == ("22:10", "19:40")


def test_the_same_in_sentences(tmp_path: Path) -> None:
    result, t = transit_result(tmp_path), texts("nl")
    (line,) = transit_lines(t, result)
    who = "Van 100 inwoners die moeten en nu en straks een verbinding hebben"
    minutes = "met de auto van 6 naar 52 minuten, met het openbaar vervoer van 20 naar 95 minuten"
    without = "Zonder verbinding met het openbaar vervoer, nu en straks"
    assert line.said == (
        f"{who}: {minutes}.",
        f"{without}: 50 van de 350 inwoners.",
        "Minstens de helft van hen komt straks na 19.40 uur niet meer thuis (nu na 22.10 uur).",
    )
    assert "nu en straks 50" in transit_note(t, result)


def test_a_lost_connection_is_counted_and_is_in_no_mean(tmp_path: Path) -> None:
    matrix = MATRIX.replace("8911,Noord,95,1,2,99,19:40", "8911,Noord,inf,0,,inf,")
    result, t = transit_result(tmp_path, matrix), texts("en")
    row = result.transit_table.iloc[0]
    assert (row["lost_connection"], row["compared"], row["no_connection_after"]) == (100, 0, 150)
    assert np.isnan(row["transit_mean_after"])
    (line,) = transit_lines(t, result)
    assert line.said[0].startswith("Of those who must go elsewhere, nobody has a connection")
    assert "now 50, then 150 of the 350 residents" in line.said[1]
    assert line.said[2] == "Lose their connection: 100 residents."
    (case,) = by_transit(result)
    assert case.figures["unreachable"] == 150.0


def test_who_goes_where_stays_as_the_car_has_it(tmp_path: Path) -> None:
    result = transit_result(tmp_path)
    (case,) = by_transit(result)
    columns = ["postcode", "provider_before", "provider_after", "demand", "moved"]
    shown = next(each.case for each in result.principal)
    assert case.flows[columns].equals(shown.flows[columns])
    assert case.figures["mean_extra_moved"] == 75.0


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("8911,Noord,95,1,2,99,19:40", ((20.0, 95.0), 2.0, 19 * 3600 + 40 * 60.0)),
        ("8911,Noord,95,1,,99,25:00", ((20.0, 95.0), None, None)),
        ("8911,Noord,inf,0,,inf,", ((20.0, np.inf), None, None)),
    ],
    ids=["known", "late", "lost"],
)
def test_the_ride_of_one_postcode(tmp_path: Path, after: str, expected: tuple[object, ...]) -> None:
    result = transit_result(tmp_path, MATRIX.replace("8911,Noord,95,1,2,99,19:40", after))
    flows = result.principal[0].case.flows
    ride = ridden(flows[flows["postcode"] == "8911"], result.transit)
    assert (ride.minutes, ride.changes, ride.last_home) == expected
    assert ride.without is None


def test_the_ride_of_all_says_how_many_have_none(tmp_path: Path) -> None:
    result = transit_result(tmp_path)
    ride = ridden(result.principal[0].case.flows, result.transit)
    assert ride.minutes == pytest.approx(((20 * 100 + 12 * 200) / 300, (95 * 100 + 12 * 200) / 300))
    assert ride.without == pytest.approx((50 / 350, 50 / 350))
    assert (ride.changes, ride.last_home) == (None, None)


def test_screen_sheet_and_report_say_both(tmp_path: Path) -> None:
    study = write_files(tmp_path, transit_files())
    ran = impact("run", study, "--out", tmp_path / "out")
    assert ran.code == 0, ran.err
    assert "met het openbaar vervoer van 20 naar 95 minuten" in ran.out
    for name in ("report.html", "a4.html"):
        page = (tmp_path / "out" / name).read_text(encoding="utf-8")
        assert "met het openbaar vervoer" in page, name
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert report.count("<h2 id=") > 5
    assert "Laatste weg terug" in report
    looked = impact("lookup", "8911", study)
    assert "met het openbaar vervoer nu 20, straks 95 minuten, 2 overstappen" in looked.out
    assert "na 19.40 uur geen weg terug met het openbaar vervoer" in looked.out
    # of public transport it is known how long it takes for who cannot drive
    assert "of als u niet kunt rijden" not in looked.out.replace("\n", " ")


def test_only_who_has_no_transit_says_that_it_is_not_counted(tmp_path: Path) -> None:
    said = [each.text for each in assumptions(transit_result(tmp_path), texts("nl"))]
    # minutes of the user's own: how people travel is not known
    assert any("uit een eigen bestand" in each for each in said)
    assert not any("openbaar vervoer tellen niet mee" in each for each in said)
