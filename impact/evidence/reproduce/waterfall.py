"""From our plain figure to the published one, one assumption at a time; the rest is unexplained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from impact.concentration.choice import BYPASS_BETAS
from impact.evidence.reproduce.sweeps import ends

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.evidence.reproduce.published import PublishedRange
    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.sweeps import Sweeps

STEPS: Mapping[str, Mapping[str, Any]] = {
    "bypassing": {"baseline": "huff", "beta": BYPASS_BETAS[1]},
    "recipient": {"recipients": "nearest"},
    "alternatives": {"alternatives": "all"},
    "location": {"locations": "organisation"},
    "weights": {"weights": "65+"},
    "profile": {"profile": "spits"},
}
"""In this order, fixed beforehand. A step that the run already assumes changes nothing."""

ROADS = "roads"
LOW, HIGH = "low", "high"


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes
    ----------
    name
        Key of its text.
    before, after
        The end of the range without and with it, all earlier steps made; `None` where it was not
        computed.
    alone
        The end with this change only; `None` where it was not computed.
    others
        The same with the other strengths of bypassing (alone); empty for other steps.
    """

    name: str
    before: float
    after: float | None
    alone: float | None
    others: tuple[float, ...] = ()


@dataclass(frozen=True)
class Waterfall:
    """One end of one region's range.

    Attributes
    ----------
    region, end
        Which: `LOW` or `HIGH`.
    plain, published
        Minutes.
    steps
        In order.
    """

    region: str
    end: str
    plain: float
    published: float
    steps: tuple[Step, ...]

    @property
    def reached(self) -> float:
        """The figure after all steps."""
        known = [step.after for step in self.steps if step.after is not None]
        return known[-1] if known else self.plain

    @property
    def unexplained(self) -> float:
        """Published less what all steps together reach."""
        return self.published - self.reached


def waterfalls(
    region: str,
    published: PublishedRange,
    sweeps: Sweeps,
    asked: Setting,
    *,
    other_roads: Sweeps | None = None,
) -> tuple[Waterfall, Waterfall]:
    """Both ends of a region's range, step by step.

    Parameters
    ----------
    region
        Oncology region.
    published
        Its published range.
    sweeps
        What was swept so far.
    asked
        Assumptions of the run: the plain figure.
    other_roads
        The same on the other network, where there is one.

    Returns
    -------
    tuple of Waterfall
        The low and the high end.

    Notes
    -----
    A range is a minimum and a maximum over treatments, so the treatment at an end may change from
    one step to the next, and what a step adds depends on its place in the order; `Step.alone` is
    what it does by itself.
    """
    plain = _ends(region, sweeps, asked)
    found: list[tuple[str, tuple[float, float] | None, tuple[float, float] | None, list[Any]]] = []
    setting = asked
    for name, changes in STEPS.items():
        setting = replace(setting, **changes)
        alone = replace(asked, **changes)
        others = []
        if name == "bypassing":
            strengths = [beta for beta in BYPASS_BETAS if beta != alone.beta]
            others = [_ends(region, sweeps, replace(alone, beta=beta)) for beta in strengths]
        found.append((name, _ends(region, sweeps, setting), _ends(region, sweeps, alone), others))
    if other_roads is None:
        found.append((ROADS, None, None, []))
    else:
        found.append(
            (ROADS, _ends(region, other_roads, setting), _ends(region, other_roads, asked), [])
        )
    return (
        _one(region, LOW, plain[0], published.low, found, 0),
        _one(region, HIGH, plain[1], published.high, found, 1),
    )


def _ends(region: str, sweeps: Sweeps, setting: Setting) -> tuple[float, float]:
    low, high, _, _ = ends(sweeps.medians(region, setting))
    return (low, high)


def _one(
    region: str,
    end: str,
    plain: float,
    published: float,
    found: list[tuple[str, tuple[float, float] | None, tuple[float, float] | None, list[Any]]],
    place: int,
) -> Waterfall:
    steps, before = [], plain
    for name, after, alone, others in found:
        value = None if after is None else after[place]
        single = None if alone is None else alone[place]
        steps.append(Step(name, before, value, single, tuple(each[place] for each in others)))
        before = before if value is None else value
    return Waterfall(region, end, plain, published, tuple(steps))
