"""`impact combine`: scenarios of several runs together, per hospital."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from impact.commands.options import Force, Lang, Quiet  # noqa: TC001 (typer reads them)


def combine(
    folders: Annotated[list[Path], typer.Argument(help="Folders of runs.", metavar="DIR...")],
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")] = Path(
        "impact-combined"
    ),
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Force = False,
) -> None:
    """Take scenarios of regions, subregions and vascular networks together, per hospital.

    Each run has its own network: a region, subregions, a vascular network. Written are all
    combinations that concern a hospital with their total impact, and what excludes what.

    Example: impact combine uitkomst-regio uitkomst-vaten --out samen
    """
    from rich.console import Console

    from impact.outputs.files.combined import FILES, write_combined
    from impact.outputs.files.run_archive import open_run
    from impact.outputs.text import texts
    from impact.outputs.text.wording import note_text
    from impact.storage import check_output_folder

    say = texts(lang)
    check_output_folder(out, FILES, command="combine", force=force)
    found = write_combined([open_run(folder) for folder in folders], out, lang=lang, force=force)
    if not quiet:
        console = Console()
        for line in (
            say(
                "facilities.combined_done",
                count=say.number(found.made),
                hospitals=say.number(found.institutions),
                excluding=say.number(found.excluding),
            ),
            *(note_text(say, note) for note in found.notes),
            say("facilities.combined_files", path=out),
        ):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
