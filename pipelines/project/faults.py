"""Faults: what is wrong in a project file, gathered with its line, and the shape's errors put into sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import Any

from pydantic import BaseModel, ValidationError

from domain.errors import Problem
from pipelines.project.document import Document, Place, dotted
from pipelines.project.model import AttributeSpec, ColumnSpec, MatchSpec, ModifiedSpec, ProjectFile, SourceSpec, SubscriberSpec
from pipelines.project.words import LONGEST_SAID, one_line, quoted, unknown

Fault = Mapping[str, Any]
"""One of pydantic's errors: its type, location, input and context."""


class Faults:
    """The problems found so far in one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = list(document.problems)

    def add(self, place: Place, message: str, at: Place | None = None) -> None:
        """Note a problem of a place; its line is that of `at` where the wrong word stands elsewhere."""
        self.problems.append(Problem(dotted(place), one_line(message, LONGEST_SAID), self.document.line(at or place)))

    def sorted(self) -> tuple[Problem, ...]:
        """Every problem once, in the order of the file."""
        return tuple(sorted(dict.fromkeys(self.problems), key=lambda p: (p.line or 0, p.where, p.message)))

    def keys(self, *place: str) -> list[str]:
        """Keys of the mapping at a place as written, right or wrong."""
        written = self.document.written(place)
        return list(written) if isinstance(written, dict) else []


def shaped(faults: Faults) -> ProjectFile | None:
    """The file as far as its shape is right, so that the rest can still be checked; faults say what was left out.

    A wrong value is taken out and the rest validated again, until it fits.
    """
    data = copied(faults.document.data)
    if not isinstance(data, dict):
        faults.add((), "a project file is a mapping: name, attributes, sources, ...")
        return None
    file, errors = validated(data)
    for error in errors:
        add_shape_fault(faults, error)
    before = None
    while file is None and data != before:
        before = copied(data)
        for error in errors:
            leave_out(data, error, faults.document.within(location(error)))
        file, errors = validated(data)
    return file


def validated(data: dict[str, Any]) -> tuple[ProjectFile | None, list[Fault]]:
    """The file, or what pydantic finds wrong with its shape."""
    try:
        return ProjectFile.model_validate(data), []
    except ValidationError as error:
        return None, [dict(one) for one in error.errors(include_url=False)]


def location(fault: Fault) -> Place:
    """Where pydantic found a fault; for a missing key, what lacks it."""
    place: Place = fault["loc"]
    return place[:-1] if fault["type"] == "missing" else place


def copied(value: Any) -> Any:
    """A copy that shares nothing: what two aliases name once is there twice."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


TOP_STAND_INS: Mapping[str, Any] = {"name": "?", "attributes": {}, "sources": {}}
SOURCE_STAND_INS: Mapping[str, Any] = {"connect": {}, "key": "?", "map": {}}
"""What takes the place of keys that must be there, so that the others can be checked."""


def leave_out(data: dict[str, Any], fault: Fault, place: Place) -> None:
    """Take a faulty value out of its mapping, a list as a whole; a key that must be there gets a stand-in."""
    keys = list(takewhile(lambda part: isinstance(part, str), place))
    node: Any = data
    for key in keys[:-1]:
        node = node.get(key, {})
    if keys and not (fault["type"] == "missing" and fault["loc"][-1] in SOURCE_STAND_INS):
        node.pop(keys[-1], None)
    stand_in(data, TOP_STAND_INS)
    for source in data["sources"].values() if isinstance(data["sources"], dict) else ():
        stand_in(source, SOURCE_STAND_INS)


def stand_in(mapping: Any, empty: Mapping[str, Any]) -> None:
    """Give a mapping the keys that it must have."""
    if isinstance(mapping, dict):
        mapping.update({key: copied(value) for key, value in empty.items() if key not in mapping})


def add_shape_fault(faults: Faults, fault: Fault) -> None:
    """Put one of pydantic's errors into a sentence."""
    place = faults.document.within(location(fault))
    if fault["type"] == "extra_forbidden":
        keys = [name for name in keys_of(model_of(place[:-1])) if name != place[-1]]
        faults.add(place[:-1], unknown(place[-1], "a key here", keys, "keys"), at=place)
    elif fault["type"] == "missing":
        faults.add(place, missing(str(fault["loc"][-1]), model_of(place)))
    else:
        faults.add(place, sentence(fault))


def missing(key: str, model: type[BaseModel]) -> str:
    """The sentence about a key that must be there."""
    field = next(field for name, field in model.model_fields.items() if key in (name, field.alias))
    about = (field.description or "").rstrip(".")
    return f"{quoted(key)} is missing: {about[:1].lower()}{about[1:]}"


def model_of(place: Place) -> type[BaseModel]:
    """Which shape a mapping at a place has."""
    match place:
        case ("attributes", _):
            return AttributeSpec
        case ("sources", _):
            return SourceSpec
        case ("sources", _, "modified"):
            return ModifiedSpec
        case ("sources", _, "map", *_):
            return ColumnSpec
        case ("events", _):
            return SubscriberSpec
        case ("match",):
            return MatchSpec
        case _:
            return ProjectFile


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys of a shape, as they are written."""
    return [field.alias or name for name, field in model.model_fields.items()]


SENTENCES: Mapping[str, str] = {
    "bool_type": "{word} is neither true nor false",
    "string_type": "{word} is not text; put it in quotes if it is meant so",
    "string_too_short": "it is empty; write something or leave the key out",
    "string_too_long": "it is longer than {max_length} characters",
    "string_unicode": "it holds half a character (a surrogate); write the whole one",
    "float_type": "{word} is not a number",
    "int_type": "{word} is not a whole number",
    "list_type": "{word} is not a list; write [a, b]",
    "dict_type": "{word} is not a mapping; write 'key: value' lines, indented, below it",
    "model_type": "{word} is not a mapping; write 'key: value' lines, indented, below it",
    "greater_than": "{word} is too small; it must be more than {gt}",
    "greater_than_equal": "{word} is too small; it must be at least {ge}",
    "less_than_equal": "{word} is too large; it must be at most {le}",
    "too_short": "it has {actual_length} values; it needs at least {min_length}",
    "too_long": "it has {actual_length} values; it takes at most {max_length}",
}
"""What pydantic's kinds of error mean to whoever wrote the file."""


def sentence(fault: Fault) -> str:
    """What is wrong with one value."""
    context = fault.get("ctx", {})
    if fault["type"] == "literal_error":
        return unknown(fault["input"], "known here", re.findall(r"'([^']*)'", context["expected"]), "known words")
    if fault["input"] is None:
        return "it has no value; write one, or leave the key out"
    said = SENTENCES.get(fault["type"])
    if said is None:
        return str(fault["msg"])
    return said.format(word=worded(fault["input"]), **{name: trimmed(value) for name, value in context.items()})


def worded(value: object) -> str:
    """A wrong value in a sentence; of lists and mappings only that they are."""
    names: Mapping[type, str] = {list: "a list", dict: "a mapping"}
    return names.get(type(value)) or quoted(value)


def trimmed(value: object) -> object:
    """
    >>> trimmed(1.0), trimmed(0.5)
    (1, 0.5)
    """
    return int(value) if isinstance(value, float) and value.is_integer() else value


def repeated(words: Iterable[str]) -> list[str]:
    """Words that come more than once.

    >>> repeated(["a", "b", "a"])
    ['a']
    """
    seen: set[str] = set()
    return list(dict.fromkeys(word for word in words if word in seen or seen.add(word)))  # type: ignore[func-returns-value]
