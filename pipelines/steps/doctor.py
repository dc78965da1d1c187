"""Doctor: is all that we keep as it was written, and do the invariants hold in what is published?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from domain.attributes import Attribute
from domain.errors import OnefoldError
from pipelines.steps.audit import verify_audit
from warehouse.database import Warehouse
from warehouse.doctor import violations
from warehouse.publications import published_run
from warehouse.soundness import file_faults, kept_tables, loose_references, raw_faults, row_faults


@dataclass(frozen=True, slots=True)
class Health:
    """What the doctor has found."""

    publication: int
    """The run that is published; 0: none."""
    tables: int
    """How many of our tables were read."""
    problems: tuple[str, ...]
    """One sentence each, with a count."""


def examine(warehouse: Warehouse, attributes: Sequence[Attribute], tell: Callable[[str], None] = lambda what: None) -> Health:
    """Read everything once and ask for all that must hold; `tell` hears what is looked at next.

    A file that is damaged is not asked further: whatever it answered could be wrong. A run may be under way meanwhile.
    """
    tell("the database")
    if broken := file_faults(warehouse):
        return Health(0, 0, tuple(broken))
    with warehouse.connect() as connection:
        tables, published = kept_tables(connection, attributes), published_run(connection)
    return Health(published, len(tables), tuple(_in_tables(warehouse, attributes, tell)))


def _in_tables(warehouse: Warehouse, attributes: Sequence[Attribute], tell: Callable[[str], None]) -> Iterator[str]:
    with warehouse.connect() as connection:
        yield from loose_references(connection)
        for table in kept_tables(connection, attributes):
            tell(table.name)
            yield from row_faults(connection, table)
    tell("raw rows")
    yield from raw_faults(warehouse)
    tell("the invariants")
    yield from _invariants(warehouse, attributes)
    tell("the audit log")
    yield from _audit(warehouse)


def _invariants(warehouse: Warehouse, attributes: Sequence[Attribute]) -> list[str]:
    with warehouse.connect() as connection:
        return violations(connection, attributes)


def _audit(warehouse: Warehouse) -> list[str]:
    try:
        verify_audit(warehouse, None)
    except OnefoldError as error:
        return [str(error).rstrip(".")]
    return []
