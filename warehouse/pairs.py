"""Pairs: records that link or are asked about, and their rivals; derived anew by every run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from domain.runs import Run
from warehouse.bulk import append, read, read_few
from warehouse.database import Warehouse
from warehouse.ids import among
from warehouse.leftovers import remove_derived
from warehouse.publications import published_derivation
from warehouse.tables import scored_pair
from warehouse.versions import with_number

COLUMNS = ("left_id", "right_id", "match_probability", "match_weight", "related_probability", "verdict", "advantage")


def stage_pairs(warehouse: Warehouse, run: Run, pairs: pa.Table) -> int:
    """Keep the scored pairs of a run (`COLUMNS`), instead of those it kept before; returns how many."""
    remove_derived(warehouse, scored_pair, run.number)
    rows = pairs.select(list(COLUMNS))
    return append(warehouse, scored_pair, with_number(rows, "run", run.number))


def published_pairs(warehouse: Warehouse) -> pa.Table:
    """The scored pairs (`COLUMNS`) that the publication rests on."""
    return read(warehouse, _published())


def pairs_of(connection: sa.Connection, record_ids: Sequence[int]) -> pa.Table:
    """The scored pairs of the publication that have one of these records on either side."""
    sides = [among(connection.dialect.name, side, record_ids) for side in (scored_pair.c.left_id, scored_pair.c.right_id)]
    return read_few(connection, _published().where(sa.or_(*sides)))


def _published() -> sa.Select[Any]:
    columns = (scored_pair.c[name] for name in COLUMNS)
    return sa.select(*columns).where(scored_pair.c.run == published_derivation(scored_pair))
