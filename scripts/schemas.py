"""Write the JSON Schemas of study.toml and claims.toml into docs/, for editors.

Example::

    python scripts/schemas.py
"""

from __future__ import annotations

import json
from pathlib import Path

from impact.evidence.claims.schema import ClaimsFile
from impact.study.schema import StudyFile
from impact.study.toml import published_schema

FOLDER = Path(__file__).resolve().parents[1] / "docs"
FILES = {"study": StudyFile, "claims": ClaimsFile}


def schema_texts() -> dict[str, str]:
    """Return file name -> text of each schema."""
    return {
        f"{name}.schema.json": json.dumps(
            published_schema(model, name=f"{name}.toml of impact"), indent=2, ensure_ascii=False
        )
        + "\n"
        for name, model in FILES.items()
    }


if __name__ == "__main__":
    for name, text in schema_texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
