"""Words of the page about the published table: definitions, findings, assumptions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from impact.concentration.choice import BYPASS_BETAS
from impact.concentration.ranges import DEFAULT
from impact.evidence.reproduce.lower_ends import ROUNDING
from impact.evidence.reproduce.plausibility import PRIORS
from impact.evidence.reproduce.scores import guesses
from impact.evidence.reproduce.setting import EDGE_MINUTES
from impact.outputs.notes import note_text
from impact.outputs.wording import known_text, minutes_text, names_text, share_text, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from impact.evidence.reproduce.definitions import Definition
    from impact.evidence.reproduce.run import Reproduction
    from impact.outputs.texts import Texts

_FEWEST_FOR_A_GUESS = 3
"""With fewer regions the mean of the published ends says nothing."""


def definition_text(t: Texts, definition: Definition) -> str:
    """Say in words what a definition takes.

    Parameters
    ----------
    t
        Catalogue.
    definition
        Which.

    Returns
    -------
    str
    """
    said = [t(f"reproduction.statistic_{definition.statistic}")]
    changes = dict(definition.changes)
    if changes.get("baseline") == "huff":
        beta = f"{changes.pop('beta'):g}".replace(".", "," if t.lang == "nl" else ".")
        kind = changes.pop("recipients")
        said.append(t(f"reproduction.change_huff_{kind}", beta=beta))
        changes.pop("baseline")
    said += [change_text(t, key, str(value)) for key, value in changes.items()]
    return "; ".join(said)


def change_text(t: Texts, field: str, value: str) -> str:
    """Say in words what one field of a setting is.

    Parameters
    ----------
    t
        Catalogue.
    field, value
        Of the setting.

    Returns
    -------
    str
    """
    if field == "profile":
        return known_text(t, "common.profile", value)
    code = value.replace("+", "plus")
    keys = {
        "weights": f"reproduction.weights_{code}",
        "alternatives": f"reproduction.alternatives_{code}",
        "locations": f"reproduction.locations_{code}",
        "edge": f"reproduction.edge_{code}",
        "baseline": f"reproduction.baseline_{code}",
    }
    return t(keys[field])


def signed(t: Texts, value: float) -> str:
    """Write a difference in whole minutes with its sign."""
    rounded = round(value) if math.isfinite(value) else 0
    if not math.isfinite(value):
        return "–"
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{t.number(abs(rounded))}"


def findings(found: Reproduction, t: Texts) -> list[str]:
    """Say what the comparison shows, in sentences that follow from its figures.

    Parameters
    ----------
    found
        The reproduction.
    t
        Catalogue.

    Returns
    -------
    list of str
    """
    return [
        *_errors(found, t),
        *_peaks(found, t),
        *_reach(found, t),
        *_bypassing(found, t),
        *_spreads(found, t),
        t("reproduction.finding_paths", count=len(found.definitions), best=_best(found, t)),
        t("reproduction.finding_method"),
    ]


def _errors(found: Reproduction, t: Texts) -> Iterator[str]:
    score = found.score(DEFAULT)
    for end in ("high", "low"):
        error = float(score[f"mae_{end}"])
        said = t(f"reproduction.finding_{end}", error=minutes_text(t, error))
        if len(found.published) >= _FEWEST_FOR_A_GUESS:
            guess = guesses([*found.published.values()])[end]
            word = "better" if error < guess else "worse"
            said += " " + t(f"reproduction.finding_guess_{word}", guess=minutes_text(t, guess))
        yield said


def _peaks(found: Reproduction, t: Texts) -> Iterator[str]:
    rows = found.ranges[found.ranges["definition"] == DEFAULT]
    same = int(rows["peak_same"].sum())
    yield t("reproduction.finding_peaks", same=same, count=len(rows))


def _reach(found: Reproduction, t: Texts) -> Iterator[str]:
    """In which regions no choice of who stops gives the published lower end."""
    least: dict[str, float] = {}
    for each in found.reach:
        least[each.region] = min(least.get(each.region, math.inf), each.least)
    out_of_reach = [
        region for region, value in least.items() if value > found.published[region].low + ROUNDING
    ]
    inside = len(least) - len(out_of_reach)
    yield t("reproduction.finding_reach", inside=inside, count=len(least))
    for region in out_of_reach:
        low = t.number(found.published[region].low)
        yield t(
            "reproduction.finding_out_of_reach",
            region=region,
            low=low,
            least=minutes_text(t, least[region]),
        )


def _bypassing(found: Reproduction, t: Texts) -> Iterator[str]:
    names = [f"{DEFAULT}, baseline huff {beta:g}" for beta in BYPASS_BETAS]
    tried = {each.name for each in found.definitions}
    known = [name for name in names if name in tried]
    if not known:
        return
    # summed, so that whole minutes tell them apart
    count = len(found.published)
    sums = {
        name: [round(count * float(found.score(name)[f"mae_{end}"])) for end in ("low", "high")]
        for name in (DEFAULT, *known)
    }
    best = min(known, key=lambda name: sums[name])
    (low, high), (plain_low, plain_high) = sums[best], sums[DEFAULT]
    word = "no" if low >= plain_low else "both" if high <= plain_high else "trade"
    figures = {"low": low, "high": high, "plain_low": plain_low, "plain_high": plain_high}
    said = t("reproduction.finding_bypassing", **{key: t.number(n) for key, n in figures.items()})
    yield f"{said} {t(f'reproduction.finding_bypassing_{word}')}"


def mean_shares(found: Reproduction, end: str) -> dict[str, float]:
    """Share of the summed variance per source, averaged over regions, the greatest first.

    Parameters
    ----------
    found
        The reproduction.
    end
        ``low`` or ``high``.

    Returns
    -------
    dict of str to float
    """
    own = [spread for spread in found.spreads if spread.end == end]
    sums: dict[str, float] = {}
    for spread in own:
        sums[spread.source] = sums.get(spread.source, 0.0) + spread.share
    count = len(found.published)
    order = sorted(sums, key=lambda key: (-sums[key], key))
    return {key: sums[key] / count for key in order}


def _spreads(found: Reproduction, t: Texts) -> Iterator[str]:
    for end in ("high", "low"):
        shares = list(mean_shares(found, end).items())[:2]
        said = [
            t("reproduction.source_share", name=source_text(t, key), share=share_text(t, share))
            for key, share in shares
        ]
        yield t(f"reproduction.finding_spread_{end}", names=names_text(t, said))


def source_text(t: Texts, source: str) -> str:
    """Name of a source of uncertainty."""
    return t(f"reproduction.source_{source}")


def _best(found: Reproduction, t: Texts) -> str:
    return minutes_text(t, float(found.scores["mae"].min()))


def assumptions(found: Reproduction, t: Texts) -> list[tuple[str, str]]:
    """Every assumption that the figures rest on: subject and text.

    Parameters
    ----------
    found
        The reproduction.
    t
        Catalogue.

    Returns
    -------
    list of tuple of str
    """
    asked, manifest = found.asked, found.manifest
    counts, roads = manifest["counts"], manifest["roads"]
    profile = known_text(t, "common.profile", asked.profile)
    status = known_text(t, "report.profile_status", str(manifest["profile_status"]))
    today = t("reproduction.baseline_nearest")
    if asked.baseline == "huff":
        beta = f"{asked.beta:g}".replace(".", "," if t.lang == "nl" else ".")
        today = t("reproduction.change_huff_rule", beta=beta)
    warning = f" {t('common.screening_warning')}" if roads["kind"] == "screening" else ""
    said = {
        "default": t("reproduction.assume_default"),
        "weights": t(f"reproduction.weights_{asked.weights.replace('+', 'plus')}"),
        "baseline": today,
        "alternatives": t(f"reproduction.alternatives_{asked.alternatives}"),
        "all_fail": t("reproduction.assume_all_fail"),
        "locations": t(f"reproduction.locations_{asked.locations}"),
        "edge": t("reproduction.assume_edge", minutes=t.number(EDGE_MINUTES)),
        "profile": t("report.assume_profile", profile=profile, status=status),
        "roads": t("report.assume_roads", name=roads["name"]) + warning,
        "direction": t("report.assume_one_way"),
        "providers": t("reproduction.assume_providers", **_statuses(counts["provider_status"], t)),
        "sets": t(
            "reproduction.assume_sets",
            most=t.number(manifest["parameters"]["provider_sets"]),
            seed=manifest["parameters"]["seed"],
        ),
        "prior": t("reproduction.assume_prior", draws=t.number(manifest["parameters"]["draws"])),
        "fixed": t("reproduction.assume_fixed"),
    }
    return [
        *((t(f"reproduction.subject_{key}"), text) for key, text in said.items()),
        *((t("report.subject_note"), note_text(t, note)) for note in manifest["notes"]),
    ]


def _statuses(counts: Mapping[str, int], t: Texts) -> dict[str, str]:
    total = sum(counts.values())
    said = [
        t("report.status_count", count=count, status=known_text(t, "common.status", status))
        for status, count in counts.items()
        if count
    ]
    return {"total": t.number(total), "statuses": names_text(t, said)}


def prior_text(t: Texts, name: str) -> str:
    """Name of a prior of volumes."""
    return t(f"reproduction.prior_{name}")


def prior_rows(found: Reproduction, t: Texts) -> list[dict[str, object]]:
    """Effect of the prior: the range over treatments of the expected value, per region.

    Parameters
    ----------
    found
        The reproduction.
    t
        Catalogue.

    Returns
    -------
    list of dict
        ``name`` and ``ends``: per region the low and high text.
    """
    out: list[dict[str, object]] = []
    for prior in PRIORS:
        ends = []
        for region in found.published:
            values = [row.expected(prior.name) for row in found.of(region)]
            known = [value for value in values if math.isfinite(value)]
            ends.append((whole_text(t, min(known)), whole_text(t, max(known))))
        out.append({"name": prior_text(t, prior.name), "ends": ends})
    return out
