"""Compile loops with numba, which comes with the extra ``fast``.

Only modules that engines load by name import this one, so that nothing else needs numba.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

_Function = TypeVar("_Function", bound="Callable[..., Any]")


def compiled(function: _Function) -> _Function:
    """Compile a function at its first call, and keep the machine code on disk.

    Compiled functions release Python's lock, so that threads run them side by side.

    Parameters
    ----------
    function
        Loops over arrays.

    Returns
    -------
    callable
    """
    try:
        made: Any = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no folder can be written: compiled anew in each process
        made = numba.njit(nogil=True)(function)
    return cast("_Function", made)


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
