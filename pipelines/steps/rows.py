"""Rows on their way into the warehouse: their keys, their raw text, and the hash that tells a changed row from an unchanged one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

KEY_SEPARATOR = "|"
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
OTHER_CONTROL = [chr(code) for code in range(32) if chr(code) not in ESCAPES]


def record_keys(rows: pa.RecordBatch, columns: Sequence[str]) -> pa.StringArray:
    """The key of each row, without blanks around it; null where a part of it is missing.

    >>> record_keys(pa.record_batch({"a": ["1", " 2 ", ""], "b": ["x", "y", "z"]}), ["a", "b"]).to_pylist()
    ['1|x', '2|y', None]
    """
    parts = [pc.utf8_trim_whitespace(pc.replace_substring(rows.column(name), "\0", "")) for name in columns]
    parts = [pc.if_else(pc.equal(part, ""), pa.scalar(None, pa.string()), part) for part in parts]
    return parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, KEY_SEPARATOR)


def keys_in_raw(raws: Sequence[str], columns: Sequence[str]) -> pa.StringArray:
    """The keys of rows that could not be read, where what was read of them is a JSON object that holds theirs; else null.

    >>> keys_in_raw(['{"no": " 7 ", "name": "caf..."}', "8;Ann;;;"], ["no"]).to_pylist()
    ['7', None]
    """
    found = [_object(raw) for raw in raws]
    cells = {name: pa.array([_text(row.get(name)) for row in found], pa.string()) for name in columns}
    return record_keys(pa.record_batch(cells), columns)


def _object(raw: str) -> dict[str, object]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str | None:
    """A text, without halves of surrogate pairs."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def raw_json(rows: pa.RecordBatch) -> pa.StringArray:
    """Each row as a JSON object of its columns, in their order.

    >>> raw_json(pa.record_batch({"name": ['Ann "X"', None], "no": ["1", "2"]})).to_pylist()
    ['{"name":"Ann \\\\"X\\\\"","no":"1"}', '{"name":null,"no":"2"}']
    """
    members = []
    for name in rows.schema.names:
        label = escaped(pa.array([name]))[0].as_py()
        text = escaped(rows.column(name))
        members.append(pc.fill_null(pc.binary_join_element_wise(f'"{label}":"', text, '"', ""), f'"{label}":null'))
    return pc.binary_join_element_wise("{", pc.binary_join_element_wise(*members, ","), "}", "")


def escaped(text: pa.StringArray) -> pa.StringArray:
    """Text as it stands inside a JSON string."""
    for sign, written in ESCAPES.items():
        text = pc.replace_substring(text, sign, written)
    if pc.any(pc.match_substring_regex(text, r"[\x00-\x1f]")).as_py():
        for sign in OTHER_CONTROL:
            text = pc.replace_substring(text, sign, f"\\u{ord(sign):04x}")
    return text


def content_hashes(raw: pa.StringArray) -> pa.Array:
    """BLAKE2b of each raw row, 16 bytes."""
    return pa.array([hashlib.blake2b(row, digest_size=16).digest() for row in raw.cast(pa.binary()).to_pylist()], pa.binary())


class SeenKeys:
    """The keys a pull has met so far, and the number of the row that each came with first; sixteen bytes together."""

    def __init__(self) -> None:
        self.hashes, self.numbers = np.empty(0, np.uint64), np.empty(0, np.int64)

    def repeated(self, keys: pa.StringArray, numbers: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.bool_]:
        """Which keys were met before, in this batch or an earlier one; remembers them all, and `numbers` (0: not known)."""
        hashes = hashed(keys)
        again = np.asarray(pd.Series(hashes).duplicated().to_numpy() | (self._number(hashes) >= 0), dtype=bool)
        known = np.zeros(len(hashes), np.int64) if numbers is None else numbers
        both = np.concatenate((self.hashes, hashes[~again]))
        order = np.argsort(both, kind="stable")  # two runs, of which the first is in order already
        self.hashes, self.numbers = both[order], np.concatenate((self.numbers, known[~again]))[order]
        return again

    def has(self, keys: pa.StringArray) -> npt.NDArray[np.bool_]:
        """Which of these keys were met."""
        return np.asarray(self._number(hashed(keys)) >= 0, dtype=bool)

    def first_rows(self, keys: pa.StringArray) -> npt.NDArray[np.int64]:
        """The number of the row that each key came with first.

        >>> seen = SeenKeys()
        >>> seen.repeated(pa.array(["a", "b", "a"]), np.array([1, 2, 3])).tolist(), seen.first_rows(pa.array(["b", "a"])).tolist()
        ([False, False, True], [2, 1])
        """
        return self._number(hashed(keys))

    def _number(self, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """The number that goes with each hash, -1 where it was not met."""
        if not len(self.hashes):
            return np.full(len(hashes), -1, np.int64)
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return np.where(self.hashes[at] == hashes, self.numbers[at], -1)


def hashed(keys: pa.StringArray) -> npt.NDArray[np.uint64]:
    """Eight bytes for each key."""
    return np.asarray(pd.util.hash_array(keys.to_numpy(zero_copy_only=False), categorize=False), np.uint64)


WORD = r"[^\pL\pN]+"
"""What parts words, for Arrow's regular expressions."""
MOST_WORDS = 1_000_000


class UnreadRows:
    """The words of rows that could not be read: a record whose key is among them may be one of those rows."""

    def __init__(self) -> None:
        self.words = set[str]()

    def add(self, raws: Sequence[str]) -> None:
        """Note the words of some rows, as far as they were read; beyond `MOST_WORDS` any record may be one of them."""
        if len(self.words) <= MOST_WORDS:
            self.words |= set(pc.list_flatten(pc.split_pattern_regex(pa.array(raws, pa.string()), WORD)).to_pylist())

    def may_hold(self, keys: pa.StringArray) -> npt.NDArray[np.bool_]:
        """Of which keys all words were met.

        >>> unread = UnreadRows()
        >>> unread.add(["10/A;Ann;Lee;;"])
        >>> unread.may_hold(pa.array(["10/A", "10/B", "11"])).tolist()
        [True, False, False]
        """
        if not self.words or len(self.words) > MOST_WORDS:
            return np.full(len(keys), bool(self.words))
        words = pc.split_pattern_regex(keys, WORD)
        strange = ~np.asarray(pc.is_in(pc.list_flatten(words), pa.array(sorted(self.words))), dtype=bool)
        return np.asarray(np.bincount(np.asarray(pc.list_parent_indices(words))[strange], minlength=len(keys)) == 0)
