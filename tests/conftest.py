"""Fixtures that are dear to make: the real study, run once per session."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from wordings import Caught, listen

from impact.analysis.run import run_study
from impact.bundled import study_paths
from impact.study.read import read_study

if TYPE_CHECKING:
    from collections.abc import Iterator

    from browser import Browser

    from impact.analysis.result import Result
    from impact.analysis.sweep import StudySweep
    from impact.evidence.published.run import Reproduction

ROOT = Path(__file__).resolve().parent.parent

FUZZ = os.environ.get("IMPACT_FUZZ", "")
"""How many times the examples of a property are tried, freely drawn; empty for the fixed draws."""

# how long an example takes says how busy the machine is; fixed draws give everybody one answer
settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not FUZZ,
    database=None,
)
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the properties only, with more examples, where that is asked for (`make fuzz`)."""
    if not FUZZ:
        return
    items[:] = [each for each in items if getattr(_test(each), "is_hypothesis_test", False)]
    for each in items:
        # settings cannot be given twice by the decorator
        own = _test(each)._hypothesis_internal_use_settings
        more = settings(own, max_examples=own.max_examples * int(FUZZ))
        _test(each)._hypothesis_internal_use_settings = more


def _test(item: pytest.Item) -> Any:  # noqa: ANN401
    return getattr(item, "obj", None)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep matrices of tests out of the user's cache, and the other way round."""
    os.environ["IMPACT_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def _heard() -> Iterator[Caught]:
    """Listen to every error that is made in this process."""
    caught = Caught()
    stop = listen(caught)
    yield caught
    stop()


@pytest.fixture(autouse=True)
def _errors_speak_dutch(_heard: Caught, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which an error says what no catalogue can translate."""
    _heard.wordings.clear()
    yield
    if request.node.get_closest_marker("own_words"):
        return
    assert not _heard.wordings, _heard.wordings


@pytest.fixture(scope="session")
def noordoost_result() -> Result:
    return run_study(read_study(study_paths()["noordoost"]))


@pytest.fixture(scope="session")
def noordoost_folder(noordoost_result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from impact.outputs.files.folder import write_run  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("noordoost") / "out"
    write_run(noordoost_result, folder)
    return folder


@pytest.fixture(scope="session")
def noordoost_sweep() -> StudySweep:
    from impact.analysis.sweep import sweep_study  # noqa: PLC0415

    return sweep_study(read_study(study_paths()["noordoost"]))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Source tables that the project does not ship; skips where they are absent."""
    folder = Path(os.environ.get("IMPACT_SHARED", ROOT.parent / "shared" / "data"))
    if not (folder / "SOURCES.md").is_file():
        pytest.skip(f"the source tables are not at {folder} (set IMPACT_SHARED)")
    return folder


@pytest.fixture(scope="session")
def reproduction() -> Reproduction:
    """All seven regions, with fewer draws than the command takes."""
    from impact.evidence.published.run import reproduce  # noqa: PLC0415
    from impact.evidence.published.world import Assumptions  # noqa: PLC0415

    return reproduce(Assumptions(), sets=20, draws=200)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium per worker."""
    from browser import chromium  # noqa: PLC0415

    with chromium() as running:
        yield running
