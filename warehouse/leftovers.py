"""Leftovers: what runs staged and did not make visible, because they were killed or held, or a gate stayed closed."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc
import sqlalchemy as sa

from warehouse.attribute_tables import golden_version, standard_record
from warehouse.bulk import read
from warehouse.database import Warehouse
from warehouse.ids import among, batches, first_free
from warehouse.publications import published_run
from warehouse.scrub import finish_erasures
from warehouse.tables import (
    cluster_member,
    crosswalk,
    golden_contact,
    golden_identity,
    identity_event,
    identity_state,
    outbox,
    record,
    related_cluster,
    relationship,
    renamed_record,
    scored_pair,
    source,
    source_record,
)
from warehouse.tables import run as runs
from warehouse.visibility import OPEN

LIVES_ON: sa.ColumnElement[int] = sa.literal_column(str(OPEN))  # spelled out: that is how SQLite recognises the index on ended rows


def remove_leftovers(warehouse: Warehouse) -> None:
    """Remove what is staged beyond the pointers, and reopen what it had ended. (Invariants 5, 9)

    Killed on the way, it is simply repeated.
    """
    with warehouse.connect() as connection:
        last, published = first_free(connection, runs.c.number) - 1, published_run(connection)
    for table in (source_record, *_generated(warehouse, standard_record(()))):
        _remove_unseen_records(warehouse, table, last)
    _remove_unseen_renames(warehouse)
    remove_unpublished(warehouse)
    for table in (cluster_member, related_cluster, scored_pair):
        _remove_superseded(warehouse, table, published)
    finish_erasures(warehouse)


def remove_unpublished(warehouse: Warehouse) -> None:
    """Undo all that is staged in the ledger and the golden tables."""
    with warehouse.connect() as connection:
        published = published_run(connection)
    remove_events(warehouse, after=published)
    for table in (crosswalk, identity_state, golden_contact, relationship, *_generated(warehouse, golden_version(()))):
        remove_staged(warehouse, table, after=published)
    _remove_where(warehouse, golden_identity, golden_identity.c.minted_run > published)
    _remove_where(warehouse, identity_event, identity_event.c.run > published)


def remove_events(warehouse: Warehouse, after: int) -> None:
    """Remove what runs later than `after` would tell consumers; their numbers are given again."""
    _remove_where(warehouse, outbox, outbox.c.run > after)


def _generated(warehouse: Warehouse, table: sa.Table) -> list[sa.Table]:
    """The table, if it has been made."""
    with warehouse.connect() as connection:
        return [table] if sa.inspect(connection).has_table(table.name) else []


def remove_staged(warehouse: Warehouse, table: sa.Table, after: int, within: sa.ColumnElement[bool] | None = None) -> None:
    """Undo in a versioned table what runs later than `after` staged and ended, of all rows or those `within`."""
    limits = () if within is None else (within,)
    _remove_where(warehouse, table, table.c.from_run > after, *limits)
    _reopen_where(warehouse, table, table.c.to_run > after, *limits)


def _remove_unseen_records(warehouse: Warehouse, table: sa.Table, last: int) -> None:
    """Of sources that did not go live in the last run; what earlier runs left was removed when it began."""
    _remove_where(warehouse, table, table.c.from_run >= last, _source_is_behind(table, table.c.from_run))
    _reopen_where(warehouse, table, table.c.to_run >= last, _source_is_behind(table, table.c.to_run))


def _remove_unseen_renames(warehouse: Warehouse) -> None:
    """New keys that were found in batches that did not go live."""
    behind = sa.select(1).where(record.c.record_id == renamed_record.c.new_id, source.c.live_run < renamed_record.c.run)
    unseen = behind.where(source.c.source_id == record.c.source_id).correlate(renamed_record)
    with warehouse.begin() as connection:
        connection.execute(renamed_record.delete().where(sa.exists(unseen)))


def _source_is_behind(table: sa.Table, run: sa.Column[Any]) -> sa.ColumnElement[bool]:
    of_record = sa.and_(record.c.record_id == table.c.record_id, source.c.source_id == record.c.source_id)
    return sa.exists(sa.select(1).where(of_record, source.c.live_run < run).correlate(table))


def _remove_superseded(warehouse: Warehouse, table: sa.Table, published: int) -> None:
    """Of what is derived, keep only what the publication rests on."""
    remove_staged(warehouse, table, after=published)
    _remove_where(warehouse, table, table.c.to_run < LIVES_ON, table.c.to_run <= published)


def _remove_where(warehouse: Warehouse, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> None:
    _in_batches(warehouse, table, table.delete(), conditions)


def _reopen_where(warehouse: Warehouse, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> None:
    _in_batches(warehouse, table, table.update().values(to_run=OPEN), (table.c.to_run < LIVES_ON, *conditions))


def _in_batches(warehouse: Warehouse, table: sa.Table, change: Any, conditions: tuple[sa.ColumnElement[bool], ...]) -> None:
    """Change the rows that meet the conditions, a short transaction at a time.

    Their numbers are looked up once: to search for each batch anew takes time that grows with the square of the rows.
    """
    number = next(column for column in table.primary_key.columns if column.name != "run")
    found = read(warehouse, sa.select(number).where(*conditions)).column(0)
    for part in batches(pc.unique(found)):
        with warehouse.begin() as connection:
            connection.execute(change.where(among(warehouse.dialect, number, part), *conditions))
