"""What is in a network file, on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from impact.outputs.texts import texts
from impact.outputs.wording import known_text
from impact.roads.sketch import by_standing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

    from impact.outputs.texts import Texts
    from impact.roads.network import RoadNetwork

_SHOWN = 5
_MINUTES_PER_HOUR = 60.0


def print_info(console: Console, network: RoadNetwork, *, lang: str = "nl") -> None:
    """Print area, date, kilometres per class, speed sources, parts and ferries.

    Parameters
    ----------
    console
        Where to print.
    network
        Of any kind; what a network does not know about itself is left out.
    lang
        ``nl`` or ``en``.
    """
    say, about = texts(lang), network.about
    for line in _lines(network, say):
        console.print(line, markup=False, highlight=False)
    if isinstance(by_class := about.get("km_by_class"), dict):
        console.print(_class_table(by_class, about, say))
    if isinstance(by_source := about.get("km_by_speed_source"), dict):
        console.print(_source_table(by_source, say))
    console.print(_profile_table(network, say))
    if "car_ferries" in about:
        _print_ferries(console, about, say)


def built_lines(network: RoadNetwork, path: Path, *, lang: str = "nl") -> list[str]:
    """Say what was built, and every thing that a user should know about it.

    Parameters
    ----------
    network
        From `impact.roads.osm.build.build_network`.
    path
        Where it was written.
    lang
        ``nl`` or ``en``.

    Returns
    -------
    list of str
        The first line is the result; those that begin with ``!`` explain what is not there.
    """
    say, about = texts(lang), _plain(network)
    lines = [say("roads.built", path=path, **_size(network, say))]
    dropped = about["dropped"]
    if dropped["parts"]:
        km = say.number(dropped["km"])
        lines.append(say("roads.dropped", km=km, parts=say.number(dropped["parts"])))
    if about["nodes_missing"]:
        lines.append(say("roads.missing", count=say.number(about["nodes_missing"])))
    if _undated(network):
        lines.append(say("roads.no_date"))
    passengers = about["passenger_ferries"]
    if passengers:
        names = [each["name"] or str(each["way"]) for each in passengers]
        shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        lines.append(say("roads.passengers", count=len(names), names=shown))
    return lines


def _lines(network: RoadNetwork, say: Texts) -> list[str]:
    about = _plain(network)
    west, south, east, north = (say.number(each, decimals=3) for each in network.bounds)
    lines = [say("roads.title", name=about.get("name", network.kind))]
    if "extract" in about:
        extract = about["extract"]
        lines.append(
            say(
                "roads.extract",
                file=extract["file"],
                date=say("roads.date_unknown") if _undated(network) else extract["date"],
                generator=extract["generator"],
            )
        )
    if "clip" in about:
        lines.append(say("roads.clip", clip=about["clip"]))
    lines.append(say("roads.bounds", west=west, south=south, east=east, north=north))
    lines.append(say("roads.size", **_size(network, say)))
    if "signals" in about:
        turns = about.get("turn_restrictions", {}).get("honoured", 0)
        counts = {"signals": about["signals"], "barriers": about["barriers"], "turns": turns}
        lines.append(say("roads.things", **{k: say.number(v) for k, v in counts.items()}))
        lines.append(say("roads.destination", km=say.number(about["destination_km"])))
        if by_clock := about.get("conditional_access_km"):
            lines.append(say("roads.conditional", km=_km(by_clock, say)))
        dropped = about["dropped"]
        parts, km = say.number(dropped["parts"]), say.number(dropped["km"])
        lines.append(say("roads.component", km=km, parts=parts))
    if network.join.kind == "edge":
        lines.append(say("roads.join", km=f"{network.join.limit_km:g}"))
    return lines


def _plain(network: RoadNetwork) -> dict[str, Any]:
    return dict(network.about)


def _undated(network: RoadNetwork) -> bool:
    return str(_plain(network)["extract"]["date"]).startswith("not")


def _km(km: float, say: Texts) -> str:
    return "< 1" if 0.0 < km < 1.0 else say.number(km)


def _size(network: RoadNetwork, say: Texts) -> dict[str, str]:
    by_class = network.about.get("km_by_class")
    km = float(network.km.sum()) / 2.0
    if isinstance(by_class, dict):
        # one-way roads count once; what was dropped is no part of the network
        km = sum(by_class.values()) - _plain(network)["dropped"]["km"]
    return {
        "junctions": say.number(len(network.node)),
        "edges": say.number(len(network.tail)),
        "km": say.number(km),
    }


def _class_table(by_class: Mapping[str, float], about: Mapping[str, Any], say: Texts) -> Table:
    table = Table()
    table.add_column(say("roads.class_title"))
    for heading in ("roads.class_km", "roads.class_urban"):
        table.add_column(say(heading), justify="right")
    urban = about.get("urban_km_by_class", {})
    for name in by_standing(by_class):
        km = by_class[name]
        share = urban.get(name, 0.0) / km * 100.0 if km else 0.0
        table.add_row(name, _km(km, say), f"{say.number(share)} %")
    return table


def _source_table(by_source: Mapping[str, float], say: Texts) -> Table:
    table = Table()
    table.add_column(say("roads.source_title"))
    for heading in ("roads.class_km", "roads.share"):
        table.add_column(say(heading), justify="right")
    total = sum(by_source.values())
    for name in sorted(by_source, key=lambda each: -by_source[each]):
        km = by_source[name]
        share = km / total * 100.0 if total else 0.0
        label = say("roads.source_" + name.replace(" ", "_"))
        table.add_row(label, _km(km, say), f"{say.number(share)} %")
    return table


def _profile_table(network: RoadNetwork, say: Texts) -> Table:
    table = Table()
    table.add_column(say("roads.profile_title"))
    table.add_column(say("roads.profile_speed"), justify="right")
    table.add_column(say("roads.profile_status"))
    minutes = dict(network.profile_minutes) or {network.profile.name: network.minutes}
    profiles = dict(network.profiles) or {network.profile.name: network.profile}
    for name, each in minutes.items():
        kmh = float(network.km.sum()) / float(each.sum()) * _MINUTES_PER_HOUR
        status = known_text(say, "report.profile_status", profiles[name].status)
        table.add_row(name, say.number(kmh), status)
    return table


def _print_ferries(console: Console, about: Mapping[str, Any], say: Texts) -> None:
    if not about["car_ferries"]:
        console.print(say("roads.ferry_none"), markup=False)
    else:
        table = Table()
        table.add_column(say("roads.ferry_title"))
        for heading in ("roads.class_km", "roads.ferry_crossing", "roads.ferry_wait"):
            table.add_column(say(heading), justify="right")
        table.add_column(say("roads.ferry_timed"))
        for each in about["car_ferries"]:
            table.add_row(
                each["name"] or str(each["way"]),
                say.number(each["km"], decimals=1),
                say.number(each["crossing_minutes"]),
                say.number(each["wait_minutes"]),
                say(f"roads.ferry_{each['timed']}"),
            )
        console.print(table)
    passengers = about["passenger_ferries"]
    if passengers:
        names = ", ".join(each["name"] or str(each["way"]) for each in passengers)
        line = say("roads.passengers", count=len(passengers), names=names)
        console.print(line, markup=False, highlight=False)
