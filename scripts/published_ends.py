"""Show the fourteen published ends under every reading of the published method.

Example::

    python scripts/published_ends.py --roads nl.impact
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import numpy as np

from impact.errors import ImpactError
from impact.evidence.published.method import method_ends, method_means, scenarios_behind
from impact.evidence.published.table import published_ranges, published_rows
from impact.model.inputs import timed
from impact.model.networks import read_networks
from impact.network.main_roads import read_main_roads
from impact.network.npz import read_network
from impact.study.register import read_register
from impact.tables.places import ANYWHERE, NETHERLANDS, read_hospitals, read_postcodes, read_regions
from impact.times.matrix import travel_times

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the ends, their errors, and the scenarios that could be behind them.

    Parameters
    ----------
    arguments
        Of the command line.

    Returns
    -------
    int
        0, or 2 when the roads cannot be read.
    """
    parser = argparse.ArgumentParser(description="The published ends by the published method.")
    parser.add_argument("--roads", help="a network file; the shipped main roads by default")
    parser.add_argument("--profile", default="dal", help="speed profile (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        show(options.roads, options.profile)
    except ImpactError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def show(roads: str | None, profile: str) -> None:
    """Compute and print.

    Parameters
    ----------
    roads
        A network file, or `None` for the shipped main roads.
    profile
        Speed profile.
    """
    bounds = NETHERLANDS if roads is None else ANYWHERE
    network = timed(read_main_roads() if roads is None else read_network(roads), profile)
    postcodes, hospitals = read_postcodes(bounds=bounds), read_hospitals(bounds=bounds)
    register = read_register()
    locations = hospitals.loc[sorted(set(register["location"]))]
    times = travel_times(network, postcodes, locations, km=True)
    routed = np.isfinite(times.minutes).all(axis=1)
    print(f"{int((~routed).sum())} postcodes without a route are left out")
    times = times.select([str(code) for code in postcodes.index[routed]], times.destinations)
    weights = postcodes["population"].to_numpy(np.float64)[routed]
    tables = (
        published_rows(),
        register,
        read_networks(read_regions()),
        hospitals["organisation"].to_dict(),
    )
    published = published_ranges()
    found = method_ends(times, weights, *tables, published=published)
    found["error_low"] = (found["low"] - found["published_low"]).abs()
    found["error_high"] = (found["high"] - found["published_high"]).abs()
    columns = ["region", "published_low", "published_high", "low", "high", "low_from", "high_from"]
    for definition, rows in found.groupby("definition", sort=False):
        low, high = rows["error_low"].mean(), rows["error_high"].mean()
        print(f"\n{definition}: mean error {low:.2f} at the lower ends, {high:.2f} at the upper")
        print(rows[columns].round(1).to_string(index=False))
    print("\nscenarios that could be behind an end, within subregions")
    print(scenarios_behind(method_means(times, weights, *tables), published).to_string(index=False))


if __name__ == "__main__":
    sys.exit(main())
