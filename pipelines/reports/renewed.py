"""Renewed: the duplication report once some customers are others than before, without counting all anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pipelines.reports.duplication import Capture, Department, DuplicationReport, rows_of

_Parts = Sequence[tuple[DuplicationReport, int]]


def renewed(total: DuplicationReport, before: DuplicationReport, now: DuplicationReport) -> DuplicationReport:
    """The report on all customers, once those that `before` was on have become those that `now` is on.

    Every figure is a count over customers, so those of some can be taken out and put in.
    """
    names = sorted({d.name for report in (total, now) for d in report.departments})
    parts = [(report, sign) for report, sign in ((total, 1), (before, -1), (now, 1))]
    departments = _sum_departments(names, parts)
    kept = [d.name for d in departments if d.records]
    attributes = [one.name for one in (now if now.attributes else total).attributes]
    sizes = Counter[int]()
    for report, sign in parts:
        sizes.update({size: sign * count for size, count in report.sizes})
    return replace(
        total,
        **{name: sum(sign * getattr(report, name) for report, sign in parts) for name in ("records", "customers", "shared")},
        departments=tuple(d for d in departments if d.records),
        attributes=tuple(_sum_captures(name, parts) for name in attributes),
        overlap=rows_of(_sum(kept, kept, [(r.overlap, _names(r.departments), _names(r.departments), sign) for r, sign in parts])),
        gaps=rows_of(_sum(kept, attributes, [(r.gaps, _names(r.departments), _names(r.attributes), sign) for r, sign in parts])),
        sizes=tuple(sorted((size, count) for size, count in sizes.items() if count)),
    )


def _names(parts: Iterable[Department | Capture]) -> list[str]:
    return [part.name for part in parts]


def _sum_departments(names: Sequence[str], parts: _Parts) -> list[Department]:
    counted = {name: np.zeros(4, np.int64) for name in names}
    for report, sign in parts:
        for one in report.departments:
            counted[one.name] += sign * np.array([one.records, one.customers, one.elsewhere, one.repeated])
    return [Department(name, *counted[name].tolist()) for name in names]


def _sum_captures(name: str, parts: _Parts) -> Capture:
    found = [(one, sign) for report, sign in parts for one in report.attributes if one.name == name]
    counts = {count: sum(sign * getattr(one, count) for one, sign in found) for count in ("customers", "records", "conflicting")}
    return replace(found[-1][0], **counts)


def _sum(
    rows: Sequence[str], columns: Sequence[str], parts: Sequence[tuple[Sequence[Sequence[int]], Sequence[str], Sequence[str], int]]
) -> npt.NDArray[np.int64]:
    """The sum of tables of counts whose rows and columns have names, of some of these."""
    total = np.zeros((len(rows), len(columns)), np.int64)
    for table, row_names, column_names, sign in parts:
        at = [(i, rows.index(name)) for i, name in enumerate(row_names) if name in rows]
        to = [(j, columns.index(name)) for j, name in enumerate(column_names) if name in columns]
        for i, row in at:
            for j, column in to:
                total[row, column] += sign * table[i][j]
    return total
