"""`impact seal`, `contribute` and `merge`: one result without sharing the figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from impact.commands.options import (
    EngineName,
    Force,
    Lang,
    Matrix,
    NoCache,
    Profile,
    Quiet,
    Replace,
    Roads,
    StudyName,
    opened_study,
    shortest_paths,
)
from impact.times.engines.protocol import DEFAULT_ENGINE

if TYPE_CHECKING:
    from impact.sealed.study import SealedStudy

SealedFile = Annotated[Path, typer.Argument(help="A sealed study, from `impact seal`.")]


def seal(
    study: StudyName,
    *,
    out: Annotated[Path, typer.Option("--out", help="File to write.")],
    threshold: Annotated[
        int, typer.Option("--threshold", help="Fewest patients that an area may tell.")
    ] = 10,
    roads: Roads = None,
    times: Matrix = None,
    profile: Profile = None,
    engine: EngineName = DEFAULT_ENGINE,
    lang: Lang = "nl",
    quiet: Quiet = False,
    no_cache: NoCache = False,
    force: Replace = False,
) -> None:
    """Seal a study: a file with everything but the figures that institutions keep.

    Example: impact seal studie.toml --out studie.sealed
    """
    from rich.console import Console

    from impact.model.inputs import load_inputs
    from impact.outputs.pages.merged import print_lines
    from impact.outputs.text import texts
    from impact.outputs.text.wording import names_text
    from impact.sealed.study import read_sealed, seal_study
    from impact.storage import check_files, record_files
    from impact.study.read import study_file

    t = texts(lang)
    check_files((out,), (study_file(study),), command="seal", force=force)
    asked = opened_study(study, roads=roads, times=times, profile=profile)
    with shortest_paths(quiet=quiet, lang=lang) as step:
        inputs = load_inputs(asked, engine=engine, progress=step, use_cache=not no_cache)
    made = seal_study(asked, inputs, out, threshold=threshold)
    record_files("seal", out)
    if not quiet:
        names = names_text(t, list(read_sealed(out).institutions))
        lines = [
            t("sealed.sealed", path=out.resolve()),
            t("sealed.seal", seal=made),
            t("sealed.sealed_holds"),
            t("sealed.sealed_who", names=names),
        ]
        print_lines(Console(), lines)


def contribute(
    sealed: SealedFile,
    *,
    institution: Annotated[str, typer.Option("--institution", help="Your organisation.")],
    counts: Annotated[
        Path, typer.Option("--counts", help="CSV: postcode, patients[, intervention, provider].")
    ],
    template: Annotated[
        Path | None,
        typer.Option("--template", help="Your workbook, from `impact template --xlsx`."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File to write.")] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would leave the house; write nothing.")
    ] = False,
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Replace = False,
) -> None:
    """Add your own counts to a sealed study, on your own machine: areas of enough patients only.

    Example: impact contribute studie.sealed --institution Isala --counts eigen.csv --out isala.json
    """
    from rich.console import Console

    from impact.errors import Fault, InputError
    from impact.notes import Note
    from impact.outputs.pages.merged import preview_lines, print_lines
    from impact.outputs.text import texts
    from impact.outputs.text.wording import note_text
    from impact.sealed.contribution import contribute as made_of
    from impact.sealed.contribution import write_contribution
    from impact.sealed.study import read_sealed
    from impact.storage import check_files, record_files

    t = texts(lang)
    if out is None and not preview:
        raise InputError(Fault("--out", "", "", None, "a file to write, or --preview"))
    read = [sealed, counts, *(() if template is None else (template,))]
    check_files((out,), read, command="contribute", force=force)
    opened = read_sealed(sealed)
    rows, others = ([], ()) if template is None else _own_rows(template, opened, institution)
    made, notes, _ = made_of(opened, institution, counts, template=rows)
    if template is not None and others:
        notes = (*notes, Note.of("impact_others", file=template.name, names=others))
    lines = [*(note_text(t, note) for note in notes), *preview_lines(made, t)]
    if preview or out is None:
        print_lines(Console(), [*lines, t("sealed.preview_only")])
        return
    digest = write_contribution(made, out)
    record_files("contribute", out)
    if not quiet:
        done = [t("sealed.written", path=out.resolve()), t("sealed.hash", sha256=digest)]
        print_lines(Console(), [*lines, *done])


def _own_rows(
    path: Path, sealed: SealedStudy, institution: str
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Rows of the workbook that are the institution's own, and treatments that were not asked."""
    from impact.model.facility_workbook import read_workbook
    from impact.sealed.contribution import PER_PATIENT, PER_YEAR

    known = sealed.institutions.get(institution, ())
    found = read_workbook(
        path,
        interventions=[each.name for each in sealed.treatments],
        sites={institution: known},
    )
    rows: list[dict[str, Any]] = []
    for kind, frame in ((PER_PATIENT, found.per_patient), (PER_YEAR, found.per_year)):
        own = frame[frame["organisation"] == institution].dropna()
        rows += [
            {"kind": kind, **{str(key): value for key, value in row.items()}}
            for row in own.to_dict("records")
        ]
    return rows, found.others


def merge(
    sealed: SealedFile,
    contributions: Annotated[list[Path], typer.Argument(help="Contributions, one each.")],
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")],
    lang: Lang = "nl",
    quiet: Quiet = False,
    force: Force = False,
) -> None:
    """Put contributions together into one result, with bounds for what they do not tell.

    Example: impact merge studie.sealed isala.json martini.json --out samen
    """
    from rich.console import Console

    from impact.outputs.pages.merged import (
        MERGED_FILES,
        answer_lines,
        print_lines,
        write_merged,
    )
    from impact.outputs.text import texts
    from impact.sealed.contribution import read_contribution
    from impact.sealed.merge import merge as merged_of
    from impact.sealed.study import read_sealed
    from impact.storage import check_output_folder

    t = texts(lang)
    check_output_folder(out, MERGED_FILES, command="merge", force=force)
    opened = read_sealed(sealed)
    merged = merged_of(opened, [read_contribution(path, opened) for path in contributions])
    write_merged(merged, out, lang=lang, force=force)
    if not quiet:
        page = t("sealed.page", path=(out / "merged.html").resolve())
        lines = [*answer_lines(merged, t), page, t("sealed.tables", path=out.resolve())]
        print_lines(Console(), lines)
