"""A small organisation: departments drawn as tables, whole runs over them, and what was published, as a picture."""

from __future__ import annotations

import csv
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from inspect import cleandoc
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from domain.decisions import Decision, Verdict
from domain.errors import OnefoldError
from domain.records import RecordKey
from pipelines.project import Project, load_project
from pipelines.steps import consolidate as steps
from pipelines.steps import decide as acts
from pipelines.steps import pin as pins
from pipelines.steps.decide import Act
from pipelines.steps.effect import take_effect
from pipelines.steps.session import Session, open_project_warehouse, open_session
from pipelines.steps.signing import Signature
from warehouse import ledger, quarantine
from warehouse.database import Warehouse
from warehouse.decisions import append_decisions
from warehouse.doctor import violations
from warehouse.golden import GoldenRecord, golden_record, published_golden
from warehouse.resolution import Resolution, resolve
from warehouse.sources import batch_history

ATTRIBUTES = {
    "given_name": {"type": "given_name"},
    "family_name": {"type": "family_name"},
    "email": {"type": "email", "many": True},
    "birth_date": {"type": "date_of_birth"},
    "city": {"type": "city"},
}
VERSIONED = (
    "record",
    "source_record",
    "standard_record",
    "crosswalk",
    "identity_state",
    "golden_version",
    "golden_contact",
    "relationship",
)
EVENTS = ("golden_identity", "identity_event", "outbox", "publication", "decision", "pin", "audit_entry", "model")
VIEWS = ("golden_crosswalk", "golden_customer", "golden_provenance", "golden_contact_current")
SEEN = ("golden_crosswalk", "golden_customer", "golden_provenance", "golden_relationship")
IDS = ("golden_id", "left_id", "right_id")
Rows = list[dict[str, str | None]]


def rows_of(picture: str) -> Rows:
    """The rows of a table drawn with `|`, its first line the columns; `-` is nothing."""
    lines = [[cell.strip() for cell in line.split("|")] for line in cleandoc(picture).splitlines() if line.strip()]
    return [dict(zip(lines[0], [None if cell == "-" else cell for cell in line], strict=True)) for line in lines[1:]]


@dataclass
class Organisation:
    """A project in a folder. After every run its counts are reconciled and the warehouse is asked for broken invariants."""

    folder: Path
    warehouse_url: str = "sqlite:///warehouse.db"
    attributes: dict[str, Any] = field(default_factory=lambda: {name: dict(spec) for name, spec in ATTRIBUTES.items()})
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    """Other parts of the project file: `publish`, `match`, ..."""

    def department(self, name: str, records: str | Rows, kind: str = "csv", **block: Any) -> None:
        """A department with these records, keyed by their first column; drawn again, it has these from now on.

        A column that is called as an attribute fills it, and `changed` says when a row was. `block` goes into the project file.
        """
        rows = rows_of(records) if isinstance(records, str) else records
        columns = list(rows[0])
        connect = (write_csv if kind == "csv" else write_database)(self.folder / name, columns, rows)
        usual = {"key": columns[0], "map": {column: column for column in columns if column in self.attributes}}
        changed = {"modified": "changed"} if "changed" in columns else {}
        self.sources[name] = {**usual, **changed, **self.sources.get(name, {}), "connect": connect, **block}

    def project(self) -> Project:
        """The project as its file says now."""
        told = {"name": "small", "warehouse": self.warehouse_url, "attributes": self.attributes, "sources": self.sources, **self.settings}
        (self.folder / "onefold.yaml").write_text(yaml.safe_dump(told, sort_keys=False, allow_unicode=True))
        return load_project(self.folder)

    def run(self, whole: bool = False) -> dict[str, Any]:
        """A run, its report returned; `whole`: all of its work is done though nothing may have changed."""
        project = self.project()
        try:
            with open_session(project) as session:
                return in_full(session) if whole else steps.consolidate(session)
        finally:
            with open_project_warehouse(project) as warehouse:
                check_sound(warehouse, project)

    def failing_run(self) -> str:
        """The sentence with which a run ends that cannot go on."""
        try:
            self.run()
        except OnefoldError as error:
            return str(error)
        raise AssertionError("the run went through")

    @contextmanager
    def opened(self) -> Iterator[Warehouse]:
        """The warehouse as it is."""
        with open_project_warehouse(self.project()) as warehouse:
            yield warehouse

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Its database, to be read."""
        with self.opened() as warehouse, warehouse.connect() as connection:
            yield connection

    def customers(self, run: int | None = None) -> str:
        """The published golden customers, now or as of a run: number and members, a line each."""
        with self.opened() as warehouse:
            numbers = sorted(published_golden(warehouse, self.project().attributes, run).column("golden_number").to_pylist())
            with warehouse.connect() as connection:
                members = {number: ledger.members(connection, number, run).values() for number in numbers}
        return "\n".join(" ".join([str(number), *map(str, keys)]) for number, keys in members.items())

    def number(self, key: str, run: int | None = None) -> int | None:
        """The golden number of a record, now or as of a run."""
        with self.reading() as connection:
            return ledger.holder(connection, RecordKey.parse(key), run)

    def golden(self, key: str, run: int | None = None) -> GoldenRecord:
        """The golden record that a source record belongs to, now or as of a run."""
        with self.reading() as connection:
            number = ledger.holder(connection, RecordKey.parse(key), run)
            found = None if number is None else golden_record(connection, self.project().attributes, number, run)
        assert found is not None, f"{key} belongs to no golden record"
        return found

    def values(self, key: str, run: int | None = None) -> dict[str, str]:
        """The values of the golden record that a source record belongs to, as text."""
        return {name: str(value.value) for name, value in self.golden(key, run).values.items()}

    def origins(self, key: str) -> dict[str, str]:
        """The record that each value of that golden record came from."""
        return {name: str(value.record) for name, value in self.golden(key).values.items()}

    def answer(self, golden_id: str, run: int | None = None) -> Resolution:
        """What a golden id that somebody noted down once answers."""
        with self.reading() as connection:
            return resolve(connection, golden_id, run)

    def decide(self, left: str, verdict: Verdict, right: str, act: str = "") -> None:
        """A steward's decision on two records, in an act that is called after them or as given."""
        one = decision_of(left, verdict, right, act or f"{left} {right}")
        with self.opened() as warehouse, warehouse.begin() as connection:
            append_decisions(connection, [one])

    def act(self, work: Callable[[Warehouse, Project, Signature], Act], later: bool = False) -> Act:
        """A steward's act, which takes effect at once unless `later`."""
        project = self.project()
        with open_project_warehouse(project) as warehouse:
            done = work(warehouse, project, Signature("ruth", "she asked them"))
        if not later:
            effect = take_effect(project)
            assert effect.status in ("published", "unchanged"), effect.told
            with open_project_warehouse(project) as warehouse:
                check_sound(warehouse, project)
        return done

    def merge(self, *asked: str, later: bool = False) -> str:
        """Customers, named by golden ids or record keys, are one; the act's id."""
        return self.act(lambda *where: acts.merge(*where[:2], asked, where[2]), later).act

    def split(self, asked: str, *apart: str, later: bool = False) -> str:
        """A customer is several: the records that each of `apart` lists, and the rest; without any, every record by itself."""
        return self.act(lambda *where: acts.split(*where[:2], asked, apart, not apart, where[2]), later).act

    def pin(self, asked: str, attribute: str, value: str | None, expires: date | None = None, later: bool = False) -> str:
        """A golden value is fixed; the act's id."""
        return self.act(lambda *where: pins.pin(*where[:2], asked, attribute, value, expires, where[2]), later).act

    def undo(self, act: str, later: bool = False) -> None:
        """An act is taken back."""
        self.act(lambda *where: acts.undo(*where[:2], act, where[2]), later)

    def refused(self, work: Callable[[], object]) -> str:
        """The sentence with which an act is refused; nothing is changed by it."""
        before = self.kept()
        try:
            work()
        except OnefoldError as error:
            assert self.kept() == before
            return str(error)
        raise AssertionError("the act went through")

    def quarantined(self, name: str) -> list[quarantine.Refused]:
        """The refused rows of a department that the latest pull has seen."""
        with self.reading() as connection:
            latest = batch_history(connection, name)[0].run
            return [row for row in quarantine.quarantined(connection, name) if row.last_run == latest]

    def kept(self) -> dict[str, int]:
        """How many rows every table has that history is kept in."""
        with self.reading() as connection:
            return {name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) for name in (*VERSIONED, *EVENTS)}

    def everything(self) -> dict[str, set[tuple[str, ...]]]:
        """What consumers see, without golden ids: for comparing what two runs came to."""
        with self.reading() as connection:
            seen = {name: told(connection, f"SELECT * FROM {name}") for name in SEEN}
        return without_ids(seen)


def decision_of(left: str, verdict: Verdict, right: str, act: str) -> Decision:
    """What Ruth says of two records."""
    sides = RecordKey.parse(left), RecordKey.parse(right)
    return Decision(*sides, verdict, "ruth", datetime(2026, 11, 22, tzinfo=UTC), "she asked them", act)


def in_full(session: Session) -> dict[str, Any]:
    """A run that does all of its work, whatever has changed."""
    for source in session.project.sources:
        steps.pull(session, source)
    steps.match(session)
    steps.identify(session)
    steps.merge(session)
    steps.ask(session)
    steps.publish(session)
    return steps.conclude(session)


def check_sound(warehouse: Warehouse, project: Project) -> None:
    """No invariant is broken in what is published, and no row was lost on the way. (Invariants 1, 4, 7)"""
    with warehouse.connect() as connection:
        assert violations(connection, project.attributes) == []
        for source in project.sources:
            for batch in batch_history(connection, source.name):
                if batch.counts is not None:
                    counts = batch.counts
                    assert counts.read == counts.accepted + counts.quarantined + counts.suppressed
                    assert counts.accepted == counts.new + counts.changed + counts.unchanged


def write_csv(path: Path, columns: list[str], rows: Rows) -> dict[str, Any]:
    """Write a department's records into a CSV file, and say how to connect to it."""
    with path.with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return {"kind": "csv", "path": f"{path.name}.csv"}


def write_database(path: Path, columns: list[str], rows: Rows) -> dict[str, Any]:
    """Write a department's records into an SQLite database, and say how to connect to it."""
    file = path.with_suffix(".db")
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(draft)) as database, database:
        database.execute(f"CREATE TABLE people ({', '.join(f'{column} TEXT' for column in columns)})")
        database.executemany(f"INSERT INTO people VALUES ({', '.join('?' * len(columns))})", [list(row.values()) for row in rows])
    os.replace(draft, file)
    return {"kind": "sql", "url": f"sqlite:///{file.name}", "table": "people", "wait": 0.2}


def told(connection: sa.Connection, statement: str) -> list[Mapping[str, Any]]:
    """The rows of a statement."""
    return [dict(row) for row in connection.execute(sa.text(statement)).mappings()]


def without_ids(seen: Mapping[str, list[Mapping[str, Any]]]) -> dict[str, set[tuple[str, ...]]]:
    """The rows with each golden id replaced by the first of its members."""
    members: dict[str, str] = {}
    for row in seen["golden_crosswalk"]:
        key = f"{row['source']}:{row['record_key']}"
        members[row["golden_id"]] = min(members.get(row["golden_id"], key), key)
    return {name: {tuple(unordered(row, members)) for row in rows} for name, rows in seen.items()}


def unordered(row: Mapping[str, Any], members: Mapping[str, str]) -> list[str]:
    """A row's texts with members for golden ids; of a relationship, the two ends in the order of their members."""
    ends = sorted(members[row[name]] for name in IDS if name in row)
    return [*ends, *(str(value) for column, value in row.items() if column not in IDS)]
