"""A warehouse that cannot be written to, or that is not ours to write to: one sentence, and nothing half done."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import sqlalchemy as sa

from domain.errors import OnefoldError
from pipelines.project import load_project
from pipelines.steps.consolidate import consolidate
from pipelines.steps.doctor import examine
from pipelines.steps.session import open_session
from tests.stories.organisation import Organisation
from warehouse.migrate import REVISION

FEW = "id | given_name | family_name | email\n1 | Ann | Lee | ann@lee.example\n2 | Bob | Ray | bob@ray.example"
MANY = [{"id": str(at), "given_name": "Ann", "family_name": f"Lee{at}", "email": f"a{at}@lee.example"} for at in range(1, 4_001)]


def run_limited(folder: Path, most_bytes: int, told: Connection) -> None:
    """A run that may write no file longer than that, as on a disk that is full; what it said."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    try:
        with open_session(load_project(folder)) as session:
            consolidate(session)
        told.send("")
    except OnefoldError as error:
        told.send(str(error))


def said_by(target: Callable[..., None], *arguments: object) -> str:
    """What a process of its own said."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=target, args=(*arguments, there))
    process.start()
    assert here.poll(120)
    said = str(here.recv())
    process.join(60)
    return said


@pytest.mark.parametrize("room", [150_000, 600_000, 1_500_000], ids="{:,} bytes are left".format)
def test_a_disk_that_is_full_ends_the_run_in_a_sentence(organisation: Organisation, room: int) -> None:
    """The last publication stays as it was, and a run with room enough finishes the work. (Invariants 5, 9)"""
    organisation.department("crm", FEW)
    organisation.run()
    before = organisation.everything()
    organisation.department("crm", MANY)
    organisation.project()
    said = said_by(run_limited, organisation.folder, room)
    assert said.startswith(("the warehouse refused a ", "the warehouse cannot be "))
    assert "full" in said or "I/O error" in said
    assert "\n" not in said
    assert "lee" not in said.lower()
    assert organisation.everything() == before
    assert organisation.run()["status"] == "published"
    assert len(organisation.customers().splitlines()) > len(before["golden_customer"])


def test_a_user_who_may_only_read_is_told(tmp_path: Path, postgres_url: str) -> None:
    """What the server refused is said in a sentence, and nothing was written. (Invariant 5)"""
    organisation = Organisation(tmp_path, postgres_url)
    organisation.department("crm", FEW)
    organisation.run()
    before = organisation.everything()
    organisation.department("crm", FEW + "\n3 | Cid | Fox | cid@fox.example")
    organisation.warehouse_url = reader(postgres_url)
    with pytest.raises(OnefoldError, match="the warehouse refused a change: permission denied"), open_session(organisation.project()):
        raise AssertionError("it was written to")
    organisation.warehouse_url = postgres_url
    assert organisation.everything() == before
    assert organisation.run()["status"] == "published"


def reader(url: str) -> str:
    """The same database, as somebody who may read all tables."""
    ours = sa.make_url(url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(ours, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if not connection.scalar(sa.text("SELECT count(*) FROM pg_roles WHERE rolname = 'reader'")):
            connection.execute(sa.text("CREATE ROLE reader LOGIN PASSWORD 'reads' IN ROLE pg_read_all_data"))
    engine.dispose()
    return ours.set(username="reader", password="reads").render_as_string(hide_password=False)


def test_a_warehouse_of_a_newer_version_is_not_touched(organisation_on_each: Organisation) -> None:
    """Which version it has is said, and what to do; no run is begun."""
    organisation_on_each.department("crm", FEW)
    organisation_on_each.run()
    project = organisation_on_each.project()
    with organisation_on_each.opened() as warehouse, warehouse.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    refused = pytest.raises(OnefoldError, match=r"has version 9999, and this Onefold knows \d{4} at most: install the newer Onefold\.")
    with refused, open_session(project):
        raise AssertionError("it was opened")
    engine = sa.create_engine(warehouse.url)
    with engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT max(number) FROM run")) == 1
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :known").bindparams(known=REVISION))
    engine.dispose()
    assert organisation_on_each.run()["status"] == "unchanged"


CORRUPT = {
    "1 values of 'golden_version.birth_date' are no date": "UPDATE golden_version SET birth_date = '1980-02-31' WHERE golden_number = 1",
    "1 values of 'golden_version.member_count' are no whole number": "UPDATE golden_version SET member_count = 'a' WHERE golden_number = 1",
    "1 values of 'golden_version.given_name' are no text": "UPDATE golden_version SET given_name = x'41' WHERE golden_number = 1",
    "1 values of 'source_record.content_hash' are no bytes": "UPDATE source_record SET content_hash = 'abc' WHERE record_id = 2",
    "1 values of 'run.report' are no JSON": "UPDATE run SET report = '{' WHERE number = 1",
    "1 values of 'run.started_at' are no time": "UPDATE run SET started_at = 'yesterday' WHERE number = 1",
    "1 values of 'related_cluster.kept' are no truth": "INSERT INTO related_cluster VALUES (1, 1, 2, 'x', 0.5, '', 7, 1, 2147483647)",
    "1 rows of 'crosswalk' point to a row of 'golden_identity'": "UPDATE crosswalk SET golden_number = 77 WHERE record_id = 1",
}
"""By what the doctor says, what a server would refuse."""
CORRUPT_ON_BOTH = {
    "1 values of 'golden_version.cohesion' are not between 0 and 1": "UPDATE golden_version SET cohesion = 1.5 WHERE golden_number = 1",
    "1 values of 'standard_record.city_status' are no status": "UPDATE standard_record SET city_status = 7 WHERE record_id = 1",
    "1 raw rows of source records are no JSON object": "UPDATE source_record SET raw = '[1' WHERE record_id = 2",
    "1 rows of 'cluster_member' hold in a span of runs": "UPDATE cluster_member SET to_run = 9 WHERE record_id = 1",
    "1 rows of 'identity_state' begin to hold before": "INSERT INTO identity_state (golden_number, state, from_run, to_run) "
    "VALUES (2, 'live', 2, 2147483647)",
    "1 golden values of 'given_name' come from a record of": "UPDATE golden_version SET given_name_from = 99 WHERE golden_number = 1",
    "the audit log is not as it was sealed": "UPDATE audit_entry SET actor = 'mallory' WHERE sequence = 1",
}


def test_the_doctor_finds_every_corrupt_row(organisation: Organisation) -> None:
    """A value that does not read back as its type, a broken span, JSON that does not parse, a value from nowhere: each with a count."""
    organisation.department("crm", FEW)
    organisation.run()
    assert problems(organisation) == ()
    path = organisation.folder / "warehouse.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sound = path.read_bytes()
    missed = []
    for said, damage in (CORRUPT | CORRUPT_ON_BOTH).items():
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("PRAGMA ignore_check_constraints = ON")
            assert database.execute(damage).rowcount == 1
        found = problems(organisation)
        missed += [] if any(problem.startswith(said) for problem in found) else [(said, found)]
        for file in (path, path.with_name("warehouse.db-wal"), path.with_name("warehouse.db-shm")):
            file.unlink(missing_ok=True)
        path.write_bytes(sound)
    assert missed == []
    assert problems(organisation) == ()


def test_the_doctor_finds_corrupt_rows_on_a_server(tmp_path: Path, postgres_url: str) -> None:
    """Where types and references are the server's to keep, what they do not keep out."""
    organisation = Organisation(tmp_path, postgres_url)
    organisation.department("crm", FEW)
    organisation.run()
    assert problems(organisation) == ()
    organisation.run(whole=True)
    with organisation.opened() as warehouse, warehouse.begin() as connection:
        for damage in CORRUPT_ON_BOTH.values():
            connection.exec_driver_sql(damage)
    found = problems(organisation)
    assert [said for said in CORRUPT_ON_BOTH if not any(problem.startswith(said) for problem in found)] == []


def test_the_doctor_finds_a_damaged_file(organisation: Organisation) -> None:
    """Pages that were overwritten: it is said before anything else is asked."""
    organisation.department("crm", FEW)
    organisation.run()
    path = organisation.folder / "warehouse.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'crosswalk'").fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    assert any("faults are in the database file itself: bring back a backup" in problem for problem in problems(organisation))


def problems(organisation: Organisation) -> tuple[str, ...]:
    """What the doctor finds."""
    with organisation.opened() as warehouse:
        return examine(warehouse, organisation.project().attributes).problems
