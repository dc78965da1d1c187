"""The duplication report as commands tell it: in the terminal, fitted to its width, and as a page in the project's folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.cli.console import complain, console, say

if TYPE_CHECKING:
    from rich.table import Table

    from pipelines.project import Project
    from pipelines.reports.duplication import DuplicationReport
    from pipelines.steps.status import Publication

WIDE = 96
"""Columns that the whole report needs; the matrix of the departments' overlap is what needs them."""
NARROW_FIRST = 18
PAGE = Path("reports") / "duplication.html"
"""Where the page is, in the project's folder."""


def draw_duplication(report: DuplicationReport, page: Path | None) -> None:
    """Print the report; where there is no room for the overlap, say where it is to be seen."""
    from pipelines.reports import terminal

    target = console()
    if target.width >= WIDE or not report.records:
        target.print(terminal.duplication_view(report))
        return
    say(report.headline, style="bold")
    if report.household_line:
        say(report.household_line)
    for table in (terminal.department_table(report), terminal.attribute_table(report), terminal.size_table(report)):
        target.print(fitted(table))
    say(f"For the overlap of the departments, see {page or 'the page of `onefold report`'} or widen the terminal to {WIDE} columns.", "dim")


def fitted(table: Table) -> Table:
    """A table whose headers may take two lines, and whose names are not the first to go."""
    for column in table.columns:
        column.no_wrap = False
        column.overflow = "fold"
    table.columns[0].min_width = NARROW_FIRST
    return table


def write_page(project: Project, report: DuplicationReport, as_of: datetime, path: Path | None = None) -> Path:
    """Write the report as a page, by default into the project's folder; an OnefoldError where it cannot be written."""
    from pipelines.reports.page import duplication_page
    from pipelines.steps.export import replacing

    target = path or project.folder / PAGE
    with replacing(target, make_folder=path is None) as file:
        file.write(duplication_page(report, project.name, as_of).encode())
    return target


def write_page_if_possible(project: Project, published: Publication) -> Path | None:
    """Write the page beside a run that has done its work already: what hinders it is only told."""
    from domain.errors import OnefoldError

    if published.duplication is None:
        return None
    try:
        return write_page(project, published.duplication, published.published_at)
    except OnefoldError as error:
        complain(f"The page of the duplication report was not written: {error}", style="yellow")
        return None
