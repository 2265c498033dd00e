"""Judge one claim: definitions, margins, figures, verdict.

They were fixed before any claim was checked, and all of them are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from impact.analysis.ranges import DEFAULT, GREATEST, LEAST
from impact.evidence.claims.claim import BY, EQUAL, LESS, MORE, NOTHING, OF, Change
from impact.evidence.published.definitions import PROFILES, Definition, definitions
from impact.evidence.published.rows import ends
from impact.evidence.published.world import Assumptions
from impact.model.allocation_rule import BYPASS_BETAS
from impact.model.divisions import is_weight
from impact.study.model import ALTERNATIVES, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from impact.evidence.claims.claim import Claim
    from impact.evidence.claims.figures import StudyFigures

    Studies = Mapping[str, StudyFigures]


@dataclass(frozen=True, eq=False)
class View:
    """A claim under one definition.

    Attributes
    ----------
    definition
        How the claim is read.
    studies
        Region -> the figures of its study.
    ends
        Of a range, where they are no means of a change: low, high and the treatment at the top.
        Such ends have no margin.
    """

    definition: Definition
    studies: Studies
    ends: tuple[float, float, str] | None = None


class Source(Protocol):
    """Studies under every definition, and what nobody knows exactly about them."""

    def views(self, claim: Claim) -> Sequence[View]:
        """Every definition that a claim can be held under, the default first."""

    def margins(self, claim: Claim, view: View) -> Sequence[Studies]:
        """Vary what nobody knows exactly, one thing at a time; speeds aside."""

    def hidden(self, claim: Claim, part: ClaimTest) -> Sequence[Studies]:
        """Take hidden counts at what makes the figure of a part least, and greatest."""

    def draws(self, claim: Claim, view: View) -> Sequence[Studies]:
        """Take random speed tables."""

    def has_transit(self) -> bool:
        """Whether there are trips by public transport."""


def says_who(claim: Claim) -> bool:
    """Whether a claim says who is counted, by its weights or as a group of people."""
    return bool(claim.weights) or is_weight(claim.group)


BY_TRANSIT = ("nobody_more", "share_within", "minimal")
"""Kinds that public transport can decide."""

NO_TRIPS, OTHER_KIND, NO_NUMBER = "no_trips", "other_kind", "no_number"


def undecidable(claim: Claim, source: Source) -> str:
    """Say why a claim about public transport cannot be held against a source; empty: it can."""
    if claim.by == BY[0]:
        return ""
    if not source.has_transit():
        return NO_TRIPS
    if claim.kind not in BY_TRANSIT:
        return OTHER_KIND
    return NO_NUMBER if np.isnan([claim.minutes, claim.share]).any() else ""


_NEEDS_HYPOTHESES = ("expected", "sets")
"""Statistics over draws of volumes or provider sets, which a claim is not held against."""

_WITH_BOTH = ("share_within", "better", "minimal", "group_longer")
"""Kinds that can be about the moved or about all."""


NOT_AGREED = f"{DEFAULT}, recipients nearest"
"""Definition of a claim that names recipients: as if it named none."""


def range_definitions(asked: Assumptions) -> tuple[Definition, ...]:
    """Definitions that a range can be read under: those of `impact reproduce` without draws."""
    every = definitions(asked)
    return tuple(each for each in every if each.statistic not in _NEEDS_HYPOTHESES)


def definition_named(name: str) -> Definition | None:
    """Find a definition of a range by its name, whatever the run assumes."""
    # what one of them assumes is a change to the other
    one = Assumptions()
    two = Assumptions("spits", "75+", "all", "huff", locations="organisation", edge="wide")
    every = (*definitions(one), *definitions(two))
    return next((each for each in every if each.name == name), None)


def own_definitions(
    claim_kind: str, *, named: bool = False, agreed: bool = False
) -> list[Definition]:
    """Definitions of a claim that take no other assumptions than those of the run."""
    out = [Definition(DEFAULT)]
    if not named and claim_kind not in {"which_not_how_many", "better"}:
        out += [Definition(LEAST, "least"), Definition(GREATEST, "greatest")]
    if agreed:
        out.append(Definition(NOT_AGREED, agreed=False))
    if claim_kind in _WITH_BOTH:
        out += [Definition(f"{DEFAULT}, of {each}", of=each) for each in OF]
    return out


def claim_definitions(
    asked: Assumptions,
    kind: str,
    *,
    named: bool = False,
    agreed: bool = False,
    counted: bool = False,
) -> tuple[Definition, ...]:
    """Definitions that any claim but a range can be read under.

    Where the claim says who is counted, that is no other definition.

    Examples
    --------
    >>> from impact.evidence.published.world import Assumptions
    >>> [each.name for each in claim_definitions(Assumptions(), "nobody_more")][:3]
    ['interventions', 'interventions, least candidate', 'interventions, greatest candidate']
    """
    changes: list[tuple[str, dict[str, Any]]] = [
        *((f"weights {each}", {"weights": each}) for each in WEIGHTS),
        *((f"profile {each}", {"profile": each}) for each in PROFILES),
        *((f"alternatives {each}", {"alternatives": each}) for each in ALTERNATIVES),
        *((f"baseline huff {beta:g}", {"baseline": "huff", "beta": beta}) for beta in BYPASS_BETAS),
    ]
    others = [
        Definition(f"{DEFAULT}, {name}", changes=change)
        for name, change in changes
        if replace(asked, **change) != asked and not (counted and "weights" in change)
    ]
    return (*own_definitions(kind, named=named, agreed=agreed), *others)


AT_MOST, AT_LEAST, ABOUT = "at_most", "at_least", "about"
ABOVE, BELOW, SAME = "above", "below", "same"


@dataclass(frozen=True)
class ClaimTest:
    """One figure of a claim, and when it bears the claim out.

    Attributes
    ----------
    measure
        ``low``, ``high``, ``peak``, ``greatest``, ``within``, ``place``, ``difference``,
        ``choice``, ``mean`` or ``group``.
    region, treatment
        Whose.
    change, versus
        What stops; fixed while the margin is computed.
    of
        ``moved`` or ``all``.
    pick
        Which candidates a range is taken over: ``median``, ``least`` or ``greatest``.
    test, claimed, tolerance
        How the figure is held against the claim.
    """

    measure: str
    region: str
    treatment: str = ""
    change: Change = NOTHING
    versus: Change = NOTHING
    of: str = "moved"
    pick: str = "median"
    test: str = AT_MOST
    claimed: float = 0.0
    tolerance: float = 0.0

    def holds(self, figure: float) -> bool:
        """Whether a figure bears the claim out."""
        if self.test == ABOUT:
            return abs(figure - self.claimed) <= self.tolerance
        if self.test == AT_LEAST:
            return figure >= self.claimed
        if self.test == ABOVE:
            return figure > self.claimed
        if self.test == BELOW:
            return figure < self.claimed
        return figure <= self.claimed


def parts(claim: Claim, studies: Studies, definition: Definition) -> tuple[ClaimTest, ...]:
    """Divide a claim into figures."""
    if claim.kind == "range":
        return _range_parts(claim, definition)
    out: list[ClaimTest] = []
    subjects = [(region, key) for region, each in studies.items() for key in each.interventions]
    for region, treatment in subjects:
        if claim.region not in {"", region} or claim.treatment not in {"", treatment}:
            continue
        change, versus = claim.change, claim.versus
        if change == NOTHING:
            change = studies[region].standing(treatment, definition.pick)
        if not definition.agreed:
            change, versus = (replace(each, moves_to={}) for each in (change, versus))
        plain = ClaimTest("", region, treatment, change, versus, pick=definition.pick)
        out.extend(_of_kind(claim, replace(plain, of=of)) for of in _of(claim, definition))
    return tuple(out)


def _range_parts(claim: Claim, definition: Definition) -> tuple[ClaimTest, ...]:
    plain = ClaimTest("", claim.region, pick=definition.pick)
    end = replace(plain, test=ABOUT, tolerance=claim.tolerance)
    found = (
        replace(end, measure="low", claimed=claim.low),
        replace(end, measure="high", claimed=claim.high),
    )
    return (*found, replace(plain, measure="peak", test=SAME)) if claim.peaks else found


def _of(claim: Claim, definition: Definition) -> tuple[str, ...]:
    if claim.kind not in _WITH_BOTH:
        return ("moved",)
    if definition.of:
        return (definition.of,)
    if claim.kind == "minimal" and not claim.of:
        return OF
    return (_own_of(claim),)


def _own_of(claim: Claim) -> str:
    """Whose minutes a claim is about where its definition does not say."""
    return claim.of or ("moved" if claim.kind == "group_longer" else "all")


def _of_kind(claim: Claim, plain: ClaimTest) -> ClaimTest:
    claimed = claim.minutes
    if claim.kind in {"nobody_more", "minimal"}:
        measure = "greatest" if claim.kind == "nobody_more" else "mean"
        return replace(plain, measure=measure, test=AT_MOST, claimed=claimed)
    if claim.kind == "share_within":
        return replace(plain, measure="within", test=AT_LEAST, claimed=claim.share)
    if claim.kind == "place_longer":
        said = replace(plain, measure="place", claimed=claimed, tolerance=claim.tolerance)
        return replace(said, test=claim.compare)
    if claim.kind == "better":
        return replace(plain, measure="difference", test=BELOW)
    if claim.kind == "group_longer":
        return _of_group(claim, replace(plain, measure="group"))
    return replace(plain, measure="choice", of="all", test=AT_LEAST)


def _of_group(claim: Claim, plain: ClaimTest) -> ClaimTest:
    """More and less are beyond what counts as equal; exactly at its edge is equal."""
    if claim.compare == MORE:
        return replace(plain, test=ABOVE, claimed=claim.tolerance)
    if claim.compare == LESS:
        return replace(plain, test=BELOW, claimed=-claim.tolerance)
    return replace(plain, test=ABOUT, tolerance=claim.tolerance)


def figure(part: ClaimTest, claim: Claim, studies: Studies) -> float:
    """Compute the figure of a part."""
    study = studies[part.region]
    if part.measure in {"low", "high", "peak"}:
        low, high, _, peak = ends(study.means(part.pick))
        return {"low": low, "high": high, "peak": float(peak in claim.peaks)}[part.measure]
    if part.measure == "choice":
        spread, number = study.choice(part.treatment)
        return spread - number
    if part.change == NOTHING:
        return float("nan")
    if part.measure in {"mean", "difference"}:
        changes = (part.change, part.versus) if part.measure == "difference" else (part.change,)
        means = [study.mean(part.treatment, each, part.of) for each in changes]
        return means[0] - sum(means[1:])
    if part.measure == "group":
        who = (claim.group, claim.value)
        return study.group_difference(part.treatment, part.change, part.of, who)
    return _of_flows(part, claim, study)


def _of_flows(part: ClaimTest, claim: Claim, study: StudyFigures) -> float:
    """Figure of a part that rests on where everybody goes."""
    found = study.flows(part.treatment, part.change)
    if part.measure == "place":
        return found.extra_of(_rows_of_place(claim, study.people()))
    within = part.measure == "within"
    return found.within(claim.minutes, part.of) if within else found.greatest()[0]


def _rows_of_place(
    claim: Claim, people: pd.DataFrame
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Rows of the place that a claim is about."""
    if claim.postcode:
        return np.flatnonzero(people.index == claim.postcode)
    return np.flatnonzero((people["municipality"] == claim.municipality).to_numpy())


PERCENTILES = (5, 95)
"""Of the figures under random speeds: the ends of the margin."""


def with_margin(
    part: ClaimTest,
    claim: Claim,
    studies: Studies,
    others: Sequence[Studies],
    drawn: Sequence[Studies],
) -> Figure:
    """Compute a part with its margin."""
    value = figure(part, claim, studies)
    if not np.isfinite(value) or part.measure == "peak":
        return alone(part, value)
    ends = [value, *(figure(part, claim, each) for each in others)]
    speeds = [figure(part, claim, each) for each in drawn]
    every = np.array([*ends, *speeds])
    if speeds:
        ends += [float(each) for each in np.nanpercentile(speeds, PERCENTILES)]
    known = np.array(ends)[np.isfinite(ends)]
    low, high = float(known.min()), float(known.max())
    holds = sum(bool(part.holds(each)) for each in every[~np.isnan(every)])
    computed = int((~np.isnan(every)).sum())
    return Figure(part, value, low, high, part_verdict(part, value, low, high), holds, computed)


def alone(part: ClaimTest, value: float) -> Figure:
    """Judge a figure without a margin."""
    return Figure(part, value, value, value, part_verdict(part, value, value, value), 0, 0)


def worst_off(asked: Sequence[ClaimTest], studies: Studies) -> WorstOff | None:
    """Most extra minutes of anybody in the changes that a claim is about."""
    best: WorstOff | None = None
    for part in asked:
        if part.change == NOTHING or not part.treatment:
            continue
        study = studies[part.region]
        found = study.flows(part.treatment, part.change)
        extra, place = found.greatest()
        if not np.isfinite(extra) or (best is not None and extra <= best.extra):
            continue
        people = study.people()
        row, after = found.row[place], float(found.late[place])
        best = WorstOff(
            postcode=str(people.index[row]),
            municipality=str(people["municipality"].iloc[row]),
            treatment=part.treatment,
            stops=part.change.stops,
            before=after - extra,
            after=after,
            extra=extra,
            residents=float(people["residents"].iloc[row]),
        )
    return best


@dataclass(frozen=True)
class Figure:
    """A part with its figure.

    Attributes
    ----------
    part
        What was asked.
    value, low, high
        The figure and its margin of calculation.
    verdict
        Of this part alone.
    better, computed
        In how many of the computations the figure bears the claim out, and how many there were.
    """

    part: ClaimTest
    value: float
    low: float
    high: float
    verdict: str
    better: int
    computed: int


@dataclass(frozen=True)
class Other:
    """The claim under another definition.

    Attributes
    ----------
    definition
        Its name.
    verdict
        Of the figures without a margin.
    figures
        Per part, in their order.
    """

    definition: str
    verdict: str
    figures: tuple[float, ...]


@dataclass(frozen=True)
class WorstOff:
    """Where the extra minutes are most.

    Attributes
    ----------
    postcode, municipality
        The place.
    treatment, stops
        In which change.
    before, after, extra
        Minutes one way.
    residents
        Of the postcode.
    """

    postcode: str
    municipality: str
    treatment: str
    stops: tuple[str, ...]
    before: float
    after: float
    extra: float
    residents: float


@dataclass(frozen=True)
class Outcome:
    """What became of a claim.

    Attributes
    ----------
    claim, verdict
        The claim and the verdict.
    definition
        Under which it was read.
    figures
        One per part; none where the data cannot say.
    others
        The other definitions.
    worst
        Who is worst off; `None` where nobody travels, or somebody loses every connection.
    why
        From `undecidable`.
    without, lost
        By public transport: greatest share over the parts without a connection after the change,
        and of who loses it.
    """

    claim: Claim
    verdict: str
    definition: str
    figures: tuple[Figure, ...]
    others: tuple[Other, ...]
    worst: WorstOff | None
    why: str = ""
    without: float = 0.0
    lost: float = 0.0

    @property
    def leading(self) -> Figure | None:
        """The figure that says most: that of the worst part; `None` where there is none."""
        known = [each for each in self.figures if not np.isnan(each.value)]
        if not known:
            return None
        if self.claim.kind == "range":
            ends = [each for each in known if each.part.measure != "peak"]
            return max(ends, key=lambda each: abs(each.value - each.part.claimed))
        if self.claim.kind == "group_longer" and self.claim.compare == EQUAL:
            return max(known, key=lambda each: abs(each.value))
        least = self.claim.kind in {"share_within", "which_not_how_many"}
        least = least or (self.claim.kind == "group_longer" and self.claim.compare == MORE)
        return (min if least else max)(known, key=lambda each: each.value)


SUPPORTED = "supported"
PARTLY = "partly"
NOT_SUPPORTED = "not supported"
UNDECIDED = "cannot be decided"
VERDICTS = (SUPPORTED, PARTLY, NOT_SUPPORTED, UNDECIDED)


def part_verdict(part: ClaimTest, value: float, low: float, high: float) -> str:
    """Judge one figure with its margin of calculation.

    Examples
    --------
    >>> from impact.evidence.claims.judge import ClaimTest
    >>> limit = ClaimTest("greatest", "", test="at_most", claimed=30.0)
    >>> [part_verdict(limit, 28.0, 25.0, high) for high in (29.0, 31.0)]
    ['supported', 'partly']
    >>> end = ClaimTest("low", "", test="about", claimed=6.0, tolerance=0.5)
    >>> part_verdict(end, 11.0, 10.0, 12.0), part_verdict(end, 7.0, 6.4, 8.0)
    ('not supported', 'supported')
    """
    if np.isnan(value):
        return UNDECIDED
    if part.test == "same":
        return SUPPORTED if value == 1.0 else NOT_SUPPORTED
    if part.test == "about":
        near = low - part.tolerance <= part.claimed <= high + part.tolerance
        return SUPPORTED if near else NOT_SUPPORTED
    found = {part.holds(end) for end in (low, value, high)}
    if len(found) > 1:
        return PARTLY
    return SUPPORTED if found == {True} else NOT_SUPPORTED


def verdict(found: Sequence[str]) -> str:
    """Join the verdicts of the parts of a claim.

    Examples
    --------
    >>> verdict(["supported", "not supported"]), verdict(["supported", "cannot be decided"])
    ('partly', 'supported')
    """
    decided = {each for each in found if each != UNDECIDED}
    if not decided:
        return UNDECIDED
    return decided.pop() if len(decided) == 1 else PARTLY


def judged(claim: Claim, source: Source) -> Outcome:
    """Compute the figures of a claim and say whether they bear it out."""
    why = undecidable(claim, source)
    if why:
        return Outcome(claim, UNDECIDED, "", (), (), None, why)
    views = source.views(claim)
    chosen = next((each for each in views if each.definition.name == claim.definition), views[0])
    figures = _with_margins(claim, source, chosen)
    others = []
    for other in views:
        if other is chosen or other.definition.of == _own_of(claim):
            continue
        found = [alone(part, _value(part, claim, other)) for part in _parts(claim, other)]
        values = tuple(each.value for each in found)
        others.append(Other(other.definition.name, verdict([e.verdict for e in found]), values))
    moved = claim if claim.kind != "range" else replace(claim, kind="minimal", of="moved")
    stopping = parts(moved, chosen.studies, chosen.definition)
    outcome = Outcome(
        claim=claim,
        verdict=verdict([each.verdict for each in figures]),
        definition=chosen.definition.name,
        figures=figures,
        others=tuple(others),
        worst=worst_off([each for each in stopping if each.change != NOTHING], chosen.studies),
    )
    return outcome if claim.by == BY[0] else _with_connections(outcome, chosen.studies)


def _with_connections(outcome: Outcome, studies: Studies) -> Outcome:
    """Say who has no connection; a mean that leaves out who loses it bears nothing out alone."""
    without, lost = 0.0, 0.0
    for part in [each.part for each in outcome.figures if each.part.change != NOTHING]:
        found = studies[part.region].flows(part.treatment, part.change)
        without = max(without, found.without(part.of))
        lost = max(lost, found.lost(part.of))
    judged_as = outcome.verdict
    if outcome.claim.kind == "minimal" and lost and judged_as == SUPPORTED:
        judged_as = PARTLY
    worst = None if lost else outcome.worst
    return replace(outcome, verdict=judged_as, worst=worst, without=without, lost=lost)


def _with_margins(claim: Claim, source: Source, view: View) -> tuple[Figure, ...]:
    asked = _parts(claim, view)
    if view.ends is not None:
        return tuple(alone(part, _value(part, claim, view)) for part in asked)
    others, drawn = source.margins(claim, view), source.draws(claim, view)
    return tuple(
        with_margin(part, claim, view.studies, [*others, *source.hidden(claim, part)], drawn)
        for part in asked
    )


def _parts(claim: Claim, view: View) -> tuple[ClaimTest, ...]:
    return parts(claim, view.studies, view.definition)


def _value(part: ClaimTest, claim: Claim, view: View) -> float:
    if view.ends is None:
        return figure(part, claim, view.studies)
    low, high, peak = view.ends
    return {"low": low, "high": high, "peak": float(peak in claim.peaks)}[part.measure]
