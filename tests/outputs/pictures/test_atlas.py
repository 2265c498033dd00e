"""Maps of cases as SVG: what has no area gets a ring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toy import toy_result

from impact.outputs.pages.page import environment
from impact.outputs.pictures.atlas import WIDTH, atlas
from impact.outputs.text import texts

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

_PAGE = (
    '{% from "case_map.html.j2" import fills, legend, picture with context %}'
    "{{ fills(atlas.legend) }}{{ legend(atlas.legend, atlas.ringed) }}"
    "{{ picture(atlas, atlas.maps[0], width, 'x') }}"
)


def test_postcodes_of_which_the_area_is_not_known_have_a_ring(noordoost_result: Result) -> None:
    drawn = atlas(noordoost_result)
    assert drawn.ringed
    # 7524 Enschede and 8269 Kampen
    assert [len(each.rings) for each in drawn.maps] == [2] * len(drawn.maps)
    assert all(0 < x < WIDTH and 0 < y < drawn.height for _, x, y in drawn.maps[0].rings)
    page = environment().from_string(_PAGE).render(t=texts("nl"), atlas=drawn, width=WIDTH)
    assert page.count('class="ringed"') == 3
    assert "vlak van de postcode onbekend" in page


def test_where_every_area_is_known_nothing_is_explained(tmp_path: Path) -> None:
    drawn = atlas(toy_result(tmp_path))
    assert not drawn.ringed
    page = environment().from_string(_PAGE).render(t=texts("nl"), atlas=drawn, width=WIDTH)
    assert 'class="ringed"' not in page
