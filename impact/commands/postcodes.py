"""``impact postcodes``: demand points of the CBS table of PC6."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (typer reads the annotations)
from typing import Annotated

import typer
from rich.console import Console

from impact.storage import check_files


def postcodes(
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
    from impact.pc6 import (  # noqa: PLC0415 (keeps --help quick)
        pc4_points,
        read_pc6,
        with_regions,
        write_points,
    )

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
