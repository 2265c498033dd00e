"""`impact times`: a travel-time matrix, or mean and percentiles over random speed tables."""

from __future__ import annotations

from contextlib import nullcontext
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from impact.commands.options import (
    EngineName,
    Lang,
    Profile,
    Quiet,
    Replace,
    Roads,
    Scheduler,
    resolved,
    shortest_paths,
)
from impact.commands.transit import CAR, TRANSIT, check_mode, write_transit_matrix
from impact.errors import Fault, InputError
from impact.messages import in_words, said, translations
from impact.network.random_speeds import SPREAD
from impact.study.model import BUNDLED
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from geopandas import GeoDataFrame

    from impact.network.network import RoadNetwork
    from impact.outputs.text import Texts
    from impact.times.matrix import TravelTimes
    from impact.workers import Workers


def times(
    *,
    origins: Annotated[Path, typer.Option("--origins", help="postcode, lat, lon[, ...]")],
    destinations: Annotated[Path, typer.Option("--destinations", help="name, lat, lon[, ...]")],
    out: Annotated[Path, typer.Option("--out", help="A .csv, .parquet or .npy file.")],
    roads: Roads = BUNDLED,
    mode: Annotated[str, typer.Option("--mode", help="car, or transit (public transport).")] = CAR,
    gtfs: Annotated[
        list[Path] | None, typer.Option("--gtfs", help="Timetable, a GTFS feed; may be repeated.")
    ] = None,
    date: Annotated[
        str | None, typer.Option("--date", help="Working day of the timetable, such as 2026-12-08.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--rules", help="Appointments and limits by transit (CSV).")
    ] = None,
    profile: Profile = "dal",
    engine: EngineName = DEFAULT_ENGINE,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Threads; one per core by default.")
    ] = None,
    scheduler: Scheduler = None,
    km: Annotated[bool, typer.Option("--km", help="Add the road length.")] = False,
    many: Annotated[
        int | None,
        typer.Option("--ensemble", min=1, help="Mean and percentiles over N random speed tables."),
    ] = None,
    spread: Annotated[
        float | None,
        typer.Option("--spread", help=said("Of a speed, {spread} by default.", spread=SPREAD)),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of the random speeds.")] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="class: a factor per road class and setting; road.")
    ] = None,
    members: Annotated[
        bool, typer.Option("--members", help="Write every member too, a column each.")
    ] = False,
    legs: Annotated[
        Path | None, typer.Option("--legs", help="Write the access leg of every point here (CSV).")
    ] = None,
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Replace = False,
) -> None:
    """Write a matrix: one-way minutes from every origin to every destination, by car.

    With --mode transit by public transport, from a timetable that you download. Rows are sorted by
    origin, then by destination, whatever the order of the input. An interrupted run by car that is
    started again continues.

    Example: impact times --origins pc4.csv --destinations ziekenhuizen.csv --out reistijden.csv
    """
    of_car = {
        "--scheduler": scheduler,
        "--workers": workers,
        "--km": km,
        "--ensemble": many,
        "--spread": spread,
        "--seed": seed,
        "--by": by,
        "--members": members,
        "--legs": legs,
    }
    check_mode(mode, {"--gtfs": gtfs, "--date": date, "--rules": rules}, of_car)
    if mode == TRANSIT:
        write_transit_matrix(
            origins,
            destinations,
            out,
            roads=str(roads or BUNDLED),
            gtfs=gtfs or [],
            date=date,
            rules=rules,
            lang=lang,
            quiet=quiet,
            force=force,
        )
        return
    from impact.model.inputs import load_roads
    from impact.outputs.text import texts
    from impact.storage import cache_folder, check_files, record_files, replacing
    from impact.study.model import Study
    from impact.tables.places import read_hospitals, read_postcodes
    from impact.times.engines.protocol import choose_engine
    from impact.times.ensemble import ensemble, summarise, write_ensemble
    from impact.times.files import beside, write_manifest
    from impact.workers import cluster

    choose_engine(engine)
    varied = {"spread": spread, "seed": seed, "by": by}
    asked = {name: value for name, value in varied.items() if value is not None}
    _check(
        out, many=many, workers=workers, km=km, asked=[*asked, *(["members"] if members else [])]
    )
    read = (origins, destinations, Path(roads or BUNDLED))
    check_files((out, beside(out), legs), read, command="times", force=force)
    if many is not None and scheduler is not None:
        expected = "no cluster beside --ensemble: its members are made by this machine"
        raise InputError(Fault("--scheduler", "", "", scheduler, expected))
    computing: AbstractContextManager[Workers | None] = (
        nullcontext() if scheduler is None else cluster(scheduler)
    )
    settings = Study("", "", (), roads=resolved(roads) or BUNDLED, profile=profile or "dal")
    network = load_roads(settings)
    west, south, east, north = network.bounds
    bounds = (west - 0.5, south - 0.5, east + 0.5, north + 0.5)
    here = read_postcodes(origins, weights=(), bounds=bounds)
    there = read_hospitals(destinations, bounds=bounds)
    how: dict[str, Any] = {"engine": engine, "workers": workers, "folder": cache_folder()}
    with computing as use, shortest_paths(quiet=quiet, lang=lang) as step:
        if many is None:
            how["cluster"] = use
            matrix = _one(network, here, there, out=out, km=km, progress=step, **how)
        else:
            speeds: dict[str, Any] = {"spread": SPREAD, **asked}
            drawn = ensemble(network, here, there, members=many, **speeds, **how)
            with summarise(drawn, scratch=out.parent, progress=step) as found:
                write_ensemble(found, out, members=members)
            write_manifest(out, drawn.manifest)
            matrix = drawn.base
    if legs is not None and matrix.legs is not None:
        with replacing(legs) as temporary:
            matrix.legs.to_csv(temporary, index=False, float_format="%.3f", lineterminator="\n")
        record_files("times", legs)
    record_files("times", out, beside(out))
    if not quiet:
        _report(matrix, out, texts(lang), notes=[*here.attrs["notes"], *there.attrs["notes"]])


def _check(
    out: Path, *, many: int | None, workers: int | None, km: bool, asked: Sequence[str]
) -> None:
    """Refuse, before any work is done, what cannot be written or would be ignored."""
    from impact.storage import check_output_folder
    from impact.times.ensemble import ENDINGS
    from impact.times.files import check_ending

    check_ending(out, ENDINGS if many is not None or km else (*ENDINGS, ".npy"))
    if workers is not None and workers < 1:
        raise InputError(Fault("--workers", "", "", str(workers), "a whole number of 1 or more"))
    if many is None and asked:
        expected = "--ensemble N beside it: one matrix has no random speeds"
        raise InputError([Fault(f"--{name}", "", "", None, expected) for name in asked])
    if many is not None and km:
        expected = "no kilometres beside --ensemble: each member has other fastest paths"
        raise InputError(Fault("--km", "", "", None, expected))
    check_output_folder(out.parent, (), force=True)


def _one(
    network: RoadNetwork,
    here: GeoDataFrame,
    there: GeoDataFrame,
    *,
    out: Path,
    **how: Any,  # noqa: ANN401
) -> TravelTimes:
    """Write one matrix; what it returns is read no further than its counts."""
    from impact.times.files import write_manifest, write_times
    from impact.times.resumable import resumable_travel_times

    with resumable_travel_times(network, here, there, out=out, **how) as matrix:
        write_times(matrix, out)
        if out.suffix.lower() != ".npy":
            write_manifest(out, matrix.manifest)
        return matrix


def _report(matrix: TravelTimes, out: Path, say: Texts, *, notes: Sequence[str]) -> None:
    """Say what was written, and what is odd about it."""
    from rich.console import Console

    from impact.outputs.text.wording import note_text

    console = Console()
    console.print(
        say("cli.done_times", pairs=say.number(matrix.minutes.size), path=out), markup=False
    )
    if "engine_chosen_for" in matrix.manifest:
        console.print(say("cli.engine_chosen", engine=matrix.manifest["engine"]), markup=False)
    for remark in matrix.manifest.get("engine_remarks", ()):
        console.print(f"! {in_words(remark, translations(say.lang))}", markup=False)
    if "continued" in matrix.manifest:
        found = say.number(matrix.manifest["continued"])
        console.print(say("cli.continued", count=found), markup=False)
    lost = int((matrix.minutes == inf).sum())
    if lost:
        console.print(say("cli.without_route", count=say.number(lost)), markup=False)
    for name in matrix.manifest.get("separate_points", ()):
        console.print(say("cli.separate", name=name), markup=False)
    for name, distance in matrix.far_points:
        console.print(f"! {name}: {say.number(distance, decimals=1)} km", markup=False)
    for note in notes:
        console.print(f"- {note_text(say, note)}", markup=False)
