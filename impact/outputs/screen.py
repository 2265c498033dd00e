"""What a command prints: the short answer, with where the long one is."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from impact.errors import MissingDataError, nearest_names
from impact.outputs.map_words import extra_text
from impact.outputs.notes import note_text
from impact.outputs.texts import texts
from impact.outputs.tornado import margin_text
from impact.register import performing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from impact.concentration.result import Case, Result
    from impact.outputs.texts import Texts

_STATUSES = ("decided", "example", "proposed", "agreed", "done")


def print_summary(console: Console, result: Result, folder: Path, *, lang: str) -> None:
    """Print the figures of a run and where its files are.

    Parameters
    ----------
    console
        Where to.
    result
        Of the run.
    folder
        That it was written to.
    lang
        ``nl`` or ``en``.
    """
    say = texts(lang)
    one_way = say.one_way(str(result.manifest["roads"]["kind"]))
    title = say("cli.summary_title", title=result.study.title, one_way=one_way)
    console.print(title, style="bold", markup=False)
    everybody = result.summary[result.summary["group"] == "all"]
    name = ""
    margins = result.sensitivity.margins if result.sensitivity else (None,) * len(result.cases)
    for case, bound, margin in zip(result.cases, everybody["moved_bound"], margins, strict=True):
        if case.intervention.name != name:
            name = case.intervention.name
            console.print(f"\n{name}", style="bold", markup=False)
        lines = (case_name(case, say), *_figures(case, float(bound), result.unit_of(name), say))
        if margin is not None and np.isfinite(case.figures["mean_extra_moved"]):
            said = margin_text(say, case.figures["mean_extra_moved"], *margin)
            lines = (*lines, say("cli.margin", margin=said))
        _print(console, (f"  {line}" for line in lines))
    first = result.ranges.iloc[0]
    console.print("")
    # of one treatment the figure stands above
    if np.isfinite(first["low"]) and first["low_from"] != first["high_from"]:
        low, high = (say.number(first[end]) for end in ("low", "high"))
        _print(console, [say("cli.range", low=low, high=high)])
    _print(console, _warnings(result, say))
    for key, path in (
        ("map", folder / "map.html"),
        ("explorer", folder / "explorer.html"),
        ("report", folder / "report.html"),
        ("a4", folder / "a4.html"),
        ("folder", folder),
    ):
        line = say(f"cli.{key}_is_here", path=path.resolve())
        console.print(line, markup=False, soft_wrap=True)


def check_postcode(result: Result, postcode: str) -> None:
    """Refuse a postcode that is none of the residents' of a study.

    Parameters
    ----------
    result
        Of the study.
    postcode
        As asked.

    Raises
    ------
    MissingDataError
        With the nearest known ones.
    """
    if postcode not in result.postcodes.index:
        near = ", ".join(nearest_names(postcode, map(str, result.postcodes.index)))
        msg = f"postcode {postcode!r} is not in the region {result.study.region!r}; near: {near}"
        raise MissingDataError(msg)


def print_postcode(
    console: Console,
    result: Result,
    postcode: str,
    *,
    lang: str,
    more: Mapping[int, Sequence[str]] | None = None,
) -> None:
    """Print what a study means for one postcode.

    Parameters
    ----------
    console
        Where to.
    result
        Of the study.
    postcode
        One of its residents' postcodes.
    lang
        ``nl`` or ``en``.
    more
        Place of a case in the run -> what else to say of it.

    Raises
    ------
    MissingDataError
        When the study has no such postcode.
    """
    say = texts(lang)
    check_postcode(result, postcode)
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
        line = _postcode_line(case, postcode, say)
        if line is None:
            same.append(f"  {case.intervention.name}: {case_name(case, say)}")
            continue
        name = case_name(case, say, both=number + 1 in repeated)
        console.print(f"\n{case.intervention.name}", style="bold", markup=False)
        lines = [name, say("cli.stops", names=", ".join(case.stops)), line]
        lines += (more or {}).get(number, ())
        if case.outside_incomplete:
            lines.append(say("common.caveat_outside"))
        _print(console, (f"  {each}" for each in lines))
    if same:
        console.print("\n" + say("cli.lookup_same"), markup=False)
        _print(console, same)
    console.print("")
    profile = say(f"common.profile_{result.manifest['parameters']['profile'].replace(' ', '_')}")
    one_way = say.one_way(str(result.manifest["roads"]["kind"]))
    _print(console, [say("cli.lookup_definition", one_way=one_way, profile=profile)])
    if more is not None:
        _print(console, [say("card.unknown")])
    if here["ferry"]:
        key = "no_visitor_cars" if here["ferry"] == "no visitor cars" else "car_ferry"
        _print(console, [say(f"common.{key}")])
    _print(console, _warnings(result, say))


def _print(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False)


def _warnings(result: Result, say: Texts) -> list[str]:
    """List what a reader must know before believing a figure."""
    lines = []
    if result.manifest["roads"].get("kind") == "screening":
        lines.append(say("common.screening_warning"))
    listed = performing(result.providers)
    doubtful = int((listed["status"] != "sourced").sum())
    if doubtful:
        lines.append(say("cli.providers", count=doubtful, total=len(listed)))
    return [*lines, *(f"- {note_text(say, note)}" for note in result.manifest["notes"])]


def _figures(case: Case, bound: float, unit: str, say: Texts) -> list[str]:
    """Say who is moved, the bound beside them, and the means with the number behind each."""
    figures = case.figures
    moved = say("cli.moved", moved=say.number(figures["moved"]), unit=say.unit(unit))
    if np.isfinite(bound):
        moved += say("cli.bound", bound=say.number(bound))
    lines = [moved]
    if np.isfinite(figures["mean_extra_moved"]):
        means = say(
            "cli.means",
            mean=extra_text(say, figures["mean_extra_moved"]),
            tenth=say.number(figures["p90_extra"]),
            everyone=say.number(figures["mean_extra_all"]),
            demand=say.number(figures["demand"]),
        )
        lines.append(means)
    if figures["unreachable"] > 0.0:
        lost = say.number(figures["unreachable"])
        lines.append(say("cli.lost", lost=lost, unit=say.unit(unit)))
    if case.outside_incomplete:
        lines.append(say("common.caveat_outside"))
    return lines


def case_name(case: Case, say: Texts, *, both: bool = False) -> str:
    """Name a case, and say how much of a decision it is.

    Parameters
    ----------
    case
        Of a run.
    say
        Catalogue.
    both
        Whether the agreed recipient is the nearest as well.

    Returns
    -------
    str
    """
    name = say.scenario(case.scenario)
    if case.kind == "candidate":
        return f"{name} ({say('common.caveat_candidate')})"
    remarks = [say(f"cli.status_{case.status}")] if case.status in _STATUSES else []
    if case.start is not None:
        remarks.append(
            say("cli.start", day=case.start.day, month=case.start.month, year=case.start.year)
        )
    if case.recipients == "named" or not case.principal:
        remarks.append(say(f"cli.recipients_{'both' if both else case.recipients}"))
    return f"{name} ({', '.join(remarks)})" if remarks else name


def _alike(first: Case, second: Case, postcode: str) -> bool:
    """Whether the readings of one scenario, agreed and nearest, mean the same for a postcode."""
    if second.principal:
        return False
    here = [case.flows[case.flows["postcode"] == postcode] for case in (first, second)]
    agreed, nearest = (rows.reset_index(drop=True) for rows in here)
    return bool(agreed.equals(nearest))


def _postcode_line(case: Case, postcode: str, say: Texts) -> str | None:
    """Put in words what a case means for a postcode; `None` where nothing changes."""
    rows = case.flows[case.flows["postcode"] == postcode]
    provider = str(rows["provider_before"].iloc[0])
    if len(rows) == 1 and rows["provider_after"].iloc[0] == provider:
        return None
    share = rows["demand"].to_numpy(np.float64)
    share = share if share.sum() > 0.0 else np.ones(len(rows))
    before = float(rows["minutes_before"].iloc[0])
    after = float(np.average(rows["minutes_after"], weights=share))
    if not np.isfinite(after):
        return say("cli.lookup_lost", before=say.number(before), provider=provider)
    # of the rounded minutes, so that a reader who subtracts finds the same
    extra = round(after) - round(before)
    key = "longer" if extra >= 0 else "shorter"
    how_much = (
        say("cli.minutes", count=abs(extra)) if abs(extra) > 1 else say(f"cli.minutes_{abs(extra)}")
    )
    return say(
        f"cli.lookup_{key}",
        before=round(before),
        provider=provider,
        after=round(after),
        takers=" / ".join(name or say("common.no_route") for name in rows["provider_after"]),
        extra=how_much,
    )
