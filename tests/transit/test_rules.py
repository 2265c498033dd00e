"""The table of rules, and what is wrong with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from impact.errors import InputError
from impact.transit.rules import TransitRules, read_rules

if TYPE_CHECKING:
    from pathlib import Path


def test_the_shipped_table_is_the_default() -> None:
    shipped = read_rules()
    assert shipped == TransitRules(source=shipped.source)
    assert shipped.source[0][0] == "rules.csv"


def test_a_rule_that_is_left_out_is_as_shipped(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("rule,value\nlimit,60\nappointments,09:15\n", encoding="utf-8")
    rules = read_rules(path)
    assert (rules.limit, rules.appointments, rules.changes) == (3600, (33300,), 3)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("limt,60", r"row 2, rule: found 'limt', .* nearest known: 'limit'"),
        ("limit,0", r"row 2, limit: found '0', expected minutes, a number above 0"),
        ("changes,2.5", r"row 2, changes: found '2.5', expected a whole number from 0 to 9"),
        ("appointments,ten", r"row 2, appointments: found 'ten', expected times such as"),
        ("speed,fast", r"row 2, speed: found 'fast', expected km/h"),
        ("last_until,15:00", r"last_until: found '15:00', expected a time .* after last_from"),
        ("limit,60\nlimit,90", r"row 3, rule: found 'limit', expected each rule once"),
    ],
)
def test_a_wrong_rule(tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"rule,value\n{row}\n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_rules(path)
