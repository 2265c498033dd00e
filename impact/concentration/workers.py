"""Who computes the blocks of a sweep: threads here, or the workers of a Dask cluster."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from impact.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Workers(Protocol):
    """Calls a function of (task, start) for every start, and gives the results in their order."""

    def __call__(
        self,
        function: Callable[[Any, int], Any],
        task: Any,
        starts: Sequence[int],  # noqa: ANN401
    ) -> Iterator[Any]: ...


def threads(
    function: Callable[[Any, int], Any],
    task: Any,
    starts: Sequence[int],  # noqa: ANN401
) -> Iterator[Any]:
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
def cluster(address: str) -> Iterator[Workers]:
    """Compute on a Dask cluster.

    Parameters
    ----------
    address
        Of its scheduler, such as ``tcp://10.0.0.1:8786``.

    Yields
    ------
    Workers

    Raises
    ------
    InputError
        When dask.distributed is not installed, or nothing answers at that address.
    """
    try:
        from distributed import Client  # noqa: PLC0415 (an optional extra)
    except ImportError as error:
        expected = "the extra [cluster]: pip install 'impact-reistijd[cluster]'"
        raise InputError(Fault("--scheduler", "", "", address, expected)) from error
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        expected = "the address of a Dask scheduler that answers, such as tcp://10.0.0.1:8786"
        raise InputError(Fault("--scheduler", "", "", address, expected)) from error

    def compute(
        function: Callable[[Any, int], Any],
        task: Any,
        starts: Sequence[int],  # noqa: ANN401
    ) -> Iterator[Any]:
        shared = client.scatter(task, broadcast=True)
        futures = [client.submit(function, shared, start, pure=False) for start in starts]
        for future in futures:
            yield future.result()

    with client:
        yield compute
