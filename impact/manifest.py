"""The manifest: what made a result, in plain values that go into every output."""

from __future__ import annotations

import datetime as dt
import json
import os
from typing import TYPE_CHECKING, Any

from impact.bundled import data_path
from impact.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


DISTRIBUTION = "impact-reistijd"


def created() -> str:
    """Time of now in UTC, or that of the environment variable ``SOURCE_DATE_EPOCH``."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    if fixed is None:
        moment = dt.datetime.now(tz=dt.UTC)
    else:
        try:
            moment = dt.datetime.fromtimestamp(int(fixed), tz=dt.UTC)
        except (ValueError, OverflowError, OSError) as error:
            expected = "a whole number of seconds since 1970"
            raise InputError(Fault("SOURCE_DATE_EPOCH", "", "", fixed, expected)) from error
    return moment.replace(microsecond=0).isoformat()


def manifest_json(manifest: Mapping[str, Any]) -> str:
    r"""Write a manifest as JSON.

    Examples
    --------
    >>> manifest_json({"draws": 20})
    '{\n  "draws": 20\n}\n'
    """
    return json.dumps(dict(manifest), ensure_ascii=False, indent=2, default=str) + "\n"


def described(source: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a file: its hash and, if it is a shipped one, what the data package says of it."""
    package = json.loads(data_path("datapackage.json").read_text(encoding="utf-8"))
    out = {"name": source["name"]}
    out["sha256"] = source["sha256"]
    for resource in package["resources"]:
        if resource.get("hash") == f"sha256:{source['sha256']}":
            out["title"] = resource.get("title", resource["name"])
            out["year"] = resource.get("year")
            out["source"] = "; ".join(each["title"] for each in resource.get("sources", []))
            out["licence"] = "; ".join(
                str(each.get("name", each.get("title"))) for each in resource.get("licenses", [])
            )
    return out


_PATH = " › "
_SHOWN = 160


def manifest_differences(
    a: Mapping[str, Any], b: Mapping[str, Any]
) -> tuple[tuple[str, str, str], ...]:
    """List the entries in which two manifests differ.

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
    """List the entries of a manifest."""
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
