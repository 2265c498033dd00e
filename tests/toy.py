"""A study that fits in the head: five postcodes, four hospitals, minutes by hand.

```
    8899 (no route)   9166 (island, no visitor cars)

              8911 Leeuwarden      9712 Groningen

                                         7811 Emmen
                       Zwolle
```
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from impact.analysis.run import run_study
from impact.study.read import read_study

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from impact.analysis.result import Result

TITLE = "Drie steden"
GRONINGEN = "UMC Groningen"
LEEUWARDEN = "Frisius MC Leeuwarden (MCL)"
EMMEN = "Treant Scheper"
ZWOLLE = "Isala Zwolle"
PANCREAS = "Pancreasresecties"
KIDNEY = "Niertumoren"
TO_GRONINGEN = "A. Leeuwarden naar Groningen"
EMMEN_OPENS = "B. Leeuwarden stopt, Emmen begint"
GRONINGEN_STOPS = "C. Groningen stopt"

_HOSPITALS = {
    GRONINGEN: (53.2216, 6.5765),
    LEEUWARDEN: (53.1877, 5.7856),
    EMMEN: (52.7770, 6.9105),
    ZWOLLE: (52.5146, 6.1243),
}
_POSTCODES = (
    # postcode, lat, lon, population, municipality, province, place, island, visitor_cars
    ("7811", 52.7880, 6.8936, 5000, "Emmen", "Drenthe", "Emmen", "", "yes"),
    ("8899", 53.2957, 5.0727, 1100, "Vlieland", "Fryslân", "Vlieland", "Vlieland", "no"),
    ("8911", 53.2014, 5.7977, 10000, "Leeuwarden", "Fryslân", "Leeuwarden", "", "yes"),
    ("9166", 53.4791, 6.1647, 900, "Schiermonnikoog", "Fryslân", "", "Schiermonnikoog", "no"),
    ("9712", 53.2195, 6.5642, 20000, "Groningen", "Groningen", "Groningen", "", "yes"),
)
_MINUTES = {
    # to Groningen, Leeuwarden, Emmen, Zwolle
    "7811": (48.0, 95.0, 4.5, 60.0),
    "8899": (float("inf"),) * 4,
    "8911": (52.0, 6.0, 95.0, 70.0),
    "9166": (80.0, 70.0, 125.0, 150.0),
    "9712": (5.0, 50.0, 45.0, 75.0),
}


def toy_result(
    folder: Path, *, names: Mapping[str, str] | None = None, title: str = TITLE
) -> Result:
    """Run the toy study.

    Parameters
    ----------
    folder
        Where its files are written.
    names
        Other names for hospitals, places, interventions or scenarios of this module.
    title
        Of the study.

    Returns
    -------
    Result
        Cases: pancreas, 8911 and 9166 to Groningen (46 and 10 minutes more; 8899 has no route);
        pancreas, the same while Emmen begins (7811 is drawn there); kidney, the displayed
        candidate: Emmen, the smallest, stops.
    """
    known = names or {}

    def name(text: str) -> str:
        return known.get(text, text)

    def quoted(*texts: str) -> str:
        return ", ".join(json.dumps(name(text), ensure_ascii=False) for text in texts)

    folder.mkdir(parents=True, exist_ok=True)
    header = ["postcode", "lat", "lon", "population", "municipality", "province", "place"]
    _write(
        folder / "postcodes.csv",
        [*header, "island", "visitor_cars"],
        [
            [*row[:4], name(row[4]), row[5], name(row[6]) if row[6] else "", *row[7:]]
            for row in _POSTCODES
        ],
    )
    _write(
        folder / "hospitals.csv",
        ["name", "lat", "lon"],
        [[name(hospital), *point] for hospital, point in _HOSPITALS.items()],
    )
    _write(
        folder / "minutes.csv",
        ["origin", *map(name, _HOSPITALS)],
        [[postcode, *minutes] for postcode, minutes in _MINUTES.items()],
    )
    study = f"""
[study]
title = {json.dumps(title, ensure_ascii=False)}
region = "Drie steden"
postcodes = "postcodes.csv"
hospitals = "hospitals.csv"
times = "minutes.csv"

[[intervention]]
name = {quoted(PANCREAS)}
norm = 50
providers = [{quoted(GRONINGEN, LEEUWARDEN)}]
stop_count = 1

[[intervention]]
name = {quoted(KIDNEY)}
norm = 20
providers = [{quoted(GRONINGEN, LEEUWARDEN, EMMEN)}]
stop_count = 1

[[scenario]]
name = {quoted(TO_GRONINGEN)}
stops = {{ {quoted(PANCREAS)} = [{quoted(LEEUWARDEN)}] }}
moves_to = {{ {quoted(LEEUWARDEN)} = {{ {quoted(GRONINGEN)} = 1.0 }} }}

[[scenario]]
name = {quoted(EMMEN_OPENS)}
stops = {{ {quoted(PANCREAS)} = [{quoted(LEEUWARDEN)}] }}
opens = {{ {quoted(PANCREAS)} = [{quoted(EMMEN)}] }}
"""
    path = folder / "study.toml"
    path.write_text(study, encoding="utf-8")
    return run_study(read_study(path), use_cache=False)


def three_scenarios(folder: Path, name: str = GRONINGEN_STOPS) -> Result:
    """Run the toy study with a third scenario for the pancreas, proposed: Groningen stops.

    Then 7811 travels 95 minutes instead of 48, and 9712 50 instead of 5.
    """
    toy_result(folder)
    path = folder / "study.toml"
    third = f"""
[[scenario]]
name = {json.dumps(name)}
status = "proposed"
stops = {{ {json.dumps(PANCREAS)} = [{json.dumps(GRONINGEN)}] }}
"""
    path.write_text(path.read_text(encoding="utf-8") + third, encoding="utf-8")
    return run_study(read_study(path), use_cache=False)


def _write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows([header, *rows])
