"""Claims by public transport on three towns, by hand.

When West stops, the 100 of 8911 go by bus to Noord: 95 minutes instead of 20. The 200 of 9712 stay
at 12 minutes; the 50 of 7811 have no connection, now and then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from three_towns import impact, with_roads, write_files
from transit_study import MATRIX, transit_files

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 'by = "public transport"\ntreatment = "Pancreas"\n'
STOPS = 'scenario = "West stopt"\n'


def _checked(folder: Path, *claims: str, matrix: str = MATRIX, by_car: bool = False) -> list[str]:
    """Verdict and figure of each claim, with the reason."""
    study = write_files(folder, None if by_car else transit_files(matrix))
    tables = [f'[[claim]]\nname = "{at}"\n{HEAD}{each}' for at, each in enumerate(claims)]
    (folder / "claims.toml").write_text("\n".join(tables), encoding="utf-8")
    asked = ("--study", study, "--out", folder / "out", "--lang", "en", "--quiet")
    outcome = impact("check", folder / "claims.toml", *asked, "--draws", 0)
    assert outcome.code == 0, outcome.err
    rows = pd.read_csv(folder / "out" / "claims.csv").to_dict("records")
    return [f"{row['verdict']} {row['figure']:.2f} {row['reason']}" for row in rows]


@pytest.mark.parametrize(
    ("claim", "starts"),
    [
        # 200 of 350; at 95 minutes exactly 8911 is within as well
        (f'kind = "share_within"\nminutes = 60\nshare = 57\n{STOPS}', "supported 0.57"),
        (f'kind = "share_within"\nminutes = 60\nshare = 58\n{STOPS}', "not supported 0.57"),
        (f'kind = "share_within"\nminutes = 95\nshare = 85\n{STOPS}', "supported 0.86"),
        (f'kind = "share_within"\nminutes = 94.9\nshare = 85\n{STOPS}', "not supported 0.57"),
        # no large number brings in who has no connection
        (f'kind = "share_within"\nminutes = 1e9\nshare = 86\n{STOPS}', "not supported 0.86"),
        (f'kind = "share_within"\nshare = 85\n{STOPS}', "supported 0.86"),
        (f'kind = "share_within"\nshare = 100\n{STOPS}', "not supported 0.86"),
        (f'kind = "share_within"\nshare = 100\nof = "moved"\n{STOPS}', "supported 1.00"),
        (f'kind = "nobody_more"\nminutes = 75\n{STOPS}', "supported 75.00"),
        (f'kind = "nobody_more"\nminutes = 74.9\n{STOPS}', "not supported 75.00"),
        # 100 x 75 minutes over the 300 with a connection
        ('kind = "minimal"\nminutes = 25\nof = "all"\n', "supported 25.00"),
        ('kind = "minimal"\nminutes = 24.9\nof = "all"\n', "not supported 25.00"),
        (f'kind = "nobody_more"\n{STOPS}', "cannot be decided nan The claim names no number"),
        (
            f'kind = "place_longer"\npostcode = "8911"\nminutes = 75\n{STOPS}',
            "cannot be decided nan This kind",
        ),
    ],
)
def test_a_claim_at_its_edge(tmp_path: Path, claim: str, starts: str) -> None:
    (found,) = _checked(tmp_path, claim)
    assert found.startswith(starts)


def test_the_reason_says_who_has_no_connection(tmp_path: Path) -> None:
    (found,) = _checked(tmp_path, f'kind = "share_within"\nminutes = 60\nshare = 50\n{STOPS}')
    assert "By public transport; who goes to which hospital follows from the car." in found
    assert "After the change 14% of those who count has no connection" in found
    assert "No margin of calculation was computed for the timetable." in found
    assert "A connection is lost" not in found
    page = (tmp_path / "out" / "verdicts.html").read_text(encoding="utf-8")
    assert "After the change 14% of those who count has no connection" in page


def test_who_loses_every_connection_is_beyond_every_limit(tmp_path: Path) -> None:
    lost = MATRIX.replace("8911,Noord,95,1,2,99,19:40", "8911,Noord,inf,0,,inf,")
    found = _checked(
        tmp_path,
        f'kind = "nobody_more"\nminutes = 1000\n{STOPS}',
        'kind = "minimal"\nminutes = 5\nof = "all"\n',
        f'kind = "share_within"\nshare = 58\n{STOPS}',
        matrix=lost,
    )
    assert [each.partition(" ")[0] for each in found] == ["not", "partly", "not"]
    assert "Somebody loses every connection; that is more than any number of minutes." in found[0]
    assert "A connection is lost by 29% of those who count" in found[1]


def test_a_study_by_car_only_says_nothing_of_it(tmp_path: Path) -> None:
    claim = f'kind = "share_within"\nminutes = 60\nshare = 50\n{STOPS}'
    (found,) = _checked(tmp_path, claim, by_car=True)
    assert found.startswith("cannot be decided nan These data say nothing of public transport")


def test_other_roads_and_speeds_vary_no_timetable(tmp_path: Path) -> None:
    study = with_roads(tmp_path)
    text = study.read_text(encoding="utf-8")
    text = text.replace('roads = "toy.impact"', 'roads = "toy.impact"\ntransit = ["ov.csv"]')
    study.write_text(text, encoding="utf-8")
    (tmp_path / "ov.csv").write_text(MATRIX, encoding="utf-8")
    claim = f'kind = "nobody_more"\nminutes = 75\n{STOPS}'
    both = f'[[claim]]\nname = "bus"\n{HEAD}{claim}\n[[claim]]\nname = "auto"\n'
    both += 'treatment = "Pancreas"\n' + claim
    (tmp_path / "claims.toml").write_text(both, encoding="utf-8")
    asked = ("--study", study, "--out", tmp_path / "out", "--draws", 2, "--quiet")
    outcome = impact("check", tmp_path / "claims.toml", *asked)
    assert outcome.code == 0, outcome.err
    bus, car = pd.read_csv(tmp_path / "out" / "claims.csv").to_dict("records")
    assert (bus["low"], bus["figure"], bus["high"]) == (75.0, 75.0, 75.0)
    assert car["low"] < car["figure"] < car["high"] < 75.0
