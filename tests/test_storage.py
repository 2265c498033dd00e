from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from three_towns import tree

from impact.errors import OutputError
from impact.storage import check_output_folder, read_json, replacing, replacing_files

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

OURS = ("a.csv", "b.csv", "c.csv")


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def fill(
    manager: AbstractContextManager[Path], *names: str, error: BaseException | None = None
) -> None:
    """Write files (or, without names, the one file), then perhaps break off."""
    with manager as temporary:
        for path in [temporary / name for name in names] or [temporary]:
            write(path, "new")
        if error is not None:
            raise error


@pytest.mark.parametrize(
    "text", ['"\\ud800"', '{"a\\uDFFF": 1}', b'["\xed\xa0\x80"]', b'"\\ud83d x"']
)
def test_json_that_no_file_can_hold_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"half of a character|can't decode"):
        read_json(text)


def test_json_of_every_encoding_is_read() -> None:
    for code in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert read_json('["\\ud83d\\ude00", "ë"]'.encode(code)) == ["\U0001f600", "ë"]


def test_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "a.csv"
    for text in ("old", "new"):
        with replacing(path) as temporary:
            assert temporary.parent == path.parent
            write(temporary, text)
        assert path.read_text(encoding="utf-8") == text

    assert set(tree(tmp_path)) == {"deep", "deep/er", "deep/er/a.csv"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize("place", ["a.csv", "deep/er/a.csv"])
def test_error_while_writing_a_file_leaves_everything_as_it_was(tmp_path: Path, place: str) -> None:
    write(tmp_path / "a.csv", "old")

    with pytest.raises(ZeroDivisionError):
        fill(replacing(tmp_path / place), error=ZeroDivisionError())

    assert tree(tmp_path) == {"a.csv": b"old"}


def test_full_disk_is_told_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with pytest.raises(OutputError) as caught:
        fill(replacing(path), error=OSError(errno.ENOSPC, "No space left on device"))

    assert str(caught.value) == f"{path}: cannot be written (no space left on device)"
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("place", ["file/a.csv", "folder", "x" * 300, "new/" + "x" * 300])
def test_file_that_cannot_be_made_is_told(tmp_path: Path, place: str) -> None:
    write(tmp_path / "file", "")
    (tmp_path / "folder").mkdir()
    before = tree(tmp_path)

    with pytest.raises(OutputError, match="cannot be written"):
        fill(replacing(tmp_path / place))

    assert tree(tmp_path) == before


def test_folder_appears_whole(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with replacing_files(out, OURS) as temporary:
        write(temporary / "a.csv", "a")
        assert not out.exists()

    assert set(tree(tmp_path)) == {"deep", "deep/out", "deep/out/a.csv"}
    assert stat.S_IMODE(out.stat().st_mode) == stat.S_IMODE(out.parent.stat().st_mode)


def test_files_of_an_earlier_run_are_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in OURS:
        write(out / name, "old")

    with replacing_files(out, OURS) as temporary:
        write(temporary / "a.csv", "new")
        assert (out / "a.csv").read_text(encoding="utf-8") == "old"

    assert tree(out) == {"a.csv": b"new", "b.csv": b"old", "c.csv": b"old"}
    assert list(tmp_path.iterdir()) == [out]


def test_files_in_folders_take_the_place_of_old_and_outdated_ones(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "data").mkdir(parents=True)
    for name in ("data/a.csv", "data/b.csv", "a.csv"):
        write(out / name, "old")

    with replacing_files(out, ("data/a.csv", "data/b.csv"), outdated=("a.csv",)) as temporary:
        (temporary / "data").mkdir()
        write(temporary / "data" / "a.csv", "new")

    assert tree(out) == {"data": b"(folder)", "data/a.csv": b"new", "data/b.csv": b"old"}


def test_what_is_foreign_in_a_folder_of_ours_is_told(tmp_path: Path) -> None:
    (tmp_path / "data" / "mine").mkdir(parents=True)
    write(tmp_path / "data" / "a.csv", "old")
    write(tmp_path / "data" / "thesis.docx", "four years of work")

    with pytest.raises(OutputError) as caught:
        check_output_folder(tmp_path, ("data/a.csv",))

    assert "(data/mine, data/thesis.docx)" in str(caught.value)


@pytest.mark.parametrize("earlier", [True, False])
def test_error_while_writing_a_folder_leaves_the_old_files_or_none(
    tmp_path: Path,
    earlier: bool,  # noqa: FBT001
) -> None:
    out = tmp_path / "deep" / "out"
    if earlier:
        out.mkdir(parents=True)
        write(out / "a.csv", "old")
    before = tree(tmp_path)

    with pytest.raises(KeyboardInterrupt):
        fill(replacing_files(out, OURS), "a.csv", error=KeyboardInterrupt())

    assert tree(tmp_path) == before


def test_error_while_moving_puts_the_old_files_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write(out / "a.csv", "old a")
    write(out / "c.csv", "old c")
    before = tree(tmp_path)
    replace = type(tmp_path).replace

    def fail_at_c(self: Path, target: Path) -> Path:
        if self.parent.name == "new" and self.name == "c.csv":
            raise OSError(errno.EIO, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(type(tmp_path), "replace", fail_at_c)
    with pytest.raises(OutputError, match="input/output error"):
        fill(replacing_files(out, OURS), *OURS)

    assert tree(tmp_path) == before


def test_a_file_that_is_open_elsewhere_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    fill(replacing_files(out, OURS), *OURS)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    whole = Path.replace

    def held(self: Path, target: Path) -> Path:
        if self == out / OURS[1]:
            raise PermissionError(
                errno.EPERM, "Operation not permitted", str(self), None, str(target)
            )
        return whole(self, target)

    monkeypatch.setattr(Path, "replace", held)
    message = rf"{OURS[1]}: cannot be written \(operation not permitted; is it open in another"
    with pytest.raises(OutputError, match=message):
        fill(replacing_files(out, OURS), *OURS)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_message_is_not_put_into_another(tmp_path: Path) -> None:
    with (
        pytest.raises(
            OutputError, match=r"^[^()]*b.csv: cannot be written \(no space left[^()]*\)$"
        ),
        replacing(tmp_path / "a.csv"),
    ):
        fill(replacing(tmp_path / "b.csv"), error=OSError(errno.ENOSPC, "No space left on device"))


@pytest.mark.parametrize("name", ["thesis.docx", ".hidden", "A.CSV", "a.csv/inside"])
def test_foreign_files_stop_us_unless_forced(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    (out / name).parent.mkdir(parents=True)
    write(out / name, "mine")

    with pytest.raises(OutputError, match=r"holds what is not ours .*--force"):
        check_output_folder(out, OURS)
    check_output_folder(out, OURS, force=True)

    with replacing_files(out, OURS, force=True) as temporary:
        write(temporary / "b.csv", "ours")
    assert (out / name).read_text(encoding="utf-8") == "mine"
    assert (out / "b.csv").read_text(encoding="utf-8") == "ours"


def test_many_foreign_files_are_counted(tmp_path: Path) -> None:
    for number in range(9):
        write(tmp_path / f"{number}.txt", "")

    with pytest.raises(OutputError, match=r"not ours \(0\.txt, 1\.txt, 2\.txt, … of 9\)"):
        check_output_folder(tmp_path, OURS)


def test_folder_named_like_an_output_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "out" / "b.csv").mkdir(parents=True)
    write(tmp_path / "out" / "a.csv", "old")
    before = tree(tmp_path)

    with pytest.raises(OutputError, match="cannot be written"):
        fill(replacing_files(tmp_path / "out", OURS, force=True), *OURS)

    assert tree(tmp_path) == before


@pytest.mark.parametrize("place", ["file", "file/out", "x" * 300, "/proc/no/such/place"])
def test_unusable_folder_is_told(tmp_path: Path, place: str) -> None:
    write(tmp_path / "file", "")

    with pytest.raises(OutputError, match=r"cannot be written|expected a folder"):
        fill(replacing_files(tmp_path / place, OURS), "a.csv")

    assert tree(tmp_path) == {"file": b""}


def test_read_only_folder_is_told_before_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the super-user of a container may write anywhere, so the answer of the system is given here
    monkeypatch.setattr("impact.storage.os.access", lambda *_: False)

    with pytest.raises(OutputError, match="is read-only or no folder"):
        check_output_folder(tmp_path / "not" / "yet", OURS)


def test_current_folder_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    fill(replacing_files(Path(), OURS), "a.csv")

    assert tree(tmp_path) == {"a.csv": b"new"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": ' + "[" * 100_000, "lists in lists without end"),
        ('{"a": -' + "9" * 330 + "}", "a number of 330 digits"),
        ("{", "Expecting property name"),
    ],
)
def test_json_of_others_is_read_or_refused_as_a_wrong_value(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_json(text)
