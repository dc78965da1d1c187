"""`onefold export`: the published tables as files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import typer

from pipelines.cli.console import console, interactive, print_json, say_whole
from pipelines.cli.options import AsOfOption, DebugOption, JsonOption, ProjectOption, project_at
from pipelines.steps.formats import Format, What


def export(
    table: Annotated[
        What,
        typer.Argument(
            metavar="TABLE",
            help="golden, crosswalk, relationships or adopted: customers, each record's golden id, who belongs together, adopted ids.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="File to write, which appears when it is whole; - is stdout.", show_default=False)
    ],
    format: Annotated[Format | None, typer.Option(help="Without it, the ending of the file decides.", show_default=False)] = None,
    as_of: AsOfOption = None,
    safe: Annotated[
        bool, typer.Option("--safe-for-spreadsheets", help="CSV: an apostrophe before texts that a spreadsheet would take for a formula.")
    ] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Write a published table to a file.

    It is written part by part, so its size does not matter. Rows come in no particular order.
    """
    chosen = format or format_of(out)
    if safe and chosen is not Format.CSV:
        raise typer.BadParameter("is for CSV, which spreadsheets open", param_hint="--safe-for-spreadsheets")
    if out == Path("-") and as_json:
        raise typer.BadParameter("the object would mix with the rows on stdout; name a file", param_hint="--json")
    rows = written(project, table, chosen, out, as_of, safe)
    if as_json:
        print_json({"table": table.value, "format": chosen.value, "file": str(out), "rows": rows})
    elif out != Path("-"):
        say_whole(f"Wrote {rows:,} rows to {out}")


def format_of(out: Path) -> Format:
    """The format that a file's ending says."""
    ending = out.suffix.removeprefix(".").lower()
    if ending not in [one.value for one in Format]:
        known = ", ".join(f".{one.value}" for one in Format)
        raise typer.BadParameter(f"say which, for '{out}' does not end in {known}", param_hint="--format")
    return Format(ending)


def written(project: Path | None, table: What, format: Format, out: Path, as_of: str | None, safe: bool) -> int:
    """Write the file and return its number of rows."""
    from pipelines.steps import export as step
    from pipelines.steps.session import open_project_warehouse

    chosen = project_at(project)
    with open_project_warehouse(chosen) as warehouse:
        total = step.published_count(warehouse, table, as_of)

        def write(file: BinaryIO) -> int:
            with counting(total) as told:
                return step.export(warehouse, chosen, table, format, file, as_of=as_of, safe=safe, progress=told)

        if out == Path("-"):
            return write(cast(BinaryIO, sys.stdout.buffer))
        with step.replacing(out) as file:
            return write(file)


@contextmanager
def counting(total: int | None) -> Iterator[Callable[[int], None] | None]:
    """A bar with the rows written and the time left, where somebody watches."""
    if not interactive():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("writing rows"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        bar = progress.add_task("rows", total=total)
        yield lambda rows: progress.update(bar, completed=rows)
