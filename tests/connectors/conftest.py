"""Pulling from a small source that a test has just written into its own folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from connectors import Connector, Refused, Since, open_source
from domain.sources import ColumnMap, Source


@dataclass
class Pulled:
    """All of a source, its batches put together."""

    rows: list[dict[str, str | None]]
    numbers: list[int]
    refused: list[Refused]

    @property
    def reasons(self) -> dict[int, str]:
        return {refused.row: refused.reason for refused in self.refused}


def connector(folder: Path, environment: dict[str, str] | None = None, **connect: Any) -> Connector:
    mapped = (ColumnMap("birth_date", (("dob",),)), ColumnMap("email", (("mail",),)))
    return open_source(Source("billing", "Billing", connect, ("id",), mapped, modified="changed"), folder, environment or {})


def pull(source: Connector, columns: list[str] | None = None, since: Since | None = None, size: int = 50_000) -> Pulled:
    wanted = list(source.columns()) if columns is None else columns
    pulled = Pulled([], [], [])
    for batch in source.batches(wanted, since, size):
        assert batch.rows.schema == pa.schema([(name, pa.string()) for name in wanted])
        assert len(batch.numbers) == batch.rows.num_rows <= size
        batch.rows.validate(full=True)
        pulled.rows += batch.rows.to_pylist()
        pulled.numbers += batch.numbers.tolist()
        pulled.refused += batch.refused
    return pulled


@pytest.fixture
def connect(tmp_path: Path) -> Callable[..., Connector]:
    """Opens a source of the test's folder: `connect(kind="csv", path="clients.csv")`."""
    return lambda environment=None, **settings: connector(tmp_path, environment, **settings)


@pytest.fixture
def pulled(tmp_path: Path) -> Callable[..., Pulled]:
    """Pulls all of a source of the test's folder; `columns`, `since` and `size` go to the pull."""

    def all_of(columns: list[str] | None = None, since: Since | None = None, size: int = 50_000, **settings: Any) -> Pulled:
        return pull(connector(tmp_path, **settings), columns, since, size)

    return all_of
