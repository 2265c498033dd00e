"""What is said wherever a displayed candidate is shown: what it is, and who stays by which rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.outputs.text.wording import names_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from impact.model.case import Case
    from impact.outputs.text import Texts
    from impact.study.model import Study


def displayed_sentences(
    study: Study, cases: Sequence[Case], t: Texts, *, measured: bool = True
) -> list[str]:
    """Say what the displayed candidates of some cases are; nothing where there are none.

    `measured` says by which numbers the smallest are the smallest.
    """
    return list(_sentences(study, [case for case in cases if case.volumes_by], t, measured))


def _sentences(
    study: Study,
    shown: Sequence[Case],
    t: Texts,
    measured: bool,  # noqa: FBT001
) -> Iterator[str]:
    if not shown:
        return
    yield t("displayed.what")
    kinds = sorted({case.volumes_by for case in shown})
    if measured and len(kinds) == 1:
        yield t(f"displayed.by_{kinds[0]}")
    elif measured:
        yield t(
            "displayed.by_several",
            kinds=names_text(t, [t(f"displayed.kind_{kind}") for kind in kinds]),
        )
    if not study.university_hospitals_stay:
        yield t("displayed.off")
        return
    names = _kept(shown, t)
    yield t("displayed.kept", names=names_text(t, names)) if names else t("displayed.kept_none")
    yield t("displayed.rule")
    for case in shown:
        if gone := given_up(case):
            yield t("displayed.given_up", name=case.intervention.name, names=names_text(t, gone))
    yield t("displayed.ranges")


def _kept(shown: Sequence[Case], t: Texts) -> list[str]:
    """Name who stays by the rule, with the treatments where elsewhere the rule lets it stop."""
    treatments: dict[str, list[str]] = {}
    for case in shown:
        for name in case.kept:
            if name not in case.stops:
                treatments.setdefault(name, []).append(case.intervention.name)
    let_go = {name for case in shown for name in case.stops if name not in case.kept}
    return [
        t("displayed.kept_at", name=name, treatments=names_text(t, sorted(set(found))))
        if name in let_go
        else name
        for name, found in sorted(treatments.items())
    ]


def given_up(case: Case) -> list[str]:
    """Return those whom the rule would keep and that stop all the same: too few others could."""
    return sorted(set(case.kept) & set(case.stops))


def kept_fact(case: Case, t: Texts) -> list[list[str]]:
    """Name who stays in a case by the rule, as a term and what is said of it."""
    names = [
        t(f"displayed.fact_{why}", name=name)
        for name, why in case.kept.items()
        if name not in case.stops
    ]
    return [[t("displayed.fact"), names_text(t, names)]] if names else []
