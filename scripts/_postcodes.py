"""Postcodes: points, residents, shares of the elderly, and the region of residence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _sources import refuse, repeated, rows_of, unknown, write_csv

from impact.errors import Fault
from impact.network.main_roads import read_main_roads
from impact.tables.places import NETHERLANDS
from impact.times.matrix import travel_times

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from _hospitals import Hospital
    from _sources import Sources
    from numpy.typing import NDArray

    from impact.tables.text_table import Table

PROFILE = "dal"
_NAME = "pc4.csv"
_CHARACTERISTICS = "pc4_woz_urbanity_2022.csv"
_HIDDEN = "-99997"
"""How CBS writes a value that it does not publish."""
_SHARES = ("share_65plus", "share_75plus")
_SOURCE_COLUMNS = ["pc4", "lat", "lon", "population", *_SHARES, "municipality", "gm_code", "place"]
_SOURCE_COLUMNS += ["province", "ggd_region", "corop", "year", "year_age", "density_km2"]
_SOURCE_COLUMNS += ["cars_per_capita_gem_2019", "coord_source"]
_COLUMNS = ["postcode", "lat", "lon", "population", "population_65plus", "population_75plus"]
_COLUMNS += [*_SHARES, "shares_filled", "municipality", "gm_code", "place", "province", "region"]
_COLUMNS += ["island", "visitor_cars", "polygon", "coord_source", "year", "year_age"]


def read_postcodes(sources: Sources) -> pd.DataFrame:
    """Read the PC4 and fill missing shares.

    Parameters
    ----------
    sources
        Tables to read.

    Returns
    -------
    pandas.DataFrame
        Text cells as shipped, index ``postcode`` (sorted); columns ``population_65plus`` and
        ``population_75plus`` are residents x share.

    Raises
    ------
    InputError
        When a postcode occurs twice, a number is wrong, or a municipality has two provinces.
    """
    table = sources.table(_NAME, _SOURCE_COLUMNS)
    west, south, east, north = NETHERLANDS
    faults = repeated(table, ["pc4"]) + table.numbers("lat", minimum=south, maximum=north)[1]
    faults += table.numbers("lon", minimum=west, maximum=east)[1] + table.texts("municipality")[1]
    population, more = table.numbers("population", minimum=0)
    faults += more + _two_provinces(table)
    cells = table.frame.drop(columns=["ggd_region", "corop", "density_km2"]).copy()
    filled = np.zeros(len(cells), dtype=bool)
    for column in _SHARES:
        share, more = table.numbers(column, minimum=0, maximum=1)
        faults += [fault for fault in more if fault.value is not None]
        refuse(faults)
        missing = (cells[column] == "").to_numpy()
        means = _municipal_means(table, share, population, missing)
        cells.loc[missing, column] = [f"{value:.4f}" for value in means[missing]]
        counted = "population_" + column.removeprefix("share_")
        cells[counted] = [
            f"{residents * float(text):.1f}"
            for residents, text in zip(population, cells[column], strict=True)
        ]
        filled |= missing
    cells["shares_filled"] = np.where(filled, "yes", "no")
    listed = ", ".join(cells.loc[filled, "pc4"])
    sources.report(
        f"postcodes {len(cells)}, {population.sum():.0f} residents; shares of 65+ and 75+ filled "
        f"for {filled.sum()} ({population[filled].sum():.0f} residents): {listed}"
    )
    return cells.rename(columns={"pc4": "postcode"}).set_index("postcode").sort_index()


def write_postcodes(
    out: Path,
    postcodes: pd.DataFrame,
    *,
    region: Mapping[str, str],
    islands: Mapping[str, str],
    polygons: Collection[str],
) -> None:
    """Write ``postcodes/pc4.csv``.

    Parameters
    ----------
    out
        Folder to write into.
    postcodes
        As `read_postcodes` returned them.
    region
        Region of residence by postcode.
    islands
        Whether visitors may bring a car (yes or no), by island, which is a municipality too.
    polygons
        Postcodes that have one.
    """
    rows = [
        cells
        | {
            "region": region[cells["postcode"]],
            "island": cells["municipality"] if cells["municipality"] in islands else "",
            "visitor_cars": islands.get(cells["municipality"], "yes"),
            "polygon": "yes" if cells["postcode"] in polygons else "no",
        }
        for cells in postcodes.reset_index().to_dict("records")
    ]
    write_csv(out / "postcodes" / _NAME, _COLUMNS, rows, sort=["postcode"])


def write_characteristics(sources: Sources, out: Path, postcodes: pd.DataFrame) -> None:
    """Write ``postcodes/characteristics.csv``: what tells neighbourhoods apart.

    Parameters
    ----------
    sources
        Tables to read.
    out
        Folder to write into.
    postcodes
        As `read_postcodes` returned them; a postcode without a row of characteristics keeps empty
        cells.

    Raises
    ------
    InputError
        When a postcode occurs twice, a house value is no number, or an urbanity is none of the
        five.
    """
    table = sources.table(_CHARACTERISTICS, ["pc4", "woz", "urb"])
    hidden = table.frame["woz"] == _HIDDEN
    table.frame.loc[hidden, "woz"] = ""
    faults = [each for each in table.numbers("woz", minimum=1)[1] if each.value is not None]
    refuse(
        faults
        + repeated(table, ["pc4"])
        + unknown(table, "urb", {"1", "2", "3", "4", "5"}, "1 (very urban) to 5")
    )
    known = {cells["pc4"]: cells for _, cells in rows_of(table)}
    nothing = {"woz": "", "urb": ""}
    rows = [
        {
            "postcode": code,
            "house_value": cells["woz"],
            "urbanity": cells["urb"],
            "cars_per_1000": f"{1000.0 * float(cars):.0f}" if cars else "",
        }
        for code, cars in postcodes["cars_per_capita_gem_2019"].items()
        for cells in [known.get(str(code), nothing)]
    ]
    absent = sum(cells["urbanity"] == "" for cells in rows)
    sources.report(
        f"characteristics of {len(rows) - absent} postcodes, none of {absent}; "
        f"house value of {hidden.sum()} hidden by CBS"
    )
    columns = ["postcode", "house_value", "urbanity", "cars_per_1000"]
    write_csv(out / "postcodes" / "characteristics.csv", columns, rows, sort=["postcode"])


def assign_regions(
    sources: Sources,
    roads: Path,
    postcodes: pd.DataFrame,
    hospitals: Sequence[Hospital],
    region_of: Mapping[str, str],
) -> dict[str, str]:
    """Region of residence: that of the nearest member hospital by car, outside the peak.

    Parameters
    ----------
    sources
        Receives the counts.
    roads
        Folder of the road network as it will be shipped.
    postcodes
        Index ``postcode``, columns ``lat`` and ``lon``.
    hospitals
        Open locations.
    region_of
        Region by member organisation.

    Returns
    -------
    dict of str to str
        By postcode. Equal minutes go to the location whose name sorts first.

    Raises
    ------
    InputError
        Listing postcodes from which no member hospital can be reached.
    """
    members = sorted(
        (each for each in hospitals if each.organisation in region_of), key=lambda each: each.name
    )
    origins = postcodes[["lat", "lon"]].astype(float)
    destinations = pd.DataFrame(
        {"lat": [each.lat for each in members], "lon": [each.lon for each in members]},
        index=pd.Index([each.name for each in members], name="name"),
    )
    network = read_main_roads(roads, profile=PROFILE)
    times = travel_times(network, origins=origins, destinations=destinations, profile=PROFILE)
    minutes = pd.DataFrame(times.minutes, index=times.origins, columns=times.destinations)
    minutes = minutes.loc[origins.index, destinations.index]
    unreached = minutes.index[~np.isfinite(minutes.to_numpy()).any(axis=1)]
    refuse(
        [
            Fault(_NAME, f"postcode {code}", "region", None, "a road to a member hospital")
            for code in unreached
        ]
    )
    # argmin takes the first of equal minutes, and the columns are sorted by name
    nearest = minutes.to_numpy().argmin(axis=1)
    regions = [region_of[members[place].organisation] for place in nearest]
    residents = postcodes["population"].astype(int).groupby(regions).sum()
    for region, count in residents.items():
        sources.report(
            f"region  {region}: {regions.count(str(region))} postcodes, {count} residents"
        )
    return dict(zip(postcodes.index, regions, strict=True))


def _municipal_means(
    table: Table,
    share: NDArray[np.float64],
    population: NDArray[np.float64],
    missing: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Mean share of the municipality of every row, weighted by residents of the known ones."""
    names = table.frame["municipality"]
    weight = np.where(missing, 0.0, population)
    known = pd.Series(np.where(missing, 0.0, share) * weight).groupby(names.to_numpy()).sum()
    total = pd.Series(weight).groupby(names.to_numpy()).sum()
    faults = [
        Fault(_NAME, table.where(row), "municipality", name, "one with a known share")
        for row, name in names[missing].items()
        if total[name] == 0
    ]
    refuse(faults)
    mean = known.divide(total.where(total > 0))
    means: NDArray[np.float64] = mean.reindex(names).to_numpy(np.float64)
    return means


def _two_provinces(table: Table) -> list[Fault]:
    """Faults for rows whose municipality has another province, or code, above."""
    first: dict[str, tuple[str, str]] = {}
    faults = []
    for row, cells in rows_of(table):
        found = (cells["province"], cells["gm_code"])
        known = first.setdefault(cells["municipality"], found)
        if found != known:
            shown, expected = ", ".join(found), f"{', '.join(known)} as for this municipality above"
            faults.append(Fault(_NAME, table.where(row), "province, gm_code", shown, expected))
    return faults
