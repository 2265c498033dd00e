"""What the documentation shows works."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from impact import read_study, run_study

ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"^`(\w+\.(?:toml|csv))`.*?```\w+\n(.*?)```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def test_the_study_of_the_documentation_runs(tmp_path: Path) -> None:
    blocks = dict(_BLOCK.findall((ROOT / "docs" / "study.md").read_text(encoding="utf-8")))
    assert len(blocks) == 7
    for name, text in blocks.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = run_study(read_study(tmp_path / "study.toml"))
    rows = result.summary.set_index(["recipients", "group"])
    assert result.unit == "patients"
    # 9711 and 9712 go to West today: 70 patients, of whom a quarter goes to Noord, the rest to Oost
    assert rows.loc[("named", "all"), "moved"] == 70
    before = (40 * 5 + 30 * 8) / 70
    after = 0.25 * (40 * 10 + 30 * 12) / 70 + 0.75 * (40 * 15 + 30 * 9) / 70
    assert rows.loc[("named", "all"), "mean_extra_moved"] == pytest.approx(after - before)
    assert rows.loc[("named", "65+"), "moved"] == 350
    volumes = result.volumes.set_index("location")["volume_after"]
    assert volumes["Noord"] == pytest.approx(60 + 0.25 * 45)
    assert volumes["West"] == 0
    assert pd.isna(rows.loc[("named", "all"), "moved_bound"])
    by_counts = blocks["study.toml"].replace(
        "stop_count = 1", 'stop_count = 1\nallocation = "observed"\nflows = "flows.csv"'
    )
    (tmp_path / "study.toml").write_text(by_counts, encoding="utf-8")
    row = run_study(read_study(tmp_path / "study.toml")).summary.iloc[0]
    assert (row["moved_low"], row["moved"], row["moved_high"]) == (1, 5, 9)


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name
)
def test_no_link_is_broken(page: Path) -> None:
    links = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
