"""Time candidates under Huff's rule and under counts beside each of them through flows.

Nothing is asserted: machines differ. docs/benchmarks.md holds figures with the machine they are of.
The counts are made up: drawn around Huff's rule with a fixed seed.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from dataclasses import replace

import numpy as np

from impact import read_study
from impact.analysis.cases import make_case
from impact.analysis.rule_marks import case_figures
from impact.model.allocation_rule import HUFF, OBSERVED, AllocationRule
from impact.model.candidates import stop_sets
from impact.model.inputs import load_inputs
from impact.model.observed import Observed
from impact.sweep.figures import sweep_arrays
from impact.sweep.spread import BLOCK, block_figures, make_spread
from impact.times.engines.protocol import DEFAULT_ENGINE

_TREATMENT = "Systemische behandeling nierkanker"
_BETA = 0.1
_PATIENTS = 0.02
"""Patients per resident: makes cells of some dozens."""
_RUNS = 5
_SAMPLE = 4


def main() -> None:
    """Run every benchmark and print a table."""
    study = read_study("noordoost")
    asked = study.intervention(_TREATMENT)
    inputs = load_inputs(replace(study, interventions=(asked,)), engine=DEFAULT_ENGINE)
    demand = inputs.demand.weights[asked.name]
    sets = stop_sets(asked)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{len(sets)} candidates x {len(demand)} postcodes x {len(asked.providers)} providers")
    locations = tuple(sorted(asked.providers))
    columns = [inputs.times.destinations.index(name) for name in locations]
    huff = AllocationRule(HUFF, beta=_BETA)
    expected = demand[:, None] * huff.shares(inputs.times.minutes[:, columns], locations)
    counts = np.random.default_rng(2026).poisson(_PATIENTS * expected).astype(np.float64)
    observed = AllocationRule(OBSERVED, observed=Observed(locations, counts, counts, counts))
    for choice in (huff, observed):
        known = replace(inputs, allocation_rules={asked.name: choice})
        municipality = known.postcodes["municipality"]
        arrays = sweep_arrays(asked, known.times, demand, municipality=municipality)
        spread = make_spread(asked, known, arrays, sets, ())
        ours, flows = [], []
        for run in range(_RUNS):
            start = time.process_time()
            block_figures(spread, run * BLOCK)
            ours.append((time.process_time() - start) / BLOCK)
            start = time.process_time()
            for stops in sets.some(run * BLOCK, _SAMPLE):
                case_figures(make_case(asked, known, name="", stops=stops), known, None)
            flows.append((time.process_time() - start) / _SAMPLE)
        ratio = statistics.median(slow / fast for fast, slow in zip(ours, flows, strict=True))
        print(
            f"{choice.rule}: {1e3 * statistics.median(ours):.1f} ms of processor time a candidate, "
            f"through flows {1e3 * statistics.median(flows):.0f} ms; "
            f"median ratio {ratio:.0f} over {_RUNS} paired runs"
        )


if __name__ == "__main__":
    main()
