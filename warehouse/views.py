"""Views: the published state as consumers read it. Their names, columns and meaning are a promise, with a version.

Each view has a name with its version (`golden_customer_v1`), for programs, and one without, for people: the newest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from domain.attributes import Attribute
from warehouse.attribute_tables import golden_version, origin_column, position_column, rule_column
from warehouse.columns import UtcTime
from warehouse.ledger import crosswalk_select, memberships
from warehouse.masking import masked
from warehouse.publications import PUBLISHED
from warehouse.sql_functions import moment
from warehouse.tables import (
    crosswalk,
    golden_contact,
    golden_identity,
    identity_state,
    publication,
    record,
    relationship,
    source,
    survivorship_rule,
)
from warehouse.visibility import OPEN, visible

VERSION = 1
"""Goes up when a column is taken away or means something else; an attribute more or less is the project's own doing."""
FOR_EVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Until when a version holds that holds until further notice; later than any moment that somebody asks for."""
AS_OF = "Those of a moment t: WHERE published_from <= t AND published_until > t."
SPAN = {
    "published_from": "When this version was published",
    "published_until": "When another took its place; 9999-12-31 while it holds",
    "from_run": "The run that published it",
    "until_run": "The run that published what took its place; 2147483647 while it holds",
}


@dataclass(frozen=True, slots=True)
class ConsumerView:
    """A view, what it holds, and what its columns mean where that needs saying."""

    name: str
    comment: str
    statement: sa.Select[Any] | sa.CompoundSelect[Any]
    columns: Mapping[str, str] = field(default_factory=dict)


def consumer_views(attributes: Sequence[Attribute]) -> Iterator[ConsumerView]:
    """All views for consumers, each before those that rest on it."""
    for view in _versioned(attributes):
        numbered = f"{view.name}_v{VERSION}"
        yield ConsumerView(numbered, view.comment, view.statement, view.columns)
        newest = sa.table(numbered, *(sa.column(column.name) for column in view.statement.selected_columns))
        yield ConsumerView(view.name, f"{view.comment} Shows {numbered}.", sa.select(newest), view.columns)


def _versioned(attributes: Sequence[Attribute]) -> Iterator[ConsumerView]:
    published = visible(golden_version(attributes), PUBLISHED)
    described = {attribute.name: attribute.description for attribute in attributes if attribute.description}
    yield ConsumerView(
        "golden_customer", "The published golden customers, one row each.", customer_select(attributes, PUBLISHED), described
    )
    masks = "The published golden customers, without what would tell who they are."
    yield ConsumerView("golden_customer_masked", masks, _customers(attributes, mask=True).where(published), described)
    yield ConsumerView("golden_crosswalk", "The golden id of every source record.", crosswalk_select(PUBLISHED))
    if attributes:
        yield ConsumerView("golden_provenance", "Where every golden value came from, and the rule that chose it.", _provenance(attributes))
    yield ConsumerView("golden_contact_current", "The other values of the attributes a customer can have several of.", _contacts())
    yield ConsumerView("golden_redirect", "Golden ids that are no longer live, and the id that answers for each.", _redirects())
    yield ConsumerView(
        "golden_relationship", "Golden customers that belong together without being the same.", relationship_select(PUBLISHED)
    )
    yield ConsumerView(
        "golden_customer_as_of", f"Every version of every golden customer. {AS_OF}", _customers_as_of(attributes), described | SPAN
    )
    yield ConsumerView("golden_crosswalk_as_of", f"Every golden id that a source record ever had. {AS_OF}", _crosswalk_as_of(), SPAN)


def customer_select(attributes: Sequence[Attribute], pointer: Any) -> sa.Select[Any]:
    """The golden customers of a publication, as the view `golden_customer` shows those of the last."""
    return _customers(attributes).where(visible(golden_version(attributes), pointer))


def _customers(attributes: Sequence[Attribute], mask: bool = False) -> sa.Select[Any]:
    """Every version of every golden customer."""
    table = golden_version(attributes)
    values = [masked(table.c[a.name], a).label(a.name) if mask else table.c[a.name] for a in attributes]
    counters = (table.c.member_count, table.c.source_count, table.c.sources, *_seen(table), table.c.cohesion, table.c.completeness)
    joined = table.join(golden_identity, golden_identity.c.golden_number == table.c.golden_number)
    return sa.select(golden_identity.c.golden_id, *values, *counters).select_from(joined)


def _customers_as_of(attributes: Sequence[Attribute]) -> sa.Select[Any]:
    return _with_span(_customers(attributes), golden_version(attributes))


def _crosswalk_as_of() -> sa.Select[Any]:
    return _with_span(memberships(), crosswalk)


def _with_span(versions: sa.Select[Any], table: sa.Table) -> sa.Select[Any]:
    """Versions beside the publications between which each was seen; what a run has staged is no publication's, and not seen."""
    began, ended = publication.alias("began"), publication.alias("ended")
    columns = (
        began.c.published_at.label("published_from"),
        sa.func.coalesce(ended.c.published_at, sa.literal(FOR_EVER, UtcTime())).label("published_until"),
        began.c.run.label("from_run"),
        sa.func.coalesce(ended.c.run, sa.literal(OPEN)).label("until_run"),
    )
    spanned = versions.add_columns(*columns).join(began, began.c.run == table.c.from_run)
    return spanned.outerjoin(ended, ended.c.run == table.c.to_run)


def _seen(table: sa.Table) -> tuple[sa.ColumnElement[Any], ...]:
    return (moment(table.c.first_seen).label("first_seen"), moment(table.c.last_seen).label("last_seen"))


def _provenance(attributes: Sequence[Attribute]) -> sa.CompoundSelect[Any]:
    table = golden_version(attributes)
    return sa.union_all(*(_origins(table, attribute) for attribute in attributes))


def _origins(table: sa.Table, attribute: Attribute) -> sa.Select[Any]:
    """Where the values of one attribute came from; a steward's pin has no record."""
    position = table.c[position_column(attribute)] if attribute.many else sa.literal(0)
    joined = (
        table.join(golden_identity, golden_identity.c.golden_number == table.c.golden_number)
        .join(survivorship_rule, survivorship_rule.c.rule == table.c[rule_column(attribute)])
        .outerjoin(record, record.c.record_id == table.c[origin_column(attribute)])
        .outerjoin(source, source.c.source_id == record.c.source_id)
    )
    columns = (
        golden_identity.c.golden_id,
        sa.literal(attribute.name, sa.Text).label("attribute"),
        source.c.name.label("source"),
        record.c.key.label("record_key"),
        position.label("position"),
        survivorship_rule.c.name.label("rule"),
    )
    held = sa.and_(visible(table, PUBLISHED), table.c[attribute.name].is_not(None))
    return sa.select(*columns).select_from(joined).where(held)


def _contacts() -> sa.Select[Any]:
    table = golden_contact
    joined = table.join(golden_identity, golden_identity.c.golden_number == table.c.golden_number)
    columns = (golden_identity.c.golden_id, table.c.attribute, table.c.value, table.c.sources, *_seen(table))
    return sa.select(*columns).select_from(joined).where(visible(table, PUBLISHED))


def _redirects() -> sa.Select[Any]:
    own, target = golden_identity.alias("own"), golden_identity.alias("target")
    joined = identity_state.join(own, own.c.golden_number == identity_state.c.golden_number)
    joined = joined.outerjoin(target, target.c.golden_number == identity_state.c.target)
    columns = (own.c.golden_id, identity_state.c.state, target.c.golden_id.label("leads_to"))
    gone = sa.and_(visible(identity_state, PUBLISHED), identity_state.c.state != "live")
    return sa.select(*columns).select_from(joined).where(gone)


def relationship_select(pointer: Any) -> sa.Select[Any]:
    """Who belongs together at a publication."""
    left, right = golden_identity.alias("left_side"), golden_identity.alias("right_side")
    joined = relationship.join(left, left.c.golden_number == relationship.c.left_number)
    joined = joined.join(right, right.c.golden_number == relationship.c.right_number)
    columns = (
        left.c.golden_id.label("left_id"),
        right.c.golden_id.label("right_id"),
        relationship.c.kind,
        relationship.c.probability,
        relationship.c.shared,
    )
    return sa.select(*columns).select_from(joined).where(visible(relationship, pointer))
