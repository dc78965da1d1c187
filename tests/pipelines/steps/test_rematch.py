"""Matching only what is other since the last publication finds what matching everything anew finds. (Invariant 6)"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

import pipelines.steps.match as matching_step
import pipelines.steps.merge as merging_step
from domain.decisions import Decision, Verdict
from domain.records import RecordKey
from pipelines.demo import make_demo
from pipelines.project import load_project
from pipelines.steps import consolidate as steps
from pipelines.steps.session import Session, open_session
from warehouse.attribute_tables import golden_version
from warehouse.bulk import read
from warehouse.decisions import append_decisions, undo_decisions
from warehouse.pairs import published_pairs
from warehouse.records import record_keys
from warehouse.tables import cluster_member, golden_contact, related_cluster, relationship, scored_pair
from warehouse.visibility import visible

MATCHES = (cluster_member, scored_pair, related_cluster)
NOT_COMPARED = ("pair_id", "related_id", "contact_id", "relationship_id", "from_run", "to_run")
ROUNDS = 3
RECORDS = 4_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo organisation of our own, published once, whose departments do not say when a row was changed."""
    own = tmp_path_factory.mktemp("changing") / "demo"
    make_demo(own, RECORDS, seed=3)
    project = own / "onefold.yaml"
    project.write_text(re.sub(r"\n    modified: .*|, modified: [^,}]*", "", project.read_text()))
    with open_session(load_project(own)) as session:
        assert steps.consolidate(session)["match"]["matched_again"] is None
    return own


def change_sales(folder: Path, random: np.random.Generator) -> None:
    """Of the accounts some leave, some are called as others are, some move in with others, and some come twice."""
    with closing(sqlite3.connect(folder / "sales.db")) as database, database:
        keys = [row[0] for row in database.execute("SELECT account_id FROM accounts ORDER BY account_id")]
        gone, renamed, models, movers, hosts, twice = random.permutation(keys)[:90].reshape(6, 15).tolist()
        database.executemany("DELETE FROM accounts WHERE account_id = ?", [(key,) for key in gone])
        named = "UPDATE accounts SET contact_last = (SELECT contact_last FROM accounts WHERE account_id = ?) WHERE account_id = ?"
        database.executemany(named, zip(models, renamed, strict=True))
        moved = "UPDATE accounts SET (street, city, postal_code) = (SELECT street, city, postal_code FROM accounts WHERE account_id = ?)"
        database.executemany(f"{moved} WHERE account_id = ?", zip(hosts, movers, strict=True))
        columns = [row[1] for row in database.execute("PRAGMA table_info(accounts)") if row[1] != "account_id"]
        listed, free = ", ".join(columns), max(map(int, keys)) + 1 if str(keys[0]).isdigit() else None
        again = f"INSERT INTO accounts (account_id, {listed}) SELECT ?, {listed} FROM accounts WHERE account_id = ?"
        new = [free + at if free is not None else f"again-{random.integers(1 << 40)}" for at in range(len(twice))]
        database.executemany(again, zip(new, twice, strict=True))


def change_app(folder: Path, random: np.random.Generator) -> None:
    """In a department that holds nobody twice: some leave, some change their names, and a rival takes the e-mail of another."""
    path = folder / "mobile_app.parquet"
    rows = pq.read_table(path).to_pandas()
    rows = rows.drop(index=random.choice(rows.index, 8, replace=False)).reset_index(drop=True)
    some = random.choice(len(rows), 16, replace=False)
    rows.loc[some[:8], "given"] = rows.loc[some[8:], "given"].to_numpy()
    rows.loc[some[:8], "email"] = rows.loc[some[8:], "email"].to_numpy()
    pq.write_table(pa.Table.from_pandas(rows, schema=pq.read_schema(path), preserve_index=False), path)


def decide(session: Session, random: np.random.Generator, group: str) -> None:
    """A steward says the contrary of the machine about two pairs, and takes back what was said before."""
    rows = published_pairs(session.warehouse).to_pylist()
    with session.warehouse.begin() as connection:
        for before in ("0", "1"):
            undo_decisions(connection, before, "ruth", datetime.now(UTC), "changed her mind")
        for at in random.choice(len(rows), 2, replace=False).tolist():
            left, right = (record_keys(connection, [rows[at][side]])[rows[at][side]] for side in ("left_id", "right_id"))
            verdict = Verdict.DIFFERENT if rows[at]["match_probability"] > 0.5 else Verdict.SAME
            append_decisions(connection, [decision_on(left, right, verdict, group)])


def decision_on(left: RecordKey, right: RecordKey, verdict: Verdict, group: str) -> Decision:
    """What Ruth says of two records."""
    return Decision(left, right, verdict, "ruth", datetime.now(UTC), "knows them", group)


def staged(session: Session, tables: Sequence[sa.Table]) -> dict[str, list[dict[str, Any]]]:
    """What the run has staged, without the numbers of rows."""
    found = {}
    for table in tables:
        columns = [column for column in table.c if column.name not in NOT_COMPARED]
        rows = read(session.warehouse, sa.select(*columns).where(visible(table, session.run.number)))
        found[table.name] = rows.sort_by([(name, "ascending") for name in rows.column_names[:2]]).to_pylist()
    return found


def other(again: dict[str, list[dict[str, Any]]], whole: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Rows that are in one and not in the other, by table."""
    both = {
        name: [row for row in (*again[name], *whole[name]) if (row in again[name]) != (row in whole[name])]
        for name in again
        if again[name] != whole[name]
    }
    return {name: rows for name, rows in both.items() if rows}


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_what_changed_ends_where_everything_would(folder: Path, round_: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records come, change and go, rivals among them, stewards decide: every pair, cluster and household the same. (Invariant 6)"""
    random = np.random.default_rng(round_)
    change_sales(folder, random)
    change_app(folder, random)
    with open_session(load_project(folder)) as session:
        decide(session, random, str(round_))
        for source in session.project.sources:
            steps.pull(session, source)
        report = steps.match(session)
        assert report.matched_again is not None
        assert 100 < report.matched_again < report.records / 2
        again = staged(session, MATCHES)
        with monkeypatch.context() as patch:
            patch.setattr(matching_step, "basis_of", lambda *_: None)
            assert steps.match(session).matched_again is None
        assert other(again, staged(session, MATCHES)) == {}
        steps.match(session)
        steps.identify(session)
        found = steps.merge(session)
        assert found.merged_again is not None
        golden = (golden_version(session.project.attributes), golden_contact, relationship)
        again = staged(session, golden)
        with monkeypatch.context() as patch:
            patch.setattr(merging_step, "touched_customers", lambda *_: None)
            assert replace(steps.merge(session), merged_again=found.merged_again) == found
        assert other(again, staged(session, golden)) == {}
        steps.merge(session)
        steps.ask(session)
        steps.publish(session)
        assert steps.conclude(session)["status"] == "published"


def test_nothing_is_matched_again_where_nothing_has_changed(folder: Path) -> None:
    """A run that is made to do all its work finds nothing to match but what stewards have decided about. (Invariant 8)"""
    with open_session(load_project(folder)) as session:
        for source in session.project.sources:
            steps.pull(session, source)
        report = steps.match(session)
        assert report.matched_again is not None
        assert report.matched_again < report.records / 5
        steps.identify(session)
        steps.merge(session)
        steps.ask(session)
        assert steps.publish(session).status == "unchanged"
        steps.conclude(session)
