"""Audit: who did what when, and whether the log is as it was sealed."""

from __future__ import annotations

import re

from domain.errors import AuditBroken, OnefoldError
from warehouse.audit import Entry, Verified, entries, verify
from warehouse.database import Warehouse

HASH = re.compile(r"[0-9a-fA-F]{64}")


def audit_entries(warehouse: Warehouse, subject: str | None, limit: int) -> list[Entry]:
    """The latest entries, newest first; `subject`: only those done to it."""
    with warehouse.connect() as connection:
        return entries(connection, subject, limit)


def verify_audit(warehouse: Warehouse, expect: str | None) -> Verified:
    """Check every hash of the log. Raises `AuditBroken`, which says what is wrong, unless it is as it was sealed.

    `expect`: a hash that was noted earlier, which the log must still hold.
    """
    if expect is not None and not HASH.fullmatch(expect.strip()):
        raise OnefoldError("--expect takes a hash as `onefold audit verify` prints it: 64 hexadecimal digits.")
    with warehouse.connect() as connection:
        found = verify(connection, expect)
    if found.faults:
        more = f", and {found.more_faults:,} more faults" if found.more_faults else ""
        raise AuditBroken(f"the audit log is not as it was sealed: {'; '.join(found.faults)}{more}. Compare it with a backup.")
    return found
