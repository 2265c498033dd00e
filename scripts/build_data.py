"""Rewrite the source tables into ``data/``: joined by name, described, the same every time.

Example::

    python scripts/build_data.py --source ../shared/data --out data

The streets take minutes and two gigabytes, so they are made apart, with ``--streets``, and else
taken over as they are. ``--all-streets FILE`` also writes all of them, uncut, in the same format,
and ``--check FILE`` holds the shipped ones against those.

Nothing is written unless every join between the tables holds. The folder of the sources may also
be named by the environment variable ``IMPACT_SHARED``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from _ferries import write_car_ferries
from _hospitals import OPEN, read_hospitals, write_hospitals
from _networks import write_networks
from _package import PACKAGE, write_package
from _patients import write_patients
from _policy import write_published, write_treatments
from _postcodes import (
    assign_regions,
    read_postcodes,
    write_characteristics,
    write_postcodes,
)
from _providers import (
    write_decisions,
    write_evidence,
    write_providers,
    write_public_facts,
    write_regions,
)
from _roads import write_roads
from _shapes import write_boundaries, write_postcode_shapes
from _sources import Sources
from _studies import write_studies

from impact.errors import InputError
from impact.network.shipped import STREETS
from impact.tables import places

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PROJECT = Path(__file__).resolve().parent.parent
_ADDRESSES = Path(__file__).with_name("sources.toml")
_STREETS = Path(__file__).with_name("streets.toml")
_OTHER_NAMES = Path(__file__).with_name("other_names.csv")
_DEADLINES = Path(__file__).with_name("deadlines.csv")
_CLAIMS = Path(__file__).with_name("claims")
_TRANSIT = Path(__file__).with_name("transit")
_SHARED = _PROJECT.parent / "shared" / "data"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the build.

    Parameters
    ----------
    arguments
        Of the command line.

    Returns
    -------
    int
        0 when the tables were written, 2 when a source is wrong.
    """
    parser = argparse.ArgumentParser(description="Rewrite the source tables into data/.")
    shared = Path(os.environ.get("IMPACT_SHARED", _SHARED))
    parser.add_argument("--source", type=Path, default=shared, help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=_PROJECT / "data", help="default: %(default)s")
    parser.add_argument("--streets", action="store_true", help="make roads/streets.npz only")
    parser.add_argument("--all-streets", type=Path, help="where to write all streets, to compare")
    parser.add_argument("--check", type=Path, help="all streets, to hold the shipped ones against")
    options = parser.parse_args(arguments)
    try:
        if options.streets:
            build_streets(options.source, options.out, everything=options.all_streets)
        elif options.check:
            from _streets_check import check_streets  # noqa: PLC0415 (loads much)

            check_streets(options.out, options.check)
        else:
            build(options.source, options.out)
    except InputError as error:
        print(f"nothing written: {error}", file=sys.stderr)
        return 2
    return 0


def build(
    source: Path,
    out: Path,
    report: Callable[[str], None] = print,
) -> list[str]:
    """Write all shipped tables, or none.

    Parameters
    ----------
    source
        Folder of source tables.
    out
        Folder to write into; files that an earlier build made and this one does not are removed,
        others are left alone.
    report
        Receives a line of text for everything that is read, filled or dropped.

    Returns
    -------
    list of str
        Paths written, relative to `out`.

    Raises
    ------
    InputError
        Where a table does not hold what it should or a join fails; `out` is as it was.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        _write_all(Sources(source, report), temporary)
        written = [*write_package(temporary), PACKAGE]
        _move(temporary, out, written)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    report(f"wrote   {len(written)} files to {out}")
    return written


def build_streets(
    source: Path,
    out: Path,
    report: Callable[[str], None] = print,
    *,
    everything: Path | None = None,
) -> list[str]:
    """Make the streets and their ferries again, and leave all other tables as they are.

    Parameters
    ----------
    source, out, report
        As for `build`; `out` holds the other tables.
    everything
        Where to write all streets besides, in the same format.

    Returns
    -------
    list of str
        Paths of all tables, relative to `out`.
    """
    from _streets import write_shipped_streets  # noqa: PLC0415 (needs the compiler)

    temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        left = shutil.ignore_patterns(PACKAGE, "*.md")
        shutil.copytree(out, temporary, ignore=left, dirs_exist_ok=True)
        sources, choices = Sources(source, report), _street_choices()
        write_car_ferries(sources, temporary, choices["ferries"])
        points = pd.concat(
            [each[["lat", "lon"]] for each in (places.read_postcodes(), places.read_hospitals())]
        )
        write_shipped_streets(sources, temporary, points, choices, full=everything)
        written = [*write_package(temporary), PACKAGE]
        _move(temporary, out, written)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return written


def _street_choices() -> dict[str, Any]:
    return tomllib.loads(_STREETS.read_text(encoding="utf-8"))


def _write_all(sources: Sources, out: Path) -> None:
    postcodes = read_postcodes(sources)
    hospitals = read_hospitals(sources, set(postcodes.index))
    open_ones = {each.name: each for each in hospitals if each.status == OPEN}
    organisations = {each.organisation for each in hospitals}
    members = write_regions(sources, out, organisations)
    write_networks(sources, out, set(members.region_of.values()), organisations)
    write_hospitals(out, hospitals, members.region_of)

    treatments = write_treatments(sources, out)
    regions = set(members.region_of.values())
    shortfalls = write_published(sources, out, treatments, regions)
    providers = write_providers(sources, out, open_ones, treatments, shortfalls, members)
    write_evidence(sources, out, treatments, regions)
    decisions = write_decisions(sources, out, treatments, regions)
    write_public_facts(sources, out, open_ones)
    write_patients(out, treatments)
    studies = write_studies(out, treatments, shortfalls, providers, decisions)
    sources.report(f"studies {', '.join(studies)}")

    write_boundaries(sources, out, postcodes)
    polygons = write_postcode_shapes(sources, out, postcodes.index)
    islands = write_roads(sources, out, postcodes)
    write_car_ferries(sources, out, _street_choices()["ferries"])
    shutil.copyfile(_PROJECT / "data" / "roads" / STREETS, out / "roads" / STREETS)
    region = assign_regions(
        sources, out / "roads", postcodes, list(open_ones.values()), members.region_of
    )
    write_postcodes(out, postcodes, region=region, islands=islands, polygons=polygons)
    write_characteristics(sources, out, postcodes)
    shutil.copyfile(_ADDRESSES, out / _ADDRESSES.name)
    shutil.copyfile(_OTHER_NAMES, out / "postcodes" / _OTHER_NAMES.name)
    shutil.copyfile(_DEADLINES, out / _DEADLINES.name)
    shutil.copytree(_CLAIMS, out / _CLAIMS.name)
    shutil.copytree(_TRANSIT, out / _TRANSIT.name)


def _move(made: Path, out: Path, written: Sequence[str]) -> None:
    """Put the new files in place; the description comes last."""
    earlier = out / PACKAGE
    if earlier.is_file():
        resources = json.loads(earlier.read_text(encoding="utf-8"))["resources"]
        for path in {resource["path"] for resource in resources} - set(written):
            (out / path).unlink(missing_ok=True)
    for path in written:
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        (made / path).replace(target)


if __name__ == "__main__":
    sys.exit(main())
