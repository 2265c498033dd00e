"""Sentences on what was asked of the optimum and what was found: on screen and on its page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from impact.concentration.choice import NEAREST
from impact.concentration.demand import MODELLED
from impact.concentration.run import moved_bound
from impact.outputs.wording import minutes_text, names_text, share_text, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from impact.concentration.optimise_study import Optimised, Redistribution
    from impact.outputs.texts import Texts


def asked_lines(each: Optimised, t: Texts) -> list[str]:
    """Say what was asked.

    Parameters
    ----------
    each
        One intervention.
    t
        Catalogue.

    Returns
    -------
    list of str
        Objective, how many locations, minimum, what counted as volume, locks, and who goes where.
    """
    return list(_asked(each, t))


def _asked(each: Optimised, t: Texts) -> Iterator[str]:
    problem, asked = each.problem, each.intervention
    limit, unit = t.number(problem.limit), t.unit(problem.unit)
    yield t(f"optimum.asked_{problem.objective}", limit=limit, unit=unit)
    least, most = t.number(problem.least), t.number(problem.most)
    many = int(problem.counted.sum())
    if problem.least == problem.most:
        yield t("optimum.asked_number", number=most, many=t.number(many))
    elif problem.most < many:
        yield t("optimum.asked_at_most", number=most, least=least, many=t.number(many))
    if problem.minimum:
        yield t(
            "optimum.asked_minimum", minimum=t.number(problem.minimum), unit=t.unit(problem.counts)
        )
        yield _volumes(each, t)
    else:
        yield t("optimum.asked_no_minimum")
    room = np.isfinite(problem.capacity)
    for key, names in (
        ("must_stay", asked.must_stay),
        ("must_stop", asked.must_stop),
        ("may_open", asked.may_open),
        ("capacity", [name for name, yes in zip(problem.names, room, strict=True) if yes]),
    ):
        if names:
            yield t(f"optimum.asked_{key}", names=names_text(t, sorted(names)))
    yield t("optimum.asked_nearest")
    if asked.allocation != NEAREST:
        yield t("optimum.asked_other_rule")


def _volumes(each: Optimised, t: Texts) -> str:
    key = each.volume.kind.replace(" ", "_") or "counted"
    return t(f"optimum.volumes_{key}", names=names_text(t, sorted(each.volume.scaled)))


def value_text(each: Optimised, value: float, t: Texts) -> str:
    """Write a value of the objective with its unit.

    Parameters
    ----------
    each
        One intervention.
    value
        Minutes, or demand beyond the limit; NaN gives a dash.
    t
        Catalogue.

    Returns
    -------
    str
    """
    if math.isnan(value):
        return "–"
    return whole_text(t, value) if each.problem.objective == "beyond" else minutes_text(t, value)


def found_lines(each: Optimised, t: Texts) -> list[str]:
    """Say what was found.

    Parameters
    ----------
    each
        One intervention.
    t
        Catalogue.

    Returns
    -------
    list of str
        Who stops, opens and stays, what that gains, and how sure it is; or why nothing was found.
    """
    optimum, best, problem = each.optimum, each.best, each.problem
    if best is None:
        key = "optimum.none" if optimum.status == "infeasible" else "optimum.not_in_time"
        return [t(key), *(f"- {reason}" for reason in optimum.reasons)]
    case, unit = best.case, t.unit(problem.unit)
    lines = [t("optimum.stops", names=names_text(t, case.stops) or t("optimum.nobody"))]
    if case.opens:
        lines.append(t("optimum.opens", names=names_text(t, case.opens)))
    lines.append(t("optimum.stays", names=names_text(t, case.stays)))
    ends = {"before": value_text(each, each.today, t), "after": value_text(each, best.value, t)}
    limit = t.number(problem.limit)
    lines.append(t(f"optimum.{problem.objective}", limit=limit, unit=unit, **ends))
    figures = case.figures
    if not math.isnan(figures["mean_extra_moved"]):
        lines.append(
            t(
                "optimum.moved",
                moved=whole_text(t, figures["moved"]),
                unit=unit,
                mean=minutes_text(t, figures["mean_extra_moved"]),
                tenth=minutes_text(t, figures["p90_extra"]),
            )
        )
    if problem.minimum:
        key = each.volume.kind.replace(" ", "_") or "counted"
        said = {"minimum": t.number(problem.minimum), "unit": t.unit(problem.counts)}
        lines.append(t(f"optimum.minimum_{key}", **said))
    if optimum.status == "optimal":
        lines.append(t("optimum.proven", gap=share_text(t, optimum.gap)))
    elif math.isnan(optimum.gap):
        lines.append(t("optimum.best_so_far"))
    else:
        lines.append(t("optimum.in_time", gap=share_text(t, optimum.gap)))
    return lines


def norm_line(each: Optimised, shown: Redistribution, t: Texts) -> str:
    """Hold the volumes of a redistribution against the norm, in a sentence.

    Parameters
    ----------
    each
        One intervention.
    shown
        One redistribution of it.
    t
        Catalogue.

    Returns
    -------
    str
        Who falls short and by how much; or that nobody does, or that nobody knows.
    """
    if each.intervention.norm is None:
        return t("optimum.norm_none")
    norm, case = float(each.intervention.norm), shown.case
    rows = shown.volumes[shown.volumes["location"].isin([*case.stays, *case.opens])]
    said = {"norm": t.number(norm)}
    if rows["volume_after"].isna().any():
        unknown = t("optimum.norm_unknown", **said)
        bound = moved_bound(case, each.problem.unit)
        if math.isnan(bound):
            return unknown
        return f"{unknown} {t('appendix.volumes_bound', bound=t.number(bound))}"
    short = rows[rows["meets_norm"] == "no"]
    if short.empty:
        lowest = whole_text(t, float(rows["volume_after"].min()))
        sentence = t("optimum.norm_met", lowest=lowest, **said)
    else:
        names = [
            t(
                "optimum.norm_short",
                name=name,
                volume=whole_text(t, volume),
                short=t.number(math.ceil(norm - volume)),
            )
            for name, volume in zip(short["location"], short["volume_after"], strict=True)
        ]
        sentence = t("optimum.norm_below", names=names_text(t, names), **said)
    modelled = bool((rows["kind"] == MODELLED).any())
    return f"{sentence} {t('optimum.norm_modelled')}" if modelled else sentence
