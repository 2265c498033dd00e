"""Print how well the shipped roads agree with driving bands and public facts.

The bands (openrouteservice, about 2020, free flow) are not shipped: they are looked for in the
folder that IMPACT_SHARED names, else in ../shared/data.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from impact import read_hospitals, read_main_roads, read_postcodes, travel_times
from impact.evidence.validate import BANDS, BandAgreement, band_agreement, public_facts
from impact.roads.distance import great_circle_km

ROOT = Path(__file__).resolve().parent.parent


def calibration(folder: Path) -> BandAgreement:
    """Compare the shipped network, off-peak, with the bands in a folder."""
    bands = pd.read_csv(folder / "drive_bands_calibration.csv", dtype={"pc4": str})
    places = pd.read_csv(folder / "drive_bands_hospitals.csv").set_index("id")
    hospitals = read_hospitals()
    hospitals = hospitals[hospitals["status"] == "open"]
    # the band tables name hospitals in their own way: each is our nearest open location
    ours = {}
    for number in sorted(bands["tno_id"].unique()):
        here = places.loc[number]
        gap = great_circle_km(
            here["lat"], here["lon"], hospitals["lat"].to_numpy(), hospitals["lon"].to_numpy()
        )
        ours[number] = hospitals.index[int(np.argmin(gap))]
    postcodes = read_postcodes()
    wanted = sorted(set(ours.values()))
    times = travel_times(read_main_roads(), postcodes, hospitals.loc[wanted])
    row = {name: place for place, name in enumerate(times.origins)}
    column = {name: place for place, name in enumerate(times.destinations)}
    known = bands[bands["pc4"].isin(list(row))]
    minutes = times.minutes[
        known["pc4"].map(row).to_numpy(), known["tno_id"].map(ours).map(column).to_numpy()
    ]
    return band_agreement(
        minutes,
        known["drive_band_min"].to_numpy(dtype=object),
        crow_km=known["crow_km"].to_numpy(np.float64),
    )


def describe(found: BandAgreement) -> str:
    """Put the agreement in words."""
    recall = ", ".join(f"{name}: {100 * found.recall[name]:.1f} %" for name in BANDS)
    return (
        f"{found.pairs} postcode x hospital pairs: {100 * found.same:.1f} % in the same band, "
        f"{100 * found.close:.1f} % within two minutes of the limit\n"
        f"recall per band: {recall}\n"
        f"same band below 30 km as the crow flies: {100 * found.same_near:.1f} %"
    )


def main() -> int:
    """Print both."""
    folder = Path(os.environ.get("IMPACT_SHARED", ROOT.parent / "shared" / "data"))
    if (folder / "drive_bands_calibration.csv").is_file():
        print(describe(calibration(folder)))
    else:
        print(f"no driving bands at {folder}: set IMPACT_SHARED to compare with them")
    facts = public_facts(read_main_roads(), read_postcodes(), read_hospitals())
    for fact in facts.itertuples():
        verdict = "holds" if fact.holds else "DOES NOT HOLD"
        print(
            f"{fact.fact}: {fact.ours:.1f} against {fact.value:g} {fact.unit} "
            f"(tolerance {fact.tolerance:g}): {verdict}"
        )
    return 0 if facts["holds"].all() else 1


if __name__ == "__main__":
    sys.exit(main())
