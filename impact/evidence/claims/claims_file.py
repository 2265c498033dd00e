"""claims.toml -> frozen dataclasses; every fault listed at once, with its line."""

from __future__ import annotations

import hashlib
import tomllib
from typing import TYPE_CHECKING, Any

from impact.bundled import data_path
from impact.errors import Fault, InputError
from impact.evidence.claims.claim import Claims
from impact.evidence.claims.claim_table import ClaimTable
from impact.evidence.claims.known import known_data
from impact.toml_reader import TomlReader, key_lines

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from impact.evidence.claims.known import Known

COMMAND_LINE = "command line"
"""Source of a claim that stands in no file."""

SHIPPED = "published"
"""The shipped claims that are checked when no file is named."""


def claim_paths() -> dict[str, Path]:
    """Shipped claims files by name.

    Returns
    -------
    dict of str to pathlib.Path

    Examples
    --------
    >>> SHIPPED in claim_paths()
    True
    """
    return {path.stem: path for path in sorted(data_path("claims").glob("*.toml"))}


def read_claims(path: Path, known: Known | None = None) -> Claims:
    """Read and check a claims file.

    Parameters
    ----------
    path
        TOML with ``[[claim]]`` tables.
    known
        What claims can be about; read where it is not given.

    Returns
    -------
    Claims

    Raises
    ------
    InputError
        With every fault of the file.
    """
    found = known_data() if known is None else known
    try:
        content = path.read_bytes()
        text = content.decode("utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        expected = "a claims file, or the name of shipped claims: " + ", ".join(claim_paths())
        raise InputError(Fault(str(path), "", "", None, expected)) from error
    except UnicodeDecodeError as error:
        raise InputError(Fault(str(path), "", "", None, "text in UTF-8")) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(Fault(path.name, "", "", None, f"TOML: {error}")) from error
    reader = TomlReader(path.name, key_lines(text))
    reader.unknown_keys(document, ("claims", "claim"), "")
    head = document.get("claims", {})
    if isinstance(head, dict):
        reader.unknown_keys(head, ("title",), "claims")
    title = reader.text(head if isinstance(head, dict) else {}, "title", "claims", default="")
    tables = reader.tables(document, "claim")
    if not tables:
        reader.fault("claim", None, "at least one [[claim]]")
    claims = [
        ClaimTable(reader, table, f"claim[{number}]", found).claim()
        for number, table in enumerate(tables, start=1)
    ]
    reader.repeated([each.name for each in claims], "claim")
    if reader.faults:
        raise InputError(reader.faults)
    digest = hashlib.sha256(content).hexdigest()
    return Claims(title or path.stem, path.name, digest, tuple(claims))


def read_claim(table: Mapping[str, Any], known: Known) -> Claims:
    """Read and check one claim that stands in no file.

    Parameters
    ----------
    table
        As a ``[[claim]]`` of a file.
    known
        What claims can be about.

    Returns
    -------
    Claims
        Of one claim, with the hash of its keys and values.

    Raises
    ------
    InputError
        With every fault; fields begin with ``claim.``.
    """
    reader = TomlReader(COMMAND_LINE, {})
    claim = ClaimTable(reader, table, "claim", known).claim()
    if reader.faults:
        raise InputError(reader.faults)
    digest = hashlib.sha256(repr(sorted(table.items())).encode()).hexdigest()
    return Claims(claim.name, COMMAND_LINE, digest, (claim,))
