"""What commands share: options, overrides of a study, and the progress bar."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impact.errors import Fault, InputError, nearest_names
from impact.messages import in_words, said, translations
from impact.study.model import CAR, MIX, SHIPPED_ROADS
from impact.times.engines.protocol import ENGINES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.progress import TaskID

    from impact.study.model import Study

Out = Annotated[Path, typer.Option("--out", help="Folder to write into.")]
StudyName = Annotated[str, typer.Argument(help="A study file, or the name of a shipped study.")]
OneIntervention = Annotated[
    str | None, typer.Option("--intervention", help="Only this one, by its name.")
]
_ROADS = typer.Option(
    "--roads", help="'bundled' (streets), 'main' (main roads), or a network file of your own."
)
Roads = Annotated[str | None, _ROADS]
Matrix = Annotated[Path | None, typer.Option("--times", help="Your own matrix (CSV or Parquet).")]
_PROFILE = typer.Option("--profile", help="Speed profile: dal (off-peak), vrij or spits.")
Profile = Annotated[str | None, _PROFILE]
"""Else the study's."""

EvidenceRoads = Annotated[str, _ROADS]
EvidenceProfile = Annotated[str, _PROFILE]
_WEIGHTS = typer.Option("--weights", help="Who counts: population, 65+ or 75+.")
_ALTERNATIVES = typer.Option("--alternatives", help="inside the region, or all known providers.")
Weights = Annotated[str, _WEIGHTS]
Alternatives = Annotated[str, _ALTERNATIVES]
"""Where there is no study that says it: `impact reproduce` and `validate`."""

StudyWeights = Annotated[str | None, _WEIGHTS]
StudyAlternatives = Annotated[str | None, _ALTERNATIVES]
"""Else the study's: `impact check`, which has defaults where there is no study."""

EngineName = Annotated[
    str,
    typer.Option(
        "--engine",
        help=said("auto, {names}: the same minutes, sooner or later.", names=", ".join(ENGINES)),
    ),
]
Lang = Annotated[str, typer.Option("--lang", help="nl or en.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
Force = Annotated[bool, typer.Option("--force", help="Write beside files that are not ours.")]
Replace = Annotated[bool, typer.Option("--force", help="Replace a file that is not ours.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither read nor keep the matrix.")]
Scheduler = Annotated[
    str | None, typer.Option("--scheduler", help="Address of a Dask cluster's scheduler.")
]
Tiles = Annotated[bool, typer.Option("--tiles", help="Offer an online street layer on the map.")]


SHORTEST_PATHS = "shortest paths"
"""What the progress bar of a matrix is called."""

Mode = Annotated[
    str,
    typer.Option("--mode", help="How people travel: car, transit, or mix (needs study.transit)."),
]
WithoutCar = Annotated[
    str | None,
    typer.Option(
        "--without-car", help="With --mode mix: column of the postcodes, share without a car."
    ),
]


def opened_study(
    name: str,
    *,
    roads: str | None,
    times: Path | None,
    profile: str | None,
    mode: str = CAR,
    without_car: str | None = None,
) -> Study:
    """Read a study, with what the command line says instead."""
    from impact.model.inputs import with_overrides
    from impact.study.read import read_study, study_file
    from impact.tables.places import ANYWHERE

    # roads of the user's own may lie anywhere; they set the limits when the study is run
    bounds = None if roads in {None, *SHIPPED_ROADS} else ANYWHERE
    study = read_study(study_file(name), bounds=bounds)
    if without_car is not None and mode != MIX:
        raise InputError(Fault("--without-car", "", "", without_car, "--mode mix beside it"))
    study = with_overrides(study, travel_mode=mode, without_car=without_car)
    return asked_for(study, roads=roads, times=times, profile=profile)


def asked_for(
    study: Study, *, roads: str | None = None, times: Path | None = None, profile: str | None
) -> Study:
    """Return the study with what the command line says instead; nothing asked is ignored."""
    from impact.model.inputs import with_overrides

    matrix = None if times is None else str(times.resolve())
    if roads is not None:
        if times is not None:
            raise InputError(Fault("--roads", "", "", roads, "either --roads or --times"))
        matrix = ""
    asked = with_overrides(study, roads=resolved(roads), times=matrix, profile=profile)
    if asked.times and profile is not None:
        expected = "no profile beside a matrix of your own, whose minutes are given"
        raise InputError(Fault("--profile", "", "", profile, expected))
    return asked


def check_choice(option: str, value: str, known: Sequence[str]) -> None:
    """Refuse what is not one of the known values, naming them and the nearest."""
    if value not in known:
        expected = said("one of {names}", names=", ".join(known))
        raise InputError(Fault(option, "", "", value, expected, nearest_names(value, known)))


def resolved(roads: str | None) -> str | None:
    """Return a path that no longer depends on the folder of the study."""
    return roads if roads in {None, *SHIPPED_ROADS} else str(Path(str(roads)).resolve())


@contextmanager
def shortest_paths(*, quiet: bool, lang: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show a progress bar on the error stream; none where that is no terminal."""
    with named_steps(quiet=quiet, lang=lang) as step:
        yield None if step is None else partial(step, SHORTEST_PATHS)


@contextmanager
def named_steps(*, quiet: bool, lang: str) -> Iterator[Callable[[str, int, int], None] | None]:
    """Show progress bars, one per name, on the error stream; none where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def step(name: str, done: int, total: int) -> None:
            if name not in tasks:
                shown = in_words(name, translations(lang))
                tasks[name] = bar.add_task(shown, total=None)
            bar.update(tasks[name], completed=done, total=total)

        yield step
