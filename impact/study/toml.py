"""TOML files held against a schema: every fault with its line, what is expected and near names.

The schemas are pydantic models; here are what they are made of and the words of their errors.
"""

from __future__ import annotations

import copy
import re
import tomllib
import types
import typing
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from impact.errors import Fault, InputError, nearest_names
from impact.messages import Said, said
from impact.study.toml_words import syntax_error, wanted_kind
from impact.tables.text import decode, hidden_character

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_-]+)((?:\.[A-Za-z0-9_-]+)*)\s*\]\]?")
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*=""")
_LAST = re.compile(r"(^|\.)[^.\[\]]*$|\[\d+\]$")
_OURS = "expected"
_THOUSANDS = re.compile(r"\d{1,3}\.\d{3}")

_Model = TypeVar("_Model", bound="Table")


def read_toml(name: str, content: bytes) -> tuple[dict[str, Any], str]:
    """Return a TOML document and its text."""
    text = decode(name, content).removeprefix("\ufeff")
    try:
        return tomllib.loads(text, parse_float=_Written), text
    except (ValueError, RecursionError) as error:
        # beside its own error tomllib lets through those of endless numbers and nesting
        expected = said("TOML syntax ({error})", error=syntax_error(error))
        if "\\" in str(error) or "hex value" in str(error):
            expected = said(
                "{expected}; write a Windows path with / or in single quotes", expected=expected
            )
        raise InputError(Fault(name, "", "", None, expected)) from error


class _Written(float):
    """A number with its digits as the file has them."""

    digits: str

    def __new__(cls, digits: str) -> Self:
        out = super().__new__(cls, digits)
        out.digits = digits
        return out


def key_lines(text: str) -> dict[str, int]:
    r"""Find the lines on which the keys of a TOML text stand.

    Examples
    --------
    >>> key_lines('[study]\ntitle = "x"\n[[scenario]]\nname = "y"')
    {'study': 1, 'study.title': 2, 'scenario[1]': 3, 'scenario[1].name': 4}
    """
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    prefix = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            prefix = header[2]
            if header[1] == "[[":
                counts[prefix] = counts.get(prefix, 0) + 1
                prefix = f"{prefix}[{counts[prefix]}]"
            elif prefix in counts:
                prefix = f"{prefix}[{counts[prefix]}]{header[3]}"
            else:
                prefix += header[3]
            lines.setdefault(prefix, number)
        elif key := _KEY.match(line):
            lines.setdefault(f"{prefix}.{key[1]}" if prefix else key[1], number)
    return lines


class Table(BaseModel):
    """A table of a schema: no keys but those it names, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Absent:
    """Stands where a fault was, so that reading goes on and every fault is found."""


_ABSENT = _Absent()


@dataclass(frozen=True)
class Expecting:
    """Our words for what a value must be, and what stands in for a faulty one.

    Attributes
    ----------
    words
        What would have been right.
    stand_in
        Taken where the value is faulty or missing; a type: an empty one.
    whole
        Whether a fault inside the value is one of the value.
    known
        The words that may be used, for a value that is one of a few.
    """

    words: str
    stand_in: Any = None
    whole: bool = False
    known: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(
        self,
        source: Any,  # noqa: ANN401
        handler: GetCoreSchemaHandler,
    ) -> CoreSchema:
        """Wrap the check of the type, or of the known words."""
        known = core_schema.literal_schema(list(self.known))
        schema = known if self.known else handler(source)
        return core_schema.no_info_wrap_validator_function(self._checked, schema)

    def _checked(self, value: object, handler: ValidatorFunctionWrapHandler) -> object:
        if value is _ABSENT:
            return self.stand_in() if callable(self.stand_in) else self.stand_in
        try:
            return handler(value)
        except ValidationError as error:
            found = error.errors(include_url=False)
            # of a choice between types, as of a value itself, what its check said
            ours = [x for x in found if x["type"] == _OURS and (self.whole or not x["loc"])]
            if ours:
                words = ours[0]["ctx"]["words"]
            elif not self.whole and any(each["loc"] for each in found):
                raise
            else:
                words = self.words
            raise _expected(words, self.known) from None


def one_of(known: Sequence[str], stand_in: str = "") -> Expecting:
    """Return the expectation of one of a few words; where nothing is the default, also of none."""
    words = said("one of {names}", names=", ".join(known))
    return Expecting(words, stand_in, known=(*known, *([] if stand_in else [""])))


def _expected(words: str, known: Sequence[str] = ()) -> PydanticCustomError:
    return PydanticCustomError(_OURS, "{words}", {"words": words, "known": list(known)})


def _shown_text(text: str) -> str:
    """Return a text in its one Unicode form, if a screen shows every character of it."""
    text = unicodedata.normalize("NFC", text)
    if code := hidden_character(text):
        raise _expected(said("a text without control characters ({code})", code=code))
    return text


def _one_line(text: str) -> str:
    text = _shown_text(text)
    if "\n" in text or "\t" in text or "\r" in text:
        msg = "a text on one line, without tabs"
        raise _expected(msg)
    return text


def _path_text(text: str) -> str:
    if set(text) & set("\t\n\r\b\f\x1b"):
        msg = "a path with / between folders, or in single quotes: \\ has a meaning here"
        raise _expected(msg)
    return _one_line(text)


def _no_thousands(value: object) -> object:
    """Refuse 2.400, which may be meant as two thousand four hundred."""
    if isinstance(value, _Written) and _THOUSANDS.fullmatch(value.digits):
        plain, short = value.digits.replace(".", ""), f"{value:g}"
        words = said(
            "{thousand} if a thousand is meant, or {number} if not: TOML has no thousands",
            thousand=plain,
            number=short,
        )
        raise _expected(words)
    return value


_TEXT = "a text that is not empty"
_Stripped = Annotated[str, StringConstraints(strip_whitespace=True)]
Text = Annotated[_Stripped, Field(min_length=1), AfterValidator(_one_line), Expecting(_TEXT, "")]
"""A text that may not be empty."""

Words = Annotated[_Stripped, AfterValidator(_one_line), Expecting(_TEXT, "")]
"""A text that may be empty."""

Prose = Annotated[_Stripped, AfterValidator(_shown_text), Expecting(_TEXT, "")]
"""A text of several lines, perhaps."""

PathText = Annotated[_Stripped, AfterValidator(_path_text), Expecting(_TEXT, "")]
"""A path, or a word that stands for one."""

Number = Annotated[float, Field(allow_inf_nan=False), Expecting("a number")]
NotNegative = Annotated[
    float, Field(ge=0.0, allow_inf_nan=False), Expecting("a number of 0 or more")
]
Amount = Annotated[
    float,
    Field(ge=1.0, allow_inf_nan=False),
    BeforeValidator(_no_thousands),
    Expecting("a number of 1 or more"),
]
"""A count per year."""

Count = Annotated[int, Field(gt=0), Expecting("a whole number of 1 or more")]
Years = Annotated[int, Field(ge=1, le=30), Expecting("a number of years from 1 to 30", 1)]
Switch = Annotated[bool, Expecting("true or false")]

_Name = Annotated[str, AfterValidator(_one_line), Expecting("a name", "")]
Listed = Annotated[tuple[_Name, ...], Field(strict=False), Expecting("a list of names", ())]
"""Names in the order of the file."""

Names = Annotated[Listed, AfterValidator(lambda names: tuple(sorted(names)))]
"""Names in the order of the alphabet, so that the order in the file changes nothing."""


class TomlReader:
    """Holds TOML against schemas and collects the faults.

    Parameters
    ----------
    source
        File name, for messages.
    lines
        Key path -> line, from `key_lines`.
    """

    def __init__(self, source: str, lines: Mapping[str, int]) -> None:
        self.source = source
        self.lines = lines
        self.faults: list[Fault] = []

    def check(self, model: type[_Model], document: Mapping[str, Any], path: str = "") -> _Model:
        """Return a document as a model says; what is faulty is collected and stood in for."""
        left = copy.deepcopy(dict(document))
        told: set[tuple[object, ...]] = set()
        while True:
            try:
                return model.model_validate(left)
            except ValidationError as error:
                found = [_located(each, left) for each in error.errors(include_url=False)]
            # keys that are not known come first: what is missing often follows from them
            for each in sorted(found, key=lambda fault: fault["type"] != "extra_forbidden"):
                if each["loc"] in told:
                    raise InputError(self.faults)
                told.add(each["loc"])
                self._tell(model, each, path)
            for each in reversed(found):
                _take_out(model, left, each)

    def _tell(self, model: type[Table], error: Mapping[str, Any], path: str) -> None:
        place, owner, name = _place(model, error["loc"], path)
        value, kind = error["input"], error["type"]
        if kind == "extra_forbidden" and owner is not None:
            known = [field.alias or key for key, field in owner.model_fields.items()]
            expected = said("one of the keys {names}", names=", ".join(known))
            self.fault(place, error["loc"][-1], expected, known)
        elif kind == "missing" and owner is not None:
            field = next(x for key, x in owner.model_fields.items() if name in {key, x.alias})
            words = [each.words for each in field.metadata if isinstance(each, Expecting)]
            self.fault(place, None, words[-1])
        elif kind == _OURS:
            ctx = error["ctx"]
            shown = said("a table") if isinstance(value, dict) and "[[" in ctx["words"] else value
            self.fault(place, shown, ctx["words"], ctx["known"])
        else:
            self.fault(place, value, wanted_kind(kind, error["msg"]))

    def fault(self, path: str, value: object, expected: str, known: Iterable[str] = ()) -> None:
        """Note one fault; the line is that of the key or of the nearest table above it."""
        line, shorter = None, path
        while shorter and line is None:
            line = self.lines.get(shorter)
            above = _LAST.search(shorter)
            shorter = shorter[: above.start()] if above else ""
        shown = None if value is None else _shown(value)
        names = nearest_names(shown, known) if shown is not None else ()
        where = "" if line is None else said("line {n}", n=line)
        self.faults.append(Fault(self.source, where, path, shown, expected, names))

    def repeated(self, names: Sequence[str], kind: str) -> None:
        """Note names that occur twice among tables of one kind."""
        for number, name in enumerate(names, start=1):
            if name and name in names[: number - 1]:
                self.fault(f"{kind}[{number}].name", name, "each name once")

    def one_of(self, name: str, known: Sequence[str], path: str) -> None:
        """Note a name that is not among the known ones."""
        if name not in known:
            self.fault(path, name, said("one of {names}", names=", ".join(known)), known)


def published_schema(model: type[Table], *, name: str) -> dict[str, Any]:
    """Return the JSON Schema of a file, for editors."""
    schema = _without_nothing(model.model_json_schema(by_alias=True))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": name}


def _without_nothing(value: Any) -> Any:  # noqa: ANN401
    """Leave out what TOML cannot say (nothing), and names of classes."""
    if isinstance(value, list):
        return [_without_nothing(each) for each in value]
    if not isinstance(value, dict):
        return value
    out = {
        key: _without_nothing(each)
        for key, each in value.items()
        if not (key == "title" and isinstance(each, str))
        and not (key == "default" and each is None)
    }
    if "anyOf" in out:
        kinds = [each for each in out.pop("anyOf") if each != {"type": "null"}]
        out |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return out


def _located(error: Mapping[str, Any], document: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return an error with its keys in the document; a choice between types is no key."""
    loc: list[int | str] = []
    holder = document
    for part in error["loc"]:
        listed = isinstance(part, int) and isinstance(holder, list)
        if listed or (isinstance(holder, dict) and part in holder):
            holder = holder[part]
        elif error["type"] != "missing" or part != error["loc"][-1]:
            continue
        loc.append(part)
    return {**error, "loc": tuple(loc)}


def _place(
    model: type[Table], loc: tuple[int | str, ...], path: str
) -> tuple[str, type[Table] | None, str]:
    """Return where an error stands: its key path, and the table and key that hold it."""
    kind: Any = model
    owner: type[Table] | None = None
    for part in loc:
        kind, owner = _bare(kind), None
        arguments = typing.get_args(kind)
        if isinstance(part, int):
            path += f"[{part + 1}]"
            kind = arguments[0] if arguments else None
            continue
        path += f".{part}" if path else part
        if isinstance(kind, type) and issubclass(kind, Table):
            owner = kind
            fields = owner.model_fields
            kind = next((x.annotation for key, x in fields.items() if part in {key, x.alias}), None)
        else:
            kind = arguments[-1] if arguments else None
    return path, owner, str(loc[-1]) if loc else ""


def _bare(kind: Any) -> Any:  # noqa: ANN401
    """Return a type without what is noted on it, and without that it may be left out."""
    while True:
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is Annotated:
            kind = arguments[0]
        elif origin in {typing.Union, types.UnionType}:
            kind = next(each for each in arguments if each is not type(None))
        else:
            return kind


def _take_out(model: type[Table], document: dict[str, Any], error: Mapping[str, Any]) -> None:
    """Take a faulty value out of a document, or let its stand-in stand there."""
    *above, last = error["loc"]
    holder: Any = document
    for part in above:
        holder = holder[part]
        if holder is _ABSENT:
            return
    _, owner, _ = _place(model, error["loc"], "")
    if owner is None or error["type"] == "extra_forbidden":
        del holder[last]
    else:
        holder[last] = _ABSENT


def _shown(value: object) -> str:
    try:
        if isinstance(value, Said):
            return value
        return value.digits if isinstance(value, _Written) else str(value)
    except ValueError:  # Python does not write whole numbers of thousands of digits
        return said("a value of type {name} that is too long to show", name=type(value).__name__)
