"""The audit log: every way of changing it afterwards is found out, and erasing a payload is none of them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse import audit
from warehouse.audit import broken, entries, entry_hash, erase_payloads, record_act, verify
from warehouse.database import Warehouse
from warehouse.tables import audit_entry, audit_payload

AT = datetime(2026, 11, 22, 10, 30, 0, 123456, tzinfo=UTC)
ACTS = (
    ("ruth", "merge", "C-1 C-2", {"reason": "she asked them"}),
    ("onefold run", "publish", "run 2", {"events": {"merged": 1}}),
    ("omar", "pin", "C-1", {"attribute": "email", "value": "ann@lee.example"}),
    ("ruth", "undo", "C-1 C-2", {"reason": "they are sisters"}),
    ("ruth", "erase", "C-3", {"reason": "her letter of 3 May"}),
)


@pytest.fixture
def log(warehouse: Warehouse) -> Warehouse:
    """A warehouse in which five things were done, a minute apart."""
    with warehouse.begin() as connection:
        for minute, act in enumerate(ACTS):
            record_act(connection, AT + timedelta(minutes=minute), *act)
    return warehouse


def found(warehouse: Warehouse, expect: str | None = None) -> list[str]:
    with warehouse.connect() as connection:
        return list(verify(connection, expect).faults)


def last_hash(warehouse: Warehouse) -> str:
    with warehouse.connect() as connection:
        return verify(connection).last_hash


def change(warehouse: Warehouse, *statements: sa.Executable) -> None:
    with warehouse.begin() as connection:
        for statement in statements:
            connection.execute(statement)


def test_who_did_what_when_is_told_newest_first(log: Warehouse) -> None:
    """All of it, or what was done to one subject."""
    with log.connect() as connection:
        told = entries(connection)
        assert [(one.actor, one.action, one.subject, one.payload) for one in reversed(told)] == list(ACTS)
        assert [one.at for one in told] == [AT + timedelta(minutes=minute) for minute in (4, 3, 2, 1, 0)]
        assert [one.sequence for one in entries(connection, "C-1")] == [4, 3, 1]
        assert [one.sequence for one in entries(connection, "run 2")] == [2]
        assert entries(connection, "C") == entries(connection, "%") == []
        assert [one.sequence for one in entries(connection, limit=2, before=4)] == [3, 2]


def test_a_log_that_nobody_touched_verifies(log: Warehouse) -> None:
    """It says how long it is, and which hash seals it; an empty one is sealed by the beginning."""
    with log.connect() as connection:
        whole = verify(connection)
    assert (whole.entries, whole.erased, whole.faults, whole.more_faults) == (5, 0, (), 0)
    assert len(whole.last_hash) == 64
    assert found(log, whole.last_hash) == found(log, whole.last_hash.upper()) == []


def test_an_empty_log_verifies(warehouse: Warehouse) -> None:
    """Unless somebody has noted that it was not empty."""
    assert found(warehouse) == found(warehouse, bytes(32).hex()) == []
    assert len(found(warehouse, "ab" * 32)) == 1


@pytest.mark.parametrize("column", ["at", "actor", "action", "subject", "payload_hash", "hash"])
def test_a_changed_entry_is_found(log: Warehouse, column: str) -> None:
    """Whatever of it was changed."""
    other = {"at": AT, "payload_hash": bytes(32), "hash": bytes(32)}.get(column, "somebody")
    change(log, audit_entry.update().where(audit_entry.c.sequence == 3).values({column: other}))
    assert any("entry 3" in fault or "entry 4" in fault for fault in found(log))


@pytest.mark.parametrize("column", ["key", "payload"])
def test_a_changed_payload_is_found(log: Warehouse, column: str) -> None:
    """What was done cannot be told otherwise afterwards."""
    other = {"key": bytes(32), "payload": {"reason": "she did not ask"}}[column]
    change(log, audit_payload.update().where(audit_payload.c.sequence == 1).values({column: other}))
    assert found(log) == ["what entry 1 says was done is not what was sealed"]


def test_a_payload_that_is_no_json_any_more_is_found(log: Warehouse) -> None:
    """Verifying does not break off."""
    change(log, sa.text("UPDATE audit_payload SET payload = '{' WHERE sequence = 2"))
    assert found(log) == ["what entry 2 says was done is not what was sealed"]


@pytest.mark.parametrize(("sequences", "sentence"), [((1,), "entry 1 is missing"), ((2, 3, 4), "entries 2 to 4 are missing")])
def test_a_deleted_entry_is_found(log: Warehouse, sequences: tuple[int, ...], sentence: str) -> None:
    """At the beginning or in between."""
    change(
        log,
        audit_payload.delete().where(audit_payload.c.sequence.in_(sequences)),
        audit_entry.delete().where(audit_entry.c.sequence.in_(sequences)),
    )
    assert found(log) == [sentence]


def test_a_deleted_entry_is_found_though_the_others_were_numbered_anew(log: Warehouse) -> None:
    """The hashes know their places."""
    change(log, audit_payload.delete(), audit_entry.delete().where(audit_entry.c.sequence == 2))
    for sequence in (3, 4, 5):
        change(log, audit_entry.update().where(audit_entry.c.sequence == sequence).values(sequence=sequence - 1))
    assert [fault.partition(" is not")[0] for fault in found(log)] == ["entry 2", "entry 3", "entry 4"]


def test_entries_that_changed_places_are_found(log: Warehouse) -> None:
    """The third and the fourth, with their hashes."""
    change(log, audit_payload.delete())
    for old, new in ((3, 99), (4, 3), (99, 4)):
        change(log, audit_entry.update().where(audit_entry.c.sequence == old).values(sequence=new))
    assert [fault.partition(" is not")[0] for fault in found(log)] == ["entry 3", "entry 4", "entry 5"]


def test_an_entry_that_was_slipped_in_is_found(log: Warehouse) -> None:
    """At the end, copied from another."""
    with log.begin() as connection:
        row = dict(connection.execute(sa.select(audit_entry).where(audit_entry.c.sequence == 2)).mappings().one())
        connection.execute(audit_entry.insert().values(row | {"sequence": 6}))
    assert [fault.partition(" is not")[0] for fault in found(log)] == ["entry 6"]


def test_an_end_that_was_cut_off_is_found_by_who_has_noted_the_last_hash(log: Warehouse) -> None:
    """The rest of the chain is whole, so only the noted hash tells."""
    noted = last_hash(log)
    change(log, audit_payload.delete().where(audit_payload.c.sequence == 5), audit_entry.delete().where(audit_entry.c.sequence == 5))
    assert found(log) == []
    assert found(log, noted) == ["no entry has the hash that was noted: the end was cut off, or the log was made anew"]


def test_a_log_that_was_made_anew_is_found_by_who_has_noted_a_hash(log: Warehouse) -> None:
    """Whoever may write can also compute hashes: the fourth entry is told otherwise, and the chain closed again."""
    noted = last_hash(log)
    with log.begin() as connection:
        rows = connection.execute(sa.select(audit_entry).order_by(audit_entry.c.sequence)).all()
        before = rows[2].hash
        for row in rows[3:]:
            before = entry_hash(before, row.sequence, row.at, "omar", row.action, row.subject, row.payload_hash)
            forged = audit_entry.update().where(audit_entry.c.sequence == row.sequence)
            connection.execute(forged.values(actor="omar", hash=before))
    assert found(log) == []
    assert len(found(log, noted)) == 1


def test_a_noted_hash_stays_good_while_the_log_grows(log: Warehouse) -> None:
    """It seals what was there then."""
    noted = last_hash(log)
    with log.begin() as connection:
        record_act(connection, AT, "ruth", "merge", "C-4 C-5", {})
    assert found(log, noted) == []


def test_payloads_are_erased_and_the_chain_still_verifies(log: Warehouse) -> None:
    """Who did something to whom and when stays, what exactly is gone with its key."""
    noted = last_hash(log)
    with log.begin() as connection:
        erase_payloads(connection, [1, 3])
    with log.connect() as connection:
        whole = verify(connection, noted)
        assert (whole.entries, whole.erased, whole.faults) == (5, 2, ())
        assert [one.payload for one in entries(connection, "C-1")] == [{"reason": "they are sisters"}, None, None]
        assert connection.scalar(sa.select(sa.func.count()).select_from(audit_payload)) == 3


def test_only_so_many_faults_are_told(log: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are counted."""
    monkeypatch.setattr(audit, "MOST_FAULTS", 2)
    change(log, audit_entry.update().values(actor="nobody"))
    with log.connect() as connection:
        whole = verify(connection)
    assert (len(whole.faults), whole.more_faults) == (2, 3)


def test_the_log_is_read_in_parts(log: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts smaller than the log come to the same, faults included."""
    monkeypatch.setattr(audit, "READ_ROWS", 2)
    assert found(log) == []
    change(log, audit_entry.update().where(audit_entry.c.sequence == 5).values(actor="nobody"))
    assert len(found(log)) == 1


def test_what_no_column_holds_is_a_fault_and_no_crash(file_warehouse: Warehouse) -> None:
    """SQLite keeps any value in any column."""
    with file_warehouse.begin() as connection:
        record_act(connection, AT, *ACTS[0])
        record_act(connection, AT, *ACTS[1])
    change(file_warehouse, sa.text("UPDATE audit_entry SET at = 'yesterday' WHERE sequence = 2"))
    assert found(file_warehouse) == ["an entry after 1 holds what Onefold never writes, and cannot be read"]


def test_an_act_that_is_rolled_back_leaves_no_entry(log: Warehouse) -> None:
    """It is written in the transaction of what it tells, and its number is given to the next."""
    with log.connect() as connection:
        before = entries(connection)

    def fail_after_the_act() -> None:
        with log.begin() as connection:
            record_act(connection, AT, "ruth", "merge", "C-7 C-8", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_the_act()
    with log.connect() as connection:
        assert entries(connection) == before
    with log.begin() as connection:
        assert record_act(connection, AT, "ruth", "merge", "C-8 C-9", {}) == 6
    assert found(log) == []


def test_acts_at_the_same_time_are_chained_one_after_the_other(log: Warehouse) -> None:
    """Four people with ten acts each: no number twice, no gap, one chain."""

    def act(name: str) -> None:
        for number in range(10):
            with log.begin() as connection:
                record_act(connection, AT, name, "pin", f"C-{number}", {"by": name})

    people = [threading.Thread(target=act, args=(name,)) for name in ("ann", "bob", "cleo", "dora")]
    for one in people:
        one.start()
    for one in people:
        one.join()
    with log.connect() as connection:
        whole = verify(connection)
    assert (whole.entries, whole.faults) == (45, ())


def test_a_run_does_not_hold_up_who_acts(log: Warehouse) -> None:
    """The lock of a run and that of the log are two: a person acts while a run holds the warehouse."""
    from warehouse.lock import run_lock

    done: list[int] = []

    def act() -> None:
        with log.begin() as connection:
            done.append(record_act(connection, AT, "ruth", "merge", "C-1 C-2", {}))

    with run_lock(log):
        person = threading.Thread(target=act, daemon=True)
        person.start()
        person.join(20)
    assert done == [6]


def test_a_moment_is_sealed_whatever_its_zone(log: Warehouse) -> None:
    """Kept in UTC, and without a zone it is refused."""
    with log.begin() as connection:
        record_act(connection, AT.astimezone(timezone(timedelta(hours=5, minutes=30))), "ruth", "merge", "C-1 C-2", {})
        with pytest.raises(ValueError, match="zone"):
            record_act(connection, AT.replace(tzinfo=None), "ruth", "merge", "C-1 C-2", {})
    assert found(log) == []
    with log.connect() as connection:
        assert entries(connection, limit=1)[0].at == AT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actor=st.text(st.characters(exclude_categories=[])), payload=st.dictionaries(st.text() | st.integers(), JSON, max_size=4))
def test_whatever_was_written_is_sealed_as_it_is_read_again(warehouse: Warehouse, actor: str, payload: dict[str, object]) -> None:
    """NULs, half characters, numbers as keys: the log takes them and verifies."""
    with warehouse.begin() as connection:
        record_act(connection, AT, actor, "pin", "C-1", {"given": payload})
    with warehouse.connect() as connection:
        assert broken(connection) == []
