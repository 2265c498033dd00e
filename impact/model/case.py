"""One intervention under one scenario: who stops, who goes where, and the figures of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from impact.model.candidates import locations_before, locations_joining

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import pandas as pd

    from impact.model.fill import Filling
    from impact.study.model import Intervention


@dataclass(frozen=True, eq=False)
class Case:
    """One intervention under one scenario (or displayed candidate) and one recipient rule.

    Attributes
    ----------
    intervention
        What is concentrated.
    scenario
        Name of the scenario, or `DISPLAYED`.
    kind
        ``scenario`` (named in the study) or ``candidate`` (displayed in its absence).
    recipients
        ``named``, ``nearest``, or ``split`` where volumes are divided.
    stops, opens, stays
        Locations, sorted; `stays` are providers before and after.
    outside
        Locations outside the region that demand may go to.
    in_range
        Whether the range `interventions` takes its figure here.
    principal
        False for the second reading of a scenario with named recipients (nearest instead).
    flows
        One row per postcode and pair of providers; see `impact.model.allocation.flows`.
    figures
        See `impact.model.measures.measures`.
    start, status, source
        Of a named scenario.
    moves_to
        Provider that stops -> recipient -> share, where recipients are named.
    quotas
        Provider that stays -> its volume after the change, where volumes are divided.
    kept, volumes_by
        Of a displayed candidate: provider -> why the rule keeps it, and what volumes decided; see
        `impact.model.staying.Display`.
    filling, filling_minutes
        What filling up to the norm does, and costs; `None` and empty where nobody is filled up.
    """

    intervention: Intervention
    scenario: str
    kind: str
    recipients: str
    stops: tuple[str, ...]
    opens: tuple[str, ...]
    stays: tuple[str, ...]
    outside: tuple[str, ...]
    in_range: bool
    principal: bool
    flows: pd.DataFrame
    figures: Mapping[str, float]
    start: dt.date | None = None
    status: str = ""
    source: str = ""
    moves_to: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    quotas: Mapping[str, float] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    volumes_by: str = ""
    filling: Filling | None = None
    filling_minutes: Mapping[str, float] = field(default_factory=dict)

    @property
    def before(self) -> tuple[str, ...]:
        """Locations that demand may be at before the change."""
        return locations_before(self.intervention, self.outside)

    @property
    def joining(self) -> tuple[str, ...]:
        """Locations that demand may go to only after the change."""
        stopping = len(self.stops)
        return locations_joining(
            self.intervention, self.outside, stopping=stopping, opens=self.opens
        )

    @property
    def outside_incomplete(self) -> bool:
        """Whether providers outside the region come from the register, which may lack nearer ones.

        The register lists a treatment only in regions where providers fall short of its norm.
        """
        return bool(self.outside) and not self.intervention.outside

    @property
    def not_calculable(self) -> bool:
        """Whether the treatment leaves the region and no provider elsewhere is known well enough.

        See `impact.study.register.without_holes`.
        """
        listed = self.intervention.treatment != ""
        return listed and bool(self.stops) and not (self.stays or self.opens or self.outside)

    @property
    def doubtful(self) -> bool:
        """Whether its minutes can carry no conclusion, because of who is not known elsewhere."""
        return self.outside_incomplete or self.not_calculable

    @property
    def destinations(self) -> tuple[tuple[str, float], ...]:
        """Where the moved go: location (empty: no route) and share, the largest first."""
        return destinations(self.flows)


def destinations(flows: pd.DataFrame) -> tuple[tuple[str, float], ...]:
    """Where the moved of some flows go: location (empty: no route) and share, largest first."""
    moved = flows[flows["moved"]]
    total = float(moved["demand"].sum())
    if total <= 0.0:
        return ()
    demand = moved.groupby("provider_after", sort=True)["demand"].sum()
    found = [(str(name), float(value) / total) for name, value in demand.items() if value > 0]
    return tuple(sorted(found, key=lambda each: (-each[1], each[0])))
