"""More on the choice with the least travel: who takes over, who is hit, and the volumes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from impact.model.demand import PATIENTS
from impact.model.measures import LEGEND, place_bands
from impact.outputs.text.choices import norm_line
from impact.outputs.text.people import amount_text, volume_text
from impact.outputs.text.wording import (
    destination_text,
    known_text,
    minutes_text,
    share_text,
    whole_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from impact.model.case import Case
    from impact.outputs.text import Texts

_PLACES = 5


def best_choice(
    case: Case,
    volumes: pd.DataFrame,
    unit: str,
    hit: pd.DataFrame,
    t: Texts,
    *,
    lines: Sequence[str],
) -> dict[str, Any]:
    """Give all that stands in the fold of the choice with the least travel."""
    rows = [_volume(row, case, t) for row in volumes.to_dict("records")]
    kind = unit.removeprefix(f"{PATIENTS} ")
    return {
        "lines": lines,
        "takers": list(_takers(case, t)),
        "bands": list(_bands(case.flows, kind, t)),
        "hit": [
            {
                "name": str(row["municipality"]),
                "mean": minutes_text(t, row["mean_extra_moved"]),
                "most": minutes_text(t, row["max_extra"]),
                "moved": amount_text(t, float(row["moved"]), kind),
            }
            for row in hit.head(_PLACES).to_dict("records")
        ],
        "norm": norm_line(case, volumes, unit, t),
        "volumes": rows if any(row["kind"] != "–" for row in rows) else [],
    }


def _takers(case: Case, t: Texts) -> Iterator[tuple[str, str]]:
    """Say of every provider that stops where its people go."""
    leaving = case.flows[case.flows["moved"]]
    of = dict(iter(leaving.groupby("provider_before", sort=False)))
    for giver in case.stops:
        said = destination_text(t, replace(case, flows=of[giver])) if giver in of else ""
        yield giver, said or t("choices.nobody_lives_there")


def _bands(flows: pd.DataFrame, kind: str, t: Texts) -> Iterator[tuple[str, str, str, str]]:
    """Give key, words, demand and share of every band that holds anybody."""
    before, after, demand = (
        flows[name].to_numpy(np.float64) for name in ("minutes_before", "minutes_after", "demand")
    )
    extra = flows["extra_minutes"].where(flows["moved"]).to_numpy(np.float64)
    people = np.bincount(place_bands(before, after, extra, demand), demand, len(LEGEND))
    for band, here in zip(LEGEND, people.tolist(), strict=True):
        if here > 0.0:
            share = share_text(t, here / float(demand.sum()))
            yield band.colour, t(f"common.{band.key}"), amount_text(t, here, kind), share


def _volume(row: Mapping[Any, Any], case: Case, t: Texts) -> dict[str, str]:
    stops = row["location"] in case.stops
    return {
        "location": str(row["location"]),
        "before": volume_text(t, row, "before"),
        "after": t("choices.stopped") if stops else volume_text(t, row, "after"),
        "norm": whole_text(t, row["norm"]),
        "meets": known_text(t, "tables.value", str(row["meets_norm"]))
        if row["meets_norm"]
        else "–",
        "kind": known_text(t, "tables.value", str(row["kind"])) if row["kind"] else "–",
    }
