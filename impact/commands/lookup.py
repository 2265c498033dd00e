"""`impact lookup`: what a study means for one postcode or place."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path  # noqa: TC003 (typer reads the annotation)
from typing import TYPE_CHECKING, Annotated

import typer

from impact.bundled import data_path, region_studies, study_paths
from impact.commands.options import Lang, Profile, Replace, asked_for, shortest_paths
from impact.errors import Fault, InputError, MissingDataError, nearest_names
from impact.messages import said
from impact.network.random_speeds import POSTCODE_TABLES
from impact.study.model import BUNDLED
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from impact.study.model import Study

_LETTERS = re.compile("[A-Za-z]{2}")
_DIGITS = re.compile("[0-9]{4}")
_NUMBER = re.compile(r"\s*[0-9]")
_SIX = re.compile(r"[0-9]{4}\s?[A-Za-z]{2}\b")
_PC4 = 4
"""Characters of the postcodes that are shipped."""


def lookup(
    place: Annotated[
        str, typer.Argument(help="A postcode, or a place: 7811, '7811 AB', Emmen, 'Nes (Ameland)'.")
    ],
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
    force: Replace = False,
) -> None:
    """Show what a study means for one postcode, before and after; of a place, postcode by postcode.

    Example: impact lookup 9201
    """
    from rich.console import Console

    from impact.analysis.run import run_study, study_transit
    from impact.evidence.postcode import postcode_trips
    from impact.model.inputs import load_inputs
    from impact.outputs.pages.postcode_card import trip_figures, trip_lines, write_card
    from impact.outputs.screen import print_place, print_postcode
    from impact.outputs.text import texts
    from impact.storage import check_files, record_files, replacing
    from impact.study.read import read_study, study_file
    from impact.tables.places import read_postcodes

    say = texts(lang)
    if study is not None and (_LETTERS.fullmatch(study) or _DIGITS.fullmatch(study)):
        # 'impact lookup 9712 CP', 'impact lookup Zwolle 8011': both belong to the place
        place, study = f"{place} {study}", None
    read = () if study is None else (study_file(study),)
    check_files((html,), read, command="lookup", force=force)
    console = Console()
    if study is None:
        known = read_postcodes()
        codes = _postcodes(known, place)
        asked = _study_of_region(_one_region(known, place, codes))
    else:
        asked = read_study(study)
    asked = asked_for(asked, profile=profile)
    with shortest_paths(quiet=quiet, lang=lang) as step:
        inputs = load_inputs(asked, engine=DEFAULT_ENGINE, progress=step)
        result = run_study(asked, inputs=inputs, tables=False)
        transit = study_transit(asked, inputs)
        result = replace(result, transit=None if transit is None else transit.value)
    codes = _postcodes(result.postcodes, place, region=result.study.region)
    if len(codes) > 1:
        if html is not None:
            expected = said("one postcode beside it: {names}", names=", ".join(codes))
            raise InputError(Fault("--html", "", "", place, expected))
        print_place(console, result, place, codes, lang=lang)
        return
    (code,) = codes
    if _SIX.search(place) and len(code) == _PC4:
        console.print(say("cli.lookup_pc4", postcode=code), markup=False)
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
        record_files("lookup", html)
        console.print(say("card.written", path=html), markup=False, soft_wrap=True)


def _postcodes(known: pd.DataFrame, place: str, *, region: str = "") -> tuple[str, ...]:
    """Return the postcodes of what was asked; a name of several places is asked about."""
    from impact.tables.place_search import find_places

    found = find_places(known, place)
    if found is not None and found.postcodes:
        return found.postcodes
    if found is not None:
        expected = said("one of the places of this name: {names}", names="; ".join(found.which))
        raise InputError(Fault("lookup", "", "place", place, expected))
    if _NUMBER.match(place):
        near = _nearest(place.strip()[:_PC4], list(map(str, known.index)))
        wanted = "a Dutch postcode with residents"
        if region:
            wanted = said("a postcode with residents in the region {region}", region=region)
        raise InputError(Fault("lookup", "", "postcode", place, wanted, near))
    names = sorted({*known["place"], *known["municipality"]} - {""})
    wanted = "a postcode or place with residents"
    if region:
        wanted = said("a postcode or place with residents in the region {region}", region=region)
    raise InputError(Fault("lookup", "", "place", place, wanted, nearest_names(place, names)))


def _one_region(known: pd.DataFrame, place: str, codes: Sequence[str]) -> str:
    """Return the region in which all of some postcodes lie."""
    regions = known.loc[list(codes), "region"]
    if len(set(regions)) > 1:
        parts = (f"{code} ({region})" for code, region in regions.items())
        expected = said("postcodes of one region, found {names}", names=", ".join(parts))
        raise InputError(Fault("lookup", "", "place", place, expected))
    return str(regions.iloc[0])


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
    msg = said(
        "no shipped study has the region '{region}'; they are in {folder}",
        region=region,
        folder=data_path("studies"),
    )
    raise MissingDataError(msg)
