"""Merge: the records of each golden id become its golden record; staged, not yet visible."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.errors import WarehouseError
from matching.assemble import assemble
from matching.records import NO_TIME, Longs, Records
from matching.survive import REASONS, Choice, Survivors, survive
from matching.survivorship.alike import form_codes
from matching.survivorship.conflicts import conflicts
from matching.survivorship.contacts import contacts
from matching.survivorship.counters import counters
from pipelines.project import Project
from pipelines.reports.duplication import DuplicationReport, duplication
from pipelines.reports.renewed import renewed
from pipelines.steps.pin import PassedOver, pins_in_force
from pipelines.steps.places import Places
from pipelines.steps.relationships import RelationshipReport, stage_golden_relationships
from pipelines.steps.scope import Scope, touched_customers
from pipelines.steps.session import Session
from warehouse.contacts import stage_contacts
from warehouse.golden import stage_golden
from warehouse.ledger import published_memberships
from warehouse.records import live_records, newest_modification, records_as_of
from warehouse.staged import staged_crosswalk, staged_linkages
from warehouse.tasks import Question, sync_tasks


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What came of the golden records."""

    golden_customers: int
    new: int
    changed: int
    removed: int
    values_changed: int
    contacts_changed: bool
    conflicts: int
    """Customers, for each protected attribute, whose records disagree on it."""
    relationships: RelationshipReport
    duplication: DuplicationReport
    merged_again: int | None = None
    """Golden customers that were merged again, for they can be other than published; None: all were."""
    pins: int = 0
    """Pins of stewards that hold."""
    pins_passed_over: tuple[PassedOver, ...] = ()
    newest: int | None = None
    """The newest modification time in the live records (microseconds since 1970, UTC), against which the age of all is measured."""

    @property
    def any(self) -> bool:
        """Whether publishing would change any golden record, or what belongs together."""
        return bool(self.new or self.changed or self.removed or self.contacts_changed or self.relationships.changed)


def merge_records(session: Session) -> MergeReport:
    """Choose the golden values, and stage the golden records and contacts; only of customers that can be other than published."""
    project, scope = session.project, touched_customers(session)
    touched, among = (None, None) if scope is None else (scope.numbers, scope.now)
    records = assemble(live_records(session.warehouse, project.attributes, among), project.attributes)
    golden = golden_numbers(session, records)
    alike = form_codes(records)
    pinned = pins_in_force(session.warehouse, session.run, project.attributes)
    chosen = survive(records, golden, project.attributes, trust_of(project, records), pinned.pins, alike=alike)
    table = golden_table(records, golden, chosen, linkages(session, records))
    changes = stage_golden(session.warehouse, session.run, project.attributes, table, touched)
    found = contact_table(contacts(records, golden, chosen, alike=alike))
    contact_changes = stage_contacts(session.warehouse, session.run, found, touched)
    open_conflicts(session, conflicts(records, golden, chosen, alike=alike), scope)
    related = stage_golden_relationships(session)
    counted = duplication(records, golden, alike=alike)
    counted = counted if scope is None else counted_again(session, scope, counted)
    protected = {attribute.name for attribute in project.attributes if attribute.protected}
    return MergeReport(
        counted.customers,
        changes.new,
        changes.changed,
        changes.removed,
        changes.values,
        contact_changes.any,
        sum(one.conflicting for one in counted.attributes if one.name in protected),
        related,
        replace(counted, households=related.households, people_in_households=related.people),
        None if touched is None else len(touched),
        int(np.isin([one.golden for one in pinned.pins], chosen.golden).sum()),
        pinned.passed_over,
        newest_time(records) if scope is None else newest_live(session),
    )


def counted_again(session: Session, scope: Scope, now: DuplicationReport) -> DuplicationReport:
    """The duplication report on everybody, from the last one and what was of the customers in scope when it was made."""
    attributes, publication = session.project.attributes, scope.publication
    records = assemble(records_as_of(session.warehouse, attributes, publication.number, scope.before), attributes)
    held = published_memberships(session.warehouse)
    place = Places(held.column("record_id").to_numpy()).of(records.ids)
    before = duplication(records, held.column("golden_number").to_numpy()[place], alike=form_codes(records))
    return renewed(DuplicationReport.from_dict((publication.report or {})["duplication"]), before, now)


def newest_live(session: Session) -> int | None:
    """The newest modification time in all live records."""
    with session.warehouse.connect() as connection:
        return newest_modification(connection)


def newest_time(records: Records) -> int | None:
    """The newest modification time in some records; none where none tells one."""
    known = records.modified[records.modified != NO_TIME]
    return int(known.max()) if len(known) else None


def golden_numbers(session: Session, records: Records) -> Longs:
    """The golden number of each record, as the run has staged it."""
    crosswalk = staged_crosswalk(session.warehouse, session.run)
    place = Places(crosswalk.column("record_id").to_numpy()).of(records.ids)
    if (place < 0).any():
        raise WarehouseError(f"{int((place < 0).sum())} live records have no golden id in run {session.run.number}. Run again.")
    return np.asarray(crosswalk.column("golden_number").to_numpy()[place])


def trust_of(project: Project, records: Records) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The trust of each source, along `records.sources`."""
    declared = {source.name: source.trust for source in project.sources}
    return np.array([declared[name] for name in records.sources], np.float64)


def linkages(session: Session, records: Records) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Each record's linkage to the rest of its cluster."""
    members = staged_linkages(session.warehouse, session.run)
    place = Places(members.column("record_id").to_numpy()).of(records.ids)
    return np.asarray(members.column("linkage").to_numpy()[place], np.float64)


def golden_table(records: Records, golden: Longs, chosen: Survivors, linkage: np.ndarray[tuple[int], np.dtype[np.float64]]) -> pa.Table:
    """The golden records as the warehouse keeps them: values, where each is from and by which rule, and the counters."""
    columns: dict[str, pa.Array] = {"golden_number": pa.array(chosen.golden)}
    reasons = pa.array(REASONS)
    for name, choice in chosen.choices.items():
        columns |= value_columns(name, choice, records, reasons)
    counted = counters(records, golden, chosen)
    for name in ("member_count", "source_count", "sources", "completeness"):
        columns[name] = counted.column(name)
    for name in ("first_seen", "last_seen"):
        columns[name] = counted.column(name).cast(pa.int64())
    weakest = np.full(len(chosen.golden), np.inf)
    np.minimum.at(weakest, np.searchsorted(chosen.golden, golden), linkage)
    columns["cohesion"] = pa.array(weakest)
    return pa.table(columns)


def value_columns(name: str, choice: Choice, records: Records, reasons: pa.StringArray) -> dict[str, pa.Array]:
    """One attribute's columns of the golden table."""
    has_record = choice.winner >= 0
    origin = pa.array(records.ids[np.maximum(choice.winner, 0)], mask=~has_record)
    rule = reasons.take(pa.array(choice.rule.astype(np.int32), mask=choice.rule < 0))
    columns = {name: choice.value, f"{name}_from": origin, f"{name}_rule": rule}
    if choice.attribute.many:
        position = records.columns[name].position
        at = position[np.maximum(choice.entry, 0)] if len(position) else np.zeros(len(choice.entry), np.int32)
        columns[f"{name}_position"] = pa.array(at.astype(np.int16), mask=choice.entry < 0)
    return columns


def contact_table(found: pa.Table) -> pa.Table:
    """The values that are not the golden one, as the warehouse keeps them."""
    others = found.filter(pc.invert(found.column("winner")))
    columns = {"golden_number": others.column("golden")} | {name: others.column(name) for name in ("attribute", "value", "sources")}
    return pa.table(columns | {name: others.column(name).cast(pa.int64()) for name in ("first_seen", "last_seen")})


def open_conflicts(session: Session, disagreeing: pa.Table, scope: Scope | None) -> None:
    """One steward task for each customer and protected attribute on which its records disagree."""
    looked_into = None if scope is None else frozenset(scope.numbers.tolist())
    tasks = [
        Question(
            f"{row['attribute']} of {row['golden']}", {"golden_number": row["golden"], "attribute": row["attribute"]}, float(row["values"])
        )
        for row in disagreeing.sort_by([("values", "descending"), ("golden", "ascending")])
        .slice(0, session.project.match.max_tasks_per_run)
        .to_pylist()
    ]
    with session.warehouse.begin() as connection:
        asked_of = None if looked_into is None else lambda payload: payload["golden_number"] in looked_into
        sync_tasks(connection, session.run, "contradictory_values", tasks, asked_of)
