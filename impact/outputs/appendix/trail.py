"""Chapters that a reader needs to check a run, or to repeat it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.model.allocation_rule import NEAREST
from impact.outputs.appendix.blocks import (
    FORMULA,
    NOTE,
    Bullets,
    Grid,
    Heading,
    Paragraph,
    lines_of,
)
from impact.outputs.files.columns import NUMBER, TEXT
from impact.outputs.files.sheets import Header
from impact.outputs.text.assumptions import assumptions, manifest_entries, sources
from impact.outputs.text.wording import (
    LISTING_STATUSES,
    ferry_text,
    known_text,
    listing_counts,
    listing_status,
    remark_text,
    source_text,
    status_text,
    unconfirmed_text,
)
from impact.times.files import OWN_MATRIX

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    import pandas as pd

    from impact.analysis.result import Result
    from impact.outputs.appendix.blocks import Block
    from impact.outputs.text import Texts

CLAIM_COLUMNS = (
    "claim",
    "kind",
    "region",
    "verdict",
    "figure",
    "low",
    "high",
    "definition",
    "reason",
)
"""Columns of claims.csv, of which those that are there are shown."""

_TIME, _WHO, _BOUND = "appendix.method_time", "appendix.method_who", "appendix.method_bound"
_METHOD = (
    ("", "appendix.method_question", ""),
    ("appendix.h_method_time", _TIME, "appendix.formula_time"),
    ("appendix.h_method_who", _WHO, "appendix.formula_extra"),
    ("appendix.h_method_measures", "appendix.method_mean", "appendix.formula_mean"),
    ("", "appendix.method_mean_all", ""),
    ("", "appendix.method_tenth", ""),
    ("", "appendix.method_beyond", ""),
    ("", _BOUND, "appendix.formula_bound"),
)


def trail(
    result: Result, t: Texts, *, files: Mapping[str, str], claims: pd.DataFrame | None
) -> Iterator[Block]:
    """Lay out claims, method, assumptions, providers and sources, and last how to repeat a run."""
    yield from _claims(claims, t)
    yield from _method(result, t)
    yield from _assumptions(result, t)
    yield from _providers(result, t)
    yield from _sources(result, t)
    yield from _repeat(result, t, files, claims)


def _claims(claims: pd.DataFrame | None, t: Texts) -> Iterator[Block]:
    if claims is None:
        return
    yield Heading(1, t("appendix.h_claims"), key="claims")
    shown = [name for name in CLAIM_COLUMNS if name in claims]
    headers = tuple(Header(t(f"appendix.claim_{name}"), TEXT) for name in shown)
    rows = tuple(tuple(row[name] for name in shown) for row in claims.to_dict("records"))
    yield Grid(t("appendix.claims_caption"), headers, rows)


def _method(result: Result, t: Texts) -> Iterator[Block]:
    own = result.manifest["roads"]["kind"] == OWN_MATRIX
    bounded = result.summary["moved_bound"].notna().any()
    rules = {each["rule"] for each in result.manifest["parameters"]["allocation"].values()}
    yield Heading(1, t("appendix.h_method"), key="method")
    for title, text, formula in _METHOD:
        if title:
            yield Heading(2, t(title))
        if text == _BOUND and not bounded:
            continue
        if text == _TIME and own:
            yield Paragraph(t("appendix.method_own_time"))
            continue
        other = text == _WHO and rules != {NEAREST}
        yield Paragraph(t("appendix.method_who_other" if other else text))
        if formula:
            yield Paragraph(t(formula), FORMULA)
    if len(result.groups):
        yield Paragraph(t("groups.intro"))


def _assumptions(result: Result, t: Texts) -> Iterator[Block]:
    yield Heading(1, t("report.h_assumptions"), key="assumptions")
    yield Grid(
        t("appendix.assumptions_caption"),
        (Header(t("tables.subject"), TEXT, 26), Header(t("tables.assumption"), TEXT, 110)),
        tuple(
            (each.subject, Paragraph(each.text, lang=each.lang)) for each in assumptions(result, t)
        ),
    )
    rows = result.postcodes[result.postcodes["ferry"] != ""]
    if len(rows):
        found = rows.groupby(["municipality", "ferry"], sort=True).size()
        yield Heading(2, t("report.h_water"))
        yield Bullets(
            tuple(
                t("report.water_line", place=place, count=count, remark=ferry_text(t, str(remark)))
                for (place, remark), count in found.items()
            )
        )


def _providers(result: Result, t: Texts) -> Iterator[Block]:
    yield Heading(1, t("report.h_providers"), key="providers")
    yield Paragraph(f"{unconfirmed_text(t, result.providers)} {t('report.providers_intro')}")
    listed = list(result.providers.groupby("intervention", sort=True))
    yield Grid(
        t("report.providers_caption"),
        (
            Header(t("report.c_intervention"), TEXT, 34),
            *(Header(status_text(t, each), NUMBER, 12) for each in LISTING_STATUSES),
        ),
        tuple(
            (str(name), *(float(listing_counts(rows)[each]) for each in LISTING_STATUSES))
            for name, rows in listed
        ),
    )
    yield Grid(
        t("report.providers_all"),
        (
            Header(t("report.c_intervention"), TEXT, 26),
            Header(t("report.c_location"), TEXT, 28),
            Header(t("report.c_status"), TEXT, 16),
            Header(t("report.c_source"), TEXT, 44),
            Header(t("report.c_year"), TEXT, 12),
            Header(t("report.c_note"), TEXT, 36),
        ),
        tuple(
            _listing(str(name), row, t)
            for name, rows in listed
            for row in rows.sort_values("location", kind="stable").to_dict("records")
        ),
        folded=True,
    )


def _listing(name: str, row: Mapping[Hashable, object], t: Texts) -> tuple[str, ...]:
    """Write one listing; one that was corrected says by whom and why."""
    source, by = str(row["source"]), str(row["overridden_by"])
    corrected = ""
    if by:
        key = "report.corrected_in" if row["performs"] == "yes" else "report.corrected_out"
        corrected = t(key, by=by, reason=str(row["reason"]))
    return (
        name,
        str(row["location"]),
        status_text(t, listing_status(str(row["status"]), source, by)),
        source_text(t, source),
        known_text(t, "tables.value", str(row["year"])),
        lines_of(remark_text(t, str(row["note"])), corrected),
    )


def _sources(result: Result, t: Texts) -> Iterator[Block]:
    yield Heading(1, t("appendix.h_sources"), key="sources")
    yield Grid(
        t("report.sources_caption"),
        (
            Header(t("tables.source_name"), TEXT, 34),
            Header(t("tables.source_origin"), TEXT, 50),
            Header(t("tables.source_year"), TEXT, 14),
            Header(t("tables.source_licence"), TEXT, 24),
            Header(t("tables.source_hash"), TEXT, 34),
        ),
        tuple((x.name, x.origin, x.year, x.licence, x.sha256) for x in sources(result, t)),
    )


def _repeat(
    result: Result, t: Texts, files: Mapping[str, str], claims: pd.DataFrame | None
) -> Iterator[Block]:
    yield Heading(1, t("appendix.h_repeat"), key="repeat")
    yield Paragraph(t("appendix.repeat_intro", file=result.manifest["study"]["file"]))
    if claims is None:
        yield Paragraph(t("appendix.claims_none"), NOTE)
    yield Grid(
        t("appendix.manifest_caption"),
        (Header(t("appendix.c_entry"), TEXT, 40), Header(t("appendix.c_value"), TEXT, 90)),
        tuple(manifest_entries(t, result.manifest)),
    )
    # tables only: other files hold this report, or the day on which they were written
    if tables := sorted(pair for pair in files.items() if pair[0].endswith(".csv")):
        yield Grid(
            t("appendix.files_caption"),
            (Header(t("appendix.c_file"), TEXT, 30), Header(t("tables.source_hash"), TEXT, 68)),
            tuple(tables),
        )
