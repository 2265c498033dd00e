"""scripts/build_data.py: the same every time, and nothing where a join does not hold."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import shapely

from impact.bundled import data_folder
from impact.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PROJECT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("IMPACT_SHARED", PROJECT.parent / "shared" / "data"))

pytestmark = pytest.mark.skipif(
    not (SHARED / "pc4.csv").is_file(),
    reason="the source tables are not here (../shared/data, or the folder IMPACT_SHARED)",
)


@pytest.fixture(scope="module")
def build_data() -> Iterator[ModuleType]:
    path = PROJECT / "scripts" / "build_data.py"
    spec = importlib.util.spec_from_file_location("build_data", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(path.parent))
        spec.loader.exec_module(module)
    yield module
    for name in [name for name, found in sys.modules.items() if _is_script(found, path.parent)]:
        del sys.modules[name]


def _is_script(module: ModuleType, folder: Path) -> bool:
    return Path(getattr(module, "__file__", None) or "/").parent == folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def silent(_: str) -> None:
    """Take the place of print."""


@pytest.fixture(scope="module")
def built(build_data: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("first") / "data"
    build_data.build(SHARED, out, silent)
    return out


def test_building_twice_gives_the_same_bytes(
    build_data: ModuleType, built: Path, tmp_path: Path
) -> None:
    lines: list[str] = []
    written = build_data.build(SHARED, tmp_path / "data", lines.append)
    assert contents(tmp_path / "data") == contents(built)
    assert sorted(written) == sorted(contents(built))
    # what is filled and dropped is said
    text = "\n".join(lines)
    assert "filled for 17 (1795 residents): 1044, 1045," in text
    assert "109 open, 144 outpatient, 10 closed ones dropped" in text
    assert "slivers dropped: 1623, 7524; without polygon: 1623, 2236, 4196," in text
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_the_committed_data_are_what_the_script_writes(built: Path) -> None:
    committed = contents(data_folder())
    committed.pop("LICENSES.md")
    made = contents(built)
    assert set(made) == set(committed)
    built_with = json.loads(committed["datapackage.json"])["built_with"]
    here = {"shapely": shapely.__version__, "geos": shapely.geos_version_string}
    # another GEOS may drop other vertices; all the rest must be equal still
    shapes = set() if built_with == here else {"datapackage.json"}
    shapes |= {name for name in made if built_with != here and name.endswith(".geojson")}
    shapes -= {"hospitals.geojson"}
    different = [name for name in made if made[name] != committed[name] and name not in shapes]
    assert different == []


BROKEN = [
    pytest.param(
        "published_norm_shortfalls.csv",
        "lung_resections",
        "lung_resection",
        ["row 2, treatment_id", "found 'lung_resection'", "nearest known: 'lung_resections'"],
        id="treatment",
    ),
    pytest.param(
        "treatments.csv",
        "kidney cancer|local treatment",
        "kidney cancer|local",
        ["row 10, norm_key", "found 'kidney cancer|local'"],
        id="norm",
    ),
    pytest.param(
        "region_members.csv",
        "Oost-Nederland,Onco-Oost,Bernhoven",
        "Oost Nederland,Onco-Oost,Bernhoven",
        ["region", "found 'Oost Nederland'", "nearest known: 'Oost-Nederland'"],
        id="region",
    ),
    pytest.param(
        "region_members.csv",
        "Onco-Oost,Bernhoven",
        "Onco-Oost,Bernhofen",
        ["member", "found 'Bernhofen'", "nearest known: 'Bernhoven'"],
        id="organisation",
    ),
    pytest.param(
        "region_members.csv",
        "Tergooi MC,organisation,tweede lidmaatschap",
        "Tergooi MC,organisation,lid",
        ["member", "found 'Tergooi MC'", "one region per member"],
        id="two regions",
    ),
    pytest.param(
        "networks.csv",
        ",Nij Smellinghe,",
        ",Nij Smelinghe,",
        ["row 4, member", "found 'Nij Smelinghe'", "nearest known: 'Nij Smellinghe'"],
        id="member of a network",
    ),
    pytest.param(
        "networks.csv",
        "members of Friesland and",
        "members of Frisia and",
        ["row 42, member", "found 'Frisia'", "the last words of a subregion"],
        id="members of subregions",
    ),
    pytest.param(
        "providers.csv",
        "lung resections,Flevoziekenhuis,",
        "lung resections,Flevo Ziekenhuis,",
        ["row 8, location", "found 'Flevo Ziekenhuis'", "nearest known: 'Flevoziekenhuis'"],
        id="location",
    ),
    pytest.param(
        "published_norm_shortfalls.csv",
        "lung resections,7,8,",
        "lung resections,7,9,",
        [
            "Noord-Holland/Flevoland, lung_resections",
            "found '8 providers'",
            "9 as in published_norm",
        ],
        id="count of providers",
    ),
    pytest.param(
        "providers.csv",
        ",sourced,",
        ",certain,",
        ["row 2, status", "found 'certain'", "disputed, page, sourced, unverified, weak"],
        id="status",
    ),
    pytest.param(
        "hospitals.csv",
        "6532 SZ",
        "1000 XX",
        ["row 2, postcode", "found '1000 XX'", "pc4.csv"],
        id="postcode of a hospital",
    ),
    pytest.param(
        "pc4.csv",
        "\n1012,",
        "\n1011,",
        ["row 3, pc4", "found '1011'", "also in row 2"],
        id="postcode twice",
    ),
    pytest.param(
        "published_extra_minutes.csv",
        "pancreas ERCP; aortic",
        "pancreas XYZ; aortic",
        ["row 4, peak_treatments", "found 'pancreas XYZ'"],
        id="peak",
    ),
    pytest.param(
        "decisions.csv",
        "2027-01-01 (bericht 2025-11-04),decided",
        "2027-01-01 (bericht 2025-11-04),proposed",
        ["decided on 2027-01-01", "Nij Smellinghe"],
        id="decision behind a scenario",
    ),
    pytest.param(
        "provider_evidence.csv",
        "/6196-longoperaties-kijkoperatie-met-camera/",
        "/6196/",
        ["providers.csv", "6196-longoperaties", "an address of provider_evidence.csv"],
        id="page without a phrase",
    ),
    pytest.param(
        "volume_norms.csv",
        ",provisional (",
        ",final (",
        ["row 2, status", "found 'final (", "provisional ..."],
        id="norm that is no longer provisional",
    ),
    pytest.param(
        "hospitals.csv",
        "Schoonhoevn",
        "Schoonhoven",
        ["corrections.toml", "Polikliniek Schoonhoven, city", "'Schoonhoevn' to correct"],
        id="correction without an error",
    ),
    pytest.param(
        "pc4_polygons.geojson",
        '"pc4":1011}',
        '"pc4":1000}',
        ["feature 1, pc4", "found '1000'"],
        id="polygon",
    ),
    pytest.param(
        "main_roads/ferries.csv",
        "Texel,",
        "Tessel,",
        ["row 2, island", "found 'Tessel'", "nearest known: 'Texel'"],
        id="ferry",
    ),
]


@pytest.mark.parametrize(("name", "right", "wrong", "words"), BROKEN)
def test_a_broken_join_names_file_and_value_and_writes_nothing(
    build_data: ModuleType, tmp_path: Path, name: str, right: str, wrong: str, words: list[str]
) -> None:
    out = tmp_path / "data"
    out.mkdir()
    (out / "pc4.csv").write_text("from an earlier build\n", encoding="utf-8")
    source = shared_with(tmp_path / "source", name, right, wrong)
    with pytest.raises(InputError) as caught:
        build_data.build(source, out, silent)
    message = str(caught.value)
    assert Path(name).name in message
    for word in words:
        assert word in message
    assert contents(out) == {"pc4.csv": b"from an earlier build\n"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "source"]


def shared_with(folder: Path, name: str, right: str, wrong: str) -> Path:
    """Links to all source tables, and a copy of one with one value changed."""
    (folder / "main_roads").mkdir(parents=True)
    for path in [*SHARED.glob("*.*"), *SHARED.glob("main_roads/*.csv")]:
        (folder / path.relative_to(SHARED)).symlink_to(path)
    text = (folder / name).read_text(encoding="utf-8")
    assert right in text
    (folder / name).unlink()
    (folder / name).write_text(text.replace(right, wrong, 1), encoding="utf-8", newline="")
    return folder


def test_the_command_says_what_is_wrong_and_exits_with_two(
    build_data: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = build_data.main(["--source", str(tmp_path / "absent"), "--out", str(tmp_path / "data")])
    assert code == 2
    assert "nothing written: " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_files_of_an_earlier_build_go_and_foreign_ones_stay(
    build_data: ModuleType, tmp_path: Path
) -> None:
    made, out = tmp_path / "made", tmp_path / "data"
    made.mkdir()
    out.mkdir()
    (out / "datapackage.json").write_text('{"resources": [{"path": "old.csv"}]}', encoding="utf-8")
    for name in ("old.csv", "LICENSES.md"):
        (out / name).write_text(name, encoding="utf-8")
    for name in ("new.csv", "datapackage.json"):
        (made / name).write_text(name, encoding="utf-8")
    build_data._move(made, out, ["new.csv", "datapackage.json"])
    assert sorted(contents(out)) == ["LICENSES.md", "datapackage.json", "new.csv"]
