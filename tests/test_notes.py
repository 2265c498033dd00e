"""Notes: a key with fields, that gets its words where it is shown."""

from __future__ import annotations

import json
import math
import pickle

import pytest

from impact.notes import Note, distinct_sources

NESTED = Note.of(
    "huff_doubted",
    why=(
        Note.of("huff_one", beta=math.nan),
        Note.of("huff_alike"),
    ),
)


@pytest.mark.parametrize(
    ("note", "sentence"),
    [
        (Note.of("bom", file="a.csv"), "a.csv: byte-order mark skipped"),
        (
            Note.of("absent", file="a.csv", count=12345),
            "a.csv: 12,345 postcodes of the region are not listed and count as zero",
        ),
        (
            Note.of("outside_rows", file="a.csv", count=2, patients=0.5, names=("1", "2")),
            (
                "a.csv: 2 rows (0.5 patients a year) are of postcodes outside the region and were "
                "not used: 1, 2"
            ),
        ),
        (
            Note.of("far", name="Borkum", km=12.34, low=6.0),
            "Borkum lies 12.3 km from the roads, beyond the limit of 6 km: its minutes are rough",
        ),
        (
            Note.of("same_volume", names=("A", "B"), name="C", count=2_345_678.0),
            "A, B and C have the same volume, 2,345,678",
        ),
        (
            NESTED,
            (
                "not identified: the counts know one location only; not identified: minutes and "
                "attraction hardly vary in these counts"
            ),
        ),
    ],
)
def test_english_sentence(note: Note, sentence: str) -> None:
    assert str(note) == sentence
    assert note.record()["text"] == sentence


def test_a_record_is_plain_and_gives_the_note_back() -> None:
    note = Note.of("rule_undecided", name="x", rule="share", why=Note.of("no_norm"))
    record = json.loads(json.dumps(note.record(), allow_nan=False))
    assert Note.read(record) == note
    assert record["fields"]["why"]["text"] == "no norm"
    assert pickle.loads(pickle.dumps(note)) == note  # noqa: S301 (our own bytes)


def test_a_number_that_is_not_known_is_none_in_a_record() -> None:
    record = json.loads(json.dumps(NESTED.record(), allow_nan=False))
    assert record["fields"]["why"][0]["fields"]["beta"] is None
    assert math.isnan(Note.read(record).fields["why"][0].fields["beta"])


def test_a_file_is_listed_once_and_another_of_its_name_too() -> None:
    one, same, other = (
        {"name": "a.csv", "sha256": digest, "by": by}
        for digest, by in (("1", "x"), ("1", "y"), ("2", "x"))
    )
    assert [each["sha256"] for each in distinct_sources(one, same, other)] == ["1", "2"]
