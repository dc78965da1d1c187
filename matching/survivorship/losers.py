"""Losers: on reading, every value a golden one was chosen from, and why each lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.errors import UnknownGoldenId
from matching.golden_ids import golden_id_text
from matching.records import Column, Ints, Longs, Records
from matching.survive import PIN, REASONS, Rule, rules_of, together
from matching.survivorship.candidates import Alike, Candidates, Floats, candidates_for, standing_of

SAME_VALUE = "same value"
"""Stands where a record says what the winner says."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One record's value in the contest for a golden value."""

    record: int
    """Index of the record."""
    value: str | None
    """As text; none where the record has only other parts of the group."""
    rank: int
    """From 1, which wins unless a pin stands above it."""
    lost_to: str | None
    """What told it from the winner: a rule, `tie-break` or `pin`; `same value` where it says the same; none: it won."""


def losers(
    records: Records,
    golden: Longs,
    number: int,
    name: str,
    trust: Floats,
    *,
    pinned: bool = False,
    alike: Alike | None = None,
    newest: int | None = None,
) -> tuple[Contender, ...]:
    """All values of attribute `name` that the records of customer `number` hold, the best first.

    `records` may be the customer's own records alone; `newest` is then the newest modification time in all the data
    (microseconds), against which age is measured. Raises UnknownGoldenId where no record belongs to the customer.
    """
    members = np.flatnonzero(golden == number).astype(np.int32)
    if not len(members):
        raise UnknownGoldenId(f"No live record belongs to {golden_id_text(np.array([number]))[0]}; look whether it was merged or retired.")
    attributes = next(found for found in together([c.attribute for c in records.columns.values()]) if name in [a.name for a in found])
    columns = [records.columns[attribute.name] for attribute in attributes]
    one_cluster = np.zeros(len(records), np.int32)
    candidates = candidates_for(columns, members, one_cluster, standing_of(records, trust, newest), alike or {})
    order, lost_to = _ranked(candidates, rules_of(attributes))
    at = [attribute.name for attribute in attributes].index(name)
    values = _texts(columns[at], candidates.entries[at][order])
    why = [REASONS[PIN]] * len(order) if pinned else lost_to
    return tuple(
        Contender(record, value, rank, reason)
        for rank, (record, value, reason) in enumerate(zip(candidates.record[order].tolist(), values, why, strict=True), start=1)
    )


def _ranked(candidates: Candidates, rules: list[tuple[int, Rule]]) -> tuple[npt.NDArray[np.intp], list[str | None]]:
    """The candidates of one cluster, the best first, and what each lost to."""
    keys = [rule(candidates) for _, rule in rules]
    order = np.lexsort([-np.arange(len(candidates)), *reversed(keys)])[::-1]
    reasons: list[str | None] = []
    for place in order.tolist():
        worse = [code for (code, _), key in zip(rules, keys, strict=True) if key[place] != key[order[0]]]
        same = candidates.said[place] == candidates.said[order[0]]
        reasons.append(SAME_VALUE if same else REASONS[worse[0]] if worse else "tie-break")
    return order, [None, *reasons[1:]] if reasons else []


def _texts(column: Column, entry: Ints) -> list[str | None]:
    some = entry >= 0
    code = np.zeros(len(entry), np.int32)
    code[some] = column.code[entry[some]]
    text: list[str | None] = pc.cast(column.values.take(pa.array(code, mask=~some)), pa.string()).to_pylist()
    return text
