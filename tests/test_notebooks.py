from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_notebooks_run_and_show_what_is_saved() -> None:
    script = ROOT / "scripts" / "notebooks.py"
    done = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "01_noordoost.ipynb: as saved" in done.stdout
    assert "03_controleer_een_claim.ipynb: as saved" in done.stdout
