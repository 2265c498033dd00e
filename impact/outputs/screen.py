"""What a command prints: the short answer, with where the long one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.markup import escape
from rich.table import Table

from impact.errors import MissingDataError, nearest_names
from impact.outputs.texts import texts

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from impact.concentration.result import Case, Result
    from impact.outputs.texts import Texts


def print_summary(console: Console, result: Result, folder: Path, *, lang: str) -> None:
    """Print the table of a run and where its files are.

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
    title = say("cli.summary_title", title=result.study.title, one_way=say("common.one_way"))
    console.print(title, style="bold", markup=False)
    console.print(say("cli.summary_unit", unit=say.unit(result.unit)), markup=False)
    table = Table()
    table.add_column(say("cli.column_intervention"), overflow="fold", ratio=1)
    for key in ("moved", "extra_moved", "extra_all"):
        table.add_column(say(f"cli.column_{key}"), justify="right", width=11)
    for case in result.cases:
        figures = case.figures
        table.add_row(
            f"[bold]{escape(case.intervention.name)}[/bold]\n{escape(_case_name(case, say))}",
            say.number(figures["moved"]),
            say.number(figures["mean_extra_moved"]),
            say.number(figures["mean_extra_all"]),
        )
    console.print(table)
    first = result.ranges.iloc[0]
    if np.isfinite(first["low"]):
        range_ = say(
            "cli.range",
            low=say.number(first["low"]),
            high=say.number(first["high"]),
            low_from=first["low_from"],
            high_from=first["high_from"],
        )
        console.print(range_, markup=False)
    if result.manifest["roads"].get("kind") == "screening":
        console.print(say("common.screening_warning"), markup=False)
    if result.manifest["notes"]:
        console.print(say("cli.notes", count=len(result.manifest["notes"])), markup=False)
    for key, path in (
        ("map", folder / "map.html"),
        ("report", folder / "report.html"),
        ("folder", folder),
    ):
        line = say(f"cli.{key}_is_here", path=path.resolve())
        console.print(line, markup=False, soft_wrap=True)


def print_postcode(console: Console, result: Result, postcode: str, *, lang: str) -> None:
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

    Raises
    ------
    MissingDataError
        When the study has no such postcode.
    """
    say = texts(lang)
    if postcode not in result.postcodes.index:
        near = ", ".join(nearest_names(postcode, map(str, result.postcodes.index)))
        msg = f"postcode {postcode!r} is not in the region {result.study.region!r}; near: {near}"
        raise MissingDataError(msg)
    here = result.postcodes.loc[postcode]
    title = say(
        "cli.lookup_title",
        postcode=postcode,
        place=here["place"],
        municipality=here["municipality"],
        region=result.study.region,
    )
    console.print(title, style="bold", markup=False)
    same = []
    for case in result.cases:
        line = _postcode_line(case, postcode, say)
        if line is None:
            same.append(f"{case.intervention.name} ({_case_name(case, say)})")
            continue
        console.print(f"\n{case.intervention.name}", style="bold", markup=False)
        console.print(f"  {_case_name(case, say)}", markup=False)
        console.print(f"  {line}", markup=False)
    if same:
        console.print("\n" + say("cli.lookup_same"), markup=False)
        for name in same:
            console.print(f"  {name}", markup=False)
    console.print("")
    profile = say(f"common.profile_{result.manifest['parameters']['profile'].replace(' ', '_')}")
    definition = say("cli.lookup_definition", one_way=say("common.one_way"), profile=profile)
    console.print(definition, markup=False)
    if here["ferry"]:
        key = "no_visitor_cars" if here["ferry"] == "no visitor cars" else "car_ferry"
        console.print(say(f"common.{key}"), markup=False)
    if result.manifest["roads"].get("kind") == "screening":
        console.print(say("common.screening_warning"), markup=False)


def _case_name(case: Case, say: Texts) -> str:
    name = say.scenario(case.scenario)
    if case.kind == "scenario" and (case.recipients == "named" or not case.principal):
        return say(f"cli.recipients_{case.recipients}", name=name)
    return name


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
    takers = " / ".join(name or say("common.no_route") for name in rows["provider_after"])
    if not np.isfinite(after):
        return say("cli.lookup_lost", before=say.number(before), provider=provider)
    return say(
        "cli.lookup_longer" if after >= before else "cli.lookup_shorter",
        before=say.number(before),
        provider=provider,
        after=say.number(after),
        takers=takers,
        extra=say.number(abs(after - before)),
    )
