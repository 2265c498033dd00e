"""The manifest: what made a result, in plain values that go into every output."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
from dataclasses import asdict
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.bundled import data_path
from impact.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from impact.analysis.result import Case
    from impact.model.inputs import Inputs
    from impact.study.model import Study

_PACKAGES = ("geopandas", "networkx", "numpy", "pandas", "scipy", "shapely")
DISTRIBUTION = "impact-reistijd"


def created() -> str:
    """Time of now in UTC, or that of the environment variable ``SOURCE_DATE_EPOCH``.

    Returns
    -------
    str
        ISO 8601, whole seconds.

    Raises
    ------
    InputError
        When that variable holds no number of seconds.
    """
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

    Parameters
    ----------
    manifest
        Plain values; anything else as its text.

    Returns
    -------
    str
        With a line end.

    Examples
    --------
    >>> manifest_json({"draws": 20})
    '{\n  "draws": 20\n}\n'
    """
    return json.dumps(dict(manifest), ensure_ascii=False, indent=2, default=str) + "\n"


def run_manifest(
    study: Study,
    inputs: Inputs,
    *,
    cases: Sequence[Case],
    swept: Mapping[str, pd.DataFrame],
    providers: pd.DataFrame,
    notes: Sequence[str],
    sources: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Describe a run.

    Parameters
    ----------
    study, inputs, cases, swept, providers
        Of the run.
    notes
        What was adapted, filled or ignored, in plain words.
    sources
        Files with their hashes.

    Returns
    -------
    dict
        Plain values only, ready for JSON.
    """
    from impact.study.register import performing  # noqa: PLC0415 (pandas: not for those who only build)

    times = inputs.times
    weight = inputs.demand.weights[study.interventions[0].name]
    cut_off = np.flatnonzero(~np.isfinite(times.minutes).any(axis=1))
    unreachable = [times.origins[place] for place in cut_off.tolist()]
    statuses = performing(providers)["status"].value_counts().sort_index()
    return {
        "program": DISTRIBUTION,
        "version": metadata.version(DISTRIBUTION),
        "created": created(),
        "study": {
            "title": study.title,
            "region": study.region,
            "file": study.source,
            "sha256": study.sha256,
        },
        "roads": dict(times.manifest["roads"]),
        "times": {k: v for k, v in times.manifest.items() if k not in {"roads", "notes"}},
        "parameters": {
            "profile": times.manifest["profile"],
            "demand": study.demand,
            "unit": inputs.demand.unit,
            "units": dict(inputs.demand.units),
            "patients": dict(inputs.demand.kinds),
            "groups": list(study.groups),
            "direction": "one way, from the postcode to the hospital",
            "allocation": {
                name: {"rule": choice.rule, **choice.about}
                for name, choice in inputs.choices.items()
            },
            "procedures_per_patient": 1,
            "visits_per_patient": 1,
        },
        "inputs": [described(each) for each in sources],
        "overrides": [asdict(each) for each in study.overrides],
        "cases": [_case(case) for case in cases],
        "counts": {
            "postcodes": len(inputs.postcodes),
            "demand": float(weight.sum()),
            "demands": {name: float(each.sum()) for name, each in inputs.demand.weights.items()},
            "locations": len(times.destinations),
            "cases": len(cases),
            "candidates": {name: len(table) for name, table in swept.items()},
            "pairs_without_route": int((~np.isfinite(times.minutes)).sum()),
            "postcodes_without_route": unreachable,
            "access_legs": _access(times.legs),
            "far_points": [[name, round(km, 2)] for name, km in times.far_points],
            "drawn_by_openings": {
                f"{case.intervention.name} | {case.scenario}": case.figures["drawn"]
                for case in cases
                if case.opens
            },
            "provider_status": {str(key): int(value) for key, value in statuses.items()},
            "postcodes_over_ferry": int((inputs.ferry != "").sum()),
            "postcodes_without_visitor_cars": int((inputs.ferry == "no visitor cars").sum()),
        },
        "notes": list(notes),
        "packages": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _PACKAGES},
        },
    }


def _case(case: Case) -> dict[str, Any]:
    """Which hospitals stop and open in a case, and who takes over."""
    return {
        "intervention": case.intervention.name,
        "scenario": case.scenario,
        "kind": case.kind,
        "recipients": case.recipients,
        "stops": list(case.stops),
        "opens": list(case.opens),
        "moves_to": {giver: dict(takers) for giver, takers in case.moves_to.items()},
        "in_range": case.in_range,
        "from": None if case.start is None else case.start.isoformat(),
        "status": case.status,
        "source": case.source,
    }


def _access(legs: pd.DataFrame | None) -> dict[str, Any]:
    """How far points lie from the roads; empty for a matrix of the user's own."""
    if legs is None:
        return {}
    farthest = legs.iloc[int(legs["straight_km"].to_numpy().argmax())]
    return {
        "points": len(legs),
        "median_km": round(float(legs["straight_km"].median()), 3),
        "greatest_km": round(float(farthest["straight_km"]), 3),
        "farthest": str(farthest["point"]),
    }


def described(source: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a file: its hash and, if it is a shipped one, what the data package says of it.

    Parameters
    ----------
    source
        ``name`` and ``sha256``.

    Returns
    -------
    dict
        Also title, year, source and licence, where known.
    """
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
