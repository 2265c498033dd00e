"""portfolio.html and its tables: one choice per treatment at once, who wins and loses what."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.analysis.portfolio import chosen_cases, summed_rows
from impact.analysis.portfolio_matrix import COLUMNS, ENDS, GETS, GROWS, LOSES
from impact.analysis.result import run_manifest
from impact.model.demand import PATIENTS
from impact.outputs.files.columns import columns_of, write_csv
from impact.outputs.files.folder import write_folder
from impact.outputs.pages.map_layers import inputs_by_pc4
from impact.outputs.pages.page import write_evidence_page
from impact.outputs.pictures.atlas import WIDTH, case_maps
from impact.outputs.text import texts
from impact.outputs.text.people import volume_text
from impact.outputs.text.wording import (
    known_text,
    minutes_at_least,
    minutes_at_most,
    minutes_text,
    names_text,
    note_language,
    note_text,
    roads_text,
    share_at_least,
    share_text,
)
from impact.storage import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from impact.analysis.portfolio import Point, StudyPortfolio
    from impact.model.case import Case
    from impact.optimise.conditions import Condition
    from impact.outputs.pictures.atlas import Atlas
    from impact.outputs.text import Texts

PORTFOLIO_FILES = (
    "choices.csv",
    "organisations.csv",
    "municipalities.csv",
    "front.csv",
    "conditions.csv",
    "portfolio.html",
    MANIFEST,
)
"""What a portfolio writes, and may replace."""

CHOICES = columns_of("intervention stops opens mean_extra_all demand unit candidates")
ORGANISATIONS = columns_of(" ".join(COLUMNS))
MUNICIPALITIES = columns_of("municipality demand mean_extra_all")
FRONT = columns_of(
    "name mean_extra_all worst_municipality_extra least_share status gap stops", least_share="share"
)
CONDITIONS = columns_of("condition organisation treatments asked back quantity text price")

_PLACES = 10
_LINES = 6
_MARKS = {"keeps": "●", "grows": "▲", "loses": "✕", "gets": "✚", "": "–"}
_FRONT_WIDTH, _FRONT_HEIGHT, _MARGIN = 640.0, 300.0, 46.0


def write_portfolio(
    result: StudyPortfolio, folder: Path, *, lang: str = "nl", force: bool = False
) -> None:
    """Write the portfolio: page, tables and manifest; every file, or none."""
    texts(lang)

    def write(temporary: Path) -> Mapping[str, Any]:
        for frame, columns, name in (
            (result.choices, CHOICES, "choices"),
            (result.matrix, ORGANISATIONS, "organisations"),
            (result.municipalities, MUNICIPALITIES, "municipalities"),
            (_front_frame(result), FRONT, "front"),
            (_condition_frame(result), CONDITIONS, "conditions"),
        ):
            write_csv(frame, columns, temporary / f"{name}.csv")
        cases = chosen_cases(result)
        manifest = _manifest(result, cases)
        _write_page(result, cases, temporary / "portfolio.html", manifest=manifest, lang=lang)
        return manifest

    write_folder(folder, PORTFOLIO_FILES, command="portfolio", write=write, force=force)


def _front_frame(result: StudyPortfolio) -> pd.DataFrame:
    rows = [
        {
            "name": point.name,
            "mean_extra_all": point.travel,
            "worst_municipality_extra": point.worst,
            "least_share": point.balance,
            "status": point.chosen.status,
            "gap": point.chosen.gap,
            "stops": " | ".join(
                f"{each.name}: {', '.join(each.stops[picked])}"
                for each, picked in zip(
                    result.portfolio.treatments, point.chosen.choice, strict=True
                )
            ),
        }
        for point in result.front
    ]
    return pd.DataFrame(rows, columns=[column.name for column in FRONT])


def _condition_frame(result: StudyPortfolio) -> pd.DataFrame:
    rows = []
    for each, price in zip(result.conditions, result.prices["price"], strict=True):
        asked = each.condition
        rows.append(
            {
                "condition": asked.kind,
                "organisation": asked.organisation,
                "treatments": "; ".join(asked.treatments),
                "asked": asked.value,
                "back": asked.back,
                "quantity": asked.quantity,
                "text": asked.text,
                "price": price,
            }
        )
    return pd.DataFrame(rows, columns=[column.name for column in CONDITIONS])


def _manifest(result: StudyPortfolio, cases: Sequence[Case]) -> dict[str, Any]:
    out = run_manifest(
        result.study,
        result.inputs,
        cases=cases,
        notes=result.notes,
        sources=result.sources,
    )
    best = result.best
    out["portfolio"] = {
        "objective": result.objective,
        "conditions": len(result.conditions),
        "candidates": {each.name: len(each.stops) for each in result.portfolio.treatments},
        "left_out": {each.name: each.left_out for each in result.portfolio.treatments},
        "university_hospitals_stay": {
            "on": result.study.university_hospitals_stay,
            "kept": {name: list(kept) for name, kept in result.kept.items() if kept},
            "dropped": list(result.dropped),
        },
        "status": "infeasible" if best is None else best.chosen.status,
        "gap": None if best is None else best.chosen.gap,
        "unit": PATIENTS if _patients(result) else "each treatment weighs the same",
    }
    return out


def _patients(result: StudyPortfolio) -> bool:
    return bool((result.portfolio.weights == 1.0).all()) and all(
        each.unit == PATIENTS for each in result.portfolio.treatments
    )


def condition_text(t: Texts, asked: Condition) -> str:
    """Say a condition in words: those of its table where it has any."""
    if asked.text:
        return asked.text
    named = names_text(t, list(asked.treatments)) or t("portfolio.all_treatments")
    known = not math.isnan(asked.value)
    kind = f"{asked.kind}_of" if asked.quantity else asked.kind
    return t(
        f"portfolio.cond_{kind}",
        quantity=_quantity_text(t, asked.quantity) if asked.quantity else "",
        organisation=asked.organisation or t("portfolio.every"),
        treatments=named,
        value=f"{asked.value:g}".replace(".", "," if t.lang == "nl" else "."),
        share=share_text(t, asked.value) if known else "",
        count=t.number(asked.value) if known else "",
        back="" if math.isnan(asked.back) else t.number(asked.back),
        minutes=minutes_at_most(t, asked.value) if known else "",
    )


def _quantity_text(t: Texts, quantity: str) -> str:
    """Name a quantity of the workbook inside a sentence."""
    name = t(f"template.{quantity}")
    return name[:1].lower() + name[1:]


def _rule(result: StudyPortfolio, t: Texts) -> Iterator[str]:
    """Say who stays by the rule, and what that leaves out."""
    if not result.study.university_hospitals_stay:
        yield t("portfolio.rule_off")
        return
    names = sorted(
        {name for key, kept in result.kept.items() if key not in result.dropped for name in kept}
    )
    if names:
        yield t("portfolio.rule", names=names_text(t, names))


def _reason(t: Texts, key: str, fields: Mapping[str, Any]) -> str:
    said = dict(fields)
    if "names" in said:
        said["names"] = names_text(t, list(said["names"]))
    if "quantity" in said:
        said["quantity"] = _quantity_text(t, said["quantity"])
    if key in {"keeps_share", "at_most_share"}:
        down, up = math.floor, math.ceil
        first, last = (down, up) if key == "keeps_share" else (up, down)
        said |= {
            "best": t.number(first(100.0 * said["best"])),
            "asked": t.number(last(100.0 * said["asked"])),
        }
    elif key == "norm":
        said |= {
            "most": t.number(math.floor(said["most"])),
            "norm": t.number(math.ceil(said["norm"])),
        }
    elif "best" in said:
        said |= {"best": t.number(said["best"]), "asked": t.number(said["asked"])}
    return t(f"portfolio.reason_{key}", **said)


def answer_lines(result: StudyPortfolio, t: Texts) -> list[str]:
    """Say what was found, in sentences."""
    return list(_answer(result, t))


def _answer(result: StudyPortfolio, t: Texts) -> Iterator[str]:
    best = result.best
    if best is None:
        yield t("portfolio.none")
        if np.isinf(result.prices["price"].to_numpy(np.float64)).any():
            yield t("portfolio.none_price")
    else:
        count = t.number(len(result.portfolio.treatments))
        yield t("portfolio.found", travel=minutes_text(t, best.travel), count=count)
        yield t("portfolio.found_worst", worst=minutes_text(t, best.worst))
        if best.balance > 0.0:
            yield t("portfolio.kept", share=share_at_least(t, best.balance))
        else:
            yield emptied_text(t, _emptied(result))
        if result.conditions:
            yield t("portfolio.single", single=minutes_text(t, result.single))
        if best.chosen.status == "optimal":
            yield t("portfolio.proven")
        else:
            yield t("portfolio.in_time", gap=share_text(t, best.chosen.gap))
    yield t("portfolio.unit_patients" if _patients(result) else "portfolio.unit_equal")
    yield from _rule(result, t)
    for key, fields in result.reasons:
        yield _reason(t, key, fields)


def emptied_text(t: Texts, names: Sequence[str]) -> str:
    """Name who loses all it does, and how many they are."""
    if len(names) == 1:
        return t("portfolio.kept_none_one", name=names[0])
    return t("portfolio.kept_none", count=t.number(len(names)), names=names_text(t, names))


def _emptied(result: StudyPortfolio) -> list[str]:
    sums = result.matrix.groupby("organisation")[["volume_before", "volume_after"]].sum()
    gone = (sums["volume_before"] > 0.0) & (sums["volume_after"] == 0.0)
    return [str(name) for name in sums.index[gone]]


def _write_page(
    result: StudyPortfolio,
    cases: Sequence[Case],
    path: Path,
    *,
    manifest: Mapping[str, Any],
    lang: str,
) -> None:
    t = texts(lang)
    atlas = _atlas(result, cases) if cases else None
    times = manifest["times"]
    total = sum(len(each.stops) for each in result.portfolio.treatments)
    write_evidence_page(
        path,
        "portfolio",
        t,
        manifest={**manifest, "roads_sha256": times.get("roads_sha256", times.get("sha256", ""))},
        shown={
            "study": result.study,
            "one_way": t.one_way(str(manifest["roads"]["kind"])),
            "profile": known_text(t, "common.profile", str(manifest["parameters"]["profile"])),
            "answer": answer_lines(result, t),
            "treatments": [each.name for each in result.portfolio.treatments],
            "organisations": _organisations(result, t),
            "hidden": bool(result.matrix[list(ENDS)].notna().any(axis=None)),
            "marks": _MARKS,
            "front": [_point(result, point, t) for point in result.front],
            "axes": _axes(result, t),
            "size": (_FRONT_WIDTH, _FRONT_HEIGHT, _MARGIN),
            "conditions": _conditions(result, t),
            "choices": [_choice(row, t) for row in result.choices.to_dict("records")],
            "places": [
                (row["municipality"], minutes_text(t, row["mean_extra_all"]))
                for row in result.municipalities.head(_PLACES).to_dict("records")
                if row["mean_extra_all"] > 0.0
            ],
            "how": t(
                "portfolio.how_count",
                count=t.number(total),
                treatments=t.number(len(result.portfolio.treatments)),
            ),
            "atlas": atlas,
            "width": WIDTH,
            "bands": () if atlas is None else atlas.legend,
            "notes": [(note_text(t, note), note_language(t, note)) for note in result.notes],
        },
    )


def _atlas(result: StudyPortfolio, cases: Sequence[Case]) -> Atlas:
    """Draw one map: the minutes of all treatments together, by PC4."""
    inputs = result.inputs
    places, coarse = inputs_by_pc4(result.study, inputs, cases)
    performing = sorted({name for case in coarse for name in (*case.stays, *case.opens)})
    one = replace(coarse[0], stops=(), opens=(), stays=tuple(performing))
    return case_maps([one], places, inputs.hospitals, summed_rows(result, coarse))


def _organisations(result: StudyPortfolio, t: Texts) -> list[dict[str, Any]]:
    """Rows of the matrix: who gives most first."""
    rows = []
    names = [each.name for each in result.portfolio.treatments]
    weights = dict(zip(names, result.portfolio.weights.tolist(), strict=True))
    for name, part in result.matrix.groupby("organisation", sort=True):
        # weighed as the conditions are: patients of one treatment and residents of another differ
        weight = part["intervention"].map(weights)
        before, after = (
            float((part[column] * weight).sum()) for column in ("volume_before", "volume_after")
        )
        cells = [
            {
                "state": row["state"],
                "text": t(f"portfolio.state_{row['state'] or 'none'}"),
                "numbers": _numbers(row, t) if row["state"] else "",
            }
            for row in part.to_dict("records")
        ]
        states = [cell["state"] for cell in cells]
        rows.append(
            {
                "name": str(name),
                "cells": cells,
                "share": "–" if before == 0.0 else share_text(t, after / before),
                "lost": states.count(LOSES),
                "got": states.count(GETS) + states.count(GROWS),
                "order": after / before if before else math.inf,
            }
        )
    return sorted(rows, key=lambda row: (row["order"], row["name"]))


def _numbers(row: Mapping[Any, Any], t: Texts) -> str:
    """Write a volume before and after, with the bounds that hidden counts leave."""
    if row["state"] == LOSES:
        row = {**row, "volume_after": 0.0, **dict.fromkeys(ENDS[2:], math.nan)}
    return " → ".join(volume_text(t, row, when) for when in ("before", "after"))


def _axes(result: StudyPortfolio, t: Texts) -> dict[str, Any]:
    least = min((point.travel for point in result.front), default=0.0)
    more = [_more(point.travel, least) for point in result.front]
    top = max([*more, 0.01])
    step = next(each for each in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1e9) if top / each <= _LINES)
    wide, high = _FRONT_WIDTH - 2 * _MARGIN, _FRONT_HEIGHT - 2 * _MARGIN
    top = step * math.ceil(top / step)

    def at(x: float, y: float) -> tuple[float, float]:
        return round(_MARGIN + wide * x, 1), round(_FRONT_HEIGHT - _MARGIN - high * y / top, 1)

    return {
        "points": [
            (*at(min(point.balance, 1.0), height), point.name)
            for point, height in zip(result.front, more, strict=True)
        ],
        "x": [(at(x / 4, 0.0)[0], f"{25 * x}%") for x in range(5)],
        "y": [
            (at(0.0, step * k)[1], f"+{t.number(100.0 * step * k)}%")
            for k in range(round(top / step) + 1)
        ],
    }


def _more(travel: float, least: float) -> float:
    return (travel - least) / least if least > 0.0 else 0.0


def _point(result: StudyPortfolio, point: Point, t: Texts) -> dict[str, str]:
    least = min(each.travel for each in result.front)
    more = share_text(t, _more(point.travel, least))
    done = point.chosen.status == "optimal"
    gap = share_text(t, point.chosen.gap)
    return {
        "name": t(f"portfolio.point_{point.name or 'other'}"),
        "travel": f"{minutes_text(t, point.travel)} (+{more})",
        "worst": minutes_at_least(t, point.worst),
        "balance": share_at_least(t, point.balance),
        "proof": t("portfolio.yes") if done else t("portfolio.no_gap", gap=gap),
    }


def _conditions(result: StudyPortfolio, t: Texts) -> list[tuple[str, str]]:
    rows = []
    for each, price in zip(result.conditions, result.prices["price"], strict=True):
        if math.isnan(price):
            said = t("portfolio.price_unknown")
        elif math.isinf(price):
            said = t("portfolio.price_impossible")
        elif price <= 0.0 or result.best is None:
            said = t("portfolio.price_none")
        else:
            least = result.best.travel - price
            said = f"{minutes_text(t, price)} (+{share_text(t, _more(result.best.travel, least))})"
        rows.append((condition_text(t, each.condition), said))
    return rows


def _choice(row: Mapping[Any, Any], t: Texts) -> dict[str, str]:
    stops = str(row["stops"]).replace("; ", ", ")
    return {
        "name": str(row["intervention"]),
        "stops": stops or t("portfolio.nobody"),
        "mean": minutes_text(t, row["mean_extra_all"]),
        "candidates": t.number(row["candidates"]),
    }


def print_portfolio(console: Console, result: StudyPortfolio, folder: Path, *, lang: str) -> None:
    """Print the answer and where its files are."""
    t = texts(lang)
    title = f"{result.study.title}: {t('portfolio.page_title')}"
    console.print(title, style="bold", markup=False)
    for line in answer_lines(result, t):
        console.print(line, markup=False, highlight=False)
    for text, price in _conditions(result, t):
        said = f"  {text}; {t('portfolio.c_price').lower()}: {price}"
        console.print(said, markup=False, highlight=False)
    for row in (_choice(row, t) for row in result.choices.to_dict("records")):
        line = f"  {row['name']}: {t('portfolio.c_stops').lower()} {row['stops']}"
        console.print(line, markup=False, highlight=False)
    if roads := roads_text(t, result.inputs.times.manifest["roads"]):
        console.print(roads, markup=False)
    console.print(t("portfolio.advice"), markup=False)
    page = (folder / "portfolio.html").resolve()
    console.print(t("portfolio.page", path=page), markup=False, soft_wrap=True)
    console.print(t("portfolio.tables", path=folder.resolve()), markup=False, soft_wrap=True)
