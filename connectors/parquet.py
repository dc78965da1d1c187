"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from connectors.batches import BATCH_LIMIT, Batch, batch_of
from connectors.connector import BATCH_ROWS, Connector, Settings, Since, check_unique
from connectors.files import found
from connectors.nested import value_at
from connectors.text import cells, text_of, word_of


class ParquetSettings(Settings):
    """A Parquet file."""

    path: str = Field(min_length=1, description="The file, relative to the project folder.")


class Parquet(Connector):
    """Rows of a Parquet file, numbered from 1. Structures are read as `address.city`, lists are joined by `; `."""

    kind = "parquet"
    settings_model: ClassVar[type[Settings]] = ParquetSettings
    settings: ParquetSettings

    @property
    def place(self) -> str:
        return f"file '{self.settings.path}'"

    def _found(self) -> dict[str, str]:
        with self._opened() as file:
            schema = file.schema_arrow
        check_unique(schema.names, self.place)
        return {name: word for column in schema for name, word in _leaves(column.name, column.type)}

    def _read(self, columns: Sequence[str], since: Since | None) -> Iterator[Batch]:
        with self._opened() as file:
            tops = {column: _top(column, file.schema_arrow.names) for column in columns}
            wanted, start = list(dict.fromkeys(tops.values())), 1
            for rows in file.iter_batches(_rows_at_once(file.metadata), columns=wanted):
                texts = [_text(rows.column(tops[column]), column, tops[column]) for column in columns]
                yield batch_of(columns, texts, np.arange(start, start + rows.num_rows))
                start += rows.num_rows

    @contextmanager
    def _opened(self) -> Iterator[pq.ParquetFile]:
        path = found(self.settings.path, self.base)
        with pq.ParquetFile(path) as file:
            yield file

    def _explain(self, error: Exception) -> str | None:
        if isinstance(error, pa.ArrowException) or (isinstance(error, OSError) and error.errno is None):
            return f"{self.place} is not a Parquet file, or is damaged. Export it again, or set connect.kind."
        return super()._explain(error)


def _rows_at_once(metadata: pq.FileMetaData) -> int:
    """As many as a batch has, but no more bytes than one may hold, by what the file says of its row groups."""
    size: int = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    fitting: int = BATCH_LIMIT * max(metadata.num_rows, 1) // max(size, 1)
    return max(1, min(BATCH_ROWS, fitting))


def _leaves(name: str, kind: pa.DataType) -> Iterator[tuple[str, str]]:
    """The columns that one of the file's makes, with their types; lists stand for their elements."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        yield from ((leaf, "text") for leaf, _ in _leaves(name, kind.value_type))
    elif pa.types.is_struct(kind):
        for part in kind:
            yield from _leaves(f"{name}.{part.name}", part.type)
    else:
        yield name, word_of(kind)


def _top(column: str, names: Sequence[str]) -> str:
    """The file's own column that `column` lies in."""
    return max((name for name in names if column == name or column.startswith(f"{name}.")), key=len)


def _text(values: pa.Array, column: str, top: str) -> pa.Array:
    if column == top:
        return text_of(values)
    path = column.removeprefix(f"{top}.")
    return cells([value_at(value, path) for value in values.to_pylist()])
