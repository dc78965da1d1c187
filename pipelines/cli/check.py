"""`onefold check`: try the project file and every source."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from pipelines.cli.console import complain, console, draw, interactive, new_table, print_json, say, shown
from pipelines.cli.options import DebugOption, JsonOption, ProjectOption, project_at

if TYPE_CHECKING:
    from domain.sources import Source
    from pipelines.project import Project
    from pipelines.steps.check import AttributeSample, ProjectCheck, SourceCheck


def check(
    project: ProjectOption = None,
    source: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Try this source alone; can be given several times.")] = None,
    rows: Annotated[int, typer.Option(min=1, max=1_000_000, help="Rows of each source to read and standardise.")] = 1_000,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Check the project file and try every source.

    Each is opened, its columns are found, and a few rows are read and standardised. Nothing is changed. All problems of all
    sources are told together; the exit code is 1 if there are any.
    """
    chosen = project_at(project)
    found = tried(chosen, chosen_sources(chosen, source or []), rows)
    if as_json:
        print_json({"status": "failed" if found.problems else "fine", "error": "; ".join(found.problems), **as_object(found)})
    else:
        tell(chosen, found)
    if found.problems:
        raise typer.Exit(1)


def chosen_sources(project: Project, names: list[str]) -> list[Source]:
    """The sources that were named, or all of them."""
    from pipelines.project.words import unknown

    known = {source.name: source for source in project.sources}
    for name in names:
        if name not in known:
            raise typer.BadParameter(unknown(name, "a source", known), param_hint="--source")
    return [source for name, source in known.items() if name in names or not names]


def tried(project: Project, sources: list[Source], rows: int) -> ProjectCheck:
    """Try the sources, naming on the terminal the one that is being tried."""
    from pipelines.steps.check import check as try_all

    if not interactive():
        return try_all(project, os.environ, sources, rows)
    with console(stderr=True).status("trying ...") as spinner:
        return try_all(project, os.environ, sources, rows, lambda name: spinner.update(f"trying {shown(name)} ..."))


def as_object(found: ProjectCheck) -> dict[str, object]:
    """What was found, for scripts."""
    return {
        "project": found.project,
        "problems": found.problems,
        "remarks": found.remarks,
        "sources": found.sources,
        "attributes": found.attributes,
    }


def tell(project: Project, found: ProjectCheck) -> None:
    """What was found, for people."""
    say(f"The project file of {found.project} is right: {len(project.sources)} sources, {len(project.attributes)} attributes.")
    draw(source_table(found.sources))
    if found.attributes:
        draw(attribute_table(found.attributes))
    for remark in found.remarks:
        say(f"Look at {remark}" + "." * (not remark.endswith("?")), style="yellow")
    if not found.problems:
        say("No problem was found. Look at what is said above." if found.remarks else "No problem was found.", style="green")
        return
    complain("1 problem:" if len(found.problems) == 1 else f"{len(found.problems)} problems:")
    for problem in found.problems:
        complain(f"  {problem}")


def source_table(sources: tuple[SourceCheck, ...]) -> Table:
    """Each source and how it was found."""
    table = new_table("Sources")
    for name in ("source", "kind"):
        table.add_column(name, overflow="fold")
    for name in ("columns", "rows read"):
        table.add_column(name, justify="right")
    table.add_column("")
    for source in sources:
        told = Text("problem", style="red") if source.problem else Text("fine" if not source.remarks else "see below", style="green")
        table.add_row(shown(source.source), shown(source.kind), f"{source.columns:,}", f"{source.rows:,}", told)
    return table


def attribute_table(attributes: tuple[AttributeSample, ...]) -> Table:
    """What became of each attribute's values in the rows read."""
    table = new_table("What the rows read hold")
    table.add_column("attribute", overflow="fold")
    for name in ("valid", "invalid", "placeholder", "missing"):
        table.add_column(name, justify="right", no_wrap=True)
    for sample in attributes:
        counts = (sample.valid, sample.invalid, sample.placeholder, sample.missing)
        table.add_row(shown(sample.attribute), *(share_cell(sample, count) for count in counts))
    return table


def share_cell(sample: AttributeSample, count: int) -> Text:
    """A count as a share of the rows."""
    from pipelines.reports.duplication import percent

    return Text(percent(sample.share(count)) if count else "-", style="" if count else "dim")
