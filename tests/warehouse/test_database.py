"""Opening a warehouse, the two ways into it, and its versions."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from domain.decisions import Decision, Verdict
from domain.errors import WarehouseError
from domain.records import RecordKey
from warehouse.bulk import read
from warehouse.database import open_warehouse
from warehouse.decisions import active_decisions, append_decisions
from warehouse.migrate import REVISION, _config, downgrade, revision, upgrade
from warehouse.runs import start_run
from warehouse.tables import metadata, publication, run

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = sa.select(run.c.number)


def test_a_relative_path_starts_at_the_project(tmp_path):
    """`sqlite:///warehouse.db` is a file in the project's folder, in WAL mode."""
    opened = open_warehouse("sqlite:///warehouse.db", tmp_path)
    assert (tmp_path / "warehouse.db").exists()
    with opened.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_opening_again_changes_nothing(warehouse_url, tmp_path):
    """A warehouse that is there is opened as it is."""
    first = open_warehouse(warehouse_url, tmp_path)
    with first.begin() as connection:
        connection.execute(run.insert().values(number=1, id="a", status="running", started_at=EPOCH))
    first.close()
    second = open_warehouse(warehouse_url, tmp_path)
    with second.connect() as connection:
        assert connection.execute(NAMES).scalars().all() == [1]
    second.close()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:///missing/warehouse.db", "the warehouse's folder .*missing is not there"),
        ("sqlite://", "kept in an SQLite file or in PostgreSQL, not in sqlite://"),
        ("mysql://u:secret@h/db", r"not in mysql://u:\*\*\*@h/db"),
        ("no url at all", "URL cannot be read"),
        ("postgresql+psycopg://u:secret@127.0.0.1:1/db", r"u:\*\*\*@127.0.0.1:1/db cannot be opened: .*refused"),
        ("postgresql+psycopg://u:secret@nowhere.invalid/db", r"u:\*\*\*@nowhere.invalid/db cannot be opened"),
    ],
)
def test_a_warehouse_that_cannot_be_opened_says_so(tmp_path, url, told):
    """One sentence without the password, and where to look."""
    with pytest.raises(WarehouseError, match=told) as caught:
        open_warehouse(url, tmp_path)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "Check the line 'warehouse:' of the project file." in str(caught.value)


def test_a_wrong_password_is_told_without_it(postgres_url, tmp_path):
    """The server's word, not the password."""
    url = sa.make_url(postgres_url).set(password="wrong-secret").render_as_string(hide_password=False)
    with pytest.raises(WarehouseError, match="password authentication failed") as caught:
        open_warehouse(url, tmp_path)
    assert "wrong-secret" not in str(caught.value)


def test_a_postgresql_url_needs_no_driver(postgres_url, tmp_path):
    """`postgresql://` means the driver we use."""
    opened = open_warehouse(postgres_url.replace("postgresql+psycopg", "postgresql"), tmp_path)
    assert opened.dialect == "postgresql"
    assert "one" not in repr(opened).partition("@")[0].partition(":***")[2]
    opened.close()


def test_a_file_that_is_no_database_is_told(tmp_path):
    """A text file in its place is not overwritten."""
    (tmp_path / "warehouse.db").write_text("not a database at all, " * 100)
    with pytest.raises(WarehouseError, match="cannot be opened: file is not a database"):
        open_warehouse("sqlite:///warehouse.db", tmp_path)


def test_a_locked_file_is_told(tmp_path, monkeypatch):
    """A database that another program keeps locked is an error once the patience is over."""
    monkeypatch.setattr("warehouse.database.SQLITE_PRAGMAS", ("PRAGMA busy_timeout = 50",))
    other = sqlite3.connect(tmp_path / "warehouse.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(WarehouseError, match="cannot be opened: database is locked"):
        open_warehouse("sqlite:///warehouse.db", tmp_path)
    other.close()


@pytest.fixture
def nobody() -> Iterator[None]:
    """Root may write everywhere: be somebody else for once."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


@pytest.mark.parametrize(("part", "mode"), [("warehouse.db", 0o444), ("", 0o555)])
def test_what_may_not_be_written_to_is_told(nobody, part, mode):
    """A file or a folder that we may only read is an error before anything is tried."""
    with tempfile.TemporaryDirectory() as folder:
        open_warehouse("sqlite:///warehouse.db", Path(folder)).close()
        (Path(folder) / part).chmod(mode)
        with pytest.raises(WarehouseError, match=r" is read-only, and the warehouse must be written to: make it writable\."):
            open_warehouse("sqlite:///warehouse.db", Path(folder))
        Path(folder).chmod(0o755)


def test_a_newer_warehouse_is_not_touched(warehouse, warehouse_url, tmp_path):
    """A warehouse that newer code has made is refused, with what to do."""
    with warehouse.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(WarehouseError, match=f"has version 9999, and this Onefold knows {REVISION} at most: install the newer Onefold"):
        open_warehouse(warehouse_url, tmp_path)


def test_the_code_knows_the_newest_version():
    """The version that is opened without asking Alembic is the newest script's."""
    assert ScriptDirectory.from_config(_config()).get_current_head() == REVISION


def test_migrations_make_the_tables_that_the_code_knows(warehouse):
    """Tables, columns, types, constraints and indexes of the scripts are those of `warehouse.tables`."""
    with warehouse.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_filled_warehouse_migrates_down_and_up(story):
    """Down to nothing, generated tables and views among it, and up again."""
    story.whole_run({"crm": "1 Ann ann@a.org 1980-04-03"}, "1 crm:1")
    with story.warehouse.begin() as connection:
        downgrade(connection)
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
        assert sa.inspect(connection).get_view_names() == []
        upgrade(connection)
        assert revision(connection) == REVISION
        assert set(metadata.tables) < set(sa.inspect(connection).get_table_names())
    story.whole_run({"crm": "1 Ann ann@a.org 1980-04-03"}, "1 crm:1")
    assert story.golden() == "1 Ann crm:1"


@pytest.mark.parametrize("to", ["0004", "0003", "0002", "0001"])
def test_a_filled_warehouse_keeps_what_older_versions_know(story, to):
    """Down to an older version and up again: records, golden customers, ids and decisions survive, and the next run works.

    run 1 --- run 2 --- down --- up --- run 3
    """
    story.whole_run({"crm": "1 Ann ann@a.org 1980-04-03\n2 Bob bob@b.org -"}, "1 crm:1\n2 crm:2")
    story.whole_run({"crm": "1 Ann ann@b.org 1980-04-03\n2 Bob bob@b.org -"}, "1 crm:1 crm:2")
    sides = RecordKey("crm", "1"), RecordKey("crm", "2")
    with story.warehouse.begin() as connection:
        append_decisions(connection, [Decision(*sides, Verdict.SAME, "ruth", EPOCH, "she asked them", "g1")])
    before, live, first = story.golden(), story.live(), story.golden(1)
    rows = story.rows()
    with story.warehouse.begin() as connection:
        downgrade(connection, to)
        assert revision(connection) == to
    with story.warehouse.begin() as connection:
        upgrade(connection)
    assert (story.golden(), story.live(), story.golden(1), story.rows()) == (before, live, first, rows)
    with story.warehouse.connect() as connection:
        assert [one.reason for one in active_decisions(connection)] == ["she asked them"]
    assert story.violations() == []
    story.whole_run({"crm": "1 Ann ann@b.org 1980-04-03\n2 Bob bob@b.org -\n3 Cid - -"}, "1 crm:1 crm:2\n3 crm:3")
    assert story.golden() == "1 Ann crm:1 crm:2\n3 Cid crm:3"
    assert story.violations() == []


def test_a_block_that_fails_is_rolled_back(warehouse):
    """Nothing of a transaction stays when its block raises."""
    with suppress(ZeroDivisionError), warehouse.begin() as connection:
        connection.execute(run.insert().values(number=1, id="a", status="running", started_at=EPOCH))
        raise ZeroDivisionError
    with warehouse.connect() as connection:
        assert connection.execute(NAMES).all() == []


def test_reading_sees_one_state(warehouse):
    """What is committed while somebody reads is not seen within that reading. (Invariant 5)"""
    with warehouse.connect() as reader:
        before = reader.execute(NAMES).all()
        with warehouse.begin() as writer:
            writer.execute(run.insert().values(number=1, id="a", status="running", started_at=EPOCH))
        assert reader.execute(NAMES).all() == before == []
    with warehouse.connect() as reader:
        assert reader.execute(NAMES).scalars().all() == [1]


def test_reading_cannot_write(warehouse):
    """A change through `connect()` is refused, in one sentence."""
    with pytest.raises(WarehouseError, match=r"read-?only"), warehouse.connect() as connection:
        connection.execute(run.insert().values(number=1, id="a", status="running", started_at=EPOCH))


def test_a_broken_constraint_tells_no_values(warehouse):
    """The error names the constraint; the values stay out of it. (Invariant 11)"""
    twice = [{"number": number, "id": "ann@secret.org", "status": "running", "started_at": EPOCH} for number in (1, 2)]
    with pytest.raises(WarehouseError, match="the warehouse refused a change") as caught, warehouse.begin() as connection:
        connection.execute(run.insert(), twice)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    with pytest.raises(WarehouseError), warehouse.begin() as connection:
        connection.execute(publication.insert().values(run=77, published_at=EPOCH, note=""))


def test_statements_and_bulk_take_turns_on_a_file(file_warehouse):
    """Within a process only one of the two copies of SQLite has the file open; the other waits."""
    order = []

    def transfer() -> None:
        read(file_warehouse, NAMES)
        order.append("bulk")

    with file_warehouse.begin() as connection:
        thread = threading.Thread(target=transfer)
        thread.start()
        connection.execute(run.insert().values(number=1, id="a", status="running", started_at=EPOCH))
        thread.join(0.3)
        order.append("statements")
    thread.join(30)
    assert order == ["statements", "bulk"]


def test_a_bulk_transfer_within_a_block_is_an_error(file_warehouse):
    """Waiting for oneself would be for ever; the block can still be used."""
    with file_warehouse.begin() as connection:
        with pytest.raises(WarehouseError, match="has statements of this thread open: close them before using bulk"):
            read(file_warehouse, NAMES)
        connection.execute(run.insert().values(number=1, id="a", status="running", started_at=EPOCH))
    assert read(file_warehouse, NAMES).num_rows == 1


def test_waiting_ends(file_warehouse, monkeypatch):
    """Whoever keeps the file for ever makes others fail, not hang."""
    monkeypatch.setattr("warehouse.turns.PATIENCE_SECONDS", 0.05)
    failed = []

    def transfer() -> None:
        with pytest.raises(WarehouseError, match="in use by statements of this process for too long"):
            read(file_warehouse, NAMES)
        failed.append(True)

    with file_warehouse.connect():
        thread = threading.Thread(target=transfer)
        thread.start()
        thread.join(30)
    assert failed
    assert read(file_warehouse, NAMES).num_rows == 0


def test_processes_and_threads_write_side_by_side(file_warehouse, tmp_path):
    """Another process and other threads writing meanwhile lose nothing and break nothing."""
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC; from warehouse.database import open_warehouse;"
        "from warehouse.tables import run; w = open_warehouse('sqlite:///warehouse.db', Path(sys.argv[1]))\n"
        "for n in range(1000, 1060):\n"
        "    with w.begin() as c: c.execute(run.insert().values(number=n, id=str(n), status='failed', started_at=datetime.now(UTC)))\n"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parents[2])

    def write(first: int) -> None:
        for number in range(first, first + 20):
            with file_warehouse.begin() as connection:
                connection.execute(run.insert().values(number=number, id=str(number), status="failed", started_at=EPOCH))
            read(file_warehouse, NAMES)

    threads = [threading.Thread(target=write, args=(first,)) for first in (0, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert other.wait(60) == 0
    with file_warehouse.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert read(file_warehouse, NAMES).num_rows == 100


def test_numbers_of_runs_go_up(warehouse):
    """Each run has the next number, and an id of its own."""
    first, second = start_run(warehouse, EPOCH), start_run(warehouse, EPOCH, run_id="from-dagster")
    assert (first.number, second.number, second.id) == (1, 2, "from-dagster")
    assert first.id != second.id
