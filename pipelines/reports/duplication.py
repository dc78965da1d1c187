"""The duplication report: how often the departments keep the same customer, and what that costs and hides.

Pure counting over records and their golden numbers; it holds no customer's data. Departments are the sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from domain.attributes import Role
from matching.records import Column, Longs, Records
from matching.survivorship.candidates import Alike
from matching.survivorship.clusters import Clusters
from matching.survivorship.conflicts import distinct_values


@dataclass(frozen=True, slots=True)
class Department:
    """What one department keeps."""

    name: str
    records: int
    customers: int
    elsewhere: int
    """Of its customers, those that another department keeps too."""
    repeated: int
    """Of its records, those of a customer it already has itself."""

    @property
    def label(self) -> str:
        """The department's name for people."""
        return readable(self.name).replace("_", " ")

    @property
    def share_elsewhere(self) -> float:
        """Share of its customers that another department keeps too."""
        return share(self.elsewhere, self.customers)


@dataclass(frozen=True, slots=True)
class Capture:
    """How often one attribute was captured."""

    name: str
    customers: int
    """Customers of whom some record has a value."""
    records: int
    """Records that have a value."""
    conflicting: int
    """Customers whose records hold more than one value."""
    many: bool
    """A customer may rightly have several."""
    neutral: bool
    """It says nothing of who somebody is: a consent, a category. Departments cannot take it from one another."""

    @property
    def per_customer(self) -> float:
        """How many records hold a value, on average over the customers that have one."""
        return share(self.records, self.customers)

    @property
    def label(self) -> str:
        """The attribute's name for people."""
        return readable(self.name).replace("_", " ")


@dataclass(frozen=True, slots=True)
class DuplicationReport:
    """How often the departments keep the same customer."""

    records: int
    customers: int
    shared: int
    """Customers that more than one department keeps."""
    departments: tuple[Department, ...]
    attributes: tuple[Capture, ...]
    overlap: tuple[tuple[int, ...], ...]
    """Customers that two departments have in common; on the diagonal all that a department has."""
    gaps: tuple[tuple[int, ...], ...]
    """For each department and attribute: customers it has no value of, though another department has one."""
    sizes: tuple[tuple[int, int], ...]
    """Number of records of a customer, and how many customers have that many."""
    households: int | None = None
    """Groups of customers who share an address or a telephone; none where it is not known."""
    people_in_households: int | None = None

    @property
    def repeated(self) -> int:
        """Records of a customer that is already held."""
        return self.records - self.customers

    @property
    def share_repeated(self) -> float:
        """Share of all records that repeat a customer already held."""
        return share(self.repeated, self.records)

    @property
    def share_shared(self) -> float:
        """Share of the customers that more than one department keeps."""
        return share(self.shared, self.customers)

    @property
    def most_captured(self) -> Capture | None:
        """The attribute captured most often for the same customer."""
        return max((a for a in self.attributes if a.customers), key=lambda a: a.per_customer, default=None)

    def largest(self, most: int | None = None) -> list[int]:
        """Places of the departments, those with the most customers first; at most `most` of them."""
        return sorted(range(len(self.departments)), key=lambda at: -self.departments[at].customers)[:most]

    @property
    def opening(self) -> str:
        """Who keeps how much of whom."""
        keep = "keeps" if len(self.departments) == 1 else "keep"
        return (
            f"{plural(len(self.departments), 'department')} {keep} {plural(self.records, 'record')} of {plural(self.customers, 'customer')}"
        )

    @property
    def headline(self) -> str:
        """The three biggest figures in one sentence."""
        if not self.records:
            return "No department has any records yet."
        sentence = (
            f"{self.opening}: {percent(self.share_repeated)} of the records repeat a customer already held, "
            f"{percent(self.share_shared)} of the customers are kept by more than one department"
        )
        top = self.most_captured
        return f"{sentence}, and {top.label} was captured {top.per_customer:.1f} times per customer." if top else f"{sentence}."

    @property
    def household_line(self) -> str:
        """How many customers live together, in one sentence; empty where nobody does or it is not known."""
        if not self.households or not self.people_in_households:
            return ""
        verb = "shares" if self.households == 1 else "share"
        return f"{plural(self.households, 'household')} of {self.people_in_households:,} people {verb} an address or a telephone."

    def to_dict(self) -> dict[str, Any]:
        """As plain lists, numbers and texts, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> DuplicationReport:
        """The report again, from what `to_dict` gave, also after a way through JSON."""
        parts = dict(found)
        parts["departments"] = tuple(Department(**part) for part in found["departments"])
        parts["attributes"] = tuple(Capture(**part) for part in found["attributes"])
        for name in ("overlap", "gaps", "sizes"):
            parts[name] = tuple(tuple(row) for row in found[name])
        return cls(**parts)


def duplication(records: Records, golden: Longs, *, alike: Alike | None = None) -> DuplicationReport:
    """Count what the departments keep of the same customers; `golden` is the golden number of each record.

    With `alike` (see `matching.survivorship.alike`) values of one form are one value.
    """
    clusters, width = Clusters.of(golden), max(len(records.sources), 1)
    kept, kept_of_record = np.unique(clusters.of_record.astype(np.int64) * width + records.source, return_inverse=True)
    holdings = _Holdings(clusters, kept // width, kept % width, kept_of_record, len(records.sources))
    columns = list(records.columns.values())
    sizes, customers = np.unique(np.bincount(clusters.of_record), return_counts=True)
    return DuplicationReport(
        records=len(records),
        customers=len(clusters),
        shared=int((holdings.keepers > 1).sum()),
        departments=_departments(records, holdings),
        attributes=tuple(_capture(column, clusters, alike or {}) for column in columns),
        overlap=rows_of(holdings.overlap()),
        gaps=rows_of(np.array([holdings.gaps(column) for column in columns], np.int64).reshape(len(columns), len(records.sources)).T),
        sizes=tuple(zip(sizes.tolist(), customers.tolist(), strict=True)),
    )


@dataclass(frozen=True, slots=True)
class _Holdings:
    """Which department keeps which customer: one entry for each customer and department that keeps it."""

    clusters: Clusters
    customer: npt.NDArray[np.int64]
    department: npt.NDArray[np.int64]
    of_record: npt.NDArray[np.intp]
    """The entry that each record belongs to."""
    departments: int

    @property
    def keepers(self) -> npt.NDArray[np.int64]:
        """How many departments keep each customer."""
        return np.bincount(self.customer, minlength=len(self.clusters)).astype(np.int64)

    def by_department(self, entries: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """How many of the entries marked are of each department."""
        return np.bincount(self.department[entries], minlength=self.departments).astype(np.int64)

    def overlap(self) -> npt.NDArray[np.int64]:
        """Customers that each two departments have in common."""
        ones = np.ones(len(self.customer), np.int64)
        kept = sparse.csr_array((ones, (self.customer, self.department)), shape=(len(self.clusters), self.departments))
        return np.asarray((kept.T @ kept).toarray(), np.int64)

    def gaps(self, column: Column) -> npt.NDArray[np.int64]:
        """For each department, its customers of whom only others have a value."""
        here = np.zeros(len(self.customer), bool)
        here[self.of_record[column.row]] = True
        anywhere = np.zeros(len(self.clusters), bool)
        anywhere[self.customer[here]] = True
        return self.by_department(anywhere[self.customer] & ~here)


def _departments(records: Records, holdings: _Holdings) -> tuple[Department, ...]:
    count = np.bincount(records.source, minlength=holdings.departments).tolist()
    customers = holdings.by_department(np.ones(len(holdings.customer), bool)).tolist()
    elsewhere = holdings.by_department(holdings.keepers[holdings.customer] > 1).tolist()
    found = zip(records.sources, count, customers, elsewhere, strict=True)
    return tuple(Department(name, held, known, shared, held - known) for name, held, known, shared in found)


def _capture(column: Column, clusters: Clusters, alike: Alike) -> Capture:
    values = distinct_values(column, clusters, alike)
    first = np.diff(column.row, prepend=-1) != 0
    attribute = column.attribute
    return Capture(
        name=attribute.name,
        customers=int((values > 0).sum()),
        records=int(first.sum()),
        conflicting=int((values > 1).sum()),
        many=attribute.many,
        neutral=attribute.role is Role.NEUTRAL,
    )


def rows_of(matrix: npt.NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, matrix.tolist()))


def readable(name: str) -> str:
    """A name that may hold anything, on one line and without control over a terminal or a page.

    >>> readable("shop\\x1b[31m\\n")
    'shop�[31m�'
    """
    return "".join(letter if letter.isprintable() else "�" for letter in name)


def share(part: int, whole: int) -> float:
    """A part of a whole; 0 of nothing."""
    return part / whole if whole else 0.0


def percent(of_one: float) -> str:
    """A share as a percentage that never rounds something to nothing, or not quite all to all.

    >>> [percent(share) for share in (0, 0.001, 0.804, 0.999, 1)]
    ['0 %', '<1 %', '80 %', '>99 %', '100 %']
    """
    if 0 < of_one < 0.01:
        return "<1 %"
    if 0.99 < of_one < 1:
        return ">99 %"
    return f"{of_one:.0%}".replace("%", " %")


def plural(count: int, noun: str) -> str:
    """A number with its noun.

    >>> plural(1, "record"), plural(20000, "record")
    ('1 record', '20,000 records')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
