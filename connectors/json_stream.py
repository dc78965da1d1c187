"""JSON text read piece by piece: the elements of an array one after another, without ever holding the whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from connectors.files import LONGEST, Unreadable

PIECE = 1 << 20
"""Characters read at once."""
TAIL = 16
"""An error this close to the end of what was read may be nothing but the end of what was read."""
DEEPEST = 5
"""Objects within one another in which a list of records is looked for."""

_DECODER = json.JSONDecoder()
_OPEN = "Unterminated string"
_AFTER_VALUE = tuple(" \t\n\r,]}:")
_SPACE = re.compile(r"[ \t\n\r\ufeff]*")


class _TooLong(Unreadable):
    """A value is longer than any record may be."""


def called(value: Any) -> str:
    """What a JSON value is, for an error.

    >>> [called(value) for value in ({}, [1], "Ann", 4.5, True, None)]
    ['an object', 'a list', 'a text', 'a number', 'true or false', 'null']
    """
    if isinstance(value, bool):
        return "true or false"
    kinds = {dict: "an object", list: "a list", str: "a text", type(None): "null"}
    return kinds.get(type(value), "a number")


class JsonText:
    """A reader's place in a JSON text.

    >>> import io
    >>> text = JsonText(io.StringIO('{"meta": 1, "data": [{"id": 1}, {"id": 2}]}').read, "file 'x.json'")
    >>> list(text.elements(["data"]))
    [{'id': 1}, {'id': 2}]
    """

    def __init__(self, read: Callable[[int], str], place: str) -> None:
        self._read, self._place = read, place
        self._text, self._at, self._line = "", 0, 1

    def elements(self, path: Sequence[str]) -> Iterator[Any]:
        """The elements of the array at `path`, `[]` being the text itself; Unreadable with the line where it breaks."""
        for key in path:
            self._enter(key)
        if self.peek() != "[":
            raise self._no_list(path)
        self._take("[")
        yield from self._elements()
        if not path and self.peek():
            raise Unreadable(f"{self._place} goes on after the end of its list, at line {self._line_at(self._at)}. Export it again.")

    def _elements(self) -> Iterator[Any]:
        """Those of the array that has just begun, and past its end."""
        more = self.peek() != "]"
        while more:
            yield self.value()
            if more := self.peek() != "]":
                self._take(",")
        self._take("]")

    def lists(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int]]:
        """Where the object that is next holds lists of objects, and of how many, as far down as wrappers go.

        >>> import io
        >>> text = JsonText(io.StringIO('{"meta": {"pages": [1]}, "result": {"people": [{"id": 1}, {"id": 2}]}}').read, "file 'x.json'")
        >>> list(text.lists())
        [(('result', 'people'), 2)]
        """
        self._take("{")
        more = self.peek() != "}"
        while more:
            if self.peek() != '"':
                raise self._broken(self._at)
            inner = (*path, self.value())
            self._take(":")
            yield from self._lists_of_value(inner)
            if more := self.peek() != "}":
                self._take(",")
        self._take("}")

    def _lists_of_value(self, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
        """The same of a member's value."""
        begins = self.peek()
        if begins == "{" and len(path) < DEEPEST:
            yield from self.lists(path)
        elif begins == "[":
            self._take("[")
            if objects := sum(isinstance(element, dict) for element in self._elements()):
                yield path, objects
        else:
            self.value()

    def peek(self) -> str:
        """The next character that is no space; nothing at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def value(self) -> Any:
        """The next value, whatever it is."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._cut_off(error) or not self._more():
                    raise self._broken(len(self._text) if error.msg.startswith(_OPEN) else error.pos) from None
            except (RecursionError, ValueError):  # nested without end, or a number of thousands of digits
                raise self._broken(self._at) from None
            else:
                # Of a number, what was read so far may be a number too.
                if self._text[end : end + 1] in _AFTER_VALUE or not self._more():
                    self._at = end
                    return value

    def _enter(self, key: str) -> None:
        """Go to the value of `key` in the object that is next."""
        self._take("{")
        while self.peek() == '"':
            name = self.value()
            self._take(":")
            if name == key:
                return
            self.peek()
            self.value()
            if self.peek() != "}":
                self._take(",")
        if self.peek() != "}":
            raise self._broken(self._at)
        raise Unreadable(f"{self._place} has no '{key}' where connect.records looks for it. Set connect.records.")

    def _no_list(self, path: Sequence[str]) -> Unreadable:
        """Where a list should be: what is there instead, or that it is broken."""
        where = f"at '{'.'.join(path)}'" if path else "at its top"
        what, last = self._whole_value()
        if not path and not last:
            goes_on = f"goes on after it, at line {self._line_at(self._at)}"
            return Unreadable(f"{self._place} holds {what} and {goes_on}. Export it as a list, or as one object a line.")
        todo = "Export it as a list of objects."
        if path or what == "an object":
            todo = "Set connect.records to where the list is, for example data.customers."
        return Unreadable(f"{self._place} holds {what} {where}, not a list of records. {todo}")

    def _whole_value(self) -> tuple[str, bool]:
        """What the next value is called, and whether nothing comes after it; Unreadable where it is broken."""
        try:
            return called(self.value()), not self.peek()
        except _TooLong:
            return "an object", True  # nothing else is that long; whether it is whole is not known

    def _take(self, character: str) -> None:
        if self.peek() != character:
            raise self._broken(self._at)
        self._at += 1

    def _more(self) -> bool:
        """Read on, forgetting what is done; the piece grows with what is held, so that long values are not read over and over."""
        held = len(self._text) - self._at
        piece = self._read(max(PIECE, held))
        if piece:
            self._line += self._text.count("\n", 0, self._at)
            self._text, self._at = self._text[self._at :] + piece, 0
        if held > LONGEST:
            raise _TooLong(f"{self._place} holds a record of more than {LONGEST >> 20} MB at line {self._line}, or is broken there.")
        return bool(piece)

    def _cut_off(self, error: json.JSONDecodeError) -> bool:
        return error.msg.startswith(_OPEN) or error.pos >= len(self._text) - TAIL

    def _broken(self, at: int) -> Unreadable:
        what = "ends too early" if at >= len(self._text) else "is not valid JSON"
        return Unreadable(f"{self._place} {what} at line {self._line_at(at)}. Export it again.")

    def _line_at(self, at: int) -> int:
        """The line, from 1, of a place in what is held."""
        return self._line + self._text.count("\n", 0, at)
