"""What `search.js` needs beside the postcodes of a page: names shared, other names, elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from impact.bundled import region_studies
from impact.tables.place_names import place_labels
from impact.tables.place_search import other_names, searched_name
from impact.tables.places import read_postcodes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def search_data(postcodes: pd.DataFrame) -> dict[str, Any]:
    """Collect the names by which places are found.

    Parameters
    ----------
    postcodes
        Those of the page, in its order: index postcode; ``place``, ``municipality``, ``lat``,
        ``lon`` and ``population`` (or else ``demand``).

    Returns
    -------
    dict
        labels: position -> name with its municipality, where several places share it; people:
        residents; others: other names with the name in the postcodes and its column; elsewhere:
        region, study, ranges of postcodes and names that the page does not hold.
    """
    if "population" not in postcodes:
        postcodes = postcodes.assign(population=postcodes["demand"])
    names = postcodes["place"].map(searched_name)
    shared = postcodes["municipality"].groupby(names).transform("nunique") > 1
    labels = place_labels(postcodes[shared & (names != "")])
    position = {code: at for at, code in enumerate(postcodes.index)}
    known = {*postcodes["place"], *postcodes["municipality"]}
    return {
        "labels": {str(position[code]): label for code, label in labels.items() if label},
        "people": postcodes["population"].fillna(0.0).round().astype(int).tolist(),
        "others": [list(each) for each in other_names() if each[1] in known],
        "elsewhere": _elsewhere(postcodes),
    }


def _elsewhere(postcodes: pd.DataFrame) -> list[dict[str, Any]]:
    """Shipped postcodes that the page lacks, by region; none where the page is of another land."""
    shipped = read_postcodes()
    here = postcodes.index.astype(str).str[:4]
    if not shipped.index.isin(here).any():
        return []
    away = shipped[~shipped.index.isin(here)]
    names = {searched_name(each) for each in (*postcodes["place"], *postcodes["municipality"])}
    studies = region_studies()
    return [
        {
            "region": str(region),
            "study": studies.get(str(region), ""),
            "codes": _runs(sorted(map(int, rows.index))),
            "names": sorted(
                {searched_name(each) for each in (*rows["place"], *rows["municipality"])}
                - names
                - {""}
            ),
        }
        for region, rows in away.groupby("region")
    ]


def _runs(codes: Sequence[int]) -> list[list[int]]:
    """Write numbers that follow one another as first and last.

    Examples
    --------
    >>> _runs([1, 2, 3, 7])
    [[1, 3], [7, 7]]
    """
    ends = np.flatnonzero(np.diff(codes) > 1)
    starts = [0, *(ends + 1).tolist()]
    return [
        [codes[start], codes[end]]
        for start, end in zip(starts, [*ends.tolist(), len(codes) - 1], strict=True)
    ]
