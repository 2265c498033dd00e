"""What `impact sweep` prints: per treatment how many candidates there are, and between what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.concentration.rule_marks import MEDIAN_RULE
from impact.outputs.sweep_data import published_range
from impact.outputs.texts import texts
from impact.outputs.wording import minutes_text, whole_text

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from impact.concentration.sweep_study import StudySweep, Swept
    from impact.outputs.texts import Texts


def print_sweep(console: Console, sweep: StudySweep, folder: Path, *, lang: str) -> None:
    """Print the short answer of a sweep and where its files are.

    Parameters
    ----------
    console
        Where to.
    sweep
        What was swept.
    folder
        That it was written to.
    lang
        ``nl`` or ``en``.
    """
    t = texts(lang)
    kind = str(sweep.inputs.times.manifest["roads"]["kind"])
    title = t("sweep.screen_title", title=sweep.study.title, one_way=t.one_way(kind))
    console.print(title, style="bold", markup=False)
    for each in sweep.swept:
        console.print(f"\n{each.intervention.name}", style="bold", markup=False)
        for line in _lines(each, t):
            console.print(f"  {line}", markup=False)
    known = published_range(sweep)
    console.print("")
    if known is not None:
        console.print(t("sweep.screen_published", **known), markup=False)
    for key, path in (("page", folder / "sweep.html"), ("tables", folder)):
        line = t(f"sweep.screen_{key}", path=path.resolve())
        console.print(line, markup=False, soft_wrap=True)


def _lines(swept: Swept, t: Texts) -> list[str]:
    table = swept.table
    count = t.number(len(table))
    means = table["mean_extra_moved"].dropna()
    if means.empty:
        return [t("sweep.screen_none", count=count)]
    ends = {"low": whole_text(t, means.min()), "high": whole_text(t, means.max())}
    out = [t("sweep.screen_line", count=count, front=t.number(table["on_front"].sum()), **ends)]
    middle = table[table["rules"].str.split("; ").map(lambda rules: MEDIAN_RULE in rules)]
    for row in middle.to_dict("records"):
        fields = {
            "mean": minutes_text(t, row["mean_extra_moved"]),
            "tenth": minutes_text(t, row["p90_extra"]),
        }
        out.append(t("sweep.screen_middle", stops=row["stops"] or t("sweep.nobody"), **fields))
    return out
