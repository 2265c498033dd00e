"""Fit the speeds of streets to driving bands and test drives, and print the table and residuals.

The streets and the bands are not shipped: they are looked for in the folder that IMPACT_SHARED
names, else in ../shared/data. The table is printed as it stands in scripts/roads.toml; nothing is
written.

Example::

    python scripts/calibrate_speeds.py
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _city_speeds import city_speeds
from _limit_shares import shares_of_limit, tagged_stretches
from _speed_fit import CLOSE, Known, fit, off_band, start_minutes
from _speed_routes import ACCESS, FIXED, Router, Trips
from _speed_terms import GROUPS, MEETINGS, build_terms

from impact import read_hospitals, read_postcodes
from impact.evidence.known_times import TRIP, shipped_facts
from impact.geodesy import stretch_km
from impact.network.osm.tag_tables import SETTINGS

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
TAGGED = ("osm/the_hague_main_roads.osm", "osm/groningen_centre.osm")
STREETS = "osm/netherlands_2021.osm.pbf"
BANDS = ("<=25", "25-30", ">30")
NOT_IN_EXTRACT = "Flevoland"
_ROUNDS = 3
_PARTS = 3
_SEED = 20261130
_FACT_LONGEST = 400.0
_DELAY_FACTORS = {
    "priority": (0.0, 2.0),
    "equal": (0.5, 1.5),
    "minor": (0.5, 1.75),
    "side": (0.5, 1.67),
    "slip": (0.5, 2.0),
}
"""Assumption: delays in free flow and in the peak over those off-peak."""
_FACT_SPREAD = {"Groningen Grote Markt": 2.0}
_HOSPITAL = "hospital "
_DISTANCES = (0.0, 10.0, 20.0, 30.0, 60.0)
_LINE = "{:<34} {:>6} {:>6.1f} % {:>6.1f} % {:>6.2f}"


class Calibration:
    """Bands, facts, and the routes that they need."""

    def __init__(self, folder: Path) -> None:
        postcodes = read_postcodes()
        bands = pd.read_csv(folder / "drive_bands_calibration.csv", dtype={"pc4": str})
        places = pd.read_csv(folder / "drive_bands_hospitals.csv").set_index("id")
        hospitals = places.loc[sorted(bands["tno_id"].unique())]
        row = postcodes.index.get_indexer(bands["pc4"])
        column = hospitals.index.get_indexer(bands["tno_id"])
        bands, row, column = bands[row >= 0], row[row >= 0], column[row >= 0]
        self.band = np.array([BANDS.index(each) for each in bands["drive_band_min"]])
        self.hospital = column
        here = postcodes.iloc[row]
        self.inside = (here["province"] != NOT_IN_EXTRACT).to_numpy()
        there = hospitals.iloc[column]
        crow = stretch_km(
            *(each[axis].to_numpy(np.float64) for each in (here, there) for axis in ("lat", "lon"))
        )
        urbanity = pd.read_csv(folder / "pc4_woz_urbanity_2022.csv", sep=";", dtype={"pc4": str})
        self.groups = {
            "band": bands["drive_band_min"].to_numpy(),
            "km as the crow flies": pd.cut(crow, _DISTANCES).astype(str),
            "region": here["region"].to_numpy(),
            "urbanity (1 most)": here.index.map(urbanity.set_index("pc4")["urb"]),
            "direction": _directions(here, there),
        }
        self.trips = Trips(postcodes, hospitals, row, column)
        self.facts, self.fact_rows, self.fact_trips = _fact_trips(postcodes)
        self.router: Router | None = None

    def known(
        self, amount: NDArray[np.float64], facts: NDArray[np.float64], use: NDArray[np.bool_]
    ) -> Known:
        """Collect what to fit on: some of the pairs, and all facts."""
        use = use & self.inside & np.isfinite(amount[:, 0])
        means = [facts[rows].mean(axis=0) for rows in self.fact_rows]
        minutes = np.array([float(each["value"]) for each in self.facts])
        spread = np.array([_FACT_SPREAD.get(each["from"], 1.0) for each in self.facts])
        return Known(amount[use], self.band[use], np.array(means), minutes, spread)


def _directions(here: pd.DataFrame, there: pd.DataFrame) -> NDArray[np.str_]:
    """Quarter of the compass in which the hospital lies."""
    north = there["lat"].to_numpy() - here["lat"].to_numpy()
    east = (there["lon"].to_numpy() - here["lon"].to_numpy()) * np.cos(np.radians(here["lat"]))
    quarter = np.round(np.degrees(np.arctan2(east, north)) / 90.0).astype(int) % 4
    return np.array(["north", "east", "south", "west"])[quarter]


def _fact_trips(
    postcodes: pd.DataFrame,
) -> tuple[list[pd.Series], list[NDArray[np.int64]], Trips]:
    """Trips of the public facts of which the minutes are known."""
    table = shipped_facts().frame
    facts = [each for _, each in table[(table["kind"] == TRIP)].iterrows() if each["unit"] == "min"]
    hospitals, origins, targets, rows = read_hospitals(), [], [], []
    for number, fact in enumerate(facts):
        codes = fact["from_pc4"].removesuffix(" (mean)").split("-")
        own = np.flatnonzero((postcodes.index >= codes[0]) & (postcodes.index <= codes[-1]))
        rows.append(np.arange(len(own)) + sum(map(len, rows)))
        origins.append(np.column_stack([own, np.full(len(own), number)]))
        name = fact["to_place"]
        known = hospitals if name.startswith(_HOSPITAL) else postcodes
        targets.append(known.loc[[name.removeprefix(_HOSPITAL)], ["lat", "lon"]])
    pairs = np.concatenate(origins)
    return facts, rows, Trips(postcodes, pd.concat(targets), pairs[:, 0], pairs[:, 1])


def shares(off: NDArray[np.float64]) -> tuple[int, float, float, float]:
    """Pairs, per cent in the same band and within two minutes of it, mean minutes beside it."""
    held = np.abs(off)
    return (
        len(off),
        100.0 * float((held == 0.0).mean()),
        100.0 * float((held <= CLOSE).mean()),
        float(np.clip(off, -10.0, 10.0).mean()),
    )


def toml(names: tuple[str, ...], minutes: NDArray[np.float64]) -> str:
    """Lines of scripts/roads.toml."""
    found = dict(zip(names, minutes, strict=True))
    lines = ["[osm.speeds.dal]"]
    for group in GROUPS:
        kmh = [60.0 / found[f"{group} {setting}"] for setting in SETTINGS]
        lines += [f"{each} = [{', '.join(f'{v:.1f}' for v in kmh)}]" for each in GROUPS[group]]
    rural, urban = (60.0 / found[each] for each in ACCESS)
    lines.append(f"local = [{rural:.1f}, {urban:.1f}, {urban:.1f}]")
    lines += ["[osm.profiles]", f"fixed_minutes = {found[FIXED]:.1f}", "[osm.delays.fitted]"]
    for each in MEETINGS:
        dal = 60.0 * found[each]
        seconds = (_DELAY_FACTORS[each][0] * dal, dal, _DELAY_FACTORS[each][1] * dal)
        lines.append(f"{each} = [{', '.join(f'{v:.1f}' for v in seconds)}]")
    return "\n".join(lines)


def main() -> int:
    """Fit and print."""
    folder = Path(os.environ.get("IMPACT_SHARED", ROOT.parent / "shared" / "data"))
    if not (folder / STREETS).is_file():
        print(f"no streets at {folder}: set IMPACT_SHARED")
        return 1
    cal = Calibration(folder)
    terms = build_terms(folder / STREETS)
    router, drives = Router(terms, cal.trips), Router(terms, cal.fact_trips)
    everything = np.ones(len(cal.band), dtype=bool)
    minutes = start_minutes(router.names)
    for number in range(_ROUNDS):
        amount = router.amounts(minutes)
        facts = drives.amounts(minutes, longest=_FACT_LONGEST)
        print(f"round {number}: {_said(cal, amount @ minutes, cal.inside)}", flush=True)
        minutes = fit(router.names, cal.known(amount, facts, everything))
    total = router.amounts(minutes) @ minutes
    print(toml(router.names, minutes))
    print(f"all hospitals: {_said(cal, total, cal.inside)}")
    print(f"with {NOT_IN_EXTRACT}: {_said(cal, total, everything)}")
    part = np.random.default_rng(_SEED).permutation(cal.hospital.max() + 1)[cal.hospital] % _PARTS
    held = np.empty(len(total))
    for number in range(_PARTS):
        rest = part == number
        own = fit(router.names, cal.known(amount, facts, ~rest))
        held[rest] = (router.amounts(own) @ own)[rest]
        print(f"held out, part {number}: {_said(cal, held, rest & cal.inside)}", flush=True)
    print(f"held out, all: {_said(cal, held, cal.inside)}")
    drive = drives.amounts(minutes, longest=_FACT_LONGEST) @ minutes
    for fact, rows in zip(cal.facts, cal.fact_rows, strict=True):
        print(f"{fact['from']} -> {fact['to']}: {drive[rows].mean():.1f} against {fact['value']}")
    print(residuals(cal, total))
    flat = _without_dense(router.names, minutes)
    cities = city_speeds(
        folder, cal.trips.origins, terms, {"without dense": flat, "with dense": minutes}
    )
    print(cities.round(1).to_string(index=False))
    print(cities.drop(columns="city").corr()["published"].round(2).to_string())
    tagged = {name: tagged_stretches(folder / name) for name in TAGGED}
    for name, each in tagged.items():
        ratio = each["tagged"].sum() / each["bare"].sum()
        print(f"{name}: shipped table, minutes with tags over minutes without: {ratio:.3f}")
    print(shares_of_limit(tagged.values()).round(3).to_string(index=False))
    return 0


def _without_dense(names: tuple[str, ...], minutes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Treat large cities as any built-up area."""
    found = dict(zip(names, minutes, strict=True))
    return np.array([found[name.replace(" dense", " urban")] for name in names])


def _said(cal: Calibration, minutes: NDArray[np.float64], use: NDArray[np.bool_]) -> str:
    minutes = np.nan_to_num(minutes, nan=np.inf)
    count, same, close, _ = shares(off_band(minutes, cal.band)[use])
    return f"{count} pairs, {same:.2f} % in the same band, {close:.2f} % within two minutes"


def residuals(cal: Calibration, minutes: NDArray[np.float64]) -> str:
    """Agreement by group, as a table."""
    off = off_band(np.nan_to_num(minutes, nan=np.inf), cal.band)
    lines = [f"{'':<34} {'pairs':>6} {'same':>8} {'close':>8} {'mean':>6}"]
    for name, label in cal.groups.items():
        own = pd.Series(off[cal.inside]).groupby(pd.Series(label)[cal.inside].to_numpy())
        lines += [_LINE.format(f"{name}: {each}", *shares(part.to_numpy())) for each, part in own]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
