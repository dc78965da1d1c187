"""Taken back: where a steward's act was undone, golden ids go back to whom they named before it.

See docs/decisions/0028-stewards-acts.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np

from matching.identify import NOBODY
from matching.records import Longs
from pipelines.steps.lookup import Connection
from pipelines.steps.places import Places
from warehouse.database import Warehouse
from warehouse.undone import UndoneAct, last_published_at, owners_as_of, published_before, undone_acts, undone_since_publication


def claimants(warehouse: Warehouse, ids: Longs, owner: Longs, erased: Longs) -> Longs | None:
    """The golden number for which each record counts when clusters are claimed; none: nothing was taken back since the publication.

    For the records of the customers that an undone act was about it is the number that held them before the act, and before all
    acts which overlapped it and were undone as well; for all others it is the `owner`. `ids` are record numbers.
    """
    with warehouse.connect() as connection:
        if not undone_since_publication(connection):
            return None
        place, claimant = Places(ids), owner.copy()
        for acts in together(connection, undone_acts(connection), place, owner):
            before = published_before(connection, min(acts, key=lambda act: act.first))
            named = place.of(np.array(sorted(set().union(*(act.records for act in acts))), np.int64))
            earlier = held_before(connection, ids[named[named >= 0]], before)
            touched = np.isin(owner, np.unique([*owner[named[named >= 0]], *earlier.values()]))
            held = held_before(connection, ids[touched & (owner != NOBODY)], before)
            claimant[touched & (owner != NOBODY)] = [held.get(number, NOBODY) for number in ids[touched & (owner != NOBODY)].tolist()]
    gone = np.isin(claimant, erased)
    claimant[gone] = owner[gone]
    return claimant


def held_before(connection: Connection, ids: Longs, run: int) -> Mapping[int, int]:
    """The golden number that held each record at a publication."""
    table = owners_as_of(connection, ids.tolist(), run)
    return dict(zip(table.column("record_id").to_pylist(), table.column("golden_number").to_pylist(), strict=True))


def together(connection: Connection, acts: Sequence[UndoneAct], place: Places, owner: Longs) -> list[list[UndoneAct]]:
    """The acts undone since the publication, each with all undone ones that overlapped it in time and in whom they were about."""
    last = last_published_at(connection)
    about = {act.act: customers(act, place, owner) for act in acts}
    by_customer: dict[int, list[UndoneAct]] = {}
    for act in acts:
        for number in about[act.act]:
            by_customer.setdefault(number, []).append(act)
    found: list[list[UndoneAct]] = []
    seen: set[str] = set()
    for act in acts:
        if act.act not in seen and last is not None and act.undone_at > last:
            group, waiting = [], [act]
            seen.add(act.act)
            while waiting:
                group.append(one := waiting.pop())
                near = chain.from_iterable(by_customer[number] for number in about[one.act])
                fresh = {other.act: other for other in near if other.act not in seen and one.overlaps(other)}
                seen |= fresh.keys()
                waiting += fresh.values()
            found.append(group)
    return found


def customers(act: UndoneAct, place: Places, owner: Longs) -> set[int]:
    """The golden numbers that hold the records of an act now."""
    at = place.of(np.array(sorted(act.records), np.int64))
    return set(owner[at[at >= 0]].tolist()) - {NOBODY}
