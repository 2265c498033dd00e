"""What the tags of a node mean for a car that passes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impact.roads.osm.tables import CLOSED
from impact.roads.osm.tags import ACCESS_KEYS

if TYPE_CHECKING:
    from impact.roads.osm.tables import OsmTables

NODE_KEYS = ("highway", "barrier", "railway", "traffic_calming", "crossing")
"""A node without any of these is a bend or a plain junction."""

EVENTS = (
    "",
    "crossing",
    "calming",
    "mini_roundabout",
    "give_way",
    "signals_crossing",
    "stop",
    "level_crossing",
    "barrier",
    "toll",
    "signals",
)
"""What may stand on a node, the least delay first; each but the first is a line of the table."""

_PLACE = {name: place for place, name in enumerate(EVENTS)}
_BY_HIGHWAY = {
    "traffic_signals": "signals",
    "crossing": "crossing",
    "mini_roundabout": "mini_roundabout",
    "stop": "stop",
    "give_way": "give_way",
}
_BY_BARRIER = {"gate": "barrier", "lift_gate": "barrier", "swing_gate": "barrier"}
_WAY = {"forward": 1, "backward": 2}
_FREE_CROSSINGS = ("no", "informal")


def node_event(tags: Any, tables: OsmTables) -> tuple[int, int, bool] | None:  # noqa: ANN401
    """Say what stands on a node.

    Parameters
    ----------
    tags
        Anything with ``get(key)``: a mapping, or osmium's tag list.
    tables
        Which barriers stop cars.

    Returns
    -------
    tuple of (int, int, bool) or None
        Position in `EVENTS`, direction of the way that it is for (0 both, 1 along, 2 against), and
        whether a car is stopped; `None` where nothing matters.

    Examples
    --------
    >>> from impact.roads.osm.tables import read_osm_tables
    >>> node_event({"barrier": "bollard"}, read_osm_tables())
    (0, 0, True)
    >>> node_event({"barrier": "bollard", "motor_vehicle": "yes"}, read_osm_tables()) is None
    True
    """
    barrier, highway = tags.get("barrier"), tags.get("highway")
    name, blocked = "", False
    if barrier is not None and barrier != "nan":
        blocked = not _opens(tags, barrier, tables)
        name = "toll" if barrier == "toll_booth" else _BY_BARRIER.get(barrier, "")
    if highway is not None:
        name = _BY_HIGHWAY.get(highway, name)
        crossing = tags.get("crossing")
        if name == "crossing" and crossing == "traffic_signals":
            name = "signals_crossing"
        elif name == "crossing" and crossing in _FREE_CROSSINGS:
            name = ""
    if not name and tags.get("railway") == "level_crossing":
        name = "level_crossing"
    if not name and tags.get("traffic_calming") not in {None, "no", "nan"}:
        name = "calming"
    if not name and not blocked:
        return None
    said = tags.get("traffic_signals:direction") or tags.get("direction")
    return _PLACE[name], _WAY.get(said, 0), blocked


def _opens(tags: Any, barrier: str, tables: OsmTables) -> bool:  # noqa: ANN401
    for key in ACCESS_KEYS:
        value = tags.get(key)
        if value is not None:
            return tables.access.get(("access", value), CLOSED) != CLOSED
    return tables.access.get(("barrier", barrier), CLOSED) != CLOSED
