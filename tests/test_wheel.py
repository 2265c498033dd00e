"""The wheel carries the data: it works where there is no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, folder: Path) -> str:
    environment = {**os.environ, "IMPACT_CACHE": str(folder / "cache")}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment in another folder with nothing but the wheel.

    The libraries that it depends on are lent by a path entry, which runs no `.pth` file of theirs:
    the checkout that this environment may be linked to stays out of sight.
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--disable-pip-version-check", "--wheel-dir", folder, ROOT),
        folder=folder,
    )
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    (wheel,) = folder.glob("impact_reistijd-*.whl")
    run(
        *(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
        *("--disable-pip-version-check", wheel),
        folder=folder,
    )
    libraries = run(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=folder
    )
    lent = Path(libraries.strip()) / "lent.pth"
    lent.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder


def test_the_demo_runs_from_the_wheel_alone(elsewhere: Path) -> None:
    where = run(
        elsewhere / "env" / "bin" / "python",
        "-c",
        "import impact, impact.bundled; print(impact.__file__, impact.bundled.data_folder())",
        folder=elsewhere,
    )
    package, data = where.split()
    assert package.startswith(str(elsewhere))
    assert data == str(Path(package).parent / "data")
    shown = run(elsewhere / "env" / "bin" / "impact", "demo", "--out", "made", folder=elsewhere)
    assert str(elsewhere / "made" / "extra" / "map.html") in shown.replace("\n", "")
    assert {path.name for path in (elsewhere / "made").rglob("*")} >= {
        "summary.csv",
        "map.html",
        "report.html",
        "results.xlsx",
        "manifest.json",
    }


def test_every_shipped_file_is_in_the_wheel(elsewhere: Path) -> None:
    site = next((elsewhere / "env").glob("lib/python*/site-packages/impact/data"))
    shipped = {str(path.relative_to(ROOT / "data")) for path in (ROOT / "data").rglob("*.*")}
    packed = {str(path.relative_to(site)) for path in site.rglob("*.*")}
    assert shipped == packed
