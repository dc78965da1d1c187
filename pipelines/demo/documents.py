"""XML and JSON, written a column at a time: a record's text is its columns' texts side by side."""

from __future__ import annotations

from itertools import groupby

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo.tables import join

XML_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
JSON_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def xml_document(table: pa.Table, root: str, record: str) -> str:
    """A record element for each row; missing values have no element.

    >>> print(xml_document(pa.table({"@id": ["7"], "name/first": ["A & B"], "name/last": [None]}), "people", "person"))
    <?xml version="1.0" encoding="UTF-8"?>
    <people>
    <person id="7"><name><first>A &amp; B</first></name></person>
    </people>
    """
    texts = {name: _escaped(table[name].combine_chunks(), XML_ESCAPES) for name in table.column_names}
    attributes = [_around(f' {name[1:]}="', text, '"') for name, text in texts.items() if name.startswith("@")]
    elements = _elements({name: text for name, text in texts.items() if not name.startswith("@")})
    lines = pc.binary_join_element_wise(f"<{record}", *attributes, ">", *elements, f"</{record}>", "", null_handling="skip")
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', f"<{root}>", *lines.to_pylist(), f"</{root}>", ""])


def _elements(texts: dict[str, pa.StringArray]) -> list[pa.StringArray]:
    """The elements of one level; a column `email#2` is a second element of that name."""
    written = []
    for name, columns in groupby(texts, key=lambda path: path.split("/")[0]):
        inner = list(columns)
        content = texts[name] if inner == [name] else join(*_elements({path.split("/", 1)[1]: texts[path] for path in inner}), between="")
        tag = name.split("#")[0]
        written.append(_around(f"<{tag}>", content, f"</{tag}>"))
    return written


def json_lines(table: pa.Table) -> str:
    """An object for each row, one a line.

    >>> row = {"id": [7], "name.first": ['Al "X"'], "name.last": [None], "mails[]": ["a@b.c"], "mails[]#2": [None]}
    >>> print(json_lines(pa.table(row)), end="")
    {"id": 7, "name": {"first": "Al \\"X\\"", "last": null}, "mails": ["a@b.c"]}
    """
    lines = _object({name: _json_value(table[name].combine_chunks()) for name in table.column_names})
    return "\n".join([*lines.to_pylist(), ""])


def _object(texts: dict[str, pa.StringArray]) -> pa.StringArray:
    members = []
    for name, columns in groupby(texts, key=lambda path: path.split("#")[0].split(".")[0]):
        inner = list(columns)
        if name.endswith("[]"):
            held = [pc.if_else(pc.equal(texts[path], "null"), pa.scalar(None, pa.string()), texts[path]) for path in inner]
            value = _around("[", pc.fill_null(join(*held, between=", "), ""), "]")
        elif inner == [name]:
            value = texts[name]
        else:
            value = _object({path.split(".", 1)[1]: texts[path] for path in inner})
        members.append(_around(f'"{name.removesuffix("[]")}": ', value, ""))
    return _around("{", join(*members, between=", "), "}")


def _json_value(column: pa.Array) -> pa.StringArray:
    is_text = pa.types.is_string(column.type)
    return pc.fill_null(_around('"', _escaped(column, JSON_ESCAPES), '"') if is_text else column.cast(pa.string()), "null")


def _escaped(column: pa.Array, escapes: dict[str, str]) -> pa.StringArray:
    text = column.cast(pa.string())
    for character, escape in escapes.items():
        text = pc.replace_substring(text, character, escape)
    return text


def _around(before: str, text: pa.StringArray, after: str) -> pa.StringArray:
    return pc.binary_join_element_wise(before, text, after, "")
