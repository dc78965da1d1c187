"""A small warehouse told in pictures: what is pulled, who belongs together, what is published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from inspect import cleandoc
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from domain.attributes import Attribute, Role, Storage
from domain.runs import BatchCounts, Run, RunStatus
from domain.sources import Source
from warehouse import ledger, records, runs, sources, staging
from warehouse.contacts import stage_contacts
from warehouse.database import Warehouse
from warehouse.doctor import violations
from warehouse.generated import ensure_tables
from warehouse.golden import published_golden, stage_golden
from warehouse.versions import Changes

ATTRIBUTES = (
    Attribute("given_name", "given_name", Role.PERSONAL, Storage.TEXT, description="What friends call 100% of them"),
    Attribute("email", "email", Role.PERSONAL, Storage.TEXT, many=True),
    Attribute("birth_date", "date_of_birth", Role.PERSONAL, Storage.DATE),
)
FIRST_RUN = datetime(2026, 11, 22, 2, tzinfo=UTC)


def declared(name: str) -> Source:
    return Source(name, f"{name} department", {"kind": "csv"}, ("id",), ())


def lines(picture: str) -> list[list[str]]:
    """The words of each line that has any."""
    return [line.split() for line in cleandoc(picture).splitlines() if line.strip()]


@dataclass
class Story:
    """Runs as they happen. A record is drawn `key name e-mail birth-date`, `-` for nothing; `a;b` are two e-mails."""

    warehouse: Warehouse
    attributes: tuple[Attribute, ...] = ATTRIBUTES
    started: int = field(default=0)

    def begin(self, *names: str) -> Run:
        """Start a run over these sources."""
        self.started += 1
        run = runs.start_run(self.warehouse, FIRST_RUN + timedelta(days=self.started), {"code": "c0de"})
        ensure_tables(self.warehouse, self.attributes)
        with self.warehouse.begin() as connection:
            sources.sync_sources(connection, [declared(name) for name in names])
        return run

    def stage(self, run: Run, name: str, picture: str) -> BatchCounts:
        """Pull a source as ingest does: stage what is new or changed, end what vanished."""
        pulled = {key: (given, mails, born) for key, given, mails, born in lines(picture)}
        hashes = {key: blake2b(repr(values).encode(), digest_size=16).digest() for key, values in pulled.items()}
        known = {row["key"]: row for row in staging.live_keys(self.warehouse, name).to_pylist()}
        with self.warehouse.connect() as connection:
            free = staging.next_record_id(connection)
        fresh = [key for key in pulled if key not in known or known[key]["content_hash"] != hashes[key]]
        unseen = {key: free + place for place, key in enumerate(key for key in fresh if key not in known)}
        ids = {key: unseen.get(key) or known[key]["record_id"] for key in fresh}
        gone = [row["record_id"] for key, row in known.items() if row["live"] and key not in pulled]
        staging.stage_records(self.warehouse, run, name, self._raw(fresh, ids, unseen, hashes, pulled))
        staging.stage_standard(self.warehouse, run, self.attributes, self._standard(fresh, ids, pulled))
        vanished = staging.end_records(self.warehouse, run, gone)
        new = sum(key not in known or not known[key]["live"] for key in fresh)
        count = len(pulled)
        return BatchCounts(name, count, count, 0, 0, new, len(fresh) - new, count - len(fresh), vanished)

    def _raw(self, fresh, ids, unseen, hashes, pulled) -> pa.Table:
        return pa.table(
            {
                "record_id": pa.array([ids[key] for key in fresh], pa.int64()),
                "key": pa.array(fresh, pa.string()),
                "is_new": pa.array([key in unseen for key in fresh], pa.bool_()),
                "content_hash": pa.array([hashes[key] for key in fresh], pa.binary()),
                "modified": pa.nulls(len(fresh), pa.int64()),
                "raw": pa.array([json.dumps(pulled[key]) for key in fresh], pa.string()),
            }
        )

    def _standard(self, fresh, ids, pulled) -> pa.Table:
        rows = [pulled[key] for key in fresh]
        given = [row[0] if row[0] != "-" else None for row in rows]
        mails = [row[1].replace(";", "\x1f") if row[1] != "-" else None for row in rows]
        born = [date.fromisoformat(row[2]) if row[2] != "-" else None for row in rows]
        columns = {"given_name": (given, pa.string()), "email": (mails, pa.string()), "birth_date": (born, pa.date32())}
        statuses = {f"{name}_status": pa.array([int(v is not None) for v in values], pa.uint8()) for name, (values, _) in columns.items()}
        values = {name: pa.array(values, type_) for name, (values, type_) in columns.items()}
        return pa.table({"record_id": pa.array([ids[key] for key in fresh], pa.int64()), **values, **statuses})

    def pull(self, run: Run, name: str, picture: str) -> BatchCounts:
        """Pull a source and let it go live."""
        counts = self.stage(run, name, picture)
        with self.warehouse.begin() as connection:
            sources.go_live(connection, run, name, counts, run.started_at)
        return counts

    def merge(self, run: Run, picture: str) -> tuple[Changes, Changes, Changes]:
        """Stage golden customers, drawn as a number and its members: `1 crm:1 billing:7`. The first member's values survive."""
        members = {int(number): keys for number, *keys in lines(picture)}
        live = {f"{r['source']}:{r['key']}": r for r in records.live_records(self.warehouse, self.attributes).to_pylist()}
        self._identities(run, members)
        of = [(live[key]["record_id"], number) for number, keys in members.items() for key in keys]
        membership = pa.table(
            {"record_id": pa.array([r for r, _ in of], pa.int64()), "golden_number": pa.array([n for _, n in of], pa.int64())}
        )
        rows = [self._golden_row(number, [live[key] for key in keys]) for number, keys in members.items()]
        mails = [(n, m, k) for n, keys in members.items() for k in keys for m in (live[k]["email"] or "").split("\x1f") if m]
        first = {(number, mail): key for number, mail, key in reversed(mails)}
        contacts = {
            "golden_number": pa.array([number for number, _ in first], pa.int64()),
            "attribute": pa.array(["email"] * len(first), pa.string()),
            "value": pa.array([mail for _, mail in first], pa.string()),
            "sources": pa.array([key.split(":")[0] for key in first.values()], pa.string()),
            "first_seen": pa.nulls(len(first), pa.int64()),
            "last_seen": pa.nulls(len(first), pa.int64()),
        }
        return (
            ledger.stage_crosswalk(self.warehouse, run, membership),
            stage_golden(self.warehouse, run, self.attributes, pa.Table.from_pylist(rows, GOLDEN_SCHEMA)),
            stage_contacts(self.warehouse, run, pa.table(contacts)),
        )

    def _identities(self, run: Run, members) -> None:
        """New numbers are minted; those that lost all members are redirected to who holds the first of them, or retired."""
        found = ledger.ledger(self.warehouse)
        known = {row["golden_number"]: row["state"] for row in found.states.to_pylist()}
        live = {f"{r['source']}:{r['key']}": r["record_id"] for r in records.live_records(self.warehouse, self.attributes).to_pylist()}
        holder = {live[key]: number for number, keys in members.items() for key in keys}
        held = {}
        for row in found.crosswalk.to_pylist():
            held.setdefault(row["golden_number"], []).append(row["record_id"])
        heirs = {n: [holder[r] for r in sorted(rs) if r in holder] for n, rs in held.items() if n not in members}
        targets = {number: who[0] if who else None for number, who in heirs.items()}
        redirects = [(row["golden_number"], row["target"]) for row in found.states.to_pylist() if row["golden_number"] not in members]
        older = {number: targets[target] for number, target in redirects if target in targets}
        states = [(number, "live", None) for number in members]
        states += [(number, "redirected" if target else "retired", target) for number, target in (targets | older).items()]
        events = [("minted", number, None) for number in members if number not in known]
        events += [("merged" if target else "retired", number, target) for number, target in targets.items()]
        parts = {(n, holder[r]) for n, rs in held.items() if n in members for r in rs if r in holder and holder[r] != n}
        events += [("split", number, other) for number, other in sorted(parts)]
        fresh = [number for number in members if number not in known]
        ledger.stage_identities(
            self.warehouse,
            run,
            pa.table({"golden_number": pa.array(fresh, pa.int64()), "golden_id": pa.array([f"G{n}" for n in fresh], pa.string())}),
            table(states, golden_number=pa.int64(), state=pa.string(), target=pa.int64()),
            table(events, kind=pa.string(), golden_number=pa.int64(), other=pa.int64()),
        )

    def _golden_row(self, number: int, rows) -> dict:
        values = {"given_name": rows[0]["given_name"], "birth_date": rows[0]["birth_date"]}
        mail = next(((row, row["email"].split("\x1f")[0]) for row in rows if row["email"]), None)
        origin = {f"{name}_from": rows[0]["record_id"] if value is not None else None for name, value in values.items()}
        rule = {f"{name}_rule": "most_trusted" if value is not None else None for name, value in values.items()}
        best = {"email": None, "email_from": None, "email_rule": None, "email_position": None}
        if mail is not None:
            best = {"email": mail[1], "email_from": mail[0]["record_id"], "email_rule": "most_recent", "email_position": 0}
        names = sorted({row["source"] for row in rows})
        counters = {"member_count": len(rows), "source_count": len(names), "sources": ",".join(names), "completeness": 0.5}
        return {"golden_number": number, **values, **origin, **rule, **best, **counters}

    def publish(self, run: Run) -> None:
        with self.warehouse.begin() as connection:
            runs.publish(connection, run)
            runs.finish_run(connection, run, RunStatus.PUBLISHED, run.started_at, {"note": "published"})

    def whole_run(self, pulls: dict[str, str], golden: str) -> Run:
        """Start, pull, merge and publish."""
        run = self.begin(*pulls)
        for name, picture in pulls.items():
            self.pull(run, name, picture)
        self.merge(run, golden)
        self.publish(run)
        return run

    def violations(self) -> list[str]:
        """What the doctor finds."""
        with self.warehouse.connect() as connection:
            return violations(connection, self.attributes)

    def rows(self) -> dict[str, int]:
        """How many rows each versioned table has, seen or not."""
        tables = ("source_record", "standard_record", "crosswalk", "identity_state", "golden_version", "golden_contact", "identity_event")
        with self.warehouse.connect() as connection:
            return {name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) for name in tables}

    def live(self) -> str:
        """The live records as a picture, by key."""
        found = records.live_records(self.warehouse, self.attributes).to_pylist()
        return "\n".join(sorted(" ".join([f"{r['source']}:{r['key']}", r["given_name"] or "-"]) for r in found))

    def golden(self, run: int | None = None) -> str:
        """The published golden customers with their members as a picture, now or as of a run."""
        rows = sorted(published_golden(self.warehouse, self.attributes, run).to_pylist(), key=lambda row: row["golden_number"])
        with self.warehouse.connect() as connection:
            held = {row["golden_number"]: ledger.members(connection, row["golden_number"], run).values() for row in rows}
        return "\n".join(
            " ".join([str(row["golden_number"]), row["given_name"] or "-", *map(str, held[row["golden_number"]])]) for row in rows
        )


def table(rows, **columns) -> pa.Table:
    return pa.table({name: pa.array([row[place] for row in rows], type_) for place, (name, type_) in enumerate(columns.items())})


GOLDEN_SCHEMA = pa.schema(
    {
        "golden_number": pa.int64(),
        "given_name": pa.string(),
        "given_name_from": pa.int64(),
        "given_name_rule": pa.string(),
        "email": pa.string(),
        "email_from": pa.int64(),
        "email_rule": pa.string(),
        "email_position": pa.int32(),
        "birth_date": pa.date32(),
        "birth_date_from": pa.int64(),
        "birth_date_rule": pa.string(),
        "member_count": pa.int64(),
        "source_count": pa.int64(),
        "sources": pa.string(),
        "first_seen": pa.int64(),
        "last_seen": pa.int64(),
        "cohesion": pa.float64(),
        "completeness": pa.float64(),
    }
)


@pytest.fixture
def story(warehouse: Warehouse) -> Iterator[Story]:
    """An empty warehouse to tell a story in; the test runs on both databases."""
    return Story(warehouse)


@pytest.fixture
def file_warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    """A warehouse in an SQLite file, for what does not depend on the database."""
    from warehouse.database import open_warehouse

    opened = open_warehouse("sqlite:///warehouse.db", tmp_path)
    yield opened
    opened.close()
