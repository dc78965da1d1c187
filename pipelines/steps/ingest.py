"""Ingest: pull one source, keep what is new, standardise it, and let it become live if its gate allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Attribute, Status
from domain.checks import GateReport
from domain.errors import SourceError
from domain.runs import BatchCounts
from domain.sources import Source
from matching.standardise import ARROW, SEPARATOR
from pipelines.steps.landing import Progress
from pipelines.steps.pull import Pulled, pull_rows
from pipelines.steps.rekey import Rekeyed, recognise
from pipelines.steps.session import Session
from quality import ArrivalBatch, arrival_gate
from warehouse import quality as results
from warehouse.audit import PROGRAM, record_act
from warehouse.quarantine import release
from warehouse.sources import go_live, hold, source_states
from warehouse.staging import arriving_values, statuses

__all__ = ["IngestReport", "Progress", "ingest"]


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What came of one source."""

    source: str
    state: str
    """`live`, or `held`: the last good data stay in use."""
    counts: BatchCounts | None
    """None when the source could not be read."""
    reason: str = ""
    """Why it is held, in one sentence."""
    gate: GateReport | None = None
    data_as_of: datetime | None = None
    """When the data in use were pulled; none if the source was never live."""
    invalid: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Records whose value of an attribute is invalid, and valid; of the attributes that have invalid ones."""
    rekeyed: Rekeyed | None = None
    """Who is who, where the source has given its customers new keys."""

    @property
    def changed(self) -> bool:
        """Whether the source's live data are other than before."""
        return self.state == "live" and self.counts is not None and bool(self.counts.new + self.counts.changed + self.counts.vanished)


def ingest(session: Session, source: Source, progress: Progress | None = None) -> IngestReport:
    """Pull a source. A source that cannot be read, or whose gate is closed, is held: its last good data stay live."""
    try:
        pulled = pull_rows(session, source, progress)
    except SourceError as error:
        return held(session, source, str(error))
    rekeyed = recognise(session, source, pulled.counts, pulled.rows_before)
    found = statuses(session.warehouse, session.run, source.name, session.project.attributes)
    report, invalid = ask_gate(session, source, pulled, found), invalid_values(found, session.project.attributes)
    if report.closed:
        reason = f"source '{source.name}': {report.reason}. Correct the source, or sources.{source.name}.expect where this is right."
        return replace(held(session, source, reason, pulled.counts, report), invalid=invalid)
    with session.warehouse.begin() as connection:
        go_live(connection, session.run, source.name, pulled.counts, session.run.started_at)
        if released := release(connection, session.run, source.name):
            told = {"rows": released, "run": session.run.number}
            record_act(connection, datetime.now(UTC), PROGRAM, "release", f"source {source.name}", told)
    return IngestReport(source.name, "live", pulled.counts, "", report, session.run.started_at, invalid, rekeyed)


def held(session: Session, source: Source, reason: str, counts: BatchCounts | None = None, gate: GateReport | None = None) -> IngestReport:
    """Keep the last good data live, and say why."""
    with session.warehouse.begin() as connection:
        hold(connection, session.run, source.name, counts, reason)
        as_of = next(state.data_as_of for state in source_states(connection) if state.name == source.name)
    return IngestReport(source.name, "held", counts, reason, gate, as_of)


def ask_gate(session: Session, source: Source, pulled: Pulled, found: pa.Table) -> GateReport:
    """Ask the arrival gate about the source as it would be live, its statuses in `found`, and keep its answers."""
    attributes = session.project.attributes
    batch = ArrivalBatch(
        source=source.name,
        statuses=found.append_column("key", found.column("record_id")),  # a record's number is as unique as its key
        read=pulled.counts.read,
        accepted=pulled.counts.accepted,
        quarantined=pulled.counts.quarantined,
        clock=session.run.started_at,
        previous_rows=pulled.rows_before or None,
        newest=pulled.newest,
        expected_columns=source.columns,
        found_columns=tuple(pulled.columns),
        retyped=retyped(source, pulled),
        values=lambda: first_values(arriving_values(session.warehouse, session.run, source.name, attributes), attributes),
    )
    report = arrival_gate(source.checks, batch)
    with session.warehouse.begin() as connection:
        results.save_report(connection, session.run, report, session.run.started_at)
    return report


def invalid_values(found: pa.Table, attributes: Sequence[Attribute]) -> dict[str, tuple[int, int]]:
    """Of each attribute with invalid values: in how many records it is invalid, and in how many valid."""
    columns = {a.name: found.column(f"{a.name}_status").to_numpy() for a in attributes}
    counts = {name: np.bincount(column.astype(np.int8), minlength=len(Status)) for name, column in columns.items()}
    return {name: (int(of[Status.INVALID]), int(of[Status.VALID])) for name, of in counts.items() if of[Status.INVALID]}


def retyped(source: Source, pulled: Pulled) -> dict[str, tuple[str, str]]:
    """The mapped columns that are of another type than in the last live pull: that type, and the one now."""
    then, now = pulled.columns_before, pulled.columns
    return {name: (then[name], now[name]) for name in source.columns if name in then and name in now and then[name] != now[name]}


def first_values(standard: pa.Table, attributes: Sequence[Attribute]) -> pa.Table:
    """Standard records with the first value of each `many` attribute, in its storage."""
    columns = {a.name: standard.column(a.name) for a in attributes}
    for a in attributes:
        if a.many:
            columns[a.name] = pc.list_element(pc.split_pattern(columns[a.name], SEPARATOR), 0).cast(ARROW[a.storage])
    return pa.table(columns)
