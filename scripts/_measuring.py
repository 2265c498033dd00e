"""Put the same problem before every contender of a benchmark, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from _contenders import MS, PEERS, Problem, ours
from _tiling import points_on

from impact.network.npz import write_network
from impact.times.engines.protocol import ENGINES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from impact.network.network import RoadNetwork

Found = dict[str, dict[str, Any]]
"""By contender and step a list of pairs: processor seconds, and seconds by the clock."""

STEPS = {
    "first": "first matrix",
    "later": "later process",
    "repeat": "again",
    "speeds": "other speeds",
    "join": "joining points",
}
_TOLERANCE = 1e-6
_PROGRAM = Path(__file__).with_name("bench_engines.py")


def write_roads(folder: Path, network: RoadNetwork, *, whole: bool) -> None:
    """Write the roads of a problem; `whole` says whether minutes are whole milliseconds."""
    if whole:
        rounded = np.round(network.minutes * MS) / MS
        network = replace(network, minutes=rounded, profiles={}, profile_minutes={})
    random = np.random.default_rng(2)
    other = np.round(network.minutes * random.lognormal(0.0, 0.1, len(network.minutes)) * MS) / MS
    np.save(folder / "other.npy", other)
    write_network(network, folder / "roads.impact")


def write_points(folder: Path, network: RoadNetwork, origins: int, destinations: int) -> None:
    """Write the points of a problem: on random junctions, as many as there are at most.

    Not on copies of a junction, which a turn restriction makes: peers would start at one of them,
    and ours at whichever it joins.
    """
    places = network.lat + 1j * network.lon
    _, node, copies = np.unique(places, return_index=True, return_counts=True)
    alone = np.sort(node[copies == 1])
    for name, count, seed in (("origins", origins, 3), ("destinations", destinations, 4)):
        most = min(count, len(alone))
        chosen = np.random.default_rng(seed).choice(alone, most, replace=False)
        points = points_on(network, chosen, prefix=name[0]).assign(node=chosen)
        points.to_parquet(folder / f"{name}.parquet")


def measure(
    folder: Path, names: Sequence[str], rounds: int, *, peer_rounds: int, here: bool
) -> Found:
    """Run every contender; peers that are not there are left out.

    Parameters
    ----------
    folder
        With a problem.
    names
        Of engines and peers.
    rounds, peer_rounds
        How often a step is taken.
    here
        Whether to do without a process per contender.
    """
    present = [name for name in names if name not in PEERS or util.find_spec(PEERS[name][0])]
    for name in sorted(set(names) - set(present)):
        print(f"left out: {name} is not installed")
    found: Found = {}
    for name in present:
        times = peer_rounds if name in PEERS else rounds
        made = run_here(name, folder, times) if here else run_apart(name, folder, times)
        if made is not None:
            found[name] = made
    check(folder, list(found))
    return found


def run_apart(
    name: str, folder: Path, rounds: int, environment: dict[str, str] | None = None
) -> dict[str, Any] | None:
    """Run a contender in a process; `None` for a peer that fails, which is said."""
    command = [sys.executable, "-W", "ignore", str(_PROGRAM), str(folder), "--run", name]
    command += ["--rounds", str(rounds)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        if name not in PEERS:
            raise RuntimeError(done.stderr)
        print(f"left out: {name} failed ({reason})")
        return None
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return made


def report_run(name: str, folder: Path, rounds: int) -> None:
    """Run a contender in this process, and print what `run_apart` reads."""
    made = run_here(name, folder, rounds)
    # not ru_maxrss, which a process inherits from the one that started it
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text("ascii").splitlines() if "VmHWM" in line)
        made["mb"] = int(peak.split()[1]) / 1024
    print(json.dumps(made))


def run_here(name: str, folder: Path, rounds: int) -> dict[str, Any]:
    """Run a contender in this process."""
    problem = Problem.read(folder)
    is_peer = name in PEERS and not (name in ENGINES and problem.network.join.kind == "edge")
    made = PEERS[name][2](problem, rounds) if is_peer else ours(problem, name, rounds)
    np.save(folder / f"made_{name}.npy", made.minutes)
    seconds = {step: [pair.tolist() for pair in pairs] for step, pairs in made.seconds.items()}
    return {**seconds, "notes": made.notes}


def check(folder: Path, names: Sequence[str]) -> None:
    """Compare every matrix with the first of ours, column by column that was made."""
    first = next((name for name in names if name not in PEERS), None)
    if first is None:
        return
    own = np.load(folder / f"made_{first}.npy")
    for name in names:
        other = np.load(folder / f"made_{name}.npy")
        mine = own[:, : other.shape[1]]
        # pandana gives 4,294,967.295 for what it cannot reach
        finite = np.isfinite(mine)
        apart = float(np.abs(other[finite] - mine[finite]).max(initial=0.0))
        if apart > _TOLERANCE:
            print(f"! {name} differs from {first} by {apart:.2g} minutes")


def median(made: dict[str, Any], step: str) -> NDArray[np.float64]:
    """Median processor seconds and seconds by the clock of a step; nan where it was not taken."""
    return np.median(made[step], axis=0) if step in made else np.full(2, np.nan)


def table(found: Found) -> None:
    """Print a row per contender: processor seconds / seconds by the clock of every step."""
    print("| contender | " + " | ".join(STEPS.values()) + " | peak memory |")
    print("|---" * (len(STEPS) + 2) + "|")
    notes = []
    for name, made in found.items():
        cells = [both(median(made, step)) for step in STEPS]
        memory = f"{made['mb']:,.0f} MB" if "mb" in made else ""
        print(f"| {name} | " + " | ".join(cells) + f" | {memory} |")
        if extrapolated := made["notes"].get("extrapolated"):
            notes.append(f"{name}: extrapolated {extrapolated}.")
    print("\n" + "\n".join([*notes, ""]), flush=True)


def both(pair: NDArray[np.float64]) -> str:
    """Write processor seconds and seconds by the clock."""
    return " / ".join(_written(each) for each in pair.tolist() if not np.isnan(each))


def _written(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds < 1.0 else f"{seconds:.1f}"
