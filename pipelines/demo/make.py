"""Make the demo organisation: eighteen departmental databases, the project file, and the truth beside them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from domain.errors import OnefoldError
from pipelines.demo.departments import Department
from pipelines.demo.gaps import average, gaps, stood_in, with_gaps
from pipelines.demo.holdings import Holdings, holdings
from pipelines.demo.organisation import DEPARTMENTS
from pipelines.demo.population import Population, population
from pipelines.demo.project_file import MARK, project_file
from pipelines.demo.records import faithful_sheet
from pipelines.demo.render import rendered
from pipelines.demo.sheet import Sheet
from pipelines.demo.slips import slipped
from pipelines.demo.tables import join, stream

FEWEST: Final = 500
"""Rows below which the smallest departments would be empty."""
MOST: Final = 100_000_000
PROJECT_FILE: Final = "onefold.yaml"
TRUTH: Final = "truth.csv"
WAREHOUSE: Final = ("warehouse.db", "warehouse.db-wal", "warehouse.db-shm", "warehouse.db-journal")
WORKSHOP: Final = ".making"
OURS: Final = (WORKSHOP, ".dagster")
"""Folders that may lie in an empty demo: a `dagster dev` that was started first has made the second."""
"""Folder in the demo's folder in which everything is made before it replaces what was there."""


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What was made."""

    records: int
    """Rows in all departments together."""
    customers: int
    """Customers who are behind them."""
    folder: Path
    seconds: float


def make_demo(folder: Path, records: int = 20_000, seed: int = 1) -> DemoSummary:
    """Make the demo organisation with `records` source rows in `folder`; the same seed makes the same rows.

    An earlier demo in the folder is replaced, its warehouse too; files that are not the demo's stay. A folder that
    holds anything but a demo is refused with an OnefoldError, and so is one that cannot be written.
    """
    began = time.monotonic()
    if not FEWEST <= records <= MOST:
        raise OnefoldError(f"A demo of {records} rows cannot be made; ask for at least {FEWEST:,} and at most {MOST:,} (--records).")
    if seed < 0:
        raise OnefoldError(f"{seed} is not a seed; give a whole number of 0 or more (--seed).")
    refuse_strangers(folder)
    try:
        customers = _make(folder, records, seed)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OnefoldError(f"the demo cannot be written to {folder}: {reason}. Make room there, or name another folder.") from error
    return DemoSummary(records, customers, folder, time.monotonic() - began)


def refuse_strangers(folder: Path) -> None:
    """Raise an OnefoldError unless the folder is new, empty or holds a demo."""
    if folder.exists() and not folder.is_dir():
        raise OnefoldError(f"{folder} is a file; name a folder for the demo.")
    if folder.is_dir() and any(path.name not in OURS for path in folder.iterdir()) and not is_demo(folder):
        raise OnefoldError(f"{folder} is not empty and holds no demo; name a new folder, so that nothing of yours is overwritten.")


def is_demo(folder: Path) -> bool:
    """Whether the folder's project file was made here."""
    try:
        with (folder / PROJECT_FILE).open(encoding="utf-8", errors="replace") as file:
            return file.readline().rstrip("\r\n") == MARK
    except OSError:
        return False


def _make(folder: Path, records: int, seed: int) -> int:
    """Make everything in a workshop, then put it in place; how many customers there are."""
    workshop = folder / WORKSHOP
    shutil.rmtree(workshop, ignore_errors=True)
    workshop.mkdir(parents=True)
    try:
        customers = _fill(workshop, records, seed)
        for name in WAREHOUSE:
            (folder / name).unlink(missing_ok=True)
        # The project file goes last: until then the folder is recognised by the old one.
        for path in sorted(workshop.iterdir(), key=lambda path: (path.name == PROJECT_FILE, path.name)):
            path.replace(folder / path.name)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return customers


def _fill(folder: Path, records: int, seed: int) -> int:
    held = holdings(records, DEPARTMENTS, seed)
    people = population(held.customers, held.businesses, seed)
    truth, rows = [], {}
    for number, department in enumerate(DEPARTMENTS):
        rng = stream(seed, "department", department.name)
        sheet = kept_sheet(department, DEPARTMENTS, people, of_department(held, number, rng), rng)
        tables, record_id = rendered(department, sheet, rng)
        department.store.write(folder, tables)
        truth.append(_truth(department, record_id, sheet))
        rows[department.name] = len(sheet)
    pacsv.write_csv(pa.concat_tables(truth), folder / TRUTH, pacsv.WriteOptions(quoting_style="needed"))
    (folder / PROJECT_FILE).write_text(project_file(DEPARTMENTS, rows), encoding="utf-8")
    return held.customers


def of_department(held: Holdings, number: int, rng: np.random.Generator) -> Holdings:
    """The rows of one department, in no order."""
    rows = rng.permutation(np.flatnonzero(held.department == number))
    return Holdings(held.department[rows], held.customer[rows], held.time[rows], held.customers, held.businesses)


def kept_sheet(
    department: Department, departments: Sequence[Department], people: Population, rows: Holdings, rng: np.random.Generator
) -> Sheet:
    """The rows of one department as it keeps them: true to the day, then slips, gaps and stand-ins."""
    faithful = faithful_sheet(department, people, rows.customer, rows.time, rng)
    pace = department.slips / average(departments, lambda d: d.slips)
    return stood_in(with_gaps(slipped(faithful, people, pace, rng), gaps(department, departments), rng), rng)


def _truth(department: Department, record_id: pa.StringArray, sheet: Sheet) -> pa.Table:
    """Which customer each row is; rows that are nobody's are left out."""
    source = pa.array([department.name]).take(np.zeros(len(sheet), np.int64))
    entity = join("E", pa.array(sheet.customer).cast(pa.string()), between="")
    table = pa.table({"source": source, "record_id": record_id, "entity_id": entity})
    return table.filter(pa.array(sheet.customer >= 0))
