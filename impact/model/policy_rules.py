"""Which candidate the rules of the policy documents point at.

`smallest`, `fallback` and `largest` name one set of providers that stop; `share` and `smaller`
divide the volume over those that stay (`impact.model.allocation` gives the flows). All of them
need a volume per provider: registered counts, or modelled ones that are labelled so. Without
either nothing is decided, and the reason is given instead of a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from impact.model.candidates import stops_asked
from impact.model.demand import PATIENTS, REGISTERED
from impact.notes import Note
from impact.study.model import MODELLED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from impact.study.model import Intervention

NO_VOLUMES = Note.of("no_volumes")

STOPPING_RULES = ("smallest", "fallback", "largest")
"""Rules that name a set of providers that stop."""

SPLIT_RULES = ("share", "smaller")
"""Rules that divide the volume instead."""


@dataclass(frozen=True)
class Ruling:
    """What a rule says of one intervention.

    Attributes
    ----------
    stops
        Providers that stop, sorted; `None` where the rule cannot be decided.
    quotas
        Location -> volume after the change, for the rules that divide it.
    reason
        Why it cannot be decided; `None` where it can.
    kind
        ``registered`` or ``modelled``: what volumes it rests on; empty without any.
    """

    stops: tuple[str, ...] | None = None
    quotas: Mapping[str, float] = field(default_factory=dict)
    reason: Note | None = None
    kind: str = ""

    @property
    def changes(self) -> bool:
        """Whether the rule is decided and lets anybody stop, or divides volumes."""
        return bool(self.stops) or bool(self.quotas)


def rule_volumes(
    intervention: Intervention,
    registered: Mapping[str, float] | None,
    unit: str,
    baseline: Mapping[str, float],
) -> tuple[Mapping[str, float] | None, str]:
    """Volumes that a rule may go by.

    Parameters
    ----------
    intervention
        Its providers.
    registered
        Location -> count per year, where the study has registered counts.
    unit
        Of the demand.
    baseline
        Provider -> demand in the baseline, by the allocation rule.

    Returns
    -------
    volumes : mapping of str to float, or None
        Registered counts where there are any; else modelled patients; `None` for residents.
    kind : str
        ``registered``, ``modelled`` or empty.
    """
    if registered is not None:
        return registered, REGISTERED
    if unit == PATIENTS:
        return {name: baseline.get(name, 0.0) for name in intervention.providers}, MODELLED
    return None, ""


def rule_candidates(
    intervention: Intervention, volumes: Mapping[str, float] | None, kind: str = REGISTERED
) -> dict[str, Ruling]:
    """Ask every rule about one intervention.

    Parameters
    ----------
    intervention
        Its providers, norm, stop_count and locks: who must stay stays and who must stop stops,
        whatever the rule.
    volumes
        Location -> volume per year; `None` where none are known.
    kind
        ``registered`` or ``modelled``.

    Returns
    -------
    dict of str to Ruling
        One per rule of `STOPPING_RULES` and `SPLIT_RULES`.

    Examples
    --------
    >>> from impact.study.model import Intervention
    >>> three = Intervention("x", ("A", "B", "C"), norm=50.0, stop_count=2)
    >>> found = rule_candidates(three, {"A": 20.0, "B": 70.0, "C": 40.0})
    >>> found["fallback"].stops, found["largest"].stops, str(found["share"].reason)
    (('A', 'C'), ('A', 'C'), '130 in all is less than 3 x 50')
    >>> str(rule_candidates(three, None)["smallest"].reason)
    'no volumes'
    """
    rules: dict[str, Callable[[Intervention, Mapping[str, float]], Ruling]] = {
        "smallest": _smallest,
        "fallback": _fallback,
        "largest": _largest,
        "share": _share,
        "smaller": _smaller,
    }
    if not volumes:
        return dict.fromkeys(rules, Ruling(reason=NO_VOLUMES))
    missing = [name for name in intervention.providers if name not in volumes]
    if missing:
        reason = Note.of("no_volume_of", names=tuple(missing))
        return dict.fromkeys(rules, Ruling(reason=reason))
    out = {}
    for name, rule in rules.items():
        ruling = rule(intervention, volumes)
        out[name] = Ruling(ruling.stops, ruling.quotas, ruling.reason, kind)
    return out


def rules_of(rulings: Mapping[str, Ruling], stops: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the rules that point at a candidate.

    Parameters
    ----------
    rulings
        From `rule_candidates`.
    stops
        Providers that stop, sorted.

    Returns
    -------
    tuple of str
        Rules that divide volumes point at no candidate.
    """
    return tuple(name for name in STOPPING_RULES if rulings[name].stops == stops)


def _undecided(key: str, **fields: object) -> Ruling:
    return Ruling(reason=Note.of(key, **fields))


def _tied(names: Sequence[str], volume: float) -> Ruling:
    *others, last = names
    return _undecided("same_volume", names=tuple(others), name=last, count=volume)


def _stopping(intervention: Intervention, chosen: set[str]) -> Ruling:
    """Give the set that stops, with the locks, unless nobody would be left."""
    stops = (chosen | set(intervention.must_stop)) - set(intervention.must_stay)
    if len(stops) == len(intervention.providers) and intervention.all_fail != "leaves_region":
        return _undecided("nobody_left")
    return Ruling(stops=tuple(sorted(stops)))


def _smallest(intervention: Intervention, volumes: Mapping[str, float]) -> Ruling:
    """Let the k smallest stop; who must stop counts among the k."""
    stop = stops_asked(intervention)
    if stop is None:
        return _undecided("no_stop_count")
    locked = {*intervention.must_stay, *intervention.must_stop}
    free = sorted(
        (name for name in intervention.providers if name not in locked),
        key=lambda name: (volumes[name], name),
    )
    left = stop - len(intervention.must_stop)
    if 0 < left < len(free) and volumes[free[left - 1]] == volumes[free[left]]:
        return _tied(free[left - 1 : left + 1], volumes[free[left]])
    return _stopping(intervention, set(free[:left]))


def _fallback(intervention: Intervention, volumes: Mapping[str, float]) -> Ruling:
    """Let those stop that were below the norm."""
    norm = intervention.norm
    if norm is None:
        return _undecided("no_norm")
    below = {name for name in intervention.providers if volumes[name] < norm}
    if below >= set(intervention.providers) and not intervention.must_stay:
        best = max(volumes[name] for name in intervention.providers)
        if intervention.all_fail != "leaves_region":
            return _undecided("nobody_meets", count=norm, total=best)
    return _stopping(intervention, below)


def _largest(intervention: Intervention, volumes: Mapping[str, float]) -> Ruling:
    """Let everybody stop but the largest."""
    able = [name for name in intervention.providers if name not in intervention.must_stop]
    most = max((volumes[name] for name in able), default=0.0)
    first = [name for name in able if volumes[name] == most]
    if len(first) > 1:
        return _tied(first, most)
    if not first or set(intervention.must_stay) - set(first):
        return _undecided("not_all")
    return _stopping(intervention, set(intervention.providers) - set(first))


def _stayers(intervention: Intervention) -> list[str]:
    return [name for name in intervention.providers if name not in intervention.must_stop]


def _share(intervention: Intervention, volumes: Mapping[str, float]) -> Ruling:
    """Divide the volume so that each that stays meets the norm.

    What those that must stop leave behind fills up who is below the norm; what is still short comes
    from those above it, in proportion to what each has above it; what is then left over is divided
    in proportion to the volumes.
    """
    norm, stay = intervention.norm, _stayers(intervention)
    if norm is None:
        return _undecided("no_norm")
    total = sum(volumes[name] for name in intervention.providers)
    if not stay or total < norm * len(stay):
        return _undecided("too_few", total=total, count=len(stay), low=norm)
    pool = sum(volumes[name] for name in intervention.must_stop)
    short = {name: max(0.0, norm - volumes[name]) for name in stay}
    above = {name: max(0.0, volumes[name] - norm) for name in stay}
    lacking = sum(short.values())
    taken = max(0.0, lacking - pool)
    left = max(0.0, pool - lacking)
    quotas = {name: max(norm, volumes[name]) for name in stay}
    if taken > 0.0:
        surplus = sum(above.values())
        quotas = {name: quotas[name] - taken * above[name] / surplus for name in stay}
    if left > 0.0:
        now = sum(quotas.values())
        quotas = {name: quotas[name] + left * quotas[name] / now for name in stay}
    return Ruling(stops=intervention.must_stop, quotas=quotas)


def _smaller(intervention: Intervention, volumes: Mapping[str, float]) -> Ruling:
    """Give the smaller provider the larger share.

    What is divided (the volume of those that must stop, or, where nobody must, the whole) goes to
    who stays in inverse proportion to its volume: of two, the shares change places.
    """
    stay = _stayers(intervention)
    empty = [name for name in stay if volumes[name] <= 0.0]
    if not stay:
        return _undecided("nobody_left")
    if empty:
        return _undecided("none_above_zero", names=tuple(empty))
    pool = sum(volumes[name] for name in intervention.must_stop)
    kept = {name: volumes[name] if intervention.must_stop else 0.0 for name in stay}
    if not intervention.must_stop:
        pool = sum(volumes[name] for name in stay)
    inverse = {name: 1.0 / volumes[name] for name in stay}
    total = sum(inverse.values())
    quotas = {name: kept[name] + pool * inverse[name] / total for name in stay}
    return Ruling(stops=intervention.must_stop, quotas=quotas)
