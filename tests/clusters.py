"""A Dask cluster of two worker processes on this machine."""

from __future__ import annotations

import importlib.util
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDS_DISTRIBUTED = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="dask.distributed is not installed"
)


@contextmanager
def two_processes() -> Iterator[str]:
    """Give the address of its scheduler."""
    from distributed import LocalCluster  # noqa: PLC0415 (an optional extra)

    with (
        warnings.catch_warnings(),
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as here,
    ):
        warnings.simplefilter("ignore")
        yield here.scheduler_address
