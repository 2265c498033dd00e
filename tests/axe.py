"""Accessibility of a page by axe-core, for tests that open one.

Use it as::

    page = browser.open(path, **PHONE)
    assert serious_violations(page) == []

axe-core comes from the package axe-core-python, which carries it and needs nothing from a network.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from browser import Page

_SERIOUS = ("serious", "critical")
_SHOWN = 4
_RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(
  (result) => done(result.violations), (error) => done(String(error)));
"""


def serious_violations(page: Page) -> list[str]:
    """Say which rules a page breaks seriously, and where: one line per rule.

    Animations must have ended: half a fade is a colour without contrast.
    """
    if not page.run("return Boolean(window.axe)"):
        page.run(resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8"))
    found: list[dict[str, Any]] | str = page.driver.execute_async_script(_RUN)
    assert not isinstance(found, str), found
    return [_line(each) for each in found if each["impact"] in _SERIOUS]


def _line(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    where = "; ".join(f"{node['target'][0]}: {node['html'][:120]}" for node in nodes[:_SHOWN])
    return f"{violation['id']} ({violation['help']}), {len(nodes)} times: {where}"
