"""The card of one postcode: sentences that a patient understands, on screen and on one page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from impact.outputs.pages.page import environment, template_text
from impact.outputs.screen import case_name
from impact.outputs.text import texts
from impact.outputs.text.wording import minutes_text, names_text, roads_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from impact.analysis.result import Result
    from impact.evidence.postcode import Trip
    from impact.outputs.text import Texts

_HOUR, _HALF_HOUR, _NEAR = 60, 30, 2


def duration_text(t: Texts, minutes: float) -> str:
    """Write how long something takes, as people say it.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> [duration_text(texts("nl"), each) for each in (43.0, 112.0, 61.0, 99.0)]
    ['ongeveer 45 minuten', 'bijna 2 uur', 'ongeveer 1 uur', 'ruim anderhalf uur']
    """
    if minutes < _HOUR - _NEAR:
        return t("card.about", time=t("card.minutes", count=5 * round(minutes / 5.0)))
    halves = round(minutes / _HALF_HOUR)
    rest = minutes - halves * _HALF_HOUR
    hours = halves // 2
    if halves % 2 == 0:
        time = t("card.hours", count=hours)
    else:
        time = t("card.hour_and_half") if hours == 1 else t("card.hours_and_half", count=hours)
    if abs(rest) <= _NEAR:
        return t("card.about", time=time)
    return t("card.nearly" if rest < 0.0 else "card.over", time=time)


def trip_lines(t: Texts, trip: Trip, published: tuple[float, float] | None) -> list[str]:
    """Say what a case means here, most important first."""
    if not math.isfinite(trip.out.then):
        return [t("card.no_route")]
    now, then = round(trip.out.now), round(trip.out.then)
    lines = [t("card.one_way", now=now, then=then)]
    both = trip.out.then + trip.back.then
    if math.isfinite(both):
        before = duration_text(t, trip.out.now + trip.back.now)
        lines[0] += t("card.return", then=duration_text(t, both), now=before)
    if math.isfinite(trip.low.then):
        low, high = round(trip.low.then), round(trip.high.then)
        lines.append(t("card.margin", then=then, low=min(low, then), high=max(high, then)))
    if math.isfinite(trip.peak.then):
        lines.append(t("card.peak", now=round(trip.peak.now), then=round(trip.peak.then)))
    if published is not None:
        lines.append(_needed(t, trip, published))
    return lines


def _needed(t: Texts, trip: Trip, published: tuple[float, float]) -> str:
    """Say what would have to be true for the published range to hold here."""
    low, high = (round(end) for end in published)
    extra = round(trip.out.then) - round(trip.out.now)
    fields = {"low": low, "high": high, "extra": minutes_text(t, float(abs(extra)))}
    if extra <= high:
        return t("card.claim_inside" if extra >= low else "card.claim_below", **fields)
    limit = round(trip.out.now) + high
    near = [name for name, minutes in trip.within if round(minutes) <= limit]
    others = [name for name in near if name not in trip.before]
    if others:
        return t("card.claim_other", limit=limit, names=names_text(t, others), **fields)
    return t("card.claim_stay", limit=limit, names=names_text(t, trip.before), **fields)


def write_card(
    result: Result,
    postcode: str,
    trips: Sequence[Trip],
    path: Path,
    *,
    published: tuple[float, float] | None,
    lang: str = "nl",
) -> None:
    """Write the card as a page that prints on one sheet."""
    t = texts(lang)
    here = result.postcodes.loc[postcode]
    town = here["municipality"]
    changed = {trip.case.intervention.name for trip in trips}
    profile = result.manifest["parameters"]["profile"].replace(" ", "_")
    page = (
        environment()
        .get_template("card.html.j2")
        .render(
            t=t,
            title=t("card.title", where=f"{postcode} ({town})" if town else postcode),
            region=result.study.region,
            study=result.study.title,
            trips=[
                {
                    "treatment": trip.case.intervention.name,
                    "case": case_name(trip.case, t),
                    "before": names_text(t, trip.before),
                    "after": names_text(t, trip.after) or t("common.no_route"),
                    "lines": trip_lines(t, trip, published),
                }
                for trip in trips
                # the second reading of a scenario stands on the screen only
                if trip.case.principal
            ],
            same=[each.name for each in result.study.interventions if each.name not in changed],
            ferry=t.entries.get(f"common.{str(here['ferry']).replace(' ', '_')}", ""),
            profile=t(f"common.profile_{profile}"),
            one_way=t.one_way(str(result.manifest["roads"]["kind"])),
            roads=roads_text(t, result.manifest["roads"]),
            manifest=result.manifest,
            css=template_text("card.css"),
        )
    )
    path.write_text(page, encoding="utf-8", newline="\n")
