"""Claims about the shipped regions: their definitions and their margins."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from impact.concentration.study_roads import timed
from impact.evidence.claims.basis import RegionBasis
from impact.evidence.claims.readings import Reading, range_definitions, readings
from impact.evidence.claims.source import View
from impact.evidence.margins import FIXED, LEGS, POINT, other_times
from impact.evidence.reproduce.definitions import region_range
from impact.evidence.reproduce.sweeps import Sweeps
from impact.study import WEIGHTS
from impact.times.ensemble import ensemble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impact.evidence.claims.basis import Basis
    from impact.evidence.claims.claim import Claim
    from impact.evidence.reproduce.definitions import Definition
    from impact.evidence.reproduce.setting import Setting
    from impact.evidence.reproduce.treatments import Treatment
    from impact.times import TravelTimes

MARGIN_OVER = (POINT, LEGS, FIXED, "weights")
"""What the margin of a claim about a shipped region is over, speeds aside."""

_PICKS = ("median", "least", "greatest")


@dataclass(frozen=True, eq=False)
class RegionSource:
    """The shipped regions.

    Attributes
    ----------
    sweeps
        What was swept so far.
    asked
        Assumptions of the run.
    rows
        Treatments of the regions, for claims about a range.
    engine
        Shortest-path engine.
    members, spread, seed
        Random speed tables: how many (0: none), how far they lie apart, which.
    """

    sweeps: Sweeps
    asked: Setting
    rows: Sequence[Treatment]
    engine: str
    members: int
    spread: float
    seed: int
    _drawn: dict[str, list[Sweeps]] = field(default_factory=dict)
    _others: dict[str, list[Sweeps]] = field(default_factory=dict)

    def views(self, claim: Claim) -> list[View]:
        """See `impact.evidence.claims.source.Source`.

        Ranges have the definitions of `impact reproduce` that need no draws of who stops.
        """
        base = replace(self.asked, weights=claim.weights or self.asked.weights)
        if claim.kind == "range":
            return [self._range_view(claim, base, name) for name in range_definitions(base)]
        change = claim.change
        known = readings(base, claim.kind, named=bool(change.stops), agreed=bool(change.moves_to))
        return [
            View(each, RegionBasis(self.sweeps, replace(base, **each.changes))) for each in known
        ]

    def margins(self, claim: Claim, view: View) -> list[Basis]:
        """See `impact.evidence.claims.source.Source`; weights unless the claim says who counts."""
        setting = _setting(view)
        kinds = () if claim.weights else tuple(name for name in WEIGHTS if name != setting.weights)
        out: list[Basis] = [
            RegionBasis(self.sweeps, replace(setting, weights=name)) for name in kinds
        ]
        return out + [RegionBasis(each, setting) for each in self._otherwise(setting.profile)]

    def draws(self, view: View) -> list[Basis]:
        """See `impact.evidence.claims.source.Source`; around the profile of the view."""
        setting = _setting(view)
        if setting.profile not in self._drawn:
            self._drawn[setting.profile] = self._draw(setting.profile)
        return [RegionBasis(each, setting) for each in self._drawn[setting.profile]]

    def _range_view(self, claim: Claim, base: Setting, definition: Definition) -> View:
        kind = definition.statistic
        basis = RegionBasis(self.sweeps, replace(base, **definition.changes))
        if kind in _PICKS:
            return View(Reading(definition.name, kind), basis)
        own = [row for row in self.rows if row.region == claim.region]
        low, high, _, peak = region_range(definition, claim.region, own, self.sweeps, base)
        return View(Reading(definition.name), basis, (low, high, peak))

    def _otherwise(self, profile: str) -> list[Sweeps]:
        if profile not in self._others:
            world = self.sweeps.world
            times = world.times[profile].select(world.times[profile].origins, self._locations())
            found = other_times(
                times,
                timed(world.network, profile),
                world.postcodes,
                world.hospitals.loc[self._locations()],
                engine=self.engine,
                seed=self.seed,
                areas=True,
            )
            self._others[profile] = [self._with(profile, each.times) for each in found]
        return self._others[profile]

    def _draw(self, profile: str) -> list[Sweeps]:
        if not self.members:
            return []
        world = self.sweeps.world
        many = ensemble(
            timed(world.network, profile),
            world.postcodes,
            world.hospitals.loc[self._locations()],
            members=self.members,
            spread=self.spread,
            seed=self.seed,
            engine=self.engine,
        )
        return [self._with(profile, each) for each in many]

    def _with(self, profile: str, times: TravelTimes) -> Sweeps:
        return Sweeps(replace(self.sweeps.world, times={profile: times}))

    def _locations(self) -> list[str]:
        """Every location that a setting can send these regions to."""
        world = self.sweeps.world
        names: set[str] = set()
        for study in world.studies:
            for each in study.interventions:
                names |= {*each.providers, *world.outside[study.region, each.treatment]}
        return sorted(names.union(*(world.sisters[name] for name in names)))


def _setting(view: View) -> Setting:
    if not isinstance(view.basis, RegionBasis):
        msg = "a view of a shipped region has a setting"
        raise TypeError(msg)
    return view.basis.setting
