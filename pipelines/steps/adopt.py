"""Adopt: the ids that customers had before this project are brought in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from domain.errors import OnefoldError
from matching.golden_ids import golden_id_text
from pipelines.project import Project
from pipelines.project.words import unknown
from warehouse import adopted as book
from warehouse.audit import record_act
from warehouse.database import Warehouse
from warehouse.ledger import ledger
from warehouse.leftovers import remove_unpublished
from warehouse.lock import run_lock

ID_COLUMNS = ("source", "key", "id")
DECISION_COLUMNS = ("left", "right", "verdict", "by", "at", "reason")
MOST_TOLD = 5
"""Rows, records or decisions that an error names; the rest are counted."""
MOST_LISTED = 100
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class AdoptedIds:
    """What came of bringing in ids."""

    ids: int
    """External ids in the file."""
    records: int
    minted: int
    """Golden ids that wait for their records."""
    given: int
    """External ids of customers who are published already: they lead to the golden ids these have."""
    known: int
    """External ids that were adopted before."""
    split: tuple[str, ...]
    """External ids whose records belong to several golden customers now, the first 100; they lead to the one with most of them."""
    shared: tuple[str, ...]
    """External ids that lead to the same golden customer as another, the first 100."""


def rows_of(path: Path, columns: Sequence[str]) -> pa.Table:
    """Some columns of a CSV (UTF-8) or Parquet file as text, rows in order; an OnefoldError where a cell of them is empty."""
    try:
        table = pq.read_table(path) if path.suffix.lower() in (".parquet", ".pq") else pacsv.read_csv(path, convert_options=TEXT)
    except (pa.ArrowException, OSError):  # what they say may quote a row
        raise OnefoldError(
            f"'{path}' cannot be read: name a Parquet file, or a CSV file in UTF-8 with the columns {listed(columns)}."
        ) from None
    if missing := [name for name in columns if name not in table.column_names]:
        raise OnefoldError(f"'{path}' has no column {listed(missing)}: it needs the columns {listed(columns)}.")
    try:
        rows = pa.table({name: pc.utf8_trim_whitespace(table.column(name).cast(pa.string())) for name in columns})
    except pa.ArrowException:
        raise OnefoldError(f"'{path}': {listed(columns)} must be columns of text or numbers.") from None
    unfit = np.zeros(len(rows), bool)
    for column in rows.columns:
        unfit |= np.asarray(pc.fill_null(pc.or_(pc.equal(column, ""), pc.match_substring(column, "\0")), True))
    refuse_rows(path, unfit, f"a value is missing, or holds a NUL character, in {listed(columns)}")
    return rows


TEXT = pacsv.ConvertOptions(strings_can_be_null=False, column_types={name: pa.string() for name in {*ID_COLUMNS, *DECISION_COLUMNS}})


def listed(names: Sequence[str]) -> str:
    """
    >>> listed(["source", "key", "id"])
    'source, key, id'
    """
    return ", ".join(names)


def refuse_rows(path: Path, wrong: npt.NDArray[np.bool_], why: str) -> None:
    """An OnefoldError that names the first rows of a file in which something is wrong, from 1."""
    if count := int(wrong.sum()):
        first = ", ".join(str(at + 1) for at in np.flatnonzero(wrong)[:MOST_TOLD].tolist())
        more = f" and {count - MOST_TOLD:,} more" if count > MOST_TOLD else ""
        raise OnefoldError(f"'{path}', row {first}{more}: {why}. Nothing was adopted: correct the file.")


def adopt_ids(warehouse: Warehouse, project: Project, path: Path, by: str, reason: str) -> AdoptedIds:
    """Bring in the ids that customers had elsewhere; all of them or none. (Invariant 2)

    Raises OnefoldError where the file cannot be used, or a record has two ids; WarehouseBusy while a run is under way.
    """
    rows = pc_unique(rows_of(path, ID_COLUMNS))
    check_sources(project, path, rows.column("source"))
    check_one_each(path, rows)
    with run_lock(warehouse):
        remove_unpublished(warehouse)  # what a run has staged and not published may hold the numbers that are given now
        plan = planned(warehouse, rows)
        check_known(path, warehouse, plan)
        told = report_of(plan)
        fresh_ids = plan[~plan["known"]].drop_duplicates("id")
        minted = np.unique(fresh_ids.loc[fresh_ids["minted"], "golden_number"].to_numpy(np.int64))
        earlier = book.known_records(warehouse).to_pandas()
        fresh = plan.merge(earlier[["source", "key"]], how="left", indicator=True)
        records = fresh.loc[fresh["_merge"] == "left_only", ["source", "key", "golden_number"]]
        ids = fresh_ids[["id", "golden_number"]].rename(columns={"id": "external_id"})
        now = datetime.now(UTC)
        with warehouse.begin() as connection:
            numbered = pa.table({"golden_number": minted, "golden_id": golden_id_text(minted)})
            book.adopt_ids(connection, now, by, numbered, arrow(ids), arrow(records))
            payload = {"file": path.name, "ids": len(ids), "records": len(records), "minted": len(minted), "reason": reason}
            record_act(connection, now, by, "adopt", "ids", payload)
    return told


def arrow(frame: pd.DataFrame) -> pa.Table:
    """A frame as a table."""
    return pa.Table.from_pandas(frame, preserve_index=False)


def pc_unique(rows: pa.Table) -> pa.Table:
    """Each row once, in order of the record keys: the order of a file means nothing. (Invariant 6)"""
    return rows.group_by(rows.column_names).aggregate([]).sort_by([(name, "ascending") for name in rows.column_names])


def check_sources(project: Project, path: Path, sources: pa.ChunkedArray) -> None:
    """An OnefoldError where a source is not in the project."""
    names = [source.name for source in project.sources]
    for name in sorted(pc.unique(sources).to_pylist()):
        if name not in names:
            raise OnefoldError(f"'{path}': {unknown(name, 'a source', names)}")


def check_one_each(path: Path, rows: pa.Table) -> None:
    """An OnefoldError where a record has several ids."""
    counted = rows.group_by(["source", "key"]).aggregate([("id", "count")])
    refuse_records(path, counted.filter(pc.greater(counted.column("id_count"), 1)), "has several ids")


def refuse_records(path: Path, records: pa.Table, why: str) -> None:
    """An OnefoldError that names the first of some records."""
    if not len(records):
        return
    names = sorted(f"{row['source']}:{row['key']}" for row in records.select(["source", "key"]).to_pylist())
    more = f" and {len(names) - MOST_TOLD:,} more" if len(names) > MOST_TOLD else ""
    raise OnefoldError(f"'{path}': {listed(names[:MOST_TOLD])}{more} {why}. Nothing was adopted: correct the file.")


def planned(warehouse: Warehouse, rows: pa.Table) -> pd.DataFrame:
    """Each record with its external `id`, golden_number and the customer it belongs to `now`; whether the id was `known`, or is `minted`.

    An id that is not known goes to the customer who holds most of its records now, of equal ones to that of the lowest record; a
    golden id is minted for it where nobody does.
    """
    frame: pd.DataFrame = rows.to_pandas()
    known = book.known_ids(warehouse).to_pandas().rename(columns={"external_id": "id", "golden_number": "before"})
    held = book.published_records(warehouse).to_pandas().rename(columns={"golden_number": "now"})
    frame = frame.merge(known, how="left", on="id").merge(held, how="left", on=["source", "key"])
    frame["place"] = np.arange(len(frame))
    shares = frame.dropna(subset="now").groupby(["id", "now"], as_index=False).agg(records=("place", "size"), first=("place", "min"))
    most = shares.sort_values(["records", "first"], ascending=[False, True], kind="stable").drop_duplicates("id")
    frame = frame.merge(most[["id", "now"]].rename(columns={"now": "most"}), how="left", on="id").sort_values("place", kind="stable")
    frame["known"] = frame["before"].notna()
    frame["minted"] = ~frame["known"] & frame["most"].isna()
    number = frame["before"].fillna(frame["most"])
    first_free = ledger(warehouse).next_number
    number[frame["minted"]] = first_free + pd.factorize(frame.loc[frame["minted"], "id"])[0]
    frame["golden_number"] = number.astype(np.int64)
    return frame


def check_known(path: Path, warehouse: Warehouse, plan: pd.DataFrame) -> None:
    """An OnefoldError where another id was adopted for a record before."""
    earlier = book.known_records(warehouse).to_pandas().rename(columns={"golden_number": "earlier"})
    both = plan.merge(earlier, on=["source", "key"])
    refuse_records(path, arrow(both.loc[both["earlier"] != both["golden_number"], ["source", "key"]]), "was adopted with another id before")


def report_of(plan: pd.DataFrame) -> AdoptedIds:
    """What adopting comes to."""
    ids = plan.drop_duplicates("id")
    spread = plan.dropna(subset="now").groupby("id")["now"].nunique()
    shared = ids.loc[ids.duplicated("golden_number", keep=False), "id"]
    given = ~ids["known"] & ~ids["minted"]
    return AdoptedIds(
        ids=len(ids),
        records=len(plan),
        minted=int(ids["minted"].sum()),
        given=int(given.sum()),
        known=int(ids["known"].sum()),
        split=tuple(sorted(spread.index[spread > 1])[:MOST_LISTED]),
        shared=tuple(sorted(shared)[:MOST_LISTED]),
    )
