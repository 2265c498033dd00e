"""What commands print: the short answer, with where the long one is."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.analysis.ranges import EVERY
from impact.outputs.text import texts
from impact.outputs.text.card import CardFigures, card_words, unknown_text
from impact.outputs.text.displayed import displayed_sentences
from impact.outputs.text.overview import extra_beyond, extra_text
from impact.outputs.text.people import (
    above_bound,
    amount_text,
    counted_or_bound,
    ends_text,
    hidden_text,
    residents_text,
)
from impact.outputs.text.transit import transit_sentences
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import (
    FACTS,
    known_text,
    note_text,
    outside_caveat,
    roads_text,
    span_text,
    status_badge,
    tenth_text,
    unconfirmed_text,
)
from impact.study.model import MODELLED
from impact.study.register import provider_rows
from impact.tables.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console
    from rich.table import Table

    from impact.analysis.optimise import StudyOptimum
    from impact.analysis.result import Result
    from impact.analysis.sweep import StudySweep
    from impact.model.case import Case
    from impact.network.network import RoadNetwork
    from impact.outputs.text import Texts


def print_sweep(console: Console, sweep: StudySweep, folder: Path, *, lang: str) -> None:
    """Print the short answer of a sweep and where its files are."""
    from impact.outputs.pages.choices import published_range
    from impact.outputs.text.choices import swept_lines

    t = texts(lang)
    kind = str(sweep.inputs.times.manifest["roads"]["kind"])
    title = t("choices.screen_title", title=sweep.study.title, one_way=t.one_way(kind))
    console.print(title, style="bold", markup=False)
    for each in sweep.swept:
        console.print(f"\n{visible(each.intervention.name)}", style="bold", markup=False)
        for line in swept_lines(each, t):
            console.print(f"  {line}", markup=False)
    known = published_range(sweep.study)
    console.print("")
    providers = provider_rows(sweep.study, sweep.inputs.register)
    console.print(unconfirmed_text(t, providers), markup=False)
    if known is not None:
        console.print(t("choices.screen_published", **known), markup=False)
    for key, path in (("page", folder / "choices.html"), ("tables", folder)):
        line = t(f"choices.screen_{key}", path=path.resolve())
        console.print(line, markup=False, soft_wrap=True)


def print_optimum(console: Console, result: StudyOptimum, folder: Path, *, lang: str) -> None:
    """Print the optimum and where its files are."""
    from impact.outputs.text.choices import found_lines, kept_sentence, lock_lines, said_unit

    t = texts(lang)
    manifest = result.inputs.times.manifest
    one_way = t.one_way(str(manifest["roads"]["kind"]))
    title = t("choices.screen_least", title=result.study.title, one_way=one_way)
    console.print(title, style="bold", markup=False)
    for each in result.found:
        console.print(f"\n{visible(each.intervention.name)}", style="bold", markup=False)
        kept = kept_sentence(t, each.kept, dropped=each.rule_dropped)
        unit = said_unit(result.inputs.demand, each.intervention.name)
        for line in (*found_lines(each, unit, t), *kept, *lock_lines(each, t)):
            console.print(f"  {line}", markup=False, highlight=False)
    console.print("")
    if roads := roads_text(t, manifest["roads"]):
        console.print(roads, markup=False)
    providers = provider_rows(result.study, result.inputs.register)
    console.print(unconfirmed_text(t, providers), markup=False)
    console.print(t("choices.advice"), markup=False)
    for key, path in (("page", folder / "choices.html"), ("tables", folder)):
        line = t(f"choices.screen_{key}", path=path.resolve())
        console.print(line, markup=False, soft_wrap=True)


_SHOWN = 5
_MINUTES_PER_HOUR = 60.0


def print_info(console: Console, network: RoadNetwork, *, lang: str = "nl") -> None:
    """Print area, date, kilometres per class, speed sources, parts and ferries."""
    say, about = texts(lang), network.about
    for line in _network_lines(network, say):
        console.print(line, markup=False, highlight=False)
    if isinstance(by_class := about.get("km_by_class"), dict):
        console.print(_class_table(by_class, about, say))
    if isinstance(by_source := about.get("km_by_speed_source"), dict):
        console.print(_source_table(by_source, say))
    console.print(_profile_table(network, say))
    if "car_ferries" in about:
        _print_ferries(console, about, say)


def built_lines(network: RoadNetwork, path: Path, *, lang: str = "nl") -> list[str]:
    """Say what was built, and every thing that a user should know about it."""
    say, about = texts(lang), _plain(network)
    lines = [say("roads.built", path=path, **_size(network, say))]
    dropped = about["dropped"]
    if dropped["parts"]:
        km = say.number(dropped["km"])
        lines.append(say("roads.dropped", km=km, parts=say.number(dropped["parts"])))
    if separate := about.get("separate"):
        km = say.number(sum(each["km"] for each in separate))
        lines.append(say("roads.separate", km=km, parts=say.number(len(separate))))
    if any((left_out := about["extract"].get("left_out", {})).values()):
        lines.append(say("roads.left_out", **{k: say.number(v) for k, v in left_out.items()}))
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


def _network_lines(network: RoadNetwork, say: Texts) -> list[str]:
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
    from rich.table import Table

    from impact.outputs.pictures.network_chart import by_standing

    table = Table()
    table.add_column(say("roads.class_title"))
    for heading in ("roads.class_km", "roads.class_urban"):
        table.add_column(say(heading), justify="right")
    urban = about.get("urban_km_by_class", {})
    for name in by_standing(by_class):
        km = by_class[name]
        share = urban.get(name, 0.0) / km * 100.0 if km else 0.0
        table.add_row(name, _km(km, say), f"{say.number(share)} %")
    if (lost := about["dropped"]["km"]) > 0.0:
        # the classes are those of the extract; the network is what hangs together
        kept = sum(by_class.values()) - lost
        table.add_row(say("roads.class_dropped"), f"- {_km(lost, say)}", "")
        table.add_row(say("roads.class_total"), say.number(kept), "")
    return table


def _source_table(by_source: Mapping[str, float], say: Texts) -> Table:
    from rich.table import Table

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
    from rich.table import Table

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
    from rich.table import Table

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


def print_summary(console: Console, result: Result, folder: Path, *, lang: str) -> None:
    """Print the figures of a run and where its files are."""
    say = texts(lang)
    one_way = say.one_way(str(result.manifest["roads"]["kind"]))
    title = say("cli.summary_title", title=result.study.title, one_way=one_way)
    console.print(title, style="bold", markup=False)
    name = ""
    margins: Sequence[tuple[float, float] | None] = (None,) * len(result.cases)
    if result.sensitivity is not None:
        from impact.outputs.pictures.charts import margin_text

        margins = result.sensitivity.margins
    everybody = result.summary[result.summary["group"] == "all"].to_dict("records")
    for case, row, margin in zip(result.cases, everybody, margins, strict=True):
        if case.intervention.name != name:
            name = case.intervention.name
            console.print(f"\n{visible(name)}", style="bold", markup=False)
        ridden = transit_sentences(say, result, case)
        lines = (case_name(case, say), *_figures(result, case, row, say), *ridden)
        if margin is not None and np.isfinite(margin[0]):
            said = margin_text(say, case.figures["mean_extra_moved"], *margin)
            lines = (*lines, say("cli.margin", margin=said))
        _print(console, (f"  {line}" for line in lines))
    first = result.ranges[result.ranges["definition"] == EVERY].iloc[0]
    console.print("")
    # of one treatment the figure stands above
    if np.isfinite(first["low"]) and first["low_from"] != first["high_from"]:
        span = span_text(say, float(first["low"]), float(first["high"]), unit=True)
        _print(console, [say("cli.range", span=span)])
    _print(console, _warnings(result, result.manifest["notes"], say))
    for key, path in (
        ("index", folder / "index.html"),
        ("explorer", folder / "explorer.html"),
        ("report", folder / "report.html"),
        ("a4", folder / "a4.html"),
        ("map", folder / "extra" / "map.html"),
        ("folder", folder),
    ):
        if not path.exists():
            continue
        line = say(f"cli.{key}_is_here", path=path.resolve())
        console.print(line, markup=False, soft_wrap=True)


def print_place(
    console: Console, result: Result, place: str, postcodes: Sequence[str], *, lang: str
) -> None:
    """Print what a study means for a place, postcodes alike together: never a mean of them."""
    say = texts(lang)
    count = say.number(len(postcodes))
    console.print(say("cli.lookup_several", place=place, count=count), style="bold", markup=False)
    alike: dict[tuple[str, ...], list[str]] = {}
    for postcode in postcodes:
        said = tuple(
            f"  {case.intervention.name}: {headline}. {case_name(case, say)}"
            for case in result.cases
            if case.principal and (headline := _headline(case, postcode, say))
        )
        alike.setdefault(said, []).append(postcode)
    for said, codes in alike.items():
        everywhere = 1 < len(codes) == len(postcodes)
        title = say("cli.lookup_all", count=count) if everywhere else _postcodes_text(result, codes)
        console.print(f"\n{visible(title)}", style="bold", markup=False)
        _print(console, said or [f"  {say('card.nothing')}"])
    console.print("")
    _print(console, [say("cli.lookup_one", postcode=postcodes[0]), say("common.not_patients")])
    _print(console, [*displayed_sentences(result.study, result.cases, say)])


def _postcodes_text(result: Result, postcodes: Sequence[str]) -> str:
    """Name postcodes, those of one place together."""
    places: dict[str, list[str]] = {}
    for postcode in postcodes:
        places.setdefault(str(result.postcodes.loc[postcode, "place"]), []).append(postcode)
    return "; ".join(f"{', '.join(codes)} {place}".strip() for place, codes in places.items())


def _headline(case: Case, postcode: str, say: Texts) -> str:
    """Say minutes now and then, as the card does; empty where nothing changes."""
    rows = case.flows[case.flows["postcode"] == postcode]
    before, after = (
        tuple(dict.fromkeys(str(name) for name in rows[f"provider_{key}"] if name))
        for key in ("before", "after")
    )
    if before == after:
        return ""
    weights = rows["demand"] if rows["demand"].sum() > 0.0 else None
    now, then = (
        float(np.average(rows[f"minutes_{key}"], weights=weights)) for key in ("before", "after")
    )
    return card_words(say, CardFigures(before, after, now, then)).headline


def print_postcode(
    console: Console,
    result: Result,
    postcode: str,
    *,
    lang: str,
    changes: Mapping[int, Sequence[str]],
) -> None:
    """Print what a study means for one postcode: the lines of the cases that change it."""
    say = texts(lang)
    here = result.postcodes.loc[postcode]
    where = " ".join(
        each
        for each in (postcode, here["place"], f"({here['municipality']})")
        if each not in {"", "()"}
    )
    title = say("cli.lookup_title", where=where, region=result.study.region)
    console.print(title, style="bold", markup=False)
    same = []
    # the second reading of a scenario follows the first
    repeated = {
        number
        for number, (first, second) in enumerate(pairwise(result.cases), 1)
        if _alike(first, second, postcode)
    }
    for number, case in enumerate(result.cases):
        if number in repeated:
            continue
        if number not in changes:
            same.append(f"  {case.intervention.name}: {case_name(case, say)}")
            continue
        name = case_name(case, say, both=number + 1 in repeated)
        console.print(f"\n{visible(case.intervention.name)}", style="bold", markup=False)
        stops = say(_stops_key(case), names=", ".join(case.stops))
        plain = plain_treatment(say, case.intervention.name)
        lines = [plain, name, stops, *changes[number], outside_caveat(say, case)]
        _print(console, (f"  {each}" for each in lines if each))
    if same:
        console.print("\n" + say("cli.lookup_same"), markup=False)
        _print(console, same)
    console.print("")
    profile = say(f"common.profile_{result.manifest['parameters']['profile'].replace(' ', '_')}")
    one_way = say.one_way(str(result.manifest["roads"]["kind"]))
    _print(console, [say("cli.lookup_definition", one_way=one_way, profile=profile)])
    _print(console, [unknown_text(say, result)])
    # a postcode is in no group
    notes = [note for note in result.manifest["notes"] if not note["key"].startswith("groups_")]
    _print(console, _warnings(result, notes, say))


def _print(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(visible(line), markup=False, highlight=False)


def _warnings(result: Result, notes: Sequence[Mapping[str, Any]], say: Texts) -> list[str]:
    """List what a reader must know before believing a figure."""
    lines = [say("common.not_patients")]
    if shown := displayed_sentences(result.study, result.cases, say):
        lines.append(" ".join(shown))
    if roads := roads_text(say, result.manifest["roads"]):
        lines.append(roads)
    lines.append(unconfirmed_text(say, result.providers))
    return [*lines, *(f"- {note_text(say, note)}" for note in notes)]


def _figures(result: Result, case: Case, row: Mapping[Any, Any], say: Texts) -> list[str]:
    """Say who is moved, the bound beside them, and the means with the number behind each."""
    figures, bound = case.figures, float(row["moved_bound"])
    kind, unit = (each(case.intervention.name) for each in (result.kind_of, result.said_unit))
    ends = {} if kind == MODELLED else ends_text(say, row["moved_low"], row["moved_high"])
    people = counted_or_bound(say, figures["moved"], bound, kind=kind, unit=say.unit(unit))
    moved = say("cli.moved", people=people)
    if ends:
        moved += f" ({say('hidden.beside', **ends)})"
    if np.isfinite(bound) and not above_bound(row):
        moved += say("cli.bound", bound=say.number(bound))
    if residents := residents_text(say, row):
        moved += f"; {residents}"
    lines = [moved]
    if np.isfinite(figures["mean_extra_moved"]):
        mean = extra_text(say, figures["mean_extra_moved"])
        if hidden := hidden_text(say, row):
            mean = f"{mean} ({hidden})"
        means = say(
            "cli.means",
            mean=mean,
            tenth=tenth_text(say, figures["p90_extra"]),
            everyone=say.number(figures["mean_extra_all"]),
            demand=amount_text(say, figures["demand"], kind),
        )
        lines.append(means)
        thirty, fortyfive = (amount_text(say, count, kind) for count in extra_beyond(case))
        counts = {"thirty": thirty, "fortyfive": fortyfive, "unit": say.unit(unit)}
        lines.append(say("cli.more_extra", **counts))
    if figures["unreachable"] > 0.0:
        lost = amount_text(say, figures["unreachable"], kind)
        lines.append(say("cli.lost", lost=lost, unit=say.unit(unit)))
    lines += filter(None, [outside_caveat(say, case)])
    return lines


def case_name(case: Case, say: Texts, *, both: bool = False) -> str:
    """Name a case, and say how much of a decision it is."""
    remarks = [status_badge(say, case)]
    if case.recipients == "named" or not case.principal:
        remarks.append(say(f"cli.recipients_{'both' if both else case.recipients}"))
    return f"{visible(say.scenario(case.scenario))} ({', '.join(remarks)})"


def _stops_key(case: Case) -> str:
    """Key of the line that says who stops: as a fact, or as a supposition."""
    return "cli.stops" if case.status in FACTS else "cli.stops_if"


def _alike(first: Case, second: Case, postcode: str) -> bool:
    """Whether the readings of one scenario, agreed and nearest, mean the same for a postcode."""
    if second.principal:
        return False
    here = [case.flows[case.flows["postcode"] == postcode] for case in (first, second)]
    agreed, nearest = (rows.reset_index(drop=True) for rows in here)
    return bool(agreed.equals(nearest))
