"""Tables for roads from OpenStreetMap: what is drivable, how fast, what delays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from _sources import write_csv

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_PROFILES = ("vrij", "dal", "spits")
_SETTINGS = ("rural", "urban", "dense")
_SPEEDS = ("dal", "share", "cap")
_FAST = ("motorway", "motorway_link", "trunk", "trunk_link")
_ISLAND_SOURCE = "timetables and a published Dutch network model"


def write_osm_roads(
    out: Path, choices: Mapping[str, Any], ferries: Iterable[Mapping[str, str]]
) -> None:
    """Write ``roads/osm_*.csv``.

    Parameters
    ----------
    out
        Folder to write into.
    choices
        Table ``[osm]`` of ``roads.toml``.
    ferries
        The ferries to the Wadden islands, as in ``ferries.csv``.
    """
    folder = out / "roads"
    write_csv(
        folder / "osm_classes.csv",
        ["highway", "rank", "drive"],
        [
            {"highway": name, "rank": str(rank), "drive": drive}
            for name, (rank, drive) in choices["classes"].items()
        ],
        sort=["rank", "highway"],
    )
    write_csv(
        folder / "osm_access.csv",
        ["tag", "value", "drive"],
        [
            {"tag": tag, "value": value, "drive": drive}
            for tag, by_drive in choices["access"].items()
            for drive, values in by_drive.items()
            for value in values
        ],
        sort=["tag", "value"],
    )
    limits = choices["limits"]
    write_csv(
        folder / "osm_limits.csv",
        ["code", "kmh", "source"],
        [
            {"code": code, "kmh": str(kmh), "source": limits["source"]}
            for code, kmh in [*limits["default"].items(), *limits["country"].items()]
        ],
        sort=["code"],
    )
    _write_speeds(folder, choices)
    _write_delays(folder, choices["delays"])
    _write_ferries(folder, choices["ferries"], ferries)
    _write_mends(folder, choices["mends"])


def _write_speeds(folder: Path, choices: Mapping[str, Any]) -> None:
    speeds, rows = choices["speeds"], []
    for profile in _PROFILES:
        for name in speeds["dal"]:
            for place, setting in enumerate(_SETTINGS):
                unsigned, share, cap = (speeds[kind][name][place] for kind in _SPEEDS)
                factor = 1.0
                if profile in speeds["factor"]:
                    factor = speeds["factor"][profile][0 if name in _FAST else 1 + min(place, 1)]
                rows.append(
                    {
                        "profile": profile,
                        "class": name,
                        "setting": setting,
                        "unsigned_kmh": f"{unsigned * factor:.1f}",
                        "share_of_limit": f"{share * factor:.3f}",
                        "cap_kmh": f"{cap * factor:.1f}",
                        "source": speeds["source"],
                    }
                )
    columns = ["profile", "class", "setting", "unsigned_kmh", "share_of_limit", "cap_kmh", "source"]
    write_csv(folder / "osm_speeds.csv", columns, rows, sort=["profile", "class", "setting"])
    profiles = choices["profiles"]
    write_csv(
        folder / "osm_profiles.csv",
        ["profile", "fixed_minutes", "status", "source"],
        [
            {
                "profile": profile,
                "fixed_minutes": str(profiles["fixed_minutes"]),
                "status": profiles["status"][profile],
                "source": f"{speeds['source']}; {profiles['fixed_source']}",
            }
            for profile in _PROFILES
        ],
        sort=["profile"],
    )


def _write_delays(folder: Path, delays: Mapping[str, Any]) -> None:
    write_csv(
        folder / "osm_delays.csv",
        ["event", *_PROFILES, "source"],
        [
            {
                "event": event,
                **{name: str(each) for name, each in zip(_PROFILES, seconds, strict=True)},
                "source": source,
            }
            for seconds_of, source in (
                (delays["seconds"], delays["source"]),
                (delays["fitted"], delays["fitted_source"]),
            )
            for event, seconds in seconds_of.items()
        ],
        sort=["event"],
    )


def _write_ferries(
    folder: Path, general: Iterable[Mapping[str, Any]], ferries: Iterable[Mapping[str, str]]
) -> None:
    rows = [
        {
            "match": "",
            "longest_km": str(each["longest_km"]),
            "wait_minutes": str(each["wait_minutes"]),
            "kmh": str(each["kmh"]),
            "cars": "",
            "visitor_cars": "yes",
            "source": each["source"],
        }
        for each in general
    ]
    rows += [
        {
            "match": each["island"],
            "longest_km": "1000.0",
            "wait_minutes": each["wait_minutes"],
            "kmh": f"{60.0 * float(each['km']) / float(each['crossing_minutes']):.1f}",
            # fast ferries bear the same names and carry none: the tags decide
            "cars": "",
            "visitor_cars": each["visitor_cars"],
            "source": _ISLAND_SOURCE,
        }
        for each in ferries
    ]
    columns = ["match", "longest_km", "wait_minutes", "kmh", "cars", "visitor_cars", "source"]
    write_csv(folder / "osm_ferries.csv", columns, rows, sort=["match", "longest_km"])


def _write_mends(folder: Path, mends: Mapping[str, Any]) -> None:
    columns = ["road", "from_lat", "from_lon", "to_lat", "to_lon"]
    rows = [
        {
            **dict(zip(columns, (road, *(f"{each:.7f}" for each in ends)), strict=True)),
            "source": mends["source"],
        }
        for road, *ends in mends["pieces"]
    ]
    write_csv(folder / "osm_mends.csv", [*columns, "source"], rows, sort=columns)
