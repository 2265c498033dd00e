"""Fixtures that are dear to make: the real study, run once per session."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from impact.analysis.run import run_study
from impact.bundled import study_paths
from impact.study.read import read_study

if TYPE_CHECKING:
    from impact.analysis.result import Result
    from impact.analysis.sweep import StudySweep
    from impact.evidence.published.run import Reproduction

ROOT = Path(__file__).resolve().parent.parent

# how long an example takes says how busy the machine is
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep matrices of tests out of the user's cache, and the other way round."""
    os.environ["IMPACT_CACHE"] = str(tmp_path_factory.mktemp("cache"))


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
    from impact.evidence.published.world import Setting  # noqa: PLC0415

    return reproduce(Setting(), sets=20, draws=200)
