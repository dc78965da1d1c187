"""Memory does not grow with a source."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROWS, CELL = 60_000, "x" * 1_000
MEGABYTES = ROWS * len(CELL) >> 20
FORMATS = {
    "csv": ("", "{n},{cell}\n", ""),
    "lines": ("", '{{"id":{n},"note":"{cell}"}}\n', ""),
    "json": ("[", '{{"id":{n},"note":"{cell}"}},\n', '{"id":0}]'),
    "xml": ("<r>", "<row><c><id>{n}</id><note>{cell}</note></c></row>\n", "</r>"),
}
READER = """
import json, resource, sys
from pathlib import Path
import connectors
from domain.sources import Source

def pulled(connect):
    source = connectors.open_source(Source("billing", "Billing", connect, ("id",), ()), Path("."), {})
    return sum(batch.rows.num_rows for batch in source.batches(["id", "note"], size=2_000))

connectors.csv.BLOCK = 1 << 20
connect = json.loads(sys.argv[1])
small = pulled({**connect, **json.loads(sys.argv[2])})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(small, pulled(connect), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def write(folder, kind, name, rows):
    path = folder / f"{name}.{kind}"
    if kind == "parquet":
        pq.write_table(pa.table({"id": range(rows), "note": [f"{n}{CELL}" for n in range(rows)]}), path, row_group_size=2_000)
        return {"kind": kind, "path": str(path)}
    if kind == "sql":
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE c (id, note)")
        database.executemany("INSERT INTO c VALUES (?, ?)", ((n, CELL) for n in range(rows)))
        database.commit()
        database.close()
        return {"kind": kind, "url": f"sqlite:///{path}", "table": "c"}
    before, row, after = FORMATS[kind]
    with path.open("w") as file:
        file.write("id,note\n" if kind == "csv" else before)
        file.writelines(row.format(n=n, cell=CELL) for n in range(rows))
        file.write(after)
    return {"kind": "json" if kind == "lines" else kind, "path": str(path)} | ({"record": "c"} if kind == "xml" else {})


@pytest.mark.parametrize("kind", [*FORMATS, "parquet", "sql"])
def test_a_large_source_takes_no_more_memory_than_a_part_of_it(tmp_path, kind):
    """A quarter first, then all: what is held is the batch, not the source."""
    part, whole = write(tmp_path, kind, "part", ROWS // 4), write(tmp_path, kind, "whole", ROWS)
    command = [sys.executable, "-c", READER, json.dumps(whole), json.dumps(part)]
    small, large, grown = map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    assert (small // 1_000, large // 1_000) == (ROWS // 4_000, ROWS // 1_000)
    assert grown >> 10 < MEGABYTES / 4, f"{grown >> 10} MB more for {MEGABYTES} MB"
