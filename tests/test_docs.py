"""What the documentation shows works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
from three_towns import impact
from three_towns import write_files as three_towns
from typer.core import TyperGroup as Group
from typer.main import get_command

from impact import read_study, run_study
from impact.cli import app

ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"^`(\w+\.(?:toml|csv))`.*?```\w+\n(.*?)```", re.MULTILINE | re.DOTALL)
_SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_MOST_BYTES = 2_500_000
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


def printed_commands(page: Path) -> list[list[str]]:
    """Commands of ours in the code blocks of a page, split as a shell does."""
    blocks = _SHELL.findall(page.read_text(encoding="utf-8"))
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return [line[1:] for line in lines if line[:1] == ["impact"]]


def write_files_of(page: Path, folder: Path) -> None:
    """Write the files that a page prints."""
    for name, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_every_printed_command_is_one_of_ours(page: Path) -> None:
    for arguments in printed_commands(page):
        command, rest = get_command(app), arguments
        context = command.make_context("impact", rest)
        # groups such as `impact roads build` have one more level
        while isinstance(command, Group):
            found, command, rest = command.resolve_command(context, rest)
            context = command.make_context(found, rest, parent=context)


def test_the_example_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    three_towns(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out" / "noordoost").mkdir(parents=True)  # `make demo` has been here
    # the shipped study itself has tests of its own
    code = example.replace('"noordoost"', '"study.toml"')
    assert code != example

    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 (it is our own page)

    said = capsys.readouterr().out
    assert "mean_extra_moved" in said
    assert "46.0" in said
    assert (tmp_path / "out" / "python" / "explorer.html").is_file()


def test_the_tutorial_of_the_working_group_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ROOT / "docs" / "tutorial_werkgroep.md"
    write_files_of(page, tmp_path)
    monkeypatch.chdir(tmp_path)
    said = []
    for command in printed_commands(page):
        if command[:2] == ["run", "noordoost"]:
            continue  # the demo has a test of its own
        outcome = impact(*command)
        assert outcome.code == 0, outcome.err
        said.append(outcome.out)
    # what the page says of the scenarios stands in the tables
    rows = pd.read_csv("werkgroep/data/summary.csv").query("recipients == 'named'")
    figures = rows[["moved", "mean_extra_moved", "p90_extra"]].round().astype(int)
    assert figures.to_numpy().tolist() == [[651_485, 26, 43], [821_980, 37, 60]]
    front = "4 mogelijke verdelingen, voor 2 is geen enkele keuze op alles beter"
    assert any(front in text for text in said)
    assert any("25 tot 37 minuten" in text for text in said)
    for name in ("werkgroep/a4.html", "naast-elkaar/compare.html", "verdelingen/choices.html"):
        assert Path(name).is_file()


def test_the_tutorial_of_the_consultant_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ROOT / "docs" / "tutorial_adviseur.md"
    write_files_of(page, tmp_path)
    monkeypatch.chdir(tmp_path)
    first, *_ = printed_commands(page)
    best = next(command for command in printed_commands(page) if command[0] == "optimise")
    for command in (first, ["report", "advies", "--xlsx"], best):
        outcome = impact(*command)
        assert outcome.code == 0, outcome.err
    row = pd.read_csv("advies/data/summary.csv").iloc[0]
    assert (row["unit"], round(row["moved"]), round(row["demand"])) == ("patients", 38, 205)
    assert (round(row["mean_extra_moved"]), int(row["p90_extra"])) == (26, 42)
    assert (round(row["mean_low"]), round(row["mean_high"])) == (14, 26)
    corrected = pd.read_csv("advies/data/providers.csv").set_index("location")["overridden_by"]
    assert corrected["Medisch Spectrum Twente"] == "werkgroep oncologie"


def test_the_tutorial_of_the_patient_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = ROOT / "docs" / "tutorial_patient.md"
    write_files_of(ROOT / "docs" / "tutorial_werkgroep.md", tmp_path)
    write_files_of(page, tmp_path)
    monkeypatch.chdir(tmp_path)
    _, lookup, check = printed_commands(page)

    card = impact(*lookup)
    verdict = impact(*check, "--draws", 2)

    said = " ".join(card.out.split())
    assert "nu 6 → straks 52 minuten" in said
    assert "heen en terug ruim anderhalf uur" in said
    assert "straks 52 minuten, rekenmarge 49 tot 59" in said
    assert "in de spits nu 8, straks 66 minuten" in said
    assert Path("kaartje.html").is_file()
    assert "klopt niet onder deze definitie" in verdict.out
    assert "ongeveer 46 minuten" in verdict.out


def test_the_study_of_the_published_method_runs_from_template_to_chapter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ROOT / "docs" / "published_method.md"
    text = page.read_text(encoding="utf-8")
    write_files_of(page, tmp_path)
    monkeypatch.chdir(tmp_path)
    template, *others, together = printed_commands(page)
    assert impact(*template).code == 0
    (fill,) = re.findall(r"```py\n(.*?)```", text, re.DOTALL)
    exec(compile(fill, page.name, "exec"), {})  # noqa: S102 (it is our own page)
    for command in others:
        outcome = impact(*command)
        assert outcome.code == 0, outcome.err
    # what the page says stands in the tables
    rows = pd.read_csv("oost/data/facilities.csv", keep_default_na=False).query(
        "quantity == 'ward_days' and intervention == '' and scenario == 'Lung to B and C'"
    )
    days = rows.set_index("organisation")[["own", "relative_own", "national"]].astype(str)
    assert days.loc["A"].tolist() == ["-360", "-0.12", "-300"]
    assert days.loc["B"].tolist() == ["208", "0.104", "260"]
    assert days.loc["C"].tolist() == ["", "", "40"]
    combined = pd.read_csv("oost/data/combinations.csv").query(
        "institution == 'A' and quantity == 'ward_days' and scenarios == 2"
    )
    figures = combined.set_index("vascular_scenario")[["own", "relative_own"]].round(2)
    assert figures.loc["Aorta to D"].tolist() == [-660, -0.22]
    assert figures.loc["Aorta to A"].tolist() == [40, 0.01]
    excluding = pd.read_csv("oost/data/exclusions.csv")
    assert excluding[["first_scenario", "second_scenario"]].to_numpy().tolist() == [
        ["Aorta to A", "Aorta to D"]
    ]
    said = " ".join(Path("oost/report.html").read_text(encoding="utf-8").split())
    assert ">What it means for the hospitals</h2>" in said
    (quoted,) = re.findall(r"^> (Lung .*)$", text, re.MULTILINE)
    counted = "87 of the 90 own values, 34 of the 36 national values and 68 of the 72 yearly totals"
    for sentence in (quoted, counted):
        assert sentence in said
    assert counted in " ".join(text.split())
    assert Path("oost/extra/report.docx").is_file()
    assert together[0] == "combine"


def test_the_readme_lists_every_command() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    names = get_command(app).list_commands(None)  # type: ignore[attr-defined]
    assert [name for name in names if f"`impact {name}" not in table] == []


def test_the_pictures_are_there_shown_and_small() -> None:
    pictures = sorted((ROOT / "docs" / "images").glob("*.png"))
    named = {
        picture for page in _PAGES for picture in re.findall(r"images/(\w+\.png)", page.read_text())
    }
    assert {picture.name for picture in pictures} == named
    assert sum(picture.stat().st_size for picture in pictures) < _MOST_BYTES


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_headings_and_decisions_stand_apart(page: Path) -> None:
    # without an empty line above them Markdown glues them to the paragraph before
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    start = r"#{1,4} |\*\*" if page.name == "decisions.md" else r"#{1,4} "
    assert re.findall(rf"[^\n]\n((?:{start}).*)", text) == []


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_no_link_is_broken(page: Path) -> None:
    links = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
