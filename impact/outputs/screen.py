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
    table = Table(
        title=escape(
            say("cli.summary_title", title=result.study.title, one_way=say("common.one_way"))
        )
    )
    table.add_column(say("cli.column_intervention"))
    table.add_column(say("cli.column_scenario"))
    for key in ("moved", "extra_moved", "extra_all"):
        title = say(f"cli.column_{key}", unit=say.unit(result.unit))
        table.add_column(title, justify="right")
    for case in result.cases:
        figures = case.figures
        table.add_row(
            escape(case.intervention.name),
            escape(_case_name(case, say)),
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
    table = Table(title=escape(title))
    for key in ("intervention", "scenario", "now", "then"):
        table.add_column(say(f"cli.column_{key}"))
    table.add_column(say("cli.column_extra"), justify="right")
    for case in result.cases:
        table.add_row(*map(escape, _postcode_row(case, postcode, say)))
    console.print(table)
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


def _postcode_row(case: Case, postcode: str, say: Texts) -> tuple[str, ...]:
    rows = case.flows[case.flows["postcode"] == postcode]
    share = rows["demand"].to_numpy(np.float64)
    share = share if share.sum() > 0.0 else np.ones(len(rows))
    after = float(np.average(rows["minutes_after"], weights=share))
    before = float(rows["minutes_before"].iloc[0])
    now = _cell(before, str(rows["provider_before"].iloc[0]), say)
    then = _cell(after, ", ".join(rows["provider_after"]), say)
    if len(rows) > 1:
        then += say("cli.lookup_split")
    same = rows["provider_before"].iloc[0] == rows["provider_after"].iloc[0] and len(rows) == 1
    extra = say("cli.lookup_not_moved") if same else say.number(after - before)
    return case.intervention.name, _case_name(case, say), now, then, extra


def _cell(minutes: float, provider: str, say: Texts) -> str:
    if not np.isfinite(minutes):
        return say("common.no_route")
    return say("cli.lookup_cell", minutes=say.number(minutes), provider=provider)
