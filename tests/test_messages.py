"""English wordings and their translations."""

import copy
import tomllib
from string import Formatter

from impact.errors import Fault, InputError
from impact.messages import CATALOGUES, Said, in_words, said, translations


def test_a_filled_in_wording_survives_another_process() -> None:
    kept = copy.deepcopy(said("at most {count} rows", count=3))
    assert isinstance(kept, Said)
    assert (
        in_words(kept, {"at most {count} rows": "hoogstens {count} rijen"}) == "hoogstens 3 rijen"
    )


def test_an_error_is_english_in_python_and_dutch_on_the_screen() -> None:
    fault = Fault("a{0}.csv", said("row {n}", n=2), "lat", "{x}", "a number", ("lon",))
    error = InputError([fault] * 21)
    assert str(error).startswith(
        "a{0}.csv, row 2, lat: found '{x}', expected a number; nearest known: 'lon'\n"
    )
    nl = dict(translations("nl")) | {"row {n}": "rij {n}", "a number": "een getal"}
    assert error.words(nl).startswith("a{0}.csv, rij 2, lat: gevonden: '{x}', verwacht: een getal;")
    assert error.words(nl).endswith("en nog 1 van dezelfde soort")
    assert error.words({}) == str(error)


def test_a_translation_fills_in_what_its_wording_fills_in_and_stands_once() -> None:
    seen: set[str] = set()
    for path in sorted((CATALOGUES / "nl" / "messages").glob("*.toml")):
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
        assert not seen & entries.keys(), path.name
        seen |= entries.keys()
        for wording, translation in entries.items():
            fields = [
                {name for _, name, _, _ in Formatter().parse(x) if name}
                for x in (wording, translation)
            ]
            assert fields[0] == fields[1], wording
