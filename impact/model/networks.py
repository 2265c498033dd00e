"""Networks within which patients are redistributed: regions, subregions, vascular networks.

A *region* is an oncology region. A *subregion* is a part of one; a region without subregions is
its own. A *vascular* network is another division of the country, for aorta and carotid. Members
are organisations; a treatment is performed at locations of theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from impact.bundled import data_path
from impact.errors import Fault, InputError, nearest_names
from impact.messages import said
from impact.study.model import LAYERS
from impact.tables.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

REGION, SUBREGION, VASCULAR = LAYERS

STATUSES = ("sourced", "inferred", "unknown")
"""From well to badly supported; ``unknown`` marks that not all members are known."""

_COLUMNS = ("layer", "network", "main_region", "member", "status", "source", "year", "note")
_MEMBER = "lid"


def read_networks(regions: pd.DataFrame, path: Path | str | None = None) -> pd.DataFrame:
    """Read subregions and vascular networks, and put the regions beside them.

    Parameters
    ----------
    regions
        region, organisation and role, with source, year, status and note;
        ``role == "lid"`` marks members.
    path
        CSV with layer, network, main_region, member, status, source, year, note; the shipped one
        by default. A row without a member has the status ``unknown``: not all are known.

    Returns
    -------
    pandas.DataFrame
        One row per layer, network and member, as text; the columns of the file.

    Raises
    ------
    InputError
        For a missing column, a layer, status or region that does not exist, a member twice, or a
        status that does not fit an empty member.

    Examples
    --------
    >>> from impact.tables.places import read_regions
    >>> networks = read_networks(read_regions())
    >>> members_of(networks, "subregion", "ONZ")[:2]
    ('Medisch Spectrum Twente', 'Saxenburgh')
    """
    table = read_table(data_path("networks.csv") if path is None else path)
    table.require(_COLUMNS)
    known = sorted(set(regions["region"]))
    faults = []
    seen: dict[tuple[str, str, str], int] = {}
    for row, cells in zip(table.rows, table.frame.to_dict("records"), strict=True):
        where = table.where(row)
        key = (cells["layer"], cells["network"], cells["member"])
        if seen.setdefault(key, row) != row:
            expected: str = said(
                "each member once (it is also in {where})", where=table.where(seen[key])
            )
            faults.append(Fault(table.name, where, "member", cells["member"], expected))
        for column, allowed in (
            ("layer", LAYERS[1:]),
            ("status", STATUSES),
            ("main_region", known),
        ):
            value = cells[column]
            if value not in allowed:
                expected = said("one of {names}", names=", ".join(allowed))
                near = nearest_names(value, allowed)
                faults.append(Fault(table.name, where, column, value, expected, near))
        if (cells["member"] == "") != (cells["status"] == "unknown"):
            expected = "'unknown' where the member is empty, and only there"
            faults.append(Fault(table.name, where, "status", cells["status"], expected))
    if faults:
        raise InputError(faults)
    members = regions[regions["role"] == _MEMBER]
    own = members.assign(
        layer=REGION,
        network=members["region"],
        main_region=members["region"],
        member=members["organisation"],
    )
    return pd.concat([own, table.frame], ignore_index=True)[list(_COLUMNS)]


def members_of(networks: pd.DataFrame, layer: str, name: str) -> tuple[str, ...]:
    """Members of one network.

    Parameters
    ----------
    networks
        From `read_networks`.
    layer, name
        One that exists.

    Returns
    -------
    tuple of str
        Organisations, sorted.

    Raises
    ------
    InputError
        When the layer has no such network, or not all of its members are known.
    """
    return _members(networks, layer, name, ("networks", ""))


def resolve_within(
    within: str | Sequence[str],
    networks: pd.DataFrame,
    *,
    region: str,
    source: str = "study",
    where: str = "",
) -> dict[str, tuple[str, ...]]:
    """Resolve within which networks patients are redistributed.

    Parameters
    ----------
    within
        ``"region"``, ``"subregion"`` or ``"vascular"``: all networks of that layer that have a
        member of the region; the name of one network (``"vascular: Midden-Nederland"`` where two
        layers have that name); or a list of members.
    networks
        From `read_networks`.
    region
        The oncology region of the study.
    source, where
        Where `within` stands, for messages.

    Returns
    -------
    dict of str to tuple of str
        Network -> its members, sorted. A list of members is called after them. A region without
        subregions is its own.

    Raises
    ------
    InputError
        For a name that nothing has (with the nearest that exist) or that two layers have, a
        network without members or with members that are not known, a member named twice.

    Examples
    --------
    >>> from impact.tables.places import read_regions
    >>> networks = read_networks(read_regions())
    >>> sorted(resolve_within("subregion", networks, region="Zuidwest-Nederland"))
    ['Concord', 'EMBRAZE']
    >>> resolve_within("subregion", networks, region="Oost-Nederland").keys()
    dict_keys(['Oost-Nederland'])
    """
    place = (source, where)
    if not isinstance(within, str):
        return {" + ".join(within): _listed(within, networks, place)}
    if within in LAYERS:
        names = _touching(within, networks, region)
        if within == SUBREGION and not names:
            return {region: _members(networks, REGION, region, place)}
        if not names:
            expected = said("a layer that has a network in {region}", region=region)
            raise InputError(Fault(source, where, "within", within, expected))
        return {name: _members(networks, within, name, place) for name in names}
    layer, name = _named(within, networks, place)
    return {name: _members(networks, layer, name, place)}


def layer_of(
    within: str | Sequence[str], networks: pd.DataFrame, *, otherwise: str = REGION
) -> str:
    """Tell which kind of network patients are redistributed in.

    Parameters
    ----------
    within
        As for `resolve_within`.
    networks
        From `read_networks`.
    otherwise
        Layer of a list of members, which no table names.

    Returns
    -------
    str
        One of `LAYERS`.

    Examples
    --------
    >>> from impact.tables.places import read_regions
    >>> networks = read_networks(read_regions())
    >>> layer_of("ONZ", networks), layer_of(["A", "B"], networks, otherwise="vascular")
    ('subregion', 'vascular')
    """
    if not isinstance(within, str):
        return otherwise
    return within if within in LAYERS else _named(within, networks, ("", ""))[0]


def locations_within(
    groups: Mapping[str, Sequence[str]], organisation_of: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Locations of the members of each network.

    Parameters
    ----------
    groups
        From `resolve_within`.
    organisation_of
        Location -> organisation.

    Returns
    -------
    dict of str to tuple of str
        Network -> locations, sorted.

    Examples
    --------
    >>> locations_within({"Oost": ("X",)}, {"X Noord": "X", "X Zuid": "X", "Y": "Y"})
    {'Oost': ('X Noord', 'X Zuid')}
    """
    return {
        name: tuple(sorted(each for each, owner in organisation_of.items() if owner in members))
        for name, members in groups.items()
    }


def _touching(layer: str, networks: pd.DataFrame, region: str) -> list[str]:
    """Networks of a layer that have a member of a region, or belong to it, sorted."""
    of_region = networks["layer"].eq(REGION) & networks["network"].eq(region)
    inside = networks["member"].isin(networks.loc[of_region, "member"])
    empty_here = networks["member"].eq("") & networks["main_region"].eq(region)
    return sorted(set(networks.loc[networks["layer"].eq(layer) & (inside | empty_here), "network"]))


def _named(within: str, networks: pd.DataFrame, place: tuple[str, str]) -> tuple[str, str]:
    """Layer and name of the one network that is called so."""
    layer, mark, name = (part.strip() for part in within.partition(":"))
    pairs = networks[["layer", "network"]].drop_duplicates()
    if mark and layer in LAYERS:
        pairs, wanted = pairs[pairs["layer"] == layer], name
    else:
        wanted = within
    found = pairs.loc[pairs["network"] == wanted, "layer"].tolist()
    if len(found) == 1:
        return found[0], wanted
    if found:
        expected: str = said(
            "one of the networks of that name: {names}",
            names="; ".join(f"{each}: {wanted}" for each in sorted(found)),
        )
        raise InputError(Fault(*place, "within", within, expected))
    known = sorted(set(pairs["network"]))
    expected = "region, subregion, vascular, the name of a network, or a list of members"
    raise InputError(
        Fault(*place, "within", within, expected, nearest_names(wanted, [*LAYERS, *known]))
    )


def _members(
    networks: pd.DataFrame, layer: str, name: str, place: tuple[str, str]
) -> tuple[str, ...]:
    rows = networks[networks["layer"].eq(layer) & networks["network"].eq(name)]
    if rows.empty:
        known = sorted(set(networks.loc[networks["layer"] == layer, "network"]))
        expected = said("a network of the layer {layer}", layer=layer)
        raise InputError(Fault(*place, "within", name, expected, nearest_names(name, known)))
    members = sorted(set(rows["member"]) - {""})
    if rows["member"].eq("").any():
        expected = said(
            "a network whose members are all known (known: {names}): list them yourself",
            names=", ".join(members) or "none",
        )
        raise InputError(Fault(*place, "within", f"{layer}: {name}", expected))
    return tuple(members)


def _listed(
    members: Sequence[str], networks: pd.DataFrame, place: tuple[str, str]
) -> tuple[str, ...]:
    known = sorted(set(networks["member"]) - {""})
    faults = [
        Fault(*place, "within", name, "an organisation of a network", nearest_names(name, known))
        for name in members
        if name not in known
    ]
    faults += [
        Fault(*place, "within", name, "each member once")
        for name in sorted(set(members))
        if list(members).count(name) > 1
    ]
    if not members:
        faults.append(Fault(*place, "within", None, "at least one member"))
    if faults:
        raise InputError(faults)
    return tuple(sorted(members))
