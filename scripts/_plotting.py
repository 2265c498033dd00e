"""Draw how the cost of a matrix grows with the network and with the destinations."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

Grown = dict[tuple[str, str, int, int], float]
"""Processor seconds by engine, step, junctions and destinations."""


def draw_growth(grown: Grown, path: Path) -> None:
    """Draw seconds against junctions, a line per engine and step, a panel per destination count."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    counts = sorted({count for *_, count in grown})
    engines = list(dict.fromkeys(name for name, *_ in grown))
    figure, panels = plt.subplots(
        1, len(counts), figsize=(10, 4.2), sharex=True, sharey=True, squeeze=False
    )
    for panel, count in zip(panels[0], counts, strict=True):
        for place, engine in enumerate(engines):
            for step, line in (("first matrix", "-"), ("other speeds", "--")):
                rows = sorted(
                    (n, s)
                    for (e, t, n, c), s in grown.items()
                    if (e, t, c) == (engine, step, count)
                )
                panel.loglog(
                    [nodes for nodes, _ in rows],
                    [seconds for _, seconds in rows],
                    line,
                    marker="o",
                    ms=3,
                    color=f"C{place}",
                    label=f"{engine}, {step}" if rows else None,
                )
        panel.set_title(f"{count:,} destinations", fontsize=9)
        panel.set_xlabel("junctions")
        panel.xaxis.set_minor_formatter("")
        panel.grid(visible=True, which="major", alpha=0.3)
    panels[0][0].set_ylabel("seconds")
    lines, labels = panels[0][0].get_legend_handles_labels()
    figure.tight_layout(rect=(0, 0.12, 1, 1))
    figure.legend(lines, labels, fontsize=7, ncols=3, loc="lower center")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    plt.close(figure)
