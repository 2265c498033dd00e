"""Words for minutes, scenarios and providers on a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.outputs.wording import known_text, minutes_text
from impact.times.files import OWN_MATRIX

if TYPE_CHECKING:
    from impact.concentration.result import Case, Result
    from impact.outputs.texts import Texts


def extra_text(t: Texts, extra: float) -> str:
    """Write a mean of extra minutes.

    Parameters
    ----------
    t
        Catalogue.
    extra
        Finite; negative where the way is shorter than before.

    Returns
    -------
    str

    Examples
    --------
    >>> from impact.outputs.texts import texts
    >>> extra_text(texts("nl"), 13.1), extra_text(texts("nl"), -1.0)
    ('13 minuten extra', '1 minuut korter')
    """
    key = "map.shorter" if extra < 0.0 else "map.longer_mean"
    return t(key, minutes=minutes_text(t, abs(extra)))


def mark_of(case: Case, t: Texts) -> str:
    """Say how sure a case is.

    Parameters
    ----------
    case
        Of a run.
    t
        Catalogue.

    Returns
    -------
    str
        Status of its scenario, in words where we know it; for a displayed candidate that it is an
        example; empty where the study gives no status.
    """
    if case.kind == "candidate":
        return t("common.caveat_candidate")
    return known_text(t, "map.status", case.status) if case.status else ""


def layer_name(case: Case, t: Texts) -> str:
    """Name of a layer, with how sure it is.

    Parameters
    ----------
    case, t
        See `mark_of`.

    Returns
    -------
    str
    """
    scenario = t.scenario(case.scenario)
    name = t("map.layer", intervention=case.intervention.name, scenario=scenario)
    mark = mark_of(case, t)
    return t("map.marked", name=name, mark=mark) if mark else name


def subtitle(result: Result, t: Texts) -> str:
    """Say what minutes and numbers on the map mean.

    Parameters
    ----------
    result
        Of a run.
    t
        Catalogue.

    Returns
    -------
    str
        What a minute is and, unless times are the user's own, when; whose it is, and where.
    """
    kind = str(result.manifest["roads"]["kind"])
    definition = t.one_way(kind)
    if kind != OWN_MATRIX:
        profile = known_text(t, "common.profile", str(result.manifest["parameters"]["profile"]))
        definition = f"{definition}, {profile}"
    return t(
        "map.subtitle",
        definition=_capital(definition),
        unit=_capital(t.unit(result.unit)),
        region=result.study.region,
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
