"""Who computes the blocks of a sweep: threads here, or the workers of a Dask cluster."""

from __future__ import annotations

import os
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
    """Compute on every core of this machine: compiled code lets go of the interpreter's lock.

    Parameters
    ----------
    function
        Takes the task and a start.
    task
        The same for all.
    starts
        One per call.

    Yields
    ------
    object
        What each call gave, in the order of `starts`.
    """
    with ThreadPoolExecutor(min(len(starts), os.cpu_count() or 1) or 1) as pool:
        yield from pool.map(lambda start: function(task, start), starts)


@contextmanager
def cluster(address: str, *, patience: str = "10s") -> Iterator[Workers]:
    """Compute on a Dask cluster.

    Parameters
    ----------
    address
        Of its scheduler, such as ``tcp://10.0.0.1:8786``.
    patience
        How long to wait for an answer.

    Yields
    ------
    Workers

    Raises
    ------
    InputError
        When dask.distributed is not installed, or nothing answers at that address.
    """
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
        futures = [client.submit(function, shared, start, pure=False) for start in starts]
        for future in futures:
            yield future.result()

    with client:
        yield compute
