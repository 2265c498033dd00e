from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from impact.errors import InputError
from impact.evidence.claims.claim import SHIPPED
from impact.evidence.claims.read import claim_paths, known_data, read_claims
from impact.evidence.published.table import published_ranges

if TYPE_CHECKING:
    from pathlib import Path

    from impact.evidence.claims.read import Known

GOOD = """\
[[claim]]
name = "Drachten"
kind = "place_longer"
postcode = "9203 AB"
treatment = "Pancreasresecties"
stops = ["Frisius MC Leeuwarden (MCL)"]
minutes = 5
"""

BAD = """\
[[claim]]
name = "one"
kind = "range"
region = "Noordost"
low = 30
high = 6

[[claim]]
name = "one"
kind = "place_longer"
region = "West-Nederland"
postcode = "9203"
treatment = "Pancreasresectie"
definition = "intervenions"
minutes = 5

[[claim]]
name = "two"
kind = "nobody"

[[claim]]
name = "three"
kind = "better"
region = "Noordoost-Nederland"
treatment = "Pancreasresecties"
stops = ["Isala"]
"""


@pytest.fixture(scope="module", name="known")
def _known() -> Known:
    return known_data()


def write(folder: Path, text: str) -> Path:
    path = folder / "claims.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_ten_lines_are_enough(tmp_path: Path, known: Known) -> None:
    (claim,) = read_claims(write(tmp_path, GOOD), known).claims
    assert (claim.postcode, claim.region) == ("9203", "Noordoost-Nederland")
    assert (claim.treatment, claim.change.stops) == (
        "pancreas_resections",
        ("Frisius MC Leeuwarden (MCL)",),
    )
    assert claim.line == 1


def test_every_fault_is_told_at_once_with_its_line(tmp_path: Path, known: Known) -> None:
    with pytest.raises(InputError) as error:
        read_claims(write(tmp_path, BAD), known)
    said = str(error.value)
    for expected in (
        "line 4, claim[1].region: found 'Noordost'",
        "nearest known: 'Noordoost-Nederland'",
        "line 5, claim[1].low: found '30', expected at most high, which is 6",
        "line 12, claim[2].postcode: found '9203', expected a place in West-Nederland",
        "line 13, claim[2].treatment: found 'Pancreasresectie'",
        "line 14, claim[2].definition: found 'intervenions'",
        "line 19, claim[3].kind: found 'nobody', expected one of range, nobody_more",
        "line 26, claim[4].stops: found 'Isala'",
        "line 9, claim[2].name: found 'one', expected each name once",
    ):
        assert expected in said, (expected, said)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("9203 AB", "0001"), "a postcode with residents"),
        (('postcode = "9203 AB"', 'municipality = "Smallingerlant"'), "'Smallingerland'"),
        (("minutes = 5", ""), "minutes: the number that is claimed"),
        (("minutes = 5", "minute = 5"), "one of the keys"),
        (("minutes = 5", 'minutes = "veel"'), "a number"),
        (('postcode = "9203 AB"', ""), "either a postcode or a municipality"),
        (('treatment = "Pancreasresecties"', ""), "a treatment beside stops"),
        (('postcode = "9203 AB"', 'postcode = "3511"'), "falls short of its norm in"),
        (("[[claim]]", "[claim"), "TOML"),
        ((GOOD, ""), "at least one [[claim]]"),
    ],
)
def test_bad_claims(tmp_path: Path, known: Known, change: tuple[str, str], expected: str) -> None:
    with pytest.raises(InputError, match=re.escape(expected)):
        read_claims(write(tmp_path, GOOD.replace(*change)), known)


def test_shipped_claims_are_the_published_ranges_with_their_words(known: Known) -> None:
    claims = read_claims(claim_paths()[SHIPPED], known).claims
    ranges = {each.region: each for each in claims if each.kind == "range"}
    said = published_ranges()
    assert set(ranges) == set(said)
    for region, claim in ranges.items():
        assert (claim.low, claim.high) == (said[region].low, said[region].high)
        assert set(claim.peaks) == set(said[region].peaks)
        assert f"tussen de {claim.low:g} en {claim.high:g} minuten" in claim.quote


def test_quotations_are_literal(known: Known, shared_data: Path) -> None:
    text = (shared_data.parent / "background" / "kpmg_samenwerkingsspagaat_2025.txt").read_text(
        encoding="utf-8"
    )
    quoted = [each.quote for each in read_claims(claim_paths()[SHIPPED], known).claims]
    assert [quote for quote in quoted if quote and quote not in text] == []
