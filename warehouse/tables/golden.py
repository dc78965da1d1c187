"""What is kept beside the golden table: contacts, relationships, the names of rules, the consumers' views."""

from __future__ import annotations

from sqlalchemy import BigInteger, Double, ForeignKey, Index, Integer, SmallInteger, Table, Text, UniqueConstraint

from warehouse.columns import Number, key, metadata, optional, required, span
from warehouse.visibility import span_indexes

golden_contact = Table(
    "golden_contact",
    metadata,
    key("contact_id", Number, comment="Names this version of the row"),
    required("golden_number", BigInteger, ForeignKey("golden_identity.golden_number")),
    required("attribute", Text),
    required("value", Text),
    required("sources", Text, comment="Names of the sources that hold it, separated by commas"),
    optional("first_seen", BigInteger, comment="Microseconds since 1970 (UTC)"),
    optional("last_seen", BigInteger, comment="Microseconds since 1970 (UTC)"),
    *span(in_key=False),
    comment="The other values of the attributes a customer can have several of, over time",
)
span_indexes(golden_contact)
Index(None, golden_contact.c.golden_number)

relationship = Table(
    "relationship",
    metadata,
    key("relationship_id", Number, comment="Names this version of the row"),
    required("left_number", BigInteger, ForeignKey("golden_identity.golden_number")),
    required("right_number", BigInteger, ForeignKey("golden_identity.golden_number")),
    required("kind", Text, comment="household, for example"),
    optional("probability", Double),
    optional("shared", Text, comment="What they have in common, separated by commas: family_name,address,phone"),
    *span(in_key=False),
    comment="Golden customers that belong together without being the same, over time",
)
span_indexes(relationship)
Index(None, relationship.c.left_number)
Index(None, relationship.c.right_number)

survivorship_rule = Table(
    "survivorship_rule",
    metadata,
    key("rule", SmallInteger),
    required("name", Text),
    UniqueConstraint("name"),
    comment="Numbers that stand for the names of survivorship rules in the golden table",
)

consumer_view = Table(
    "consumer_view",
    metadata,
    key("name", Text),
    required("position", Integer, comment="Views are made in this order and removed in the other"),
    required("definition", Text, comment="Fingerprint: a view is made anew only when it changed"),
    comment="The views that were generated for consumers",
)
