"""The duplication report in the terminal: tables that fit 100 columns."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.reports.duplication import Capture, DuplicationReport, percent, readable, share

MOST_DEPARTMENTS = 18
"""More do not fit beside one another; the largest are shown."""
BAR = 14
"""Characters of a full bar."""


def duplication_view(report: DuplicationReport) -> RenderableType:
    """The whole report: headline, departments, attributes, records per customer, overlap."""
    headline = Text(report.headline, style="bold")
    if not report.records:
        return headline
    if report.household_line:
        headline.append(f"\n{report.household_line}", style="not bold")
    parts: list[RenderableType] = [headline, department_table(report), attribute_table(report), size_table(report)]
    if len(report.departments) > 1:
        parts.append(overlap_matrix(report))
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def department_table(report: DuplicationReport) -> Table:
    """What each department keeps, and how much of it others keep too."""
    table = _table("What each department keeps", "department", "records", "customers", "kept elsewhere too", "repeated within")
    for department in map(report.departments.__getitem__, report.largest()):
        table.add_row(
            _name(department.name, 34),
            f"{department.records:,}",
            f"{department.customers:,}",
            _bar(department.share_elsewhere, percent(department.share_elsewhere)),
            f"{department.repeated:,}" if department.repeated else Text("-", style="dim"),
        )
    return table


def attribute_table(report: DuplicationReport) -> Table:
    """How often each attribute was captured for one customer, how often the values disagree, and what could be shared."""
    table = _table(
        "What was captured, again and again", "attribute", "customers", "times per customer", "values disagree", "gaps others could fill"
    )
    longest = max((a.per_customer for a in report.attributes), default=1.0) or 1.0
    for at, attribute in enumerate(report.attributes):
        table.add_row(
            _name(attribute.label, 30),
            f"{attribute.customers:,}",
            _bar(attribute.per_customer / longest, f"{attribute.per_customer:.1f}"),
            _conflicts(attribute),
            f"{sum(row[at] for row in report.gaps):,}",
        )
    return table


def size_table(report: DuplicationReport) -> Table:
    """How many records a customer has, in classes."""
    table = _table("How many records a customer has", "records", "customers", "share")
    for name, customers in size_classes(report.sizes):
        part = share(customers, report.customers)
        table.add_row(name, f"{customers:,}", _bar(part, percent(part)))
    return table


def overlap_matrix(report: DuplicationReport) -> Table:
    """Of every 100 customers that the department of a row keeps, how many the department of a column keeps too."""
    chosen = report.largest(MOST_DEPARTMENTS)
    title = "Of 100 customers of a row's department, how many the column's keeps too"
    if len(chosen) < len(report.departments):
        title += f" (the largest {len(chosen)} of {len(report.departments)})"
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 0, 0, 1), pad_edge=False)
    table.add_column("")
    for number in range(1, len(chosen) + 1):
        table.add_column(f"{number:>3}", header_style="dim", width=3, no_wrap=True)
    for number, row in enumerate(chosen, start=1):
        known = report.departments[row].customers
        cells = [_heat(share(report.overlap[row][column], known)) if column != row else Text("  ·", style="dim") for column in chosen]
        table.add_row(Text(f"{number:>2} ", style="dim") + _name(report.departments[row].name, 20), *cells)
    return table


def size_classes(sizes: Sequence[tuple[int, int]]) -> list[tuple[str, int]]:
    """Customers by how many records they have, in a few classes; empty classes at the end are left out.

    >>> size_classes([(1, 70), (2, 20), (4, 8), (9, 1), (10, 1)])
    [('1', 70), ('2', 20), ('3 to 5', 8), ('6 to 10', 2)]
    """
    classes = [(1, 1, "1"), (2, 2, "2"), (3, 5, "3 to 5"), (6, 10, "6 to 10"), (11, 20, "11 to 20"), (21, 1 << 62, "more than 20")]
    counted = [(name, sum(n for size, n in sizes if low <= size <= high)) for low, high, name in classes]
    while counted and not counted[-1][1]:
        counted.pop()
    return counted


def _name(text: str, width: int) -> Text:
    name = Text(readable(text[: width + 1]), no_wrap=True)
    name.truncate(width, overflow="ellipsis")
    return name


def _table(title: str, first: str, *numbers: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _bar(part: float, label: str) -> Text:
    filled = round(part * BAR)
    return Text.assemble(("█" * filled, "dark_orange"), ("·" * (BAR - filled), "dim"), f" {label:>6}")


def _conflicts(attribute: Capture) -> Text:
    if attribute.many:
        return Text("may have several", style="dim")
    part = share(attribute.conflicting, attribute.customers)
    return Text(
        f"{attribute.conflicting:,} ({percent(part)})" if attribute.conflicting else "-", style="" if attribute.conflicting else "dim"
    )


def _heat(part: float) -> Text:
    """A share in three figures, the darker the more; readable without colour."""
    steps = ("dim", "black on rgb(255,237,213)", "black on rgb(253,186,116)", "black on rgb(249,115,22)", "white on rgb(154,52,18)")
    step = 0 if part < 0.05 else 1 + min(int(part * 4), 3)
    return Text(f"{round(part * 100):>3}", style=steps[step])
