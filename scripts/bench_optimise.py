"""Time the optimiser: made-up towns, a minimum volume, closest assignment.

Ours (the search, then the integer program over sets of nearest locations) against the textbook
model with one assignment per postcode and location, in turns, both solved by HiGHS. Nothing is
asserted: machines differ.

    python scripts/bench_optimise.py [--quick]
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from impact.optimise.problem import Problem
from impact.optimise.solve import optimise

_PLAIN_SECONDS = 60.0
_TOWNS = 12


def towns(points: int, locations: int, **asked: Any) -> Problem:  # noqa: ANN401
    """Make towns with locations in them, and people around them; the same every time."""
    rng = np.random.default_rng(0)
    centres = rng.random((_TOWNS, 2))
    people = centres[rng.integers(0, _TOWNS, points)] + rng.normal(0.0, 0.12, (points, 2))
    extra = rng.random((max(0, locations - _TOWNS), 2))
    sites = np.vstack([centres[:locations], extra])
    apart = np.hypot(*(people[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
    demand = rng.gamma(1.0, 1.0, points)
    settings: dict[str, Any] = {
        "names": tuple(f"location {number:03d}" for number in range(locations)),
        "minutes": 100.0 * apart * np.exp(rng.normal(0.0, 0.1, apart.shape)),
        "demand": demand * 40.0 * locations / demand.sum(),
        "counted": np.ones(locations, dtype=bool),
        "open": np.zeros(locations, dtype=bool),
        "closed": np.zeros(locations, dtype=bool),
        "least": 0,
        "most": locations,
        "minimum": 50.0,
        "capacity": np.full(locations, np.inf),
        "group": rng.integers(0, 40, points),
        "unit": "patients",
    }
    return Problem(**(settings | asked))


def plain(problem: Problem) -> tuple[float, bool]:
    """Solve the textbook model: x_ih for every pair; gives the value and whether it is proven."""
    points, locations = problem.minutes.shape
    pairs = points * locations
    point, location = np.divmod(np.arange(pairs), locations)
    one = np.ones(pairs)
    every = np.arange(pairs)
    wide = pairs + locations

    def rows(*parts: tuple[Any, Any, Any], count: int) -> sparse.csr_array:
        data, row, column = (np.concatenate(each) for each in zip(*parts, strict=True))
        return sparse.csr_array((data, (row, column)), shape=(count, wide))

    order = np.argsort(problem.minutes, axis=1, kind="stable")
    rank = np.argsort(order, axis=1)
    # y_h + sum of x_ih' over all h' further than h is at most one (Wagner and Falkson 1975)
    closer, further = np.nonzero(rank.ravel()[:, None] < rank[point].reshape(pairs, locations))
    closest = rows(
        (one, every, pairs + location),
        (np.ones(len(closer)), closer, point[closer] * locations + further),
        count=pairs,
    )
    chosen = np.arange(locations)
    volume = rows(
        (problem.demand[point], location, every),
        (np.full(locations, -problem.minimum), chosen, pairs + chosen),
        count=locations,
    )
    found = milp(
        np.r_[(problem.minutes * problem.demand[:, None]).ravel(), np.zeros(locations)]
        / problem.demand.sum(),
        integrality=np.r_[np.zeros(pairs), np.ones(locations)],
        bounds=Bounds(0.0, 1.0),
        constraints=[
            LinearConstraint(rows((one, point, every), count=points), 1.0, 1.0),
            LinearConstraint(closest, -np.inf, 1.0),
            LinearConstraint(
                rows((one, every, every), (-one, every, pairs + location), count=pairs),
                -np.inf,
                0.0,
            ),
            LinearConstraint(volume, 0.0, np.inf),
        ],
        options={"mip_rel_gap": 0.0, "time_limit": _PLAIN_SECONDS},
    )
    return (np.nan if found.x is None else float(found.fun)), found.status == 0


def main() -> None:
    """Print the figures of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small, to see that it runs")
    quick = parser.parse_args().quick
    points, locations, repeats = (60, 8, 1) if quick else (900, 20, 3)
    for name, asked in (
        ("minimum 50", {}),
        ("minimum 90", {"minimum": 90.0}),
        ("minimum 50, worst group", {"objective": "worst"}),
        ("minimum 50, beyond 30", {"objective": "beyond", "limit": 30.0}),
        ("8 stay, no minimum", {"least": 8, "most": 8, "minimum": 0.0}),
        ("8 stay, minimum 50", {"least": 8, "most": 8}),
    ):
        problem = towns(points, locations, **asked)
        spent = []
        for _ in range(repeats):
            start = time.perf_counter()
            found = optimise(problem)
            spent.append(time.perf_counter() - start)
        print(
            f"{points} x {locations}, {name}: {statistics.median(spent):.2f} s, {found.status}, "
            f"{len(found.open)} open, {found.nodes} sets searched, {found.sets} variables"
        )
    small = towns(40 if quick else 150, 8 if quick else 10)
    ours, theirs = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        value = optimise(small).value
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        other, proven = plain(small)
        theirs.append(time.perf_counter() - start)
    ratio = statistics.median(theirs) / statistics.median(ours)
    print(
        f"{len(small.demand)} x {len(small.names)}: ours {statistics.median(ours):.2f} s "
        f"({value:.4f}), textbook model {statistics.median(theirs):.2f} s "
        f"({other:.4f}{'' if proven else ', not proven'}): {ratio:.0f} times"
    )


if __name__ == "__main__":
    main()
