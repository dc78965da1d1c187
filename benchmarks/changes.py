"""Changes: every hundredth row of a demo organisation's sources is made another, in place, as its department would."""

from __future__ import annotations

import gzip
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from domain.sources import Source
from pipelines.project import load_project

TELLING = ("email", "city", "phone")
"""What is changed: the first of these attributes that a source's own table has."""
TELEPHONE = re.compile(rb"(\d{3}\D{1,2})(\d)(\d{3})(?!\d)")
MAILBOX = re.compile(rb"(\w)@")
TEXTS = ("csv", "json", "xml")


def change_rows(folder: Path, every: int = 100) -> int:
    """Change every so many rows of each source that is a database, a text or a Parquet file; how many were changed."""
    return sum(change_source(folder, source, every) for source in load_project(folder).sources)


def change_source(folder: Path, source: Source, every: int) -> int:
    """Change rows of one source; workbooks stay as they are."""
    kind, path = source.connect["kind"], folder / str(source.connect.get("path", ""))
    if kind == "sql":
        return change_database(folder / str(source.connect["url"]).removeprefix("sqlite:///"), source, every)
    if kind == "parquet":
        return change_parquet(path, dict(columns_of(source)), every)
    return change_text(path, every) if kind in TEXTS else 0


def columns_of(source: Source) -> Iterator[tuple[str, str]]:
    """Which attribute each mapped column fills."""
    for mapped in source.map:
        for column in mapped.names:
            yield column, mapped.target


def change_database(path: Path, source: Source, every: int) -> int:
    """Give rows the value of the row before, and the latest time of change that the table knows."""
    with closing(sqlite3.connect(path)) as database, database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            names = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
            telling = {target: column for column, target in columns_of(source) if column in names and target in TELLING}
            if set(source.key) <= set(names) and telling:
                column = telling[min(telling, key=TELLING.index)]
                before = f'(SELECT o."{column}" FROM "{table}" o WHERE o.rowid = "{table}".rowid - 1)'  # noqa: S608  # names of the demo's own
                newest = f', "{source.modified}" = (SELECT max("{source.modified}") FROM "{table}")' if source.modified else ""  # noqa: S608
                changed = database.execute(f'UPDATE "{table}" SET "{column}" = {before}{newest} WHERE rowid % ? = 2', (every,))  # noqa: S608
                return changed.rowcount
    return 0


def change_text(path: Path, every: int) -> int:
    """Turn a digit of a telephone, or lengthen a mailbox, in every so many lines."""
    packed = path.suffix == ".gz"
    lines = (gzip.decompress(path.read_bytes()) if packed else path.read_bytes()).splitlines(keepends=True)
    changed = 0
    for at in range(every, len(lines), every):
        line = TELEPHONE.sub(lambda m: m[1] + b"%d" % ((int(m[2]) + 1) % 10) + m[3], lines[at], count=1)
        line = line if line != lines[at] else MAILBOX.sub(rb"\1x@", line, count=1)
        changed += line != lines[at]
        lines[at] = line
    whole = b"".join(lines)
    path.write_bytes(gzip.compress(whole, 1) if packed else whole)
    return changed


def change_parquet(path: Path, targets: dict[str, str], every: int) -> int:
    """Give rows the telling value of the row before."""
    rows = pq.read_table(path)
    column = min((name for name, target in targets.items() if target in TELLING), key=lambda name: TELLING.index(targets[name]))
    values = rows.column(column).to_pylist()
    places = range(every, len(values), every)
    for at in places:
        values[at] = values[at - 1]
    pq.write_table(rows.set_column(rows.column_names.index(column), column, pa.array(values, rows.schema.field(column).type)), path)
    return len(places)
