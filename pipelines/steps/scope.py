"""Scope: the customers that a run can have made other than they are published; only these are merged again. (Invariant 6)"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.records import Longs
from pipelines.steps.basis import publication_to_build_on
from pipelines.steps.session import Session
from warehouse.ledger import published_memberships
from warehouse.pins import ever_pinned
from warehouse.records import changed_since
from warehouse.runs import RunRow
from warehouse.staged import changed_memberships, relinked_records, staged_crosswalk, staged_states


@dataclass(frozen=True, slots=True)
class Scope:
    """Some golden numbers, and the records they hold."""

    publication: RunRow
    numbers: Longs
    now: Longs
    """Numbers of the records that are theirs as the run has staged it."""
    before: Longs
    """Those that are theirs in the publication."""


def touched_customers(session: Session) -> Scope | None:
    """The customers of whom a record, the membership or a linkage is other than published; None where all have to be merged.

    Those that were ever pinned are among them, for pins come, go and expire. All have to be merged where the project or the
    code is another, and where values age: then a new record makes all others older.
    """
    published = publication_to_build_on(session)
    if published is None or any(attribute.half_life for attribute in session.project.attributes):
        return None
    warehouse, run = session.warehouse, session.run
    crosswalk = staged_crosswalk(warehouse, run)
    changed = changed_since(warehouse, published.number)
    other = np.concatenate((changed, relinked_records(warehouse, run)))
    ids, golden = (crosswalk.column(name).to_numpy() for name in ("record_id", "golden_number"))
    numbers = np.unique(np.concatenate((golden[np.isin(ids, other)], changed_memberships(warehouse, run), pinned(session))))
    before = published_memberships(warehouse)
    held = before.filter(pc.is_in(before.column("golden_number"), value_set=pa.array(numbers)))
    homeless = changed[~np.isin(changed, ids)]  # merging tells of them
    now = np.concatenate((ids[np.isin(golden, numbers)], homeless))
    return Scope(published, numbers, now, held.column("record_id").to_numpy())


def pinned(session: Session) -> Longs:
    """The golden numbers that pins were ever set for, and those that they lead to now."""
    with session.warehouse.connect() as connection:
        numbers = np.array(sorted(ever_pinned(connection)), np.int64)
    if not len(numbers):
        return numbers
    states = staged_states(session.warehouse, session.run)
    led = states.filter(pc.is_in(states.column("golden_number"), value_set=pa.array(numbers))).column("target")
    return np.concatenate((numbers, led.drop_null().to_numpy()))
