"""A case by the published method: catchments, stopping within networks, filling to the norm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from impact.model.catchment import catchment_flows, catchments
from impact.model.fill import fill_by_least_travel, fill_to_norm, filling_cost

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from impact.model.catchment import Nearness
    from impact.model.fill import Filling
    from impact.study.model import Intervention


@dataclass(frozen=True, eq=False)
class StudyCatchments:
    """Catchments of one intervention.

    Attributes
    ----------
    nearness
        From the postcodes of the catchments to every location that matters.
    between
        From location to location; `None` where nobody is filled up.
    providers
        All that are known to perform the treatment, also in other regions.
    networks
        Network -> its locations.
    weights : ndarray of float, shape (n_postcodes,)
        Residents, or whatever the study counts.
    volumes
        Provider -> volume per year; `None`: the weights are the demand.
    """

    nearness: Nearness
    between: Nearness | None
    providers: tuple[str, ...]
    networks: Mapping[str, tuple[str, ...]]
    weights: NDArray[np.float64]
    volumes: Mapping[str, float] | None

    def found(self, group: NDArray[np.float64] | None = None) -> pd.DataFrame:
        """Catchments and the demand in them; of a group its own weights are the demand.

        Parameters
        ----------
        group : ndarray of float, shape (n_postcodes,), optional
            Weights of a group of residents.

        Returns
        -------
        pandas.DataFrame
            As `impact.model.catchment.catchments`.
        """
        weights = self.weights if group is None else group
        volumes = self.volumes if group is None else None
        return catchments(self.nearness, weights, providers=self.providers, volumes=volumes)


@dataclass(frozen=True, eq=False)
class CatchmentFlows:
    """Who goes where in a case.

    Attributes
    ----------
    flows
        After every step.
    filling
        What step 2 does; `None` where nobody is filled up.
    minutes
        As `impact.model.fill.filling_cost`; empty where nobody is filled up.
    """

    flows: pd.DataFrame
    filling: Filling | None
    minutes: Mapping[str, float]


def catchment_case(
    intervention: Intervention,
    own: StudyCatchments,
    *,
    stops: Sequence[str],
    opens: Sequence[str] = (),
    moves_to: Mapping[str, Mapping[str, float]] | None = None,
    group: NDArray[np.float64] | None = None,
) -> CatchmentFlows:
    """Make steps 1 and 2 for one case.

    Parameters
    ----------
    intervention
        Its providers, `moves_share`, `fill` and `norm`.
    own
        Its catchments.
    stops, opens, moves_to
        As for `impact.model.catchment.catchment_flows`.
    group : ndarray of float, shape (n_postcodes,), optional
        Weights of a group of residents; they are nobody's volume, and fill nobody up.

    Returns
    -------
    CatchmentFlows
        Of the catchments of the study's providers and of its networks.
    """
    shown = locations_shown(intervention, own.networks)
    rows = catchment_flows(
        own.nearness,
        own.found(group),
        providers=own.providers,
        networks=own.networks,
        stops=stops,
        opens=opens,
        moves_to=moves_to,
        moves_share=intervention.moves_share,
    )
    rows = rows[rows["provider_before"].isin(shown)].reset_index(drop=True)
    if own.between is None or intervention.norm is None or group is not None:
        return CatchmentFlows(rows, None, {})
    goes_on = sorted({*own.providers, *opens} - set(stops))
    filling = fill_to_norm(
        own.nearness,
        own.between,
        rows,
        norm=intervention.norm,
        networks=own.networks,
        goes_on=goes_on,
    )
    least = fill_by_least_travel(
        own.nearness, filling.flows, networks=own.networks, goes_on=goes_on
    )
    taken = filling.flows if intervention.fill == "published" else least
    return CatchmentFlows(taken, filling, filling_cost(rows, filling.flows, least))


def locations_shown(intervention: Intervention, networks: Mapping[str, Sequence[str]]) -> list[str]:
    """Locations whose catchments count: the providers of the study, and of its networks.

    Parameters
    ----------
    intervention
        Its providers.
    networks
        Network -> its locations.

    Returns
    -------
    list of str
    """
    return sorted({*intervention.providers, *(name for each in networks.values() for name in each)})
