"""Consolidate: the whole way of a run, step by step. Dagster calls the same steps, one asset each."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from domain.checks import GateReport
from domain.errors import GateClosed, OnefoldError
from domain.sources import Source
from pipelines.steps import report as reports
from pipelines.steps.events import Delivered, deliver_after_publishing
from pipelines.steps.identify import IdentityReport, identify_records
from pipelines.steps.ingest import IngestReport, Progress, ingest
from pipelines.steps.match import MatchReport, match_records
from pipelines.steps.merge import MergeReport, merge_records
from pipelines.steps.publish import PublishReport, ask_gate, publish_staged
from pipelines.steps.pull import last_live, stamp
from pipelines.steps.session import Session, code_fingerprint
from warehouse.decisions import active_decisions
from warehouse.models import adopted_model
from warehouse.pins import standing_pins
from warehouse.runs import last_result, note, run_report
from warehouse.sources import last_changes


def consolidate(session: Session, progress: Progress | None = None) -> reports.Report:
    """Pull every source, match, identify, merge, publish; returns the run's report. A run that cannot go on leaves one too."""
    try:
        for source in session.project.sources:
            stop_if_required(session, source, pull(session, source, progress))
        after_sources(session)
        tell_subscribers(session)
    except OnefoldError as error:
        conclude(session, str(error))
        raise
    return conclude(session)


def settle(session: Session) -> reports.Report:
    """The part of a run that follows the sources, on what is live: what a steward's act needs to take effect."""
    try:
        after_sources(session)
        tell_subscribers(session)
    except OnefoldError as error:
        conclude(session, str(error))
        raise
    return conclude(session)


def after_sources(session: Session) -> None:
    """Match, identify, merge and publish, unless nothing has changed."""
    if is_settled(session):
        return
    match(session)
    identify(session)
    merge(session)
    ask(session)
    publish(session)


def conclude(session: Session, error: str = "") -> reports.Report:
    """End the run, whatever came of it.

    The fingerprint of its input is kept only where the publication rests on that input: what a run has pulled and not published,
    the next one takes from there.
    """
    if error:
        return reports.finish(session, error)
    now, parts = input_fingerprint(session), noted(session)
    rests = "publication" in parts and parts.get("input") == now
    return reports.finish(session, fingerprint=now if rests or is_settled(session) else None)


def noted(session: Session) -> reports.Report:
    """What the run has noted so far, step by step."""
    with session.warehouse.connect() as connection:
        row = run_report(connection, session.run.number)
    return dict((row.report if row else None) or {})


def pull(session: Session, source: Source, progress: Progress | None = None) -> IngestReport:
    """One source, noted."""
    with timed(session, f"source {source.name}"):
        found = ingest(session, source, progress)
        reports.note_ingest(session, found)
    return found


def stop_if_required(session: Session, source: Source, found: IngestReport) -> None:
    """GateClosed where a source is held without which a run shall not go on."""
    if found.state == "held" and source.required:
        with session.warehouse.begin() as connection:
            note(connection, session.run, held_by=source.name)
        raise GateClosed(f"{found.reason.rstrip('.')}. It is required, so the run stops and the last publication stays.")


def match(session: Session) -> MatchReport:
    """Matching, noted, with the fingerprint of the input it saw."""
    decisions = decision_ids(session)
    with timed(session, "match"):
        found = match_records(session)
        reports.note_step(session, found)
    fingerprint = input_fingerprint(session, decisions)
    with session.warehouse.begin() as connection:
        note(connection, session.run, input=fingerprint)
    return found


def identify(session: Session) -> IdentityReport:
    """Golden ids, noted."""
    with timed(session, "identify"):
        found = identify_records(session)
        reports.note_step(session, found)
    return found


def merge(session: Session) -> MergeReport:
    """Golden records, noted."""
    with timed(session, "merge"):
        found = merge_records(session)
        reports.note_step(session, found)
    return found


def ask(session: Session) -> GateReport:
    """The publication gate; a closed one is noted, for then nothing comes after it."""
    with timed(session, "gate"):
        report = ask_gate(session)
        if report.closed:
            reports.note_step(session, PublishReport("held", report))
    return report


def publish(session: Session) -> PublishReport:
    """Publication, noted."""
    with timed(session, "publish"):
        found = publish_staged(session, anything_changed(noted(session)))
        reports.note_step(session, found)
    return found


def tell_subscribers(session: Session) -> list[Delivered]:
    """Delivery of events, noted; what earlier runs could not deliver is tried again too. It never fails a run."""
    if not session.project.subscribers:
        return []
    with timed(session, "deliver"):
        found = deliver_after_publishing(session.warehouse, session.project, os.environ)
        reports.note_deliveries(session, found)
    return found


def anything_changed(parts: Mapping[str, Any]) -> bool:
    """Whether the run has staged anything that is not published already."""
    identity, merged = parts.get("identity", {}), parts.get("merge", {})
    return any(identity.get(name) for name in ("minted", "merged", "split", "revived", "retired", "moved")) or any(
        (merged | merged.get("relationships", {})).get(name) for name in ("new", "changed", "removed", "contacts_changed", "changed_links")
    )


def is_settled(session: Session) -> bool:
    """Whether nothing is other than at the last publication, so that a run has nothing to do. (Invariant 8)"""
    with session.warehouse.connect() as connection:
        last = last_result(connection)
    return last is not None and last.fingerprints.get("input") == input_fingerprint(session)


def input_fingerprint(session: Session, decisions: Sequence[int] | None = None) -> str:
    """Changes when anything changes that the golden table depends on: live data, project, code, model, stewards' pins and decisions.

    `decisions` are those that count; by default, all.
    """
    with session.warehouse.connect() as connection:
        kept = adopted_model(connection)
        live = sorted(last_changes(connection).items())
        pinned = [one.pin_id for one in standing_pins(connection) if one.holds_at(session.run.started_at)]
    made = {source.name: stamp(last_live(session, source)).get("made_by") for source in session.project.sources}
    decided = decision_ids(session) if decisions is None else list(decisions)
    parts = [live, made, session.project.fingerprint, code_fingerprint(), kept.fingerprint if kept else None, decided, pinned]
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=8).hexdigest()


def decision_ids(session: Session) -> list[int]:
    """The stewards' decisions that stand."""
    with session.warehouse.connect() as connection:
        return [one.id or 0 for one in active_decisions(connection)]


@contextmanager
def timed(session: Session, step: str) -> Iterator[None]:
    """Note how long a step took."""
    start = time.perf_counter()
    yield
    reports.note_seconds(session, step, time.perf_counter() - start)
