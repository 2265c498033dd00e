"""The shipped study gives the same tables to the last byte, whichever engine found the paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impact import read_study, run_study
from impact.bundled import study_paths
from impact.outputs.files.columns import CSV_FILES, write_tables

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result


def test_another_engine_gives_the_same_tables(noordoost_result: Result, tmp_path: Path) -> None:
    """One other engine runs it all; that the others give the same matrix is tested beside them."""
    assert noordoost_result.manifest["times"]["engine"] == "scipy"
    study = read_study(study_paths()["noordoost"])
    result = run_study(study, engine="hierarchy", use_cache=False)
    assert result.manifest["times"]["engine"] == "hierarchy"
    for folder, each in (("scipy", noordoost_result), ("hierarchy", result)):
        (tmp_path / folder).mkdir()
        write_tables(each, tmp_path / folder)
    for name in CSV_FILES:
        ours, theirs = (
            (tmp_path / folder / name).read_bytes() for folder in ("hierarchy", "scipy")
        )
        assert ours == theirs, name
