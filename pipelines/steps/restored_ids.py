"""Restored ids: how every golden id stands when a past publication is restored, and what happens to it then."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.records import Longs
from pipelines.steps.identify import numbers_in
from pipelines.steps.places import Places
from warehouse.ledger import Ledger
from warehouse.versions import match

LIVE, REDIRECTED, RETIRED, ERASED = range(4)
STATES = pa.array(["live", "redirected", "retired", "erased"])
NOBODY = -1


def standings(now: Ledger, then: pa.Table, members: pa.Table) -> pa.Table:
    """golden_number, state and target of every id ever given, once the state `then` holds again with these `members`.

    An id stands as it stood then. One that was given since leads to the customer who then held most of the records that it held
    last (of equal shares, the oldest), and is retired where nobody held any. What is erased stays erased.

    >>> states = lambda *rows: pa.table({"golden_number": [r[0] for r in rows], "state": [r[1] for r in rows],
    ...     "target": pa.array([r[2] for r in rows], pa.int64())})
    >>> held = lambda *rows: pa.table({"record_id": [r[0] for r in rows], "golden_number": [r[1] for r in rows]})
    >>> three = states((1, "live", None), (2, "live", None), (3, "live", None))
    >>> now = Ledger(held((7, 1), (8, 2), (9, 3)), three, held((7, 1)).slice(0, 0), 4)
    >>> standings(now, states((1, "live", None)), held((7, 1), (8, 1))).slice(1).to_pydict()
    {'golden_number': [2, 3], 'state': ['redirected', 'retired'], 'target': [1, None]}
    """
    number = now.states.column("golden_number").to_numpy()
    known, was = codes(now.states), codes(then)
    place = Places(then.column("golden_number").to_numpy()).of(number)
    heir = heirs(now, members, number)
    state = np.where(place >= 0, was[place] if len(was) else RETIRED, np.where(heir == NOBODY, RETIRED, REDIRECTED))
    target = np.where(place >= 0, targets(then)[place] if len(was) else NOBODY, heir)
    lost = (state == REDIRECTED) & np.isin(target, numbers_in(now.states, "erased"))
    state, target = np.where(lost, RETIRED, state), np.where(lost, NOBODY, target)
    erased = known == ERASED
    state, target = np.where(erased, ERASED, state), np.where(erased, NOBODY, target)
    return pa.table({"golden_number": number, "state": STATES.take(pa.array(state)), "target": pa.array(target, mask=target == NOBODY)})


def codes(states: pa.Table) -> Longs:
    """The states as numbers."""
    return np.asarray(pc.index_in(states.column("state"), STATES), np.int64)


def targets(states: pa.Table) -> Longs:
    """Where redirects lead, -1 for what is no redirect."""
    return np.asarray(pc.fill_null(states.column("target"), NOBODY), np.int64)


def heirs(now: Ledger, members: pa.Table, number: Longs) -> Longs:
    """Of each golden id, who holds most of the records that it held last; -1: nobody holds any."""
    held = pa.concat_tables([now.crosswalk.select(["record_id", "golden_number"]), now.retired.select(["record_id", "golden_number"])])
    at = Places(members.column("record_id").to_numpy()).of(held.column("record_id").to_numpy())
    old = held.column("golden_number").to_numpy()[at >= 0]
    new = members.column("golden_number").to_numpy()[at[at >= 0]]
    pairs, count = np.unique(np.stack([old, new], axis=1), axis=0, return_counts=True)
    order = np.lexsort((pairs[:, 1], -count, pairs[:, 0]))
    best = order[np.flatnonzero(np.diff(pairs[order, 0], prepend=NOBODY))]
    place = Places(pairs[best, 0]).of(number)
    return np.where(place >= 0, pairs[best, 1][place] if len(best) else NOBODY, NOBODY)


def events_between(now: Ledger, states: pa.Table, members: pa.Table) -> pa.Table:
    """What happens to golden ids when they come to stand so: kind, golden_number, other; in order."""
    both = match(now.states, states, ["golden_number"])
    old, new = now.states.take(both.old), states.take(both.new)
    number, was, becomes = old.column("golden_number").to_numpy(), codes(old), codes(new)
    led, leads = targets(old), targets(new)
    revived = (was != LIVE) & (becomes == LIVE)
    merged = (was != REDIRECTED) & (becomes == REDIRECTED)
    moved_on = (was == REDIRECTED) & (becomes == REDIRECTED) & (led != leads)
    retired = (was != RETIRED) & (becomes == RETIRED)
    split = splits(now.crosswalk, members, number[revived])
    found = (
        ("revived", number[revived], led[revived]),
        ("split", split[:, 0], split[:, 1]),
        ("merged", number[merged], leads[merged]),
        ("redirected", number[moved_on], leads[moved_on]),
        ("retired", number[retired], np.full(int(retired.sum()), NOBODY)),
    )
    return pa.concat_tables(event_rows(kind, *numbers) for kind, *numbers in found)


def splits(before: pa.Table, members: pa.Table, revived: Longs) -> npt.NDArray[np.int64]:
    """Pairs of a golden id and a revived one that some of its records go back to."""
    both = match(before, members, ["record_id"])
    old, new = before.column("golden_number").to_numpy()[both.old], members.column("golden_number").to_numpy()[both.new]
    back = (old != new) & np.isin(new, revived)
    return np.unique(np.stack([old[back], new[back]], axis=1), axis=0).astype(np.int64).reshape(-1, 2)


def event_rows(kind: str, number: Longs, other: Longs) -> pa.Table:
    """Events of one kind, by number."""
    order = np.lexsort((other, number))
    other = other[order].astype(np.int64)
    kinds = pa.array([kind], pa.string()).take(pa.array(np.zeros(len(number), np.int64)))
    return pa.table({"kind": kinds, "golden_number": number[order].astype(np.int64), "other": pa.array(other, mask=other == NOBODY)})
