"""Speed profiles: how fast a private car drives on which class of road.

A profile is a table class x setting: kilometres per hour on a rural and on an urban link. A link
with urban share u gets the value in between. The numbers stand in ``data/roads/speeds.csv``, not
in code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from impact.errors import Fault, InputError, nearest_names
from impact.messages import said

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


_MINUTES_PER_HOUR = 60.0
_SENSIBLE_KMH = (3.0, 140.0)
LOCAL = "local"
"""Class whose speed holds on access legs."""


@dataclass(frozen=True)
class SpeedProfile:
    """Speeds of one setting of traffic.

    Attributes
    ----------
    name
        ``vrij``, ``dal`` or ``spits`` for the shipped ones.
    speeds
        (class, rural km/h, urban km/h), sorted by class.
    fixed_minutes
        Per trip, for starting and parking.
    status
        ``calibrated`` or ``assumption``.
    source
        Where the speeds come from.

    Examples
    --------
    >>> profile = SpeedProfile("toy", (("local", 60.0, 30.0),), 2.5)
    >>> float(profile.kmh("local", np.array([0.5]))[0])
    45.0
    """

    name: str
    speeds: tuple[tuple[str, float, float], ...]
    fixed_minutes: float = 0.0
    status: str = ""
    source: str = ""

    def kmh(self, road_class: str, urban: NDArray[np.float64]) -> NDArray[np.float64]:
        """Speed on links of one class.

        Parameters
        ----------
        road_class
            A class of the table.
        urban : ndarray of float
            Urban shares, 0 to 1.

        Returns
        -------
        ndarray of float
            Kilometres per hour, linear in the urban share.

        Raises
        ------
        InputError
            For a class that the profile does not know.
        """
        for name, rural, dense in self.speeds:
            if name == road_class:
                return rural * (1.0 - urban) + dense * urban
        known = [name for name, _, _ in self.speeds]
        raise InputError(
            Fault(
                said("speed profile {name}", name=self.name),
                "",
                "class",
                road_class,
                said("one of {names}", names=", ".join(known)),
                nearest_names(road_class, known),
            )
        )

    def drive_minutes(
        self,
        road_class: NDArray[np.object_],
        km: NDArray[np.float64],
        urban: NDArray[np.float64],
        given_minutes: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Minutes on every edge: length / speed, or the given minutes of a ferry.

        Parameters
        ----------
        road_class, km, urban : ndarray, shape (n_edges,)
            Class, kilometres and urban share.
        given_minutes : ndarray of float, shape (n_edges,)
            Win where they are numbers.

        Returns
        -------
        ndarray of float, shape (n_edges,)
        """
        minutes = given_minutes.copy()
        open_edges = np.isnan(minutes)
        for each in sorted(set(road_class[open_edges])):
            chosen = open_edges & (road_class == each)
            speed = self.kmh(str(each), urban[chosen])
            minutes[chosen] = km[chosen] / speed * _MINUTES_PER_HOUR
        return minutes

    def access_minutes(
        self, km: NDArray[np.float64], urban: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Minutes of access legs: road kilometres at the local speed of their surroundings.

        Parameters
        ----------
        km : ndarray of float
            Length of each leg.
        urban : ndarray of float
            Urban share where the leg joins.

        Returns
        -------
        ndarray of float
        """
        return km / self.kmh(LOCAL, urban) * _MINUTES_PER_HOUR


def read_profiles(speeds: Path | str, profiles: Path | str) -> dict[str, SpeedProfile]:
    """Read the speed tables.

    Parameters
    ----------
    speeds
        CSV: profile, class, rural_kmh, urban_kmh, source.
    profiles
        CSV: profile, fixed_minutes, status, source.

    Returns
    -------
    dict of str to SpeedProfile

    Raises
    ------
    InputError
        For text in a number, a speed outside 3 to 140 km/h, or a profile or class twice.
    """
    from impact.tables.text_table import read_table

    table, head = read_table(speeds), read_table(profiles)
    table.require(["profile", "class", "rural_kmh", "urban_kmh"])
    head.require(["profile", "fixed_minutes"])
    low, high = _SENSIBLE_KMH
    rural, faults = table.numbers("rural_kmh", minimum=low, maximum=high)
    urban, urban_faults = table.numbers("urban_kmh", minimum=low, maximum=high)
    fixed, fixed_faults = head.numbers("fixed_minutes", minimum=0.0)
    faults += urban_faults + fixed_faults + head.unique("profile")
    pairs = table.frame["profile"] + ", " + table.frame["class"]
    faults += replace(table, frame=pairs.to_frame("profile, class")).unique("profile, class")
    if faults:
        raise InputError(faults)
    rows: dict[str, list[tuple[str, float, float]]] = {}
    columns = zip(table.frame["profile"], table.frame["class"], rural, urban, strict=True)
    for name, road_class, outside, inside in columns:
        rows.setdefault(name, []).append((road_class, float(outside), float(inside)))
    out = {}
    for position, name in enumerate(head.frame["profile"]):
        if name not in rows:
            expected = said("speeds of this profile in {name}", name=table.name)
            raise InputError(Fault(head.name, "", "profile", name, expected))
        cells = head.frame.iloc[position]
        out[name] = SpeedProfile(
            name,
            tuple(sorted(rows[name])),
            float(fixed[position]),
            str(cells.get("status", "")),
            str(cells.get("source", "")),
        )
    return out


def choose_profile(profiles: dict[str, SpeedProfile], name: str) -> SpeedProfile:
    """Pick a profile by name."""
    if name not in profiles:
        expected = said("one of {names}", names=", ".join(profiles))
        raise InputError(Fault("profile", "", "", name, expected, nearest_names(name, profiles)))
    return profiles[name]
