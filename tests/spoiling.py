"""Spoil files as accidents and editors do: bytes, lines, cells, JSON values, columns of tables."""

from __future__ import annotations

import copy
import csv
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from random import Random

CELLS = (
    *("", " ", "NA", "nan", "inf", "-inf", "-1", "0", "1e400", "1.250", "1,5", "0x10", "1_000"),
    *("1e308", "<" + "9" * 400, "≤1.250", "published", "1-9", "9" * 320),
    *("<10", "≤5", "*", "-99997", "٣٤", "½", "9712AB", "97 12", "=1+1", "true", "2026-13-45"),
    *(
        "9712.0",
        "\ufeff",
        "\u202egroN",
        "\x1b[31m",
        "\x00",
        "'",
        '"',
        "a" * 400,
        "1" * 5_001,
        "e\u0301",
    ),
)
VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1.5, 10**400, float("nan"), float("inf"), "", "x", "\x1b[31m", "\ud800"),
    *([], {}, [None], {"a": 1}, [[[]]], "2026-13-45"),
)


_TOML = (
    *("1", "-1", "nan", "[]", "{}", "[[1]]", "true", '""', "2026-01-01", "1" * 5_001),
    "[" * 1_000 + "]" * 1_000,
)


def spoilt_bytes(content: bytes, random: Random) -> bytes:
    """Change, insert, cut or repeat some bytes."""
    at = random.randrange(len(content) + 1)
    end = min(len(content), at + random.randrange(1, 40))
    middle = random.choice(
        [b"", random.randbytes(3), content[at:end] * 2, b"\xff\xfe", b"\xef\xbb\xbf", b"\x00"]
    )
    return content[:at] + middle + content[end if random.random() < 0.7 else at :]


def spoilt_text(content: bytes, random: Random) -> bytes:
    """Change lines or words of a text, or its encoding."""
    text = content.decode()
    lines = text.splitlines(keepends=True)
    at = random.randrange(len(lines))
    way = random.randrange(7)
    if way == 0:
        del lines[at]
    elif way == 1:
        lines.insert(random.randrange(len(lines)), lines[at])
    elif way == 2:
        random.shuffle(lines)
    elif way == 3:
        words = lines[at].split(" ")
        words[random.randrange(len(words))] = random.choice(CELLS)
        lines[at] = " ".join(words) + "\n"
    elif way == 4:
        left, mark, _ = lines[at].partition("=")
        lines[at] = f"{left}{mark} {random.choice(_TOML)}\n"
    elif way == 5:
        return text.encode(random.choice(["utf-16", "utf-8-sig", "utf-32"]))
    else:
        return spoilt_bytes(content, random)
    return "".join(lines).encode()


def spoilt_csv(content: bytes, random: Random) -> bytes:
    """Change cells, headers, columns or rows of a table."""
    rows = list(csv.reader(io.StringIO(content.decode())))
    way = random.randrange(8)
    row, column = random.randrange(len(rows)), random.randrange(len(rows[0]))
    if way <= 2:
        rows[max(row, 1)][column] = random.choice(CELLS)
    elif way == 3:
        rows[0][column] = random.choice([rows[0][0], rows[0][column].upper(), "x", *CELLS])
    elif way == 4:
        rows = [each[:column] + each[column + 1 :] for each in rows]
    elif way == 5:
        rows = [[*each, each[column]] for each in rows]
    elif way == 6:
        rows = random.choice([rows[:1], [*rows, rows[row]], [[]], [rows[0], *rows[::-1]]])
    else:
        return spoilt_text(content, random)
    out = io.StringIO()
    csv.writer(out, delimiter=random.choice(",,,;\t"), lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


def spoilt_json(content: bytes, random: Random) -> bytes:
    """Put another value in the place of one, anywhere in a document."""
    document = copy.deepcopy(json.loads(content))
    holders: list[tuple[Any, Any]] = []
    left = [document]
    while left:
        each = left.pop()
        keys = range(len(each)) if isinstance(each, list) else list(each)
        for key in keys:
            holders.append((each, key))
            if isinstance(each[key], (dict, list)):
                left.append(each[key])
    holder, key = random.choice(holders)
    if random.random() < 0.2:
        del holder[key]
    elif random.random() < 0.2 and isinstance(holder, dict):
        holder[f"{key} "] = holder.pop(key)
    else:
        holder[key] = random.choice(VALUES)
    return json.dumps(document).encode()


def spoilt_parquet(content: bytes, random: Random) -> bytes:
    """Rename, drop, retype or repeat columns and rows of a table."""
    frame = pd.read_parquet(io.BytesIO(content))
    if not len(frame.columns):
        return spoilt_bytes(content, random)
    name = random.choice(list(frame.columns))
    way = random.randrange(6)
    if way == 0:
        frame = frame.rename(columns={name: f"{name}_"})
    elif way == 1:
        frame = frame.drop(columns=name)
    elif way == 2:
        frame[name] = pd.Series([b"x"] * len(frame), index=frame.index, dtype=object)
    elif way == 3:
        kind = random.choice([1.5, "x", True, None, pd.Timestamp("2026-01-01")])
        frame[name] = pd.Series([kind] * len(frame), index=frame.index)
    elif way == 4:
        frame = pd.concat([frame, frame])
    else:
        frame = frame.iloc[:0]
    out = io.BytesIO()
    frame.to_parquet(out)
    return out.getvalue()


def spoilt_zip(content: bytes, random: Random) -> bytes:
    """Spoil one member of an archive, by its kind, or the archive itself."""
    if random.random() < 0.1:
        return spoilt_bytes(content, random)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = random.choice(list(parts))
    if random.random() < 0.05:
        del parts[name]
    else:
        parts[name] = spoilt(name, parts[name], random)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for each, inside in parts.items():
            archive.writestr(each, inside)
    return out.getvalue()


_WAYS = {
    "csv": spoilt_csv,
    "json": spoilt_json,
    "toml": spoilt_text,
    "parquet": spoilt_parquet,
    "zip": spoilt_zip,
}


def spoilt(name: str, content: bytes, random: Random) -> bytes:
    """Spoil a file in a way of its kind."""
    return _WAYS.get(name.rpartition(".")[2], spoilt_bytes)(content, random)
