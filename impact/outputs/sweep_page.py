"""sweep.html: every possible choice as a point that opens its map, in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.outputs.bands import BANDS, NO_ROUTE, NOBODY, SHORTER
from impact.outputs.pages import environment, json_script, template_text
from impact.outputs.sweep_data import page_data
from impact.outputs.texts import texts
from impact.outputs.wording import known_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from impact.concentration.sweep_study import StudySweep

_SCRIPTS = ("canvas_fills.js", "sweep_map.js", "sweep_chart.js", "sweep.js")
AXES = (
    "mean_extra_moved",
    "mean_extra_all",
    "p90_extra",
    "max_extra",
    "beyond_30_after",
    "beyond_45_after",
    "beyond_60_after",
    "moved",
    "locations_after",
    "lowest_volume",
)
"""Figures that a reader may put on an axis."""


def write_sweep_page(
    sweep: StudySweep, path: Path, *, manifest: Mapping[str, Any], lang: str = "nl"
) -> None:
    """Write sweep.html.

    Parameters
    ----------
    sweep
        What was swept.
    path
        File to write.
    manifest
        Of the sweep.
    lang
        ``nl`` or ``en``.

    Notes
    -----
    The page asks for nothing outside itself.
    """
    t = texts(lang)
    profile = str(manifest["parameters"]["profile"])
    data = page_data(sweep, t)
    data["bands"] = [
        {
            "key": band.key,
            "text": t(f"common.{band.key}"),
            "high": _end(band.high),
            "fill": band.colour,
        }
        for band in (*BANDS, SHORTER, NOBODY, NO_ROUTE)
    ]
    page = (
        environment()
        .get_template("sweep.html.j2")
        .render(
            t=t,
            sweep=sweep,
            manifest=manifest,
            axes=AXES,
            profile=known_text(t, "common.profile", profile),
            one_way=t.one_way(str(manifest["roads"]["kind"])),
            screening=manifest["roads"]["kind"] == "screening",
            published=data["published"],
            css=template_text("sweep.css"),
            scripts=[template_text(name) for name in _SCRIPTS],
            data=json_script("sweep-data", data),
        )
    )
    path.write_text(page, encoding="utf-8", newline="\n")


def _end(high: float) -> float | None:
    return high if -1e9 < high < 1e9 else None  # noqa: PLR2004 (JSON knows no infinity)
