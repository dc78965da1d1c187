"""Objects within objects, addressed by dotted columns: `address.city`, and `phones.number` for each of a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def value_at(value: Any, column: str) -> Any:
    """What lies at a dotted path: of a list, the list of what lies there in each. A key that holds dots itself goes first.

    >>> person = {"name": "Ann", "address": {"city": "Bath"}, "phones": [{"number": 1}, {"number": 2}], "a.b": 3}
    >>> [value_at(person, column) for column in ("name", "address.city", "phones.number", "a.b", "address.street")]
    ['Ann', 'Bath', [1, 2], 3, None]
    """
    if isinstance(value, Mapping):
        if column in value:
            return value[column]
        first, dot, rest = column.partition(".")
        return value_at(value[first], rest) if dot and first in value else None
    if isinstance(value, list):
        return [value_at(each, column) for each in value]
    return None


def columns_of(records: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Every dotted column that occurs in these records, in the order of occurrence, with the values it has there.

    >>> columns_of([{"id": 1, "name": {"first": "Ann"}}, {"id": 2, "tags": ["a", "b"]}])
    {'id': [1, 2], 'name.first': ['Ann'], 'tags': [['a', 'b']]}
    """
    found: dict[str, list[Any]] = {}
    for record in records:
        for name, value in record.items():
            for column, leaf in _leaves(name, value):
                found.setdefault(column, []).append(leaf)
    return found


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for part, inner in value.items():
            yield from _leaves(f"{name}.{part}", inner)
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        for each in value:
            yield from _leaves(name, each)
    else:
        yield name, value
