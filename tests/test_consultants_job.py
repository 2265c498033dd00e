"""A consultant's whole job in a small made-up world, whose outputs must agree figure by figure.

Two regions are two studies, with three scenarios each: a decided one with a recipient, a proposed
one to the nearest, an example that divides. Patients are counted where they go, with suppressed
cells (``<10``); minutes come from a matrix of the consultant's own. Every figure is worked out here
from flows.csv, in plain Python, and looked up in everything that the commands wrote.
"""

from __future__ import annotations

import csv
import html
import math
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import docx
import openpyxl
import pytest
from browser import NEEDS_BROWSER, Browser
from three_towns import impact

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HOSPITALS = {
    "Haven": (53.0, 5.6),
    "Heide": (53.0, 6.0),
    "Hoek": (53.2, 5.8),
    "Berg": (52.2, 6.2),
    "Beek": (52.2, 6.6),
    "Bos": (52.4, 6.4),
}
REGIONS = {"Kust": ("Haven", "Heide", "Hoek"), "Land": ("Berg", "Beek", "Bos")}
CORNERS = {"Kust": (52.95, 5.5), "Land": (52.15, 6.1)}
TREATMENT = "Longresecties"

STUDY = """\
[study]
title = "Advies {region}"
region = "{region}"
postcodes = "postcodes.csv"
hospitals = "hospitals.csv"
times = "matrix.csv"

[[intervention]]
name = "Longresecties"
norm = 50
providers = ["{first}", "{second}", "{third}"]
stop_count = 1
allocation = "observed"
flows = "{region}.csv"

[[scenario]]
name = "A. {first} naar {third}"
stops = {{ "Longresecties" = ["{first}"] }}
moves_to = {{ "{first}" = {{ "{third}" = 1.0 }} }}
status = "decided"
from = 2027-01-01
source = "besluit van het bestuur"

[[scenario]]
name = "B. {second} naar het dichtstbijzijnde"
stops = {{ "Longresecties" = ["{second}"] }}
status = "proposed"

[[scenario]]
name = "C. {third} verdeeld"
stops = {{ "Longresecties" = ["{third}"] }}
moves_to = {{ "{third}" = {{ "{first}" = 0.4, "{second}" = 0.6 }} }}
status = "example"
"""

CLAIMS = """\
[claims]
title = "Uitspraken over {region}"

[[claim]]
name = "minimaal"
kind = "minimal"
treatment = "Longresecties"
minutes = 5
"""
NOBODY = """
[[claim]]
name = "niemand: {scenario}"
kind = "nobody_more"
treatment = "Longresecties"
scenario = "{scenario}"
minutes = 30
"""
BETTER = """
[[claim]]
name = "beter, over {of}"
kind = "better"
treatment = "Longresecties"
scenario = "{a}"
than_scenario = "{c}"
of = "{of}"
"""


def scenarios_of(region: str) -> tuple[str, str, str]:
    first, second, third = REGIONS[region]
    return (
        f"A. {first} naar {third}",
        f"B. {second} naar het dichtstbijzijnde",
        f"C. {third} verdeeld",
    )


def drive(here: tuple[float, float], there: tuple[float, float]) -> float:
    return round(5 + 110 * abs(here[0] - there[0]) + 70 * abs(here[1] - there[1]), 2)


def points(region: str) -> Iterator[tuple[str, tuple[float, float]]]:
    south, west = CORNERS[region]
    for place in range(12):
        code = str(1011 + 1000 * list(REGIONS).index(region) + place)
        yield code, (round(south + 0.1 * (place // 4), 2), round(west + 0.17 * (place % 4), 2))


def write_world(base: Path) -> None:
    """Write the tables, both studies and their claims."""
    postcodes = ["postcode,lat,lon,population,population_65plus,municipality,region"]
    matrix = ["origin,destination,minutes"]
    for region, providers in REGIONS.items():
        counts = ["postcode,provider,patients"]
        for place, (code, at) in enumerate(points(region)):
            people = f"{1000 + 370 * place},{200 + 41 * (5 * place % 12)}"
            town = f"{region}dorp {place // 3 + 1}"
            postcodes.append(f"{code},{at[0]},{at[1]},{people},{town},{region}")
            minutes = {name: drive(at, there) for name, there in HOSPITALS.items()}
            matrix += [f"{code},{name},{each}" for name, each in minutes.items()]
            near = sorted(providers, key=minutes.__getitem__)
            seen = 11 + 3 * place if region == "Kust" else 40 + place * place % 7
            counts += [f"{code},{near[0]},{seen}", f"{code},{near[1]},<10"]
            if place % 5 == 0:
                counts.append(f"{code},{near[2]},<10")
        first, second, third = providers
        text = STUDY.format(region=region, first=first, second=second, third=third)
        a, _, c = scenarios_of(region)
        said = CLAIMS.format(region=region)
        said += "".join(NOBODY.format(scenario=each) for each in scenarios_of(region))
        said += "".join(BETTER.format(a=a, c=c, of=of) for of in ("all", "moved"))
        (base / f"{region}.toml").write_text(text, encoding="utf-8")
        (base / f"{region}-claims.toml").write_text(said, encoding="utf-8")
        (base / f"{region}.csv").write_text("\n".join(counts) + "\n", encoding="utf-8")
    lines = [f"{name},{lat},{lon}" for name, (lat, lon) in HOSPITALS.items()]
    (base / "hospitals.csv").write_text("\n".join(["name,lat,lon", *lines]), encoding="utf-8")
    (base / "postcodes.csv").write_text("\n".join(postcodes), encoding="utf-8")
    (base / "matrix.csv").write_text("\n".join(matrix), encoding="utf-8")


@dataclass(frozen=True)
class ByHand:
    """The figures of one case, added up from the rows of flows.csv."""

    demand: float
    moved: float
    mean_moved: float
    mean_all: float
    p90: float
    greatest: float
    over_30: float


def by_hand(rows: Sequence[dict[str, str]]) -> ByHand:
    flows = [(float(row["demand"]), float(row["extra_minutes"])) for row in rows]
    moved = [
        flow
        for flow, row in zip(flows, rows, strict=True)
        if row["provider_before"] != row["provider_after"]
    ]
    people = math.fsum(weight for weight, _ in moved)
    gone = math.fsum(weight * extra for weight, extra in moved)
    everybody = math.fsum(weight for weight, _ in flows)
    # the least value that nine tenths do not exceed
    p90 = min(
        value
        for _, value in moved
        if math.fsum(weight for weight, extra in moved if extra <= value) >= 0.9 * people - 1e-9
    )
    return ByHand(
        everybody,
        people,
        gone / people,
        math.fsum(weight * extra for weight, extra in flows) / everybody,
        p90,
        max(extra for _, extra in moved),
        math.fsum(weight for weight, extra in moved if extra > 30.0),
    )


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table_of_page(path: Path) -> list[list[str]]:
    """Cells of every row of every table of a page, as text."""
    text = re.sub(
        r"<(script|style|svg)\b.*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    return [
        [
            " ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).split())
            for cell in re.findall(r"<t[dh]\b[^>]*>(.*?)</t[dh]>", row, flags=re.DOTALL)
        ]
        for row in re.findall(r"<tr\b[^>]*>(.*?)</tr>", text, flags=re.DOTALL)
    ]


def sheet_rows(path: Path, sheet: str) -> list[dict[str, Any]]:
    """Rows of a sheet by their headers."""
    found = openpyxl.load_workbook(path)[sheet]
    top = int(str(found.freeze_panes).removeprefix("A")) - 1
    rows = list(found.iter_rows(min_row=top, values_only=True))
    return [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:]]


def cell(row: dict[str, Any], start: str) -> Any:  # noqa: ANN401
    """Cell of the first column whose header starts so."""
    return next(value for name, value in row.items() if name.startswith(start))


def whole(value: float) -> str:
    """A number in whole units as the pages write it: halves go up."""
    return f"{math.floor(value + 0.5):,}".replace(",", ".")


@dataclass(frozen=True)
class Job:
    """Where one region's outputs are, and its figures by hand, by scenario."""

    region: str
    base: Path
    figures: dict[str, ByHand]

    @property
    def run(self) -> Path:
        return self.base / f"{self.region}-uit"


def do_job(base: Path, region: str) -> Job:
    run = base / f"{region}-uit"
    study = base / f"{region}.toml"
    a, _, c = scenarios_of(region)
    for arguments in (
        ("run", study, "--out", run, "--sensitivity", "--draws", 2, "--quiet"),
        ("report", run, "--docx", "--html", "--xlsx"),
        ("optimise", study, "--out", base / f"{region}-beste"),
        (
            "check",
            base / f"{region}-claims.toml",
            "--study",
            study,
            "--out",
            base / f"{region}-oordeel",
        ),
        ("compare", run, "--scenarios", a, c, "--out", base / f"{region}-naast"),
    ):
        outcome = impact(*arguments)
        assert outcome.code == 0, outcome.err
    flows = table(run / "data" / "flows.csv")
    figures = {
        name: by_hand([row for row in flows if row["scenario"] == name])
        for name in scenarios_of(region)
    }
    return Job(region, base, figures)


@pytest.fixture(scope="module", name="base")
def _base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("job")
    write_world(base)
    return base


@pytest.fixture(scope="module", params=list(REGIONS), name="job")
def _job(base: Path, request: pytest.FixtureRequest) -> Job:
    return do_job(base, request.param)


def principal(job: Job) -> dict[str, dict[str, str]]:
    """Rows of summary.csv by scenario: as the scenario says, everybody counted."""
    found: dict[str, dict[str, str]] = {}
    for row in table(job.run / "data" / "summary.csv"):
        if row["group"] == "all":
            found.setdefault(row["scenario"], row)
    return found


def test_flows_are_the_counts_and_the_matrix(job: Job) -> None:
    counts = {
        (row["postcode"], row["provider"]): 5.0
        if row["patients"] == "<10"
        else float(row["patients"])
        for row in table(job.base / f"{job.region}.csv")
    }
    minutes = {
        (row["origin"], row["destination"]): float(row["minutes"])
        for row in table(job.base / "matrix.csv")
    }
    flows = table(job.run / "data" / "flows.csv")
    for name in scenarios_of(job.region):
        rows = [row for row in flows if row["scenario"] == name]
        found: dict[tuple[str, str], float] = {}
        for row in rows:
            cell_of = (row["postcode"], row["provider_before"])
            found[cell_of] = found.get(cell_of, 0.0) + float(row["demand"])
            before, after = (
                minutes[row["postcode"], row[f"provider_{when}"]] for when in ("before", "after")
            )
            assert float(row["minutes_before"]) == before
            assert float(row["minutes_after"]) == after
            assert float(row["extra_minutes"]) == pytest.approx(after - before, abs=0.005)
        assert found == pytest.approx(counts)


def test_the_summary_is_what_the_flows_add_up_to(job: Job) -> None:
    for name, hand in job.figures.items():
        row = principal(job)[name]
        for column, value in {
            "demand": hand.demand,
            "moved": hand.moved,
            "patients_moved": hand.moved,
            "mean_extra_moved": hand.mean_moved,
            "mean_extra_all": hand.mean_all,
            "p90_extra": hand.p90,
            "max_extra": hand.greatest,
            "extra_over_30": hand.over_30,
        }.items():
            assert float(row[column]) == pytest.approx(value, abs=0.0051), (name, column)


def test_suppressed_cells_bound_the_patients_wherever_they_are_counted(job: Job) -> None:
    hidden = [row for row in table(job.base / f"{job.region}.csv") if row["patients"] == "<10"]
    for name, stops in zip(scenarios_of(job.region), REGIONS[job.region], strict=True):
        row = principal(job)[name]
        cells = sum(each["provider"] == stops for each in hidden)
        low, high = job.figures[name].moved - 4 * cells, job.figures[name].moved + 4 * cells
        assert (float(row["moved_low"]), float(row["moved_high"])) == (low, high)
        assert (float(row["patients_low"]), float(row["patients_high"])) == (low, high)
        assert float(row["mean_low"]) <= job.figures[name].mean_moved <= float(row["mean_high"])


def test_known_totals_make_the_hidden_counts_add_up(job: Job, tmp_path: Path) -> None:
    counts = table(job.base / f"{job.region}.csv")
    known = dict.fromkeys(REGIONS[job.region], 0)
    cells = dict.fromkeys(REGIONS[job.region], 0)
    for row in counts:
        hidden = row["patients"] == "<10"
        known[row["provider"]] += 0 if hidden else int(row["patients"])
        cells[row["provider"]] += hidden
    # two in every hidden cell, and one more: not five
    totals = {name: known[name] + 2 * cells[name] + (cells[name] > 0) for name in known}
    shutil.copytree(job.base, tmp_path / "base", ignore=shutil.ignore_patterns("uit*", "out*"))
    path = tmp_path / "base" / f"{job.region}.toml"
    rows = "".join(f"hospital,{name},{total}\n" for name, total in totals.items())
    path.with_name("totals.csv").write_text(f"level,name,patients\n{rows}", encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[study]", '[study]\ntotals = "totals.csv"'), encoding="utf-8")
    outcome = impact("run", path, "--out", tmp_path / "run", "--quiet")
    assert outcome.code == 0, outcome.err
    flows = table(tmp_path / "run" / "data" / "flows.csv")
    first = scenarios_of(job.region)[0]
    for name, total in totals.items():
        own = [row for row in flows if (row["provider_before"], row["scenario"]) == (name, first)]
        assert sum(float(row["demand"]) for row in own) == pytest.approx(total, abs=0.01)
    stops = REGIONS[job.region][0]
    summary = next(
        row
        for row in table(tmp_path / "run" / "data" / "summary.csv")
        if (row["scenario"], row["group"]) == (first, "all")
    )
    # the total of who stops is known, and so is how many must go elsewhere
    for column in ("moved", "moved_low", "moved_high", "patients_low", "patients_high"):
        assert float(summary[column]) == pytest.approx(totals[stops], abs=0.01)


@pytest.mark.parametrize("book", ["data/results.xlsx", "extra/report.xlsx"])
def test_workbooks_hold_the_unrounded_figures(job: Job, book: str) -> None:
    summary = sheet_rows(job.run / book, "Samenvatting")
    overview = sheet_rows(job.run / book, "Overzicht")
    for name, hand in job.figures.items():
        row = next(
            each for each in summary if each["Scenario"] == name and each["Groep"] == "iedereen"
        )
        front = next(each for each in overview if str(each["Scenario"]).startswith(name))
        for each in (row, front):
            assert cell(each, "Moet naar een ander") == pytest.approx(hand.moved)
            assert cell(each, "Gemiddeld extra van wie") == pytest.approx(
                hand.mean_moved, abs=0.005
            )
            assert cell(each, "Gemiddeld extra over") == pytest.approx(hand.mean_all, abs=0.005)
            assert cell(each, "1 op de 10") == pytest.approx(hand.p90, abs=0.005)


def test_the_report_and_the_sheet_for_the_table_print_them_rounded(job: Job) -> None:
    report = table_of_page(job.run / "report.html")
    sheet = table_of_page(job.run / "a4.html")
    for name, hand in job.figures.items():
        front, row = (each for each in report if any(x.startswith(f"{name} (") for x in each[:2]))
        bounds = re.fullmatch(
            rf"{whole(hand.mean_moved)} over {whole(hand.moved)} "
            r"door afgeschermde aantallen (\d+) tot (\d+)",
            row[3],
        )
        assert bounds is not None
        assert int(bounds[1]) <= hand.mean_moved <= int(bounds[2])
        said = f"door afgeschermde aantallen {bounds[1]} tot {bounds[2]}"
        assert front[3] == f"{whole(hand.mean_moved)} {said}"
        assert row[4] == front[4] == str(math.floor(hand.p90))
        counted = re.fullmatch(
            rf"{whole(hand.moved)} door afgeschermde aantallen ([\d.]+) tot ([\d.]+) "
            rf"{whole(100 * hand.moved / hand.demand)}%.*",
            row[2],
        )
        assert counted is not None
        low, high = (int(each.replace(".", "")) for each in counted.groups())
        assert low < hand.moved < high
        assert front[2].endswith(f"door afgeschermde aantallen {counted[1]} tot {counted[2]})")
        assert row[5] == f"{whole(hand.mean_all)} over {whole(hand.demand)}"
        if hand.over_30:
            assert row[6].startswith(f"{whole(hand.over_30)} (")
        else:
            assert row[6] == f"niemand (hooguit {math.ceil(hand.greatest)} minuten)"
        assert front[5] == row[6]
        row = next(each for each in sheet if f" {name}. " in each[0])
        low, high = (whole(float(principal(job)[name][f"moved_{end}"])) for end in ("low", "high"))
        ends = f"door afgeschermde aantallen {low} tot {high}"
        assert row[1] == f"{whole(hand.moved)} patiënten per jaar (geregistreerd; {ends})"
        # nothing was varied: no margin, but hidden counts have theirs
        minutes = f"{whole(hand.mean_moved)} minuten"
        assert row[2] == f"{minutes} ({said})"
        assert row[3] == str(math.floor(hand.p90))


def test_the_report_as_word_has_them_in_every_table(job: Job) -> None:
    tables = [
        [[each.text for each in row.cells] for row in found.rows]
        for found in docx.Document(str(job.run / "extra" / "report.docx")).tables
    ]
    for name, hand in job.figures.items():
        asked = {
            "Moet naar een ander ziekenhuis": whole(hand.moved),
            "Van hen gemiddeld extra": whole(hand.mean_moved),
            "1 op de 10 minstens": str(math.floor(hand.p90)),
            "Over iedereen gemiddeld extra": whole(hand.mean_all),
        }
        seen = set()
        for head, *rows in tables:
            row = next((row for row in rows if f" {name} (" in f" {' '.join(row[:2])}"), None)
            for header, value in asked.items():
                if row is not None and header in head:
                    seen.add(header)
                    figure, *_ = row[head.index(header)].split("\n")
                    assert figure.split(" ")[0] == value, (name, header)
        assert seen == set(asked)


def test_compare_says_the_same_of_both(job: Job) -> None:
    (row,) = table(job.base / f"{job.region}-naast" / "compare.csv")
    a, _, c = scenarios_of(job.region)
    for letter, name in (("a", a), ("b", c)):
        hand = job.figures[name]
        for column, value in {
            "moved": hand.moved,
            "mean_extra_moved": hand.mean_moved,
            "mean_extra_all": hand.mean_all,
            "p90_extra": hand.p90,
            "max_extra": hand.greatest,
        }.items():
            assert float(row[f"{column}_{letter}"]) == pytest.approx(value, abs=0.0051)


def test_claims_rest_on_the_same_figures(job: Job) -> None:
    rows = table(job.base / f"{job.region}-oordeel" / "figures.csv")
    said = {
        (row["claim"], row["measure"], row["of"]): float(row["figure"])
        for row in rows
        if row["definition"] == "interventions"
    }
    a, _, c = scenarios_of(job.region)
    shown, other = job.figures[a], job.figures[c]
    expected = {
        ("minimaal", "mean", "moved"): shown.mean_moved,
        ("minimaal", "mean", "all"): shown.mean_all,
        ("beter, over all", "difference", "all"): shown.mean_all - other.mean_all,
        ("beter, over moved", "difference", "moved"): shown.mean_moved - other.mean_moved,
    }
    for name, hand in job.figures.items():
        expected[f"niemand: {name}", "greatest", "moved"] = hand.greatest
    assert said == pytest.approx(expected, abs=0.0051)
    verdicts = {
        row["claim"]: row["verdict"]
        for row in table(job.base / f"{job.region}-oordeel" / "claims.csv")
    }
    for name, hand in job.figures.items():
        holds = "supported" if hand.greatest <= 30 else "not supported"
        assert verdicts[f"niemand: {name}"] == holds


def test_the_optimum_is_that_of_everybody_to_the_nearest(job: Job) -> None:
    """It counts the same patients by the same matrix, and says that it sends all to the nearest."""
    (row,) = table(job.base / f"{job.region}-beste" / "optimum.csv")
    demand: dict[str, float] = {}
    for each in table(job.run / "data" / "flows.csv"):
        if each["scenario"] == scenarios_of(job.region)[0]:
            demand[each["postcode"]] = demand.get(each["postcode"], 0.0) + float(each["demand"])
    minutes = {
        code: [drive(at, HOSPITALS[n]) for n in REGIONS[job.region]]
        for code, at in points(job.region)
    }
    stays = [REGIONS[job.region].index(each) for each in row["stays"].split("; ")]
    total = math.fsum(
        demand[code] * min(row[each] for each in stays) for code, row in minutes.items()
    )
    assert float(row["demand"]) == sum(demand.values())
    assert float(row["value"]) == pytest.approx(total / sum(demand.values()), abs=0.0051)


FIGURES = """
const data = JSON.parse(document.getElementById("impact-data").textContent);
return data.presets.map((preset) => explorer.engine.compute({
  intervention: preset.intervention,
  stops: new Set(preset.stops),
  opens: new Set(preset.opens),
  movesTo: preset.movesTo,
}).figures);
"""


@pytest.mark.browser
@NEEDS_BROWSER[1]
def test_the_explorer_computes_the_same_from_the_counts(job: Job, browser: Browser) -> None:
    page = browser.open(job.run / "explorer.html")
    found = page.run(FIGURES)
    assert len(found) == len(job.figures)
    for said, hand in zip(found, job.figures.values(), strict=True):
        assert said["moved"] == pytest.approx(hand.moved)
        assert said["mean_extra_moved"] == pytest.approx(hand.mean_moved, abs=0.0051)
        assert said["mean_extra_all"] == pytest.approx(hand.mean_all, abs=0.0051)
        assert said["p90_extra"] == pytest.approx(hand.p90, abs=0.0051)
        assert said["extra_over_30"] == pytest.approx(hand.over_30)
    first = scenarios_of(job.region)[0]
    residents = whole(float(principal(job)[first]["residents_moved"]))
    text = page.run("return document.getElementById('explorer-text').textContent;")
    assert f"{whole(job.figures[first].moved)} van de {whole(job.figures[first].demand)} " in text
    assert f"een gebied met {residents} inwoners" in text
    assert page.console_errors() == []
