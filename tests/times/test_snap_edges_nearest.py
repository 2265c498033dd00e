"""The nearest line, compared with shapely's answer over all lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from impact.network.network import EdgeShapes
from impact.times import snap_edges as nearest_line
from impact.times.snap_edges import mercator, nearest_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HUGE = 10**9


def shapes(*lines: list[tuple[float, float]]) -> EdgeShapes:
    """Lines by their vertices (lat, lon)."""
    start = np.cumsum([0, *(len(line) for line in lines)])
    lat, lon = np.array([vertex for line in lines for vertex in line], dtype=float).T
    none = np.empty(0, dtype=np.int32)
    return EdgeShapes(none, none.astype(bool), start, lon, lat)


def over_all(
    lines: EdgeShapes, usable: NDArray[np.int64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Draw every line, try every line; the first of the nearest counts."""
    vertices = np.column_stack(mercator(lines.lat, lines.lon))
    index = np.repeat(np.arange(len(lines.start) - 1), np.diff(lines.start))
    drawn = shapely.linestrings(vertices, indices=index)[usable]
    away = shapely.distance(shapely.points(x, y)[:, None], drawn[None, :])
    return usable[away.argmin(axis=1)]


def check(lines: EdgeShapes, usable: NDArray[np.int64], places: list[tuple[float, float]]) -> None:
    lat, lon = np.array(places, dtype=float).reshape(-1, 2).T
    x, y = mercator(lat, lon)
    found, drawn = nearest_lines(lines, usable, x, y)
    assert found.tolist() == over_all(lines, usable, x, y).tolist()
    ends = shapely.get_coordinates(shapely.get_point(drawn, 0))
    first = lines.start[found]
    assert np.array_equal(ends, np.column_stack(mercator(lines.lat[first], lines.lon[first])))


# places on a lattice, so that lines meet, cross and repeat, and points lie on them or between
steps = st.integers(0, 12)
place = st.tuples(steps, steps)
drawings = st.lists(st.lists(place, min_size=2, max_size=5), min_size=1, max_size=30)


@settings(max_examples=150, deadline=None)
@given(
    drawing=drawings,
    points=st.lists(st.tuples(st.floats(-5, 17), st.floats(-5, 17)) | place, max_size=12),
    step=st.sampled_from([1e-6, 1e-4, 0.01, 1.0]),
    data=st.data(),
)
def test_the_answer_is_that_of_trying_every_line(
    drawing: list[list[tuple[int, int]]],
    points: list[tuple[float, float]],
    step: float,
    data: st.DataObject,
) -> None:
    """From streets of a few centimetres to lines across a continent, ties included."""

    def at(where: tuple[float, float]) -> tuple[float, float]:
        return 52.0 + step * where[0], 5.0 + step * where[1]

    lines = shapes(*([at(vertex) for vertex in line] for line in drawing))
    many = st.sets(st.integers(0, len(drawing) - 1), min_size=1)
    usable = np.array(sorted(data.draw(many)), dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        # every way to the answer: landmarks on all lines or some, few lines per point or many
        patch.setattr(nearest_line, "_FEW", data.draw(st.sampled_from([0, _HUGE])))
        patch.setattr(nearest_line, "_FAR", data.draw(st.sampled_from([0.0, 5e-4, 10.0])))
        patch.setattr(nearest_line, "_BLOCK", data.draw(st.sampled_from([1, 4, 1000])))
        check(lines, usable, [at(each) for each in points])


def test_a_long_line_between_far_vertices_is_found_from_its_middle() -> None:
    """A dike of 30 km without a bend, and streets nearer to its middle than its ends.

    0 ------------------------------ 0
                  p
                  1-1   2-2
    """
    dike = [(53.0, 5.0), (53.0, 5.4)]
    streets = [[(52.9, lon), (52.9, lon + 0.001)] for lon in (5.2, 5.21, 5.22)]
    lines = shapes(dike, *streets)
    check(lines, np.arange(4), [(52.96, 5.2), (52.94, 5.2), (53.0, 5.2)])


def test_points_far_from_every_line_find_the_nearest_all_the_same() -> None:
    rng = np.random.default_rng(1)
    corner = np.column_stack([rng.uniform(52, 52.1, 300), rng.uniform(5, 5.1, 300)])
    lines = shapes(*([tuple(at), tuple(at + 0.001)] for at in corner))
    check(lines, np.arange(300), [(50.0, 5.0), (52.05, 9.0), (54.0, 5.05), (52.05, 5.05)])


def test_only_lines_near_points_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred by a hundred crossroads: of 20,000 streets a point needs a few."""
    axis = np.arange(100) / 100
    across = [[(52 + a, 5 + b), (52 + a, 5.01 + b)] for a in axis for b in axis]
    down = [[(52 + a, 5 + b), (52.01 + a, 5 + b)] for a in axis for b in axis]
    lines = shapes(*across, *down)
    drawn: list[int] = []
    whole = nearest_line._drawn

    def counted(lines: EdgeShapes, which: NDArray[np.int64]) -> NDArray[np.object_]:
        drawn.append(len(which))
        return whole(lines, which)

    monkeypatch.setattr(nearest_line, "_drawn", counted)
    check(lines, np.arange(20_000), [(52.501, 5.503), (52.25, 5.25)])
    assert drawn[0] < 200
