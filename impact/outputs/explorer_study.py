"""The study file inside the explorer, so that a scenario chosen there can be saved with it."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from impact.study import Study


def shareable_text(study: Study) -> str:
    """Return the text of the study file, if it may travel with a page.

    Parameters
    ----------
    study
        As it was read.

    Returns
    -------
    str
        As it stands in the file. Empty where the file is gone or has changed since it was read,
        or where it names a path that does not depend on its folder: where a file lies on the
        machine of whoever ran the study is nobody's business.
    """
    path = study.path(study.source)
    content = path.read_bytes() if study.source and path.is_file() else b""
    if not content or hashlib.sha256(content).hexdigest() != study.sha256:
        return ""
    text = content.decode("utf-8-sig")
    return "" if _names_a_place(tomllib.loads(text)) else text


def _names_a_place(value: object) -> bool:
    if isinstance(value, str):
        return PurePosixPath(value).is_absolute() or PureWindowsPath(value).is_absolute()
    if isinstance(value, list):
        return any(map(_names_a_place, value))
    return isinstance(value, dict) and any(map(_names_a_place, value.values()))
