"""Words for minutes, scenarios and providers on a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.outputs.bands import BANDS, band_of
from impact.outputs.wording import known_text
from impact.times.files import OWN_MATRIX

if TYPE_CHECKING:
    from impact.concentration.result import Case, Result
    from impact.outputs.texts import Texts

INFERRED = "inferred"
"""Status of a provider that follows from what a source says of all, or of others."""

_HALF = 0.5
_WEB = ("https://", "http://")


def count_text(t: Texts, count: float) -> str:
    """Write a number without decimals, and never 0 for some.

    Parameters
    ----------
    t
        Catalogue.
    count
        People, or minutes of which the word stands elsewhere.

    Returns
    -------
    str

    Examples
    --------
    >>> from impact.outputs.texts import texts
    >>> [count_text(texts("nl"), each) for each in (0.0, 0.4, 1200.0)]
    ['0', 'minder dan 1', '1.200']
    """
    return t("map.under_one") if 0.0 < count <= _HALF else t.number(count)


def minutes_text(t: Texts, minutes: float) -> str:
    """Write minutes without decimals, and never 0 for some.

    Parameters
    ----------
    t
        Catalogue.
    minutes
        Finite, not negative.

    Returns
    -------
    str

    Examples
    --------
    >>> from impact.outputs.texts import texts
    >>> [minutes_text(texts("nl"), each) for each in (0.0, 0.4, 1.2, 1500.0)]
    ['0 minuten', 'minder dan 1 minuut', '1 minuut', '1.500 minuten']
    """
    whole = round(minutes)
    if whole == 0 and band_of(minutes) is not BANDS[0]:
        return t("map.under_a_minute")
    return t("map.minute") if whole == 1 else t("map.minutes", n=t.number(whole))


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


def provider_status(status: str, source: str) -> str:
    """Tell what a source says of a hospital from what follows from a source about others.

    Parameters
    ----------
    status, source
        Of a row of the provider register.

    Returns
    -------
    str
        `INFERRED` for what counts as sourced but has no page of its own, else the status.

    Examples
    --------
    >>> provider_status("sourced", "https://example.org"), provider_status("sourced", "all members")
    ('sourced', 'inferred')
    """
    return INFERRED if status == "sourced" and not source.startswith(_WEB) else status


def status_text(t: Texts, status: str) -> str:
    """Return a status of `provider_status` in words; empty where there is none.

    Parameters
    ----------
    t
        Catalogue.
    status
        From `provider_status`.

    Returns
    -------
    str
    """
    if status == INFERRED:
        return t("map.register_inferred")
    return known_text(t, "common.status", status) if status else ""


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
