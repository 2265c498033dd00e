"""`impact fetch` and `impact postcodes`: what the project does not ship."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from impact.commands.language import SpokenCommand, SpokenGroup
from impact.commands.options import Lang, Replace  # noqa: TC001 (typer reads them)
from impact.errors import Fault, InputError
from impact.messages import in_words, said, translations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from impact.fetch.download import Download
    from impact.fetch.sources import Source
    from impact.network.osm.component import Clip
    from impact.outputs.text import Texts


def demand_points(
    table: Annotated[
        Path, typer.Argument(help="CBS Kerncijfers per PC6 or PC4: .gpkg, .csv or .zip.")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", help="Demand points, one per postcode (CSV).")],
    pc4: Annotated[
        Path | None,
        typer.Option("--pc4", help="Also PC4 points of PC6, by residents (CSV)."),
    ] = None,
    hidden: Annotated[
        float, typer.Option("--hidden", min=0.0, help="Residents that a hidden count stands for.")
    ] = 0.0,
    lang: Lang = "nl",
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    force: Replace = False,
) -> None:
    """Make demand points that a study can name, from residents per PC6 or PC4.

    Example: impact postcodes 2025-cbs_pc6_2024_v1.zip --out pc6.csv --pc4 pc4.csv
    """
    from rich.console import Console

    from impact.outputs.text import texts
    from impact.outputs.text.wording import note_text
    from impact.storage import check_files, record_files
    from impact.tables.pc6 import pc4_points, read_pc6, with_regions, write_points

    say = texts(lang)
    check_files((out, pc4), (table,), command="postcodes", force=force)
    points = with_regions(read_pc6(table, hidden=hidden))
    kind = points.attrs["kind"]
    if pc4 is not None and kind != "PC6":
        expected = said(
            "a table of PC6 to gather; this one is of {kind}, and --out alone is enough", kind=kind
        )
        raise InputError(Fault(table.name, "", "--pc4", str(pc4), expected))
    write_points(points, out)
    if pc4 is not None:
        write_points(with_regions(pc4_points(points)), pc4)
    record_files("postcodes", out, pc4)
    if quiet:
        return
    console = Console()
    people = say.number(points["population"].sum())
    line = say("fetch.points", count=say.number(len(points)), kind=kind, residents=people, path=out)
    console.print(line, markup=False)
    for note in points.attrs["notes"]:
        console.print(f"- {note_text(say, note)}", markup=False)


app = typer.Typer(
    cls=SpokenGroup,
    add_completion=False,
    no_args_is_help=True,
    help="Download roads, postcodes, boundaries or a timetable: resumed, checked, kept in a cache.",
)

Name = Annotated[
    str | None, typer.Argument(help="Which one (see --list); default: the first of the list.")
]
To = Annotated[
    Path | None, typer.Option("--to", help="Folder to keep it in; default: the cache folder.")
]
Refresh = Annotated[bool, typer.Option("--refresh", help="Ask for a newer edition.")]
Sources = Annotated[
    Path | None, typer.Option("--sources", help="Your own table of sources (TOML).")
]
List = Annotated[bool, typer.Option("--list", help="Show what can be fetched, and stop.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print the path and nothing else.")]


@app.command(cls=SpokenCommand)
def roads(
    name: Name = None,
    *,
    to: To = None,
    build: Annotated[
        bool, typer.Option("--build", help="Build the network too, where it is not there yet.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The network file; default: one in the cache folder."),
    ] = None,
    bbox: Annotated[
        str | None, typer.Option("--bbox", help="Build this part: west,south,east,north.")
    ] = None,
    buffer: Annotated[
        float, typer.Option("--buffer", help="Kilometres around the part that stay too.")
    ] = 5.0,
    refresh: Refresh = False,
    sources: Sources = None,
    list_: List = False,
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that is no network.")
    ] = False,
) -> None:
    """Download an OpenStreetMap extract; with --build make a network of it as well.

    Example: impact fetch roads groningen --build --out groningen.impact
    """
    if not build:
        for option, value in (("--out", out), ("--bbox", bbox)):
            if value is not None:
                raise InputError(Fault(option, "", "", str(value), "--build beside it"))
        _fetch("roads", name, to, sources, refresh=refresh, list_=list_, quiet=quiet, lang=lang)
        return
    from impact.commands.roads import check_target, clip_of
    from impact.fetch.sources import choose_source, read_sources
    from impact.storage import cache_folder

    clip = clip_of(bbox, None, buffer)
    source = choose_source(read_sources(sources), "roads", name)
    if out is None:
        out = cache_folder() / "networks" / f"{source.file.partition('.')[0]}.impact"
    check_target(out, _target(source, to), force=force)
    got = _fetch(
        "roads",
        name,
        to,
        sources,
        refresh=refresh,
        list_=list_,
        quiet=quiet,
        lang=lang,
        builds=True,
    )
    if got is not None:
        _build(got, out, clip, lang=lang, quiet=quiet)


@app.command(cls=SpokenCommand)
def postcodes(
    name: Name = None,
    *,
    to: To = None,
    refresh: Refresh = False,
    sources: Sources = None,
    list_: List = False,
    lang: Lang = "nl",
    quiet: Quiet = False,
) -> None:
    """Download residents per postcode; `impact postcodes` makes demand points of them.

    Example: impact fetch postcodes pc6
    """
    _fetch("postcodes", name, to, sources, refresh=refresh, list_=list_, quiet=quiet, lang=lang)


@app.command(cls=SpokenCommand)
def boundaries(
    name: Name = None,
    *,
    to: To = None,
    refresh: Refresh = False,
    sources: Sources = None,
    list_: List = False,
    lang: Lang = "nl",
    quiet: Quiet = False,
) -> None:
    """Download boundaries, for maps.

    Example: impact fetch boundaries municipalities
    """
    _fetch("boundaries", name, to, sources, refresh=refresh, list_=list_, quiet=quiet, lang=lang)


@app.command(cls=SpokenCommand)
def timetable(
    name: Name = None,
    *,
    to: To = None,
    refresh: Refresh = False,
    sources: Sources = None,
    list_: List = False,
    lang: Lang = "nl",
    quiet: Quiet = False,
) -> None:
    """Download the timetable of public transport, for `impact times --mode transit`.

    Example: impact fetch timetable netherlands
    """
    _fetch("timetable", name, to, sources, refresh=refresh, list_=list_, quiet=quiet, lang=lang)


def _fetch(
    group: str,
    name: str | None,
    to: Path | None,
    sources: Path | None,
    *,
    refresh: bool,
    list_: bool,
    quiet: bool,
    lang: str,
    builds: bool = False,
) -> Download | None:
    """Download one file and say what it is; its path comes last, unless a network follows."""
    from rich.console import Console

    from impact.fetch.sources import choose_source, read_sources
    from impact.outputs.text import texts

    say, known = texts(lang), read_sources(sources)
    console = Console(soft_wrap=True)
    if list_:
        for each in known:
            if each.group == group:
                console.print(_listed(each, say), markup=False, highlight=False)
        return None
    source = choose_source(known, group, name)
    from impact.fetch.download import download

    with _progress(source.file, quiet=quiet) as step:
        got = download(
            source.url,
            _target(source, to),
            md5_url=source.md5_url,
            sha256=source.sha256,
            refresh=refresh,
            progress=step if quiet else _announcing(source, step, console, say, builds=builds),
            retrying=None if quiet else _saying_again(say),
        )
    record = got.record
    lines = [
        say("fetch.fresh" if got.fresh else "fetch.there", title=source.title),
        say(
            "fetch.record",
            size=say.number(record.size / 1e6, decimals=1),
            checked=say("fetch.by_length") if record.checked == "length" else record.checked,
            sha256=record.sha256[:16],
            fetched=record.fetched,
        ),
        f"{source.attribution} ({source.licence})",
        *([f"- {source.note}"] if source.note else []),
    ]
    if not quiet:
        console.print("\n".join(lines), markup=False, highlight=False)
    if not builds:
        typer.echo(got.path)
    return got


def _target(source: Source, to: Path | None) -> Path:
    """Return where a file is kept."""
    from impact.storage import cache_folder

    folder = cache_folder() / "downloads" / source.group if to is None else to
    return folder / source.file


def _listed(source: Source, say: Texts) -> str:
    """Describe a file that can be fetched."""
    about = ""
    if source.size_mb is not None:
        about = " " + say("fetch.about", size=say.number(source.size_mb))
    return f"{source.name}: {source.title}{about}\n  {source.url}"


def _announcing(
    source: Source,
    step: Callable[[int, int | None], None] | None,
    console: Console,
    say: Texts,
    *,
    builds: bool,
) -> Callable[[int, int | None], None]:
    """Say, as the first bytes come, how much is on its way and what building will take."""
    told = False

    def tell(done: int, total: int | None) -> None:
        nonlocal told
        if not told:
            told = True
            megabytes = source.size_mb if total is None else total / 1e6
            size = "" if megabytes is None else say.number(megabytes, decimals=1)
            line = say("fetch.size" if size else "fetch.no_size", title=source.title, size=size)
            lines = [line, _estimate(say)] if builds else [line]
            console.print("\n".join(lines), markup=False, highlight=False)
        if step is not None:
            step(done, total)

    return tell


def _saying_again(say: Texts) -> Callable[[str, float], None]:
    """Say that, and when, the server is asked again."""

    def tell(cause: str, seconds: float) -> None:
        why = in_words(cause, translations(say.lang))
        typer.echo(say("fetch.again", cause=why, seconds=say.number(seconds)), err=True)

    return tell


def _estimate(say: Texts) -> str:
    """Say what building takes, by a rule of thumb."""
    from impact.network.osm.build import COUNTRY_GB, COUNTRY_SECONDS

    memory = say.number(COUNTRY_GB, decimals=1)
    return say("fetch.estimate", seconds=say.number(COUNTRY_SECONDS), memory=memory)


def _build(got: Download, out: Path, clip: Clip | None, *, lang: str, quiet: bool) -> None:
    """Build a network, or find that it was built before; its path comes last."""
    from rich.console import Console

    from impact.commands.roads import built_files, print_built, steps
    from impact.network.osm.build import build_manifest, build_network, built_before, write_built
    from impact.outputs.text import texts
    from impact.storage import record_files

    say, console = texts(lang), Console(soft_wrap=True)
    network = built_before(out, got.path, clip=clip)
    if not quiet and network is not None:
        console.print(say("fetch.built_before"), markup=False, highlight=False)
    elif not quiet and not got.fresh:
        # with a download it was said before that
        console.print(_estimate(say), markup=False, highlight=False)
    if network is None:
        network = build_network(got.path, clip=clip, say=steps(quiet=quiet, lang=lang))
        write_built(network, out, build_manifest(network, got.path))
        record_files("roads build", *built_files(out))
    if not quiet:
        print_built(network, out, lang)
    typer.echo(out)


@contextmanager
def _progress(title: str, *, quiet: bool) -> Iterator[Callable[[int, int | None], None] | None]:
    """Progress bar on the error stream; none where that is no terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def step(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield step
