"""Car and public transport side by side, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from impact.outputs.text.people import amount_text
from impact.outputs.text.wording import (
    minutes_text,
    names_text,
    outside_caveat,
    titled_scenario,
    whole_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.analysis.result import CaseView, Result
    from impact.model.case import Case
    from impact.outputs.text import Texts


@dataclass(frozen=True)
class TransitLine:
    """One case, in words.

    Attributes
    ----------
    case
        Whose.
    name, scenario
        Of its intervention, and of the case.
    car, transit
        Mean minutes now and then of who is compared.
    compared
        How many those are.
    before, after
        How many of the region have no connection.
    lost
        How many of those who must go elsewhere lose theirs.
    last
        The last way home, now and then.
    said
        All of it in sentences.
    """

    case: Case
    name: str
    scenario: str
    car: str
    transit: str
    compared: str
    before: str
    after: str
    lost: str
    last: str
    said: tuple[str, ...]


def transit_lines(t: Texts, result: Result) -> tuple[TransitLine, ...]:
    """Put every principal case in words; nothing where the study has no public transport."""
    if result.transit is None:
        return ()
    rows = {
        (row["intervention"], row["scenario"]): row
        for row in result.transit_table.to_dict("records")
    }
    return tuple(_line(t, view, rows[view.key]) for view in result.principal)


def transit_sentences(t: Texts, result: Result, case: Case) -> tuple[str, ...]:
    """Say what a case means by public transport; nothing where that was not computed."""
    return next((each.said for each in transit_lines(t, result) if each.case is case), ())


def transit_note(t: Texts, result: Result) -> str:
    """Say on one sheet who has no connection, over all cases; empty without public transport."""
    lines = [each for each in transit_lines(t, result) if not each.case.doubtful]
    if not lines:
        return ""
    parts = [
        t("transit.note_case", name=each.name, scenario=each.scenario, after=each.after)
        if each.before == each.after
        else t(
            "transit.note_change",
            name=each.name,
            scenario=each.scenario,
            before=each.before,
            after=each.after,
        )
        for each in lines
    ]
    return t("transit.note", cases="; ".join(parts))


def transit_rules_text(t: Texts, result: Result) -> str:
    """Say what counts as a connection, where the manifest knows."""
    rules = result.manifest.get("transit", {}).get("rules")
    if rules is None:
        return t("transit.rules_unknown")
    return t(
        "transit.rules",
        times=names_text(t, [_clock(t, str(each)) for each in rules["appointments"]]),
        limit=t.number(rules["limit_minutes"]),
        changes=t.number(rules["changes"]),
    )


def _line(t: Texts, view: CaseView, row: Mapping[Any, Any]) -> TransitLine:
    result, case = view.result, view.case
    name = case.intervention.name
    kind = result.kind_of(name)
    unit = t.unit(result.said_unit(name))

    def people(key: str) -> str:
        return amount_text(t, float(row[key]), kind)

    def pair(mode: str) -> str:
        before, after = (float(row[f"{mode}_mean_{when}"]) for when in ("before", "after"))
        if math.isnan(before):
            return "–"
        return t("a4.from_to", before=whole_text(t, before), after=minutes_text(t, after))

    moved = float(row["moved"]) > 0.0
    said = []
    if not math.isnan(float(row["car_mean_extra"])):
        means = {
            f"{mode}_{when}": whole_text(t, float(row[f"{mode}_mean_{when}"]))
            for mode in ("car", "transit")
            for when in ("before", "after")
        }
        said.append(t("transit.means", count=people("compared"), unit=unit, **means))
    elif moved:
        said.append(t("transit.none_compared"))
    if case.doubtful:
        # minutes that rest on an incomplete list of hospitals carry no conclusion
        blank = dict.fromkeys(
            ("car", "transit", "compared", "before", "after", "lost", "last"), "–"
        )
        shown = titled_scenario(t, result, case)
        return TransitLine(case, name, shown, **blank, said=(outside_caveat(t, case),))
    lacking = {when: people(f"no_connection_{when}") for when in ("before", "after")}
    key = "transit.lacking_same" if lacking["before"] == lacking["after"] else "transit.lacking"
    said.append(t(key, unit=unit, demand=people("demand"), **lacking))
    if float(row["lost_connection"]) > 0.0:
        said.append(t("transit.lost", count=people("lost_connection"), unit=unit))
    if float(row["gained_connection"]) > 0.0:
        said.append(t("transit.gained", count=people("gained_connection"), unit=unit))
    last = [_clock(t, str(row[f"last_home_{when}"])) for when in ("before", "after")]
    if last[1]:
        key = "transit.last" if last[0] and last[0] != last[1] else "transit.last_then"
        said.append(t(key, before=last[0], after=last[1]))
    return TransitLine(
        case=case,
        name=name,
        scenario=titled_scenario(t, result, case),
        car=pair("car"),
        transit=pair("transit"),
        compared=people("compared"),
        before=lacking["before"],
        after=lacking["after"],
        lost=people("lost_connection"),
        last=t("a4.from_to", before=last[0] or "–", after=last[1] or "–") if moved else "–",
        said=tuple(said),
    )


def _clock(t: Texts, time: str) -> str:
    hour, _, minute = time.partition(":")
    return t("card.clock", hour=int(hour), minute=minute) if minute else ""
