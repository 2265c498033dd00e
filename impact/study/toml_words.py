"""What the libraries that read and check TOML say, as wordings that can be translated."""

from __future__ import annotations

import tomllib

from impact.messages import recognised, said

_SYNTAX = (
    "Invalid statement",
    "Expected newline or end of document after a statement",
    "Expected {what}",
    "Found invalid character {character}",
    "Cannot declare {key} twice",
    "Cannot overwrite a value",
    "Cannot mutate immutable namespace {key}",
    "Cannot redefine namespace {key}",
    "Invalid initial character for a key part",
    "Unclosed array",
    "Duplicate inline table key {key}",
    "Unclosed inline table",
    "Unescaped '\\' in a string",
    "Invalid hex value",
    "Escaped character is not a Unicode scalar value",
    "Unterminated string",
    "Illegal character {character}",
    "Invalid date or datetime",
    "Invalid value",
)
_PRECISE = (
    "Expected '=' after a key in a key/value pair",
    "Expected ']' at the end of a table declaration",
    "Expected ']]' at the end of an array declaration",
)
_PLACES = (
    "{what} (at line {line}, column {column})",
    "{what} (at end of document)",
)
_KINDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "date_type": "a date such as 2027-01-01",
}
"""Kind of an error of pydantic -> what was expected."""


def syntax_error(error: Exception) -> str:
    """Return what is wrong with the syntax of a TOML text.

    Examples
    --------
    >>> syntax_error(tomllib.TOMLDecodeError("Invalid value (at line 3, column 5)"))
    'Invalid value (at line 3, column 5)'
    """
    if isinstance(error, RecursionError):
        return "lists in lists without end"
    if not isinstance(error, tomllib.TOMLDecodeError):
        return "a number of too many digits"
    text = recognised(str(error), _PLACES)
    fields = dict(getattr(text, "fields", {}))
    what = recognised(str(fields.pop("what", text)), (*_PRECISE, *_SYNTAX))
    return said(getattr(text, "template", "{what}"), what=what, **fields)


def wanted_kind(kind: str, message: str) -> str:
    """Say what kind of value is wanted where pydantic found another.

    Examples
    --------
    >>> wanted_kind("string_type", "Input should be a valid string"), wanted_kind("odd", "No")
    ('a text', 'another value (No)')
    """
    return _KINDS.get(kind) or said("another value ({reason})", reason=message)
