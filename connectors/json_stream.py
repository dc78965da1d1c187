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

_DECODER = json.JSONDecoder()
_OPEN = "Unterminated string"
_AFTER_VALUE = tuple(" \t\n\r,]}:")
_SPACE = re.compile(r"[ \t\n\r\ufeff]*")


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
            raise Unreadable(self._no_array(path))
        self._take("[")
        while self.peek() != "]":
            yield self.value()
            if self.peek() != "]":
                self._take(",")

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

    def _no_array(self, path: Sequence[str]) -> str:
        where = f"at '{'.'.join(path)}'" if path else "at its top"
        return f"{self._place} holds no list of records {where}. Set connect.records to where the list is, for example data.customers."

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
            raise Unreadable(f"{self._place} holds a record of more than {LONGEST >> 20} MB at line {self._line}, or is broken there.")
        return bool(piece)

    def _cut_off(self, error: json.JSONDecodeError) -> bool:
        return error.msg.startswith(_OPEN) or error.pos >= len(self._text) - TAIL

    def _broken(self, at: int) -> Unreadable:
        line = self._line + self._text.count("\n", 0, at)
        what = "ends too early" if at >= len(self._text) else "is not valid JSON"
        return Unreadable(f"{self._place} {what} at line {line}. Export it again.")
