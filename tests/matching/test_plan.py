"""Which keys pay for their work, and what probes meet in keys that are joined."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.choose import MANY, ProbedKey, Sample, choose
from matching.keys import Key, join, within
from matching.plan import met_together

RECORDS = 40
values = st.integers(1, 4).map(lambda number: number * 0x9E3779B97F4A7C15 % 2**64)
single = st.dictionaries(st.integers(0, RECORDS - 1), values, min_size=1)


def key_of_records(held: dict[int, int]) -> Key:
    rows = sorted(held)
    return Key("key", np.array(rows, np.int32), np.array([held[row] for row in rows], np.uint64), True)


@given(single, single, st.sets(st.integers(0, RECORDS - 1)))
def test_all_entries_with_a_value_that_a_probe_has_are_met(one, other, probes):
    """Whatever the values: what is met before keys are joined is part of the joined key, and holds every block with a probe."""
    a, b, probe = key_of_records(one), key_of_records(other), np.isin(np.arange(RECORDS), list(probes))
    whole, met = join("both", a, b, RECORDS), met_together("both", a, b, probe)
    entries, found = (set(zip(key.row.tolist(), key.value.tolist(), strict=True)) for key in (whole, met))
    wanted = {value for row, value in entries if probe[row]}
    assert {entry for entry in entries if entry[1] in wanted} <= found <= entries


@given(st.lists(st.integers(0, 2**64 - 1)), st.sets(st.integers(0, 2**64 - 1), min_size=1))
def test_values_are_found_among_others_by_all_of_their_bits(some, others):
    """Also where values begin with the same bits, so that the first look tells too little."""
    many = np.array([*some, *others, *(value ^ 1 for value in others)], np.uint64)
    expected = [int(value) in others for value in many]
    assert within(many, np.array(sorted(others), np.uint64)).tolist() == expected


def found_by(*keys: range) -> Sample:
    return Sample.of([ProbedKey((f"key {k}",), np.array(found, np.int64), np.zeros(1, np.int64)) for k, found in enumerate(keys)])


def test_a_key_that_pays_too_little_is_left_out_where_records_are_many():
    """A key finds one pair that is probably the same among ten thousand strangers, where the first finds a hundred among none."""
    sample = found_by(range(100), range(100, 10_101))
    probability = np.where(np.arange(10_101) <= 100, 1.0, 0.0)
    assert choose(sample, probability, 0.001, MANY, 10**9) == [0]
    assert choose(sample, probability, 0.001, 1_000, 10**9) == [0, 1]
