"""Publish: the staged golden tables become visible in one short transaction, if the gate allows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.checks import Gate, GateReport
from domain.decisions import Verdict
from pipelines.steps.identify import numbers_in
from pipelines.steps.places import Places
from pipelines.steps.session import Session
from quality import StagedPublication, publication_gate
from warehouse import ledger as book
from warehouse import quality as results
from warehouse.audit import PROGRAM, record_act
from warehouse.decisions import active_pairs
from warehouse.golden import values_held
from warehouse.outbox import stage_events
from warehouse.publications import last_publication
from warehouse.runs import publish, run_report
from warehouse.staged import live_record_ids, staged_crosswalk, staged_golden, staged_members, staged_states
from warehouse.tasks import Question, sync_tasks


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What came of publishing."""

    status: str
    """`published`, `unchanged` (there was nothing to publish) or `held` (the gate was closed)."""
    gate: GateReport


def ask_gate(session: Session) -> GateReport:
    """Ask the publication gate about what the run has staged.

    Its answers are kept in a transaction of their own: a closed gate leaves a trace, and a task for the stewards. (Invariant 5)
    """
    report = publication_gate(session.project.publication_checks, staged_publication(session))
    closed = [Question("publication", {"run": session.run.number, "reason": report.reason}, 10.0)] if report.closed else []
    with session.warehouse.begin() as connection:
        results.save_report(connection, session.run, report, session.run.started_at)
        sync_tasks(connection, session.run, "closed_gate", closed)
    return report


def answers(session: Session) -> GateReport | None:
    """What the publication gate has answered in this run; none before it was asked."""
    with session.warehouse.connect() as connection:
        reports = results.reports(connection, session.run.number)
    return next((report for report in reports if report.gate is Gate.PUBLICATION), None)


def publish_staged(session: Session, changed: bool) -> PublishReport:
    """Publish what the run has staged, if it has `changed` anything and the gate is open; the gate is asked unless it was before."""
    report = answers(session) or ask_gate(session)
    if report.closed:
        return PublishReport("held", report)
    if not changed:
        return PublishReport("unchanged", report)
    events = stage_events(session.warehouse, session.run, session.project.attributes)
    with session.warehouse.begin() as connection:
        publish(connection, session.run, at=datetime.now(UTC))
        record_act(connection, datetime.now(UTC), PROGRAM, "publish", f"run {session.run.number}", {"events": events})
    return PublishReport("published", report)


def staged_publication(session: Session) -> StagedPublication:
    """What the gate looks at: ids and counts of what would be published, and of what is."""
    with session.warehouse.connect() as connection:
        last = last_publication(connection)
    tables = gate_tables(session, live_record_ids(session.warehouse))
    return replace(tables, kept=last.told if last and last.kept else None)


def gate_tables(session: Session, live: pa.ChunkedArray) -> StagedPublication:
    """What the run has staged, beside what is published; `live` are the numbers of the records that must have a golden id."""
    warehouse, run, attributes = session.warehouse, session.run, session.project.attributes
    before, states = book.published_memberships(warehouse), staged_states(warehouse, run)
    crosswalk = staged_crosswalk(warehouse, run)
    with warehouse.connect() as connection:
        filled, filled_before = values_held(connection, attributes, run.number), values_held(connection, attributes)
    redirects = states.filter(pc.equal(states.column("state"), "redirected")).select(["golden_number", "target"])
    lasting = np.isin(redirects.column("target").to_numpy(), numbers_in(states, "retired"), invert=True)
    first = not filled_before.customers
    decisions, broken = decisions_kept(session, crosswalk)
    return StagedPublication(
        golden=staged_members(warehouse, run),
        crosswalk=crosswalk,
        live_records=live,
        redirects=redirects.filter(pa.array(lasting)),
        completeness=filled.shares,
        completeness_before=None if first else filled_before.shares,
        customers_before=None if first else filled_before.customers,
        churn=None if first else churn(before, crosswalk, redirects),
        decisions=decisions,
        decisions_broken=broken,
        values=lambda: staged_golden(warehouse, run, attributes).select([attribute.name for attribute in attributes]),
    )


def decisions_kept(session: Session, crosswalk: pa.Table) -> tuple[int, int]:
    """How many decisions of stewards are about two live records, and how many of these the crosswalk does not keep. (Invariant 3)

    What was decided after the match is left to the next run.
    """
    with session.warehouse.connect() as connection:
        row = run_report(connection, session.run.number)
    pairs = active_pairs(session.warehouse, ((row.report if row else None) or {}).get("match", {}).get("last_decision"))
    pairs = pairs.filter(pc.not_equal(pairs.column("verdict"), str(Verdict.UNSURE)))
    places = Places(crosswalk.column("record_id").to_numpy())
    left, right = (places.of(pairs.column(side).to_numpy()) for side in ("left_id", "right_id"))
    live = (left >= 0) & (right >= 0)
    number = crosswalk.column("golden_number").to_numpy()
    together = number[left[live]] == number[right[live]]
    same = np.asarray(pc.equal(pairs.column("verdict"), str(Verdict.SAME)))[live]
    return int(live.sum()), int((together != same).sum())


def churn(before: pa.Table, after: pa.Table, redirects: pa.Table) -> float:
    """Share of the records published before and now whose golden id changed other than by a redirect."""
    place = Places(after.column("record_id").to_numpy()).of(before.column("record_id").to_numpy())
    both = place >= 0
    if not both.any():
        return 0.0
    old = before.column("golden_number").to_numpy()[both]
    new = after.column("golden_number").to_numpy()[place[both]]
    numbers = redirects.column("golden_number").to_numpy()
    at = Places(numbers).of(old)
    led = np.where(at >= 0, redirects.column("target").to_numpy()[np.maximum(at, 0)] if len(numbers) else old, old)
    return float((led != new).mean())
