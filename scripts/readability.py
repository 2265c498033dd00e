"""Report how hard the catalogues read: long sentences, and a score per catalogue.

Flesch-Douma for Dutch (206.84 - 0.93 words per sentence - 77 syllables per word), Flesch for
English (206.835 - 1.015 - 84.6). Higher is easier; 60 is plain. The scores are a report; that no
sentence is longer than twenty words is held by tests/outputs/text/test_readability.py.

Run: python scripts/readability.py [LANG] [--longest 20]
"""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, NamedTuple

from impact.messages import LANGUAGES
from impact.outputs.text import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_WORDS = 20
_TERMS = {"nl": (206.84, 0.93, 77.0), "en": (206.835, 1.015, 84.6)}
_VOWELS = re.compile(r"[aeiouyáéíóúëïöüè]+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|\{\w+(?::[^}]*)?\}|\d+")
_END = re.compile(r"(?<=[.!?:;])\s+(?=\S)")
_FIELD = re.compile(r"\{\w+(?::[^}]*)?\}")


class Sentence(NamedTuple):
    """A sentence of a catalogue, a field counted as one word."""

    key: str
    text: str

    @property
    def words(self) -> list[str]:
        """Words, fields and numbers."""
        return _WORD.findall(self.text)


def sentences(lang: str) -> Iterator[Sentence]:
    """Cut every text of a language at full stops, colons and semicolons."""
    for key, text in texts(lang).entries.items():
        for part in _END.split(text):
            yield Sentence(key, part)


def too_long(lang: str) -> list[Sentence]:
    """Return the sentences of more words than `MOST_WORDS`, the longest first."""
    long = [each for each in sentences(lang) if len(each.words) > MOST_WORDS]
    return sorted(long, key=lambda each: -len(each.words))


def syllables(word: str) -> int:
    """Count groups of vowels; a field counts as two.

    Examples
    --------
    >>> [syllables(word) for word in ("reistijd", "ziekenhuis", "{name}", "24")]
    [2, 3, 2, 1]
    """
    return 2 if _FIELD.fullmatch(word) else max(1, len(_VOWELS.findall(word)))


def score(lang: str, found: list[Sentence]) -> float:
    """Return how easily sentences read, by Flesch-Douma or Flesch."""
    words = [word for each in found for word in each.words]
    start, per_sentence, per_word = _TERMS[lang]
    length = len(words) / len(found)
    return start - per_sentence * length - per_word * sum(map(syllables, words)) / len(words)


def main() -> None:
    """Print the score of every catalogue, and the longest sentences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lang", nargs="?", default="nl", choices=LANGUAGES)
    parser.add_argument("--longest", type=int, default=20)
    asked = parser.parse_args()
    every = list(sentences(asked.lang))
    # labels and heads are no sentences
    found = [each for each in every if each.text.endswith((".", "!", "?", ":", ";")) and each.words]
    files: dict[str, list[Sentence]] = {}
    for each in found:
        files.setdefault(each.key.partition(".")[0], []).append(each)
    for name, own in sorted(files.items(), key=lambda pair: score(asked.lang, pair[1])):
        print(f"{score(asked.lang, own):5.0f}  {name} ({len(own)} sentences)")
    long = too_long(asked.lang)
    print(f"\n{len(long)} sentences of more than {MOST_WORDS} words; the longest:")
    for each in long[: asked.longest]:
        print(f"{len(each.words):4d}  {each.key}: {each.text}")


if __name__ == "__main__":
    main()
