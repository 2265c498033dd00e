"""`impact lookup`: what a study means for one postcode."""

from __future__ import annotations

import re
from pathlib import Path  # noqa: TC003 (typer reads the annotation)
from typing import TYPE_CHECKING, Annotated

import typer

from impact.bundled import data_path, region_studies, study_paths
from impact.commands.options import Lang, Profile, asked_for, shortest_paths
from impact.errors import Fault, InputError, MissingDataError, nearest_names
from impact.network.random_speeds import POSTCODE_TABLES
from impact.study.model import BUNDLED
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from impact.study.model import Study

_LETTERS = re.compile("[A-Za-z]{2}")
_DIGITS = re.compile("[0-9]{4}")


def lookup(
    postcode: Annotated[str, typer.Argument(help="Such as 7811 or '7811 AB'.")],
    study: Annotated[
        str | None, typer.Argument(help="A study; default: the shipped one of its region.")
    ] = None,
    *,
    profile: Profile = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write the card as a page to print.")
    ] = None,
    members: Annotated[
        int, typer.Option("--draws", min=0, help="Random speed tables for the margin.")
    ] = POSTCODE_TABLES,
    lang: Lang = "nl",
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, only the answer.")] = False,
) -> None:
    """Show what a study means for one postcode, before and after.

    Example: impact lookup 9201
    """
    from rich.console import Console

    from impact.analysis.run import run_study
    from impact.evidence.postcode import postcode_trips
    from impact.model.inputs import load_inputs
    from impact.outputs.pages.postcode_card import trip_figures, trip_lines, write_card
    from impact.outputs.screen import check_postcode, print_postcode
    from impact.outputs.text import texts
    from impact.storage import check_files, replacing
    from impact.study.read import read_study, study_file
    from impact.tables.places import read_postcodes

    say = texts(lang)
    if study is not None and _LETTERS.fullmatch(study) and _DIGITS.fullmatch(postcode):
        # 'impact lookup 9712 CP': the letters belong to the postcode
        postcode, study = postcode + study, None
    check_files((html,), () if study is None else (study_file(study),))
    code = re.sub(r"\s+", "", postcode).upper()
    console = Console()
    if study is None:
        known = read_postcodes()
        short = code[:4]
        if short not in known.index:
            expected = "a Dutch postcode with residents"
            near = _nearest(short, list(map(str, known.index)))
            raise InputError(Fault("lookup", "", "postcode", postcode, expected, near))
        asked = _study_of_region(str(known.loc[short, "region"]))
    else:
        asked = read_study(study)
    asked = asked_for(asked, profile=profile)
    with shortest_paths(quiet=quiet) as step:
        inputs = load_inputs(asked, engine=DEFAULT_ENGINE, progress=step)
        result = run_study(asked, inputs=inputs, tables=False)
    if code not in result.postcodes.index and code[:4] in result.postcodes.index:
        code = code[:4]
        console.print(say("cli.lookup_pc4", postcode=code), markup=False)
    check_postcode(result, code)
    trips = postcode_trips(result, code, members=members, network=inputs.data.network)
    published = _published(result.study)
    changes = {
        result.cases.index(each.case): trip_lines(
            say, trip_figures(result, code, each), each, published
        )
        for each in trips
    }
    print_postcode(console, result, code, lang=lang, changes=changes)
    if html is not None:
        with replacing(html) as temporary:
            write_card(result, code, trips, temporary, published=published, lang=lang)
        console.print(say("card.written", path=html), markup=False, soft_wrap=True)


def _nearest(code: str, known: list[str]) -> tuple[str, ...]:
    """Return known postcodes with the nearest numbers; by spelling where there is no number."""
    if not _DIGITS.fullmatch(code):
        return nearest_names(code, known)
    return tuple(sorted(known, key=lambda each: (abs(int(each) - int(code)), each))[:3])


def _published(study: Study) -> tuple[float, float] | None:
    """Return the range published for the region, where the study counts its own residents."""
    from impact.evidence.published.table import published_ranges

    found = published_ranges().get(study.region)
    return None if found is None or study.postcodes != BUNDLED else (found.low, found.high)


def _study_of_region(region: str) -> Study:
    from impact.study.read import read_study

    name = region_studies().get(region)
    if name is not None:
        return read_study(study_paths()[name])
    msg = f"no shipped study has the region {region!r}; they are in {data_path('studies')}"
    raise MissingDataError(msg)
