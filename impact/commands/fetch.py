"""`impact fetch` and `impact postcodes`: what the project does not ship."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def demand_points(
    table: Annotated[Path, typer.Argument(help="CBS Kerncijfers per PC6: .gpkg, .csv or .zip.")],
    *,
    out: Annotated[Path, typer.Option("--out", help="Demand points, one per PC6 (CSV).")],
    pc4: Annotated[
        Path | None, typer.Option("--pc4", help="Also PC4 points, weighted by residents (CSV).")
    ] = None,
    hidden: Annotated[
        float, typer.Option("--hidden", min=0.0, help="Residents that a hidden count stands for.")
    ] = 0.0,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Make demand points that a study can name, from residents per PC6.

    Example: impact postcodes 2025-cbs_pc6_2024_v1.zip --out pc6.csv --pc4 pc4.csv
    """
    from rich.console import Console

    from impact.storage import check_files
    from impact.tables.pc6 import pc4_points, read_pc6, with_regions, write_points

    check_files((out, pc4), (table,))
    points = with_regions(read_pc6(table, hidden=hidden))
    write_points(points, out)
    if pc4 is not None:
        write_points(with_regions(pc4_points(points)), pc4)
    if quiet:
        return
    console = Console()
    people = points["population"].sum()
    console.print(f"{len(points):,} PC6 with {people:,.0f} residents: {out}", markup=False)
    for note in points.attrs["notes"]:
        console.print(f"- {note}", markup=False)


app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Download roads, postcodes or boundaries: resumed, checked, kept in a cache folder.",
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


@app.command()
def roads(
    name: Name = None,
    *,
    to: To = None,
    refresh: Refresh = False,
    sources: Sources = None,
    list_: List = False,
    quiet: Quiet = False,
) -> None:
    """Download an OpenStreetMap extract; `impact roads build` makes a network of it.

    Example: impact fetch roads groningen
    """
    _fetch("roads", name, to=to, refresh=refresh, sources=sources, list_=list_, quiet=quiet)


@app.command()
def postcodes(
    name: Name = None,
    *,
    to: To = None,
    refresh: Refresh = False,
    sources: Sources = None,
    list_: List = False,
    quiet: Quiet = False,
) -> None:
    """Download residents per postcode; `impact postcodes` makes demand points of them.

    Example: impact fetch postcodes pc6
    """
    _fetch("postcodes", name, to=to, refresh=refresh, sources=sources, list_=list_, quiet=quiet)


@app.command()
def boundaries(
    name: Name = None,
    *,
    to: To = None,
    refresh: Refresh = False,
    sources: Sources = None,
    list_: List = False,
    quiet: Quiet = False,
) -> None:
    """Download boundaries, for maps.

    Example: impact fetch boundaries municipalities
    """
    _fetch("boundaries", name, to=to, refresh=refresh, sources=sources, list_=list_, quiet=quiet)


def _fetch(
    group: str,
    name: str | None,
    *,
    to: Path | None,
    refresh: bool,
    sources: Path | None,
    list_: bool,
    quiet: bool,
) -> None:
    from rich.console import Console

    from impact.fetch.sources import choose_source, read_sources
    from impact.storage import cache_folder

    known = read_sources(sources)
    console = Console()
    if list_:
        for each in known:
            if each.group == group:
                size = "" if each.size_mb is None else f" (about {each.size_mb:,.0f} MB)"
                console.print(f"{each.name}: {each.title}{size}\n  {each.url}", markup=False)
        return
    source = choose_source(known, group, name)
    from impact.fetch.download import download

    folder = cache_folder() / "downloads" / group if to is None else to
    with _progress(source.file, quiet=quiet) as step:
        got = download(
            source.url,
            folder / source.file,
            md5_url=source.md5_url,
            sha256=source.sha256,
            refresh=refresh,
            progress=step,
        )
    if quiet:
        typer.echo(got.path)
        return
    state = "downloaded" if got.fresh else "there already, and not fetched again"
    record = got.record
    console.print(f"{source.title}: {state}", markup=False)
    console.print(
        f"{record.size / 1e6:,.1f} MB, checked by its {record.checked}, "
        f"sha256 {record.sha256[:16]}…, fetched {record.fetched}",
        markup=False,
    )
    console.print(f"{source.attribution} ({source.licence})", markup=False)
    if source.note:
        console.print(f"- {source.note}", markup=False)
    typer.echo(got.path)


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
