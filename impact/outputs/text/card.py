"""The place card: what one case means for one place, in the same words wherever it is shown.

`templates/card.js` says the same of the same figures in a browser; a test holds the two together.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from impact.bundled import study_paths
from impact.outputs.text.rounding import rounded_difference, rounded_down, rounded_up
from impact.outputs.text.wording import (
    minutes_text,
    names_text,
    share_text,
    shipped_streets,
    whole_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.analysis.result import Result
    from impact.outputs.text import Texts

_HOUR, _HALF_HOUR, _NEAR = 60, 30, 2

Pair = tuple[float, float]
"""Now and then, or the least and the most, in minutes."""


@dataclass(frozen=True)
class CardFigures:
    """What a card shows; infinite minutes: no route; `None`: not computed.

    Attributes
    ----------
    before, after
        Hospitals now and then.
    now, then
        Minutes one way; the mean where there are several postcodes.
    postcodes
        How many the card is about.
    spread
        Least and most minutes then, over several postcodes.
    margin
        Low and high end of the minutes then.
    peak, both
        Now and then: one way in the peak, there and back.
    bus
        Now and then, by public transport, of who has a connection; infinite: nobody has one.
    changes
        Of the trip by public transport then; `None`: not known, or several trips.
    last_home
        Seconds of the day after which nobody gets home by public transport then; `None`: not known.
    without
        Shares of people (0 to 1) without a connection now and then, where some have one.
    ferry
        As in flows.csv: empty, ``car ferry``, ``no visitor cars`` or ``no route``.
    abroad
        ``counted``, ``missing`` or empty: whether roads across the border are among the roads.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    now: float
    then: float
    postcodes: int = 1
    spread: Pair | None = None
    margin: Pair | None = None
    peak: Pair | None = None
    both: Pair | None = None
    bus: Pair | None = None
    changes: float | None = None
    last_home: float | None = None
    without: Pair | None = None
    ferry: str = ""
    abroad: str = ""

    def plain(self) -> dict[str, Any]:
        """Return the figures as `card.js` takes them: JSON, null for no route."""
        said = asdict(self)
        for name in ("now", "then"):
            said[name] = said[name] if math.isfinite(said[name]) else None
        if self.bus is not None:
            said["bus"] = [each if math.isfinite(each) else None for each in self.bus]
        return said


@dataclass(frozen=True)
class CardWords:
    """The sentences of a card, in the order in which they are read.

    Attributes
    ----------
    headline
        Now and then, large.
    way
        From which hospital to which.
    line
        What follows from it, to be put on one line.
    missing
        What was not computed; empty where everything was.
    """

    headline: str
    way: str
    line: tuple[str, ...]
    missing: str


def card_words(t: Texts, figures: CardFigures) -> CardWords:
    """Put the figures of a card in words.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> said = card_words(texts("nl"), CardFigures(("MCL",), ("UMCG",), 6.2, 54.6))
    >>> said.headline, said.way, said.line[0]
    ('nu 6 → straks 55 minuten', 'Van MCL naar UMCG.', '49 minuten langer')
    """
    stays = figures.before == figures.after
    before, after = names_text(t, figures.before), names_text(t, figures.after)
    if stays and before:
        way = t("card.stays", before=before)
    elif not after:
        way = t("common.no_route") + "."
    else:
        way = t("card.way", before=before or t("common.no_route"), after=after)
    line, missing = _line(t, figures, stays=stays)
    said = t("card.missing", names=names_text(t, missing)) if missing else ""
    return CardWords(_headline(t, figures, stays=stays), way, tuple(line), said)


def _headline(t: Texts, figures: CardFigures, *, stays: bool) -> str:
    now, then = whole_text(t, figures.now), whole_text(t, figures.then)
    known = (math.isfinite(figures.now), math.isfinite(figures.then))
    if known == (False, False):
        return t("card.headline_none")
    if known != (True, True):
        return t("card.headline_lost" if known[0] else "card.headline_found", now=now, then=then)
    several = max(figures.postcodes, len(figures.before), len(figures.after)) > 1
    mean = "_mean" if several else ""
    return t(f"card.headline{'_stays' if stays else ''}{mean}", now=now, then=then)


def _line(t: Texts, figures: CardFigures, *, stays: bool) -> tuple[list[str], list[str]]:
    """Return what is known, and what is not computed."""
    line, missing = [], []
    reached = math.isfinite(figures.then)
    if reached and math.isfinite(figures.now) and not stays:
        line.append(_longer(t, figures))
    line += _between_postcodes(t, figures)
    for name in ("margin", "peak", "both"):
        pair = getattr(figures, name)
        if pair is None or not all(map(math.isfinite, pair)) or (name == "margin" and not reached):
            if reached:
                missing.append(t(f"card.missing_{name}"))
        elif name == "margin":
            # of the minutes then, not of how much longer they are
            low, high = (t.number(end) for end in _outward(pair))
            line.append(t("card.margin", then=whole_text(t, figures.then), low=low, high=high))
        elif name == "both":
            now, then = (duration_text(t, each) for each in pair)
            line.append(t("card.both_stays" if stays else "card.both", now=now, then=then))
        else:
            now, then = (whole_text(t, each) for each in pair)
            line.append(t(f"card.{name}", now=now, then=then))
    ridden = _by_bus(t, figures, stays=stays)
    line += ridden
    if not ridden and reached:
        missing.append(t("card.missing_bus"))
    return [*line, *_remarks(t, figures)], missing


def _remarks(t: Texts, figures: CardFigures) -> list[str]:
    """Say what is special about the roads."""
    ferry = [t(f"common.{figures.ferry.replace(' ', '_')}")] if figures.ferry else []
    return [*ferry, t(f"card.abroad_{figures.abroad}")] if figures.abroad else ferry


def _between_postcodes(t: Texts, figures: CardFigures) -> list[str]:
    """Say between what the minutes of several postcodes lie."""
    if figures.spread is None or figures.postcodes <= 1:
        return []
    low, high = (t.number(end) for end in _outward(figures.spread))
    key = "card.spread_one" if low == high else "card.spread"
    return [t(key, low=low, high=high, count=t.number(figures.postcodes))]


def _by_bus(t: Texts, figures: CardFigures, *, stays: bool) -> list[str]:
    """Say the trip by public transport; nothing where it was not computed."""
    line = []
    if figures.bus is not None:
        now, then = (whole_text(t, each) for each in figures.bus)
        known = tuple(map(math.isfinite, figures.bus))
        if known == (True, True):
            said = t("card.bus_stays" if stays else "card.bus", now=now, then=then)
        elif known == (False, False):
            said = t("card.bus_none")
        else:
            said = t("card.bus_lost" if known[0] else "card.bus_found", now=now, then=then)
        line.append(said + (_changes(t, figures.changes) if known[1] else ""))
    if figures.without is not None:
        now, then = (share_text(t, each) for each in figures.without)
        line.append(
            t("card.bus_without_stays" if stays else "card.bus_without", now=now, then=then)
        )
    if figures.last_home is not None:
        hour, minute = divmod(int(figures.last_home) // 60, 60)
        time = t("card.clock", hour=hour, minute=f"{minute:02d}")
        line.append(t("card.bus_last", time=time))
    return line


def _changes(t: Texts, count: float | None) -> str:
    if count is None:
        return ""
    key = {0.0: "card.change_none", 1.0: "card.change_one"}.get(count, "card.change_some")
    return ", " + t(key, count=t.number(count))


def _longer(t: Texts, figures: CardFigures) -> str:
    extra = rounded_difference(figures.now, figures.then)
    if extra == 0.0:
        return t("card.equal")
    key = "card.longer" if extra > 0.0 else "card.shorter"
    return t(key, minutes=minutes_text(t, abs(extra)))


def _outward(ends: Pair) -> Pair:
    """Round so that 'from .. to ..' holds what is between."""
    return rounded_down(ends[0]), rounded_up(ends[1])


def duration_text(t: Texts, minutes: float) -> str:
    """Write how long something takes, as people say it.

    Examples
    --------
    >>> from impact.outputs.text import texts
    >>> [duration_text(texts("nl"), each) for each in (43.0, 112.0, 61.0, 99.0)]
    ['ongeveer 45 minuten', 'bijna 2 uur', 'ongeveer 1 uur', 'ruim anderhalf uur']
    """
    if minutes < _HOUR - _NEAR:
        return t("card.roughly", time=t("card.minutes", count=max(5, 5 * round(minutes / 5.0))))
    halves = round(minutes / _HALF_HOUR)
    rest = minutes - halves * _HALF_HOUR
    hours = halves // 2
    if halves % 2 == 0:
        time = t("card.hours", count=hours)
    else:
        time = t("card.hour_and_half") if hours == 1 else t("card.hours_and_half", count=hours)
    if abs(rest) <= _NEAR:
        return t("card.roughly", time=time)
    return t("card.nearly" if rest < 0.0 else "card.over", time=time)


def roads_abroad(roads: Mapping[str, Any]) -> str:
    """Say of the roads of a manifest whether those across the border are among them."""
    if shipped_streets(roads):
        return "counted"
    return "missing" if roads["kind"] == "screening" else ""


def unknown_text(t: Texts, result: Result) -> str:
    """Say what a card does not know: without a car, where there is no public transport."""
    return t("card.unknown" if result.transit is None else "card.unknown_transit")


def lookup_command(result: Result) -> str:
    """Command that computes the margin of a postcode, as ``{where}``; empty if none does.

    A page holds no margins: each takes many matrices of travel times. Minutes of the user's own
    have none.
    """
    study = result.study
    if result.back is None or not study.source:
        return ""
    shipped = study_paths().get(PurePath(study.source).stem)
    content = shipped.read_bytes() if shipped else b""
    own = hashlib.sha256(content).hexdigest() != study.sha256
    return f"impact lookup {{where}}{f' {PurePath(study.source).name}' if own else ''}"


_BORROWED = (
    "common.about",
    "common.car_ferry",
    "common.no_route",
    "common.no_visitor_cars",
    "report.and",
    "report.from_to",
    "report.less_than_one",
    "report.less_than_one_percent",
    "report.more_than_99_percent",
    "report.one_minute",
    "report.some_minutes",
)


def card_texts(t: Texts) -> dict[str, str]:
    """Return the texts that `card.js` fills in, without the names of their catalogues."""
    own = {key: text for key, text in t.entries.items() if key.startswith("card.")}
    own |= {key: t.entries[key] for key in _BORROWED}
    return {key.partition(".")[2]: text for key, text in own.items()}
