"""`impact times --mode transit`: a matrix by public transport."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from impact.errors import Fault, InputError
from impact.messages import said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from impact.notes import Note
    from impact.outputs.text import Texts
    from impact.transit.times import TransitTimes

CAR, TRANSIT = "car", "transit"
MODES = (CAR, TRANSIT)
_DEPARTURES = "public transport"
"""What the progress bar is called."""


def check_mode(mode: str, of_transit: Mapping[str, object], of_car: Mapping[str, object]) -> None:
    """Refuse an unknown mode, and options of the other one.

    Parameters
    ----------
    mode
        As asked.
    of_transit, of_car
        Options that mean something in one mode only -> what was given, or nothing.

    Raises
    ------
    InputError
        Naming each option that would be ignored.
    """
    if mode not in MODES:
        expected = said("one of {names}", names=", ".join(MODES))
        raise InputError(Fault("--mode", "", "", mode, expected))
    other = of_transit if mode == CAR else of_car
    wrong = TRANSIT if mode == CAR else CAR
    faults = [
        Fault(name, "", "", None, said("--mode {mode} beside it", mode=wrong))
        for name, value in other.items()
        if value
    ]
    if mode == TRANSIT and not of_transit["--gtfs"]:
        faults.append(Fault("--gtfs", "", "", None, "the timetable: one or more GTFS feeds"))
    if faults:
        raise InputError(faults)


def asked_day(text: str | None) -> dt.date:
    """Return the day that was asked for; without one, the next Tuesday.

    Parameters
    ----------
    text
        Of the option ``--date``.

    Returns
    -------
    datetime.date

    Raises
    ------
    InputError
        For what is no date.
    """
    from impact.manifest import created
    from impact.transit.times import working_day

    if text is None:
        return working_day(dt.datetime.fromisoformat(created()).date())
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(Fault("--date", "", "", text, "a date such as 2026-12-08")) from error


def write_transit_matrix(
    origins: Path,
    destinations: Path,
    out: Path,
    *,
    roads: str,
    gtfs: Sequence[Path],
    date: str | None,
    rules: Path | None,
    lang: str,
    quiet: bool,
    force: bool,
) -> None:
    """Write a matrix of public transport, and say what was written.

    Parameters
    ----------
    origins, destinations, out
        Files.
    roads
        Extract, network file, ``bundled`` or ``straight``.
    gtfs
        Feeds.
    date
        The working day.
    rules
        Table of rules; the shipped one by default.
    lang, quiet
        Of what is said.
    force
        Replace files that are not ours.

    Raises
    ------
    InputError
        Whatever is wrong with an input.
    """
    from impact.commands.options import named_steps
    from impact.outputs.text import texts
    from impact.storage import check_files, check_output_folder, record_files
    from impact.tables.places import ANYWHERE, read_hospitals, read_postcodes
    from impact.times.files import beside
    from impact.transit.feed import read_feed
    from impact.transit.files import check_transit_ending, write_transit
    from impact.transit.load import walking_for
    from impact.transit.rules import read_rules
    from impact.transit.times import check_engine, transit_times

    check_engine()
    check_transit_ending(out)
    read = (origins, destinations, Path(roads), *gtfs)
    check_files((out, beside(out)), read, command="times", force=force)
    check_output_folder(out.parent, (), force=True)
    limits = read_rules(rules)
    day = asked_day(date)
    here = read_postcodes(origins, weights=(), bounds=ANYWHERE)
    there = read_hospitals(destinations, bounds=ANYWHERE)
    feeds = [read_feed(each) for each in gtfs]
    network = walking_for(roads)
    with named_steps(quiet=quiet, lang=lang) as step:
        matrix = transit_times(
            feeds,
            network,
            here,
            there,
            day=day,
            rules=limits,
            progress=None if step is None else lambda done, of: step(_DEPARTURES, done, of),
        )
    write_transit(matrix, out)
    record_files("times", out, beside(out))
    if not quiet:
        notes = [*here.attrs["notes"], *there.attrs["notes"], *matrix.notes]
        _report(matrix, out, texts(lang), notes)


def _report(matrix: TransitTimes, out: Path, say: Texts, notes: Sequence[Note]) -> None:
    """Say what was written, for which days, and what is odd about it."""
    from rich.console import Console

    from impact.outputs.text.wording import note_text

    console = Console()
    about = matrix.manifest
    lines = [
        say("cli.done_times", pairs=say.number(matrix.minutes.size), path=out),
        say("transit.days", day=about["working_day"], saturday=about["saturday"]),
    ]
    lost = int((~matrix.connected).sum())
    if lost:
        lines.append(say("transit.without", count=say.number(lost)))
    lines += [f"- {note_text(say, note)}" for note in notes]
    console.print("\n".join(lines), markup=False)
