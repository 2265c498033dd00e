"""Claims that were checked, as the report of a run shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.errors import Fault, InputError
from impact.evidence.claims.judge import VERDICTS, definition_named
from impact.messages import said
from impact.outputs.files.run_archive import DATA
from impact.outputs.text.claims import definition_text, verdict_text
from impact.storage import MANIFEST, read_json
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from impact.outputs.text import Texts
    from impact.tables.text_table import Table

_TABLE = "claims.csv"
_DEFINITION = "definition"
_NEEDED = ("claim", "verdict", "reason")


def checked_claims(
    run: Path, t: Texts, folder: Path | None = None, *, study: Mapping[str, Any] | None = None
) -> pd.DataFrame | None:
    """Return the claims of a folder of `impact check`, or those that lie in the run itself.

    Parameters
    ----------
    run
        Folder of the run.
    t
        Texts of the reader's language.
    folder
        Of a check.
    study
        Title and hash of the study of the run, by its manifest.

    Returns
    -------
    pandas.DataFrame or None
        claim, verdict, definition and reason in words; `None` where there are none.

    Raises
    ------
    InputError
        When the folder is none of `impact check`, or is about another study than the run.
    """
    places = (run / DATA, run) if folder is None else (folder,)
    found = next((each for each in places if (each / _TABLE).is_file()), None)
    if found is None:
        if folder is None:
            return None
        expected = said("a folder that `impact check` wrote, with its {table}", table=_TABLE)
        raise InputError(Fault(str(folder), "", "", None, expected))
    table = read_table(found / _TABLE)
    table.require(_NEEDED)
    frame = table.frame.astype(str)
    _check(table, t)
    held = _manifest(found)
    if folder is not None and study is not None:
        _check_study(folder, held, study)
    reasons = held.get("reasons", {}).get(t.lang, {})
    out = frame[["claim"]].assign(
        verdict=[verdict_text(t, each) for each in frame["verdict"]],
        reason=[
            str(reasons.get(name, reason))
            for name, reason in zip(frame["claim"], frame["reason"], strict=True)
        ],
    )
    if _DEFINITION in frame:
        own = "study" in held
        words = [definition_text(t, each, own=own) if each else "" for each in frame[_DEFINITION]]
        out.insert(2, _DEFINITION, words)
    return out


def _check_study(folder: Path, held: Mapping[str, Any], study: Mapping[str, Any]) -> None:
    """Refuse claims on another study, or on this one before it was changed."""
    about = held.get("study")
    if isinstance(about, dict) and about.get("sha256") != study.get("sha256"):
        wording = "claims that were checked against the study of this run: {title}, file {file}"
        expected = said(wording, title=study.get("title"), file=study.get("file"))
        found = f"{about.get('title')}, {about.get('file')}"
        raise InputError(Fault(str(folder), "", "study", found, expected))


def _check(table: Table, t: Texts) -> None:
    """Refuse what `impact check` does not write: somebody may have edited the table."""
    faults = []
    for row, verdict in table.frame["verdict"].items():
        if verdict not in VERDICTS:
            expected = said("one of {names}", names=", ".join(VERDICTS))
            faults.append(Fault(table.name, table.where(row), "verdict", verdict, expected))
    for row, name in table.frame.get(_DEFINITION, pd.Series(dtype=object)).items():
        reading = f"claims.reading_{name.rpartition(' ')[2]}"
        if name and definition_named(name) is None and reading not in t.entries:
            expected = said("a definition of a claim, as `impact check` writes it")
            faults.append(Fault(table.name, table.where(row), _DEFINITION, name, expected))
    if faults:
        raise InputError(faults)


def _manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a check, with its reasons per language; older ones have none."""
    try:
        held = read_json((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(held, dict):
        return {}
    reasons = held.get("reasons")
    plain = isinstance(reasons, dict) and all(isinstance(x, dict) for x in reasons.values())
    return held if plain else {**held, "reasons": {}}
