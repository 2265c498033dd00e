"""A sealed study: everything that a figure needs but the counts that institutions keep.

One file, a zip of readable tables: who performs what and what the scenarios are (study.json), the
minutes from every postcode to every location (minutes.csv), and residents and municipalities
(postcodes.csv). Its seal is a hash over their bytes: whoever has the same seal has the same study.
A hash is no signature: it says that nothing changed since, not who made it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from impact.errors import Fault, InputError, why
from impact.messages import said
from impact.model.candidates import locations_before, locations_joining
from impact.sealed.suppression import LEAST_THRESHOLD, area_tree
from impact.storage import ZIP_ERRORS, read_json, replacing, why_no_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from impact.model.inputs import Inputs
    from impact.sealed.suppression import Tree
    from impact.study.model import Intervention, Scenario, Study

FORMAT = 1
"""Of sealed studies and contributions; another is refused."""

PARTS = ("study.json", "minutes.csv", "postcodes.csv")
_READ_ME = "README.txt"
_MOST_BYTES = 400_000_000
_STAMP = (2020, 1, 1, 0, 0, 0)
"""Of every part: the same study gives the same file."""


@dataclass(frozen=True)
class SealedCase:
    """One treatment under one scenario: who stops, and where patients may go then.

    Attributes
    ----------
    scenario
        Its name.
    stops
        Locations that stop.
    recipients
        Locations that may take over.
    moves_to
        Location that stops -> recipient -> share, where recipients are named.
    """

    scenario: str
    stops: tuple[str, ...]
    recipients: tuple[str, ...]
    moves_to: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class SealedTreatment:
    """One treatment of a sealed study."""

    name: str
    norm: float | None
    providers: tuple[str, ...]
    cases: tuple[SealedCase, ...]


@dataclass(frozen=True, eq=False)
class SealedStudy:
    """A sealed study, opened.

    Attributes
    ----------
    title, region
        Of the study.
    threshold
        Fewest patients that a cell may tell.
    treatments
        With their scenarios.
    organisations
        Location -> its organisation.
    locations
        Columns of `minutes`.
    minutes : ndarray of float, shape (n_postcodes, n_locations)
        Infinite where there is no route.
    postcodes
        Index postcode; municipality and residents.
    tree
        How areas are halved, see `impact.sealed.suppression`.
    seal
        Hash over the parts.
    """

    title: str
    region: str
    threshold: int
    treatments: tuple[SealedTreatment, ...]
    organisations: Mapping[str, str]
    locations: tuple[str, ...]
    minutes: NDArray[np.float64]
    postcodes: pd.DataFrame
    tree: Tree
    seal: str

    @property
    def institutions(self) -> dict[str, tuple[str, ...]]:
        """Organisation -> its locations that perform a treatment today."""
        out: dict[str, set[str]] = {}
        for name in {name for each in self.treatments for name in each.providers}:
            out.setdefault(self.organisations[name], set()).add(name)
        return {name: tuple(sorted(out[name])) for name in sorted(out)}

    def to(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Minutes to some locations, shape (n_postcodes, n_names)."""
        number = {name: column for column, name in enumerate(self.locations)}
        return self.minutes[:, [number[name] for name in names]]


def seal_study(study: Study, inputs: Inputs, path: Path, *, threshold: int) -> str:
    """Write a sealed study.

    Parameters
    ----------
    study
        With named scenarios.
    inputs
        Its minutes and postcodes.
    path
        File to write.
    threshold
        Fewest patients that a contribution may tell in one cell.

    Returns
    -------
    str
        The seal.

    Raises
    ------
    InputError
        Without a named scenario, with counts over several years or totals, or for a threshold that
        is too low.
    """
    if not study.scenarios:
        expected = "named scenarios: what is merged is what they change"
        raise InputError(Fault(study.source, "", "scenario", None, expected))
    if any(study.years_of(each) > 1 for each in study.interventions):
        expected = "no years: institutions contribute counts of one year"
        raise InputError(Fault(study.source, "", "years", None, expected))
    if study.totals:
        expected = "no totals: institutions contribute counts of their own"
        raise InputError(Fault(study.source, "", "totals", study.totals, expected))
    if threshold < LEAST_THRESHOLD:
        expected = said("{least} or more", least=LEAST_THRESHOLD)
        raise InputError(Fault("--threshold", "", "", str(threshold), expected))
    parts = _parts(study, inputs, threshold)
    seal = _seal(parts)
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in (*parts.items(), (_READ_ME, _read_me(study, seal))):
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return seal


def _parts(study: Study, inputs: Inputs, threshold: int) -> dict[str, bytes]:
    treatments = [_treatment(study, each, inputs) for each in study.interventions]
    used = {name for each in treatments for name in each["providers"]}
    used |= {
        name
        for each in treatments
        for case in each["cases"]
        for name in (*case["recipients"], *(n for to in case["moves_to"].values() for n in to))
    }
    locations = sorted(used)
    named = inputs.hospitals["organisation"]
    places = inputs.postcodes
    stated = {
        "format": FORMAT,
        "title": study.title,
        "region": study.region,
        "threshold": threshold,
        "treatments": treatments,
        "organisations": {name: str(named[name]) or name for name in locations},
        "tree": _tree(places),
    }
    residents = places["population"].to_numpy(np.float64)
    rows = zip(places.index, places["municipality"], residents.tolist(), strict=True)
    minutes = inputs.times.to(locations)
    return {
        "study.json": (json.dumps(stated, ensure_ascii=False, indent=1) + "\n").encode(),
        "minutes.csv": _csv(
            ["postcode", *locations],
            (
                [code, *map(repr, row)]
                for code, row in zip(places.index, minutes.tolist(), strict=True)
            ),
        ),
        "postcodes.csv": _csv(["postcode", "municipality", "residents"], rows),
    }


def _tree(places: pd.DataFrame) -> Tree:
    residents = places["population"].clip(lower=1e-9)
    by = places["municipality"]
    total = residents.groupby(by, sort=True).sum()
    lat = (places["lat"] * residents).groupby(by, sort=True).sum() / total
    lon = (places["lon"] * residents).groupby(by, sort=True).sum() / total
    names = [str(name) for name in total.index]
    return area_tree(names, lat.to_numpy(), lon.to_numpy(), total.to_numpy())


def _treatment(study: Study, intervention: Intervention, inputs: Inputs) -> dict[str, Any]:
    cases = [
        _case(intervention, scenario, inputs.outside[intervention.name])
        for scenario in study.scenarios
        if scenario.stops.get(intervention.name) or scenario.opens.get(intervention.name)
    ]
    return {
        "name": intervention.name,
        "norm": intervention.norm,
        "providers": sorted(intervention.providers),
        "cases": cases,
    }


def _case(intervention: Intervention, scenario: Scenario, outside: Sequence[str]) -> dict[str, Any]:
    stops = scenario.stops.get(intervention.name, ())
    opens = scenario.opens.get(intervention.name, ())
    before = locations_before(intervention, outside)
    joining = locations_joining(intervention, outside, stopping=len(stops), opens=opens)
    return {
        "scenario": scenario.name,
        "stops": sorted(stops),
        "recipients": sorted({*before, *joining} - set(stops)),
        "moves_to": {
            giver: dict(takers) for giver, takers in scenario.moves_to.items() if giver in stops
        },
    }


def _csv(header: Sequence[str], rows: Iterator[Sequence[object]] | Any) -> bytes:  # noqa: ANN401
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _seal(parts: Mapping[str, bytes]) -> str:
    told = "".join(f"{name} {hashlib.sha256(parts[name]).hexdigest()}\n" for name in PARTS)
    return hashlib.sha256(told.encode()).hexdigest()


def _read_me(study: Study, seal: str) -> bytes:
    lines = (
        f"{study.title}",
        "",
        "A sealed study of impact: who performs what, the scenarios, minutes and residents.",
        "It holds no counts of any institution. A hospital adds its own with:",
        "  impact contribute THIS_FILE --institution NAME --counts own.csv --out contribution.json",
        "",
        f"Seal: {seal}",
        "",
    )
    return "\n".join(lines).encode()


def read_sealed(path: Path) -> SealedStudy:
    """Open a sealed study.

    Parameters
    ----------
    path
        From `seal_study`.

    Returns
    -------
    SealedStudy

    Raises
    ------
    InputError
        For a file that is none, is damaged, or is of another format.
    """
    parts = _read_parts(path)
    try:
        stated = read_json(parts["study.json"])
        if stated["format"] != FORMAT:
            expected = said("format {format}: sealed by the same version of impact", format=FORMAT)
            raise InputError(
                Fault(path.name, "study.json", "format", str(stated["format"]), expected)
            )
        minutes = pd.read_csv(io.BytesIO(parts["minutes.csv"]), dtype={"postcode": str})
        places = pd.read_csv(io.BytesIO(parts["postcodes.csv"]), dtype={"postcode": str})
        locations = tuple(str(name) for name in minutes.columns[1:])
        return SealedStudy(
            title=str(stated["title"]),
            region=str(stated["region"]),
            threshold=int(stated["threshold"]),
            treatments=tuple(_opened(each) for each in stated["treatments"]),
            organisations=stated["organisations"],
            locations=locations,
            minutes=minutes[list(locations)].to_numpy(np.float64),
            postcodes=places.set_index("postcode"),
            tree=_pair(stated["tree"]),
            seal=_seal(parts),
        )
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(_no_study(path, why_no_json(error))) from error


def _no_study(path: Path, reason: str) -> Fault:
    expected = said("a sealed study as `impact seal` writes it ({reason})", reason=reason)
    return Fault(path.name, "", "", None, expected)


def _read_parts(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
            size = sum(sizes.values())
            missing = [name for name in PARTS if name not in sizes]
            parts = {}
            if size <= _MOST_BYTES and not missing:
                parts = {name: archive.read(name) for name in PARTS}
    except ZIP_ERRORS as error:
        raise InputError(_no_study(path, why(error))) from error
    if size > _MOST_BYTES:
        raise InputError(_no_study(path, said("{size} bytes when unpacked", size=size)))
    if missing:
        raise InputError(_no_study(path, said("no {first}", first=missing[0])))
    return parts


def _opened(stated: Mapping[str, Any]) -> SealedTreatment:
    return SealedTreatment(
        name=str(stated["name"]),
        norm=None if stated["norm"] is None else float(stated["norm"]),
        providers=tuple(stated["providers"]),
        cases=tuple(
            SealedCase(
                str(case["scenario"]),
                tuple(case["stops"]),
                tuple(case["recipients"]),
                case["moves_to"],
            )
            for case in stated["cases"]
        ),
    )


def _pair(stated: Any) -> Tree:  # noqa: ANN401
    if isinstance(stated, str):
        return stated
    first, second = stated
    return _pair(first), _pair(second)
