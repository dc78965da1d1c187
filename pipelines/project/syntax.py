"""Syntax: what breaks the YAML of a project file, in words for somebody who does not know the parser's."""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from domain.errors import Problem


class LimitError(yaml.MarkedYAMLError):
    """More than a project file may hold; said in our own words."""


UNREADABLE: Mapping[type[Exception], str] = {
    RecursionError: "its brackets are nested too deeply",
    OverflowError: "it holds a number that is too large",
}
QUOTES = "put the value in quotes"
EXPLAINED: tuple[tuple[str, str], ...] = (
    ("'\\t'", "a tab where YAML wants blanks; indent with blanks"),
    ("mapping values are not allowed", "a second ':' on the line; put text that holds ': ' in quotes, and begin nested keys on a new line"),
    ("could not find expected ':'", "the line is no 'key: value'; a ':' is missing, or the blank after it"),
    ("but got '<stream end>'", "a bracket is opened here and never closed; close it"),
    ("but got '", "within brackets two values have no ',' between them, or the bracket is not closed; write [a, b] or {a: b, c: d}"),
    ("found unexpected end of stream", "a quotation mark is opened here and never closed; close it"),
    ("found unexpected document separator", "a quotation mark is opened here and never closed; close it"),
    ("found another document", "'---' begins a second document; a project file is one, so take the line out"),
    ("expected <block end>", "the indentation does not fit the lines above; begin the line below the key that it belongs with"),
    ("expected '<document start>'", "the indentation does not fit the lines above; begin the line below the key that it belongs with"),
    ("sequence entries are not allowed", "a list begins on a new line, or is written [a, b]"),
    ("mapping keys are not allowed", f"a '?' cannot stand here; {QUOTES}"),
    ("the node content", f"a value is missing here, or begins with a sign of YAML's; write one, or {QUOTES}"),
    ("that cannot start any token", "a value cannot begin with this character; put it in quotes"),
    ("found undefined alias", f"'*' names something that '&' has not named before; {QUOTES} if it begins with '*'"),
    ("second occurrence", f"'&' gives a name a second time; give another, or {QUOTES} if it begins with '&'"),
    ("alphabetic or numeric character", f"'&' and '*' give and take names, and this is none; {QUOTES} if it begins so"),
    ("escape", "a '\\' within \"...\" begins a special character, and this is none; write '\\\\', or take '...' for quotes"),
    ("indentation indicator", f"what follows '|' or '>' must be on lines of its own, indented; {QUOTES} if it begins so"),
    ("a comment or a line break", f"what follows '|' or '>' must be on lines of its own, indented; {QUOTES} if it begins so"),
    ("tag handle", f"'!' begins a tag, which a project file has no use for; {QUOTES}"),
    ("expected URI", f"'!' begins a tag, which a project file has no use for; {QUOTES}"),
    ("YAML d", "the '%YAML' line at the top cannot be read; take it out"),
)
"""What the parser says, and what it means to somebody who does not know its words. It can quote a password, so its words are never told."""
UNEXPLAINED = "it cannot be read as YAML from here on; put the value in quotes, or look at the line above"
OPENED = ("expected ':'", "but got '<stream end>'", "unexpected end of stream", "unexpected document separator")
"""What is noticed further down than it is wrong: the context says where."""


def syntax_problem(error: yaml.MarkedYAMLError, text: str) -> Problem:
    """What breaks the YAML, at the line and column where it begins."""
    said = error.problem or error.context or ""
    if isinstance(error, LimitError):
        return Problem("YAML", said, error.problem_mark.line + 1 if error.problem_mark else None)
    mark = error.context_mark if error.context_mark and any(words in said for words in OPENED) else error.problem_mark
    number, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    written = text.splitlines()[number - 1 : number] or [""]
    # Inside {...} the '{' of an unquoted ${NAME} opens a mapping, which the parser describes past recognition.
    if found := re.search(r"\{[^\"'{}]*(?=\$\{)", written[0]):
        return yaml_problem('inside {...} a value with ${NAME} must be in quotes: "${NAME}"', number, found.end() + 1)
    return yaml_problem(next((meaning for words, meaning in EXPLAINED if words in said), UNEXPLAINED), number, column)


def yaml_problem(message: str, line: int, column: int) -> Problem:
    """A problem of the YAML itself, where it stands counted from 1."""
    return Problem(f"YAML, column {column}", message, line)


def character_problem(error: yaml.reader.ReaderError, text: str) -> Problem:
    """A character that no YAML may hold."""
    line, column = text.count("\n", 0, error.position) + 1, error.position - text.rfind("\n", 0, error.position)
    return yaml_problem(f"a character that YAML does not allow (U+{error.character:04X}); remove it", line, column)
