"""Write a validation of roads: tables, page and manifest, all or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from impact.outputs.evidence_folder import write_evidence
from impact.outputs.tables import MINUTES, NUMBER, SHARE, TEXT, Column
from impact.outputs.validation_page import write_validation_page

if TYPE_CHECKING:
    from pathlib import Path

    from impact.evidence.validate.run import Validation

VALIDATION_FILES = (
    "validation.csv",
    "validation_summary.csv",
    "thinning.csv",
    "validation.html",
    "manifest.json",
)
"""What `impact validate` writes, and may replace."""

OWN, SHIPPED = "own", "shipped"
"""In the column ``set`` of validation.csv: whose knowledge a row is."""

_TEXTS = {
    "from",
    "to",
    "kind",
    "known",
    "agrees",
    "region",
    "source",
    "unit",
    "set",
    "by",
    "group",
    "measure",
    "quantity",
}
_SHARES = {"agree", "close"}
_NUMBERS = {"pairs", "unreachable", "left", "draws"}
_ROWS = [
    *("from", "to", "kind", "known", "ours", "error", "agrees", "distance", "region", "source"),
    *("unit", "tolerance", "set"),
]
_THINNING = [
    *("measure", "quantity", "left", "value", "interval_low", "interval_high"),
    *("draws_low", "draws_high", "draws"),
]
_UNITS = {"minutes": "min", "class": "min", "km": "km"}


def write_validation(
    found: Validation, folder: Path, *, lang: str = "nl", force: bool = False
) -> None:
    """Write every output of a validation.

    Parameters
    ----------
    found
        From `impact.evidence.validate.run.validate`.
    folder
        Made if absent; earlier outputs in it are replaced when all new ones are ready.
    lang
        ``nl`` or ``en``.
    force
        Whether to write beside files that are not ours.

    Raises
    ------
    OutputError
        When the folder holds foreign files or cannot be written.
    """
    tables = {
        "validation": rows_frame(found),
        "validation_summary": found.summary,
        "thinning": thinning_frame(found),
    }
    write_evidence(
        folder,
        VALIDATION_FILES,
        tables=tables,
        columns=_columns,
        page=lambda path: write_validation_page(found, path, lang=lang),
        manifest=found.manifest,
        force=force,
    )


def rows_frame(found: Validation) -> pd.DataFrame:
    """Rows of validation.csv.

    Parameters
    ----------
    found
        The validation.

    Returns
    -------
    pandas.DataFrame
        from, to, kind (minutes, class or km; law, national or trip for shipped facts), known, ours
        and error (minutes or km; empty without a route), agrees, distance (km as the crow flies),
        region, source, unit, tolerance, set (own or shipped): the user's own rows first.
    """
    own = found.rows.assign(set=OWN, unit=found.rows["kind"].map(_UNITS))
    if found.facts is None:
        return own[_ROWS]
    facts = found.facts
    shipped = facts.assign(
        to=facts["to"] + ": " + facts["quantity"],
        known=[f"{value:g}" for value in facts["value"]],
        agrees=np.where(facts["holds"], "yes", "no"),
        distance=np.nan,
        region="",
        set=SHIPPED,
    )
    parts = [each[_ROWS] for each in (own, shipped) if len(each)]
    return pd.concat(parts, ignore_index=True) if parts else own[_ROWS]


def thinning_frame(found: Validation) -> pd.DataFrame:
    """Rows of thinning.csv.

    Parameters
    ----------
    found
        The validation.

    Returns
    -------
    pandas.DataFrame
        measure (minutes or km), quantity (``mean``, ``ratio at a quarter`` or ``exponent``), left
        (locations), value (mean over draws) with the 95 % confidence interval of that mean and the
        middle 95 % of the draws.
    """
    rows = []
    for measure, each in found.thinned.items():
        quantities = [("mean", float(left), each.means[:, k]) for k, left in enumerate(each.left)]
        quantities += [
            ("ratio at a quarter", float(each.quarter), each.ratios),
            ("exponent", np.nan, each.exponents),
        ]
        rows += [
            (
                *(measure, name, left, float(values.mean())),
                *(*each.interval(values), *each.band(values), float(len(values))),
            )
            for name, left, values in quantities
        ]
    return pd.DataFrame(rows, columns=_THINNING)


def _columns(frame: pd.DataFrame) -> list[Column]:
    return [Column(str(each), _kind(str(each)), "") for each in frame.columns]


def _kind(column: str) -> str:
    if column in _TEXTS:
        return TEXT
    if column in _SHARES:
        return SHARE
    return NUMBER if column in _NUMBERS else MINUTES
