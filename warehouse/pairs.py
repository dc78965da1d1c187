"""Pairs: records that link or are asked about, and their rivals; derived by every run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from domain.runs import Run
from warehouse.bulk import Within, read, read_few
from warehouse.database import Warehouse
from warehouse.ids import among
from warehouse.publications import PUBLISHED
from warehouse.tables import scored_pair
from warehouse.versions import Changes, Places, stage_versions
from warehouse.visibility import visible

KEYS = ("left_id", "right_id")
COLUMNS = (*KEYS, "match_probability", "match_weight", "related_probability", "verdict", "advantage")


def stage_pairs(warehouse: Warehouse, run: Run, pairs: pa.Table, touched: Places | None = None) -> Changes:
    """Stage the scored pairs of a run (`COLUMNS`): all there are, or all that have one of the `touched` records on either side."""
    sides = None if touched is None else Within((scored_pair.c.left_id, scored_pair.c.right_id), touched)
    return stage_versions(warehouse, run, scored_pair, scored_pair.c.pair_id, KEYS, pairs.select(list(COLUMNS)), within=sides)


def published_pairs(warehouse: Warehouse) -> pa.Table:
    """The scored pairs (`COLUMNS`) that the publication rests on."""
    return read(warehouse, _published())


def pairs_of(connection: sa.Connection, record_ids: Sequence[int]) -> pa.Table:
    """The scored pairs of the publication that have one of these records on either side."""
    sides = [among(connection.dialect.name, side, record_ids) for side in (scored_pair.c.left_id, scored_pair.c.right_id)]
    return read_few(connection, _published().where(sa.or_(*sides)))


def _published() -> sa.Select[Any]:
    columns = (scored_pair.c[name] for name in COLUMNS)
    return sa.select(*columns).where(visible(scored_pair, PUBLISHED))
