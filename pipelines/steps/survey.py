"""Survey: what standardising made of the live records: for each attribute, how many values are valid, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from domain.attributes import Attribute, Status
from pipelines.steps.session import Session
from warehouse.sources import source_states
from warehouse.staging import statuses


@dataclass(frozen=True, slots=True)
class AttributeSurvey:
    """One attribute over the live records; the four counts add up to their number."""

    name: str
    missing: int
    valid: int
    invalid: int
    placeholder: int

    @property
    def complete(self) -> float:
        """Share of the records with a valid value; 0 where there is no record."""
        return self.valid / max(self.missing + self.valid + self.invalid + self.placeholder, 1)


@dataclass(frozen=True, slots=True)
class Survey:
    """The live records, counted."""

    records: int
    attributes: tuple[AttributeSurvey, ...]


def survey(session: Session) -> Survey:
    """Count the values of all live records by their status, source by source."""
    with session.warehouse.connect() as connection:
        live = [state for state in source_states(connection) if state.active and state.live_run]
    # As of the run that went live last: of a source that is held, this run's batch does not count.
    tables = (statuses(session.warehouse, replace(session.run, number=s.live_run), s.name, session.project.attributes) for s in live)
    return counted(tables, session.project.attributes)


def counted(tables: Iterable[pa.Table], attributes: Sequence[Attribute]) -> Survey:
    """The counts over tables with a column `<name>_status` for each attribute.

    >>> from domain.attributes import Role, Storage
    >>> email = Attribute("email", "email", Role.PERSONAL, Storage.TEXT)
    >>> counted([pa.table({"email_status": [1, 1, 0]}), pa.table({"email_status": [3]})], [email])
    Survey(records=4, attributes=(AttributeSurvey(name='email', missing=1, valid=2, invalid=0, placeholder=1),))
    """
    records = 0
    totals = np.zeros((len(attributes), len(Status)), np.int64)
    for table in tables:
        records += len(table)
        for row, attribute in enumerate(attributes):
            totals[row] += np.bincount(table.column(f"{attribute.name}_status").to_numpy(), minlength=len(Status))
    return Survey(records, tuple(AttributeSurvey(a.name, *row) for a, row in zip(attributes, totals.tolist(), strict=True)))
