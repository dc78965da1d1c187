"""Standardising: raw rows become values with a status, by the source's map."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.attributes import Status
from domain.sources import ColumnMap, Source
from matching.records import NO_TIME
from matching.standardise import SEPARATOR, modified_times, standardise
from tests.matching.picture import attribute

GIVEN, FAMILY, FIRM = attribute("given_name"), attribute("family_name"), attribute("organisation")
BIRTH, EMAIL, PHONE = attribute("birth_date", "date_of_birth"), attribute("email", many=True), attribute("phone", many=True, region="US")
TEXTS = st.sampled_from(["Ann", "bob", "n/a", "", "1980-04-03", "ann@b.example", "12 Main St", "Łukasz"])
PLACE = [attribute("street"), attribute("city"), attribute("region"), attribute("postcode")]


def source(*maps: ColumnMap) -> Source:
    return Source("crm", "Sales", {}, ("no",), maps)


def one(name: str, *columns: str, **options: str) -> ColumnMap:
    return ColumnMap(name, (columns,), **options)


def shown(found, name: str):
    return found.values[name].to_pylist(), [Status(s).name.lower() for s in found.statuses[name]]


def test_every_value_is_valid_invalid_placeholder_or_missing():
    """Four birth dates: one good, one that is none, one that stands for none, one absent."""
    rows = pa.table({"dob": ["03/04/1980", "31/02/1980", "01/01/1900", None]})
    found = standardise(rows, source(one("birth_date", "dob", format="%d/%m/%Y")), [BIRTH])
    values, statuses = shown(found, "birth_date")
    assert [str(v) for v in values] == ["1980-04-03", "None", "None", "None"]
    assert statuses == ["valid", "invalid", "placeholder", "missing"]


def test_a_whole_name_is_parsed_into_its_parts():
    """`SMITH, JOHN` and a firm in one column."""
    rows = pa.table({"cust_nm": ["SMITH, JOHN", "Acme Widgets Ltd", None]})
    found = standardise(rows, source(one("name", "cust_nm", read_as="full_name")), [GIVEN, FAMILY, FIRM])
    assert shown(found, "given_name")[0] == ["John", None, None]
    assert shown(found, "family_name")[0] == ["Smith", None, None]
    assert shown(found, "organisation")[0] == [None, "Acme Widgets Ltd", None]


def test_a_whole_address_is_parsed_into_its_parts():
    """Street, town, state and ZIP in one cell."""
    rows = pa.table({"addr": ["12 Main St Apt 4, Springfield, IL 62704"]})
    found = standardise(rows, source(one("where", "addr", read_as="address")), PLACE)
    assert [shown(found, a.name)[0][0] for a in PLACE] == ["12 Main St Apt 4", "Springfield", "IL", "62704"]


def test_several_columns_and_several_values_in_a_cell_are_several_values():
    """Two telephone columns, e-mails separated by a semicolon; what is invalid is left out, what repeats is kept once."""
    mails = ["a@b.example; A@b.example;c@d.example", "not an address"]
    rows = pa.table({"home": ["206 555 0100", None], "work": ["(206) 555-0199", "call me"], "mails": mails})
    maps = source(ColumnMap("phone", (("home",), ("work",))), one("email", "mails", split=";"))
    found = standardise(rows, maps, [PHONE, EMAIL])
    assert shown(found, "phone") == (["+12065550100\x1f+12065550199", None], ["valid", "invalid"])
    assert shown(found, "email") == (["a@b.example\x1fc@d.example", None], ["valid", "invalid"])


def test_columns_are_joined_by_a_blank():
    """House number and street in two columns, one of them empty."""
    rows = pa.table({"no": ["12", None, None], "st": ["Main St", "Oak Ave", None]})
    found = standardise(rows, source(one("street", "no", "st")), PLACE[:1])
    assert shown(found, "street") == (["12 Main St", "Oak Ave", None], ["valid", "valid", "missing"])


def test_an_attribute_that_is_not_mapped_is_missing():
    """The source knows nothing of telephones."""
    found = standardise(pa.table({"fn": ["Ann"]}), source(one("given_name", "fn")), [GIVEN, PHONE])
    assert shown(found, "phone") == ([None], ["missing"])


@pytest.mark.parametrize(
    ("text", "format", "micros"),
    [
        ("1970-01-02", None, 86_400_000_000),
        ("1970-01-01T01:00:00+01:00", None, 0),
        ("1970-01-01 00:00:01", None, 1_000_000),
        ("1700000000", None, 1_700_000_000_000_000),
        ("1700000000000", None, 1_700_000_000_000_000),
        ("02.01.1970", "%d.%m.%Y", 86_400_000_000),
        ("yesterday", None, NO_TIME),
        (None, None, NO_TIME),
    ],
)
def test_times_of_change_are_read(text: str | None, format: str | None, micros: int):
    """ISO 8601, seconds or milliseconds since 1970, or the format given; anything else is not known."""
    assert modified_times(pa.array([text], pa.string()), format).tolist() == [micros]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=6))
def test_any_text_comes_to_a_status_and_no_value_holds_the_separator(texts):
    """Quotes, controls, emoji: lengths are kept, and a value is there exactly where the status is valid."""
    clean = [t.encode("utf-8", "replace").decode() for t in texts]
    rows = pa.table({"a": clean, "b": clean})
    maps = source(one("given_name", "a"), one("email", "b", split=";"), one("birth_date", "a"), one("street", "b"))
    attributes = [GIVEN, EMAIL, BIRTH, PLACE[0]]
    found = standardise(rows, maps, attributes)
    for a in attributes:
        values, statuses = shown(found, a.name)
        assert [v is not None for v in values] == [s == "valid" for s in statuses]
        if not a.many:
            assert not any(SEPARATOR in str(v) for v in values)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(["Ann", "bob", "n/a", "", "1980-04-03", "ann@b.example", "12 Main St", "Łukasz"]), min_size=2, max_size=8),
    st.integers(1, 7),
)
def test_batches_do_not_matter(texts, cut):
    """Standardising rows in two batches gives what one batch gives. (Invariant 6)"""
    attributes = [GIVEN, EMAIL, BIRTH, PLACE[0]]
    maps = source(*(one(a.name, "x") for a in attributes))
    whole = standardise(pa.table({"x": texts}), maps, attributes).table()
    parts = [standardise(pa.table({"x": part}), maps, attributes).table() for part in (texts[:cut], texts[cut:]) if part]
    assert pa.concat_tables(parts).to_pylist() == whole.to_pylist()
