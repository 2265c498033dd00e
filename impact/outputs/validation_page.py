"""validation.html: how believable the minutes are, as a page that works from a file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from impact.evidence.validate.agreement import DISTANCES, worst
from impact.evidence.validate.facts import LAW
from impact.evidence.validate.known import KINDS
from impact.outputs.pages import write_evidence_page
from impact.outputs.reproduction_words import signed
from impact.outputs.texts import texts
from impact.outputs.validation_pictures import (
    HEIGHT,
    LEFT,
    SIZE,
    TOP,
    WIDTH,
    lanes,
    lanes_bottom,
    law_picture,
    scatter,
)
from impact.outputs.validation_words import findings, warnings
from impact.outputs.wording import known_text, share_text, whole_text

if TYPE_CHECKING:
    from pathlib import Path

    from impact.evidence.thinning import Thinning
    from impact.evidence.validate.run import Validation
    from impact.outputs.texts import Texts


def write_validation_page(found: Validation, path: Path, *, lang: str = "nl") -> None:
    """Write validation.html.

    Parameters
    ----------
    found
        The validation.
    path
        File to write.
    lang
        ``nl`` or ``en``.

    Notes
    -----
    The page asks for nothing outside itself.
    """
    t = texts(lang)
    shown = _shown(found, t)
    write_evidence_page(path, "validation", t, manifest=found.manifest, shown=shown)


def _shown(found: Validation, t: Texts) -> dict[str, Any]:
    return {
        "findings": findings(found, t),
        "warnings": warnings(found, t),
        "profile": known_text(t, "common.profile", found.manifest["profile"]),
        "kinds": [_kind(found, kind, t) for kind in KINDS if (found.rows["kind"] == kind).any()],
        "facts": [] if found.facts is None else [_fact(each, t) for each in _records(found.facts)],
        "law": _law(found.thinned, t),
        "plot": {"left": LEFT, "top": TOP, "right": LEFT + WIDTH, "bottom": TOP + HEIGHT},
        "size": SIZE,
        "whole": lambda value: whole_text(t, value),
        "signed": lambda value: signed(t, value),
        "share": lambda value: share_text(t, value) if math.isfinite(value) else "–",
    }


def _records(frame: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _kind(found: Validation, kind: str, t: Texts) -> dict[str, Any]:
    """Everything that is shown of the trips of one kind."""
    rows = found.rows[found.rows["kind"] == kind]
    summary = found.summary[found.summary["kind"] == kind]
    picture: dict[str, Any] = {"scatter": None, "lanes": None}
    if kind == "class":
        _, classes, grid = lanes(rows)
        picture |= {"lanes": classes, "grid": grid, "bottom": lanes_bottom(len(classes))}
    else:
        picture |= {"scatter": scatter(rows)}
    return {
        "kind": kind,
        "name": t(f"validation.kind_{kind}"),
        "unit": t("validation.unit_km" if kind == "km" else "validation.unit_minutes"),
        "groups": [
            (by, t(f"validation.by_{by}"), [_group(each, t) for each in _records(part)])
            for by, part in summary.groupby("by", sort=False)
        ],
        "worst": [_trip(each, t) for each in _records(worst(rows, kind=kind))],
        **picture,
    }


def _group(row: dict[str, Any], t: Texts) -> dict[str, Any]:
    name = str(row["group"]) or t("validation.all_trips")
    if row["by"] == "distance":
        key = "validation.distance_last" if name == DISTANCES[-1] else "validation.distance"
        name = t(key, km=name.removesuffix("+").replace("-", "–"))
    return {**row, "group": name}


def _trip(row: dict[str, Any], t: Texts) -> dict[str, Any]:
    known = str(row["known"]) if row["kind"] == "class" else whole_text(t, row["value"])
    return {**row, "known": known, "ours": whole_text(t, row["ours"])}


def _fact(row: dict[str, Any], t: Texts) -> dict[str, Any]:
    """Facts with the decimals of their sources: their tolerances are as small as that."""
    figures = {name: t.number(row[name], decimals=1) for name in ("value", "tolerance", "ours")}
    words = {
        name: t.entries.get(f"validation.fact_{_key(row[name])}", str(row[name]))
        for name in ("from", "to", "quantity")
    }
    unit = t(f"validation.fact_unit_{row['unit']}")
    return {**row, **figures, **words, "unit": unit, "law": row["kind"] == LAW}


def _key(text: str) -> str:
    return "".join(each if each.isalnum() else "_" for each in text.lower())


def _law(thinned: Any, t: Texts) -> dict[str, Any] | None:  # noqa: ANN401
    if "minutes" not in thinned:
        return None
    first: Thinning = thinned["minutes"]
    rows = []
    for measure, each in thinned.items():
        figures = {}
        for name, values in (("ratio", each.ratios), ("exponent", each.exponents)):
            ends = [*each.interval(values), *each.band(values)]
            # the one figure that means nothing without decimals
            said = [t.number(value, decimals=2) for value in (float(values.mean()), *ends)]
            figures[name] = said
        rows.append({"measure": t(f"validation.law_{measure}"), **figures})
    means = zip(first.left.tolist(), first.means.mean(axis=0).tolist(), strict=True)
    return {
        "picture": law_picture(first),
        "rows": rows,
        "means": [(left, whole_text(t, mean)) for left, mean in means],
        "all": int(first.left[0]),
        "quarter": first.quarter,
        "draws": len(first.means),
        "left_out": share_text(t, first.left_out) if first.left_out else "",
    }
