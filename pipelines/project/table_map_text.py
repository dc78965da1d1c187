"""The text of a table map: what was understood of tables, as a file that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from domain.attributes import Attribute
from domain.sources import ColumnMap
from pipelines.project.table_map import Columns, TableMap


def dump_map(table_map: TableMap, unique: Sequence[str], columns: Columns) -> str:
    """A map file that says the same, with these sources free of duplicates."""
    document: dict[str, Any] = {}
    for label, by_input in (("key", {name: plain(own) for name, own in table_map.key.items()}), ("source", dict(table_map.source))):
        if by_input:
            one = next(iter(by_input.values()))
            document[label] = one if len(by_input) == len(columns) and all(own == one for own in by_input.values()) else by_input
    document["unique"] = list(unique)
    attributes = {attribute.name: attribute for attribute in table_map.attributes}
    document["attributes"] = {one.target: entry(one, attributes.get(one.target), table_map) for one in table_map.maps}
    head = "# What the columns mean, for `onefold dedupe --map`; docs/commands.md says what can be written here.\n"
    return head + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, default_flow_style=None, width=140)


def entry(one: ColumnMap, attribute: Attribute | None, table_map: TableMap) -> dict[str, Any]:
    """One attribute as it is written."""
    written: dict[str, Any] = {}
    if one.read_as is None and attribute is not None:
        written = {"type": attribute.type} | ({"many": True} if attribute.many else {})
        written |= {"region": attribute.region} if attribute.region else {}
    if len(one.columns) > 1:
        written["from"] = [plain(names) for names in one.columns]
    else:
        written |= {"column": one.columns[0][0]} if len(one.columns[0]) == 1 else {"columns": list(one.columns[0])}
    written |= {
        key: value for key, value in (("format", one.format), ("as", one.read_as), ("order", one.order), ("split", one.split)) if value
    }
    return written | ({"parts": list(table_map.parts[one.target])} if one.read_as else {})


def plain(names: Sequence[str]) -> str | list[str]:
    """One column by itself, several as a list."""
    return names[0] if len(names) == 1 else list(names)
