"""Restore: a past publication becomes the present one, as a new run; nothing of history is rewritten.

The choices behind it are docs/decisions/0029-restore.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from domain.checks import GateReport
from domain.errors import GateClosed, OnefoldError
from domain.runs import RunStatus
from pipelines.project import Project
from pipelines.steps.identify import numbers_in
from pipelines.steps.lookup import Connection
from pipelines.steps.publish import gate_tables
from pipelines.steps.restored_ids import events_between, standings
from pipelines.steps.session import Session, open_project_warehouse, open_session
from pipelines.steps.still_decided import refuse_broken_decisions, refuse_broken_pins
from quality import publication_gate
from warehouse import ledger as book
from warehouse import past
from warehouse import quality as results
from warehouse.as_of import publication_as_of
from warehouse.audit import record_act
from warehouse.contacts import stage_contacts
from warehouse.database import Warehouse
from warehouse.golden import published_golden, stage_golden
from warehouse.outbox import stage_events
from warehouse.publications import Publication, published_run, rests_on
from warehouse.relationships import stage_relationships
from warehouse.runs import finish_run, publish, run_report

KEPT_FIGURES = ("records", "golden_customers", "relationships", "duplication", "match", "accuracy")
"""What the run that made a publication told of it, and what holds of it again."""


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What came of restoring a publication."""

    run: int
    """The run that published it again."""
    restored_run: int
    customers: int
    records: int
    records_moved: int
    """Records that are with another golden id than just before, and records that came or went with it."""
    values_changed: int
    ids_revived: int
    ids_redirected: int
    """Golden ids that lived and are redirects now."""
    ids_retired: int


def restore_publication(project: Project, asked: str, by: str, reason: str) -> RestoreReport:
    """Publish the state of a past publication again, and keep it until `resume`.

    `asked` is a run, a date or a moment. Raises an OnefoldError where that is what is published, a ContradictingDecision where it
    would break what stewards have decided, a GateClosed where what is kept of it is not whole; nothing is changed then.
    """
    by, reason = signed(by, reason)
    with open_project_warehouse(project) as warehouse, warehouse.connect() as connection:
        wanted_publication(connection, asked)
    with open_session(project) as session:
        try:
            return restore(session, asked, by, reason)
        except OnefoldError as error:
            with session.warehouse.begin() as connection:
                finish_run(connection, session.run, RunStatus.FAILED, datetime.now(UTC), {"error": str(error)})
            raise


def signed(by: str, reason: str) -> tuple[str, str]:
    """Who and why, as every database keeps them; an OnefoldError where either is missing.

    >>> signed("ruth", "wrong" + chr(0) + "file") == ("ruth", "wrong" + chr(0xFFFD) + "file")
    True
    """
    kept = [text.replace("\0", "\ufffd").encode("utf-8", "replace").decode() for text in (by, reason)]
    if not all(text.strip() for text in kept):
        raise OnefoldError("this is kept with who did it and why: give --by NAME and --reason TEXT, which may not be blank.")
    return kept[0], kept[1]


def wanted_publication(connection: Connection, asked: str) -> Publication:
    """The publication that is meant; an OnefoldError where it is the present one."""
    wanted, now = publication_as_of(connection, asked), published_run(connection)
    if wanted.run == now:
        raise OnefoldError(f"run {now} is what is published: name an earlier publication; `onefold diff` says what the last one changed.")
    return wanted


def restore(session: Session, asked: str, by: str, reason: str) -> RestoreReport:
    """The same in a run."""
    with session.warehouse.connect() as connection:
        wanted = wanted_publication(connection, asked)
        data = rests_on(connection, wanted.run)
    report = staged(session, wanted)
    gate = ask_gate(session, data)
    if gate.closed:
        raise GateClosed(f"the publication of run {wanted.run} is not whole any more, and the last one stays: {gate.reason}.")
    stage_events(session.warehouse, session.run, session.project.attributes)
    with session.warehouse.begin() as connection:
        publish(connection, session.run, reason, datetime.now(UTC), restored=data, by=by)
        told = {"reason": reason, **asdict(report)}
        record_act(connection, datetime.now(UTC), by, "restore", f"run {wanted.run}", told)
        made = run_report(connection, data)
        kept = {name: value for name, value in ((made.report if made else None) or {}).items() if name in KEPT_FIGURES}
        figures = {**kept, "status": str(RunStatus.PUBLISHED), "restored": asdict(report), "error": ""}
        finish_run(connection, session.run, RunStatus.PUBLISHED, datetime.now(UTC), figures)
    return report


def staged(session: Session, wanted: Publication) -> RestoreReport:
    """Stage the state of a publication, but for what was erased since."""
    warehouse, run, attributes = session.warehouse, session.run, session.project.attributes
    before, then = book.ledger(warehouse), past.states_at(warehouse, wanted.run)
    erased = pa.array(numbers_in(before.states, "erased"))
    members = without(past.memberships_at(warehouse, wanted.run), erased, "golden_number")
    refuse_broken_decisions(warehouse, members, wanted.run)
    golden = without(published_golden(warehouse, attributes, wanted.run), erased, "golden_number")
    states = standings(before, then, members)
    refuse_broken_pins(session, golden, states, wanted.run)
    events = events_between(before, states, members)
    book.stage_identities(warehouse, run, NOBODY_NEW, states, events)
    crosswalk = book.stage_crosswalk(warehouse, run, members)
    changes = stage_golden(warehouse, run, attributes, golden)
    stage_contacts(warehouse, run, without(past.contacts_at(warehouse, wanted.run), erased, "golden_number"))
    related = without(past.relationships_at(warehouse, wanted.run), erased, "left_number", "right_number")
    stage_relationships(warehouse, run, related)
    moved = crosswalk.new + crosswalk.changed + crosswalk.removed
    count = counted(events)
    figures = (len(golden), len(members), moved, changes.values, *(count.get(kind, 0) for kind in ("revived", "merged", "retired")))
    return RestoreReport(run.number, wanted.run, *figures)


NOBODY_NEW = pa.table({"golden_number": pa.array([], pa.int64()), "golden_id": pa.array([], pa.string())})
"""Restoring mints no golden id."""


def counted(events: pa.Table) -> Mapping[str, int]:
    """How many events of each kind."""
    return {row["values"]: row["counts"] for row in pc.value_counts(events.column("kind")).to_pylist()}


def without(rows: pa.Table, erased: pa.Array, *columns: str) -> pa.Table:
    """The rows that are about nobody who was erased."""
    for name in columns:
        rows = rows.filter(pc.invert(pc.is_in(rows.column(name), erased)))
    return rows


def ask_gate(session: Session, data: int) -> GateReport:
    """Ask what must hold of any publication; not what the project asks of a change, for this one takes changes back.

    `data` is the run whose source records the publication shows.
    """
    members, live = past.memberships_at(session.warehouse, session.run.number), past.record_ids_at(session.warehouse, data)
    # What had been live without a home then was of a source that was not declared: of members alone it is known that they must be.
    tables = gate_tables(session, live.filter(pc.is_in(live, members.column("record_id").combine_chunks())))
    report = publication_gate((), tables)
    with session.warehouse.begin() as connection:
        results.save_report(connection, session.run, report, session.run.started_at)
    return report


def resume(warehouse: Warehouse, by: str, reason: str) -> int:
    """Let runs publish again: the next one publishes what it finds. Returns the run of the publication that was kept.

    Raises an OnefoldError where none was.
    """
    by, reason = signed(by, reason)
    at = datetime.now(UTC)
    with warehouse.begin() as connection:
        run = past.resume(connection, at, by)
        if run is None:
            raise OnefoldError("no restored publication is kept: runs publish already, as soon as their gate is open.")
        record_act(connection, at, by, "resume", f"run {run}", {"reason": reason})
    return run
