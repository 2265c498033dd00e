"""Print how well the shipped roads agree with driving bands and public facts.

The bands (openrouteservice, about 2020, free flow) are not shipped: they are looked for in the
folder that IMPACT_SHARED names, else in ../shared/data. They are written as a table of known
classes and go the way of `impact validate`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from impact import read_hospitals, read_postcodes, read_street_network
from impact.evidence.known_times import read_known
from impact.evidence.validation import against_known, errors, validate
from impact.outputs.pages.validation import findings
from impact.outputs.text import texts
from impact.tables.places import NETHERLANDS

if TYPE_CHECKING:
    from impact.network import RoadNetwork

ROOT = Path(__file__).resolve().parent.parent
NEAR_KM = 30.0


def known_classes(folder: Path) -> pd.DataFrame:
    """Return the bands as a table that `impact validate` reads."""
    bands = pd.read_csv(folder / "drive_bands_calibration.csv", dtype={"pc4": str})
    places = pd.read_csv(folder / "drive_bands_hospitals.csv").set_index("id")
    # the points from which the bands were made; the tables name hospitals in their own way
    here = places.loc[bands["tno_id"]]
    named = {
        "from": bands["pc4"],
        "to": "hospital " + bands["tno_id"].astype(str),
        "to_lat": here["lat"].to_numpy(),
        "to_lon": here["lon"].to_numpy(),
        "class": bands["drive_band_min"],
    }
    return pd.DataFrame(named)


def calibration(folder: Path, network: RoadNetwork | None = None) -> pd.DataFrame:
    """Compare roads, off-peak (the shipped ones by default), with the bands in a folder."""
    postcodes = read_postcodes()
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "bands.csv"
        known_classes(folder).to_csv(path, index=False)
        known = read_known(
            path, postcodes=postcodes, hospitals=read_hospitals(), bounds=NETHERLANDS
        )
    network = read_street_network() if network is None else network
    rows, _ = against_known(network, known, postcodes)
    return rows


def describe(rows: pd.DataFrame) -> str:
    """Put the agreement with the bands in words."""
    overall = errors(rows)
    recall = ", ".join(
        f"{known}: {100 * errors(own)['agree']:.1f} %"
        for known, own in rows.sort_values("high").groupby("known", sort=False)
    )
    near = errors(rows[rows["distance"] < NEAR_KM])
    return (
        f"{overall['pairs']} postcode x hospital pairs: {100 * overall['agree']:.1f} % in the same "
        f"band, {100 * overall['close']:.1f} % within two minutes of the limit\n"
        f"recall per band: {recall}\n"
        f"same band below {NEAR_KM:g} km as the crow flies: {100 * near['agree']:.1f} %"
    )


def main() -> int:
    """Print both."""
    folder = Path(os.environ.get("IMPACT_SHARED", ROOT.parent / "shared" / "data"))
    if (folder / "drive_bands_calibration.csv").is_file():
        print(describe(calibration(folder)))
    else:
        print(f"no driving bands at {folder}: set IMPACT_SHARED to compare with them")
    found = validate()
    facts = found.facts if found.facts is not None else pd.DataFrame({"holds": []})
    for fact in facts.to_dict("records"):
        verdict = "holds" if fact["holds"] else "DOES NOT HOLD"
        print(
            f"{fact['from']} -> {fact['to']}: {fact['quantity']}: {fact['ours']:.1f} against "
            f"{fact['value']:g} {fact['unit']} (tolerance {fact['tolerance']:g}): {verdict}"
        )
    print("\n".join(findings(found, texts("en"))))
    return 0 if facts["holds"].all() else 1


if __name__ == "__main__":
    sys.exit(main())
