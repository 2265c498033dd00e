"""How sure each listing of a hospital with an intervention is, and the words for it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from impact.outputs.wording import known_text
from impact.register import STATUSES, UNVERIFIED_SOURCE, performing

if TYPE_CHECKING:
    import pandas as pd

    from impact.outputs.texts import Texts

INFERRED = "inferred"
"""Status of a listing that follows from something said of all hospitals together."""

LISTING_STATUSES = (STATUSES[0], INFERRED, *STATUSES[1:])
"""From well to badly supported, as people see them; the CSV keeps the statuses of the register."""


def listing_status(status: str, source: str) -> str:
    """Tell listings with a source of their own from those that were inferred.

    Parameters
    ----------
    status, source
        As in providers.csv.

    Returns
    -------
    str
        `INFERRED` for ``sourced`` without a web address, such as "all member hospitals of the
        region"; else the status.

    Examples
    --------
    >>> listing_status("sourced", "all member hospitals of the region")
    'inferred'
    >>> listing_status("sourced", "https://example.org/page")
    'sourced'
    """
    return INFERRED if status == "sourced" and not source.startswith("http") else status


def listing_statuses(providers: pd.DataFrame) -> list[str]:
    """Tell the same of every row of a table.

    Parameters
    ----------
    providers
        Rows with ``status`` and ``source``.

    Returns
    -------
    list of str
        Of `LISTING_STATUSES`, in the order of the rows.
    """
    return list(map(listing_status, providers["status"], providers["source"]))


def listing_counts(providers: pd.DataFrame) -> dict[str, int]:
    """Count listings of a hospital with an intervention by how sure they are.

    Parameters
    ----------
    providers
        Rows with ``status``, ``source`` and ``performs``; those taken out by a study do not count.

    Returns
    -------
    dict of str to int
        From well to badly supported, zeros included; those inferred stand apart.
    """
    found = Counter(listing_statuses(performing(providers)))
    return {status: found[status] for status in LISTING_STATUSES}


def status_text(t: Texts, status: str) -> str:
    """Return the words of a status of a listing, `INFERRED` included."""
    return t("tables.inferred") if status == INFERRED else known_text(t, "common.status", status)


def source_text(t: Texts, source: str) -> str:
    """Return a source of the provider register; only that there is none is put into words."""
    return t("tables.value_unknown_source") if source == UNVERIFIED_SOURCE else source
