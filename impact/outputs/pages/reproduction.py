"""What `impact reproduce` writes: its tables, and how verdicts.html knows what it says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from impact.analysis.ranges import DEFAULT, LEAST
from impact.evidence.published.definitions import guesses
from impact.evidence.published.explain import ROUNDING, Spread
from impact.evidence.published.table import treatment_names
from impact.evidence.published.treatments import PRIORS
from impact.evidence.published.world import EDGE_MINUTES
from impact.model.allocation_rule import BYPASS_BETAS
from impact.model.demand import unit_of
from impact.outputs.files.folder import columns_by_type, write_evidence
from impact.outputs.pages.axis import signed
from impact.outputs.pages.reproduction_method import listed, method_section, providers_text
from impact.outputs.pages.reproduction_pictures import (
    Rows,
    below_norm,
    redistribution,
    region_picture,
    waterfall_picture,
)
from impact.outputs.pages.verdicts import PAGE, RANGES, statements, write_verdicts_page
from impact.outputs.text import texts
from impact.outputs.text.claims import margin_text, range_name
from impact.outputs.text.definitions import range_definition_text
from impact.outputs.text.treatments import plain_treatment
from impact.outputs.text.wording import (
    CONFIRMED,
    LISTING_STATUSES,
    known_text,
    minutes_text,
    names_text,
    note_text,
    roads_text,
    share_text,
    whole_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from impact.evidence.published.run import Reproduction
    from impact.outputs.text import Texts

_FEWEST_FOR_A_GUESS = 3
"""With fewer regions the mean of the published ends says nothing."""


def definition_findings(found: Reproduction, t: Texts) -> list[str]:
    """Say how far off the default is, and how many definitions were tried."""
    tried = len(found.definitions) + len(found.method.tried)
    paths = t("reproduction.finding_paths", count=tried, best=_best(found, t))
    return [*_errors(found, t), paths]


def unknown_findings(found: Reproduction, t: Texts) -> list[str]:
    """Say what the ends hang on most."""
    return [*_bypassing(found, t), *_spreads(found, t)]


def _errors(found: Reproduction, t: Texts) -> Iterator[str]:
    score = found.score(DEFAULT)
    for end in ("high", "low"):
        error = float(score[f"mae_{end}"])
        said = t(f"reproduction.finding_{end}", error=minutes_text(t, error))
        if len(found.published) >= _FEWEST_FOR_A_GUESS:
            guess = guesses([*found.published.values()])[end]
            said += f" {guess_text(t, error, guess)}"
        yield said


def guess_text(t: Texts, error: float, guess: float) -> str:
    """Hold an error against that of who computes nothing; in words where both print the same."""
    word = "better" if error < guess else "worse" if error > guess else "same"
    numbers = minutes_text(t, error), minutes_text(t, guess)
    if word != "same" and numbers[0] == numbers[1]:
        return t(f"reproduction.finding_guess_slightly_{word}")
    return t(f"reproduction.finding_guess_{word}", guess=numbers[1])


def lower_findings(found: Reproduction, t: Texts) -> list[str]:
    """Say in which regions no choice of who stops gives the published lower end."""
    least: dict[str, float] = {}
    for each in found.reach:
        least[each.region] = min(least.get(each.region, math.inf), each.least)
    out_of_reach = [
        region for region, value in least.items() if value > found.published[region].low + ROUNDING
    ]
    inside = len(least) - len(out_of_reach)
    said = [t("reproduction.finding_reach", inside=inside, count=len(least))]
    for region in out_of_reach:
        low = t.number(found.published[region].low)
        far = minutes_text(t, least[region])
        said.append(t("reproduction.finding_out_of_reach", region=region, low=low, least=far))
    return said


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
    """Share of the summed variance per source, averaged over regions, the greatest first."""
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
    best = min(float(each["mae"].min()) for each in (found.scores, found.method_scores))
    return minutes_text(t, best)


def assumptions(found: Reproduction, t: Texts) -> list[tuple[str, str]]:
    """Every assumption that the figures rest on: subject and text."""
    asked, manifest = found.asked, found.manifest
    roads = manifest["roads"]
    profile = known_text(t, "common.profile", asked.profile)
    status = known_text(t, "report.profile_status", str(manifest["profile_status"]))
    today = t("reproduction.baseline_nearest")
    if asked.baseline == "huff":
        beta = f"{asked.beta:g}".replace(".", "," if t.lang == "nl" else ".")
        today = t("reproduction.change_huff_rule", beta=beta)
    limits = roads_text(t, roads)
    warning = f" {limits}" if limits else ""
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
        "providers": providers_text(found, t),
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


def prior_text(t: Texts, name: str) -> str:
    """Name of a prior of volumes."""
    return t(f"reproduction.prior_{name}")


def prior_rows(found: Reproduction, t: Texts) -> list[dict[str, object]]:
    """Effect of the prior: the range over treatments of the expected value, per region."""
    out: list[dict[str, object]] = []
    for prior in PRIORS:
        ends = []
        for region in found.published:
            values = [row.expected(prior.name) for row in found.of(region)]
            known = [value for value in values if math.isfinite(value)]
            ends.append((whole_text(t, min(known)), whole_text(t, max(known))))
        out.append({"name": prior_text(t, prior.name), "ends": ends})
    return out


_LOWER = (
    DEFAULT,
    *(f"{DEFAULT}, baseline huff {beta:g}" for beta in BYPASS_BETAS),
    *(f"{DEFAULT}, baseline huff {beta:g}, to the nearest" for beta in BYPASS_BETAS),
    LEAST,
    "interventions, expected candidate",
    "interventions, median provider set",
    f"{DEFAULT}, locations organisation",
    f"{DEFAULT}, alternatives all",
    f"{DEFAULT}, weights 65+",
    f"{DEFAULT}, weights 75+",
    f"{DEFAULT}, profile vrij",
    f"{DEFAULT}, edge narrow",
    f"{DEFAULT}, edge wide",
    "interventions, named in the source",
    "interventions, leaving the region",
    "interventions, median resident",
    "interventions, over all residents",
)
"""Explanations of the lower ends that a definition stands for."""


def write_reproduction_page(found: Reproduction, path: Path, *, lang: str = "nl") -> None:
    """Write verdicts.html about the published ranges."""
    t = texts(lang)
    counts = found.manifest["counts"]
    lead = t(
        "reproduction.lead",
        regions=len(found.published),
        treatments=counts["treatments"],
        candidates=whole_text(t, counts["candidates"]),
        profile=known_text(t, "common.profile", found.asked.profile),
    )
    names = [range_name(t, each.claim) for each in found.outcomes]
    write_verdicts_page(
        path,
        found.outcomes,
        statements(t, found.outcomes, names),
        about=RANGES,
        title=t("reproduction.title"),
        unit=unit_of(found.asked.weights),
        lead=lead,
        manifest=found.manifest,
        how=_how(found, t),
        lang=lang,
    )


def _how(found: Reproduction, t: Texts) -> dict[str, Any]:
    """Give what the part on how we know fills in."""
    words = {each.name: range_definition_text(t, each) for each in found.definitions}
    names = treatment_names(t.lang)
    rows = _rows(found)
    own = {
        region: {row.intervention.treatment for row in found.of(region)}
        for region in found.published
    }
    return {
        "found": found,
        "regions": list(found.published),
        "published": found.published,
        "names": names,
        "peaks": {
            region: names_text(t, [names[each] for each in said.peaks if each in own[region]])
            for region, said in found.published.items()
        },
        "join": lambda values: names_text(t, list(values)),
        "numbers": lambda values: [t.number(value) for value in values],
        "whole": lambda value: whole_text(t, value),
        "minutes": lambda value: minutes_text(t, value),
        "share": lambda value: share_text(t, value),
        "signed": lambda value: signed(t, value),
        "known": math.isfinite,
        "status": lambda value: known_text(t, "common.status", value),
        "statuses": [each for each in LISTING_STATUSES if each != CONFIRMED],
        "listed": listed,
        "source_of_spread": lambda key: source_text(t, key),
        "plain": {key: plain_treatment(t, name) for key, name in names.items()},
        "definition_findings": definition_findings(found, t),
        "lower_findings": lower_findings(found, t),
        "margin": margin_text(t, found.manifest["margin"]),
        "unknown_findings": unknown_findings(found, t),
        "main": rows[DEFAULT],
        "below": {region: below_norm(found, region) for region in found.published},
        "pictures": {
            region: region_picture(found, region, words, rows) for region in found.published
        },
        "figure": redistribution(found, rows[DEFAULT]),
        "waterfalls": {region: waterfall_picture(found, region) for region in found.published},
        "shares": {end: mean_shares(found, end) for end in ("low", "high")},
        "spreads": {
            region: [each for each in found.spreads if each.region == region]
            for region in found.published
        },
        "lower": _lines(found, words, rows, _LOWER),
        "reach": {
            region: [each for each in found.reach if each.region == region]
            for region in found.published
        },
        "annex": _lines(found, words, rows, [each.name for each in found.definitions]),
        "method": method_section(found, t),
        "priors": prior_rows(found, t),
        "assumptions": assumptions(found, t),
    }


def _rows(found: Reproduction) -> Rows:
    """Rows of reproduction.csv by definition and region."""
    out: Rows = {}
    for row in found.ranges.to_dict("records"):
        named = {str(key): value for key, value in row.items()}
        out.setdefault(named["definition"], {})[named["region"]] = named
    return out


def _lines(
    found: Reproduction, words: dict[str, str], rows: Rows, wanted: list[str] | tuple[str, ...]
) -> list[dict[str, Any]]:
    """Rows over the regions: a definition, its range per region, its errors summed."""
    out = []
    for name in wanted:
        if name not in words:
            continue
        score, own = found.score(name), rows[name]
        out.append(
            {
                "name": name,
                "text": words[name],
                "ends": [
                    (float(own[region]["ours_low"]), float(own[region]["ours_high"]))
                    for region in found.published
                ],
                "low": float(score["mae_low"]) * len(own),
                "high": float(score["mae_high"]) * len(own),
                "equal": int(score["equal_when_rounded"]),
            }
        )
    return out


REPRODUCTION_FILES = (
    "reproduction.csv",
    "treatments.csv",
    "candidates.csv",
    "definitions.csv",
    "waterfall.csv",
    "uncertainty.csv",
    "lower_ends.csv",
    "published_scenarios.csv",
    "published_steps.csv",
    PAGE,
    "manifest.json",
)
"""What `impact reproduce` writes, and may replace."""


def write_reproduction(
    found: Reproduction, folder: Path, *, lang: str = "nl", force: bool = False
) -> None:
    """Write every output of a reproduction."""
    ranges = pd.concat([found.ranges, found.method_ranges], ignore_index=True)
    ranges["peak_same"] = ["yes" if same else "no" for same in ranges["peak_same"]]
    tables = {
        "reproduction": ranges,
        "treatments": found.treatments,
        "candidates": found.candidates,
        "definitions": pd.concat([found.scores, found.method_scores], ignore_index=True),
        "waterfall": waterfall_frame(found),
        "uncertainty": pd.DataFrame(found.spreads, columns=[*Spread.__dataclass_fields__]),
        "lower_ends": lower_ends_frame(found),
        "published_scenarios": found.method.scenarios,
        "published_steps": found.method_steps(),
    }
    write_evidence(
        folder,
        REPRODUCTION_FILES,
        command="reproduce",
        tables=tables,
        columns=columns_by_type,
        page=lambda path: write_reproduction_page(found, path, lang=lang),
        manifest=found.manifest,
        force=force,
    )


def waterfall_frame(found: Reproduction) -> pd.DataFrame:
    """Rows of waterfall.csv."""
    rows = []
    for each in found.waterfalls:
        rows += [
            (each.region, each.end, step.name, step.before, step.after, step.alone)
            for step in each.steps
        ]
        rows.append((each.region, each.end, "unexplained", each.reached, each.published, None))
    columns = ["region", "end", "step", "before", "after", "alone"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[3:], float))


def lower_ends_frame(found: Reproduction) -> pd.DataFrame:
    """Rows of lower_ends.csv."""
    rows = [{**vars(each), "stops": "; ".join(each.stops)} for each in found.reach]
    return pd.DataFrame(rows)
