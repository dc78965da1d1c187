"""Erasing: a person is taken out of every table, in every version, in the transaction that publishes it. (Invariants 7 and 10 yield to it)

All of it is one transaction: a process that dies leaves the person as they were, or erased. What is left then is what a
database file keeps of rows that are no more; that is `warehouse/scrub.py`'s.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from domain.runs import Run
from warehouse.acts import lock_acts
from warehouse.attribute_tables import golden_version, standard_record
from warehouse.audit import LOCK as AUDIT_LOCK
from warehouse.audit import erase_payloads
from warehouse.ids import among, batches
from warehouse.person import Mention, Person, acts_about, tasks_about
from warehouse.publications import published_run
from warehouse.runs import require_running
from warehouse.tables import (
    adopted_id,
    adopted_record,
    cluster_member,
    crosswalk,
    decision,
    erasure,
    golden_contact,
    identity_state,
    pin,
    publication,
    quarantine,
    record,
    related_cluster,
    relationship,
    renamed_record,
    scored_pair,
    source_record,
    steward_task,
)
from warehouse.visibility import OPEN, visible

GONE = "erased"
"""Stands where a person's words or values stood."""


@dataclass(frozen=True, slots=True)
class Touch:
    """Those of others whom an erasure leaves with less to be held against."""

    neighbours: tuple[int, ...]
    """Numbers of other records of which a pair with one of the person's was kept."""
    related: bool
    """Whether the person belonged together with somebody."""


def touch_of(connection: sa.Connection, person: Person) -> Touch:
    """Whom the next match has to look at again, once a person is gone."""
    published, dialect = published_run(connection), connection.dialect.name
    sides = (scored_pair.c.left_id, scored_pair.c.right_id)
    found = set[int]()
    for own, other in (sides, sides[::-1]):
        pairs = sa.select(other).where(among(dialect, own, person.ids), visible(scored_pair, published))
        found |= set(connection.scalars(pairs))
    left, right = (among(dialect, side, person.ids) for side in (related_cluster.c.left_id, related_cluster.c.right_id))
    related = sa.select(sa.func.count()).select_from(related_cluster).where(sa.or_(left, right), visible(related_cluster, published))
    return Touch(tuple(sorted(found - person.records.keys())), connection.scalar(related) != 0)


def publish_erasure(connection: sa.Connection, run: Run, note: str) -> None:
    """Publish what is published, without somebody: the rest stays what it was, and rests on the records that it rested on."""
    require_running(connection, run)
    before = connection.execute(sa.select(publication).where(publication.c.run == published_run(connection))).mappings().one()
    kept = {**before, "rests_on": before["rests_on"] or before["restored_run"] or before["run"]}
    moment = max(run.started_at, before["published_at"] + timedelta(microseconds=1))
    connection.execute(publication.insert().values(kept | {"run": run.number, "published_at": moment, "note": note}))


def note_erasure(connection: sa.Connection, run: Run, person: Person, by: str, reason: str) -> None:
    """Keep the proof."""
    proof = {"golden_number": person.number, "run": run.number, "erased_at": run.started_at, "erased_by": by, "reason": reason}
    done = None if connection.dialect.name == "sqlite" else run.started_at
    connection.execute(erasure.insert().values(**proof, records=len(person.records), finished_at=done))


def erase_person(
    connection: sa.Connection, run: Run, person: Person, values: Sequence[str], telling: Sequence[str], refused: Sequence[int]
) -> None:
    """Take a person out of every table. `values`: all that they had, as text; `telling`: those of them that nobody else has.

    `refused` are their rows in quarantine.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    else:  # a steward who decides now waits, and then finds the records gone; whoever acts locks the log last, so here too
        lock_acts(connection)
        connection.execute(sa.text("LOCK TABLE decision, pin, steward_task IN SHARE ROW EXCLUSIVE MODE"))
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(AUDIT_LOCK)))
    mention = Mention(person, telling)
    others = _other_holders(connection, person)
    _forget_acts(connection, run, mention)
    for table, column, numbers in _rows(person):
        _delete(connection, table, column, numbers)
    _delete(connection, quarantine, quarantine.c.quarantine_id, refused)
    _clear_pins(connection, run, person)
    _clear_values(connection, person)
    _clear_contacts(connection, others, values)
    tokens = {number: f"{GONE}-{secrets.token_hex(16)}" for number in person.records}
    _rename_decided(connection, person, tokens, mention)
    _rename(connection, tokens)


def _rows(person: Person) -> Iterator[tuple[sa.Table, sa.Column[Any], Sequence[int]]]:
    """The tables whose rows go, and by which numbers."""
    golden = golden_version(())
    for table in (source_record, standard_record(()), crosswalk, cluster_member):
        yield table, table.c.record_id, person.ids
    for table in (scored_pair, related_cluster):
        yield from ((table, table.c[side], person.ids) for side in ("left_id", "right_id"))
    yield from ((renamed_record, renamed_record.c[side], person.ids) for side in ("new_id", "old_id"))
    for table in (golden, golden_contact, crosswalk, adopted_id, adopted_record):
        yield table, table.c.golden_number, person.numbers
    yield from ((relationship, relationship.c[side], person.numbers) for side in ("left_number", "right_number"))


def _delete(connection: sa.Connection, table: sa.Table, column: sa.Column[Any], numbers: Sequence[int]) -> None:
    for part in batches(list(numbers)):
        connection.execute(table.delete().where(among(connection.dialect.name, column, part)))


def _other_holders(connection: sa.Connection, person: Person) -> list[int]:
    """The golden numbers of others who have held one of the records before."""
    ever = sa.select(crosswalk.c.golden_number).where(among(connection.dialect.name, crosswalk.c.record_id, person.ids))
    return sorted(set(connection.scalars(ever)) - set(person.numbers))


def _forget_acts(connection: sa.Connection, run: Run, mention: Mention) -> None:
    """Empty the tasks about the person, and what the audit log says exactly was done."""
    for number in tasks_about(connection, mention):
        closed = sa.func.coalesce(steward_task.c.closed_run, run.number)
        empty = {"subject": f"{GONE} {number}", "payload": {}, "state": "done", "closed_run": closed}
        connection.execute(steward_task.update().where(steward_task.c.task_id == number).values(**empty))
    erase_payloads(connection, acts_about(connection, mention))


def _clear_pins(connection: sa.Connection, run: Run, person: Person) -> None:
    """Pins lose value and reason, and hold no more."""
    undone = {"undone_by": sa.func.coalesce(pin.c.undone_by, GONE), "undone_reason": GONE}
    cleared = {"value": None, "reason": GONE, **undone, "undone_at": sa.func.coalesce(pin.c.undone_at, run.started_at)}
    connection.execute(pin.update().where(among(connection.dialect.name, pin.c.golden_number, person.numbers)).values(**cleared))


def _clear_values(connection: sa.Connection, person: Person) -> None:
    """Golden records of others, from when they held one of the records, lose the values that they had from it."""
    names = [column["name"] for column in sa.inspect(connection).get_columns("golden_version")]
    for origin in (name for name in names if name.endswith("_from")):
        own = origin.removesuffix("_from")
        emptied = [name for name in names if name in (own, origin, f"{own}_rule", f"{own}_position") or name.startswith(f"{own}__")]
        table = sa.table("golden_version", *(sa.column(name) for name in emptied))
        theirs = among(connection.dialect.name, sa.column(origin, sa.BigInteger), person.ids)
        connection.execute(sa.update(table).where(theirs).values(dict.fromkeys(emptied)))


def _clear_contacts(connection: sa.Connection, others: Sequence[int], values: Sequence[str]) -> None:
    """What others had beside their golden values when they held one of the records, and do not have now."""
    if not others:
        return
    of_others = among(connection.dialect.name, golden_contact.c.golden_number, others)
    same = among(connection.dialect.name, golden_contact.c.value, values)
    connection.execute(golden_contact.delete().where(of_others, same, golden_contact.c.to_run < OPEN))


def _rename_decided(connection: sa.Connection, person: Person, tokens: Mapping[int, str], mention: Mention) -> None:
    """Decisions name the records by their new keys; what was said of the person, in the whole act, goes."""
    numbers = {(key.source, key.key): number for number, key in person.records.items()}
    acts = dict[str, bool]()
    for row in connection.execute(sa.select(decision)).all():
        sides = {"left": (row.left_source, row.left_key), "right": (row.right_source, row.right_key)}
        named = {side: numbers[key] for side, key in sides.items() if key in numbers}
        if named:
            acts[row.group_id] = mention.text(row.group_id)
            renamed = {f"{side}_key": tokens[number] for side, number in named.items()} | {f"{side}_content": None for side in named}
            connection.execute(decision.update().where(decision.c.id == row.id).values(**renamed))
    for act, telling in acts.items():
        undone = sa.case((decision.c.undone_reason.is_(None), None), else_=GONE)
        forgotten = {"reason": GONE, "undone_reason": undone} | ({"group_id": f"{GONE}-{secrets.token_hex(8)}"} if telling else {})
        connection.execute(decision.update().where(decision.c.group_id == act).values(**forgotten))


def _rename(connection: sa.Connection, tokens: Mapping[int, str]) -> None:
    """Record keys become random: the numbers stay, for no number is given twice."""
    if tokens:
        renamed = record.update().where(record.c.record_id == sa.bindparam("number")).values(key=sa.bindparam("token"))
        connection.execute(renamed, [{"number": number, "token": token} for number, token in tokens.items()])


def erased_at(connection: sa.Connection, number: int) -> datetime | None:
    """When a golden customer was erased, if it was, or the one that it led to."""
    run = connection.scalar(
        sa.select(identity_state.c.from_run).where(identity_state.c.golden_number == number, identity_state.c.state == "erased")
    )
    return None if run is None else connection.scalar(sa.select(erasure.c.erased_at).where(erasure.c.run == run))
