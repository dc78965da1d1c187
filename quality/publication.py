"""The publication gate's kinds of checks: what must hold of the staged golden tables before they are visible."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.checks import Gate
from quality.engine import Expectation
from quality.kinds import GROWTH, NAME, SHARE, SIZE, Kinds, Question, on_figure
from quality.tables import VALUES, Tables, codes, value_table
from quality.words import change, failing, percent

if TYPE_CHECKING:
    import pandas as pd

GOLDEN, RECORDS, CROSSWALK, REDIRECTS = "golden", "records", "crosswalk", "redirects"
PUBLICATION = Kinds(Gate.PUBLICATION)


@dataclass(frozen=True, slots=True)
class StagedPublication:
    """The golden tables as they would be published, in ids and counts."""

    golden: pa.Table
    """One row a golden customer: `golden_number`, and `members` (the member count it shows)."""
    crosswalk: pa.Table
    """`record_id`, `golden_number`: the live memberships."""
    live_records: pa.Array | pa.ChunkedArray
    """Ids of all live source records."""
    redirects: pa.Table
    """`golden_number` and `target` of every redirect that must lead to a live golden customer."""
    completeness: Mapping[str, float]
    """By attribute, the share of golden customers that have a value."""
    completeness_before: Mapping[str, float] | None = None
    """The same in the last publication; none on the first."""
    customers_before: int | None = None
    """Golden customers in the last publication; none on the first."""
    churn: float | None = None
    """Share of the previously published records whose golden id changed other than by a redirect; none on the first publication."""
    decisions: int = 0
    """Stewards' decisions in force on live records."""
    decisions_broken: int = 0
    """Those of them that the staged crosswalk does not keep."""
    kept: str | None = None
    """The restored publication that is kept, and by whom; none when runs may publish."""
    values: Callable[[], pa.Table] | None = None
    """The golden table, one column an attribute; called only where a plain expectation asks."""

    @property
    def customers(self) -> int:
        """Golden customers that would be published."""
        return int(self.golden.num_rows)


@PUBLICATION.always
def golden_unique(staged: StagedPublication) -> Iterator[Question]:
    """No golden customer is without an id, and no two have the same. (Invariant 2)"""
    present = Expectation("ExpectColumnValuesToNotBeNull", {"column": "golden_number"})
    unique = Expectation("ExpectColumnValuesToBeUnique", {"column": "golden_number"})
    yield Question(GOLDEN, present, "golden_unique: no golden id missing", "no golden customer without an id", failing)
    yield Question(GOLDEN, unique, "golden_unique: no golden id repeated", "no golden id twice", failing)


@PUBLICATION.always
def crosswalk_complete(staged: StagedPublication) -> Iterator[Question]:
    """Every live source record belongs to exactly one golden customer, and to no other. (Invariant 1)"""
    once = Expectation("ExpectColumnValuesToBeInSet", {"column": "memberships", "value_set": [1]})
    yield Question(RECORDS, once, "crosswalk_complete: every live record once", "each live record in one golden customer", failing)
    yield _all_true(CROSSWALK, "record_live", "crosswalk_complete: only live records", "no record that is not live")


@PUBLICATION.always
def no_orphan(staged: StagedPublication) -> Iterator[Question]:
    """Every golden customer has a live record, and every membership a golden customer."""
    yield _all_true(GOLDEN, "has_record", "no_orphan: every golden customer has a record", "no golden customer without a record")
    expected = "no membership without a golden customer"
    yield _all_true(CROSSWALK, "customer_known", "no_orphan: every membership has a golden customer", expected)


@PUBLICATION.always
def members_counted(staged: StagedPublication) -> Iterator[Question]:
    """The member count a golden customer shows is the number of its records."""
    equal = Expectation("ExpectColumnPairValuesToBeEqual", {"column_A": "members", "column_B": "records"})
    yield Question(GOLDEN, equal, "members_counted: member counts agree with the crosswalk", "no member count that differs", failing)


@PUBLICATION.always
def no_dangling_redirect(staged: StagedPublication) -> Iterator[Question]:
    """Every redirect leads to a live golden customer in one hop, and no live golden id is redirected."""
    name = "no_dangling_redirect"
    yield _all_true(REDIRECTS, "target_live", f"{name}: every redirect leads to a golden customer", "no redirect that leads nowhere")
    yield _all_true(REDIRECTS, "id_retired", f"{name}: no golden customer is redirected", "no redirect of a live golden id")


@PUBLICATION.always
def decisions_kept(staged: StagedPublication) -> Iterator[Question]:
    """What stewards have decided holds in what is published. (Invariant 3)"""
    broken = staged.decisions_broken
    observed = f"{broken:,} of {staged.decisions:,} not kept" if broken else f"all {staged.decisions:,} kept"
    yield on_figure("decisions_kept: every decision", broken, observed, "all decisions kept", at_most=0, failing=broken)


@PUBLICATION.always
def not_restored(staged: StagedPublication) -> Iterator[Question]:
    """No run takes the place of a publication that somebody has restored, until `onefold publish --resume`."""
    expected = "runs may publish (onefold publish --resume lets them)"
    yield on_figure("not_restored: no restored publication is kept", int(bool(staged.kept)), staged.kept or "none", expected, at_most=0)


@PUBLICATION.kind(value=SHARE)
def max_id_churn(staged: StagedPublication, value: float) -> Iterator[Question]:
    """At most this share of the records published before has another golden id now, redirects apart."""
    expected = f"at most {percent(value)} of the records"
    observed = "first publication" if staged.churn is None else percent(staged.churn)
    yield on_figure(f"max_id_churn: {expected}", staged.churn, observed, expected, at_most=value)


@PUBLICATION.kind(value=SIZE)
def max_cluster(staged: StagedPublication, value: int) -> Iterator[Question]:
    """No golden customer is made of more than this many records."""
    records = _records_of_customers(staged)
    above, largest = int((records > value).sum()), int(records.max(initial=0))
    observed = f"{above:,} larger, the largest {largest:,}" if above else f"the largest {largest:,}"
    check = f"max_cluster: at most {value:,} records"
    yield on_figure(check, largest, observed, f"at most {value:,}", at_most=value, failing=above)


@PUBLICATION.kind(value=GROWTH)
def max_count_change(staged: StagedPublication, value: float) -> Iterator[Question]:
    """The number of golden customers has changed by at most this share since the last publication, up or down."""
    before, now = staged.customers_before, staged.customers
    expected = f"at most {percent(value)} more or fewer"
    share = abs(now - before) / before if before else None
    observed = change(before, now) if before else "first publication"
    yield on_figure(f"max_count_change: {expected}", share, observed, expected, at_most=value)


@PUBLICATION.kind(attribute=NAME, share=SHARE)
def complete(staged: StagedPublication, attribute: str, share: float) -> Iterator[Question]:
    """At least this share of the golden customers has a value of the attribute."""
    expected, have = f"at least {percent(share)}", staged.completeness.get(attribute, 0.0)
    yield on_figure(f"complete: {attribute} {expected}", have, percent(have), expected, at_least=share)


@PUBLICATION.kind(value=SHARE)
def completeness_drop(staged: StagedPublication, value: float) -> Iterator[Question]:
    """No attribute's completeness has fallen by more than this since the last publication (0.05: from 60 % to 55 %)."""
    expected = f"at most {percent(value)} less"
    for attribute, now in staged.completeness.items():
        before = (staged.completeness_before or {}).get(attribute)
        fall = None if before is None else round(before - now, 12)
        observed = "not published before" if before is None else f"{percent(before)} → {percent(now)}"
        yield on_figure(f"completeness_drop: {attribute} {expected}", fall, observed, expected, at_most=value)


def _all_true(table: str, column: str, check: str, expected: str) -> Question:
    """A question about a column of truths."""
    return Question(table, Expectation("ExpectColumnValuesToBeInSet", {"column": column, "value_set": [True]}), check, expected, failing)


def publication_tables(staged: StagedPublication) -> Tables:
    """What the questions of a publication are put to."""
    return {
        GOLDEN: lambda _: _golden(staged),
        RECORDS: lambda _: _frame(memberships=_counts(staged.crosswalk["record_id"], staged.live_records)),
        CROSSWALK: lambda _: _frame(
            record_live=_known(staged.crosswalk["record_id"], staged.live_records),
            customer_known=_known(staged.crosswalk["golden_number"], staged.golden["golden_number"]),
        ),
        REDIRECTS: lambda _: _frame(
            target_live=_known(staged.redirects["target"], staged.golden["golden_number"]),
            id_retired=~_known(staged.redirects["golden_number"], staged.golden["golden_number"]),
        ),
        VALUES: lambda asked: value_table(staged.values, asked),
    }


def _golden(staged: StagedPublication) -> pd.DataFrame:
    """One row a golden customer: its id as a number, the count it shows, and the records that the crosswalk gives it."""
    records = _records_of_customers(staged)
    shown = np.asarray(staged.golden["members"].fill_null(-1), np.int64)
    return _frame(golden_number=codes(staged.golden["golden_number"]), members=shown, records=records, has_record=records > 0)


def _records_of_customers(staged: StagedPublication) -> npt.NDArray[np.int64]:
    """The number of records that the crosswalk gives to each golden customer, in the order of `golden`."""
    return _counts(staged.crosswalk["golden_number"], staged.golden["golden_number"])


def _counts(found: pa.ChunkedArray, among: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """How often each of `among` is found; what is not among them counts for none, and of equal ones the first is counted."""
    places = pc.index_in(found, value_set=_whole(among), skip_nulls=True).drop_null()
    return np.bincount(np.asarray(places, np.int64), minlength=len(among)).astype(np.int64)


def _known(found: pa.ChunkedArray, among: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Which of the found are among the others; a null is not."""
    return np.asarray(pc.is_in(found, value_set=_whole(among), skip_nulls=True), bool)


def _whole(ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """One piece of ids, as a set to look things up in."""
    return ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids


def _frame(**columns: npt.NDArray[np.generic]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns, copy=False)
