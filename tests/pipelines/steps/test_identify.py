"""The ledger as the records at hand see it, and what is written back to it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from matching.identify import Ledger, Redirects, identify
from pipelines.steps.identify import changes_of, ledger_of, numbers_in
from pipelines.steps.places import Places
from warehouse import ledger as book

STATES = pa.table(
    {
        "golden_number": pa.array([4, 1, 2, 3], pa.int64()),
        "state": ["live", "live", "redirected", "retired"],
        "target": pa.array([None, None, 1, None], pa.int64()),
    }
)
EMPTY = pa.table({"record_id": pa.array([], pa.int64()), "golden_number": pa.array([], pa.int64())})


@given(st.lists(st.integers(0, 50), unique=True), st.lists(st.integers(0, 50)))
def test_places_are_where_the_numbers_stand(numbers: list[int], wanted: list[int]) -> None:
    """In any order, among none too; -1 for what is not there."""
    found = Places(np.array(numbers, np.int64)).of(np.array(wanted, np.int64)).tolist()
    assert found == [numbers.index(number) if number in numbers else -1 for number in wanted]


def test_the_published_ledger_is_seen_from_the_records_that_are_live_now() -> None:
    """Record 20 is gone and 40 is new; number 2 was record 30's until it was merged, 3 was record 20's. (Invariant 2)"""
    owners = pa.table({"record_id": pa.array([10, 20, 30], pa.int64()), "golden_number": pa.array([1, 4, 1], pa.int64())})
    retired = pa.table({"record_id": pa.array([30, 20], pa.int64()), "golden_number": pa.array([2, 3], pa.int64())})
    seen = ledger_of(book.Ledger(owners, STATES, retired, 5), np.array([30, 10, 40]))
    assert seen.owner.tolist() == [1, 1, -1]
    assert (seen.live.tolist(), seen.next_number) == ([1, 4], 5)
    assert (seen.retired_record.tolist(), seen.retired_number.tolist()) == ([0], [2])
    assert (seen.redirects.number.tolist(), seen.redirects.target.tolist()) == ([2], [1])


def test_an_empty_ledger_is_seen_as_one() -> None:
    """On the first run nobody owns anything."""
    seen = ledger_of(book.Ledger(EMPTY, STATES.slice(0, 0), EMPTY, 1), np.array([7, 8]))
    assert (seen.owner.tolist(), seen.live.tolist(), len(seen.redirects), seen.next_number) == ([-1, -1], [], 0, 1)


def test_numbers_of_one_state_come_in_order() -> None:
    """Whatever the order of the table."""
    assert [numbers_in(STATES, state).tolist() for state in ("live", "retired", "erased")] == [[1, 4], [3], []]


def test_what_happened_is_written_as_states_and_events() -> None:
    """1 takes in 2, 3 has nobody left, a newcomer gets 4: a state each, with a target only for the redirect. (Invariant 2)"""
    ledger = Ledger(owner=np.array([1, 1, 2, -1]), live=np.array([1, 2, 3]), next_number=4, redirects=Redirects())
    minted, states, events = changes_of(identify(np.array([0, 0, 0, 9]), ledger))
    assert minted.to_pylist() == [{"golden_number": 4, "golden_id": "C-00000004-2"}]
    assert sorted(map(tuple, (row.values() for row in states.to_pylist())), key=str) == [
        (2, "redirected", 1),
        (3, "retired", None),
        (4, "live", None),
    ]
    assert sorted(map(tuple, (row.values() for row in events.to_pylist())), key=str) == [
        ("merged", 2, 1),
        ("minted", 4, None),
        ("retired", 3, None),
    ]
