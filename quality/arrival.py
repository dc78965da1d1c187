"""The arrival gate's kinds of checks: what must hold of a source's batch before it becomes live."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from domain.attributes import Status
from domain.checks import Gate
from quality.engine import Answer, Expectation
from quality.kinds import COUNT, DAYS, GROWTH, NAME, SHARE, Kinds, Question, on_figure
from quality.tables import VALUES, Tables, codes, columns_of, value_table
from quality.words import change, failing, failing_share, holding, part, percent

if TYPE_CHECKING:
    import pandas as pd

RECORDS, COLUMNS = "records", "columns"
KEY = "record key"
"""Its column among the records; an attribute's name has no blank."""
ARRIVAL = Kinds(Gate.ARRIVAL)


@dataclass(frozen=True, slots=True)
class ArrivalBatch:
    """A source as it would be live, quarantined rows left out."""

    source: str
    statuses: pa.Table
    """One row a record: `<attribute>_status` (`domain.attributes.Status` as small integers), and `key` where it is to be checked."""
    read: int
    accepted: int
    quarantined: int
    clock: datetime
    """The run's own; a time without a zone is UTC."""
    previous_rows: int | None = None
    """Records of the last live batch; none on a first load."""
    newest: datetime | None = None
    """The newest modification time in the source, where it has one."""
    expected_columns: tuple[str, ...] = ()
    found_columns: tuple[str, ...] = ()
    retyped: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Mapped columns whose type is another than in the last live batch: that type, and the one now, in the connector's words."""
    values: Callable[[], pa.Table] | None = None
    """Standardised values, one row a record, one column an attribute (the first of several); called where a plain expectation asks."""

    @property
    def rows(self) -> int:
        """Records it would make live."""
        return int(self.statuses.num_rows)

    @property
    def drop(self) -> float | None:
        """Share of the last live batch that would be gone, negative where it has grown; none on a first load."""
        return (self.previous_rows - self.rows) / self.previous_rows if self.previous_rows else None

    @property
    def age(self) -> timedelta | None:
        """How long ago anything was modified; negative: the newest time lies ahead of the run's clock."""
        return None if self.newest is None else _utc(self.clock) - _utc(self.newest)


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


@ARRIVAL.always
def columns_found(batch: ArrivalBatch) -> Iterator[Question]:
    """Every column that the project file maps is in the source."""
    absent = [name for name in batch.expected_columns if name not in set(batch.found_columns)]
    # Only names from the project file are told: a file without a header has a customer where the names should be.
    observed = f"missing {', '.join(absent)}; columns found: {len(batch.found_columns):,}" if absent else "all found"
    mapped = list(dict.fromkeys(batch.expected_columns))
    expectation = Expectation("ExpectTableColumnsToMatchSet", {"column_set": mapped, "exact_match": False})
    expected = f"all {len(mapped):,} mapped columns"
    yield Question(COLUMNS, expectation, "columns_found: every mapped column", expected, lambda _: observed)


@ARRIVAL.told
def columns_typed(batch: ArrivalBatch) -> Iterator[Question]:
    """Every mapped column is of the type that it had in the last live batch; if not, its values may mean something else now."""
    observed = "; ".join(f"column '{name}' was {before} and is {now}" for name, (before, now) in batch.retyped.items()) or "all as before"
    yield on_figure("columns_typed: every column of the type it had", len(batch.retyped), observed, "no type that changed", at_most=0)


@ARRIVAL.always
def key_unique(batch: ArrivalBatch) -> Iterator[Question]:
    """No record is without a key, and no two have the same, once such rows are in quarantine."""
    if "key" in batch.statuses.column_names:
        present = Expectation("ExpectColumnValuesToNotBeNull", {"column": KEY})
        unique = Expectation("ExpectColumnValuesToBeUnique", {"column": KEY})
        yield Question(RECORDS, present, "key_unique: no key missing", "no record without a key", failing)
        yield Question(RECORDS, unique, "key_unique: no key repeated", "no key twice", failing)


@ARRIVAL.kind(value=COUNT)
def min_rows(batch: ArrivalBatch, value: int) -> Iterator[Question]:
    """The source has at least this many records."""
    expected = f"at least {value:,}"
    expectation = Expectation("ExpectTableRowCountToBeBetween", {"min_value": value})
    yield Question(RECORDS, expectation, f"min_rows: {expected}", expected, lambda _: f"{batch.rows:,}")


@ARRIVAL.kind(value=SHARE)
def max_drop(batch: ArrivalBatch, value: float) -> Iterator[Question]:
    """The source has lost at most this share of its records since the last live batch."""
    expected = f"at most {percent(value)} fewer records"
    yield on_figure(f"max_drop: {expected}", batch.drop, _against_last(batch), expected, at_most=value)


@ARRIVAL.kind(value=GROWTH)
def max_surge(batch: ArrivalBatch, value: float) -> Iterator[Question]:
    """The source has grown by at most this share of its records since the last live batch (1: doubled)."""
    expected = f"at most {percent(value)} more records"
    surge = None if batch.drop is None else -batch.drop
    yield on_figure(f"max_surge: {expected}", surge, _against_last(batch), expected, at_most=value)


def _against_last(batch: ArrivalBatch) -> str:
    """How the number of records has changed, in words."""
    return change(batch.previous_rows, batch.rows) if batch.previous_rows else "first load"


@ARRIVAL.kind(attribute=NAME, share=SHARE)
def complete(batch: ArrivalBatch, attribute: str, share: float) -> Iterator[Question]:
    """At least this share of a source's records has a valid value of the attribute."""
    arguments = {"column": attribute, "value_set": [int(Status.VALID)], "mostly": share}
    expectation = Expectation("ExpectColumnValuesToBeInSet", arguments)
    expected = f"at least {percent(share)}"
    yield Question(RECORDS, expectation, f"complete: {attribute} {expected}", expected, holding)


@ARRIVAL.kind(attribute=NAME, share=SHARE)
def valid(batch: ArrivalBatch, attribute: str, share: float) -> Iterator[Question]:
    """Of the values given, neither missing nor placeholders, at least this share is valid."""
    arguments = {"column": _given(attribute), "value_set": [int(Status.VALID)], "mostly": share}
    expectation = Expectation("ExpectColumnValuesToBeInSet", arguments)
    expected = f"at least {percent(share)}"
    yield Question(RECORDS, expectation, f"valid: {attribute} {expected}", expected, _of_given)


def _of_given(answer: Answer) -> str:
    return holding(answer) if answer.rows else "no values"


@ARRIVAL.kind(attribute=NAME, share=SHARE)
def max_placeholders(batch: ArrivalBatch, attribute: str, share: float) -> Iterator[Question]:
    """At most this share of the records has a placeholder (`n/a`, 01/01/1900) where a value should be."""
    # 1 - 0.7 is not 0.3 in binary; a source that stands exactly at its limit holds.
    arguments = {"column": attribute, "value_set": [int(Status.PLACEHOLDER)], "mostly": round(1 - share, 12)}
    expected = f"at most {percent(share)}"
    check = f"max_placeholders: {attribute} {expected}"
    yield Question(RECORDS, Expectation("ExpectColumnValuesToNotBeInSet", arguments), check, expected, failing_share)


@ARRIVAL.kind(value=DAYS)
def fresh_days(batch: ArrivalBatch, value: float) -> Iterator[Question]:
    """Something in the source was modified within this many days before the run, and nothing more than a day after it."""
    age = batch.age
    days = float("inf") if age is None else age / timedelta(days=1)
    expected = f"changed within {value:g} days"
    # A day's grace: a department's clock may be in another time zone.
    yield on_figure(f"fresh_days: {expected}", days, _days_ago(age), expected, at_most=value, at_least=-1)


def _days_ago(age: timedelta | None) -> str:
    if age is None:
        return "no modification time is known"
    days = age / timedelta(days=1)
    return f"last changed {days:,.1f} days ago" if days >= 0 else f"last changed {-days:,.1f} days after this run"


@ARRIVAL.kind(value=SHARE)
def max_quarantined(batch: ArrivalBatch, value: float) -> Iterator[Question]:
    """At most this share of the rows read was refused and put into quarantine."""
    expected = f"at most {percent(value)} of the rows read"
    share = batch.quarantined / batch.read if batch.read else 0.0
    observed = part(batch.quarantined, batch.read)
    yield on_figure(f"max_quarantined: {expected}", share, observed, expected, at_most=value, failing=batch.quarantined)


def arrival_tables(batch: ArrivalBatch) -> Tables:
    """What the questions of a batch are put to."""
    return {
        RECORDS: lambda asked: _records(batch.statuses, columns_of(asked)),
        COLUMNS: lambda _: _nothing_but_columns(batch.found_columns),
        VALUES: lambda asked: value_table(batch.values, asked),
    }


def _nothing_but_columns(names: Iterable[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns=list(dict.fromkeys(names)))


def _given(attribute: str) -> str:
    """The column of an attribute's statuses in which those without a value are missing."""
    return f"{attribute} given"


def _records(statuses: pa.Table, columns: frozenset[str]) -> pd.DataFrame:
    """One row a record, of the columns asked about; status codes, whatever their width, take a byte (four where some are missing)."""
    import pandas as pd

    made: dict[str, npt.NDArray[Any]] = {KEY: codes(statuses["key"])} if KEY in columns else {}
    for name in (name for name in statuses.column_names if name.endswith("_status")):
        attribute = name.removesuffix("_status")
        if columns & {attribute, _given(attribute)}:
            made[attribute] = np.asarray(statuses[name].fill_null(int(Status.MISSING))).astype(np.int8)
        if _given(attribute) in columns:
            status = made[attribute]
            given = (status == Status.VALID) | (status == Status.INVALID)
            made[_given(attribute)] = np.where(given, status, np.nan).astype(np.float32)
    return pd.DataFrame(made, index=pd.RangeIndex(statuses.num_rows), copy=False)
