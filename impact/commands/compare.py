"""`impact compare`: two or more runs, or scenarios of one run, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from impact.commands.language import SpokenCommand
from impact.commands.options import Force, Lang, Quiet  # noqa: TC001 (typer reads them)
from impact.messages import said

FILES = ("compare.csv", "compare_municipalities.csv", "compare.xlsx", "compare.html")
"""What a comparison writes, and may replace."""

_SCENARIOS = "--scenarios"

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


class _NamesUntilNextOption(SpokenCommand):
    """A command whose --scenarios takes every word up to the next option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Give each name its own --scenarios, which is how options are read."""
        words: list[str] = []
        naming = False
        for word in args:
            if word == _SCENARIOS or word.startswith("-"):
                naming = word == _SCENARIOS
                words += [] if naming else [word]
            else:
                words += [_SCENARIOS, word] if naming else [word]
        return super().parse_args(ctx, words)


@app.command(cls=_NamesUntilNextOption)
def compare(
    folders: Annotated[list[Path], typer.Argument(help="Folders of runs.", metavar="DIR...")],
    *,
    scenarios: Annotated[
        list[str] | None,
        typer.Option(
            "--scenarios",
            help="Names, one after another: of one run, or one for each run.",
            metavar="NAME...",
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")] = Path(
        "impact-compare"
    ),
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Force = False,
) -> None:
    """Set runs, or scenarios of one, beside one another: who is better off where.

    Two to six. Written are a page with maps, a workbook and two tables.

    Example: impact compare uitkomst --scenarios "A. naar Groningen" "B. naar Zwolle"
    """
    from rich.console import Console

    from impact.analysis.compare import Side
    from impact.analysis.compare import compare as side_by_side
    from impact.errors import Fault, InputError
    from impact.outputs.files.compared import write_comparison_tables
    from impact.outputs.files.run_archive import open_run
    from impact.outputs.pages.compare import answers, write_comparison_page
    from impact.outputs.pages.map_layers import drawn_by_pc4
    from impact.outputs.text import texts
    from impact.storage import check_output_folder, replacing_files

    say = texts(lang)
    names = scenarios or []
    places = folders * len(names) if len(folders) == 1 and names else folders
    if len(places) < len(("A", "B")) or len(names) not in {0, len(places)}:
        expected = "two folders or more, with a name for each or none; or one, and two names"
        found = said("{folders} folders and {names} names", folders=len(folders), names=len(names))
        raise InputError(Fault("impact compare", "", _SCENARIOS, found, expected))
    check_output_folder(out, FILES, force=force)
    results = {path: drawn_by_pc4(open_run(path).result) for path in dict.fromkeys(places)}
    comparison = side_by_side(
        *(
            Side(results[path], path.resolve().name, name)
            for path, name in zip(places, names or [""] * len(places), strict=True)
        )
    )
    with replacing_files(out, FILES, force=force) as temporary:
        write_comparison_tables(comparison, temporary, lang=lang)
        write_comparison_page(comparison, temporary / "compare.html", lang=lang)
    if not quiet:
        console = Console()
        for line in (
            *answers(comparison, say),
            say("compare.done", path=out / "compare.html"),
            say("compare.table_is_here", path=out / "compare.csv"),
            say("compare.municipalities_are_here", path=out / "compare_municipalities.csv"),
            say("compare.workbook_is_here", path=out / "compare.xlsx"),
        ):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
