"""Compile loops with numba, which comes with the extra ``fast``.

Only modules that are loaded when they are asked for import this one, so that nothing else needs
numba. What numba keeps on disk belongs to the file of the function that is called, not to this one:
it is made anew when that file changes, and looks at no other.
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
    """
    try:
        made: Any = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no folder can be written: compiled anew in each process
        made = numba.njit(nogil=True)(function)
    return cast("_Function", made)
