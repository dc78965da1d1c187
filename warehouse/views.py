"""Views: the published state as consumers read it. Their names, columns and meaning are a promise, with a version.

Each view has a name with its version (`golden_customer_v1`), for programs, and one without, for people: the newest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from domain.attributes import Attribute
from warehouse.attribute_tables import golden_version, origin_column, position_column, rule_column
from warehouse.ledger import crosswalk_select
from warehouse.masking import masked
from warehouse.publications import PUBLISHED
from warehouse.sql_functions import moment
from warehouse.tables import golden_contact, golden_identity, identity_state, record, relationship, source, survivorship_rule
from warehouse.visibility import visible

VERSION = 1
"""Goes up when a column is taken away or means something else; an attribute more or less is the project's own doing."""


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
    described = {attribute.name: attribute.description for attribute in attributes if attribute.description}
    yield ConsumerView("golden_customer", "The published golden customers, one row each.", _customers(attributes), described)
    masks = "The published golden customers, without what would tell who they are."
    yield ConsumerView("golden_customer_masked", masks, _customers(attributes, mask=True), described)
    yield ConsumerView("golden_crosswalk", "The golden id of every source record.", crosswalk_select(PUBLISHED))
    if attributes:
        yield ConsumerView("golden_provenance", "Where every golden value came from, and the rule that chose it.", _provenance(attributes))
    yield ConsumerView("golden_contact_current", "The other values of the attributes a customer can have several of.", _contacts())
    yield ConsumerView("golden_redirect", "Golden ids that are no longer live, and the id that answers for each.", _redirects())
    yield ConsumerView("golden_relationship", "Golden customers that belong together without being the same.", _relationships())


def _customers(attributes: Sequence[Attribute], mask: bool = False) -> sa.Select[Any]:
    table = golden_version(attributes)
    values = [masked(table.c[a.name], a).label(a.name) if mask else table.c[a.name] for a in attributes]
    counters = (table.c.member_count, table.c.source_count, table.c.sources, *_seen(table), table.c.cohesion, table.c.completeness)
    joined = table.join(golden_identity, golden_identity.c.golden_number == table.c.golden_number)
    return sa.select(golden_identity.c.golden_id, *values, *counters).select_from(joined).where(visible(table, PUBLISHED))


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


def _relationships() -> sa.Select[Any]:
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
    return sa.select(*columns).select_from(joined).where(visible(relationship, PUBLISHED))
