"""The card of one postcode: sentences that a patient understands, on screen and on one page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from impact.outputs.text import texts
from impact.outputs.text.card import CardFigures, card_words, roads_abroad, unknown_text
from impact.outputs.text.displayed import displayed_sentences
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import minutes_text, names_text, roads_text, status_badge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from impact.analysis.result import Result
    from impact.evidence.postcode import Spell, Trip
    from impact.outputs.text import Texts
    from impact.outputs.text.card import Pair


def trip_figures(result: Result, postcode: str, trip: Trip) -> CardFigures:
    """Return what the card shows of a trip."""
    both, ride = _pair(trip.back), trip.ride
    return CardFigures(
        before=trip.before,
        after=trip.after,
        now=trip.out.now,
        then=trip.out.then,
        margin=(trip.low.then, trip.high.then) if math.isfinite(trip.low.then) else None,
        peak=_pair(trip.peak),
        both=None if both is None else (trip.out.now + both[0], trip.out.then + both[1]),
        bus=None if ride is None else ride.minutes,
        changes=None if ride is None else ride.changes,
        last_home=None if ride is None else ride.last_home,
        without=None if ride is None else ride.without,
        ferry=str(result.postcodes.loc[postcode, "ferry"]),
        abroad=roads_abroad(result.manifest["roads"]),
    )


def _pair(spell: Spell) -> Pair | None:
    known = math.isfinite(spell.now) and math.isfinite(spell.then)
    return (spell.now, spell.then) if known else None


def trip_lines(
    t: Texts, figures: CardFigures, trip: Trip, published: tuple[float, float] | None
) -> list[str]:
    """Say on screen what the card says, and what was published."""
    said = card_words(t, figures)
    lines = [said.way, " · ".join(said.line), said.missing, published_line(t, trip, published)]
    return [said.headline, *(line for line in lines if line)]


def published_line(t: Texts, trip: Trip, published: tuple[float, float] | None) -> str:
    """Say what would have to be true for the published range to hold here; empty without one."""
    if published is None or not (math.isfinite(trip.out.now) and math.isfinite(trip.out.then)):
        return ""
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
    from impact.outputs.pages.page import environment, template_text

    t = texts(lang)
    here = result.postcodes.loc[postcode]
    place, town = here["place"], here["municipality"]
    where = " ".join(filter(None, (postcode, place, f"({town})" if town else "")))
    changed = {trip.case.intervention.name for trip in trips}
    profile = result.manifest["parameters"]["profile"].replace(" ", "_")
    # the second reading of a scenario stands on the screen only
    shown = [(trip, trip_figures(result, postcode, trip)) for trip in trips if trip.case.principal]
    page = (
        environment()
        .get_template("card_page.html.j2")
        .render(
            t=t,
            title=t("card.title", where=where),
            region=result.study.region,
            study=result.study.title,
            infinite=math.inf,
            trips=[
                {
                    "treatment": trip.case.intervention.name,
                    "plain": plain_treatment(t, trip.case.intervention.name),
                    "badge": status_badge(t, trip.case),
                    "case": t.scenario(trip.case.scenario),
                    "figures": figures,
                    "words": card_words(t, figures),
                    "published": published_line(t, trip, published),
                }
                for trip, figures in shown
            ],
            displayed=displayed_sentences(
                result.study, [trip.case for trip, _ in shown], t, measured=False
            ),
            same=[each.name for each in result.study.interventions if each.name not in changed],
            profile=t(f"common.profile_{profile}"),
            one_way=t.one_way(str(result.manifest["roads"]["kind"])),
            roads=roads_text(t, result.manifest["roads"]),
            unknown=unknown_text(t, result),
            manifest=result.manifest,
            css=template_text("card.css") + template_text("card_page.css"),
        )
    )
    path.write_text(page, encoding="utf-8", newline="\n")
