"""The pictures of a report: each as a drawing of a page, and as a PNG for paper.

Nothing is drawn before a writer of a document asks for it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from impact.analysis.result import postcode_rows, stacked
from impact.analysis.transit import by_transit
from impact.model.measures import LEGEND
from impact.outputs.appendix.blocks import Picture
from impact.outputs.pages.page import environment
from impact.outputs.pictures import charts
from impact.outputs.pictures.atlas import WIDTH, atlas, case_maps
from impact.outputs.pictures.flows import flow_layout, flow_picture
from impact.outputs.pictures.static_map import base_map, static_map
from impact.outputs.text.overview import displayed, extremes
from impact.outputs.text.rounding import rounded_down, rounded_up
from impact.outputs.text.wording import (
    destination_text,
    minutes_text,
    names_text,
    outside_caveat,
    share_text,
    span_text,
    titled_scenario,
    whole_text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2.environment import TemplateModule
    from markupsafe import Markup

    from impact.analysis.result import CaseView, Result
    from impact.model.case import Case
    from impact.outputs.pictures.atlas import Atlas, CaseMap
    from impact.outputs.pictures.charts import TravelBars
    from impact.outputs.pictures.static_map import BaseMap
    from impact.outputs.text import Texts


class Illustrations:
    """Draws what a report shows of a result, in a language."""

    def __init__(self, result: Result, t: Texts) -> None:
        self._result, self._t = result, t

    @property
    def fills(self) -> Markup:
        """Colours of the bands, for the style sheet of a page."""
        return self._macro("fills", LEGEND)

    @property
    def shared(self) -> Markup:
        """Borders and patterns that every map of a page uses."""
        return self._macro("shared", self._atlas)

    def map(self, view: CaseView) -> Picture:
        """Show the extra minutes of one case by postcode."""
        case, t = view.case, self._t
        hit = view.hardest_hit
        stops = t("a4.stops", names=names_text(t, case.stops)) + "." if case.stops else ""
        towns = names_text(t, [str(each) for each in hit.index[:3]])
        key = "appendix.map_alt_nobody" if hit.empty else "appendix.map_alt"
        alt = t(key, stops=stops, towns=towns, **self._named(case))
        return Picture(
            t("appendix.map_caption", **self._named(case)),
            alt,
            lambda: static_map(self._result, case, self._base, t),
            lambda: self._macro(
                "case_map", self._atlas, self._drawing(case), WIDTH, alt, self._identifier(case)
            ),
        )

    def transit_map(self, view: CaseView) -> Picture:
        """Show the extra minutes of one case by public transport."""
        place, t = self._place(view.case), self._t
        alt = t("transit.map", **self._named(view.case))

        def markup() -> Markup:
            drawn = self._transit_atlas
            return self._macro("case_map", drawn, drawn.maps[place], WIDTH, alt)

        def png() -> bytes:
            ridden = self._ridden
            return static_map(ridden, ridden.cases[place], self._base, t)

        return Picture(t("transit.map_caption", **self._named(view.case)), alt, png, markup)

    def several(self, views: Sequence[CaseView]) -> Picture:
        """Show the cases of one treatment beside each other."""
        t, cases = self._t, [view.case for view in views]
        alt = t("appendix.scenarios_alt", names="; ".join(t.scenario(x.scenario) for x in cases))

        def markup() -> Markup:
            drawings = [
                (self._identifier(case), t.scenario(case.scenario), self._drawing(case))
                for case in cases
            ]
            return self._macro("several", self._atlas, drawings, WIDTH, alt)

        return Picture(
            t("appendix.scenarios_caption", name=cases[0].intervention.name),
            alt,
            lambda: charts.scenarios(self._result, cases, self._base, t),
            markup,
        )

    def travel(self, view: CaseView, bars: TravelBars) -> Picture:
        """Show how long those who must go elsewhere travel, before and after."""
        t, case = self._t, view.case
        means = {
            when: minutes_text(t, float(case.figures[f"mean_{when}"]))
            for when in ("before", "after")
        }
        alt = t("appendix.distribution_alt", **means, **self._named(case))
        return Picture(
            t("appendix.distribution_caption", **self._named(case)),
            alt,
            partial(charts.distribution, bars, t),
            partial(self._macro, "travel", bars, charts.BIN, alt),
        )

    def flows(self, view: CaseView) -> Picture:
        """Show who goes where."""
        t, case = self._t, view.case
        alt = t("appendix.flows_alt", names=destination_text(t, view), **self._named(case))
        return Picture(
            t("appendix.flows_caption", **self._named(case)),
            alt,
            partial(flow_picture, self._result, case, t),
            lambda: self._macro("flows", flow_layout(self._result, case, t), alt),
        )

    def strips(self) -> Picture:
        """Show the displayed cases among every possible choice, and among people."""
        t, result = self._t, self._result
        said = [
            t(
                "appendix.alt_intervention",
                name=line.case.intervention.name,
                mean=minutes_text(t, float(line.row["mean_extra_moved"])),
                choices=span_text(t, *extremes(result, line)),
            )
            for line in displayed(result)
        ]
        units = {"width": charts.STRIPS_WIDTH, "lane": charts.LANE}
        return Picture(
            t("appendix.picture_interventions"),
            t("appendix.alt_interventions", text="; ".join(said)),
            partial(charts.interventions, result, t),
            lambda: self._macro("strips", charts.strips(result), units),
        )

    def _named(self, case: Case) -> dict[str, str]:
        return {"name": case.intervention.name, "scenario": self._t.scenario(case.scenario)}

    def _place(self, case: Case) -> int:
        return next(place for place, x in enumerate(self._result.principal) if x.case is case)

    def _identifier(self, case: Case) -> str:
        return f"case-{self._place(case)}"

    def _drawing(self, case: Case) -> CaseMap:
        return self._atlas.maps[self._place(case)]

    def _macro(self, name: str, *arguments: object) -> Markup:
        made: Markup = getattr(self._macros, name)(*arguments)
        return made

    @cached_property
    def _macros(self) -> TemplateModule:
        t, result = self._t, self._result
        return (
            environment()
            .get_template("drawings.html.j2")
            .make_module(
                {
                    "t": t,
                    "whole": lambda value: whole_text(t, value),
                    "minutes": lambda value: minutes_text(t, value),
                    "share": lambda value: share_text(t, value),
                    "span": lambda low, high: span_text(t, low, high),
                    "down": lambda value: t.number(rounded_down(value)),
                    "up": lambda value: t.number(rounded_up(value)),
                    "scenario": lambda case: titled_scenario(t, result, case),
                    "doubtful": lambda case: outside_caveat(t, case),
                }
            )
        )

    @cached_property
    def _atlas(self) -> Atlas:
        return atlas(self._result)

    @cached_property
    def _ridden(self) -> Result:
        return replace(self._result, cases=by_transit(self._result))

    @cached_property
    def _transit_atlas(self) -> Atlas:
        result, cases = self._result, self._ridden.cases
        rows = stacked(cases, postcode_rows, result.postcodes["ferry"])
        return case_maps(cases, result.postcodes, result.hospitals, rows)

    @cached_property
    def _base(self) -> BaseMap:
        return base_map(self._result, self._t)
