"""What stops in a claim, and who takes over: by name, or by a scenario of the study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from impact.evidence.claims.claim import NOTHING, Change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impact.evidence.claims.known import Known
    from impact.toml_reader import TomlReader


class ChangeTable:
    """The part of a ``[[claim]]`` that says what changes.

    Parameters
    ----------
    reader
        Collects the faults.
    table, path
        The values, and where they stand.
    known
        What claims can be about.
    region
        Of the claim; empty where it could not be read.
    """

    def __init__(
        self,
        reader: TomlReader,
        table: Mapping[str, Any],
        path: str,
        known: Known,
        region: str,
    ) -> None:
        self.reader, self.table, self.path = reader, table, path
        self.known, self.region = known, region

    def change(self, keys: tuple[str, str, str], treatment: str) -> tuple[Change, str]:
        """Read one change.

        Parameters
        ----------
        keys
            Of the locations that stop, of who takes over, and of a scenario.
        treatment
            Key of the treatment; empty where the claim names none.

        Returns
        -------
        change : Change
        treatment : str
            As given, or that of the scenario.
        """
        stops_key, to_key, scenario_key = keys
        reader, table, path = self.reader, self.table, self.path
        if scenario_key in table:
            for key in (stops_key, to_key):
                if key in table:
                    reader.fault(f"{path}.{key}", table[key], f"either {key} or {scenario_key}")
            return self._of_scenario(scenario_key, treatment)
        stops = tuple(sorted(reader.texts(table, stops_key, path, default=())))
        taker = reader.text(table, to_key, path, default="")
        if taker and not stops:
            reader.fault(f"{path}.{to_key}", taker, f"{stops_key} beside it: who stops")
        if not stops or not self.region:
            return NOTHING, treatment
        if not treatment:
            if "treatment" not in table:
                reader.fault(path, None, f"a treatment beside {stops_key}")
            return NOTHING, treatment
        left = self._left(stops_key, stops, treatment)
        if not taker:
            return Change(stops), treatment
        if taker not in left:
            expected = "a location that performs it and stays: " + ", ".join(left)
            reader.fault(f"{path}.{to_key}", taker, expected, left)
        return Change(stops, {name: {taker: 1.0} for name in stops}), treatment

    def _left(self, key: str, stops: tuple[str, ...], treatment: str) -> list[str]:
        """Check who stops, and list the providers that stay."""
        reader, place = self.reader, f"{self.path}.{key}"
        intervention = self.known.intervention(self.region, treatment)
        providers = () if intervention is None else intervention.providers
        for name in stops:
            if name not in providers:
                expected = "a location that performs it: " + ", ".join(providers)
                reader.fault(place, name, expected, providers)
        left = [name for name in providers if name not in stops]
        if not left:
            reader.fault(place, ", ".join(stops), "one provider that is left")
        return left

    def _of_scenario(self, key: str, treatment: str) -> tuple[Change, str]:
        reader, known, place = self.reader, self.known, f"{self.path}.{key}"
        name = reader.text(self.table, key, self.path)
        every = known.studies[self.region].scenarios if self.region else ()
        scenario = next((each for each in every if each.name == name), None)
        if scenario is None:
            names = [each.name for each in every]
            study = "the study" if known.own else "the shipped study"
            expected = f"a scenario of {study}: " + ("; ".join(names) or "it has none")
            reader.fault(place, name, expected, names)
            return NOTHING, treatment
        interventions = known.interventions[self.region]
        touched = {*scenario.stops, *scenario.opens}
        keys = [each for each, what in interventions.items() if what.name in touched]
        chosen = treatment or next(iter(keys), "")
        if chosen not in keys:
            reader.fault(place, name, "a scenario of the treatment named")
            return NOTHING, treatment
        what = interventions[chosen].name
        stops = scenario.stops.get(what, ())
        moves = {giver: takers for giver, takers in scenario.moves_to.items() if giver in stops}
        opens = tuple(sorted(scenario.opens.get(what, ())))
        return Change(tuple(sorted(stops)), moves, opens), chosen
