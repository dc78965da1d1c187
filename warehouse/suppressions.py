"""Suppression: keyed hashes by which an erased customer is known when they come again; what they are hashes of is nobody's to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from warehouse.tables import erasure, golden_identity, suppression

Hashes = Mapping[str, set[bytes]]
"""By kind: `record` (a record key), `trait` (what the customer was called and when born, under that key), `person` (name and birth
date), `identity` (these and one contact) and `key` (tells with which key all of them were made)."""


def suppressed(connection: sa.Connection) -> dict[str, dict[bytes, int]]:
    """All hashes, by kind, with the golden number of the erased customer; of several the first."""
    rows = connection.execute(sa.select(suppression).order_by(suppression.c.golden_number.desc()))
    found: dict[str, dict[bytes, int]] = {}
    for row in rows:
        found.setdefault(row.kind, {})[row.hash] = row.golden_number
    return found


def suppress(connection: sa.Connection, number: int, hashes: Hashes) -> int:
    """Keep hashes of an erased customer, those that are not kept yet; returns how many."""
    known = {(row.kind, row.hash) for row in connection.execute(sa.select(suppression).where(suppression.c.golden_number == number))}
    fresh = sorted({(kind, one) for kind, all_ in hashes.items() for one in all_} - known)
    if fresh:
        connection.execute(suppression.insert(), [{"kind": kind, "hash": one, "golden_number": number} for kind, one in fresh])
    return len(fresh)


def lift(connection: sa.Connection, number: int) -> int:
    """Forget by what an erased customer is known; returns how many hashes there were."""
    of_customer = sa.and_(suppression.c.golden_number == number, suppression.c.kind != "key")
    return connection.execute(suppression.delete().where(of_customer)).rowcount


def erased_ids(connection: sa.Connection, numbers: Iterable[int]) -> dict[int, str]:
    """The golden id of each erased customer."""
    joined = erasure.join(golden_identity, golden_identity.c.golden_number == erasure.c.golden_number)
    rows = connection.execute(sa.select(erasure.c.golden_number, golden_identity.c.golden_id).select_from(joined))
    wanted = set(numbers)
    return {row.golden_number: row.golden_id for row in rows if row.golden_number in wanted}
