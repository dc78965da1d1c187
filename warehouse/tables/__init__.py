"""The fixed tables, a file for each noun. Alembic owns their shape (`migrations/`).

The tables that follow the project's attributes are in `warehouse/attribute_tables.py`.
"""

from warehouse.columns import metadata
from warehouse.tables.adopted import adopted_id, adopted_record, renamed_record
from warehouse.tables.audit import audit_entry, audit_payload
from warehouse.tables.erasure import erasure, suppression
from warehouse.tables.events import dead_letter, outbox, subscriber
from warehouse.tables.golden import consumer_view, golden_contact, relationship, survivorship_rule
from warehouse.tables.ledger import crosswalk, golden_identity, identity_event, identity_state
from warehouse.tables.matches import cluster_member, related_cluster, scored_pair
from warehouse.tables.runs import publication, quality_result, run
from warehouse.tables.sources import quarantine, record, source, source_batch, source_record
from warehouse.tables.stewardship import decision, model, pin, steward_task

__all__ = [
    "adopted_id",
    "adopted_record",
    "audit_entry",
    "audit_payload",
    "cluster_member",
    "consumer_view",
    "crosswalk",
    "dead_letter",
    "decision",
    "erasure",
    "golden_contact",
    "golden_identity",
    "identity_event",
    "identity_state",
    "metadata",
    "model",
    "outbox",
    "pin",
    "publication",
    "quality_result",
    "quarantine",
    "record",
    "related_cluster",
    "relationship",
    "renamed_record",
    "run",
    "scored_pair",
    "source",
    "source_batch",
    "source_record",
    "steward_task",
    "subscriber",
    "suppression",
    "survivorship_rule",
]
