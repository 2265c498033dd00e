"""Which of two costs is less: of minutes alone, or of minutes and then kilometres."""

from __future__ import annotations

from typing import Any

from impact.compiled import compiled


@compiled
def less(one: Any, other: Any) -> bool:  # noqa: ANN401 (float or complex)
    """Whether one cost is less: fewer minutes or, of equal minutes, fewer kilometres.

    Parameters
    ----------
    one, other : float or complex
        For floats the second comparison falls away when this is compiled.

    Returns
    -------
    bool
    """
    return bool(one.real < other.real or (one.real == other.real and one.imag < other.imag))
