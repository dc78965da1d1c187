"""Everything that departments send that cannot be read, or not as it stands: one sentence each, and everybody else goes on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain.checks import Severity
from domain.records import RecordKey
from tests.stories.organisation import Organisation, rows_of
from tests.stories.people import drawn
from warehouse.quality import reports
from warehouse.quarantine import Refused, quarantined
from warehouse.records import raw_record

GOOD = drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo"})
HEADER = "id,given_name,family_name,email,birth_date,city\n"
ANN = "1,Ann,Lee,ann@lee.example,1980-04-03,Leeds\n"
BOB = "2,Bob,Ray,bob@ray.example,1975-01-30,York\n"
PEOPLE = [{name: value for name, value in row.items() if value} for row in rows_of(GOOD)]


def csv_of(text: str | bytes, **connect: Any) -> Callable[[Path], dict[str, Any]]:
    """A CSV file that says just this."""

    def write(path: Path) -> dict[str, Any]:
        path.with_suffix(".csv").write_bytes(text.encode() if isinstance(text, str) else text)
        return {"kind": "csv", "path": f"{path.name}.csv", **connect}

    return write


def file_of(suffix: str, text: str, **connect: Any) -> Callable[[Path], dict[str, Any]]:
    """A file of another kind that says just this."""

    def write(path: Path) -> dict[str, Any]:
        path.with_suffix(suffix).write_text(text)
        return {"path": f"{path.name}{suffix}", **connect}

    return write


def database_of(url: str, **connect: Any) -> Callable[[Path], dict[str, Any]]:
    """A database at this address."""
    return lambda _: {"kind": "sql", "url": url, "table": "people", "wait": 0.2, **connect}


def locked(path: Path) -> dict[str, Any]:
    """A database that another program is writing to and never lets go."""
    file = path.with_suffix(".db")
    database = sqlite3.connect(file)
    database.execute("CREATE TABLE people (id, given_name, family_name, email, birth_date, city)")
    database.commit()
    database.execute("BEGIN EXCLUSIVE")
    LOCKS.append(database)
    return {"kind": "sql", "url": f"sqlite:///{file.name}", "table": "people", "wait": 0.2}


LOCKS: list[sqlite3.Connection] = []

HELD: dict[str, tuple[Callable[[Path], dict[str, Any]], str]] = {
    "missing_file": (lambda _: {"kind": "csv", "path": "nowhere.csv"}, "file 'nowhere.csv' does not exist"),
    "empty_file": (csv_of(""), "file 'empty_file.csv' is empty. Export it again."),
    "missing_column": (
        csv_of(HEADER.replace("birth_date", "dob") + ANN),
        "column 'birth_date' is not in file 'missing_column.csv'; it has 'given_name', ",
    ),
    "wrong_encoding": (csv_of(HEADER + ANN, encoding="utf-16"), ""),
    "no_header": (
        csv_of(ANN + BOB),
        "columns 'id', 'given_name', 'family_name', 'email', 'birth_date', 'city' are not in file 'no_header.csv': is its first row a ",
    ),
    "broken_xml": (
        file_of(".xml", "<people><p><id>1</id><given_name>Ann</given_name></p><p><id>2", kind="xml", record="p"),
        "'broken_xml.xml' is not well-formed XML at line 1: it ends before its elements do. Export it again.",
    ),
    "broken_json": (file_of(".json", json.dumps(PEOPLE)[:-30], kind="json"), "file 'broken_json.json'"),
    "locked": (
        locked,
        "database 'locked.db' is locked by another program. Run again when that is done, or set connect.wait to more seconds.",
    ),
    "unreachable": (
        database_of("postgresql+psycopg://ann:tops3cret@127.0.0.1:1/crm"),
        "database 'crm' at 127.0.0.1:1 cannot be reached. Check connect.url and that the server is up.",
    ),
    "no_database": (database_of("sqlite:///onefold.yaml"), "database 'onefold.yaml' is damaged, or is not a database."),
    "no_table": (
        database_of("sqlite:///good.db", table="persons"),
        "database 'good.db' has no table 'persons'; it has 'people'. Set connect.table.",
    ),
    "no_password": (
        database_of("${NOBODY_SET_THIS}"),
        "connect.url: the environment variable NOBODY_SET_THIS is not set. Set it, or change connect.url.",
    ),
}
"""Sources that cannot be read, and what is said of each."""

REFUSED: dict[str, tuple[Callable[[Path], dict[str, Any]], str, int]] = {
    "repeated_key": (csv_of(HEADER + ANN + BOB + ANN.replace("Ann", "Una")), "its key is repeated; nothing tells which row is right", 2),
    "missing_key": (csv_of(HEADER + ANN + BOB[1:]), "its key is missing (id)", 1),
    "long_key": (csv_of(HEADER + ANN + "9" * 5000 + BOB), "its key is longer than 1,000 bytes (id)", 1),
    "nobody": (csv_of(HEADER + ANN + "2,n/a,-,none@none.com,01/01/1900,\n"), "no attribute that identifies anyone is valid (", 1),
    "bad_bytes": (
        csv_of((HEADER + ANN.replace("Ann", "Änne")).encode() + BOB.encode().replace(b"Ray", b"R\xff\xfe"), encoding="utf-8"),
        "column 'family_name' holds bytes that are not text in the source's encoding",
        1,
    ),
    "short_row": (csv_of(HEADER + ANN + "2,Bob\n"), "has 2 cells where the header has 6", 1),
    "ten_megabytes": (
        csv_of(HEADER + ANN + BOB.replace("York", "Y" * 10_000_000)),
        "column 'city' holds 10,000,000 bytes; at most 1,048,576 are read",
        1,
    ),
    "broken_line": (
        file_of(".jsonl", f'{json.dumps(PEOPLE[0])}\n{{"id": "2", "given_name": \n', kind="json"),
        "is not valid JSON at character ",
        1,
    ),
}
"""Rows that cannot be taken, the reason, and how many."""


@dataclass(frozen=True)
class Told:
    """An organisation in which every department has a trouble of its own, after its first run."""

    organisation: Organisation
    report: dict[str, Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """One run over all of it."""
    organisation = Organisation(tmp_path_factory.mktemp("bad_input"))
    organisation.department("good", GOOD, kind="sql")
    block = {key: organisation.sources["good"][key] for key in ("key", "map")}
    for name, (write, *_) in {**HELD, **REFUSED}.items():
        organisation.sources[name] = {**block, "connect": write(organisation.folder / name)}
    yield Told(organisation, organisation.run())
    for lock in LOCKS:
        lock.close()


def test_the_others_are_published(told: Told) -> None:
    """One department sends good data, eight good rows beside bad ones; all of these are customers. (Invariants 5, 7)"""
    assert (told.report["status"], told.report["sources_held"]) == ("published", sorted(HELD))
    assert told.report["accepted"] == 3 + sum(told.report["sources"][name]["accepted"] for name in REFUSED)
    assert told.organisation.values("good:2")["family_name"] == "Ray"


@pytest.mark.parametrize("name", HELD)
def test_a_source_that_cannot_be_read_is_held_with_one_sentence(told: Told, name: str) -> None:
    """It names the source, what is wrong with it, and what to do. (Invariant 5)"""
    reason = told.report["sources"][name]["reason"]
    assert reason.startswith(f"source '{name}': {HELD[name][1]}")
    assert reason.endswith(".")
    assert "\n" not in reason
    assert "tops3cret" not in reason


@pytest.mark.parametrize("name", REFUSED)
def test_a_row_that_cannot_be_taken_waits_in_quarantine(told: Told, name: str) -> None:
    """With the reason and its raw values, and the rest of its source goes on. (Invariant 7)"""
    _, reason, count = REFUSED[name]
    source, rows = told.report["sources"][name], told.organisation.quarantined(name)
    assert (source["state"], source["quarantined"]) == ("live", count)
    assert sum(row.copies for row in rows) == count
    assert all(row.reason.startswith(reason) for row in rows)
    assert all(row.raw for row in rows)
    assert source["read"] == source["accepted"] + count


def test_a_row_that_could_not_be_read_keeps_its_last_good_version(organisation: Organisation) -> None:
    """Bob's row is cut short and Cleo's is gone: she leaves, he stays as he was, for nobody knows what his row says. (Invariant 7)"""
    organisation.department("crm", GOOD)
    organisation.department("billing", GOOD, expect={"max_drop": 1})
    organisation.run()
    for name in ("crm", "billing"):
        (organisation.folder / f"{name}.csv").write_text(HEADER + ANN + ("2,Bob,Ray\n" if name == "crm" else ""))
    report = organisation.run()
    assert [report["sources"][name]["vanished"] for name in ("crm", "billing")] == [1, 2]
    assert organisation.customers().split() == ["1", "billing:1", "crm:1", "2", "crm:2"]


def test_the_first_of_two_rows_of_one_key_may_be_refused_already(organisation: Organisation) -> None:
    """Ann's key comes twice, first with nothing in it: both rows wait, and she stays as she was. (Invariant 7)"""
    organisation.department("crm", GOOD)
    organisation.run()
    (organisation.folder / "crm.csv").write_text(HEADER + "1,,,,,\n" + ANN.replace("Leeds", "Wells") + BOB)
    source = organisation.run()["sources"]["crm"]
    assert [source[name] for name in ("read", "accepted", "quarantined", "unchanged")] == [3, 1, 2, 1]
    assert organisation.values("crm:1")["city"] == "Leeds"


def test_a_date_that_is_none_is_set_aside_and_its_row_lives(organisation: Organisation) -> None:
    """The golden record has no birth date; what the department sent is kept as it came. (Invariants 7, 10)"""
    organisation.department("crm", GOOD.replace("1975-01-30", "31.02.1975"))
    assert organisation.run()["quarantined"] == 0
    assert "birth_date" not in organisation.values("crm:2")
    with organisation.reading() as connection:
        assert raw_record(connection, RecordKey("crm", "2")).raw["birth_date"] == "31.02.1975"


def test_a_nul_is_no_reason_to_lose_a_row(organisation_on_each: Organisation) -> None:
    """In a key, in a value, in a column that only the raw row has: the row lives, on each kind of database. (Invariant 7)"""
    organisation_on_each.department("crm", GOOD)
    rows = rows_of(GOOD)
    rows[1] |= {"id": "2\0", "given_name": "B\0ob", "city": "\0"}
    organisation_on_each.department("billing", rows, kind="sql")
    report = organisation_on_each.run()
    assert report["sources"]["billing"]["accepted"] == 3
    assert organisation_on_each.number("billing:2") == organisation_on_each.number("crm:2")
    assert organisation_on_each.values("billing:2")["given_name"] == "Bob"


def test_rows_that_were_mended_wait_no_longer(organisation_on_each: Organisation) -> None:
    """Bob's key came twice and Cleo's row was cut short: all have their numbers, wait, and are let go once put right. (Invariant 7)"""
    crm = organisation_on_each
    crm.department("crm", GOOD)
    wrong = HEADER + ANN + BOB + BOB.replace("Ray", "Roe") + "3,Cleo\n"
    (crm.folder / "crm.csv").write_text(wrong)
    crm.run()
    assert sorted((row.row_number, row.reason.split()[0]) for row in waiting(crm)) == [(2, "its"), (3, "its"), (4, "has")]
    crm.department("crm", GOOD)
    (crm.folder / "crm.csv").rename(crm.folder / "away.csv")
    assert crm.run()["sources_held"] == ["crm"]
    assert len(waiting(crm)) == 3  # nothing came, so nothing is known to be right
    (crm.folder / "away.csv").rename(crm.folder / "crm.csv")
    crm.run()
    assert waiting(crm) == []
    (crm.folder / "crm.csv").write_text(wrong)
    crm.run()
    assert len(waiting(crm)) == 3


def waiting(organisation: Organisation) -> list[Refused]:
    """The rows that wait in quarantine."""
    with organisation.reading() as connection:
        return quarantined(connection)


def test_a_column_that_changes_its_type_is_told_of(organisation: Organisation) -> None:
    """Birth dates were texts and are numbers: a warning names the column; most are no dates, which a line of the project holds back."""
    organisation.department("crm", GOOD, kind="sql")
    organisation.run()
    retype(organisation.folder / "crm.db")
    report = organisation.run()
    assert (report["sources"]["crm"]["state"], report["sources"]["crm"]["checks_failed"]) == ("live", 1)
    with organisation.reading() as connection:
        (failed,) = [result for gate in reports(connection, report["run"]) for result in gate.failed]
    assert (failed.severity, failed.observed) == (Severity.WARN, "column 'birth_date' was text and is integer")
    assert organisation.run()["sources"]["crm"]["checks_failed"] == 0
    organisation.department("crm", GOOD, kind="sql", expect={"valid": {"birth_date": 0.9}})
    assert organisation.run()["sources_held"] == []
    retype(organisation.folder / "crm.db")
    assert "valid: birth_date at least 90 %" in organisation.run()["sources"]["crm"]["reason"]


def retype(file: Path) -> None:
    """Make the birth dates of a database days since 1900."""
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE renewed (id TEXT, given_name TEXT, family_name TEXT, email TEXT, birth_date INTEGER, city TEXT)")
        database.execute("INSERT INTO renewed SELECT id, given_name, family_name, email, 29300 + id, city FROM people")
        database.execute("DROP TABLE people")
        database.execute("ALTER TABLE renewed RENAME TO people")


def test_sources_that_are_all_held_stop_the_run(organisation: Organisation) -> None:
    """On the very first run there is nothing to fall back on: it fails, and says where to look. (Invariant 5)"""
    organisation.department("crm", GOOD)
    (organisation.folder / "crm.csv").unlink()
    assert organisation.failing_run().startswith("no source has any live record: nothing can be matched.")
    organisation.department("crm", GOOD)
    assert organisation.run()["status"] == "published"
