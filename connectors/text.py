"""Typed cells as canonical text, so that a value reads the same whatever kind of source it came from.

Dates are `1980-04-03`, times `2026-03-01T12:00:00` (a zone becomes UTC, `+00:00`), whole numbers have no `.0`, booleans are
`true` and `false`, what is not a number at all (NaN) is null. Bytes stay bytes here: whoever builds the batch checks that they are UTF-8.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from types import NoneType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

JOINED_BY = "; "
"""Between the values of a list."""

WORDS: Mapping[type, str] = {
    str: "text", bytes: "binary", memoryview: "binary", bool: "boolean", int: "integer", float: "number", Decimal: "number",
    datetime: "timestamp", date: "date", time: "time",
}  # fmt: skip


def cells(values: Sequence[Any]) -> pa.Array:
    """Python values of one column as canonical text: a string array, or a binary one where the bytes are still to be checked.

    >>> from datetime import date, datetime
    >>> cells(["Ann", None]).to_pylist(), cells([1042.0, None, 0.5]).to_pylist(), cells([True, None]).to_pylist()
    (['Ann', None], ['1042', None, '0.5'], ['true', None])
    >>> cells([date(1980, 4, 3), datetime(2026, 3, 1, 12), ["a", 2], {"b": 1}]).cast(pa.string()).to_pylist()
    ['1980-04-03', '2026-03-01T12:00:00', 'a; 2', '{"b": 1}']
    """
    kinds = set(map(type, values)) - {NoneType}
    if not kinds:
        return pa.nulls(len(values), pa.string())
    if len(kinds) > 1:
        return _mixed(values, kinds)
    make = _MAKERS.get(kinds.pop(), _others)
    return make(values)


def text_of(column: pa.Array) -> pa.Array:
    """An Arrow column of any type as canonical text: a string array, or a binary one where the bytes are still to be checked.

    >>> text_of(pa.array([2065550100.0, 0.25, float("nan")])).to_pylist()
    ['2065550100', '0.25', None]
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return text_of(column.dictionary).take(column.indices)
    for is_kind, text in _TEXTS:
        if is_kind(kind):
            return text(column)
    return cells(column.to_pylist())


def word_of(kind: pa.DataType) -> str:
    """The type of an Arrow column in our words.

    >>> word_of(pa.int32()), word_of(pa.timestamp("ns")), word_of(pa.dictionary(pa.int8(), pa.string()))
    ('integer', 'timestamp', 'text')
    """
    if pa.types.is_dictionary(kind):
        return word_of(kind.value_type)
    return next((word for is_kind, word in _ARROW_WORDS if is_kind(kind)), "text")


def word_of_cells(values: Sequence[Any]) -> str:
    """The type that Python values of one column have in common, in our words.

    >>> word_of_cells([1, None]), word_of_cells([1, 2.5]), word_of_cells([1, "a"])
    ('integer', 'number', 'text')
    """
    words = {WORDS.get(kind, "text") for kind in set(map(type, values)) - {NoneType}}
    if words == {"integer", "number"}:
        return "number"
    return words.pop() if len(words) == 1 else "text"


def _mixed(values: Sequence[Any], kinds: set[type]) -> pa.Array:
    """Each type in a column of several is made text by itself, then put back in its place."""
    text: list[bytes | None] = [None] * len(values)
    for kind in kinds:
        places = [place for place, value in enumerate(values) if type(value) is kind]
        made = cells([values[place] for place in places]).cast(pa.binary())
        for place, value in zip(places, made.to_pylist(), strict=True):
            text[place] = value
    return pa.array(text, pa.binary())


def _strings(values: Sequence[str | None]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:  # half a surrogate pair: kept as the bytes it would have, which are no UTF-8
        return pa.array([None if value is None else value.encode("utf-8", "surrogatepass") for value in values], pa.binary())


def _whole(values: Sequence[int | None]) -> pa.Array:
    try:
        return text_of(pa.array(values, pa.int64()))
    except OverflowError:
        return _others(values)


def _decimals(values: Sequence[Decimal | None]) -> pa.Array:
    distinct = {value: _plain(value) for value in set(values) if value is not None}
    return pa.array([None if value is None else distinct[value] for value in values], pa.string())


def _plain(value: Decimal) -> str | None:
    """Digits without an exponent; a number whose zeros would fill a page keeps it."""
    if not value.is_finite():
        return None if value.is_nan() else str(value)
    if abs(value.adjusted()) > 1000:
        return str(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _lists(values: Sequence[Sequence[Any] | None]) -> pa.Array:
    return _strings([None if value is None else joined(value) for value in values])


def _objects(values: Sequence[Mapping[str, Any] | None]) -> pa.Array:
    return _strings([None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str) for value in values])


def _others(values: Sequence[Any]) -> pa.Array:
    return _strings([None if value is None else str(value) for value in values])


def joined(values: Sequence[Any]) -> str | None:
    """The texts of a list, however deep, joined by `; `; nothing where it holds none.

    >>> joined(["a", None, ["b", 3.0]]), joined([None])
    ('a; b; 3', None)
    """
    flat = list(_flat(values))
    if any(type(value) is not str for value in flat):
        made = cells(flat).cast(pa.binary()).to_pylist()
        flat = [value.decode("utf-8", "surrogateescape") for value in made if value is not None]
    return JOINED_BY.join(flat) if flat else None


def _flat(values: Sequence[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        elif value is not None:
            yield value


def _floats(column: pa.Array) -> pa.Array:
    number = column.cast(pa.float64())
    number = pc.if_else(pc.is_nan(number), pa.scalar(None, pa.float64()), number)
    # Beyond 2**63 no whole number fits an integer, and none is exact.
    whole = pc.and_(pc.equal(pc.floor(number), number), pc.less(pc.abs(number), 2.0**63))
    digits = pc.if_else(whole, number, 0.0).cast(pa.int64()).cast(pa.string())
    text = pc.if_else(whole, digits, column.cast(pa.string()))
    return pc.if_else(pc.is_valid(number), text, pa.scalar(None, pa.string()))


def _decimal_column(column: pa.Array) -> pa.Array:
    text = column.cast(pa.string())
    if pc.any(pc.match_substring(text, "E")).as_py():
        return _decimals(column.to_pylist())
    return _without_zeros(text)


def _without_zeros(text: pa.Array) -> pa.Array:
    """A fraction without the zeros at its end, and without its point where nothing is left of it."""
    return pc.replace_substring_regex(pc.replace_substring_regex(text, r"(\.\d*?)0+$", r"\1"), r"\.$", "")


def _timestamps(column: pa.Array) -> pa.Array:
    zone = column.type.tz is not None
    naive = column.cast(pa.timestamp(column.type.unit, "UTC")).cast(pa.timestamp(column.type.unit)) if zone else column
    text = pc.replace_substring(_without_zeros(naive.cast(pa.string())), " ", "T", max_replacements=1)
    return pc.binary_join_element_wise(text, "+00:00", "") if zone else text


def _is_bytes(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind) or types.is_fixed_size_binary(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


_TEXTS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], pa.Array]], ...] = (
    (pa.types.is_null, lambda column: pa.nulls(len(column), pa.string())),
    (pa.types.is_boolean, lambda column: column.cast(pa.string())),
    (pa.types.is_integer, lambda column: column.cast(pa.string())),
    (pa.types.is_floating, _floats),
    (pa.types.is_decimal, _decimal_column),
    (pa.types.is_date, lambda column: column.cast(pa.date32()).cast(pa.string())),
    (pa.types.is_timestamp, _timestamps),
    (pa.types.is_time, lambda column: _without_zeros(column.cast(pa.string()))),
    (_is_text, lambda column: column.cast(pa.binary())),
    (_is_bytes, lambda column: column.cast(pa.binary())),
)

_ARROW_WORDS: tuple[tuple[Callable[[pa.DataType], bool], str], ...] = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_integer, "integer"),
    (pa.types.is_floating, "number"),
    (pa.types.is_decimal, "number"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp"),
    (pa.types.is_time, "time"),
    (_is_bytes, "binary"),
)

_MAKERS: Mapping[type, Callable[[Sequence[Any]], pa.Array]] = {
    str: _strings,
    bytes: lambda values: pa.array(values, pa.binary()),
    memoryview: lambda values: pa.array([None if value is None else bytes(value) for value in values], pa.binary()),
    bool: lambda values: text_of(pa.array(values, pa.bool_())),
    int: _whole,
    float: lambda values: text_of(pa.array(values, pa.float64())),
    Decimal: _decimals,
    date: lambda values: text_of(pa.array(values, pa.date32())),
    datetime: lambda values: text_of(pa.array(values)),
    time: lambda values: text_of(pa.array(values)),
    list: _lists,
    tuple: _lists,
    dict: _objects,
}
