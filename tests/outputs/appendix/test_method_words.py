"""What the report says of the method is true of the study at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from three_towns import STUDY, write_files

from impact import read_study, run_study
from impact.outputs.appendix.blocks import Paragraph
from impact.outputs.appendix.trail import trail
from impact.outputs.text import texts

if TYPE_CHECKING:
    from pathlib import Path

NL = texts("nl")
FLOWS = "postcode,provider,patients\n8911,West,30\n9712,West,<10\n7811,Zuid,12\n9712,Noord,40\n"


def method_of(path: Path) -> list[str]:
    result = run_study(read_study(path))
    blocks = trail(result, NL, files={}, claims=None)
    return [each.text for each in blocks if isinstance(each, Paragraph)]


def test_counted_patients_are_not_said_to_go_to_the_nearest(tmp_path: Path) -> None:
    counted = 'stop_count = 1\nallocation = "observed"\nflows = "flows.csv"\n'
    observed = STUDY.replace("stop_count = 1\n", counted)
    path = write_files(tmp_path / "counted", {"study.toml": observed, "flows.csv": FLOWS})
    nearest, otherwise = NL("appendix.method_who"), NL("appendix.method_who_other")
    said = method_of(path)
    assert otherwise in said
    assert nearest not in said
    said = method_of(write_files(tmp_path / "nearest"))
    assert nearest in said
    assert otherwise not in said
