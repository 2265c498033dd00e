"""Execute the notebooks in place, or check that they run and show what they showed.

python scripts/notebooks.py            execute and save
python scripts/notebooks.py --check    execute, compare with what is saved, save nothing
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
_TIMEOUT_SECONDS = 600


def executed(path: Path) -> nbformat.NotebookNode:
    """Run a notebook from its first cell, in an empty folder."""
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook, timeout=_TIMEOUT_SECONDS, resources={"metadata": {"path": folder}}
        )
        client.execute()
    for cell in notebook.cells:
        # when a cell ran says nothing about what it showed
        cell.metadata.pop("execution", None)
    notebook.metadata.pop("language_info", None)
    return notebook


def shown(notebook: nbformat.NotebookNode) -> list[str]:
    """List what the cells show as plain text."""
    return [
        str(output.get("data", {}).get("text/plain", output.get("text", "")))
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]


def main(*, check: bool) -> int:
    """Run every notebook."""
    different = 0
    for path in sorted(FOLDER.glob("*.ipynb")):
        notebook = executed(path)
        if not check:
            nbformat.write(notebook, path)
            print(f"{path.name}: executed")
            continue
        before, now = shown(nbformat.read(path, as_version=4)), shown(notebook)
        same = before == now
        different += not same
        print(f"{path.name}: {'as saved' if same else 'shows something else than is saved'}")
        for old, new in zip(before, now, strict=False):
            if old != new:
                print(f"--- saved\n{old}\n--- now\n{new}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
