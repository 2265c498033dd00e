from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from impact import bundled
from impact.bundled import data_folder, data_path, study_paths
from impact.errors import MissingDataError

if TYPE_CHECKING:
    from pathlib import Path


def test_data_are_found() -> None:
    assert (data_folder() / "datapackage.json").is_file()
    assert data_path("postcodes/pc4.csv").is_file()
    assert data_path("roads").is_dir()


def test_missing_file_is_told() -> None:
    with pytest.raises(MissingDataError, match=r"hold no 'postcodes/pc9\.csv'"):
        data_path("postcodes/pc9.csv")


@pytest.mark.parametrize("place", ["impact/data", "data"])
def test_data_of_a_wheel_and_of_a_checkout_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "impact").mkdir()
    monkeypatch.setattr(bundled, "_PACKAGE", tmp_path / "impact")
    with pytest.raises(MissingDataError, match="the shipped data are missing"):
        data_folder()

    (tmp_path / place).mkdir()
    (tmp_path / place / "datapackage.json").write_text("{}", encoding="utf-8")

    assert data_folder() == tmp_path / place


def test_studies_are_named_after_their_files() -> None:
    paths = study_paths()

    assert list(paths) == sorted(paths)
    assert len(paths) == 7
    assert all(path.name == f"{name}.toml" for name, path in paths.items())
