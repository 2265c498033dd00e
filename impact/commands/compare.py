"""`impact compare`: two runs, or two scenarios of one run, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from impact.commands.options import Force, Lang, Quiet  # noqa: TC001 (typer reads them)

FILES = ("compare.csv", "compare.html")
"""What a comparison writes, and may replace."""


def compare(
    a: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="DIR")],
    b: Annotated[
        Path | None, typer.Argument(help="Another; left out: the same one.", metavar="[DIR]")
    ] = None,
    *,
    scenarios: Annotated[
        tuple[str, str] | None,
        typer.Option("--scenarios", help="Two names: that of the first run, that of the second."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")] = Path(
        "impact-compare"
    ),
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Force = False,
) -> None:
    """Set two runs, or two scenarios of one, beside each other: who is better off where.

    Example: impact compare uitkomst --scenarios "A. naar Groningen" "B. naar Zwolle"
    """
    from rich.console import Console

    from impact.analysis.compare import Side
    from impact.analysis.compare import compare as side_by_side
    from impact.errors import Fault, InputError
    from impact.outputs.files.folder import write_comparison
    from impact.outputs.files.run_archive import open_run
    from impact.outputs.pages.compare import answers, write_comparison_page
    from impact.outputs.pages.map_layers import drawn_by_pc4
    from impact.outputs.text import texts
    from impact.storage import check_output_folder, replacing_files

    say = texts(lang)
    if b is None and scenarios is None:
        expected = "two folders, or one and --scenarios with two names"
        raise InputError(Fault("impact compare", "", "", str(a), expected))
    check_output_folder(out, FILES, force=force)
    one = open_run(a)
    other = one if b is None else open_run(b)
    names = scenarios or ("", "")
    first = drawn_by_pc4(one.result)
    second = first if other is one else drawn_by_pc4(other.result)
    comparison = side_by_side(
        Side(first, a.resolve().name, names[0]),
        Side(second, (b or a).resolve().name, names[1]),
    )
    with replacing_files(out, FILES, force=force) as temporary:
        write_comparison(comparison, temporary / "compare.csv")
        write_comparison_page(comparison, temporary / "compare.html", lang=lang)
    if not quiet:
        console = Console()
        for line in (
            *answers(comparison, say),
            say("compare.done", path=out / "compare.html"),
            say("compare.table_is_here", path=out / "compare.csv"),
        ):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
