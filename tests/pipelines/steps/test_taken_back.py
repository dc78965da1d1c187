"""Acts that are taken back give the golden ids back to whom they named, in whatever order. (Invariants 2, 3)"""

from __future__ import annotations

import shutil
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.decisions import Decision, Verdict
from domain.errors import OnefoldError
from domain.records import RecordKey
from pipelines.project import Project
from pipelines.steps import decide as acts
from pipelines.steps.contradictions import Parts
from pipelines.steps.identify import identify_records
from pipelines.steps.session import Session, open_project_warehouse, open_session
from pipelines.steps.signing import Signature
from tests.stories.organisation import Organisation
from tests.stories.people import drawn
from warehouse.clusters import stage_clusters
from warehouse.decisions import active_decisions
from warehouse.ledger import published_crosswalk
from warehouse.records import record_keys
from warehouse.runs import note, publish
from warehouse.staged import live_record_ids

RUTH = Signature("ruth", "she asked them")
CRM = drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo", "4": "Dora"})
BILLING = drawn("no", {"2": "Bob", "3": "Cleo", "5": "Cleo", "6": "Dora", "7": "Dora", "8": "Dora", "9": "Egon"})


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """Customers with one, two, three and four records, the youngest alone."""
    organisation = Organisation(tmp_path_factory.mktemp("acts"))
    organisation.department("crm", CRM)
    organisation.department("billing", BILLING)
    organisation.run()
    assert organisation.customers().count("\n") == 4
    return organisation


def clusters(keys: list[RecordKey], people: dict[RecordKey, str], decisions: list[Decision]) -> list[int]:
    """Who is together: whom decisions hold together, then the records of one name, where no decision speaks against it."""
    part = Parts(decisions)
    apart = [(one.left, one.right) for one in decisions if one.verdict is Verdict.DIFFERENT]
    for left, right in combinations(keys, 2):
        ends = {part.of(left), part.of(right)}
        if people[left] == people[right] and all({part.of(a), part.of(b)} != ends for a, b in apart):
            part.join(left, right)
    return [keys.index(part.of(key)) for key in keys]


def settle(session: Session, people: dict[RecordKey, str]) -> None:
    """A run that clusters by name and by decisions, gives ids and publishes."""
    ids = live_record_ids(session.warehouse).to_pylist()
    with session.warehouse.connect() as connection:
        keys, decisions = record_keys(connection, ids), active_decisions(connection)
    ids = sorted(ids, key=lambda one: keys[one])
    found = clusters([keys[one] for one in ids], people, decisions)
    rows = pa.table({"record_id": ids, "cluster": pa.array(found, pa.int64()), "linkage": pa.nulls(len(ids), pa.float64())})
    stage_clusters(session.warehouse, session.run, rows)
    identify_records(session)
    with session.warehouse.begin() as connection:
        note(connection, session.run, match={"last_decision": max((one.id or 0 for one in decisions), default=0)})
        publish(connection, session.run)


class Desk:
    """A warehouse of its own, and what a steward does there, each act with the run that follows it."""

    def __init__(self, project: Project, people: dict[RecordKey, str]) -> None:
        self.project, self.people = project, people

    def home(self) -> dict[str, str]:
        """The golden id of each record."""
        with open_project_warehouse(self.project) as warehouse:
            rows = published_crosswalk(warehouse).to_pylist()
        return {f"{row['source']}:{row['record_key']}": row["golden_id"] for row in rows}

    def merge(self, left: str, right: str) -> str | None:
        return self.done(lambda warehouse: acts.merge(warehouse, self.project, [left, right], RUTH))

    def split(self, asked: str, key: str) -> str | None:
        return self.done(lambda warehouse: acts.split(warehouse, self.project, asked, [key], False, RUTH))

    def undo(self, act: str) -> None:
        assert self.done(lambda warehouse: acts.undo(warehouse, self.project, act, RUTH))

    def done(self, work) -> str | None:
        """The act's id; none where it was refused."""
        try:
            with open_project_warehouse(self.project) as warehouse:
                act = work(warehouse).act
        except OnefoldError:
            return None
        with open_session(self.project) as session:
            settle(session, self.people)
        return act


KEYS = sorted([f"crm:{n}" for n in (1, 2, 3, 4)] + [f"billing:{n}" for n in (2, 3, 5, 6, 7, 8, 9)])
ACTS = st.lists(st.tuples(st.booleans(), st.sampled_from(KEYS), st.sampled_from(KEYS)), min_size=1, max_size=5)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=ACTS, order=st.randoms(use_true_random=False))
def test_acts_undone_in_any_order_leave_everything_as_before(published: Organisation, tmp_path_factory, wanted, order) -> None:
    """Merges and splits, each published, then all taken back, each published: every record has the id it had. (Invariants 2, 3)"""
    folder = Path(tmp_path_factory.mktemp("example"))
    shutil.copytree(published.folder, folder, dirs_exist_ok=True)
    desk = Desk(Organisation(folder, sources=published.sources).project(), people_of())
    before = desk.home()
    done = [desk.merge(left, right) if is_merge else desk.split(left, right) for is_merge, left, right in wanted]
    standing = [act for act in done if act]
    order.shuffle(standing)
    for act in standing:
        desk.undo(act)
    assert desk.home() == before


def people_of() -> dict[RecordKey, str]:
    """The given name in each record."""
    rows = [("crm", line) for line in CRM.splitlines()[1:]] + [("billing", line) for line in BILLING.splitlines()[1:]]
    return {RecordKey(name, line.split(" | ")[0]): line.split(" | ")[1] for name, line in rows}
