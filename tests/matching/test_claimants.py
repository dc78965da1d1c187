"""Golden ids where an act of a steward was taken back: they claim with the records they held before it. (Invariant 2)"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.identify import NOBODY, EventKind, Ledger, Redirects, identify

MERGED = Ledger(
    owner=np.array([1, 1, 1]),
    live=np.array([1]),
    retired_record=np.array([1, 2]),
    retired_number=np.array([2, 2]),
    redirects=Redirects(np.array([2]), np.array([1])),
    next_number=3,
)
"""2, two records, was merged into 1, one record."""
APART = np.array([0, 5, 5])


def test_by_itself_an_id_stays_with_most_of_its_records() -> None:
    """A customer falls apart: 1 goes with the two records, and the one is somebody new."""
    assert identify(APART, MERGED).golden.tolist() == [3, 1, 1]


def test_taken_back_each_id_returns_to_whom_it_named() -> None:
    """2 lives again, 1 has its one record; nobody is new, and 1 answers with both, as after any split."""
    found = identify(APART, replace(MERGED, claimant=np.array([1, 2, 2])))
    assert found.golden.tolist() == [1, 2, 2]
    assert (found.events.of(EventKind.REVIVED), found.events.of(EventKind.SPLIT)) == ([(2, 1)], [(1, 2)])
    assert (len(found.minted), len(found.retired), len(found.redirects)) == (0, 0, 0)


def test_an_id_that_came_with_the_act_leads_to_who_has_its_records() -> None:
    """1 was split into 1 and 5; taken back, 5 leads to 1 and is not retired."""
    split = Ledger(owner=np.array([1, 5, 5]), live=np.array([1, 5]), next_number=6, claimant=np.array([1, 1, 1]))
    found = identify(np.array([7, 7, 7]), split)
    assert found.golden.tolist() == [1, 1, 1]
    assert (found.events.of(EventKind.MERGED), len(found.retired)) == ([(5, 1)], 0)


NUMBERS = st.sampled_from([NOBODY, 1, 2, 3, 4, 5, 6])


@given(st.lists(st.tuples(st.integers(0, 4), NUMBERS, NUMBERS), min_size=1, max_size=12), st.sets(st.integers(4, 6)))
def test_whoever_claims_every_cluster_has_one_number_of_its_own(rows: list[tuple[int, int, int]], redirected: set[int]) -> None:
    """Whatever the claims: no number for two clusters, every live id lives on, leads to a living one or is retired. (Invariants 1, 2)"""
    label, owner, claimant = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    live = np.array(sorted({1, 2, 3, *(number for number in (4, 5, 6) if number not in redirected)}), np.int64)
    owner = np.where(np.isin(owner, live), owner, NOBODY)
    redirects = Redirects(np.array(sorted(redirected), np.int64), np.ones(len(redirected), np.int64))
    found = identify(label, Ledger(owner, live, redirects=redirects, next_number=7, claimant=claimant))
    assert len(set(found.numbers.tolist())) == len(found.numbers) == len(set(label.tolist()))
    ended = set(found.redirects.number.tolist()) | set(found.retired.tolist())
    assert set(live.tolist()) <= set(found.numbers.tolist()) | ended
    assert not set(found.numbers.tolist()) & ended
    assert set(found.redirects.target.tolist()) <= set(found.numbers.tolist())
    assert set(found.revived.tolist()) <= redirected & set(found.numbers.tolist())
    assert set(found.numbers.tolist()) <= set(live.tolist()) | set(found.revived.tolist()) | set(found.minted.tolist())
