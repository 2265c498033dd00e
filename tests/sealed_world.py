"""Three institutions and eight municipalities of three postcodes each, to seal and merge.

All lie along one road, a municipality every twelve minutes, the hospitals at 12, 45 and 80 minutes
from its beginning. The west stops with one treatment, the west and the north with the other, where
it is agreed that the west's patients go to the south.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SITES = ("Noord", "West", "Zuid")
TREATMENTS = ("Long", "Maag")
AREAS = [f"Gemeente {letter}" for letter in "ABCDEFGH"]
CODES = [str(9000 + 10 * area + place) for area in range(8) for place in range(3)]

_RANDOM = np.random.default_rng(7)
_AT = np.array([12.0 * (k // 3) + 3.0 * (k % 3) for k in range(len(CODES))])
MINUTES = np.round(4.0 + np.abs(_AT[:, None] - np.array([12.0, 45.0, 80.0])), 1)
RESIDENTS = _RANDOM.integers(0, 4000, len(CODES))

STUDY = """\
[study]
title = "Verzegeld"
region = "Noorden"
postcodes = "postcodes.csv"
hospitals = "hospitals.csv"
times = "minutes.csv"

[[intervention]]
name = "Long"
norm = 50
providers = ["Noord", "West", "Zuid"]

[[intervention]]
name = "Maag"
providers = ["Noord", "West", "Zuid"]

[[scenario]]
name = "Plan"
stops = { "Long" = ["West"] }

[[scenario]]
name = "Afspraak"
stops = { "Maag" = ["West", "Noord"] }
moves_to = { "West" = { "Zuid" = 1.0 } }
"""


def write_world(folder: Path, study: str = STUDY) -> Path:
    """Write the study and its tables; return the study file."""
    rows = [
        f"{code},{52.5 + 0.05 * (k // 3):.3f},{5.5 + 0.1 * (k % 3):.3f},{people},{AREAS[k // 3]}"
        for k, (code, people) in enumerate(zip(CODES, RESIDENTS.tolist(), strict=True))
    ]
    files = {
        "postcodes.csv": "\n".join(["postcode,lat,lon,population,municipality", *rows]),
        "hospitals.csv": "name,lat,lon\nNoord,53.2,6.5\nWest,53.1,5.8\nZuid,52.7,6.9",
        "minutes.csv": "\n".join(
            [
                "origin," + ",".join(SITES),
                *(
                    ",".join([code, *map(str, row)])
                    for code, row in zip(CODES, MINUTES.tolist(), strict=True)
                ),
            ]
        ),
        "study.toml": study,
    }
    for name, text in files.items():
        (folder / name).write_text(text + "\n", encoding="utf-8")
    return folder / "study.toml"


def draw(random: np.random.Generator, mean: float = 4.0) -> NDArray[np.int64]:
    """Patients a year per treatment, postcode and site; most postcodes have few."""
    shape = (len(TREATMENTS), len(CODES), len(SITES))
    return random.poisson(random.gamma(0.4, mean / 0.4, shape)).astype(np.int64)


def counts_of(patients: NDArray[np.int64], site: str) -> pd.DataFrame:
    """One institution's own table."""
    rows = [
        (treatment, code, int(patients[k, i, SITES.index(site)]))
        for k, treatment in enumerate(TREATMENTS)
        for i, code in enumerate(CODES)
        if patients[k, i, SITES.index(site)]
    ]
    return pd.DataFrame(rows, columns=["intervention", "postcode", "patients"])


def flows_of(patients: NDArray[np.int64]) -> pd.DataFrame:
    """Everybody's table, as a study takes counts."""
    parts = [counts_of(patients, site).assign(provider=site) for site in SITES]
    return pd.concat(parts)[["intervention", "postcode", "provider", "patients"]]


def pooled(patients: NDArray[np.int64]) -> dict[str, dict[str, float]]:
    """By hand, of the full counts: moved, mean extra, beyond 30, and volumes after."""
    out = {}
    at = {site: k for k, site in enumerate(SITES)}
    for k, (treatment, stops) in enumerate((("Long", ["West"]), ("Maag", ["Noord", "West"]))):
        left = [site for site in SITES if site not in stops]
        extra, weight, after = [], [], dict.fromkeys(left, 0.0)
        for site in left:
            after[site] += float(patients[k, :, at[site]].sum())
        for site in stops:
            for i in range(len(CODES)):
                number = float(patients[k, i, at[site]])
                nearest = min(left, key=lambda name, i=i: (MINUTES[i, at[name]], name))
                agreed = site == "West" and treatment == "Maag"
                to = "Zuid" if agreed else nearest
                extra.append(MINUTES[i, at[to]] - MINUTES[i, at[site]])
                weight.append(number)
                after[to] += number
        values, weights = np.array(extra), np.array(weight)
        moved = float(weights.sum())
        out[treatment] = {
            "moved": moved,
            "mean_extra": float((values * weights).sum() / moved) if moved else float("nan"),
            "beyond_30": float(weights[values > 30.0].sum()),
            **{f"after {site}": number for site, number in after.items()},
        }
    return out
