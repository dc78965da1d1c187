"""The duplication report as one self-contained HTML page: charts are drawn in SVG, nothing is fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment

from pipelines.reports.duplication import DuplicationReport, percent, plural, readable, share
from pipelines.reports.templates import templates

MOST_DEPARTMENTS = 24
"""Of the heat maps; the largest are shown."""
MOST_SIZES = 20
"""Bars of the histogram; customers with more records share the last."""
MOST_GAINS = 6


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a heat map."""

    share: float
    text: str
    title: str
    """The sentence it stands for, shown when pointed at."""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Departments down, something across, a share in each field; none on the diagonal."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram."""

    label: str
    customers: int
    share: float


@dataclass(frozen=True, slots=True)
class Gain:
    """What one department could have got from the others."""

    department: str
    attribute: str
    customers: int
    share: float


def duplication_page(report: DuplicationReport, project: str, as_of: datetime) -> str:
    """The report as HTML; `as_of` is the clock of the run it is about.

    Names of departments, attributes and the project may hold anything: they are escaped.
    """
    shown = report.largest(MOST_DEPARTMENTS)
    return (
        _environment()
        .get_template("duplication.html")
        .render(
            report=report,
            project=readable(project),
            as_of=as_of,
            departments=[report.departments[at] for at in report.largest()],
            attributes=sorted(report.attributes, key=lambda a: -a.per_customer),
            overlap=overlap_map(report, shown),
            gaps=gap_map(report, shown),
            left_out=len(report.departments) - len(shown),
            histogram=histogram(report),
            gains=list(gains(report))[:MOST_GAINS],
        )
    )


def overlap_map(report: DuplicationReport, shown: list[int]) -> HeatMap:
    """Of the customers of a row's department, the share that a column's department keeps too."""
    names = tuple(report.departments[at].label for at in shown)
    cells = tuple(tuple(_overlap_cell(report, row, column) if row != column else None for column in shown) for row in shown)
    return HeatMap(names, names, cells)


def _overlap_cell(report: DuplicationReport, row: int, column: int) -> Cell:
    one, other, common = report.departments[row], report.departments[column], report.overlap[row][column]
    part = share(common, one.customers)
    return Cell(
        part,
        f"{part * 100:.0f}",
        f"{other.label} keeps {common:,} of the {plural(one.customers, 'customer')} of {one.label} ({percent(part)})",
    )


def gap_map(report: DuplicationReport, shown: list[int]) -> HeatMap:
    """Of the customers of a department, the share of whom only other departments have a value."""
    names = tuple(report.departments[at].label for at in shown)
    cells = tuple(tuple(_gap_cell(report, row, column) for column in range(len(report.attributes))) for row in shown)
    return HeatMap(names, tuple(attribute.label for attribute in report.attributes), cells)


def _gap_cell(report: DuplicationReport, row: int, column: int) -> Cell:
    department, missing = report.departments[row], report.gaps[row][column]
    part, label = share(missing, department.customers), report.attributes[column].label
    told = (
        f"{department.label} has no {label} of {missing:,} of its {plural(department.customers, 'customer')} ({percent(part)}), others have"
    )
    return Cell(part, f"{part * 100:.0f}", told)


def histogram(report: DuplicationReport) -> list[Bar]:
    """Customers by how many records they have, without gaps from 1 on."""
    count = dict(report.sizes)
    most = min(max(count, default=0), MOST_SIZES)
    bars = [(str(size), count.get(size, 0)) for size in range(1, most + 1)]
    if max(count, default=0) > MOST_SIZES:
        bars[-1] = (f"{MOST_SIZES}+", sum(n for size, n in report.sizes if size >= MOST_SIZES))
    top = max((n for _, n in bars), default=1) or 1
    return [Bar(label, customers, customers / top) for label, customers in bars]


def gains(report: DuplicationReport) -> Iterator[Gain]:
    """What departments could have got from others, the most customers first; a consent is given to one department alone."""
    found = [
        Gain(department.label, attribute.label, missing, share(missing, department.customers))
        for department, row in zip(report.departments, report.gaps, strict=True)
        for attribute, missing in zip(report.attributes, row, strict=True)
        if missing and not attribute.neutral
    ]
    yield from sorted(found, key=lambda gain: -gain.customers)


def shortened(name: str, width: int = 22) -> str:
    """A name that fits its place in a chart.

    >>> shortened("returns_and_refunds_of_the_online_shop")
    'returns_and_refunds_o…'
    """
    return name if len(name) <= width else name[: width - 1] + "…"


def _environment() -> Environment:
    environment = templates()
    environment.filters |= {"percent": percent, "shortened": shortened, "count": "{:,}".format}
    return environment
