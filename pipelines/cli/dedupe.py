"""`onefold dedupe`: match any table, without a project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from pipelines.cli.belief import beliefs
from pipelines.cli.console import complain, console, draw, interactive, new_table, print_json, readable, say, say_whole, shown
from pipelines.cli.options import DebugOption, JsonOption

if TYPE_CHECKING:
    from rich.table import Table

    from matching.infer import Finding
    from pipelines.steps.dedupe import DedupeReport

STAGES = ("reading", "standardising", "matching", "writing")
MOST_SOURCES = 20
"""Sources that are listed by name."""


def dedupe(
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="INPUT...", help="Files to match with one another: CSV, Parquet, Excel or JSON.", show_default=False),
    ],
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Clusters to write, as .csv or .parquet; it appears when it is whole.", show_default=False)
    ],
    map_file: Annotated[
        Path | None, typer.Option("--map", metavar="FILE", help="What the columns mean; without it that is inferred.", show_default=False)
    ] = None,
    save_map: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what the columns were taken to mean, for --map.", show_default=False)
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the scored pairs too, as .csv or .parquet.", show_default=False)
    ] = None,
    join: Annotated[float, typer.Option(min=0.0, max=1.0, help="Match probability at which clusters are cut.")] = 0.5,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Find which records of any tables are the same, without a project.

    The meaning of the columns is inferred from their names and contents, or told with --map. Every record gets a row with its
    cluster and how surely it belongs there.
    """
    from pipelines.steps.dedupe import Asked
    from pipelines.steps.dedupe import dedupe as step

    with showing() as progress:
        report = step(Asked(tuple(inputs), out, map_file, save_map, pairs, join), progress)
    written = {"out": out, "pairs": pairs, "save_map": save_map}
    if as_json:
        print_json({"status": "done", **as_object(report), "files": {name: str(path) for name, path in written.items() if path}})
    else:
        tell(report, with_map=map_file is not None)
        for path in filter(None, written.values()):
            say_whole(f"Wrote {path}")


@contextmanager
def showing() -> Iterator[Callable[[str], None]]:
    """A line that says which stage is at work, where somebody watches."""
    if not interactive():
        yield lambda stage: None
        return
    with console(stderr=True).status("") as status:
        yield lambda stage: status.update(f"{stage} ({STAGES.index(stage) + 1} of {len(STAGES)})")


def as_object(report: DedupeReport) -> dict[str, Any]:
    """The report for scripts."""
    from dataclasses import fields

    return {field.name: getattr(report, field.name) for field in fields(report)}


def tell(report: DedupeReport, with_map: bool) -> None:
    """What was understood, and what came of it."""
    draw(column_table(report.findings, "What the map says" if with_map else "What the columns mean"))
    left_out = [one for one in report.findings if one.attribute is None]
    if left_out:
        draw(left_out_table(left_out))
    tell_remarks(report)
    say(headline(report), style="bold")
    for name, told in figures(report, with_map):
        say(f"  {name:<10} {told}")


def column_table(findings: tuple[Finding, ...], title: str) -> Table:
    """Every column that is used."""
    table = new_table(title)
    for heading in ("column", "attribute", "type", "why"):
        table.add_column(heading, overflow="fold")
    for one in findings:
        if one.attribute is not None:
            table.add_row(Text(shown(one.column, 60)), readable(one.attribute), readable(one.type or ""), Text(one.why))
    return table


def left_out_table(findings: list[Finding]) -> Table:
    """Every column that is not used."""
    table = new_table("Left out")
    for heading in ("column", "why"):
        table.add_column(heading, overflow="fold")
    for one in findings:
        table.add_row(Text(shown(one.column, 60)), Text(one.why))
    return table


def tell_remarks(report: DedupeReport) -> None:
    """What went otherwise than it should."""
    for one in report.inputs:
        if one.wrapped:
            complain(f"{one.path}: its records are read from the list '{one.wrapped}'", "yellow")
        if one.headless:
            complain(f"{one.path}: its first row holds values, so the columns are called column_1, column_2, ...", "yellow")
        if one.unread:
            numbers = ", ".join(str(number) for number in one.unread_rows) + (", ..." if one.unread > len(one.unread_rows) else "")
            complain(f"{one.path}: rows that cannot be read are not in the result: {one.unread:,} (row {numbers})", "yellow")
        if one.spelled:
            complain(f"{one.path}: rows with a cell that is no text or too large, read as far as they go: {one.spelled:,}", "yellow")
    if report.why_nothing:
        complain(f"Nothing can be matched: {report.why_nothing}. Every record is a cluster of its own.", "yellow")


def headline(report: DedupeReport) -> str:
    """How many records, clusters and duplicates there are, and how long it took."""
    return (
        f"{report.records:,} records are {report.clusters:,} clusters: {report.duplicates:,} repeat another record "
        f"({report.seconds['all']:,.1f} s)."
    )


def figures(report: DedupeReport, with_map: bool) -> Iterator[tuple[str, str]]:
    """The figures, line by line."""
    names = list(report.sources.items())
    told = ", ".join(f"{shown(name, 40)} {count:,}" for name, count in names[:MOST_SOURCES])
    yield "sources", told + (f", and {len(names) - MOST_SOURCES:,} more" if len(names) > MOST_SOURCES else "")
    numbered = [one.name for one in report.inputs if not one.key]
    if numbered:
        listed = ", ".join(shown(name, 40) for name in numbered[:MOST_SOURCES]) + (", ..." if len(numbered) > MOST_SOURCES else "")
        yield "keys", f"row numbers are the record keys of {listed}, where no column names every record"
    if report.unique:
        how = (
            "taken to be free of duplicates, as hardly any of their pairs are the same"
            if report.proposed and not with_map
            else "by the map"
        )
        yield "unique", f"{', '.join(shown(name, 40) for name in report.unique)} ({how})"
    elif report.proposed:
        names_told = ", ".join(shown(name, 40) for name in report.proposed)
        yield "unique", f"perhaps {names_told}: hardly any of their pairs are the same; if so, say unique: in the map"
    if report.why_nothing:
        return
    yield (
        "pairs",
        f"{report.candidate_pairs:,} compared, {report.linked_pairs:,} linked; the largest cluster has {report.largest_cluster:,} records",
    )
    if report.cut_components:
        one = report.cut_components == 1
        was, its = ("component was", "its") if one else ("components were", "their")
        yield "cut", f"{report.cut_components:,} {was} too large and cut at {its} weakest links"
    for at, sentence in enumerate(beliefs(report.believed, report.converged)):
        yield "" if at else "believed", sentence
    yield "seconds", ", ".join(f"{name} {report.seconds[name]:,.1f}" for name in STAGES)
