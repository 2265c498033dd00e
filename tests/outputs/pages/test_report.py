from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from toy import EMMEN, GRONINGEN, KIDNEY, PANCREAS, TO_GRONINGEN, toy_result

from impact.analysis.ranges import DEFAULT
from impact.outputs.pages.report import write_report
from impact.outputs.text import texts
from impact.outputs.text.overview import displayed, lines, more_extra
from impact.outputs.text.people import amount_text, residents_text
from impact.outputs.text.ranges import published
from impact.outputs.text.wording import (
    destination_text,
    share_text,
    tenth_text,
    whole_text,
)

if TYPE_CHECKING:
    from pathlib import Path

    from impact.analysis.result import Result

NL = texts("nl")
HOSTILE = {
    GRONINGEN: "<script>window.hit = 1</script>",
    EMMEN: '=HYPERLINK("http://example.org")',
    PANCREAS: "Pan \"kreas\" & <b>co</b> {x} 'q'",
    TO_GRONINGEN: "</title></style><script>window.hit = 1</script>",
    "Vlieland": "<img src=x onerror=window.hit=1>",
}
VOID = {"col", "meta", "link", "br", "img", "input", "hr", "wbr"}
UNREAD = {"style", "script", "svg"}


class Reader(HTMLParser):
    """Tags, and the text that a reader sees outside pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if not UNREAD & set(self._open):
            self.text.append(data)

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.text))


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return toy_result(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def page(toy: Result, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(toy, path)
    return read(path)


@pytest.fixture(scope="module")
def real_page(noordoost_result: Result, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(noordoost_result, path)
    assert path.stat().st_size < 3_000_000
    return read(path)


def test_the_numbers_of_the_tables_are_those_of_the_summary(
    noordoost_result: Result, real_page: Reader
) -> None:
    everyone = noordoost_result.summary[noordoost_result.summary["group"] == "all"]
    assert everyone["intervention"].nunique() == 9
    for row in everyone.to_dict("records"):
        moved, demand = (
            amount_text(NL, row[name], row["patients_kind"]) for name in ("moved", "demand")
        )
        wanted = (
            f"{moved} {share_text(NL, row['moved'] / row['demand'])} "
            f"{residents_text(NL, row)} "
            f"hooguit {whole_text(NL, row['moved_bound'])} patiënten per jaar "
            f"{whole_text(NL, row['mean_extra_moved'])} over {moved} "
            f"{tenth_text(NL, row['p90_extra'])} "
            f"{whole_text(NL, row['mean_extra_all'])} over {demand} "
        )
        assert wanted in real_page.words, row["scenario"]
    for line in noordoost_result.principal:
        row = line.row
        wanted = (
            f"{whole_text(NL, row['mean_extra_moved'])} {tenth_text(NL, row['p90_extra'])} "
            f"{' '.join(more_extra(line, NL))} "
            f"{NL('tables.value_' + line.case.recipients)} {destination_text(NL, line)} "
            f"{whole_text(NL, row['residents_moved'])} "
        )
        assert wanted in real_page.words, line.key


def test_a_named_recipient_stands_beside_the_nearest(toy: Result, page: Reader) -> None:
    named, nearest = (line for line in lines(toy) if line.case.scenario == TO_GRONINGEN)
    assert (named.case.recipients, nearest.case.recipients) == ("named", "nearest")
    assert f"genoemd in het scenario {destination_text(NL, named)}" in page.words
    assert f"dichtstbijzijnde {destination_text(NL, nearest)}" in page.words
    assert NL("report.instead") in page.words


def test_norms_are_not_judged_without_volumes(page: Reader) -> None:
    assert "niet te beoordelen, geen aantallen per ziekenhuis" in page.words
    assert not re.search(r"\d onder de voorlopige norm", page.words)


def test_patients_have_no_bound_and_their_norms_are_judged(toy: Result, tmp_path: Path) -> None:
    result = dataclasses.replace(
        toy,
        unit="patients",
        summary=toy.summary.assign(below_norm=1.0, moved_bound=np.nan),
        volumes=toy.volumes.assign(kind="registered", volume_before=40.0, volume_after=15.0),
    )
    write_report(result, tmp_path / "report.html")
    words = read(tmp_path / "report.html").words
    assert "1 onder de voorlopige norm" in words
    assert "niet te beoordelen" not in words
    assert "Hooguit patiënten per jaar" not in words
    assert "mits juist" not in words
    second = r"Regio en inwoners|[\d.]+ inwoners|over alle inwoners"
    second += "|voor weinig inwoners|Inwoners zijn geen patiënten"
    second += "|Geteld naar inwoners Eenheid inwoners|In inwoners"
    assert "inwoners" not in re.sub(second, "", words)


def test_the_published_range_stands_beside_ours(
    noordoost_result: Result, real_page: Reader
) -> None:
    found = published(noordoost_result, NL)
    assert found
    assert (found.low, found.high) == (6, 30)
    assert set(found.peaks) == {"Pancreasresecties", "Maag-/slokdarmresecties"}
    ours = noordoost_result.ranges.set_index("definition").loc[DEFAULT]
    gap = round(ours["low"]) - 6
    assert gap > 0
    assert f"Onze ondergrens is {round(ours['low'])} minuten, {gap} hoger" in found.sentences[0]
    assert "met een andere methode (" in real_page.words
    assert "openbaar (R-scripts van SiRM, 16 januari 2025)" in real_page.words
    assert "6 tot 30" in real_page.words


def test_nothing_is_compared_where_nothing_was_published(toy: Result, page: Reader) -> None:
    assert published(toy, NL) is None
    assert "Vergeleken met het gepubliceerde" not in page.words


def test_municipalities_are_ordered_by_how_hard_they_are_hit(
    noordoost_result: Result, real_page: Reader
) -> None:
    case = displayed(noordoost_result)[0].case
    rows = noordoost_result.municipalities
    here = rows[
        (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    ]
    hardest = here.sort_values("mean_extra_moved", ascending=False)["municipality"].iloc[:2]
    words = real_page.words
    start = f"{case.intervention.name}, {NL.scenario(case.scenario)}: gemeenten met de grootste"
    section = words[words.index(start) :]
    assert -1 < section.find(hardest.iloc[0]) < section.find(hardest.iloc[1])


def test_islands_are_marked(real_page: Reader) -> None:
    assert (
        "Schiermonnikoog (postcodes: 1): op dit eiland mogen bezoekers geen auto meenemen"
        in real_page.words
    )
    assert "Ameland (postcodes: 4): over het water met de autoveerboot" in real_page.words


def test_the_key_of_a_map_explains_the_rings_on_it(real_page: Reader, page: Reader) -> None:
    maps = real_page.words.count(NL("report.legend"))
    assert maps == real_page.words.count(NL("map.ringed")) > 0
    assert NL("map.ringed") not in page.words


def test_residents_are_never_called_patients(real_page: Reader) -> None:
    words = real_page.words
    assert words.count("Inwoners zijn geen patiënten") == 1
    for allowed in (
        r"geen patiënten",
        r"patiënten per jaar \(geschat(; hooguit \d+ als wie stopt onder de norm zit)?\)",
        r"Geteld zijn patiënten per jaar, maar berekend en niet geregistreerd",
        r": patiënten zijn geschat, niet geregistreerd",
        r"Hoe patiënten over postcodes verdeeld zijn is een aanname",
        r"Patiënten per jaar en behandeling",
        r"patients_per_treatment",
        r"(H|h)ooguit patiënten per jaar",
        r"hooguit [\d.]+ (tot [\d.]+ )?patiënten per jaar",
        r"elk hooguit N - 1 patiënten per jaar",
        r"Eenheid patiënten per jaar, of inwoners waar aantallen ontbreken",
        r"Bezoeken per patiënt \d",
        r"hoeveel patiënten er per postcode zijn is niet openbaar",
        r"berekende aantallen patiënten",
        r"https?://\S+",
    ):
        assert re.search(allowed, words), allowed
        words = re.sub(allowed, "", words)
    assert "patiënt" not in words.lower()


def test_no_decimals_in_reading_text(real_page: Reader) -> None:
    reading = real_page.words[: real_page.words.rindex("Invoer van deze doorrekening")]
    assert re.findall(r"\d,\d", reading) == []


def test_hostile_names_are_text(tmp_path: Path) -> None:
    result = toy_result(tmp_path / "toy", names=HOSTILE, title="<script>window.hit = 1</script>")
    write_report(result, tmp_path / "report.html")
    found = read(tmp_path / "report.html")
    for name in HOSTILE.values():
        assert name in found.words, name
    assert sum(tag == "script" for tag, _ in found.tags) == 1
    assert not [tag for tag, _ in found.tags if tag in {"img", "b"}]


def test_the_page_asks_for_nothing_outside_itself(real_page: Reader) -> None:
    for tag, attributes in real_page.tags:
        assert not attributes.keys() & {"src", "srcset", "data", "action"}, tag
        link = attributes.get("href") or attributes.get("xlink:href") or "#"
        ours = {"index.html", "extra/map.html", "explorer.html", "a4.html", "data/results.xlsx"}
        assert link.startswith("#") or link in ours, link
        assert tag not in {"link", "iframe", "object", "embed", "base"}


def test_the_page_is_ordered_and_labelled(real_page: Reader) -> None:
    tags = [tag for tag, _ in real_page.tags]
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert tags.count("table") == tags.count("caption")
    assert all(attributes.get("scope") for tag, attributes in real_page.tags if tag == "th")
    ids = [attributes["id"] for _, attributes in real_page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = {attributes.get("aria-labelledby") for _, attributes in real_page.tags} - {None}
    assert named <= set(ids)
    pictures = [a for tag, a in real_page.tags if tag == "svg" and a.get("role") == "img"]
    assert len(pictures) > 15
    assert all(each.get("aria-label") for each in pictures)


@pytest.fixture(scope="module")
def incomplete(toy: Result) -> Result:
    """Kidney tumours draw on hospitals outside, of which the list may lack nearer ones."""
    cases = tuple(
        dataclasses.replace(case, outside=(GRONINGEN,))
        if case.intervention.name == KIDNEY
        else case
        for case in toy.cases
    )
    return dataclasses.replace(toy, cases=cases)


def test_an_incomplete_list_outside_is_said_wherever_its_minutes_stand(
    incomplete: Result, toy: Result, tmp_path: Path
) -> None:
    for name, result in (("toy", toy), ("incomplete", incomplete)):
        write_report(result, tmp_path / f"{name}.html")
    words = read(tmp_path / "incomplete.html").words
    answered, rest = words.split(NL("report.h_table"), maxsplit=1)
    caveat = NL("common.caveat_outside")
    assert NL("report.left_out", names=KIDNEY) in answered
    assert caveat in answered
    assert caveat in rest
    table = rest[rest.rindex(NL("report.h_ranges")) : rest.rindex(NL("appendix.h_method"))]
    # the four ranges over interventions, that over its candidates, and two between people
    assert table.count(NL("report.doubtful")) == 7
    assert caveat not in read(tmp_path / "toy.html").words
    assert NL("report.doubtful") not in read(tmp_path / "toy.html").words


def test_own_minutes_are_not_called_those_of_a_car(page: Reader, real_page: Reader) -> None:
    assert NL.one_way("own matrix") in page.words
    assert "van deur tot deur," not in page.words
    assert "met de auto, van deur" not in page.words
    assert "openbaar vervoer" not in page.words
    assert "met de auto, van deur" in real_page.words


def test_inferred_listings_are_counted_apart(noordoost_result: Result, real_page: Reader) -> None:
    rows = noordoost_result.providers
    sourced = rows[rows["status"] == "sourced"]
    linked = sourced["source"].str.startswith("http").sum()
    assert 0 < linked < len(sourced)
    assert f"met bron: {linked}, afgeleid: {len(sourced) - linked}" in real_page.words


def test_the_greatest_increase_stands_under_the_mean_of_a_municipality(
    noordoost_result: Result, real_page: Reader
) -> None:
    case = noordoost_result.cases[0]
    rows = noordoost_result.municipalities
    here = (rows["intervention"] == case.intervention.name) & (rows["scenario"] == case.scenario)
    worst = rows[here].sort_values("mean_extra_moved", ascending=False).iloc[0]
    mean, most = (whole_text(NL, worst[name]) for name in ("mean_extra_moved", "max_extra"))
    assert re.search(rf"{worst['municipality']} [^→]*\b{mean} hooguit {most} ", real_page.words)


def test_the_words_of_statistics_stay_out(page: Reader, real_page: Reader) -> None:
    for words in (page.words, real_page.words):
        assert not re.search(r"\bP[159]0\b", words)
        assert "van wie moet" not in words
        assert not re.search(r"\b1 minuten\b", words)
        assert "REKENVOORBEELD: niemand koos dit" in words


def test_the_other_language(toy: Result, tmp_path: Path) -> None:
    write_report(toy, tmp_path / "report.html", lang="en")
    english = read(tmp_path / "report.html")
    assert dict(english.tags)["html"] == {"lang": "en"}
    assert "Whom it affects" in english.words
    assert "residents" in english.words
    assert "inwoners" not in english.words


def test_the_same_result_gives_the_same_bytes(toy: Result, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        write_report(toy, tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_scenario_in_which_nobody_moves(toy: Result, tmp_path: Path) -> None:
    case = toy.cases[0]
    still = dataclasses.replace(case, flows=case.flows.assign(moved=False))
    rows = toy.summary.copy()
    first = rows.index[0]
    rows.loc[first, ["moved"]] = 0.0
    rows.loc[first, ["mean_extra_moved", "p90_extra", "p10_extra"]] = np.nan
    places = toy.municipalities.copy()
    here = (places["intervention"] == KIDNEY) & (places["scenario"] == case.scenario)
    places.loc[here, ["moved"]] = 0.0
    result = dataclasses.replace(
        toy, cases=(still, *toy.cases[1:]), summary=rows, municipalities=places
    )
    write_report(result, tmp_path / "report.html")
    words = read(tmp_path / "report.html").words
    assert NL("report.nobody", name=case.intervention.name) in words
    assert not re.search(r"\b(nan|None|inf)\b", words)
