"""What a definition of a published range takes, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact.outputs.text.wording import known_text

if TYPE_CHECKING:
    from impact.evidence.published.definitions import Definition
    from impact.outputs.text import Texts


def range_definition_text(t: Texts, definition: Definition) -> str:
    """Say in words what a definition of a range takes."""
    said = [t(f"reproduction.statistic_{definition.statistic}")]
    changes = dict(definition.changes)
    if changes.get("baseline") == "huff":
        beta = f"{changes.pop('beta'):g}".replace(".", "," if t.lang == "nl" else ".")
        kind = changes.pop("recipients")
        said.append(t(f"reproduction.change_huff_{kind}", beta=beta))
        changes.pop("baseline")
    said += [_change_text(t, key, str(value)) for key, value in changes.items()]
    return "; ".join(said)


def _change_text(t: Texts, field: str, value: str) -> str:
    """Say in words what one field of a setting is."""
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
