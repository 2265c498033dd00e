"""Time every command as a whole process: processor seconds, clock, and peak memory.

Nothing is asserted: machines differ. ``PYTHONPATH`` decides which checkout is measured, so that two
can be held beside each other::

    PYTHONPATH=/home/me/before python scripts/bench_commands.py --only lookup
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

_KIB_PER_MIB = 1024
_STUDY = "noordoost"
_HELP = (
    *("demo", "run", "sweep", "optimise", "times", "lookup", "reproduce", "validate", "check"),
    *("postcodes", "compare", "report", "roads", "roads build", "fetch", "fetch roads"),
)

COMMANDS = {
    "demo, nothing in the cache": "demo --quiet --out demo",
    "--version": "--version",
    "--help": "--help",
    **{f"{name} --help": f"{name} --help" for name in _HELP},
    "lookup 9203": "lookup 9203",
    "run, all files": f"run {_STUDY} --out run --quiet",
    "run --tables": f"run {_STUDY} --out tables --tables --quiet",
    "sweep": f"sweep {_STUDY} --out sweep --quiet",
    "optimise": f"optimise {_STUDY} --out optimum --quiet",
    "report (docx, html, xlsx)": "report run --quiet",
    "compare": "compare run run --out compare --quiet",
    "check (shipped claims)": "check --out claims --quiet",
    "reproduce": "reproduce --out reproduction --quiet",
    "validate": "validate --out validation --quiet",
}
"""What is measured, in an order in which each finds what it needs; written as on the screen."""


@dataclass(frozen=True)
class Spent:
    """What one process took."""

    processor: float
    clock: float
    mib: float
    code: int


def main() -> None:
    """Run every command and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="Commands whose name holds this.")
    parser.add_argument("--runs", type=int, default=3, help="The least of so many is shown.")
    asked = parser.parse_args()
    chosen = {name: line for name, line in COMMANDS.items() if asked.only in name}
    print("| command | processor | clock | peak memory |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        if not any("--out run " in line for line in chosen.values()):
            # what others read; it fills the cache as well
            spend(COMMANDS["run, all files"], Path(folder))
        for name, line in chosen.items():
            runs = 1 if name.startswith("demo") else asked.runs + 1
            # the first fills the cache, the folder of compiled code and that of the output
            spent = [spend(line, Path(folder)) for _ in range(runs)][-asked.runs :]
            least = min(spent, key=lambda each: each.processor)
            failed = f" (exit {least.code})" if least.code else ""
            print(
                f"| {name}{failed} | {least.processor:.2f} s | {least.clock:.2f} s "
                f"| {least.mib:.0f} MiB |",
                flush=True,
            )


def spend(line: str, folder: Path) -> Spent:
    """Run a command in a folder, with a cache beside it."""
    cache = {"IMPACT_CACHE": str(folder / "cache")}
    command = [sys.executable, "-m", "impact", *shlex.split(line)]
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **cache},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Spent(
        usage.ru_utime + usage.ru_stime,
        time.perf_counter() - start,
        usage.ru_maxrss / _KIB_PER_MIB,
        process.returncode,
    )


if __name__ == "__main__":
    main()
