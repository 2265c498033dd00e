"""What must hold inside a study: names that exist, numbers that fit together.

Each check gives (key, value, what was expected, known names) per fault; the reader adds the place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.messages import Verbatim, said
from impact.study.model import CATCHMENT, LAYERS
from impact.study.schema import PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from impact.messages import Said
    from impact.study.model import Intervention, Scenario
    from impact.study.schema import PatientsTable

Problem = tuple[str, object, str, "Sequence[str]"]

_SHARE_TOLERANCE = 1e-6


def intervention_faults(intervention: Intervention, hospitals: Sequence[str]) -> Iterator[Problem]:
    """Check one intervention."""
    providers = intervention.providers
    if not providers:
        yield "providers", None, "at least one provider", ()
        return
    yield from _repeated("providers", providers)
    if hospitals:
        yield from _unknown("providers", providers, hospitals, "the name of a hospital location")
        yield from _unknown(
            "outside", intervention.outside, hospitals, "the name of a hospital location"
        )
    for name in sorted(set(intervention.outside) & set(providers)):
        yield "outside", name, "a location that is not among the providers", ()
    for key, names in (
        ("must_stay", intervention.must_stay),
        ("must_stop", intervention.must_stop),
    ):
        yield from _repeated(key, names)
        yield from _unknown(key, names, providers, "a provider of this intervention")
    yield from _repeated("may_open", intervention.may_open)
    yield from _opens_faults("may_open", intervention.may_open, providers, hospitals)
    for name in sorted(set(intervention.outside) & set(intervention.may_open)):
        yield "may_open", name, "a location that is not in outside as well", ()
    for name in sorted(set(intervention.must_stay) & set(intervention.must_stop)):
        yield "must_stop", name, "a provider that is not in must_stay as well", ()
    yield from _stop_count_faults(intervention)
    yield from _allocation_faults(intervention)
    yield from _catchment_faults(intervention)


def patients_faults(table: PatientsTable) -> Iterator[Problem]:
    """Check the table `patients` of an intervention; each key begins with a point, or is empty."""
    published = table.national == PUBLISHED
    if published and not table.volume:
        yield ".volume", None, "a text that is not empty", ()
    if table.volume and not published:
        yield ".volume", table.volume, _beside("national", PUBLISHED), ()
    if not {"national", "rates"} & table.model_fields_set:
        expected = "national (patients per year), rates (per 100,000 residents per year), or both"
        yield "", None, expected, ()


def _allocation_faults(intervention: Intervention) -> Iterator[Problem]:
    """Every parameter is used, and every rule has its parameters: nothing is ignored."""
    rule, huff, logit = intervention.allocation, intervention.huff, intervention.logit
    estimated = huff is not None and huff.beta is None
    if rule == "observed" and not intervention.flows:
        yield "flows", None, "a table of postcode, provider and patients beside 'observed'", ()
    if rule == "huff" and (huff is None or (estimated and not intervention.flows)):
        yield "huff", None, "huff = { beta = ... }, or flows from which beta is estimated", ()
    if rule == "logit" and logit is None:
        yield "logit", None, "logit = { minutes = ... } with your coefficients", ()
    if intervention.flows and rule != "observed" and not (rule == "huff" and estimated):
        expected = "allocation = 'observed' beside it, or 'huff' with a beta to be estimated"
        yield "flows", intervention.flows, expected, ()
    for key, given in (("huff", huff), ("logit", logit)):
        if given is not None and rule != key:
            yield key, rule, _beside("allocation", key), ()
    if logit is not None and bool(logit.coefficients) != bool(logit.attributes):
        expected = "attributes = a table of locations beside the coefficients of its columns"
        yield "logit.attributes", logit.attributes or None, expected, ()


def years_faults(
    years: int, demand: str, interventions: Sequence[Intervention]
) -> Iterator[Problem]:
    """Check that what is counted over several years is counted in a table."""
    wording = "a table beside it that is counted over so many years: {tables}"
    tables = [bool(each.flows or each.volumes) for each in interventions]
    if years > 1 and not demand.lower().endswith(".csv") and not any(tables):
        yield "study.years", years, said(wording, tables="demand, flows or volumes"), ()
    for number, (each, own) in enumerate(zip(interventions, tables, strict=True), start=1):
        if each.years is not None and not own:
            words = said(wording, tables="flows or volumes")
            yield f"intervention[{number}].years", each.years, words, ()


def study_faults(interventions: Sequence[Intervention]) -> Iterator[Problem]:
    """Check interventions against one another: catchments count the demand of the country."""
    rules = {each.allocation for each in interventions}
    if CATCHMENT not in rules or len(rules) == 1:
        return
    for number, each in enumerate(interventions, start=1):
        if each.allocation != CATCHMENT:
            expected = said("'{rule}' for every intervention, or for none", rule=CATCHMENT)
            yield f"intervention[{number}].allocation", each.allocation, expected, ()


def _catchment_faults(intervention: Intervention) -> Iterator[Problem]:
    """Check what goes with catchments, and only with them."""
    beside = {
        "within": (intervention.within, "region"),
        "rounding": (intervention.rounding, "exact"),
        "moves_share": (intervention.moves_share, 1.0),
        "fill": (intervention.fill, ""),
        "layer": (intervention.layer, LAYERS[0]),
        "fold_less": (intervention.fold_less, False),
    }
    if intervention.allocation != CATCHMENT:
        for key, (value, default) in beside.items():
            if value != default:
                yield key, value, _beside("allocation", CATCHMENT), ()
        return
    if not intervention.within:
        yield "within", None, "a network, or at least one member", ()
    if intervention.layer != LAYERS[0] and isinstance(intervention.within, str):
        yield "layer", intervention.layer, "a list of members in within beside it", ()
    if intervention.stop_count is not None:
        expected = said("no stop_count beside '{rule}': scenarios name who stops", rule=CATCHMENT)
        yield "stop_count", intervention.stop_count, expected, ()
    if intervention.alternatives != "inside":
        expected = said("within beside '{rule}': it says where patients may go", rule=CATCHMENT)
        yield "alternatives", intervention.alternatives, expected, ()
    if intervention.fill and intervention.norm is None:
        yield "fill", intervention.fill, "a norm beside it", ()
    if intervention.fill and not intervention.volumes:
        yield "fill", intervention.fill, "volumes beside it: residents fill no norm", ()


def _stop_count_faults(intervention: Intervention) -> Iterator[Problem]:
    stop, total = intervention.stop_count, len(intervention.providers)
    if stop is None:
        if intervention.all_fail:
            yield "all_fail", intervention.all_fail, "a stop_count beside it", ()
        return
    if stop > total:
        yield "stop_count", stop, said("at most the number of providers, {total}", total=total), ()
    elif stop == total and not intervention.all_fail:
        expected = said(
            "all_fail = 'one_takes_all' or 'leaves_region' where all {total} providers stop",
            total=total,
        )
        yield "stop_count", stop, expected, ()
    elif stop < total and intervention.all_fail:
        wording = "no all_fail: {stop} of {total} stop, so some stay"
        expected = said(wording, stop=stop, total=total)
        yield "all_fail", intervention.all_fail, expected, ()
    elif total == 1 and intervention.all_fail == "one_takes_all":
        expected = said("'leaves_region': with one provider there is no other that takes all")
        yield "all_fail", intervention.all_fail, expected, ()
    stops = total - 1 if intervention.all_fail == "one_takes_all" else stop
    if len(intervention.must_stop) > stops:
        expected = said("at most {count} locations, as many as stop", count=stops)
        yield "must_stop", len(intervention.must_stop), expected, ()
    if stop <= total and len(intervention.must_stay) > total - stops:
        expected = said("at most {count} locations, as many as stay", count=total - stops)
        yield "must_stay", len(intervention.must_stay), expected, ()


def scenario_faults(
    scenario: Scenario, interventions: Mapping[str, Intervention], hospitals: Sequence[str]
) -> Iterator[Problem]:
    """Check one scenario."""
    if not any(scenario.stops.values()) and not any(scenario.opens.values()):
        yield "stops", None, "at least one location that stops or opens", ()
    for key, table in (("stops", scenario.stops), ("opens", scenario.opens)):
        yield from _unknown(key, table, sorted(interventions), "an intervention of the study")
        for name, locations in table.items():
            yield from _repeated(f"{key}.{name}", locations)
    for name, locations in scenario.stops.items():
        if name in interventions:
            yield from _stops_faults(scenario, interventions[name], locations)
    for name, locations in scenario.opens.items():
        providers = interventions[name].providers if name in interventions else ()
        yield from _opens_faults(f"opens.{name}", locations, providers, hospitals)
    for giver, takers in scenario.moves_to.items():
        yield from _recipient_faults(scenario, interventions, giver, takers)


def _opens_faults(
    key: str, locations: Sequence[str], providers: Sequence[str], hospitals: Sequence[str]
) -> Iterator[Problem]:
    if hospitals:
        yield from _unknown(key, locations, hospitals, "the name of a hospital location")
    for location in locations:
        if location in providers:
            yield key, location, "a location that is not a provider yet", ()


def _stops_faults(
    scenario: Scenario, intervention: Intervention, locations: Sequence[str]
) -> Iterator[Problem]:
    key = f"stops.{intervention.name}"
    yield from _unknown(key, locations, intervention.providers, "a provider of this intervention")
    stay = set(intervention.providers) - set(locations)
    opened = scenario.opens.get(intervention.name, ())
    if not stay and not opened and intervention.all_fail != "leaves_region":
        expected = "at least one provider that stays (or all_fail = 'leaves_region')"
        found = said("all {count} providers", count=len(intervention.providers))
        yield key, found, expected, ()


def _recipient_faults(
    scenario: Scenario,
    interventions: Mapping[str, Intervention],
    giver: str,
    takers: Mapping[str, float],
) -> Iterator[Problem]:
    key = f"moves_to.{giver}"
    givers = sorted({name for names in scenario.stops.values() for name in names})
    if giver not in givers:
        yield "moves_to", giver, "a location that stops in this scenario", givers
        return
    if any(share <= 0.0 for share in takers.values()):
        yield key, dict(takers), "shares above zero", ()
    total = sum(takers.values())
    if abs(total - 1.0) > _SHARE_TOLERANCE:
        found = said("shares that add to {total}", total=f"{total:g}")
        yield key, found, "shares that add to 1", ()
    for name, stopping in scenario.stops.items():
        if giver not in stopping or name not in interventions:
            continue
        after = {*interventions[name].providers, *scenario.opens.get(name, ())} - set(stopping)
        for taker in takers:
            if taker in stopping:
                expected = said("a recipient that does not stop '{name}' itself", name=name)
                yield key, taker, expected, sorted(after)
            elif taker not in after:
                expected = said("a provider of '{name}' after the change", name=name)
                yield key, taker, expected, sorted(after)


def _beside(key: str, value: str) -> Said:
    """Say which other key must be there, and with which value."""
    return said("{key} = '{value}' beside it", key=Verbatim(key), value=Verbatim(value))


def _repeated(key: str, names: Sequence[str]) -> Iterator[Problem]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield key, name, "each name once", ()


def _unknown(
    key: str, names: Iterable[str], known: Sequence[str], expected: str
) -> Iterator[Problem]:
    for name in names:
        if name not in known:
            yield key, name, expected, known
