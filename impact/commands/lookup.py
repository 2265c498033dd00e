"""`impact lookup`: what a study means for one postcode."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from impact.bundled import data_path, study_paths
from impact.commands.options import Lang, Profile, asked_for, shortest_paths
from impact.concentration.run import run_study
from impact.errors import Fault, InputError, MissingDataError, nearest_names
from impact.outputs.screen import print_postcode
from impact.outputs.texts import texts
from impact.places import read_postcodes
from impact.study_file import read_study, study_file

if TYPE_CHECKING:
    from impact.study import Study


def lookup(
    postcode: Annotated[str, typer.Argument(help="Such as 7811 or '7811 AB'.")],
    study: Annotated[
        str | None, typer.Argument(help="A study; default: the shipped one of its region.")
    ] = None,
    *,
    profile: Profile = None,
    lang: Lang = "nl",
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, only the answer.")] = False,
) -> None:
    """Show what a study means for one postcode, before and after.

    Example: impact lookup 9201
    """
    say = texts(lang)
    code = re.sub(r"\s+", "", postcode).upper()
    console = Console()
    if study is None:
        known = read_postcodes()
        short = code[:4]
        if short not in known.index:
            expected = "a Dutch postcode with residents"
            near = nearest_names(short, map(str, known.index))
            raise InputError(Fault("lookup", "", "postcode", postcode, expected, near))
        asked = _study_of_region(str(known.loc[short, "region"]))
    else:
        asked = read_study(study_file(study))
    with shortest_paths(quiet=quiet) as step:
        result = run_study(asked_for(asked, profile=profile), progress=step)
    if code not in result.postcodes.index and code[:4] in result.postcodes.index:
        code = code[:4]
        console.print(say("cli.lookup_pc4", postcode=code), markup=False)
    print_postcode(console, result, code, lang=lang)


def _study_of_region(region: str) -> Study:
    for path in study_paths().values():
        study = read_study(path)
        if study.region == region:
            return study
    msg = f"no shipped study has the region {region!r}; they are in {data_path('studies')}"
    raise MissingDataError(msg)
