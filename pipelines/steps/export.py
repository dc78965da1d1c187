"""Export: the published golden table, crosswalk or relationships as a file, part by part, so that memory does not grow with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from domain.attributes import Attribute
from domain.errors import OnefoldError
from pipelines.project import Project
from pipelines.steps.formats import Format, What
from pipelines.steps.rows import escaped
from warehouse.adopted import mapping_select
from warehouse.as_of import publication_as_of
from warehouse.attribute_tables import golden_version
from warehouse.bulk import stream
from warehouse.database import Warehouse
from warehouse.golden import golden_count
from warehouse.ledger import crosswalk_select
from warehouse.publications import PUBLISHED, rests_on
from warehouse.relationships import relationship_counts
from warehouse.runs import published_run, run_report
from warehouse.views import customer_select, relationship_select

PART_ROWS, PART_BYTES = 65_536, 64 << 20
"""What is written at a time; of a Parquet file, a row group."""
MOMENTS = ("first_seen", "last_seen")
TIME = pa.timestamp("us", "UTC")
FORMULA = r"^(\s*[=+\-@＝＋－＠|%]|[\t\r\n])"
"""What a spreadsheet may take for the beginning of a formula (OWASP, CSV injection), blanks before it included."""
Progress = Callable[[int], None]
"""Is told the number of rows written so far."""


def export(
    warehouse: Warehouse,
    project: Project,
    what: What,
    format: Format,
    file: BinaryIO,
    *,
    as_of: str | None = None,
    safe: bool = False,
    progress: Progress | None = None,
) -> int:
    """Write a published table to an open file and return the number of rows, which come in no particular order.

    `as_of` is a run, a date or a moment of the past (`warehouse.as_of`). `safe` puts an apostrophe before every text that a
    spreadsheet would take for a formula (CSV only; a telephone that begins with + gets one too). Raises an OnefoldError where
    nothing is published.
    """
    with warehouse.connect() as connection:
        run = publication_as_of(connection, as_of).run if as_of else published_run(connection)
    if not run:
        raise OnefoldError("nothing has been published yet: run `onefold run` first.")
    rows = 0
    parts = published_rows(warehouse, project.attributes, what, run)
    with writer(format, file, safe) as write:
        for part in gathered(parts, PART_ROWS, PART_BYTES):
            write(part)
            rows += part.num_rows
            if progress:
                progress(rows)
    return rows


def published_count(warehouse: Warehouse, what: What, as_of: str | None = None) -> int | None:
    """About how many rows there are, as far as the run that published them has told."""
    with warehouse.connect() as connection:
        run = publication_as_of(connection, as_of).run if as_of else published_run(connection)
        row = run_report(connection, rests_on(connection, run))
        customers = golden_count(connection, run)
        related = sum(relationship_counts(connection, run).values())
    if what is What.ADOPTED:
        return None
    if what is What.RELATIONSHIPS:
        return related
    return customers if what is What.GOLDEN else ((row.report if row else None) or {}).get("records")


@contextmanager
def replacing(path: Path, make_folder: bool = False) -> Iterator[BinaryIO]:
    """A file that takes its place only when it is whole; an OnefoldError where it cannot be written."""
    workshop = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        if path.is_dir():
            raise OnefoldError(f"{path} is a folder: name a file in it.")
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        with workshop.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        workshop.replace(path)
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        workshop.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """An OnefoldError where `replacing` would find that no file can be made there; to be asked before long work."""
    trial = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        trial.open("xb").close()
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        trial.unlink(missing_ok=True)


def unwritable(path: Path, error: OSError) -> OnefoldError:
    """What is said where a file cannot be written."""
    reason = (error.strerror or type(error).__name__).lower()
    return OnefoldError(f"{path} cannot be written: {reason}. Name a file in a folder that is there and has room.")


def published_rows(warehouse: Warehouse, attributes: Sequence[Attribute], what: What, run: int | None = None) -> Iterator[pa.Table]:
    """The rows of a consumers' view, part by part, as of one moment: that of a run's publication or now; times are in UTC."""
    pointer: Any = PUBLISHED if run is None else run
    selects: dict[What, Callable[[], Any]] = {
        What.ADOPTED: mapping_select,
        What.GOLDEN: lambda: customer_select(attributes, pointer),
        What.CROSSWALK: lambda: crosswalk_select(pointer),
        What.RELATIONSHIPS: lambda: relationship_select(pointer),
    }
    statement = selects[what]()
    kept = golden_version(attributes).c
    # The view tells times in each database's own way; what is kept is the same on both.
    columns = [kept[column.name] if column.name in MOMENTS else column for column in statement.selected_columns]
    for part in stream(warehouse, statement.with_only_columns(*columns)):
        yield with_times(part)


def with_times(part: pa.Table) -> pa.Table:
    """Microseconds as times."""
    for name in MOMENTS:
        if name in part.column_names:
            part = part.set_column(part.column_names.index(name), name, part.column(name).cast(TIME))
    return part


def gathered(parts: Iterable[pa.Table], rows: int, size: int) -> Iterator[pa.Table]:
    """The same rows in parts of so many rows or bytes; one empty part where there are none, so that the columns are known."""
    held: list[pa.Table] = []
    given = False
    for part in parts:
        held.append(part)
        if sum(one.num_rows for one in held) >= rows or sum(one.nbytes for one in held) >= size:
            yield pa.concat_tables(held)
            held, given = [], True
    if held and (not given or any(one.num_rows for one in held)):
        yield pa.concat_tables(held)


class Writer(Protocol):
    """Writes one part."""

    def __call__(self, part: pa.Table, /) -> None: ...


@contextmanager
def writer(format: Format, file: BinaryIO, safe: bool) -> Iterator[Writer]:
    """What writes parts in a format; the first part says which columns there are."""
    if format is Format.JSONL:
        yield lambda part: write_lines(file, part)
        return
    opened: list[pacsv.CSVWriter | pq.ParquetWriter] = []

    def write(part: pa.Table) -> None:
        rows = (safe_for_spreadsheets(part) if safe else part) if format is Format.CSV else part
        if not opened:
            opened.append(OPEN[format](file, rows.schema))
        opened[0].write_table(rows)

    try:
        yield write
    finally:
        for one in opened:
            one.close()


OPEN: Mapping[Format, Callable[[BinaryIO, pa.Schema], pacsv.CSVWriter | pq.ParquetWriter]] = {
    Format.CSV: lambda file, schema: pacsv.CSVWriter(file, schema, write_options=pacsv.WriteOptions(quoting_style="needed")),
    Format.PARQUET: lambda file, schema: pq.ParquetWriter(file, schema, compression="zstd"),
}


def safe_for_spreadsheets(part: pa.Table) -> pa.Table:
    """Texts that begin like a formula, with an apostrophe before them.

    >>> safe_for_spreadsheets(pa.table({"name": ["=1+1", "Ann"], "n": [-1, 2]})).to_pylist()
    [{'name': "'=1+1", 'n': -1}, {'name': 'Ann', 'n': 2}]
    """
    columns = [
        pc.replace_substring_regex(column, FORMULA, r"'\1") if pa.types.is_string(column.type) else column for column in part.columns
    ]
    return pa.table(columns, names=part.column_names)


def write_lines(file: BinaryIO, part: pa.Table) -> None:
    """One JSON object a line."""
    lines = json_lines(part)
    if len(lines):
        together = pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines)
        file.write(pc.binary_join(together, "\n")[0].as_buffer())
        file.write(b"\n")


def json_lines(part: pa.Table) -> pa.StringArray:
    """Each row as a JSON object; dates and times as ISO 8601 text.

    >>> json_lines(pa.table({"name": ['Ann "X"', None], "n": [1.5, None], "yes": [True, False]})).to_pylist()
    ['{"name":"Ann \\\\"X\\\\"","n":1.5,"yes":true}', '{"name":null,"n":null,"yes":false}']
    """
    members = [member(name, column.combine_chunks()) for name, column in zip(part.column_names, part.columns, strict=True)]
    joined = pc.binary_join_element_wise("{", pc.binary_join_element_wise(*members, ","), "}", "")
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def member(name: str, values: pa.Array) -> pa.StringArray:
    """One member of each row's object."""
    label = f'"{escaped(pa.array([name]))[0].as_py()}":'
    is_time = pa.types.is_timestamp(values.type)
    text = pc.strftime(values, format="%Y-%m-%dT%H:%M:%SZ") if is_time else pc.cast(values, pa.string())
    if pa.types.is_boolean(values.type) or pa.types.is_integer(values.type):
        written = pc.binary_join_element_wise(label, text, "")
    elif pa.types.is_floating(values.type):
        written = pc.binary_join_element_wise(label, pc.if_else(pc.is_finite(values), text, pa.scalar(None, pa.string())), "")
    else:
        written = pc.binary_join_element_wise(f'{label}"', escaped(text), '"', "")
    return pc.fill_null(written, f"{label}null")
