"""Comparing a whole table with the published one."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.versions import differences, match

KEYS = st.tuples(st.integers(-3, 3) | st.none(), st.sampled_from(["", "a", "é", None]))
TABLES = st.dictionaries(KEYS, st.integers(0, 2) | st.none(), max_size=12)


def table_of(rows: dict) -> pa.Table:
    return pa.table(
        {
            "number": pa.array([number for number, _ in rows], pa.int64()),
            "text": pa.array([text for _, text in rows], pa.string()),
            "value": pa.array(list(rows.values()), pa.int64()),
        }
    )


@given(TABLES, TABLES)
def test_rows_are_matched_by_their_keys(old, new):
    """As a dictionary would: the same keys on both sides, those of one side only, and which values differ."""
    before, after = table_of(old), table_of(new)
    found = match(before, after, ["number", "text"])
    keys_before, keys_after = list(old), list(new)
    assert [keys_before[at] for at in found.old] == [keys_after[at] for at in found.new]
    assert {keys_before[at] for at in found.old} == set(old) & set(new)
    assert {keys_before[at] for at in found.only_old} == set(old) - set(new)
    assert {keys_after[at] for at in found.only_new} == set(new) - set(old)
    differs = differences(before.take(found.old), after.take(found.new), ["value"])["value"]
    assert differs.tolist() == [old[keys_before[at]] != new[keys_before[at]] for at in found.old]


def test_a_key_that_occurs_twice_is_an_error():
    """Two rows of one key would overwrite each other: the caller has a bug."""
    twice = pa.table({"number": [1, 1]})
    with pytest.raises(ValueError, match="rows with the same number"):
        match(twice, twice, ["number"])
