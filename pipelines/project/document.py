"""The project file as a document: plain values, and the line of each.

YAML is read by the rules of its version 1.2 core: only `true` and `false` are truth values, so that `region: NO` is
Norway and a column can be called `on`; dates and clock times are text. Merge keys (`<<: *common`) work.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from domain.errors import Problem, ProjectError
from pipelines.project.find import ADVICE
from pipelines.project.syntax import QUOTES, UNEXPLAINED, UNREADABLE, LimitError, character_problem, syntax_problem
from pipelines.project.words import plain, quoted

Place = tuple[str | int, ...]
"""The way to a value: keys and positions, from the top."""
LARGEST_FILE = 2_000_000
"""Bytes; a thousand sources take about one million."""
MOST_VALUES = 100_000
"""Values in a document once its aliases are followed: a few lines of YAML can stand for billions."""
DEEPEST = 12
LARGEST_NUMBER = 10**15
TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Document:
    """What a project file says, and where."""

    data: Any
    lines: Mapping[Place, int]
    """Line of each value, counted from 1; a value in a mapping has the line of its key."""
    problems: tuple[Problem, ...]
    """Keys given twice, and values that no project file has."""

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest place around it."""
        while place not in self.lines:
            place = place[:-1]
        return self.lines[place]

    def within(self, location: Place) -> Place:
        """A location as far as the document has it; parts that are not in it are skipped."""
        return self._walk(location)[0]

    def written(self, place: Place) -> Any:
        """What stands at a place; none where there is nothing."""
        found, value = self._walk(place)
        return value if found == place else None

    def _walk(self, location: Place) -> tuple[Place, Any]:
        place: Place = ()
        node: Any = self.data
        for part in location:
            length = len(node) if isinstance(node, list) else 0
            if (isinstance(node, dict) and part in node) or (isinstance(part, int) and part < length):
                node, place = node[part], (*place, part)
        return place, node


def dotted(place: Place) -> str:
    """A place as messages name it.

    >>> dotted(("sources", "billing", "key", 0))
    'sources.billing.key[0]'
    """
    parts = "".join(f"[{part}]" if isinstance(part, int) else f".{plain(part)}" for part in place)
    return parts.removeprefix(".") or "top level"


def read_document(path: Path) -> Document:
    """Read a project file; a ProjectError says why it cannot be read at all."""
    text = read_text(path)
    try:
        node = yaml.compose(text, Loader=_Loader)
        if node is None:
            raise ProjectError(str(path), (Problem("top level", "the file is empty; it needs at least name, attributes and sources", 1),))
        reader = _Reader()
        return Document(reader.value(node, ()), reader.lines, tuple(reader.problems))
    except yaml.MarkedYAMLError as error:
        raise ProjectError(str(path), (syntax_problem(error, text),)) from None
    except yaml.reader.ReaderError as error:
        raise ProjectError(str(path), (character_problem(error, text),)) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise ProjectError(str(path), (Problem("YAML", UNREADABLE.get(type(error), UNEXPLAINED)),)) from None


def read_text(path: Path) -> str:
    """The file as text; a ProjectError if it is missing, no file, too large or not UTF-8."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise ProjectError(str(path), (Problem("file", f"it has more than {LARGEST_FILE:,} bytes; is it a project file?"),))
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProjectError(str(path), (Problem("file", "it is not UTF-8 text; save it in that encoding", line),)) from None
    except (OSError, ValueError) as error:
        raise ProjectError(str(path), (Problem("file", reason(error)),)) from None


def reason(error: OSError | ValueError) -> str:
    """Why a file cannot be read, and what to do."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return f"there is none; {ADVICE}"
    said = (error.strerror or type(error).__name__).lower() if isinstance(error, OSError) else "no file can have this name"
    return f"it cannot be read: {said}"


class _Loader(yaml.SafeLoader):
    """Composes nodes; which plain words are numbers and truth values is said here and nowhere else."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  (the shape PyYAML expects)


for _kind, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(TAG + _kind, re.compile(rf"^(?:{_pattern})$"), list(_first))


class _Reader:
    """Turns composed nodes into plain values, noting lines and problems on the way."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {(): 1}
        self.problems: list[Problem] = []
        self.count = 0

    def value(self, node: yaml.Node, place: Place) -> Any:
        """The plain value of a node."""
        self.count_value(node)
        if len(place) > DEEPEST:
            raise LimitError(None, None, f"values nested more than {DEEPEST} deep; is the indentation right?", node.start_mark)
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode) and node.tag == TAG + "map":
            return self.mapping(node, place)
        if isinstance(node, yaml.SequenceNode) and node.tag == TAG + "seq":
            return [self.value(item, (*place, number)) for number, item in enumerate(node.value)]
        return self.scalar(node, place)

    def mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        """Keys and values; the mapping's own keys come before merged ones, and of equal keys the first counts."""
        result: dict[str, Any] = {}
        for key, child in self.entries(node, place):
            if key.value not in result:
                self.lines[(*place, key.value)] = key.start_mark.line + 1
                result[key.value] = self.value(child, (*place, key.value))
        return result

    def entries(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
        """The entries of a mapping, then those that `<<` brings in; keys that cannot be one are noted and left out."""
        seen: dict[str, int] = {}
        merged: list[yaml.MappingNode] = []
        for key, child in node.value:
            self.count_value(key)
            line = key.start_mark.line + 1
            if key.tag == TAG + "merge":
                merged += self.mappings(child, place, line)
            elif not isinstance(key, yaml.ScalarNode) or key.tag != TAG + "str":
                word = quoted(key.value) if isinstance(key, yaml.ScalarNode) else "a list or mapping"
                self.problem(place, f"{word} cannot be a key; a key is text (put it in quotes if it is meant so)", line)
            elif key.value in seen:
                self.problem(place, f"{quoted(key.value)} is given twice, first on line {seen[key.value]}; keep one", line)
            else:
                seen[key.value] = line
                yield key, child
        for other in merged:
            yield from self.entries(other, place)

    def mappings(self, node: yaml.Node, place: Place, line: int) -> list[yaml.MappingNode]:
        """The mappings that one `<<` names."""
        named = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not all(isinstance(item, yaml.MappingNode) for item in named):
            self.problem(place, "'<<' takes another mapping (*name) or a list of such", line)
        return [item for item in named if isinstance(item, yaml.MappingNode)]

    def count_value(self, node: yaml.Node) -> None:
        """Refuse a document whose aliases multiply it."""
        self.count += 1
        if self.count > MOST_VALUES:
            raise LimitError(None, None, f"more than {MOST_VALUES:,} values; are its aliases meant so?", node.start_mark)

    def scalar(self, node: yaml.Node, place: Place) -> Any:
        """Text, number, truth value or null."""
        kind, text = node.tag.removeprefix(TAG), str(node.value)
        if isinstance(node, yaml.ScalarNode) and kind in ("str", "merge"):
            return text
        if isinstance(node, yaml.ScalarNode) and kind in ("bool", "null"):
            return {"t": True, "f": False}.get(text[:1].lower())
        if isinstance(node, yaml.ScalarNode) and kind in ("int", "float"):
            return self.number(kind, text, place)
        message = f"'!' begins a tag, which a project file has no use for; {QUOTES}"
        self.problem(place, message, node.start_mark.line + 1)
        return None

    def number(self, kind: str, text: str, place: Place) -> int | float | None:
        """A number of a size that a setting can have."""
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if abs(number) <= LARGEST_NUMBER:
            return int(number) if kind == "int" else number
        word = "this" if math.isnan(number) else quoted(text)  # what is no number can be a password
        self.problem(place, f"{word} is not a number that can be used here", self.lines[place])
        return None

    def problem(self, place: Place, message: str, line: int) -> None:
        """Note a problem; reading goes on."""
        self.problems.append(Problem(dotted(place), message, line))
