"""Minutes by another way to travel than the car: by public transport, or a mix of both.

With c minutes by car, b minutes by public transport and s the share of people without a car,

    by public transport   b
    mix                   (1 - s) c + s b,  and c where s = 0

The mix is the mean minutes of the people of a place who all go to one hospital. Where some of them
have no car and no connection the mix is infinite: not everybody there can reach that hospital. A
place of which not everybody can reach any hospital counts as unreachable, never as far.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from impact.errors import Fault, InputError, nearest_names
from impact.manifest import created
from impact.messages import said
from impact.notes import Loaded, Note
from impact.study.model import CAR, CATCHMENT, MIX, TRAVEL_MODES

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork
    from impact.study.model import Study
    from impact.times.matrix import TravelTimes


def mixed_minutes(
    car: NDArray[np.float64], transit: NDArray[np.float64], without_car: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean minutes of people of whom some have no car.

    Parameters
    ----------
    car, transit : ndarray of float, shape (n_origins, n_destinations)
        Minutes; infinite without a route or a connection.
    without_car : ndarray of float, shape (n_origins,)
        Share of the people without a car, 0 to 1.

    Returns
    -------
    ndarray of float, same shape
        Those by car, bit for bit, where the share is 0; by public transport where it is 1.

    Examples
    --------
    >>> mixed_minutes(np.array([[20.0]]), np.array([[60.0]]), np.array([0.25]))
    array([[30.]])
    """
    share = np.broadcast_to(without_car[:, None], car.shape)
    out = np.where(share == 0.0, car, transit)
    both = (share > 0.0) & (share < 1.0)
    out[both] = (1.0 - share[both]) * car[both] + share[both] * transit[both]
    return out


def minutes_by_mode(
    study: Study,
    times: TravelTimes,
    residents: pd.DataFrame,
    hospitals: pd.DataFrame,
    roads: RoadNetwork | None,
    *,
    use_cache: bool = True,
) -> Loaded[TravelTimes]:
    """Replace minutes by car with those of the mode of a study.

    Parameters
    ----------
    study
        Its `travel_mode`, `without_car` and public transport.
    times
        By car, from the residents to the hospitals.
    residents, hospitals
        Index: identifiers; columns ``lat``, ``lon``, and of residents the share without a car.
    roads
        Of the study, along whose streets people walk.
    use_cache
        Whether trips may come from, and go to, the cache.

    Returns
    -------
    Loaded of TravelTimes
        As they are where people go by car.

    Raises
    ------
    InputError
        For an unknown mode, a study without public transport, or by catchments, and a share that
        is none.
    """
    mode = study.travel_mode
    if mode == CAR:
        return Loaded(times)
    _check(study)
    # who goes by car only needs none of this
    from impact.transit.load import load_transit

    today = dt.datetime.fromisoformat(created()).date()
    found = load_transit(study, roads, residents, hospitals, today=today, use_cache=use_cache)
    notes = list(found.notes)
    if mode == MIX:
        share = residents[study.without_car].to_numpy(np.float64)
        high = np.flatnonzero(share > 1.0)
        if len(high):
            row = said("postcode {first}", first=residents.index[high[0]])
            expected = "a share from 0 to 1"
            raise InputError(
                Fault(study.postcodes, row, study.without_car, f"{share[high[0]]:g}", expected)
            )
        minutes = mixed_minutes(times.minutes, found.value.minutes, share)
    else:
        minutes = found.value.minutes
    cut_off = ~np.isfinite(minutes).any(axis=1) & np.isfinite(times.minutes).any(axis=1)
    if cut_off.any():
        notes.append(Note.of(f"cut_off_{mode}", count=int(cut_off.sum()), total=len(minutes)))
    about = {
        **times.manifest,
        "mode": mode,
        "profile": mode,
        "roads": {**times.manifest["roads"], "kind": mode},
        "transit": dict(found.value.manifest),
    }
    # kilometres and the key of the matrix are of the car
    made = replace(times, minutes=minutes, km=None, manifest=about)
    return Loaded(made, tuple(notes), found.sources)


def _check(study: Study) -> None:
    mode = study.travel_mode
    if mode not in TRAVEL_MODES:
        near = nearest_names(mode, TRAVEL_MODES)
        raise InputError(
            Fault(
                "--mode", "", "", mode, said("one of {names}", names=", ".join(TRAVEL_MODES)), near
            )
        )
    faults = []
    if not study.transit:
        expected: str = said(
            "a timetable or a matrix of public transport, for --mode {mode}", mode=mode
        )
        faults.append(Fault(study.source, "", "study.transit", None, expected))
    if mode == MIX and not study.without_car:
        expected = "the column with the share of people without a car (0 to 1)"
        faults.append(Fault("--without-car", "", "", None, expected))
    faults += [
        Fault(
            study.source,
            said("intervention {name}", name=each.name),
            "allocation",
            CATCHMENT,
            "--mode car",
        )
        for each in study.interventions
        if each.allocation == CATCHMENT
    ]
    if faults:
        raise InputError(faults)
