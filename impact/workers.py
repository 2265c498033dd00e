"""Who computes the blocks of a sweep or a matrix: threads here, or workers of a Dask cluster."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, TypeVar

from impact.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")


class Workers(Protocol):
    """Calls a function of (task, start) for every start, and gives the results in their order."""

    def __call__(
        self,
        function: Callable[[T, int], R],
        task: T,
        starts: Sequence[int],
    ) -> Iterator[R]:
        """Call."""


def threads(
    function: Callable[[T, int], R],
    task: T,
    starts: Sequence[int],
) -> Iterator[R]:
    """Compute on every core of this machine: compiled code lets go of the interpreter's lock."""
    with ThreadPoolExecutor(min(len(starts), os.cpu_count() or 1) or 1) as pool:
        yield from pool.map(lambda start: function(task, start), starts)


@contextmanager
def cluster(address: str, *, patience: str = "10s") -> Iterator[Workers]:
    """Compute on a Dask cluster."""
    try:
        distributed = import_module("distributed")
    except ImportError as error:
        expected = "the extra [cluster]: pip install 'impact-reistijd[cluster]'"
        raise InputError(Fault("--scheduler", "", "", address, expected)) from error
    try:
        client = distributed.Client(address, timeout=patience, set_as_default=False)
    except (OSError, ValueError) as error:
        expected = "the address of a Dask scheduler that answers, such as tcp://10.0.0.1:8786"
        raise InputError(Fault("--scheduler", "", "", address, expected)) from error

    def compute(
        function: Callable[[T, int], R],
        task: T,
        starts: Sequence[int],
    ) -> Iterator[R]:
        shared = client.scatter(task, broadcast=True)
        futures = deque(client.submit(function, shared, start, pure=False) for start in starts)
        while futures:
            # let go of as soon as it is taken, so that the workers need not hold what was given
            yield futures.popleft().result()

    with client:
        yield compute
