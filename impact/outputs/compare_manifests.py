"""What differs between two manifests, as key paths and values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PATH = " › "
_SHOWN = 160


def manifest_differences(
    a: Mapping[str, Any], b: Mapping[str, Any]
) -> tuple[tuple[str, str, str], ...]:
    """List the entries in which two manifests differ.

    Parameters
    ----------
    a, b
        Plain values.

    Returns
    -------
    tuple of (path, value in A, value in B)
        By path; empty where a side has no such entry. Entries of lists are told apart by their
        `name`, or intervention, scenario and recipients, and only then by their place.

    Examples
    --------
    >>> manifest_differences({"times": {"profile": "dal"}}, {"times": {"profile": "spits"}})
    (('times › profile', 'dal', 'spits'),)
    """
    one, other = dict(flat(a)), dict(flat(b))
    return tuple(
        (path, one.get(path, ""), other.get(path, ""))
        for path in sorted(one.keys() | other.keys())
        if one.get(path) != other.get(path)
    )


def flat(manifest: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """List the entries of a manifest.

    Parameters
    ----------
    manifest
        Plain values.

    Returns
    -------
    tuple of (path, value)
        In the order of the manifest; long values are cut.
    """
    return tuple(_flat(manifest, ""))


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 (any JSON value)
    if hasattr(value, "items"):
        for key, each in value.items():
            yield from _flat(each, f"{path}{_PATH}{key}" if path else str(key))
    elif isinstance(value, (list, tuple)) and any(hasattr(each, "items") for each in value):
        for place, each in enumerate(value, start=1):
            yield from _flat(each, f"{path}{_PATH}{_label(each) or place}")
    elif value is None:
        yield path, ""
    else:
        text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        yield path, text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _label(value: Any) -> str:  # noqa: ANN401
    if not hasattr(value, "items"):
        return ""
    if "name" in value:
        return str(value["name"])
    keys = [str(value[key]) for key in ("intervention", "scenario", "recipients") if key in value]
    return " | ".join(keys)
