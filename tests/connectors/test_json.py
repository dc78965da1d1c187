"""JSON: arrays and lines, nested objects, and what is broken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.json_stream import JsonText
from domain.errors import SourceError

PEOPLE = [
    {"id": 1, "name": {"first": "Ann", "last": "O'Brien"}, "tags": ["a", None, "b"],
     "phones": [{"number": 12, "kind": "home"}, {"number": 34}]},
    {"id": 2, "name": {"first": "Bo"}, "vip": True, "balance": 12.0, "phones": []},
    {"id": 3, "name": None, "balance": 0.5},
]  # fmt: skip
FLAT = [
    {"id": "1", "name.first": "Ann", "tags": "a; b", "phones.number": "12; 34", "vip": None, "balance": None},
    {"id": "2", "name.first": "Bo", "tags": None, "phones.number": None, "vip": "true", "balance": "12"},
    {"id": "3", "name.first": None, "tags": None, "phones.number": None, "vip": None, "balance": "0.5"},
]


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        (json.dumps(PEOPLE), {}),
        (json.dumps(PEOPLE, indent=2), {}),
        ("\n".join(map(json.dumps, PEOPLE)), {}),
        ("\r\n".join(map(json.dumps, PEOPLE)) + "\r\n", {}),
        (json.dumps({"meta": {"n": 3}, "data": {"skip": [1, "]"], "customers": PEOPLE}, "after": 1}), {"records": "data.customers"}),
    ],
    ids=["array", "indented", "lines", "windows lines", "records"],
)
def test_nested_records_become_dotted_columns(tmp_path, pulled, text, settings):
    """Lists are joined, absent keys are null, whole numbers have no point."""
    (tmp_path / "c.json").write_text(text)
    assert pulled(kind="json", path="c.json", columns=list(FLAT[0]), **settings).rows == FLAT


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (json.dumps({"meta": {"n": 3}, "errors": [{"no": 1}], "data": {"people": PEOPLE}}), "data.people"),
        (json.dumps({"data": PEOPLE}, indent=1), "data"),
        (json.dumps(PEOPLE), None),
        ("\n".join(map(json.dumps, PEOPLE)), None),
        (json.dumps({"id": 1, "tags": ["a"]}), None),
        ('{"data": [{"id": 1}', None),
        ('{"a":' * 5_000, None),
        ('{"a.b": [{"id": 1}]}', None),
        ('{5: [{"id": 1}]}', None),
        ("", None),
    ],
)
def test_a_list_within_one_object_is_found(tmp_path, connect, text, where):
    """The longest list of objects; not in a list, not where there is an object a line, not in what is broken."""
    (tmp_path / "c.json").write_text(text)
    assert connect(kind="json", path="c.json").wrapped() == where


def test_columns_are_found_with_their_types(tmp_path, connect):
    """In the order in which they first occur."""
    (tmp_path / "c.json").write_text(json.dumps(PEOPLE))
    assert connect(kind="json", path="c.json").columns() == {
        "id": "integer", "name.first": "text", "name.last": "text", "tags": "text", "phones.number": "integer", "phones.kind": "text",
        "vip": "boolean", "balance": "number", "phones": "text", "name": "text",
    }  # fmt: skip


def test_a_column_that_occurs_only_far_down_is_a_column(tmp_path, pulled, connect):
    """An optional key is not missing because the first ten thousand records lack it."""
    rows = [{"id": n} for n in range(25_000)] + [{"id": 25_000, "dob": "1980-04-03"}]
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert pulled(kind="json", path="c.jsonl", columns=["dob"]).rows[-1] == {"dob": "1980-04-03"}
    with pytest.raises(SourceError, match=r"column 'mail' is not in file 'c.jsonl'; it has 'id', 'dob'. Set map.email."):
        next(connect(kind="json", path="c.jsonl").batches(["mail"]))


def test_a_broken_line_is_refused_with_its_number(tmp_path, pulled):
    """So is one that is no object, or holds what is not text; the others are read."""
    lines = [
        b'{"id": 1}',
        b'{"id": 2, "name": "A',
        b"",
        b"[4]",
        b'{"id": 5, "name": "caf\xe9"}',
        b'{"id": 6, "name": "\\ud800"}',
        b'{"id": 7}',
    ]
    (tmp_path / "c.json").write_bytes(b"\n".join(lines) + b"\n" + '{"id": 8, "name": "é"}\n'.encode() * 3)
    found = pulled(kind="json", path="c.json", columns=["id", "name"])
    assert found.numbers == [1, 7, 8, 9, 10]
    assert found.reasons == {
        2: "is not valid JSON at character 19",
        4: "is a list, not an object",
        5: "column 'name' holds bytes that are not text in the source's encoding",
        6: "column 'name' holds bytes that are not text in the source's encoding",
    }
    assert [refused.raw for refused in found.refused][:2] == ['{"id": 2, "name": "A', "[4]"]


def test_numbers_keep_all_their_digits(tmp_path, pulled):
    """A key of thirty digits is a key, not a floating-point number."""
    long = "123456789012345678901234567890"
    for text in (f'{{"id": {long}, "a": 18446744073709551616, "b": NaN}}\n', f'[{{"id": {long}, "a": 18446744073709551616, "b": NaN}}]'):
        (tmp_path / "c.json").write_text(text)
        assert pulled(kind="json", path="c.json").rows == [{"id": long, "a": "18446744073709551616", "b": None}]


def test_hostile_records_do_not_stop_the_others(tmp_path, pulled):
    """Nested without end, or a number as long as a book."""
    lines = ['{"id": 1}', '{"id": 2, "a": ' + "[" * 100_000 + "]" * 100_000 + "}", '{"id": ' + "9" * 10_000 + "}", '{"id": 4}']
    (tmp_path / "c.json").write_text("\n".join(lines))
    found = pulled(kind="json", path="c.json", columns=["id"])
    assert (found.numbers, set(found.reasons)) == ([1, 4], {2, 3})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[{"id": 1},\n{"id": 2},\n{"id": 3 "x"}]' + " " * 99, "is not valid JSON at line 3"),
        ('[{"id": 1},\n{"id": 2}', "ends too early at line 2"),
        ('[{"id": 1},\n{"id": "secret', "ends too early at line 2"),
        ('[{"id": 1}\n{"id": 2}]', "is not valid JSON at line 2"),
        ('{\n"data": [{"id": 1}]}', "holds an object at its top, not a list of records. Set connect.records"),
        (" \n", "is empty"),
        ("[" * 100_000, "is not valid JSON at line 1"),
    ],
    ids=["broken", "cut off", "cut in text", "no comma", "an object", "blank", "deep"],
)
def test_a_broken_array_is_an_error_with_its_line(tmp_path, connect, content, said):
    """And without its content."""
    (tmp_path / "c.json").write_text(content)
    with pytest.raises(SourceError) as error:
        list(connect(kind="json", path="c.json").batches(["id"]))
    assert f"file 'c.json' {said}" in str(error.value)
    assert "secret" not in str(error.value)


def test_records_that_are_not_where_they_are_looked_for(tmp_path, connect):
    """The setting to change is named."""
    (tmp_path / "c.json").write_text('{"data": {"customers": {"id": 1}}}')
    with pytest.raises(SourceError, match=r"has no 'people' where connect.records looks for it"):
        connect(kind="json", path="c.json", records="data.people").columns()
    with pytest.raises(SourceError, match=r"holds an object at 'data.customers', not a list of records\. Set connect\.records"):
        connect(kind="json", path="c.json", records="data.customers").columns()


def test_an_empty_list_has_no_rows_and_lacks_nothing(tmp_path, pulled):
    """That a source lost its rows is for its checks to say."""
    (tmp_path / "c.json").write_text("[]")
    assert pulled(kind="json", path="c.json", columns=["id"]).rows == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(values=st.lists(VALUES, max_size=6), indent=st.sampled_from([None, 1]), piece=st.integers(1, 40))
def test_an_array_is_read_the_same_however_it_arrives(values, indent, piece):
    """Where a piece of the text ends does not show."""
    text = json.dumps({"a": [0], "b": values}, indent=indent, ensure_ascii=False)
    pieces = iter([text[at : at + piece] for at in range(0, len(text), piece)])
    reader = JsonText(lambda _: next(pieces, ""), "file 'c.json'")
    assert list(reader.elements(["b"])) == values
