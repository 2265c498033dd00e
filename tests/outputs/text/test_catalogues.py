from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import impact
from impact.errors import InputError
from impact.messages import LANGUAGES
from impact.outputs.text import texts

PACKAGE = Path(impact.__file__).resolve().parent
AREAS = sorted(path.stem for path in (PACKAGE / "outputs" / "text" / "nl").glob("*.toml"))
ENDINGS = ("json", "html", "toml", "css", "js", "py", "parquet", "docx", "xlsx", "csv")
NL, EN = texts("nl").entries, texts("en").entries


def code() -> str:
    """Everything that can ask for a text: not the catalogue itself."""
    paths = {path for end in ("py", "j2", "js", "html") for path in PACKAGE.rglob(f"*.{end}")}
    paths.discard(PACKAGE / "outputs" / "text" / "__init__.py")
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(paths))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_texts() -> None:
    assert set(NL) == set(EN)
    assert set(LANGUAGES) == {"nl", "en"}


def test_both_languages_fill_in_the_same_fields() -> None:
    assert {key: fields(NL[key]) for key in NL} == {key: fields(EN[key]) for key in NL}


def test_every_field_has_a_name() -> None:
    assert [key for key, text in NL.items() if "" in fields(text)] == []


def test_no_text_is_empty() -> None:
    assert [key for key, text in (NL | EN).items() if not text.strip()] == []


def test_every_text_that_is_asked_for_exists() -> None:
    asked = set(re.findall(rf"""["'`]((?:{"|".join(AREAS)})\.[a-z0-9_]+)["'`]""", code()))
    # a name with nothing behind it is the start of a key: "common.status" + "_" + code
    starts = {key for key in asked if any(each.startswith(f"{key}_") for each in NL)}
    files = {f"{area}.{end}" for area in AREAS for end in ENDINGS}
    missing = {key for key in asked - starts - files if not key.endswith("_")} - set(NL)
    assert missing == set()
    assert len(asked & set(NL)) > 100


AREAS_HELD = (
    *("a4", "appendix", "displayed", "facilities", "fetch", "hidden", "monitor", "norms"),
    *("pictures", "plan", "portfolio", "report", "reproduction", "roads", "sealed"),
    *("sensitivity", "side_by_side", "slides", "tables", "transit", "validation", "verdicts"),
)


@pytest.mark.parametrize("area", AREAS_HELD)
def test_no_text_is_left_over(area: str) -> None:
    source = code()
    literal = set(re.findall(rf"{area}\.([a-z0-9_]+)", source))
    starts = tuple(re.findall(rf"{area}\.([a-z0-9_]+?)_?(?:\{{|[\"'] \+)", source))
    known = tuple(re.findall(rf"known_text\([^\"]*\"{area}\.([a-z0-9_]+)\"", source))
    keys = {key.partition(".")[2] for key in NL if key.startswith(f"{area}.")}
    unused = {
        key
        for key in keys - literal
        if not key.startswith(tuple(f"{start}_" for start in (*starts, *known)))
    }
    assert unused == set()


def test_another_language_is_refused() -> None:
    with pytest.raises(InputError, match="one of nl, en"):
        texts("de")


def test_residents_are_never_called_patients() -> None:
    """The unit is short in every cell; that they are no patients is said once on a page."""
    for entries, said, called in (
        (NL, "geen patiënten", "patiënten"),
        (EN, "not patients", "patients"),
    ):
        assert said in entries["common.not_patients"]
        for key in ("common.unit_residents", "common.unit_residents_65plus"):
            assert called not in entries[key]


def test_dutch_words_are_those_that_were_agreed() -> None:
    """The table of words at the end of the definitions: each of these has a better one."""
    avoided = (
        r"betrokken|\bsluit(?!en aan)|sluiting|spreiding|onbereikba|kandidaat|niet ondersteund"
    )
    codes = r"\bP[159]0\b"
    found = {
        key: text
        for key, text in NL.items()
        if re.search(avoided, text, re.IGNORECASE) or re.search(codes, text)
    }
    assert found == {}


def test_an_unknown_text_is_an_error_and_no_empty_text() -> None:
    with pytest.raises(KeyError):
        texts("nl")("report.no_such_text")
