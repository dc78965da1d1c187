"""The whole of a warehouse: every text and every blob in every table, whoever wrote it; and a file as bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa


def holding(connection: sa.Connection, *texts: str) -> dict[str, list[str]]:
    """Of each text, the columns that hold it somewhere, as `table.column`."""
    found: dict[str, list[str]] = {text: [] for text in texts}
    for table, row in every_row(connection):
        for column, value in row.items():
            for text in texts:
                if text.lower() in as_text(value) and f"{table}.{column}" not in found[text]:
                    found[text].append(f"{table}.{column}")
    return found


def every_row(connection: sa.Connection) -> list[tuple[str, dict[str, Any]]]:
    """All rows of all tables."""
    tables = sa.inspect(connection).get_table_names()
    return [(name, dict(row)) for name in tables for row in connection.execute(sa.text(f"SELECT * FROM {name}")).mappings()]


def as_text(value: Any) -> str:
    """A value as it may be searched in."""
    return (value.decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)).lower()


def in_files(database: Path, *texts: str) -> list[str]:
    """Which of the texts are somewhere in a database's file or in what lies beside it."""
    kept = b"".join(path.read_bytes() for path in sorted(database.parent.glob(f"{database.name}*"))).lower()
    return [text for text in texts if text.lower().encode() in kept]
