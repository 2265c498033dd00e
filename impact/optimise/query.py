"""What is asked of the best redistribution, beside the study."""

from __future__ import annotations

from dataclasses import dataclass

OBJECTIVES = ("minutes", "worst", "beyond")
"""Mean minutes of all; mean minutes of the worst group; demand beyond a limit."""

VOLUMES = ("registered", "demand")
"""Registered counts where the study has them, or always the demand."""

BESIDE_SECONDS = 20.0
"""A treatment of the shipped studies needs two or three."""


@dataclass(frozen=True)
class Query:
    """What is asked of the optimum.

    Attributes
    ----------
    objective, limit
        See `impact.optimise.problem.Problem`.
    exactly, at_most
        How many locations are open; `None`: as few as `stop_count` says where there is no minimum.
    minimum
        Least volume per open location, in the unit of the volumes; `None`: the norm, where that is
        patients.
    gap, time_limit
        When the solver may stop.
    volumes
        One of `VOLUMES`.
    beside
        Seconds for what stands beside the best of a treatment; zero: nothing does.
    """

    objective: str = "minutes"
    limit: float = 45.0
    exactly: int | None = None
    at_most: int | None = None
    minimum: float | None = None
    gap: float = 0.0
    time_limit: float = 60.0
    volumes: str = VOLUMES[0]
    beside: float = BESIDE_SECONDS
