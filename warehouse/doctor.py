"""Doctor: asks the warehouse itself whether the invariants hold in what is published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from domain.attributes import Attribute, Storage
from domain.checks import Gate, Severity
from warehouse.attribute_tables import SEPARATOR, golden_version, origin_column, rule_column, standard_record
from warehouse.publications import PUBLISHED, RESTS_ON, published_run
from warehouse.records import with_keys
from warehouse.sql_functions import position_of
from warehouse.tables import (
    crosswalk,
    golden_contact,
    golden_identity,
    identity_state,
    outbox,
    publication,
    quality_result,
    quarantine,
    record,
    relationship,
    source,
    source_batch,
    source_record,
    survivorship_rule,
)
from warehouse.visibility import visible, visible_before

Finding = tuple[str, sa.Select[Any]]
"""A sentence about rows that must not be, and the select that finds them."""


def violations(connection: sa.Connection, attributes: Sequence[Attribute]) -> list[str]:
    """What is wrong with the published state, one sentence each, with counts; an empty list: nothing."""
    if published_run(connection) == 0:
        return []
    counted = ((sentence, _count(connection, wrong)) for sentence, wrong in _findings(attributes))
    return [f"{count} {sentence}" for sentence, count in counted if count]


def _count(connection: sa.Connection, wrong: sa.Select[Any]) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(wrong.subquery())).scalar_one())


def _findings(attributes: Sequence[Attribute]) -> Iterator[Finding]:
    yield from _crosswalk_findings()
    yield from _identity_findings()
    yield from _golden_findings(attributes)
    for attribute in attributes:
        yield from _value_findings(attributes, attribute)
    yield from _batch_findings()
    yield from _event_findings()


def _crosswalk_findings() -> Iterator[Finding]:
    """Every live record is in exactly one live golden id. (Invariant 1)"""
    held, twice = visible(crosswalk, PUBLISHED), sa.func.count() > 1
    yield "source records belong to several golden ids", _rows(crosswalk.c.record_id, held).group_by(crosswalk.c.record_id).having(twice)
    in_crosswalk = sa.exists().where(crosswalk.c.record_id == source_record.c.record_id, held)
    yield "live source records belong to no golden id", _live_records().where(~in_crosswalk)
    live = _live_records().where(source_record.c.record_id == crosswalk.c.record_id).correlate(crosswalk).exists()
    declared = sa.select(record.c.record_id).join(source).where(source.c.active)
    yield "records in the crosswalk are not live", _rows(crosswalk.c.record_id, held, crosswalk.c.record_id.in_(declared), ~live)
    yield "records in the crosswalk belong to a golden id that is not live", _rows(crosswalk.c.record_id, held, ~_is_live(crosswalk))


def _identity_findings() -> Iterator[Finding]:
    """Every golden id stands one way, leads in one hop to a live one, and holds somebody while it lives. (Invariant 2)"""
    number, seen = identity_state.c.golden_number, visible(identity_state, PUBLISHED)
    given, standing = golden_identity.c.minted_run <= PUBLISHED, sa.select(number).where(seen)
    yield "golden ids have no state", _rows(golden_identity.c.golden_number, given, golden_identity.c.golden_number.not_in(standing))
    yield "golden ids have several states", _rows(number, seen).group_by(number).having(sa.func.count() > 1)
    living = sa.select(number).where(seen, identity_state.c.state == "live")
    target = identity_state.alias("redirect")
    astray = _rows(target.c.golden_number, visible(target, PUBLISHED), target.c.state == "redirected", target.c.target.not_in(living))
    yield "redirects do not lead to a live golden id", astray
    holding = sa.select(crosswalk.c.golden_number).where(visible(crosswalk, PUBLISHED))
    yield "live golden ids hold no record", _rows(number, seen, identity_state.c.state == "live", number.not_in(holding))


def _golden_findings(attributes: Sequence[Attribute]) -> Iterator[Finding]:
    """Live golden ids have one golden record each, and no other id has one."""
    golden = golden_version(attributes)
    number, seen = golden.c.golden_number, visible(golden, PUBLISHED)
    yield "golden records belong to a golden id that is not live", _rows(number, seen, ~_is_live(golden))
    yield "golden ids have several golden records", _rows(number, seen).group_by(number).having(sa.func.count() > 1)
    living = sa.and_(visible(identity_state, PUBLISHED), identity_state.c.state == "live")
    without = identity_state.c.golden_number.not_in(sa.select(number).where(seen))
    yield "live golden ids have no golden record", _rows(identity_state.c.golden_number, living, without)
    yield (
        "contacts belong to a golden id that is not live",
        _rows(golden_contact.c.contact_id, visible(golden_contact, PUBLISHED), ~_is_live(golden_contact)),
    )
    living_numbers = sa.select(identity_state.c.golden_number).where(living)
    ends = (relationship.c.left_number.not_in(living_numbers), relationship.c.right_number.not_in(living_numbers))
    loose = sa.or_(*ends, relationship.c.left_number >= relationship.c.right_number)
    yield (
        "relationships do not lead from one live golden id to a later one",
        _rows(relationship.c.relationship_id, visible(relationship, PUBLISHED), loose),
    )


def _value_findings(attributes: Sequence[Attribute], attribute: Attribute) -> Iterator[Finding]:
    """Every golden value is that of a member, or a steward's pin, and says by which rule. (Invariant 4)"""
    golden, standard = golden_version(attributes), standard_record(attributes)
    value, origin = golden.c[attribute.name], golden.c[origin_column(attribute)]
    held = sa.and_(visible(golden, PUBLISHED), value.is_not(None))
    rule = sa.select(survivorship_rule.c.name).where(survivorship_rule.c.rule == golden.c[rule_column(attribute)]).scalar_subquery()
    unexplained = sa.or_(rule.is_(None), sa.and_(origin.is_(None), rule != "pin"))
    yield f"golden values of '{attribute.name}' do not say where they came from", _rows(golden.c.golden_number, held, unexplained)
    member = sa.and_(crosswalk.c.golden_number == golden.c.golden_number, crosswalk.c.record_id == origin, visible(crosswalk, PUBLISHED))
    strange = _rows(golden.c.golden_number, held, origin.is_not(None), ~sa.exists().where(member))
    yield f"golden values of '{attribute.name}' come from a record of another customer", strange
    of_origin = sa.and_(
        standard.c.record_id == origin, _seen_when_published(standard), _holds(standard.c[attribute.name], value, attribute)
    )
    same = sa.select(1).select_from(with_keys(standard)).where(of_origin).correlate(golden).exists()
    other = _rows(golden.c.golden_number, held, origin.is_not(None), ~same)
    yield f"golden values of '{attribute.name}' are not what their record holds", other


def _holds(standard: sa.ColumnElement[Any], value: sa.ColumnElement[Any], attribute: Attribute) -> sa.ColumnElement[bool]:
    """Whether a standard record's column holds the golden value; of several numbers or truths the spelling is not known here."""
    if not attribute.many:
        return standard == value
    if attribute.storage not in (Storage.TEXT, Storage.DATE):
        return standard.is_not(None)
    framed = sa.literal(SEPARATOR, sa.Text).concat(standard).concat(SEPARATOR)
    return position_of(framed, sa.literal(SEPARATOR, sa.Text).concat(sa.cast(value, sa.Text)).concat(SEPARATOR)) > 0


def _batch_findings() -> Iterator[Finding]:
    """Nothing is lost between reading and accepting, and no gate is passed by. (Invariants 5, 7)"""
    batch = source_batch.c
    lost = _rows(batch.run, batch.read != batch.accepted + batch.quarantined + batch.suppressed)
    yield "pulls have lost rows between reading and accepting them", lost
    later = source_batch.alias("later")
    latest = ~sa.exists().where(later.c.source_id == batch.source_id, later.c.run > batch.run)
    whole = sa.and_(quarantine.c.source_id == batch.source_id, quarantine.c.last_run == batch.run, quarantine.c.attribute.is_(None))
    kept = sa.select(sa.func.coalesce(sa.func.sum(quarantine.c.copies), 0)).where(whole).correlate(source_batch).scalar_subquery()
    yield "pulls have refused rows that the quarantine does not hold", _rows(batch.run, latest, batch.quarantined != kept)
    stopped = sa.and_(quality_result.c.gate == Gate.PUBLICATION, quality_result.c.severity == Severity.STOP, ~quality_result.c.passed)
    shut = sa.exists().where(quality_result.c.run == publication.c.run, stopped)
    yield "publications were made through a closed gate", _rows(publication.c.run, shut)


def _event_findings() -> Iterator[Finding]:
    """Consumers were told everything, in order: event ids count from 1, and none is of a run that published nothing. (Invariant 5)"""
    earlier = outbox.alias("earlier")
    before = sa.exists().where(earlier.c.event_id == outbox.c.event_id - 1, earlier.c.run <= outbox.c.run)
    seen = outbox.c.run <= PUBLISHED
    yield "events do not follow the event before them", _rows(outbox.c.event_id, seen, outbox.c.event_id > 1, ~before)
    published = outbox.c.run.in_(sa.select(publication.c.run))
    yield "events are of a run that was not published", _rows(outbox.c.event_id, seen, ~published)
    given = sa.select(golden_identity.c.golden_number)
    strange = sa.or_(outbox.c.golden_number.not_in(given), outbox.c.other.not_in(given))
    yield "events tell of a golden id that was never given", _rows(outbox.c.event_id, seen, strange)


def _rows(column: sa.ColumnElement[Any], *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(column).where(*conditions)


def _live_records() -> sa.Select[Any]:
    """Source records that were live when the publication was made, of the sources that are declared."""
    versions = sa.select(source_record.c.record_id).select_from(with_keys(source_record))
    return versions.where(source.c.active, _seen_when_published(source_record))


def _seen_when_published(table: sa.Table) -> sa.ColumnElement[bool]:
    return visible_before(table, RESTS_ON, source.c.live_run)


def _is_live(table: sa.Table) -> sa.ColumnElement[bool]:
    """Whether the golden id of a row is live."""
    live = sa.and_(visible(identity_state, PUBLISHED), identity_state.c.state == "live")
    return sa.exists().where(identity_state.c.golden_number == table.c.golden_number, live)
