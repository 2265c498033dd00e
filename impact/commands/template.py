"""`impact template`: the workbook for facilities and staff, to fill in."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (typer reads the annotation)
from typing import Annotated

import typer

from impact.commands.options import Lang, Replace  # noqa: TC001 (typer reads them)


def template(
    study: Annotated[
        str | None, typer.Argument(help="A study; default: all treatments and hospitals.")
    ] = None,
    *,
    xlsx: Annotated[Path, typer.Option("--xlsx", help="The workbook to write.")],
    lang: Lang = "nl",
    force: Replace = False,
) -> None:
    """Write a workbook in which hospitals fill in visits, days, hours and money.

    Example: impact template noordoost --xlsx waarden.xlsx
    """
    from rich.console import Console

    from impact.analysis.hospitals import organisations
    from impact.evidence.published.table import treatment_names
    from impact.outputs.files.template import write_template
    from impact.outputs.text import texts
    from impact.storage import check_files, record_files, replacing
    from impact.study.model import BUNDLED
    from impact.study.read import read_study, study_file
    from impact.tables.places import read_hospitals

    read = () if study is None else (study_file(study),)
    check_files((xlsx,), read, command="template", force=force)
    if study is None:
        hospitals = read_hospitals()
        hospitals = hospitals[hospitals["status"] == "open"]
        interventions = list(treatment_names(lang).values())
        used = set(hospitals.index)
    else:
        asked = read_study(study)
        own = asked.hospitals != BUNDLED
        hospitals = read_hospitals(asked.path(asked.hospitals) if own else None)
        interventions = [each.name for each in asked.interventions]
        used = {
            name
            for each in asked.interventions
            for name in (*each.providers, *each.outside, *each.may_open)
        }
        used |= {
            name for each in asked.scenarios for names in each.opens.values() for name in names
        }
    sites: dict[str, list[str]] = {}
    for name, organisation in organisations(hospitals).items():
        if name in used:
            sites.setdefault(organisation, []).append(name)
    with replacing(xlsx) as temporary:
        write_template(temporary, interventions=interventions, sites=sites, lang=lang)
    record_files("template", xlsx)
    say = texts(lang)
    Console().print(say("template.written", path=xlsx), markup=False, soft_wrap=True)
